//! Statements other than packs in the log.

use crate::fixture::fixture;
use crate::workspace::{ORIGIN, Workspace, files};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use tieout_controls::{Count, Digest};
use tieout_evidence::checkpoint::Checkpoint;
use tieout_evidence::log::{self, LogError};
use tieout_evidence::logbook::{self, Statement};
use tieout_evidence::merkle::verify_consistency;
use tieout_evidence::note::NoteKey;
use tieout_evidence::seal::{Appender, Logged, SealError, append};

fn envelope(workspace: &Workspace, text: &str) -> Vec<u8> {
    workspace.operator.envelope(format!("{{\"said\":\"{text}\"}}").into_bytes()).to_bytes()
}

fn try_append(workspace: &Workspace, texts: &[&str]) -> Result<Vec<Logged>, SealError> {
    let envelopes: Vec<_> = texts.iter().map(|text| envelope(workspace, text)).collect();
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    append(&log, &packs, ORIGIN, &workspace.log_key, &envelopes)
}

fn appended(workspace: &Workspace, texts: &[&str]) -> Vec<u64> {
    let logged = try_append(workspace, texts).unwrap();
    for (logged, text) in logged.iter().zip(texts) {
        assert_eq!(logged.digest, Digest(Sha256::digest(envelope(workspace, text)).into()));
    }
    logged.iter().map(|logged| logged.index.0).collect()
}

fn key(workspace: &Workspace) -> NoteKey {
    NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap()
}

fn read(workspace: &Workspace) -> Result<Vec<Statement>, LogError> {
    logbook::statements(&workspace.path("log"), &key(workspace))
}

fn present(workspace: &Workspace) -> Vec<log::PackFolder> {
    log::present(&workspace.path("packs")).unwrap()
}

fn file(workspace: &Workspace, first: u64) -> PathBuf {
    workspace.path(&format!("log/statements/{first:012}.jsonl"))
}

#[test]
fn statements_stand_between_packs_and_each_once() {
    let workspace = Workspace::new();
    assert_eq!(appended(&workspace, &["a", "b", "a"]), [0, 1, 0]);
    let sealed = workspace.seal(0);
    assert_eq!(sealed.log_index, Count(3));
    assert_eq!(appended(&workspace, &["b", "c", "a"]), [1, 4, 0]);
    let before = files(&workspace.path("log"));
    assert_eq!(appended(&workspace, &["c", "a"]), [4, 0]);
    assert_eq!(files(&workspace.path("log")), before);

    let mut statements = read(&workspace).unwrap();
    let announcement = statements.remove(2);
    let expected = [(0, "a"), (1, "b"), (4, "c")];
    assert_eq!(statements.len(), expected.len());
    for (statement, (index, text)) in statements.iter().zip(expected) {
        assert_eq!(statement.index, Count(index));
        assert_eq!(statement.envelope, envelope(&workspace, text));
    }
    // The entry before a pack is the one that it names, whatever it is.
    let verification = workspace.verify(&sealed.folder);
    assert_eq!(verification.pack.unwrap().log_index, Count(3));
    let envelope = std::fs::read(sealed.folder.join("statement.dsse.json")).unwrap();
    let payload = tieout_evidence::dsse::Envelope::parse(&envelope).unwrap().payload;
    let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["predicate"]["previous"], announcement.digest.to_string());
}

