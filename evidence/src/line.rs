//! The lines of `records/`: records that violate or are undetermined, then refused rows.

use crate::json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tieout_controls::decision::RuleRef;
use tieout_controls::{Cause, ControlId, Count, Decimal, Money, RefusedRow};

/// The format of the lines.
pub(crate) const LINE_VERSION: &str = "1";
/// The hash of SD-JWT digests, as SD-JWT names it.
pub(crate) const SD_ALG: &str = "sha-256";

/// A record that violates or is undetermined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordLine {
    pub(crate) v: String,
    pub(crate) kind: RecordKind,
    pub(crate) control: ControlId,
    pub(crate) decision: String,
    pub(crate) dataset: String,
    pub(crate) file: Option<Count>,
    pub(crate) row: Option<Count>,
    /// The record's index in the population tree.
    pub(crate) population: Count,
    /// The clear columns of the key.
    pub(crate) key: Map<String, Value>,
    pub(crate) facts: Vec<FactLine>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) exposure: Option<Money>,
    /// The clear columns that the policy reads.
    pub(crate) values: Map<String, Value>,
    /// The personal columns of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) personal: Option<Withheld>,
    #[serde(default, rename = "_sd_alg", skip_serializing_if = "Option::is_none")]
    pub(crate) sd_alg: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RecordKind {
    Record,
}

/// What of a fact is withheld where the record has personal columns, since it may repeat them.
pub(crate) const WITHHELD_IN_FACTS: [&str; 3] = ["expected", "actual", "message"];

/// What a violated rule states. Where the record has personal columns, what the rule expected, what
/// the record has, and the sentence that the policy's author made of it are withheld too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FactLine {
    pub(crate) rule: RuleRef,
    pub(crate) code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actual: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(default, rename = "_sd", skip_serializing_if = "Vec::is_empty")]
    pub(crate) sd: Vec<String>,
}

/// The digests of withheld fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Withheld {
    #[serde(rename = "_sd")]
    pub(crate) sd: Vec<String>,
}

/// A refused row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedLine {
    pub(crate) v: String,
    pub(crate) kind: RefusedKind,
    #[serde(flatten)]
    pub(crate) row: RefusedRow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RefusedKind {
    Refused,
}

/// A line of `records/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Record(Box<RecordLine>),
    Refused(RefusedLine),
}

impl RecordLine {
    /// The digests in it, in the order of their disclosures.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &String> {
        let personal = self.personal.iter().flat_map(|personal| &personal.sd);
        self.facts.iter().flat_map(|fact| &fact.sd).chain(personal)
    }
}

impl Line {
    /// Reads a line, which must be laid out as the format says: what is not known can't hide in it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::of(&json::value(text.as_bytes())?, text)
    }

    /// The line of that text, which was read into that value.
    pub(crate) fn of(value: &Value, text: &str) -> Result<Self, String> {
        let line = Self::deserialize(value)
            .map_err(|_| "neither a record nor a refused row".to_owned())?;
        match serde_json::to_string(&line) {
            Ok(own) if own == text => Ok(line),
            _ => Err("not laid out as the format says".to_owned()),
        }
    }
}
