//! By how much rates differ from others for whatever quantity is used: the largest percentage that any
//! quantity sees.
//!
//! Between rates without tiers and graduated ones the price of the next unit is compared, between rates
//! without and those by volume the price of all units: either is one price of each side between two bounds
//! of tiers. Between a graduated rate and one by volume the amounts are compared that the whole quantity
//! comes to. Between two bounds one of them is linear and the other one proportional, so that their share
//! grows or falls all along, and is largest at an end.

#[cfg(test)]
mod tests;

use super::{Rate, TierMode};
use crate::reperform::exact::Exact;

/// How rates differ from others over a range of quantities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// The largest change, up or down, as a share of the magnitude before; `None` where something costs what
    /// was free, or changes its sign on the way.
    pub(super) largest: Option<Exact>,
    /// Whether any quantity costs more.
    pub(super) dearer: bool,
}

/// A range of quantities, half-open.
pub(super) type Range<'a> = (&'a Exact, Option<&'a Exact>);

/// How `new` differs from `old` for the quantities of a range that both price. `None` where there are none,
/// or prices can't be compared: in another currency or unit, several at a time, tiers of both modes.
pub(super) fn difference(old: &[&Rate], new: &[&Rate], range: Range<'_>) -> Option<Difference> {
    let (old_mode, new_mode) = (mode(old)?, mode(new)?);
    let mut whole: Option<Difference> = None;
    for (from, to) in intervals(old, new, range) {
        let (Some(was), Some(is)) = (at(old, &from)?, at(new, &from)?) else { continue };
        if was.currency != is.currency || was.unit != is.unit {
            return None;
        }
        let found = match (old_mode, new_mode) {
            (Some(one), Some(other)) if one != other => {
                let amounts = [
                    amounts(old, was, (&from, to.as_ref())),
                    amounts(new, is, (&from, to.as_ref())),
                ];
                let [Some(was), Some(is)] = amounts else { continue };
                of_amounts(&was, &is)
            }
            _ => of(&was.price, &is.price),
        };
        whole = Some(whole.map_or_else(|| found.clone(), |whole| whole.and(&found)));
    }
    whole
}

/// How a price, or an amount, differs from another one.
pub(super) fn of(old: &Exact, new: &Exact) -> Difference {
    let largest = match old == new {
        true => Some(Exact::zero()),
        // Of what costs less than nothing the magnitude counts: less of a credit is dearer.
        false => new.minus(old).over(&old.magnitude()).ok(),
    };
    Difference { largest, dearer: new > old }
}

impl Difference {
    /// Over both ranges.
    pub(super) fn and(&self, other: &Self) -> Self {
        let larger = |one: &Exact, other: &Exact| match one.magnitude().cmp(&other.magnitude()) {
            std::cmp::Ordering::Equal => one.max(other).clone(),
            std::cmp::Ordering::Greater => one.clone(),
            std::cmp::Ordering::Less => other.clone(),
        };
        let both = self.largest.as_ref().zip(other.largest.as_ref());
        Self {
            largest: both.map(|(one, other)| larger(one, other)),
            dearer: self.dearer || other.dearer,
        }
    }
}

/// The mode of the tiers of rows, where they have tiers; `None` where they have several or there are none.
fn mode(rates: &[&Rate]) -> Option<Option<TierMode>> {
    let first = rates.first()?.tier_mode;
    rates.iter().all(|rate| rate.tier_mode == first).then_some(first)
}

/// The parts of a range within which neither side has a bound.
fn intervals(old: &[&Rate], new: &[&Rate], (from, to): Range<'_>) -> Vec<(Exact, Option<Exact>)> {
    let bounds = old.iter().chain(new).flat_map(|r| std::iter::once(&r.tier.0).chain(&r.tier.1));
    let within = |bound: &&Exact| *bound > from && to.is_none_or(|to| *bound < to);
    let mut cuts: Vec<&Exact> = bounds.filter(within).chain([from]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let ends = cuts.iter().skip(1).copied().map(Some).chain([to]);
    cuts.iter().copied().zip(ends).map(|(from, to)| (from.clone(), to.cloned())).collect()
}

/// The row that prices a quantity; `None` where several do.
fn at<'a>(rates: &[&'a Rate], quantity: &Exact) -> Option<Option<&'a Rate>> {
    let holds = |rate: &&&Rate| {
        rate.tier.0 <= *quantity && rate.tier.1.as_ref().is_none_or(|to| quantity < to)
    };
    let mut found = rates.iter().filter(holds);
    let first = found.next().copied();
    if found.next().is_some() { None } else { Some(first) }
}

/// What the quantities of an interval come to: at its beginning, and at its end or, without one, by what
/// more of it costs.
type Amounts = [Exact; 2];

/// The amounts of an interval in which a row holds; `None` where the tiers below it leave a hole.
fn amounts(rates: &[&Rate], row: &Rate, (from, to): Range<'_>) -> Option<Amounts> {
    let up_to = |quantity: &Exact| match row.tier_mode {
        Some(TierMode::Graduated) => graduated(rates, quantity),
        _ => Some(quantity.times(&row.price)),
    };
    // From nothing on both grow by their price.
    let begin = if from.is_zero() { row.price.clone() } else { up_to(from)? };
    Some([begin, to.map_or_else(|| Some(row.price.clone()), up_to)?])
}

/// What a quantity costs, each part by its tier.
fn graduated(rates: &[&Rate], quantity: &Exact) -> Option<Exact> {
    let (mut sum, mut priced) = (Exact::zero(), Exact::zero());
    for rate in rates.iter().filter(|rate| rate.tier.0 < *quantity) {
        let end = rate.tier.1.as_ref().map_or(quantity, |to| to.min(quantity));
        let part = end.minus(&rate.tier.0);
        sum = sum.plus(&part.times(&rate.price));
        priced = priced.plus(&part);
    }
    (priced == *quantity).then_some(sum)
}

/// How the amounts of an interval differ: most at one of its ends.
fn of_amounts(old: &Amounts, new: &Amounts) -> Difference {
    let ([old_begin, old_end], [new_begin, new_end]) = (old, new);
    let both = of(old_begin, new_begin).and(&of(old_end, new_end));
    // Where the amount before passes zero on the way, its share has no bound.
    let passes = old_begin.is_negative() != old_end.is_negative();
    Difference { largest: both.largest.filter(|_| !passes || old == new), ..both }
}
