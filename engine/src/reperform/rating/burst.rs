//! Burstable billing: a percentile of sampled rates, above a committed rate.
//!
//! `amount = committed_fee + max(0, P − committed_rate) · excess_price`, P the percentile of the
//! samples. For the 95th of 8,640 five-minute samples of a 30-day month, the 432 highest are dropped
//! and the next one counts. Where p·n isn't whole, providers differ by one sample: the rank rule is
//! declared.

use super::tiers::Part;
use crate::reperform::exact::Exact;
use num_bigint::BigInt;
use tieout_controls::Rounding;

/// Which of n ascending samples is the p-quantile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankRule {
    /// The ⌈p·n⌉-th: the top ⌊(1−p)·n⌋ are dropped, the next one counts (nearest rank).
    NearestRank,
    /// The ⌊p·n⌋-th, the first at least: the top ⌈(1−p)·n⌉ are dropped.
    LowerRank,
    /// Between the samples around p·(n−1), linearly, from zero on (R's type 7, what spreadsheets'
    /// inclusive percentile gives).
    Interpolated,
}

/// The terms of a burstable charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    /// The quantile as a fraction, above zero and at most one: 0.95.
    pub quantile: Exact,
    /// Which sample it is.
    pub rank: RankRule,
    /// The rate that the fee pays for.
    pub committed_rate: Exact,
    /// The fee.
    pub committed_fee: Exact,
    /// The price of a unit of rate above it.
    pub excess_price: Exact,
}

/// Why a percentile can't be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BurstError {
    /// No sample: not a rate of zero.
    #[error("there are no samples to take a percentile of")]
    NoSamples,
    /// Not above zero and at most one.
    #[error("a quantile has to be above zero and at most one")]
    Quantile,
}

impl Burst {
    /// The percentile of the samples, whose order doesn't matter.
    ///
    /// # Errors
    /// [`BurstError`].
    pub fn rate(&self, samples: &[Exact]) -> Result<Exact, BurstError> {
        percentile(samples, &self.quantile, self.rank)
    }

    pub(super) fn parts(&self, rate: &Exact) -> Vec<Part> {
        let excess = rate.minus(&self.committed_rate).max(Exact::zero());
        vec![Part {
            tier: 0,
            units: excess,
            unit_price: self.excess_price.clone(),
            flat_fee: self.committed_fee.clone(),
        }]
    }
}

/// The quantile of samples by that rank rule.
///
/// # Errors
/// [`BurstError`].
///
/// ```
/// use tieout_engine::reperform::exact::Exact;
/// use tieout_engine::reperform::rating::burst::{RankRule, percentile};
/// let samples: Vec<Exact> = (1..=20).map(Exact::integer).collect();
/// let p95 = Exact::from_scaled(95, 2);
/// assert_eq!(percentile(&samples, &p95, RankRule::NearestRank), Ok(Exact::integer(19)));
/// assert!(percentile(&[], &p95, RankRule::NearestRank).is_err());
/// ```
pub fn percentile(
    samples: &[Exact],
    quantile: &Exact,
    rank: RankRule,
) -> Result<Exact, BurstError> {
    if *quantile <= Exact::zero() || *quantile > Exact::integer(1) {
        return Err(BurstError::Quantile);
    }
    let mut ascending: Vec<&Exact> = samples.iter().collect();
    ascending.sort();
    let count = i128::try_from(ascending.len()).map_err(|_| BurstError::NoSamples)?;
    let at = |position: &Exact| {
        let index = usize::try_from(position.numerator().max(&BigInt::from(0)).clone()).ok();
        index
            .and_then(|i| ascending.get(i))
            .map(|sample| (*sample).clone())
            .ok_or(BurstError::NoSamples)
    };
    let one = Exact::integer(1);
    let position = quantile.times(&Exact::integer(count));
    match rank {
        RankRule::NearestRank => at(&position.whole(Rounding::Ceiling).minus(&one)),
        RankRule::LowerRank => at(&position.whole(Rounding::Floor).minus(&one)),
        RankRule::Interpolated => {
            let position = quantile.times(&Exact::integer(count - 1));
            let below = position.whole(Rounding::Floor);
            let share = position.minus(&below);
            let low = at(&below)?;
            if share.is_zero() {
                return Ok(low);
            }
            Ok(low.plus(&at(&below.plus(&one))?.minus(&low).times(&share)))
        }
    }
}
