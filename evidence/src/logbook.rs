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
    let found = lines(folder, log).map_err(|(what, e)| format!("`{what}` can't be read: {e}"));
    let statements = found.and_then(|found| found.lines.into_iter().collect());
    statements.map_err(|reason| LogError { folder: folder.display().to_string(), reason })
}

/// What the files of statements have.
pub(crate) struct Lines {
    /// Each line before the log's head: the statement of its entry, or what is wrong in its place.
    pub(crate) lines: Vec<Result<Statement, String>>,
    /// The files behind the head: of a writer that was interrupted, or that is not done yet.
    pub(crate) behind: Vec<String>,
}

/// Reads the files of statements, each once.
///
/// # Errors
/// The path of what can't be read, in the log's folder.
pub(crate) fn lines(folder: &Path, log: &LogEntries) -> Result<Lines, (String, io::Error)> {
    let mut found = Lines { lines: Vec::new(), behind: Vec::new() };
    let mut next = 0;
    for first in files(folder).map_err(|e| (STATEMENTS.to_owned(), e))? {
        let name = file_name(first);
        if first >= log.checkpoint.size.0 {
            found.behind.push(name);
            continue;
        }
        let bytes = std::fs::read(folder.join(&name)).map_err(|e| (name.clone(), e))?;
        if first < next || bytes.is_empty() {
            found.lines.push(Err(format!("`{name}` is not the file of a group")));
            continue;
        }
        next = first;
        for (line, envelope) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let digest = sha256(envelope);
            let entry = usize::try_from(next).ok().and_then(|index| log.entries.get(index));
            found.lines.push(match entry {
                Some(entry) if *entry == digest => {
                    Ok(Statement { index: Count(next), digest, envelope: envelope.to_vec() })
                }
                _ => {
                    let line = line.saturating_add(1);
                    Err(format!("`{name}`, line {line}: another statement than entry {next}"))
                }
            });
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