#[test]
fn every_entry_and_every_size_is_proved() {
    let workspace = Workspace::new();
    let mut heads = Vec::new();
    for number in 0..9_u64 {
        let texts: Vec<_> = (0..=number % 3).map(|part| format!("{number}.{part}")).collect();
        appended(&workspace, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        heads.push(log::read(&workspace.path("log"), &key(&workspace)).unwrap().checkpoint);
    }
    let (folder, key) = (workspace.path("log"), key(&workspace));
    let statements = read(&workspace).unwrap();
    let last = heads.last().unwrap();
    assert_eq!(last.size, Count(18));
    for statement in &statements {
        let proof = logbook::proof(&folder, &key, statement.index).unwrap();
        assert_eq!(proof.includes(&statement.digest.0).unwrap(), *last);
        assert_eq!(Checkpoint::verified(&proof.checkpoint, &key).unwrap(), *last);
        assert!(proof.includes(&[7; 32]).is_err());
    }
    for (number, old) in heads.iter().enumerate() {
        for new in &heads[number..] {
            let hashes = logbook::consistency(&folder, &key, (old.size, new.size)).unwrap();
            let holds = |root| verify_consistency(old.size.0, root, new.size.0, &new.root, &hashes);
            assert!(holds(&old.root) && !holds(&Digest([7; 32])));
        }
    }
    assert!(logbook::proof(&folder, &key, last.size).is_err());
    for sizes in [(0, 3), (4, 3), (3, 19)] {
        let sizes = (Count(sizes.0), Count(sizes.1));
        assert!(logbook::consistency(&folder, &key, sizes).is_err(), "{sizes:?}");
    }
}

#[test]
fn another_statement_than_the_entry_is_no_log() {
    let workspace = Workspace::new();
    appended(&workspace, &["a", "b"]);
    appended(&workspace, &["c"]);
    let whole = std::fs::read(file(&workspace, 0)).unwrap();
    assert_eq!(read(&workspace).unwrap().len(), 3);
    let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let wrong = [
        changed(40),
        changed(whole.len() - 1),
        lines[1].to_vec(),
        [lines[1], lines[0]].concat(),
        [&whole, lines[0]].concat(),
        whole[..whole.len() - 1].to_vec(),
        Vec::new(),
    ];
    for bytes in wrong {
        std::fs::write(file(&workspace, 0), &bytes).unwrap();
        let error = read(&workspace).unwrap_err().to_string();
        assert!(error.contains("000000000000.jsonl"), "{error}");
    }
    std::fs::write(file(&workspace, 0), &whole).unwrap();
    assert_eq!(read(&workspace).unwrap().len(), 3);
}

#[test]
fn an_entry_without_its_statement_is_told() {
    let workspace = Workspace::new();
    appended(&workspace, &["a"]);
    workspace.seal(0);
    appended(&workspace, &["b"]);
    let audit = || {
        let log = log::read(&workspace.path("log"), &key(&workspace)).unwrap();
        log::audit(&log, &read(&workspace).unwrap(), &present(&workspace))
    };
    assert_eq!(audit(), [""; 0]);
    std::fs::remove_file(file(&workspace, 0)).unwrap();
    assert_eq!(
        audit(),
        ["log entry 0 has no pack and no statement here: moved, or an interrupted run"]
    );
    std::fs::remove_dir_all(workspace.path("packs")).unwrap();
    assert_eq!(audit().len(), 2, "the pack, not its announcement");
}

#[test]
fn an_old_head_is_told_by_the_statements_behind_it() {
    let workspace = Workspace::new();
    appended(&workspace, &["a"]);
    let old = std::fs::read(workspace.path("log/checkpoint")).unwrap();
    let entries = std::fs::read(workspace.path("log/entries")).unwrap();
    appended(&workspace, &["b", "c"]);
    let group = files(&workspace.path("log"));
    appended(&workspace, &["d"]);
    let refused = |what: &str| {
        std::fs::write(workspace.path("log/checkpoint"), &old).unwrap();
        let error = try_append(&workspace, &["e"]).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        let error = workspace.try_seal(&fixture(), 0).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    };
    refused("the checkpoint is an old one");
    // With the entries of its time, too.
    std::fs::write(workspace.path("log/entries"), &entries).unwrap();
    refused("the checkpoint is an old one");
    // What one interrupted group may have left is cut, and nothing else.
    std::fs::write(workspace.path("log/entries"), &group["entries"]).unwrap();
    std::fs::remove_file(file(&workspace, 3)).unwrap();
    assert_eq!(appended(&workspace, &["e"]), [1]);
    assert_eq!(read(&workspace).unwrap().len(), 2);
}

#[test]
fn what_is_no_envelope_is_not_appended() {
    let workspace = Workspace::new();
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    let good = envelope(&workspace, "a");
    let two = [&good[..], &envelope(&workspace, "b")].concat();
    for wrong in [b"{}\n".to_vec(), good[..good.len() - 1].to_vec(), two] {
        let envelopes = [good.clone(), wrong];
        let error = append(&log, &packs, ORIGIN, &workspace.log_key, &envelopes).unwrap_err();
        assert!(error.to_string().contains("envelope"), "{error}");
        assert!(!log.exists());
    }
    append(&log, &packs, ORIGIN, &workspace.log_key, &[good]).unwrap();
}

#[test]
fn threads_append_in_groups() {
    let workspace = Workspace::in_memory();
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    let appender = Appender::open(&log, &packs, ORIGIN, &workspace.log_key).unwrap();
    let (threads, each) = (16, 50);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (appender, workspace) = (&appender, &workspace);
            scope.spawn(move || {
                for number in 0..each {
                    // One of each two is everybody's.
                    let own = envelope(workspace, &format!("{thread}.{number}"));
                    let shared = envelope(workspace, &format!("{number}"));
                    let logged = appender.append(vec![own.clone(), shared]).unwrap();
                    assert_eq!(logged[0].digest, Digest(Sha256::digest(&own).into()));
                    // What is acknowledged is in the log that others read, while it is written.
                    let log = log::read(&workspace.path("log"), &key(workspace)).unwrap();
                    for logged in logged {
                        let index = usize::try_from(logged.index.0).unwrap();
                        assert_eq!(log.entries[index], logged.digest);
                    }
                }
            });
        }
    });
    drop(appender);
    let statements = read(&workspace).unwrap();
    assert_eq!(statements.len(), threads * each + each);
    // And a pack after them.
    assert_eq!(workspace.seal(0).log_index, Count::of(statements.len() + 1));
}

#[test]
fn an_appender_that_failed_appends_nothing_more() {
    let workspace = Workspace::in_memory();
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    let appender = Appender::open(&log, &packs, ORIGIN, &workspace.log_key).unwrap();
    appender.append(vec![envelope(&workspace, "a")]).unwrap();
    let next = workspace.path("log/statements/000000000001.jsonl");
    std::fs::write(&next, "in the way").unwrap();
    let told = |text: &str| appender.append(vec![envelope(&workspace, text)]).unwrap_err();
    assert!(told("b").to_string().contains("can't be written"));
    std::fs::remove_file(&next).unwrap();
    assert!(told("c").to_string().contains("nothing more is appended"));
    drop(appender);
    let reopened = Appender::open(&log, &packs, ORIGIN, &workspace.log_key).unwrap();
    let logged = reopened.append(vec![envelope(&workspace, "c")]).unwrap();
    assert_eq!(logged[0].index, Count(1));
}
