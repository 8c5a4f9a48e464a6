//! Sealing is interrupted at every single operation, in three ways: the operation fails and the
//! process goes on; the process dies there and what is on the disk stays; the power fails there and
//! what was never made durable is gone. Afterwards nothing half-written may be visible, everything
//! visible must verify, and the next sealing must work.
//!
//! The third way also proves that the syncs are there: leaving out any one that matters makes the
//! test fail, which [`a_missing_sync_is_noticed`] checks for the important ones.

#[path = "../../tests/evidence/fixture.rs"]
mod fixture;

use super::{SealError, SealInput, Sealed, seal_with};
use crate::files::{Disk, Files, Out};
use crate::key::SigningKey;
use crate::log;
use crate::note::NoteKey;
use crate::verify::{Anchor, Verdict, verify};
use fixture::{Fixture, fixture};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

const ORIGIN: &str = "tieout.local/meridian";

/// How the operation of that number goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It alone fails.
    Fails,
    /// It and all after it fail: the process is dead.
    Dies,
    /// As before, and what was not synced is lost.
    PowerFails,
}

/// A file layer that counts its operations and lets one of them go wrong.
#[derive(Clone)]
struct Faulty {
    state: Rc<RefCell<State>>,
}

struct State {
    fault: Fault,
    at: usize,
    operations: Vec<String>,
    /// A sync of a path with this in it is left out.
    unsynced: Option<&'static str>,
    /// The durable length of the files that were written.
    durable: BTreeMap<PathBuf, u64>,
    /// The changes of names that are not durable, in their order.
    names: Vec<Change>,
}

enum Change {
    Made(PathBuf),
    Renamed { from: PathBuf, to: PathBuf, replaced: Option<Vec<u8>> },
    Removed(PathBuf, Vec<u8>),
}

impl Faulty {
    fn new(fault: Fault, at: usize, unsynced: Option<&'static str>) -> Self {
        let (operations, durable, names) = (Vec::new(), BTreeMap::new(), Vec::new());
        let state = State { fault, at, operations, unsynced, durable, names };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Nothing goes wrong; nothing waits for the disk either.
    fn sound() -> Self {
        Self::new(Fault::Dies, usize::MAX, None)
    }

    /// Counts an operation; an error when it is to go wrong.
    fn step(&self, what: &str, path: &Path) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        let number = state.operations.len();
        state.operations.push(format!("{what} {}", path.display()));
        let wrong = match state.fault {
            Fault::Fails => number == state.at,
            Fault::Dies | Fault::PowerFails => number >= state.at,
        };
        if wrong { Err(io::Error::other("injected")) } else { Ok(()) }
    }

    fn reached(&self) -> bool {
        let state = self.state.borrow();
        state.operations.len() > state.at
    }

    fn skips(&self, path: &Path) -> bool {
        let unsynced = self.state.borrow().unsynced;
        unsynced.is_some_and(|part| path.to_string_lossy().ends_with(part))
    }

    /// Takes away what was not made durable: lengths first, then names, the last change first.
    fn lose(&self) {
        let mut state = self.state.borrow_mut();
        for (path, length) in &state.durable {
            if let Ok(file) = std::fs::File::options().write(true).open(path) {
                file.set_len(*length).unwrap();
            }
        }
        while let Some(change) = state.names.pop() {
            match change {
                Change::Made(path) if path.is_dir() => std::fs::remove_dir_all(path).unwrap(),
                Change::Made(path) => std::fs::remove_file(path).unwrap_or_default(),
                Change::Renamed { from, to, replaced } => {
                    std::fs::rename(&to, from).unwrap();
                    if let Some(bytes) = replaced {
                        std::fs::write(to, bytes).unwrap();
                    }
                }
                Change::Removed(path, bytes) => std::fs::write(path, bytes).unwrap(),
            }
        }
    }
}

