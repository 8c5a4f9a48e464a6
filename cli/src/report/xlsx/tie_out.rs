//! The sheet of the datasets and of their tie-out, to the last unit.

use super::sheet::{Cell, Column};
use crate::report::content::Content;
use crate::report::shown;
use tieout_controls::dataset::{DatasetSummary, Expectation};
use tieout_controls::{Decimal, TieOut};

/// The columns.
pub(super) const COLUMNS: &[Column] = &[
    ("Dataset", 18),
    ("Profile", 16),
    ("Files", 34),
    ("Rows", 12),
    ("Accepted", 12),
    ("Refused", 10),
    ("State", 16),
    ("What", 22),
    ("Expected (exact)", 26),
    ("Found (exact)", 26),
    ("Difference (exact)", 22),
    ("Difference", 16),
    ("Stated by", 34),
    ("Obtained by", 18),
    ("Obtained at", 22),
    ("Commitment", 66),
];

/// What each dataset holds beside what was stated.
pub(super) fn rows(content: &Content<'_>) -> Vec<Vec<Cell>> {
    content.result.datasets.iter().flat_map(dataset).collect()
}

/// One row for each total that was found or stated, and one for the rows.
fn dataset(dataset: &DatasetSummary) -> Vec<Vec<Cell>> {
    let (state, expected) = match &dataset.tie_out {
        TieOut::NoExpectation => ("no expectation", None),
        TieOut::Agrees { expected } => ("agrees", Some(expected)),
        TieOut::Differs { expected, .. } => ("differs", Some(expected)),
    };
    let mut compared = vec![(
        "rows".to_owned(),
        expected.map(|e| e.rows.to_string()),
        Some(dataset.rows.to_string()),
    )];
    for (column, totals) in &dataset.totals {
        for (currency, total) in &totals.0 {
            let stated = expected.and_then(|e| e.totals.get(column)?.0.get(currency));
            let what = format!("{column} {currency}");
            let exact = |amount: &Decimal| shown::exact(amount, currency);
            compared.push((what, stated.map(exact), Some(exact(total))));
        }
    }
    compared.extend(expected.map(|e| not_found(dataset, e)).unwrap_or_default());
    compared.into_iter().map(|line| tie_out_row(dataset, state, expected, line)).collect()
}

/// What was stated and is not in the dataset at all.
fn not_found(
    dataset: &DatasetSummary,
    expected: &Expectation,
) -> Vec<(String, Option<String>, Option<String>)> {
    let stated =
        expected.totals.iter().flat_map(|(column, t)| t.0.iter().map(move |s| (column, s)));
    let missing = stated.filter(|(column, (currency, _))| {
        dataset.totals.get(*column).is_none_or(|found| !found.0.contains_key(*currency))
    });
    missing
        .map(|(column, (currency, sum))| {
            (format!("{column} {currency}"), Some(shown::exact(sum, currency)), None)
        })
        .collect()
}

fn tie_out_row(
    dataset: &DatasetSummary,
    state: &str,
    expected: Option<&Expectation>,
    (what, stated, found): (String, Option<String>, Option<String>),
) -> Vec<Cell> {
    let TieOut::Differs { differences, .. } = &dataset.tie_out else {
        return tie_out_cells(dataset, state, expected, &what, stated, found, None);
    };
    let difference = differences.iter().find(|d| d.what == what);
    let difference = difference.map(|d| shown::compared_exact(&what, &d.difference));
    tie_out_cells(dataset, state, expected, &what, stated, found, difference.as_deref())
}

fn tie_out_cells(
    dataset: &DatasetSummary,
    state: &str,
    expected: Option<&Expectation>,
    what: &str,
    stated: Option<String>,
    found: Option<String>,
    difference: Option<&str>,
) -> Vec<Cell> {
    vec![
        Cell::text(&dataset.name),
        Cell::text(&dataset.profile),
        Cell::Text(dataset.files.join("; ")),
        Cell::count(dataset.rows),
        Cell::count(dataset.accepted),
        Cell::count(dataset.refused),
        Cell::text(state),
        Cell::text(what),
        Cell::maybe(stated.as_deref()),
        Cell::maybe(found.as_deref()),
        Cell::maybe(difference),
        difference.map_or(Cell::Empty, |d| Cell::Number(d.to_owned())),
        Cell::maybe(expected.map(|e| e.source.as_str())),
        Cell::maybe(expected.map(|e| e.obtained_by.as_str())),
        Cell::maybe(expected.map(|e| e.at.to_rfc3339()).as_deref()),
        Cell::Text(dataset.commitment.to_string()),
    ]
}
