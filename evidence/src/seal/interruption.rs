//! Sealing is interrupted at every single operation of the file layer, in three ways: the operation
//! fails and the process goes on; the process dies there; a write takes only half of what it is
//! given. Afterwards nothing half-written may be visible, everything visible must verify, and the
//! next sealing must work. What is lost with the power is in `crash`.

use super::trial::{Loose, Workspace};
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

/// Seals with a fault, checks, seals again, checks again. Gives whether the sealing ended before
/// the fault, and what went wrong.
fn interrupt(workspace: &Workspace, second: usize, layer: &Faulty) -> (bool, Result<(), String>) {
    let mut acknowledged = workspace.check().unwrap();
    match workspace.seal(layer, second) {
        Ok(sealed) => drop(acknowledged.insert(sealed.digest)),
        Err(error) if layer.fault == Fault::WritesHalf => return (true, Err(error.to_string())),
        Err(error) if !error.to_string().contains("` can't be written: injected") => {
            return (true, Err(format!("what happened is not told: {error}")));
        }
        Err(_) => {}
    }
    (layer.number() <= layer.at, workspace.aftermath(second + 1, &acknowledged))
}

/// Interrupts at every operation; gives the number of operations and every failure.
fn sweep(earlier: usize, fault: Fault) -> (usize, Vec<String>) {
    let mut failures = Vec::new();
    for at in 0.. {
        let workspace = Workspace::new();
        for second in 0..earlier {
            workspace.seal(&Loose, second).unwrap();
        }
        let layer = Faulty::new(fault, at);
        let (ended, result) = interrupt(&workspace, earlier, &layer);
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

fn no_interruption_shows(earlier: usize) {
    for fault in [Fault::Fails, Fault::Dies, Fault::WritesHalf] {
        let (operations, failures) = sweep(earlier, fault);
        println!("{fault:?}, {earlier} packs before: {operations} operations");
        assert!(failures.is_empty(), "{failures:#?}");
        assert!(operations > 80, "{operations}");
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
    let probe = Faulty::new(Fault::Dies, usize::MAX);
    Workspace::new().seal(&probe, 0).unwrap();
    let operations = probe.operations.borrow().clone();
    let published = |operation: &String| {
        operation.starts_with("rename") && operation.ends_with("log/checkpoint")
    };
    let after = operations.iter().rposition(published).unwrap() + 2;
    for fault in [Fault::Fails, Fault::Dies] {
        for at in 0.. {
            let workspace = Workspace::new();
            assert!(workspace.seal(&Faulty::new(Fault::Dies, after), 0).is_err());
            assert!(workspace.check().unwrap().is_empty());
            let (ended, result) = interrupt(&workspace, 1, &Faulty::new(fault, at));
            assert_eq!(result, Ok(()), "{fault:?} at {at}");
            // The one that was left, and the one sealed last; the one between if it was logged.
            let packs = workspace.check().unwrap().len();
            assert!(packs == 3 || (packs == 2 && !ended), "{fault:?} at {at}: {packs}");
            if ended {
                assert!(at > 80);
                break;
            }
        }
    }
}
