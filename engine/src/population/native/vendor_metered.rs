//! The native population `vendor-metered`: each line of a vendor's invoice, with what was metered of its
//! service at the contract's price.
//!
//! Metered of a service is what counts of the usage of its resources, in the civil days of the line in each
//! resource's zone, and had come in at the cut-off: so many days after the line's last.

use super::output::{AMOUNT_SCALE, Cell, Column, Kind, Output, PLACE, fits, schema};
use super::purchase::{self, Contracts, Line};
use super::register::Register;
use super::usage::{self, ByResource, QUANTITY_SCALE, Row};
use super::{Native, NativeGrain, Request, Unknown};
use crate::reperform::exact::Exact;
use crate::reperform::rounding::Scale;
use crate::reperform::time;
use crate::run::RunError;
use chrono::{NaiveDate, TimeDelta};
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use tieout_controls::{Decimal, Rounding};

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "vendor-metered",
    grain: NativeGrain::Row,
    roles: &["vendor-invoice", "contract", "usage", "resource"],
    schema: || schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    PLACE[0],
    PLACE[1],
    Column("metered", Kind::Quantity, true),
    Column("usage_rows", Kind::Whole, true),
    Column("contract_price", Kind::Quantity, true),
    Column("actual", Kind::Amount("currency"), true),
    Column("expected", Kind::Amount("currency"), true),
    Column("difference", Kind::Amount("currency"), true),
    Column("within", Kind::Flag, true),
    Column("class", Kind::Text, true),
    Column("currency", Kind::Text, false),
    Column("reason", Kind::Text, true),
];

const TOO_LONG: &str = "amounts of more than 38 digits";

/// A service, the first day of a line, and the day after its last.
type Span<'a> = (&'a str, NaiveDate, NaiveDate);

/// What was metered of a service in some days.
struct Metered<'a> {
    /// In 10^-10.
    quantity: i128,
    /// The rows that count.
    rows: usize,
    unit: Option<&'a str>,
    reason: Option<&'static str>,
}

/// A line beside the meter.
struct Found<'a> {
    metered: Exact,
    rows: usize,
    price: &'a Exact,
    net: &'a Exact,
    expected: Exact,
    difference: Exact,
    within: bool,
    class: Option<String>,
}

/// What the control's parameters say.
struct Terms {
    /// From the end of a line's days to the cut-off.
    cut_off: TimeDelta,
    /// So many minor units are always within.
    floor: Exact,
}

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let terms = Terms {
        cut_off: TimeDelta::days(whole(request, "cut_off_days")?),
        floor: Exact::integer(whole(request, "tolerance_units")?.into()),
    };
    let lines = purchase::lines(request.bound.base()?)?;
    let contracts = Contracts::read(request.bound.role("contract")?)?;
    let register = Register::read(request.bound.role("resource")?)?;
    let used = usage::read(request.bound.role("usage")?)?;
    let mut spans: BTreeMap<Span<'_>, Metered<'_>> = BTreeMap::new();
    for line in &lines {
        let none = Metered { quantity: 0, rows: 0, unit: None, reason: None };
        spans.entry((line.service, line.start, line.end)).or_insert(none);
    }
    meter(request, (&used, &register), &terms, &mut spans)?;
    let mut by_service: BTreeMap<&str, Vec<&Line<'_>>> = BTreeMap::new();
    for line in &lines {
        by_service.entry(line.service).or_default().push(line);
    }
    let mut output = Output::new(COLUMNS);
    for line in &lines {
        let others = by_service.get(line.service).map(Vec::as_slice).unwrap_or_default();
        let alone = others.iter().filter(|other| line.overlaps(other)).count() == 1;
        let metered = spans.get(&(line.service, line.start, line.end));
        let found = if alone {
            found(line, metered, contracts.price(line), &terms)
        } else {
            Err("several lines bill the service for the same days".to_owned())
        };
        push(line, &found, &mut output)?;
    }
    output.finish()
}

/// A parameter that is a whole number from zero.
fn whole(request: &Request<'_>, name: &str) -> Result<i64, RunError> {
    request.parameter(name, "a whole number from 0 to 1000000", |text| {
        let number = i64::try_from(Decimal::parse(text).ok()?.to_scaled(0).ok()?).ok()?;
        (0..=1_000_000).contains(&number).then_some(number)
    })
}

/// Adds up what was metered for each span.
fn meter<'a>(
    request: &Request<'_>,
    (used, register): (&ByResource<'a>, &Register<'a>),
    terms: &Terms,
    spans: &mut BTreeMap<Span<'a>, Metered<'a>>,
) -> Result<(), RunError> {
    for (resource, rows) in used {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        let since = |row: &Row<'_>| register.at(resource, row.start).map(|entry| entry.from);
        for rows in rows.chunk_by(|a, b| since(a) == since(b)) {
            let first = rows.first().and_then(|row| register.at(resource, row.start));
            // Usage of a resource that isn't registered has no service; LN-04 tells of it.
            let Some(entry) = first else { continue };
            let service = |day| (entry.service, day, day);
            let days = service(NaiveDate::MIN)..=service(NaiveDate::MAX);
            for ((_, start, end), metered) in spans.range_mut(days) {
                match entry.zone() {
                    Some(zone) => metered.add(rows, (zone, *start, *end), terms),
                    None => metered.reason = Some("the zone of a resource isn't known"),
                }
            }
        }
    }
    Ok(())
}

