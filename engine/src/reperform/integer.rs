//! The integers in which rounding is done: one algorithm, two widths.
//!
//! Whoever calls with `i128` has bounded the values beforehand so that nothing leaves 126 bits;
//! whoever can't bound them calls with [`BigInt`]. Both give the same numbers.

use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;
use std::fmt::Debug;
use tieout_controls::Rounding;

/// An integer that can be rounded.
pub trait Integer: Clone + Ord + Debug {
    /// The same number in this width. The caller has bounded it.
    fn of(value: i128) -> Self;
    /// The same number in this width, if it fits.
    fn fitting(value: &BigInt) -> Option<Self>;
    /// The sum.
    #[must_use]
    fn plus(&self, other: &Self) -> Self;
    /// The difference.
    #[must_use]
    fn minus(&self, other: &Self) -> Self;
    /// The product.
    #[must_use]
    fn times(&self, other: &Self) -> Self;
    /// Quotient and remainder, the quotient truncated toward zero. `divisor` is positive.
    fn split(&self, divisor: &Self) -> (Self, Self);
    /// The sign: less, equal or greater than zero.
    fn sign(&self) -> Ordering;
    /// Whether it is odd.
    fn odd(&self) -> bool;
}

impl Integer for i128 {
    fn of(value: i128) -> Self {
        value
    }
    fn fitting(value: &BigInt) -> Option<Self> {
        i128::try_from(value).ok()
    }
    fn plus(&self, other: &Self) -> Self {
        self + other
    }
    fn minus(&self, other: &Self) -> Self {
        self - other
    }
    fn times(&self, other: &Self) -> Self {
        self * other
    }
    fn split(&self, divisor: &Self) -> (Self, Self) {
        // Most amounts fit 64 bits, where the processor divides at once.
        if let (Ok(a), Ok(b)) = (i64::try_from(*self), i64::try_from(*divisor)) {
            return (i128::from(a / b), i128::from(a % b));
        }
        (self / divisor, self % divisor)
    }
    fn sign(&self) -> Ordering {
        self.cmp(&0)
    }
    fn odd(&self) -> bool {
        self & 1 == 1
    }
}

impl Integer for BigInt {
    fn of(value: i128) -> Self {
        BigInt::from(value)
    }
    fn fitting(value: &BigInt) -> Option<Self> {
        Some(value.clone())
    }
    fn plus(&self, other: &Self) -> Self {
        self + other
    }
    fn minus(&self, other: &Self) -> Self {
        self - other
    }
    fn times(&self, other: &Self) -> Self {
        self * other
    }
    fn split(&self, divisor: &Self) -> (Self, Self) {
        (self / divisor, self % divisor)
    }
    fn sign(&self) -> Ordering {
        match BigInt::sign(self) {
            Sign::Minus => Ordering::Less,
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => Ordering::Greater,
        }
    }
    fn odd(&self) -> bool {
        self.bit(0)
    }
}

/// `numerator / divisor` rounded to an integer by `mode`; `divisor` is positive.
///
/// Ties and signs as in the General Decimal Arithmetic Specification, "Rounding": half-up is half
/// away from zero, up is away from zero, down is toward zero.
///
/// ```
/// use tieout_controls::Rounding;
/// use tieout_engine::reperform::integer::divide;
/// assert_eq!(divide(&-25_i128, &10, Rounding::HalfUp), -3);
/// assert_eq!(divide(&-25_i128, &10, Rounding::HalfEven), -2);
/// ```
pub fn divide<I: Integer>(numerator: &I, divisor: &I, mode: Rounding) -> I {
    let (quotient, remainder) = numerator.split(divisor);
    let side = remainder.sign();
    if side == Ordering::Equal {
        return quotient;
    }
    let negative = side == Ordering::Less;
    let magnitude = if negative { I::of(0).minus(&remainder) } else { remainder };
    // Twice the remainder against the divisor, said without leaving the divisor's width.
    let half = magnitude.cmp(&divisor.minus(&magnitude));
    match (mode.away(negative, half, quotient.odd()), negative) {
        (false, _) => quotient,
        (true, true) => quotient.minus(&I::of(1)),
        (true, false) => quotient.plus(&I::of(1)),
    }
}

/// Ten to that power.
pub fn ten_pow<I: Integer>(exponent: u32) -> I {
    (0..exponent).fold(I::of(1), |power, _| power.times(&I::of(10)))
}
