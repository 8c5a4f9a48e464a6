//! Deviation rates: sample sizes and upper limits.
//!
//! With X the deviations in a sample of n, k those allowed or found, and a stated risk:
//!
//! | | infinite population | N items with D deviations |
//! |---|---|---|
//! | P(X ≤ k) | Σᵢ C(n,i)·pⁱ·(1−p)ⁿ⁻ⁱ | Σᵢ C(D,i)·C(N−D,n−i)/C(N,n) |
//! | size | least n with P(X ≤ k) ≤ risk at p = tolerable | the same at D = ⌈N·tolerable⌉ |
//! | upper limit | the p with P(X ≤ k) = risk (Clopper and Pearson) | greatest D with P(X ≤ k) > risk |
//!
//! Both sides of each comparison are brought to integers. The risk is that of overreliance: of
//! relying on a control whose rate is intolerable.

use super::{LARGEST_SAMPLE, Probability, SamplingError, least, scale_power};
use crate::reperform::exact::Exact;
use num_bigint::BigUint;
use std::cmp::Ordering;

/// The least sample in which `allowed` deviations still show a rate below `tolerable` at `risk`, from
/// a population so large that drawing doesn't change it.
///
/// # Errors
/// [`SamplingError::NotAProbability`], [`SamplingError::TooLarge`].
///
/// ```
/// use tieout_engine::reperform::exact::Exact;
/// use tieout_engine::reperform::sampling::attribute::sample_size;
/// let five_percent = Exact::from_scaled(5, 2);
/// assert_eq!(sample_size(&five_percent, &five_percent, 0), Ok(59));
/// assert_eq!(sample_size(&five_percent, &five_percent, 1), Ok(93));
/// assert!(sample_size(&five_percent, &Exact::zero(), 0).is_err());
/// ```
pub fn sample_size(risk: &Exact, tolerable: &Exact, allowed: u64) -> Result<u64, SamplingError> {
    let (risk, rate) = (Probability::of(risk)?, Probability::of(tolerable)?);
    if allowed >= LARGEST_SAMPLE {
        return Err(SamplingError::TooLarge);
    }
    let within = |n| binomial_within(n, allowed, &rate, &risk);
    least(allowed + 1, LARGEST_SAMPLE, within).ok_or(SamplingError::TooLarge)
}

/// The one-sided upper limit of the deviation rate when `found` of `sample` items deviate, with
/// `scale` digits behind the point, rounded up: the exact limit is at most one unit of the last digit
/// below.
///
/// # Errors
/// [`SamplingError::Inconsistent`] when more deviate than were sampled, or nothing was.
///
/// ```
/// use tieout_engine::reperform::exact::Exact;
/// use tieout_engine::reperform::sampling::attribute::upper_limit;
/// let ten_percent = Exact::from_scaled(10, 2);
/// assert_eq!(upper_limit(&ten_percent, 25, 0, 4).unwrap().to_string(), "0.088");
/// assert!(upper_limit(&ten_percent, 25, 26, 4).is_err());
/// ```
pub fn upper_limit(
    risk: &Exact,
    sample: u64,
    found: u64,
    scale: u32,
) -> Result<Exact, SamplingError> {
    let risk = Probability::of(risk)?;
    if sample == 0 || found > sample {
        return Err(SamplingError::Inconsistent);
    }
    if sample > LARGEST_SAMPLE {
        return Err(SamplingError::TooLarge);
    }
    let one = scale_power(scale)?;
    let within = |units: u64| {
        let rate = Probability { numerator: units.into(), denominator: one.into() };
        binomial_within(sample, found, &rate, &risk)
    };
    // At a rate of one X is the sample; with everything deviating there is no lower limit than that.
    let limit = least(0, one, within).unwrap_or(one);
    Ok(Exact::from_scaled(i128::from(limit), scale))
}

