//! Unit price, quantity and line: what gives the billed amounts and their total.

use super::classes::Classes;
use super::frame::{Mismatch, bits, denominator, fitting, keep, over, step};
use super::{BilledInvoice, BilledLine, Candidates, Grid, Nearest, PartRules, Place};
use crate::reperform::integer::{Integer, divide};
use crate::reperform::rounding::residual::{Residual, round_group};
use crate::reperform::rounding::{Rule, Stage};
use num_bigint::BigInt;
use std::collections::BTreeMap;

/// Positions in the grid's options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Candidate {
    price: usize,
    quantity: usize,
    line: usize,
}

/// The candidates that are left.
pub(super) struct Pricing<'a> {
    prices: &'a [Option<Rule>],
    quantities: &'a [Option<Rule>],
    lines: &'a [Option<Rule>],
    alive: Vec<Candidate>,
}

impl<'a> Pricing<'a> {
    pub(super) fn new(grid: &'a Grid) -> Self {
        let prices = grid.options(Stage::UnitPrice);
        let quantities = grid.options(Stage::Quantity);
        let lines = grid.options(Stage::Line);
        let mut alive = Vec::with_capacity(prices.len() * quantities.len() * lines.len());
        for price in 0..prices.len() {
            for quantity in 0..quantities.len() {
                alive.extend((0..lines.len()).map(|line| Candidate { price, quantity, line }));
            }
        }
        Self { prices, quantities, lines, alive }
    }

    fn rules(&self, candidate: &Candidate) -> PartRules {
        let rule = |options: &[Option<Rule>], i: usize| options.get(i).copied().flatten();
        BTreeMap::from([
            (Stage::UnitPrice, rule(self.prices, candidate.price)),
            (Stage::Quantity, rule(self.quantities, candidate.quantity)),
            (Stage::Line, rule(self.lines, candidate.line)),
        ])
    }

    /// The invoice in integers, and their denominator.
    fn view(&self, invoice: &BilledInvoice) -> (View<BigInt>, BigInt) {
        let mut lines: Vec<&BilledLine> = invoice.lines.iter().collect();
        lines.sort_by_key(|line| line.line.number);
        let one = BigInt::from(1);
        let of_prices =
            denominator(one.clone(), lines.iter().map(|l| &l.line.unit_price), self.prices);
        let of_quantities =
            denominator(one, lines.iter().map(|l| &l.line.quantity), self.quantities);
        let product = &of_prices * &of_quantities;
        let billed = lines.iter().map(|l| &l.amount).chain([&invoice.net, &invoice.rounding_line]);
        let common = denominator(product.clone(), billed, self.lines);
        let steps = |options: &[Option<Rule>], denominator: &BigInt| {
            options.iter().map(|rule| rule.map(|r| step(r.increment, denominator))).collect()
        };
        let view = View {
            prices: lines.iter().map(|l| over(&l.line.unit_price, &of_prices)).collect(),
            price_steps: steps(self.prices, &of_prices),
            quantities: lines.iter().map(|l| over(&l.line.quantity, &of_quantities)).collect(),
            quantity_steps: steps(self.quantities, &of_quantities),
            widen: &common / product,
            line_steps: steps(self.lines, &common),
            billed: lines.iter().map(|l| over(&l.amount, &common)).collect(),
            rounding_line: over(&invoice.rounding_line, &common),
            net: over(&invoice.net, &common),
            numbers: lines.iter().map(|l| l.line.number).collect(),
            ranks: (0..lines.len()).collect(),
        };
        (view, common)
    }

    fn explained<I: Integer>(&self, view: &View<I>) -> Vec<bool> {
        let mut products = Products::new(view, self);
        let mut known: BTreeMap<(usize, usize), bool> = BTreeMap::new();
        let mut explained = Vec::with_capacity(self.alive.len());
        for candidate in &self.alive {
            let class = products.class(candidate);
            let fits = *known.entry((class, candidate.line)).or_insert_with(|| {
                let lines = products.lines(class);
                let option = self.lines.get(candidate.line).copied().flatten();
                let step = view.line_steps.get(candidate.line).and_then(Option::as_ref);
                !view.rejects(lines, option, step) && view.mismatch(lines, option, step).is_none()
            });
            explained.push(fits);
        }
        explained
    }

