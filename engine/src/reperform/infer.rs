//! Which rounding specification explains a biller's invoices?
//!
//! Many bills come without a word on how they were rounded. [`infer`] searches a finite [`Grid`] of
//! specifications for those that give every billed amount of every invoice, to the last unit: one
//! survivor is the rule; several are equivalent on this data ([`Survivors`] tells at which stages
//! they agree); none is a [`Contradiction`], with the first invoice that no specification explains.
//!
//! The grid is a product of six stages, and isn't searched as one. Line amounts and totals are
//! billed, so what comes after them starts from the billed numbers: prices, quantities and lines are
//! one [`Part`], the taxes a second, the payable amount a third. The survivors of a part are searched
//! invoice by invoice; options that give the same numbers for an invoice are computed once.
//!
//! Not for: amounts that weren't computed as quantity × price (rate those first), and invoices whose
//! totals are unknown.

mod classes;
mod exercised;
mod found;
mod frame;
mod grid;
mod paying;
mod pricing;
mod taxing;

pub use found::{Contradiction, Inference, Nearest, Part, PartRules, Place, Survivors};
pub use grid::Grid;

use super::exact::Exact;
use super::rounding::Stage;
use super::rounding::invoice::Line;
use std::collections::{BTreeMap, BTreeSet};

/// A line as billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledLine {
    /// Its operands, none of them rounded.
    pub line: Line,
    /// The billed amount.
    pub amount: Exact,
    /// The billed tax, where lines state one.
    pub tax: Option<Exact>,
}

/// An invoice as billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledInvoice {
    /// Its number: invoices are searched in this order.
    pub id: String,
    /// Its lines.
    pub lines: Vec<BilledLine>,
    /// The amount of its rounding line; zero if it has none.
    pub rounding_line: Exact,
    /// The total without tax.
    pub net: Exact,
    /// The tax of each category and rate, where the invoice states it.
    pub categories: Option<BTreeMap<(String, Exact), Exact>>,
    /// The total of tax.
    pub tax: Exact,
    /// The stated rounding amount (EN 16931 BT-114); zero if there is none.
    pub rounding_amount: Exact,
    /// What is to be paid.
    pub payable: Exact,
}

/// Why the invoices can't be searched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InferError {
    /// No invoice: everything would explain it.
    #[error("there are no invoices to infer a rule from")]
    NoInvoices,
    /// Two invoices with one number.
    #[error("invoice `{0}` stands twice")]
    InvoiceTwice(String),
    /// Two lines with one number.
    #[error("line number {line} stands twice in invoice `{invoice}`")]
    LineTwice {
        /// The invoice.
        invoice: String,
        /// The line.
        line: u32,
    },
    /// The stated categories aren't those of the lines.
    #[error("the tax categories of invoice `{0}` aren't those of its lines")]
    Categories(String),
    /// A stage has no option.
    #[error("the grid has no option for stage `{}`", .0.name())]
    NoOption(Stage),
}

