//! The signed baseline of a rate table: what is wrong with it today and is let pass, and nothing that comes
//! later. An in-toto Statement v1 about the table's digest, in a DSSE envelope, signed by an approver.
//!
//! A request is held against what the base has and the baseline doesn't list: what got into the base around
//! the gate is no legacy.

use super::request;
use super::result::{BaselineLine, ClearedLine, Legacy};
use super::sides::Sides;
use super::statement::{self, Approver};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tieout_controls::Digest;
use tieout_engine::gate::diff::Change;
use tieout_engine::gate::integrity::{Finding, Identity, only_listed};
use tieout_evidence::key::SigningKey;

/// What a baseline states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// The digest of what the table says.
    pub(crate) table: Digest,
    /// Who states it, and the findings.
    pub(crate) stated: Stated,
}

/// What is stated of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Stated {
    /// Under which account.
    pub(crate) account: String,
    /// The dataset of the table.
    pub(crate) dataset: String,
    /// The day of the table.
    pub(crate) as_of: NaiveDate,
    /// Why what is wrong is let pass.
    pub(crate) reason: String,
    /// What is wrong, sorted.
    pub(crate) findings: Vec<Identity>,
}

impl tieout_evidence::statement::Stated for Stated {
    const TYPE: &'static str = "urn:tieout:predicate:gate-baseline:v1";
    const SUBJECT: &'static str = "rates";
    const WHAT: &'static str = "baseline";

    fn is_canonical(&self) -> bool {
        self.findings.is_sorted()
    }
}

impl statement::Personal for Stated {
    fn account(&self) -> &str {
        &self.account
    }
}

impl Baseline {
    /// The envelope file, signed.
    ///
    /// # Errors
    /// None but defects.
    pub(crate) fn sign(&self, key: &SigningKey) -> Outcome<Vec<u8>> {
        statement::signed(self.table, &self.stated, key)
    }

    /// Reads and verifies an envelope file; `file` is its name.
    ///
    /// # Errors
    /// It isn't in the form of one, or no approver of the base signed it under the account that the base
    /// lists with the key.
    pub(crate) fn verify(file: &str, bytes: &[u8], approvers: &[Approver]) -> Outcome<Self> {
        let verified = statement::verified(bytes, approvers);
        let (table, stated) = verified.map_err(|why| unproven(file, &why))?;
        Ok(Self { table, stated })
    }
}

/// Lets pass what the base's baseline lists, where the base has one, and tells what became of it. A request
/// that changes no rate and brings another baseline is not held by what the base's doesn't list: else nobody
/// could sign for it.
///
/// # Errors
/// The baseline isn't there, doesn't verify, or is of a later day than the one asked.
pub(super) fn apply(
    sides: &Sides,
    as_of: NaiveDate,
    changes: &[Change],
    findings: &mut [Finding],
) -> Outcome<Legacy> {
    let (mut baseline, mut cleared, mut renewed) = (None, Vec::new(), false);
    let mut unlisted = 0;
    if let Some((file, bytes)) = of_base(sides)? {
        let read = Baseline::verify(&file, &bytes, &request::approvers(sides)?)?;
        if read.stated.as_of > as_of {
            return Err(later(&file, read.stated.as_of, as_of));
        }
        let of_this = sides.dataset.as_ref() == Some(&read.stated.dataset);
        // A baseline of another table lists nothing of this one, and loses nothing by it.
        let listed = if of_this { read.stated.findings.as_slice() } else { &[] };
        cleared = only_listed(findings, listed).iter().map(ClearedLine::of).collect();
        unlisted = findings.iter().filter(|finding| finding.in_base && !finding.legacy).count();
        renewed = changes.is_empty() && brings_another(sides);
        baseline = Some(BaselineLine {
            digest: Digest(Sha256::digest(&bytes).into()).to_string(),
            file,
            dataset: read.stated.dataset,
            table: read.table.to_string(),
            as_of: read.stated.as_of.to_string(),
            reason: read.stated.reason,
            entries: read.stated.findings.len().to_string(),
        });
    }
    let passed = findings.iter().filter(|finding| finding.legacy).count();
    if renewed {
        findings.iter_mut().for_each(|finding| finding.legacy = finding.in_base);
    }
    let (passed, unlisted) = (passed.to_string(), unlisted.to_string());
    Ok(Legacy { baseline, passed, unlisted, renewed, cleared })
}

/// The base's baseline and its name; none where the workspace names none.
fn of_base(sides: &Sides) -> Outcome<Option<(String, Vec<u8>)>> {
    let Some(workspace) = &sides.workspace else { return Ok(None) };
    let Some(file) = &workspace.settings.gate.baseline else { return Ok(None) };
    let path = workspace.path(&file.value);
    if !path.is_file() {
        let message = format!("there is no `{}` in the base", file.value);
        let help = "`tieout gate baseline` writes one, for an approver to sign".to_owned();
        return Err(workspace.wrong("file-not-found", message, file, Some(help)));
    }
    let bytes = std::fs::read(&path).map_err(|e| Failure::file(&path, &e))?;
    Ok(Some((file.value.clone(), bytes)))
}

