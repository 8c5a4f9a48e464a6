//! The sheet of the controls: the attributes of each, and what was concluded.

use super::sheet::{Cell, Column};
use crate::report::content::{Tested, outcome_words};
use tieout_controls::Count;
use tieout_controls::control::Parameter;

/// The columns.
pub(super) const COLUMNS: &[Column] = &[
    ("Control", 12),
    ("Company id", 12),
    ("Title", 40),
    ("Outcome", 16),
    ("Why", 50),
    ("Records", 12),
    ("Exceptions", 12),
    ("Undetermined", 13),
    ("Not applicable", 13),
    ("Exception amounts (exact)", 34),
    ("Assertion", 16),
    ("Risk", 50),
    ("Objective", 50),
    ("Severity", 10),
    ("Owner", 22),
    ("Frequency", 12),
    ("Kind", 24),
    ("Policy bundle", 22),
    ("Version", 10),
    ("Policy digest", 66),
    ("Rule", 34),
    ("Parameters", 40),
    ("Base dataset", 14),
    ("Base rows", 12),
    ("Selected", 12),
    ("Excluded", 12),
    ("Not selectable", 12),
    ("Refused", 10),
    ("Population total (exact)", 30),
    ("Query digest", 66),
    ("Not reconciled", 50),
    ("Not tied out", 50),
    ("References", 40),
];

/// A control, its policy, its population and its outcome.
pub(super) fn row(tested: &Tested<'_>) -> Vec<Cell> {
    let (test, control) = (tested.test, &tested.test.control);
    let (policy, population) = (test.policy.as_ref(), test.population.as_ref());
    let parameter = |(name, p): (&String, &Parameter)| format!("{name} = {}", p.value);
    let parameters: Vec<_> = control.parameters.iter().map(parameter).collect();
    let count = |of: Option<Count>| of.map_or(Cell::Empty, Cell::count);
    vec![
        Cell::text(control.id.as_str()),
        Cell::maybe(control.company_id.as_deref()),
        Cell::text(&control.title),
        Cell::text(outcome_words(test.outcome.word())),
        Cell::Text(tested.reasons().join("; ")),
        Cell::count(test.counts.evaluated()),
        Cell::count(test.counts.violates),
        Cell::count(test.counts.undetermined),
        Cell::count(test.counts.not_applicable),
        Cell::totals(&test.exception_amounts),
        Cell::text(control.assertion.word()),
        Cell::text(&control.risk),
        Cell::text(&control.objective),
        Cell::text(control.severity.word()),
        Cell::text(&control.owner),
        Cell::text(&control.frequency),
        Cell::text(control.kind.word()),
        Cell::maybe(policy.map(|p| p.bundle.as_str())),
        Cell::maybe(policy.map(|p| p.version.as_str())),
        Cell::maybe(policy.map(|p| p.digest.to_string()).as_deref()),
        Cell::maybe(policy.map(|p| p.source.as_str())),
        Cell::Text(parameters.join("; ")),
        Cell::maybe(population.map(|p| p.base.as_str())),
        count(population.map(|p| p.base_rows)),
        count(population.map(|p| p.selected)),
        count(population.map(|p| p.excluded)),
        count(population.map(|p| p.unknown)),
        count(population.map(|p| p.refused)),
        population.map_or(Cell::Empty, |p| Cell::totals(&p.totals)),
        Cell::maybe(population.map(|p| p.query.to_string()).as_deref()),
        Cell::maybe(population.map(|p| p.not_reconciled.join("; ")).as_deref()),
        Cell::maybe(population.map(|p| p.not_tied_out.join("; ")).as_deref()),
        Cell::Text(control.references.join("; ")),
    ]
}
