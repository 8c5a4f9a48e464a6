//! What a contract says about a charge.

use super::burst::Burst;
use super::tiers::TierTable;
use super::{Operation, Order};
use crate::reperform::exact::Exact;
use tieout_controls::Rounding;

/// How usage becomes an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charge {
    /// The amount, whatever the usage.
    Flat {
        /// The amount.
        amount: Exact,
    },
    /// Usage × price.
    PerUnit {
        /// The price of a unit.
        unit_price: Exact,
    },
    /// Each tier's price for the usage within the tier (marginal). Tiers with a block size charge by
    /// the block.
    Graduated(TierTable),
    /// The price of the tier that the whole usage reaches, for all of it.
    Volume(TierTable),
    /// The flat fee of the tier that the whole usage reaches; unit prices aren't read.
    Stairstep(TierTable),
    /// A price for each package.
    Package {
        /// Units in a package, above zero.
        size: Exact,
        /// The price of a package.
        price: Exact,
        /// What a started package counts: [`Rounding::Up`] as a whole one.
        started: Rounding,
        /// Packages that are charged at least, even without usage.
        minimum_packages: u32,
    },
    /// A percentile of sampled rates.
    Burst(Burst),
}

/// What was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// A quantity; negative for a correction.
    Quantity(Exact),
    /// Sampled rates, for [`Charge::Burst`]; their order doesn't matter.
    Samples(Vec<Exact>),
}

/// What a contract says about one charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How usage becomes an amount.
    pub charge: Charge,
    /// Units that aren't charged.
    pub free_units: Option<Exact>,
    /// The amount charged at least.
    pub minimum: Option<Exact>,
    /// The amount charged at most.
    pub maximum: Option<Exact>,
    /// An amount off each billable unit; never makes the charge less than zero.
    pub unit_discount: Option<Exact>,
    /// A share off the amount, as a fraction: 0.1 for 10 %.
    pub percentage_discount: Option<Exact>,
    /// The balance of a commitment or credit that pays first.
    pub commitment: Option<Exact>,
    /// The share of the period, see [`super::proration`].
    pub proration: Option<Exact>,
    /// The rate of tax as a fraction.
    pub tax_rate: Option<Exact>,
    /// In which order.
    pub order: Order,
}

impl Terms {
    /// A charge and nothing else.
    pub fn of(charge: Charge) -> Self {
        Self {
            charge,
            free_units: None,
            minimum: None,
            maximum: None,
            unit_discount: None,
            percentage_discount: None,
            commitment: None,
            proration: None,
            tax_rate: None,
            order: Order::default(),
        }
    }

    pub(super) fn has(&self, operation: Operation) -> bool {
        match operation {
            Operation::FreeUnits => self.free_units.is_some(),
            Operation::Tiers => true,
            Operation::Bounds => self.minimum.is_some() || self.maximum.is_some(),
            Operation::UnitDiscount => self.unit_discount.is_some(),
            Operation::PercentageDiscount => self.percentage_discount.is_some(),
            Operation::Commitment => self.commitment.is_some(),
            Operation::Proration => self.proration.is_some(),
            Operation::Tax => self.tax_rate.is_some(),
        }
    }
}
