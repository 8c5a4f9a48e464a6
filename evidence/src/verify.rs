//! Verifying a pack.
//!
//! Nothing in the pack is read for its meaning before it is authenticated: first the files are
//! held against `SHA256SUMS`, then the envelope's signature against the operator's key, the
//! envelope against the log, the announcement of the run against both, and only then statement,
//! result and records against one another. The first step that fails ends the verification.

mod announced;
mod chunk;
mod content;
mod disclosed;
mod folder;
mod line;
mod lines;
mod ordered;
mod place;
mod population;
mod records;
mod reviews;
mod rows;
mod scan;
mod sealed;
mod stop;
mod tally;
mod timestamped;
mod withheld;

pub use crate::line_proof::Tree;
pub use crate::visible::visible;
pub use line::{LineVerification, ProvedLine, verify_line};
pub use reviews::{Reviews, Trust, outside, reviews};
pub use stop::VerifyError;
pub use withheld::{Unseal, Unsealing, Why, Withheld};

use crate::checkpoint::Checkpoint;
use crate::claims::Statement;
use crate::demo;
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::erasure::Receipts;
use crate::layout::{CHECKPOINT, MAX_ENVELOPE, MAX_STATEMENT, PROOF, REVIEWS, STATEMENT, SUMS};
use crate::note::NoteKey;
use crate::policy::{Policy, PolicyError};
use crate::proof::LogProof;
use crate::public_key::PublicKey;
use chrono::{DateTime, SecondsFormat};
use folder::{Covered, Folder};
use std::path::{Path, PathBuf};
use stop::{Ended, Stop};
use tieout_controls::{Count, Digest, RunResult};

/// What the verifier trusts, from outside the pack.
#[derive(Debug, Clone, Default)]
pub struct Anchor {
    /// The operator's public key (SPKI PEM).
    pub operator: Option<String>,
    /// The log's verifier key (C2SP vkey text).
    pub log: Option<String>,
    /// Instead of it a policy file (C2SP tlog-policy): which logs, and which witnesses must have cosigned.
    pub policy: Option<String>,
}

/// What verification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds, under the anchor given.
    Valid,
    /// Something does not hold.
    Invalid,
    /// Everything holds by itself, but nothing outside the pack vouches for the keys.
    Indeterminate,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, such as `SHA256SUMS lists every file`.
    pub what: String,
    /// `None` when it holds, else what is wrong, with the file: one line, safe to print.
    pub failure: Option<String>,
}

/// The report of a verification.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The verdict.
    pub verdict: Verdict,
    /// The checks in their order; the last one is the one that failed, if any did.
    pub checks: Vec<Check>,
    /// What to know or do, such as `sealed with a demo key`: each one line, safe to print.
    pub notes: Vec<String>,
    /// The pack's content, when it is not invalid.
    pub pack: Option<VerifiedPack>,
}

/// The content of a pack that verified (valid or indeterminate). Only [`verify`] and [`check`] make one.
#[derive(Debug, Clone)]
pub struct VerifiedPack {
    /// Where it is.
    pub folder: PathBuf,
    /// Its id, which everything that is salted depends on: 32 hexadecimal digits.
    pub id: String,
    /// SHA-256 of the envelope file: the log's leaf data and the pack's name.
    pub digest: Digest,
    /// Its index in the log.
    pub log_index: Count,
    /// When it was sealed, by its own word (RFC 3339).
    pub sealed_at: String,
    /// The result, with datasets and refused rows put back.
    pub result: RunResult,
    /// The violating and undetermined records in the population's order, then the refused rows:
    /// the parsed lines of `records/`, with what is disclosed put in its place.
    ///
    /// A record: `{"v":"1","kind":"record","control":…,"decision":"violates"|"undetermined",
    /// "dataset":…,"file":…,"row":…,"population":…,"key":{column: text or null},
    /// "facts":[{"rule":{"file":…,"line":…,"last_line":…},"code":…,"expected":…,"actual":…,
    /// "amount":…,"message":…}],"causes":[{"reason":…,"rule":{…},"column":…}],
    /// "exposure":{"amount":…,"currency":…}|null,"values":{column: text or null},
    /// "personal":{column: text or null}}`. `personal` holds the personal columns of key and
    /// values; what is not disclosed stays there as a digest in `_sd`. In a record that has
    /// `personal`, what the facts say in `expected`, `actual` and `message` was withheld too, and
    /// may repeat it. Fields of a fact without a value, and `personal` of a record without personal
    /// columns, are absent.
    ///
    /// A refused row: `{"v":"1","kind":"refused","dataset":…,"file":…,"row":…,"line":…,
    /// "column":…,"code":…,"reason":…}`, `line` and `column` absent where there is none.
    ///
    /// Every number is a string.
    pub records: Vec<serde_json::Value>,
    /// All evaluated records as disclosed, in the order of the population tree:
    /// `{"control":…,"dataset":…,"file":…,"row":…,"key":{column: text or null},"decision":…}`,
    /// null for one that is withheld; empty when the disclosures were deleted.
    pub population: Vec<serde_json::Value>,
    /// What is not disclosed, and why, in the order of the trees; empty where the lines are not kept, unless
    /// receipts were given.
    pub withheld: Vec<Withheld>,
}

