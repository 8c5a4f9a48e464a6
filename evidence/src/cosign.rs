//! Asking witnesses for cosignatures: the log's side of <https://c2sp.org/tlog-witness>, but for HTTP.
//!
//! A witness is asked with the size that it cosigned last. A log doesn't keep that: it asks from nothing, and
//! a witness that has cosigned something says its size.

use crate::checkpoint::decimal;
use crate::cosignature::Cosigner;
use crate::encoding::base64;
use crate::log::{self, LogEntries};
use crate::merkle::consistency_proof;
use crate::note::{Note, NoteError, NoteSignature};
use tieout_controls::Count;

/// What a witness's answer means for the log that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It cosigned the head: the line, and when, in seconds since 1970.
    Cosigned(NoteSignature, u64),
    /// It cosigned this size last, so it is to be asked from there.
    From(Count),
    /// It doesn't cosign; a reason for people.
    Refused(String),
}

/// The body of `add-checkpoint` that asks for a cosignature under the log's head by a witness that cosigned
/// the size `old` last; `None` when the log is smaller.
pub fn request(log: &LogEntries, old: Count) -> Option<String> {
    let size = usize::try_from(old.0).ok().filter(|size| *size <= log.entries.len())?;
    let proof = match size {
        0 => Vec::new(),
        size => consistency_proof(&log::leaves(&log.entries), size)?,
    };
    let hashes: String = proof.iter().map(|hash| base64(&hash.0) + "\n").collect();
    Some(format!("old {old}\n{hashes}\n{}", log.note))
}

/// What a witness's answer to the request from `old` says; nothing of it is believed but what its key signed.
pub fn reply(log: &LogEntries, old: Count, witness: &Cosigner, status: u16, body: &str) -> Reply {
    let refused = |why: &str| Reply::Refused(why.to_owned());
    match status {
        200 => cosigned(log, witness, body).unwrap_or_else(refused),
        409 => match body.strip_suffix('\n').and_then(decimal).map(Count) {
            None => refused("it answers 409 and not with a size"),
            Some(last) if last > log.checkpoint.size => Reply::Refused(format!(
                "it has cosigned {last} entries and the log has {}: an older log was put back, or there are two",
                log.checkpoint.size
            )),
            Some(last) if last == old => Reply::Refused(format!(
                "it has cosigned another log of {last} entries: there are two histories"
            )),
            Some(last) => Reply::From(last),
        },
        400 => refused("it can't read the request"),
        403 => refused("it knows the log under another key"),
        404 => refused("it does not know the log"),
        422 => refused("the log does not continue what it has cosigned: there are two histories"),
        other => Reply::Refused(format!("it answers {other}")),
    }
}

fn cosigned(log: &LogEntries, witness: &Cosigner, body: &str) -> Result<Reply, &'static str> {
    let text = log.checkpoint.to_string();
    let note = Note::parse(&format!("{text}\n{body}"))
        .map_err(|_| "its answer is not lines of signatures")?;
    let holds = |_: NoteError| "its cosignature does not hold";
    let time = witness.cosigned(&note).map_err(holds)?;
    let line = note.only(witness).map_err(holds)?;
    match (time, line) {
        (Some(time), Some(line)) => Ok(Reply::Cosigned(line.clone(), time)),
        _ => Err("it signs with another key than the policy has"),
    }
}

/// A note with these lines; those that it has of the same keys stay.
///
/// # Errors
/// It is none, or has too many lines then.
pub fn with_lines(note: &str, lines: &[NoteSignature]) -> Result<String, NoteError> {
    let mut note = Note::parse(note)?;
    for line in lines {
        let same = |own: &NoteSignature| own.name == line.name && own.id == line.id;
        if !note.signatures.iter().any(same) {
            note.signatures.push(line.clone());
        }
    }
    let text = note.to_string();
    Note::parse(&text).map(|_| text)
}
