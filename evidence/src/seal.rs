//! Announcing a run, sealing it into a pack, and logging both.
//!
//! A run is announced before it decides anything ([`announce`]), and its pack names the announcement.
//! Where it comes to nothing, that is said in the log, too ([`abandon`]).
//!
//! The order of steps is what makes an interruption harmless, wherever it strikes:
//!
//! 1. the pack is written into a folder `.NAME.partial` beside the others, every file and folder
//!    of it made durable;
//! 2. its digest is appended to the log, and the log's new checkpoint made durable;
//! 3. the log's proofs are written into the partial folder, durably;
//! 4. the folder is renamed to `NAME`.
//!
//! INVARIANT: a folder without a dot in front is a complete, logged pack; a digest that the
//! checkpoint covers belongs to a statement that is durable in the log's folder, such as an
//! announcement, or to a pack of which everything but the proofs is durable. So the next sealing,
//! which begins by looking for partial folders, finishes those that the log has and removes the
//! others; an announcement whose pack was removed stays without a result. Each of the two writers
//! holds the log's lock, and between announcement and sealing others may write.
//!
//! A log that lacks one of the packs is not written: whoever lost it would fork it without a word.

mod announce;
mod append;
mod appender;
mod attach;
mod cosigned;
mod pack;
mod persons;
mod prover;
mod record;
mod recover;
mod stage;
mod timestamp;

#[cfg(test)]
mod crash;
#[cfg(test)]
mod fuzzed;
#[cfg(test)]
mod interruption;
#[cfg(test)]
mod trial;

use crate::files::{Disk, Files, make_folders};
use crate::key::SigningKey;
use crate::layout::{MAX_STATEMENT, STATEMENT};
use crate::vault::Vault;
pub use announce::{Announced, IntentInput, abandon, announce};
use append::LogWriter;
pub use append::Logged;
pub use appender::{Appender, append};
pub use attach::attach;
use chrono::{DateTime, Utc};
use recover::Packs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest, RunResult, WorkingPaper};

pub use cosigned::keep_cosigned;
pub use timestamp::{Request, Timestamped, keep_timestamp};

/// What is sealed.
pub struct SealInput<'a> {
    /// The result.
    pub result: &'a RunResult,
    /// All evaluated records.
    pub paper: &'a dyn WorkingPaper,
    /// The run's announcement, of which this is the result.
    pub announced: &'a Announced,
    /// The policy files as run: path → text.
    pub policies: &'a BTreeMap<String, String>,
    /// The workspace's secret, from which salts and the pack's id come.
    pub secret: &'a [u8; 32],
    /// The vault of the keys of persons, open for writing. Without one, what is disclosed of persons is
    /// salted and kept as all the rest.
    pub vault: Option<&'a Vault>,
    /// The operator's key.
    pub operator: &'a SigningKey,
    /// The log's key; another than the operator's.
    pub log_key: &'a SigningKey,
    /// The log's folder.
    pub log: &'a Path,
    /// The log's origin line.
    pub origin: &'a str,
    /// The folder in which the pack gets its own folder. One log has one such folder: what is left
    /// there of an interrupted sealing is finished or removed.
    pub packs: &'a Path,
    /// The clock.
    pub sealed_at: DateTime<Utc>,
}

/// A sealed and logged pack.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Its folder.
    pub folder: PathBuf,
    /// SHA-256 of the envelope file.
    pub digest: Digest,
    /// Its index in the log.
    pub log_index: Count,
}

/// Why nothing was sealed. What was sealed before is as it was. Where the pack was logged before an
/// operation failed, the next sealing finishes it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct SealError {
    /// What is wrong, with the path.
    pub reason: String,
    /// What to do, where known.
    pub help: Option<String>,
}

impl SealError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An operation on that path failed.
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |e| Self::new(format!("`{}` can't be written: {e}", path.display()))
    }

    /// Reading that path failed.
    fn unread(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |e| Self::new(format!("`{}` can't be read: {e}", path.display()))
    }
}

/// Begins a log with a signed head over no entries, where there is none and there are no packs. A log that is
/// there is looked over and stays as it is.
///
/// # Errors
/// See [`SealError`].
pub fn begin(log: &Path, packs: &Path, origin: &str, key: &SigningKey) -> Result<(), SealError> {
    LogWriter::open(&Disk, log, packs, origin, key).map(drop)
}

/// Seals a run and logs it. Waits while another run seals into the same log.
///
/// # Errors
/// See [`SealError`].
pub fn seal(input: &SealInput<'_>) -> Result<Sealed, SealError> {
    seal_with(&Disk, input)
}

/// Refuses a statement that no reader takes.
fn fits(payload: &[u8], what: &str) -> Result<(), SealError> {
    if payload.len() <= MAX_STATEMENT {
        return Ok(());
    }
    let error = SealError::new(format!("the {what} is larger than 1 MiB"));
    Err(error.help("run fewer controls at once, or say less"))
}

fn two_keys(operator: &SigningKey, log_key: &SigningKey) -> Result<(), SealError> {
    if operator.public_key() == log_key.public_key() {
        let error = SealError::new("the operator's key and the log's key are one key");
        return Err(error.help("make a key for each: whoever has both could sign and log alone"));
    }
    Ok(())
}

fn seal_with(files: &dyn Files, input: &SealInput<'_>) -> Result<Sealed, SealError> {
    two_keys(input.operator, input.log_key)?;
    let log = LogWriter::open(files, input.log, input.packs, input.origin, input.log_key)?;
    make_folders(files, input.packs).map_err(SealError::io(input.packs))?;
    let held = files.open_folder(input.packs).map_err(SealError::io(input.packs))?;
    let packs = Packs { path: input.packs, held };
    recover::partial_packs(files, &packs, &log)?;
    if log.find(&input.announced.digest) != Some(input.announced.index) {
        let error = SealError::new("the run was not announced in this log");
        return Err(error.help("announce it first, in the log in which it is sealed"));
    }
    let (partial, name) = pack::write(files, input, &packs, log.last())?;
    let envelope = partial.join(STATEMENT);
    let bytes = std::fs::read(&envelope).map_err(SealError::unread(&envelope))?;
    let digest = crate::encoding::sha256(&bytes);
    let unfinished = |e: SealError| {
        e.help("the pack may be in the log already: the next run finishes it, or removes it")
    };
    let (log, log_index) = log.append(digest).map_err(unfinished)?;
    recover::finish(files, &partial, &packs, &name, &log, log_index).map_err(unfinished)?;
    Ok(Sealed { folder: input.packs.join(name), digest, log_index })
}
