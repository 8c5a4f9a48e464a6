//! Estimation of missing intervals: validate, estimate, edit, as utilities do it.
//!
//! | rule | estimate of the missing interval |
//! |---|---|
//! | [`Rule::Linear`] | a + (b − a)·j/(n + 1) for the j-th of n between the neighbours a and b |
//! | [`Rule::LikeDays`] | mean of the same interval of the three nearest days of the same weekday |
//!
//! Each is rounded to whole units by the stated mode. Where a register was read before and after, the
//! estimates are only a shape: [`scaled_to_register`] shares the register's difference, less what was
//! measured, out by them by largest remainder, so that not a unit of energy is invented or lost.
//!
//! What was measured is never overwritten. A gap longer than the maximum, or without the neighbours that
//! its rule needs, gets no estimate but a reason.

use super::allocation::{AllocationKey, Method, Residual, ZeroWeights};
use super::exact::Exact;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Rounding;

/// An interval: a civil day and the place in its grid, counted from 0. On a day of 23 hours the places
/// are fewer; one place stands for the same time since the day's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// The day.
    pub day: NaiveDate,
    /// The place in the day's grid.
    pub slot: u32,
}

/// What is known of the intervals of one meter. Every interval of the grid is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// Measured quantities in whole units; `None` for a missing one.
    pub intervals: BTreeMap<Interval, Option<i128>>,
    /// Days that are no model for others: outages, holidays, days with estimates.
    pub not_eligible: BTreeSet<NaiveDate>,
}

/// The rule of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Between the neighbours.
    Linear,
    /// From the three nearest eligible days of the same weekday; of two as near, the earlier first.
    LikeDays,
}

impl Rule {
    /// Its name and version in evidence.
    pub fn id(self) -> &'static str {
        match self {
            Self::Linear => "linear-1",
            Self::LikeDays => "like-days-1",
        }
    }
}

/// The declared terms of estimation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Gaps up to so many intervals are interpolated.
    pub linear_max: usize,
    /// Longer ones up to so many are estimated from like days; at least `linear_max`.
    pub gap_max: usize,
    /// How far away a like day may be, in days.
    pub reach_days: u32,
    /// How an estimate becomes whole units.
    pub rounding: Rounding,
}

/// An estimate, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A quantity with its origin.
    Estimated {
        /// Whole units.
        units: i128,
        /// By this rule.
        rule: Rule,
        /// From these measured intervals.
        neighbours: Vec<Interval>,
        /// Why the rule was chosen.
        reason: Reason,
    },
    /// None.
    NotEstimated(Refusal),
}

/// Why a rule was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The gap has at most [`Terms::linear_max`] intervals.
    ShortGap,
    /// The gap has more.
    LongGap,
}

/// Why there is no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The gap has more than [`Terms::gap_max`] intervals.
    GapTooLong,
    /// The series begins or ends with the gap.
    NoNeighbour,
    /// Fewer than three like days within reach.
    TooFewLikeDays,
    /// The quantity doesn't fit 128 bits.
    Overflow,
}

const LIKE_DAYS: usize = 3;

/// An outcome for every missing interval, and no other.
///
/// ```
/// use chrono::NaiveDate;
/// use tieout_controls::Rounding;
/// use tieout_engine::reperform::interpolation::{Interval, Outcome, Series, Terms, estimate};
/// let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
/// let mut series = Series::default();
/// for (slot, units) in [(0, Some(100)), (1, None), (2, None), (3, Some(109))] {
///     series.intervals.insert(Interval { day, slot }, units);
/// }
/// let rounding = Rounding::HalfEven;
/// let terms = Terms { linear_max: 2, gap_max: 96, reach_days: 28, rounding };
/// let outcomes = estimate(&series, terms);
/// let second = &outcomes[&Interval { day, slot: 2 }];
/// assert!(matches!(second, Outcome::Estimated { units: 106, .. }));
/// ```
pub fn estimate(series: &Series, terms: Terms) -> BTreeMap<Interval, Outcome> {
    let mut outcomes = BTreeMap::new();
    let mut before: Option<(Interval, i128)> = None;
    let mut gap: Vec<Interval> = Vec::new();
    for (interval, units) in &series.intervals {
        let Some(units) = units else {
            gap.push(*interval);
            continue;
        };
        let after = (*interval, *units);
        outcomes.extend(fill(series, terms, &gap, before, Some(after)));
        gap.clear();
        before = Some(after);
    }
    outcomes.extend(fill(series, terms, &gap, before, None));
    outcomes
}

type Neighbour = Option<(Interval, i128)>;

fn fill(
    series: &Series,
    terms: Terms,
    gap: &[Interval],
    before: Neighbour,
    after: Neighbour,
) -> Vec<(Interval, Outcome)> {
    let outcome = |(place, interval): (usize, &Interval)| {
        let outcome = if gap.len() > terms.gap_max {
            Err(Refusal::GapTooLong)
        } else if gap.len() <= terms.linear_max {
            linear(terms, place + 1, gap.len() + 1, before, after)
        } else {
            like_days(series, terms, *interval)
        };
        (*interval, outcome.unwrap_or_else(Outcome::NotEstimated))
    };
    gap.iter().enumerate().map(outcome).collect()
}

