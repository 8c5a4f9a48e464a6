//! Putting cosignatures into the log and the packs' proofs.
//!
//! A pack gets another proof as an interrupted one gets its first: it takes back the name of a pack that is
//! being written, gets the files of `proofs/`, and its own name again. So at no time a visible pack has half
//! a proof, and what an interruption leaves the next sealing finishes.

use super::SealError;
use super::append::{LOCK, NEXT_HEAD};
use super::prover::Prover;
use super::recover::{Packs, Proofs, begin_change, name_of, put};
use crate::checkpoint::Checkpoint;
use crate::cosign::with_lines;
use crate::files::{Disk, Files, if_there, lock, replace};
use crate::layout::{INTENT, PROOF, STATEMENT};
use crate::log::{self, HEAD, LogEntries, pack_folders};
use crate::note::{NoteKey, NoteSignature};
use crate::proof::LogProof;
use std::path::Path;

/// Adds lines to a head that the log has or had. Packs get a proof under it: those of that very head the
/// lines, and once the lines are `enough`, all that it covers and whose own checkpoint isn't. Gives the names of
/// the packs that got one.
///
/// # Errors
/// The log can't be read, or doesn't continue that head; or something can't be written: what was not done yet
/// is done by the next call, and a pack that is in between is finished by the next sealing.
pub fn keep_cosigned(
    (folder, packs): (&Path, &Path),
    key: &NoteKey,
    head: &str,
    lines: &[NoteSignature],
    enough: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, SealError> {
    let path = folder.join(LOCK);
    let _lock = lock(&path).map_err(SealError::io(&path))?;
    let unfit = |e: &dyn std::fmt::Display| SealError::new(e.to_string());
    let now = log::read(folder, key).map_err(|e| unfit(&e))?;
    let checkpoint = Checkpoint::verified(head, key).map_err(|e| unfit(&e))?;
    crate::fsck::continues(&now, &checkpoint).map_err(SealError::new)?;
    let is_head = checkpoint == now.checkpoint;
    // Lines that somebody else put there meanwhile stay.
    let note = with_lines(if is_head { &now.note } else { head }, lines).map_err(|e| unfit(&e))?;
    if is_head && note != now.note {
        put_head(folder, &note)?;
    }
    let size = usize::try_from(checkpoint.size.0).unwrap_or(usize::MAX);
    let entries = now.entries.into_iter().take(size).collect();
    renew(packs, &LogEntries { checkpoint, note, entries }, enough)
}

fn put_head(folder: &Path, note: &str) -> Result<(), SealError> {
    let (beside, path) = (folder.join(NEXT_HEAD), folder.join(HEAD));
    let held = Disk.open_folder(folder).map_err(SealError::io(folder))?;
    if beside.try_exists().map_err(SealError::unread(&beside))? {
        Disk.remove(&beside).map_err(SealError::io(&beside))?;
    }
    replace(&Disk, held.as_ref(), (&beside, &path), note.as_bytes()).map_err(SealError::io(&path))
}

fn renew(
    packs: &Path,
    log: &LogEntries,
    enough: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, SealError> {
    let mut renewed = Vec::new();
    let all = enough(&log.note);
    let prover = Prover::of(log);
    for name in pack_folders(packs).map_err(SealError::unread(packs))? {
        let pack = packs.join(&name);
        let path = pack.join(PROOF);
        let text = if_there(std::fs::read(&path)).map_err(SealError::unread(&path))?;
        let Some(text) = text else { continue };
        let had = String::from_utf8(text).ok().and_then(|text| LogProof::parse(&text).ok());
        let had = had.map(|proof| proof.checkpoint).unwrap_or_default();
        let own = had.starts_with(&log.checkpoint.to_string());
        if had == log.note || enough(&had) || !(all || own) {
            continue;
        }
        let proofs = (prover.proof(&pack, STATEMENT)?, prover.proof(&pack, INTENT)?);
        if let (Some(pack), Some(intent)) = proofs {
            let name = name_of(name)?;
            let held = Disk.open_folder(packs).map_err(SealError::io(packs))?;
            let open = Packs { path: packs, held };
            let partial = begin_change(&Disk, &open, &name)?;
            put(&Disk, &partial, &open, &name, &Proofs { pack, intent })?;
            renewed.push(name);
        }
    }
    Ok(renewed)
}
