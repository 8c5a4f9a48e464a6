//! Charges that are known to be right, found in scaled integers.

use crate::population::native::charges::{ChargeColumns, ChargeRow};
use crate::population::native::prices::ChosenKey;
use crate::population::native::rater::Rates;
use crate::population::native::usage::{NOW, QUANTITY_SCALE};
use crate::reperform::rating::scaled::ScaledTerms;
use std::collections::BTreeMap;

/// The digits behind the point of amounts.
pub(super) const AMOUNT_SCALE: u32 = 10;

/// How many shares of a month are remembered.
const SHARES: usize = 65_536;

/// Compiled terms and shares, each worked out once.
pub(super) struct Conforming<'b, 'a> {
    rates: Rates<'b, 'a>,
    terms: BTreeMap<ChosenKey<'a>, Option<ScaledTerms>>,
    shares: BTreeMap<Span<'a>, Option<Share>>,
}

/// Zone, start and end of a period.
type Span<'a> = (&'a str, i64, i64);

/// A share of a month as a fraction.
type Share = (i128, i128);

impl<'b, 'a> Conforming<'b, 'a> {
    pub(super) fn new(rates: Rates<'b, 'a>) -> Self {
        Self { rates, terms: BTreeMap::new(), shares: BTreeMap::new() }
    }

    /// The amount and currency of a charge that isn't late, if both the prices known at its run and
    /// those known now make exactly that amount. None tells nothing.
    pub(super) fn amount<'c>(
        &mut self,
        columns: &ChargeColumns<'c>,
        row: usize,
    ) -> Option<(i128, &'c str)> {
        let amount = columns.amount(row, AMOUNT_SCALE)?;
        let charge = columns.unpriced(0, row);
        let quantity = charge.quantity?;
        let magnitude = if quantity < 0 { amount.checked_neg()? } else { amount };
        let (key, expected) = self.rated(&charge, quantity.checked_abs()?, charge.known)?;
        let now = self.rates.prices.chosen(charge.service, charge.start, NOW).ok()?;
        let same =
            now.key() == key || self.rated(&charge, quantity.checked_abs()?, NOW)?.1 == expected;
        (same && expected == magnitude).then_some((amount, charge.currency))
    }

    fn rated(
        &mut self,
        charge: &ChargeRow<'_>,
        quantity: i128,
        known: i64,
    ) -> Option<(ChosenKey<'a>, i128)> {
        let chosen = self.rates.prices.chosen(charge.service, charge.start, known).ok()?;
        if chosen.plan.currency != charge.currency {
            return None;
        }
        let share = if chosen.plan.prorated { self.share(charge)? } else { (1, 1) };
        let terms = self.terms.entry(chosen.key()).or_insert_with(|| {
            let priced = chosen.priced().ok()?;
            ScaledTerms::of(&priced.terms, QUANTITY_SCALE)
        });
        let terms = terms.as_ref()?;
        let more = AMOUNT_SCALE.checked_sub(terms.scale())?;
        let amount = terms.rate(quantity, share)?.checked_mul(10_i128.checked_pow(more)?)?;
        Some((chosen.key(), amount))
    }

    fn share(&mut self, charge: &ChargeRow<'_>) -> Option<Share> {
        let zone = self.rates.register.at(charge.resource, charge.start)?.zone_name()?;
        if self.shares.len() >= SHARES {
            self.shares.clear();
        }
        *self.shares.entry((zone, charge.start, charge.end)).or_insert_with(|| {
            let share = self.rates.share(charge.resource, charge.start, charge.end).ok()?;
            let whole = |number: &num_bigint::BigInt| i128::try_from(number).ok();
            whole(share.numerator()).zip(whole(share.denominator()))
        })
    }
}
