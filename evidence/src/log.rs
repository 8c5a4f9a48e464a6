//! The log's folder, as a reader sees it: the digests of signed statements in order, under a signed
//! checkpoint.
//!
//! `entries` holds 32 bytes an entry (the SHA-256 of an envelope file), `checkpoint` the signed head
//! over them. A pack's envelope file lies in the pack, those of other statements as [`logbook`](crate::logbook) says.
//! What is behind the checkpoint's size, one entry or one group, was never acknowledged: its writer
//! was interrupted, and the next one drops it.

use crate::checkpoint::Checkpoint;
use crate::dsse::Envelope;
use crate::encoding::sha256;
#[cfg(feature = "seal")]
use crate::layout::PROOF;
use crate::layout::{MAX_ENVELOPE, STATEMENT};
use crate::logbook::{self, Statement};
use crate::merkle;
use crate::note::NoteKey;
#[cfg(feature = "seal")]
use crate::proof::LogProof;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;

/// The file of the entries.
pub(crate) const ENTRIES: &str = "entries";
/// The file of the signed head.
pub(crate) const HEAD: &str = "checkpoint";

/// The entries of a log that its checkpoint vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntries {
    /// The head.
    pub checkpoint: Checkpoint,
    /// The signed note with the head.
    pub note: String,
    /// The digests of the envelope files, by index.
    pub entries: Vec<Digest>,
}

/// A log that can't be read or that contradicts itself.
#[derive(Debug, thiserror::Error)]
#[error("log `{folder}`: {reason}")]
pub struct LogError {
    /// The log's folder.
    pub folder: String,
    /// What is wrong.
    pub reason: String,
}

/// Reads a log and verifies it under its key: the checkpoint's signature and origin, and that the
/// entries have its root.
///
/// # Errors
/// When a file can't be read, the checkpoint is not by the key, or the entries are fewer than, or
/// others than, or more than one group beyond what it says.
pub fn read(folder: &Path, key: &NoteKey) -> Result<LogEntries, LogError> {
    stored(folder, key)
        .and_then(Stored::entries)
        .map_err(|reason| LogError { folder: folder.display().to_string(), reason })
}

/// How often files that change while they are read are read again.
const ATTEMPTS: usize = 100;

/// A log's files, as they were while that was its head.
struct Stored {
    note: String,
    checkpoint: Checkpoint,
    /// The file of the entries.
    bytes: Vec<u8>,
    /// How many entries may stand behind the head's.
    unacknowledged: usize,
    /// The index with which the last file of statements begins.
    last_file: Option<u64>,
}

fn stored(folder: &Path, key: &NoteKey) -> Result<Stored, String> {
    let unreadable = |what: &str, e: io::Error| format!("`{what}` can't be read: {e}");
    let head = || std::fs::read_to_string(folder.join(HEAD)).map_err(|e| unreadable(HEAD, e));
    let mut note = head()?;
    for _ in 0..ATTEMPTS {
        let checkpoint = Checkpoint::verified(&note, key).map_err(|e| e.to_string())?;
        let bytes = match std::fs::read(folder.join(ENTRIES)) {
            Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|e| unreadable(ENTRIES, e))?,
        };
        let unacknowledged = logbook::unacknowledged(folder, checkpoint.size.0);
        let unacknowledged = unacknowledged.map_err(|e| unreadable(logbook::STATEMENTS, e))?;
        let files = logbook::files(folder).map_err(|e| unreadable(logbook::STATEMENTS, e))?;
        let last_file = files.last().copied();
        let after = head()?;
        if after == note {
            return Ok(Stored { note, checkpoint, bytes, unacknowledged, last_file });
        }
        note = after;
    }
    Err("it is being written all the time: try again later".to_owned())
}

impl Stored {
    fn entries(self) -> Result<LogEntries, String> {
        let Self { note, checkpoint, bytes, unacknowledged, last_file } = self;
        let size = checkpoint.size;
        let (chunks, _) = bytes.as_chunks::<32>();
        let known = usize::try_from(size.0).ok().and_then(|size| chunks.get(..size));
        let Some(known) = known else {
            let found = chunks.len();
            return Err(format!(
                "`{ENTRIES}` has {found} entries, its checkpoint says {size}: entries were lost"
            ));
        };
        // What a writer adds before it signs the next head. More means that an old head was put back.
        let beyond = bytes.len().saturating_sub(known.as_flattened().len());
        if beyond > unacknowledged.saturating_mul(32) || last_file.is_some_and(|at| at > size.0) {
            let statements = logbook::STATEMENTS;
            return Err(format!(
                "`{ENTRIES}` or `{statements}` go on behind the {size} entries of its checkpoint: \
                 the checkpoint is an old one"
            ));
        }
        let entries: Vec<_> = known.iter().map(|bytes| Digest(*bytes)).collect();
        if tree(&entries).root() != checkpoint.root {
            return Err(format!("`{ENTRIES}` does not have the root of its checkpoint"));
        }
        Ok(LogEntries { checkpoint, note, entries })
    }
}

