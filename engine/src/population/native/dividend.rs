//! What there is to divide of a pool, by which key, and how: the company's allocation rules.

use super::Unknown;
use super::allocation::{Allocation, Borne, Dated, Stated};
use crate::reperform::allocation::{AllocationKey, KeyError, Method, Residual, ZeroWeights};
use crate::reperform::exact::Exact;
use std::collections::BTreeMap;
use tieout_controls::currency::minor_units;

/// A key's recipients, by name.
pub(crate) type Key<'a> = BTreeMap<&'a str, Stated<'a>>;

/// What there is to divide, in minor units.
#[derive(Debug, Clone)]
pub(crate) struct Dividend<'a> {
    pub(crate) own: i128,
    pub(crate) total: i128,
    /// The digits behind the point of a minor unit.
    pub(crate) digits: u32,
    pub(crate) currency: &'a str,
    pub(crate) key_id: &'a str,
    pub(crate) key: Key<'a>,
}

impl<'a> Allocation<'a> {
    /// What there is to divide of a pool with these parts: its own cost and what pools of earlier steps
    /// gave to it, by the key that the pool names, or else its parts do.
    ///
    /// # Errors
    /// For whatever of it isn't known.
    pub(crate) fn dividend(
        &self,
        pool: Dated<'a>,
        parts: &[&Borne<'a>],
    ) -> Result<Dividend<'a>, Unknown> {
        let found = self.pool(pool)?;
        let currency = found.currency;
        let digits = minor_units(currency).ok_or(Unknown("the currency has no minor unit"))?;
        let own = units(&found.amount, digits)?;
        let mut total = own;
        for part in self.received(pool) {
            let before = self.pool(part.pool)?.step.zip(found.step);
            if before.is_none_or(|(giver, taker)| giver >= taker) {
                return Err(Unknown(
                    "the pool bears a part of a pool that isn't of an earlier step",
                ));
            }
            if part.currency != currency {
                return Err(Unknown("the pool bears a part in another currency"));
            }
            let sum = total.checked_add(units(&part.amount, digits)?);
            total = sum.ok_or(Unknown("the pool's amount has more than 38 digits"))?;
        }
        let key_id = match (found.key, parts) {
            (Some(key), _) => key,
            (None, [first, rest @ ..]) if rest.iter().all(|part| part.key == first.key) => {
                first.key
            }
            _ => return Err(Unknown("neither the pool nor its parts name one key")),
        };
        let key = self.key((key_id, pool.1))?;
        Ok(Dividend { own, total, digits, currency, key_id, key })
    }

    /// A key as it was frozen. Of a recipient's rows the one counts that was recorded by then; where
    /// there is but one row, it counts as it is.
    fn key(&self, key: Dated<'a>) -> Result<Key<'a>, Unknown> {
        let mut rows: BTreeMap<&'a str, Vec<Stated<'a>>> = BTreeMap::new();
        for row in self.stated(key) {
            rows.entry(row.recipient).or_default().push(*row);
        }
        let one = |(recipient, mut rows): (&'a str, Vec<Stated<'a>>)| {
            if rows.len() > 1 {
                rows.retain(|row| !row.late);
            }
            match rows.as_slice() {
                [row] => Ok((recipient, *row)),
                _ => Err(Unknown("the allocation key has a recipient twice")),
            }
        };
        if rows.is_empty() {
            return Err(Unknown("the allocation key has no recipients in the period"));
        }
        rows.into_iter().map(one).collect()
    }
}

/// An amount as a number of minor units.
fn units(amount: &Exact, digits: u32) -> Result<i128, Unknown> {
    let decimal = amount.to_decimal().and_then(|decimal| decimal.to_scaled(digits).ok());
    decimal.ok_or(Unknown("an amount to divide is no whole number of minor units"))
}

/// Recipients with their weights, as the kernel takes them.
///
/// # Errors
/// Where the kernel refuses them.
pub(crate) fn weighed<'a>(
    weights: impl IntoIterator<Item = (&'a str, Option<i128>)>,
) -> Result<AllocationKey<&'a str>, Unknown> {
    const WIDE: Unknown = Unknown("the allocation key has more than 38 digits");
    let weights = weights.into_iter().map(|(recipient, weight)| Some((recipient, weight?)));
    let weights: Option<Vec<_>> = weights.collect();
    AllocationKey::new(weights.ok_or(WIDE)?).map_err(|error| match error {
        KeyError::NegativeWeight(_) => Unknown("the allocation key has a negative quantity"),
        KeyError::DuplicateRecipient(_) => Unknown("the allocation key has a recipient twice"),
        KeyError::Overflow => WIDE,
    })
}

/// What each recipient gets of a total by that residual rule: the rounded share and what of the residual
/// comes on top. A key of zeros divides evenly.
///
/// # Errors
/// Where the kernel can't.
pub(crate) fn shared<'a>(
    key: &AllocationKey<&'a str>,
    total: i128,
    residual: Residual,
) -> Result<BTreeMap<&'a str, (i128, i128)>, Unknown> {
    const WIDE: Unknown = Unknown("the pool's amount has more than 38 digits");
    let method = Method { residual, zero_weights: ZeroWeights::Even };
    let shared = key.allocate(total, method).map_err(|_| WIDE)?;
    Ok(shared.parts().map(|(name, part)| (*name, (part.share, part.residual))).collect())
}
