//! Monetary-unit sampling: size, interval, and the selection of items by their amounts.
//!
//! ```text
//! n = ⌈BV·CF/(TM − EM·EF)⌉        J = ⌊BV/n⌋
//! ```
//!
//! with the book value BV of the items that can be reached, the confidence factor CF for no
//! misstatement, tolerable and expected misstatement TM and EM, and the expansion factor EF for the
//! expected one (AICPA: 1.6 at a risk of 5 %, 1.5 at 10 %). All amounts are minor units of one
//! currency.
//!
//! What selection by amount can't reach: items of zero, items below zero, and what is missing or
//! understated in items that are too small to be hit. The first two are listed, as populations of their
//! own; understatement and completeness are for other tests.

use super::stream::Stream;
use crate::reperform::exact::Exact;
use tieout_controls::Rounding;

/// What a sample is planned with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Book value of the items above zero.
    pub book_value_units: i128,
    /// The misstatement that would be material.
    pub tolerable_units: i128,
    /// The misstatement that is expected.
    pub expected_units: i128,
    /// For no misstatement, of [`factors`](super::factors) or a printed table.
    pub confidence_factor: Exact,
    /// For the expected misstatement, of a printed table; at least one.
    pub expansion_factor: Exact,
}

/// Size and interval of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many items at most.
    pub sample_size: u64,
    /// One monetary unit is taken from each interval of so many.
    pub interval_units: i128,
}

/// Why there is no plan or no selection. The item is in the error and not in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError<K> {
    /// No book value, or a negative amount or factor.
    #[error("book value, tolerable misstatement and factors must be above zero")]
    NotPositive,
    /// The expected misstatement, expanded, leaves nothing to tolerate.
    #[error("the expected misstatement leaves no tolerable misstatement")]
    NothingTolerable,
    /// As many items as monetary units, or more.
    #[error("the sample would take every monetary unit: test all items instead")]
    TooLarge,
    /// An item twice.
    #[error("an item is in the population twice")]
    DuplicateItem(K),
    /// Σ amounts beyond 128 bits.
    #[error("the amounts do not fit 128 bits")]
    Overflow,
}

impl Parameters {
    /// The plan.
    ///
    /// # Errors
    /// [`SelectionError`].
    ///
    /// ```
    /// use tieout_engine::reperform::exact::Exact;
    /// use tieout_engine::reperform::sampling::monetary_unit::{Parameters, Plan};
    /// let parameters = Parameters {
    ///     book_value_units: 1_000_000_00,
    ///     tolerable_units: 50_000_00,
    ///     expected_units: 10_000_00,
    ///     confidence_factor: Exact::integer(3),
    ///     expansion_factor: Exact::from_scaled(16, 1),
    /// };
    /// // 3,000,000 / (50,000 − 16,000) = 88.2
    /// let plan = parameters.plan::<&str>().unwrap();
    /// assert_eq!(plan, Plan { sample_size: 89, interval_units: 11_235_95 });
    /// assert!(Parameters { tolerable_units: 16_000_00, ..parameters }.plan::<&str>().is_err());
    /// ```
    pub fn plan<K>(&self) -> Result<Plan, SelectionError<K>> {
        let (factor, expansion) = (&self.confidence_factor, &self.expansion_factor);
        let positive = |d: &Exact| !d.is_zero() && !d.is_negative();
        let amounts = self.book_value_units > 0 && self.tolerable_units > 0;
        if !amounts || self.expected_units < 0 || !positive(factor) || !positive(expansion) {
            return Err(SelectionError::NotPositive);
        }
        let expected = Exact::integer(self.expected_units).times(expansion);
        let left = Exact::integer(self.tolerable_units).minus(&expected);
        if left.is_negative() || left.is_zero() {
            return Err(SelectionError::NothingTolerable);
        }
        let size = Exact::integer(self.book_value_units).times(factor);
        let size = size.over(&left).map_err(|_| SelectionError::NothingTolerable)?;
        let size = u64::try_from(size.whole(Rounding::Ceiling).numerator());
        let sample_size = size.map_err(|_| SelectionError::TooLarge)?;
        let interval = self.book_value_units.checked_div(i128::from(sample_size));
        let interval_units = interval.filter(|j| *j > 1).ok_or(SelectionError::TooLarge)?;
        Ok(Plan { sample_size, interval_units })
    }
}

