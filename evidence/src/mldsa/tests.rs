use super::{MlDsaKey, MlDsaSigningKey};
use crate::checkpoint::Checkpoint;
use crate::cosign::with_lines;
use crate::cosignature::{Cosigner, WitnessKey, whole_tree};
use crate::encoding::base64;
use crate::key::{CosigningKey, SigningKey};
use crate::merkle;
use crate::note::{Note, NoteError, NoteKey, NoteSignature};
use crate::policy::{Policy, Refused};
use crate::public_key::PublicKeyError;
use crate::witness::{Answer, Witness};
use tieout_controls::{Count, Digest};

const ORIGIN: &str = "example.com/log";
const TIME: u64 = 1_700_000_000;

/// A log's head with a cosignature, and the seed of the key: filippo.io/torchwood (Go),
/// cmd/litewitness/testdata/mldsa.txt, of another implementation of note, message and ML-DSA.
const PUBLISHED: &str = include_str!("torchwood.note");
const PUBLISHED_SEED: [u8; 32] = [
    0x28, 0x86, 0xad, 0xc2, 0xb0, 0xea, 0xbf, 0xce, 0x67, 0xc0, 0x47, 0x29, 0x39, 0x12, 0x79, 0x98,
    0xbf, 0x88, 0x6c, 0xf2, 0x56, 0xbf, 0xee, 0x8b, 0xa7, 0x6a, 0x25, 0x3f, 0xce, 0x11, 0x46, 0xe0,
];
/// RFC 9881, appendix C.2, the key of the seed 00, 01 to 1f.
const RFC_9881: &str = include_str!("rfc9881.pub");

fn lattice(seed: u8) -> CosigningKey {
    MlDsaSigningKey::from_seed([seed; 32]).unwrap().into()
}

fn edwards(seed: u8) -> CosigningKey {
    SigningKey::from_seed([seed; 32], false).into()
}

fn named(name: &str, key: &CosigningKey) -> Cosigner {
    Cosigner::new(name, key.public_key()).unwrap()
}

fn text(size: u64) -> String {
    Checkpoint { origin: ORIGIN.to_owned(), size: Count(size), root: Digest([5; 32]) }.to_string()
}

fn note(text: &str, signatures: &[&NoteSignature]) -> Note {
    let signatures = signatures.iter().map(|line| (*line).clone()).collect();
    Note { text: text.to_owned(), signatures }
}

#[test]
fn a_published_cosignature_holds_for_its_message_and_no_other() {
    let key: CosigningKey = MlDsaSigningKey::from_seed(PUBLISHED_SEED).unwrap().into();
    let signer = named("example.com/mldsa-log", &key);
    assert!(signer.to_string().starts_with("example.com/mldsa-log+b5df45c5+BuhtcL97l3dcitjZ8Y9J"));
    let note = Note::parse(PUBLISHED).unwrap();
    let line = note.only(&signer).unwrap().unwrap();
    let (time, signature) = line.signature.split_first_chunk::<8>().unwrap();
    let (head, WitnessKey::MlDsa44(public)) = (Checkpoint::of(&note).unwrap(), key.public_key())
    else {
        panic!()
    };
    let message = |name, time, head| whole_tree(name, time, head).unwrap();
    assert_eq!(*time, [0; 8]);
    assert!(public.verifies(&message(&head.origin, 0, &head), signature));
    let grown = Checkpoint { size: Count(2), ..head.clone() };
    assert!(!public.verifies(&message(&head.origin, 0, &grown), signature));
    assert!(!public.verifies(&message("example.com/mldsa", 0, &head), signature));
    assert!(!public.verifies(&message(&head.origin, 1, &head), signature));
    // It states no time, as a witness must.
    assert_eq!(signer.cosigned(&note), Err(NoteError::Signature));
}

/// Every field of the structure is where the specification has it.
#[test]
fn the_message_has_the_fields_of_the_specification() {
    let head =
        Checkpoint { origin: "b".to_owned(), size: Count(0x1718_191a), root: Digest([0x42; 32]) };
    let expected = [
        b"subtree/v1\n\0\x01a\x01\x02\x03\x04\x05\x06\x07\x08\x01b".as_slice(),
        &[0; 8],
        b"\0\0\0\0\x17\x18\x19\x1a",
        &[0x42; 32],
    ];
    assert_eq!(whole_tree("a", 0x0102_0304_0506_0708, &head), Some(expected.concat()));
    assert!(whole_tree(&"a".repeat(255), 1, &head).is_some());
    assert_eq!(whole_tree(&"a".repeat(256), 1, &head), None);
    let long = Checkpoint { origin: "b".repeat(256), ..head };
    assert_eq!(whole_tree("a", 1, &long), None);
}

