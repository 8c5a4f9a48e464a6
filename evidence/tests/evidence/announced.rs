//! Runs that are announced, and what became of them.

use crate::fixture::{Fixture, billed, fixture, run_of};
use crate::workspace::{ORIGIN, Workspace, failures, files};
use tieout_controls::{Count, Decision};
use tieout_evidence::intent::{RunFinding, RunNote, Runs, open_intents};
use tieout_evidence::note::NoteKey;
use tieout_evidence::seal::{Announced, Sealed, abandon};
use tieout_evidence::verify::Verdict;
use tieout_evidence::{log, logbook};

fn announced(workspace: &Workspace, second: u32) -> Announced {
    workspace.announce_in(workspace.folder.path(), &fixture(), second).unwrap()
}

fn sealed(workspace: &Workspace, announced: &Announced, second: u32) -> Sealed {
    workspace
        .seal_announced((workspace.folder.path(), announced), &fixture(), second, None)
        .unwrap()
}

fn runs(workspace: &Workspace) -> Runs {
    let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
    let log = log::read(&workspace.path("log"), &key).unwrap();
    let statements = logbook::statements_of(&workspace.path("log"), &log).unwrap();
    let operator = workspace.operator.public_key();
    open_intents(&log, &statements, &operator, &log::present(&workspace.path("packs")).unwrap())
}

fn open(index: u64, second: u32) -> RunFinding {
    let announced_at = format!("2026-02-01T09:30:{second:02}Z");
    RunFinding::Open { index: Count(index), announced_at }
}

#[test]
fn an_announced_run_without_a_result_is_a_finding() {
    let workspace = Workspace::new();
    // Three runs of one configuration, of which one is shown.
    let [_, friendly, _] = [0, 1, 2].map(|second| announced(&workspace, second));
    assert_eq!(runs(&workspace).findings, [open(0, 0), open(1, 1), open(2, 2)]);
    let pack = sealed(&workspace, &friendly, 3);
    let verification = workspace.verify(&pack.folder);
    assert_eq!((verification.verdict, failures(&verification)), (Verdict::Valid, Vec::new()));
    let Runs { findings, notes } = runs(&workspace);
    assert_eq!(findings, [open(0, 0), open(2, 2)]);
    let said = findings[1].to_string();
    assert!(said.starts_with("the run announced at log entry 2 (2026-02-01T09:30:02Z) has no"));
    let configuration = fixture().result.run.configuration;
    let indices = vec![Count(0), Count(1), Count(2)];
    assert_eq!(notes, [RunNote::Again { configuration, indices }]);
    // The pack is moved away: its run has no result here.
    std::fs::rename(&pack.folder, workspace.path("elsewhere")).unwrap();
    assert_eq!(runs(&workspace).findings.len(), 3);
}

/// A pack that can't be read may be the result of any run.
#[test]
fn of_a_run_whose_pack_cant_be_read_nobody_says_that_it_has_no_result() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let name = pack.file_name().unwrap().to_str().unwrap().to_owned();
    announced(&workspace, 1);
    assert_eq!(runs(&workspace).findings, [open(2, 1)]);
    let path = pack.join("statement.dsse.json");
    let envelope = std::fs::read(&path).unwrap();
    let unreadable = |why: &str| {
        let present = log::present(&workspace.path("packs")).unwrap();
        let [found] = present.as_slice() else { panic!("{present:?}") };
        assert_eq!((&found.path, found.name()), (&pack, name.clone()));
        let told = found.envelope.as_ref().unwrap_err();
        assert!(told.starts_with("`statement.dsse.json`") && told.contains(why), "{told}");
        let unknown = [(0, 0), (2, 1)].map(|(index, second)| RunFinding::Unknown {
            index: Count(index),
            announced_at: format!("2026-02-01T09:30:{second:02}Z"),
            packs: vec![name.clone()],
        });
        assert_eq!(runs(&workspace).findings, unknown);
        let said = unknown[0].to_string();
        assert!(!said.contains("has no result") && said.contains(&name), "{said}");
        let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
        let read = log::read(&workspace.path("log"), &key).unwrap();
        let statements = logbook::statements_of(&workspace.path("log"), &read).unwrap();
        let told = "log entry 1 has no pack and no statement here that can be read";
        assert_eq!(log::audit(&read, &statements, &present), [told]);
    };
    std::fs::remove_file(&path).unwrap();
    unreadable("can't be read: No such file");
    std::fs::create_dir(&path).unwrap();
    unreadable("can't be read: Is a directory");
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, &envelope[1..]).unwrap();
    unreadable("line 1 column");
    std::fs::write(&path, vec![b' '; (2 << 20) + 1]).unwrap();
    unreadable("is larger than an envelope");
    std::fs::write(&path, &envelope).unwrap();
    assert_eq!(runs(&workspace).findings, [open(2, 1)]);
}

