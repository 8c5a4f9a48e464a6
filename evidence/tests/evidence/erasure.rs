//! Persons are erased, and what was signed still holds.

use crate::fixture::{Fixture, approval, approves_own, billed, run_of, text, violates};
use crate::insider::Insider;
use crate::workspace::{ORIGIN, Workspace, failures, files};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tieout_controls::{Count, Decision, Digest};
use tieout_evidence::commitment::{dataset_commitment, personal_commitment};
use tieout_evidence::dsse::Envelope;
use tieout_evidence::erase::{EraseInput, Erased, erase};
use tieout_evidence::erasure::{Hold, Receipts, Release, Scope};
use tieout_evidence::key::SigningKey;
use tieout_evidence::logbook::{Statement, statements};
use tieout_evidence::note::NoteKey;
use tieout_evidence::seal::{Sealed, append};
use tieout_evidence::statement::{payload, signed, type_of};
use tieout_evidence::vault::{Handle, KeyState, Vault, VaultError};
use tieout_evidence::verify::{Reading, Unseal, Verdict, Verification, Why, verify_with};

const ANNA: &str = "anna@example.com";
const BRUNO: &str = "bruno@example.com";
const CARLA: &str = "carla@example.com";
const DICTIONARY: [&str; 6] =
    ["aaron@example.com", ANNA, "anne@example.com", BRUNO, CARLA, "zoe@example.com"];
const SECRET: [u8; 32] = [42; 32];

/// A workspace with a vault.
struct Desk {
    workspace: Workspace,
    privacy: SigningKey,
}

impl Desk {
    fn new() -> Self {
        let privacy = SigningKey::from_seed([9; 32], false);
        Self { workspace: Workspace::new(), privacy }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.workspace.path(name)
    }

    fn vault(&self) -> Vault {
        Vault::open(&self.path("vault"), &self.path("epochs")).unwrap()
    }

    fn seal(&self, second: u32) -> Sealed {
        let vault = Arc::new(self.vault());
        let mut fixture = persons();
        fixture.result.datasets[0].commitment = committed(&vault, &rows());
        let folder = self.workspace.folder.path();
        self.workspace.try_seal_persons(folder, &fixture, second, Some(&vault)).unwrap()
    }

    fn erase(&self, subject: &str) -> Result<Erased, VaultError> {
        let vault = self.vault();
        erase(&EraseInput {
            vault: &vault,
            log: &self.path("log"),
            origin: ORIGIN,
            log_key: &self.workspace.log_key,
            packs: &self.path("packs"),
            subject,
            class: None,
            request: "DSR-2026-17",
            legal_basis: "GDPR Art. 17(1)(b)",
            at: "2026-03-01T08:00:00Z".parse().unwrap(),
            operator: &self.workspace.operator,
            privacy: &self.privacy,
            releasers: &[],
        })
    }

    /// Destroys the keys and does nothing else.
    fn destroy(&self, subject: &str) {
        let vault = self.vault();
        vault.destroy(&vault.keys_of(subject), "DSR-1", false).unwrap();
    }

    /// The statements in the log, but for the announcements of runs.
    fn logged(&self) -> Vec<Statement> {
        let key = NoteKey::new(ORIGIN, self.workspace.log_key.public_key()).unwrap();
        let mut logged = statements(&self.path("log"), &key).unwrap();
        logged.retain(|one| {
            type_of(&Envelope::parse(&one.envelope).unwrap()).unwrap()
                != "urn:tieout:predicate:run-intent:v1"
        });
        logged
    }

    fn log(&self, envelope: Vec<u8>) {
        let (log, packs) = (self.path("log"), self.path("packs"));
        append(&log, &packs, ORIGIN, &self.workspace.log_key, &[envelope]).unwrap();
    }

    fn receipts(&self, logged: &[Statement]) -> Receipts {
        let (operator, privacy) = (self.workspace.operator.public_key(), self.privacy.public_key());
        Receipts::of(logged, &operator, &privacy).unwrap()
    }

    fn verify(&self, pack: &Path, reading: Reading<'_>) -> Verification {
        let verification = verify_with(pack, &self.workspace.anchor(), reading).unwrap();
        assert_eq!(failures(&verification), [""; 0]);
        verification
    }

    fn insider(&self) -> Insider {
        Insider::new(self.workspace.folder.path(), &SECRET)
    }
}

/// Approvals by three persons; in the last one, one approves what another wrote.
fn persons() -> Fixture {
    let mut both = approval(4, CARLA, approves_own(ANNA));
    both.values[1].value = text(ANNA);
    let changes = vec![
        approval(1, ANNA, Decision::Conforms),
        approval(2, BRUNO, approves_own(BRUNO)),
        approval(3, ANNA, approves_own(ANNA)),
        both,
    ];
    let billing = vec![billed(1, violates("list-cost-differs", Some("0.05"), None, None))];
    run_of(changes, billing, Vec::new())
}

/// The rows of the approvals, as a commitment gets them.
fn rows() -> Vec<String> {
    let people = [ANNA, BRUNO, ANNA, CARLA];
    let row = |(at, who): (usize, &&str)| format!("[\"CHG-{}\",\"{who}\"]", at + 1);
    people.iter().enumerate().map(row).collect()
}