    fn nearest(&self, view: &View<BigInt>, common: &BigInt) -> Vec<Nearest> {
        let mut products = Products::new(view, self);
        let mut known: BTreeMap<(usize, usize), Option<Mismatch<BigInt>>> = BTreeMap::new();
        let mut nearest = Vec::new();
        for candidate in &self.alive {
            let class = products.class(candidate);
            let mismatch = known.entry((class, candidate.line)).or_insert_with(|| {
                let option = self.lines.get(candidate.line).copied().flatten();
                let step = view.line_steps.get(candidate.line).and_then(Option::as_ref);
                view.mismatch(products.lines(class), option, step)
            });
            let found = mismatch.clone().map(|m| m.nearest(self.rules(candidate), common));
            nearest.extend(found);
        }
        nearest
    }
}

impl Candidates for Pricing<'_> {
    fn see(&mut self, invoice: &BilledInvoice) -> Vec<Nearest> {
        let (view, common) = self.view(invoice);
        let explained = match view.narrow() {
            Some(narrow) => self.explained(&narrow),
            None => self.explained(&view),
        };
        if !explained.contains(&true) {
            let nearest = self.nearest(&view, &common);
            self.alive.clear();
            return nearest;
        }
        keep(&mut self.alive, &explained);
        Vec::new()
    }

    fn left(&self) -> Vec<PartRules> {
        self.alive.iter().map(|candidate| self.rules(candidate)).collect()
    }

    fn any(&self) -> bool {
        !self.alive.is_empty()
    }
}

/// An invoice in integers. Prices, quantities and amounts have a denominator each; `widen` brings a
/// product of the first two to the third.
struct View<I> {
    prices: Vec<I>,
    price_steps: Vec<Option<I>>,
    quantities: Vec<I>,
    quantity_steps: Vec<Option<I>>,
    widen: I,
    line_steps: Vec<Option<I>>,
    billed: Vec<I>,
    rounding_line: I,
    net: I,
    numbers: Vec<u32>,
    ranks: Vec<usize>,
}

impl View<BigInt> {
    /// The same in 128 bits, if every number that can come up stays within 126: rounding adds one
    /// step at most, and a total is at most the number of lines times the largest amount.
    fn narrow(&self) -> Option<View<i128>> {
        let steps = |steps: &[Option<BigInt>]| bits(steps.iter().flatten());
        let price = bits(&self.prices).max(steps(&self.price_steps)) + 1;
        let quantity = bits(&self.quantities).max(steps(&self.quantity_steps)) + 1;
        let amount = (price + quantity + self.widen.bits())
            .max(steps(&self.line_steps))
            .max(bits(&self.billed))
            .max(bits([&self.net, &self.rounding_line]));
        let lines = u64::from(usize::BITS - self.billed.len().leading_zeros());
        if amount + lines + 3 > 126 {
            return None;
        }
        let options = |steps: &[Option<BigInt>]| -> Option<Vec<Option<i128>>> {
            let narrow = |step: &Option<BigInt>| match step {
                Some(step) => i128::fitting(step).map(Some),
                None => Some(None),
            };
            steps.iter().map(narrow).collect()
        };
        Some(View {
            prices: fitting(&self.prices)?,
            price_steps: options(&self.price_steps)?,
            quantities: fitting(&self.quantities)?,
            quantity_steps: options(&self.quantity_steps)?,
            widen: i128::fitting(&self.widen)?,
            line_steps: options(&self.line_steps)?,
            billed: fitting(&self.billed)?,
            rounding_line: i128::fitting(&self.rounding_line)?,
            net: i128::fitting(&self.net)?,
            numbers: self.numbers.clone(),
            ranks: self.ranks.clone(),
        })
    }
}

