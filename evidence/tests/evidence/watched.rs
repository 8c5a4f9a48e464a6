//! What a watcher of a log finds: with a head kept from before, and knowing who may sign.

use crate::fixture::{billed, run_of};
use crate::workspace::{ORIGIN, Workspace};
use std::path::Path;
use std::process::Command;
use tieout_controls::{Count, Decision};
use tieout_evidence::checkpoint::Checkpoint;
use tieout_evidence::fsck::{Findings, Watch, fsck};
use tieout_evidence::key::SigningKey;
use tieout_evidence::log;
use tieout_evidence::logbook;
use tieout_evidence::note::NoteKey;
use tieout_evidence::proof::LogProof;
use tieout_evidence::public_key::PublicKey;

fn key(workspace: &Workspace) -> NoteKey {
    NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap()
}

fn head(workspace: &Workspace) -> Checkpoint {
    log::read(&workspace.path("log"), &key(workspace)).unwrap().checkpoint
}

fn watch(workspace: &Workspace, seen: Option<&Checkpoint>, expected: &[PublicKey]) -> Findings {
    let (key, folder) = (key(workspace), workspace.path("log"));
    let read = log::read(&folder, &key).unwrap();
    let watch = Watch { key: &key, packs: &workspace.path("packs"), seen, expected };
    fsck(&read, &folder, &watch).unwrap()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

#[test]
fn a_log_in_order_has_nothing_wrong() {
    let workspace = Workspace::new();
    workspace.seal(1);
    let seen = head(&workspace);
    workspace.seal(2);
    workspace.seal(3);
    let expected = [workspace.operator.public_key()];
    let found = watch(&workspace, Some(&seen), &expected);
    assert_eq!(Findings { since: Vec::new(), ..found }, Findings::default());
    assert_eq!(watch(&workspace, Some(&head(&workspace)), &expected), Findings::default());
}

/// The thief has the operator's key and leaves the pack with the others: all of it is in order.
#[test]
fn a_pack_that_the_expected_key_signed_is_told_to_who_kept_a_head() {
    let workspace = Workspace::new();
    workspace.seal(1);
    let seen = head(&workspace);
    let own = workspace.operator.public_key();
    assert_eq!(watch(&workspace, Some(&seen), &[own]).since, Vec::<String>::new());
    let name = |pack: &Path| pack.file_name().unwrap().to_str().unwrap().to_owned();
    let stolen = name(&workspace.seal(2).folder);
    assert_eq!(watch(&workspace, None, &[own]), Findings::default(), "by itself nothing tells");
    let found = watch(&workspace, Some(&seen), &[own]);
    let told = [
        "entry 2: urn:tieout:predicate:run-intent:v1".to_owned(),
        format!("entry 3: pack `{stolen}`"),
    ];
    assert_eq!(found, Findings { since: told.into(), ..Findings::default() });
    std::fs::rename(workspace.path("packs").join(stolen), workspace.path("elsewhere")).unwrap();
    assert_eq!(watch(&workspace, Some(&seen), &[]).since[1], "entry 3: not here");
}

/// Log and packs of yesterday are put back, so that they fit one another and the keys.
#[test]
fn a_head_that_was_kept_tells_that_the_logs_end_was_cut_off() {
    let workspace = Workspace::new();
    workspace.seal(1);
    for folder in ["log", "packs"] {
        copy(&workspace.path(folder), &workspace.path(&format!("yesterdays-{folder}")));
    }
    workspace.seal(2);
    let seen = head(&workspace);
    for folder in ["log", "packs"] {
        std::fs::remove_dir_all(workspace.path(folder)).unwrap();
        std::fs::rename(workspace.path(&format!("yesterdays-{folder}")), workspace.path(folder))
            .unwrap();
    }
    assert_eq!(watch(&workspace, None, &[]), Findings::default(), "by itself nothing tells");
    let found = watch(&workspace, Some(&seen), &[]);
    assert!(found.wrong[0].contains("had 4 entries and has 2"), "{found:?}");
    // Nor does it help to grow past the head by other entries.
    let other = run_of(Vec::new(), vec![billed(1, Decision::Conforms)], Vec::new());
    for second in [7, 8] {
        workspace.try_seal(&other, second).unwrap();
    }
    let found = watch(&workspace, Some(&seen), &[]);
    assert!(found.wrong[0].contains("others than were seen"), "{found:?}");
    assert_eq!(watch(&workspace, None, &[]), Findings::default(), "by itself nothing tells");
}

#[test]
fn a_pack_that_an_unexpected_key_signed_is_told_wherever_it_is() {
    let workspace = Workspace::new();
    workspace.seal(1);
    let own = workspace.operator.public_key();
    assert_eq!(watch(&workspace, None, &[own]), Findings::default());
    let thief = Workspace { operator: SigningKey::from_seed([66; 32], false), ..Workspace::new() };
    let pack = thief.try_seal_in(workspace.folder.path(), &crate::fixture::fixture(), 2).unwrap();
    let found = watch(&workspace, None, &[own]);
    let id = thief.operator.public_key().id().to_string();
    // The announcement and the pack.
    assert_eq!(found.wrong.len(), 2, "{found:?}");
    assert!(found.wrong.iter().all(|w| w.contains("not expected") && w.contains(&id)), "{found:?}");
    let both = [own, thief.operator.public_key()];
    assert_eq!(watch(&workspace, None, &both), Findings::default());
    // The thief keeps the pack, and the log has its entry.
    std::fs::rename(&pack.folder, workspace.path("elsewhere")).unwrap();
    let found = watch(&workspace, None, &[own]);
    assert!(found.wrong.iter().any(|w| w.starts_with("entry 3 has no pack")), "{found:?}");
    let found = watch(&workspace, None, &[]);
    assert_eq!((found.wrong.len(), found.notes.len()), (0, 1), "{found:?}");
}

/// An envelope says whose key signed it, and that is not believed.
#[test]
fn the_id_of_an_expected_key_is_not_enough() {
    let workspace = Workspace::new();
    let pack = workspace.seal(1).folder;
    let path = pack.join("statement.dsse.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let stranger = SigningKey::from_seed([66; 32], false).public_key();
    let (own, other) = (workspace.operator.public_key().id(), stranger.id());
    std::fs::write(&path, text.replace(&own.to_string(), &other.to_string())).unwrap();
    let found = watch(&workspace, None, &[stranger]);
    assert!(found.wrong.iter().any(|w| w.contains("signature does not hold")), "{found:?}");
}

#[test]
fn a_pack_that_is_not_where_its_proof_says_is_told() {
    let workspace = Workspace::new();
    let [first, second] = [1, 2].map(|second| workspace.seal(second).folder);
    let proof = |pack: &Path| pack.join("proofs/statement.tlog-proof");
    let told = |words: &str| {
        let found = watch(&workspace, None, &[]);
        assert!(found.wrong.iter().any(|wrong| wrong.contains(words)), "{words}: {found:?}");
    };
    std::fs::copy(proof(&first), proof(&second)).unwrap();
    told("not in the log at that index");
    // The same entry in another log of the same keys.
    let fork = Workspace::new();
    fork.try_seal(&run_of(Vec::new(), Vec::new(), Vec::new()), 5).unwrap();
    let forked = fork.seal(2).folder;
    std::fs::copy(proof(&forked), proof(&second)).unwrap();
    std::fs::copy(forked.join("statement.dsse.json"), second.join("statement.dsse.json")).unwrap();
    told("others than were seen");
    std::fs::remove_file(proof(&second)).unwrap();
    told("`proofs/statement.tlog-proof` can't be read");
    std::fs::remove_file(second.join("statement.dsse.json")).unwrap();
    told("`statement.dsse.json` can't be read");
    let found = watch(&workspace, None, &[]);
    assert_eq!(found.notes, ["entry 3 has no pack or statement here that can be read"]);
}

#[test]
fn a_statement_that_is_not_in_the_log_is_told() {
    let workspace = Workspace::new();
    let pack = workspace.seal(1).folder;
    let statements = workspace.path("log/statements");
    // The envelope of a pack that was moved is a statement as well.
    let envelope = std::fs::read_to_string(pack.join("statement.dsse.json")).unwrap();
    std::fs::write(statements.join("000000000001.jsonl"), &envelope).unwrap();
    std::fs::rename(&pack, workspace.path("elsewhere")).unwrap();
    let expected = [workspace.operator.public_key()];
    assert_eq!(watch(&workspace, None, &expected), Findings::default());
    std::fs::write(statements.join("000000000001.jsonl"), envelope.clone() + "{}\n").unwrap();
    let found = watch(&workspace, None, &expected);
    let told = "`statements/000000000001.jsonl`, line 2: another statement than entry 2";
    assert_eq!(found.wrong, [told]);
    // What an interrupted run left behind the head is no entry, and only worth knowing.
    std::fs::write(statements.join("000000000001.jsonl"), envelope).unwrap();
    std::fs::write(statements.join("000000000002.jsonl"), "{}\n").unwrap();
    let found = watch(&workspace, None, &expected);
    assert_eq!((found.wrong.len(), found.notes.len()), (0, 1), "{found:?}");
}

/// What is in order here is what the log's other readers take, and the other way round.
#[test]
fn a_statement_counts_only_at_the_place_of_its_entry() {
    let workspace = Workspace::new();
    workspace.seal(1);
    workspace.seal(2);
    let statements = workspace.path("log/statements");
    let path = |first: u64| statements.join(format!("{first:012}.jsonl"));
    let [first, second] = [0, 2].map(|first| std::fs::read(path(first)).unwrap());
    let expected = [workspace.operator.public_key()];
    let wrong = |told: &str, entries: usize| {
        let found = watch(&workspace, None, &expected);
        assert!(found.wrong[0].contains(told), "{found:?}");
        assert_eq!(found.wrong.len(), 1 + entries, "{found:?}");
        let folder = workspace.path("log");
        assert!(logbook::statements(&folder, &key(&workspace)).is_err());
    };
    // Both are in the log, each at the other's place.
    std::fs::write(path(0), &second).unwrap();
    wrong("000000000000.jsonl`, line 1: another statement than entry 0", 1);
    std::fs::write(path(0), &first).unwrap();
    // A statement twice, the second time at the place of a pack.
    std::fs::write(path(0), [&first[..], &first].concat()).unwrap();
    wrong("000000000000.jsonl`, line 2: another statement than entry 1", 0);
    std::fs::write(path(0), &first).unwrap();
    std::fs::write(path(1), "").unwrap();
    wrong("000000000001.jsonl` is not the file of a group", 0);
    std::fs::remove_file(path(1)).unwrap();
    // A name that the log does not write is nothing to it: the entry is missing.
    std::fs::rename(path(2), statements.join("2.jsonl")).unwrap();
    let found = watch(&workspace, None, &expected);
    assert!(found.wrong[0].starts_with("entry 2 has no pack or statement"), "{found:?}");
    assert_eq!(logbook::statements(&workspace.path("log"), &key(&workspace)).unwrap().len(), 1);
    std::fs::rename(statements.join("2.jsonl"), path(2)).unwrap();
    assert_eq!(watch(&workspace, None, &expected), Findings::default());
}

#[test]
fn any_entry_is_proved_under_the_logs_head() {
    let workspace = Workspace::new();
    let packs = [1, 2, 3].map(|second| workspace.seal(second));
    let read = log::read(&workspace.path("log"), &key(&workspace)).unwrap();
    for pack in &packs {
        let proof = LogProof::of(&read, pack.log_index).unwrap();
        assert_eq!(proof.includes(&pack.digest.0), Ok(head(&workspace)));
        std::fs::write(pack.folder.join("proofs/statement.tlog-proof"), proof.to_string()).unwrap();
        // A run's announcement is the entry before its pack.
        let intent = LogProof::of(&read, Count(pack.log_index.0 - 1)).unwrap();
        std::fs::write(pack.folder.join("proofs/intent.tlog-proof"), intent.to_string()).unwrap();
        std::fs::write(pack.folder.join("proofs/checkpoint"), &proof.checkpoint).unwrap();
        assert_eq!(workspace.verify(&pack.folder).verdict, tieout_evidence::verify::Verdict::Valid);
    }
    assert_eq!(LogProof::of(&read, Count(6)), None);
}