fn committed(vault: &Arc<Vault>, rows: &[String]) -> Digest {
    let mut commitment = personal_commitment(&SECRET, "approval", vec![1], Arc::clone(vault));
    rows.iter().for_each(|row| commitment.add(row.as_bytes()));
    commitment.finish().1
}

fn without_sealed(pack: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(pack);
    files.remove("disclosures/sealed.jsonl");
    files
}

/// With the vault a pack says what it says without one; to everybody else persons are sealed.
#[test]
fn who_has_the_vault_reads_what_is_sealed() {
    let (desk, plain) = (Desk::new(), Workspace::new());
    let pack = desk.seal(0).folder;
    let open = plain.verify(&plain.try_seal(&persons(), 0).unwrap().folder).pack.unwrap();
    let vault = desk.vault();
    let reading = Reading { unseal: Some(&vault), receipts: None };
    let with = desk.verify(&pack, reading);
    assert_eq!((with.verdict, &with.notes[..]), (Verdict::Valid, &[][..]));
    let with = with.pack.unwrap();
    assert_eq!((&with.records, &with.population), (&open.records, &open.population));

    let without = desk.verify(&pack, Reading::default());
    assert_eq!(without.verdict, Verdict::Valid);
    assert_eq!(
        without.notes,
        ["22 disclosures are sealed under the keys of the persons, which the operator has"]
    );
    let without = without.pack.unwrap();
    assert!(without.withheld.iter().all(|one| one.why == Why::Sealed));
    assert!(!format!("{:?}{:?}", without.records, without.population).contains("@example.com"));
    // A bill names nobody: everybody reads it.
    assert_eq!(without.population[4]["key"]["InvoiceId"], "INV-2025-\"7\"");
}

#[test]
fn the_same_run_with_the_same_vault_gives_the_same_pack() {
    let desk = Desk::new();
    let first = without_sealed(&desk.seal(0).folder);
    let second = without_sealed(&desk.seal(1).folder);
    for (path, bytes) in &first {
        let signed = ["SHA256SUMS", "statement.dsse.json", "intent.dsse.json"];
        let signed = path.starts_with("proofs/") || signed.contains(&path.as_str());
        assert_eq!(*bytes != second[path], signed, "{path}");
    }
    // Another vault gives other salts, whatever the secret is.
    let other = without_sealed(&Desk::new().seal(0).folder);
    assert_ne!(first["population/000000.txt"], other["population/000000.txt"]);
}

/// The law: afterwards nothing tells who it was, and what was signed is as it was.
#[test]
fn nothing_confirms_a_guess_of_an_erased_person() {
    let desk = Desk::new();
    let packs = [desk.seal(0).folder, desk.seal(1).folder];
    let before: Vec<_> = packs.iter().map(|pack| without_sealed(pack)).collect();
    let ours = |found: &std::collections::BTreeSet<String>| {
        found.iter().filter(|hit| hit.contains("anna@")).count()
    };
    // The attack works as long as the key is there: fields, the message, the population, and the tag.
    let found = desk.insider().confirmed(&DICTIONARY);
    assert!(found.contains("anna@example.com by its tag"), "{found:?}");
    assert_eq!(ours(&found), 1 + 2 * 5, "{found:?}");
    assert!(desk.insider().strings(&DICTIONARY).is_empty());

    let erased = desk.erase(ANNA).unwrap();
    assert_eq!((erased.keys.len(), erased.packs.len(), erased.kept.len()), (1, 2, 0));
    let insider = desk.insider();
    let found = insider.confirmed(&DICTIONARY);
    assert_eq!(ours(&found), 0, "{found:?}");
    assert!(
        found.contains("bruno@example.com by its tag"),
        "the others are still there: {found:?}"
    );
    assert_eq!(insider.strings(&DICTIONARY), [""; 0]);

    let (vault, receipts) = (desk.vault(), desk.receipts(&desk.logged()));
    for (pack, before) in packs.iter().zip(before) {
        assert_eq!(without_sealed(pack), before);
        let reading = Reading { unseal: Some(&vault), receipts: Some(&receipts) };
        let verification = desk.verify(pack, reading);
        assert_eq!(verification.verdict, Verdict::Valid, "{:?}", verification.notes);
        let pack = verification.pack.unwrap();
        assert!(pack.withheld.iter().all(|one| one.why == Why::Erased));
        let shown = format!("{:?}{:?}", pack.records, pack.population);
        assert!(!shown.contains("anna@") && shown.contains("bruno@"));
        // Of what was about two, what is about the other alone stays.
        assert_eq!(pack.records[2]["personal"]["approver"], CARLA);
    }
}

/// Its twin: what is only taken out of the packs is confirmed by who has the keys.
#[test]
fn without_the_key_destroyed_a_guess_is_confirmed() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    std::fs::remove_file(pack.join("disclosures/sealed.jsonl")).unwrap();
    let found = desk.insider().confirmed(&[ANNA]);
    assert!(found.len() > 5, "{found:?}");
}

