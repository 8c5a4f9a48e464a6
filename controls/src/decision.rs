//! What a policy says of one record.

use crate::decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The verdict on one record. There is no way to say "conforms" of a record that a rule could not
/// decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Every rule was decided, none is violated.
    Conforms,
    /// At least one rule is violated. `causes` lists the rules that could not be decided beside.
    Violates {
        /// One for each violated rule, at least one.
        facts: Vec<Fact>,
        /// The rules that could not be decided.
        causes: Vec<Cause>,
    },
    /// No rule is violated, and at least one could not be decided.
    Undetermined {
        /// At least one.
        causes: Vec<Cause>,
    },
    /// The policy says that it does not speak about this record.
    NotApplicable,
}

impl Decision {
    /// The word for it in packs and reports: `conforms`, `violates`, `undetermined`,
    /// `not-applicable`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Violates { .. } => "violates",
            Self::Undetermined { .. } => "undetermined",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// The violated rules; empty unless the record violates.
    pub fn facts(&self) -> &[Fact] {
        match self {
            Self::Violates { facts, .. } => facts,
            _ => &[],
        }
    }

    /// The rules that could not be decided.
    pub fn causes(&self) -> &[Cause] {
        match self {
            Self::Violates { causes, .. } | Self::Undetermined { causes } => causes,
            _ => &[],
        }
    }
}

/// What a violated rule states about the record: the object that the policy builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The rule's name and place: file, first and last line (from 1), as run.
    pub rule: RuleRef,
    /// The policy's own kebab-case code of the defect.
    pub code: String,
    /// What the rule expected, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What the record has, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// How much money it is, in the population's exposure currency, signed (positive: charged too
    /// much); `None` where the rule has no amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// A sentence for people, without personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The place of a rule in the policy's source as it was run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleRef {
    /// The path in the pack's `policy/` folder, such as `billing/foc-r03/rule.rego`.
    pub file: String,
    /// The first line of the rule, from 1.
    #[serde(with = "line_number")]
    pub line: u32,
    /// The last line of the rule.
    #[serde(with = "line_number")]
    pub last_line: u32,
}

/// Why a rule could not be decided for a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// What kind of obstacle.
    pub reason: Reason,
    /// The rule.
    pub rule: RuleRef,
    /// The column whose value stood in the way, where there is one; of a refused row its dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// The kinds of obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The rule reads a column that is null.
    Null,
    /// A result has more than 76 digits.
    Overflow,
    /// A named division met a zero divisor.
    DivisionByZero,
    /// Text could not be read as the number, date or instant that the rule asked for.
    Unparsable,
    /// A table has no row for the key.
    LookupMiss,
    /// An effective-dated table has no row for the key on the date.
    EffectiveGap,
    /// An effective-dated table has more than one row for the key on the date.
    EffectiveOverlap,
    /// The policy contradicts itself (a rule with two values at once), gives no amount where its
    /// fact has one, or an authorization policy erred: its answer can't be trusted.
    PolicyError,
    /// The evaluation went over its budget of time or memory.
    Limit,
    /// The selecting condition of the population is null for the record.
    SelectionUnknown,
    /// The rule asks for the absence of a row, and a row that could be it was refused.
    RowRefused,
}

impl Reason {
    /// A few words for people.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Null => "value is missing",
            Self::Overflow => "result has more than 76 digits",
            Self::DivisionByZero => "division by zero",
            Self::Unparsable => "value can't be read",
            Self::LookupMiss => "no row in the table for this key",
            Self::EffectiveGap => "no row in force on the date",
            Self::EffectiveOverlap => "more than one row in force on the date",
            Self::PolicyError => "the policy erred",
            Self::Limit => "over the evaluation budget",
            Self::SelectionUnknown => "can't tell whether the record belongs to the population",
            Self::RowRefused => "a row that could be the missing one was refused",
        }
    }
}

impl Reason {
    /// The phrase, with the column that it is about.
    pub fn of_column(self, column: Option<&str>) -> String {
        match column {
            Some(column) => format!("`{column}`: {self}"),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

mod line_number {
    //! Line numbers as decimal strings, as every number in a signed document.
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(line: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(line)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
