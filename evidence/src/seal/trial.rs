//! A workspace in which sealing is tried: what may be seen in it, and what must be.

#[path = "../../tests/evidence/fixture.rs"]
mod fixture;

use super::announce::announce_with;
use super::appender::append_with;
use super::timestamp::keep_timestamp_with;
use super::{Announced, IntentInput, Request, SealError, SealInput, Sealed, seal_with};
use crate::encoding::sha256;
use crate::files::{Disk, Files, Folder, Out};
use crate::key::SigningKey;
use crate::layout::{POPULATION_DISCLOSURES, RECORD_DISCLOSURES, STATEMENT, TIMESTAMP};
use crate::log;
use crate::logbook;
use crate::note::NoteKey;
use crate::timestamp::{imprint_of, token_of::Response};
use crate::verify::{Anchor, Verdict, verify};
use fixture::{Fixture, fixture};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;

const ORIGIN: &str = "tieout.local/meridian";

/// What is done to log and packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// A pack is sealed.
    Seal,
    /// A group of statements is appended.
    Append,
    /// A timestamp of the head is put beside the packs.
    Stamp,
}

/// Log and packs in folders that are yet to be made, each below one that is there.
pub(super) struct Workspace {
    folder: tempfile::TempDir,
    fixture: Fixture,
    operator: SigningKey,
    log_key: SigningKey,
}

impl Workspace {
    pub(super) fn new() -> Self {
        // In memory where there is a file system in memory: these tests make a million files.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let operator = SigningKey::from_seed([1; 32], false);
        let log_key = SigningKey::from_seed([2; 32], false);
        let new = Self { folder, fixture: fixture(), operator, log_key };
        for folder in ["a", "b"] {
            std::fs::create_dir(new.path().join(folder)).unwrap();
            std::fs::write(new.path().join(folder).join("other"), "").unwrap();
        }
        new
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path().join("a/deep/log")
    }

    pub(super) fn packs(&self) -> PathBuf {
        self.path().join("b/packs")
    }

    /// Does all of that, without waiting for the disk, and gives how much it was.
    pub(super) fn after(&self, earlier: &[Act]) -> usize {
        for (number, act) in earlier.iter().enumerate() {
            self.act(&Loose, *act, number).unwrap();
        }
        earlier.len()
    }

    /// Does it and gives the digests that were acknowledged.
    pub(super) fn act(
        &self,
        files: &dyn Files,
        act: Act,
        number: usize,
    ) -> Result<BTreeSet<Digest>, SealError> {
        match act {
            Act::Seal => Ok([self.seal(files, number)?.digest].into()),
            Act::Append => self.append(files, number),
            Act::Stamp => self.stamp(files, number),
        }
    }

    /// Gives the digests of the timestamps that packs have.
    fn stamp(&self, files: &dyn Files, number: usize) -> Result<BTreeSet<Digest>, SealError> {
        if !self.log().join("checkpoint").exists() {
            // There is no head to ask about.
            return Ok(BTreeSet::new());
        }
        let log = log::read(&self.log(), &self.note_key()).unwrap();
        let request = Request::new(&log.checkpoint, [u8::try_from(number).unwrap(); 8]);
        let nonce = &request.to_der()[58..66];
        let response = Response::over(imprint_of(&log.checkpoint).0, nonce).to_der();
        let (place, asked) = ((self.log(), self.packs()), (&*log.note, &request));
        let key = self.note_key();
        let done = keep_timestamp_with(files, (&place.0, &place.1), &key, asked, &response)?;
        let names = done.packs.iter().chain(&done.had);
        Ok(names.filter_map(|name| self.timestamp(&self.packs().join(name))).collect())
    }

    /// What stands for the timestamp of a pack, if it has one.
    fn timestamp(&self, pack: &Path) -> Option<Digest> {
        let name = pack.file_name().unwrap().as_encoded_bytes();
        let response = std::fs::read(pack.join(TIMESTAMP)).ok()?;
        Some(sha256(&[name, &response].concat()))
    }

    /// Appends three statements of that number, and one that every such group has.
    fn append(&self, files: &dyn Files, number: usize) -> Result<BTreeSet<Digest>, SealError> {
        // Of some length: what is written by sectors may be lost by sectors.
        let text = |part: usize| format!("{{\"group\":\"{number}\",\"part\":\"{part:0>400}\"}}");
        let texts = [text(0), text(1), "{\"every\":\"group\"}".to_owned(), text(2)];
        let sign = |text: String| self.operator.envelope(text.into_bytes()).to_bytes();
        let (log, packs) = (self.log(), self.packs());
        let key = (ORIGIN, &self.log_key);
        let logged = append_with(files, (&log, &packs), key, &texts.map(sign))?;
        Ok(logged.iter().map(|logged| logged.digest).collect())
    }

    fn announce(&self, files: &dyn Files, second: usize) -> Result<Announced, SealError> {
        let result = &self.fixture.result;
        let controls = result.tests.iter().map(|test| (test.control.clone(), test.policy.clone()));
        announce_with(
            files,
            &IntentInput {
                run: &result.run,
                datasets: &result.datasets,
                controls: &controls.collect::<Vec<_>>(),
                operator: &self.operator,
                log_key: &self.log_key,
                log: &self.log(),
                origin: ORIGIN,
                packs: &self.packs(),
                announced_at: format!("2026-02-01T09:30:{second:02}Z").parse().unwrap(),
            },
        )
    }

