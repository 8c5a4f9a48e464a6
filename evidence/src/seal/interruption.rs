//! Sealing, and appending statements, is interrupted at every single operation of the file layer, in three ways: the operation
//! fails and the process goes on; the process dies there; a write takes only half of what it is
//! given. Afterwards nothing half-written may be visible, everything visible must verify, and the
//! next sealing must work. What is lost with the power is in `crash`.

use super::trial::{Act, Loose, Workspace};
use crate::files::{Files, Folder, Out};
use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How the operation of that number goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It alone fails; a write leaves half of it.
    Fails,
    /// It and all after it fail: the process is dead.
    Dies,
    /// It and all after it write half of what they are given, and say so.
    WritesHalf,
}

/// A file layer that counts its operations and lets one of them go wrong.
#[derive(Clone)]
struct Faulty {
    fault: Fault,
    at: usize,
    operations: Rc<RefCell<Vec<String>>>,
}

impl Faulty {
    fn new(fault: Fault, at: usize) -> Self {
        Self { fault, at, operations: Rc::default() }
    }

    /// Counts an operation; an error when it is to go wrong.
    fn step(&self, what: &str, path: &Path) -> io::Result<()> {
        let mut operations = self.operations.borrow_mut();
        let number = operations.len();
        operations.push(format!("{what} {}", path.display()));
        let wrong = match self.fault {
            Fault::Fails => number == self.at,
            Fault::Dies => number >= self.at,
            Fault::WritesHalf => false,
        };
        if wrong { Err(io::Error::other("injected")) } else { Ok(()) }
    }

    fn number(&self) -> usize {
        self.operations.borrow().len()
    }

    fn out(&self, path: &Path, file: Box<dyn Out>) -> Box<dyn Out> {
        Box::new(FaultyFile { layer: self.clone(), path: path.to_owned(), file })
    }
}

impl Files for Faulty {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step("make folder", path)?;
        Loose.make_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        self.step("create", path)?;
        Ok(self.out(path, Loose.create(path)?))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        self.step("append", path)?;
        Ok(self.out(path, Loose.append(path)?))
    }

    fn overwrite(&self, path: &Path, at: u64) -> io::Result<Box<dyn Out>> {
        self.step("overwrite", path)?;
        Ok(self.out(path, Loose.overwrite(path, at)?))
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        self.step("cut", path)?;
        Loose.cut(path, len)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename", to)?;
        Loose.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step("remove", path)?;
        Loose.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        // Removing dies in the middle: the envelope is gone, the rest is there.
        if let Err(error) = self.step("remove folder", path) {
            let _ = std::fs::remove_file(path.join("run.json"));
            return Err(error);
        }
        Loose.remove_folder(path)
    }

    fn open_folder(&self, path: &Path) -> io::Result<Box<dyn Folder>> {
        self.step("open folder", path)?;
        Ok(Box::new(FaultyFolder { layer: self.clone(), path: path.to_owned() }))
    }
}

struct FaultyFile {
    layer: Faulty,
    path: PathBuf,
    file: Box<dyn Out>,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let half = &bytes[..bytes.len().div_ceil(2)];
        let number = self.layer.number();
        if let Err(error) = self.layer.step("write", &self.path) {
            // Only the living write.
            if number == self.layer.at {
                self.file.write_all(half).unwrap();
            }
            return Err(error);
        }
        if self.layer.fault == Fault::WritesHalf && number >= self.layer.at {
            return self.file.write_all(half).map(|()| half.len());
        }
        self.file.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Out for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.layer.step("sync", &self.path)
    }
}

struct FaultyFolder {
    layer: Faulty,
    path: PathBuf,
}

impl Folder for FaultyFolder {
    fn sync(&self) -> io::Result<()> {
        self.layer.step("sync folder", &self.path)
    }
}

/// Acts with a fault, checks, acts again, checks again. Gives whether it ended before the fault, and
/// what went wrong.
fn interrupt(
    workspace: &Workspace,
    (act, number): (Act, usize),
    layer: &Faulty,
) -> (bool, Result<(), String>) {
    let mut acknowledged = workspace.check().unwrap();
    let mut ended = false;
    match workspace.act(layer, act, number) {
        Ok(digests) => {
            acknowledged.extend(digests);
            ended = true;
        }
        Err(error) if layer.fault == Fault::WritesHalf => return (true, Err(error.to_string())),
        Err(error) if !error.to_string().contains("` can't be written: injected") => {
            return (true, Err(format!("what happened is not told: {error}")));
        }
        Err(_) => {}
    }
    (
        layer.number() <= layer.at,
        workspace.aftermath(number + 1, &acknowledged, (!ended).then_some(act)),
    )
}