/// The log's tree.
pub(crate) fn tree(entries: &[Digest]) -> merkle::Tree {
    let mut tree = merkle::Tree::default();
    entries.iter().for_each(|entry| tree.push(&entry.0));
    tree
}

/// The hashes of the log's leaves.
pub(crate) fn leaves(entries: &[Digest]) -> Vec<Digest> {
    entries.iter().map(|entry| merkle::leaf_hash(&entry.0)).collect()
}

/// A folder among the packs.
#[derive(Debug, Clone)]
pub struct PackFolder {
    /// Where it is.
    pub path: PathBuf,
    /// Its entry in the log (the SHA-256 of the envelope file) and the envelope, whose signature is to be
    /// verified; or why the file can't be read. Such a folder may be any pack that is missed otherwise.
    pub envelope: Result<(Digest, Envelope), String>,
}

impl PackFolder {
    /// Its name, as it is told. What is not UTF-8 stands escaped in quotes, so that it is no other's name.
    pub fn name(&self) -> String {
        shown(self.path.file_name().unwrap_or_default())
    }
}

fn shown(name: &OsStr) -> String {
    name.to_str().map_or_else(|| format!("{name:?}"), str::to_owned)
}

/// What lies in the folder of the packs, sorted by name; empty when there is no such folder. Each envelope
/// file is read once; the packs are not verified.
///
/// # Errors
/// When the folder can't be read. What can't be read in it is told in its place.
pub fn present(packs: &Path) -> io::Result<Vec<PackFolder>> {
    let folders = pack_folders(packs)?.into_iter().map(|name| packs.join(name));
    let read = |path: PathBuf| PackFolder { envelope: envelope(&path.join(STATEMENT)), path };
    Ok(folders.map(read).collect())
}

fn envelope(path: &Path) -> Result<(Digest, Envelope), String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_ENVELOPE.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|e| format!("`{STATEMENT}` can't be read: {e}"))?;
    if u64::try_from(bytes.len()).map_or(true, |length| length > MAX_ENVELOPE) {
        return Err(format!("`{STATEMENT}` is larger than an envelope"));
    }
    let envelope = Envelope::parse(&bytes).map_err(|why| format!("`{STATEMENT}`: {why}"))?;
    Ok((sha256(&bytes), envelope))
}

/// What a reader of the log should know: a sentence for each entry that neither a pack nor a statement of
/// the log explains (a pack was moved, can't be read, or was never finished), and for each pack that is not
/// in the log. Of the folders that can't be read the caller tells.
pub fn audit(log: &LogEntries, statements: &[Statement], packs: &[PackFolder]) -> Vec<String> {
    let mut present: BTreeSet<_> = statements.iter().map(|statement| statement.digest).collect();
    let known: BTreeSet<_> = log.entries.iter().collect();
    let mut unlogged = Vec::new();
    for pack in packs {
        let Ok((digest, _)) = &pack.envelope else { continue };
        present.insert(*digest);
        if !known.contains(digest) {
            unlogged.push(format!("pack `{}` is not in the log", pack.name()));
        }
    }
    let why = match packs.iter().all(|pack| pack.envelope.is_ok()) {
        true => "no pack and no statement here: moved, or an interrupted run",
        false => "no pack and no statement here that can be read",
    };
    let unexplained = log.entries.iter().enumerate().filter(|(_, entry)| !present.contains(entry));
    let mut notes: Vec<_> =
        unexplained.map(|(index, _)| format!("log entry {index} has {why}")).collect();
    notes.append(&mut unlogged);
    notes
}

/// A pack of the folder that these entries do not have at the index that its proof says, or not at
/// all where no proof can be read: the log was lost, or an older one was put back.
#[cfg(feature = "seal")]
pub(crate) fn unlogged(entries: &[Digest], packs: &Path) -> io::Result<Option<String>> {
    for folder in pack_folders(packs)? {
        let path = packs.join(&folder);
        let envelope = match std::fs::read(path.join(STATEMENT)) {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            envelope => sha256(&envelope?),
        };
        let proof = match std::fs::read_to_string(path.join(PROOF)) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => None,
            text => LogProof::parse(&text?).ok(),
        };
        let known = match proof.map(|proof| usize::try_from(proof.index.0)) {
            Some(index) => index.is_ok_and(|index| entries.get(index) == Some(&envelope)),
            None => entries.contains(&envelope),
        };
        if !known {
            return Ok(Some(shown(&folder)));
        }
    }
    Ok(None)
}

/// The names of the finished packs in a folder, sorted; empty when there is no such folder. Names
/// with a dot in front are packs that are being written.
///
/// # Errors
/// When the folder can't be read.
pub fn pack_folders(packs: &Path) -> io::Result<Vec<OsString>> {
    let entries = match std::fs::read_dir(packs) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") && entry.file_type()?.is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
