//! Allocation: a whole number of minor units is shared out by weights, and not one of them is lost.
//!
//! For a total T and weights wᵢ ≥ 0 with W = Σwᵢ > 0, by largest remainder (Hamilton's method):
//!
//! ```text
//! qᵢ = ⌊T·wᵢ/W⌋    rᵢ = T·wᵢ mod W    L = T − Σqᵢ
//! the L recipients of the greatest rᵢ get one unit more; ties go to the lower key
//! ```
//!
//! A total below zero is shared out as |T| and the sign put back, so that a credit takes back what
//! the charge gave. Σ parts = T always. Costs that flow between pools first are in [`pools`].
//!
//! Not for parts that were rounded already: those and their residual belong to a rounding rule.

pub mod linear;
pub mod pools;
mod share;

use std::fmt::Debug;
use tieout_controls::{Decimal, Rounding};

/// Who gets the units that are left when every part is a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residual {
    /// Parts are rounded down in magnitude, the greatest remainders get one unit each.
    LargestRemainder,
    /// Each part is rounded on its own by `parts`; the greatest weight (of equal ones, the lower
    /// key) takes T − Σ parts.
    ToLargest {
        /// How each part is rounded.
        parts: Rounding,
    },
    /// Each part is rounded on its own by `parts`; the last recipient by key that has a weight above
    /// zero takes T − Σ parts.
    ToLast {
        /// How each part is rounded.
        parts: Rounding,
    },
}

/// What happens to the total when all weights are zero, or there is no recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZeroWeights {
    /// It stays with the owner of the pool: [`Allocation::held`].
    HoldAtOwner,
    /// Every recipient has the same weight.
    Even,
    /// It is refused.
    Reject,
}

/// The declared rules of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Who gets what rounding leaves.
    pub residual: Residual,
    /// What happens when all weights are zero.
    pub zero_weights: ZeroWeights,
}

/// An allocation key: who takes part, with what weight, in the order of the recipients' keys.
///
/// Made once, it shares out any number of totals. The order in which recipients were given is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationKey<K> {
    recipients: Vec<(K, u128)>,
    sum: u128,
}

/// Why weights are no allocation key. The recipient is in the error and not in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError<K> {
    /// A weight below zero has no meaning: whose share would grow by it?
    #[error("a recipient has a negative weight")]
    NegativeWeight(K),
    /// The same key twice: a tie between the two could only be broken by their order in a file.
    #[error("a recipient is in the allocation key twice")]
    DuplicateRecipient(K),
    /// A weight that is no integer of 38 digits at the finest scale of all weights.
    #[error("the weights do not fit 128 bits at their common scale")]
    Overflow,
}

/// Why a total can't be shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllocationError {
    /// All weights are zero, and the method says to refuse that.
    #[error("all weights are zero")]
    ZeroWeights,
    /// The total is to be shared evenly among nobody.
    #[error("there is no recipient")]
    NoRecipient,
    /// A part does not fit 128 bits: only when parts are rounded away from zero at the very edge.
    #[error("a part does not fit 128 bits")]
    Overflow,
}

/// What one recipient got, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// The rounded share alone.
    pub share: i128,
    /// The units of the residual that came on top: 0 or ±1 by largest remainder.
    pub residual: i128,
}

impl Part {
    /// What the recipient got in all.
    ///
    /// # Errors
    /// [`AllocationError::Overflow`]; never for the parts of an [`Allocation`].
    pub fn amount(self) -> Result<i128, AllocationError> {
        self.share.checked_add(self.residual).ok_or(AllocationError::Overflow)
    }
}

/// A total shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation<'a, K> {
    recipients: &'a [(K, u128)],
    parts: Vec<Part>,
    /// What stayed with the owner, in minor units: the total or nothing.
    pub held: i128,
}

impl<K> Allocation<'_, K> {
    /// Each recipient with its part, by key.
    pub fn parts(&self) -> impl Iterator<Item = (&K, Part)> {
        self.recipients.iter().map(|(key, _)| key).zip(self.parts.iter().copied())
    }

    /// The recipients that got units of the residual, by key.
    pub fn residuals(&self) -> impl Iterator<Item = (&K, i128)> {
        self.parts().map(|(key, part)| (key, part.residual)).filter(|(_, units)| *units != 0)
    }
}

