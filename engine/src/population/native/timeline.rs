//! The time of a resource in runs of intervals that were measured, estimated, or are missing; and what
//! estimates should be.

use super::Unknown;
use super::billing::{Billing, Period};
use super::register::days_between;
use super::usage::{self, QUANTITY_SCALE, Row};
use crate::reperform::exact::{Exact, Increment};
use std::ops::Range;
use tieout_controls::Rounding;

const DAY: i64 = 24 * 3_600_000_000;
const WEEK: i64 = 7 * DAY;

/// On the straight line between the intervals before and after a gap.
pub(super) const LINEAR: &str = "linear";
/// The mean of the intervals one, two and three weeks before.
pub(super) const WEEKDAY: &str = "same-weekday-mean";

/// How gaps are estimated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Gaps of up to so many intervals lie on a line; longer ones follow the weeks before.
    pub(super) linear_max: usize,
    /// How an estimate is rounded.
    pub(super) rounding: (Increment, Rounding),
}

/// What an interval is; estimated where any of its rows is an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Measured,
    Estimated,
    Missing,
}

/// An interval that has rows; their places among the resource's.
#[derive(Debug, Clone)]
pub(super) struct Interval {
    pub(super) start: i64,
    pub(super) end: i64,
    what: What,
    pub(super) rows: Range<usize>,
}

/// Neighbouring intervals of a kind, or a gap.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) what: What,
    /// Places among the intervals; for a gap none, at the place of the interval after it.
    pub(super) intervals: Range<usize>,
}

/// A resource's time.
pub(super) struct Timeline<'r, 'a> {
    pub(super) rows: &'r [Row<'a>],
    pub(super) intervals: Vec<Interval>,
    zone: Option<chrono_tz::Tz>,
    terms: Terms,
}