impl<'a> Metered<'a> {
    fn add(
        &mut self,
        rows: &[Row<'a>],
        (zone, start, end): (chrono_tz::Tz, NaiveDate, NaiveDate),
        terms: &Terms,
    ) {
        let midnight = end.and_time(chrono::NaiveTime::MIN).and_utc();
        let cut_off = midnight.checked_add_signed(terms.cut_off);
        let (Ok(span), Some(cut_off)) = (time::civil_period(zone, start, end), cut_off) else {
            self.reason = Some("the line's days can't be told");
            return;
        };
        let (start, end) = (span.start.timestamp_micros(), span.end.timestamp_micros());
        let rows = usage::within(rows, start, end);
        let Some(first) = rows.first() else { return };
        match usage::count(rows, cut_off.timestamp_micros()) {
            Ok(_) if self.unit.is_some_and(|unit| unit != first.unit) => {
                self.reason = Some(usage::UNITS.0);
            }
            Ok(counted) => match self.quantity.checked_add(counted.total) {
                Some(sum) => {
                    (self.quantity, self.unit) = (sum, Some(first.unit));
                    self.rows += counted.rows.len();
                }
                None => self.reason = Some(usage::OVERFLOW.0),
            },
            Err(Unknown(why)) => self.reason = Some(why),
        }
    }
}

/// A line beside the meter.
///
/// # Errors
/// Why it can't be told.
fn found<'l>(
    line: &'l Line<'_>,
    metered: Option<&Metered<'_>>,
    price: Result<&'l Exact, &'static str>,
    terms: &Terms,
) -> Result<Found<'l>, String> {
    let price = price?;
    let metered = metered.ok_or("the service has no meter")?;
    if let Some(reason) = metered.reason {
        return Err(reason.to_owned());
    }
    if metered.unit.is_some_and(|unit| unit != line.unit) {
        return Err("usage is in another unit than the invoice".to_owned());
    }
    let (net, quantity, invoiced) = line.amounts().ok_or(TOO_LONG)?;
    let increment = Scale::MinorUnit.increment(line.currency).map_err(|e| e.to_string())?;
    let rounded = |exact: &Exact| exact.rounded(increment, Rounding::HalfUp);
    let rows = metered.rows;
    let metered = Exact::from_scaled(metered.quantity, QUANTITY_SCALE);
    let due = metered.times(price);
    let step = Exact::from_scaled(increment.units().into(), increment.scale());
    let within = tolerated(&net.minus(&due), &step, rows, &terms.floor);
    let explained = [
        ("vendor-quantity-off", &quantity.times(price)),
        ("vendor-price-off-contract", &metered.times(invoiced)),
    ];
    let explains = explained.iter().filter(|(_, exact)| rounded(exact) == *net);
    let classes: Vec<&str> = explains.map(|(class, _)| *class).collect();
    let class = (!within && !classes.is_empty()).then(|| classes.join(" | "));
    let expected = rounded(&due);
    let difference = net.minus(&expected);
    let fit = [&metered, &expected, &difference].into_iter().all(|n| fits(n, AMOUNT_SCALE));
    let found = Found { metered, rows, price, net, expected, difference, within, class };
    if fit { Ok(found) } else { Err(TOO_LONG.to_owned()) }
}

/// Whether `|apart| ≤ max(floor·s, 0.5·√n·s)`, by squares: the tolerance of FOCUS 1.4 for invoices, n
/// amounts of a minor unit s each rounded by half a unit.
fn tolerated(apart: &Exact, step: &Exact, rows: usize, floor: &Exact) -> bool {
    let rows = Exact::integer(i128::try_from(rows).unwrap_or(i128::MAX));
    let twice = apart.plus(apart);
    apart.magnitude() <= floor.times(step) || twice.times(&twice) <= rows.times(&step.times(step))
}

fn push(
    line: &Line<'_>,
    found: &Result<Found<'_>, String>,
    output: &mut Output,
) -> Result<(), RunError> {
    let known = found.as_ref().ok();
    output.push(&[
        Cell::Whole(Some(line.place.0)),
        Cell::Whole(Some(line.place.1)),
        Cell::Number(known.map(|f| &f.metered)),
        Cell::Whole(known.and_then(|f| i64::try_from(f.rows).ok())),
        Cell::Number(known.map(|f| f.price)),
        Cell::Number(known.map(|f| f.net)),
        Cell::Number(known.map(|f| &f.expected)),
        Cell::Number(known.map(|f| &f.difference)),
        Cell::Flag(known.map(|f| f.within)),
        Cell::Text(known.and_then(|f| f.class.as_deref())),
        Cell::Text(Some(line.currency)),
        Cell::Text(found.as_ref().err().map(String::as_str)),
    ])
}
