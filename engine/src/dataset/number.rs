//! Exact numbers on the fast path: what a lexeme of a file says, as a scaled 128-bit integer.
//!
//! The general reader is [`Decimal::parse`]; plain notation of up to 38 digits, which is what
//! billing files hold, is read here without its allocations. Both agree on every text.

use tieout_controls::Decimal;
use tieout_controls::decimal::DecimalError;

/// `unscaled × 10^-scale`, without trailing zeros behind the point; up to 38 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exact {
    /// The digits.
    pub(crate) unscaled: i128,
    /// How many of them are behind the point.
    pub(crate) scale: u32,
}

impl Exact {
    /// Reads plain or E notation.
    ///
    /// # Errors
    /// As [`Decimal::parse`].
    pub(crate) fn parse(text: &str) -> Result<Self, DecimalError> {
        match plain(text) {
            Some(exact) => Ok(exact),
            None => Self::of(&Decimal::parse(text)?),
        }
    }

    /// A decimal of up to 38 digits.
    ///
    /// # Errors
    /// [`DecimalError::TooManyDigits`].
    pub(crate) fn of(decimal: &Decimal) -> Result<Self, DecimalError> {
        let trimmed = decimal.normalized();
        let scale = trimmed.scale();
        let unscaled = trimmed.to_scaled(scale).map_err(|_| DecimalError::TooManyDigits)?;
        Ok(Self { unscaled, scale })
    }

    /// `unscaled × 10^-scale`.
    pub(crate) fn scaled(mut unscaled: i128, mut scale: u32) -> Self {
        // Nearly all numbers fit 64 bits, where dividing by ten is a multiplication.
        if let Ok(mut narrow) = i64::try_from(unscaled) {
            while scale > 0 && narrow % 10 == 0 {
                narrow /= 10;
                scale -= 1;
            }
            return Self { unscaled: narrow.into(), scale };
        }
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        Self { unscaled, scale }
    }

    /// The unscaled integer at a larger or equal scale.
    pub(crate) fn at_scale(self, scale: u32) -> Result<i128, DecimalError> {
        let more = scale.checked_sub(self.scale).ok_or(DecimalError::Inexact)?;
        let factor = power(more).ok_or(DecimalError::Overflow)?;
        self.unscaled.checked_mul(factor).ok_or(DecimalError::Overflow)
    }

    /// The number as the vocabulary has it.
    pub(crate) fn decimal(self) -> Decimal {
        Decimal::from_scaled(self.unscaled, self.scale)
    }

    /// In plain notation, as [`Decimal`] shows it.
    pub(crate) fn write(self, out: &mut String) {
        let magnitude = self.unscaled.unsigned_abs();
        let digits = match u64::try_from(magnitude) {
            Ok(narrow) => narrow.to_string(),
            Err(_) => magnitude.to_string(),
        };
        if self.unscaled < 0 {
            out.push('-');
        }
        let scale = usize::try_from(self.scale).unwrap_or(usize::MAX);
        match digits.split_at_checked(digits.len().saturating_sub(scale)) {
            Some((whole, fraction)) if scale > 0 => {
                out.push_str(if whole.is_empty() { "0" } else { whole });
                out.push('.');
                (fraction.len()..scale).for_each(|_| out.push('0'));
                out.push_str(fraction);
            }
            _ => out.push_str(&digits),
        }
    }
}

/// Ten to that power, if 128 bits hold it.
pub(crate) fn power(digits: u32) -> Option<i128> {
    /// Looked up: every number of a dataset needs some.
    #[expect(clippy::indexing_slicing, reason = "a constant, within its bounds")]
    const POWERS: [i128; 39] = {
        let mut powers = [1; 39];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    POWERS.get(usize::try_from(digits).ok()?).copied()
}

/// `[+-]digits[.digits]` of at most 38 digits in all.
fn plain(text: &str) -> Option<Exact> {
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mut unscaled, mut scale, mut digits, mut point) = (0_i128, 0_u32, 0_u32, false);
    for (index, byte) in rest.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                if digits > 38 {
                    return None;
                }
                unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                scale += u32::from(point);
            }
            b'.' if !point && index + 1 < rest.len() => point = true,
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    Some(Exact::scaled(if negative { -unscaled } else { unscaled }, scale))
}

/// An exact sum of many numbers: additions in 128 bits, spilling into a [`Decimal`].
#[derive(Debug, Clone)]
pub(crate) struct Sum {
    small: i128,
    scale: u32,
    large: Decimal,
}

impl Sum {
    /// Nothing summed yet; numbers of up to `scale` digits behind the point are summed fastest.
    pub(crate) fn new(scale: u32) -> Self {
        Self { small: 0, scale, large: Decimal::zero() }
    }

    /// Adds a number.
    ///
    /// # Errors
    /// [`DecimalError::Overflow`] past 76 digits.
    pub(crate) fn add(&mut self, number: Exact) -> Result<(), DecimalError> {
        let sum = number.at_scale(self.scale).ok().and_then(|n| self.small.checked_add(n));
        match sum {
            Some(sum) => self.small = sum,
            None => self.large = self.large.add(&number.decimal())?,
        }
        Ok(())
    }

    /// The sum, without trailing zeros behind the point.
    ///
    /// # Errors
    /// As [`Sum::add`].
    pub(crate) fn total(&self) -> Result<Decimal, DecimalError> {
        Ok(self.large.add(&Decimal::from_scaled(self.small, self.scale))?.normalized())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_path_agrees_with_the_general_reader() {
        let digits38 = "9".repeat(38);
        let long = format!("0.{}", "1".repeat(38));
        let texts = [
            "0",
            "-0",
            "0.00",
            "1",
            "+1.50",
            "-1.50",
            ".5",
            "5.",
            ".",
            "",
            "-",
            "1e3",
            "1E-7",
            "12.34.5",
            "1,5",
            " 1",
            "007.10",
            "0.0000000000000000000000001",
            &digits38,
            &long,
        ];
        for text in texts {
            let general = Decimal::parse(text);
            let fast = Exact::parse(text);
            assert_eq!(fast.is_ok(), general.is_ok(), "{text}");
            if let (Ok(fast), Ok(general)) = (fast, general) {
                assert_eq!(fast.decimal(), general, "{text}");
                let mut shown = String::new();
                fast.write(&mut shown);
                assert_eq!(shown, general.normalized().to_string(), "{text}");
            }
        }
    }

    #[test]
    fn powers_of_ten_are_those_that_fit() {
        for digits in 0..=60 {
            assert_eq!(power(digits), 10_i128.checked_pow(digits), "{digits}");
        }
    }

    #[test]
    fn zeros_behind_the_point_are_cut_in_either_width() {
        for (unscaled, scale) in [(0, 5), (-1_200, 5), (1_200, 1), (7, 0)] {
            for factor in [1, 10_i128.pow(25)] {
                let found = Exact::scaled(unscaled * factor, scale);
                let decimal = Decimal::from_scaled(unscaled * factor, scale).normalized();
                assert_eq!((found.decimal(), found.scale), (decimal.clone(), decimal.scale()));
            }
        }
    }

    #[test]
    fn sums_spill_instead_of_wrapping() {
        let largest = Exact::parse(&"9".repeat(38)).unwrap();
        let mut sum = Sum::new(10);
        for _ in 0..3 {
            sum.add(largest).unwrap();
            sum.add(Exact::parse("0.01").unwrap()).unwrap();
        }
        assert_eq!(sum.total().unwrap().to_string(), format!("2{}7.03", "9".repeat(37)));
    }
}
