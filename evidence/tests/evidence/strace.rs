//! Sealing, and appending statements, in a process of its own that strace kills, or whose system calls it lets fail, at every
//! single call. The kernel's page cache survives all of it: what only the disk forgets is in the
//! crate's own tests of crashes.

use crate::fixture::fixture;
use crate::workspace::{ORIGIN, Workspace};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use tieout_controls::Digest;
use tieout_evidence::note::NoteKey;
use tieout_evidence::seal::append;
use tieout_evidence::verify::Verdict;
use tieout_evidence::{log, logbook};

/// Where the process that is traced seals, or appends.
const FOLDER: &str = "TIEOUT_TEST_SEAL_IN";
/// Which of both.
const ACT: &str = "TIEOUT_TEST_ACT";

/// What is done.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// A pack is sealed.
    Seal,
    /// A group of statements is appended.
    Append,
}

/// Does it; gives the last digest.
fn act(act: Act, folder: &Path, number: u32) -> Result<Digest, String> {
    let workspace = Workspace::new();
    match act {
        Act::Seal => match workspace.try_seal_in(folder, &fixture(), number) {
            Ok(sealed) => Ok(sealed.digest),
            Err(error) => Err(error.to_string()),
        },
        Act::Append => {
            let text = |part: u32| format!("{{\"group\":\"{number}\",\"part\":\"{part}\"}}");
            let sign = |part| workspace.operator.envelope(text(part).into_bytes()).to_bytes();
            let (log, packs) = (folder.join("log"), folder.join("packs"));
            let envelopes = [0, 1, 2].map(sign);
            let logged = append(&log, &packs, ORIGIN, &workspace.log_key, &envelopes);
            logged.map(|logged| logged[2].digest).map_err(|e| e.to_string())
        }
    }
}

/// Calls that change something or make it durable, where a process is killed, too.
const CHANGING: [&str; 10] = [
    "openat",
    "mkdir",
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "unlink",
    "unlinkat",
    "rmdir",
    "ftruncate",
];
/// Calls that a full disk lets fail.
const FILLING: [&str; 7] =
    ["openat", "mkdir", "write", "fsync", "fdatasync", "rename", "ftruncate"];
/// Other calls that may fail.
const OTHER: [&str; 6] = ["read", "getdents64", "statx", "newfstatat", "flock", "close"];

/// Calls of each kind that the process makes before it seals. strace counts the calls of each
/// thread: what the test harness does in its own, before, is among the first so many.
const AHEAD: usize = 32;

/// The process that is traced, for the other tests of this file; by itself, a sealing that nothing disturbs.
#[test]
fn sealing() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        let workspace = Workspace::new();
        let sealed = workspace.try_seal_in(workspace.folder.path(), &fixture(), 30).unwrap();
        // The announcement and the pack.
        let logged = packs(&workspace).unwrap();
        assert!(logged.contains(&sealed.digest) && logged.len() == 2, "{logged:?}");
        return;
    };
    for _ in 0..AHEAD {
        let mut null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
        null.write_all(b"0").unwrap();
        assert_eq!(null.read(&mut [0]).unwrap(), 0);
        assert!(null.metadata().is_ok());
        assert!(std::fs::read_dir("/proc/self/fdinfo").unwrap().next().is_some());
    }
    let own = if std::env::var_os(ACT).is_some_and(|act| act == "Append") {
        Act::Append
    } else {
        Act::Seal
    };
    match act(own, Path::new(&folder), 30) {
        Ok(digest) => println!("\nsealed {digest}"),
        Err(error) => println!("\nrefused {error}"),
    }
}

/// What is there before.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// Nothing.
    Nothing,
    /// A pack, statements, a logged pack without its name, one that is not logged, a group that was
    /// never acknowledged, a part of a checkpoint.
    Leftovers,
}

const CASES: [(Before, Act); 4] = [
    (Before::Nothing, Act::Seal),
    (Before::Leftovers, Act::Seal),
    (Before::Nothing, Act::Append),
    (Before::Leftovers, Act::Append),
];

fn workspace(before: Before) -> Workspace {
    let workspace = Workspace::in_memory();
    let Before::Leftovers = before else { return workspace };
    workspace.seal(0);
    act(Act::Append, workspace.folder.path(), 0).unwrap();
    let logged = workspace.seal(1).folder;
    let name = logged.file_name().unwrap().to_str().unwrap();
    let partial = workspace.path("packs").join(format!(".{name}.partial"));
    std::fs::rename(&logged, &partial).unwrap();
    std::fs::remove_file(partial.join("proofs/statement.tlog-proof")).unwrap();
    std::fs::create_dir(workspace.path("packs/.other.partial")).unwrap();
    std::fs::write(workspace.path("packs/.other.partial/run.json"), "{").unwrap();
    std::fs::write(workspace.path("log/checkpoint.partial"), "tieout").unwrap();
    let mut entries =
        std::fs::File::options().append(true).open(workspace.path("log/entries")).unwrap();
    entries.write_all(&[7; 64]).unwrap();
    std::fs::write(workspace.path("log/statements/000000000007.jsonl"), "a\nb\n").unwrap();
    workspace
}

