//! Survivors, reduced to what the invoices had occasion to tell.
//!
//! Prices of two digits say nothing of how prices are rounded, and where rounding loses nothing, nothing
//! is said of who takes a residual. Survivors that differ in such things alone make the same of every
//! number on the way, and become one: an option that leaves all its inputs as they are counts as not
//! rounding, and a residual policy that never had anything to give as [`Residual::Unassigned`].
//!
//! Nor do invoices tell what they don't state. Where no line states its tax, giving the residual to one
//! of the lines is rounding the category; where no category's tax is stated, giving it to one of the
//! categories is rounding the total. Of such survivors the latter stands for all.

use super::found::{PartRules, Survivors};
use super::{BilledInvoice, BilledLine};
use crate::reperform::exact::Exact;
use crate::reperform::rounding::invoice::round_exact;
use crate::reperform::rounding::{Residual, Rule, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Positions of two or three options.
type Position = Vec<usize>;

impl Survivors {
    /// The survivors that make different numbers of the invoices, at any stage. Each part has its
    /// candidates in the order of a grid, the simplest first. `invoices` are those that were
    /// searched.
    #[must_use]
    pub fn exercised(&self, invoices: &[BilledInvoice]) -> Self {
        let reduced = |part: &Vec<PartRules>| {
            let has = |stage| part.iter().any(|rules| rules.contains_key(&stage));
            if has(Stage::UnitPrice) {
                pricing(part, invoices)
            } else if has(Stage::TaxLine) {
                taxing(part, invoices)
            } else {
                paying(part, invoices)
            }
        };
        Self { parts: self.parts.iter().map(reduced).collect() }
    }
}

/// The options of a stage in a list of candidates, each once, in the order in which they come.
struct Options {
    stage: Stage,
    rules: Vec<Option<Rule>>,
}

impl Options {
    fn of(stage: Stage, candidates: &[PartRules]) -> Self {
        let mut options = Self { stage, rules: vec![None] };
        for rules in candidates {
            let rule = rules.get(&stage).copied().flatten();
            if !options.rules.contains(&rule) {
                options.rules.push(rule);
            }
        }
        options
    }

    fn position(&self, rule: Option<Rule>) -> usize {
        self.rules.iter().position(|known| *known == rule).unwrap_or(0)
    }

    fn rule(&self, position: usize) -> Option<Rule> {
        self.rules.get(position).copied().flatten()
    }

    /// The position of the option that this one comes to on those groups of numbers.
    fn exercised(&mut self, position: usize, groups: &[Vec<Exact>]) -> usize {
        let rule = self.rule(position).and_then(|rule| comes_to(rule, groups));
        let known = self.rules.iter().position(|known| *known == rule);
        known.unwrap_or_else(|| {
            self.rules.push(rule);
            self.rules.len() - 1
        })
    }

    /// The same of every option that is there.
    fn all_exercised(&mut self, groups: &[Vec<Exact>]) -> Vec<usize> {
        (0..self.rules.len()).map(|position| self.exercised(position, groups)).collect()
    }
}

/// What a rule is on those groups of numbers: nothing, a rounding of each number alone, or itself.
fn comes_to(rule: Rule, groups: &[Vec<Exact>]) -> Option<Rule> {
    let alone = Rule { residual: Residual::Unassigned, ..rule };
    let (mut changes, mut gives) = (false, false);
    for parts in groups {
        let on_grid = |part: &Exact| part.rounded(rule.increment, rule.mode) == *part;
        if parts.iter().all(on_grid) {
            continue;
        }
        let group = round_exact(parts, &rule);
        let sum = parts.iter().fold(Exact::zero(), |sum, part| sum.plus(part));
        changes |= group.parts != *parts || group.total != sum || !group.rounding_line.is_zero();
        gives |= group != round_exact(parts, &alone);
        if changes && gives {
            return Some(rule);
        }
    }
    changes.then_some(alone)
}

/// Each number of a stage that rounds numbers alone.
fn singles<'a>(numbers: impl Iterator<Item = &'a Exact>) -> Vec<Vec<Exact>> {
    let distinct: BTreeSet<&Exact> = numbers.collect();
    distinct.into_iter().map(|number| vec![number.clone()]).collect()
}

fn lines(invoice: &BilledInvoice) -> Vec<&BilledLine> {
    let mut lines: Vec<&BilledLine> = invoice.lines.iter().collect();
    lines.sort_by_key(|line| line.line.number);
    lines
}

/// The candidates whose positions those are, each once, in the order of a grid: not rounded, then by
/// residual, increment and mode. The order in which options were met depends on which candidates are left.
fn candidates(positions: BTreeSet<Position>, stages: &[&Options]) -> Vec<PartRules> {
    let rules = |position: Position| -> PartRules {
        let pairs = stages.iter().zip(position);
        pairs.map(|(options, at)| (options.stage, options.rule(at))).collect()
    };
    let mut found: Vec<PartRules> = positions.into_iter().map(rules).collect();
    let place = |rule: &Rule| (rule.residual, rule.increment, rule.mode);
    let places = |rules: &PartRules| -> Vec<_> {
        rules.values().map(|rule| rule.as_ref().map(place)).collect()
    };
    found.sort_by_cached_key(places);
    found
}

