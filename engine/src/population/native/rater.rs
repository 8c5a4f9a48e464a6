//! What a charge should have come to: prices and the register, by the kernel.

use super::Unknown;
use super::charges::{ChargeRow, Why};
use super::prices::{PriceBook, Priced};
use super::register::{Register, share_of_month};
use super::usage::QUANTITY_SCALE;
use crate::reperform::exact::Exact;
use crate::reperform::rating::{Rated, Terms, Usage, rate};

/// What rates charges.
#[derive(Clone, Copy)]
pub(crate) struct Rates<'b, 'a> {
    pub(crate) prices: &'b PriceBook<'a>,
    pub(crate) register: &'b Register<'a>,
}

/// What rates a resource's period.
pub(crate) struct Rater<'b, 'a> {
    pub(crate) priced: Priced<'b, 'a>,
    /// Which share of a month the period is; one where the plan isn't prorated.
    pub(crate) share: Exact,
}

impl<'b, 'a> Rates<'b, 'a> {
    /// What rates a service for a resource's period, as known at an instant.
    ///
    /// # Errors
    /// [`Unknown`].
    pub(crate) fn rater(
        self,
        (resource, service): (&str, &str),
        (start, end): (i64, i64),
        known: i64,
    ) -> Result<Rater<'b, 'a>, Unknown> {
        let priced = self.prices.priced(service, start, known)?;
        let share = if priced.plan.prorated {
            self.share(resource, start, end)?
        } else {
            Exact::integer(1)
        };
        Ok(Rater { priced, share })
    }

    /// What rates a charge, as known at an instant.
    ///
    /// # Errors
    /// [`Unknown`].
    pub(crate) fn of(self, charge: &ChargeRow<'_>, known: i64) -> Result<Rater<'b, 'a>, Unknown> {
        let key = (charge.resource, charge.service);
        let rater = self.rater(key, (charge.start, charge.end), known)?;
        if rater.priced.plan.currency == charge.currency {
            Ok(rater)
        } else {
            Err(Unknown("the charge is in another currency than its price"))
        }
    }

    /// Which share of a month a resource's period is.
    ///
    /// # Errors
    /// [`Unknown`].
    pub(crate) fn share(self, resource: &str, start: i64, end: i64) -> Result<Exact, Unknown> {
        let zone = self.register.at(resource, start).and_then(|entry| entry.zone());
        let zone = zone.ok_or(Unknown("the zone of the resource isn't known"))?;
        let share = share_of_month(zone, start, end);
        share.ok_or(Unknown("the period isn't part of a civil month"))
    }
}

impl Rater<'_, '_> {
    /// The amount of a quantity, in 10^-10.
    ///
    /// # Errors
    /// [`Unknown`] for what the terms don't say.
    pub(crate) fn amount(&self, quantity: i128) -> Result<Exact, Unknown> {
        self.amount_of(&Exact::from_scaled(quantity, QUANTITY_SCALE))
    }

    /// The amount of a quantity.
    ///
    /// # Errors
    /// [`Unknown`] for what the terms don't say.
    pub(crate) fn amount_of(&self, quantity: &Exact) -> Result<Exact, Unknown> {
        amount(&self.priced.terms, &self.share, quantity)
    }
}

/// A quantity rated under those terms, for that share of a month. A quantity below zero is no usage.
///
/// # Errors
/// [`Unknown`].
pub(crate) fn rated(terms: &Terms, share: &Exact, quantity: &Exact) -> Result<Rated, Unknown> {
    let quantity = quantity.clone().max(Exact::zero());
    let terms = Terms { proration: Some(share.clone()), ..terms.clone() };
    let rated = rate(&terms, &Usage::Quantity(quantity));
    rated.map_err(|_| Unknown("the quantity is above the last tier"))
}

/// Its amount.
///
/// # Errors
/// [`Unknown`].
pub(crate) fn amount(terms: &Terms, share: &Exact, quantity: &Exact) -> Result<Exact, Unknown> {
    rated(terms, share, quantity).map(|rated| rated.net)
}

/// What a charge should have come to by its own quantity: of the whole quantity; for a reversal the
/// same with the sign turned; for what came late the whole less what was charged before.
///
/// # Errors
/// What `amount` says, and [`Unknown`] for quantities that don't fit.
pub(crate) fn expected(
    charge: &ChargeRow<'_>,
    before: Option<i128>,
    amount: impl Fn(i128) -> Result<Exact, Unknown>,
) -> Result<Exact, Unknown> {
    let quantity = charge.quantity.ok_or(Unknown::WIDE)?;
    match charge.why {
        Why::Late => {
            let before = before.ok_or(Unknown::WIDE)?;
            let after = before.checked_add(quantity).ok_or(Unknown::WIDE)?;
            Ok(amount(after)?.minus(&amount(before)?))
        }
        Why::Original | Why::Correction if quantity < 0 => Ok(amount(-quantity)?.negated()),
        Why::Original | Why::Correction => amount(quantity),
    }
}
