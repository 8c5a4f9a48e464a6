//! The result of testing a control, and of a run.

use crate::control::{Control, ControlId};
use crate::dataset::{DatasetSummary, RefusedRow};
use crate::decision::{Cause, Reason};
use crate::digest::Digest;
use crate::money::{Count, Totals};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a run of a workspace found. Everything that signed documents and reports say comes from
/// here; every number in its JSON form is a string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunResult {
    /// The format of this document: `1`.
    pub schema_version: String,
    /// What was run, and over which time.
    pub run: RunParameters,
    /// The datasets, by name.
    pub datasets: Vec<DatasetSummary>,
    /// Every refused row, by dataset, file and row.
    pub refused_rows: Vec<RefusedRow>,
    /// One result for each control, by control id.
    pub tests: Vec<TestResult>,
}

/// The parameters of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunParameters {
    /// The workspace's name.
    pub workspace: String,
    /// The first day of the period tested.
    pub period_start: NaiveDate,
    /// The day after the last day of the period tested.
    pub period_end: NaiveDate,
    /// The date on which the question is asked, such as "is it still kept on this day".
    pub as_of: NaiveDate,
    /// The resolved configuration's digest.
    pub configuration: Digest,
    /// The engine's name and version.
    pub engine: String,
    /// Settings that the configuration overrides or takes from flags, with their origin.
    pub overrides: BTreeMap<String, String>,
}

/// The result of testing one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The catalogue item as it was run, the company's own id, owner and parameters included.
    pub control: Control,
    /// Whether the control was asked for by name or is mandatory in the workspace.
    pub mandatory: bool,
    /// The policy that decided; `None` when the control could not be prepared.
    pub policy: Option<PolicyIdentity>,
    /// How the population was formed; `None` when a dataset is missing.
    pub population: Option<PopulationSummary>,
    /// How many records have which verdict.
    pub counts: DecisionCounts,
    /// The exceptions' amounts, by currency.
    pub exception_amounts: Totals,
    /// Exceptions by code.
    pub by_code: BTreeMap<String, CodeSummary>,
    /// Undetermined records by cause: the wall of one null in ten million rows is one line.
    pub undetermined: Vec<UndeterminedGroup>,
    /// What is concluded.
    pub outcome: Outcome,
}

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyIdentity {
    /// The bundle's name.
    pub bundle: String,
    /// The bundle's semantic version.
    pub version: String,
    /// The digest over the bundle's files.
    pub digest: Digest,
    /// The rule's folder in the bundle.
    pub rule: String,
    /// The path of its source in the pack's `policy/` folder.
    pub source: String,
}

/// How a population was formed, and that nothing fell out of it unseen:
/// `base = selected + excluded + undetermined`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationSummary {
    /// The name of the base dataset in the workspace.
    pub base: String,
    /// All datasets read, by role: role → name.
    pub datasets: BTreeMap<String, String>,
    /// The SHA-256 of the query text (selecting condition and SQL, or the native population's
    /// name and parameters).
    pub query: Digest,
    /// The accepted rows of the base dataset.
    pub base_rows: Count,
    /// Those that the selecting condition takes.
    pub selected: Count,
    /// Those that it leaves out.
    pub excluded: Count,
    /// Those for which it is null.
    pub unknown: Count,
    /// The base dataset's refused rows.
    pub refused: Count,
    /// The records that result: equal to `selected` for a population of single records, the
    /// number of groups for a grouped one.
    pub records: Count,
    /// The exact sums of the exposure column over the records, by currency.
    pub totals: Totals,
    /// Where a dataset read doesn't agree with an independent expectation, or has none; empty when
    /// the population ties out. Stands in the way of control tests and re-performance.
    pub not_tied_out: Vec<String>,
    /// Where the records are not the selected rows, no more and no fewer: rows that the query loses
    /// or multiplies, refused rows of datasets beside the base. Stands in the way of every control.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_reconciled: Vec<String>,
}

/// How many records have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionCounts {
    /// Conforming records.
    pub conforms: Count,
    /// Exceptions.
    pub violates: Count,
    /// Undetermined records: by a rule, or by the selecting condition.
    pub undetermined: Count,
    /// Records about which the policy doesn't speak.
    pub not_applicable: Count,
}

impl DecisionCounts {
    /// All evaluated records.
    pub fn evaluated(&self) -> Count {
        self.conforms + self.violates + self.undetermined + self.not_applicable
    }
}

/// The exceptions with one code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSummary {
    /// How many facts carry the code.
    pub count: Count,
    /// Their amounts, by currency.
    pub amounts: Totals,
}

/// Undetermined records that share a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndeterminedGroup {
    /// The cause.
    pub cause: Cause,
    /// How many records.
    pub count: Count,
    /// The money at stake in them.
    pub exposure: Totals,
    /// Records in the group whose exposure is itself null.
    pub exposure_unknown: Count,
}

/// What is concluded of a control. *Effective* is not among the words: a person says that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Outcome {
    /// Every record was evaluated, the population tied out, and none is an exception.
    NoExceptions,
    /// At least one exception.
    Exceptions,
    /// No exception, but something stands in the way of saying so.
    Inconclusive {
        /// Each obstacle, at least one.
        why: Vec<String>,
    },
    /// Nothing was tested.
    NotTested {
        /// Why, such as the missing dataset.
        why: String,
    },
}

impl Outcome {
    /// The word for it: `no-exceptions`, `exceptions`, `inconclusive`, `not-tested`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoExceptions => "no-exceptions",
            Self::Exceptions => "exceptions",
            Self::Inconclusive { .. } => "inconclusive",
            Self::NotTested { .. } => "not-tested",
        }
    }
}

impl RunResult {
    /// The test of that control.
    pub fn test(&self, id: &ControlId) -> Option<&TestResult> {
        self.tests.iter().find(|t| &t.control.id == id)
    }

    /// The exit code of a run with this result: 1 when any control has exceptions, else 3 when
    /// any is inconclusive or a mandatory one was not tested, else 0.
    pub fn exit_code(&self) -> u8 {
        let any = |f: fn(&TestResult) -> bool| self.tests.iter().any(f);
        if any(|t| t.outcome == Outcome::Exceptions) {
            return 1;
        }
        let open = any(|t| match t.outcome {
            Outcome::Inconclusive { .. } => true,
            Outcome::NotTested { .. } => t.mandatory,
            Outcome::NoExceptions | Outcome::Exceptions => false,
        });
        if open { 3 } else { 0 }
    }
}

impl UndeterminedGroup {
    /// The line for it: what is missing, where.
    pub fn describe(&self) -> String {
        let column = self.cause.column.as_deref();
        match (self.cause.reason, column) {
            (Reason::Null, Some(column)) => format!("`{column}` is missing"),
            (reason, column) => reason.of_column(column),
        }
    }
}
