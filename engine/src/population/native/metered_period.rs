//! The native population `metered-period`: the usage of every resource's period, against its charges.
//!
//! What is metered and not charged, and which rows were charged twice. A period without charges is a
//! civil month of the resource's zone. Usage that came in after the last run, and a period that ends
//! after its cut-off, are not due yet.

use super::Unknown;
use super::billing::{self, Billing, Period};
use super::charge_quantity::{Together, not_netted, together};
use super::charges::ChargeRow;
use super::excess::{Doubles, Excess, doubles, explain};
use super::output::{self, Cell, Column, Kind, Output};
use super::usage::{self, NOW, QUANTITY_SCALE, Row};
use super::{Native, NativeGrain, Request};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "metered-period",
    grain: NativeGrain::Group(&["resource_id", "period_start"]),
    roles: &billing::ROLES,
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    Column("resource_id", Kind::Text, false),
    Column("period_start", Kind::Instant, false),
    Column("_records", Kind::Whole, false),
    Column("period_end", Kind::Instant, false),
    Column("service_id", Kind::Text, true),
    Column("due", Kind::Flag, false),
    Column("charges", Kind::Whole, false),
    Column("metered", Kind::Quantity, true),
    Column("charged", Kind::Quantity, true),
    Column("charged_as_metered", Kind::Flag, true),
    Column("unbilled", Kind::Quantity, true),
    Column("unbilled_amount", Kind::Amount("currency"), true),
    Column("duplicates", Kind::Whole, true),
    Column("duplicate", Kind::Text, true),
    Column("near_duplicates", Kind::Whole, true),
    Column("overlaps", Kind::Whole, true),
    Column("excess", Kind::Quantity, true),
    Column("billed_twice", Kind::Text, true),
    Column("excess_amount", Kind::Amount("currency"), true),
    Column("first_excess", Kind::Text, true),
    Column("currency", Kind::Text, true),
    Column("class", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let billing = Billing::read(request.bound)?;
    let last_run = billing.charges.cut_offs.last().copied().unwrap_or(NOW);
    let mut output = Output::new(COLUMNS);
    for period in billing.periods() {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        // A period without usage has no rows of the base; LN-01 is about its charges.
        if period.rows.0 < period.rows.1 {
            push(&billing, &period, last_run, &mut output)?;
        }
    }
    output.finish()
}

/// What is found of a period.
#[derive(Default)]
struct Findings<'a> {
    metered: i128,
    charged: i128,
    as_metered: bool,
    unbilled: i128,
    unbilled_amount: Option<Exact>,
    doubles: Doubles,
    excess: Option<Excess>,
    excess_quantity: i128,
    excess_amount: Option<Exact>,
    first_excess: Option<String>,
    currency: Option<&'a str>,
    unpriced: Option<&'static str>,
}

fn find<'a>(
    billing: &Billing<'a>,
    period: &Period<'a>,
    last_run: i64,
) -> Result<Findings<'a>, Unknown> {
    let rows = billing.rows_of(period);
    let groups: Vec<Vec<&ChargeRow<'a>>> = billing.charges.made(period.key()).collect();
    let mut found = Findings {
        metered: usage::count(rows, last_run)?.total,
        doubles: doubles(rows, NOW, &usage::count(rows, NOW)?),
        as_metered: true,
        ..Findings::default()
    };
    for charges in &groups {
        let done = together(billing, period, charges)?;
        found.as_metered &= done.quantity == done.expected;
        found.charged = found.charged.checked_add(done.quantity).ok_or(Unknown::WIDE)?;
        // What a replacement counts that isn't netted was counted before, not metered twice.
        if let (Some(charge), None, false) = (charges.first(), found.excess, not_netted(charges)) {
            found.twice(rows, charge.known, done)?;
        }
    }
    if found.as_metered {
        found.unbilled = found.metered.checked_sub(found.charged).ok_or(Unknown::WIDE)?;
    }
    let original = groups.first().and_then(|charges| charges.first().copied());
    match billing.rater(period, original) {
        Ok(rater) => {
            found.currency = Some(rater.priced.plan.currency);
            if found.excess.is_none() {
                found.excess_amount = Some(Exact::zero());
            }
            if found.as_metered {
                let whole = rater.amount(found.metered)?;
                let charged =
                    if groups.is_empty() { Exact::zero() } else { rater.amount(found.charged)? };
                found.unbilled_amount = Some(charged.minus(&whole));
            }
        }
        Err(Unknown(why)) => found.unpriced = Some(why),
    }
    Ok(found)
}