impl<I: Integer> View<I> {
    /// Whether a rule can be seen not to give the billed lines, line by line. `false` says nothing.
    fn rejects(&self, lines: &[I], rule: Option<Rule>, step: Option<&I>) -> bool {
        let mut pairs = lines.iter().zip(&self.billed);
        let (Some(rule), Some(step)) = (rule, step) else {
            return pairs.any(|(line, billed)| line != billed);
        };
        let rounded = |line: &I| divide(line, step, rule.mode).times(step);
        match rule.residual {
            Residual::KeepUnrounded => pairs.any(|(line, billed)| line != billed),
            Residual::Unassigned | Residual::RoundingLine => {
                pairs.any(|(line, billed)| rounded(line) != *billed)
            }
            // One line takes all of the difference.
            Residual::ToLargest | Residual::ToLast => {
                pairs.filter(|(line, billed)| rounded(line) != **billed).nth(1).is_some()
            }
            Residual::LargestRemainder => pairs.any(|(line, billed)| {
                let off = line.minus(billed);
                off >= *step || off <= I::of(0).minus(step)
            }),
        }
    }

    /// The first number that a rule doesn't give.
    fn mismatch(&self, lines: &[I], rule: Option<Rule>, step: Option<&I>) -> Option<Mismatch<I>> {
        let group = match (rule, step) {
            (Some(rule), Some(step)) => {
                Some(round_group(lines, &self.ranks, step, rule.mode, rule.residual))
            }
            _ => None,
        };
        let parts = group.as_ref().map_or(lines, |group| &group.parts);
        for ((expected, actual), number) in parts.iter().zip(&self.billed).zip(&self.numbers) {
            let mismatch = Mismatch::between(|| Place::Line(*number), expected, actual);
            if mismatch.is_some() {
                return mismatch;
            }
        }
        let (line, total) = match group {
            Some(group) => (group.rounding_line, group.total),
            None => (I::of(0), lines.iter().fold(I::of(0), |sum, line| sum.plus(line))),
        };
        Mismatch::between(|| Place::RoundingLine, &line, &self.rounding_line)
            .or_else(|| Mismatch::between(|| Place::Net, &total, &self.net))
    }
}

/// The products of every pair of options, each different one once.
struct Products<'v, I> {
    view: &'v View<I>,
    prices: Classes<I>,
    quantities: Classes<I>,
    pairs: BTreeMap<(usize, usize), usize>,
    lines: Vec<Vec<I>>,
}

impl<'v, I: Integer> Products<'v, I> {
    fn new(view: &'v View<I>, search: &Pricing<'_>) -> Self {
        let used = search.alive.iter();
        let prices = Classes::of(
            &view.prices,
            &view.price_steps,
            search.prices,
            used.clone().map(|candidate| candidate.price),
        );
        let quantities = Classes::of(
            &view.quantities,
            &view.quantity_steps,
            search.quantities,
            used.map(|candidate| candidate.quantity),
        );
        Self { view, prices, quantities, pairs: BTreeMap::new(), lines: Vec::new() }
    }

    /// The number of the candidate's lines.
    fn class(&mut self, candidate: &Candidate) -> usize {
        let key = (self.prices.class(candidate.price), self.quantities.class(candidate.quantity));
        if let Some(class) = self.pairs.get(&key) {
            return *class;
        }
        let (prices, quantities) = (self.prices.values(key.0), self.quantities.values(key.1));
        let pairs = prices.iter().zip(quantities);
        let product = |(p, q): (&I, &I)| p.times(q).times(&self.view.widen);
        self.lines.push(pairs.map(product).collect());
        let class = self.lines.len() - 1;
        self.pairs.insert(key, class);
        class
    }

    fn lines(&self, class: usize) -> &[I] {
        self.lines.get(class).map_or(&[], Vec::as_slice)
    }
}
