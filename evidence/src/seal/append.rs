//! Appending to the log.
//!
//! An entry is made durable before the checkpoint that covers it is signed, and the checkpoint
//! replaces the old one by a rename. So the entries are never fewer than the checkpoint says, and
//! what is beyond it was never acknowledged: opening the log drops it.

use super::SealError;
use crate::checkpoint::Checkpoint;
use crate::files::{Files, Folder, lock, make_folders, replace};
use crate::key::SigningKey;
use crate::log::{self, ENTRIES, HEAD, LogEntries};
use crate::merkle::inclusion_proof;
use crate::note::{Note, NoteKey, NoteSignature};
use crate::proof::LogProof;
use std::fs::File;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

pub(super) const NEXT_HEAD: &str = "checkpoint.partial";
pub(super) const LOCK: &str = "lock";

/// A log that is open for writing, and locked until this value is gone.
pub(super) struct LogWriter<'a> {
    files: &'a dyn Files,
    folder: PathBuf,
    held: Box<dyn Folder>,
    key: NoteKey,
    signer: &'a SigningKey,
    state: LogEntries,
    _lock: File,
}

impl<'a> LogWriter<'a> {
    /// Opens the log of these packs, or begins it with a checkpoint over nothing where there are
    /// none.
    ///
    /// INVARIANT: a log that lacks one of the packs is not written. It was lost, or an older one was
    /// put back, and its next entry would take an index that a pack already has.
    pub(super) fn open(
        files: &'a dyn Files,
        folder: &Path,
        packs: &Path,
        origin: &str,
        signer: &'a SigningKey,
    ) -> Result<Self, SealError> {
        let key = NoteKey::new(origin, signer.public_key()).ok_or_else(|| {
            SealError::new(format!("`{origin}` can't be a log's origin"))
                .help("one line without spaces and `+`, such as `tieout.local/workspace`")
        })?;
        make_folders(files, folder).map_err(SealError::io(folder))?;
        let path = folder.join(LOCK);
        let lock = lock(&path).map_err(SealError::io(&path))?;
        let held = files.open_folder(folder).map_err(SealError::io(folder))?;
        let partial = folder.join(NEXT_HEAD);
        if exists(&partial)? {
            files.remove(&partial).map_err(SealError::io(&partial))?;
        }
        if exists(&folder.join(HEAD))? {
            // The last writer may have been killed between a rename and its sync. What is built on
            // the head that it left must not outlive that head.
            held.sync().map_err(SealError::io(folder))?;
        } else {
            let note = begin(folder, packs, &key, signer)?;
            publish(files, held.as_ref(), folder, &note)?;
        }
        let state = log::read(folder, &key).map_err(|e| {
            SealError::new(e.to_string()).help(
                "restore the log's folder from a backup, or its origin and key; \
                 where that can't be, start a new workspace",
            )
        })?;
        has_all(&state.entries, packs, folder)?;
        drop_unacknowledged(files, folder, &state)?;
        Ok(Self { files, folder: folder.to_owned(), held, key, signer, state, _lock: lock })
    }

    /// The last entry.
    pub(super) fn last(&self) -> Option<Digest> {
        self.state.entries.last().copied()
    }

    /// The index of that entry.
    pub(super) fn find(&self, entry: &Digest) -> Option<Count> {
        self.state.entries.iter().position(|own| own == entry).map(Count::of)
    }

    /// Appends an entry and gives its index. When this fails, the writer is gone: only opening the
    /// log again tells whether the entry is in it.
    pub(super) fn append(mut self, entry: Digest) -> Result<(Self, Count), SealError> {
        let index = Count::of(self.state.entries.len());
        let path = self.folder.join(ENTRIES);
        let new = !exists(&path)?;
        let appended = if new { self.files.create(&path) } else { self.files.append(&path) };
        let appended = appended.and_then(|mut file| {
            file.write_all(&entry.0)?;
            file.sync()
        });
        appended.map_err(SealError::io(&path))?;
        if new {
            self.held.sync().map_err(SealError::io(&self.folder))?;
        }
        self.state.entries.push(entry);
        let (checkpoint, note) = sign(&self.state.entries, &self.key, self.signer);
        publish(self.files, self.held.as_ref(), &self.folder, &note)?;
        self.state.checkpoint = checkpoint;
        self.state.note = note;
        Ok((self, index))
    }

