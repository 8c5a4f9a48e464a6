//! What people decide about exceptions, and that a reviewer cleared it.

use super::is_text;
use crate::statement::Stated;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use tieout_controls::{ControlId, Count, Totals};

/// What an exception turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is one, and stays in the net figures.
    TrueException,
    /// It is none: data or rule were wrong.
    FalsePositive,
    /// It is one that is lived with until a day: a waiver.
    AcceptedRisk,
    /// It was one, and was put right.
    Remediated,
}

/// A decision about exceptions of a control in a pack; the subject is the digest of the pack's envelope
/// file. It counts once a reviewer, who is another person, cleared it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Disposition {
    /// The control.
    pub control: ControlId,
    /// The exceptions' places among the lines of `records/`, from 0, ascending; null for all of the control.
    pub records: Option<Vec<Count>>,
    /// What they are.
    pub kind: Kind,
    /// Their amounts by currency, as the pack has them, unrounded.
    pub amounts: Totals,
    /// Why.
    pub reason: String,
    /// The day, by the signer's own word.
    pub date: NaiveDate,
    /// The last day on which it counts; null for always, which a risk is never accepted for.
    pub expires: Option<NaiveDate>,
}

/// A reviewer's word on a disposition; the subject is the digest of its envelope file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Clearance {
    /// The word; the last one on a disposition holds.
    pub decision: Decision,
    /// The day, by the signer's own word.
    pub date: NaiveDate,
}

/// What a reviewer decides about a disposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It counts.
    Cleared,
    /// It doesn't.
    Refused,
}

impl Stated for Disposition {
    const TYPE: &'static str = "urn:tieout:predicate:disposition:v1";
    const SUBJECT: &'static str = "pack";
    const WHAT: &'static str = "disposition";

    fn is_canonical(&self) -> bool {
        let records = self.records.as_ref();
        let listed = records.is_none_or(|r| !r.is_empty() && r.is_sorted_by(|a, b| a < b));
        let ends = self.kind != Kind::AcceptedRisk || self.expires.is_some();
        listed && ends && is_text(&self.reason)
    }
}

impl Stated for Clearance {
    const TYPE: &'static str = "urn:tieout:predicate:clearance:v1";
    const SUBJECT: &'static str = "disposition";
    const WHAT: &'static str = "clearance of a disposition";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TrueException => "true exception",
            Self::FalsePositive => "false positive",
            Self::AcceptedRisk => "accepted risk",
            Self::Remediated => "remediated",
        })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cleared => "cleared",
            Self::Refused => "refused",
        })
    }
}
