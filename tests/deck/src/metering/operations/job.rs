//! The jobs of each month's billing: what failed was run again until it succeeded.

use crate::calendar::{HOUR, Instant, MINUTE};
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, cut_off, invoice_day, period};
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::rng::Rng;

/// In so many of a hundred cases a job fails at first.
const FAILS: u64 = 12;

/// The jobs of a month, and when each begins: usage is complete at the cut-off, keys are frozen an hour
/// after, and the journal is posted at eight on the day of the invoices.
fn jobs(month: i64) -> [(&'static str, Instant); 5] {
    let day = invoice_day(month).start();
    [
        ("load-usage", cut_off(month).plus(-6 * HOUR)),
        ("rate-charges", cut_off(month).plus(5 * MINUTE)),
        ("allocate-pools", cut_off(month).plus(HOUR)),
        ("issue-invoices", day.plus(5 * HOUR)),
        ("post-journal", day.plus(7 * HOUR)),
    ]
}

/// The dataset `job-run`.
///
/// # Errors
/// When no job failed where a fault needs one; the text names the fault.
pub(super) fn table(seed: u64, plan: &Plan, facts: &mut Vec<Planted>) -> Result<Table, String> {
    let mut rng = Rng::stream(seed, "metering jobs");
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut again: Vec<usize> = Vec::new();
    for month in 0..MONTHS {
        for (job, begins) in jobs(month) {
            let id = |attempt: i64| format!("JOB-{}-{job}-{attempt}", period(month));
            let mut row = |attempt: i64, begins: Instant, minutes: i64, status: &str| {
                rows.push(vec![
                    cell(id(attempt)),
                    cell(job),
                    cell(period(month)),
                    cell(attempt),
                    cell(begins),
                    cell(begins.plus(minutes * MINUTE)),
                    cell(status),
                    maybe((attempt > 1).then(|| id(attempt - 1))),
                    cell("S001"),
                ]);
                rows.len() - 1
            };
            let minutes = rng.between(6, 20);
            if rng.below(100) < FAILS {
                row(1, begins, 6, "failed");
                again.push(row(2, begins.plus(20 * MINUTE), minutes, "succeeded"));
            } else {
                row(1, begins, minutes, "succeeded");
            }
        }
    }
    let chosen = plan.choose(seed, Class::JobFailedUnresolved, &again, |_| true)?;
    let mut dropped: Vec<usize> = chosen.iter().filter_map(|p| again.get(*p).copied()).collect();
    dropped.sort_unstable();
    for place in dropped.into_iter().rev() {
        rows.remove(place);
        let failed = rows.get(place - 1).and_then(|row| row.first().cloned().flatten());
        let key = [("run_id", failed.unwrap_or_default())];
        facts.push(Planted::of(Class::JobFailedUnresolved, &key, None));
    }
    Ok(Table {
        role: "job-run",
        format: Format::Csv,
        columns: &[
            "run_id",
            "job",
            "period",
            "attempt",
            "started_at",
            "finished_at",
            "status",
            "rerun_of",
            "operator",
        ],
        money: &[],
        rows,
    })
}