/// As [`sample_size`] for a population of `population` items, drawn without replacement.
///
/// # Errors
/// [`SamplingError::Unreachable`] when `allowed` is as much as the population may have, and those of
/// [`sample_size`].
pub fn sample_size_of(
    population: u64,
    risk: &Exact,
    tolerable: &Exact,
    allowed: u64,
) -> Result<u64, SamplingError> {
    let (risk, rate) = (Probability::of(risk)?, Probability::of(tolerable)?);
    let deviations = (&rate.numerator * population + &rate.denominator - 1_u32) / &rate.denominator;
    let deviations = u64::try_from(deviations).map_err(|_| SamplingError::TooLarge)?;
    if deviations <= allowed {
        return Err(SamplingError::Unreachable);
    }
    let most = population.min(LARGEST_SAMPLE);
    let within = |n| hypergeometric_within(population, deviations, n, allowed, &risk);
    least(allowed + 1, most, within).ok_or(SamplingError::TooLarge)
}

/// The greatest number of deviations that a population of `population` items can have when `found` of
/// `sample` items deviate, at `risk`.
///
/// # Errors
/// [`SamplingError::Inconsistent`], [`SamplingError::TooLarge`].
///
/// ```
/// use tieout_engine::reperform::exact::Exact;
/// use tieout_engine::reperform::sampling::attribute::upper_limit_of;
/// let risk = Exact::from_scaled(5, 2);
/// // The whole population was looked at: nothing is uncertain.
/// assert_eq!(upper_limit_of(100, &risk, 100, 3), Ok(3));
/// assert!(upper_limit_of(100, &risk, 101, 3).is_err());
/// ```
pub fn upper_limit_of(
    population: u64,
    risk: &Exact,
    sample: u64,
    found: u64,
) -> Result<u64, SamplingError> {
    let risk = Probability::of(risk)?;
    if sample == 0 || sample > population || found > sample {
        return Err(SamplingError::Inconsistent);
    }
    if sample > LARGEST_SAMPLE {
        return Err(SamplingError::TooLarge);
    }
    // Of the items that weren't drawn all may deviate, and no more.
    let most = population - (sample - found);
    let rejected = |deviations| hypergeometric_within(population, deviations, sample, found, &risk);
    Ok(least(found, most, rejected).map_or(most, |first| first.saturating_sub(1)))
}

/// Whether Σ C(n,i)·aⁱ·bⁿ⁻ⁱ/cⁿ ≤ risk, with the rate a/c and b = c − a.
fn binomial_within(n: u64, k: u64, rate: &Probability, risk: &Probability) -> bool {
    if k >= n {
        return false;
    }
    let (a, c) = (&rate.numerator, &rate.denominator);
    if a >= c {
        return true;
    }
    let b = c - a;
    // bⁿ⁻ᵏ is in every term. Horner's scheme for the rest, from i = k down, would divide; the terms are
    // few, so each is built.
    let mut sum = BigUint::ZERO;
    let mut choose = BigUint::from(1_u32);
    for i in 0..=k {
        sum += &choose * power(a, i) * power(&b, k - i);
        choose = choose * (n - i) / (i + 1);
    }
    let left = sum * power(&b, n - k) * &risk.denominator;
    left <= &risk.numerator * power(c, n)
}

/// Whether Σ C(D,i)·C(N−D,n−i)/C(N,n) ≤ risk.
fn hypergeometric_within(
    population: u64,
    deviations: u64,
    n: u64,
    k: u64,
    risk: &Probability,
) -> bool {
    let sound = population - deviations;
    let mut sum = BigUint::ZERO;
    for i in 0..=k.min(n) {
        sum += choose(deviations, i) * choose(sound, n - i);
    }
    let left = sum * &risk.denominator;
    left.cmp(&(&risk.numerator * choose(population, n))) != Ordering::Greater
}

fn choose(n: u64, k: u64) -> BigUint {
    if k > n {
        return BigUint::ZERO;
    }
    (0..k.min(n - k)).fold(BigUint::from(1_u32), |c, i| c * (n - i) / (i + 1))
}

fn power(base: &BigUint, exponent: u64) -> BigUint {
    // Exponents are at most LARGEST_SAMPLE.
    base.pow(u32::try_from(exponent).unwrap_or(u32::MAX))
}