/// Whether the request changes the file of the baseline.
fn brings_another(sides: &Sides) -> bool {
    let named = sides.workspace.as_ref().and_then(|w| w.settings.gate.baseline.as_ref());
    let (Some(git), Some(file)) = (&sides.git, named) else { return false };
    git.changes.paths().contains(&git.below(&file.value).as_str())
}

fn later(file: &str, day: NaiveDate, as_of: NaiveDate) -> Failure {
    let message = format!("`{file}` is a baseline of {day}, and the question is of {as_of}");
    let help = "ask as of its day or a later one";
    Failure::usage(Diagnostic::new("baseline-later", message).help(help))
}

fn unproven(file: &str, why: &str) -> Failure {
    let message = format!("`{file}` is no signed baseline: {why}");
    let help = "an approver whom the base lists signs it anew with `tieout gate baseline`";
    let diagnostic = Diagnostic::new("baseline-unproven", message).help(help);
    Failure { exit: Exit::Unproven, diagnostics: vec![diagnostic] }
}

#[cfg(test)]
mod tests {
    use super::super::statement::Approval;
    use super::*;
    use chrono::DateTime;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32], false)
    }

    fn approver(account: &str, seed: u8) -> Approver {
        Approver::listed(account, "a.pub", &key(seed).public_pem()).unwrap()
    }

    fn entry(service: &str) -> Identity {
        Identity {
            service_id: service.to_owned(),
            region: Some("eu".to_owned()),
            customer_segment: None,
            effective_from: "2026-02-01T00:00:00Z".to_owned(),
            effective_to: None,
            tier_from: None,
            kind: "overlap".to_owned(),
            rows: Digest([3; 32]),
        }
    }

    fn baseline() -> Baseline {
        let stated = Stated {
            account: "key:fin".to_owned(),
            dataset: "rates".to_owned(),
            as_of: NaiveDate::from_ymd_opt(2026, 6, 1).unwrap(),
            reason: "from before the gate".to_owned(),
            findings: vec![entry("disk"), entry("vm")],
        };
        Baseline { table: Digest([7; 32]), stated }
    }

    #[test]
    fn what_is_signed_reads_back_under_the_listed_key() {
        let empty = Stated { findings: Vec::new(), ..baseline().stated };
        for baseline in [baseline(), Baseline { stated: empty, ..baseline() }] {
            let file = baseline.sign(&key(1)).unwrap();
            let read = Baseline::verify("b", &file, &[approver("x", 2), approver("key:fin", 1)]);
            assert_eq!(read.unwrap(), baseline);
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let file = baseline().sign(&key(1)).unwrap();
        let listed = [approver("key:fin", 1)];
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let refused = Baseline::verify("b", &changed, &listed).unwrap_err();
            assert_eq!(refused.exit, Exit::Unproven, "bit {bit}");
        }
        for end in 0..file.len() {
            assert!(Baseline::verify("b", &file[..end], &listed).is_err());
        }
    }

    #[test]
    fn only_an_approver_of_the_base_states_one_in_the_approvers_own_name() {
        let file = baseline().sign(&key(1)).unwrap();
        for listed in [vec![], vec![approver("key:fin", 2)], vec![approver("ben", 1)]] {
            let refused = Baseline::verify("b", &file, &listed).unwrap_err();
            assert_eq!(refused.exit, Exit::Unproven, "{listed:?}");
        }
    }

    /// The same key signs approvals; neither statement is the other.
    #[test]
    fn another_statement_is_no_baseline_and_a_baseline_is_no_other() {
        let listed = [approver("key:fin", 1)];
        let approval = Approval {
            digest: Digest([7; 32]),
            account: "key:fin".to_owned(),
            request: None,
            decided_at: DateTime::from_timestamp(1_767_225_600, 0).unwrap(),
        };
        assert!(Baseline::verify("b", &approval.sign(&key(1)).unwrap(), &listed).is_err());
        assert!(Approval::verify("a", &baseline().sign(&key(1)).unwrap(), &listed).is_err());
        let text =
            tieout_evidence::statement::payload(baseline().table, &baseline().stated).unwrap();
        let text = String::from_utf8(text).unwrap();
        for (from, to) in [
            ("gate-baseline:v1", "gate-approval:v1"),
            ("\"name\":\"rates\"", "\"name\":\"rate\""),
            ("Statement/v1", "Statement/v0.1"),
            ("}}", "}} "),
            ("\"region\":\"eu\",", ""),
            ("\"2026-06-01\"", "\"2026-6-1\""),
            ("\"disk\"", "\"zzz\""),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let file = key(1).envelope(changed.into_bytes()).to_bytes();
            assert!(Baseline::verify("b", &file, &listed).is_err(), "{from}");
        }
    }
}
