//! What is wrong with the rows of one key that are in force at one time: their tiers have to run from zero
//! without hole, and no two may hold one quantity.

use crate::gate::Rate;
use crate::gate::diff::Kind;
use crate::gate::effect::{costs_alike, is_tier};
use crate::reperform::exact::Exact;

/// Something wrong, and the rows by which it is.
#[derive(Debug, Clone)]
pub(super) struct Trouble<'a> {
    pub(super) kind: Kind,
    /// The first quantity at fault; `None` without tiers.
    pub(super) tier_from: Option<Exact>,
    pub(super) row: &'a Rate,
    pub(super) other: Option<&'a Rate>,
}

/// What is wrong with rows, which are by their tiers. Each row is held against the one below it that
/// reaches furthest.
pub(super) fn troubles<'a>(rates: &[&'a Rate]) -> Vec<Trouble<'a>> {
    let Some((mut reach, rest)) = rates.split_first() else { return Vec::new() };
    let mut found = Vec::new();
    if !reach.tier.0.is_zero() {
        found.push(hole(Exact::zero(), reach, None));
    }
    for rate in rest {
        match &reach.tier.1 {
            Some(end) if rate.tier.0 > *end => found.push(hole(end.clone(), reach, Some(rate))),
            Some(end) if rate.tier.0 == *end => {}
            _ => found.push(clash(reach, rate)),
        }
        if further(rate, reach) {
            reach = rate;
        }
    }
    found
}

fn hole<'a>(from: Exact, row: &'a Rate, other: Option<&'a Rate>) -> Trouble<'a> {
    Trouble { kind: Kind::Gap, tier_from: Some(from), row, other }
}

fn clash<'a>(row: &'a Rate, other: &'a Rate) -> Trouble<'a> {
    // Tiers of one rate have different prices by their nature: that they meet is the fault.
    let tiers_of_one = row.tier != other.tier && row.tier_mode == other.tier_mode;
    let kind = match tiers_of_one || costs_alike(row, other) {
        true => Kind::Overlap,
        false => Kind::TwoPrices,
    };
    let tiered = is_tier(row) || is_tier(other);
    let tier_from = tiered.then(|| other.tier.0.clone());
    Trouble { kind, tier_from, row, other: Some(other) }
}

/// Whether a row's tier ends above another's.
fn further(rate: &Rate, than: &Rate) -> bool {
    match (&rate.tier.1, &than.tier.1) {
        (None, Some(_)) => true,
        (Some(rate), Some(than)) => rate > than,
        (_, None) => false,
    }
}
