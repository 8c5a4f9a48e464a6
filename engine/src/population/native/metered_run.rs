//! The native population `metered-run`: the time of every resource in runs of intervals that were
//! measured, estimated, or are missing; and what the estimates are off.
//!
//! An estimate is made again from what had come in when it was made; a missing one by the method that
//! is due, from what had come in at the period's cut-off.

use super::Unknown;
use super::billing::{self, Billing, Period};
use super::output::{self, Cell, Column, Kind, Output};
use super::rater::Rater;
use super::timeline::{Run, Terms, Timeline, What};
use super::usage::{self, NOW, QUANTITY_SCALE};
use super::{Native, NativeGrain, Request};
use crate::reperform::exact::{Exact, Increment};
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "metered-run",
    grain: NativeGrain::Group(&["resource_id", "interval_start"]),
    roles: &billing::ROLES,
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    Column("resource_id", Kind::Text, false),
    Column("interval_start", Kind::Instant, false),
    Column("_records", Kind::Whole, false),
    Column("interval_end", Kind::Instant, false),
    Column("kind", Kind::Text, false),
    Column("intervals", Kind::Whole, false),
    Column("method", Kind::Text, true),
    Column("method_due", Kind::Text, true),
    Column("actual", Kind::Quantity, true),
    Column("expected", Kind::Quantity, true),
    Column("intervals_off", Kind::Whole, true),
    Column("amount", Kind::Amount("currency"), true),
    Column("estimated_amount", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

fn terms(request: &Request<'_>) -> Result<Terms, RunError> {
    let digits = |text: &str| Increment::digits(text.parse().ok()?);
    Ok(Terms {
        linear_max: request.parameter("linear_max", "a whole number", |text| text.parse().ok())?,
        rounding: (
            request.parameter("estimate_scale", "a whole number of digits, 38 at most", digits)?,
            request.parameter(
                "estimate_rounding",
                "a rounding mode such as `half_even`",
                Rounding::named,
            )?,
        ),
    })
}

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let terms = terms(request)?;
    let billing = Billing::read(request.bound)?;
    let all = billing.periods();
    let mut output = Output::new(COLUMNS);
    for periods in all.chunk_by(|a, b| a.resource == b.resource) {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        let Some(Period { resource, .. }) = periods.first() else { continue };
        let timeline = Timeline::new(&billing, resource, terms);
        let one = Resource { billing: &billing, timeline, periods };
        for run in one.timeline.runs(periods) {
            one.push(&run, &mut output)?;
        }
    }
    output.finish()
}

struct Resource<'r, 'a> {
    billing: &'r Billing<'a>,
    timeline: Timeline<'r, 'a>,
    periods: &'r [Period<'a>],
}

/// What is found of a run.
#[derive(Default)]
struct Findings<'a> {
    method: Option<&'a str>,
    actual: Option<Exact>,
    expected: Option<Exact>,
    off: Option<usize>,
    amount: Option<Exact>,
    estimated_amount: Option<Exact>,
    currency: Option<&'a str>,
    reason: Option<&'static str>,
}

/// For each interval: the start of its period, what is there, what should be.
type Parts = Vec<(i64, Exact, Exact)>;

