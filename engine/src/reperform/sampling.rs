//! Audit sampling: sizes, limits, selection and evaluation, all recomputable by an outsider.
//!
//! [`attribute`] is for deviation rates (exact binomial and hypergeometric), [`factors`] and
//! [`monetary_unit`] for amounts, [`stream`] for the random numbers, which follow from the sealed
//! population and a word of the auditor's, so that neither side can steer the selection.
//! Sources: AICPA Audit Guide "Audit Sampling"; PCAOB AS 2315; ISA 530.
//!
//! Probabilities are compared as integers and never approximated: a result is the exact solution or,
//! where that is no finite decimal, the nearest one on the side that claims less.

pub mod attribute;
pub mod evaluation;
pub mod factors;
pub mod monetary_unit;
pub mod stream;

use super::exact::Exact;
use num_bigint::BigUint;

/// Why there is no sample size, limit or factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SamplingError {
    /// A risk or a rate that isn't between 0 and 1.
    #[error("a risk or a rate must be above 0 and below 1")]
    NotAProbability,
    /// More deviations than items, or none of either.
    #[error(
        "there can't be more deviations than items in the sample, nor more of those than items"
    )]
    Inconsistent,
    /// Even the whole population can't show that the tolerable rate is kept, because so few deviations
    /// are intolerable.
    #[error("the allowed deviations are as many as the population may tolerably have")]
    Unreachable,
    /// A size beyond [`LARGEST_SAMPLE`]: the computation is exact and would take too long.
    #[error("the sample would have more than 100000 items")]
    TooLarge,
    /// More digits than [`MOST_DIGITS`].
    #[error("a limit can have at most 18 digits behind the point")]
    TooManyDigits,
}

/// The largest sample that is computed.
pub const LARGEST_SAMPLE: u64 = 100_000;
/// The most digits behind the point of a limit or a factor.
pub const MOST_DIGITS: u32 = 18;

/// A number strictly between 0 and 1 as a fraction.
struct Probability {
    numerator: BigUint,
    denominator: BigUint,
}

impl Probability {
    fn of(value: &Exact) -> Result<Self, SamplingError> {
        if value.is_negative() || value.is_zero() || *value >= Exact::integer(1) {
            return Err(SamplingError::NotAProbability);
        }
        let (numerator, denominator) = (value.numerator(), value.denominator());
        let magnitude = |n: &num_bigint::BigInt| n.magnitude().clone();
        Ok(Self { numerator: magnitude(numerator), denominator: magnitude(denominator) })
    }
}

/// The least `x` from `low` on, and up to `high`, for which the condition holds, when it holds for all
/// above that too; `None` when it holds for none.
fn least(low: u64, high: u64, mut holds: impl FnMut(u64) -> bool) -> Option<u64> {
    let (mut below, mut step) = (low, 1);
    // By doubling first: small numbers are the likely ones and the cheap ones.
    let mut above = loop {
        let tried = below.saturating_add(step).min(high);
        if holds(tried) {
            break tried;
        }
        if tried == high {
            return None;
        }
        (below, step) = (tried, step.saturating_mul(2));
    };
    let mut below = low;
    while below < above {
        let middle = below + (above - below) / 2;
        if holds(middle) {
            above = middle;
        } else {
            below = middle + 1;
        }
    }
    Some(above)
}

fn scale_power(scale: u32) -> Result<u64, SamplingError> {
    if scale > MOST_DIGITS {
        return Err(SamplingError::TooManyDigits);
    }
    10_u64.checked_pow(scale).ok_or(SamplingError::TooManyDigits)
}
