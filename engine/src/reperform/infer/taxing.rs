//! Tax of lines and of categories: what gives the billed taxes from the billed line amounts.

use super::frame::{Mismatch, bits, denominator, fitting, keep, over, step};
use super::{BilledInvoice, BilledLine, Candidates, Grid, Nearest, PartRules, Place};
use crate::reperform::exact::Exact;
use crate::reperform::integer::Integer;
use crate::reperform::rounding::residual::{Group, round_group};
use crate::reperform::rounding::{Rule, Stage};
use num_bigint::BigInt;
use std::collections::BTreeMap;

/// The candidates that are left: positions in the options for the tax of lines and of categories.
pub(super) struct Taxing<'a> {
    lines: &'a [Option<Rule>],
    categories: &'a [Option<Rule>],
    alive: Vec<(usize, usize)>,
}

impl<'a> Taxing<'a> {
    pub(super) fn new(grid: &'a Grid) -> Self {
        let lines = grid.options(Stage::TaxLine);
        let categories = grid.options(Stage::TaxCategory);
        let pairs = (0..lines.len()).flat_map(|l| (0..categories.len()).map(move |c| (l, c)));
        Self { lines, categories, alive: pairs.collect() }
    }

    fn rules(&self, (line, category): (usize, usize)) -> PartRules {
        BTreeMap::from([
            (Stage::TaxLine, self.lines.get(line).copied().flatten()),
            (Stage::TaxCategory, self.categories.get(category).copied().flatten()),
        ])
    }

    fn view(&self, invoice: &BilledInvoice) -> (View<BigInt>, BigInt) {
        let mut groups: BTreeMap<(&str, &Exact), Vec<&BilledLine>> = BTreeMap::new();
        for line in &invoice.lines {
            let key = (line.line.tax_category.as_str(), &line.line.tax_rate);
            groups.entry(key).or_default().push(line);
        }
        let one = BigInt::from(1);
        let of_amounts = denominator(one.clone(), invoice.lines.iter().map(|l| &l.amount), &[]);
        let of_rates = denominator(one, groups.keys().map(|(_, rate)| *rate), &[]);
        let product = &of_amounts * &of_rates;
        let stated = invoice.categories.iter().flat_map(BTreeMap::values);
        let billed = invoice.lines.iter().filter_map(|l| l.tax.as_ref());
        let billed = billed.chain(stated).chain([&invoice.tax]);
        let common = denominator(product.clone(), billed, self.lines);
        let common = denominator(common, std::iter::empty(), self.categories);
        let widen = &common / product;
        let steps = |options: &[Option<Rule>]| {
            options.iter().map(|rule| rule.map(|r| step(r.increment, &common))).collect()
        };
        let view = View {
            line_steps: steps(self.lines),
            category_steps: steps(self.categories),
            tax: over(&invoice.tax, &common),
            groups: groups
                .into_iter()
                .map(|((code, rate), mut lines)| {
                    lines.sort_by_key(|line| line.line.number);
                    let factor = over(rate, &of_rates) * &widen;
                    let tax = |l: &&BilledLine| over(&l.amount, &of_amounts) * &factor;
                    let key = (code.to_owned(), rate.clone());
                    let stated = invoice.categories.as_ref().and_then(|c| c.get(&key));
                    TaxGroup {
                        exact: lines.iter().map(tax).collect(),
                        billed: lines
                            .iter()
                            .map(|l| l.tax.as_ref().map(|tax| over(tax, &common)))
                            .collect(),
                        numbers: lines.iter().map(|l| l.line.number).collect(),
                        ranks: (0..lines.len()).collect(),
                        stated: stated.map(|amount| over(amount, &common)),
                        key,
                    }
                })
                .collect(),
        };
        (view, common)
    }

    /// For each candidate where it fails, if it does.
    fn outcomes<I: Integer>(&self, view: &View<I>) -> Vec<Option<Mismatch<I>>> {
        let mut lines: BTreeMap<usize, Result<usize, Mismatch<I>>> = BTreeMap::new();
        let mut classes: BTreeMap<Vec<I>, usize> = BTreeMap::new();
        let mut categories: BTreeMap<(usize, usize), Option<Mismatch<I>>> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(self.alive.len());
        let mut totals_of: Vec<Vec<I>> = Vec::new();
        for (line, category) in &self.alive {
            let of_lines = lines.entry(*line).or_insert_with(|| {
                let totals = view.lines(option(self.lines, &view.line_steps, *line))?;
                let next = totals_of.len();
                let class = *classes.entry(totals.clone()).or_insert(next);
                if class == next {
                    totals_of.push(totals);
                }
                Ok(class)
            });
            outcomes.push(match of_lines {
                Err(mismatch) => Some(mismatch.clone()),
                Ok(class) => categories
                    .entry((*class, *category))
                    .or_insert_with(|| {
                        let rule = option(self.categories, &view.category_steps, *category);
                        view.categories(totals_of.get(*class).map_or(&[], Vec::as_slice), rule)
                    })
                    .clone(),
            });
        }
        outcomes
    }
}

