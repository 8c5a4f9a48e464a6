//! From the rows of an invoice to the invoice, or what is wrong with it.

use super::Flaw;
use crate::reperform::exact::Exact;
use crate::reperform::infer::{BilledInvoice, BilledLine};
use crate::reperform::rounding::invoice::Line;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Count;
use tieout_controls::currency::minor_units;

/// An accepted row of the profile.
pub(super) struct Row {
    pub(super) file: String,
    pub(super) row: Count,
    pub(super) line_no: Exact,
    pub(super) quantity: Exact,
    pub(super) unit_price: Exact,
    pub(super) net: Exact,
    pub(super) tax_category: String,
    pub(super) tax_rate: Exact,
    pub(super) tax: Option<Exact>,
    pub(super) category_tax: Option<Exact>,
    pub(super) rounding_line: Option<Exact>,
    pub(super) invoice_net: Exact,
    pub(super) invoice_tax: Exact,
    pub(super) rounding_amount: Option<Exact>,
    pub(super) payable: Exact,
    pub(super) currency: String,
}

impl Row {
    fn flaw(&self, column: &str, code: &str, reason: &str) -> Flaw {
        Flaw {
            file: self.file.clone(),
            row: self.row,
            line: None,
            column: Some(column.to_owned()),
            code: code.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The number by which the line is ordered.
    fn number(&self) -> Option<u32> {
        let whole = self.line_no.to_decimal()?.to_scaled(0).ok()?;
        u32::try_from(whole).ok()
    }

    /// The rate as a fraction.
    fn rate(&self) -> Exact {
        self.tax_rate.times(&Exact::from_scaled(1, 2))
    }
}

/// The invoice and its currency.
///
/// # Errors
/// Everything that keeps it from being one.
pub(super) fn assemble(id: &str, rows: Vec<Row>) -> Result<(String, BilledInvoice), Vec<Flaw>> {
    let Some(first) = rows.first() else { return Err(Vec::new()) };
    let mut flaws = same_on_all(first, &rows);
    flaws.extend(line_numbers(&rows));
    let categories = categories(&rows).unwrap_or_else(|found| {
        flaws.extend(found);
        None
    });
    if minor_units(&first.currency).is_none() {
        flaws.push(first.flaw("currency", "bill-currency", "no currency of ISO 4217"));
    }
    if !flaws.is_empty() {
        return Err(flaws);
    }
    let or_zero = |amount: &Option<Exact>| amount.clone().unwrap_or_else(Exact::zero);
    let invoice = BilledInvoice {
        id: id.to_owned(),
        lines: rows.iter().filter_map(line).collect(),
        rounding_line: or_zero(&first.rounding_line),
        net: first.invoice_net.clone(),
        categories,
        tax: first.invoice_tax.clone(),
        rounding_amount: or_zero(&first.rounding_amount),
        payable: first.payable.clone(),
    };
    Ok((first.currency.clone(), invoice))
}

fn line(row: &Row) -> Option<BilledLine> {
    let line = Line {
        number: row.number()?,
        quantity: row.quantity.clone(),
        unit_price: row.unit_price.clone(),
        tax_category: row.tax_category.clone(),
        tax_rate: row.rate(),
    };
    Some(BilledLine { line, amount: row.net.clone(), tax: row.tax.clone() })
}

/// What the whole invoice states is the same on each of its lines.
fn same_on_all(first: &Row, rows: &[Row]) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for row in rows {
        if row.currency != first.currency {
            let reason = "the lines of an invoice have more than one currency";
            flaws.push(row.flaw("currency", "bill-currency", reason));
        }
        let stated = [
            ("invoice_net", row.invoice_net == first.invoice_net),
            ("invoice_tax", row.invoice_tax == first.invoice_tax),
            ("payable", row.payable == first.payable),
            ("rounding_line", row.rounding_line == first.rounding_line),
            ("rounding_amount", row.rounding_amount == first.rounding_amount),
        ];
        for (column, _) in stated.into_iter().filter(|(_, same)| !same) {
            let reason = "differs from the first line's: it is the whole invoice's";
            flaws.push(row.flaw(column, "bill-totals", reason));
        }
    }
    flaws
}

fn line_numbers(rows: &[Row]) -> Vec<Flaw> {
    let mut seen = BTreeSet::new();
    let wrong = rows.iter().filter_map(|row| {
        let reason = match row.number() {
            None => "not a number from 0 to 4294967295",
            Some(number) if !seen.insert(number) => "stands twice in the invoice",
            Some(_) => return None,
        };
        Some(row.flaw("line_no", "bill-line-number", reason))
    });
    wrong.collect()
}

type Categories = BTreeMap<(String, Exact), Exact>;

/// The tax of each category and rate, if the invoice states it.
fn categories(rows: &[Row]) -> Result<Option<Categories>, Vec<Flaw>> {
    if rows.iter().all(|row| row.category_tax.is_none()) {
        return Ok(None);
    }
    let (mut stated, mut flaws) = (Categories::new(), Vec::new());
    for row in rows {
        let mut wrong = |reason| flaws.push(row.flaw("category_tax", "bill-category-tax", reason));
        let Some(tax) = &row.category_tax else {
            wrong("null, and other lines of the invoice state theirs");
            continue;
        };
        let known = stated.entry((row.tax_category.clone(), row.rate()));
        if known.or_insert_with(|| tax.clone()) != tax {
            wrong("differs from that of another line of this category and rate");
        }
    }
    if flaws.is_empty() { Ok(Some(stated)) } else { Err(flaws) }
}
