//! Finishing a logged pack, be it one's own or one whose sealing was interrupted.

use super::SealError;
use super::append::LogWriter;
use crate::encoding::sha256;
use crate::files::{Files, write};
use crate::layout::{CHECKPOINT, PROOF, STATEMENT};
use std::path::Path;
use tieout_controls::Count;

/// What the name of a pack that is being written ends with; it begins with a dot.
const PARTIAL: &str = ".partial";

/// The name of the folder in which the pack of that name is written.
pub(super) fn partial_name(name: &str) -> String {
    format!(".{name}{PARTIAL}")
}

/// Finishes the partial packs that the log has, and removes the others.
pub(super) fn partial_packs(
    files: &dyn Files,
    packs: &Path,
    log: &LogWriter<'_>,
) -> Result<(), SealError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(packs).map_err(SealError::io(packs))? {
        let entry = entry.map_err(SealError::io(packs))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for partial in names {
        let name = partial.strip_prefix('.').and_then(|name| name.strip_suffix(PARTIAL));
        let Some(name) = name else { continue };
        let folder = packs.join(&partial);
        let envelope = std::fs::read(folder.join(STATEMENT)).ok();
        match envelope.and_then(|bytes| log.find(&sha256(&bytes))) {
            Some(index) => finish(files, &folder, &packs.join(name), log, index)?,
            None => files.remove_folder(&folder).map_err(SealError::io(&folder))?,
        }
    }
    Ok(())
}

/// Writes the log's proof into a partial pack and gives the pack its name.
pub(super) fn finish(
    files: &dyn Files,
    partial: &Path,
    folder: &Path,
    log: &LogWriter<'_>,
    index: Count,
) -> Result<(), SealError> {
    let proof = log.proof(index)?;
    for (name, text) in [(PROOF, proof.to_string()), (CHECKPOINT, proof.checkpoint)] {
        let path = partial.join(name);
        if path.exists() {
            files.remove(&path).map_err(SealError::io(&path))?;
        }
        write(files, &path, text.as_bytes()).map_err(SealError::io(&path))?;
    }
    let proofs = partial.join(Path::new(PROOF).parent().unwrap_or(Path::new("")));
    let packs = folder.parent().unwrap_or(Path::new("."));
    files
        .sync_folder(&proofs)
        .and_then(|()| files.rename(partial, folder))
        .and_then(|()| files.sync_folder(packs))
        .map_err(SealError::io(folder))
}
