//! The native population `charge-amount`: every charge, and what its quantity should have come to.
//!
//! As billed is what the prices known at the run give; as known now, what those known today do. The
//! second differs where a price was entered later with effect before: that is retroactive, no error.

use super::billing::{self, Billing, Rater};
use super::charges::ChargeRow;
use super::diagnosis;
use super::output::{self, Cell, Column, Kind, Output, PLACE};
use super::prices::Unpriced;
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

const COLUMNS: &[Column] = &[
    PLACE[0],
    PLACE[1],
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

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let billing = Billing::without_usage(request.bound)?;
    let mut output = Output::new(COLUMNS);
    for charge in &billing.charges.rows {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        push(&billing, charge, &mut output)?;
    }
    output.finish()
}

/// A charge as it should have been.
struct Reperformed<'b, 'a> {
    rater: Rater<'b, 'a>,
    expected: Exact,
    expected_now: Option<Exact>,
}

fn reperform<'b, 'a>(
    billing: &'b Billing<'a>,
    charge: &ChargeRow<'a>,
) -> Result<Reperformed<'b, 'a>, Unpriced> {
    let before = billing.charges.before(charge);
    let rated = |known| {
        let rater =
            billing.rater((charge.resource, charge.service), (charge.start, charge.end), known)?;
        if rater.priced.plan.currency != charge.currency {
            return Err(Unpriced("the charge is in another currency than its price"));
        }
        let expected = billing::expected(charge, before, |quantity| rater.amount(quantity))?;
        Ok((rater, expected))
    };
    let (rater, expected) = rated(charge.known)?;
    let expected_now = rated(NOW).ok().map(|(_, amount)| amount);
    Ok(Reperformed { rater, expected, expected_now })
}

fn push(
    billing: &Billing<'_>,
    charge: &ChargeRow<'_>,
    output: &mut Output,
) -> Result<(), RunError> {
    let done = reperform(billing, charge);
    let (done, reason) = match &done {
        Ok(done) => (Some(done), None),
        Err(Unpriced(reason)) => (None, Some(*reason)),
    };
    let difference = done.map(|done| charge.amount.minus(&done.expected));
    let class = done.and_then(|done| class(billing, charge, done));
    let plan = done.map(|done| done.rater.priced.plan);
    let quantity = charge.quantity.map(|quantity| Exact::from_scaled(quantity, QUANTITY_SCALE));
    output.push(&[
        Cell::Whole(Some(charge.place.0)),
        Cell::Whole(Some(charge.place.1)),
        Cell::Text(Some(charge.service)),
        Cell::Text(plan.map(|plan| plan.mode)),
        Cell::Text(Some(charge.version)),
        Cell::Text(plan.map(|plan| plan.version)),
        Cell::Number(quantity.as_ref()),
        Cell::Number(Some(&charge.amount)),
        Cell::Number(done.map(|done| &done.expected)),
        Cell::Number(done.and_then(|done| done.expected_now.as_ref())),
        Cell::Number(difference.as_ref()),
        Cell::Text(Some(charge.currency)),
        Cell::Text(class.as_deref()),
        Cell::Text(reason),
    ])
}

/// What explains the difference; `retroactive` where only later prices make one.
fn class(
    billing: &Billing<'_>,
    charge: &ChargeRow<'_>,
    done: &Reperformed<'_, '_>,
) -> Option<String> {
    if charge.amount != done.expected {
        return Some(diagnosis::name(billing, charge, &done.rater));
    }
    let now = done.expected_now.as_ref()?;
    (*now != done.expected).then(|| "retroactive".to_owned())
}
