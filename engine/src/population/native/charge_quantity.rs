//! The native population `charge-quantity`: every charge, and what usage says that it should count.
//!
//! Charges of a resource's period that are made at the same time (a reversal and its replacement) are
//! held against usage together; the last of them carries the answer. They should count what counts of
//! usage at their cut-off, less what was charged before.

use super::Unknown;
use super::billing::{self, Billing, Period};
use super::charges::{ChargeRow, Why, quantity};
use super::excess::{Excess, doubles, explain};
use super::output::{self, Cell, Column, Kind, Output, PLACE};
use super::usage::{self, Counted, QUANTITY_SCALE, Row};
use super::{Native, NativeGrain, Request};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "charge-quantity",
    grain: NativeGrain::Row,
    roles: &billing::ROLES,
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    PLACE[0],
    PLACE[1],
    Column("decides", Kind::Flag, false),
    Column("usage_rows", Kind::Whole, false),
    Column("quantity", Kind::Quantity, true),
    Column("expected", Kind::Quantity, true),
    Column("difference", Kind::Quantity, true),
    Column("charged", Kind::Amount("currency"), true),
    Column("amount", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, false),
    Column("class", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

/// Charges that are made together, held against usage.
pub(super) struct Together {
    /// What counts of usage at their cut-off.
    pub(super) counted: Counted,
    /// Σ of their quantities, in 10^-10.
    pub(super) quantity: i128,
    /// What usage says of it.
    pub(super) expected: i128,
    /// By what their amounts are off for that; none where they can't be rated.
    pub(super) amount: Result<Exact, Unknown>,
}

/// Holds charges that are made together against a period's usage.
///
/// # Errors
/// [`Unknown`] where usage can't be counted.
pub(super) fn together(
    billing: &Billing<'_>,
    period: &Period<'_>,
    charges: &[&ChargeRow<'_>],
) -> Result<Together, Unknown> {
    let Some(first) = charges.first() else { return Err(Unknown("there is no charge")) };
    let rows = billing.rows_of(period);
    let counted = usage::count(rows, first.known)?;
    let before = billing.charges.before(first).ok_or(Unknown::WIDE)?;
    let quantity = quantity(charges).ok_or(Unknown::WIDE)?;
    let expected = counted.total.checked_sub(before).ok_or(Unknown::WIDE)?;
    let amount = amount_off(billing, charges, before, counted.total, !rows.is_empty());
    Ok(Together { counted, quantity, expected, amount })
}

fn amount_off(
    billing: &Billing<'_>,
    charges: &[&ChargeRow<'_>],
    before: i128,
    counted: i128,
    used: bool,
) -> Result<Exact, Unknown> {
    let Some(first) = charges.first() else { return Err(Unknown("there is no charge")) };
    let rater = billing.rates().of(first, first.known)?;
    if charges.iter().any(|charge| charge.currency != first.currency) {
        return Err(Unknown("the charges are in several currencies"));
    }
    let charged = charges.iter().fold(Exact::zero(), |sum, charge| sum.plus(&charge.amount));
    // Nothing was charged before an original, which may have a minimum.
    let earlier = if first.why == Why::Original { Exact::zero() } else { rater.amount(before)? };
    // Without any usage nothing is due, no minimum either.
    let whole = if used { rater.amount(counted)? } else { Exact::zero() };
    Ok(charged.minus(&whole.minus(&earlier)))
}

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let billing = Billing::read(request.bound)?;
    let mut found = BTreeMap::new();
    for period in billing.periods() {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        for charges in billing.charges.made(period.key()) {
            let done = together(&billing, &period, &charges);
            let rows = billing.rows_of(&period);
            let class = done.as_ref().ok().and_then(|done| class(rows, &charges, done));
            let done = Rc::new(done);
            let last = charges.last().map(|charge| charge.place);
            for charge in &charges {
                let decides = last == Some(charge.place);
                found.insert(charge.place, (decides, rows.len(), Rc::clone(&done), class));
            }
        }
    }
    let mut output = Output::new(COLUMNS);
    for charge in &billing.charges.rows {
        push(charge, found.get(&charge.place), &mut output)?;
    }
    output.finish()
}

/// Whether charges are a replacement without the reversal of what it replaces.
pub(super) fn not_netted(charges: &[&ChargeRow<'_>]) -> bool {
    let [charge] = charges else { return false };
    charge.why == Why::Correction && charge.quantity >= Some(0)
}

fn class(rows: &[Row<'_>], charges: &[&ChargeRow<'_>], done: &Together) -> Option<&'static str> {
    let excess = done.quantity.checked_sub(done.expected)?;
    if excess == 0 {
        return None;
    }
    if rows.is_empty() {
        return Some("ghost-charge");
    }
    if not_netted(charges) {
        return Some("correction-not-netted");
    }
    let doubles = doubles(rows, charges.first()?.known, &done.counted);
    explain(rows, &doubles, excess).map(Excess::name).or(Some("unexplained"))
}

/// Whether it decides, how many rows of usage there are, what is found, and why.
type Found = (bool, usize, Rc<Result<Together, Unknown>>, Option<&'static str>);

fn push(
    charge: &ChargeRow<'_>,
    found: Option<&Found>,
    output: &mut Output,
) -> Result<(), RunError> {
    let Some((decides, usage_rows, done, class)) = found else {
        return Err(RunError::Internal("a charge without a period".to_owned()));
    };
    let (done, reason) = match done.as_ref() {
        Ok(done) => (Some(done), None),
        Err(Unknown(reason)) => (None, Some(*reason)),
    };
    let number = |units| Exact::from_scaled(units, QUANTITY_SCALE);
    let quantity = done.map(|done| number(done.quantity));
    let expected = done.map(|done| number(done.expected));
    let difference = quantity.as_ref().zip(expected.as_ref()).map(|(q, e)| q.minus(e));
    let amount = done.and_then(|done| done.amount.as_ref().ok());
    let unpriced = done.and_then(|done| done.amount.as_ref().err()).map(|why| why.0);
    output.push(&[
        Cell::Whole(Some(charge.place.0)),
        Cell::Whole(Some(charge.place.1)),
        Cell::Flag(Some(*decides)),
        Cell::Whole(i64::try_from(*usage_rows).ok()),
        Cell::Number(quantity.as_ref()),
        Cell::Number(expected.as_ref()),
        Cell::Number(difference.as_ref()),
        Cell::Number(Some(&charge.amount)),
        Cell::Number(amount),
        Cell::Text(Some(charge.currency)),
        Cell::Text(*class),
        Cell::Text(reason.or(unpriced)),
    ])
}
