//! A biller, and a brute-force search for its rule: rationals, every combination, nothing clever.

use crate::oracle::Q;
use crate::random::Random;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use tieout_engine::reperform::exact::Exact;
use tieout_engine::reperform::infer::{BilledInvoice, BilledLine};
use tieout_engine::reperform::rounding::invoice::Line;
use tieout_engine::reperform::rounding::{Residual, Rule};

/// Unit price, quantity, line, tax of lines, tax of categories, invoice.
pub(crate) type Spec = [Option<Rule>; 6];

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) number: u32,
    pub(crate) quantity: Q,
    pub(crate) price: Q,
    pub(crate) code: &'static str,
    pub(crate) rate: Q,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bill {
    pub(crate) amounts: Vec<Q>,
    pub(crate) rounding_line: Q,
    pub(crate) net: Q,
    pub(crate) line_taxes: Vec<Q>,
    /// By code and rate, as text that sorts like them.
    pub(crate) categories: BTreeMap<(&'static str, Q), Q>,
    pub(crate) tax: Q,
    pub(crate) rounding_amount: Q,
    pub(crate) payable: Q,
}

fn step(rule: &Rule) -> Q {
    Q::decimal(i128::from(rule.increment.units()), rule.increment.scale())
}

fn alone(value: &Q, rule: &Option<Rule>) -> Q {
    rule.as_ref().map_or_else(|| value.clone(), |rule| value.round(&step(rule), rule.mode))
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a Q>) -> Q {
    parts.into_iter().fold(Q::int(0), |sum, part| sum.add(part))
}

/// Parts, rounding line, total. The parts stand in the order of their keys.
fn group(parts: &[Q], rule: &Option<Rule>) -> (Vec<Q>, Q, Q) {
    let exact = sum(parts);
    let Some(rule) = rule else { return (parts.to_vec(), Q::int(0), exact) };
    let step = step(rule);
    let target = exact.round(&step, rule.mode);
    let mut each: Vec<Q> = parts.iter().map(|part| part.round(&step, rule.mode)).collect();
    let total = sum(&each);
    let rest = target.sub(&total);
    match rule.residual {
        Residual::Unassigned => (each, Q::int(0), total),
        Residual::RoundingLine => (each, rest, target),
        Residual::KeepUnrounded => (parts.to_vec(), Q::int(0), target),
        Residual::ToLast => {
            if let Some(last) = each.last_mut() {
                *last = last.add(&rest);
            }
            (each, Q::int(0), target)
        }
        Residual::ToLargest => {
            let mut best = 0;
            for i in 1..parts.len() {
                if size(&parts[i]) > size(&parts[best]) {
                    best = i;
                }
            }
            if !each.is_empty() {
                each[best] = each[best].add(&rest);
            }
            (each, Q::int(0), target)
        }
        Residual::LargestRemainder => {
            if exact.sign() == Ordering::Less {
                let mirror: Vec<Q> = parts.iter().map(Q::neg).collect();
                let shares = hamilton(&mirror, &target.neg(), &step);
                return (shares.iter().map(Q::neg).collect(), Q::int(0), target);
            }
            (hamilton(parts, &target, &step), Q::int(0), target)
        }
    }
}

fn size(value: &Q) -> Q {
    if value.sign() == Ordering::Less { value.neg() } else { value.clone() }
}

/// One step after the other to whoever is furthest below his exact part, until the sum is right.
fn hamilton(parts: &[Q], target: &Q, step: &Q) -> Vec<Q> {
    let mut shares: Vec<Q> =
        parts.iter().map(|part| part.round(step, tieout_controls::Rounding::Floor)).collect();
    while sum(&shares) < *target {
        let mut best = 0;
        for i in 1..parts.len() {
            if parts[i].sub(&shares[i]) > parts[best].sub(&shares[best]) {
                best = i;
            }
        }
        shares[best] = shares[best].add(step);
    }
    shares
}

/// Lines, rounding line and total.
pub(crate) fn price(items: &[Item], spec: &Spec) -> (Vec<Q>, Q, Q) {
    let exact: Vec<Q> = items
        .iter()
        .map(|item| alone(&item.price, &spec[0]).mul(&alone(&item.quantity, &spec[1])))
        .collect();
    group(&exact, &spec[2])
}

/// The whole bill; the items stand in the order of their numbers.
pub(crate) fn bill(items: &[Item], spec: &Spec) -> Bill {
    let (amounts, rounding_line, net) = price(items, spec);
    let mut members: BTreeMap<(&'static str, Q), Vec<usize>> = BTreeMap::new();
    for (i, item) in items.iter().enumerate() {
        members.entry((item.code, item.rate.clone())).or_default().push(i);
    }
    let mut line_taxes = vec![Q::int(0); items.len()];
    let mut totals = Vec::new();
    for ((_, rate), positions) in &members {
        let taxes: Vec<Q> = positions.iter().map(|i| amounts[*i].mul(rate)).collect();
        let (taxes, _, total) = group(&taxes, &spec[3]);
        totals.push(total);
        for (i, tax) in positions.iter().zip(taxes) {
            line_taxes[*i] = tax;
        }
    }
    let (totals, _, tax) = group(&totals, &spec[4]);
    let gross = net.add(&tax);
    let payable = alone(&gross, &spec[5]);
    let states = spec[5].is_some_and(|rule| rule.residual == Residual::RoundingLine);
    Bill {
        amounts,
        rounding_line,
        net,
        line_taxes,
        categories: members.into_keys().zip(totals).collect(),
        tax,
        rounding_amount: if states { payable.sub(&gross) } else { Q::int(0) },
        payable,
    }
}

/// What an invoice shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) line_taxes: bool,
    pub(crate) categories: bool,
}

pub(crate) fn agrees(a: &Bill, b: &Bill, shown: Shown) -> bool {
    a.amounts == b.amounts
        && a.rounding_line == b.rounding_line
        && a.net == b.net
        && (!shown.line_taxes || a.line_taxes == b.line_taxes)
        && (!shown.categories || a.categories == b.categories)
        && a.tax == b.tax
        && a.rounding_amount == b.rounding_amount
        && a.payable == b.payable
}

/// Every combination of the options that gives every bill.
pub(crate) fn brute_force(
    options: &[Vec<Option<Rule>>; 6],
    bills: &[(Vec<Item>, Bill)],
    shown: Shown,
) -> Vec<Spec> {
    let mut found = Vec::new();
    let [prices, quantities, lines, tax_lines, categories, invoices] = options;
    for (p, q, l) in triples(prices, quantities, lines) {
        let head = [p, q, l, None, None, None];
        let priced = |(items, bill): &(Vec<Item>, Bill)| {
            price(items, &head)
                == (bill.amounts.clone(), bill.rounding_line.clone(), bill.net.clone())
        };
        if !bills.iter().all(priced) {
            continue;
        }
        for (t, c, i) in triples(tax_lines, categories, invoices) {
            let spec = [p, q, l, t, c, i];
            if bills.iter().all(|(items, billed)| agrees(&bill(items, &spec), billed, shown)) {
                found.push(spec);
            }
        }
    }
    found
}

type Options = [Option<Rule>];

fn triples<'a>(
    a: &'a Options,
    b: &'a Options,
    c: &'a Options,
) -> impl Iterator<Item = (Option<Rule>, Option<Rule>, Option<Rule>)> + 'a {
    a.iter().flat_map(move |a| b.iter().flat_map(move |b| c.iter().map(move |c| (*a, *b, *c))))
}

