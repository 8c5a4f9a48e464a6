//! Findings: answered, mended, retested and closed by another than their owner.

use super::columns::FINDING;
use crate::calendar::{Date, HOUR};
use crate::csv::{Cell, Table, cell, maybe};
use crate::metering::disputes::days::after;
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, first_day};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::rng::at;

/// A finding is to be mended within so many days.
const DUE: i64 = 90;
const CONTROLS: [&str; 6] = ["RC-03", "PT-02", "SL-02", "DD-01", "IM-01", "AL-02"];
const OWNERS: [&str; 4] = ["U137", "U093", "U139", "U121"];

/// A finding of a month; what came last is still being mended.
struct Finding {
    month: i64,
    mended: bool,
}

impl Finding {
    fn id(&self) -> String {
        format!("F-{:04}", self.month + 1)
    }

    fn opened(&self) -> Date {
        after(first_day(self.month).plus_days(11), 1)
    }

    fn row(&self) -> Vec<Cell> {
        let place = usize::try_from(self.month).unwrap_or(0);
        let opened = self.opened();
        let when = |days: i64| opened.plus_days(days).start().plus(10 * HOUR);
        let done = |days: i64| maybe(self.mended.then(|| when(days)));
        vec![
            cell(self.id()),
            cell(at(&CONTROLS, place)),
            cell(when(0)),
            cell(at(&["high", "medium", "low"], place)),
            cell(at(&OWNERS, place)),
            cell("the cause is removed and what was wrong is corrected"),
            cell(when(5)),
            cell(opened.plus_days(DUE)),
            done(40 + self.month % 9 * 5),
            done(84),
            maybe(self.mended.then_some("passed")),
            done(85),
            maybe(self.mended.then_some("U131")),
        ]
    }
}

/// The dataset `finding`.
///
/// # Errors
/// When no finding fits a fault; the text names it.
pub(super) fn table(seed: u64, plan: &Plan, facts: &mut Vec<Planted>) -> Result<Table, String> {
    let mended = |month| month < MONTHS - 2;
    let mut findings: Vec<Finding> =
        (0..MONTHS).map(|month| Finding { month, mended: mended(month) }).collect();
    for place in plan.choose(seed, Class::FindingOverdue, &findings, |f| f.mended)? {
        if let Some(finding) = findings.get_mut(place) {
            finding.mended = false;
            let key = [("finding_id", finding.id())];
            facts.push(Planted::of(Class::FindingOverdue, &key, None));
        }
    }
    Ok(FINDING.table(findings.iter().map(Finding::row).collect()))
}
