//! A rate table as its file has it: each row with its line, and a digest of what the rows say.

mod canonical;
#[cfg(test)]
mod tests;

pub use self::canonical::of_canonical;

pub(super) use self::canonical::{Members, day, digest, instant, mode, plain};

use super::{Rate, RateKey, Terms, TierMode};
use crate::dataset::{self, Accepted, Reading, Refusal, Typed, each_row};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use tieout_controls::{Digest, RefusedRow, SchemaProfile, profile};

/// The profile of rate tables.
const PROFILE: &str = "rate-table-1";

/// The columns that a row is made of, in the profile's order.
const COLUMNS: [&str; 20] = [
    "rate_id",
    "effective_from",
    "effective_to",
    "service_id",
    "region",
    "customer_segment",
    "unit_price",
    "currency",
    "method_doc_id",
    "approved_change_id",
    "source_contract_line",
    "known_from",
    "unit",
    "tier_from",
    "tier_to",
    "tier_mode",
    "tax_code",
    "cap_price",
    "announced_on",
    "retroactive",
];

/// A rate table.
#[derive(Debug, Clone)]
pub struct RateTable {
    /// The file as messages show it.
    pub file: String,
    /// The rows that fit the profile, in their order.
    pub rates: Vec<Rate>,
    /// The rows that don't. They are in no digest: a table that has some can't be judged.
    pub refused: Vec<RefusedRow>,
    /// SHA-256 of [`RateTable::canonical`]: the order of rows and columns, quoting, trailing zeros, columns
    /// that the profile doesn't know and the format of the file never change it.
    pub digest: Digest,
}

/// Reads a rate table in CSV, NDJSON, JSON, YAML or Parquet, by the extension of `shown` or as `reading`
/// says, under the profile `rate-table-1`.
///
/// Rows that don't fit are in [`RateTable::refused`]; beside those that the profile refuses, rows that end
/// before they begin, whose tier holds no quantity, or that have a tier and no mode of tiers. An empty
/// region or segment is none.
///
/// # Errors
/// [`RunError::Input`] for bytes that can't be read as what their name says they are.
///
/// ```
/// use tieout_engine::dataset::Reading;
/// use tieout_engine::gate::table::read;
/// let yaml = "- {rate_id: A, effective_from: 2025-01-01T00:00:00Z, effective_to: ~, service_id: vm, \
///     region: ~, customer_segment: ~, unit_price: 0.20, currency: EUR, method_doc_id: ~, \
///     approved_change_id: ~, source_contract_line: ~}";
/// let table = read("rates.yaml", yaml.as_bytes(), &Reading::default()).unwrap();
/// assert_eq!(table.rates[0].price.to_string(), "0.2");
/// assert!(read("rates.txt", yaml.as_bytes(), &Reading::default()).is_err());
/// ```
pub fn read(shown: &str, bytes: &[u8], reading: &Reading) -> Result<RateTable, RunError> {
    let profile = rate_table()?;
    let bytes = Bytes::copy_from_slice(bytes);
    let mut rates = Vec::new();
    let refused = each_row(profile, (shown, &bytes), reading, &mut |accepted| {
        rates.push(rate(accepted)?);
        Ok(())
    })?;
    Ok(RateTable::of(shown, rates, refused))
}

impl RateTable {
    /// A table of those rows.
    pub(super) fn of(file: &str, rates: Vec<Rate>, refused: Vec<RefusedRow>) -> Self {
        let mut table = Self { file: file.to_owned(), rates, refused, digest: Digest([0; 32]) };
        table.digest = digest(&table.canonical());
        table
    }

    /// The rows in the one form that a table with the same rows has: sorted by key, beginning and tier, each
    /// a JSON line with sorted keys, decimals without trailing zeros, instants in UTC. It is NDJSON of the
    /// profile `rate-table-1`, and [`of_canonical`] reads it back.
    pub fn canonical(&self) -> String {
        canonical::text(&self.rates)
    }
}

fn rate_table() -> Result<&'static SchemaProfile, RunError> {
    let profile = profile::named(PROFILE);
    profile.ok_or_else(|| RunError::Internal(format!("no profile `{PROFILE}`")))
}

