//! Sums of a re-rating, in numbers for their texts.

use super::price::{AMOUNT_SCALE, Amount, Price};
use super::{Money, Portion, Side};
use crate::gate::usage::{Grouped, Quantity, Texts, Total};
use crate::reperform::exact::Exact;
use std::collections::BTreeMap;
use tieout_controls::Count;

/// Amounts by currency, before and after.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs<'r>(Vec<(&'r str, [Total<AMOUNT_SCALE>; 2])>);

/// An amount, its currency, and on which side it is.
#[derive(Clone, Copy)]
pub(super) struct Sided<'s, 'r> {
    pub(super) side: usize,
    pub(super) price: &'s Price<'r>,
    pub(super) amount: &'s Amount,
}

impl<'r> Pairs<'r> {
    pub(super) fn add(&mut self, Sided { side, price, amount }: Sided<'_, 'r>) {
        // There are few.
        let known = self.0.iter().position(|(currency, _)| *currency == price.currency);
        let at = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push((price.currency, Default::default()));
        }
        let totals = self.0.get_mut(at).and_then(|(_, totals)| totals.get_mut(side));
        totals.into_iter().for_each(|total| match amount {
            Amount::Units(units) => total.add(*units),
            Amount::Wide(exact) => total.add_exact(exact),
        });
    }

    /// The amounts in the order of their currencies.
    pub(super) fn money(&self) -> impl Iterator<Item = (String, Money)> {
        self.0.iter().map(|(currency, [old, new])| {
            let (old, new) = (old.exact(), new.exact());
            let delta = new.minus(&old);
            ((*currency).to_owned(), Money { old, new, delta })
        })
    }

    /// The amounts of one side.
    pub(super) fn side(&self, side: usize) -> BTreeMap<String, Exact> {
        let of_side = self.0.iter().filter_map(|(currency, totals)| {
            Some(((*currency).to_owned(), totals.get(side)?.exact()))
        });
        of_side.collect()
    }
}

impl Money {
    pub(super) fn add(&mut self, other: &Self) {
        self.old = self.old.plus(&other.old);
        self.new = self.new.plus(&other.new);
        self.delta = self.delta.plus(&other.delta);
    }
}

/// Quantities by unit.
#[derive(Debug, Clone, Default)]
pub(super) struct ByUnit(Vec<(u32, Quantity)>);

impl ByUnit {
    pub(super) fn add(&mut self, group: &Grouped) {
        let known = self.0.iter().position(|(unit, _)| *unit == group.unit);
        let at = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push((group.unit, Quantity::default()));
        }
        self.0.get_mut(at).into_iter().for_each(|(_, sum)| sum.add_total(&group.quantity));
    }

    pub(super) fn told(&self, units: &Texts) -> BTreeMap<String, Exact> {
        self.0.iter().map(|(unit, sum)| (units.known(*unit).to_owned(), sum.exact())).collect()
    }
}

/// A part of the usage.
#[derive(Debug, Default)]
pub(super) struct PortionSum {
    groups: u64,
    rows: u64,
    quantity: ByUnit,
}

impl PortionSum {
    pub(super) fn add(&mut self, group: &Grouped) {
        self.groups += 1;
        self.rows += group.rows;
        self.quantity.add(group);
    }

    fn told(&self, units: &Texts) -> Portion {
        let (groups, rows) = (Count(self.groups), Count(self.rows));
        Portion { groups, rows, quantity: self.quantity.told(units) }
    }
}

/// How a table rates the usage.
#[derive(Debug, Default)]
pub(super) struct SideSums<'r> {
    pub(super) rated: PortionSum,
    pub(super) unrated: PortionSum,
    pub(super) undetermined: BTreeMap<&'static str, PortionSum>,
    pub(super) amounts: Pairs<'r>,
}

impl SideSums<'_> {
    pub(super) fn told(&self, side: usize, units: &Texts) -> Side {
        let undetermined = self.undetermined.iter();
        Side {
            rated: self.rated.told(units),
            unrated: self.unrated.told(units),
            undetermined: undetermined.map(|(why, sum)| (*why, sum.told(units))).collect(),
            amounts: self.amounts.side(side),
        }
    }
}
