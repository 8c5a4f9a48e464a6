//! Invoices as their billers made them, read to be explained.
//!
//! What it is for: files of the profile `bill-line-1` → the invoices of each biller, as
//! [`infer`](crate::reperform::infer) takes them. An invoice of which anything can't be read or
//! contradicts itself is left out whole, with every reason: without one of its lines it would be
//! another invoice.
//!
//! What it is not for: invoices whose quantities and prices aren't known (profile `invoice-1`).

mod assemble;

use crate::dataset::{DatasetSpec, FILE, Loaded, ROW, read_keeping};
use crate::progress::Progress;
use crate::record;
use crate::reperform::exact::Exact;
use crate::reperform::infer::BilledInvoice;
use crate::run::RunError;
use arrow_array::RecordBatch;
use assemble::{Row, assemble};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::paper::CommitmentFactory;
use tieout_controls::{Count, RefusedRow, Value};

/// The profile of the files that can be read.
pub const PROFILE: &str = "bill-line-1";

/// The invoices of the files, by biller.
#[derive(Debug, Default)]
pub struct Bills {
    /// How many rows there are, refused ones included.
    pub rows: Count,
    /// The billers.
    pub billers: BTreeMap<String, Biller>,
    /// Refused rows of which not even the biller can be read: they may be lines of any invoice.
    pub stray: Vec<Flaw>,
}

/// The invoices of a biller.
#[derive(Debug, Default)]
pub struct Biller {
    /// Those that can be explained, by currency.
    pub invoices: BTreeMap<String, Vec<BilledInvoice>>,
    /// Those that are left out, by number: everything that is wrong with each.
    pub left_out: BTreeMap<String, Vec<Flaw>>,
    /// Refused rows of which the invoice can't be read: they may be lines of any of the biller's.
    pub stray: Vec<Flaw>,
}

/// What is wrong with a row, without its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// The file as the user names it.
    pub file: String,
    /// The data row's ordinal in the file, from 1.
    pub row: Count,
    /// The line in a text file, where it is known.
    pub line: Option<Count>,
    /// The column at fault; `None` where the row as a whole is.
    pub column: Option<String>,
    /// Stable kebab-case code.
    pub code: String,
    /// The reason in words.
    pub reason: String,
}

impl From<&RefusedRow> for Flaw {
    fn from(refused: &RefusedRow) -> Self {
        let RefusedRow { file, row, line, column, code, reason, .. } = refused.clone();
        Self { file, row, line, column, code, reason }
    }
}

/// The number of an invoice and its biller.
type Invoice = (String, String);

