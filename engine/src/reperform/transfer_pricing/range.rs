//! The arm's length range of a set of comparables, and the adjustment that a result outside needs.
//!
//! 26 CFR 1.482-1(e)(2)(iii)(C): the interquartile range goes from the 25th to the 75th percentile
//! of the results. The 25th percentile is the lowest result such that at least 25 per cent of the
//! results are at or below its value; but if exactly 25 per cent are, it is the average of that result
//! and the next higher one. The 75th likewise; the median is the 50th, determined in the same way
//! (1.482-1(e)(3)). With the results in ascending order x₁ … xₙ and a percentile k:
//!
//! ```text
//! k·n/100 not whole:  x⌈k·n/100⌉
//! k·n/100 = m whole:  (xₘ + xₘ₊₁)/2   where exactly m results are at or below xₘ
//!                     xₘ              where more are (xₘ = xₘ₊₁), which is the same number
//! ```
//!
//! Spreadsheets' QUARTILE.INC and QUARTILE.EXC interpolate and give other numbers.

use crate::reperform::exact::Exact;

/// An interquartile range with its median.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// How many results it was made of.
    pub results: usize,
    /// The lowest result.
    pub lowest: Exact,
    /// The 25th percentile.
    pub lower: Exact,
    /// The 50th.
    pub median: Exact,
    /// The 75th.
    pub upper: Exact,
    /// The highest result.
    pub highest: Exact,
}

/// A range of no results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are no comparable results")]
pub struct NoResults;

impl Range {
    /// The range of these results, in any order.
    ///
    /// # Errors
    /// [`NoResults`].
    ///
    /// ```
    /// use tieout_engine::reperform::exact::Exact;
    /// use tieout_engine::reperform::transfer_pricing::range::Range;
    /// // 1.482-1(e)(5), example 3: the range from $43 to $46.25, the median $44.50
    /// let prices = [42_00, 44_00, 45_00, 47_50].map(|cents| Exact::from_scaled(cents, 2));
    /// let range = Range::of(&prices).unwrap();
    /// assert_eq!(range.lower.to_string(), "43");
    /// assert_eq!(range.upper.to_string(), "46.25");
    /// assert_eq!(range.median.to_string(), "44.5");
    /// assert!(Range::of(&[]).is_err());
    /// ```
    pub fn of(results: &[Exact]) -> Result<Self, NoResults> {
        let mut sorted = results.to_vec();
        sorted.sort();
        let (Some(lowest), Some(highest)) = (sorted.first(), sorted.last()) else {
            return Err(NoResults);
        };
        Ok(Self {
            results: sorted.len(),
            lowest: lowest.clone(),
            lower: percentile(&sorted, 25)?,
            median: percentile(&sorted, 50)?,
            upper: percentile(&sorted, 75)?,
            highest: highest.clone(),
        })
    }
}

/// The lowest result with at least `percent` of the results at or below it, or its average with the
/// next higher where it is exactly that share. `sorted` ascends.
fn percentile(sorted: &[Exact], percent: usize) -> Result<Exact, NoResults> {
    let mut rest = sorted;
    while let Some(result) = rest.first() {
        let higher = rest.partition_point(|x| x <= result);
        rest = rest.get(higher..).unwrap_or(&[]);
        let at_or_below = sorted.len() - rest.len();
        let (have, want) = (at_or_below * 100, percent * sorted.len());
        if have > want {
            return Ok(result.clone());
        }
        if have == want {
            let next = rest.first().unwrap_or(result);
            return Ok(result.plus(next).times(&Exact::from_scaled(5, 1)));
        }
    }
    Err(NoResults)
}

/// Which results need no adjustment, and where the others go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// 26 CFR 1.482-1(e)(3): inside the interquartile range there is no allocation; outside it goes to
    /// the median.
    UsInterquartile,
    /// OECD TPG 2022, 3.60 to 3.62, comparables of relatively equal and high reliability: the whole
    /// range counts, and any point in it satisfies the principle. The nearest one is given.
    OecdAnyPoint,
    /// OECD TPG 2022, 3.57 and 3.62, where comparability defects remain: the interquartile range
    /// counts, and outside it the adjustment is to the median.
    OecdCentralTendency,
}

/// A result beside a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// At arm's length; the bounds are inside.
    Inside,
    /// Below the range.
    Below {
        /// The result to which it is adjusted.
        target: Exact,
    },
    /// Above the range.
    Above {
        /// The result to which it is adjusted.
        target: Exact,
    },
}

impl Range {
    /// Where `result` lies by the rule.
    pub fn position(&self, result: &Exact, rule: Rule) -> Position {
        let (low, high) = match rule {
            Rule::UsInterquartile | Rule::OecdCentralTendency => (&self.lower, &self.upper),
            Rule::OecdAnyPoint => (&self.lowest, &self.highest),
        };
        let target = |nearest: &Exact| match rule {
            Rule::OecdAnyPoint => nearest.clone(),
            Rule::UsInterquartile | Rule::OecdCentralTendency => self.median.clone(),
        };
        if result < low {
            Position::Below { target: target(low) }
        } else if result > high {
            Position::Above { target: target(high) }
        } else {
            Position::Inside
        }
    }

    /// By how much a provider's revenue must change so that its net cost plus is at arm's length:
    /// `cost·(1 + target) − revenue`, zero inside the range. The result must be a net cost plus, and
    /// `total_cost` above zero.
    ///
    /// # Errors
    /// [`CostError`](super::CostError) when the cost isn't above zero.
    pub fn revenue_adjustment(
        &self,
        revenue: &Exact,
        total_cost: &Exact,
        rule: Rule,
    ) -> Result<Exact, super::CostError> {
        let actual = super::net_cost_plus(revenue, total_cost)?;
        Ok(match self.position(&actual, rule) {
            Position::Inside => Exact::zero(),
            Position::Below { target } | Position::Above { target } => {
                total_cost.times(&target.plus(&Exact::integer(1))).minus(revenue)
            }
        })
    }
}
