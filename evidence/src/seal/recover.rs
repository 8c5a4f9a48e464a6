//! Finishing a logged pack, be it one's own or one whose sealing was interrupted.

use super::SealError;
use super::append::LogWriter;
use super::timestamp::settle;
use crate::encoding::sha256;
use crate::files::{Files, Folder, if_there, write};
use crate::layout::{CHECKPOINT, INTENT, INTENT_PROOF, PROOF, PROOFS, STATEMENT};
use crate::proof::LogProof;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tieout_controls::Count;

/// What the name of a pack that is being written ends with; it begins with a dot.
const PARTIAL: &str = ".partial";

/// The folder of the packs, held open while it gets names.
pub(super) struct Packs<'a> {
    pub(super) path: &'a Path,
    pub(super) held: Box<dyn Folder>,
}

/// The name of the folder in which the pack of that name is written.
pub(super) fn partial_name(name: &str) -> String {
    format!(".{name}{PARTIAL}")
}

/// The name of a finished pack, from that of its folder.
pub(super) fn name_of(folder: OsString) -> Result<String, SealError> {
    folder.into_string().map_err(|name| {
        SealError::new(format!("the name of pack `{}` is not UTF-8", name.display()))
            .help("rename its folder: a pack's name may be any that is UTF-8")
    })
}

/// Takes a finished pack's name from it, durably, so that what is changed in it never shows half done. Gives the folder
/// that has the pack now; whoever finishes it gives the name back.
pub(super) fn begin_change(
    files: &dyn Files,
    packs: &Packs<'_>,
    name: &str,
) -> Result<PathBuf, SealError> {
    let (pack, partial) = (packs.path.join(name), packs.path.join(partial_name(name)));
    let begun = files.rename(&pack, &partial).and_then(|()| packs.held.sync());
    begun.map(|()| partial).map_err(SealError::io(&pack))
}

/// The folders of packs that are being written, in the order of their names, each with the name it will have. That
/// they have no other name is durable then: who was killed may have left one that had, and what is changed in it must
/// never show under that.
pub(super) fn partials(packs: &Packs<'_>) -> Result<Vec<(PathBuf, String)>, SealError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(packs.path).map_err(SealError::unread(packs.path))? {
        let entry = entry.map_err(SealError::unread(packs.path))?;
        // A name that is not UTF-8 is none of ours.
        let partial = entry.file_name().into_string().unwrap_or_default();
        let name = partial.strip_prefix('.').and_then(|name| name.strip_suffix(PARTIAL));
        found.extend(name.map(|name| (entry.path(), name.to_owned())));
    }
    found.sort();
    if !found.is_empty() {
        packs.held.sync().map_err(SealError::io(packs.path))?;
    }
    Ok(found)
}

/// Finishes the partial packs that the log has, and removes the others.
pub(super) fn partial_packs(
    files: &dyn Files,
    packs: &Packs<'_>,
    log: &LogWriter<'_>,
) -> Result<(), SealError> {
    for (folder, name) in partials(packs)? {
        let path = folder.join(STATEMENT);
        // One that can't be read may be logged.
        let envelope = if_there(std::fs::read(&path)).map_err(SealError::unread(&path))?;
        match envelope.and_then(|bytes| log.find(&sha256(&bytes))) {
            Some(index) => finish(files, &folder, packs, &name, log, index)?,
            None => files.remove_folder(&folder).map_err(SealError::io(&folder))?,
        }
    }
    Ok(())
}

/// Writes the log's proofs into a partial pack and gives the pack its name.
pub(super) fn finish(
    files: &dyn Files,
    partial: &Path,
    packs: &Packs<'_>,
    name: &str,
    log: &LogWriter<'_>,
    index: Count,
) -> Result<(), SealError> {
    let intent = partial.join(INTENT);
    let intent = std::fs::read(&intent).map_err(SealError::unread(&intent))?;
    let intent = log.find(&sha256(&intent));
    let intent = intent.ok_or_else(|| SealError::new("the log does not have the announcement"))?;
    put(files, partial, packs, name, &log.proofs(index, intent)?)
}

/// The proofs of a pack, under one checkpoint.
pub(super) struct Proofs {
    pub(super) pack: LogProof,
    pub(super) intent: LogProof,
}

/// Writes proofs into a partial pack, in place of those that it has, and gives the pack its name.
pub(super) fn put(
    files: &dyn Files,
    partial: &Path,
    packs: &Packs<'_>,
    name: &str,
    Proofs { pack, intent }: &Proofs,
) -> Result<(), SealError> {
    let proofs = partial.join(PROOFS);
    let held = files.open_folder(&proofs).map_err(SealError::io(&proofs))?;
    settle(files, partial)?;
    for (file, text) in [
        (PROOF, &pack.to_string()),
        (INTENT_PROOF, &intent.to_string()),
        (CHECKPOINT, &pack.checkpoint),
    ] {
        let path = partial.join(file);
        if path.try_exists().map_err(SealError::unread(&path))? {
            files.remove(&path).map_err(SealError::io(&path))?;
        }
        write(files, &path, text.as_bytes()).map_err(SealError::io(&path))?;
    }
    let folder = packs.path.join(name);
    held.sync()
        .and_then(|()| files.rename(partial, &folder))
        .and_then(|()| packs.held.sync())
        .map_err(SealError::io(&folder))
}
