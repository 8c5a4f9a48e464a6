//! Applying a rounding specification to the lines of an invoice.
//!
//! ```text
//! p, q    unit price and quantity, each rounded if its stage has a rule
//! a       = p·q of each line, the lines of the invoice rounded as one group
//! net     = total of that group
//! t       = a·rate of each line, rounded as one group a category and rate
//! tax_c   = total of that group (Σ t where the stage has no rule)
//! tax     = total of the tax_c, rounded as one group
//! payable = net + tax, rounded
//! ```

use super::residual::{Group, Residual, round_group};
use super::{RoundingSpec, Rule, SpecError, Stage};
use crate::reperform::exact::{Exact, least_common_multiple};
use crate::reperform::integer::ten_pow;
use num_bigint::BigInt;
use std::collections::{BTreeMap, BTreeSet};

/// A line before anything is rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number: the stable key that breaks ties, and says which line is last.
    pub number: u32,
    /// How many units; negative for a correction.
    pub quantity: Exact,
    /// The price of one.
    pub unit_price: Exact,
    /// The code of the tax category (EN 16931 BT-151).
    pub tax_category: String,
    /// The rate of tax as a fraction: 0.19 for 19 %.
    pub tax_rate: Exact,
}

/// A line as the specification has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundedLine {
    /// The line's number.
    pub number: u32,
    /// Quantity × unit price of which nothing is rounded.
    pub exact: Exact,
    /// The amount of the line, without tax.
    pub amount: Exact,
    /// The tax of the line; what its category makes of it is another matter.
    pub tax: Exact,
}

/// The tax of one category and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryTax {
    /// The code.
    pub category: String,
    /// The rate.
    pub rate: Exact,
    /// Σ amounts of its lines.
    pub base: Exact,
    /// The tax.
    pub amount: Exact,
}

/// Where something of a residual went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To that line.
    Line(u32),
    /// To the tax of that category and rate.
    Category(String, Exact),
    /// To a rounding line or the invoice's rounding amount (EN 16931 BT-114).
    RoundingLine,
}

/// What one stage lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageResidual {
    /// The stage.
    pub stage: Stage,
    /// Of a stage that is done for each category: which.
    pub category: Option<(String, Exact)>,
    /// Σ before the stage, less Σ after it: what nobody pays (positive) or pays too much.
    pub lost: Exact,
    /// What was moved between the parts, so that they add up.
    pub moved: Vec<(Destination, Exact)>,
}

/// An invoice as the specification has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundedInvoice {
    /// The lines, by number.
    pub lines: Vec<RoundedLine>,
    /// The rounding line among them; zero if there is none.
    pub rounding_line: Exact,
    /// The total without tax.
    pub net: Exact,
    /// The tax of each category and rate, in that order.
    pub categories: Vec<CategoryTax>,
    /// The total of tax.
    pub tax: Exact,
    /// What rounding the payable amount added, where the rule states it (EN 16931 BT-114); zero
    /// otherwise.
    pub rounding_amount: Exact,
    /// What is to be paid.
    pub payable: Exact,
    /// What each stage lost. A stage without a rule loses nothing and isn't here.
    pub residuals: Vec<StageResidual>,
    /// Exact tax on the exact lines, less exact tax on the rounded ones: what the rounding of
    /// prices, quantities and lines meant for the tax.
    pub tax_on_lost: Exact,
}

impl RoundedInvoice {
    /// Whether nothing disappeared: exact gross = payable + Σ lost + tax on what was lost.
    pub fn conserves(&self, lines: &[Line]) -> bool {
        let gross = lines.iter().fold(Exact::zero(), |sum, line| {
            let net = line.quantity.times(&line.unit_price);
            sum.plus(&net).plus(&net.times(&line.tax_rate))
        });
        let kept = self.payable.plus(&self.tax_on_lost);
        self.residuals.iter().fold(kept, |sum, residual| sum.plus(&residual.lost)) == gross
    }
}

type CategoryKey = (String, Exact);