/// And another: salted from the workspace's secret, as without a vault, its owner confirms everything.
#[test]
fn without_a_vault_the_workspaces_secret_confirms_a_guess() {
    let desk = Desk::new();
    drop(desk.vault());
    let pack = desk.workspace.try_seal(&persons(), 0).unwrap().folder;
    std::fs::remove_dir_all(pack.join("disclosures")).unwrap();
    assert!(desk.insider().confirmed(&[ANNA]).len() >= 5);
}

#[test]
fn a_commitment_to_rows_confirms_no_erased_one() {
    let desk = Desk::new();
    let vault = Arc::new(desk.vault());
    let (rows, bound) = (rows(), committed(&vault, &rows()));
    let plain = |rows: &[String]| {
        let mut commitment = dataset_commitment(&SECRET, "approval");
        rows.iter().for_each(|row| commitment.add(row.as_bytes()));
        commitment.finish().1
    };
    // The insider has the secret, all other rows, and guesses the first and the third.
    let guessed = |root: Digest, commit: &dyn Fn(&[String]) -> Digest| {
        let guess = |guess: &&str| {
            let mut rows = rows.clone();
            rows[0] = format!("[\"CHG-1\",\"{guess}\"]");
            rows[2] = format!("[\"CHG-3\",\"{guess}\"]");
            commit(&rows) == root
        };
        DICTIONARY.into_iter().find(guess)
    };
    assert_eq!(guessed(plain(&rows), &plain), Some(ANNA));
    assert_eq!(guessed(bound, &plain), None);
    assert_eq!(guessed(bound, &|rows| committed(&vault, rows)), Some(ANNA));
    vault.save().unwrap();
    let keys = vault.keys_of(ANNA);
    vault.destroy(&keys, "DSR-1", false).unwrap();
    assert_eq!(guessed(bound, &|rows| committed(&vault, rows)), None);
}

/// A copy that somebody made before, sealed parts and all.
#[test]
fn a_copy_elsewhere_cant_be_read_either() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    let sealed = std::fs::read(pack.join("disclosures/sealed.jsonl")).unwrap();
    desk.erase(ANNA).unwrap();
    assert_ne!(std::fs::read(pack.join("disclosures/sealed.jsonl")).unwrap(), sealed);
    std::fs::write(pack.join("disclosures/sealed.jsonl"), sealed).unwrap();
    let vault = desk.vault();
    let reading = Reading { unseal: Some(&vault), receipts: None };
    let read = desk.verify(&pack, reading).pack.unwrap();
    assert!(!format!("{:?}{:?}", read.records, read.population).contains("anna@"));
    assert!(read.withheld.iter().all(|one| one.why == Why::Sealed));
    assert_eq!(read.withheld.len(), 13);
}

/// Threat 4: what is missing without a receipt is told, and not as valid.
#[test]
fn a_redaction_without_a_receipt_is_a_finding() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    desk.erase(ANNA).unwrap();
    let logged = desk.logged();
    assert_eq!(logged.len(), 2);
    let judged = |logged: &[Statement], pack: &Path| {
        let receipts = desk.receipts(logged);
        let reading = Reading { unseal: None, receipts: Some(&receipts) };
        let verification = desk.verify(pack, reading);
        let told = verification.notes.iter().any(|note| note.starts_with("UNEXPLAINED-REDACTION"));
        (verification.verdict, told)
    };
    let (valid, finding) = ((Verdict::Valid, false), (Verdict::Indeterminate, true));
    assert_eq!(judged(&logged, &pack), valid);
    // None, one that only one signed, one that is older than the pack.
    assert_eq!(judged(&[], &pack), finding);
    assert_eq!(judged(&logged[..1], &pack), finding);
    assert_eq!(judged(&logged[1..], &pack), finding);
    let older: Vec<_> =
        logged.iter().map(|one| Statement { index: Count(0), ..one.clone() }).collect();
    assert_eq!(judged(&older, &pack), finding);
    // One of another pack.
    let other = desk.seal(1).folder;
    std::fs::remove_file(other.join("disclosures/sealed.jsonl")).unwrap();
    assert_eq!(judged(&logged, &other), finding);
    // One more that is not disclosed.
    let path = pack.join("disclosures/population.jsonl");
    let shown = std::fs::read_to_string(&path).unwrap();
    let bill = shown.lines().find(|line| line.contains("FOC-R03")).unwrap();
    std::fs::write(&path, shown.replace(bill, "null")).unwrap();
    assert_eq!(judged(&logged, &pack), finding);
    // Without receipts it is told all the same.
    let notes = desk.verify(&pack, Reading::default()).notes;
    assert!(notes.iter().any(|note| note.starts_with("UNEXPLAINED-REDACTION")), "{notes:?}");
}

