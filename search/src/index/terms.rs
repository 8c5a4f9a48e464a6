//! The terms of the inverted index. One scheme for writing and reading: a name, a NUL, a value.

use crate::name::Fixed;
use crate::order;
use crate::text::fold;
use chrono::{DateTime, Utc};
use tieout_controls::Decimal;

/// The longest term that tantivy keeps; a longer one would be dropped without a word.
pub(super) const MAX_BYTES: usize = 65_530;

/// The name under which the values of all columns and members are found.
pub(super) const ANYWHERE: &str = "";
const HASH: &str = "hash";
const DATE: &str = "date";
const AMOUNT: &str = "amount";

/// A word of a value; of a column when it is named.
pub(super) fn word(name: &str, word: &str) -> String {
    format!("{name}\0{word}")
}

/// A whole value; of a column when it is named.
pub(super) fn whole(name: &str, value: &str) -> Vec<u8> {
    format!("{name}\0{}", fold(value)).into_bytes()
}

/// The value of a fixed field.
pub(super) fn field(field: Fixed, value: &str) -> Vec<u8> {
    whole(&format!("={}", field.word()), value)
}

/// A digest of 64 hexadecimal digits.
pub(super) fn hash(hex: &str) -> Vec<u8> {
    whole(&format!("={HASH}"), hex)
}

/// What the numbers of a column begin with, in the currency if one is given.
pub(super) fn numbers(name: &str, currency: Option<&str>) -> Vec<u8> {
    match currency {
        None => format!("{name}\0n").into_bytes(),
        Some(currency) => format!("{name}\0c{}\0", fold(currency)).into_bytes(),
    }
}

/// What amounts begin with, in the currency if one is given.
pub(super) fn amounts(currency: Option<&str>) -> Vec<u8> {
    numbers(&format!("={AMOUNT}"), currency)
}

/// What the days and instants of a column begin with; without one, of all columns.
pub(super) fn times(name: Option<&str>) -> Vec<u8> {
    name.map_or_else(|| format!("={DATE}\0t"), |name| format!("{name}\0t")).into_bytes()
}

/// A number behind what it begins with; `None` for one that has no place in the order.
pub(super) fn number(mut prefix: Vec<u8>, value: &Decimal) -> Option<Vec<u8>> {
    prefix.extend(order::decimal(value)?);
    Some(prefix)
}

/// An instant behind what it begins with.
pub(super) fn time(mut prefix: Vec<u8>, at: DateTime<Utc>) -> Vec<u8> {
    prefix.extend(order::instant(at));
    prefix
}

/// The smallest bytes behind everything that begins with the prefix. A prefix ends with one of
/// our own letters or a NUL, so that its last byte has a successor.
pub(super) fn after(mut prefix: Vec<u8>) -> Vec<u8> {
    if let Some(last) = prefix.last_mut() {
        *last = last.saturating_add(1);
    }
    prefix
}