/// What a reader has beside the keys.
#[derive(Clone, Copy, Default)]
pub struct Reading<'a> {
    /// The keys of what is sealed.
    pub unseal: Option<&'a dyn Unseal>,
    /// The receipts of what was erased. With them, what is not disclosed and neither sealed nor receipted
    /// is a finding: the pack is then at best indeterminate.
    pub receipts: Option<&'a Receipts>,
}

/// Verifies a pack.
///
/// # Errors
/// When the pack can't be verified, which says nothing about it: a key of the anchor is none, the
/// folder is no pack, or the system does not let something of it be read. Everything else is a
/// failed check.
pub fn verify(pack: &Path, anchor: &Anchor) -> Result<Verification, VerifyError> {
    verify_with(pack, anchor, Reading::default())
}

/// Verifies a pack as [`verify`] does, and keeps none of its lines, so that memory does not grow with
/// them: of the [`VerifiedPack`], `records`, `population` and the result's `refused_rows` are empty. They are
/// kept where people stated something beside the pack, for [`reviews`] to hold it against them. Of the rows of
/// one control that are known a bit is held, of its groups a digest, and of what is sealed of persons its place.
///
/// # Errors
/// As [`verify`].
pub fn check(pack: &Path, anchor: &Anchor) -> Result<Verification, VerifyError> {
    check_with(pack, anchor, Reading::default())
}

/// Verifies a pack as [`verify`] does, with what else the reader has.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    pack: &Path,
    anchor: &Anchor,
    reading: Reading<'_>,
) -> Result<Verification, VerifyError> {
    verify_and_keep(pack, anchor, reading, Kept { lines: true, withheld: true })
}

/// Verifies a pack as [`check`] does, with what else the reader has. With receipts memory grows with what
/// is withheld.
///
/// # Errors
/// As [`verify`].
pub fn check_with(
    pack: &Path,
    anchor: &Anchor,
    reading: Reading<'_>,
) -> Result<Verification, VerifyError> {
    let lines = pack.join(REVIEWS).is_dir();
    let kept = Kept { lines, withheld: reading.receipts.is_some() };
    verify_and_keep(pack, anchor, reading, kept)
}

/// What of that which was read stays in memory.
#[derive(Debug, Clone, Copy)]
struct Kept {
    lines: bool,
    /// Each digest that is not disclosed.
    withheld: bool,
}

fn verify_and_keep(
    pack: &Path,
    anchor: &Anchor,
    reading: Reading<'_>,
    kept: Kept,
) -> Result<Verification, VerifyError> {
    let keys = Keys::of(anchor)?;
    folder::is_pack(pack)?;
    let mut report = Report::default();
    let pack = match examine(pack, &keys, (reading, kept), &mut report) {
        Ok(pack) => Some(pack),
        Err(Ended::Failed) => None,
        Err(Ended::Unreadable(error)) => return Err(error),
    };
    let unexplained = pack.as_ref().is_some_and(VerifiedPack::has_unexplained);
    let verdict = match keys.verdict(pack.is_some()) {
        Verdict::Valid if reading.receipts.is_some() && unexplained => Verdict::Indeterminate,
        verdict => verdict,
    };
    Ok(Verification { verdict, checks: report.checks, notes: report.notes, pack })
}

impl VerifiedPack {
    /// Whether something of [`withheld`](Self::withheld) is not disclosed that nothing explains.
    pub fn has_unexplained(&self) -> bool {
        self.withheld.iter().any(|withheld| withheld.why == Why::Unexplained)
    }
}

/// The anchor's keys.
struct Keys {
    operator: Option<PublicKey>,
    log: Log,
}

/// Who is trusted to say what is in the log.
enum Log {
    Nobody,
    Key(NoteKey),
    Policy(Policy),
}