#[test]
fn a_receipt_is_signed_by_two_and_names_nobody() {
    let mut desk = Desk::new();
    desk.seal(0);
    for subject in ["DSR", "17(1)", ""] {
        let error = desk.erase(subject).unwrap_err();
        assert!(error.reason.starts_with("a receipt must not name the person"), "{error}");
    }
    let error = desk.erase("nobody@example.com").unwrap_err();
    assert_eq!(error.reason, "the vault has no key for that subject");
    desk.privacy = SigningKey::from_seed([1; 32], false);
    let error = desk.erase(ANNA).unwrap_err();
    assert!(error.reason.ends_with("are one key"), "{error}");
    let operator = desk.workspace.operator.public_key();
    assert!(Receipts::of(&[], &operator, &operator).is_err());
    assert!(desk.logged().is_empty() && desk.vault().keys_of(ANNA).len() == 1);
}

fn hold(desk: &Desk, scope: Scope, key: &SigningKey) -> Digest {
    let mut hold = Hold::new(scope, "case 4711", "2026-02-10T08:00:00Z");
    hold.review = Some("2026-02-11".parse().unwrap());
    desk.log(signed(hold.subject(), &hold, key).unwrap());
    desk.logged().last().unwrap().digest
}

/// Threat 20: what is held is not erased, by nobody and at no time.
#[test]
fn erasing_under_a_hold_is_refused() {
    let counsel = SigningKey::from_seed([5; 32], false);
    type Scoped<'a> = &'a dyn Fn(&Desk, &Sealed) -> Scope;
    let scopes: [Scoped<'_>; 3] = [
        &|desk, _| Scope::Keys(desk.vault().keys_of(ANNA).iter().map(Handle::to_string).collect()),
        &|_, sealed| Scope::Pack(sealed.digest),
        &|_, _| Scope::Period {
            start: "2025-12-31".parse().unwrap(),
            end: "2026-02-01".parse().unwrap(),
        },
    ];
    for scope in scopes {
        let desk = Desk::new();
        let sealed = desk.seal(0);
        let held = hold(&desk, scope(&desk, &sealed), &counsel);
        let vault = files(&desk.path("vault"));
        let refused = || {
            let error = desk.erase(ANNA).unwrap_err();
            assert!(error.reason.contains("a legal hold is active"), "{error}");
            assert_eq!(files(&desk.path("vault")), vault);
        };
        // Its day of review is long past.
        refused();
        // Who placed it does not release it, nor does somebody unknown.
        let release = Release::new("settled", "2026-02-20T08:00:00Z");
        desk.log(signed(held, &release, &counsel).unwrap());
        refused();
        desk.log(signed(held, &release, &SigningKey::from_seed([6; 32], false)).unwrap());
        refused();
        desk.log(signed(Digest([0; 32]), &release, &desk.privacy).unwrap());
        refused();
        desk.log(signed(held, &release, &desk.privacy).unwrap());
        desk.erase(ANNA).unwrap();
    }
}

/// A hold that can't be read, or that covers nothing as it stands, may be about anybody: it holds everything. And
/// whose key it names says nothing of who signed it.
#[test]
fn a_hold_that_is_not_in_its_form_holds_everything() {
    let counsel = SigningKey::from_seed([5; 32], false);
    let whole = Hold::new(Scope::Pack(Digest([7; 32])), "matter 7", "2026-02-10T08:00:00Z");
    let text = String::from_utf8(payload(whole.subject(), &whole).unwrap()).unwrap();
    let empty = Hold::new(Scope::Keys(Vec::new()), "matter 7", "2026-02-10T08:00:00Z");
    let empty = String::from_utf8(payload(empty.subject(), &empty).unwrap()).unwrap();
    for changed in [
        text.replace("\"formatVersion\":\"1\"", "\"formatVersion\":1"),
        text.replace("\"reason\":", "\"reason\":\"x\",\"reason\":"),
        "not JSON".to_owned(),
        empty,
    ] {
        assert_ne!(changed, text);
        let desk = Desk::new();
        desk.seal(0);
        let envelope = counsel.envelope(changed.into_bytes()).to_bytes();
        let held = Digest(Sha256::digest(&envelope).into());
        desk.log(envelope);
        let error = desk.erase(ANNA).unwrap_err();
        assert!(error.reason.contains("a legal hold is active"), "{error}");
        let release = Release::new("settled", "2026-02-20T08:00:00Z");
        desk.log(signed(held, &release, &desk.privacy).unwrap());
        desk.erase(ANNA).unwrap();
    }
    // The privacy officer places a hold under another's key id, and releases it.
    let desk = Desk::new();
    let sealed = desk.seal(0);
    let hold = Hold::new(Scope::Pack(sealed.digest), "matter 8", "2026-02-10T08:00:00Z");
    let mut envelope = desk.privacy.envelope(payload(hold.subject(), &hold).unwrap());
    envelope.keyid = counsel.public_key().id();
    let held = Digest(Sha256::digest(envelope.to_bytes()).into());
    desk.log(envelope.to_bytes());
    let release = Release::new("settled", "2026-02-20T08:00:00Z");
    desk.log(signed(held, &release, &desk.privacy).unwrap());
    assert!(desk.erase(ANNA).unwrap_err().reason.contains("a legal hold is active"));
}

