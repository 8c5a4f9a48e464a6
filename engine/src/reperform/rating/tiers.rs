//! Tiers of a price, and what their bounds mean.
//!
//! Billers write the same table and mean different things by it: whether usage of exactly the bound
//! belongs to the tier below (Stripe, Lago, OpenMeter: `up_to` is inclusive) or to the one above (Orb:
//! `last_unit` is exclusive); where usage of 10.5 belongs when the tiers read 0–10 and 11–20; whether the
//! first tier's fee is due without usage (OpenMeter: yes, Lago: no). Each of it is declared in
//! [`Semantics`]; there is no default.
//!
//! With l the lower and u the upper bound of a tier, p its price and f its fee:
//! graduated Σ (min(q, u) − l)·p + f over the tiers entered; volume q·p + f of the last one entered.

use crate::reperform::exact::Exact;
use tieout_controls::Rounding;

/// One tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The upper bound in units; `None` for a tier without end.
    pub up_to: Option<Exact>,
    /// The price of a unit, or of a block.
    pub unit_price: Exact,
    /// What is due once when the tier is entered.
    pub flat_fee: Exact,
    /// Units in a block; `None` prices by the unit, fractions included.
    pub block_size: Option<Exact>,
}

impl Tier {
    /// A tier with a price by the unit and no fee.
    pub fn per_unit(up_to: Option<Exact>, unit_price: Exact) -> Self {
        Self { up_to, unit_price, flat_fee: Exact::zero(), block_size: None }
    }
}

/// Where a tier ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// Usage of exactly the bound belongs to the tier; what lies between the bound and the next
    /// whole unit is declared.
    UpperInclusive(Between),
    /// Usage of exactly the bound belongs to the next tier.
    UpperExclusive,
}

/// Where usage belongs that is more than a tier's bound and less than the next whole unit (10.5
/// where tiers read 0–10 and 11–20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// To the tier above: the bound is a point on a line.
    Above,
    /// To the tier below: the tier above begins at the next whole unit.
    Below,
    /// Usage is rounded up to whole units before it is rated.
    RoundUp,
    /// Usage is rounded down to whole units before it is rated.
    RoundDown,
    /// Nobody says: such usage can't be rated.
    Undetermined,
}

/// Whether the first tier's fee is due without usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZeroUsage {
    /// No usage enters no tier.
    NoFee,
    /// The first tier is entered without usage.
    FirstTierFee,
}

/// What a table's bounds mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Semantics {
    /// Where a tier ends.
    pub bounds: Bounds,
    /// What no usage costs.
    pub zero_usage: ZeroUsage,
    /// What a started block counts, where tiers have blocks: [`Rounding::Up`] as a whole one.
    pub started_block: Rounding,
}

/// Whether tiers price the usage within them, or all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Each tier the usage within it (graduated, slab).
    Marginal,
    /// The last tier entered all usage (volume).
    Whole,
}

/// Tiers in ascending order, and their semantics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierTable {
    tiers: Vec<Tier>,
    semantics: Semantics,
}

/// Why a tier table is refused, or doesn't say what usage costs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TierError {
    /// No tier.
    #[error("a tier table has to have a tier")]
    Empty,
    /// Counted from one.
    #[error("tier {0} doesn't end above the tier before it")]
    NotAscending(usize),
    /// Counted from one.
    #[error("tier {0} has no upper bound and isn't the last")]
    OpenBeforeLast(usize),
    /// Counted from one.
    #[error("a block of tier {0} has to have more than zero units")]
    BlockSize(usize),
    /// The last tier has an end, and the usage is beyond it.
    #[error("the usage is above the last tier")]
    AboveLastTier,
    /// See [`Between::Undetermined`]. Counted from one.
    #[error(
        "the usage lies between tier {0} and the next, and the terms don't say where it belongs"
    )]
    BetweenTiers(usize),
}

/// The part of a charge that one tier makes: `units · unit_price + flat_fee`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The tier's position, from zero.
    pub tier: usize,
    /// Units or blocks.
    pub units: Exact,
    /// The price of one.
    pub unit_price: Exact,
    /// The fee.
    pub flat_fee: Exact,
}

impl Part {
    /// `units · unit_price + flat_fee`.
    pub fn amount(&self) -> Exact {
        self.units.times(&self.unit_price).plus(&self.flat_fee)
    }

