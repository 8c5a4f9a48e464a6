//! Cost pools that serve one another before their costs reach the final recipients.
//!
//! *Step-down*: pools are closed one after the other in a declared order; a closed pool gets nothing
//! more. *Reciprocal*: all services count. With dⱼ the own cost of pool j, wᵢⱼ pool i's weight for
//! j and Wᵢ = Σⱼwᵢⱼ, the full cost xⱼ of each pool satisfies
//!
//! ```text
//! xⱼ = dⱼ + Σᵢ xᵢ·wᵢⱼ/Wᵢ
//! ```
//!
//! which is solved exactly. A final recipient r gets Σᵢ xᵢ·wᵢᵣ/Wᵢ, and Σᵣ = Σ dⱼ. Nothing is rounded
//! before [`Distribution::rounded`]. (Horngren, Datar, Rajan, "Cost Accounting", support departments.)

use super::linear::solve;
use super::{AllocationKey, Part};
use crate::reperform::exact::Exact;
use num_bigint::BigInt;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use tieout_controls::Rounding;

/// A pool of costs and whom it serves. A key that is no pool's is a final recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostPool<K> {
    /// The pool.
    pub key: K,
    /// Its own cost in minor units; below zero for a net credit.
    pub cost_units: i128,
    /// What it gives to pools and recipients. Service to itself changes nothing in either method.
    pub services: AllocationKey<K>,
}

/// Why costs can't be distributed. Pools are in the error and not in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError<K> {
    /// Two pools of the same key.
    #[error("a cost pool is stated twice")]
    DuplicatePool(K),
    /// All weights of a pool are zero, of those that may still get costs: its cost has nowhere to go.
    #[error("a cost pool serves nobody who can still take costs")]
    ServesNobody(K),
    /// The system is singular: these pools serve only one another, so that their costs go round for
    /// ever.
    #[error("some cost pools serve only one another: their costs reach no final recipient")]
    ClosedLoop(Vec<K>),
    /// Σ costs or a part beyond 128 bits.
    #[error("the costs do not fit 128 bits")]
    Overflow,
}

/// Costs at their final recipients, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution<K> {
    /// What each final recipient bears, unrounded, in minor units.
    pub recipients: BTreeMap<K, Exact>,
    /// The full cost of each pool when it was shared out: its own and what it got from others.
    pub pools: BTreeMap<K, Exact>,
    /// Σ own costs of all pools, in minor units.
    pub total_units: i128,
}

impl<K: Ord + Clone> Distribution<K> {
    /// Whole units by largest remainder; they add up to `total_units`.
    ///
    /// Exact parts can have both signs, when a pool is a net credit. So: for a total below zero all
    /// signs are turned; every part is rounded toward negative infinity, the greatest remainders get
    /// one unit, ties go to the lower key; the signs are turned back. For parts of one sign that is
    /// the rule of [`super`].
    ///
    /// # Errors
    /// [`PoolError::Overflow`] when a part doesn't fit 128 bits.
    pub fn rounded(&self) -> Result<BTreeMap<K, Part>, PoolError<K>> {
        let negative = self.total_units < 0;
        let turned = |x: &Exact| if negative { x.negated() } else { x.clone() };
        let mut left = turned(&Exact::integer(self.total_units));
        let mut remainders = Vec::new();
        let mut parts = BTreeMap::new();
        for (key, exact) in &self.recipients {
            let exact = turned(exact);
            let floor = exact.whole(Rounding::Floor);
            left = left.minus(&floor);
            remainders.push((exact.minus(&floor), key));
            let share = i128::try_from(turned(&floor).numerator());
            let share = share.map_err(|_| PoolError::Overflow)?;
            parts.insert(key.clone(), Part { share, residual: 0 });
        }
        // Stable: of equal remainders the lower key stays first.
        remainders.sort_by(|(a, _), (b, _)| b.cmp(a));
        let count = usize::try_from(left.numerator()).map_err(|_| PoolError::Overflow)?;
        for (_, key) in remainders.into_iter().take(count) {
            if let Some(part) = parts.get_mut(key) {
                part.residual = if negative { -1 } else { 1 };
            }
        }
        Ok(parts)
    }
}

/// Closes the pools in the order given; each gives its cost to those that are not closed yet.
///
/// # Errors
/// [`PoolError`], but no [`PoolError::ClosedLoop`].
pub fn step_down<K: Ord + Clone>(pools: &[CostPool<K>]) -> Result<Distribution<K>, PoolError<K>> {
    let total_units = checked(pools)?;
    let mut open: BTreeMap<K, Exact> =
        pools.iter().map(|p| (p.key.clone(), Exact::integer(p.cost_units))).collect();
    let mut recipients = final_recipients(pools);
    let mut closed = BTreeMap::new();
    for pool in pools {
        let cost = open.remove(&pool.key).unwrap_or_else(Exact::zero);
        let takers = pool.services.recipients().iter();
        let takers = takers.filter(|(k, w)| *w > 0 && *k != pool.key && !closed.contains_key(k));
        let sum: BigInt = takers.clone().map(|(_, w)| BigInt::from(*w)).sum();
        if sum == BigInt::ZERO {
            return Err(PoolError::ServesNobody(pool.key.clone()));
        }
        for (key, weight) in takers {
            let share = Exact::of_parts(BigInt::from(*weight), sum.clone());
            let taker = open.get_mut(key).or_else(|| recipients.get_mut(key));
            if let Some(amount) = taker {
                *amount = amount.plus(&cost.times(&share));
            }
        }
        closed.insert(pool.key.clone(), cost);
    }
    Ok(Distribution { recipients, pools: closed, total_units })
}