/// What was sealed in a pack that is elsewhere can't be looked into: it may be of this person.
#[test]
fn a_hold_of_a_pack_that_is_elsewhere_holds() {
    let counsel = SigningKey::from_seed([5; 32], false);
    let period = |from: &str, to: &str| Scope::Period {
        start: from.parse().unwrap(),
        end: to.parse().unwrap(),
    };
    for scope in [None, Some(period("2020-01-01", "2020-02-01"))] {
        let desk = Desk::new();
        let (moved, _) = (desk.seal(0), desk.seal(1));
        let scope = scope.unwrap_or(Scope::Pack(moved.digest));
        hold(&desk, scope.clone(), &counsel);
        let archive = desk.path("archive");
        std::fs::rename(&moved.folder, &archive).unwrap();
        assert!(desk.erase(ANNA).unwrap_err().reason.contains("a legal hold is active"));
        std::fs::rename(&archive, &moved.folder).unwrap();
        // Where it can be looked into, the hold of another period holds nothing.
        let is_pack = matches!(scope, Scope::Pack(_));
        assert_eq!(desk.erase(ANNA).is_err(), is_pack);
    }
}

/// A call that ended when the keys were destroyed: the next one, of whomever, does the rest.
#[test]
fn an_erasing_that_was_interrupted_is_ended_by_the_next() {
    for next in [ANNA, BRUNO] {
        let desk = Desk::new();
        let pack = desk.seal(0).folder;
        let names = |subject: &str| -> Vec<String> {
            let vault = desk.vault();
            let id = desk.verify(&pack, Reading::default()).pack.unwrap().id;
            vault.keys_of(subject).iter().map(|key| vault.name_in(*key, &id)).collect()
        };
        let sealed = |names: &[String]| {
            let sealed = std::fs::read_to_string(pack.join("disclosures/sealed.jsonl")).unwrap();
            names.iter().any(|name| sealed.contains(name))
        };
        let (annas, brunos) = (names(ANNA), names(BRUNO));
        desk.destroy(ANNA);
        assert!(desk.vault().is_due() && sealed(&annas) && sealed(&brunos));
        let erased = desk.erase(next).unwrap();
        assert_eq!((erased.ended, erased.keys.len()), (true, usize::from(next == BRUNO)));
        assert_eq!((sealed(&annas), sealed(&brunos)), (false, next == ANNA));
        let vault = desk.vault();
        assert!(!vault.is_due());
        assert_eq!(erased.epoch, vault.epoch());
        assert!(erased.epoch > 1);
        drop(vault);
        // Once it is ended, whom the vault does not know it does not know.
        let error = desk.erase(ANNA).unwrap_err();
        assert_eq!(error.reason, "the vault has no key for that subject");
    }
}

/// A hold of something else holds nothing here.
#[test]
fn a_hold_of_another_holds_nothing() {
    let desk = Desk::new();
    desk.seal(0);
    let bruno = desk.vault().keys_of(BRUNO).iter().map(Handle::to_string).collect();
    hold(&desk, Scope::Keys(bruno), &desk.privacy);
    hold(&desk, Scope::Pack(Digest([7; 32])), &desk.privacy);
    let (start, end) = ("2026-01-01".parse().unwrap(), "2027-01-01".parse().unwrap());
    hold(&desk, Scope::Period { start, end }, &desk.privacy);
    desk.erase(ANNA).unwrap();
    assert!(desk.erase(BRUNO).is_err());
}

/// Of what is about two persons, the erasing of one takes what is about both.
#[test]
fn both_of_two_are_erased_one_after_the_other() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    desk.erase(CARLA).unwrap();
    desk.erase(ANNA).unwrap();
    let (vault, receipts) = (desk.vault(), desk.receipts(&desk.logged()));
    let reading = Reading { unseal: Some(&vault), receipts: Some(&receipts) };
    let verification = desk.verify(&pack, reading);
    assert_eq!(verification.verdict, Verdict::Valid, "{:?}", verification.notes);
    assert_eq!(desk.logged().len(), 4);
    drop(vault);
    desk.erase(BRUNO).unwrap();
    assert!(!pack.join("disclosures/sealed.jsonl").exists());
    assert_eq!(desk.insider().confirmed(&DICTIONARY).len(), 0);
}

/// An erasing that was interrupted between the keys and the log: the next one ends it.
#[test]
fn receipts_that_wait_are_logged_by_the_next() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    let before = files(&desk.path("log"));
    desk.erase(ANNA).unwrap();
    let waiting: Vec<_> = desk.logged().into_iter().map(|one| one.envelope).collect();
    // As if the log had never got them.
    std::fs::remove_dir_all(desk.path("log")).unwrap();
    std::fs::create_dir(desk.path("log")).unwrap();
    for (name, bytes) in before {
        let path = desk.path("log").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::create_dir(desk.path("vault/receipts")).unwrap();
    for (number, envelope) in waiting.iter().enumerate() {
        std::fs::write(desk.path(&format!("vault/receipts/{number:06}")), envelope).unwrap();
    }
    assert!(desk.erase("nobody@example.com").is_err());
    let logged: Vec<_> = desk.logged().into_iter().map(|one| one.envelope).collect();
    assert_eq!(logged, waiting);
    assert!(!desk.path("vault/receipts").exists());
    let receipts = desk.receipts(&desk.logged());
    let reading = Reading { unseal: None, receipts: Some(&receipts) };
    assert_eq!(desk.verify(&pack, reading).verdict, Verdict::Valid);
    // Of keys that are there, receipts are about nothing.
    let bruno = Desk::new();
    bruno.seal(0);
    std::fs::create_dir(bruno.path("vault/receipts")).unwrap();
    std::fs::write(bruno.path("vault/receipts/000000"), &waiting[0]).unwrap();
    assert!(bruno.erase("nobody@example.com").is_err());
    assert!(bruno.logged().is_empty() && !bruno.path("vault/receipts").exists());
}

