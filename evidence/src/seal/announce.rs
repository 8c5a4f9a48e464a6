//! Announcing a run in the log, and saying there that it came to nothing.

use super::append::LogWriter;
use super::{Logged, SealError, two_keys};
use crate::files::{Disk, Files};
use crate::intent::{Abandoned, IntendedRun, Intent};
use crate::key::SigningKey;
use crate::statement;
use chrono::{DateTime, Utc};
use std::path::Path;
use tieout_controls::result::{PolicyIdentity, RunParameters};
use tieout_controls::value::instant_text;
use tieout_controls::{Control, Count, DatasetSummary, Digest};

/// What is announced.
pub struct IntentInput<'a> {
    /// The run's parameters.
    pub run: &'a RunParameters,
    /// The datasets, by name.
    pub datasets: &'a [DatasetSummary],
    /// The controls by id, as they will be run, each with the policy that will decide; none where it
    /// can't be tested.
    pub controls: &'a [(Control, Option<PolicyIdentity>)],
    /// The operator's key.
    pub operator: &'a SigningKey,
    /// The log's key; another than the operator's.
    pub log_key: &'a SigningKey,
    /// The log's folder.
    pub log: &'a Path,
    /// The log's origin line.
    pub origin: &'a str,
    /// The folder of the packs.
    pub packs: &'a Path,
    /// The clock.
    pub announced_at: DateTime<Utc>,
}

/// An announcement that is in the log.
#[derive(Debug, Clone)]
pub struct Announced {
    /// Its index.
    pub index: Count,
    /// The SHA-256 of its envelope file.
    pub digest: Digest,
    /// The envelope file.
    pub(super) envelope: Vec<u8>,
}

/// Announces a run: signs what will be tested and logs it, durably, before anything is decided. Waits
/// while another writes the log.
///
/// # Errors
/// See [`SealError`]; nothing is announced then, or it is in the log and stays open.
pub fn announce(input: &IntentInput<'_>) -> Result<Announced, SealError> {
    announce_with(&Disk, input)
}

pub(super) fn announce_with(
    files: &dyn Files,
    input: &IntentInput<'_>,
) -> Result<Announced, SealError> {
    two_keys(input.operator, input.log_key)?;
    let controls = input.controls.iter().map(|(control, policy)| (control, policy.as_ref()));
    let run = IntendedRun::new(input.run, input.datasets, controls).map_err(SealError::new)?;
    let log = LogWriter::open(files, input.log, input.packs, input.origin, input.log_key)?;
    let (subject, previous) = (run.configuration(), log.last());
    let intent = Intent { announced_at: instant_text(input.announced_at), previous, run };
    let envelope = signed(subject, &intent, input.operator)?;
    let (_, logged) = log.append_statements(std::slice::from_ref(&envelope))?;
    let Some(Logged { index, digest }) = logged.first().copied() else {
        return Err(SealError::new("the announcement was not logged"));
    };
    Ok(Announced { index, digest, envelope })
}

/// Says in the log that an announced run came to nothing, and why: in words that tell nothing of the
/// data.
///
/// # Errors
/// The log can't be written: the announcement stays open.
pub fn abandon(
    announced: &Announced,
    reason: &str,
    (operator, log_key): (&SigningKey, &SigningKey),
    (log, packs, origin): (&Path, &Path, &str),
    at: DateTime<Utc>,
) -> Result<Logged, SealError> {
    two_keys(operator, log_key)?;
    let stated = Abandoned { abandoned_at: instant_text(at), reason: reason.to_owned() };
    let envelope = signed(announced.digest, &stated, operator)?;
    let log = LogWriter::open(&Disk, log, packs, origin, log_key)?;
    let (_, logged) = log.append_statements(&[envelope])?;
    logged.first().copied().ok_or_else(|| SealError::new("the abandonment was not logged"))
}

fn signed<S: statement::Stated>(
    subject: Digest,
    stated: &S,
    operator: &SigningKey,
) -> Result<Vec<u8>, SealError> {
    let payload = statement::payload(subject, stated)
        .ok_or_else(|| SealError::new(format!("the {} can't be written", S::WHAT)))?;
    super::fits(&payload, S::WHAT)?;
    Ok(operator.envelope(payload).to_bytes())
}