/// Interrupts at every operation; gives the number of operations and every failure.
fn sweep(earlier: &[Act], act: Act, fault: Fault) -> (usize, Vec<String>) {
    let mut failures = Vec::new();
    for at in 0.. {
        let workspace = Workspace::new();
        let number = workspace.after(earlier);
        let layer = Faulty::new(fault, at);
        let (ended, result) = interrupt(&workspace, (act, number), &layer);
        if let Err(what) = result {
            let operation = layer.operations.borrow().get(at).cloned().unwrap_or_default();
            failures.push(format!("{fault:?} at {at}, {operation}: {what}"));
        }
        if ended {
            return (at, failures);
        }
    }
    unreachable!()
}

fn no_interruption_shows(earlier: &[Act], act: Act, least: usize) {
    for fault in [Fault::Fails, Fault::Dies, Fault::WritesHalf] {
        let (operations, failures) = sweep(earlier, act, fault);
        println!("{fault:?}, {act:?} after {earlier:?}: {operations} operations");
        assert!(failures.is_empty(), "{failures:#?}");
        assert!(operations > least, "{operations}");
    }
}

#[test]
fn no_interruption_of_the_first_pack_shows() {
    no_interruption_shows(&[], Act::Seal, 80);
}

#[test]
fn no_interruption_of_a_later_pack_shows() {
    no_interruption_shows(&[Act::Seal, Act::Append, Act::Seal], Act::Seal, 80);
}

#[test]
fn no_interruption_of_statements_shows() {
    no_interruption_shows(&[], Act::Append, 20);
    no_interruption_shows(&[Act::Append, Act::Seal], Act::Append, 10);
}

#[test]
fn no_interruption_of_a_timestamp_shows() {
    no_interruption_shows(&[Act::Seal], Act::Stamp, 15);
    no_interruption_shows(&[Act::Seal, Act::Stamp, Act::Seal], Act::Stamp, 15);
}

/// A timestamp that was interrupted anywhere is put there by the same again, and one that is there stays.
#[test]
fn an_interrupted_timestamp_is_made_good_by_the_next() {
    for fault in [Fault::Fails, Fault::Dies] {
        for at in 0.. {
            let workspace = Workspace::new();
            workspace.after(&[Act::Seal, Act::Seal]);
            let layer = Faulty::new(fault, at);
            let ended = workspace.act(&layer, Act::Stamp, 5).is_ok();
            let before = workspace.check().unwrap();
            assert_eq!(workspace.act(&Loose, Act::Stamp, 5).unwrap().len(), 2, "{fault:?} at {at}");
            assert!(workspace.check().unwrap().is_superset(&before));
            let left = std::fs::read_dir(workspace.packs()).unwrap().count();
            assert_eq!(left, 2, "{fault:?} at {at}");
            if ended {
                assert!(at > 15);
                break;
            }
        }
    }
}

/// What dies right after the log's new checkpoint, or right before it, is where the last operation of
/// that kind is in such an act.
fn last(act: Act, operation: &str, path: &str) -> usize {
    let probe = Faulty::new(Fault::Dies, usize::MAX);
    Workspace::new().act(&probe, act, 0).unwrap();
    let operations = probe.operations.borrow().clone();
    let found = |own: &String| own.starts_with(operation) && own.ends_with(path);
    operations.iter().rposition(found).unwrap()
}

/// An act that finishes or removes what an earlier one left is itself interrupted.
#[test]
fn no_interruption_of_a_recovery_shows() {
    // A logged pack without its name.
    let sealed = (Act::Seal, last(Act::Seal, "rename", "log/checkpoint") + 2);
    // A group with its entries, without a head over them.
    let appended = (Act::Append, last(Act::Append, "create", "log/checkpoint.partial"));
    for (left, after) in [sealed, appended] {
        for (act, fault) in [
            (Act::Seal, Fault::Fails),
            (Act::Seal, Fault::Dies),
            (Act::Append, Fault::Fails),
            (Act::Append, Fault::Dies),
        ] {
            for at in 0.. {
                let workspace = Workspace::new();
                assert!(workspace.act(&Faulty::new(Fault::Dies, after), left, 0).is_err());
                // A sealing that died was announced.
                let announced = usize::from(left == Act::Seal);
                assert_eq!(workspace.check().unwrap().len(), announced);
                let (ended, result) = interrupt(&workspace, (act, 1), &Faulty::new(fault, at));
                assert_eq!(result, Ok(()), "{left:?}, {act:?}, {fault:?} at {at}");
                // The pack that was left is finished, by whatever seals next.
                let packs = crate::log::pack_folders(&workspace.packs()).unwrap().len();
                let own = usize::from(left == Act::Seal) + 1;
                let most = own + usize::from(act == Act::Seal);
                assert!(packs == most || (packs == own && !ended), "{fault:?} at {at}: {packs}");
                if ended {
                    println!("{act:?} after a dead {left:?}: {at} operations");
                    break;
                }
            }
        }
    }
}
