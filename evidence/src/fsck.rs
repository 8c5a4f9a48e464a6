//! What a watcher of a log looks for: that it continues a head that was seen before, that every pack and
//! statement is in it where it says, and that nobody unexpected signed.
//!
//! [`log::read`](crate::log::read) comes first: it holds the entries against the signed head.

use crate::checkpoint::Checkpoint;
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::layout::{PROOF, STATEMENT};
use crate::log::{LogEntries, pack_folders, tree};
use crate::note::NoteKey;
use crate::proof::LogProof;
use crate::public_key::PublicKey;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The folder in the log's folder with the statements that are no packs: files whose names begin with the index
/// of their first entry, an envelope file a line.
const STATEMENTS: &str = "statements";

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// The log's key.
    pub key: &'a NoteKey,
    /// The folder of the packs.
    pub packs: &'a Path,
    /// A head that was kept from before.
    pub seen: Option<&'a Checkpoint>,
    /// Who may have signed what is in the log; of whom nothing is asked where it is empty.
    pub expected: &'a [PublicKey],
}

/// What was found, a sentence each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is wrong.
    pub wrong: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Whether a log continues a head that was kept from before: it has at least as many entries, and the first of
/// them have that head's root.
///
/// # Errors
/// Why it doesn't.
pub fn continues(log: &LogEntries, kept: &Checkpoint) -> Result<(), String> {
    let now = &log.checkpoint;
    if kept.origin != now.origin {
        return Err(format!(
            "the head kept is of the log `{}`, this is `{}`",
            kept.origin, now.origin
        ));
    }
    let first = usize::try_from(kept.size.0).ok().and_then(|size| log.entries.get(..size));
    let Some(first) = first else {
        return Err(format!(
            "the log had {} entries and has {}: its end was cut off, or an older copy was put back",
            kept.size, now.size
        ));
    };
    if tree(first).root() == kept.root {
        Ok(())
    } else {
        Err(format!(
            "its first {} entries are others than were seen: the log was rewritten",
            kept.size
        ))
    }
}

/// Looks over a log that was [read](crate::log::read) from a folder.
///
/// # Errors
/// Something is there and can't be read: of it nothing can be said.
pub fn fsck(log: &LogEntries, folder: &Path, watch: &Watch<'_>) -> io::Result<Findings> {
    let mut found = Findings::default();
    if let Some(Err(why)) = watch.seen.map(|seen| continues(log, seen)) {
        found.wrong.push(why);
    }
    let mut present = BTreeSet::new();
    for name in pack_folders(watch.packs)? {
        let pack = watch.packs.join(&name);
        let what = format!("pack `{}`", name.display());
        let Some(envelope) = read(&pack.join(STATEMENT))? else {
            found.wrong.push(format!("{what} has no `{STATEMENT}`"));
            continue;
        };
        if let Err(why) = placed(log, &envelope, read(&pack.join(PROOF))?, watch.key) {
            found.wrong.push(format!("{what}: {why}"));
        }
        found
            .wrong
            .extend(signed_by(&envelope, watch.expected).err().map(|w| format!("{what}: {w}")));
        present.insert(sha256(&envelope));
    }
    for name in files(&folder.join(STATEMENTS))? {
        let index: Option<u64> = name.split('.').next().and_then(|index| index.parse().ok());
        if index.is_some_and(|index| index >= log.checkpoint.size.0) {
            let why = "is behind the head, and was never acknowledged: the next run removes it";
            found.notes.push(format!("`{STATEMENTS}/{name}` {why}"));
            continue;
        }
        let lines = read(&folder.join(STATEMENTS).join(&name))?.unwrap_or_default();
        for (number, envelope) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let what = format!("`{STATEMENTS}/{name}`, line {}", number.saturating_add(1));
            let entry = sha256(envelope);
            if !log.entries.contains(&entry) {
                found.wrong.push(format!("{what}: it is not in the log"));
            }
            let signed = signed_by(envelope, watch.expected);
            found.wrong.extend(signed.err().map(|why| format!("{what}: {why}")));
            present.insert(entry);
        }
    }
    for (index, _) in log.entries.iter().enumerate().filter(|(_, e)| !present.contains(*e)) {
        if watch.expected.is_empty() {
            found.notes.push(format!("entry {index} has no pack or statement here: it was moved"));
        } else {
            // Whoever has stolen a key keeps the pack elsewhere.
            let why = "has no pack or statement here, so that nobody can tell who signed it";
            found.wrong.push(format!("entry {index} {why}"));
        }
    }
    Ok(found)
}

/// Whether a pack is in the log at the index that its proof says, under a head that the log continues.
fn placed(
    log: &LogEntries,
    envelope: &[u8],
    proof: Option<Vec<u8>>,
    key: &NoteKey,
) -> Result<(), String> {
    let entry = sha256(envelope);
    let proof = proof.ok_or_else(|| format!("it has no `{PROOF}`"))?;
    let proof = String::from_utf8(proof).map_err(|_| "its proof is not text".to_owned())?;
    let proof = LogProof::parse(&proof).map_err(|e| e.to_string())?;
    proof.includes(&entry.0).map_err(|e| e.to_string())?;
    let head = Checkpoint::verified(&proof.checkpoint, key).map_err(|e| e.to_string())?;
    continues(log, &head)?;
    let at = usize::try_from(proof.index.0).ok().and_then(|at| log.entries.get(at));
    if at == Some(&entry) {
        Ok(())
    } else {
        Err(format!("the log has another entry {}", proof.index))
    }
}

/// Whether one of these keys signed an envelope; where there are none, whoever did.
fn signed_by(bytes: &[u8], expected: &[PublicKey]) -> Result<(), String> {
    if expected.is_empty() {
        return Ok(());
    }
    let envelope = Envelope::parse(bytes).map_err(|e| format!("no signed statement: {e}"))?;
    let Some(key) = expected.iter().find(|key| key.id() == envelope.keyid) else {
        return Err(format!("signed by a key that was not expected, of id {}", envelope.keyid));
    };
    if envelope.holds_under(key) {
        Ok(())
    } else {
        Err(format!("its signature does not hold under the key of id {}", envelope.keyid))
    }
}

/// A file's bytes; `None` when there is no such file.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// The names of the files in a folder, sorted, but for those that are being written.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
