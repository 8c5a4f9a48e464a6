//! Exact decimal numbers: what a policy computes with, and what a file's lexeme becomes.
//!
//! A [`Decimal`] is `coefficient × 10^-scale`, both exact. Addition, subtraction and
//! multiplication are exact; division and rounding name their scale and [`Rounding`]. Results are
//! bounded at [`MAX_DIGITS`] significant digits (what an Arrow Decimal256 holds), so that every
//! backend has the same bound; past it an operation gives [`DecimalError::Overflow`] and never
//! wraps or rounds. Not for storage of columns: those are scaled `i128` in Arrow arrays.

use num_bigint::{BigInt, Sign};
use num_traits::{Pow, Signed, Zero};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The number of significant digits past which arithmetic overflows.
pub const MAX_DIGITS: u64 = 76;
/// The number of digits of an amount that a file may state.
pub const MAX_INPUT_DIGITS: u64 = 38;
/// The largest number of digits behind the point.
pub const MAX_SCALE: u32 = 76;

/// An exact decimal number. Two decimals are equal when their numbers are: `1.10 == 1.1`; the
/// scale is kept for display.
#[derive(Clone)]
pub struct Decimal {
    coefficient: BigInt,
    scale: u32,
}

/// Why a decimal could not be read or computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is not a number in plain or E notation.
    #[error("not a decimal number")]
    Syntax,
    /// More digits than an input may have.
    #[error("more than 38 digits")]
    TooManyDigits,
    /// A result beyond 76 digits.
    #[error("result has more than 76 digits")]
    Overflow,
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The value cannot be held at the scale asked for without rounding.
    #[error("value has more digits behind the point than the scale takes")]
    Inexact,
}

/// How a number with too many digits becomes one with fewer. Ties and signs as in the General
/// Decimal Arithmetic Specification, "Rounding".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To nearest, ties away from zero (commercial rounding).
    HalfUp,
    /// To nearest, ties to the even neighbour (bankers' rounding).
    HalfEven,
    /// To nearest, ties toward zero.
    HalfDown,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
    /// Toward negative infinity.
    Floor,
    /// Toward positive infinity.
    Ceiling,
}

impl Rounding {
    /// All modes.
    pub const ALL: [Self; 7] = [
        Self::HalfUp,
        Self::HalfEven,
        Self::HalfDown,
        Self::Down,
        Self::Up,
        Self::Floor,
        Self::Ceiling,
    ];

    /// Whether a number between two neighbours becomes the one away from zero, given its sign, how the
    /// rest beyond the other one compares with half a step, and whether that other one is odd.
    pub fn away(self, negative: bool, half: Ordering, odd: bool) -> bool {
        match self {
            Self::Down => false,
            Self::Up => true,
            Self::Floor => negative,
            Self::Ceiling => !negative,
            Self::HalfUp => half != Ordering::Less,
            Self::HalfDown => half == Ordering::Greater,
            Self::HalfEven => half == Ordering::Greater || (half == Ordering::Equal && odd),
        }
    }

    /// The mode of that name (`half_up`, `half_even`, `half_down`, `down`, `up`, `floor`,
    /// `ceiling`), or `None`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// The name by which it is [`named`](Self::named).
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::HalfDown => "half_down",
            Self::Down => "down",
            Self::Up => "up",
            Self::Floor => "floor",
            Self::Ceiling => "ceiling",
        }
    }
}

impl Decimal {
    /// Zero, at scale 0.
    pub fn zero() -> Self {
        Self { coefficient: BigInt::zero(), scale: 0 }
    }

    /// `unscaled × 10^-scale`: the form in which Arrow keeps a decimal.
    pub fn from_scaled(unscaled: i128, scale: u32) -> Self {
        Self { coefficient: BigInt::from(unscaled), scale }
    }

    /// `coefficient × 10^-scale` from the big-endian two's complement bytes of the coefficient
    /// (Arrow's Decimal256).
    pub fn from_be_bytes(bytes: &[u8], scale: u32) -> Self {
        Self { coefficient: BigInt::from_signed_bytes_be(bytes), scale }
    }