/// Solves the mutual services of all pools at once; the order of the pools doesn't matter.
///
/// # Errors
/// [`PoolError`].
///
/// ```
/// use tieout_engine::reperform::allocation::AllocationKey;
/// use tieout_engine::reperform::allocation::pools::{CostPool, reciprocal};
/// let pool = |key, cost_units, weights: &[(&'static str, i128)]| CostPool {
///     key,
///     cost_units,
///     services: AllocationKey::new(weights.iter().copied()).unwrap(),
/// };
/// let it = pool("it", 100, &[("hr", 1), ("sales", 1)]);
/// let hr = pool("hr", 50, &[("it", 1), ("sales", 1)]);
/// let costs = reciprocal(&[it, hr]).unwrap();
/// assert_eq!(costs.pools["it"].to_string(), "500/3");
/// assert_eq!(costs.recipients["sales"].to_string(), "150");
/// ```
pub fn reciprocal<K: Ord + Clone>(pools: &[CostPool<K>]) -> Result<Distribution<K>, PoolError<K>> {
    let total_units = checked(pools)?;
    if let Some(pool) = pools.iter().find(|p| p.services.sum() == 0) {
        return Err(PoolError::ServesNobody(pool.key.clone()));
    }
    let stuck = stuck(pools);
    if !stuck.is_empty() {
        return Err(PoolError::ClosedLoop(stuck));
    }
    let row = |to: &CostPool<K>| pools.iter().map(|from| coefficient(from, to)).collect();
    let matrix: Vec<Vec<BigInt>> = pools.iter().map(row).collect();
    let right = pools.iter().map(|p| BigInt::from(p.cost_units)).collect();
    // The unknowns are xᵢ/Wᵢ, which makes all coefficients whole.
    let per_weight = solve(matrix, right).map_err(|_| PoolError::ClosedLoop(Vec::new()))?;
    let mut recipients = final_recipients(pools);
    let mut full = BTreeMap::new();
    for (pool, unit) in pools.iter().zip(&per_weight) {
        full.insert(pool.key.clone(), unit.times(&whole(pool.services.sum())));
        for (key, weight) in pool.services.recipients() {
            if let Some(amount) = recipients.get_mut(key) {
                *amount = amount.plus(&unit.times(&whole(*weight)));
            }
        }
    }
    Ok(Distribution { recipients, pools: full, total_units })
}

/// How xᵢ/Wᵢ enters the equation of pool `to`.
fn coefficient<K: Ord>(from: &CostPool<K>, to: &CostPool<K>) -> BigInt {
    let services = from.services.recipients();
    let found = services.binary_search_by(|(key, _)| key.cmp(&to.key)).ok();
    let weight = found.and_then(|at| services.get(at)).map_or(0, |(_, w)| *w);
    let own = if from.key == to.key { BigInt::from(from.services.sum()) } else { BigInt::ZERO };
    own - BigInt::from(weight)
}

fn whole(weight: u128) -> Exact {
    Exact::of_parts(BigInt::from(weight), BigInt::from(1))
}

/// Σ own costs, when no pool is there twice.
fn checked<K: Ord + Clone>(pools: &[CostPool<K>]) -> Result<i128, PoolError<K>> {
    let mut seen = BTreeSet::new();
    if let Some(pool) = pools.iter().find(|p| !seen.insert(&p.key)) {
        return Err(PoolError::DuplicatePool(pool.key.clone()));
    }
    let mut costs = pools.iter().map(|p| p.cost_units);
    costs.try_fold(0_i128, i128::checked_add).ok_or(PoolError::Overflow)
}

fn final_recipients<K: Ord + Clone>(pools: &[CostPool<K>]) -> BTreeMap<K, Exact> {
    let keys: BTreeSet<&K> = pools.iter().map(|p| &p.key).collect();
    let served = pools.iter().flat_map(|p| p.services.recipients()).map(|(key, _)| key);
    served.filter(|key| !keys.contains(key)).map(|key| (key.clone(), Exact::zero())).collect()
}

/// The pools from which no final recipient can be reached, by key: the system is singular exactly
/// when there is one.
fn stuck<K: Ord + Clone>(pools: &[CostPool<K>]) -> Vec<K> {
    let mut stuck: BTreeSet<&K> = pools.iter().map(|p| &p.key).collect();
    loop {
        let leaves = |p: &&CostPool<K>| {
            let mut served = p.services.recipients().iter().filter(|(_, weight)| *weight > 0);
            stuck.contains(&p.key) && served.any(|(key, _)| !stuck.contains(key))
        };
        let Some(free) = pools.iter().find(leaves) else { break };
        stuck.remove(&free.key);
    }
    stuck.into_iter().cloned().collect()
}
