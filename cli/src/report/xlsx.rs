//! The report for the auditor: a workbook.
//!
//! A spreadsheet keeps 15 digits of a number, so each amount stands as exact text, with a number
//! beside it for sums and filters. No cell is a formula, nor becomes one when a sheet is saved as
//! CSV. The workbook's own date is the pack's.

mod controls;
mod records;
mod sheet;
mod tie_out;

use super::content::{Content, Tested, tally_words};
use super::reviewed::Reviewed;
use super::{ReportError, shown};
use chrono::DateTime;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use sheet::{Cell, add};

/// Writes the workbook.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    workbook(content).map_err(|e| ReportError::new("xlsx", e))
}

fn workbook(content: &Content<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sealed = DateTime::parse_from_rfc3339(&content.pack.sealed_at).unwrap_or_default();
    let created = ExcelDateTime::from_timestamp(sealed.timestamp())?;
    let title = format!("Tieout report: {}", shown::visible(&content.result.run.workspace));
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    add(&mut workbook, "Summary", &[("What", 24), ("Value", 90)], &summary(content))?;
    if let Some(reviewed) = content.reviewed {
        let columns = Reviewed::COLUMNS.map(|column| (column, 40));
        add(&mut workbook, "Sign-offs", &columns, &sign_offs(reviewed))?;
    }
    add(&mut workbook, "Tie-out", tie_out::COLUMNS, &tie_out::rows(content))?;
    let controls: Vec<_> = content.tests.iter().map(controls::row).collect();
    add(&mut workbook, "Controls", controls::COLUMNS, &controls)?;
    add(&mut workbook, "Exceptions", records::EXCEPTIONS, &each(content, records::exceptions))?;
    add(
        &mut workbook,
        "Undetermined",
        records::UNDETERMINED,
        &each(content, records::undetermined),
    )?;
    add(&mut workbook, "Refused rows", records::REFUSED, &records::refused(content))?;
    add(&mut workbook, "How to verify", &[("Step", 60), ("Command", 90)], &verify(content))?;
    workbook.save_to_buffer()
}

fn each(content: &Content<'_>, rows: fn(&Tested<'_>) -> Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    content.tests.iter().flat_map(rows).collect()
}

fn summary(content: &Content<'_>) -> Vec<Vec<Cell>> {
    let run = &content.result.run;
    let mut rows = vec![
        ("Workspace", run.workspace.clone()),
        ("Period", shown::period(run.period_start, run.period_end)),
        ("As of", run.as_of.to_string()),
        ("Engine", run.engine.clone()),
        ("Configuration digest", run.configuration.to_string()),
        ("Pack", content.pack_name()),
        ("Pack digest (SHA-256)", content.pack.digest.to_string()),
        ("Log index", content.pack.log_index.to_string()),
        ("Sealed at", content.pack.sealed_at.clone()),
        ("Verification", format!("{}: {}", content.verdict(), content.verdict_meaning())),
    ];
    if content.tells_personal() {
        rows.push(("Notice", shown::PERSONAL.to_owned()));
    }
    rows.extend(content.verification.notes.iter().map(|note| ("Note", note.clone())));
    let setting = |(name, from): (&String, &String)| {
        (shown::setting(name, "Override", "Resolved parameter"), format!("{name}: {from}"))
    };
    rows.extend(run.overrides.iter().map(setting));
    let mut cells: Vec<_> =
        rows.iter().map(|(what, value)| vec![Cell::text(what), Cell::text(value)]).collect();
    for (word, number) in content.outcomes() {
        cells.push(vec![
            Cell::Text(format!("Controls: {}", tally_words(word))),
            Cell::text(&shown::count(number)),
        ]);
    }
    cells
}

/// The exceptions gross and net, and below what was signed.
fn sign_offs(reviewed: &Reviewed) -> Vec<Vec<Cell>> {
    let nets = reviewed.rows.iter().map(|row| row.iter().map(|cell| Cell::text(cell)).collect());
    let mut rows: Vec<Vec<Cell>> = nets.collect();
    rows.push(vec![Cell::Text(reviewed.title())]);
    rows.extend(reviewed.sign_offs.iter().map(|line| vec![Cell::text(&shown::visible(line))]));
    rows
}

fn verify(content: &Content<'_>) -> Vec<Vec<Cell>> {
    let step = |(purpose, command): (&str, String)| vec![Cell::text(purpose), Cell::Text(command)];
    let mut rows: Vec<_> = content.verify_commands().into_iter().map(step).collect();
    for (step, text) in [
        ("The pack's digest", content.pack.digest.to_string()),
        (
            "About this workbook",
            "Made from the pack, not part of it. Amounts are exact where a column says so; the \
             number beside is for sums and keeps 15 digits. Text that a spreadsheet would take \
             for a formula has an apostrophe before it."
                .to_owned(),
        ),
    ] {
        rows.push(vec![Cell::text(step), Cell::Text(text)]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};
    use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
    use std::io::Cursor;

    fn sheet(name: &str) -> Vec<Vec<Data>> {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Xlsx, &pack, &verification, None).unwrap();
        let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        for sheet in workbook.sheet_names() {
            let formulas = workbook.worksheet_formula(&sheet).unwrap();
            assert!(formulas.is_empty(), "{sheet} has formulas");
        }
        let range = workbook.worksheet_range(name).unwrap();
        range.rows().map(<[Data]>::to_vec).collect()
    }

    fn column(rows: &[Vec<Data>], head: &str) -> usize {
        rows[0].iter().position(|cell| *cell == *head).unwrap()
    }

    #[test]
    fn the_sheets_are_in_the_order_of_reading() {
        let (pack, verification) = fixture::pack();
        let bytes = render(Format::Xlsx, &pack, &verification, None).unwrap();
        let workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let names = workbook.sheet_names();
        let expected = [
            "Summary",
            "Tie-out",
            "Controls",
            "Exceptions",
            "Undetermined",
            "Refused rows",
            "How to verify",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn amounts_are_exact_text_beside_a_number() {
        let rows = sheet("Exceptions");
        let (text, number) = (column(&rows, "Amount (exact)"), column(&rows, "Amount"));
        let amounts: Vec<_> = rows[1..].iter().map(|r| r[text].to_string()).collect();
        assert_eq!(
            amounts,
            ["-120.00", fixture::HUGE, "0.10", "", ""],
            "by currency, then by size, then those without"
        );
        assert!(matches!(rows[1][text], Data::String(_)));
        assert_eq!(rows[3][number], Data::Float(0.1));
        let record = column(&rows, "Pack record");
        assert!(rows[1..].iter().all(|row| matches!(row[record], Data::Float(_))));
    }

    #[test]
    fn no_text_begins_as_a_formula() {
        for name in ["Summary", "Tie-out", "Controls", "Exceptions", "Undetermined"] {
            for cell in sheet(name).iter().flatten() {
                let Data::String(text) = cell else { continue };
                let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
                let number = tieout_controls::Decimal::parse(text).is_ok();
                assert!(!formula || number, "{name}: {text}");
            }
        }
        let rows = sheet("Exceptions");
        let expected = column(&rows, "Expected");
        assert!(rows.iter().any(|row| row[expected] == *"'=1+1"));
    }

    #[test]
    fn the_difference_of_one_cent_is_there() {
        let rows = sheet("Tie-out");
        let difference = column(&rows, "Difference (exact)");
        let what = column(&rows, "What");
        let found = rows.iter().find(|row| row[difference] == *"-0.01").unwrap();
        assert_eq!(found[what].to_string(), "BilledCost EUR");
    }
}
