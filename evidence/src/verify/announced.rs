//! That a run was announced in the log before its result was.

use super::folder::{Covered, Folder};
use super::stop::{Ended, Stop};
use super::{Keys, Report};
use crate::claims::Predicate;
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::intent::{self, Intent};
use crate::layout::{CHECKPOINT, INTENT, INTENT_PROOF};
use crate::proof::LogProof;
use tieout_controls::Count;

/// Reads and checks the announcement, all but what it says of the result.
pub(super) fn read(
    (folder, covered): (&Folder, &Covered<'_>),
    predicate: &Predicate,
    result: &LogProof,
    keys: &Keys,
    report: &mut Report,
) -> Result<Intent, Ended> {
    let intent = signed(covered, predicate, keys);
    let intent = report.check("the run's announcement is signed as its result is", intent)?;
    let before = before(folder, predicate, &intent, result);
    report.check("the log has the announcement before the result", before)?;
    Ok(intent)
}

fn signed(covered: &Covered<'_>, predicate: &Predicate, keys: &Keys) -> Result<Intent, Stop> {
    let wrong = |what: String| Stop::from(format!("`{INTENT}`: {what}"));
    let bytes = covered.read(INTENT)?;
    if sha256(&bytes) != predicate.intent {
        return Err(wrong("another announcement than the statement names".to_owned()));
    }
    let envelope = Envelope::parse(&bytes).map_err(wrong)?;
    if envelope.keyid != predicate.operator.keyid {
        return Err(wrong("signed by another key than the result".to_owned()));
    }
    if !keys.operator.as_ref().is_none_or(|key| envelope.holds_under(key)) {
        return Err(wrong("the signature does not hold".to_owned()));
    }
    intent::read(&envelope).map_err(wrong)
}

/// The announcement's proof leads to the checkpoint of the result's, from an index before.
fn before(
    folder: &Folder,
    predicate: &Predicate,
    intent: &Intent,
    result: &LogProof,
) -> Result<(), Stop> {
    let wrong = |what: String| Stop::from(format!("`{INTENT_PROOF}`: {what}"));
    let proof = LogProof::parse(&folder.read_text(INTENT_PROOF)?);
    let proof = proof.map_err(|e| wrong(e.to_string()))?;
    if proof.checkpoint != result.checkpoint {
        return Err(wrong(format!("its checkpoint is another than `{CHECKPOINT}`")));
    }
    proof.includes(&predicate.intent.0).map_err(|e| wrong(e.to_string()))?;
    if proof.index >= result.index {
        return Err(wrong("the run was announced after its result".to_owned()));
    }
    if intent.previous.is_none() != (proof.index == Count(0)) {
        return Err(wrong("what it says of the entry before does not fit its index".to_owned()));
    }
    let next = proof.index.0.checked_add(1) == Some(result.index.0);
    if next && predicate.previous != Some(predicate.intent) {
        return Err(wrong("the entry before the result is not the one that it names".to_owned()));
    }
    Ok(())
}