/// The invoice of those lines under that specification. The order in which the lines are given
/// doesn't matter.
///
/// # Errors
/// [`SpecError::LineTwice`] for two lines with one number.
///
/// ```
/// use tieout_controls::Rounding;
/// use tieout_engine::reperform::exact::{Exact, Increment};
/// use tieout_engine::reperform::rounding::invoice::{Line, apply};
/// use tieout_engine::reperform::rounding::{Residual, RoundingSpec, Rule, Stage};
/// let third = |number| Line {
///     number,
///     quantity: Exact::ratio(1, 3).unwrap(),
///     unit_price: Exact::integer(100),
///     tax_category: "S".into(),
///     tax_rate: Exact::zero(),
/// };
/// let increment = Increment::digits(2).unwrap();
/// let residual = Residual::LargestRemainder;
/// let rule = Rule { increment, mode: Rounding::HalfEven, residual };
/// let spec = RoundingSpec::exact().with(Stage::Line, rule).unwrap();
/// let invoice = apply(&spec, &[third(1), third(2), third(3)]).unwrap();
/// let amounts: Vec<String> = invoice.lines.iter().map(|l| l.amount.to_string()).collect();
/// assert_eq!(amounts, ["33.34", "33.33", "33.33"]);
/// ```
pub fn apply(spec: &RoundingSpec, lines: &[Line]) -> Result<RoundedInvoice, SpecError> {
    let lines = in_order(lines)?;
    let mut residuals = Vec::new();
    let exact: Vec<Exact> = lines.iter().map(|l| l.quantity.times(&l.unit_price)).collect();
    let factors = factors(spec, &lines, &mut residuals);
    let numbers: Vec<Destination> = lines.iter().map(|l| Destination::Line(l.number)).collect();
    let net = stage(spec, Stage::Line, None, &factors, &numbers, &mut residuals);
    let tax_on_lost = lines
        .iter()
        .zip(exact.iter().zip(&net.parts))
        .fold(Exact::zero(), |sum, (line, (exact, amount))| {
            sum.plus(&exact.minus(amount).times(&line.tax_rate))
        });

    let mut members: BTreeMap<CategoryKey, Vec<usize>> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate() {
        members.entry((line.tax_category.clone(), line.tax_rate.clone())).or_default().push(i);
    }
    let (taxes, line_taxes, bases) = tax_lines(spec, &members, &net, &numbers, &mut residuals);
    let codes: Vec<Destination> = members
        .keys()
        .map(|(code, rate)| Destination::Category(code.clone(), rate.clone()))
        .collect();
    let tax = stage(spec, Stage::TaxCategory, None, &taxes, &codes, &mut residuals);

    let gross = [net.total.plus(&tax.total)];
    let payable =
        stage(spec, Stage::Invoice, None, &gross, &[Destination::RoundingLine], &mut residuals);
    let [gross] = gross;
    let rounded = lines.iter().zip(exact).zip(net.parts).enumerate();
    Ok(RoundedInvoice {
        lines: rounded
            .map(|(i, ((line, exact), amount))| RoundedLine {
                number: line.number,
                exact,
                amount,
                tax: line_taxes.get(&i).cloned().unwrap_or_else(Exact::zero),
            })
            .collect(),
        rounding_line: net.rounding_line,
        net: net.total,
        categories: members
            .into_keys()
            .zip(bases)
            .zip(tax.parts)
            .map(|(((category, rate), base), amount)| CategoryTax { category, rate, base, amount })
            .collect(),
        tax: tax.total,
        rounding_amount: if states_rounding(spec) {
            payable.total.minus(&gross)
        } else {
            Exact::zero()
        },
        payable: payable.total,
        residuals,
        tax_on_lost,
    })
}

fn states_rounding(spec: &RoundingSpec) -> bool {
    spec.rule(Stage::Invoice).is_some_and(|rule| rule.residual == Residual::RoundingLine)
}

fn in_order(lines: &[Line]) -> Result<Vec<&Line>, SpecError> {
    let mut ordered: Vec<&Line> = lines.iter().collect();
    ordered.sort_by_key(|line| line.number);
    let mut seen = BTreeSet::new();
    match ordered.iter().find(|line| !seen.insert(line.number)) {
        Some(line) => Err(SpecError::LineTwice(line.number)),
        None => Ok(ordered),
    }
}