    /// Reads plain or E notation exactly: `-12.50`, `1E-7`, `+3.2e5`. No thousands separators,
    /// no spaces, no `NaN`.
    ///
    /// # Errors
    /// [`DecimalError::Syntax`] when it is not such a number; [`DecimalError::TooManyDigits`]
    /// when the plain form would have more than 38 digits (leading zeros and trailing zeros
    /// behind the point are not counted).
    ///
    /// ```
    /// use tieout_controls::decimal::{Decimal, DecimalError};
    /// assert_eq!(Decimal::parse("1.5E-3").unwrap().to_string(), "0.0015");
    /// assert_eq!(Decimal::parse("1,50").unwrap_err(), DecimalError::Syntax);
    /// ```
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let value = Self::parse_digits(text)?;
        let trimmed = value.normalized();
        if trimmed.digits() > MAX_INPUT_DIGITS || u64::from(trimmed.scale) > MAX_INPUT_DIGITS {
            return Err(DecimalError::TooManyDigits);
        }
        if value.digits() > MAX_INPUT_DIGITS || u64::from(value.scale) > MAX_INPUT_DIGITS {
            return Ok(trimmed);
        }
        Ok(value)
    }

    fn parse_digits(text: &str) -> Result<Self, DecimalError> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, parse_exponent(e)?),
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, mantissa.get(1..).unwrap_or("")),
            Some(b'+') => (false, mantissa.get(1..).unwrap_or("")),
            _ => (false, mantissa),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty())
        {
            return Err(DecimalError::Syntax);
        }
        if unsigned.ends_with('.') {
            return Err(DecimalError::Syntax);
        }
        if whole.len() + fraction.len() > 400 {
            return Err(DecimalError::TooManyDigits);
        }
        let mut coefficient =
            BigInt::from_str(&format!("0{whole}{fraction}")).map_err(|_| DecimalError::Syntax)?;
        if negative {
            coefficient = -coefficient;
        }
        let fraction_len =
            i64::try_from(fraction.len()).map_err(|_| DecimalError::TooManyDigits)?;
        let scale = fraction_len - exponent;
        if coefficient.is_zero() {
            let scale = u32::try_from(scale.clamp(0, 38)).unwrap_or(0);
            return Ok(Self { coefficient, scale });
        }
        if scale < 0 {
            let shift = u32::try_from(-scale).map_err(|_| DecimalError::TooManyDigits)?;
            if shift > 400 {
                return Err(DecimalError::TooManyDigits);
            }
            return Ok(Self { coefficient: coefficient * ten_pow(shift), scale: 0 });
        }
        let scale = u32::try_from(scale).map_err(|_| DecimalError::TooManyDigits)?;
        if scale > 800 {
            return Err(DecimalError::TooManyDigits);
        }
        Ok(Self { coefficient, scale })
    }

    /// The number of digits behind the point.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The number of significant digits of the coefficient; zero has one.
    pub fn digits(&self) -> u64 {
        let text = self.coefficient.magnitude().to_string();
        u64::try_from(text.len()).unwrap_or(u64::MAX)
    }

    /// Whether the number is zero.
    pub fn is_zero(&self) -> bool {
        self.coefficient.is_zero()
    }

    /// Whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        self.coefficient.sign() == Sign::Minus
    }

    /// The same number without trailing zeros behind the point.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let ten = BigInt::from(10);
        let mut result = self.clone();
        while result.scale > 0 {
            if !(&result.coefficient % &ten).is_zero() {
                break;
            }
            result.coefficient /= &ten;
            result.scale -= 1;
        }
        result
    }

    /// The unscaled integer of this number at `scale`.
    ///
    /// # Errors
    /// [`DecimalError::Inexact`] when digits would be lost, [`DecimalError::Overflow`] when it
    /// does not fit an `i128`.
    pub fn to_scaled(&self, scale: u32) -> Result<i128, DecimalError> {
        let exact = self.rescale_exact(scale)?;
        i128::try_from(exact.coefficient).map_err(|_| DecimalError::Overflow)
    }

    /// The unscaled integer of this number at `scale` as 32 big-endian bytes, two's complement
    /// (Arrow's Decimal256).
    ///
    /// # Errors
    /// As [`Decimal::to_scaled`], the bound being 76 digits.
    pub fn to_scaled_be_bytes(&self, scale: u32) -> Result<[u8; 32], DecimalError> {
        let exact = self.rescale_exact(scale)?;
        // At this scale and no other: 76 digits, the zeros behind the point counted.
        if exact.coefficient.bits() >= 250 && exact.digits() > MAX_DIGITS {
            return Err(DecimalError::Overflow);
        }
        let bytes = exact.coefficient.to_signed_bytes_be();
        let fill = if exact.is_negative() { 0xff } else { 0 };
        let mut out = [fill; 32];
        let start = out.len().checked_sub(bytes.len()).ok_or(DecimalError::Overflow)?;
        out.get_mut(start..).ok_or(DecimalError::Overflow)?.copy_from_slice(&bytes);
        Ok(out)
    }

    fn rescale_exact(&self, scale: u32) -> Result<Self, DecimalError> {
        if scale >= self.scale {
            let coefficient = &self.coefficient * ten_pow(scale - self.scale);
            return Ok(Self { coefficient, scale });
        }
        let trimmed = self.normalized();
        if trimmed.scale > scale {
            return Err(DecimalError::Inexact);
        }
        trimmed.rescale_exact(scale)
    }

    /// The exact sum.
    ///
    /// # Errors
    /// [`DecimalError::Overflow`] past 76 digits.
    pub fn add(&self, other: &Self) -> Result<Self, DecimalError> {
        let (a, b, scale) = aligned(self, other);
        Self { coefficient: a + b, scale }.checked()
    }

    /// The exact difference.
    ///
    /// # Errors
    /// [`DecimalError::Overflow`] past 76 digits.
    pub fn sub(&self, other: &Self) -> Result<Self, DecimalError> {
        let (a, b, scale) = aligned(self, other);
        Self { coefficient: a - b, scale }.checked()
    }

    /// The exact product.
    ///
    /// # Errors
    /// [`DecimalError::Overflow`] past 76 digits.
    pub fn mul(&self, other: &Self) -> Result<Self, DecimalError> {
        let coefficient = &self.coefficient * &other.coefficient;
        Self { coefficient, scale: self.scale + other.scale }.checked()
    }

    /// The quotient at `scale`, rounded by `mode` from the exact value.
    ///
    /// # Errors
    /// [`DecimalError::DivisionByZero`]; [`DecimalError::Overflow`] past 76 digits.
    pub fn div(&self, other: &Self, scale: u32, mode: Rounding) -> Result<Self, DecimalError> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        if scale > MAX_SCALE {
            return Err(DecimalError::Overflow);
        }
        let numerator = &self.coefficient * ten_pow(scale + other.scale);
        let denominator = &other.coefficient * ten_pow(self.scale);
        let coefficient = divide_rounded(&numerator, &denominator, mode);
        Self { coefficient, scale }.checked()
    }

    /// The number at exactly `scale` digits behind the point, rounded by `mode`.
    ///
    /// # Errors
    /// [`DecimalError::Overflow`] past 76 digits.
    pub fn round(&self, scale: u32, mode: Rounding) -> Result<Self, DecimalError> {
        if scale > MAX_SCALE {
            return Err(DecimalError::Overflow);
        }
        if scale >= self.scale {
            return self.rescale_exact(scale)?.checked();
        }
        let divisor = ten_pow(self.scale - scale);
        let coefficient = divide_rounded(&self.coefficient, &divisor, mode);
        Self { coefficient, scale }.checked()
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self { coefficient: self.coefficient.abs(), scale: self.scale }
    }

    /// The number with the other sign.
    #[must_use]
    pub fn neg(&self) -> Self {
        Self { coefficient: -&self.coefficient, scale: self.scale }
    }

    fn checked(self) -> Result<Self, DecimalError> {
        // 10^76 has 253 bits: below that the decimal digits need not be counted.
        if self.coefficient.bits() < 250 && self.scale <= MAX_SCALE {
            return Ok(self);
        }
        let trimmed = self.normalized();
        if trimmed.digits() > MAX_DIGITS || trimmed.scale > MAX_SCALE {
            return Err(DecimalError::Overflow);
        }
        Ok(trimmed)
    }
}

