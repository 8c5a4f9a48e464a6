//! How an amount came to be: one formula a step, with its operands, result, rounding and residual.
//!
//! A trace is data: it can be printed, and computed again by someone who has nothing else.
//! [`Trace::verify`] finds the first step that doesn't follow from its operands or doesn't go on from
//! the step before it.

use super::tiers::Part;
use crate::reperform::exact::{Exact, Increment};
use std::fmt;
use tieout_controls::Rounding;

/// An operation of rating, in the order that is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Units that aren't charged.
    FreeUnits,
    /// Usage becomes an amount.
    Tiers,
    /// Minimum and maximum.
    Bounds,
    /// An amount off each unit.
    UnitDiscount,
    /// A share off the amount.
    PercentageDiscount,
    /// A commitment or credit pays first.
    Commitment,
    /// The share of the period.
    Proration,
    /// The tax on what is left.
    Tax,
}

impl Operation {
    /// All operations, in the order that is usual.
    pub const ALL: [Self; 8] = [
        Self::FreeUnits,
        Self::Tiers,
        Self::Bounds,
        Self::UnitDiscount,
        Self::PercentageDiscount,
        Self::Commitment,
        Self::Proration,
        Self::Tax,
    ];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::FreeUnits => "free_units",
            Self::Tiers => "tiers",
            Self::Bounds => "bounds",
            Self::UnitDiscount => "unit_discount",
            Self::PercentageDiscount => "percentage_discount",
            Self::Commitment => "commitment",
            Self::Proration => "proration",
            Self::Tax => "tax",
        }
    }
}

/// What a step computes, with its operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formula {
    /// max(0, quantity − free)
    FreeUnits {
        /// The usage.
        quantity: Exact,
        /// The units that are free.
        free: Exact,
    },
    /// Σ units·unit price + fee
    Tiers {
        /// The usage that was rated.
        quantity: Exact,
        /// What each tier makes of it.
        parts: Vec<Part>,
    },
    /// min(maximum, max(minimum, amount))
    Bounds {
        /// The amount before.
        amount: Exact,
        /// At least.
        minimum: Option<Exact>,
        /// At most.
        maximum: Option<Exact>,
    },
    /// max(0, amount − units·discount)
    UnitDiscount {
        /// The amount before.
        amount: Exact,
        /// The billable units.
        units: Exact,
        /// The amount off each.
        discount: Exact,
    },
    /// amount·(1 − share)
    Percentage {
        /// The amount before.
        amount: Exact,
        /// The share off.
        share: Exact,
    },
    /// amount − min(balance, max(0, amount))
    Drawdown {
        /// The amount before.
        amount: Exact,
        /// What the commitment or credit still has.
        balance: Exact,
    },
    /// amount·ratio
    Proration {
        /// The amount before.
        amount: Exact,
        /// The share of the period.
        ratio: Exact,
    },
    /// amount·rate: the tax alone.
    Tax {
        /// The amount that is taxed.
        amount: Exact,
        /// The rate.
        rate: Exact,
    },
}

impl Formula {
    /// The exact value.
    pub fn value(&self) -> Exact {
        match self {
            Self::FreeUnits { quantity, free } => quantity.minus(free).max(Exact::zero()),
            Self::Tiers { parts, .. } => {
                parts.iter().fold(Exact::zero(), |sum, part| sum.plus(&part.amount()))
            }
            Self::Bounds { amount, minimum, maximum } => {
                let raised = minimum.iter().fold(amount.clone(), |a, m| a.max(m.clone()));
                maximum.iter().fold(raised, |a, m| a.min(m.clone()))
            }
            Self::UnitDiscount { amount, units, discount } => {
                amount.minus(&units.times(discount)).max(Exact::zero())
            }
            Self::Percentage { amount, share } => amount.minus(&amount.times(share)),
            Self::Drawdown { amount, balance } => {
                amount.minus(balance.min(&amount.clone().max(Exact::zero())))
            }
            Self::Proration { amount, ratio } => amount.times(ratio),
            Self::Tax { amount, rate } => amount.times(rate),
        }
    }