    /// The proof that the log has the entry of that index.
    pub(super) fn proof(&self, index: Count) -> Result<LogProof, SealError> {
        let leaves = log::leaves(&self.state.entries);
        let hashes = usize::try_from(index.0).ok().and_then(|at| inclusion_proof(&leaves, at));
        let hashes = hashes.ok_or_else(|| SealError::new("the log has no such entry"))?;
        Ok(LogProof { index, hashes, checkpoint: self.state.note.clone() })
    }
}

/// Whether it is there. An answer that can't be had is not a no: what is there would be begun anew.
fn exists(path: &Path) -> Result<bool, SealError> {
    path.try_exists().map_err(SealError::unread(path))
}

fn has_all(entries: &[Digest], packs: &Path, folder: &Path) -> Result<(), SealError> {
    let unlogged = log::unlogged(entries, packs).map_err(|e| {
        SealError::new(format!("packs in `{}` can't be read: {e}", packs.display()))
    })?;
    let Some(pack) = unlogged else { return Ok(()) };
    let log = folder.display();
    let reason = if entries.is_empty() {
        format!("log `{log}` has no entries, and pack `{pack}` is from a log that had")
    } else {
        format!("log `{log}` does not have pack `{pack}` where the pack's proof says")
    };
    Err(SealError::new(reason).help(
        "restore the log's folder from its latest backup: it was lost, or an older one was put \
         back\nif there is no backup, keep log and packs as they are and start a new workspace\n\
         if the pack is another workspace's, move it out of the folder",
    ))
}

/// A log begins with a checkpoint over nothing, so that entries without a checkpoint always mean
/// that the checkpoint was lost, and are never overwritten.
fn begin(
    folder: &Path,
    packs: &Path,
    key: &NoteKey,
    signer: &SigningKey,
) -> Result<String, SealError> {
    if exists(&folder.join(ENTRIES))? {
        let reason = format!("log `{}`: `{ENTRIES}` without `{HEAD}`", folder.display());
        return Err(SealError::new(reason).help("restore the log's folder from a backup"));
    }
    has_all(&[], packs, folder)?;
    Ok(sign(&[], key, signer).1)
}

fn sign(entries: &[Digest], key: &NoteKey, signer: &SigningKey) -> (Checkpoint, String) {
    let tree = log::tree(entries);
    let checkpoint =
        Checkpoint { origin: key.name().to_owned(), size: Count(tree.size()), root: tree.root() };
    let text = checkpoint.to_string();
    let signature = signer.sign(text.as_bytes());
    let signature = NoteSignature { name: key.name().to_owned(), id: key.id(), signature };
    (checkpoint, Note { text, signatures: vec![signature] }.to_string())
}

fn publish(
    files: &dyn Files,
    held: &dyn Folder,
    folder: &Path,
    note: &str,
) -> Result<(), SealError> {
    let (partial, path) = (folder.join(NEXT_HEAD), folder.join(HEAD));
    let published = replace(files, held, (&partial, &path), note.as_bytes());
    published.map_err(SealError::io(&path))
}

/// Not synced: a cut that is lost leaves what was found, and the sync of the next entry, which takes
/// the place of what was cut, makes both durable.
fn drop_unacknowledged(
    files: &dyn Files,
    folder: &Path,
    state: &LogEntries,
) -> Result<(), SealError> {
    let path = folder.join(ENTRIES);
    let acknowledged = Count::of(state.entries.len()).0.saturating_mul(32);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() > acknowledged => {
            files.cut(&path, acknowledged).map_err(SealError::io(&path))
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // Without the cut the next entry would stand behind one that was never acknowledged.
        Err(e) => Err(SealError::unread(&path)(e)),
    }
}
