//! The people's statements that lie with a pack, in `reviews/`.
//!
//! `SHA256SUMS` doesn't list them, because they are added to a sealed pack. Each is authenticated by itself:
//! its name is the digest of its envelope file, its proof leads from that digest to a checkpoint that the
//! reader's log key or policy accepts, and its signature holds under a key that speaks at its index.

use super::folder::Folder;
use super::stop::{Stop, VerifyError};
use super::{Anchor, Keys, Log, Verdict, VerifiedPack, instant, visible};
use crate::checkpoint::Checkpoint;
use crate::demo;
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::layout::{MAX_ENVELOPE, REVIEW_ENVELOPE, REVIEW_PROOF, REVIEWS, STATEMENT};
use crate::logbook::Statement;
use crate::people::file::COMPLETION_DAYS;
use crate::people::{AuditFile, Keyring, PackPlace, Role, examine};
use crate::proof::LogProof;
use crate::public_key::PublicKey;
use std::collections::BTreeMap;
use std::io;
use tieout_controls::{Count, Digest};

/// What the reader of sign-offs trusts beside the [`Anchor`], from outside the pack.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The public key of the authority that says whose the other keys are (SPKI PEM).
    pub authority: Option<String>,
    /// The most days from the report's release to the file's completion.
    pub completion_days: u32,
}

impl Default for Trust {
    fn default() -> Self {
        Self { authority: None, completion_days: COMPLETION_DAYS }
    }
}

/// The statements in `reviews/`, and what is wrong with them.
#[derive(Debug, Clone)]
pub struct Reviews {
    /// Valid when every statement counts; indeterminate when a key is nobody's, or nothing vouches for the
    /// log; invalid when a rule is broken.
    pub verdict: Verdict,
    /// The file.
    pub file: AuditFile,
    /// Files that can't be authenticated: one line each, safe to print.
    pub problems: Vec<String>,
    /// By when a quorum of witnesses had seen an entry, in seconds since 1970, by index.
    pub witnessed: BTreeMap<Count, u64>,
}

/// Reads and verifies the statements that lie with a verified pack; `None` where there are none.
///
/// # Errors
/// A key given is none or has two roles, or the system does not let something be read.
pub fn reviews(
    pack: &VerifiedPack,
    anchor: &Anchor,
    trust: &Trust,
) -> Result<Option<Reviews>, VerifyError> {
    let (outside, keys) = (outside(anchor, trust)?, Keys::of(anchor)?);
    // The pack verified a moment ago: what is wrong with it now was done while it was read.
    let changed = |stop| match stop {
        Stop::Wrong(what) => {
            VerifyError::Unreadable { path: pack.folder.clone(), source: io::Error::other(what) }
        }
        Stop::Unreadable(error) => error,
    };
    let folder = Folder::list(&pack.folder).map_err(changed)?;
    let (mut statements, mut witnessed) = (Vec::new(), BTreeMap::new());
    let mut problems = Vec::new();
    for digest in folder.reviews() {
        match logged(&folder, &digest, &keys) {
            Ok((statement, by)) => {
                witnessed.extend(by.map(|by| (statement.index, by)));
                statements.push(statement);
            }
            Err(Stop::Wrong(what)) => problems.push(visible(&what)),
            Err(Stop::Unreadable(error)) => return Err(error),
        }
    }
    if statements.is_empty() && problems.is_empty() {
        return Ok(None);
    }
    let place = place(&folder, pack).map_err(changed)?;
    let keyring = Keyring::of(&outside, &statements);
    let mut file = examine(&place, &statements, keyring, trust.completion_days);
    file.hold_against(&pack.result, &pack.records);
    let broken = !problems.is_empty() || !file.findings.is_empty() || !file.elsewhere.is_empty();
    let open = !file.unknown.is_empty() || matches!(keys.log, Log::Nobody);
    let verdict = match (broken, open) {
        (true, _) => Verdict::Invalid,
        (false, true) => Verdict::Indeterminate,
        (false, false) => Verdict::Valid,
    };
    Ok(Some(Reviews { verdict, file, problems, witnessed }))
}