impl<K> AllocationKey<K> {
    /// The recipients and their weights, all at one scale, by key.
    pub fn recipients(&self) -> &[(K, u128)] {
        &self.recipients
    }

    /// Σ weights.
    pub fn sum(&self) -> u128 {
        self.sum
    }
}

impl<K: Ord + Clone> AllocationKey<K> {
    /// The key of these recipients and whole weights.
    ///
    /// # Errors
    /// [`KeyError`]: a negative weight, a recipient named twice, Σ weights beyond 128 bits.
    pub fn new(weights: impl IntoIterator<Item = (K, i128)>) -> Result<Self, KeyError<K>> {
        let unsigned = |(key, weight)| match u128::try_from(weight) {
            Ok(weight) => Ok((key, weight)),
            Err(_) => Err(KeyError::NegativeWeight(key)),
        };
        let recipients = weights.into_iter().map(unsigned).collect::<Result<Vec<_>, _>>()?;
        Self::in_order(recipients)
    }

    /// The key of these recipients and decimal weights: all are brought to the finest scale.
    ///
    /// # Errors
    /// As [`AllocationKey::new`].
    ///
    /// ```
    /// use tieout_controls::Decimal;
    /// use tieout_engine::reperform::allocation::{AllocationKey, Method, Residual, ZeroWeights};
    /// let weights = [("north", "33.3"), ("south", "33.3"), ("east", "33.4")];
    /// let weights = weights.map(|(k, w)| (k, Decimal::parse(w).unwrap()));
    /// let key = AllocationKey::of_decimals(weights).unwrap();
    /// let method =
    ///     Method { residual: Residual::LargestRemainder, zero_weights: ZeroWeights::Reject };
    /// let shared = key.allocate(100_00, method).unwrap();
    /// let amounts: Vec<_> = shared.parts().map(|(k, p)| (*k, p.amount().unwrap())).collect();
    /// assert_eq!(amounts, [("east", 33_40), ("north", 33_30), ("south", 33_30)]);
    /// assert!(AllocationKey::new([("north", -1)]).is_err());
    /// ```
    pub fn of_decimals(
        weights: impl IntoIterator<Item = (K, Decimal)>,
    ) -> Result<Self, KeyError<K>> {
        let weights: Vec<_> = weights.into_iter().map(|(k, w)| (k, w.normalized())).collect();
        let scale = weights.iter().map(|(_, w)| w.scale()).max().unwrap_or(0);
        let scaled = |(key, weight): (K, Decimal)| {
            weight.to_scaled(scale).map(|w| (key, w)).map_err(|_| KeyError::Overflow)
        };
        Self::new(weights.into_iter().map(scaled).collect::<Result<Vec<_>, _>>()?)
    }

    fn in_order(mut recipients: Vec<(K, u128)>) -> Result<Self, KeyError<K>> {
        if !recipients.is_sorted_by(|(a, _), (b, _)| a < b) {
            recipients.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        }
        for ((a, _), (b, _)) in recipients.iter().zip(recipients.iter().skip(1)) {
            if a == b {
                return Err(KeyError::DuplicateRecipient(a.clone()));
            }
        }
        let mut weights = recipients.iter().map(|(_, w)| *w);
        let sum = weights.try_fold(0_u128, u128::checked_add).ok_or(KeyError::Overflow)?;
        Ok(Self { recipients, sum })
    }

    /// Shares out a total of minor units; Σ parts + held = total.
    ///
    /// # Errors
    /// [`AllocationError`]: weights that the method refuses, nobody to share among.
    pub fn allocate(
        &self,
        total: i128,
        method: Method,
    ) -> Result<Allocation<'_, K>, AllocationError> {
        let weights = self.recipients.iter().map(|(_, w)| *w);
        let (parts, held) = match (self.sum, method.zero_weights) {
            (0, ZeroWeights::Reject) => return Err(AllocationError::ZeroWeights),
            (0, ZeroWeights::HoldAtOwner) => (vec![Part::default(); self.recipients.len()], total),
            (0, ZeroWeights::Even) => {
                let count = u128::try_from(self.recipients.len()).unwrap_or(u128::MAX);
                (share::shared(total, weights.map(|_| 1), count, method.residual)?, 0)
            }
            (sum, _) => (share::shared(total, weights, sum, method.residual)?, 0),
        };
        Ok(Allocation { recipients: &self.recipients, parts, held })
    }
}
