//! Verifying a line proof: the line of a pack without the pack.

use super::records::{Fields, check_form};
use super::stop::{Ended, Stop};
use super::{
    Anchor, Keys, Report, Verdict, VerifyError, check_checkpoint, check_signature, closing_notes,
    population, read_statement,
};
use crate::disclosure::{self, Disclosure};
use crate::encoding::{bytes_from_base64_url, is_base64_url, sha256};
use crate::line::{LINE_VERSION, Line, WITHHELD_IN_FACTS};
use crate::line_proof::{LineProof, Tree};
use crate::merkle::{leaf_hash, verify_inclusion};
use serde_json::Value;
use tieout_controls::{Count, Digest};

/// The report of a line's verification.
#[derive(Debug, Clone)]
pub struct LineVerification {
    /// The verdict.
    pub verdict: Verdict,
    /// The checks in their order; the last one is the one that failed, if any did.
    pub checks: Vec<super::Check>,
    /// What to know or do: each one line, safe to print.
    pub notes: Vec<String>,
    /// What is proved, when it is not invalid.
    pub line: Option<ProvedLine>,
}

/// A line that is proved. Only [`verify_line`] makes one.
#[derive(Debug, Clone)]
pub struct ProvedLine {
    /// The tree.
    pub tree: Tree,
    /// The line's index in it, from 0.
    pub index: Count,
    /// What it says: as in [`VerifiedPack`](super::VerifiedPack), a record with what is disclosed put in its
    /// place, or of the population the record that is disclosed; null when that is withheld.
    pub content: Value,
    /// The pack's name: the digest of its envelope.
    pub pack: Digest,
    /// Its index in the log.
    pub log_index: Count,
    /// When it was sealed, by its own word (RFC 3339).
    pub sealed_at: String,
}

/// Verifies a line proof: the text of [`LineProof`]. Nothing else is read.
///
/// # Errors
/// When a key of the anchor is none. Everything else is a failed check.
pub fn verify_line(text: &str, anchor: &Anchor) -> Result<LineVerification, VerifyError> {
    let keys = Keys::of(anchor)?;
    let mut report = Report::default();
    let line = match examine(text, &keys, &mut report) {
        Ok(line) => Some(line),
        Err(Ended::Failed) => None,
        Err(Ended::Unreadable(error)) => return Err(error),
    };
    let verdict = keys.verdict(line.is_some());
    Ok(LineVerification { verdict, checks: report.checks, notes: report.notes, line })
}

fn examine(text: &str, keys: &Keys, report: &mut Report) -> Result<ProvedLine, Ended> {
    let proof = LineProof::parse(text).map_err(|e| Stop::from(e.to_string()));
    let proof = report.check("the proof is laid out as the format says", proof)?;
    report.check("operator and log have keys of their own", keys.differ())?;
    check_signature(&proof.envelope, keys, report)?;
    let pack = sha256(&proof.envelope.to_bytes());
    let logged = proof.proof.includes(&pack.0).map_err(|e| Stop::from(e.to_string()));
    report.check("the log's proof includes the envelope", logged)?;
    check_checkpoint(&proof.proof, keys, report)?;
    let statement = read_statement(&proof.envelope, &proof.proof).map_err(Stop::from);
    let statement = report.check("the statement is that of a pack", statement)?;
    let head = match proof.tree {
        Tree::Records => &statement.predicate.records,
        Tree::Population => &statement.predicate.population,
    };
    let (index, size) = (proof.index.0, head.tree_size.0);
    let included = head.hashing == crate::claims::HASHING
        && proof.size == head.tree_size
        && verify_inclusion(
            &leaf_hash(proof.line.as_bytes()),
            index,
            size,
            &proof.hashes,
            &head.root_hash,
        );
    let included = if included { Ok(()) } else { Err(Stop::from("it is not, at that index")) };
    report.check("the line is in the tree that the statement says", included)?;
    let content = match proof.tree {
        Tree::Records => record(&proof),
        Tree::Population => evaluated(&proof),
    };
    let what = "the line and what is disclosed of it have the format's form";
    let content = report.check(what, content.map_err(Stop::from))?;
    closing_notes(&statement, &proof.proof, keys, report);
    Ok(ProvedLine {
        tree: proof.tree,
        index: proof.index,
        content,
        pack,
        log_index: proof.proof.index,
        sealed_at: statement.predicate.sealed_at,
    })
}

/// The disclosed record of the population.
fn evaluated(proof: &LineProof) -> Result<Value, String> {
    match proof.disclosures.as_slice() {
        [] if bytes_from_base64_url(&proof.line).is_some() => Ok(Value::Null),
        [text] => match disclosed(&proof.line, text)? {
            Some(disclosure) => population::entry(&disclosure).map(|_| disclosure.value),
            None => Err("a disclosure that is none".to_owned()),
        },
        _ => Err("not a digest, or more than one disclosure".to_owned()),
    }
}

/// The record line with what is disclosed of it.
fn record(proof: &LineProof) -> Result<Value, String> {
    let mut shown = crate::json::value(proof.line.as_bytes())?;
    let line = match Line::of(&shown, &proof.line)? {
        Line::Record(line) => line,
        Line::Refused(line) if line.v == LINE_VERSION && proof.disclosures.is_empty() => {
            return Ok(shown);
        }
        Line::Refused(_) => return Err("not a refused row of this format".to_owned()),
    };
    check_form(&line)?;
    let number = line.digests().count();
    if !proof.disclosures.is_empty() && proof.disclosures.len() != number {
        return Err(format!("not {number} disclosures, one for each digest"));
    }
    let mut texts = proof.disclosures.iter();
    let facts = line.facts.iter().map(|fact| (&fact.sd, true));
    let personal = line.personal.as_ref().map(|personal| (&personal.sd, false));
    for (place, (digests, of_fact)) in facts.chain(personal).enumerate() {
        let mut fields = Fields::default();
        for digest in digests {
            if bytes_from_base64_url(digest).is_none() {
                return Err("not a digest".to_owned());
            }
            let field = texts.next().map_or(Ok(None), |text| disclosed(digest, text))?;
            let Some(Disclosure { name, value, .. }) = field else {
                fields.withheld.push(Value::from(digest.as_str()));
                continue;
            };
            let in_fact = WITHHELD_IN_FACTS.contains(&name.as_str()) && value.is_string();
            if (of_fact && !in_fact)
                || name == "_sd"
                || fields.disclosed.insert(name, value).is_some()
            {
                return Err("a disclosure that is not of a field that is withheld there".to_owned());
            }
        }
        let object = if of_fact {
            shown.get_mut("facts").and_then(|facts| facts.get_mut(place))
        } else {
            shown.get_mut("personal")
        };
        fields.put_in(object);
    }
    Ok(shown)
}

/// What the digest stands for; `None` when it is withheld.
fn disclosed(digest: &str, text: &str) -> Result<Option<Disclosure>, String> {
    if text == "null" {
        return Ok(None);
    }
    if bytes_from_base64_url(digest) != Some(disclosure::sha256(text).0) {
        return Err("a disclosure is not what its digest stands for".to_owned());
    }
    let read = disclosure::parse_exact(text)?;
    if is_base64_url(&read.salt, 16) {
        Ok(Some(read))
    } else {
        Err("a salt that is not 128 bits".to_owned())
    }
}
