//! What a run keeps of each dataset: identity, counts, totals, refusals, and whether it ties out.

use crate::digest::Digest;
use crate::money::{Count, Totals};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A dataset as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSummary {
    /// Its name in the workspace.
    pub name: String,
    /// The schema profile it was read by, such as `focus-1.2`.
    pub profile: String,
    /// The files as the workspace names them, in the order of their numbers.
    pub files: Vec<String>,
    /// The rows in the source: accepted and refused.
    pub rows: Count,
    /// The rows that fit the profile.
    pub accepted: Count,
    /// The rows that don't.
    pub refused: Count,
    /// The accepted rows' exact sums: amount column → currency → total.
    pub totals: BTreeMap<String, Totals>,
    /// Amounts in accepted rows which are null: amount column → count. Null amounts are in no
    /// total.
    pub null_amounts: BTreeMap<String, Count>,
    /// The earliest instant or date in the profile's period columns, and the latest, as text;
    /// `None` where the profile has no period or no row states it.
    pub period: Option<(String, String)>,
    /// The root of the salted Merkle tree (RFC 6962, SHA-256) over the accepted rows, in order.
    pub commitment: Digest,
    /// How the file was read, where the workspace declares it: null markers, zone, ignored
    /// columns, renames, scales, float rule. Setting → value as text.
    pub reading: BTreeMap<String, String>,
    /// Columns of the file which the profile doesn't know; read as strings.
    pub undeclared_columns: Vec<String>,
    /// Columns of the profile which the file lacks; null in every row.
    pub absent_columns: Vec<String>,
    /// The comparison with what someone else says the dataset holds.
    pub tie_out: TieOut,
}

/// A row that doesn't fit its profile. Its values are never shown: they may be personal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RefusedRow {
    /// The dataset's name.
    pub dataset: String,
    /// The file as the workspace names it.
    pub file: String,
    /// The data row's ordinal in the file, from 1.
    pub row: Count,
    /// The line in a text file where the row begins, from 1; `None` for Parquet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Count>,
    /// The column at fault; `None` where the row as a whole is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The kebab-case code of the reason, such as `not-a-decimal`, `too-many-digits`,
    /// `naive-timestamp`, `null-not-allowed`, `wrong-field-count`.
    pub code: String,
    /// The reason in words, without the value.
    pub reason: String,
}

/// An independent statement of what a dataset should hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// How many rows.
    pub rows: Count,
    /// Amount column → currency → total. May be empty for datasets without money.
    #[serde(default)]
    pub totals: BTreeMap<String, Totals>,
    /// Who or what states it, such as `ERP trial balance, account 4400`.
    pub source: String,
    /// Who obtained it.
    pub obtained_by: String,
    /// When it was obtained.
    pub at: DateTime<Utc>,
}

/// The comparison of a dataset with its expectation, to the last unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum TieOut {
    /// Nobody has said what the dataset should hold.
    NoExpectation,
    /// Rows and every stated total agree exactly.
    Agrees {
        /// What was stated.
        expected: Expectation,
    },
    /// Something differs.
    Differs {
        /// What was stated.
        expected: Expectation,
        /// Each difference, at least one.
        differences: Vec<Difference>,
    },
}

impl TieOut {
    /// What was stated, if anything was.
    pub fn expected(&self) -> Option<&Expectation> {
        match self {
            Self::NoExpectation => None,
            Self::Agrees { expected } | Self::Differs { expected, .. } => Some(expected),
        }
    }
}

/// One difference between a dataset and its expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What differs: `rows`, or `COLUMN CURRENCY`.
    pub what: String,
    /// What was stated.
    pub expected: String,
    /// What was found.
    pub actual: String,
    /// Actual less expected.
    pub difference: String,
}

/// Compares what was found with what was stated. Rows counts accepted and refused rows; totals are
/// over accepted rows, so that a refused row with an amount shows as a difference. A total that
/// was found in a currency which the expectation of that column doesn't state is a difference too.
pub fn tie_out(
    rows: Count,
    totals: &BTreeMap<String, Totals>,
    expected: Option<&Expectation>,
) -> TieOut {
    let Some(expected) = expected else { return TieOut::NoExpectation };
    let mut differences = Vec::new();
    if rows != expected.rows {
        differences.push(Difference {
            what: "rows".to_owned(),
            expected: expected.rows.to_string(),
            actual: rows.to_string(),
            difference: (i128::from(rows.0) - i128::from(expected.rows.0)).to_string(),
        });
    }
    for (column, stated) in &expected.totals {
        let none = Totals::default();
        let found = totals.get(column).unwrap_or(&none);
        differences.extend(total_differences(column, stated, found));
    }
    let expected = expected.clone();
    if differences.is_empty() {
        return TieOut::Agrees { expected };
    }
    TieOut::Differs { expected, differences }
}

fn total_differences(column: &str, stated: &Totals, found: &Totals) -> Vec<Difference> {
    let currencies: std::collections::BTreeSet<_> = stated.0.keys().chain(found.0.keys()).collect();
    let zero = crate::Decimal::zero();
    let mut differences = Vec::new();
    for currency in currencies {
        let expected = stated.0.get(currency).unwrap_or(&zero);
        let actual = found.0.get(currency).unwrap_or(&zero);
        if expected == actual {
            continue;
        }
        let difference = actual.sub(expected).map_or_else(|e| e.to_string(), |d| d.to_string());
        differences.push(Difference {
            what: format!("{column} {currency}"),
            expected: expected.to_string(),
            actual: actual.to_string(),
            difference,
        });
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(text: &str) -> BTreeMap<String, Totals> {
        serde_json::from_str(text).unwrap()
    }

    fn expectation(rows: u64, stated: &str) -> Expectation {
        Expectation {
            rows: Count(rows),
            totals: totals(stated),
            source: "trial balance".into(),
            obtained_by: "controller".into(),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn one_cent_is_a_difference() {
        let found = totals(r#"{"BilledCost":{"EUR":"10.00"}}"#);
        let stated = expectation(3, r#"{"BilledCost":{"EUR":"10.01"}}"#);
        let TieOut::Differs { differences, .. } = tie_out(Count(3), &found, Some(&stated)) else {
            panic!("should differ")
        };
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].difference, "-0.01");
    }

    #[test]
    fn rows_and_unstated_currencies_count() {
        let found = totals(r#"{"BilledCost":{"EUR":"10","CHF":"1"}}"#);
        let stated = expectation(2, r#"{"BilledCost":{"EUR":"10.00"}}"#);
        let TieOut::Differs { differences, .. } = tie_out(Count(3), &found, Some(&stated)) else {
            panic!("should differ")
        };
        let what: Vec<_> = differences.iter().map(|d| d.what.as_str()).collect();
        assert_eq!(what, ["rows", "BilledCost CHF"]);
        assert!(matches!(tie_out(Count(3), &found, None), TieOut::NoExpectation));
    }
}
