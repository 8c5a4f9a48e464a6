//! Amounts with a currency, exact totals per currency, and counts that survive JSON.

use crate::decimal::{Decimal, DecimalError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An exact amount in a currency (ISO 4217 alphabetic code, or a declared virtual one).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount in major units, unrounded.
    pub amount: Decimal,
    /// The currency; empty where the source states none.
    pub currency: String,
}

/// Exact sums by currency, in the order of the currency codes. Amounts of different currencies are
/// never added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Totals(pub BTreeMap<String, Decimal>);

impl Totals {
    /// Adds an amount.
    ///
    /// # Errors
    /// [`DecimalError::Overflow`] past 76 digits; the totals are as before.
    pub fn add(&mut self, amount: &Decimal, currency: &str) -> Result<(), DecimalError> {
        let sum = match self.0.get(currency) {
            Some(sum) => sum.add(amount)?,
            None => amount.clone(),
        };
        self.0.insert(currency.to_owned(), sum);
        Ok(())
    }

    /// Adds all totals of another.
    ///
    /// # Errors
    /// As [`Totals::add`].
    pub fn add_all(&mut self, other: &Self) -> Result<(), DecimalError> {
        other.0.iter().try_for_each(|(currency, amount)| self.add(amount, currency))
    }

    /// Whether there is no currency in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A number of things. Written as a decimal string, because JSON numbers beyond 2⁵³ do not survive
/// every reader; read back from a string only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl Count {
    /// The count of a collection.
    pub fn of(len: usize) -> Self {
        Self(u64::try_from(len).unwrap_or(u64::MAX))
    }

    /// One more.
    pub fn increment(&mut self) {
        self.0 = self.0.saturating_add(1);
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), std::ops::Add::add)
    }
}

impl Serialize for Count {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let canonical = text.as_ref() == "0" || !text.starts_with(['0', '+']);
        match text.parse() {
            Ok(count) if canonical => Ok(Self(count)),
            _ => Err(serde::de::Error::custom("a count is a decimal string without leading zeros")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_keep_currencies_apart() {
        let mut totals = Totals::default();
        for (amount, currency) in [("0.10", "EUR"), ("0.20", "EUR"), ("5", "CHF")] {
            totals.add(&Decimal::parse(amount).unwrap(), currency).unwrap();
        }
        let text: Vec<_> = totals.0.iter().map(|(c, a)| format!("{c} {a}")).collect();
        assert_eq!(text, ["CHF 5", "EUR 0.30"]);
    }

    #[test]
    fn counts_are_strings_in_json() {
        assert_eq!(
            serde_json::to_string(&Count(9_007_199_254_740_993)).unwrap(),
            "\"9007199254740993\""
        );
        assert!(serde_json::from_str::<Count>("\"01\"").is_err());
        assert!(serde_json::from_str::<Count>("1").is_err());
    }
}
