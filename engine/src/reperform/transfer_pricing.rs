//! Transfer pricing: mark-ups, net cost plus, and the arm's length range.
//!
//! Mark-up on total cost: `(charge − pass-through)/cost − 1`, where cost is the pool without the
//! pass-through costs, which are recharged as they are. Net cost plus: `(revenue − cost)/cost`. OECD
//! Transfer Pricing Guidelines 2022, 7.61: low value-adding intra-group services bear 5 % on all
//! costs of the pool but pass-through costs, the same for every category. Ranges are in [`range`].

pub mod range;

use super::exact::Exact;

/// The mark-up on low value-adding intra-group services: 5 % (OECD TPG 2022, 7.61).
pub fn lvaigs_markup() -> Exact {
    Exact::from_scaled(5, 2)
}

/// One basis point, 0.01 %.
pub fn basis_point() -> Exact {
    Exact::from_scaled(1, 4)
}

/// Why a ratio of costs is undetermined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// A mark-up on nothing.
    #[error("the cost base is zero")]
    NoCost,
    /// A mark-up on a net credit says nothing.
    #[error("the cost base is negative")]
    NegativeCost,
    /// More is passed through than the pool holds.
    #[error("the pass-through costs exceed the cost pool")]
    PassThroughExceedsPool,
    /// A key share is below zero or above one.
    #[error("the key share is not between 0 and 1")]
    ShareOutOfBounds,
}

fn base(cost: &Exact) -> Result<&Exact, CostError> {
    if cost.is_zero() {
        return Err(CostError::NoCost);
    }
    if cost.is_negative() { Err(CostError::NegativeCost) } else { Ok(cost) }
}

fn over(numerator: &Exact, cost: &Exact) -> Result<Exact, CostError> {
    numerator.over(base(cost)?).map_err(|_| CostError::NoCost)
}

/// A charge of services between associated enterprises, in one currency, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCharge {
    /// What was charged in all.
    pub charge: Exact,
    /// Third-party costs in it, recharged without mark-up.
    pub pass_through: Exact,
    /// The cost of the service itself, without pass-through costs.
    pub cost: Exact,
}

/// What a recomputed mark-up is beside the agreed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkupCheck {
    /// Recomputed.
    pub actual: Exact,
    /// Recomputed less agreed.
    pub deviation: Exact,
    /// Whether the deviation is within the tolerance, its bound included.
    pub agrees: bool,
}

impl ServiceCharge {
    /// `(charge − pass-through)/cost − 1`.
    ///
    /// # Errors
    /// [`CostError`] when the cost isn't above zero.
    ///
    /// ```
    /// use tieout_engine::reperform::exact::Exact;
    /// use tieout_engine::reperform::transfer_pricing::ServiceCharge;
    /// let whole = Exact::integer;
    /// let charge = ServiceCharge { charge: whole(1_250), pass_through: whole(200), cost: whole(1_000) };
    /// assert_eq!(charge.markup().unwrap().to_string(), "0.05");
    /// assert!(ServiceCharge { cost: whole(0), ..charge }.markup().is_err());
    /// ```
    pub fn markup(&self) -> Result<Exact, CostError> {
        let ratio = over(&self.charge.minus(&self.pass_through), &self.cost)?;
        Ok(ratio.minus(&Exact::integer(1)))
    }

    /// The mark-up against what was agreed, for instance [`lvaigs_markup`] within one
    /// [`basis_point`].
    ///
    /// # Errors
    /// As [`ServiceCharge::markup`].
    pub fn check(&self, agreed: &Exact, tolerance: &Exact) -> Result<MarkupCheck, CostError> {
        let actual = self.markup()?;
        let deviation = actual.minus(agreed);
        let agrees = deviation.magnitude() <= *tolerance;
        Ok(MarkupCheck { actual, deviation, agrees })
    }
}

/// `(revenue − total cost)/total cost`, the net cost plus of a provider.
///
/// # Errors
/// [`CostError`] when the cost isn't above zero.
pub fn net_cost_plus(revenue: &Exact, total_cost: &Exact) -> Result<Exact, CostError> {
    over(&revenue.minus(total_cost), total_cost)
}

/// What a recipient of a pool is charged, unrounded:
/// `((pool − pass-through)·(1 + mark-up) + pass-through)·share`.
///
/// Pass-through costs that are charged to one recipient directly are not in `pool` at all (OECD TPG
/// 7.56). Whole units come from an [`AllocationKey`](super::allocation::AllocationKey).
///
/// # Errors
/// [`CostError`]: pass-through costs beyond the pool, a share outside 0 to 1.
pub fn pool_charge(
    pool: &Exact,
    pass_through: &Exact,
    markup: &Exact,
    share: &Exact,
) -> Result<Exact, CostError> {
    let cost = pool.minus(pass_through);
    if cost.is_negative() {
        return Err(CostError::PassThroughExceedsPool);
    }
    if share.is_negative() || *share > Exact::integer(1) {
        return Err(CostError::ShareOutOfBounds);
    }
    let marked = cost.times(&markup.plus(&Exact::integer(1)));
    Ok(marked.plus(pass_through).times(share))
}