impl Keys {
    fn of(anchor: &Anchor) -> Result<Self, VerifyError> {
        let wrong = |whose, why: String| VerifyError::Key { whose, why };
        let operator = anchor.operator.as_deref().map(PublicKey::from_pem).transpose();
        let log = match (&anchor.log, &anchor.policy) {
            (Some(_), Some(_)) => {
                let why = "a policy names its logs: give one or the other";
                return Err(wrong("log's", why.to_owned()));
            }
            (Some(key), None) => {
                Log::Key(NoteKey::parse(key).map_err(|e| wrong("log's", e.to_string()))?)
            }
            (None, Some(policy)) => {
                let why = |e: PolicyError| wrong("log's", format!("not a policy file: {e}"));
                Log::Policy(Policy::parse(policy).map_err(why)?)
            }
            (None, None) => Log::Nobody,
        };
        Ok(Self { operator: operator.map_err(|e| wrong("operator's", e.to_string()))?, log })
    }

    /// The verdict on what holds by itself, or doesn't.
    fn verdict(&self, holds: bool) -> Verdict {
        match (holds, self) {
            (false, _) => Verdict::Invalid,
            (true, Self { operator: Some(_), log: Log::Key(_) | Log::Policy(_) }) => Verdict::Valid,
            (true, _) => Verdict::Indeterminate,
        }
    }

    /// One key can't stand for two roles: whoever has it could sign and log alone.
    fn differ(&self) -> Result<(), Stop> {
        let Some(operator) = &self.operator else { return Ok(()) };
        match &self.log {
            Log::Key(log) if operator == log.public_key() => {
                Err("the operator's key and the log's key are one key".into())
            }
            Log::Policy(policy) if policy.keys().any(|key| key == operator) => {
                Err("the operator's key is a log's or a witness's of the policy, too".into())
            }
            _ => Ok(()),
        }
    }
}

#[derive(Default)]
struct Report {
    checks: Vec<Check>,
    notes: Vec<String>,
}

impl Report {
    /// Notes how a check ended, and gives its value when it holds.
    fn check<T>(&mut self, what: &str, result: Result<T, Stop>) -> Result<T, Ended> {
        let (value, failure) = match result {
            Ok(value) => (Ok(value), None),
            Err(Stop::Wrong(failure)) => (Err(Ended::Failed), Some(visible(&failure))),
            Err(Stop::Unreadable(error)) => return Err(Ended::Unreadable(error)),
        };
        self.checks.push(Check { what: what.to_owned(), failure });
        value
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(visible(&note.into()));
    }
}