/// Reads datasets of [`PROFILE`].
///
/// # Errors
/// As [`crate::dataset::read`]. Rows and invoices that don't fit are in the result.
pub fn read(
    specs: &[DatasetSpec],
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Bills, RunError> {
    let kept = ["issuer", "invoice_no"].map(str::to_owned).into();
    let mut bills = Bills::default();
    let mut rows: BTreeMap<Invoice, Vec<Row>> = BTreeMap::new();
    let mut flaws: BTreeMap<Invoice, Vec<Flaw>> = BTreeMap::new();
    for spec in specs {
        progress.step(&format!("reading `{}`", spec.name));
        let loaded = read_keeping(spec, &kept, commitments, progress)?;
        bills.rows = bills.rows + loaded.summary.rows;
        refused(&loaded, &mut bills, &mut flaws);
        accepted(&loaded, &mut rows)?;
    }
    let all: BTreeSet<Invoice> = rows.keys().chain(flaws.keys()).cloned().collect();
    for key in all {
        let assembled = assemble(&key.1, rows.remove(&key).unwrap_or_default());
        let (issuer, number) = key.clone();
        let biller = bills.billers.entry(issuer).or_default();
        match (assembled, flaws.remove(&key)) {
            (Ok((currency, invoice)), None) => {
                biller.invoices.entry(currency).or_default().push(invoice);
            }
            (assembled, refused) => {
                let more = assembled.err().unwrap_or_default();
                let mut all: Vec<Flaw> = refused.into_iter().flatten().chain(more).collect();
                all.sort();
                biller.left_out.insert(number, all);
            }
        }
    }
    Ok(bills)
}

/// Puts each refused row to the invoice, the biller or the files whose it is.
fn refused(loaded: &Loaded, bills: &mut Bills, flaws: &mut BTreeMap<Invoice, Vec<Flaw>>) {
    let issuers = loaded.refused_keys.of(&["issuer"]);
    let invoices = loaded.refused_keys.of(&["issuer", "invoice_no"]);
    for ((row, issuer), invoice) in loaded.refused.iter().zip(issuers).zip(invoices) {
        let flaw = Flaw::from(row);
        let text = |values: Option<Vec<Value>>| -> Option<Vec<String>> {
            values?.iter().map(Value::to_text).collect()
        };
        match (text(issuer).as_deref(), text(invoice).as_deref()) {
            (_, Some([issuer, number])) => {
                flaws.entry((issuer.clone(), number.clone())).or_default().push(flaw);
            }
            (Some([issuer]), _) => {
                bills.billers.entry(issuer.clone()).or_default().stray.push(flaw);
            }
            _ => bills.stray.push(flaw),
        }
    }
}

/// Puts each accepted row to its invoice.
fn accepted(loaded: &Loaded, rows: &mut BTreeMap<Invoice, Vec<Row>>) -> Result<(), RunError> {
    for batch in &loaded.batches {
        for at in 0..batch.num_rows() {
            let cells = Cells { batch, at };
            let file = usize::try_from(record::number(batch, FILE, at)?.0).ok();
            let file = file.and_then(|file| loaded.summary.files.get(file)).cloned();
            let row = Row {
                file: file.unwrap_or_default(),
                row: record::number(batch, ROW, at)?,
                line_no: cells.wanted("line_no")?,
                quantity: cells.wanted("quantity")?,
                unit_price: cells.wanted("unit_price")?,
                net: cells.wanted("net")?,
                tax_category: cells.text("tax_category")?,
                tax_rate: cells.wanted("tax_rate")?,
                tax: cells.number("tax")?,
                category_tax: cells.number("category_tax")?,
                rounding_line: cells.number("rounding_line")?,
                invoice_net: cells.wanted("invoice_net")?,
                invoice_tax: cells.wanted("invoice_tax")?,
                rounding_amount: cells.number("rounding_amount")?,
                payable: cells.wanted("payable")?,
                currency: cells.text("currency")?,
            };
            let key = (cells.text("issuer")?, cells.text("invoice_no")?);
            rows.entry(key).or_default().push(row);
        }
    }
    Ok(())
}

/// A row of a batch.
struct Cells<'a> {
    batch: &'a RecordBatch,
    at: usize,
}

impl Cells<'_> {
    fn value(&self, column: &str) -> Result<Value, RunError> {
        match self.batch.column_by_name(column) {
            Some(array) => record::value(array.as_ref(), self.at),
            None => Ok(Value::Null),
        }
    }

    /// A number, where there is one.
    fn number(&self, column: &str) -> Result<Option<Exact>, RunError> {
        match self.value(column)? {
            Value::Number(number) => {
                let exact = Exact::try_from(&number);
                exact.map(Some).map_err(|e| RunError::Internal(format!("`{column}`: {e}")))
            }
            _ => Ok(None),
        }
    }

    /// A number that the profile demands.
    fn wanted(&self, column: &str) -> Result<Exact, RunError> {
        self.number(column)?.ok_or_else(|| missing(column))
    }

    /// A text that the profile demands.
    fn text(&self, column: &str) -> Result<String, RunError> {
        self.value(column)?.to_text().ok_or_else(|| missing(column))
    }
}

fn missing(column: &str) -> RunError {
    RunError::Internal(format!("an accepted row without `{column}`"))
}
