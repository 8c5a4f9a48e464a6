//! What of a rate counts: two rows of one key with equal effects charge the same.

use super::{Rate, RateKey, TierMode};
use crate::reperform::exact::Exact;
use std::collections::BTreeMap;

/// What a row charges while it is in force. Its name, its lines, when it was announced, who approved it
/// and whether it calls itself retroactive change nothing of that.
///
/// The order is by tier first; it serves determinism alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Effect<'a> {
    tier_from: &'a Exact,
    tier_to: Option<&'a Exact>,
    currency: &'a str,
    unit: Option<&'a str>,
    price: &'a Exact,
    tier_mode: Option<TierMode>,
    tax_code: Option<&'a str>,
    method_doc_id: Option<&'a str>,
    contract_line: Option<&'a str>,
    cap_price: Option<&'a Exact>,
    known_from: Option<i64>,
}

impl<'a> Effect<'a> {
    /// What the row charges.
    pub(super) fn of(rate: &'a Rate) -> Self {
        let terms = &rate.terms;
        Self {
            tier_from: &rate.tier.0,
            tier_to: rate.tier.1.as_ref(),
            currency: &rate.currency,
            unit: rate.unit.as_deref(),
            price: &rate.price,
            tier_mode: rate.tier_mode,
            tax_code: terms.tax_code.as_deref(),
            method_doc_id: terms.method_doc_id.as_deref(),
            contract_line: terms.contract_line.as_deref(),
            cap_price: terms.cap_price.as_ref(),
            known_from: terms.known_from,
        }
    }
}

/// Whether both rows, where both are, charge the same.
pub(super) fn alike(one: Option<&Rate>, other: Option<&Rate>) -> bool {
    one.map(Effect::of) == other.map(Effect::of)
}

/// Whether a unit costs the same by both rows.
pub(super) fn costs_alike(one: &Rate, other: &Rate) -> bool {
    let cost = |rate: &Rate| (rate.tier_mode, rate.unit.clone(), rate.currency.clone());
    one.price == other.price && cost(one) == cost(other)
}

/// Whether the row is a tier of a rate.
pub(super) fn is_tier(rate: &Rate) -> bool {
    rate.tier_mode.is_some() || rate.tier.1.is_some() || !rate.tier.0.is_zero()
}

/// Whether some quantity is in the tiers of both rows.
pub(super) fn tiers_meet(one: &Rate, other: &Rate) -> bool {
    let below = |from: &Exact, to: &Option<Exact>| to.as_ref().is_none_or(|to| from < to);
    below(&one.tier.0, &other.tier.1) && below(&other.tier.0, &one.tier.1)
}

/// The rows of each key, by their beginning.
pub(super) fn by_key(rates: &[Rate]) -> BTreeMap<&RateKey, Vec<&Rate>> {
    let mut keys: BTreeMap<&RateKey, Vec<&Rate>> = BTreeMap::new();
    for rate in rates {
        keys.entry(&rate.key).or_default().push(rate);
    }
    for rows in keys.values_mut() {
        rows.sort_by_key(|rate| rate.from);
    }
    keys
}
