//! The timestamp of a head of the log, with the proof that the pack was in the log by then.
//!
//! `SHA256SUMS` doesn't list it, because it is added to a sealed pack. The proof and the token's imprint are
//! verified; the token's signature is not, and the report says so.

use super::folder::Folder;
use super::stop::{Ended, Stop};
use super::{Keys, Log, Report};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::layout::{PROOF, TIMESTAMP, TIMESTAMP_PROOF};
use crate::proof::LogProof;
use crate::timestamp::{MAX_RESPONSE, Token};
use tieout_controls::Digest;

/// Checks the timestamp of a pack, of that envelope and with that proof, where it has one.
pub(super) fn check(
    folder: &Folder,
    pack: (&Digest, &LogProof),
    keys: &Keys,
    report: &mut Report,
) -> Result<(), Ended> {
    if !folder.has(TIMESTAMP_PROOF) && !folder.has(TIMESTAMP) {
        return Ok(());
    }
    let what = "the timestamp is over a head of the log that has the envelope";
    let Token { time, .. } = report.check(what, token(folder, pack, keys))?;
    report.note(format!(
        "timestamp: {time} by the token in `{TIMESTAMP}`, whose signature was not verified: openssl does that (VERIFY.md)"
    ));
    Ok(())
}

fn token(
    folder: &Folder,
    (digest, of_pack): (&Digest, &LogProof),
    keys: &Keys,
) -> Result<Token, Stop> {
    let wrong = |e: &dyn std::fmt::Display| Stop::from(format!("`{TIMESTAMP_PROOF}`: {e}"));
    let proof = LogProof::parse(&folder.read_text(TIMESTAMP_PROOF)?).map_err(|e| wrong(&e))?;
    let head = proof.includes(&digest.0).map_err(|e| wrong(&e))?;
    if proof.index != of_pack.index {
        return Err(wrong(&format!("another index than in `{PROOF}`")));
    }
    let origin = of_pack.includes(&digest.0).map_err(|e| wrong(&e))?.origin;
    if head.origin != origin {
        return Err(wrong(&CheckpointError::Origin { found: head.origin, expected: origin }));
    }
    signed(&proof.checkpoint, keys).map_err(|e| wrong(&e))?;
    let limit = u64::try_from(MAX_RESPONSE).unwrap_or(u64::MAX);
    let wrong = |e: &dyn std::fmt::Display| Stop::from(format!("`{TIMESTAMP}`: {e}"));
    let token = Token::parse(&folder.read(TIMESTAMP, limit)?).map_err(|e| wrong(&e))?;
    token.is_over(&head).map_err(|e| wrong(&e))?;
    Ok(token)
}

/// That the log signed the head. No witness is asked for: a token says of whatever head that it was there.
fn signed(note: &str, keys: &Keys) -> Result<(), String> {
    match &keys.log {
        Log::Nobody => Ok(()),
        Log::Key(key) => Checkpoint::verified(note, key).map(drop).map_err(|e| e.to_string()),
        Log::Policy(policy) => policy.of_log(note).map(drop).map_err(|e| e.to_string()),
    }
}