/// Unit price × quantity of each line, each factor rounded by its rule.
fn factors(spec: &RoundingSpec, lines: &[&Line], residuals: &mut Vec<StageResidual>) -> Vec<Exact> {
    let rounded = |value: &Exact, stage| match spec.rule(stage) {
        Some(rule) => value.rounded(rule.increment, rule.mode),
        None => value.clone(),
    };
    let (mut price_lost, mut quantity_lost) = (Exact::zero(), Exact::zero());
    let mut products = Vec::with_capacity(lines.len());
    for line in lines {
        let price = rounded(&line.unit_price, Stage::UnitPrice);
        let quantity = rounded(&line.quantity, Stage::Quantity);
        price_lost = price_lost.plus(&line.unit_price.minus(&price).times(&line.quantity));
        quantity_lost = quantity_lost.plus(&line.quantity.minus(&quantity).times(&price));
        products.push(price.times(&quantity));
    }
    for (stage, lost) in [(Stage::UnitPrice, price_lost), (Stage::Quantity, quantity_lost)] {
        if spec.rule(stage).is_some() {
            residuals.push(StageResidual { stage, category: None, lost, moved: Vec::new() });
        }
    }
    products
}

type TaxLines = (Vec<Exact>, BTreeMap<usize, Exact>, Vec<Exact>);

/// The tax of each category, of each line by its position, and the base of each category.
fn tax_lines(
    spec: &RoundingSpec,
    members: &BTreeMap<CategoryKey, Vec<usize>>,
    net: &Group<Exact>,
    numbers: &[Destination],
    residuals: &mut Vec<StageResidual>,
) -> TaxLines {
    let (mut taxes, mut line_taxes, mut bases) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (key, positions) in members {
        let amounts = positions.iter().filter_map(|i| net.parts.get(*i));
        let exact: Vec<Exact> = amounts.clone().map(|amount| amount.times(&key.1)).collect();
        let places: Vec<Destination> =
            positions.iter().filter_map(|i| numbers.get(*i).cloned()).collect();
        let group = stage(spec, Stage::TaxLine, Some(key), &exact, &places, residuals);
        bases.push(amounts.fold(Exact::zero(), |sum, amount| sum.plus(amount)));
        // A rounding line of the tax has no line of the invoice to stand at: it is the category's.
        taxes.push(group.total);
        line_taxes.extend(positions.iter().copied().zip(group.parts));
    }
    (taxes, line_taxes, bases)
}

/// Rounds the parts of one stage as a group, and notes what it lost. The parts stand in the order
/// of their keys.
fn stage(
    spec: &RoundingSpec,
    stage: Stage,
    category: Option<&CategoryKey>,
    parts: &[Exact],
    places: &[Destination],
    residuals: &mut Vec<StageResidual>,
) -> Group<Exact> {
    let exact = parts.iter().fold(Exact::zero(), |sum, part| sum.plus(part));
    let Some(rule) = spec.rule(stage) else {
        let (parts, rounding_line) = (parts.to_vec(), Exact::zero());
        return Group { parts, rounding_line, total: exact, moved: Vec::new() };
    };
    let group = round_exact(parts, rule);
    let mut moved: Vec<(Destination, Exact)> = group
        .moved
        .iter()
        .filter_map(|(i, amount)| Some((places.get(*i)?.clone(), amount.clone())))
        .collect();
    let line = if stage == Stage::Invoice && rule.residual == Residual::RoundingLine {
        group.total.minus(&exact)
    } else {
        group.rounding_line.clone()
    };
    if !line.is_zero() {
        moved.push((Destination::RoundingLine, line));
    }
    let lost = exact.minus(&group.total);
    residuals.push(StageResidual { stage, category: category.cloned(), lost, moved });
    group
}

/// [`round_group`] over rationals: brought to one denominator first.
pub(in crate::reperform) fn round_exact(parts: &[Exact], rule: &Rule) -> Group<Exact> {
    let power: BigInt = ten_pow(rule.increment.scale());
    let common = parts
        .iter()
        .fold(BigInt::from(1), |common, part| least_common_multiple(&common, part.denominator()));
    let widen = |part: &Exact| part.numerator() * (&common / part.denominator()) * &power;
    let numerators: Vec<BigInt> = parts.iter().map(widen).collect();
    let ranks: Vec<usize> = (0..parts.len()).collect();
    let step = BigInt::from(rule.increment.units()) * &common;
    let group = round_group(&numerators, &ranks, &step, rule.mode, rule.residual);
    let denominator = &common * &power;
    let exact = |numerator: BigInt| Exact::of_parts(numerator, denominator.clone());
    Group {
        parts: group.parts.into_iter().map(exact).collect(),
        rounding_line: exact(group.rounding_line),
        total: exact(group.total),
        moved: group.moved.into_iter().map(|(i, amount)| (i, exact(amount))).collect(),
    }
}
