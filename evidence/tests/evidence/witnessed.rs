//! Packs whose checkpoints witnesses cosigned, under the policy of whoever verifies them.

use crate::workspace::{ORIGIN, Workspace, failures};
use std::path::{Path, PathBuf};
use tieout_controls::Count;
use tieout_evidence::cosign::{Reply, reply, request};
use tieout_evidence::cosignature::Cosigner;
use tieout_evidence::key::{CosigningKey, SigningKey};
use tieout_evidence::log::{self, LogEntries};
use tieout_evidence::merkle;
use tieout_evidence::note::{NoteKey, NoteSignature};
use tieout_evidence::policy::Policy;
use tieout_evidence::seal::keep_cosigned;
use tieout_evidence::verify::{Anchor, Verdict, Verification, verify};
use tieout_evidence::witness::{Answer, Witness};

/// The auditor's box and somebody else's.
pub(crate) struct Witnesses {
    folder: tempfile::TempDir,
    keys: [CosigningKey; 2],
}

impl Witnesses {
    fn new() -> Self {
        Self::of([31, 32].map(|seed| SigningKey::from_seed([seed; 32], false).into()))
    }

    pub(crate) fn of(keys: [CosigningKey; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["0", "1"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, keys }
    }

    pub(crate) fn witness(&self, number: usize, log: NoteKey) -> Witness<'_> {
        let name = format!("w{number}.example");
        let state = self.folder.path().join(number.to_string());
        Witness::new(&name, &self.keys[number], vec![log], &state).unwrap()
    }

    /// A policy of both, of which so many must have cosigned.
    pub(crate) fn policy(&self, workspace: &Workspace, least: &str) -> String {
        let log = key(workspace);
        let vkeys = [0, 1].map(|n| self.witness(n, log.clone()).cosigner().to_string());
        let [first, second] = vkeys;
        format!("log {log}\nwitness a {first}\nwitness b {second}\ngroup g {least} a b\nquorum g\n")
    }

    /// Has the pack's checkpoint cosigned, and puts the lines where they belong.
    pub(crate) fn cosign(
        &self,
        workspace: &Workspace,
        pack: &Path,
        number: usize,
        old: usize,
    ) -> Answer {
        let entries = log::read(&workspace.path("log"), &key(workspace)).unwrap().entries;
        let path = pack.join("proofs/checkpoint");
        let note = std::fs::read_to_string(&path).unwrap();
        let size: usize = note.lines().nth(1).unwrap().parse().unwrap();
        let leaves: Vec<_> = entries[..size].iter().map(|e| merkle::leaf_hash(&e.0)).collect();
        let proof =
            if old == 0 { Vec::new() } else { merkle::consistency_proof(&leaves, old).unwrap() };
        let hashes: String = proof.iter().map(|hash| base64(&hash.0) + "\n").collect();
        let body = format!("old {old}\n{hashes}\n{note}");
        let answer = self
            .witness(number, key(workspace))
            .add_checkpoint(&body, 1_769_000_000 + u64::try_from(number).unwrap())
            .unwrap();
        if let Answer::Cosigned(line) = &answer {
            std::fs::write(&path, note.clone() + line).unwrap();
            for name in ["statement", "intent"] {
                let path = pack.join(format!("proofs/{name}.tlog-proof"));
                let proof = std::fs::read_to_string(&path).unwrap();
                std::fs::write(&path, proof.replace(&note, &(note.clone() + line))).unwrap();
            }
        }
        answer
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn key(workspace: &Workspace) -> NoteKey {
    NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap()
}

pub(crate) fn under(workspace: &Workspace, pack: &Path, policy: &str) -> Verification {
    let operator = Some(workspace.operator.public_pem());
    verify(pack, &Anchor { operator, log: None, policy: Some(policy.to_owned()) }).unwrap()
}

/// Gives the second pack of a log a proof under the log's head, with a witness's line.
pub(crate) fn renew_second(workspace: &Workspace) {
    let witnesses = Witnesses::new();
    let line = witnesses.ask(workspace, 0, NOW).unwrap();
    let (log, packs, head) = (workspace.path("log"), workspace.path("packs"), read(workspace).note);
    let enough = |note: &str| !note.contains("\n2\n");
    let renewed = keep_cosigned((&log, &packs), &key(workspace), &head, &[line], &enough);
    assert!(!renewed.unwrap().is_empty());
}

#[test]
fn a_quorum_of_witnesses_makes_a_pack_valid_and_says_by_when() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let [first, second] = [1, 2].map(|second| workspace.seal(second).folder);
    let (any, all) = (witnesses.policy(&workspace, "any"), witnesses.policy(&workspace, "all"));
    let nobody = under(&workspace, &first, &any);
    assert_eq!(nobody.verdict, Verdict::Invalid);
    assert!(
        failures(&nobody)[0].contains("0 of the policy's 2 witnesses"),
        "{:?}",
        failures(&nobody)
    );
    assert_eq!(witnesses.cosign(&workspace, &first, 0, 0).status(), 200);
    assert_eq!(under(&workspace, &first, &any).verdict, Verdict::Valid);
    assert_eq!(under(&workspace, &first, &all).verdict, Verdict::Invalid);
    assert_eq!(witnesses.cosign(&workspace, &first, 1, 0).status(), 200);
    let both = under(&workspace, &first, &all);
    assert_eq!(both.verdict, Verdict::Valid, "{:?}", failures(&both));
    assert!(
        both.notes.iter().any(|n| n.starts_with("in the log by 2026-01-21T12:53:21Z")),
        "{:?}",
        both.notes
    );
    // Without a policy the lines of others are nobody's business.
    assert_eq!(workspace.verify(&first).verdict, Verdict::Valid);
    // The next pack's checkpoint continues the one that was cosigned.
    assert_eq!(witnesses.cosign(&workspace, &second, 0, 2).status(), 200);
    assert_eq!(under(&workspace, &second, &any).verdict, Verdict::Valid);
}

/// Whoever has the operator's and the log's key can make another log, and no witness cosigns it.
#[test]
fn a_second_history_finds_no_witness() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let shown = workspace.seal(1).folder;
    assert_eq!(witnesses.cosign(&workspace, &shown, 0, 0).status(), 200);
    let other = Workspace::new();
    let hidden = other.seal(9).folder;
    assert_eq!(
        other.verify(&hidden).verdict,
        Verdict::Valid,
        "the keys alone don't tell them apart"
    );
    assert_eq!(witnesses.cosign(&other, &hidden, 0, 0).status(), 409);
    let policy = witnesses.policy(&workspace, "any");
    assert_eq!(under(&other, &hidden, &policy).verdict, Verdict::Invalid);
}

