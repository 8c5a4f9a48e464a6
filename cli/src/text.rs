//! Small texts: periods that people write, numbers that people read.

use crate::report::shown;
use chrono::{Months, NaiveDate};
use std::str::FromStr;
use tieout_controls::{Decimal, Totals};

/// A half-open period of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// The first day.
    pub(crate) start: NaiveDate,
    /// The day after the last one.
    pub(crate) end: NaiveDate,
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            "a period is `2025`, `2025-Q1`, `2025-03`, or `2025-01-01..2025-04-01` without the \
             last day"
                .to_owned()
        };
        if let Some((start, end)) = text.split_once("..") {
            let day = |t: &str| NaiveDate::from_str(t).map_err(|_| form());
            let period = Self { start: day(start)?, end: day(end)? };
            return if period.start < period.end { Ok(period) } else { Err(form()) };
        }
        let (year, part) = text.split_once('-').map_or((text, None), |(y, p)| (y, Some(p)));
        let (month, length) = match part {
            None => (1, 12),
            Some("Q1") => (1, 3),
            Some("Q2") => (4, 3),
            Some("Q3") => (7, 3),
            Some("Q4") => (10, 3),
            Some(month) if month.len() == 2 => (month.parse().map_err(|_| form())?, 1),
            Some(_) => return Err(form()),
        };
        let year = if year.len() == 4 { year.parse().ok() } else { None };
        let start = year.and_then(|y| NaiveDate::from_ymd_opt(y, month, 1)).ok_or_else(form)?;
        let end = start.checked_add_months(Months::new(length)).ok_or_else(form)?;
        Ok(Self { start, end })
    }
}

/// A number with its noun, singular or plural.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else if let Some(stem) = noun.strip_suffix('y') {
        format!("{number} {stem}ies")
    } else {
        format!("{number} {noun}s")
    }
}

/// Exact amounts with their currencies, such as `-3.10 CHF, 12,000.00 EUR`; empty for none.
pub(crate) fn money(totals: &Totals) -> String {
    let amounts = totals.0.iter().map(|(currency, amount)| money_of(amount, currency));
    amounts.collect::<Vec<_>>().join(", ")
}

/// An exact amount with its currency, as reports show it.
pub(crate) fn money_of(amount: &Decimal, currency: &str) -> String {
    format!("{} {currency}", shown::figure(amount, currency)).trim_end().to_owned()
}

/// An amount that a pack states as text.
pub(crate) fn money_text(amount: &str, currency: &str) -> String {
    // A product has more digits than an input may, so the reader of results reads it.
    match serde_json::from_value::<Decimal>(amount.into()) {
        Ok(amount) => money_of(&amount, currency),
        Err(_) => format!("{amount} {currency}"),
    }
}

/// Text that can't steer a terminal or turn the direction of what follows (Unicode TR 36): such
/// characters are shown as U+FFFD. Lines stay lines: what is to stand on one goes through
/// [`visible_line`].
pub(crate) fn visible(text: &str) -> String {
    let steers = |c: char| (c.is_control() && c != '\n' && c != '\t') || turns(c);
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for text of others that stands on one line, in which a newline would forge another.
pub(crate) fn visible_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

/// Directional marks and formatting (Unicode Standard Annex 9, table 4), and the separators at which
/// some programs break lines.
pub(crate) fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Rows of cells under each other, two spaces apart, the last column unpadded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |i: usize| {
        rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_half_open() {
        let period = |t: &str| {
            t.parse::<Period>().map(|p| format!("{}..{}", p.start, p.end)).map_err(|_| ())
        };
        assert_eq!(period("2025"), Ok("2025-01-01..2026-01-01".into()));
        assert_eq!(period("2025-Q4"), Ok("2025-10-01..2026-01-01".into()));
        assert_eq!(period("2024-02"), Ok("2024-02-01..2024-03-01".into()));
        assert_eq!(period("2025-01-15..2025-02-01"), Ok("2025-01-15..2025-02-01".into()));
        for wrong in ["25", "2025-13", "2025-Q5", "2025-02-01..2025-02-01", "", "2025-1"] {
            assert_eq!(period(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [vec!["a".into(), "bb".into()], vec!["ccc".into(), String::new()]];
        assert_eq!(table(&rows), "a    bb\nccc\n");
    }

    #[test]
    fn amounts_are_exact_and_without_needless_zeros() {
        let shown = |text| money_of(&Decimal::parse(text).unwrap(), "EUR");
        assert_eq!(shown("-1234567.5000"), "-1,234,567.50 EUR");
        assert_eq!(shown("0.013250261700000000"), "0.0132502617 EUR");
        assert_eq!(shown("100"), "100.00 EUR");
    }

    #[test]
    fn values_of_records_can_not_steer_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\n\td"), "a\u{fffd}[2Jb\u{fffd}c\n\td");
        assert_eq!(visible_line("a\nVALID\u{2028}b"), "a\u{fffd}VALID\u{fffd}b");
    }
}