fn linear(
    terms: Terms,
    place: usize,
    steps: usize,
    before: Neighbour,
    after: Neighbour,
) -> Result<Outcome, Refusal> {
    let (Some((first, a)), Some((last, b))) = (before, after) else {
        return Err(Refusal::NoNeighbour);
    };
    let count = |n: usize| i128::try_from(n).map_err(|_| Refusal::Overflow);
    let part = Exact::ratio(count(place)?, count(steps)?).map_err(|_| Refusal::Overflow)?;
    let (a, b) = (Exact::integer(a), Exact::integer(b));
    let units = rounded(&a.plus(&b.minus(&a).times(&part)), terms)?;
    let (neighbours, reason) = (vec![first, last], Reason::ShortGap);
    Ok(Outcome::Estimated { units, rule: Rule::Linear, neighbours, reason })
}

fn like_days(series: &Series, terms: Terms, missing: Interval) -> Result<Outcome, Refusal> {
    let distance = |day: NaiveDate| (day - missing.day).num_days().unsigned_abs();
    let mut models: Vec<(u64, Interval, i128)> = Vec::new();
    let weeks = i64::from(terms.reach_days / 7);
    for week in (-weeks..=weeks).filter(|week| *week != 0) {
        let day = missing.day.checked_add_signed(chrono::TimeDelta::weeks(week));
        let Some(day) = day.filter(|day| !series.not_eligible.contains(day)) else { continue };
        let interval = Interval { day, slot: missing.slot };
        if let Some(Some(units)) = series.intervals.get(&interval) {
            models.push((distance(day), interval, *units));
        }
    }
    models.sort();
    models.truncate(LIKE_DAYS);
    if models.len() < LIKE_DAYS {
        return Err(Refusal::TooFewLikeDays);
    }
    let sum = models.iter().fold(Exact::zero(), |s, (_, _, units)| s.plus(&Exact::integer(*units)));
    let third = Exact::ratio(1, 3).map_err(|_| Refusal::Overflow)?;
    let units = rounded(&sum.times(&third), terms)?;
    let neighbours = models.into_iter().map(|(_, interval, _)| interval).collect();
    Ok(Outcome::Estimated { units, rule: Rule::LikeDays, neighbours, reason: Reason::LongGap })
}

fn rounded(exact: &Exact, terms: Terms) -> Result<i128, Refusal> {
    i128::try_from(exact.whole(terms.rounding).numerator()).map_err(|_| Refusal::Overflow)
}

/// Why estimates can't be scaled to a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScalingError {
    /// An interval of the register's span has neither a measured quantity nor an estimate.
    #[error("an interval between the register reads has no estimate")]
    NotEstimated,
    /// A measured interval, or an estimate, is below zero: the register only counts forward.
    #[error("an interval between the register reads is negative")]
    NegativeInterval,
    /// The intervals that were measured exceed what the register counted.
    #[error("the measured intervals exceed the register's difference")]
    MoreThanRegister,
    /// Nothing is missing, and the measured intervals don't add up to the register's difference.
    #[error("no interval is missing and the register's difference is not their sum")]
    NothingMissing,
    /// Σ intervals beyond 128 bits.
    #[error("the quantities do not fit 128 bits")]
    Overflow,
}

/// The estimates of a span between two register reads, scaled so that measured and estimated units add
/// up to `register_units` exactly. Where all estimates are zero the rest is shared out evenly. Of equal
/// remainders the earlier interval gets the unit.
///
/// # Errors
/// [`ScalingError`].
pub fn scaled_to_register(
    series: &Series,
    outcomes: &BTreeMap<Interval, Outcome>,
    register_units: i128,
) -> Result<BTreeMap<Interval, i128>, ScalingError> {
    let mut left = register_units;
    let mut shape = Vec::new();
    for (interval, units) in &series.intervals {
        match (units, outcomes.get(interval)) {
            (Some(..0), _) => return Err(ScalingError::NegativeInterval),
            (Some(units), _) => left = left.checked_sub(*units).ok_or(ScalingError::Overflow)?,
            (None, Some(Outcome::Estimated { units, .. })) => shape.push((*interval, *units)),
            (None, _) => return Err(ScalingError::NotEstimated),
        }
    }
    if left < 0 {
        return Err(ScalingError::MoreThanRegister);
    }
    if shape.is_empty() {
        return if left == 0 { Ok(BTreeMap::new()) } else { Err(ScalingError::NothingMissing) };
    }
    if shape.iter().any(|(_, units)| *units < 0) {
        return Err(ScalingError::NegativeInterval);
    }
    let key = AllocationKey::new(shape).map_err(|_| ScalingError::Overflow)?;
    let even = ZeroWeights::Even;
    let method = Method { residual: Residual::LargestRemainder, zero_weights: even };
    let shared = key.allocate(left, method).map_err(|_| ScalingError::Overflow)?;
    let amount = |(interval, part): (&Interval, super::allocation::Part)| {
        part.amount().map(|units| (*interval, units)).map_err(|_| ScalingError::Overflow)
    };
    shared.parts().map(amount).collect()
}