fn exact(q: &Q) -> Exact {
    let whole = |n: &num_bigint::BigInt| {
        let mut sum = Exact::zero();
        // Limb by limb: an exact number is made of 128-bit ones.
        for digit in n.magnitude().to_u32_digits().iter().rev() {
            sum = sum.times(&Exact::integer(1 << 32)).plus(&Exact::integer(i128::from(*digit)));
        }
        if n.sign() == num_bigint::Sign::Minus { sum.negated() } else { sum }
    };
    whole(&q.n).over(&whole(&q.d)).unwrap()
}

pub(crate) fn line(item: &Item) -> Line {
    Line {
        number: item.number,
        quantity: exact(&item.quantity),
        unit_price: exact(&item.price),
        tax_category: item.code.into(),
        tax_rate: exact(&item.rate),
    }
}

/// The bill as the kernel takes it, its lines in any order.
pub(crate) fn billed(id: usize, items: &[Item], bill: &Bill, shown: Shown) -> BilledInvoice {
    let taxed = bill.amounts.iter().zip(&bill.line_taxes);
    let mut lines: Vec<BilledLine> = items
        .iter()
        .zip(taxed)
        .map(|(item, (amount, tax))| BilledLine {
            line: line(item),
            amount: exact(amount),
            tax: shown.line_taxes.then(|| exact(tax)),
        })
        .collect();
    lines.reverse();
    let categories = bill.categories.iter();
    let categories =
        categories.map(|((code, rate), tax)| (((*code).into(), exact(rate)), exact(tax)));
    BilledInvoice {
        id: format!("{id:06}"),
        lines,
        rounding_line: exact(&bill.rounding_line),
        net: exact(&bill.net),
        categories: shown.categories.then(|| categories.collect()),
        tax: exact(&bill.tax),
        rounding_amount: exact(&bill.rounding_amount),
        payable: exact(&bill.payable),
    }
}

/// Lines with many ties: prices of three digits that end in five, quantities of halves and thirds.
pub(crate) fn items(random: &mut Random, wide: bool) -> Vec<Item> {
    let sign = if random.one_in(8) { -1 } else { 1 };
    (1..=1 + random.below(5))
        .map(|number| {
            let price = match random.below(4) {
                0 => Q::decimal(i128::from(random.between(1, 2_000)) * 5, 3),
                1 => Q::decimal(i128::from(random.between(1, 50_000)), 2),
                2 if wide => Q::decimal(i128::from(random.next()) * 1_000_003 + 5, 17),
                _ => Q::decimal(i128::from(random.between(1, 9_999_999)), 5),
            };
            let quantity = match random.below(4) {
                0 => Q::int(i128::from(random.between(1, 20))),
                1 => Q::decimal(i128::from(random.between(1, 400)) * 5, 1),
                2 if random.one_in(3) => Q { n: random.between(1, 100).into(), d: 3.into() },
                2 if wide => Q::decimal(i128::from(random.next()) * 1_000_033, 15),
                _ => Q::decimal(i128::from(random.between(1, 99_999)), 3),
            };
            let (code, rate) = *random.pick(&[("S", 19), ("S", 7), ("S", 19), ("Z", 0)]);
            let credit = if random.one_in(10) { -1 } else { 1 };
            Item {
                number: u32::try_from(number).unwrap(),
                quantity: quantity.mul(&Q::int(sign * credit)),
                price,
                code,
                rate: Q::decimal(rate, 2),
            }
        })
        .collect()
}
