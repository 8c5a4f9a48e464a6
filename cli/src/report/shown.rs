//! How values are shown to people: amounts, counts, days, and text that can't deceive.
//!
//! Nothing is rounded here: an amount is shown to its last digit.

use crate::text::turns;
use chrono::NaiveDate;
use tieout_controls::{Count, Decimal, Totals, currency};

/// What is shown where there is no value.
pub(super) const NOTHING: &str = "—";

/// The notice above a report that tells personal columns.
pub(super) const PERSONAL: &str = "This report names persons: the pack discloses personal columns.";

/// An amount with its currency, such as `41,280.00 EUR`: every digit that is not a trailing zero,
/// and at least the currency's minor units.
pub(super) fn money(amount: &Decimal, code: &str) -> String {
    let figure = figure(amount, code);
    if code.is_empty() { format!("{figure} (no currency)") } else { format!("{figure} {code}") }
}

/// The amount of [`money`] without the currency.
pub(crate) fn figure(amount: &Decimal, code: &str) -> String {
    let text = exact(amount, code);
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", grouped(whole)),
        None => grouped(&text),
    }
}

/// The [`figure`] without thousands apart, for those who read it into something.
pub(super) fn exact(amount: &Decimal, code: &str) -> String {
    let text = amount.normalized().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let minor = currency::minor_units(code).unwrap_or(0);
    let width = usize::try_from(minor).unwrap_or(0);
    let fraction = format!("{fraction:0<width$}");
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// Totals, one text for each currency.
pub(super) fn totals(totals: &Totals) -> Vec<String> {
    totals.0.iter().map(|(code, amount)| money(amount, code)).collect()
}

/// Totals in one line; [`NOTHING`] when there are none.
pub(super) fn totals_line(of: &Totals) -> String {
    or_nothing(&totals(of).join(", ")).to_owned()
}

/// A count with its thousands apart.
pub(crate) fn count(count: Count) -> String {
    grouped(&count.to_string())
}

/// A count with the noun, in the plural where it is not one.
pub(crate) fn counted(number: Count, noun: &str) -> String {
    let plural = if number == Count(1) { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// The text, or [`NOTHING`].
pub(super) fn or_nothing(text: &str) -> &str {
    if text.is_empty() { NOTHING } else { text }
}

/// A half-open period by its first and last day.
pub(super) fn period(start: NaiveDate, end: NaiveDate) -> String {
    let last = end.pred_opt().unwrap_or(end);
    format!("{start} to {last}")
}

/// A value that a rule states or reads. A number that carries its column's scale (10 or 18
/// decimals, a product's more) loses the trailing zeros past the second; anything else, which may be
/// an identifier, stays as it is.
pub(crate) fn stated(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else { return visible(text) };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction);
    if fraction.len() < 6 || !number {
        return visible(text);
    }
    format!("{whole}.{:0<2}", fraction.trim_end_matches('0'))
}

/// The word for a setting of a run that is not the catalogue's: what a person chose, by flag or in
/// the workspace, or what the engine resolved, whose name is `CONTROL.PARAMETER`.
pub(crate) fn setting(name: &str, chosen: &'static str, resolved: &'static str) -> &'static str {
    let by_flag = matches!(name, "controls" | "period" | "as_of");
    // What the workspace says begins with its kind: `parameter …`, `control …`, `bundle …`.
    if by_flag || name.contains(' ') { chosen } else { resolved }
}

/// A figure of a tie-out: `what` is `rows`, or a column and a currency.
pub(super) fn compared(what: &str, text: &str) -> String {
    compared_as(what, text, figure)
}

/// The figure of [`compared`] without thousands apart.
pub(super) fn compared_exact(what: &str, text: &str) -> String {
    compared_as(what, text, exact)
}

fn compared_as(what: &str, text: &str, shown: fn(&Decimal, &str) -> String) -> String {
    let code = what.rsplit(' ').next().unwrap_or_default();
    // A total has more digits than an input may, so the results' own reader reads it.
    match serde_json::from_value::<Decimal>(text.into()) {
        Ok(number) => shown(&number, code),
        Err(_) => visible(text),
    }
}

/// The text with control characters and those that reverse the reading direction made visible,
/// so that a record can't write over what stands beside it.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn grouped(whole: &str) -> String {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut shown = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_to_the_last_digit() {
        let shown = |text: &str, code: &str| money(&Decimal::parse(text).unwrap(), code);
        assert_eq!(shown("41280.000000000000000000", "EUR"), "41,280.00 EUR");
        assert_eq!(shown("-0.01", "EUR"), "-0.01 EUR");
        assert_eq!(shown("1234.5", "JPY"), "1,234.5 JPY");
        assert_eq!(shown("999", "JPY"), "999 JPY");
        assert_eq!(shown("-1000", "EUR"), "-1,000.00 EUR");
        assert_eq!(shown("1", ""), "1 (no currency)");
        assert_eq!(
            shown("12345678901234567890.123456789012345678", "EUR"),
            "12,345,678,901,234,567,890.123456789012345678 EUR"
        );
    }

    #[test]
    fn stated_values_lose_only_trailing_zeros() {
        assert_eq!(stated("120.500000000000000000"), "120.50");
        assert_eq!(stated("240.000000000000000000"), "240.00");
        assert_eq!(stated("-0.0010000000"), "-0.001");
        assert_eq!(stated(&format!("{}.500000000000", "9".repeat(40))), "9".repeat(40) + ".50");
        for text in
            ["1.100", "0400", "12", "7.0", "1.50000000E10", "10.00000001.0000000", "a.000000"]
        {
            assert_eq!(stated(text), text);
        }
        assert_eq!(stated("2025-01-01"), "2025-01-01");
        assert_eq!(stated("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
    }

    #[test]
    fn only_what_people_chose_is_an_override() {
        let word = |name| setting(name, "Override", "Resolved parameter");
        for name in ["controls", "period", "as_of", "parameter FOC-R03.x", "bundle billing"] {
            assert_eq!(word(name), "Override", "{name}");
        }
        assert_eq!(word("FOC-R03.list_cost_tolerance"), "Resolved parameter");
    }

    #[test]
    fn compared_figures_are_those_of_their_currency() {
        assert_eq!(compared("BilledCost EUR", "123456.780000000000000000"), "123,456.78");
        assert_eq!(compared("BilledCost EUR", "-0.01"), "-0.01");
        assert_eq!(compared("rows", "4815"), "4,815");
        assert_eq!(compared("rows", "more than 76 digits"), "more than 76 digits");
    }

    #[test]
    fn a_period_is_shown_with_its_last_day() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(period(day("2025-01-01"), day("2026-01-01")), "2025-01-01 to 2025-12-31");
    }
}