impl Candidates for Taxing<'_> {
    fn see(&mut self, invoice: &BilledInvoice) -> Vec<Nearest> {
        let (view, common) = self.view(invoice);
        let explained: Vec<bool> = match view.narrow() {
            Some(narrow) => self.outcomes(&narrow).iter().map(Option::is_none).collect(),
            None => self.outcomes(&view).iter().map(Option::is_none).collect(),
        };
        if !explained.contains(&true) {
            let outcomes = self.outcomes(&view).into_iter().zip(&self.alive);
            let nearest = outcomes
                .filter_map(|(found, c)| found.map(|m| m.nearest(self.rules(*c), &common)))
                .collect();
            self.alive.clear();
            return nearest;
        }
        keep(&mut self.alive, &explained);
        Vec::new()
    }

    fn left(&self) -> Vec<PartRules> {
        self.alive.iter().map(|candidate| self.rules(*candidate)).collect()
    }

    fn any(&self) -> bool {
        !self.alive.is_empty()
    }
}

type RuleStep<'a, I> = Option<(Rule, &'a I)>;

fn option<'a, I>(rules: &[Option<Rule>], steps: &'a [Option<I>], at: usize) -> RuleStep<'a, I> {
    rules.get(at).copied().flatten().zip(steps.get(at).and_then(Option::as_ref))
}

/// The parts of a group under a rule; as they are without one.
fn grouped<I: Integer>(parts: &[I], ranks: &[usize], rule: RuleStep<'_, I>) -> Group<I> {
    match rule {
        Some((rule, step)) => round_group(parts, ranks, step, rule.mode, rule.residual),
        None => Group {
            parts: parts.to_vec(),
            rounding_line: I::of(0),
            total: parts.iter().fold(I::of(0), |sum, part| sum.plus(part)),
            moved: Vec::new(),
        },
    }
}

/// The taxes of an invoice over one denominator.
struct View<I> {
    groups: Vec<TaxGroup<I>>,
    line_steps: Vec<Option<I>>,
    category_steps: Vec<Option<I>>,
    tax: I,
}

/// The lines of one category and rate, by number.
struct TaxGroup<I> {
    key: (String, Exact),
    exact: Vec<I>,
    billed: Vec<Option<I>>,
    numbers: Vec<u32>,
    ranks: Vec<usize>,
    stated: Option<I>,
}

impl View<BigInt> {
    /// The same in 128 bits, where no sum or step leaves 126.
    fn narrow(&self) -> Option<View<i128>> {
        let steps = self.line_steps.iter().chain(&self.category_steps).flatten();
        let numbers = self.groups.iter().flat_map(|group| {
            group.exact.iter().chain(group.billed.iter().flatten()).chain(&group.stated)
        });
        let count: usize = self.groups.iter().map(|group| group.exact.len() + 1).sum();
        let count = u64::from(usize::BITS - count.leading_zeros());
        if bits(steps.chain(numbers).chain([&self.tax])) + 2 * count + 4 > 126 {
            return None;
        }
        let optional = |numbers: &[Option<BigInt>]| -> Option<Vec<Option<i128>>> {
            let narrow = |number: &Option<BigInt>| match number {
                Some(number) => i128::fitting(number).map(Some),
                None => Some(None),
            };
            numbers.iter().map(narrow).collect()
        };
        let groups = self.groups.iter().map(|group| {
            Some(TaxGroup {
                key: group.key.clone(),
                exact: fitting(&group.exact)?,
                billed: optional(&group.billed)?,
                numbers: group.numbers.clone(),
                ranks: group.ranks.clone(),
                stated: optional(std::slice::from_ref(&group.stated))?.pop()?,
            })
        });
        Some(View {
            groups: groups.collect::<Option<_>>()?,
            line_steps: optional(&self.line_steps)?,
            category_steps: optional(&self.category_steps)?,
            tax: i128::fitting(&self.tax)?,
        })
    }
}

impl<I: Integer> View<I> {
    /// The tax of each category under a rule for lines.
    fn lines(&self, rule: RuleStep<'_, I>) -> Result<Vec<I>, Mismatch<I>> {
        let mut totals = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let rounded = grouped(&group.exact, &group.ranks, rule);
            let billed = rounded.parts.iter().zip(&group.billed).zip(&group.numbers);
            for ((expected, billed), number) in billed {
                let Some(billed) = billed else { continue };
                match Mismatch::between(|| Place::TaxLine(*number), expected, billed) {
                    Some(mismatch) => return Err(mismatch),
                    None => continue,
                }
            }
            totals.push(rounded.total);
        }
        Ok(totals)
    }

    /// Where a rule for categories fails on those totals.
    fn categories(&self, totals: &[I], rule: RuleStep<'_, I>) -> Option<Mismatch<I>> {
        let ranks: Vec<usize> = (0..totals.len()).collect();
        let rounded = grouped(totals, &ranks, rule);
        for (expected, group) in rounded.parts.iter().zip(&self.groups) {
            let Some(stated) = &group.stated else { continue };
            let place = || Place::Category(group.key.0.clone(), group.key.1.clone());
            let mismatch = Mismatch::between(place, expected, stated);
            if mismatch.is_some() {
                return mismatch;
            }
        }
        Mismatch::between(|| Place::Tax, &rounded.total, &self.tax)
    }
}