/// The packs that are visible, and the statements; all of them must be valid and in the log.
fn packs(workspace: &Workspace) -> Result<BTreeSet<Digest>, String> {
    let mut digests = BTreeSet::new();
    for name in log::pack_folders(&workspace.path("packs")).unwrap() {
        let verification = workspace.verify(&workspace.path("packs").join(&name));
        if verification.verdict != Verdict::Valid {
            return Err(format!("{name:?}: {:?}", verification.checks.last()));
        }
        digests.insert(verification.pack.unwrap().digest);
    }
    if workspace.path("log/checkpoint").exists() || !digests.is_empty() {
        let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
        let log = log::read(&workspace.path("log"), &key).map_err(|e| e.to_string())?;
        if !digests.iter().all(|digest| log.entries.contains(digest)) {
            return Err("a pack that is not in the log".to_owned());
        }
        let statements = logbook::statements_of(&workspace.path("log"), &log);
        digests.extend(statements.map_err(|e| e.to_string())?.iter().map(|own| own.digest));
    }
    Ok(digests)
}

/// Seals and appends as if nothing had been.
fn go_on(workspace: &Workspace, before: &BTreeSet<Digest>) -> Result<(), String> {
    for next in [Act::Seal, Act::Append] {
        let digest =
            act(next, workspace.folder.path(), 50).map_err(|e| format!("next {next:?}: {e}"))?;
        let after = packs(workspace)?;
        if !after.is_superset(before) || !after.contains(&digest) {
            return Err(format!("the next {next:?} lost something"));
        }
    }
    let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
    let log = log::read(&workspace.path("log"), &key).unwrap();
    let statements = logbook::statements_of(&workspace.path("log"), &log).unwrap();
    let notes = log::audit(&log, &statements, &log::present(&workspace.path("packs")).unwrap());
    let left = std::fs::read_dir(workspace.path("packs")).unwrap().count();
    let whole = left == log::pack_folders(&workspace.path("packs")).unwrap().len();
    if whole && notes.is_empty() { Ok(()) } else { Err(format!("left: {notes:?}")) }
}

/// What the process said, and the first call that was interfered with.
fn traced(workspace: &Workspace, act: Act, call: &str, inject: &str) -> (String, Option<String>) {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new("strace")
        .args(["-f", "-y", "-o", trace.path().to_str().unwrap()])
        .args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{inject}")])
        .arg(std::env::current_exe().unwrap())
        .args(["strace::sealing", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, workspace.folder.path())
        .env(ACT, format!("{act:?}"))
        .output()
        .unwrap();
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    let hit = |line: &&str| line.contains("(INJECTED)") || line.contains("killed by SIGKILL");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (said, trace.lines().find(hit).map(str::to_owned))
}

/// One run: none when the call of that number is not made any more.
fn run((before, act): (Before, Act), call: &str, inject: &str) -> Option<Result<(), String>> {
    let workspace = workspace(before);
    let mut acknowledged = packs(&workspace).unwrap();
    let (said, hit) = traced(&workspace, act, call, inject);
    let hit = hit?;
    let told = said.lines().find_map(|line| line.strip_prefix("refused "));
    let sealed = said.lines().find_map(|line| line.strip_prefix("sealed "));
    acknowledged.extend(sealed.map(|digest| digest.parse::<Digest>().unwrap()));
    let aftermath = || {
        let after = packs(&workspace)?;
        if !after.is_superset(&acknowledged) {
            return Err("what was acknowledged is lost".to_owned());
        }
        go_on(&workspace, &after)
    };
    let ours = hit.contains(workspace.folder.path().to_str().unwrap());
    let result = match (told, sealed) {
        (Some(told), _) if !told.contains("can't be") || !told.contains("os error") => {
            Err(format!("what happened is not told: {told}"))
        }
        // That a folder can't be closed after reading it is a panic of the standard library.
        (None, None) if said.contains("unexpected error during closedir") => aftermath(),
        (None, None) if ours && !inject.starts_with("signal") => {
            Err(format!("it ended without a word: {said}"))
        }
        // How long a file is may stay unknown when it is read, and closing one that is durable fail. A lock
        // that can't be given back is given back by the end of the process.
        (_, Some(_))
            if ours
                && !hit.contains("LOCK_UN")
                && !["close", "statx", "newfstatat"].contains(&call) =>
        {
            Err("sealed all the same".to_owned())
        }
        _ => aftermath(),
    };
    Some(result.map_err(|what| format!("{before:?}, {act:?}, {call}, {inject}, {hit}: {what}")))
}

fn sweep(case: (Before, Act), calls: &[&str], how: &str) {
    let probe = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    if !probe.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "strace does not trace here");
        println!("skipped: {how} at every call: no strace that may trace on this machine");
        return;
    }
    let mut failures = Vec::new();
    let mut runs = 0;
    for call in calls {
        // The first ones are made ahead, or by the harness.
        let ahead = matches!(
            *call,
            "openat" | "read" | "write" | "close" | "statx" | "newfstatat" | "getdents64"
        );
        for number in if ahead { AHEAD } else { 0 } + 1.. {
            let Some(result) = run(case, call, &format!("{how}:when={number}")) else { break };
            runs += 1;
            failures.extend(result.err());
        }
    }
    println!("{case:?}, {how}: {runs} runs");
    assert!(failures.is_empty(), "{} of {runs}: {failures:#?}", failures.len());
    let least = if let (_, Act::Seal) = case { 100 } else { 30 };
    assert!(runs > least, "{runs}");
}

#[test]
fn a_process_killed_at_any_call_shows_nowhere() {
    for case in CASES {
        sweep(case, &CHANGING, "signal=KILL");
    }
}

#[test]
fn an_error_of_any_call_is_told_and_shows_nowhere() {
    for case in CASES {
        sweep(case, &[&CHANGING[..], &OTHER].concat(), "error=EIO");
    }
}

#[test]
fn a_full_disk_at_any_call_is_told_and_shows_nowhere() {
    for case in CASES {
        sweep(case, &FILLING, "error=ENOSPC");
    }
}