/// What is sealed is what its digests stand for, each once.
#[test]
fn sealed_lines_of_another_place_are_invalid() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    let path = pack.join("disclosures/sealed.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    let vault = desk.vault();
    let verdict = |with: bool| {
        let own: &dyn Unseal = &vault;
        let unseal = with.then_some(own);
        let reading = Reading { unseal, receipts: None };
        verify_with(&pack, &desk.workspace.anchor(), reading).unwrap().verdict
    };
    for (wrong, without_keys) in [
        (format!("{text}{first}\n"), Verdict::Invalid),
        (text.replacen("\"v\":\"1\"", "\"v\": \"1\"", 1), Verdict::Invalid),
        (text.replacen("\"population\":[", "\"population\":[\"99\",", 1), Verdict::Invalid),
        (text.trim_end().to_owned(), Verdict::Invalid),
        // Another place that nothing else says: only who has the keys sees it.
        (swapped(&text), Verdict::Valid),
    ] {
        assert_ne!(wrong, text);
        std::fs::write(&path, wrong).unwrap();
        assert_eq!((verdict(false), verdict(true)), (without_keys, Verdict::Invalid));
    }
}

/// With the sealed parts of two lines exchanged that have as many records each.
fn swapped(text: &str) -> String {
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut swapped = lines.clone();
    let first = &lines[0];
    let numbers = |line: &serde_json::Value| (line["records"].clone(), line["population"].clone());
    let other = 1;
    let (a, b) = (numbers(first), numbers(&lines[other]));
    (swapped[0]["records"], swapped[0]["population"]) = b;
    (swapped[other]["records"], swapped[other]["population"]) = a;
    swapped.iter().map(|line| format!("{line}\n")).collect()
}

/// Threat 17: what a backup has of an erased key can't be unwrapped once the epoch's key is gone.
#[test]
fn a_key_that_is_put_back_from_a_backup_stays_erased() {
    for rotated in [true, false] {
        let desk = Desk::new();
        let pack = desk.seal(0).folder;
        let sealed = std::fs::read(pack.join("disclosures/sealed.jsonl")).unwrap();
        let backup = files(&desk.path("vault"));
        if rotated {
            assert_eq!(desk.erase(ANNA).unwrap().epoch, 2);
            assert_eq!(desk.vault().keys_of(BRUNO).len(), 1);
        } else {
            desk.destroy(ANNA);
        }
        std::fs::remove_dir_all(desk.path("vault")).unwrap();
        std::fs::create_dir(desk.path("vault")).unwrap();
        for (name, bytes) in backup {
            std::fs::write(desk.path("vault").join(name), bytes).unwrap();
        }
        std::fs::write(pack.join("disclosures/sealed.jsonl"), sealed).unwrap();
        let opened = Vault::open(&desk.path("vault"), &desk.path("epochs"));
        if rotated {
            let error = opened.err().unwrap();
            assert!(error.reason.starts_with("the key of epoch 1"), "{error}");
            assert!(desk.insider().confirmed(&[ANNA]).iter().all(|hit| hit.ends_with("its tag")));
        } else {
            // Its twin: as long as the epoch lasts, the person is back.
            let vault = opened.unwrap();
            assert_eq!(vault.keys_of(ANNA).len(), 1);
            let reading = Reading { unseal: Some(&vault), receipts: None };
            let shown = desk.verify(&pack, reading).pack.unwrap();
            assert!(format!("{:?}", shown.records).contains("anna@"));
        }
    }
}

/// The file of the keys alone, put back under a journal that knows better.
#[test]
fn a_file_of_keys_that_is_put_back_is_wiped_again() {
    let desk = Desk::new();
    desk.seal(0);
    let keys = std::fs::read(desk.path("vault/keys.1")).unwrap();
    let handle = desk.vault().keys_of(ANNA)[0];
    desk.destroy(ANNA);
    let wiped = std::fs::read(desk.path("vault/keys.1")).unwrap();
    std::fs::write(desk.path("vault/keys.1"), &keys).unwrap();
    let reader = Vault::reading(&desk.path("vault"), &desk.path("epochs")).unwrap();
    assert!(reader.keys_of(ANNA).is_empty());
    assert_eq!(desk.vault().state(handle), Some(KeyState::Destroyed));
    assert_eq!(std::fs::read(desk.path("vault/keys.1")).unwrap(), wiped);
}

