//! Appending to the log.
//!
//! Statements are made durable before their entries, entries before the checkpoint that covers them
//! is signed, and the checkpoint replaces the old one by a rename. So the entries are never fewer
//! than the checkpoint says, and what is beyond it was never acknowledged: opening the log drops it.

use super::SealError;
use super::recover::Proofs;
use crate::checkpoint::Checkpoint;
use crate::encoding::sha256;
use crate::files::{Files, Folder, lock, make_folders, replace, write};
use crate::key::SigningKey;
use crate::log::{self, ENTRIES, HEAD, LogEntries};
use crate::logbook::{self, STATEMENTS};
use crate::merkle::Tree;
use crate::note::{Note, NoteKey, NoteSignature};
use crate::proof::LogProof;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

pub(super) const NEXT_HEAD: &str = "checkpoint.partial";
pub(super) const LOCK: &str = "lock";

/// A log that is open for writing, and locked until this value is gone.
pub(super) struct LogWriter<'a> {
    files: &'a dyn Files,
    folder: PathBuf,
    held: Box<dyn Folder>,
    /// The folder of the statements, where there is one.
    statements: Option<Box<dyn Folder>>,
    key: NoteKey,
    signer: &'a SigningKey,
    /// The head, as a signed note.
    note: String,
    entries: Vec<Digest>,
    indices: BTreeMap<Digest, Count>,
    tree: Tree,
    _lock: crate::files::Lock,
}

/// A statement that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logged {
    /// Its index.
    pub index: Count,
    /// The entry: the SHA-256 of the envelope file.
    pub digest: Digest,
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
        let LogEntries { note, entries, .. } = log::read(folder, &key).map_err(|e| {
            SealError::new(e.to_string()).help(
                "restore the log's folder from a backup, or its origin and key; \
                 where that can't be, start a new workspace",
            )
        })?;
        has_all(&entries, packs, folder)?;
        drop_entries(files, folder, entries.len())?;
        let statements = drop_statements(files, folder, entries.len())?;
        let indices = entries.iter().enumerate().map(|(index, entry)| (*entry, Count::of(index)));
        let (indices, tree) = (indices.collect(), log::tree(&entries));
        let folder = folder.to_owned();

        Ok(Self {
            files,
            folder,
            held,
            statements,
            key,
            signer,
            note,
            entries,
            indices,
            tree,
            _lock: lock,
        })
    }

    /// The last entry.
    pub(super) fn last(&self) -> Option<Digest> {
        self.entries.last().copied()
    }

    /// The index of that entry.
    pub(super) fn find(&self, entry: &Digest) -> Option<Count> {
        self.indices.get(entry).copied()
    }

    /// Appends a pack's entry and gives its index. When this fails, the writer is gone: only opening
    /// the log again tells whether the entry is in it.
    pub(super) fn append(self, entry: Digest) -> Result<(Self, Count), SealError> {
        let index = Count::of(self.entries.len());
        Ok((self.commit(&[entry])?, index))
    }

    /// Appends the statements, given as envelope files, that the log doesn't have, as one group. When
    /// this fails, the writer is gone, as in [`LogWriter::append`].
    pub(super) fn append_statements(
        mut self,
        envelopes: &[Vec<u8>],
    ) -> Result<(Self, Vec<Logged>), SealError> {
        let first = self.entries.len();
        let (mut logged, mut new, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for envelope in envelopes {
            let digest = sha256(envelope);
            let next = Count::of(first.saturating_add(new.len()));
            let index = *self.indices.entry(digest).or_insert_with(|| {
                new.push(digest);
                bytes.extend_from_slice(envelope);
                next
            });
            logged.push(Logged { index, digest });
        }
        if new.is_empty() {
            return Ok((self, logged));
        }
        self.write_statements(Count::of(first), &bytes)?;
        Ok((self.commit(&new)?, logged))
    }

    fn write_statements(&mut self, first: Count, bytes: &[u8]) -> Result<(), SealError> {
        let folder = self.folder.join(STATEMENTS);
        let statements = match self.statements.take() {
            Some(held) => held,
            None => {
                self.files.make_folder(&folder).map_err(SealError::io(&folder))?;
                self.held.sync().map_err(SealError::io(&self.folder))?;
                self.files.open_folder(&folder).map_err(SealError::io(&folder))?
            }
        };
        let path = self.folder.join(logbook::file_name(first.0));
        write(self.files, &path, bytes)
            .and_then(|()| statements.sync())
            .map_err(SealError::io(&path))?;
        self.statements = Some(statements);
        Ok(())
    }

    /// Makes entries durable, then the head over them.
    fn commit(mut self, new: &[Digest]) -> Result<Self, SealError> {
        let path = self.folder.join(ENTRIES);
        let begun = exists(&path)?;
        let appended = if begun { self.files.append(&path) } else { self.files.create(&path) };
        let bytes: Vec<_> = new.iter().flat_map(|entry| entry.0).collect();
        let appended = appended.and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync()
        });
        appended.map_err(SealError::io(&path))?;
        if !begun {
            self.held.sync().map_err(SealError::io(&self.folder))?;
        }
        for entry in new {
            self.indices.insert(*entry, Count::of(self.entries.len()));
            self.entries.push(*entry);
            self.tree.push(&entry.0);
        }
        self.note = sign(&self.tree, &self.key, self.signer);
        publish(self.files, self.held.as_ref(), &self.folder, &self.note)?;
        Ok(self)
    }

    /// The proofs that the log has the entries of a pack and of its announcement.
    pub(super) fn proofs(&self, pack: Count, intent: Count) -> Result<Proofs, SealError> {
        let leaves = log::leaves(&self.entries);
        let proof = |index| {
            let proof = LogProof::under(&self.note, &leaves, index);
            proof.ok_or_else(|| SealError::new("the log has no such entry"))
        };
        Ok(Proofs { pack: proof(pack)?, intent: proof(intent)? })
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
    for name in [ENTRIES, STATEMENTS] {
        if exists(&folder.join(name))? {
            let reason = format!("log `{}`: `{name}` without `{HEAD}`", folder.display());
            return Err(SealError::new(reason).help("restore the log's folder from a backup"));
        }
    }
    has_all(&[], packs, folder)?;
    Ok(sign(&Tree::default(), key, signer))
}

