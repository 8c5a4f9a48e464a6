//! The in-toto statement of a pack: what its signature is about.
//!
//! Everything that the statement says of the result is computed from the result, here, by the
//! sealer and again by the verifier, so that the two documents can't differ.

use crate::json;
use crate::statement::is_instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tieout_controls::result::{DecisionCounts, PolicyIdentity, RunParameters};
use tieout_controls::{ControlId, Count, DatasetSummary, Digest, RunResult, TestResult, Totals};

/// The in-toto statement's type.
pub(crate) const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The predicate's type.
pub(crate) const PREDICATE_TYPE: &str = "urn:tieout:predicate:control-result:v1";
/// How records and population are hashed.
pub(crate) const HASHING: &str = "rfc6962-sha256";
/// The version of the pack's format.
pub(crate) const FORMAT_VERSION: &str = "1";

/// The in-toto statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    #[serde(rename = "_type")]
    pub(crate) kind: String,
    pub(crate) subject: [Subject; 1],
    #[serde(rename = "predicateType")]
    pub(crate) predicate_type: String,
    pub(crate) predicate: Predicate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) digest: SubjectDigest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubjectDigest {
    pub(crate) sha256: Digest,
}

/// What is said of the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Predicate {
    pub(crate) format_version: String,
    /// 32 hexadecimal digits.
    pub(crate) pack_id: String,
    /// RFC 3339 in UTC, by the sealer's own clock.
    pub(crate) sealed_at: String,
    pub(crate) operator: Operator,
    /// The digest of the entry before this one in the log; null for the first.
    pub(crate) previous: Option<Digest>,
    /// The digest of the run's announcement.
    pub(crate) intent: Digest,
    #[serde(flatten)]
    pub(crate) claims: Claims,
    pub(crate) records: TreeHead,
    pub(crate) population: TreeHead,
    pub(crate) fields: FieldNames,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operator {
    pub(crate) keyid: Digest,
    /// `"true"` when the operator's or the log's key is a demo key.
    pub(crate) demo_key: String,
}

/// A tree over lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TreeHead {
    pub(crate) tree_size: Count,
    pub(crate) root_hash: Digest,
    pub(crate) hashing: String,
}

/// Which columns stand in the record lines, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FieldNames {
    pub(crate) clear: BTreeSet<String>,
    pub(crate) personal: BTreeSet<String>,
}

/// What the statement repeats of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) run: RunParameters,
    pub(crate) results: Vec<ResultClaim>,
    pub(crate) policies: Vec<PolicyIdentity>,
    pub(crate) datasets: Vec<DatasetClaim>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultClaim {
    pub(crate) control: ControlId,
    pub(crate) company_id: Option<String>,
    pub(crate) outcome: String,
    pub(crate) evaluated: Count,
    pub(crate) counts: DecisionCounts,
    pub(crate) exception_amounts: Totals,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatasetClaim {
    pub(crate) name: String,
    pub(crate) rows: Count,
    pub(crate) commitment: Digest,
}

impl Statement {
    /// Reads a payload, which must be laid out as the format says: what is not known can't hide
    /// in it.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, String> {
        let statement: Self = json::document(payload)?;
        if statement.kind != STATEMENT_TYPE || statement.predicate_type != PREDICATE_TYPE {
            return Err(format!("not an in-toto statement of type `{PREDICATE_TYPE}`"));
        }
        if statement.predicate.format_version != FORMAT_VERSION {
            return Err("a format version other than 1".to_owned());
        }
        statement.predicate.check_form()?;
        match serde_json::to_vec(&statement) {
            Ok(own) if own == payload => Ok(statement),
            _ => Err("not laid out as the format says".to_owned()),
        }
    }

    /// The statement about that list of files.
    #[cfg(feature = "seal")]
    pub(crate) fn about(sums: Digest, predicate: Predicate) -> Self {
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject: [Subject {
                name: crate::layout::SUMS.to_owned(),
                digest: SubjectDigest { sha256: sums },
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate,
        }
    }
}

impl Predicate {
    fn check_form(&self) -> Result<(), String> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if self.pack_id.len() != 32 || !self.pack_id.bytes().all(hex) {
            return Err("`packId` is not 32 hexadecimal digits".to_owned());
        }
        if !is_instant(&self.sealed_at) {
            return Err("`sealedAt` is not an instant in UTC".to_owned());
        }
        if !["true", "false"].contains(&self.operator.demo_key.as_str()) {
            return Err("`demoKey` is neither true nor false".to_owned());
        }
        Ok(())
    }
}

#[cfg(feature = "seal")]
impl TreeHead {
    pub(crate) fn new(size: u64, root: Digest) -> Self {
        Self { tree_size: Count(size), root_hash: root, hashing: HASHING.to_owned() }
    }
}

impl Claims {
    /// What a statement repeats of that result.
    pub(crate) fn of(result: &RunResult) -> Self {
        let mut policies: Vec<_> = result.tests.iter().filter_map(|t| t.policy.clone()).collect();
        policies.sort_by(|a, b| (&a.bundle, &a.rule).cmp(&(&b.bundle, &b.rule)));
        policies.dedup();
        Self {
            run: result.run.clone(),
            results: result.tests.iter().map(ResultClaim::of).collect(),
            policies,
            datasets: result.datasets.iter().map(DatasetClaim::of).collect(),
        }
    }
}

impl DatasetClaim {
    /// What is said of a dataset.
    pub(crate) fn of(dataset: &DatasetSummary) -> Self {
        let (name, rows) = (dataset.name.clone(), dataset.rows);
        Self { name, rows, commitment: dataset.commitment }
    }
}

impl ResultClaim {
    fn of(test: &TestResult) -> Self {
        Self {
            control: test.control.id.clone(),
            company_id: test.control.company_id.clone(),
            outcome: test.outcome.word().to_owned(),
            evaluated: test.counts.evaluated(),
            counts: test.counts,
            exception_amounts: test.exception_amounts.clone(),
        }
    }
}
