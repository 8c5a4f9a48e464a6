//! Groups of usage, rated on both sides, as they add up.

use super::choice::{Choice, Choices};
use super::price::{Amount, Price, Reason};
use super::sums::{ByUnit, Pairs, PortionSum, SideSums, Sided};
use super::{Book, Coverage, Dimension, Effect, Money, NO_VALUE, Rerated, Unrated};
use crate::gate::RateKey;
use crate::gate::usage::{Grouped, Quantity, Texts, Usage};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Count;

/// What groups come to so far.
pub(super) struct Tally<'t, 'r> {
    usage: &'t Usage,
    choices: &'t Choices<'r>,
    sides: [SideSums<'r>; 2],
    money: Pairs<'r>,
    not_compared: [Pairs<'r>; 2],
    /// For each dimension, by the number of the value.
    by: [Vec<Pairs<'r>>; 4],
    /// By the places of [`Choices::keys`].
    effects: Vec<EffectSum<'r>>,
    /// By usage key and unit: the quantity, and whether base has no rate either.
    unrated: BTreeMap<(u32, u32), (Quantity, bool)>,
    /// The keys by which usage is priced in head.
    used_in_head: BTreeSet<usize>,
}

#[derive(Default, Clone)]
struct EffectSum<'r> {
    groups: u64,
    quantity: ByUnit,
    money: Pairs<'r>,
    used: bool,
    undetermined: bool,
}

/// What a group is on a side.
enum Outcome<'t, 'r> {
    Unrated,
    Undetermined(Reason),
    Rated(&'t Price<'r>, Amount),
}

impl<'t, 'r> Tally<'t, 'r> {
    pub(super) fn new(usage: &'t Usage, choices: &'t Choices<'r>) -> Self {
        let dimension = |texts: &Texts| vec![Pairs::default(); texts.numbers()];
        Self {
            usage,
            choices,
            sides: Default::default(),
            money: Pairs::default(),
            not_compared: Default::default(),
            by: Dimension::ALL.map(|of| dimension(texts(usage, of))),
            effects: vec![EffectSum::default(); choices.keys.len()],
            unrated: BTreeMap::new(),
            used_in_head: BTreeSet::new(),
        }
    }

    /// Adds a group of usage.
    pub(super) fn add(&mut self, group: &Grouped) {
        let choice = self.choices.choice(group.key);
        let [base, head] = choice.keys;
        let outcomes = [self.outcome(0, base, group), self.outcome(1, head, group)];
        for (side, outcome) in outcomes.iter().enumerate() {
            self.add_to_side(side, outcome, group);
        }
        if let [base, Outcome::Unrated] = &outcomes {
            let unrated = self.unrated.entry((group.key, group.unit));
            let in_base = matches!(base, Outcome::Unrated);
            let (sum, _) = unrated.or_insert_with(|| (Quantity::default(), in_base));
            sum.add_total(&group.quantity);
        }
        let undetermined = outcomes.iter().any(|o| matches!(o, Outcome::Undetermined(_)));
        for (side, outcome) in outcomes.iter().enumerate() {
            let Outcome::Rated(price, amount) = outcome else { continue };
            let sided = Sided { side, price, amount };
            if !undetermined {
                self.compare(choice, group, sided);
            } else if let Some(pairs) = self.not_compared.get_mut(side) {
                pairs.add(sided);
            }
        }
        self.tell_keys(choice, group, &outcomes);
    }

    fn outcome(&self, side: usize, key: Option<usize>, group: &Grouped) -> Outcome<'t, 'r> {
        let choices: &'t Choices<'r> = self.choices;
        let price = match key.and_then(|key| choices.price(side, key)) {
            None => return Outcome::Unrated,
            Some(Err(reason)) => return Outcome::Undetermined(reason),
            Some(Ok(price)) => price,
        };
        match price.amount(&group.quantity, self.usage.units.known(group.unit)) {
            Ok(amount) => Outcome::Rated(price, amount),
            Err(reason) => Outcome::Undetermined(reason),
        }
    }

    fn add_to_side(&mut self, side: usize, outcome: &Outcome<'t, 'r>, group: &Grouped) {
        let Some(sums) = self.sides.get_mut(side) else { return };
        match outcome {
            Outcome::Unrated => sums.unrated.add(group),
            Outcome::Undetermined(reason) => {
                sums.undetermined.entry(reason).or_insert_with(PortionSum::default).add(group);
            }
            Outcome::Rated(price, amount) => {
                sums.rated.add(group);
                sums.amounts.add(Sided { side, price, amount });
            }
        }
    }

    fn compare(&mut self, choice: Choice, group: &Grouped, sided: Sided<'_, 'r>) {
        self.money.add(sided);
        for (of, pairs) in Dimension::ALL.into_iter().zip(&mut self.by) {
            let number = usize::try_from(number(self.usage, of, group)).ok();
            number.and_then(|n| pairs.get_mut(n)).into_iter().for_each(|p| p.add(sided));
        }
        let effect = choice.told_with.and_then(|key| self.effects.get_mut(key));
        effect.into_iter().for_each(|effect| effect.money.add(sided));
    }

    /// Tells the keys of a group that there is usage, and whether it is undetermined.
    fn tell_keys(&mut self, choice: Choice, group: &Grouped, outcomes: &[Outcome<'t, 'r>; 2]) {
        let [_, head] = choice.keys;
        self.used_in_head.extend(head);
        let mut any = false;
        for (key, outcome) in choice.keys.iter().zip(outcomes) {
            let undetermined = matches!(outcome, Outcome::Undetermined(_));
            any |= undetermined;
            if let Some(effect) = key.and_then(|key| self.effects.get_mut(key)) {
                effect.used = true;
                effect.undetermined |= undetermined;
            }
        }
        if let Some(effect) = choice.told_with.and_then(|key| self.effects.get_mut(key)) {
            effect.groups += 1;
            effect.quantity.add(group);
            effect.undetermined |= any;
        }
    }

    /// The whole.
    pub(super) fn finish(mut self, at: i64, books: &[Book<'r>; 2]) -> Rerated {
        // Of some of their usage it isn't known whether it is the month's.
        for used in &self.usage.undetermined_keys {
            for key in self.choices.choice(*used).keys.into_iter().flatten() {
                self.used_in_head.insert(key);
                self.effects.get_mut(key).into_iter().for_each(|e| e.undetermined = true);
            }
        }
        let usage = self.usage;
        let [_, head] = books;
        let used: BTreeSet<&RateKey> = self
            .used_in_head
            .iter()
            .filter_map(|key| self.choices.keys.get(*key).copied())
            .collect();
        let unpriced = head.keys(at).filter(|key| !used.contains(key)).cloned().collect();
        let mut by = BTreeMap::new();
        for (of, pairs) in Dimension::ALL.into_iter().zip(&self.by) {
            by.insert(of, by_value(texts(usage, of), pairs));
        }
        let keys = self.choices.keys.iter().map(|key| (*key).clone());
        let effects = self.effects.iter().map(|effect| effect.told(&usage.units));
        let unrated = self.unrated.iter().filter_map(|((key, unit), (quantity, in_base))| {
            let (key, unit) = (usage.key(*key)?.clone(), usage.units.known(*unit).to_owned());
            Some(Unrated { key, unit, quantity: quantity.exact(), in_base: *in_base })
        });
        let ([base, head], [old, new]) = (&self.sides, &self.not_compared);
        Rerated {
            at,
            groups: Count::of(usage.groups.len()),
            sides: [base.told(0, &usage.units), head.told(1, &usage.units)],
            money: self.money.money().collect(),
            by,
            by_key: keys.zip(effects).collect(),
            unrated: unrated.collect(),
            unpriced,
            not_compared: [old.side(0), new.side(1)],
        }
    }
}

impl EffectSum<'_> {
    fn told(&self, units: &Texts) -> Effect {
        let coverage = match (self.undetermined, self.used) {
            (true, _) => Coverage::Undetermined,
            (false, true) => Coverage::Priced,
            (false, false) => Coverage::Unpriced,
        };
        Effect {
            groups: Count(self.groups),
            quantity: self.quantity.told(units),
            money: self.money.money().collect(),
            coverage,
        }
    }
}

fn by_value(texts: &Texts, pairs: &[Pairs<'_>]) -> BTreeMap<(String, String), Money> {
    let mut by_value = BTreeMap::new();
    for (number, pairs) in (0..).zip(pairs) {
        let value = texts.text(number).unwrap_or(NO_VALUE);
        for (currency, money) in pairs.money() {
            // A file may call something by the word for nothing.
            let known = by_value.entry((value.to_owned(), currency));
            known.and_modify(|known: &mut Money| known.add(&money)).or_insert(money);
        }
    }
    by_value
}

/// The values of a dimension.
fn texts(usage: &Usage, of: Dimension) -> &Texts {
    match of {
        Dimension::CostCentre => &usage.cost_centres,
        Dimension::GlAccount => &usage.gl_accounts,
        Dimension::Entity => &usage.entities,
        Dimension::Service => &usage.services,
    }
}

/// The number of a group's value.
fn number(usage: &Usage, of: Dimension, group: &Grouped) -> u32 {
    match of {
        Dimension::CostCentre => group.cost_centre,
        Dimension::GlAccount => group.gl_account,
        Dimension::Entity => group.entity,
        Dimension::Service => {
            let at = usize::try_from(group.key).ok();
            at.and_then(|at| usage.key_services.get(at)).copied().unwrap_or_default()
        }
    }
}