/// Searches the grid for the specifications that explain every invoice. The order of invoices and
/// lines doesn't matter.
///
/// # Errors
/// [`InferError`] for what can't be searched. That nothing explains the invoices isn't an error.
///
/// ```
/// use tieout_controls::Rounding;
/// use tieout_engine::reperform::exact::{Exact, Increment};
/// use tieout_engine::reperform::infer::{BilledInvoice, BilledLine, Grid, Inference, infer};
/// use tieout_engine::reperform::rounding::invoice::Line;
/// use tieout_engine::reperform::rounding::{Residual, Stage};
/// let cents = Increment::digits(2).unwrap();
/// let modes = [Rounding::HalfUp, Rounding::HalfEven];
/// let alone = [Residual::Unassigned];
/// let grid = Grid::exact().or(Stage::Line, &modes, &[cents], &alone).rounded(Stage::Line);
/// // One unit at 0.125 was billed at 0.13.
/// let line = Line {
///     number: 1,
///     quantity: Exact::integer(1),
///     unit_price: Exact::from_scaled(125, 3),
///     tax_category: "Z".into(),
///     tax_rate: Exact::zero(),
/// };
/// let billed = Exact::from_scaled(13, 2);
/// let invoice = BilledInvoice {
///     id: "R-1".into(),
///     lines: vec![BilledLine { line, amount: billed.clone(), tax: None }],
///     rounding_line: Exact::zero(),
///     net: billed.clone(),
///     categories: None,
///     tax: Exact::zero(),
///     rounding_amount: Exact::zero(),
///     payable: billed,
/// };
/// let Inference::Unique(spec) = infer(&grid, &[invoice]).unwrap() else { panic!() };
/// assert_eq!(spec.to_string(), "line: half_up to 0.01, residual unassigned");
/// assert!(infer(&grid, &[]).is_err());
/// ```
pub fn infer(grid: &Grid, invoices: &[BilledInvoice]) -> Result<Inference, InferError> {
    grid.check()?;
    let invoices = in_order(invoices)?;
    let searches = [
        search(Part::Pricing, pricing::Pricing::new(grid), &invoices),
        search(Part::Taxing, taxing::Taxing::new(grid), &invoices),
        search(Part::Paying, paying::Paying::new(grid), &invoices),
    ];
    let (mut parts, mut contradictions) = (Vec::new(), Vec::new());
    for outcome in searches {
        match outcome {
            Ok(left) => parts.push(left),
            Err(contradiction) => contradictions.push(contradiction),
        }
    }
    if !contradictions.is_empty() {
        return Ok(Inference::Contradiction(contradictions));
    }
    let survivors = Survivors { parts };
    let single = if survivors.count() == 1 { survivors.specs().pop() } else { None };
    Ok(single.map_or(Inference::Equivalent(survivors), Inference::Unique))
}

/// The candidates of one part that are left.
trait Candidates {
    /// Drops those that don't explain the invoice; gives them, and where they failed.
    fn see(&mut self, invoice: &BilledInvoice) -> Vec<Nearest>;
    /// Those that are left.
    fn left(&self) -> Vec<PartRules>;
    /// Whether any is.
    fn any(&self) -> bool;
}

fn search(
    part: Part,
    mut candidates: impl Candidates,
    invoices: &[&BilledInvoice],
) -> Result<Vec<PartRules>, Contradiction> {
    for invoice in invoices {
        let nearest = candidates.see(invoice);
        if !candidates.any() {
            return Err(Contradiction { part, invoice: invoice.id.clone(), nearest });
        }
    }
    Ok(candidates.left())
}

fn in_order(invoices: &[BilledInvoice]) -> Result<Vec<&BilledInvoice>, InferError> {
    let mut ordered: Vec<&BilledInvoice> = invoices.iter().collect();
    ordered.sort_by(|a, b| a.id.cmp(&b.id));
    if ordered.is_empty() {
        return Err(InferError::NoInvoices);
    }
    let mut ids = BTreeSet::new();
    for invoice in &ordered {
        if !ids.insert(&invoice.id) {
            return Err(InferError::InvoiceTwice(invoice.id.clone()));
        }
        let mut numbers = BTreeSet::new();
        let twice = invoice.lines.iter().find(|line| !numbers.insert(line.line.number));
        if let Some(line) = twice {
            let (invoice, line) = (invoice.id.clone(), line.line.number);
            return Err(InferError::LineTwice { invoice, line });
        }
        if let Some(stated) = &invoice.categories {
            let of_lines: BTreeSet<_> =
                invoice.lines.iter().map(|l| (&l.line.tax_category, &l.line.tax_rate)).collect();
            if !stated.keys().map(|(code, rate)| (code, rate)).eq(of_lines) {
                return Err(InferError::Categories(invoice.id.clone()));
            }
        }
    }
    Ok(ordered)
}
