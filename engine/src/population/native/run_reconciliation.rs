//! The native population `run-reconciliation`: what a billing run charged of a service, against what
//! came in of usage between its cut-off and the one before.
//!
//! Usage that no run has charged belongs to the first run whose cut-off it had come in before; that of
//! a period that was never charged, to the first after the period's end.

use super::Unknown;
use super::billing::{self, Billing, Period};
use super::charge_quantity::together;
use super::output::{self, Cell, Column, Kind, Output};
use super::usage::{self, QUANTITY_SCALE};
use super::{Native, NativeGrain, Request};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "run-reconciliation",
    grain: NativeGrain::Group(&["service_id", "billing_run"]),
    roles: &billing::ROLES,
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    Column("service_id", Kind::Text, false),
    Column("billing_run", Kind::Text, false),
    Column("_records", Kind::Whole, false),
    Column("metered", Kind::Quantity, true),
    Column("billed", Kind::Quantity, true),
    Column("difference", Kind::Quantity, true),
    Column("periods_off", Kind::Whole, true),
    Column("amount", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

/// What a run charged of a service, and what it should have.
struct Sums<'a> {
    charges: i64,
    metered: Exact,
    billed: Exact,
    periods_off: i64,
    amount: Exact,
    currency: Option<&'a str>,
    reason: Option<&'static str>,
}

impl Default for Sums<'_> {
    fn default() -> Self {
        let zero = Exact::zero;
        let (metered, billed, amount) = (zero(), zero(), zero());
        Self { charges: 0, metered, billed, periods_off: 0, amount, currency: None, reason: None }
    }
}

impl<'a> Sums<'a> {
    /// Adds a period's part: billed, metered, and by what its amount is off where they differ.
    fn add(&mut self, billed: i128, metered: i128, off: Result<(Exact, &'a str), Unknown>) {
        self.billed = self.billed.plus(&Exact::from_scaled(billed, QUANTITY_SCALE));
        self.metered = self.metered.plus(&Exact::from_scaled(metered, QUANTITY_SCALE));
        if billed == metered {
            return;
        }
        self.periods_off += 1;
        match off {
            Ok((amount, currency)) if self.currency.is_none_or(|other| other == currency) => {
                self.amount = self.amount.plus(&amount);
                self.currency = Some(currency);
            }
            Ok(_) => self.reason = Some("the run's charges are in several currencies"),
            Err(Unknown(why)) => self.reason = Some(why),
        }
    }
}

type Groups<'a> = BTreeMap<(&'a str, &'a str), Sums<'a>>;

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let billing = Billing::read(request.bound)?;
    let runs: BTreeMap<i64, &str> = billing.charges.rows.iter().map(|c| (c.known, c.run)).collect();
    let mut groups = Groups::new();
    for charge in &billing.charges.rows {
        let sums = groups.entry((charge.service, charge.run)).or_default();
        sums.charges += 1;
        sums.currency = sums.currency.or(Some(charge.currency));
    }
    for period in billing.periods() {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        charged(&billing, &period, &mut groups);
        left(&billing, &period, &runs, &mut groups);
    }
    let mut output = Output::new(COLUMNS);
    for ((service, run), sums) in &groups {
        push(service, run, sums, &mut output)?;
    }
    output.finish()
}

/// The charges of a period, each run's with what had come in for it.
fn charged<'a>(billing: &Billing<'a>, period: &Period<'a>, groups: &mut Groups<'a>) {
    for charges in billing.charges.made(period.key()) {
        let Some(first) = charges.first() else { continue };
        let sums = groups.entry((first.service, first.run)).or_default();
        match together(billing, period, &charges) {
            Ok(done) => {
                let off = done.amount.map(|amount| (amount, first.currency));
                sums.add(done.quantity, done.expected, off);
            }
            Err(Unknown(why)) => sums.reason = Some(why),
        }
    }
}

/// What came in of a period's usage and no run charged.
fn left<'a>(
    billing: &Billing<'a>,
    period: &Period<'a>,
    runs: &BTreeMap<i64, &'a str>,
    groups: &mut Groups<'a>,
) {
    let rows = billing.rows_of(period);
    let counted = |before| usage::count(rows, before).map(|counted| counted.total);
    let last = billing.charges.made(period.key()).last();
    let last = last.and_then(|charges| charges.last().copied());
    let since = last.map_or(period.end.saturating_sub(1), |charge| charge.known);
    let mut before = last.map_or(Ok(0), |charge| counted(charge.known));
    for (known, run) in runs.range(since.saturating_add(1)..) {
        let came = |row: &usage::Row<'_>| row.ingest < *known;
        let new = |row: &usage::Row<'_>| last.is_none_or(|charge| row.ingest >= charge.known);
        if !rows.iter().any(|row| came(row) && new(row)) {
            continue;
        }
        let now = counted(*known);
        let service = match last {
            Some(charge) => Some(charge.service),
            None => billing.register.at(period.resource, period.start).map(|entry| entry.service),
        };
        // Usage of a resource that isn't registered has no service; LN-04 tells of it.
        let Some(service) = service else { return };
        match (&before, &now) {
            (Ok(before), Ok(now)) if before == now => {}
            (Ok(before), Ok(now)) => {
                let off = billing.rater(period, last).and_then(|rater| {
                    let earlier =
                        if last.is_some() { rater.amount(*before)? } else { Exact::zero() };
                    let amount = earlier.minus(&rater.amount(*now)?);
                    Ok((amount, rater.priced.plan.currency))
                });
                groups.entry((service, *run)).or_default().add(0, now - before, off);
            }
            (Err(Unknown(why)), _) | (_, Err(Unknown(why))) => {
                groups.entry((service, *run)).or_default().reason = Some(*why);
            }
        }
        if last.is_none() {
            // A period that was never charged is told of once.
            return;
        }
        before = now;
    }
}

fn push(service: &str, run: &str, sums: &Sums<'_>, output: &mut Output) -> Result<(), RunError> {
    let known = sums.reason.is_none();
    let difference = sums.billed.minus(&sums.metered);
    let number = |number| Cell::Number(Some(number).filter(|_| known));
    output.push(&[
        Cell::Text(Some(service)),
        Cell::Text(Some(run)),
        Cell::Whole(Some(sums.charges)),
        number(&sums.metered),
        number(&sums.billed),
        number(&difference),
        Cell::Whole(Some(sums.periods_off).filter(|_| known)),
        number(&sums.amount),
        Cell::Text(sums.currency),
        Cell::Text(sums.reason),
    ])
}