/// Who can't tell what the files mean reads none of them, and destroys nothing.
#[test]
fn a_vault_of_another_format_is_left_as_it_is() {
    let desk = Desk::new();
    desk.seal(0);
    let head = desk.path("vault/head");
    let text = std::fs::read_to_string(&head).unwrap();
    // An epoch of that number would have the keys of this one destroyed.
    std::fs::write(desk.path("epochs/epoch.2"), "").unwrap();
    let other = text.replace(r#""vault":"1""#, r#""vault":"2""#);
    std::fs::write(&head, other.replace(r#""epoch":"1""#, r#""epoch":"2""#)).unwrap();
    let folders = || ["vault", "epochs"].map(|folder| files(&desk.path(folder)));
    let before = folders();
    for open in [Vault::open, Vault::reading] {
        let error = open(&desk.path("vault"), &desk.path("epochs")).err().unwrap();
        assert!(error.to_string().contains("has another format than 1"), "{error}");
        assert_eq!(folders(), before);
    }
    std::fs::write(&head, &text).unwrap();
    assert_eq!(desk.vault().keys_of(ANNA).len(), 1);
}

/// However many keys there are, one is destroyed by overwriting its 128 bytes and a line in the journal.
#[test]
fn destroying_a_key_touches_its_own_bytes_only() {
    let desk = Desk::new();
    desk.seal(0);
    let handle = desk.vault().keys_of(ANNA)[0];
    let before = files(&desk.path("vault"));
    desk.destroy(ANNA);
    let after = files(&desk.path("vault"));
    let changed: Vec<_> = before.keys().filter(|path| before[*path] != after[*path]).collect();
    assert_eq!(before.len(), after.len());
    assert_eq!(changed, ["journal", "keys.1"]);
    let slots = before["keys.1"].chunks(128).zip(after["keys.1"].chunks(128));
    let gone: Vec<_> = slots.filter(|(old, new)| old != new).map(|(_, new)| new).collect();
    let handle = handle.to_string();
    let handle: Vec<_> =
        (0..16).map(|at| u8::from_str_radix(&handle[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert_eq!(gone, [[vec![0; 32], handle, vec![0; 80]].concat()]);
    let added = after["journal"].strip_prefix(&before["journal"][..]).unwrap();
    assert_eq!(added.iter().filter(|byte| **byte == b'\n').count(), 1);
}

/// Restricted (GDPR, article 18): only the privacy officer reads it, and what comes later; it can be lifted,
/// and erased meanwhile.
#[test]
fn a_restricted_person_is_sealed_to_the_privacy_officer() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    let identity = age::x25519::Identity::generate();
    let (recipient, identity) = (identity.to_public().to_string(), identity.to_string());
    let identity = age::secrecy::ExposeSecret::expose_secret(&identity).to_owned();
    let shows = |vault: &Vault, pack: &Path| {
        let reading = Reading { unseal: Some(vault), receipts: None };
        format!("{:?}", desk.verify(pack, reading).pack.unwrap().records).contains("anna@")
    };
    let vault = desk.vault();
    let handle = vault.keys_of(ANNA)[0];
    assert!(vault.restrict(handle, "DSR-2", "age1nobody").is_err());
    vault.restrict(handle, "DSR-2", &recipient).unwrap();
    assert!(vault.restrict(handle, "DSR-2", &recipient).is_err());
    assert!(!shows(&vault, &pack));
    drop(vault);
    let later = desk.seal(1).folder;
    let vault = desk.vault();
    assert!(!shows(&vault, &pack) && !shows(&vault, &later));
    assert_eq!(vault.state(handle), Some(KeyState::Restricted));
    let other = age::x25519::Identity::generate().to_string();
    let other = age::secrecy::ExposeSecret::expose_secret(&other).to_owned();
    assert!(vault.lift(handle, "DSR-2", &other).is_err());
    vault.lift(handle, "DSR-2", &identity).unwrap();
    assert!(shows(&vault, &pack) && !shows(&vault, &later));
    for key in vault.keys_of(ANNA).into_iter().filter(|key| *key != handle) {
        vault.lift(key, "DSR-2", &identity).unwrap();
    }
    assert!(shows(&vault, &later));
    vault.restrict(handle, "DSR-3", &recipient).unwrap();
    drop(vault);
    let erased = desk.erase(ANNA).unwrap();
    assert_eq!((erased.keys.len(), erased.packs.len()), (2, 2));
    assert!(!desk.path(&format!("vault/restricted/{handle}.age")).exists());
}

/// The auditor's command finds it, too.
#[test]
fn the_command_asks_for_receipts() {
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    desk.erase(ANNA).unwrap();
    let write = |name: &str, text: String| {
        std::fs::write(desk.path(name), text).unwrap();
        desk.path(name).to_str().unwrap().to_owned()
    };
    let operator = write("operator.pub", desk.workspace.operator.public_pem());
    let key = write("log.vkey", desk.workspace.log_key.vkey(ORIGIN).unwrap());
    let privacy = write("privacy.pub", desk.privacy.public_pem());
    let (folder, log) = (pack.to_str().unwrap(), desk.path("log"));
    let keys = ["--operator-key", &operator, "--log-key", &key];
    let receipts = ["--receipts", log.to_str().unwrap(), "--privacy-key", &privacy];
    let run = |arguments: &[&str]| {
        let command = env!("CARGO_BIN_EXE_tieout-verify");
        let output = std::process::Command::new(command).args(arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = run(&[&[folder], &keys[..], &receipts[..]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("13 disclosures are erased, as receipts in the log say"), "{said}");
    // By keys of others it has no receipt: the operator's own is not the privacy officer's.
    let other = write("other.pub", SigningKey::from_seed([8; 32], false).public_pem());
    let by_other = ["--receipts", log.to_str().unwrap(), "--privacy-key", &other];
    let (code, said) = run(&[&[folder], &keys[..], &by_other[..]].concat());
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("note    UNEXPLAINED-REDACTION: 13 digests"), "{said}");
    let by_one = ["--receipts", log.to_str().unwrap(), "--privacy-key", &operator];
    for wrong in [&receipts[..2], &receipts[2..], &by_one[..]] {
        assert_eq!(run(&[&[folder], &keys[..], wrong].concat()).0, Some(2));
    }
    assert_eq!(run(&[&[folder], &receipts[..]].concat()).0, Some(2));
}

/// The verifier in Python holds what is in the clear against its digests, and leaves the rest.
#[cfg(unix)]
#[test]
fn python_verifies_a_pack_with_sealed_parts() {
    let mut import = std::process::Command::new("python3");
    if !crate::peers::works("sealed", "cryptography", import.args(["-c", "import cryptography"])) {
        return;
    }
    let desk = Desk::new();
    let pack = desk.seal(0).folder;
    let verdict = || {
        let mut command = std::process::Command::new("python3");
        let output = command.arg("-I").arg(pack.join("verify.py")).arg(&pack).output().unwrap();
        output.status.code()
    };
    assert_eq!(verdict(), Some(3));
    std::fs::write(pack.join("disclosures/other.jsonl"), "").unwrap();
    assert_eq!(verdict(), Some(4));
}

/// What a random trace does to the keys of three persons.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Restrict(usize),
    Lift(usize),
    Destroy(usize),
    Hold(usize),
    Release(usize),
    Rotate,
    Reopen,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..3_usize).prop_map(Deed::Restrict),
        (0..3_usize).prop_map(Deed::Lift),
        (0..3_usize).prop_map(Deed::Destroy),
        (0..3_usize).prop_map(Deed::Hold),
        (0..3_usize).prop_map(Deed::Release),
        Just(Deed::Rotate),
        Just(Deed::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// No trace destroys a key under a hold; each that is destroyed is so for good, once, and by one line of
    /// the journal, whatever is opened anew or wrapped anew in between.
    #[test]
    fn no_trace_destroys_what_is_held(deeds in proptest::collection::vec(deed(), 1..24)) {
        let workspace = Workspace::in_memory();
        let open = || Vault::open(&workspace.path("vault"), &workspace.path("epochs")).unwrap();
        let vault = Arc::new(open());
        committed(&vault, &rows());
        vault.save().unwrap();
        let keys = [ANNA, BRUNO, CARLA].map(|who| vault.keys_of(who)[0]);
        let mut vault = Arc::into_inner(vault);
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let identity = age::secrecy::ExposeSecret::expose_secret(&identity.to_string()).to_owned();
        let (mut states, mut held) = ([KeyState::Active; 3], [false; 3]);
        for deed in deeds {
            let own = vault.as_ref().unwrap();
            match deed {
                Deed::Hold(who) => held[who] = true,
                Deed::Release(who) => held[who] = false,
                Deed::Restrict(who) => {
                    let done = own.restrict(keys[who], "r", &recipient).is_ok();
                    prop_assert_eq!(done, states[who] == KeyState::Active);
                    if done { states[who] = KeyState::Restricted }
                }
                Deed::Lift(who) => {
                    let done = own.lift(keys[who], "r", &identity).is_ok();
                    prop_assert_eq!(done, states[who] == KeyState::Restricted);
                    if done { states[who] = KeyState::Active }
                }
                Deed::Destroy(who) => {
                    let done = own.destroy(&[keys[who]], "r", held[who]).is_ok();
                    prop_assert_eq!(done, states[who] != KeyState::Destroyed && !held[who]);
                    if done { states[who] = KeyState::Destroyed }
                }
                Deed::Rotate => drop(own.rotate().unwrap()),
                Deed::Reopen => {
                    drop(vault.take());
                    vault = Some(open());
                }
            }
            let own = vault.as_ref().unwrap();
            let journal = std::fs::read_to_string(workspace.path("vault/journal")).unwrap();
            for (key, state) in keys.iter().zip(states) {
                prop_assert_eq!(own.state(*key), Some(state));
                let receipt = |line: &&str| {
                    line.contains("\"destroyed\"") && line.contains(&key.to_string())
                };
                let receipts = journal.lines().filter(receipt).count();
                prop_assert_eq!(receipts, usize::from(state == KeyState::Destroyed));
            }
        }
    }
}