/// Runs the checks in their order, until one does not hold.
fn examine(
    pack: &Path,
    keys: &Keys,
    (reading, kept): (Reading<'_>, Kept),
    report: &mut Report,
) -> Result<VerifiedPack, Ended> {
    let folder = report.check("the folder holds plain files only", Folder::list(pack))?;
    let covered = Covered::read_sums(&folder);
    let covered = report.check("SHA256SUMS lists every other file of the pack", covered)?;
    report.check("every listed document has its digest", covered.check_all())?;
    let envelope = report.check("the statement is in a DSSE envelope", envelope(&folder))?;
    let (digest, envelope) = envelope;
    report.check("operator and log have keys of their own", keys.differ())?;
    check_signature(&envelope, keys, report)?;
    let proof = report.check("the log's proof includes the envelope", proof(&folder, &digest))?;
    check_checkpoint(&proof, keys, report)?;
    timestamped::check(&folder, (&digest, &proof), keys, report)?;
    let statement = statement(&covered, &envelope, &proof).map_err(Stop::from);
    let statement = report.check("the statement is about this SHA256SUMS", statement)?;
    let predicate = &statement.predicate;
    let announced = announced::read((&folder, &covered), predicate, &proof, keys, report)?;
    let content = content::read(&folder, &covered, predicate, (kept, reading.unseal), report)?;
    let fits = announced.run.fits(&content.result).map_err(Stop::from);
    report.check("the result is of what was announced", fits)?;
    let withheld = withheld::explain(content.left, (digest, proof.index), reading.receipts, report);
    closing_notes(&statement, &proof, keys, report);
    Ok(VerifiedPack {
        folder: folder.root().to_owned(),
        id: statement.predicate.pack_id,
        digest,
        log_index: proof.index,
        sealed_at: statement.predicate.sealed_at,
        result: content.result,
        records: content.records,
        population: content.population,
        withheld,
    })
}

/// The envelope and the digest of its file.
fn envelope(folder: &Folder) -> Result<(Digest, Envelope), Stop> {
    let bytes = folder.read(STATEMENT, MAX_ENVELOPE)?;
    let envelope = Envelope::parse(&bytes).map_err(|e| format!("`{STATEMENT}`: {e}"))?;
    Ok((sha256(&bytes), envelope))
}

fn check_signature(envelope: &Envelope, keys: &Keys, report: &mut Report) -> Result<(), Ended> {
    let Some(operator) = &keys.operator else { return Ok(()) };
    let result = if envelope.keyid != operator.id() {
        Err(format!("`{STATEMENT}`: signed by another key, of id {}", envelope.keyid))
    } else if envelope.holds_under(operator) {
        Ok(())
    } else {
        Err(format!("`{STATEMENT}`: the signature does not hold"))
    };
    report.check("the envelope is signed by the operator's key", result.map_err(Stop::from))
}

fn proof(folder: &Folder, digest: &Digest) -> Result<LogProof, Stop> {
    let text = folder.read_text(PROOF)?;
    let proof = LogProof::parse(&text).map_err(|e| format!("`{PROOF}`: {e}"))?;
    proof.includes(&digest.0).map_err(|e| format!("`{PROOF}`: {e}"))?;
    if folder.read_text(CHECKPOINT)? != proof.checkpoint {
        return Err(format!("`{CHECKPOINT}` is another than in `{PROOF}`").into());
    }
    Ok(proof)
}

fn check_checkpoint(proof: &LogProof, keys: &Keys, report: &mut Report) -> Result<(), Ended> {
    let wrong = |e: &dyn std::fmt::Display| Stop::from(format!("`{CHECKPOINT}`: {e}"));
    match &keys.log {
        Log::Nobody => Ok(()),
        Log::Key(key) => {
            let verified = Checkpoint::verified(&proof.checkpoint, key);
            let verified = verified.map(drop).map_err(|e| wrong(&e));
            report.check("the checkpoint is signed by the log's key", verified)
        }
        Log::Policy(policy) => {
            let accepted = policy.accepts(&proof.checkpoint).map_err(|e| wrong(&e));
            let what = "the policy accepts the checkpoint: its log, and a quorum of its witnesses";
            let accepted = report.check(what, accepted)?;
            for (witness, time) in &accepted.cosigned {
                report.note(format!("cosigned by `{witness}` at {}", instant(*time)));
            }
            if let Some(by) = accepted.by {
                report.note(format!(
                    "in the log by {}, as a quorum of the witnesses says",
                    instant(by)
                ));
            }
            Ok(())
        }
    }
}

/// A time in seconds since 1970, as text; the number itself past what a calendar has.
fn instant(time: u64) -> String {
    let known = i64::try_from(time).ok().and_then(|time| DateTime::from_timestamp(time, 0));
    known.map_or_else(
        || format!("{time} seconds since 1970"),
        |at| at.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

fn statement(
    covered: &Covered<'_>,
    envelope: &Envelope,
    proof: &LogProof,
) -> Result<Statement, String> {
    let statement = read_statement(envelope, proof).map_err(|e| format!("`{STATEMENT}`: {e}"))?;
    let [subject] = &statement.subject;
    if subject.digest.sha256 == covered.digest() {
        Ok(statement)
    } else {
        Err(format!("`{STATEMENT}`: its subject is another SHA256SUMS"))
    }
}

/// The statement in an envelope that is in the log.
fn read_statement(envelope: &Envelope, proof: &LogProof) -> Result<Statement, String> {
    if envelope.payload.len() > MAX_STATEMENT {
        return Err("larger than 1 MiB".to_owned());
    }
    let statement = Statement::parse(&envelope.payload)?;
    let [subject] = &statement.subject;
    if subject.name != SUMS {
        return Err("its subject is another than SHA256SUMS".to_owned());
    }
    if statement.predicate.operator.keyid != envelope.keyid {
        return Err("it names another operator's key than the one that signed".to_owned());
    }
    if statement.predicate.previous.is_none() != (proof.index == Count(0)) {
        return Err("what it says of the entry before does not fit its index in the log".to_owned());
    }
    Ok(statement)
}

fn closing_notes(statement: &Statement, proof: &LogProof, keys: &Keys, report: &mut Report) {
    let operator = &statement.predicate.operator;
    let by_demo = operator.demo_key != "false"
        || demo::is_demo_id(&operator.keyid)
        || demo::signs(&proof.checkpoint)
        || match &keys.log {
            Log::Key(key) => demo::is_demo(key.public_key()),
            Log::Policy(policy) => policy.keys().any(demo::is_demo),
            Log::Nobody => false,
        };
    if by_demo {
        report.note("sealed with a demo key, whose passphrase everyone knows: no evidence");
    }
    if keys.operator.is_none() {
        report.note(
            "no operator's key was given, so the envelope's signature was not verified: \
             get the key from the operator by another way than this pack",
        );
    }
    if matches!(keys.log, Log::Nobody) {
        report.note(
            "no log key was given, so the checkpoint's signature was not verified: \
             get the key from the log's owner by another way than this pack",
        );
    }
}
