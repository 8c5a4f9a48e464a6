//! Generated amounts, and what is right.

use num_bigint::BigInt;
use tieout_tests::Random;

/// How many of each are tested.
pub(crate) const AMOUNTS: usize = 1_000_000;

/// A number of exactly so many digits, of either sign.
pub(crate) fn digits(random: &mut Random, digits: usize) -> i128 {
    let mut digit = |from: usize| i128::try_from(from + random.below(10 - from)).unwrap();
    let first = digit(1);
    let number = (1..digits).fold(first, |number, _| number * 10 + digit(0));
    if random.below(2) == 0 { number } else { -number }
}

/// `unscaled × 10^-scale`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount {
    pub(crate) unscaled: i128,
    pub(crate) scale: u32,
}

impl Amount {
    /// In plain notation, with all digits behind the point.
    pub(crate) fn text(self) -> String {
        text(&BigInt::from(self.unscaled), self.scale)
    }

    fn at(self, scale: u32) -> BigInt {
        BigInt::from(self.unscaled) * BigInt::from(10).pow(scale - self.scale)
    }

    /// The exact sum's unscaled number, at the larger scale of both.
    pub(crate) fn plus(self, other: Self) -> BigInt {
        let scale = self.scale.max(other.scale);
        self.at(scale) + other.at(scale)
    }

    /// The exact product's unscaled number, at the sum of both scales.
    pub(crate) fn times(self, other: Self) -> BigInt {
        BigInt::from(self.unscaled) * BigInt::from(other.unscaled)
    }
}

/// A scaled number in plain notation.
pub(crate) fn text(unscaled: &BigInt, scale: u32) -> String {
    let width = usize::try_from(scale).unwrap() + 1;
    let digits = format!("{:0>width$}", unscaled.magnitude().to_string());
    let (whole, fraction) = digits.split_at(digits.len() + 1 - width);
    let sign = if unscaled.sign() == num_bigint::Sign::Minus { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