    /// The amount that it goes on from, if it does.
    fn amount(&self) -> Option<&Exact> {
        match self {
            Self::FreeUnits { .. } | Self::Tiers { .. } => None,
            Self::Bounds { amount, .. }
            | Self::UnitDiscount { amount, .. }
            | Self::Percentage { amount, .. }
            | Self::Drawdown { amount, .. }
            | Self::Proration { amount, .. }
            | Self::Tax { amount, .. } => Some(amount),
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FreeUnits { quantity, free } => write!(f, "max(0, {quantity} - {free})"),
            Self::Tiers { parts, .. } if parts.is_empty() => f.write_str("0"),
            Self::Tiers { parts, .. } => {
                for (i, Part { units, unit_price, flat_fee, .. }) in parts.iter().enumerate() {
                    let separator = if i == 0 { "" } else { " + " };
                    write!(f, "{separator}{units} * {unit_price}")?;
                    if !flat_fee.is_zero() {
                        write!(f, " + {flat_fee}")?;
                    }
                }
                Ok(())
            }
            Self::Bounds { amount, minimum: Some(min), maximum: Some(max) } => {
                write!(f, "min({max}, max({min}, {amount}))")
            }
            Self::Bounds { amount, minimum: Some(min), maximum: None } => {
                write!(f, "max({min}, {amount})")
            }
            Self::Bounds { amount, minimum: None, maximum: Some(max) } => {
                write!(f, "min({max}, {amount})")
            }
            Self::Bounds { amount, .. } => write!(f, "{amount}"),
            Self::UnitDiscount { amount, units, discount } => {
                write!(f, "max(0, {amount} - {units} * {discount})")
            }
            Self::Percentage { amount, share } => write!(f, "{amount} * (1 - {share})"),
            Self::Drawdown { amount, balance } => {
                write!(f, "{amount} - min({balance}, max(0, {amount}))")
            }
            Self::Proration { amount, ratio } => write!(f, "{amount} * {ratio}"),
            Self::Tax { amount, rate } => write!(f, "{amount} * {rate}"),
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub operation: Operation,
    /// With what.
    pub formula: Formula,
    /// The result, rounded if there is a rounding.
    pub result: Exact,
    /// How it was rounded.
    pub rounding: Option<(Increment, Rounding)>,
    /// The exact value less the result.
    pub residual: Exact,
}

impl Step {
    /// Computes the formula and rounds its value.
    pub fn new(
        operation: Operation,
        formula: Formula,
        rounding: Option<(Increment, Rounding)>,
    ) -> Self {
        let exact = formula.value();
        let result = match rounding {
            Some((increment, mode)) => exact.rounded(increment, mode),
            None => exact.clone(),
        };
        let residual = exact.minus(&result);
        Self { operation, formula, result, rounding, residual }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} = {}", self.operation.name(), self.formula, self.result)?;
        match &self.rounding {
            Some((increment, mode)) => {
                write!(f, " ({} to {increment}, residual {})", mode.name(), self.residual)
            }
            None => Ok(()),
        }
    }
}

/// The steps of a rating, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The steps.
    pub steps: Vec<Step>,
}

/// The first step of a trace that doesn't hold, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// Computing it again gives another result.
    #[error("step {0} doesn't follow from its operands")]
    Result(usize),
    /// Its operand isn't the result of the step before.
    #[error("step {0} doesn't go on from the step before it")]
    Broken(usize),
}

impl Trace {
    /// Computes every step again from its operands, and holds it against the step before.
    ///
    /// # Errors
    /// [`TraceError`].
    pub fn verify(&self) -> Result<(), TraceError> {
        let (mut amount, mut units): (Option<&Exact>, Option<&Exact>) = (None, None);
        for (i, step) in self.steps.iter().enumerate() {
            if Step::new(step.operation, step.formula.clone(), step.rounding) != *step {
                return Err(TraceError::Result(i + 1));
            }
            let goes_on = match &step.formula {
                Formula::FreeUnits { .. } => true,
                Formula::Tiers { quantity, .. } => units.is_none_or(|before| before == quantity),
                Formula::UnitDiscount { units: counted, .. } if units != Some(counted) => false,
                other => other.amount() == amount,
            };
            if !goes_on {
                return Err(TraceError::Broken(i + 1));
            }
            match &step.formula {
                Formula::FreeUnits { .. } => units = Some(&step.result),
                Formula::Tiers { quantity, .. } => {
                    (units, amount) = (Some(quantity), Some(&step.result))
                }
                Formula::Tax { .. } => {}
                _ => amount = Some(&step.result),
            }
        }
        Ok(())
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}
