//! What the rates of a key make of a quantity.

use super::{
    ABOVE, CURRENCIES, CURRENCY, HOLE, KINDS, NOT_FROM_ZERO, NOT_RATED, SEVERAL, TIERS, UNIT, UNITS,
};
use crate::gate::usage::{QUANTITY_SCALE, Quantity};
use crate::gate::{Rate, TierMode};
use crate::reperform::exact::{Exact, Increment};
use crate::reperform::integer::ten_pow;
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
    charge: Charge,
    /// The currency's minor unit.
    minor: Increment,
    /// The charge in integers, where they fit, and what makes its amounts multiples of the smallest unit.
    scaled: Option<(ScaledTerms, i128)>,
}

/// The digits behind the point of the smallest minor units that there are.
pub(super) const AMOUNT_SCALE: u32 = 4;

/// An amount, in the smallest units where 128 bits hold it.
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
        let minor = Increment::digits(minor).ok_or(CURRENCY)?;
        let scaled = ScaledTerms::of(&terms(charge.clone(), minor), QUANTITY_SCALE);
        let scaled = scaled.and_then(|scaled| {
            let more = AMOUNT_SCALE.checked_sub(scaled.scale())?;
            Some((scaled, ten_pow(more)))
        });
        let (unit, currency) = (first.unit.as_deref(), first.currency.as_str());
        Ok(Self { unit, currency, charge, minor, scaled })
    }

    /// What a quantity of that unit costs, rounded half-up to the currency's minor unit: the one rounding.
    /// A quantity below zero costs what its magnitude does, below zero.
    pub(super) fn amount(&self, quantity: &Quantity, unit: &str) -> Result<Amount, Reason> {
        if self.unit.is_some_and(|own| own != unit) {
            return Err(UNIT);
        }
        if let Some(units) = self.fast(quantity) {
            return Ok(Amount::Units(units));
        }
        let terms = terms(self.charge.clone(), self.minor);
        let rated = rate(&terms, &Usage::Quantity(quantity.exact()));
        let rated = rated.map_err(|error| match error {
            RatingError::Tier(TierError::AboveLastTier) => ABOVE,
            _ => NOT_RATED,
        })?;
        Ok(Amount::Wide(rated.net))
    }

    fn fast(&self, quantity: &Quantity) -> Option<i128> {
        let ((scaled, smallest), quantity) = (self.scaled.as_ref()?, quantity.units()?);
        let amount = scaled.rate(quantity.checked_abs()?, (1, 1))?.checked_mul(*smallest)?;
        if quantity < 0 { amount.checked_neg() } else { Some(amount) }
    }
}

/// A charge and its one rounding.
fn terms(charge: Charge, minor: Increment) -> Terms {
    let mut terms = Terms::of(charge);
    terms.order = terms.order.rounding(Operation::Tiers, minor, Rounding::HalfUp);
    terms
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