#[test]
fn a_cosignature_holds_for_its_checkpoint_time_name_and_key() {
    let key = lattice(7);
    let witness = named("w.example", &key);
    assert_eq!(Cosigner::parse(&witness.to_string()), Ok(witness.clone()));
    let line = witness.line(&key, &text(3), TIME).unwrap();
    assert_eq!(line.signature.len(), 8 + 2420);
    let signed = note(&text(3), &[&line]);
    assert_eq!(witness.cosigned(&Note::parse(&signed.to_string()).unwrap()), Ok(Some(TIME)));
    let wrong = |note: Note| assert_eq!(witness.cosigned(&note), Err(NoteError::Signature));
    wrong(note(&text(4), &[&line]));
    wrong(note(&text(3).replace(ORIGIN, "example.com/other"), &[&line]));
    wrong(note(&(text(3) + "an extension\n"), &[&line]));
    wrong(note(&text(3), &[&line, &line]));
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut line = line.clone();
        change(&mut line.signature);
        note(&text(3), &[&line])
    };
    for bit in 0..64 {
        wrong(changed(&|signature| signature[bit / 8] ^= 1 << (bit % 8)));
    }
    for byte in 8..line.signature.len() {
        wrong(changed(&|signature| signature[byte] ^= 1 << (byte % 8)));
    }
    wrong(changed(&|signature| signature.push(0)));
    wrong(changed(&|signature| signature.truncate(8 + 2419)));
    wrong(changed(&|signature| signature.truncate(7)));
    // The name is signed, and so is nobody's but the key's.
    let renamed = named("v.example", &key);
    let moved = NoteSignature { name: "v.example".to_owned(), id: renamed.id(), ..line.clone() };
    assert_eq!(renamed.cosigned(&note(&text(3), &[&moved])), Err(NoteError::Signature));
    let other = named("w.example", &lattice(8));
    let moved = NoteSignature { id: other.id(), ..line.clone() };
    assert_eq!(other.cosigned(&note(&text(3), &[&moved])), Err(NoteError::Signature));
    assert_eq!(other.cosigned(&signed), Ok(None));
}

#[test]
fn what_the_message_has_no_form_for_is_not_signed() {
    let key = lattice(7);
    let witness = named("w.example", &key);
    for (text, time) in [
        (text(3), 0),
        (text(3), 1 << 63),
        (text(3) + "an extension\n", TIME),
        (text(3).replace(ORIGIN, &"o".repeat(256)), TIME),
    ] {
        assert!(witness.line(&key, &text, time).is_err(), "{time} {text}");
    }
    assert!(witness.line(&key, &text(3).replace(ORIGIN, &"o".repeat(255)), TIME).is_ok());
}

/// A signature of one type is none of the other, whichever key's id stands before it.
#[test]
fn a_signature_under_the_id_of_the_other_type_does_not_hold() {
    let keys = [edwards(7), lattice(7)];
    let witnesses = [0, 1].map(|n| named("w.example", &keys[n]));
    let lines = [0, 1].map(|n| witnesses[n].line(&keys[n], &text(3), TIME).unwrap());
    assert_ne!(lines[0].id, lines[1].id);
    for (own, other) in [(0, 1), (1, 0)] {
        let note = |line: &NoteSignature| note(&text(3), &[line]);
        assert_eq!(witnesses[own].cosigned(&note(&lines[own])), Ok(Some(TIME)));
        assert_eq!(witnesses[own].cosigned(&note(&lines[other])), Ok(None));
        let moved = NoteSignature { id: lines[own].id, ..lines[other].clone() };
        assert_eq!(witnesses[own].cosigned(&note(&moved)), Err(NoteError::Signature));
    }
    // Nor is a key's text one of the other type.
    let retyped = |from: &Cosigner, kind: u8| {
        let bytes = crate::note::NotePublicKey::encoded(from.public_key());
        let typed = [&[kind][..], &bytes].concat();
        let id = crate::encoding::sha256(&[b"w.example\n", typed.as_slice()].concat()).0;
        let id = u32::from_be_bytes(*id.first_chunk().unwrap());
        Cosigner::parse(&format!("w.example+{id:08x}+{}", base64(&typed)))
    };
    assert!(matches!(retyped(&witnesses[0], 6), Err(NoteError::Key(why)) if why.contains("1,312")));
    assert!(matches!(retyped(&witnesses[1], 4), Err(NoteError::Key(why)) if why.contains("32")));
    assert_eq!(retyped(&witnesses[1], 6).as_ref(), Ok(&witnesses[1]));
    assert!(matches!(NoteKey::parse(&witnesses[1].to_string()),
        Err(NoteError::Key(why)) if why.contains("ML-DSA-44")));
}