#[test]
fn a_witness_that_is_the_operator_is_no_witness() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let pack = workspace.seal(1).folder;
    let own = Cosigner::new("own.example", workspace.operator.public_key()).unwrap();
    let log = key(&workspace);
    let policy = format!("log {log}\nwitness own {own}\nquorum own\n");
    let told = under(&workspace, &pack, &policy);
    assert!(failures(&told)[0].contains("operator's key"), "{:?}", failures(&told));
    let unreadable = Anchor { policy: Some("quorum\n".to_owned()), ..workspace.anchor() };
    assert!(verify(&pack, &unreadable).is_err(), "a key and a policy");
    let unreadable = Anchor { log: None, ..unreadable };
    assert!(verify(&pack, &unreadable).unwrap_err().to_string().contains("line 1"));
    drop(witnesses);
}

impl Witnesses {
    /// Asks a witness for its line under the log's head, as a log does that knows nothing of it.
    fn ask(&self, workspace: &Workspace, number: usize, now: u64) -> Result<NoteSignature, String> {
        let log = read(workspace);
        let witness = self.witness(number, key(workspace));
        let mut old = Count(0);
        loop {
            let answer = witness.add_checkpoint(&request(&log, old).unwrap(), now).unwrap();
            let body = match &answer {
                Answer::Cosigned(line) => line.clone(),
                Answer::Conflict(size) => format!("{size}\n"),
                _ => String::new(),
            };
            match reply(&log, old, witness.cosigner(), answer.status(), &body) {
                Reply::Cosigned(line, time) => {
                    assert_eq!(time, now);
                    return Ok(line);
                }
                Reply::From(size) => old = size,
                Reply::Refused(why) => return Err(why),
            }
        }
    }

    /// Puts the lines of these witnesses where they belong.
    fn keep(&self, workspace: &Workspace, numbers: &[usize], policy: &str) -> Vec<String> {
        let head = read(workspace).note;
        let lines: Vec<_> = numbers.iter().map(|n| self.ask(workspace, *n, NOW).unwrap()).collect();
        keep(workspace, &head, &lines, policy)
    }
}

const NOW: u64 = 1_790_000_000;

fn read(workspace: &Workspace) -> LogEntries {
    log::read(&workspace.path("log"), &key(workspace)).unwrap()
}

fn keep(workspace: &Workspace, head: &str, lines: &[NoteSignature], policy: &str) -> Vec<String> {
    let policy = Policy::parse(policy).unwrap();
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    let enough = |note: &str| policy.accepts(note).is_ok();
    keep_cosigned((&log, &packs), &key(workspace), head, lines, &enough).unwrap()
}

