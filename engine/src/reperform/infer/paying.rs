//! The payable amount: what gives it from the billed totals.

use super::frame::{Mismatch, bits, denominator, keep, over, step};
use super::{BilledInvoice, Candidates, Grid, Nearest, PartRules, Place};
use crate::reperform::integer::{Integer, divide};
use crate::reperform::rounding::residual::Residual;
use crate::reperform::rounding::{Rule, Stage};
use num_bigint::BigInt;
use std::collections::BTreeMap;

/// The candidates that are left.
pub(super) struct Paying {
    alive: Vec<Option<Rule>>,
}

/// What is billed, over one denominator.
struct View<I> {
    gross: I,
    rounding_amount: I,
    payable: I,
}

impl Paying {
    pub(super) fn new(grid: &Grid) -> Self {
        Self { alive: grid.options(Stage::Invoice).to_vec() }
    }
}

fn rules(rule: Option<Rule>) -> PartRules {
    BTreeMap::from([(Stage::Invoice, rule)])
}

impl<I: Integer> View<I> {
    fn mismatch(&self, rule: Option<Rule>, step: &I) -> Option<Mismatch<I>> {
        let payable = match rule {
            Some(rule) => divide(&self.gross, step, rule.mode).times(step),
            None => self.gross.clone(),
        };
        let states = rule.is_some_and(|rule| rule.residual == Residual::RoundingLine);
        let rounding = if states { payable.minus(&self.gross) } else { I::of(0) };
        let found = Mismatch::between(|| Place::Payable, &payable, &self.payable);
        let amount = || Place::RoundingAmount;
        found.or_else(|| Mismatch::between(amount, &rounding, &self.rounding_amount))
    }
}

impl Candidates for Paying {
    fn see(&mut self, invoice: &BilledInvoice) -> Vec<Nearest> {
        let gross = invoice.net.plus(&invoice.tax);
        let billed = [&gross, &invoice.rounding_amount, &invoice.payable];
        let common = denominator(BigInt::from(1), billed.into_iter(), &self.alive);
        let [gross, rounding_amount, payable] = billed.map(|amount| over(amount, &common));
        let view = View { gross, rounding_amount, payable };
        let step_of =
            |rule: &Option<Rule>| rule.map_or(BigInt::from(1), |r| step(r.increment, &common));
        let steps: Vec<BigInt> = self.alive.iter().map(step_of).collect();
        let numbers = [&view.gross, &view.rounding_amount, &view.payable];
        let narrow = bits(steps.iter().chain(numbers)) + 2 <= 126;
        let fit = |number: &BigInt| if narrow { i128::fitting(number) } else { None };
        let small = match (fit(&view.gross), fit(&view.rounding_amount), fit(&view.payable)) {
            (Some(gross), Some(rounding_amount), Some(payable)) => {
                Some(View { gross, rounding_amount, payable })
            }
            _ => None,
        };
        let options = || self.alive.iter().copied().zip(&steps);
        let explained: Vec<bool> = options()
            .map(|(rule, step)| match (&small, fit(step)) {
                (Some(small), Some(step)) => small.mismatch(rule, &step).is_none(),
                _ => view.mismatch(rule, step).is_none(),
            })
            .collect();
        if !explained.contains(&true) {
            let found = options().filter_map(|(rule, step)| {
                view.mismatch(rule, step).map(|m| m.nearest(rules(rule), &common))
            });
            let nearest = found.collect();
            self.alive.clear();
            return nearest;
        }
        keep(&mut self.alive, &explained);
        Vec::new()
    }

    fn left(&self) -> Vec<PartRules> {
        self.alive.iter().map(|rule| rules(*rule)).collect()
    }

    fn any(&self) -> bool {
        !self.alive.is_empty()
    }
}
