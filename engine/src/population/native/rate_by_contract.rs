//! The native population `rate-by-contract`: every rate, what it should be by the contract behind it, and
//! what the difference came to on the charges that it rated.

use super::billing::{self, Billing};
use super::charges::ChargeRow;
use super::output::{self, Cell, Column, Kind, Output, PLACE};
use super::prices::{Rate, Unpriced};
use super::reading;
use super::{Native, NativeGrain, Request};
use crate::binding::Bound;
use crate::error::input;
use crate::reperform::exact::Exact;
use crate::reperform::rating::{Charge, Terms};
use crate::run::RunError;
use chrono::NaiveDate;
use datafusion::arrow::array::Array as _;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use tieout_controls::{Control, Decimal};

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

/// A line of a contract.
struct Line<'a> {
    price: Exact,
    currency: &'a str,
    /// Days counted from 1970-01-01; the end isn't in it.
    term: (i32, Option<i32>),
}

type Lines<'a> = BTreeMap<String, Vec<Line<'a>>>;

fn lines<'a>(bound: &Bound<'a>) -> Result<Lines<'a>, RunError> {
    let mut lines = Lines::new();
    for batch in reading::batches(bound.role("contract")?) {
        let (contracts, numbers) = (batch.text("contract_id")?, batch.whole("line_no")?);
        let (prices, currencies) = (batch.number("unit_price")?, batch.text("currency")?);
        let (starts, ends) = (batch.date("term_start")?, batch.date("term_end")?);
        for row in 0..batch.rows() {
            let name = format!("{}/{}", contracts.value(row), numbers.value(row));
            lines.entry(name).or_default().push(Line {
                price: prices.exact(row).unwrap_or_else(Exact::zero),
                currency: currencies.value(row),
                term: (starts.value(row), ends.is_valid(row).then(|| ends.value(row))),
            });
        }
    }
    Ok(lines)
}

/// One and the overhead, from the control's parameter in percent.
fn factor(control: &Control) -> Result<Exact, RunError> {
    let value = control.parameters.get("overhead_percent").map(|p| p.value.as_str());
    let percent = value.and_then(|text| Decimal::parse(text).ok());
    let percent = percent.and_then(|percent| Exact::try_from(&percent).ok()).ok_or_else(|| {
        let message =
            format!("control `{}`: the parameter `overhead_percent` can't be used", control.id);
        input("parameter-value", message, "it is a number of percent, such as 12".to_owned())
    })?;
    Ok(Exact::integer(1).plus(&percent.times(&Exact::from_scaled(1, 2))))
}

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let factor = factor(request.control)?;
    let lines = lines(request.bound)?;
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
        let found = contract_price(&lines, rate);
        push(&billing, rate, (found, &factor), charges, &mut output)?;
    }
    output.finish()
}

/// The price of the contract's line when the rate comes into force; nothing for a rate without one.
fn contract_price<'l>(
    lines: &'l Lines<'_>,
    rate: &Rate<'_>,
) -> Result<Option<&'l Exact>, Unpriced> {
    let Some(name) = rate.contract_line else { return Ok(None) };
    let day = super::register::instant(rate.from()).map(|at| at.date_naive());
    let day = day.map(|day| day.signed_duration_since(NaiveDate::default()).num_days());
    let day = day.and_then(|day| i32::try_from(day).ok()).ok_or(Unpriced("the rate has no day"))?;
    let holds = |line: &&Line<'_>| line.term.0 <= day && line.term.1.is_none_or(|end| day < end);
    let known = lines.get(name).ok_or(Unpriced("the contract's line isn't there"))?;
    let mut found = known.iter().filter(holds);
    match (found.next(), found.next()) {
        (Some(line), None) if line.currency == rate.currency => Ok(Some(&line.price)),
        (Some(_), None) => Err(Unpriced("the contract is in another currency than the rate")),
        (Some(_), Some(_)) => Err(Unpriced("two lines of the contract are in force")),
        (None, _) => Err(Unpriced("the contract isn't in force when the rate begins")),
    }
}

/// Σ of what charges came to, and by what they are off a price.
fn off(
    billing: &Billing<'_>,
    charges: &[&ChargeRow<'_>],
    price: &Exact,
) -> Result<(Exact, Exact), Unpriced> {
    let (mut charged, mut right) = (Exact::zero(), Exact::zero());
    for charge in charges {
        let rater = super::charge_quantity::rater(billing, charge)?;
        let unit_price = price.clone();
        let terms = Terms { charge: Charge::PerUnit { unit_price }, ..rater.priced.terms.clone() };
        let before = billing.charges.before(charge);
        let expected = billing::expected(charge, before, |quantity| {
            let quantity = Exact::from_scaled(quantity, super::usage::QUANTITY_SCALE);
            billing::amount(&terms, &rater.share, &quantity)
        })?;
        charged = charged.plus(&charge.amount);
        right = right.plus(&expected);
    }
    Ok((charged.clone(), charged.minus(&right)))
}

fn push(
    billing: &Billing<'_>,
    rate: &Rate<'_>,
    (contract, factor): (Result<Option<&Exact>, Unpriced>, &Exact),
    charges: &[&ChargeRow<'_>],
    output: &mut Output,
) -> Result<(), RunError> {
    let mut reason = contract.as_ref().err().map(|why| why.0);
    let price = contract.ok().flatten();
    let expected = price.map(|price| price.times(factor));
    let sums = expected.as_ref().map(|expected| off(billing, charges, expected)).transpose();
    let sums = sums.unwrap_or_else(|Unpriced(why)| {
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
