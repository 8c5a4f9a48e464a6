//! Metrics as they were reported by quarter: of disputes, and of the accuracy of invoices.

use super::columns::METRIC;
use crate::calendar::{Date, HOUR};
use crate::csv::{Table, cell};
use crate::metering::disputes::days::quarter;
use crate::metering::disputes::{Case, Outcome, digest};
use crate::metering::fault::Class;
use crate::metering::group::{MONTHS, first_day, invoice_day};
use crate::metering::invoice::Bill;
use crate::metering::plan::Plan;
use crate::metering::ratio::{Mode, Ratio};
use crate::metering::truth::Planted;
use std::collections::BTreeSet;

const ON_TIME: &str = "dispute-on-time";

/// Each metric, and what its definition is.
const DEFINITIONS: [(&str, &str); 3] = [
    (
        ON_TIME,
        "disputes resolved by the day on which they are due, of those resolved in the quarter",
    ),
    (
        "dispute-days",
        "business days from opening to resolution, by dispute resolved in the quarter",
    ),
    (
        "billing-accuracy-lines",
        "lines of invoices issued in the quarter, less those whose disputes were upheld in it, of all",
    ),
];

/// A metric of a quarter.
struct Metric {
    id: &'static str,
    definition: &'static str,
    quarter: String,
    published: Date,
    numerator: i128,
    denominator: i128,
}

fn count(items: usize) -> i128 {
    i128::try_from(items).unwrap_or(0)
}

/// The dataset `metric`.
///
/// # Errors
/// When no metric fits a fault; the text names it.
pub(super) fn table(
    seed: u64,
    (cases, bills): (&[Case], &[Bill]),
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let mut metrics = Vec::new();
    for month in (0..MONTHS).step_by(3) {
        let quarter = quarter(first_day(month));
        for (id, definition) in DEFINITIONS {
            let (numerator, denominator) = if id == "billing-accuracy-lines" {
                accuracy(cases, bills, &quarter)
            } else {
                resolved(cases, &quarter, id)
            };
            if denominator > 0 {
                let (quarter, published) = (quarter.clone(), first_day(month + 3).plus_days(9));
                let metric = Metric { id, definition, quarter, published, numerator, denominator };
                metrics.push(metric);
            }
        }
    }
    let fits = |m: &Metric| m.id == ON_TIME && m.numerator < m.denominator;
    for place in plan.choose(seed, Class::KpiOverstated, &metrics, fits)? {
        if let Some(metric) = metrics.get_mut(place) {
            let more = (metric.denominator * 7 / 100).max(1);
            metric.numerator = (metric.numerator + more).min(metric.denominator);
            let key = [("metric_id", metric.id.to_owned()), ("period", metric.quarter.clone())];
            facts.push(Planted::of(Class::KpiOverstated, &key, None));
        }
    }
    let row = |m: &Metric| {
        vec![
            cell(m.id),
            cell(&m.quarter),
            cell(m.numerator),
            cell(m.denominator),
            cell(Ratio::new(m.numerator, m.denominator).rounded(4, Mode::HalfUp)),
            cell(digest(m.definition)),
            cell(m.published.start().plus(9 * HOUR)),
        ]
    };
    Ok(METRIC.table(metrics.iter().map(row).collect()))
}

fn resolved(cases: &[Case], of: &str, id: &str) -> (i128, i128) {
    let mine = cases.iter().filter(|c| quarter(c.resolved()) == of);
    let all: Vec<&Case> = mine.collect();
    let numerator = if id == ON_TIME {
        count(all.iter().filter(|c| c.resolved() <= c.due()).count())
    } else {
        all.iter().map(|c| i128::from(c.took())).sum()
    };
    (numerator, count(all.len()))
}

fn accuracy(cases: &[Case], bills: &[Bill], of: &str) -> (i128, i128) {
    let issued = |b: &&Bill| b.number().is_some() && quarter(invoice_day(b.month)) == of;
    let issued: Vec<&Bill> = bills.iter().filter(issued).collect();
    let lines: usize = issued.iter().map(|b| b.direct.len() + 1).sum();
    let wrong: BTreeSet<(&str, i64)> = cases
        .iter()
        .filter(|c| c.outcome != Outcome::Denied && quarter(c.resolved()) == of)
        .map(Case::line)
        .collect();
    (count(lines) - count(wrong.len()), count(lines))
}