impl Files for Faulty {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step("make folder", path)?;
        Disk.make_folder(path)?;
        self.state.borrow_mut().names.push(Change::Made(path.to_owned()));
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        self.step("create", path)?;
        let file = Disk.create(path)?;
        let mut state = self.state.borrow_mut();
        state.names.push(Change::Made(path.to_owned()));
        state.durable.insert(path.to_owned(), 0);
        Ok(Box::new(FaultyOut { layer: self.clone(), path: path.to_owned(), file }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        self.step("append", path)?;
        let length = path.metadata()?.len();
        self.state.borrow_mut().durable.insert(path.to_owned(), length);
        let file = Disk.append(path)?;
        Ok(Box::new(FaultyOut { layer: self.clone(), path: path.to_owned(), file }))
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        self.step("cut", path)?;
        Disk.cut(path, len)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename", to)?;
        let replaced = std::fs::read(to).ok();
        Disk.rename(from, to)?;
        let mut state = self.state.borrow_mut();
        let moved: Vec<_> = state.durable.keys().filter(|p| p.starts_with(from)).cloned().collect();
        for path in moved {
            let length = state.durable.remove(&path).unwrap();
            let rest = path.strip_prefix(from).unwrap();
            let path = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
            state.durable.insert(path, length);
        }
        state.names.push(Change::Renamed { from: from.to_owned(), to: to.to_owned(), replaced });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step("remove", path)?;
        let bytes = std::fs::read(path)?;
        Disk.remove(path)?;
        self.state.borrow_mut().names.push(Change::Removed(path.to_owned(), bytes));
        Ok(())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        // Removing dies in the middle: the envelope is gone, the rest is there.
        if let Err(error) = self.step("remove folder", path) {
            let _ = std::fs::remove_file(path.join("run.json"));
            return Err(error);
        }
        Disk.remove_folder(path)?;
        self.state.borrow_mut().names.retain(|change| match change {
            Change::Made(made) => !made.starts_with(path),
            _ => true,
        });
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step("sync folder", path)?;
        if !self.skips(path) {
            self.state.borrow_mut().names.retain(|change| match change {
                Change::Made(name) | Change::Removed(name, _) => name.parent() != Some(path),
                Change::Renamed { to, .. } => to.parent() != Some(path),
            });
        }
        Ok(())
    }
}

struct FaultyOut {
    layer: Faulty,
    path: PathBuf,
    file: Box<dyn Out>,
}

impl Write for FaultyOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.layer.step("write", &self.path) {
            // A write that is interrupted leaves half of it.
            let half = bytes.get(..bytes.len() / 2).unwrap();
            let alive =
                self.layer.state.borrow().operations.len() - 1 == self.layer.state.borrow().at;
            if alive {
                self.file.write_all(half).unwrap();
            }
            return Err(error);
        }
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Out for FaultyOut {
    fn sync(&mut self) -> io::Result<()> {
        self.layer.step("sync", &self.path)?;
        if !self.layer.skips(&self.path) {
            let length = self.path.metadata()?.len();
            self.layer.state.borrow_mut().durable.insert(self.path.clone(), length);
        }
        Ok(())
    }
}

struct Workspace {
    folder: tempfile::TempDir,
    fixture: Fixture,
    operator: SigningKey,
    log_key: SigningKey,
}

impl Workspace {
    fn new() -> Self {
        let operator = SigningKey::from_seed([1; 32], false);
        let log_key = SigningKey::from_seed([2; 32], false);
        Self { folder: tempfile::tempdir().unwrap(), fixture: fixture(), operator, log_key }
    }

    fn seal(&self, files: &dyn Files, second: usize) -> Result<Sealed, SealError> {
        let (log, packs) = (self.folder.path().join("log"), self.packs());
        seal_with(
            files,
            &SealInput {
                result: &self.fixture.result,
                paper: &self.fixture,
                policies: &self.fixture.policies,
                secret: &[42; 32],
                operator: &self.operator,
                log_key: &self.log_key,
                log: &log,
                origin: ORIGIN,
                packs: &packs,
                sealed_at: format!("2026-02-01T09:30:{second:02}Z").parse().unwrap(),
            },
        )
    }

    fn packs(&self) -> PathBuf {
        self.folder.path().join("packs")
    }

    /// What an auditor sees: every visible pack is valid and logged, and the log is whole. Gives
    /// the digests of the packs.
    fn check(&self) -> Result<BTreeSet<tieout_controls::Digest>, String> {
        let operator = Some(self.operator.public_pem());
        let anchor = Anchor { operator, log: self.log_key.vkey(ORIGIN), policy: None };
        let mut digests = BTreeSet::new();
        for name in log::pack_folders(&self.packs()).unwrap() {
            let verification = verify(&self.packs().join(&name), &anchor).unwrap();
            if verification.verdict != Verdict::Valid {
                return Err(format!("{name}: {:?}", verification.checks.last()));
            }
            digests.insert(verification.pack.unwrap().digest);
        }
        let folder = self.folder.path().join("log");
        if !folder.join("checkpoint").exists() {
            return if digests.is_empty() { Ok(digests) } else { Err("no log".to_owned()) };
        }
        let key = NoteKey::parse(&self.log_key.vkey(ORIGIN).unwrap()).unwrap();
        let log = log::read(&folder, &key).map_err(|e| e.to_string())?;
        match digests.iter().find(|digest| !log.entries.contains(digest)) {
            Some(digest) => Err(format!("pack {digest} is not in the log")),
            None => Ok(digests),
        }
    }