/// How units are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// One random start below the interval, and every interval from there.
    Systematic,
    /// One random unit in each interval; an item across two of them can be hit twice.
    Cell,
}

/// An item that was hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<K> {
    /// The item.
    pub key: K,
    /// Its book value.
    pub book_units: i128,
    /// The units that hit it, counted from 0 over the items below the interval, by key.
    pub units: Vec<i128>,
}

/// Why selection by amount can't reach an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// It has no monetary unit.
    Zero,
    /// A credit: it would take units away.
    Negative,
}

/// A selection, each list by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<K> {
    /// Items of an interval or more: taken whole, with certainty.
    pub certain: Vec<(K, i128)>,
    /// Σ of the items below the interval.
    pub sampled_book_units: i128,
    /// Of those, the ones that were hit.
    pub hits: Vec<Hit<K>>,
    /// What isn't reached, to be tested otherwise.
    pub unreachable: Vec<(K, i128, Unreachable)>,
}

/// Selects items; their order doesn't matter, since they are sorted by key first.
///
/// # Errors
/// [`SelectionError`]: an interval below 2, an item twice.
pub fn select<K: Ord + Clone>(
    items: impl IntoIterator<Item = (K, i128)>,
    interval_units: i128,
    method: Method,
    stream: &mut Stream,
) -> Result<Selection<K>, SelectionError<K>> {
    let interval = u128::try_from(interval_units).map_err(|_| SelectionError::NotPositive)?;
    if interval < 2 {
        return Err(SelectionError::TooLarge);
    }
    let mut items: Vec<(K, i128)> = items.into_iter().collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    if let Some(((a, _), _)) = items.iter().zip(items.iter().skip(1)).find(|(a, b)| a.0 == b.0) {
        return Err(SelectionError::DuplicateItem(a.clone()));
    }
    let (mut certain, mut sampled, mut unreachable) = (Vec::new(), Vec::new(), Vec::new());
    for (key, units) in items {
        match units {
            0 => unreachable.push((key, units, Unreachable::Zero)),
            ..0 => unreachable.push((key, units, Unreachable::Negative)),
            _ if units >= interval_units => certain.push((key, units)),
            _ => sampled.push((key, units)),
        }
    }
    let mut amounts = sampled.iter().map(|(_, units)| *units);
    let sum = amounts.try_fold(0_i128, i128::checked_add).ok_or(SelectionError::Overflow)?;
    let hits = hits(sampled, sum, interval, interval_units, method, stream)?;
    Ok(Selection { certain, sampled_book_units: sum, hits, unreachable })
}

fn hits<K: Clone>(
    sampled: Vec<(K, i128)>,
    sum: i128,
    interval: u128,
    interval_units: i128,
    method: Method,
    stream: &mut Stream,
) -> Result<Vec<Hit<K>>, SelectionError<K>> {
    let drawn = |stream: &mut Stream| i128::try_from(stream.below(interval)).unwrap_or(0);
    let start = drawn(stream);
    let (mut cell, mut next) = (0_i128, start);
    let mut hits: Vec<Hit<K>> = Vec::new();
    let mut end = 0_i128;
    for (key, book_units) in sampled {
        end += book_units;
        let mut units = Vec::new();
        while next < end {
            units.push(next);
            cell = cell.checked_add(interval_units).ok_or(SelectionError::Overflow)?;
            if cell >= sum {
                next = i128::MAX;
                break;
            }
            let within = match method {
                Method::Systematic => start,
                Method::Cell => drawn(stream),
            };
            next = cell.checked_add(within).ok_or(SelectionError::Overflow)?;
        }
        if !units.is_empty() {
            hits.push(Hit { key, book_units, units });
        }
    }
    Ok(hits)
}