impl<'a> Resource<'_, 'a> {
    fn period(&self, at: i64) -> Option<&Period<'a>> {
        let place = self.periods.partition_point(|period| period.start <= at).checked_sub(1)?;
        self.periods.get(place).filter(|period| at < period.end)
    }

    /// What a period is rated by, and what counted of it at its cut-off.
    fn rated(&self, period: &Period<'a>) -> Result<(Rater<'_, 'a>, i128), Unknown> {
        let made = self.billing.charges.made(period.key()).next();
        let original = made.and_then(|charges| charges.first().copied());
        let rater = self.billing.rater(period, original)?;
        let known = original.map_or(NOW, |charge| charge.known);
        Ok((rater, usage::count(self.billing.rows_of(period), known)?.total))
    }

    fn find(&self, run: &Run) -> Findings<'a> {
        let mut found = Findings::default();
        let parts = match run.what {
            What::Measured => return found,
            What::Estimated => self.estimated(run, &mut found),
            What::Missing => self.missing(run),
        };
        let done = parts.and_then(|parts| self.price(&parts, &mut found));
        found.reason = done.err().map(|Unknown(why)| why);
        found
    }

    fn estimated(&self, run: &Run, found: &mut Findings<'a>) -> Result<Parts, Unknown> {
        let intervals = self.timeline.intervals.get(run.intervals.clone()).unwrap_or_default();
        let mut parts = Vec::new();
        for (place, interval) in intervals.iter().enumerate() {
            let row = self.timeline.estimated(interval).ok_or(Unknown("there is no estimate"))?;
            let method = row.method.ok_or(Unknown("the method of the estimate isn't known"))?;
            if found.method.is_some_and(|other| other != method) {
                return Err(Unknown("the gap is estimated by several methods"));
            }
            found.method = Some(method);
            let actual = row.quantity.ok_or(Unknown::WIDE)?;
            let as_of = (method, row.ingest);
            let expected = self.timeline.estimate(run, as_of, (place, interval.start))?;
            let period = self.period(interval.start).map_or(interval.start, |period| period.start);
            parts.push((period, Exact::from_scaled(actual, QUANTITY_SCALE), expected));
        }
        Ok(parts)
    }

    fn missing(&self, run: &Run) -> Result<Parts, Unknown> {
        let starts = self.timeline.starts(run);
        let method = self.timeline.method_due(starts.len());
        let mut parts = Vec::new();
        for (place, start) in starts.into_iter().enumerate() {
            let period = self.period(start).ok_or(Unknown("the gap lies in no period"))?;
            let made = self.billing.charges.made(period.key()).next();
            let known = made.and_then(|charges| Some(charges.first()?.known)).unwrap_or(NOW);
            let expected = self.timeline.estimate(run, (method, known), (place, start))?;
            parts.push((period.start, Exact::zero(), expected));
        }
        Ok(parts)
    }

    /// Sums up, and says what the estimates come to in money.
    fn price(&self, parts: &Parts, found: &mut Findings<'a>) -> Result<(), Unknown> {
        let sum = |of: fn(&(i64, Exact, Exact)) -> &Exact| {
            parts.iter().fold(Exact::zero(), |sum, part| sum.plus(of(part)))
        };
        found.actual = Some(sum(|part| &part.1));
        found.expected = Some(sum(|part| &part.2));
        found.off = Some(parts.iter().filter(|part| part.1 != part.2).count());
        let mut by_period: BTreeMap<i64, (Exact, Exact)> = BTreeMap::new();
        for (start, actual, expected) in parts {
            let zero = || (Exact::zero(), Exact::zero());
            let sums = by_period.entry(*start).or_insert_with(zero);
            *sums = (sums.0.plus(actual), sums.1.plus(expected));
        }
        let (mut off, mut whole) = (Exact::zero(), Exact::zero());
        for (start, (actual, expected)) in by_period {
            let period = self.period(start).ok_or(Unknown("the estimate lies in no period"))?;
            let (rater, counted) = self.rated(period)?;
            found.currency = Some(rater.priced.plan.currency);
            let counted = Exact::from_scaled(counted, QUANTITY_SCALE);
            let amount = rater.amount_of(&counted)?;
            let right = rater.amount_of(&counted.minus(&actual).plus(&expected))?;
            let without = rater.amount_of(&counted.minus(&actual))?;
            off = off.plus(&amount.minus(&right));
            whole = whole.plus(&amount.minus(&without));
        }
        (found.amount, found.estimated_amount) = (Some(off), Some(whole));
        Ok(())
    }

    fn push(&self, run: &Run, output: &mut Output) -> Result<(), RunError> {
        let found = self.find(run);
        let length = self.timeline.length(run);
        let due = self.timeline.method_due(length);
        let whole = |number: usize| i64::try_from(number).ok();
        let intervals = self.timeline.intervals.get(run.intervals.clone()).unwrap_or_default();
        let rows = intervals.iter().map(|interval| interval.rows.len()).sum();
        let resource = self.periods.first().map(|period| period.resource);
        output.push(&[
            Cell::Text(resource),
            Cell::Instant(Some(run.start)),
            Cell::Whole(whole(rows)),
            Cell::Instant(Some(run.end)),
            Cell::Text(Some(match run.what {
                What::Measured => "measured",
                What::Estimated => "estimated",
                What::Missing => "missing",
            })),
            Cell::Whole(whole(length)),
            Cell::Text(found.method),
            Cell::Text(Some(due).filter(|_| run.what != What::Measured)),
            Cell::Number(found.actual.as_ref()),
            Cell::Number(found.expected.as_ref()),
            Cell::Whole(found.off.and_then(whole)),
            Cell::Number(found.amount.as_ref()),
            Cell::Number(found.estimated_amount.as_ref()),
            Cell::Text(found.currency),
            Cell::Text(found.reason),
        ])
    }
}