impl Findings<'_> {
    /// What charges that were made at an instant count twice, if that explains what they count too much.
    fn twice(&mut self, rows: &[Row<'_>], known: i64, done: Together) -> Result<(), Unknown> {
        let excess = done.quantity.checked_sub(done.expected).ok_or(Unknown::WIDE)?;
        let doubles = doubles(rows, known, &done.counted);
        self.excess = explain(rows, &doubles, excess);
        let place = match self.excess {
            Some(Excess::Duplicates) => doubles.duplicates.first(),
            Some(Excess::NearDuplicates) => doubles.near.first(),
            Some(Excess::Overlap(from, _)) => doubles.overlaps.get(from),
            None => return Ok(()),
        };
        self.first_excess = place.and_then(|place| rows.get(*place)).map(name);
        self.excess_quantity = excess;
        self.excess_amount = done.amount.ok();
        Ok(())
    }
}

/// The source of a row and its id there.
fn name(row: &Row<'_>) -> String {
    format!("{} {}", row.source, row.id)
}

fn class(found: &Findings<'_>, charges: usize) -> Option<&'static str> {
    match (found.excess, found.unbilled) {
        (Some(excess), _) => Some(excess.name()),
        (None, 0) if found.doubles.duplicates.is_empty() => None,
        (None, 0) => Some(Excess::Duplicates.name()),
        _ if charges == 0 => Some("orphan-usage"),
        _ => found.as_metered.then_some("late-usage-unbilled"),
    }
}

fn push(
    billing: &Billing<'_>,
    period: &Period<'_>,
    last_run: i64,
    output: &mut Output,
) -> Result<(), RunError> {
    let rows = billing.rows_of(period);
    let charges = billing.charges.chains.get(&period.key()).map_or(0, Vec::len);
    let done = find(billing, period, last_run);
    let (found, reason) = match &done {
        Ok(found) => (Some(found), found.unpriced),
        Err(Unknown(why)) => (None, Some(*why)),
    };
    let number = |units| Exact::from_scaled(units, QUANTITY_SCALE);
    let quantity = |of: fn(&Findings<'_>) -> i128| found.map(|found| number(of(found)));
    let [metered, charged, unbilled, excess] = [
        quantity(|f| f.metered),
        quantity(|f| f.charged),
        quantity(|f| f.unbilled),
        quantity(|f| f.excess_quantity),
    ];
    let number_of = |of: fn(&Doubles) -> usize| {
        Cell::Whole(found.and_then(|found| i64::try_from(of(&found.doubles)).ok()))
    };
    let duplicate = found.and_then(|found| rows.get(*found.doubles.duplicates.first()?));
    let duplicate = duplicate.map(name);
    let entry = billing.register.at(period.resource, period.start);
    output.push(&[
        Cell::Text(Some(period.resource)),
        Cell::Instant(Some(period.start)),
        Cell::Whole(i64::try_from(rows.len()).ok()),
        Cell::Instant(Some(period.end)),
        Cell::Text(entry.map(|entry| entry.service)),
        Cell::Flag(Some(period.end <= last_run)),
        Cell::Whole(i64::try_from(charges).ok()),
        Cell::Number(metered.as_ref()),
        Cell::Number(charged.as_ref()),
        Cell::Flag(found.map(|found| found.as_metered)),
        Cell::Number(unbilled.as_ref()),
        Cell::Number(found.and_then(|found| found.unbilled_amount.as_ref())),
        number_of(|doubles| doubles.duplicates.len()),
        Cell::Text(duplicate.as_deref()),
        number_of(|doubles| doubles.near.len()),
        number_of(|doubles| doubles.overlaps.len()),
        Cell::Number(excess.as_ref()),
        Cell::Text(found.map(|found| found.excess.map_or("nothing", Excess::name))),
        Cell::Number(found.and_then(|found| found.excess_amount.as_ref())),
        Cell::Text(found.and_then(|found| found.first_excess.as_deref())),
        Cell::Text(found.and_then(|found| found.currency)),
        Cell::Text(found.and_then(|found| class(found, charges))),
        Cell::Text(reason),
    ])
}
