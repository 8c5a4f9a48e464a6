//! The native population `rate-by-contract`: every rate, what it should be by the contract behind it, and
//! what the difference came to on the charges that it rated.

use super::Unknown;
use super::billing::Billing;
use super::charges::ChargeRow;
use super::output::{self, Cell, Column, Kind, Output, PLACE};
use super::prices::Rate;
use super::purchase::Contracts;
use super::rater;
use super::{Native, NativeGrain, Request, exact};
use crate::reperform::exact::Exact;
use crate::reperform::rating::{Charge, Terms};
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "rate-by-contract",
    grain: NativeGrain::Row,
    roles: &["rate-table", "contract", "charge", "price-plan", "price-tier", "resource"],
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    PLACE[0],
    PLACE[1],
    Column("has_contract", Kind::Flag, false),
    Column("contract_price", Kind::Quantity, true),
    Column("actual", Kind::Quantity, false),
    Column("expected", Kind::Quantity, true),
    Column("difference", Kind::Quantity, true),
    Column("charges", Kind::Whole, true),
    Column("charged", Kind::Amount("currency"), true),
    Column("amount", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, false),
    Column("class", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let is = "a number of percent, such as 12";
    let overhead = request.parameter("overhead_percent", is, exact)?;
    let factor = Exact::integer(1).plus(&overhead.times(&Exact::from_scaled(1, 2)));
    let contracts = Contracts::read(request.bound.role("contract")?)?;
    let billing = Billing::without_usage(request.bound)?;
    let mut rated: BTreeMap<(i64, i64), Vec<&ChargeRow<'_>>> = BTreeMap::new();
    for charge in &billing.charges.rows {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        let priced = billing.prices.priced(charge.service, charge.start, charge.known);
        if let Some(rate) = priced.ok().and_then(|priced| priced.rate) {
            rated.entry(rate.place).or_default().push(charge);
        }
    }
    let mut rates: Vec<&Rate<'_>> = billing.prices.rates().map(|(_, rate)| rate).collect();
    rates.sort_by_key(|rate| rate.place);
    let mut output = Output::new(COLUMNS);
    for rate in rates {
        let charges = rated.get(&rate.place).map(Vec::as_slice).unwrap_or_default();
        let found = contract_price(&contracts, rate);
        push(&billing, rate, (found, &factor), charges, &mut output)?;
    }
    output.finish()
}

/// The price of the contract's line when the rate comes into force; nothing for a rate without one.
fn contract_price<'l>(
    contracts: &'l Contracts<'_>,
    rate: &Rate<'_>,
) -> Result<Option<&'l Exact>, Unknown> {
    let Some(name) = rate.contract_line else { return Ok(None) };
    let begins = super::register::instant(rate.from()).map(|at| at.date_naive());
    let begins = begins.ok_or(Unknown("the rate has no day"))?;
    contracts.behind_rate(name, begins, rate.currency).map(Some).map_err(Unknown)
}

/// Σ of what charges came to, and by what they are off a price.
fn off(
    billing: &Billing<'_>,
    charges: &[&ChargeRow<'_>],
    price: &Exact,
) -> Result<(Exact, Exact), Unknown> {
    let (mut charged, mut right) = (Exact::zero(), Exact::zero());
    for charge in charges {
        let rater = billing.rates().of(charge, charge.known)?;
        let unit_price = price.clone();
        let terms = Terms { charge: Charge::PerUnit { unit_price }, ..rater.priced.terms.clone() };
        let before = billing.charges.before(charge);
        let expected = rater::expected(charge, before, |quantity| {
            let quantity = Exact::from_scaled(quantity, super::usage::QUANTITY_SCALE);
            rater::amount(&terms, &rater.share, &quantity)
        })?;
        charged = charged.plus(&charge.amount);
        right = right.plus(&expected);
    }
    let off = charged.minus(&right);
    Ok((charged, off))
}

fn push(
    billing: &Billing<'_>,
    rate: &Rate<'_>,
    (contract, factor): (Result<Option<&Exact>, Unknown>, &Exact),
    charges: &[&ChargeRow<'_>],
    output: &mut Output,
) -> Result<(), RunError> {
    let mut reason = contract.as_ref().err().map(|why| why.0);
    let price = contract.ok().flatten();
    let expected = price.map(|price| price.times(factor));
    let sums = expected.as_ref().map(|expected| off(billing, charges, expected)).transpose();
    let sums = sums.unwrap_or_else(|Unknown(why)| {
        reason = reason.or(Some(why));
        None
    });
    let difference = expected.as_ref().map(|expected| rate.price.minus(expected));
    let differs = difference.as_ref().is_some_and(|difference| !difference.is_zero());
    output.push(&[
        Cell::Whole(Some(rate.place.0)),
        Cell::Whole(Some(rate.place.1)),
        Cell::Flag(Some(rate.contract_line.is_some())),
        Cell::Number(price),
        Cell::Number(Some(&rate.price)),
        Cell::Number(expected.as_ref()),
        Cell::Number(difference.as_ref()),
        Cell::Whole(i64::try_from(charges.len()).ok()),
        Cell::Number(sums.as_ref().map(|(charged, _)| charged)),
        Cell::Number(sums.as_ref().map(|(_, amount)| amount)),
        Cell::Text(Some(rate.currency)),
        Cell::Text(differs.then_some("rate-off-contract")),
        Cell::Text(reason),
    ])
}