    pub(super) fn mirrored(self) -> Self {
        Self { units: self.units.negated(), flat_fee: self.flat_fee.negated(), ..self }
    }
}

impl TierTable {
    /// A table of those tiers.
    ///
    /// # Errors
    /// [`TierError`] when there is none, bounds don't ascend from above zero, a tier without end isn't
    /// the last, or a block has no size.
    pub fn new(tiers: Vec<Tier>, semantics: Semantics) -> Result<Self, TierError> {
        if tiers.is_empty() {
            return Err(TierError::Empty);
        }
        let mut lower = Exact::zero();
        for (i, tier) in tiers.iter().enumerate() {
            let number = i + 1;
            match &tier.up_to {
                Some(upper) if *upper <= lower => return Err(TierError::NotAscending(number)),
                Some(upper) => lower = upper.clone(),
                None if number < tiers.len() => return Err(TierError::OpenBeforeLast(number)),
                None => {}
            }
            if tier.block_size.as_ref().is_some_and(|size| *size <= Exact::zero()) {
                return Err(TierError::BlockSize(number));
            }
        }
        Ok(Self { tiers, semantics })
    }

    /// The tiers.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// What their bounds mean.
    pub fn semantics(&self) -> Semantics {
        self.semantics
    }

    /// What each tier makes of a quantity that isn't negative; the tiers entered, in order.
    ///
    /// # Errors
    /// [`TierError::AboveLastTier`], [`TierError::BetweenTiers`].
    pub fn parts(&self, span: Span, quantity: &Exact) -> Result<Vec<Part>, TierError> {
        let quantity = self.counted(quantity);
        if quantity.is_zero() && self.semantics.zero_usage == ZeroUsage::NoFee {
            return Ok(Vec::new());
        }
        let last = self.last_entered(&quantity)?;
        let mut lower = Exact::zero();
        let mut parts = Vec::new();
        for (i, tier) in self.tiers.iter().enumerate().take(last + 1) {
            let upper = tier.up_to.as_ref().filter(|_| i < last).unwrap_or(&quantity);
            match span {
                Span::Marginal => parts.push(self.part(i, tier, &upper.minus(&lower))?),
                Span::Whole if i == last => parts.push(self.part(i, tier, &quantity)?),
                Span::Whole => {}
            }
            lower = upper.clone();
        }
        Ok(parts)
    }

    /// The quantity that is rated: whole units where the terms say so.
    fn counted(&self, quantity: &Exact) -> Exact {
        match self.semantics.bounds {
            Bounds::UpperInclusive(Between::RoundUp) => quantity.whole(Rounding::Up),
            Bounds::UpperInclusive(Between::RoundDown) => quantity.whole(Rounding::Down),
            _ => quantity.clone(),
        }
    }

    fn last_entered(&self, quantity: &Exact) -> Result<usize, TierError> {
        let mut last = 0;
        for (i, tier) in self.tiers.iter().enumerate() {
            let Some(bound) = &tier.up_to else { break };
            if !self.beyond(i, bound, quantity)? {
                break;
            }
            last = i + 1;
        }
        if last < self.tiers.len() { Ok(last) } else { Err(TierError::AboveLastTier) }
    }

    /// Whether the quantity enters what follows tier `i`, which ends at `bound`.
    fn beyond(&self, i: usize, bound: &Exact, quantity: &Exact) -> Result<bool, TierError> {
        let next_unit = bound.plus(&Exact::integer(1));
        match self.semantics.bounds {
            Bounds::UpperExclusive => Ok(quantity >= bound),
            Bounds::UpperInclusive(Between::Below) => Ok(*quantity >= next_unit),
            Bounds::UpperInclusive(Between::Undetermined)
                if quantity > bound && *quantity < next_unit =>
            {
                Err(TierError::BetweenTiers(i + 1))
            }
            Bounds::UpperInclusive(_) => Ok(quantity > bound),
        }
    }

    fn part(&self, i: usize, tier: &Tier, units: &Exact) -> Result<Part, TierError> {
        let units = match &tier.block_size {
            None => units.clone(),
            Some(size) => {
                let blocks = units.over(size).map_err(|_| TierError::BlockSize(i + 1))?;
                blocks.whole(self.semantics.started_block)
            }
        };
        let (unit_price, flat_fee) = (tier.unit_price.clone(), tier.flat_fee.clone());
        Ok(Part { tier: i, units, unit_price, flat_fee })
    }
}
