//! The values of a record's columns, and their types.

use crate::decimal::Decimal;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The type of a column, as a schema profile declares it and a policy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    /// UTF-8 text.
    String,
    /// True or false.
    Bool,
    /// A whole number of 64 bits.
    Integer,
    /// An exact decimal of `precision` digits, `scale` of them behind the point. Precision up to
    /// 38 is Arrow Decimal128, up to 76 Decimal256.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// A civil date.
    Date,
    /// An instant, in UTC microseconds.
    Timestamp,
    /// A list of strings.
    StringList,
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Bool => f.write_str("bool"),
            Self::Integer => f.write_str("integer"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::StringList => f.write_str("list of strings"),
        }
    }
}

/// One value. `Null` is a value with meaning: what was absent, never what conforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Absent.
    Null,
    /// True or false.
    Bool(bool),
    /// A number; integers are decimals of scale 0.
    Number(Decimal),
    /// Text.
    String(String),
    /// A civil date.
    Date(NaiveDate),
    /// An instant.
    Timestamp(DateTime<Utc>),
    /// A list.
    List(Vec<Value>),
    /// An object with sorted keys.
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// Whether the value is absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as the packs write it: a string (numbers in plain notation, dates as
    /// `YYYY-MM-DD`, instants as RFC 3339 in UTC with `Z`), or `None` for null. Lists and objects
    /// are their JSON text.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::String(s) => Some(s.clone()),
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(n) => Some(n.to_string()),
            Self::Date(d) => Some(d.format("%Y-%m-%d").to_string()),
            Self::Timestamp(t) => Some(instant_text(*t)),
            Self::List(_) | Self::Object(_) => Some(self.to_json().to_string()),
        }
    }

    /// The value as JSON in which every scalar but null is a string.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(fields) => {
                let pairs = fields.iter().map(|(k, v)| (k.clone(), v.to_json()));
                serde_json::Value::Object(pairs.collect())
            }
            scalar => scalar.to_text().map_or(serde_json::Value::Null, serde_json::Value::String),
        }
    }
}

/// An instant as RFC 3339 in UTC: whole seconds as `2025-01-31T23:00:00Z`, else as many digits as
/// the fraction needs of milliseconds or microseconds.
pub fn instant_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
