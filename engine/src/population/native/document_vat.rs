//! The native population `document-vat`: each invoice, with the VAT that its lines bear and the VAT of
//! the document by category and rate.

use super::output::{AMOUNT_SCALE, Cell, Column, Kind, Output, fits, schema};
use super::reading::{self, Reading, text};
use super::{Native, NativeGrain, Request};
use crate::reperform::exact::Exact;
use crate::reperform::rounding::Scale;
use crate::reperform::tax::{Strategy, TaxRounding, TaxedLine, VatCategory, document_tax};
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "document-vat",
    grain: NativeGrain::Group(&["issuer", "invoice_no"]),
    roles: &["invoice"],
    schema: || schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    Column("issuer", Kind::Text, false),
    Column("invoice_no", Kind::Text, false),
    Column("_records", Kind::Whole, false),
    Column("net", Kind::Amount("currency"), true),
    Column("actual", Kind::Amount("currency"), true),
    Column("expected", Kind::Amount("currency"), true),
    Column("difference", Kind::Amount("currency"), true),
    Column("class", Kind::Text, true),
    Column("currency", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

/// The class of a document whose VAT was rounded on each line.
const PER_LINE: &str = "vat-rounded-per-line";
const TOO_LONG: &str = "amounts of more than 38 digits";

/// The lines of a document.
#[derive(Default)]
struct Document<'a> {
    lines: i64,
    /// That of the last line read.
    currency: &'a str,
    /// Whether another line has another.
    mixed: bool,
    taxed: Vec<TaxedLine>,
    /// The VAT of the lines; none for what has more than 38 digits.
    borne: Vec<Option<Exact>>,
    /// Why a line can't be taxed; that of the first such line.
    untaxed: Option<String>,
}

/// What a document's VAT should be.
struct Due {
    net: Exact,
    expected: Exact,
    difference: Exact,
    class: Option<&'static str>,
}

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let mut documents = BTreeMap::new();
    for batch in reading::batches(request.bound.base()?) {
        read(batch, &mut documents)?;
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
    }
    let mut output = Output::new(COLUMNS);
    for ((issuer, number), document) in documents {
        document.write(issuer, number, &mut output)?;
    }
    output.finish()
}

fn read<'a>(
    batch: Reading<'a>,
    documents: &mut BTreeMap<(&'a str, &'a str), Document<'a>>,
) -> Result<(), RunError> {
    let (issuers, numbers) = (batch.text("issuer")?, batch.text("invoice_no")?);
    let (categories, currencies) = (batch.text("vat_category")?, batch.text("currency")?);
    let (nets, rates, vat) =
        (batch.number("net")?, batch.number("vat_rate")?, batch.number("vat_amount")?);
    for row in 0..batch.rows() {
        let (Some(issuer), Some(number)) = (text(issuers, row), text(numbers, row)) else {
            return Err(RunError::Internal("an invoice line without its key".to_owned()));
        };
        let document = documents.entry((issuer, number)).or_default();
        let currency = text(currencies, row).unwrap_or_default();
        document.mixed |= document.lines > 0 && document.currency != currency;
        document.currency = currency;
        document.lines += 1;
        match taxed(text(categories, row).unwrap_or_default(), rates.exact(row), nets.exact(row)) {
            Ok(line) => document.taxed.push(line),
            Err(reason) => {
                document.untaxed.get_or_insert(reason);
            }
        }
        document.borne.push(vat.exact(row));
    }
    Ok(())
}

/// What is taxed of a line. A category that has no rate bears none: zero (BR-O-05 and the like).
fn taxed(code: &str, rate: Option<Exact>, net: Option<Exact>) -> Result<TaxedLine, String> {
    let category = VatCategory::of_code(code)
        .ok_or_else(|| format!("the vat category `{code}` is not known here"))?;
    let needs_rate = matches!(
        category,
        VatCategory::Standard | VatCategory::CanaryIslands | VatCategory::CeutaMelilla
    );
    let rate_percent = match rate {
        Some(rate) => rate,
        None if needs_rate => {
            return Err(format!("a line of the vat category `{code}` has no rate"));
        }
        None => Exact::zero(),
    };
    let net = net.ok_or(TOO_LONG)?;
    Ok(TaxedLine { category, rate_percent, net })
}

impl Document<'_> {
    /// The VAT that its lines bear.
    fn actual(&self) -> Option<Exact> {
        let add = |sum: Exact, vat: &Option<Exact>| Some(sum.plus(vat.as_ref()?));
        let sum = self.borne.iter().try_fold(Exact::zero(), add)?;
        (!self.mixed && fits(&sum, AMOUNT_SCALE)).then_some(sum)
    }

    /// Its VAT by BR-CO-17 and BR-CO-14, rounded half up to the minor unit of its currency.
    ///
    /// # Errors
    /// Why it can't be re-performed.
    fn due(&self, actual: Option<&Exact>) -> Result<Due, String> {
        if self.mixed {
            return Err("lines in several currencies".to_owned());
        }
        if let Some(reason) = &self.untaxed {
            return Err(reason.clone());
        }
        let increment = Scale::MinorUnit.increment(self.currency).map_err(|e| e.to_string())?;
        let rounding = TaxRounding { increment, mode: Rounding::HalfUp };
        let tax = |strategy| document_tax(&self.taxed, strategy, rounding);
        let whole = tax(Strategy::PerCategory).map_err(|e| e.to_string())?;
        let by_line = tax(Strategy::PerLine).map_err(|e| e.to_string())?.tax;
        let actual = actual.ok_or(TOO_LONG)?;
        let difference = actual.minus(&whole.tax);
        if ![&whole.net, &whole.tax, &difference].into_iter().all(|n| fits(n, AMOUNT_SCALE)) {
            return Err(TOO_LONG.to_owned());
        }
        let class = (!difference.is_zero() && *actual == by_line).then_some(PER_LINE);
        Ok(Due { net: whole.net, expected: whole.tax, difference, class })
    }

    fn write(&self, issuer: &str, number: &str, output: &mut Output) -> Result<(), RunError> {
        let actual = self.actual();
        let due = self.due(actual.as_ref());
        let known = due.as_ref().ok();
        output.push(&[
            Cell::Text(Some(issuer)),
            Cell::Text(Some(number)),
            Cell::Whole(Some(self.lines)),
            Cell::Number(known.map(|due| &due.net)),
            Cell::Number(actual.as_ref()),
            Cell::Number(known.map(|due| &due.expected)),
            Cell::Number(known.map(|due| &due.difference)),
            Cell::Text(known.and_then(|due| due.class)),
            Cell::Text((!self.mixed).then_some(self.currency)),
            Cell::Text(due.as_ref().err().map(String::as_str)),
        ])
    }
}