fn names(packs: &[&PathBuf]) -> Vec<String> {
    packs.iter().map(|pack| pack.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn a_pack_that_lacks_its_quorum_gets_it_later_and_one_that_has_it_keeps_its_times() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let all = witnesses.policy(&workspace, "all");
    let first = workspace.seal(1).folder;
    let verdict = |pack: &Path| under(&workspace, pack, &all).verdict;
    // One of two is up: its line is kept, and is not enough.
    assert_eq!(witnesses.keep(&workspace, &[0], &all), names(&[&first]));
    assert!(read(&workspace).note.contains("w0.example"));
    assert_eq!(verdict(&first), Verdict::Invalid);
    let second = workspace.seal(2).folder;
    assert_eq!(witnesses.keep(&workspace, &[0], &all), names(&[&second]), "not enough for others");
    assert_eq!(verdict(&second), Verdict::Invalid);
    // Then the other one is: both packs get a proof under the head that both cosigned.
    assert_eq!(witnesses.keep(&workspace, &[1], &all), names(&[&first, &second]));
    assert_eq!([&first, &second].map(|pack| verdict(pack)), [Verdict::Valid; 2]);
    assert_eq!(workspace.verify(&first).verdict, Verdict::Valid, "and holds without the policy");
    let third = workspace.seal(3).folder;
    let before = std::fs::read(first.join("proofs/checkpoint")).unwrap();
    assert_eq!(witnesses.keep(&workspace, &[0, 1], &all), names(&[&third]));
    assert_eq!(std::fs::read(first.join("proofs/checkpoint")).unwrap(), before);
    assert_eq!(witnesses.keep(&workspace, &[0, 1], &all), Vec::<String>::new(), "nothing is left");
    assert_eq!(verdict(&third), Verdict::Valid);
}

/// While the witnesses were asked, another run sealed: the head that they cosigned is no longer the log's.
#[test]
fn lines_under_a_head_that_was_passed_help_the_packs_that_it_covers() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let all = witnesses.policy(&workspace, "all");
    let first = workspace.seal(1).folder;
    let head = read(&workspace).note;
    let lines = [0, 1].map(|n| witnesses.ask(&workspace, n, NOW).unwrap());
    let second = workspace.seal(2).folder;
    assert_eq!(keep(&workspace, &head, &lines, &all), names(&[&first]));
    assert_eq!(under(&workspace, &first, &all).verdict, Verdict::Valid);
    assert_eq!(under(&workspace, &second, &all).verdict, Verdict::Invalid);
    assert!(!read(&workspace).note.contains("w0.example"), "the log's own head is another");
    assert_eq!(workspace.seal(3).log_index, Count(5));
}

/// Whoever is interrupted between taking a pack's proof and giving it another leaves a pack that is being
/// written, and the next sealing finishes it.
#[test]
fn a_pack_that_lost_its_proof_on_the_way_is_finished_by_the_next_sealing() {
    let workspace = Workspace::new();
    let pack = workspace.seal(1).folder;
    let [name] = &names(&[&pack])[..] else { panic!() };
    let partial = workspace.path("packs").join(format!(".{name}.partial"));
    std::fs::rename(&pack, &partial).unwrap();
    std::fs::remove_file(partial.join("proofs/statement.tlog-proof")).unwrap();
    workspace.seal(2);
    assert_eq!(workspace.verify(&pack).verdict, Verdict::Valid);
}

#[test]
fn what_a_witness_refuses_is_told_in_words() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    for second in [1, 2] {
        workspace.seal(second);
    }
    witnesses.ask(&workspace, 0, NOW).unwrap();
    let asked = |other: &Workspace| witnesses.ask(other, 0, NOW).unwrap_err();
    let other = Workspace::new();
    other.seal(9);
    assert!(
        asked(&other).contains("has cosigned 4 entries and the log has 2"),
        "{}",
        asked(&other)
    );
    other.seal(10);
    assert!(asked(&other).contains("another log of 4 entries"), "{}", asked(&other));
    other.seal(11);
    assert!(asked(&other).contains("does not continue"), "{}", asked(&other));
    // What comes back is believed for its signature alone.
    let log = read(&workspace);
    let witness = witnesses.witness(0, key(&workspace));
    let line = witnesses.witness(1, key(&workspace));
    let Answer::Cosigned(foreign) =
        line.add_checkpoint(&request(&log, Count(0)).unwrap(), NOW).unwrap()
    else {
        panic!()
    };
    for (status, body, words) in [
        (200, foreign.as_str(), "another key"),
        (200, "\u{2014} w0.example AAAA\n", "not lines of signatures"),
        (200, "", "not lines of signatures"),
        (409, "two\n", "not with a size"),
        (409, "02\n", "not with a size"),
        (403, "", "another key"),
        (404, "", "does not know the log"),
        (500, "", "it answers 500"),
    ] {
        let Reply::Refused(why) = reply(&log, Count(0), witness.cosigner(), status, body) else {
            panic!("{status} {body}")
        };
        assert!(why.contains(words), "{status} {body}: {why}");
    }
}

/// An operator whose clock stands a year ago: what vouches for the time is the witnesses' clock.
#[test]
fn a_backdated_pack_is_as_old_as_the_witnesses_say() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let any = witnesses.policy(&workspace, "any");
    let pack = workspace.seal(1).folder;
    witnesses.keep(&workspace, &[1], &any);
    let told = under(&workspace, &pack, &any);
    assert_eq!(told.verdict, Verdict::Valid);
    let sealed_at = told.pack.as_ref().unwrap().sealed_at.clone();
    assert!(sealed_at.starts_with("2026-02-01T"), "{sealed_at}");
    assert!(
        told.notes.iter().any(|note| note.starts_with("in the log by 2026-09-21T14:13:20Z")),
        "{:?}",
        told.notes
    );
    // Without a witness nothing but the operator's word is left.
    let alone = workspace.verify(&pack);
    assert!(!alone.notes.iter().any(|note| note.contains("in the log by")), "{:?}", alone.notes);
}
