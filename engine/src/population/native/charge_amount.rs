//! The native population `charge-amount`: every charge, and what its quantity should have come to.
//!
//! As billed is what the prices known at the run give; as known now, what those known today do. The
//! second differs where a price was entered later with effect before: that is retroactive, no error.

use super::Unknown;
use super::billing::Billing;
use super::charges::ChargeRow;
use super::diagnosis;
use super::output::{self, Cell, Column, Kind, Output, PLACE};
use super::prices::PlanVersion;
use super::rater::{self, Rates};
use super::usage::{NOW, QUANTITY_SCALE};
use super::{Native, NativeGrain, Request};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "charge-amount",
    grain: NativeGrain::Row,
    roles: &["charge", "price-plan", "price-tier", "rate-table", "resource"],
    schema: || output::schema(COLUMNS),
    batches,
};

/// What is told of a charge.
pub(crate) const ABOUT: [Column; 12] = [
    Column("service_id", Kind::Text, false),
    Column("mode", Kind::Text, true),
    Column("price_version", Kind::Text, false),
    Column("version_in_force", Kind::Text, true),
    Column("quantity", Kind::Quantity, true),
    Column("amount", Kind::Amount("currency"), false),
    Column("expected", Kind::Amount("currency"), true),
    Column("expected_now", Kind::Amount("currency"), true),
    Column("difference", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, false),
    Column("class", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

const COLUMNS: &[Column] = &[
    PLACE[0], PLACE[1], ABOUT[0], ABOUT[1], ABOUT[2], ABOUT[3], ABOUT[4], ABOUT[5], ABOUT[6],
    ABOUT[7], ABOUT[8], ABOUT[9], ABOUT[10], ABOUT[11],
];

/// The class of a charge that prices entered later would change.
pub(crate) const RETROACTIVE: &str = "retroactive";

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let billing = Billing::without_usage(request.bound)?;
    let mut output = Output::new(COLUMNS);
    for charge in &billing.charges.rows {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        let done = reperform(billing.rates(), charge, billing.charges.before(charge));
        let (file, row) = charge.place;
        let place = [Cell::Whole(Some(file)), Cell::Whole(Some(row))];
        let cells: Vec<Cell<'_>> = place.into_iter().chain(done.cells(charge)).collect();
        output.push(&cells)?;
    }
    output.finish()
}

/// A charge as it should have been.
#[derive(Default)]
pub(crate) struct Reperformed<'b, 'a> {
    /// The plan that was in force.
    plan: Option<&'b PlanVersion<'a>>,
    quantity: Option<Exact>,
    /// None where it can't be told.
    pub(crate) expected: Option<Exact>,
    expected_now: Option<Exact>,
    /// What was charged less what should have been.
    pub(crate) difference: Option<Exact>,
    /// What explains the difference; `retroactive` where only later prices make one.
    pub(crate) class: Option<String>,
    /// Why it can't be told.
    pub(crate) reason: Option<&'static str>,
}

/// Re-performs a charge; `before` is the quantity of the same period's charges that were made before.
pub(crate) fn reperform<'b, 'a>(
    rates: Rates<'b, 'a>,
    charge: &ChargeRow<'_>,
    before: Option<i128>,
) -> Reperformed<'b, 'a> {
    let quantity = charge.quantity.map(|quantity| Exact::from_scaled(quantity, QUANTITY_SCALE));
    let rated = |known| {
        let rater = rates.of(charge, known)?;
        let expected = rater::expected(charge, before, |quantity| rater.amount(quantity))?;
        Ok((rater, expected))
    };
    let (rater, expected) = match rated(charge.known) {
        Ok(done) => done,
        Err(Unknown(reason)) => {
            return Reperformed { quantity, reason: Some(reason), ..Reperformed::default() };
        }
    };
    let expected_now = rated(NOW).ok().map(|(_, amount)| amount);
    let class = if charge.amount == expected {
        let now = expected_now.as_ref().filter(|now| **now != expected);
        now.map(|_| RETROACTIVE.to_owned())
    } else {
        Some(diagnosis::name(rates, charge, before, &rater))
    };
    Reperformed {
        plan: Some(rater.priced.plan),
        quantity,
        difference: Some(charge.amount.minus(&expected)),
        expected: Some(expected),
        expected_now,
        class,
        reason: None,
    }
}

impl Reperformed<'_, '_> {
    /// The cells of [`ABOUT`].
    pub(crate) fn cells<'c>(&'c self, charge: &'c ChargeRow<'_>) -> [Cell<'c>; ABOUT.len()] {
        [
            Cell::Text(Some(charge.service)),
            Cell::Text(self.plan.map(|plan| plan.mode)),
            Cell::Text(Some(charge.version)),
            Cell::Text(self.plan.map(|plan| plan.version)),
            Cell::Number(self.quantity.as_ref()),
            Cell::Number(Some(&charge.amount)),
            Cell::Number(self.expected.as_ref()),
            Cell::Number(self.expected_now.as_ref()),
            Cell::Number(self.difference.as_ref()),
            Cell::Text(Some(charge.currency)),
            Cell::Text(self.class.as_deref()),
            Cell::Text(self.reason),
        ]
    }
}
