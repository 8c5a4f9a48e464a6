//! Sealing the fixture into a temporary folder.

use crate::fixture::{Fixture, fixture};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_evidence::key::SigningKey;
use tieout_evidence::seal::{Announced, IntentInput, SealError, SealInput, Sealed, announce, seal};
use tieout_evidence::vault::Vault;
use tieout_evidence::verify::{Anchor, Verification, verify};

pub(crate) const ORIGIN: &str = "tieout.local/meridian";

/// A folder with keys, log and packs.
pub(crate) struct Workspace {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) operator: SigningKey,
    pub(crate) log_key: SigningKey,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            operator: SigningKey::from_seed([1; 32], false),
            log_key: SigningKey::from_seed([2; 32], false),
        }
    }

    /// As new, in memory where there is a file system in memory.
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        let new = Self::new();
        match memory.is_dir() {
            true => Self { folder: tempfile::tempdir_in(memory).unwrap(), ..new },
            false => new,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Seals the fixture as of that second.
    pub(crate) fn seal(&self, second: u32) -> Sealed {
        self.try_seal(&fixture(), second).unwrap()
    }

    pub(crate) fn try_seal(&self, fixture: &Fixture, second: u32) -> Result<Sealed, SealError> {
        self.try_seal_in(self.folder.path(), fixture, second)
    }

    /// Seals with the keys of this workspace into another folder.
    pub(crate) fn try_seal_in(
        &self,
        folder: &Path,
        fixture: &Fixture,
        second: u32,
    ) -> Result<Sealed, SealError> {
        self.try_seal_persons(folder, fixture, second, None)
    }

    /// The same, with the keys of persons.
    pub(crate) fn try_seal_persons(
        &self,
        folder: &Path,
        fixture: &Fixture,
        second: u32,
        vault: Option<&Vault>,
    ) -> Result<Sealed, SealError> {
        let announced = self.announce_in(folder, fixture, second)?;
        self.seal_announced((folder, &announced), fixture, second, vault)
    }

    /// Announces the run alone.
    pub(crate) fn announce_in(
        &self,
        folder: &Path,
        fixture: &Fixture,
        second: u32,
    ) -> Result<Announced, SealError> {
        let result = &fixture.result;
        let controls = result.tests.iter().map(|test| (test.control.clone(), test.policy.clone()));
        announce(&IntentInput {
            run: &result.run,
            datasets: &result.datasets,
            controls: &controls.collect::<Vec<_>>(),
            operator: &self.operator,
            log_key: &self.log_key,
            log: &folder.join("log"),
            origin: ORIGIN,
            packs: &folder.join("packs"),
            announced_at: format!("2026-02-01T09:30:{second:02}Z").parse().unwrap(),
        })
    }

    /// Seals a run that was announced.
    pub(crate) fn seal_announced(
        &self,
        (folder, announced): (&Path, &Announced),
        fixture: &Fixture,
        second: u32,
        vault: Option<&Vault>,
    ) -> Result<Sealed, SealError> {
        seal(&SealInput {
            result: &fixture.result,
            announced,
            paper: fixture,
            policies: &fixture.policies,
            secret: &[42; 32],
            vault,
            operator: &self.operator,
            log_key: &self.log_key,
            log: &folder.join("log"),
            origin: ORIGIN,
            packs: &folder.join("packs"),
            sealed_at: format!("2026-02-01T09:30:{second:02}Z").parse().unwrap(),
        })
    }

    pub(crate) fn anchor(&self) -> Anchor {
        Anchor {
            operator: Some(self.operator.public_pem()),
            log: self.log_key.vkey(ORIGIN),
            policy: None,
        }
    }

    pub(crate) fn verify(&self, pack: &Path) -> Verification {
        verify(pack, &self.anchor()).unwrap()
    }
}

/// The files below a folder, by path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// The failures of a verification.
pub(crate) fn failures(verification: &Verification) -> Vec<&str> {
    verification.checks.iter().filter_map(|check| check.failure.as_deref()).collect()
}