/// Two names that differ in bytes that are not UTF-8 are two packs, and none is passed over.
#[cfg(unix)]
#[test]
fn a_pack_is_found_whatever_bytes_its_name_has() {
    use std::os::unix::ffi::OsStrExt as _;
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    for name in [b"a\xfe", b"a\xff"] {
        let copy = workspace.path("packs").join(std::ffi::OsStr::from_bytes(name));
        let copied = std::process::Command::new("cp").arg("-a").args([&pack, &copy]).status();
        assert!(copied.unwrap().success());
    }
    let original = pack.file_name().unwrap().to_str().unwrap().to_owned();
    let named = [original, r#""a\xFE""#.to_owned(), r#""a\xFF""#.to_owned()];
    let shared = RunFinding::Shared { index: Count(0), packs: named.to_vec() };
    assert_eq!(runs(&workspace).findings, [shared]);
    workspace.seal(1);
}

#[test]
fn a_run_with_its_result_is_no_finding() {
    let workspace = Workspace::new();
    workspace.seal(0);
    assert_eq!(runs(&workspace), Runs::default());
}

#[test]
fn an_abandoned_run_is_told_with_its_reason_and_is_no_finding() {
    let workspace = Workspace::new();
    let run = announced(&workspace, 0);
    assert_eq!(runs(&workspace).findings, [open(0, 0)]);
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    let at = "2026-02-01T09:31:00Z".parse().unwrap();
    let stop = |keys| abandon(&run, "interrupted", keys, (&log, &packs, ORIGIN), at);
    // Somebody else can't say so.
    let other = tieout_evidence::key::SigningKey::from_seed([9; 32], false);
    stop((&other, &workspace.log_key)).unwrap();
    assert_eq!(runs(&workspace).findings, [open(0, 0)]);
    stop((&workspace.operator, &workspace.log_key)).unwrap();
    let reason = "interrupted".to_owned();
    let note = RunNote::Abandoned { index: Count(0), reason };
    assert_eq!(note.to_string(), "the run announced at log entry 0 was abandoned: interrupted");
    assert_eq!(runs(&workspace), Runs { findings: Vec::new(), notes: vec![note] });
}

/// What no reader takes is not signed.
#[test]
fn what_is_stated_of_a_run_is_at_most_a_mebibyte() {
    let workspace = Workspace::new();
    let run = announced(&workspace, 0);
    let (log, packs) = (workspace.path("log"), workspace.path("packs"));
    let at = "2026-02-01T09:31:00Z".parse().unwrap();
    let stop = |length: usize| {
        let keys = (&workspace.operator, &workspace.log_key);
        abandon(&run, &"x".repeat(length), keys, (&log, &packs, ORIGIN), at)
    };
    let before = files(&log);
    let error = stop(1 << 20).unwrap_err();
    assert!(error.to_string().contains("abandonment of a run is larger than 1 MiB"), "{error}");
    assert_eq!(files(&log), before);
    stop((1 << 20) - 1000).unwrap();
    assert_eq!(runs(&workspace).findings, []);
}

#[test]
fn two_results_of_one_announcement_are_a_finding() {
    let workspace = Workspace::new();
    let run = announced(&workspace, 0);
    let packs = [1, 2].map(|second| {
        let folder = sealed(&workspace, &run, second).folder;
        assert_eq!(workspace.verify(&folder).verdict, Verdict::Valid);
        folder.file_name().unwrap().to_str().unwrap().to_owned()
    });
    let shared = RunFinding::Shared { index: Count(0), packs: packs.to_vec() };
    assert_eq!(runs(&workspace).findings, [shared]);
    std::fs::remove_dir_all(workspace.path("packs").join(&packs[1])).unwrap();
    assert_eq!(runs(&workspace).findings, []);
}

#[test]
fn what_was_not_announced_is_not_sealed() {
    let (workspace, other) = (Workspace::new(), Workspace::new());
    workspace.seal(0);
    let refused = |fixture: &Fixture, run: &Announced, words: &str| {
        let before = files(&workspace.path("packs"));
        let folder = workspace.folder.path();
        let error = workspace.seal_announced((folder, run), fixture, 5, None).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(files(&workspace.path("packs")), before);
    };
    refused(&fixture(), &announced(&other, 1), "was not announced in this log");
    let run = announced(&workspace, 1);
    let billing = vec![billed(1, Decision::Conforms)];
    let less = run_of(Vec::new(), billing, Vec::new());
    refused(&less, &run, "the result and what was announced differ in the datasets");
    let mut changed = fixture();
    changed.result.tests[0].control.severity = tieout_controls::control::Severity::Low;
    refused(&changed, &run, "differ in how the controls are defined");
    sealed(&workspace, &run, 6);
}
