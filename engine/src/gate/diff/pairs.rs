//! Which row of the later table stands for which of the earlier, of the rows in force at one time.

use super::Kind;
use crate::gate::Rate;
use crate::gate::effect::{Effect, is_tier};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Two rows that charge differently; one of them may be none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) old: Option<&'a Rate>,
    pub(super) new: Option<&'a Rate>,
    /// Whether the bounds of a tier are those of no row of the other table.
    pub(super) boundary: bool,
}

/// The pairs that differ. Rows that charge the same count once, whichever they are.
pub(super) fn differing<'a>(old: &[&'a Rate], new: &[&'a Rate]) -> Vec<Pair<'a>> {
    let effects = |rates: &[&'a Rate]| rates.iter().map(|r| Effect::of(r)).collect::<BTreeSet<_>>();
    if let ([one], [other]) = (old, new)
        && Effect::of(one) == Effect::of(other)
    {
        return Vec::new();
    }
    let (old_effects, new_effects) = (effects(old), effects(new));
    let mut gone = without(old, &new_effects);
    let mut come = without(new, &old_effects);
    let mut pairs = Vec::new();
    // Where a set of rows is in force, those that have most in common belong together.
    for alike in [priced_alike, in_one_currency, of_one_tier] {
        gone.retain(|old| match come.iter().position(|new| alike(old, new)) {
            None => true,
            Some(at) => {
                pairs.push(Pair { old: Some(old), new: Some(come.remove(at)), boundary: false });
                false
            }
        });
    }
    let mut followed = BTreeSet::new();
    for rate in come {
        let known = old.is_empty() || old.iter().any(|old| of_one_tier(old, rate));
        let before = if known { None } else { before(old, rate) };
        followed.extend(before.map(Effect::of));
        pairs.push(Pair { old: before, new: Some(rate), boundary: !known });
    }
    for rate in gone {
        let known = new.is_empty() || new.iter().any(|new| of_one_tier(rate, new));
        if known || !followed.contains(&Effect::of(rate)) {
            pairs.push(Pair { old: Some(rate), new: None, boundary: !known });
        }
    }
    pairs
}

/// The rows that charge what none of the others does, each effect once.
fn without<'a>(rates: &[&'a Rate], others: &BTreeSet<Effect<'_>>) -> Vec<&'a Rate> {
    let mut left: Vec<&Rate> = rates.to_vec();
    left.retain(|rate| !others.contains(&Effect::of(rate)));
    left.dedup_by(|a, b| Effect::of(a) == Effect::of(b));
    left
}

fn of_one_tier(one: &Rate, other: &Rate) -> bool {
    one.tier == other.tier
}

fn in_one_currency(one: &Rate, other: &Rate) -> bool {
    of_one_tier(one, other) && one.currency == other.currency
}

fn priced_alike(one: &Rate, other: &Rate) -> bool {
    in_one_currency(one, other) && one.unit == other.unit
}

/// The row by which the quantity was priced with which the tier begins.
fn before<'a>(old: &[&'a Rate], tier: &Rate) -> Option<&'a Rate> {
    let from = &tier.tier.0;
    let holds =
        |rate: &Rate| rate.tier.0 <= *from && rate.tier.1.as_ref().is_none_or(|to| from < to);
    let same = old.iter().find(|rate| rate.tier.0 == *from);
    same.or_else(|| old.iter().find(|rate| holds(rate))).copied()
}

impl Pair<'_> {
    /// What the change of one into the other is.
    pub(super) fn kind(&self) -> Kind {
        match (self.old, self.new) {
            (None, Some(_)) if !self.boundary => Kind::Added,
            (Some(_), None) if !self.boundary => Kind::Ended,
            (Some(old), Some(new)) => kind(old, new),
            _ => Kind::TierBoundaryMoved,
        }
    }
}

fn kind(old: &Rate, new: &Rate) -> Kind {
    if old.currency != new.currency {
        return Kind::CurrencyChanged;
    }
    if old.unit.as_ref().zip(new.unit.as_ref()).is_some_and(|(old, new)| old != new) {
        return Kind::UnitChanged;
    }
    if old.tier != new.tier && (is_tier(old) || is_tier(new)) {
        return Kind::TierBoundaryMoved;
    }
    match new.price.cmp(&old.price) {
        Ordering::Greater => Kind::PriceRaised,
        Ordering::Less => Kind::PriceCut,
        Ordering::Equal => Kind::TermsChanged,
    }
}
