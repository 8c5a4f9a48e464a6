//! The sheets of the records: exceptions, undetermined records, refused rows.

use super::sheet::{Cell, Column};
use crate::report::content::{Content, Exception, Place, RecordName, Tested, Undetermined};
use crate::report::shown;
use tieout_controls::{Cause, RefusedRow};

/// The columns of the exceptions.
pub(super) const EXCEPTIONS: &[Column] = &[
    ("Control", 12),
    ("Company id", 12),
    ("Record key", 50),
    ("Dataset", 16),
    ("File", 30),
    ("Row", 10),
    ("Pack record", 12),
    ("Code", 26),
    ("Expected", 26),
    ("Actual", 26),
    ("Amount (exact)", 30),
    ("Amount", 18),
    ("Currency", 10),
    ("Message", 40),
    ("Rule", 44),
];

/// A control's exceptions.
pub(super) fn exceptions(tested: &Tested<'_>) -> Vec<Vec<Cell>> {
    let row = |exception: &Exception| {
        let mut cells = named(tested, &exception.record);
        cells.push(Cell::text(&exception.code));
        for value in [&exception.expected, &exception.actual] {
            cells.push(Cell::maybe(value.as_deref().map(shown::stated).as_deref()));
        }
        cells.extend(Cell::amount(exception.amount.as_ref(), &exception.currency));
        cells.push(Cell::text(&exception.currency));
        cells.push(Cell::maybe(exception.message.as_deref()));
        cells.push(Cell::maybe(exception.rule.as_ref().map(Place::text).as_deref()));
        cells
    };
    tested.exceptions.iter().map(row).collect()
}

/// The control and the record.
fn named(tested: &Tested<'_>, record: &RecordName) -> Vec<Cell> {
    vec![
        Cell::text(tested.test.control.id.as_str()),
        Cell::maybe(tested.test.control.company_id.as_deref()),
        Cell::Text(record.key_text()),
        Cell::maybe(record.dataset.as_deref()),
        Cell::maybe(record.file.as_deref()),
        record.row.map_or(Cell::Empty, Cell::count),
        Cell::count(record.number),
    ]
}

/// The columns of the undetermined records.
pub(super) const UNDETERMINED: &[Column] = &[
    ("Control", 12),
    ("Company id", 12),
    ("Record key", 50),
    ("Dataset", 16),
    ("File", 30),
    ("Row", 10),
    ("Pack record", 12),
    ("Causes", 50),
    ("At stake (exact)", 30),
    ("At stake", 18),
    ("Currency", 10),
    ("Rule", 44),
];

/// A control's undetermined records.
pub(super) fn undetermined(tested: &Tested<'_>) -> Vec<Vec<Cell>> {
    let row = |record: &Undetermined| {
        let mut cells = named(tested, &record.record);
        let cause = |c: &Cause| match &c.column {
            Some(column) => format!("{column}: {}", c.reason),
            None => c.reason.to_string(),
        };
        let causes: Vec<_> = record.causes.iter().map(cause).collect();
        let rules: Vec<_> =
            record.causes.iter().map(|c| format!("{}:{}", c.rule.file, c.rule.line)).collect();
        cells.push(Cell::Text(causes.join("; ")));
        cells.extend(Cell::amount(record.exposure.as_ref(), &record.currency));
        cells.push(Cell::text(&record.currency));
        cells.push(Cell::Text(rules.join("; ")));
        cells
    };
    tested.undetermined.iter().map(row).collect()
}

/// The columns of the refused rows.
pub(super) const REFUSED: &[Column] = &[
    ("Dataset", 16),
    ("File", 34),
    ("Row", 10),
    ("Line", 10),
    ("Column", 24),
    ("Code", 24),
    ("Reason", 60),
];

/// All refused rows.
pub(super) fn refused(content: &Content<'_>) -> Vec<Vec<Cell>> {
    let row = |row: &RefusedRow| {
        vec![
            Cell::text(&row.dataset),
            Cell::text(&row.file),
            Cell::count(row.row),
            row.line.map_or(Cell::Empty, Cell::count),
            Cell::maybe(row.column.as_deref()),
            Cell::text(&row.code),
            Cell::text(&row.reason),
        ]
    };
    content.result.refused_rows.iter().map(row).collect()
}
