//! Generated amounts, and what is right.

use num_bigint::BigInt;

/// How many of each are tested.
pub(crate) const AMOUNTS: usize = 1_000_000;

/// A generator of numbers (Knuth's MMIX constants).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap()
    }

    /// A number of exactly so many digits, of either sign.
    pub(crate) fn digits(&mut self, digits: u32) -> i128 {
        let rest = (1..digits).map(|_| self.below(10)).collect::<Vec<_>>();
        let first = i128::from(1 + self.below(9));
        let number = rest.iter().fold(first, |n, digit| n * 10 + i128::from(*digit));
        if self.below(2) == 0 { number } else { -number }
    }
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
