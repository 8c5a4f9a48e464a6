//! What differs between two versions of a rate table, as functions of time.
//!
//! A change is a maximal interval over which one row of the earlier table charges other than one row of the
//! later, each while it is in force. What an edit does to rows without another charge at any instant is no
//! change: reordering, renaming, splitting a row in two, trailing zeros, another file. Where several rows of
//! a key are in force for the same quantity the table is no function; their sets are compared, and
//! [`super::integrity`] reports them.

mod digest;
mod kind;
mod moves;
mod pairs;
#[cfg(test)]
mod tests;

pub use self::digest::digest;
pub use self::kind::Kind;

pub(super) use self::digest::line;

use self::moves::Moves;
use self::pairs::Pair;
use super::effect::{Effect, alike, is_tier};
use super::rerate::Book;
use super::table::RateTable;
use super::timeline::{Run, Runs, cuts, in_force, pieces};
use super::{Rate, RateKey};
use crate::reperform::exact::Exact;
use std::collections::{BTreeMap, BTreeSet};

/// A difference between two tables over an interval of time, or something wrong with one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of what the rates are.
    pub key: RateKey,
    /// What it is.
    pub kind: Kind,
    /// Where its tier begins; `None` where neither row is a tier.
    pub tier_from: Option<Exact>,
    /// The first instant at which it holds, in microseconds since 1970 in UTC.
    pub from: i64,
    /// The first one after it.
    pub to: Option<i64>,
    /// The row that is charged by the earlier table. Where the key had no rate there, that of the less
    /// specific key which priced its usage.
    pub old: Option<Rate>,
    /// The row that is charged by the later table, likewise; of a finding its row, of a gap the one before it.
    pub new: Option<Rate>,
    /// The other row of a finding; of a gap the one after it.
    pub other: Option<Rate>,
}

/// The changes from `base` to `head`: by key, beginning, tier and kind.
///
/// Of a pair of rows the currency is told before the unit, the unit before the bounds of the tier, those
/// before the price, the price before other terms. A unit that only one of them states, or another mode of
/// tiers, are terms. Where both rows are in both tables as often, and only their time is another, it is
/// `dates-moved`. [`super::Terms::announced_on`], `retroactive` and `approved_change_id` alone are no change.
///
/// While a key has rates in one of the tables alone, its usage goes from the rates of a less specific key to
/// its own, or back: those are compared, and what differs is told with the key. Only where they charge the
/// same, or there are none, a rate is `added` or `ended`.
pub fn changes(base: &RateTable, head: &RateTable) -> Vec<Change> {
    let (old, new) = (Book::of(&base.rates), Book::of(&head.rates));
    let keys: BTreeSet<&RateKey> = old.all_keys().chain(new.all_keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        found.extend(of_key(key, &old, &new));
    }
    found
}

fn of_key(key: &RateKey, base: &Book<'_>, head: &Book<'_>) -> Vec<Change> {
    let (rows, more) = ((base.all(key), head.all(key)), Moves::of(key, [base, head]));
    let mut cuts = cuts(rows.0.iter().chain(rows.1).copied());
    let (mut old, mut new) = (in_force(rows.0, &cuts), in_force(rows.1, &cuts));
    let moves = old.iter().zip(&new).any(|(old, new)| old.is_empty() != new.is_empty());
    let moves = moves.then_some(more);
    if let Some(moves) = &moves {
        cuts = moves.cuts(cuts);
        (old, new) = (in_force(rows.0, &cuts), in_force(rows.1, &cuts));
    }
    let mut runs = Runs::new();
    for (piece, (old, new)) in pieces(&cuts).zip(old.iter().zip(&new)) {
        let pairs = match &moves {
            Some(moves) if old.is_empty() != new.is_empty() => moves.differing(piece.0, old, new),
            _ => pairs::differing(old, new),
        };
        runs.add(piece, pairs, Pair::same);
    }
    let runs = runs.all();
    if runs.is_empty() {
        return Vec::new();
    }
    let spells = (spells(&old), spells(&new));
    let mut changes: Vec<Change> = runs.into_iter().map(|run| change(key, &run, &spells)).collect();
    changes.sort_by(|a, b| sorted(a).cmp(&sorted(b)));
    changes
}

fn change(key: &RateKey, run: &Run<Pair<'_>>, spells: &(Spells<'_>, Spells<'_>)) -> Change {
    let Pair { old, new, .. } = run.what;
    let moved = |rate: &Rate| {
        let effect = Effect::of(rate);
        let (old, new) = (spells.0.get(&effect), spells.1.get(&effect));
        old.is_some() && old == new
    };
    let kind = match (old, new) {
        (Some(old), Some(new)) if old.key == new.key && moved(old) && moved(new) => {
            Kind::DatesMoved
        }
        _ => run.what.kind(),
    };
    let tiered = old.is_some_and(is_tier) || new.is_some_and(is_tier);
    let tier = new.or(old).filter(|_| tiered).map(|rate| rate.tier.0.clone());
    Change {
        key: key.clone(),
        kind,
        tier_from: tier,
        from: run.from,
        to: run.to,
        old: old.cloned(),
        new: new.cloned(),
        other: None,
    }
}

/// What a row charges → for how many intervals without a break some row does.
type Spells<'a> = BTreeMap<Effect<'a>, u64>;

fn spells<'a>(pieces: &[Vec<&'a Rate>]) -> Spells<'a> {
    let mut spells = Spells::new();
    let mut before: BTreeSet<Effect<'a>> = BTreeSet::new();
    for piece in pieces {
        let now: BTreeSet<Effect<'a>> = piece.iter().map(|rate| Effect::of(rate)).collect();
        for begun in now.difference(&before) {
            *spells.entry(*begun).or_default() += 1;
        }
        before = now;
    }
    spells
}

/// The order of the changes of a key.
pub(super) fn sorted(change: &Change) -> impl Ord + '_ {
    (
        change.from,
        change.tier_from.as_ref(),
        change.kind,
        change.to,
        change.old.as_ref().map(Effect::of),
        change.new.as_ref().map(Effect::of),
        change.other.as_ref().map(Effect::of),
    )
}

impl Pair<'_> {
    /// Whether they are one pair: what is charged and what the later row says of itself.
    fn same(&self, other: &Self) -> bool {
        let said =
            |pair: &Self| pair.new.map(|rate| (rate.terms.retroactive, rate.terms.announced_on));
        let keys = |pair: &Self| [pair.old, pair.new].map(|rate| rate.map(|rate| rate.key.clone()));
        self.boundary == other.boundary
            && keys(self) == keys(other)
            && alike(self.old, other.old)
            && alike(self.new, other.new)
            && said(self) == said(other)
    }
}
