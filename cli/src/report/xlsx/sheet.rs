//! One sheet of the workbook: a frozen head, a filter, and cells that are never formulas.

use crate::report::shown;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use tieout_controls::{Count, Decimal, Totals};

/// A sheet has 1,048,576 rows; past this many one line says how many more there are.
const ROWS_MAX: usize = 1_000_000;
/// A cell holds 32,767 characters.
const CHARACTERS_MAX: usize = 32_000;

/// A cell.
pub(super) enum Cell {
    /// Words.
    Text(String),
    /// A number for the eye and for sums: a spreadsheet keeps 15 digits of it. The exact one
    /// stands in a text cell beside it.
    Number(String),
    /// A whole number.
    Whole(String),
    /// Nothing.
    Empty,
}

/// A column's head and width in characters.
pub(super) type Column = (&'static str, u16);

impl Cell {
    /// Words.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Words, or nothing.
    pub(super) fn maybe(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// A count.
    pub(super) fn count(count: Count) -> Self {
        Self::Whole(count.to_string())
    }

    /// An amount twice: its exact text, and the number.
    pub(super) fn amount(amount: Option<&Decimal>, currency: &str) -> [Self; 2] {
        match amount.map(|amount| shown::exact(amount, currency)) {
            Some(amount) => [Self::Text(amount.clone()), Self::Number(amount)],
            None => [Self::Empty, Self::Empty],
        }
    }

    /// Totals as exact text.
    pub(super) fn totals(totals: &Totals) -> Self {
        let sum = |(code, sum): (&String, &Decimal)| format!("{} {code}", shown::exact(sum, code));
        let line: Vec<_> = totals.0.iter().map(sum).collect();
        Self::Text(line.join("; "))
    }
}

/// Adds a sheet with a table.
pub(super) fn add(
    workbook: &mut Workbook,
    name: &str,
    columns: &[Column],
    rows: &[Vec<Cell>],
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?.set_landscape().set_print_fit_to_pages(1, 0).set_paper_size(9);
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color(Color::RGB(0x00E4_EAF0))
        .set_border_bottom(FormatBorder::Thin);
    for (at, (title, width)) in (0..).zip(columns) {
        sheet.set_column_width(at, *width)?;
        sheet.write_string_with_format(0, at, *title, &head)?;
    }
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
    let styles = Styles::new();
    let mut last = 0;
    for (row, cells) in (1..).zip(rows.iter().take(ROWS_MAX)) {
        for (at, cell) in (0..).zip(cells) {
            write(sheet, row, at, cell, &styles)?;
        }
        last = row;
    }
    let left_off = Count::of(rows.len().saturating_sub(ROWS_MAX));
    if left_off > Count(0) {
        let text = format!("and {} more rows: see the JSON report", shown::count(left_off));
        sheet.write_string_with_format(last.saturating_add(1), 0, text, &styles.text)?;
    }
    let last_column = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(0);
    sheet.autofilter(0, 0, last, last_column)?;
    Ok(())
}

struct Styles {
    text: Format,
    number: Format,
    whole: Format,
}

impl Styles {
    fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            text: top().set_text_wrap(),
            number: top().set_num_format("#,##0.00##########"),
            whole: top().set_num_format("#,##0"),
        }
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    cell: &Cell,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let (number, style) = match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => {
            sheet.write_string_with_format(row, at, guarded(text), &styles.text)?;
            return Ok(());
        }
        Cell::Number(number) => (number, &styles.number),
        Cell::Whole(number) => (number, &styles.whole),
    };
    // What doesn't read as a finite number is left out; the exact text is beside it.
    if let Some(value) = number.parse::<f64>().ok().filter(|value| value.is_finite()) {
        sheet.write_number_with_format(row, at, value, style)?;
    }
    Ok(())
}

/// The text as a cell may hold it: one that a spreadsheet would take for a formula, here or after
/// an export to CSV, gets an apostrophe before it. A plain negative number stays as it is.
pub(super) fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula && Decimal::parse(text).is_err() { "'" } else { "" };
    let shown = shown::visible(text);
    let cut: String = shown.chars().take(CHARACTERS_MAX).collect();
    format!("{guard}{cut}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        for text in ["=1+1", "+1", "-1+1", "@SUM(A1)", "-", "+49 30 1"] {
            if Decimal::parse(text).is_err() {
                assert_eq!(guarded(text), format!("'{text}"));
            }
        }
        assert_eq!(guarded("\t=1"), "'\\u{9}=1");
        assert_eq!(guarded("-120.00"), "-120.00");
        assert_eq!(guarded("a=b"), "a=b");
        assert_eq!(guarded(&"x".repeat(40_000)).len(), CHARACTERS_MAX);
    }
}
