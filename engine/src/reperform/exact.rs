//! Exact rational numbers: what a charge is before any rule rounds it.
//!
//! A quantity times a price is a decimal, but a third of a month is not. [`Exact`] holds both, so
//! that nothing is rounded before the step whose rule says so.

use super::integer::{divide, ten_pow};
use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;
use std::fmt;
use tieout_controls::decimal::{DecimalError, MAX_SCALE};
use tieout_controls::{Decimal, Rounding};

/// A rational number in lowest terms, its denominator positive. Equal numbers are equal values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Exact {
    numerator: BigInt,
    denominator: BigInt,
}

/// Division of an exact number by zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("division by zero")]
pub struct DivisionByZero;

/// The grid on which rounded amounts lie: multiples of `units × 10^-scale`.
///
/// ISO 4217 gives the scale of a currency; cash rounding gives a coarser grid (`CHF` 0.05 is five
/// units at scale two).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Increment {
    units: u32,
    scale: u32,
}

impl Increment {
    /// Multiples of `units × 10^-scale`; `None` for zero units and for more than 38 digits.
    ///
    /// ```
    /// use tieout_engine::reperform::exact::Increment;
    /// assert_eq!(Increment::new(5, 2).unwrap().to_string(), "0.05");
    /// assert!(Increment::new(0, 2).is_none());
    /// ```
    pub fn new(units: u32, scale: u32) -> Option<Self> {
        (units > 0 && scale <= 38).then_some(Self { units, scale })
    }

    /// One unit of the last of that many digits behind the point (at most 38).
    pub fn digits(scale: u32) -> Option<Self> {
        Self::new(1, scale)
    }

    /// How many units of the last digit a step has.
    pub fn units(self) -> u32 {
        self.units
    }

    /// The digits behind the point.
    pub fn scale(self) -> u32 {
        self.scale
    }
}

impl fmt::Display for Increment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::from_scaled(i128::from(self.units), self.scale).fmt(f)
    }
}

impl Exact {
    /// Zero.
    pub fn zero() -> Self {
        Self::integer(0)
    }

    /// A whole number.
    pub fn integer(value: i128) -> Self {
        Self { numerator: BigInt::from(value), denominator: BigInt::from(1) }
    }

    /// `unscaled × 10^-scale`.
    pub fn from_scaled(unscaled: i128, scale: u32) -> Self {
        Self::reduced(BigInt::from(unscaled), ten_pow(scale))
    }

    /// `numerator / denominator`.
    ///
    /// # Errors
    /// [`DivisionByZero`] when the denominator is zero.
    ///
    /// ```
    /// use tieout_engine::reperform::exact::Exact;
    /// assert_eq!(Exact::ratio(10, 30).unwrap().to_string(), "1/3");
    /// assert!(Exact::ratio(10, 0).is_err());
    /// ```
    pub fn ratio(numerator: i128, denominator: i128) -> Result<Self, DivisionByZero> {
        Self::integer(numerator).over(&Self::integer(denominator))
    }

    pub(super) fn of_parts(numerator: BigInt, positive_denominator: BigInt) -> Self {
        Self::reduced(numerator, positive_denominator)
    }

    fn reduced(numerator: BigInt, denominator: BigInt) -> Self {
        let divisor = greatest_common_divisor(&numerator, &denominator);
        if divisor == BigInt::from(1) {
            return Self { numerator, denominator };
        }
        Self { numerator: numerator / &divisor, denominator: denominator / divisor }
    }

    /// The numerator in lowest terms; it has the sign.
    pub fn numerator(&self) -> &BigInt {
        &self.numerator
    }

    /// The denominator in lowest terms, positive.
    pub fn denominator(&self) -> &BigInt {
        &self.denominator
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        if self.denominator == other.denominator {
            let sum = &self.numerator + &other.numerator;
            return Self::reduced(sum, self.denominator.clone());
        }
        let numerator = &self.numerator * &other.denominator + &other.numerator * &self.denominator;
        Self::reduced(numerator, &self.denominator * &other.denominator)
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let numerator = &self.numerator * &other.numerator;
        Self::reduced(numerator, &self.denominator * &other.denominator)
    }

