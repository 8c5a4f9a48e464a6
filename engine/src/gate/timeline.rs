//! What holds when: time cut at every instant at which a row begins or ends, and what is found of the
//! pieces joined again.

use super::Rate;
use super::effect::{Effect, tiers_meet};

/// The instants at which any of those rows begins or ends, in order.
pub(super) fn cuts<'a>(rates: impl Iterator<Item = &'a Rate>) -> Vec<i64> {
    let mut cuts: Vec<i64> = rates.flat_map(|r| std::iter::once(r.from).chain(r.to)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The pieces of time from each cut to the next, the last one without end.
pub(super) fn pieces(cuts: &[i64]) -> impl Iterator<Item = (i64, Option<i64>)> {
    let ends = cuts.iter().skip(1).copied().map(Some).chain(std::iter::once(None));
    cuts.iter().copied().zip(ends)
}

/// For each piece the rows in force, by tier and then by what they charge. `rates` are of one key, by
/// their beginning, and begin and end at cuts.
pub(super) fn in_force<'a>(rates: &[&'a Rate], cuts: &[i64]) -> Vec<Vec<&'a Rate>> {
    let mut waiting = rates.iter().copied().peekable();
    let mut active: Vec<&Rate> = Vec::new();
    let mut pieces = Vec::with_capacity(cuts.len());
    for cut in cuts {
        while let Some(begins) = waiting.next_if(|rate| rate.from <= *cut) {
            active.push(begins);
        }
        active.retain(|rate| rate.to.is_none_or(|to| to > *cut));
        pieces.push(in_order(&active));
    }
    pieces
}

/// Of rows in force those that hold, by tier and then by what they charge.
pub(super) fn in_order<'a>(active: &[&'a Rate]) -> Vec<&'a Rate> {
    let mut now = known_last(active);
    // Of rows that charge the same, what they say of themselves comes before how they are called.
    now.sort_by(|a, b| {
        let said = |rate: &&Rate| (rate.terms.retroactive, rate.terms.announced_on);
        let named = || (&a.rate_id, a.row).cmp(&(&b.rate_id, b.row));
        Effect::of(a).cmp(&Effect::of(b)).then(said(a).cmp(&said(b))).then_with(named)
    });
    now
}

/// Without the rows in whose place another one holds, which became known later.
pub(super) fn known_last<'a>(active: &[&'a Rate]) -> Vec<&'a Rate> {
    if active.iter().all(|rate| rate.terms.known_from.is_none()) {
        return active.to_vec();
    }
    let replaced = |rate: &Rate| {
        let later = |other: &&Rate| other.terms.known_from > rate.terms.known_from;
        active.iter().any(|other| later(other) && tiers_meet(rate, other))
    };
    active.iter().copied().filter(|rate| !replaced(rate)).collect()
}

/// Something that holds for a half-open interval of time.
#[derive(Debug)]
pub(super) struct Run<T> {
    pub(super) what: T,
    pub(super) from: i64,
    pub(super) to: Option<i64>,
}

/// Joins what is found of adjoining pieces, where it is the same.
pub(super) struct Runs<T> {
    open: Vec<Run<T>>,
    done: Vec<Run<T>>,
}

impl<T> Runs<T> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), done: Vec::new() }
    }

    /// Adds what is found of the next piece; the earlier of two that are the same stays.
    pub(super) fn add(
        &mut self,
        (from, to): (i64, Option<i64>),
        found: Vec<T>,
        same: impl Fn(&T, &T) -> bool,
    ) {
        let mut open = Vec::with_capacity(found.len());
        for what in found {
            let known = self.open.iter().position(|run| same(&run.what, &what));
            open.push(match known.map(|at| self.open.swap_remove(at)) {
                Some(run) => Run { to, ..run },
                None => Run { what, from, to },
            });
        }
        self.done.append(&mut self.open);
        self.open = open;
    }

    /// All of it.
    pub(super) fn all(mut self) -> Vec<Run<T>> {
        self.done.append(&mut self.open);
        self.done
    }
}
