//! Value added tax of a document, by two strategies, and how far apart they may lie.
//!
//! EN 16931-1:2017 wants one tax amount for each VAT category and rate of a document: BR-CO-17, the
//! category's taxable amount (BT-116) times its rate (BT-119) / 100, rounded to two digits (BT-117);
//! BR-CO-14, the document's VAT (BT-110) is Σ BT-117. Many billers round on each line instead. With
//! xᵢ the exact tax of line i of a category:
//!
//! ```text
//! per category: round(Σ xᵢ)        per line: Σ round(xᵢ)
//! ```
//!
//! Scale and mode are stated by the caller: the standard says two digits and names no mode.

use super::exact::{Exact, Increment};
use num_bigint::BigInt;
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// The VAT category code (BT-118, BT-151), a subset of UNCL 5305.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VatCategory {
    /// `S`, standard rate.
    Standard,
    /// `Z`, zero rated.
    ZeroRated,
    /// `E`, exempt.
    Exempt,
    /// `AE`, reverse charge.
    ReverseCharge,
    /// `K`, intra-community supply.
    IntraCommunity,
    /// `G`, export outside the EU.
    Export,
    /// `O`, outside the scope of VAT; it has no rate, which is stated as zero here.
    OutOfScope,
    /// `L`, Canary Islands general indirect tax.
    CanaryIslands,
    /// `M`, tax on production, services and importation in Ceuta and Melilla.
    CeutaMelilla,
}

impl VatCategory {
    /// The category of that code, or `None`.
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "S" => Self::Standard,
            "Z" => Self::ZeroRated,
            "E" => Self::Exempt,
            "AE" => Self::ReverseCharge,
            "K" => Self::IntraCommunity,
            "G" => Self::Export,
            "O" => Self::OutOfScope,
            "L" => Self::CanaryIslands,
            "M" => Self::CeutaMelilla,
            _ => return None,
        })
    }

    /// Rules BR-S-05, BR-Z-05, BR-E-05, BR-AE-05, BR-IC-05, BR-G-05, BR-O-05, BR-IG-05, BR-IP-05.
    fn allows(self, rate: &Exact) -> bool {
        match self {
            Self::Standard => !rate.is_zero() && !rate.is_negative(),
            Self::CanaryIslands | Self::CeutaMelilla => !rate.is_negative(),
            _ => rate.is_zero(),
        }
    }
}

/// What is taxed: an invoice line (BT-131), or a charge of the whole document; an allowance is one
/// with a negative amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxedLine {
    /// Its category.
    pub category: VatCategory,
    /// Its rate in per cent.
    pub rate_percent: Exact,
    /// The net amount in major units.
    pub net: Exact,
}

/// How tax amounts are rounded: the grid and the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxRounding {
    /// The grid of tax amounts; two digits in EN 16931.
    pub increment: Increment,
    /// The mode.
    pub mode: Rounding,
}

/// Where tax is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Once for each category and rate of the document (BR-CO-17).
    PerCategory,
    /// On each line; a category's tax is the sum.
    PerLine,
}

/// The tax of one category at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryTax {
    /// How many lines it has.
    pub lines: usize,
    /// Σ net amounts (BT-116), exact.
    pub taxable: Exact,
    /// Before any rounding.
    pub exact: Exact,
    /// Rounded by the strategy (BT-117).
    pub tax: Exact,
}

/// The tax of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentTax {
    /// By category and rate, in that order.
    pub categories: BTreeMap<(VatCategory, Exact), CategoryTax>,
    /// Σ of the categories' tax (BT-110, BR-CO-14).
    pub tax: Exact,
    /// Σ net amounts (BT-109).
    pub net: Exact,
}

/// A line whose rate its category does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: the vat category does not allow this rate")]
pub struct RateNotAllowed {
    /// Counted from 1.
    pub line: usize,
}

