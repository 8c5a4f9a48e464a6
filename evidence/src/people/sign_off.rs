//! The statements by which a pack is signed off, after PCAOB AS 1215 (.06, .14 to .16): who performed and
//! who reviewed, when the file was completed, and what was added afterwards. The subject of each is the
//! digest of the pack's envelope file.

use super::{is_person, is_text};
use crate::statement::Stated;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use tieout_controls::{Count, Digest};

/// As what somebody signs a pack off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewRole {
    /// Who performed the work.
    Preparer,
    /// Who reviewed it.
    Reviewer,
    /// Who reviewed the engagement's quality (AS 1220): neither of the two.
    QualityReviewer,
}

/// What somebody concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Nothing stands against it.
    Concurs,
    /// Something does.
    Objects,
}

/// A sign-off. Whose it is says the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Review {
    /// As what.
    pub role: ReviewRole,
    /// With what conclusion.
    pub conclusion: Conclusion,
    /// What was looked at.
    pub scope: String,
    /// The day, by the signer's own word.
    pub date: NaiveDate,
    /// The digest of the comments, kept elsewhere.
    pub comments: Option<Digest>,
}

/// The file is closed: after it, only addenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Completion {
    /// The day on which the report was released.
    pub released: NaiveDate,
    /// The documentation completion date.
    pub completed: NaiveDate,
    /// The envelope digests of all statements about the pack before it, ascending: one that is kept back
    /// later is missed.
    pub contents: Vec<Digest>,
}

/// Something was added to a closed file. Who added it says the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Addendum {
    /// Which of the pack's addenda, from 1.
    pub number: Count,
    /// When, by the signer's own word.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// The digest of what was added, kept elsewhere.
    pub added: Digest,
}

/// The operator says that another system has a sign-off on record. It is nobody's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExternalSignOff {
    /// The system.
    pub system: String,
    /// The record's id there.
    pub record: String,
    /// The digest of the record as exported, kept elsewhere.
    pub exported: Digest,
    /// Who signed off there: a pseudonymous id, see [`is_person`].
    pub person: String,
    /// As what.
    pub role: ReviewRole,
    /// With what conclusion.
    pub conclusion: Conclusion,
    /// The day that the record has.
    pub date: NaiveDate,
}

impl Stated for Review {
    const TYPE: &'static str = "urn:tieout:predicate:review:v1";
    const SUBJECT: &'static str = "pack";
    const WHAT: &'static str = "sign-off";

    fn is_canonical(&self) -> bool {
        is_text(&self.scope)
    }
}

impl Stated for Completion {
    const TYPE: &'static str = "urn:tieout:predicate:completion:v1";
    const SUBJECT: &'static str = "pack";
    const WHAT: &'static str = "completion of a file";

    fn is_canonical(&self) -> bool {
        self.contents.is_sorted_by(|a, b| a < b)
    }
}

impl Stated for Addendum {
    const TYPE: &'static str = "urn:tieout:predicate:addendum:v1";
    const SUBJECT: &'static str = "pack";
    const WHAT: &'static str = "addendum";

    fn is_canonical(&self) -> bool {
        self.number.0 > 0 && is_text(&self.reason)
    }
}

impl Stated for ExternalSignOff {
    const TYPE: &'static str = "urn:tieout:predicate:external-sign-off:v1";
    const SUBJECT: &'static str = "pack";
    const WHAT: &'static str = "sign-off on record elsewhere";

    fn is_canonical(&self) -> bool {
        is_person(&self.person) && is_text(&self.system) && is_text(&self.record)
    }
}

impl fmt::Display for ReviewRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preparer => "preparer",
            Self::Reviewer => "reviewer",
            Self::QualityReviewer => "quality reviewer",
        })
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Concurs => "concurs",
            Self::Objects => "objects",
        })
    }
}