fn parse_exponent(text: &str) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::Syntax);
    }
    if digits.len() > 6 {
        return Err(DecimalError::TooManyDigits);
    }
    text.parse().map_err(|_| DecimalError::Syntax)
}

fn ten_pow(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

fn aligned(a: &Decimal, b: &Decimal) -> (BigInt, BigInt, u32) {
    let scale = a.scale.max(b.scale);
    let widen = |d: &Decimal| &d.coefficient * ten_pow(scale - d.scale);
    (widen(a), widen(b), scale)
}

fn divide_rounded(numerator: &BigInt, denominator: &BigInt, mode: Rounding) -> BigInt {
    let quotient = numerator / denominator;
    let remainder = numerator % denominator;
    if remainder.is_zero() {
        return quotient;
    }
    let negative = (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus);
    let twice: BigInt = remainder.abs() * 2;
    let half = twice.cmp(&denominator.abs());
    match (mode.away(negative, half, quotient.bit(0)), negative) {
        (false, _) => quotient,
        (true, true) => quotient - 1,
        (true, false) => quotient + 1,
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b, _) = aligned(self, other);
        a.cmp(&b)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.coefficient.magnitude().to_string();
        let scale = usize::try_from(self.scale).unwrap_or(usize::MAX);
        let padded = format!("{digits:0>width$}", width = scale.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(scale));
        let sign = if self.is_negative() { "-" } else { "" };
        if fraction.is_empty() {
            return f.pad(&format!("{sign}{whole}"));
        }
        f.pad(&format!("{sign}{whole}.{fraction}"))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { coefficient: BigInt::from(value), scale: 0 }
    }
}

