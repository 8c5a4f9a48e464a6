//! What the rates of a key make of a quantity.

use super::{
    ABOVE, CURRENCIES, CURRENCY, HOLE, KINDS, NOT_FROM_ZERO, NOT_RATED, SEVERAL, TIERS, UNIT, UNITS,
};
use crate::gate::usage::{QUANTITY_SCALE, Total};
use crate::gate::{Rate, TierMode};
use crate::reperform::exact::{Exact, Increment};
use crate::reperform::rating::scaled::ScaledTerms;
use crate::reperform::rating::tiers::{Bounds, Semantics, Tier, TierError, TierTable, ZeroUsage};
use crate::reperform::rating::{Charge, Operation, RatingError, Terms, Usage, rate};
use tieout_controls::{Rounding, currency};

/// Why a quantity can't be rated.
pub(super) type Reason = &'static str;

/// The rates of a key at an instant, as one price.
#[derive(Debug)]
pub(super) struct Price<'r> {
    /// The unit that it is of, where the rates say so.
    unit: Option<&'r str>,
    pub(super) currency: &'r str,
    /// The digits behind the point of the currency's amounts.
    pub(super) minor: u32,
    terms: Terms,
    /// The same in integers, where they fit.
    scaled: Option<ScaledTerms>,
}

/// An amount, in minor units where 128 bits hold them.
pub(super) enum Amount {
    Units(i128),
    Wide(Exact),
}

impl<'r> Price<'r> {
    /// What rates of one key come to that are in force at the same instant; at least one.
    pub(super) fn of(rates: &[&'r Rate]) -> Result<Self, Reason> {
        let mut tiers: Vec<&Rate> = rates.to_vec();
        tiers.sort_by(|one, other| one.tier.cmp(&other.tier));
        let first = *tiers.first().ok_or(NOT_RATED)?;
        let same = |of: fn(&Rate) -> Option<&str>| tiers.iter().all(|r| of(r) == of(first));
        if tiers.iter().any(|rate| rate.tier_mode != first.tier_mode) {
            return Err(KINDS);
        }
        if !same(|rate| Some(&rate.currency)) {
            return Err(CURRENCIES);
        }
        if !same(|rate| rate.unit.as_deref()) {
            return Err(UNITS);
        }
        let charge = match first.tier_mode {
            None if tiers.len() > 1 => return Err(SEVERAL),
            None => Charge::PerUnit { unit_price: first.price.clone() },
            Some(TierMode::Graduated) => Charge::Graduated(table(&tiers)?),
            Some(TierMode::Volume) => Charge::Volume(table(&tiers)?),
        };
        let minor = currency::minor_units(&first.currency).ok_or(CURRENCY)?;
        let cent = Increment::digits(minor).ok_or(CURRENCY)?;
        let mut terms = Terms::of(charge);
        terms.order = terms.order.rounding(Operation::Tiers, cent, Rounding::HalfUp);
        let scaled = ScaledTerms::of(&terms, QUANTITY_SCALE);
        let (unit, currency) = (first.unit.as_deref(), first.currency.as_str());
        Ok(Self { unit, currency, minor, terms, scaled })
    }

    /// What a quantity of that unit costs, rounded half-up to the currency's minor unit: the one rounding.
    /// A quantity below zero costs what its magnitude does, below zero.
    pub(super) fn amount(&self, quantity: &Total, unit: &str) -> Result<Amount, Reason> {
        if self.unit.is_some_and(|own| own != unit) {
            return Err(UNIT);
        }
        if let Some(units) = self.fast(quantity) {
            return Ok(Amount::Units(units));
        }
        let rated = rate(&self.terms, &Usage::Quantity(quantity.exact()));
        let rated = rated.map_err(|error| match error {
            RatingError::Tier(TierError::AboveLastTier) => ABOVE,
            _ => NOT_RATED,
        })?;
        Ok(Amount::Wide(rated.net))
    }

    fn fast(&self, quantity: &Total) -> Option<i128> {
        let (scaled, quantity) = (self.scaled.as_ref()?, quantity.units()?);
        let amount = scaled.rate(quantity.checked_abs()?, (1, 1))?;
        if quantity < 0 { amount.checked_neg() } else { Some(amount) }
    }
}

/// Tiers in their order, each half-open, as the kernel of rating has them.
fn table(tiers: &[&Rate]) -> Result<TierTable, Reason> {
    let mut reached = Some(Exact::zero());
    for (at, rate) in tiers.iter().enumerate() {
        let (from, to) = &rate.tier;
        match &reached {
            Some(reached) if from == reached => {}
            Some(_) if at == 0 => return Err(NOT_FROM_ZERO),
            Some(reached) if from > reached => return Err(HOLE),
            _ => return Err(TIERS),
        }
        reached.clone_from(to);
    }
    let tier = |rate: &&Rate| Tier::per_unit(rate.tier.1.clone(), rate.price.clone());
    let semantics = Semantics {
        bounds: Bounds::UpperExclusive,
        zero_usage: ZeroUsage::NoFee,
        started_block: Rounding::Up,
    };
    TierTable::new(tiers.iter().map(tier).collect(), semantics).map_err(|_| TIERS)
}