/// The log's head, cosigned by witnesses of both types.
struct House {
    log: SigningKey,
    keys: [CosigningKey; 2],
}

impl House {
    fn new() -> Self {
        Self { log: SigningKey::from_seed([1; 32], false), keys: [edwards(7), lattice(7)] }
    }

    fn witness(&self, number: usize) -> Cosigner {
        named(&format!("w{number}.example"), &self.keys[number])
    }

    fn line(&self, number: usize, time: u64) -> NoteSignature {
        self.witness(number).line(&self.keys[number], &text(3), time).unwrap()
    }

    fn note(&self, lines: &[NoteSignature]) -> String {
        let key = NoteKey::new(ORIGIN, self.log.public_key()).unwrap();
        let signature = self.log.sign(text(3).as_bytes());
        let own = NoteSignature { name: ORIGIN.to_owned(), id: key.id(), signature };
        with_lines(&note(&text(3), &[&own]).to_string(), lines).unwrap()
    }

    fn policy(&self, least: &str) -> Policy {
        Policy::parse(&self.policy_text(least)).unwrap()
    }

    fn policy_text(&self, least: &str) -> String {
        let log = self.log.vkey(ORIGIN).unwrap();
        let [a, b] = [0, 1].map(|number| self.witness(number));
        format!("log {log}\nwitness a {a}\nwitness b {b}\ngroup g {least} a b\nquorum g\n")
    }
}

/// What the fuzzer's readers of checkpoints and policies begin with: a note, and the policy that accepts it.
pub(crate) fn seeds() -> [Vec<u8>; 2] {
    let house = House::new();
    let note = house.note(&[house.line(0, TIME), house.line(1, TIME)]);
    assert!(house.policy("all").accepts(&note).is_ok());
    let policy = [&house.policy_text("all"), "\0", &note].concat();
    [note.into_bytes(), policy.into_bytes()]
}

#[test]
fn a_hybrid_quorum_is_both() {
    let house = House::new();
    let (all, any) = (house.policy("all"), house.policy("any"));
    let [edwards, lattice] = [house.line(0, TIME), house.line(1, TIME + 9)];
    let both = house.note(&[edwards.clone(), lattice.clone()]);
    assert_eq!(all.accepts(&both).unwrap().by, Some(TIME + 9));
    assert_eq!(any.accepts(&both).unwrap().by, Some(TIME));
    for line in [&edwards, &lattice] {
        let one = house.note(std::slice::from_ref(line));
        assert_eq!(all.accepts(&one), Err(Refused::Quorum { found: 1, known: 2 }));
        assert!(any.accepts(&one).is_ok());
        // A broken line is told, also where the other one would be enough.
        let mut broken = line.clone();
        broken.signature[100 % line.signature.len()] ^= 1;
        let whole = if line.id == edwards.id { &lattice } else { &edwards };
        let note = house.note(&[whole.clone(), broken]);
        assert_eq!(any.accepts(&note), Err(Refused::Cosignature(line.name.clone())));
    }
}

/// Witnesses are compared by public key: one under two names, hence two ids, is one.
#[test]
fn one_key_under_two_names_is_no_second_witness() {
    let key = lattice(7);
    let (a, b) = (named("a.example", &key), named("b.example", &key));
    assert_ne!(a.id(), b.id());
    let two = format!("witness a {a}\nwitness b {b}\ngroup g all a b\nquorum g\n");
    assert!(Policy::parse(&two).unwrap_err().why.contains("twice"));
    let b = named("b.example", &lattice(8));
    let two = format!("witness a {a}\nwitness b {b}\ngroup g all a b\nquorum g\n");
    assert!(Policy::parse(&two).is_ok());
}