/// The tax of a document's lines, charges and allowances.
///
/// # Errors
/// [`RateNotAllowed`]: a standard rate of zero, a rate above zero on an exempt line.
///
/// ```
/// use tieout_controls::Rounding;
/// use tieout_engine::reperform::exact::{Exact, Increment};
/// use tieout_engine::reperform::tax::{Strategy, TaxRounding, TaxedLine, VatCategory, document_tax};
/// let (rate_percent, net) = (Exact::integer(19), Exact::from_scaled(99, 2));
/// let line = TaxedLine { category: VatCategory::Standard, rate_percent, net };
/// let cents = Increment::digits(2).unwrap();
/// let rounding = TaxRounding { increment: cents, mode: Rounding::HalfUp };
/// let lines = vec![line; 3];
/// // 2.97 × 19 % = 0.5643, but three times 0.1881
/// assert_eq!(document_tax(&lines, Strategy::PerCategory, rounding).unwrap().tax.to_string(), "0.56");
/// assert_eq!(document_tax(&lines, Strategy::PerLine, rounding).unwrap().tax.to_string(), "0.57");
/// ```
pub fn document_tax(
    lines: &[TaxedLine],
    strategy: Strategy,
    rounding: TaxRounding,
) -> Result<DocumentTax, RateNotAllowed> {
    let mut categories: BTreeMap<(VatCategory, Exact), CategoryTax> = BTreeMap::new();
    let mut net = Exact::zero();
    for (at, line) in lines.iter().enumerate() {
        if !line.category.allows(&line.rate_percent) {
            return Err(RateNotAllowed { line: at + 1 });
        }
        let amount = &line.net;
        let exact = amount.times(&line.rate_percent).times(&percent());
        let category =
            categories.entry((line.category, line.rate_percent.clone())).or_insert_with(|| {
                CategoryTax { lines: 0, taxable: zero(), exact: zero(), tax: zero() }
            });
        category.lines += 1;
        category.taxable = category.taxable.plus(amount);
        category.tax = category.tax.plus(&exact.rounded(rounding.increment, rounding.mode));
        category.exact = category.exact.plus(&exact);
        net = net.plus(amount);
    }
    if strategy == Strategy::PerCategory {
        for category in categories.values_mut() {
            category.tax = category.exact.rounded(rounding.increment, rounding.mode);
        }
    }
    let tax = categories.values().fold(zero(), |sum, category| sum.plus(&category.tax));
    Ok(DocumentTax { categories, tax, net })
}

fn zero() -> Exact {
    Exact::zero()
}

fn percent() -> Exact {
    Exact::from_scaled(1, 2)
}

/// How the strategies differ on one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyDifference {
    /// Per line less per category.
    pub difference: Exact,
    /// What its magnitude can't exceed, whatever the amounts: Σ over categories of [`bound_steps`]
    /// times the increment.
    pub bound: Exact,
}

/// Per line less per category, with the bound.
///
/// # Errors
/// As [`document_tax`].
pub fn strategy_difference(
    lines: &[TaxedLine],
    rounding: TaxRounding,
) -> Result<StrategyDifference, RateNotAllowed> {
    let by_line = document_tax(lines, Strategy::PerLine, rounding)?;
    let by_category = document_tax(lines, Strategy::PerCategory, rounding)?;
    let step =
        Exact::from_scaled(i128::from(rounding.increment.units()), rounding.increment.scale());
    let steps = |c: &CategoryTax| BigInt::from(bound_steps(c.lines, rounding.mode));
    let steps: BigInt = by_line.categories.values().map(steps).sum();
    Ok(StrategyDifference {
        difference: by_line.tax.minus(&by_category.tax),
        bound: step.times(&Exact::of_parts(steps, BigInt::from(1))),
    })
}

/// The most steps by which Σ round(xᵢ) and round(Σ xᵢ) of n amounts can differ.
///
/// To nearest, each of the n + 1 roundings moves at most half a step: ⌊(n + 1)/2⌋. Toward one side
/// of the number line (floor, ceiling) each moves less than a step and all the same way: n − 1. Toward
/// or away from zero the ways differ where signs do: less than n + 1 steps, so n. One line alone
/// doesn't differ from itself.
pub fn bound_steps(lines: usize, mode: Rounding) -> usize {
    match (lines, mode) {
        (0 | 1, _) => 0,
        (n, Rounding::HalfUp | Rounding::HalfEven | Rounding::HalfDown) => n.div_ceil(2),
        (n, Rounding::Floor | Rounding::Ceiling) => n - 1,
        (n, Rounding::Up | Rounding::Down) => n,
    }
}