/// The keys from outside with their roles.
///
/// # Errors
/// One is no key, or the authority's is another's, too.
pub fn outside(anchor: &Anchor, trust: &Trust) -> Result<Vec<(Role, PublicKey)>, VerifyError> {
    let keys = Keys::of(anchor)?;
    let wrong = |why: String| VerifyError::Key { whose: "authority's", why };
    let authority = trust.authority.as_deref().map(PublicKey::from_pem).transpose();
    let authority = authority.map_err(|e| wrong(e.to_string()))?;
    if authority.is_some_and(|key| demo::is_demo(&key)) {
        return Err(wrong("a demo key, which everyone has, says nothing of others".to_owned()));
    }
    let mut outside: Vec<(Role, PublicKey)> = Vec::new();
    outside.extend(keys.operator.map(|key| (Role::Operator, key)));
    match &keys.log {
        Log::Nobody => {}
        Log::Key(key) => outside.push((Role::Log, *key.public_key())),
        Log::Policy(policy) => outside.extend(policy.keys().map(|key| {
            let role = if policy.is_witness(key) { Role::Witness } else { Role::Log };
            (role, *key)
        })),
    }
    if authority.is_some_and(|own| outside.iter().any(|(_, key)| *key == own)) {
        return Err(wrong("it is the operator's, a log's or a witness's key, too".to_owned()));
    }
    outside.extend(authority.map(|key| (Role::Authority, key)));
    Ok(outside)
}

/// The pack as the rules see it.
fn place(folder: &Folder, pack: &VerifiedPack) -> Result<PackPlace, Stop> {
    let bytes = folder.read(STATEMENT, MAX_ENVELOPE)?;
    if sha256(&bytes) != pack.digest {
        return Err(format!("`{STATEMENT}` is another than was verified").into());
    }
    let envelope = Envelope::parse(&bytes)?;
    Ok(PackPlace { digest: pack.digest, index: pack.log_index, envelope })
}

/// A statement of `reviews/` with the index that its proof shows, and by when a quorum had seen it.
fn logged(folder: &Folder, digest: &Digest, keys: &Keys) -> Result<(Statement, Option<u64>), Stop> {
    let name = format!("{REVIEWS}{digest}{REVIEW_ENVELOPE}");
    let envelope = folder.read(&name, MAX_ENVELOPE)?;
    if sha256(&envelope) != *digest {
        return Err(format!("`{name}` has another digest than its name says").into());
    }
    let name = format!("{REVIEWS}{digest}{REVIEW_PROOF}");
    let text = folder.read_text(&name)?;
    let wrong = |why: &dyn std::fmt::Display| Stop::Wrong(format!("`{name}`: {why}"));
    let proof = LogProof::parse(&text).map_err(|e| wrong(&e))?;
    proof.includes(&digest.0).map_err(|e| wrong(&e))?;
    let by = match &keys.log {
        Log::Nobody => None,
        Log::Key(key) => {
            Checkpoint::verified(&proof.checkpoint, key).map_err(|e| wrong(&e))?;
            None
        }
        Log::Policy(policy) => policy.accepts(&proof.checkpoint).map_err(|e| wrong(&e))?.by,
    };
    Ok((Statement { index: proof.index, digest: *digest, envelope }, by))
}

impl Verdict {
    /// The verdict on the whole of a pack with this one and the statements that lie with it.
    #[must_use]
    pub fn with(self, reviews: Option<&Reviews>) -> Self {
        let verdicts = [Some(self), reviews.map(|reviews| reviews.verdict)];
        let has = |verdict| verdicts.contains(&Some(verdict));
        match (has(Self::Invalid), has(Self::Indeterminate)) {
            (true, _) => Self::Invalid,
            (false, true) => Self::Indeterminate,
            (false, false) => Self::Valid,
        }
    }
}

impl Reviews {
    /// What there is and what is wrong, each on a line that is safe to print: who, as what, when, with what
    /// conclusion; then keys that are nobody's, then the rules that are broken.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for entry in &self.file.entries {
            let mut line = format!("review  {entry}");
            if let Some(by) = self.witnessed.get(&entry.index) {
                line.push_str(&format!("; in the log by {}", instant(*by)));
            }
            lines.push(line);
        }
        for unknown in &self.file.unknown {
            lines.push(format!("review  {unknown}"));
        }
        lines.extend(self.problems.iter().map(|problem| format!("FINDING {problem}")));
        for (index, digest) in &self.file.elsewhere {
            let what = "is about another pack, or a disposition that is not here";
            lines.push(format!("FINDING statement {digest} at index {index} {what}"));
        }
        lines.extend(self.file.findings.iter().map(|finding| format!("FINDING {finding}")));
        lines.iter().map(|line| visible(line)).collect()
    }
}
