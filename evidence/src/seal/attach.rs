//! Putting the people's statements of the log beside the pack that they are about.

use super::SealError;
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::files::{Disk, Files, beside, if_there, write};
use crate::layout::{REVIEW_ENVELOPE, REVIEW_PROOF, REVIEWS, STATEMENT};
use crate::log::{LogEntries, leaves};
use crate::logbook::Statement;
use crate::people::disposition::{Clearance, Disposition};
use crate::people::key::is_about_keys;
use crate::proof::LogProof;
use crate::statement::{Stated, subject_of, type_of};
use std::collections::BTreeSet;
use std::path::Path;
use tieout_controls::Digest;

/// Writes `reviews/` of a pack anew from a log and its statements, as they were read: the statements about
/// the pack, the clearances of its dispositions, and all statements about keys, each with its proof under the
/// log's head. Gives how many there are; where nothing is stated about the pack, nothing is written, so that it stays
/// what it was for readers who know no authority.
///
/// The folder is written beside the pack and exchanged: an interruption leaves the old one, the new one, or
/// none, and the next call makes good for it.
///
/// # Errors
/// The pack can't be read or is not in the log, or something can't be written.
pub fn attach(log: &LogEntries, statements: &[Statement], pack: &Path) -> Result<usize, SealError> {
    let path = pack.join(STATEMENT);
    let digest = sha256(&std::fs::read(&path).map_err(SealError::unread(&path))?);
    if !log.entries.contains(&digest) {
        let reason = format!("pack `{}` is not in the log", pack.display());
        return Err(SealError::new(reason).help("name the log that it was sealed into"));
    }
    let Some(statements) = about(&digest, statements) else { return Ok(0) };
    let leaves = leaves(&log.entries);
    let files = &Disk;
    let reviews = pack.join(REVIEWS);
    let beside = beside(pack, ".reviews");
    remove(&beside)?;
    files.make_folder(&beside).map_err(SealError::io(&beside))?;
    let held = files.open_folder(&beside).map_err(SealError::io(&beside))?;
    for statement in &statements {
        let index = statement.index;
        let proof = LogProof::under(&log.note, &leaves, index);
        let proof = proof.ok_or_else(|| SealError::new("the log has no such entry"))?.to_string();
        for (ending, bytes) in
            [(REVIEW_ENVELOPE, &statement.envelope[..]), (REVIEW_PROOF, proof.as_bytes())]
        {
            let path = beside.join(format!("{}{ending}", statement.digest));
            write(files, &path, bytes).map_err(SealError::io(&path))?;
        }
    }
    held.sync().map_err(SealError::io(&beside))?;
    let held = files.open_folder(pack).map_err(SealError::io(pack))?;
    remove(&reviews)?;
    files.rename(&beside, &reviews).and_then(|()| held.sync()).map_err(SealError::io(&reviews))?;
    Ok(statements.len())
}

/// The statements that belong beside the pack of that digest; `None` where none is about it.
fn about<'a>(pack: &Digest, statements: &'a [Statement]) -> Option<Vec<&'a Statement>> {
    let mut dispositions = BTreeSet::new();
    let mut of_pack = false;
    let mut found = Vec::new();
    for statement in statements {
        let Ok(envelope) = Envelope::parse(&statement.envelope) else { continue };
        let (kind, subject) = (type_of(&envelope), subject_of(&envelope));
        let kind = kind.as_deref().unwrap_or_default();
        let is_of_pack = subject == Some(*pack) && is_of_file(kind);
        let is_clearance = kind == Clearance::TYPE
            && subject.is_some_and(|subject| dispositions.contains(&subject));
        if is_of_pack && kind == Disposition::TYPE {
            dispositions.insert(statement.digest);
        }
        of_pack |= is_of_pack;
        if is_of_pack || is_clearance || is_about_keys(kind) {
            found.push(statement);
        }
    }
    of_pack.then_some(found)
}

/// Whether a pack's file has statements of that type. Others may be about a pack, too.
fn is_of_file(kind: &str) -> bool {
    use crate::people::{Addendum, Completion, ExternalSignOff, Review};
    [Review::TYPE, ExternalSignOff::TYPE, Disposition::TYPE, Completion::TYPE, Addendum::TYPE]
        .contains(&kind)
}

fn remove(folder: &Path) -> Result<(), SealError> {
    if_there(Disk.remove_folder(folder)).map_err(SealError::io(folder)).map(drop)
}