/// The rate of a row that fits the profile.
fn rate(accepted: Accepted) -> Result<Rate, Refusal> {
    let Accepted { row, line, values } = accepted;
    let unlike = |_| Refusal::row("column-type", "not a row of the profile `rate-table-1`");
    let values: [Typed; COLUMNS.len()] = values.try_into().map_err(unlike)?;
    let [
        rate_id,
        from,
        to,
        service_id,
        region,
        segment,
        price,
        currency,
        method_doc_id,
        approved_change_id,
        contract_line,
        known_from,
        unit,
        tier_from,
        tier_to,
        tier_mode,
        tax_code,
        cap_price,
        announced_on,
        retroactive,
    ] = values;
    let rate = Rate {
        line,
        row,
        rate_id: text(rate_id).unwrap_or_default(),
        key: RateKey {
            service_id: text(service_id).unwrap_or_default(),
            region: text(region),
            segment: text(segment),
        },
        unit: text(unit),
        tier: (number(&tier_from).unwrap_or_else(Exact::zero), number(&tier_to)),
        tier_mode: text(tier_mode).map(|word| match word.as_str() {
            "volume" => TierMode::Volume,
            _ => TierMode::Graduated,
        }),
        price: number(&price).unwrap_or_else(Exact::zero),
        currency: text(currency).unwrap_or_default(),
        from: micros(&from).unwrap_or_default(),
        to: micros(&to),
        terms: Terms {
            method_doc_id: text(method_doc_id),
            approved_change_id: text(approved_change_id),
            contract_line: text(contract_line),
            tax_code: text(tax_code),
            cap_price: number(&cap_price),
            known_from: micros(&known_from),
            announced_on: days(&announced_on),
            retroactive: retroactive == Typed::Bool(true),
        },
    };
    sound(rate)
}

/// The rate, if it can hold at some time for some quantity.
fn sound(rate: Rate) -> Result<Rate, Refusal> {
    match unsound(&rate) {
        None => Ok(rate),
        Some(refusal) => Err(refusal),
    }
}

fn unsound(rate: &Rate) -> Option<Refusal> {
    let empty_tier = |column: &str, reason: &str| {
        let (column, reason) = (Some(column.to_owned()), reason.to_owned());
        Some(Refusal { column, code: "empty-tier", reason })
    };
    if rate.to.is_some_and(|to| to <= rate.from) {
        let reason = "not after `effective_from`: the row is never in force".to_owned();
        let column = Some("effective_to".to_owned());
        return Some(Refusal { column, code: "empty-interval", reason });
    }
    if rate.tier.0.is_negative() {
        return empty_tier("tier_from", "below zero: tiers begin at 0");
    }
    if rate.tier.1.as_ref().is_some_and(|to| *to <= rate.tier.0) {
        return empty_tier("tier_to", "not above `tier_from`: no quantity is in the tier");
    }
    // What looks like another key's rate and is none would price nothing, and hide what it was to be.
    let texts = [
        ("service_id", Some(&rate.key.service_id)),
        ("region", rate.key.region.as_ref()),
        ("customer_segment", rate.key.segment.as_ref()),
        ("unit", rate.unit.as_ref()),
        ("currency", Some(&rate.currency)),
    ];
    for (column, text) in texts {
        if text.is_some_and(|text| text.trim() != text.as_str()) {
            let reason = "white space before or after the text".to_owned();
            return Some(Refusal {
                column: Some(column.to_owned()),
                code: "untrimmed-text",
                reason,
            });
        }
    }
    if tieout_controls::currency::minor_units(&rate.currency).is_none() {
        let reason = "not the code of a currency (ISO 4217)".to_owned();
        let column = Some("currency".to_owned());
        return Some(Refusal { column, code: "unknown-currency", reason });
    }
    let bounded = rate.tier.1.is_some() || !rate.tier.0.is_zero();
    if bounded && rate.tier_mode.is_none() {
        let reason = "null where the row has a tier: `graduated` or `volume`".to_owned();
        let column = Some("tier_mode".to_owned());
        return Some(Refusal { column, code: "tier-without-mode", reason });
    }
    None
}

fn text(value: Typed) -> Option<String> {
    match value {
        Typed::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn number(value: &Typed) -> Option<Exact> {
    match value {
        Typed::Number(dataset::Exact { unscaled, scale }) => {
            Some(Exact::from_scaled(*unscaled, *scale))
        }
        _ => None,
    }
}

fn micros(value: &Typed) -> Option<i64> {
    match value {
        Typed::Instant(instant) => Some(instant.timestamp_micros()),
        _ => None,
    }
}

fn days(value: &Typed) -> Option<i32> {
    let Typed::Date(date) = value else { return None };
    let epoch = DateTime::<Utc>::UNIX_EPOCH.date_naive();
    i32::try_from(date.signed_duration_since(epoch).num_days()).ok()
}
