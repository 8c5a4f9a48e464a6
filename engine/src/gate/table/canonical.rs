//! The one form of a table, and of what is told of a row.

use super::RateTable;
use crate::dataset::{Format, Reading};
use crate::error::input;
use crate::gate::{Rate, TierMode};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use tieout_controls::{Decimal, Digest};

/// The rows as lines, in their order.
pub(super) fn text(rates: &[Rate]) -> String {
    let mut lines: Vec<(&Rate, String)> = rates.iter().map(|rate| (rate, line(rate))).collect();
    lines.sort_by(|(a, line_a), (b, line_b)| {
        (&a.key, a.from, &a.tier.0, line_a).cmp(&(&b.key, b.from, &b.tier.0, line_b))
    });
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The SHA-256 of a text.
pub(in crate::gate) fn digest(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}

/// Reads a table from its canonical form.
///
/// # Errors
/// [`RunError::Input`] for a text that is not exactly what [`RateTable::canonical`] gives of some table.
///
/// ```
/// use tieout_engine::gate::table::of_canonical;
/// assert!(of_canonical("").unwrap().rates.is_empty());
/// assert!(of_canonical("{\"rate_id\":\"A\"}\n").is_err());
/// ```
pub fn of_canonical(text: &str) -> Result<RateTable, RunError> {
    const SHOWN: &str = "canonical rate table";
    if text.is_empty() {
        return Ok(RateTable::of(SHOWN, Vec::new(), Vec::new()));
    }
    let reading = Reading { format: Some(Format::Ndjson), ..Reading::default() };
    let table = super::read(SHOWN, text.as_bytes(), &reading)?;
    if !table.refused.is_empty() || table.canonical() != text {
        let message = "a canonical rate table has rows that are not in their canonical form";
        let help = "it was changed after it was written; gate the table again";
        return Err(input("not-canonical", message, help.to_owned()));
    }
    Ok(table)
}

/// A row, with a line feed.
fn line(rate: &Rate) -> String {
    let terms = &rate.terms;
    let mut line = Members::default();
    line.text("announced_on", terms.announced_on.map(day).as_deref());
    line.text("approved_change_id", terms.approved_change_id.as_deref());
    line.text("cap_price", terms.cap_price.as_ref().map(plain).as_deref());
    line.text("currency", Some(&rate.currency));
    line.text("customer_segment", rate.key.segment.as_deref());
    line.text("effective_from", Some(&instant(rate.from)));
    line.text("effective_to", rate.to.map(instant).as_deref());
    line.text("known_from", terms.known_from.map(instant).as_deref());
    line.text("method_doc_id", terms.method_doc_id.as_deref());
    line.text("rate_id", Some(&rate.rate_id));
    line.text("region", rate.key.region.as_deref());
    line.text("retroactive", Some(if terms.retroactive { "true" } else { "false" }));
    line.text("service_id", Some(&rate.key.service_id));
    line.text("source_contract_line", terms.contract_line.as_deref());
    line.text("tax_code", terms.tax_code.as_deref());
    line.text("tier_from", Some(&plain(&rate.tier.0)));
    line.text("tier_mode", rate.tier_mode.map(mode));
    line.text("tier_to", rate.tier.1.as_ref().map(plain).as_deref());
    line.text("unit", rate.unit.as_deref());
    line.text("unit_price", Some(&plain(&rate.price)));
    let mut line = line.end();
    line.push('\n');
    line
}

/// The members of a JSON object, in the order in which they are given.
#[derive(Default)]
pub(in crate::gate) struct Members(String);

impl Members {
    /// A text or null.
    pub(in crate::gate) fn text(&mut self, name: &str, value: Option<&str>) {
        self.json(name, &value.map_or_else(|| "null".to_owned(), quoted));
    }

    /// JSON as it is.
    pub(in crate::gate) fn json(&mut self, name: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.0.push_str(value);
    }

    /// The object.
    pub(in crate::gate) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

fn quoted(text: &str) -> String {
    // Nearly no text of a table needs an escape.
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return format!("\"{text}\"");
    }
    serde_json::Value::from(text).to_string()
}

/// The word of a file for it.
pub(in crate::gate) fn mode(mode: TierMode) -> &'static str {
    match mode {
        TierMode::Graduated => "graduated",
        TierMode::Volume => "volume",
    }
}

/// A number in plain notation, without trailing zeros.
pub(in crate::gate) fn plain(number: &Exact) -> String {
    short(number).unwrap_or_else(|| number.to_string())
}

/// The numbers that tables have, without the general way's search for a power of ten.
fn short(number: &Exact) -> Option<String> {
    let numerator = i128::try_from(number.numerator()).ok()?;
    let denominator = i128::try_from(number.denominator()).ok()?;
    let mut power: i128 = 1;
    for scale in 0..=18 {
        if power % denominator == 0 {
            let unscaled = numerator.checked_mul(power / denominator)?;
            return Some(Decimal::from_scaled(unscaled, scale).to_string());
        }
        power *= 10;
    }
    None
}

/// An instant as RFC 3339 in UTC.
pub(in crate::gate) fn instant(micros: i64) -> String {
    match DateTime::from_timestamp_micros(micros) {
        Some(instant) => tieout_controls::value::instant_text(instant),
        // No file can state one that far off.
        None => micros.to_string(),
    }
}

/// Days since 1970 as a date.
pub(in crate::gate) fn day(days: i32) -> String {
    let epoch = DateTime::<Utc>::UNIX_EPOCH.date_naive();
    let date = epoch.checked_add_signed(TimeDelta::days(days.into()));
    date.map_or_else(|| days.to_string(), |date| date.to_string())
}