impl serde::Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        // A sum may have more digits than an input: the bound here is that of results.
        let value = Self::parse_digits(&text).and_then(Self::checked);
        value.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn sums_and_products_of_money_are_exact() {
        assert_eq!(d("1.15").add(&d("2.30")).unwrap(), d("3.45"));
        assert_eq!(d("33.33").mul(&d("3")).unwrap(), d("99.99"));
        assert_eq!(d("1.1").sub(&d("1.10")).unwrap(), Decimal::zero());
    }

    #[test]
    fn reads_e_notation_exactly_and_refuses_the_39th_digit() {
        assert_eq!(d("1E-7").to_string(), "0.0000001");
        assert_eq!(d("1.25e3").to_string(), "1250");
        assert_eq!(d("-0.50").to_string(), "-0.50");
        let digits38 = "9".repeat(38);
        assert_eq!(d(&digits38).to_string(), digits38);
        assert_eq!(Decimal::parse(&"9".repeat(39)), Err(DecimalError::TooManyDigits));
        assert_eq!(Decimal::parse("1E400000"), Err(DecimalError::TooManyDigits));
        // Forty digits of which the last two are zeros behind the point are the same number.
        assert_eq!(d(&format!("{}.00", "9".repeat(38))).to_string(), digits38);
    }

    #[test]
    fn refuses_what_is_not_a_number() {
        for text in
            ["", "-", ".", "1.", "1,5", " 1", "NaN", "inf", "0x1", "1e", "1e+", "--1", "1_0"]
        {
            assert_eq!(Decimal::parse(text), Err(DecimalError::Syntax), "{text}");
        }
    }

    #[test]
    fn rounds_by_the_named_mode() {
        let cases = [
            ("2.5", Rounding::HalfUp, "3"),
            ("-2.5", Rounding::HalfUp, "-3"),
            ("2.5", Rounding::HalfEven, "2"),
            ("3.5", Rounding::HalfEven, "4"),
            ("2.5", Rounding::HalfDown, "2"),
            ("2.1", Rounding::Up, "3"),
            ("-2.9", Rounding::Down, "-2"),
            ("-2.1", Rounding::Floor, "-3"),
            ("-2.9", Rounding::Ceiling, "-2"),
        ];
        for (value, mode, expected) in cases {
            assert_eq!(d(value).round(0, mode).unwrap(), d(expected), "{value} {mode:?}");
        }
        assert_eq!(d("2").div(&d("3"), 4, Rounding::HalfEven).unwrap(), d("0.6667"));
        assert_eq!(d("1").div(&d("0"), 4, Rounding::HalfEven), Err(DecimalError::DivisionByZero));
    }

    #[test]
    fn overflows_past_76_digits_and_never_wraps() {
        let big = d(&"9".repeat(38));
        let square = big.mul(&big).unwrap();
        assert_eq!(square.digits(), 76);
        assert_eq!(square.mul(&d("10")), Err(DecimalError::Overflow));
    }

    #[test]
    fn scaled_integers_round_trip() {
        assert_eq!(d("12.34").to_scaled(4), Ok(123_400));
        assert_eq!(d("12.34").to_scaled(1), Err(DecimalError::Inexact));
        assert_eq!(d("12.30").to_scaled(1), Ok(123));
        let bytes = d("-1.5").to_scaled_be_bytes(38).unwrap();
        assert_eq!(Decimal::from_be_bytes(&bytes, 38), d("-1.5"));
        // 38 digits before the point and 38 zeros behind it: all that 76 digits hold.
        let widest = d(&"9".repeat(38));
        let bytes = widest.to_scaled_be_bytes(38).unwrap();
        assert_eq!(Decimal::from_be_bytes(&bytes, 38), widest);
        let wider = d(&"9".repeat(38)).mul(&d("10")).unwrap();
        assert_eq!(wider.to_scaled_be_bytes(38), Err(DecimalError::Overflow));
    }
}
