//! The signed statements that the log holds beside the packs: announcements, reviews, erasures.
//!
//! A pack's envelope lies in its pack. Every other statement lies in the log's folder, in the file
//! `statements/<index>.jsonl` of the group with which it was appended: one envelope file after the
//! other, each of which is one line, from the entry of that index on.

use crate::encoding::sha256;
use crate::log::{self, LogEntries, LogError};
use crate::merkle::consistency_proof;
use crate::note::NoteKey;
use crate::proof::LogProof;
use std::io::{self, ErrorKind};
use std::path::Path;
use tieout_controls::{Count, Digest};

/// The folder of the statements' files, in the log's.
pub(crate) const STATEMENTS: &str = "statements";

/// A statement in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its index in the log.
    pub index: Count,
    /// The entry: the SHA-256 of the envelope file.
    pub digest: Digest,
    /// The envelope file. The log says nothing of who signed it.
    pub envelope: Vec<u8>,
}

/// Reads a log, verifies it, and gives its statements other than packs, by index.
///
/// # Errors
/// As [`log::read`]; a file can't be read, or has something else than the statements of its entries.
pub fn statements(folder: &Path, key: &NoteKey) -> Result<Vec<Statement>, LogError> {
    statements_of(folder, &log::read(folder, key)?)
}

/// The statements other than packs of a log that was read from that folder, by index.
///
/// # Errors
/// As [`statements`].
pub fn statements_of(folder: &Path, log: &LogEntries) -> Result<Vec<Statement>, LogError> {
    let error = |reason: String| LogError { folder: folder.display().to_string(), reason };
    let mut found = Vec::new();
    let mut next = 0;
    for first in files(folder).map_err(|e| error(format!("`{STATEMENTS}` can't be read: {e}")))? {
        // The group of a writer that was interrupted, or that is not done yet.
        if first >= log.checkpoint.size.0 {
            break;
        }
        let name = file_name(first);
        let bytes = std::fs::read(folder.join(&name))
            .map_err(|e| error(format!("`{name}` can't be read: {e}")))?;
        if first < next || bytes.is_empty() {
            return Err(error(format!("`{name}` is not the file of a group")));
        }
        next = first;
        for envelope in bytes.split_inclusive(|byte| *byte == b'\n') {
            let digest = sha256(envelope);
            let entry = usize::try_from(next).ok().and_then(|index| log.entries.get(index));
            if entry != Some(&digest) {
                return Err(error(format!("`{name}` has another statement than entry {next}")));
            }
            found.push(Statement { index: Count(next), digest, envelope: envelope.to_vec() });
            next = next.saturating_add(1);
        }
    }
    Ok(found)
}

/// The proof that the log has the entry of that index, against its head.
///
/// # Errors
/// As [`log::read`]; there is no such entry.
pub fn proof(folder: &Path, key: &NoteKey, index: Count) -> Result<LogProof, LogError> {
    let log = log::read(folder, key)?;
    LogProof::of(&log, index).ok_or_else(|| LogError {
        folder: folder.display().to_string(),
        reason: format!("there is no entry {index}: it has {}", log.checkpoint.size),
    })
}

/// The hashes that prove that the log of `new` entries continues the one of `old` (RFC 6962, section
/// 2.1.2).
///
/// # Errors
/// As [`log::read`]; not 0 < `old` ≤ `new` ≤ the number of entries.
pub fn consistency(
    folder: &Path,
    key: &NoteKey,
    (old, new): (Count, Count),
) -> Result<Vec<Digest>, LogError> {
    let log = log::read(folder, key)?;
    let sizes = usize::try_from(old.0).ok().zip(usize::try_from(new.0).ok());
    let hashes = sizes.and_then(|(old, new)| {
        log.entries.get(..new).and_then(|entries| consistency_proof(&log::leaves(entries), old))
    });
    hashes.ok_or_else(|| LogError {
        folder: folder.display().to_string(),
        reason: format!(
            "nothing proves that {new} entries continue {old}: it has {}",
            log.checkpoint.size
        ),
    })
}

/// The path, in the log's folder, of the group's file that begins with the entry of that index.
pub(crate) fn file_name(first: u64) -> String {
    format!("{STATEMENTS}/{first:012}.jsonl")
}

/// The indices with which the files in the log's folder begin, ascending. Other files are nothing to
/// the log.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<u64>> {
    let entries = match std::fs::read_dir(folder.join(STATEMENTS)) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_str().unwrap_or_default();
        let first = name.strip_suffix(".jsonl").and_then(|first| first.parse().ok());
        files.extend(first.filter(|first| file_name(*first) == format!("{STATEMENTS}/{name}")));
    }
    files.sort_unstable();
    Ok(files)
}

/// How many entries a writer may have appended that the head of that size doesn't cover: one of a
/// pack, or the group whose statements were made durable before.
pub(crate) fn unacknowledged(folder: &Path, size: u64) -> io::Result<usize> {
    match std::fs::read(folder.join(file_name(size))) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(1),
        bytes => Ok(bytes?.split_inclusive(|byte| *byte == b'\n').count().max(1)),
    }
}
