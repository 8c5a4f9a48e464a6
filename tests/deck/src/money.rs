//! Exact decimal numbers, slow and obvious. They share nothing with the arithmetic under test.

use std::collections::BTreeMap;
use std::fmt;

/// `units × 10^-scale`. Overflow ends the program: the deck's amounts stay far below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dec {
    units: i128,
    scale: u32,
}

impl Dec {
    pub(crate) const ZERO: Self = Self::new(0, 0);

    pub(crate) const fn new(units: i128, scale: u32) -> Self {
        Self { units, scale }
    }

    /// The whole number, and how many of its digits stand behind the point.
    pub(crate) const fn parts(self) -> (i128, u32) {
        (self.units, self.scale)
    }

    /// So many hundredths.
    pub(crate) fn cents(units: i64) -> Self {
        Self::new(i128::from(units), 2)
    }

    /// The number that the text states in plain notation, such as `-12.50`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let units = format!("{whole}{fraction}").parse().ok()?;
        Some(Self::new(units, u32::try_from(fraction.len()).ok()?))
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self::new(self.units_at(scale) + other.units_at(scale), scale)
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    pub(crate) fn negated(self) -> Self {
        Self::new(-self.units, self.scale)
    }

    pub(crate) fn times(self, other: Self) -> Self {
        Self::new(self.units * other.units, self.scale + other.scale)
    }

    /// The number with `scale` digits behind the point, ties away from zero.
    pub(crate) fn rounded(self, scale: u32) -> Self {
        if self.scale <= scale {
            return Self::new(self.units_at(scale), scale);
        }
        let step = 10_i128.pow(self.scale - scale);
        let (quotient, remainder) = (self.units / step, self.units % step);
        let away = if remainder.abs() * 2 >= step { remainder.signum() } else { 0 };
        Self::new(quotient + away, scale)
    }

    /// The number as so many `10^-scale`; `scale` has to be at least the number's own.
    pub(crate) fn units_at(self, scale: u32) -> i128 {
        self.units * 10_i128.pow(scale - self.scale)
    }
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let one = 10_u128.pow(self.scale);
        let units = self.units.unsigned_abs();
        write!(f, "{sign}{}", units / one)?;
        if self.scale == 0 {
            return Ok(());
        }
        let width = usize::try_from(self.scale).unwrap_or(0);
        write!(f, ".{:0width$}", units % one)
    }
}

/// Sums: amount column → currency → total.
#[derive(Debug, Default, Clone)]
pub(crate) struct Totals(pub(crate) BTreeMap<&'static str, BTreeMap<String, Dec>>);

impl Totals {
    pub(crate) fn add(&mut self, column: &'static str, currency: &str, amount: Dec) {
        let sums = self.0.entry(column).or_default();
        match sums.get_mut(currency) {
            Some(sum) => *sum = sum.plus(amount),
            None => {
                sums.insert(currency.to_owned(), amount);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_exact() {
        let price = Dec::parse("0.0375").unwrap();
        let product = price.times(Dec::parse("-12.5").unwrap());
        assert_eq!(product.to_string(), "-0.46875");
        assert_eq!(product.minus(Dec::parse("0.1").unwrap()).to_string(), "-0.56875");
    }

    #[test]
    fn ties_go_away_from_zero() {
        for (number, rounded) in
            [("2.345", "2.35"), ("-2.345", "-2.35"), ("2.3449", "2.34"), ("2", "2.00")]
        {
            assert_eq!(Dec::parse(number).unwrap().rounded(2).to_string(), rounded);
        }
    }
}