/// Under a `t1` of zero no part of the key is in what a signature is compared with.
#[test]
fn a_key_under_which_everyone_can_sign_is_refused() {
    let mut bytes = vec![0; 1312];
    bytes[..32].fill(7);
    assert_eq!(MlDsaKey::from_bytes(&bytes), Err(NoteError::PublicKey(PublicKeyError::Weak)));
    bytes[1311] = 1;
    assert_eq!(MlDsaKey::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    assert!(matches!(MlDsaKey::from_bytes(&bytes[1..]), Err(NoteError::Key(_))));
}

#[test]
fn a_key_is_kept_encrypted_and_opens_with_its_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.pem");
    let seed: Vec<u8> = (0..32).collect();
    let key = MlDsaSigningKey::from_seed(seed.try_into().unwrap()).unwrap();
    let key = CosigningKey::from(key);
    assert_eq!(key.public_pem().unwrap(), RFC_9881);
    key.write(&path, "open").unwrap();
    let read = CosigningKey::read(&path, "open").unwrap();
    assert_eq!(read.public_key(), key.public_key());
    let why = |read: Result<CosigningKey, crate::key::KeyError>| read.err().unwrap().reason;
    assert!(why(CosigningKey::read(&path, "shut")).contains("passphrase is wrong"));
    assert!(key.write(&path, "open").unwrap_err().reason.contains("never replaced"));
    // It signs cosignatures and nothing else.
    let as_log = SigningKey::read(&path, "open", false).unwrap_err().reason;
    assert!(as_log.contains("ML-DSA-44"), "{as_log}");
    let other = folder.path().join("e.pem");
    edwards(7).write(&other, "open").unwrap();
    let read = CosigningKey::read(&other, "open").unwrap();
    assert_eq!(read.public_key(), edwards(7).public_key());
}

/// A witness under this key keeps the rules that it has under the other, and states a time.
#[test]
fn a_witness_signs_what_continues_and_no_second_history() {
    let folder = tempfile::tempdir().unwrap();
    let log = SigningKey::from_seed([1; 32], false);
    let vkey = NoteKey::new(ORIGIN, log.public_key()).unwrap();
    let key = lattice(7);
    let witness = Witness::new("w.example", &key, vec![vkey.clone()], folder.path()).unwrap();
    let request = |entry: u8| {
        let mut tree = merkle::Tree::default();
        tree.push(&[entry; 32]);
        let head = Checkpoint { origin: ORIGIN.to_owned(), size: Count(1), root: tree.root() };
        let signature = log.sign(head.to_string().as_bytes());
        let own = NoteSignature { name: ORIGIN.to_owned(), id: vkey.id(), signature };
        let note = note(&head.to_string(), &[&own]).to_string();
        (format!("old 0\n\n{note}"), note)
    };
    let (asked, note) = request(1);
    let Answer::Cosigned(line) = witness.add_checkpoint(&asked, TIME).unwrap() else { panic!() };
    let cosigned = Note::parse(&(note + &line)).unwrap();
    assert_eq!(witness.cosigner().cosigned(&cosigned), Ok(Some(TIME)));
    let (fork, _) = request(2);
    let fork = fork.replacen("old 0", "old 1", 1);
    assert_eq!(witness.add_checkpoint(&fork, TIME).unwrap(), Answer::Conflict(Count(1)));
    let again = asked.replacen("old 0", "old 1", 1);
    assert!(witness.add_checkpoint(&again, 0).is_err(), "a clock that stands at zero");
    assert_eq!(witness.add_checkpoint(&again, TIME).unwrap().status(), 200);
}

/// As many lines as a note may have, under the longest names.
#[test]
fn sixteen_cosignatures_fit_into_a_note() {
    let house = House::new();
    let lines: Vec<NoteSignature> = (0..15)
        .map(|number: u8| {
            let key = lattice(number);
            let name = format!("{number:02}{}", "w".repeat(253));
            named(&name, &key).line(&key, &text(3), TIME).unwrap()
        })
        .collect();
    let note = house.note(&lines);
    assert_eq!(Note::parse(&note).unwrap().signatures.len(), 16);
    let more = with_lines(&note, &[house.line(1, TIME)]);
    assert_eq!(more, Err(NoteError::Syntax("more than 16 signatures")));
}
