//! Sealing in a process of its own that strace kills, or whose system calls it lets fail, at every
//! single call. The kernel's page cache survives all of it: what only the disk forgets is in the
//! crate's own tests of crashes.

use crate::fixture::fixture;
use crate::workspace::{ORIGIN, Workspace};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use tieout_controls::Digest;
use tieout_evidence::log;
use tieout_evidence::note::NoteKey;
use tieout_evidence::verify::Verdict;

/// Where the process that is traced seals.
const FOLDER: &str = "TIEOUT_TEST_SEAL_IN";

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
        assert_eq!(packs(&workspace).unwrap(), [sealed.digest].into());
        return;
    };
    for _ in 0..AHEAD {
        let mut null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
        null.write_all(b"0").unwrap();
        assert_eq!(null.read(&mut [0]).unwrap(), 0);
        assert!(null.metadata().is_ok());
        assert!(std::fs::read_dir("/proc/self/fdinfo").unwrap().next().is_some());
    }
    match Workspace::new().try_seal_in(Path::new(&folder), &fixture(), 30) {
        Ok(sealed) => println!("\nsealed {}", sealed.digest),
        Err(error) => println!("\nrefused {error}"),
    }
}

/// What is there before.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// Nothing.
    Nothing,
    /// A pack, a logged one without its name, one that is not logged, an entry that was never
    /// acknowledged, a part of a checkpoint.
    Leftovers,
}

fn workspace(before: Before) -> Workspace {
    let workspace = Workspace::in_memory();
    let Before::Leftovers = before else { return workspace };
    workspace.seal(0);
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
    entries.write_all(&[7; 32]).unwrap();
    workspace
}

/// The packs that are visible; all of them must be valid and in the log.
fn packs(workspace: &Workspace) -> Result<BTreeSet<Digest>, String> {
    let mut digests = BTreeSet::new();
    for name in log::pack_folders(&workspace.path("packs")).unwrap() {
        let verification = workspace.verify(&workspace.path("packs").join(&name));
        if verification.verdict != Verdict::Valid {
            return Err(format!("{name}: {:?}", verification.checks.last()));
        }
        digests.insert(verification.pack.unwrap().digest);
    }
    if workspace.path("log/checkpoint").exists() || !digests.is_empty() {
        let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
        let log = log::read(&workspace.path("log"), &key).map_err(|e| e.to_string())?;
        if !digests.iter().all(|digest| log.entries.contains(digest)) {
            return Err("a pack that is not in the log".to_owned());
        }
    }
    Ok(digests)
}

/// Seals as if nothing had been.
fn seal_on(workspace: &Workspace, before: &BTreeSet<Digest>) -> Result<(), String> {
    let sealed = workspace.try_seal(&fixture(), 50);
    let digest = sealed.map_err(|e| format!("next sealing: {e}"))?.digest;
    let after = packs(workspace)?;
    let key = NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
    let log = log::read(&workspace.path("log"), &key).unwrap();
    let notes = log::audit(&log, &workspace.path("packs")).unwrap();
    let left = std::fs::read_dir(workspace.path("packs")).unwrap().count();
    let whole = after.is_superset(before) && after.contains(&digest) && left == after.len();
    if whole && notes.is_empty() { Ok(()) } else { Err(format!("left: {notes:?}")) }
}

/// What the process said, and the first call that was interfered with.
fn traced(workspace: &Workspace, call: &str, inject: &str) -> (String, Option<String>) {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new("strace")
        .args(["-f", "-y", "-o", trace.path().to_str().unwrap()])
        .args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{inject}")])
        .arg(std::env::current_exe().unwrap())
        .args(["strace::sealing", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, workspace.folder.path())
        .output()
        .unwrap();
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    let hit = |line: &&str| line.contains("(INJECTED)") || line.contains("killed by SIGKILL");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (said, trace.lines().find(hit).map(str::to_owned))
}

/// One run: none when the call of that number is not made any more.
fn run(before: Before, call: &str, inject: &str) -> Option<Result<(), String>> {
    let workspace = workspace(before);
    let mut acknowledged = packs(&workspace).unwrap();
    let (said, hit) = traced(&workspace, call, inject);
    let hit = hit?;
    let told = said.lines().find_map(|line| line.strip_prefix("refused "));
    let sealed = said.lines().find_map(|line| line.strip_prefix("sealed "));
    acknowledged.extend(sealed.map(|digest| digest.parse::<Digest>().unwrap()));
    let aftermath = || {
        let after = packs(&workspace)?;
        if !after.is_superset(&acknowledged) {
            return Err("an acknowledged pack is lost".to_owned());
        }
        seal_on(&workspace, &after)
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
        // How long a file is may stay unknown when it is read, and closing one that is durable fail.
        (_, Some(_)) if ours && !["close", "statx", "newfstatat"].contains(&call) => {
            Err("sealed all the same".to_owned())
        }
        _ => aftermath(),
    };
    Some(result.map_err(|what| format!("{before:?}, {call}, {inject}, {hit}: {what}")))
}

fn sweep(before: Before, calls: &[&str], how: &str) {
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
            let Some(result) = run(before, call, &format!("{how}:when={number}")) else { break };
            runs += 1;
            failures.extend(result.err());
        }
    }
    println!("{before:?}, {how}: {runs} runs");
    assert!(failures.is_empty(), "{} of {runs}: {failures:#?}", failures.len());
    assert!(runs > 100, "{runs}");
}

#[test]
fn a_process_killed_at_any_call_shows_nowhere() {
    for before in [Before::Nothing, Before::Leftovers] {
        sweep(before, &CHANGING, "signal=KILL");
    }
}

#[test]
fn an_error_of_any_call_is_told_and_shows_nowhere() {
    for before in [Before::Nothing, Before::Leftovers] {
        sweep(before, &[&CHANGING[..], &OTHER].concat(), "error=EIO");
    }
}

#[test]
fn a_full_disk_at_any_call_is_told_and_shows_nowhere() {
    for before in [Before::Nothing, Before::Leftovers] {
        sweep(before, &FILLING, "error=ENOSPC");
    }
}