fn sign(tree: &Tree, key: &NoteKey, signer: &SigningKey) -> String {
    let checkpoint =
        Checkpoint { origin: key.name().to_owned(), size: Count(tree.size()), root: tree.root() };
    let text = checkpoint.to_string();
    let signature = signer.sign(text.as_bytes());
    let signature = NoteSignature { name: key.name().to_owned(), id: key.id(), signature };
    Note { text, signatures: vec![signature] }.to_string()
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

/// Cuts off the entries that were never acknowledged. Durable before the file of their statements is
/// removed, without which a group of them would be taken for what an old head doesn't cover.
fn drop_entries(files: &dyn Files, folder: &Path, acknowledged: usize) -> Result<(), SealError> {
    let path = folder.join(ENTRIES);
    let acknowledged = Count::of(acknowledged).0.saturating_mul(32);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() > acknowledged => files
            .cut(&path, acknowledged)
            .and_then(|()| files.append(&path)?.sync())
            .map_err(SealError::io(&path)),
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // Without the cut the next entry would stand behind one that was never acknowledged.
        Err(e) => Err(SealError::unread(&path)(e)),
    }
}

/// Removes the statements that were never acknowledged, and gives the folder of the others. Durable,
/// also where the last writer was killed before it was: a file that came back would be that of entries
/// which others have taken.
fn drop_statements(
    files: &dyn Files,
    folder: &Path,
    acknowledged: usize,
) -> Result<Option<Box<dyn Folder>>, SealError> {
    let path = folder.join(STATEMENTS);
    if !exists(&path)? {
        return Ok(None);
    }
    let held = files.open_folder(&path).map_err(SealError::io(&path))?;
    for first in logbook::files(folder).map_err(SealError::unread(&path))? {
        if first >= Count::of(acknowledged).0 {
            let path = folder.join(logbook::file_name(first));
            files.remove(&path).map_err(SealError::io(&path))?;
        }
    }
    held.sync().map_err(SealError::io(&path))?;
    Ok(Some(held))
}
