//! Confidence factors of monetary-unit sampling: upper limits of a Poisson mean.
//!
//! The factor for k misstatements is the λ with
//!
//! ```text
//! e^(−λ)·Σᵢ₌₀..ₖ λⁱ/i! = risk      that is      Σᵢ₌₀..ₖ λⁱ/i! = risk·e^λ
//! ```
//!
//! e^λ is enclosed between two integers over a power of two: every term of its series is rounded down
//! in one sum and up in the other, and the tail, from where terms halve, is at most twice its first
//! term. At a rational λ ≠ 0 the two sides are never equal (e^λ is transcendental), so an enclosure that
//! is fine enough decides; one that isn't is made finer. Printed tables round the factors up to two
//! digits (AICPA: 3.00, 4.75, 6.30 at 5 %).

use super::{Probability, SamplingError, least, scale_power};
use crate::reperform::exact::Exact;
use num_bigint::BigUint;

/// The most misstatements for which a factor is computed.
pub const MOST_MISSTATEMENTS: u64 = 10_000;

/// The confidence factor with `scale` digits behind the point, rounded up: the exact factor is less
/// than one unit of the last digit below.
///
/// # Errors
/// [`SamplingError::NotAProbability`], [`SamplingError::TooLarge`] beyond [`MOST_MISSTATEMENTS`],
/// [`SamplingError::TooManyDigits`].
///
/// ```
/// use tieout_engine::reperform::exact::Exact;
/// use tieout_engine::reperform::sampling::factors::confidence_factor;
/// let risk = Exact::from_scaled(5, 2);
/// // −ln 0.05 = 2.99573227355…
/// assert_eq!(confidence_factor(&risk, 0, 10).unwrap().to_string(), "2.9957322736");
/// assert!(confidence_factor(&Exact::zero(), 0, 10).is_err());
/// ```
pub fn confidence_factor(
    risk: &Exact,
    misstatements: u64,
    scale: u32,
) -> Result<Exact, SamplingError> {
    let risk = Probability::of(risk)?;
    if misstatements > MOST_MISSTATEMENTS {
        return Err(SamplingError::TooLarge);
    }
    let one = scale_power(scale)?;
    let within = |units| poisson_within(units, one, misstatements, &risk);
    let units = least(0, u64::MAX, within).ok_or(SamplingError::TooManyDigits)?;
    Ok(Exact::from_scaled(i128::from(units), scale))
}

/// The factors for 0 up to `most` misstatements.
///
/// # Errors
/// As [`confidence_factor`].
pub fn confidence_factors(
    risk: &Exact,
    most: u64,
    scale: u32,
) -> Result<Vec<Exact>, SamplingError> {
    (0..=most).map(|misstatements| confidence_factor(risk, misstatements, scale)).collect()
}

/// Whether e^(−λ)·Σᵢ₌₀..ₖ λⁱ/i! ≤ risk, at λ = units/one.
fn poisson_within(units: u64, one: u64, k: u64, risk: &Probability) -> bool {
    if units == 0 {
        return false;
    }
    let mut bits = 128 + units / one * 2;
    loop {
        let enclosed = Enclosed::at(units, one, k, bits);
        let left = |head: &BigUint| head * &risk.denominator;
        let right = |exponential: &BigUint| exponential * &risk.numerator;
        if left(&enclosed.head.1) <= right(&enclosed.exponential.0) {
            return true;
        }
        if left(&enclosed.head.0) > right(&enclosed.exponential.1) {
            return false;
        }
        bits *= 2;
    }
}

/// Lower and upper bounds of the first k + 1 terms and of all terms of e^λ, times 2^bits.
struct Enclosed {
    head: (BigUint, BigUint),
    exponential: (BigUint, BigUint),
}

impl Enclosed {
    fn at(units: u64, one: u64, k: u64, bits: u64) -> Self {
        let first = BigUint::from(1_u32) << bits;
        let (mut low, mut high) = (first.clone(), first);
        let mut sum = (BigUint::ZERO, BigUint::ZERO);
        let mut head = sum.clone();
        let mut i = 0;
        loop {
            sum.0 += &low;
            sum.1 += &high;
            if i == k {
                head = sum.clone();
            }
            i += 1;
            let divisor = BigUint::from(one) * i;
            low = low * units / &divisor;
            high = (high * units + &divisor - 1_u32) / &divisor;
            // From here on each term is at most half of the one before: λ ≤ (i + 1)/2.
            let halves = BigUint::from(units) * 2_u32 <= BigUint::from(one) * (i + 1);
            if i > k && halves && low == BigUint::ZERO {
                sum.1 += &high * 2_u32;
                return Self { head, exponential: sum };
            }
        }
    }
}