    /// The quotient.
    ///
    /// # Errors
    /// [`DivisionByZero`].
    pub fn over(&self, other: &Self) -> Result<Self, DivisionByZero> {
        let inverse = match other.numerator.sign() {
            Sign::NoSign => return Err(DivisionByZero),
            Sign::Minus => Self {
                numerator: -other.denominator.clone(),
                denominator: -other.numerator.clone(),
            },
            Sign::Plus => {
                Self { numerator: other.denominator.clone(), denominator: other.numerator.clone() }
            }
        };
        Ok(self.times(&inverse))
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { numerator: -&self.numerator, denominator: self.denominator.clone() }
    }

    /// The number without its sign.
    #[must_use]
    pub fn magnitude(&self) -> Self {
        if self.is_negative() { self.negated() } else { self.clone() }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.numerator.sign() == Sign::NoSign
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.numerator.sign() == Sign::Minus
    }

    /// Whether it is a whole number.
    pub fn is_whole(&self) -> bool {
        self.denominator == BigInt::from(1)
    }

    /// The nearest multiple of `increment` by `mode`.
    ///
    /// ```
    /// use tieout_controls::Rounding;
    /// use tieout_engine::reperform::exact::{Exact, Increment};
    /// let cash = Increment::new(5, 2).unwrap();
    /// let amount = Exact::from_scaled(12_34, 2);
    /// assert_eq!(amount.rounded(cash, Rounding::HalfUp).to_string(), "12.35");
    /// ```
    #[must_use]
    pub fn rounded(&self, increment: Increment, mode: Rounding) -> Self {
        let power: BigInt = ten_pow(increment.scale);
        let units = BigInt::from(increment.units);
        let steps = divide(&(&self.numerator * &power), &(&self.denominator * &units), mode);
        Self::reduced(steps * units, power)
    }

    /// The whole number nearest by `mode`.
    #[must_use]
    pub fn whole(&self, mode: Rounding) -> Self {
        Self { numerator: divide(&self.numerator, &self.denominator, mode), denominator: 1.into() }
    }

    /// The number as a decimal, when it is one of at most 76 digits behind the point that fits 256
    /// bits; `None` when only rounding would make it one.
    pub fn to_decimal(&self) -> Option<Decimal> {
        let scale = self.decimal_scale()?;
        let power: BigInt = ten_pow(scale);
        let unscaled = &self.numerator * power / &self.denominator;
        let bytes = unscaled.to_signed_bytes_be();
        (bytes.len() <= 32).then(|| Decimal::from_be_bytes(&bytes, scale))
    }

    /// The digits behind the point that it takes to write the number, if they end.
    fn decimal_scale(&self) -> Option<u32> {
        let (mut rest, mut scale) = (self.denominator.clone(), 0);
        for prime in [2_u32, 5] {
            let mut power = 0;
            while BigInt::sign(&(&rest % prime)) == Sign::NoSign && power <= MAX_SCALE {
                rest /= prime;
                power += 1;
            }
            scale = scale.max(power);
        }
        (rest == BigInt::from(1) && scale <= MAX_SCALE).then_some(scale)
    }
}

/// The least common multiple of two positive numbers.
pub(super) fn least_common_multiple(a: &BigInt, b: &BigInt) -> BigInt {
    a / greatest_common_divisor(a, b) * b
}

fn greatest_common_divisor(a: &BigInt, b: &BigInt) -> BigInt {
    if let (Ok(a), Ok(b)) = (u128::try_from(a.magnitude()), u128::try_from(b.magnitude())) {
        return BigInt::from(narrow_divisor(a, b));
    }
    let (mut a, mut b) = (a.clone(), b.clone());
    while b.sign() != Sign::NoSign {
        (a, b) = (b.clone(), a % b);
    }
    if a.sign() == Sign::Minus { -a } else { a }
}

fn narrow_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(mut x), Ok(mut y)) = (u64::try_from(a), u64::try_from(b)) {
            while y != 0 {
                (x, y) = (y, x % y);
            }
            return u128::from(x);
        }
        (a, b) = (b, a % b);
    }
    a
}

impl TryFrom<&Decimal> for Exact {
    type Error = DecimalError;

    /// # Errors
    /// [`DecimalError::Overflow`] for more than 76 digits.
    fn try_from(value: &Decimal) -> Result<Self, DecimalError> {
        let bytes = value.to_scaled_be_bytes(value.scale())?;
        Ok(Self::reduced(BigInt::from_signed_bytes_be(&bytes), ten_pow(value.scale())))
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = &self.numerator * &other.denominator;
        left.cmp(&(&other.numerator * &self.denominator))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_decimal() {
            Some(decimal) => decimal.fmt(f),
            None => f.pad(&format!("{}/{}", self.numerator, self.denominator)),
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
