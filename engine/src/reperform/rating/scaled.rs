//! Terms in scaled integers of 128 bits: what [`super::rate`] makes of a quantity, without the trace.
//!
//! For many charges under few terms. Every step is exact and checked; what doesn't fit, and what isn't
//! put in this form (bursts, blocks, unit discounts, commitments, tax, a rounding of free units), has no
//! answer here: [`super::rate`] has it, and says why where there is none.

use super::columns::ColumnScales;
use super::columns::table::{Table, scaled, table};
use super::{Operation, OrderedStep, Terms, Usage, check};
use crate::reperform::exact::{Exact, Increment};
use crate::reperform::integer::{divide, ten_pow};
use tieout_controls::Rounding;

/// The digits behind the point of prices and of a discount's share.
const PRICE_SCALE: u32 = 10;
const SHARE_SCALE: u32 = 12;

/// Terms, compiled.
#[derive(Debug, Clone)]
pub struct ScaledTerms {
    table: Table,
    /// One, at the scale of quantities.
    unit: i128,
    steps: Vec<Step>,
    scale: u32,
}

/// A step of the order that the terms have.
#[derive(Debug, Clone)]
enum Step {
    FreeUnits(i128),
    Tiers,
    Bounds {
        minimum: Option<i128>,
        maximum: Option<i128>,
    },
    /// What the discount leaves, at the scale by which it raises the amount's.
    Percentage {
        left: i128,
    },
    Proration,
    /// To multiples of `units` after `up` and `down`.
    Round {
        up: i128,
        down: i128,
        units: i128,
        mode: Rounding,
    },
}

impl ScaledTerms {
    /// Compiles terms for quantities of so many digits behind the point. A share of the period is set
    /// with each quantity, where the terms have any. None for what isn't put in this form.
    ///
    /// ```
    /// use tieout_engine::reperform::exact::Exact;
    /// use tieout_engine::reperform::rating::scaled::ScaledTerms;
    /// use tieout_engine::reperform::rating::{Charge, Terms};
    /// let terms = Terms::of(Charge::PerUnit { unit_price: Exact::from_scaled(5, 2) });
    /// let scaled = ScaledTerms::of(&terms, 3).unwrap();
    /// let amount = scaled.rate(1500, (1, 1)).unwrap();
    /// assert_eq!(Exact::from_scaled(amount, scaled.scale()).to_string(), "0.075");
    /// let tiny = Charge::PerUnit { unit_price: Exact::from_scaled(1, 11) };
    /// assert!(ScaledTerms::of(&Terms::of(tiny), 3).is_none());
    /// ```
    pub fn of(terms: &Terms, quantity_scale: u32) -> Option<Self> {
        check(terms, &Usage::Quantity(Exact::zero())).ok()?;
        let increment = Increment::digits(quantity_scale)?;
        let mode = Rounding::HalfUp;
        let scales = ColumnScales { quantity: quantity_scale, price: PRICE_SCALE, increment, mode };
        let table = table(0, &terms.charge, &scales).ok()?;
        let (mut steps, mut scale) = (Vec::new(), quantity_scale + PRICE_SCALE);
        for step in terms.order.steps().iter().filter(|step| terms.has(step.operation)) {
            steps.push(compiled(terms, step, quantity_scale, &mut scale)?);
            if let Some((increment, mode)) = step.rounding {
                steps.push(rounding(step.operation, increment, mode, &mut scale)?);
            }
        }
        Some(Self { table, unit: power(quantity_scale)?, steps, scale })
    }

    /// The digits behind the point of the amounts.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The amount without tax of a quantity that isn't negative, for a share of the period as a fraction
    /// with a positive denominator. None where it doesn't fit, isn't a decimal, or there is none.
    pub fn rate(&self, quantity: i128, share: (i128, i128)) -> Option<i128> {
        if quantity < 0 || share.1 <= 0 {
            return None;
        }
        let (mut units, mut amount, mut under) = (quantity, 0_i128, 1_i128);
        for step in &self.steps {
            match step {
                Step::FreeUnits(free) => units = units.checked_sub(*free)?.max(0),
                Step::Tiers => amount = self.table.amount_checked(units, self.unit)?,
                Step::Bounds { minimum, maximum } => {
                    if let Some(minimum) = minimum {
                        amount = amount.max(minimum.checked_mul(under)?);
                    }
                    if let Some(maximum) = maximum {
                        amount = amount.min(maximum.checked_mul(under)?);
                    }
                }
                Step::Percentage { left } => amount = amount.checked_mul(*left)?,
                Step::Proration => {
                    amount = amount.checked_mul(share.0)?;
                    under = under.checked_mul(share.1)?;
                }
                Step::Round { up, down, units, mode } => {
                    let divisor = under.checked_mul(*down)?.checked_mul(*units)?;
                    let steps = divide(&amount.checked_mul(*up)?, &divisor, *mode);
                    (amount, under) = (steps.checked_mul(*units)?, 1);
                }
            }
        }
        (amount % under == 0).then(|| amount / under)
    }
}

fn compiled(
    terms: &Terms,
    step: &OrderedStep,
    quantity_scale: u32,
    scale: &mut u32,
) -> Option<Step> {
    let bound = |bound: &Option<Exact>| match bound {
        None => Some(None),
        Some(bound) => scaled(bound, *scale).map(Some),
    };
    Some(match step.operation {
        Operation::FreeUnits => {
            Step::FreeUnits(scaled(terms.free_units.as_ref()?, quantity_scale)?)
        }
        Operation::Tiers => Step::Tiers,
        Operation::Bounds => {
            Step::Bounds { minimum: bound(&terms.minimum)?, maximum: bound(&terms.maximum)? }
        }
        Operation::PercentageDiscount => {
            let left = Exact::integer(1).minus(terms.percentage_discount.as_ref()?);
            let digits = (0..=SHARE_SCALE).find(|digits| scaled(&left, *digits).is_some())?;
            *scale += digits;
            Step::Percentage { left: scaled(&left, digits)? }
        }
        Operation::Proration => Step::Proration,
        Operation::UnitDiscount | Operation::Commitment | Operation::Tax => return None,
    })
}

fn rounding(
    after: Operation,
    increment: Increment,
    mode: Rounding,
    scale: &mut u32,
) -> Option<Step> {
    if after == Operation::FreeUnits {
        return None;
    }
    let up = power(increment.scale().saturating_sub(*scale))?;
    let down = power(scale.saturating_sub(increment.scale()))?;
    *scale = increment.scale();
    Some(Step::Round { up, down, units: i128::from(increment.units()), mode })
}

fn power(digits: u32) -> Option<i128> {
    (digits <= 38).then(|| ten_pow(digits))
}