fn pricing(part: &[PartRules], invoices: &[BilledInvoice]) -> Vec<PartRules> {
    let mut prices = Options::of(Stage::UnitPrice, part);
    let mut quantities = Options::of(Stage::Quantity, part);
    let mut of_lines = Options::of(Stage::Line, part);
    let all = || invoices.iter().flat_map(|invoice| &invoice.lines);
    let price_of = prices.all_exercised(&singles(all().map(|line| &line.line.unit_price)));
    let quantity_of = quantities.all_exercised(&singles(all().map(|line| &line.line.quantity)));
    let mut reduced = BTreeSet::new();
    let mut products = BTreeMap::new();
    let mut known = BTreeMap::new();
    for rules in part {
        let rule = |stage| rules.get(&stage).copied().flatten();
        let at = |of: &[usize], position: usize| of.get(position).copied().unwrap_or(0);
        let price = at(&price_of, prices.position(rule(Stage::UnitPrice)));
        let quantity = at(&quantity_of, quantities.position(rule(Stage::Quantity)));
        let line = of_lines.position(rule(Stage::Line));
        let line = *known.entry((price, quantity, line)).or_insert_with(|| {
            let groups = products.entry((price, quantity)).or_insert_with(|| {
                let product = |line: &&BilledLine| {
                    let price = rounded(&line.line.unit_price, prices.rule(price));
                    price.times(&rounded(&line.line.quantity, quantities.rule(quantity)))
                };
                let group = |invoice| lines(invoice).iter().map(product).collect();
                invoices.iter().map(group).collect::<Vec<_>>()
            });
            of_lines.exercised(line, groups)
        });
        reduced.insert(vec![price, quantity, line]);
    }
    candidates(reduced, &[&prices, &quantities, &of_lines])
}

fn rounded(number: &Exact, rule: Option<Rule>) -> Exact {
    rule.map_or_else(|| number.clone(), |rule| number.rounded(rule.increment, rule.mode))
}

fn taxing(part: &[PartRules], invoices: &[BilledInvoice]) -> Vec<PartRules> {
    let mut of_lines = Options::of(Stage::TaxLine, part);
    let mut of_categories = Options::of(Stage::TaxCategory, part);
    let exact: Vec<Vec<Vec<Exact>>> = invoices.iter().map(taxes).collect();
    let line_of = of_lines.all_exercised(&exact.concat());
    let mut reduced = BTreeSet::new();
    let mut totals = BTreeMap::new();
    let mut known = BTreeMap::new();
    for rules in part {
        let rule = |stage| rules.get(&stage).copied().flatten();
        let line = of_lines.position(rule(Stage::TaxLine));
        let line = line_of.get(line).copied().unwrap_or(0);
        let category = of_categories.position(rule(Stage::TaxCategory));
        let category = *known.entry((line, category)).or_insert_with(|| {
            let groups = totals.entry(line).or_insert_with(|| {
                let total = |parts: &Vec<Exact>| match of_lines.rule(line) {
                    Some(rule) => round_exact(parts, &rule).total,
                    None => parts.iter().fold(Exact::zero(), |sum, part| sum.plus(part)),
                };
                exact.iter().map(|groups| groups.iter().map(total).collect()).collect::<Vec<_>>()
            });
            of_categories.exercised(category, groups)
        });
        reduced.insert(vec![line, category]);
    }
    let stated = Stated::of(invoices);
    let told = candidates(reduced, &[&of_lines, &of_categories]);
    let hidden = |rules: &PartRules| stated.hides(rules).is_some_and(|one| told.contains(&one));
    told.iter().filter(|rules| !hidden(rules)).cloned().collect()
}

/// Which taxes the invoices state.
struct Stated {
    lines: bool,
    categories: bool,
}

impl Stated {
    fn of(invoices: &[BilledInvoice]) -> Self {
        let mut all = invoices.iter().flat_map(|invoice| &invoice.lines);
        Self {
            lines: all.any(|line| line.tax.is_some()),
            categories: invoices.iter().any(|invoice| invoice.categories.is_some()),
        }
    }

    /// Other rules that give the same of every tax that is stated, whatever the invoices.
    fn hides(&self, rules: &PartRules) -> Option<PartRules> {
        let rule = |stage| rules.get(&stage).copied().flatten();
        let of = |line, category| {
            PartRules::from([(Stage::TaxLine, line), (Stage::TaxCategory, category)])
        };
        match (rule(Stage::TaxLine), rule(Stage::TaxCategory)) {
            (Some(line), None) if !self.lines && line.residual != Residual::Unassigned => {
                Some(of(None, Some(Rule { residual: Residual::Unassigned, ..line })))
            }
            (line, Some(category)) if !self.categories && moves(category.residual) => {
                Some(of(line, Some(Rule { residual: Residual::KeepUnrounded, ..category })))
            }
            _ => None,
        }
    }
}

/// Whether the total is rounded and the parts are made to add up to it.
fn moves(residual: Residual) -> bool {
    !matches!(residual, Residual::Unassigned | Residual::KeepUnrounded)
}

/// The exact tax of each line, by category and rate.
fn taxes(invoice: &BilledInvoice) -> Vec<Vec<Exact>> {
    let mut groups: BTreeMap<(&str, &Exact), Vec<Exact>> = BTreeMap::new();
    for BilledLine { line, amount, .. } in lines(invoice) {
        let group = groups.entry((line.tax_category.as_str(), &line.tax_rate)).or_default();
        group.push(amount.times(&line.tax_rate));
    }
    groups.into_values().collect()
}

fn paying(part: &[PartRules], invoices: &[BilledInvoice]) -> Vec<PartRules> {
    let mut options = Options::of(Stage::Invoice, part);
    let gross: Vec<Exact> = invoices.iter().map(|i| i.net.plus(&i.tax)).collect();
    let groups = singles(gross.iter());
    let reduced = part.iter().map(|rules| {
        let rule = rules.get(&Stage::Invoice).copied().flatten();
        let position = options.position(rule);
        // A rounding amount is stated wherever anything is rounded.
        let stays = options.rule(position).is_some_and(|rule| comes_to(rule, &groups).is_some());
        vec![if stays { position } else { options.exercised(position, &[]) }]
    });
    let reduced = reduced.collect();
    candidates(reduced, &[&options])
}
