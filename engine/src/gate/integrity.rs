//! What is wrong with a rate table in itself: times and quantities without a price, or with several.
//!
//! Not for what differs between two tables ([`super::diff`]): the earlier one only tells which findings were
//! there before.

mod identity;
#[cfg(test)]
mod tests;
mod tiers;

pub use self::identity::{Identity, only_listed};

use self::tiers::Trouble;
use super::diff::{Change, Kind, line, sorted};
use super::effect::{Effect, alike, by_key};
use super::table::RateTable;
use super::timeline::{Run, Runs, cuts, in_force, pieces};
use super::{Rate, RateKey};
use std::collections::BTreeMap;

/// Something wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What, when and which rows: `new` and `other`.
    pub change: Change,
    /// Whether the earlier table has exactly the same.
    pub in_base: bool,
    /// Whether it is let pass for that: where there is a baseline, only what that lists ([`only_listed`]).
    pub legacy: bool,
}

/// How the rows of two tables are accounted for:
/// `base_rows = unchanged + only_base` and `head_rows = unchanged + only_head`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconciliation {
    /// The accepted rows of the earlier table.
    pub base_rows: u64,
    /// The accepted rows of the later table.
    pub head_rows: u64,
    /// The rows that charge the same at the same time in both, whatever their name and place.
    pub unchanged: u64,
    /// The rows of the earlier table that the later one hasn't so.
    pub only_base: u64,
    /// The rows of the later table that the earlier one hasn't so. Rows can differ without a change, as
    /// where one is split in two.
    pub only_head: u64,
    /// The changes.
    pub changes: u64,
}

/// What is wrong with `head`, by key, beginning, tier and kind:
///
/// - `overlap`: two rows in force for the same quantity at one price, or tiers that meet;
/// - `two-prices`: the same at different prices, currencies, units or modes of tiers;
/// - `gap`: no rate in force between two of a key, or between tiers of a rate, or before its first tier.
///   Before the first and after the last rate, and above the last tier, is no gap.
///
/// A row that became known later takes the place of others and is no overlap.
pub fn findings(base: &RateTable, head: &RateTable) -> Vec<Finding> {
    let mut known: BTreeMap<(Kind, String), u64> = BTreeMap::new();
    for change in of_table(base) {
        *known.entry((change.kind, line(&change))).or_default() += 1;
    }
    let judged = of_table(head).into_iter().map(|change| {
        let left = known.get_mut(&(change.kind, line(&change))).filter(|left| **left > 0);
        let in_base = left.is_some();
        left.into_iter().for_each(|left| *left -= 1);
        Finding { change, in_base, legacy: in_base }
    });
    judged.collect()
}

/// Accounts for the rows of two tables.
pub fn reconcile(base: &RateTable, head: &RateTable, changes: &[Change]) -> Reconciliation {
    let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
    let mut left: BTreeMap<_, u64> = BTreeMap::new();
    for rate in &base.rates {
        *left.entry(what_and_when(rate)).or_default() += 1;
    }
    let mut unchanged: u64 = 0;
    for rate in &head.rates {
        if let Some(left) = left.get_mut(&what_and_when(rate)).filter(|left| **left > 0) {
            *left -= 1;
            unchanged += 1;
        }
    }
    let (base_rows, head_rows) = (count(base.rates.len()), count(head.rates.len()));
    Reconciliation {
        base_rows,
        head_rows,
        unchanged,
        only_base: base_rows.saturating_sub(unchanged),
        only_head: head_rows.saturating_sub(unchanged),
        changes: count(changes.len()),
    }
}

fn what_and_when(rate: &Rate) -> (&RateKey, i64, Option<i64>, Effect<'_>) {
    (&rate.key, rate.from, rate.to, Effect::of(rate))
}

/// All that is wrong with a table.
fn of_table(table: &RateTable) -> Vec<Change> {
    let mut found = Vec::new();
    for (key, rates) in by_key(&table.rates) {
        found.extend(of_key(key, &rates));
    }
    found
}

fn of_key(key: &RateKey, rates: &[&Rate]) -> Vec<Change> {
    let cuts = cuts(rates.iter().copied());
    let now = in_force(rates, &cuts);
    let mut runs = Runs::new();
    for (at, (piece, rates)) in pieces(&cuts).zip(&now).enumerate() {
        let found = match rates.as_slice() {
            [] => gap(&now, at).into_iter().collect(),
            rates => tiers::troubles(rates),
        };
        runs.add(piece, found, same);
    }
    let mut found: Vec<Change> = runs.all().into_iter().map(|run| change(key, run)).collect();
    found.sort_by(|a, b| sorted(a).cmp(&sorted(b)));
    found
}

/// The time at which nothing is in force, if something is before it and after it.
fn gap<'a>(pieces: &[Vec<&'a Rate>], at: usize) -> Option<Trouble<'a>> {
    let (before, after) = pieces.split_at_checked(at)?;
    let before = before.iter().rev().find_map(|piece| piece.last())?;
    let after = after.iter().find_map(|piece| piece.first())?;
    Some(Trouble { kind: Kind::Gap, tier_from: None, row: before, other: Some(after) })
}

fn same(one: &Trouble<'_>, other: &Trouble<'_>) -> bool {
    one.kind == other.kind
        && one.tier_from == other.tier_from
        && alike(Some(one.row), Some(other.row))
        && alike(one.other, other.other)
}

fn change(key: &RateKey, run: Run<Trouble<'_>>) -> Change {
    let Trouble { kind, tier_from, row, other } = run.what;
    Change {
        key: key.clone(),
        kind,
        tier_from,
        from: run.from,
        to: run.to,
        old: None,
        new: Some(row.clone()),
        other: other.cloned(),
    }
}
