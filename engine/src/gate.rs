//! The gate on rate tables: what a change of prices is, whom it touches, and what it costs.
//!
//! Two versions of a table are compared as what they say of each instant, so that an edit which says
//! nothing else is no change. A rate belongs to a service, a region and a customer segment (its
//! [`RateKey`]); of one key there is at each instant one rate, in tiers or without.

pub mod changeset;
pub mod diff;
mod difference;
mod effect;
#[cfg(test)]
mod fixture;
pub mod integrity;
pub mod lookups;
pub mod rerate;
pub mod summary;
pub mod table;
mod timeline;
pub mod usage;

use crate::reperform::exact::Exact;
use chrono::{DateTime, NaiveDate};
use std::fmt;

/// A day in microseconds, in UTC.
pub const DAY: i64 = 86_400_000_000;

/// The first instant of a day in UTC, in microseconds since 1970.
pub fn midnight(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days() * DAY
}

/// The day in UTC of an instant; none past the calendar.
pub fn day_of(micros: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp_micros(micros).map(|at| at.date_naive())
}

/// What a rate is of: the rates of one key follow each other in time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RateKey {
    /// The service.
    pub service_id: String,
    /// The region; `None` holds for those that have no rate of their own.
    pub region: Option<String>,
    /// The customer segment; `None` likewise.
    pub segment: Option<String>,
}

impl fmt::Display for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        write!(f, "{}/{}/{}", self.service_id, part(&self.region), part(&self.segment))
    }
}

/// How the tiers of a rate are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TierMode {
    /// Each part of the quantity by its own tier.
    Graduated,
    /// All of the quantity by the tier that it reaches.
    Volume,
}

/// A row of a rate table: a rate without tiers, or a tier of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// The line of the file where it begins, from 1; `None` in Parquet.
    pub line: Option<u64>,
    /// The data row, from 1.
    pub row: u64,
    /// Its name in the table.
    pub rate_id: String,
    /// What it is of.
    pub key: RateKey,
    /// The unit that the price is of, where the table says so.
    pub unit: Option<String>,
    /// The tier's bounds, half-open: zero and `None` without tiers.
    pub tier: (Exact, Option<Exact>),
    /// How the tiers are applied; `None` without tiers.
    pub tier_mode: Option<TierMode>,
    /// The price of a unit.
    pub price: Exact,
    /// Its currency.
    pub currency: String,
    /// The first instant at which it holds, in microseconds since 1970 in UTC.
    pub from: i64,
    /// The first one after it.
    pub to: Option<i64>,
    /// What else the row states.
    pub terms: Terms,
}

impl Rate {
    /// Whether it is in force at an instant.
    fn holds(&self, at: i64) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// What a rate states beside its price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The document that says how it was set.
    pub method_doc_id: Option<String>,
    /// The change that approved it.
    pub approved_change_id: Option<String>,
    /// The line of the procurement contract, `CONTRACT/LINE`.
    pub contract_line: Option<String>,
    /// The tax code.
    pub tax_code: Option<String>,
    /// The highest price that the agreement with the customer allows.
    pub cap_price: Option<Exact>,
    /// When it was first known, in microseconds since 1970 in UTC: of several rows in force at the same
    /// time the one that was known last holds.
    pub known_from: Option<i64>,
    /// When it was announced, in days since 1970.
    pub announced_on: Option<i32>,
    /// Whether it says of itself that it holds for the past.
    pub retroactive: bool,
}
