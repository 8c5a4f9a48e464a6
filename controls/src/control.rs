//! The catalogue item: what is controlled, why, over which population, decided by which policy.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A control's id, such as `FOC-R03`: upper-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ControlId(String);

/// The text is not a control id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a control id: upper-case letters, digits and hyphens, such as `FOC-R03`")]
pub struct ControlIdError(String);

impl TryFrom<String> for ControlId {
    type Error = ControlIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err(ControlIdError(text));
        }
        Ok(Self(text))
    }
}

impl std::str::FromStr for ControlId {
    type Err = ControlIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<ControlId> for String {
    fn from(id: ControlId) -> Self {
        id.0
    }
}

impl fmt::Display for ControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl ControlId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kind of catalogue item it is, which decides what its result may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlKind {
    /// Tests whether a control worked. Needs a population that ties out.
    ControlTest,
    /// Recomputes an amount independently. Needs a population that ties out.
    SubstantiveReperformance,
    /// Watches a figure; no assurance is drawn from it.
    Monitoring,
    /// Checks whether data are fit to be tested at all.
    DataPrecondition,
}

impl ControlKind {
    /// Whether a conclusion needs a population that ties out.
    pub fn needs_tie_out(self) -> bool {
        matches!(self, Self::ControlTest | Self::SubstantiveReperformance)
    }

    /// The word for it in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::ControlTest => "control test",
            Self::SubstantiveReperformance => "substantive re-performance",
            Self::Monitoring => "monitoring",
            Self::DataPrecondition => "data precondition",
        }
    }
}

/// Management's assertion that the control supports (PCAOB AS 1105.11; ISA 315.A190).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assertion {
    /// What is recorded happened.
    Existence,
    /// All that happened is recorded.
    Completeness,
    /// Amounts are right.
    Accuracy,
    /// Recorded in the right period.
    CutOff,
    /// Recorded in the right account.
    Classification,
    /// The entity holds the rights and owes the obligations.
    RightsAndObligations,
}

impl Assertion {
    /// The word for it in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Existence => "existence",
            Self::Completeness => "completeness",
            Self::Accuracy => "accuracy",
            Self::CutOff => "cut-off",
            Self::Classification => "classification",
            Self::RightsAndObligations => "rights and obligations",
        }
    }
}

/// How grave an exception is, in the control's own scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// To be mended in the ordinary course.
    Medium,
    /// To be mended before the close.
    High,
    /// Stops the close.
    Critical,
}

impl Severity {
    /// The word for it in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A control of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its id in the catalogue.
    pub id: ControlId,
    /// The company's own id for it, such as `BIL-07`, from the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<String>,
    /// A name of a few words.
    pub title: String,
    /// The family: `billing`, `sod`, `retention`, `vat`, `transfer-pricing`; `gate` judges a proposed
    /// change of rates.
    pub family: String,
    /// What kind of item.
    pub kind: ControlKind,
    /// The assertion it supports.
    pub assertion: Assertion,
    /// What it is to achieve.
    pub objective: String,
    /// What can go wrong without it.
    pub risk: String,
    /// How grave an exception is.
    pub severity: Severity,
    /// Who owns it; a role unless the workspace names someone.
    pub owner: String,
    /// How often it is performed, such as `monthly`.
    pub frequency: String,
    /// How its population is formed.
    pub population: Population,
    /// The policy that decides.
    pub policy: PolicyRef,
    /// Reference tables that the policy looks up: name in `data` → dataset.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, TableRef>,
    /// Parameters that the policy reads as `data.parameters.NAME`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// Sources: articles, standards, specification ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

/// How a population is formed from datasets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// The role of the base dataset: the name of its profile without the version, such as
    /// `focus`. In SQL the roles are table names, hyphens as underscores.
    pub base: String,
    /// The roles of the other datasets that the query reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<String>,
    /// The selecting condition over the base dataset's columns; true selects, false excludes,
    /// null makes the record undetermined. Without one every row is selected.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Empty: one record for each selected row of the base. Else the grouping columns: one record
    /// for each distinct combination; the query then has a column `_records` with the number of
    /// base rows in the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// What gives the records.
    pub query: PopulationQuery,
    /// The money at stake in a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// Datasets in which the absence of a row is the violation, such as an approval that nobody
    /// gave: role → column of the dataset → column of the record. A violation becomes
    /// undetermined when a row of the dataset was refused that has the record's values in these
    /// columns, or none that can be read; without columns any refused row counts. A record of a
    /// single row has the columns of its base row beside the query's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absence_of: BTreeMap<String, BTreeMap<String, String>>,
    /// Columns of the result that are personal beside those that the profiles name so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<String>,
    /// Why the rules read personal columns themselves, and nothing derived of them that may stay: once they
    /// are erased, what was decided can be proved and not re-performed. Needed where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasable: Option<String>,
}

/// What gives a population's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PopulationQuery {
    /// A SELECT over the table `base` (the selected rows of the base dataset, with the columns
    /// `_file` and `_row`) and the joined roles. A population of single records selects `_file`
    /// and `_row` too.
    Sql(String),
    /// A population that the engine computes, by its name, such as `sod-static`.
    Native(String),
}

/// The columns of a population that state the money at stake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The amount column.
    pub amount: String,
    /// The currency column.
    pub currency: String,
}

/// Which policy decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRef {
    /// The bundle's name.
    pub bundle: String,
    /// The rule's folder in the bundle.
    pub rule: String,
}

/// A dataset as a reference table of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRef {
    /// The dataset's role.
    pub dataset: String,
    /// The key columns, in the order in which the policy gives them.
    pub key: Vec<String>,
    /// The columns of the half-open validity interval, for `effective.at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}

/// The columns of a half-open validity interval `[from, to)`; a null `to` is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effective {
    /// The first instant or day of validity.
    pub from: String,
    /// The first one after it.
    pub to: String,
}

/// A parameter with its default; the workspace may set another value, and the result shows which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Its value, as text.
    pub value: String,
    /// What it means, with its unit.
    pub description: String,
}

/// The types of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// Text.
    String,
    /// An exact decimal.
    Decimal,
    /// A civil date.
    Date,
    /// `true` or `false`.
    Bool,
}