    /// Announces the fixture and seals it, as of that second.
    pub(super) fn seal(&self, files: &dyn Files, second: usize) -> Result<Sealed, SealError> {
        let announced = self.announce(files, second)?;
        seal_with(
            files,
            &SealInput {
                vault: None,
                result: &self.fixture.result,
                announced: &announced,
                paper: &self.fixture,
                policies: &self.fixture.policies,
                secret: &[42; 32],
                operator: &self.operator,
                log_key: &self.log_key,
                log: &self.log(),
                origin: ORIGIN,
                packs: &self.packs(),
                sealed_at: format!("2026-02-01T09:30:{second:02}Z").parse().unwrap(),
            },
        )
    }

    fn note_key(&self) -> NoteKey {
        NoteKey::parse(&self.log_key.vkey(ORIGIN).unwrap()).unwrap()
    }

    /// What an auditor sees: every visible pack is valid and logged, and the log is whole. Gives
    /// the digests of packs, of their timestamps, and of statements.
    pub(super) fn check(&self) -> Result<BTreeSet<Digest>, String> {
        let operator = Some(self.operator.public_pem());
        let anchor = Anchor { operator, log: self.log_key.vkey(ORIGIN), policy: None };
        let (mut digests, mut timestamps) = (BTreeSet::new(), BTreeSet::new());
        for name in log::pack_folders(&self.packs()).unwrap() {
            timestamps.extend(self.timestamp(&self.packs().join(&name)));
            let verification =
                verify(&self.packs().join(&name), &anchor).map_err(|e| e.to_string())?;
            if verification.verdict != Verdict::Valid {
                return Err(format!("{name:?}: {:?}", verification.checks.last()));
            }
            // Without disclosures a pack is valid, and has lost what nothing gives back.
            for disclosures in [RECORD_DISCLOSURES, POPULATION_DISCLOSURES] {
                if !self.packs().join(&name).join(disclosures).exists() {
                    return Err(format!("{name:?}: `{disclosures}` is lost"));
                }
            }
            digests.insert(verification.pack.unwrap().digest);
        }
        if !self.log().join("checkpoint").exists() {
            return if digests.is_empty() { Ok(digests) } else { Err("no log".to_owned()) };
        }
        let log = log::read(&self.log(), &self.note_key()).map_err(|e| e.to_string())?;
        if let Some(digest) = digests.iter().find(|digest| !log.entries.contains(digest)) {
            return Err(format!("pack {digest} is not in the log"));
        }
        let statements = logbook::statements_of(&self.log(), &log).map_err(|e| e.to_string())?;
        digests.extend(statements.iter().map(|statement| statement.digest));
        digests.extend(timestamps);
        Ok(digests)
    }

    /// The digests of packs that have a partial name: one that gets a timestamp gives its own up meanwhile.
    fn nameless(&self) -> BTreeSet<Digest> {
        let folders = std::fs::read_dir(self.packs()).into_iter().flatten();
        let folders = folders.map(|entry| entry.unwrap().path());
        let hidden = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "partial");
        let statements = folders.filter(hidden).map(|path| std::fs::read(path.join(STATEMENT)));
        statements.filter_map(Result::ok).map(|statement| sha256(&statement)).collect()
    }

    /// What must be so after an interruption, of that act if it didn't end: all is valid, these packs are there,
    /// the next sealing works, loses nothing and leaves nothing half-done. A pack that was getting a timestamp
    /// may be there without its name, until the next sealing.
    pub(super) fn aftermath(
        &self,
        second: usize,
        acknowledged: &BTreeSet<Digest>,
        interrupted: Option<Act>,
    ) -> Result<(), String> {
        let mut there = self.check()?;
        if interrupted == Some(Act::Stamp) {
            there.extend(self.nameless());
        }
        if !there.is_superset(acknowledged) {
            return Err("what was acknowledged is lost".to_owned());
        }
        for act in [Act::Seal, Act::Append] {
            let before = self.check()?;
            let new = self.act(&Loose, act, second).map_err(|e| format!("next {act:?}: {e}"))?;
            let end = self.check()?;
            if [&before, &new, acknowledged].iter().any(|all| !end.is_superset(all)) {
                return Err(format!("the next {act:?} lost something"));
            }
        }
        let log = log::read(&self.log(), &self.note_key()).unwrap();
        let statements = logbook::statements_of(&self.log(), &log).unwrap();
        let notes = log::audit(&log, &statements, &log::present(&self.packs()).unwrap());
        let left = std::fs::read_dir(self.packs()).unwrap().count();
        let packs = log::pack_folders(&self.packs()).unwrap().len();
        if notes.is_empty() && left == packs { Ok(()) } else { Err(format!("{notes:?}")) }
    }
}

/// The disk, without waiting for it.
pub(super) struct Loose;

struct LooseFile(File);

impl Files for Loose {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        Disk.make_folder(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        Ok(Box::new(LooseFile(File::create_new(path)?)))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        Ok(Box::new(LooseFile(File::options().append(true).open(path)?)))
    }

    fn overwrite(&self, path: &Path, at: u64) -> io::Result<Box<dyn Out>> {
        let mut file = File::options().write(true).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Box::new(LooseFile(file)))
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        Disk.cut(path, len)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Disk.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        Disk.remove_folder(path)
    }

    fn open_folder(&self, path: &Path) -> io::Result<Box<dyn Folder>> {
        Ok(Box::new(LooseFile(File::open(path)?)))
    }
}

impl io::Write for LooseFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Out for LooseFile {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Folder for LooseFile {
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