    /// Seals with a fault, checks, seals again, checks again. Gives whether the sealing ended
    /// before the fault, and what went wrong. The power also fails right after a sealing that ended.
    fn interrupt(&self, second: usize, layer: &Faulty) -> (bool, Result<(), String>) {
        let before = self.check().unwrap();
        let acknowledged = self.seal(layer, second).is_ok();
        if layer.state.borrow().fault == Fault::PowerFails {
            layer.lose();
        }
        (!layer.reached(), self.aftermath(second, &before, acknowledged))
    }

    fn aftermath(
        &self,
        second: usize,
        before: &BTreeSet<tieout_controls::Digest>,
        acknowledged: bool,
    ) -> Result<(), String> {
        let after = self.check()?;
        if !after.is_superset(before) {
            return Err("a pack is lost".to_owned());
        }
        if acknowledged && after.len() == before.len() {
            return Err("an acknowledged pack is lost".to_owned());
        }
        self.seal(&Faulty::sound(), second + 1).map_err(|e| e.to_string())?;
        let end = self.check()?;
        if !end.is_superset(&after) {
            return Err("the next sealing lost a pack".to_owned());
        }
        let key = NoteKey::parse(&self.log_key.vkey(ORIGIN).unwrap()).unwrap();
        let log = log::read(&self.folder.path().join("log"), &key).unwrap();
        let notes = log::audit(&log, &self.packs()).unwrap();
        let left = std::fs::read_dir(self.packs()).unwrap().count();
        if notes.is_empty() && left == end.len() { Ok(()) } else { Err(format!("{notes:?}")) }
    }
}

/// Interrupts at every operation; gives the number of operations and every failure.
fn sweep(earlier: usize, fault: Fault, unsynced: Option<&'static str>) -> (usize, Vec<String>) {
    let mut failures = Vec::new();
    let mut at = 0;
    loop {
        let workspace = Workspace::new();
        for second in 0..earlier {
            workspace.seal(&Faulty::sound(), second).unwrap();
        }
        let layer = Faulty::new(fault, at, unsynced);
        let (ended, result) = workspace.interrupt(earlier, &layer);
        if let Err(what) = result {
            let state = layer.state.borrow();
            let operation = state.operations.get(at).map_or("the end", String::as_str);
            failures.push(format!("{fault:?} at {at}, {operation}: {what}"));
        }
        if ended {
            return (at, failures);
        }
        at += 1;
    }
}

fn no_interruption_shows(earlier: usize) {
    for fault in [Fault::Fails, Fault::Dies, Fault::PowerFails] {
        let (operations, failures) = sweep(earlier, fault, None);
        println!("{fault:?}, {earlier} packs before: {operations} operations");
        assert!(operations > 50, "{operations}");
        assert!(failures.is_empty(), "{failures:#?}");
    }
}

#[test]
fn no_interruption_of_the_first_pack_shows() {
    no_interruption_shows(0);
}

#[test]
fn no_interruption_of_a_later_pack_shows() {
    no_interruption_shows(2);
}

/// A sealing that finishes what an earlier one left is itself interrupted.
#[test]
fn no_interruption_of_a_recovery_shows() {
    // Dying right after the log's new checkpoint is durable leaves a logged pack without its name.
    let probe = Faulty::sound();
    Workspace::new().seal(&probe, 0).unwrap();
    let operations = probe.state.borrow().operations.clone();
    let published = |operation: &String| {
        operation.starts_with("rename") && operation.ends_with("log/checkpoint")
    };
    let after = operations.iter().rposition(published).unwrap() + 2;
    let mut at = 0;
    loop {
        let workspace = Workspace::new();
        assert!(workspace.seal(&Faulty::new(Fault::Dies, after, None), 0).is_err());
        assert!(workspace.check().unwrap().is_empty());
        let layer = Faulty::new(Fault::PowerFails, at, None);
        let (ended, result) = workspace.interrupt(1, &layer);
        assert_eq!(result, Ok(()), "at {at}");
        // The one that was left, and the one sealed last; the one in between if it was logged.
        let packs = workspace.check().unwrap().len();
        assert!(packs == 3 || (packs == 2 && !ended), "at {at}: {packs}");
        if ended {
            break;
        }
        at += 1;
    }
    assert!(at > 50);
}

#[test]
fn a_missing_sync_is_noticed() {
    let files =
        ["log/entries", "log/checkpoint.partial", "run.json", "000000.jsonl", "/packs", "/log"];
    for unsynced in files {
        let (_, failures) = sweep(1, Fault::PowerFails, Some(unsynced));
        assert!(!failures.is_empty(), "without the sync of `{unsynced}` nothing is lost");
    }
}