impl<'r, 'a> Timeline<'r, 'a> {
    /// The intervals of a resource, in order. What begins within one belongs to it.
    pub(super) fn new(billing: &'r Billing<'a>, resource: &str, terms: Terms) -> Self {
        let rows = billing.rows(resource);
        let mut intervals: Vec<Interval> = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let what = if row.estimated { What::Estimated } else { What::Measured };
            match intervals.last_mut() {
                Some(last) if row.start < last.end => {
                    last.rows.end = place + 1;
                    last.end = last.end.max(row.end);
                    if what == What::Estimated {
                        last.what = what;
                    }
                }
                _ => {
                    let (start, end, rows) = (row.start, row.end, place..place + 1);
                    intervals.push(Interval { start, end, what, rows });
                }
            }
        }
        let entry = rows.first().and_then(|row| billing.register.at(resource, row.start));
        Self { rows, intervals, zone: entry.and_then(|entry| entry.zone()), terms }
    }

    /// The runs of periods, gaps at their edges among them; a period without any usage is one gap.
    pub(super) fn runs(&self, periods: &[Period<'_>]) -> Vec<Run> {
        let empty = |period: &Period<'_>| period.rows.0 == period.rows.1;
        let together = |a: &Period<'_>, b: &Period<'_>| a.end == b.start && !empty(a) && !empty(b);
        let span = |span: &[Period<'_>]| Some((span.first()?.start, span.last()?.end));
        let spans = periods.chunk_by(together).filter_map(span);
        spans.flat_map(|(start, end)| self.runs_between(start, end)).collect()
    }

    fn runs_between(&self, start: i64, end: i64) -> Vec<Run> {
        let first = self.intervals.partition_point(|interval| interval.start < start);
        let mut runs: Vec<Run> = Vec::new();
        let (mut reached, mut next) = (start, first);
        let within = self.intervals.iter().enumerate().skip(first);
        for (place, interval) in within.take_while(|(_, interval)| interval.start < end) {
            next = place + 1;
            if interval.start > reached {
                runs.push(gap(reached, interval.start, place));
            }
            match runs.last_mut() {
                Some(run) if run.what == interval.what && run.end == interval.start => {
                    (run.end, run.intervals.end) = (interval.end, next);
                }
                _ => runs.push(Run {
                    start: interval.start,
                    end: interval.end,
                    what: interval.what,
                    intervals: place..next,
                }),
            }
            reached = interval.end;
        }
        if reached < end {
            runs.push(gap(reached, end, next));
        }
        runs
    }

    fn before(&self, run: &Run) -> Option<&Interval> {
        let before = run.intervals.start.checked_sub(1).and_then(|place| self.intervals.get(place));
        before.filter(|interval| interval.end == run.start)
    }

    fn after(&self, run: &Run) -> Option<&Interval> {
        self.intervals.get(run.intervals.end).filter(|interval| interval.start == run.end)
    }

    /// How many intervals a run has; those of a gap by the one beside it, else by the resource's first:
    /// civil days where that is one, and where there is none.
    pub(super) fn length(&self, run: &Run) -> usize {
        if run.what != What::Missing {
            return run.intervals.len();
        }
        let beside = self.before(run).or_else(|| self.after(run)).or(self.intervals.first());
        let days = |start, end| days_between(self.zone?, start, end);
        let length = beside.map_or(DAY, |interval| interval.end - interval.start);
        let daily = beside.is_none_or(|interval| days(interval.start, interval.end) == Some(1));
        let by_days = days(run.start, run.end).filter(|_| daily);
        let by_length = || usize::try_from((run.end - run.start + length - 1) / length.max(1));
        by_days.or_else(|| by_length().ok()).unwrap_or(usize::MAX)
    }

    /// When each interval of a run begins; those of a gap at equal distances.
    pub(super) fn starts(&self, run: &Run) -> Vec<i64> {
        if run.what != What::Missing {
            let intervals = self.intervals.get(run.intervals.clone()).unwrap_or_default();
            return intervals.iter().map(|interval| interval.start).collect();
        }
        let count = i64::try_from(self.length(run)).unwrap_or(1).max(1);
        let step = (run.end - run.start) / count;
        (0..count).map(|place| run.start + place * step).collect()
    }

    /// The method by which so long a gap is to be estimated.
    pub(super) fn method_due(&self, length: usize) -> &'static str {
        if length <= self.terms.linear_max { LINEAR } else { WEEKDAY }
    }

    /// What an interval of a run should be estimated at, by a method and from what had come in before
    /// an instant; `place` counts from the run's first interval, which begins at `start`.
    ///
    /// # Errors
    /// [`Unknown`] where there is nothing to estimate from.
    pub(super) fn estimate(
        &self,
        run: &Run,
        (method, known): (&str, i64),
        (place, start): (usize, i64),
    ) -> Result<Exact, Unknown> {
        let exact = match method {
            LINEAR => self.on_the_line(run, known, place)?,
            WEEKDAY => self.of_the_weeks(known, start)?,
            _ => return Err(Unknown("the method of the estimate isn't known")),
        };
        let (increment, mode) = self.terms.rounding;
        Ok(exact.rounded(increment, mode))
    }

    fn on_the_line(&self, run: &Run, known: i64, place: usize) -> Result<Exact, Unknown> {
        let value = |beside: Option<&Interval>| self.value(beside?, known);
        let values = value(self.before(run)).zip(value(self.after(run)));
        let (before, after) = values.ok_or(Unknown("there is no interval beside the gap"))?;
        let whole = |number: usize| i128::try_from(number).unwrap_or(i128::MAX);
        let step = Exact::ratio(whole(place + 1), whole(self.length(run) + 1));
        let step = step.map_err(|_| Unknown("the gap has no length"))?;
        Ok(before.plus(&after.minus(&before).times(&step)))
    }

    fn of_the_weeks(&self, known: i64, start: i64) -> Result<Exact, Unknown> {
        const NONE: Unknown = Unknown("there are no three weeks before the gap");
        let mut sum = Exact::zero();
        for week in 1..=3 {
            let at = start - week * WEEK;
            let place = self.intervals.binary_search_by_key(&at, |interval| interval.start);
            let interval = place.ok().and_then(|place| self.intervals.get(place)).ok_or(NONE)?;
            sum = sum.plus(&self.value(interval, known).ok_or(NONE)?);
        }
        sum.over(&Exact::integer(3)).map_err(|_| NONE)
    }

    /// What counted of an interval's rows before an instant; none where nothing had come in.
    fn value(&self, interval: &Interval, before: i64) -> Option<Exact> {
        let counted = usage::count(self.rows.get(interval.rows.clone())?, before).ok()?;
        (!counted.rows.is_empty()).then(|| Exact::from_scaled(counted.total, QUANTITY_SCALE))
    }

    /// The estimate of an interval: of several the one that counts first.
    pub(super) fn estimated(&self, interval: &Interval) -> Option<&'r Row<'a>> {
        let rows: &'r [Row<'a>] = self.rows;
        let estimates = rows.get(interval.rows.clone())?.iter().filter(|row| row.estimated);
        estimates.min_by_key(|row| (row.priority, row.source, row.id))
    }
}

fn gap(start: i64, end: i64, place: usize) -> Run {
    Run { start, end, what: What::Missing, intervals: place..place }
}
