//! Rating: from usage and terms to the amount, every step on record.
//!
//! [`rate`] applies the operations of [`Terms`] in the declared [`Order`], exactly; only a step that has
//! a rounding of its own rounds. The [`Trace`] holds each step's formula with its operands, result,
//! rounding and residual, so that it can be printed and computed again. [`version`] selects the rate in
//! force, [`reason`] tells late and retroactive differences from errors, [`columns`] rates many
//! rows at once.
//!
//! Not for: metering (usage comes in aggregated), and state between periods. A commitment's balance
//! and the usage before a mid-period bill are inputs.

pub mod burst;
pub mod columns;
mod order;
pub mod proration;
pub mod reason;
pub mod scaled;
mod terms;
pub mod tiers;
pub mod trace;
pub mod version;

use super::exact::Exact;
use burst::BurstError;
pub use order::{Order, OrderedStep};
pub use terms::{Charge, Terms, Usage};
use tiers::{Part, Span, TierError};
pub use trace::{Formula, Operation, Step, Trace};

/// Why a charge can't be rated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// The order of operations makes no sense at that one.
    #[error("operation `{}` can't stand there in the order, or is missing", .0.name())]
    Order(Operation),
    /// The terms have it, the order doesn't.
    #[error("the terms have `{}` and the order of operations doesn't", .0.name())]
    NotOrdered(Operation),
    /// A correction by itself under terms that depend on the whole of a period.
    #[error("a correction under terms with `{}` has to be rated as a difference of two totals", .0.name())]
    CorrectionAlone(Operation),
    /// Samples for a charge by quantity or terms that count units, or the other way round.
    #[error(
        "the terms and the usage are of different kinds: one is by quantity, the other by samples"
    )]
    UsageKind,
    /// The minimum is above the maximum.
    #[error("the minimum is above the maximum")]
    Bounds,
    /// Free units, a discount or the balance of a commitment below zero.
    #[error("`{}` is below zero", .0.name())]
    Negative(Operation),
    /// A discount of more than everything.
    #[error("a percentage discount is a fraction of at most 1")]
    Discount,
    /// A package of no units.
    #[error("a package has to have more than zero units")]
    PackageSize,
    /// See there.
    #[error(transparent)]
    Tier(#[from] TierError),
    /// See there.
    #[error(transparent)]
    Burst(#[from] BurstError),
}

/// A rated charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    /// The amount without tax.
    pub net: Exact,
    /// The tax; zero without a rate.
    pub tax: Exact,
    /// What the commitment paid.
    pub drawn: Exact,
    /// How it came to be.
    pub trace: Trace,
}

/// Rates usage under those terms.
///
/// A negative quantity is a correction: the mirror image of the charge for its magnitude, parts and
/// fees negated, roundings applied to the negative amount. Terms that depend on the whole of a period
/// (free units, minimum, maximum, unit discount, commitment) refuse it: see [`rate_change`].
///
/// # Errors
/// [`RatingError`], for what is undetermined or contradicts itself.
///
/// ```
/// use tieout_engine::reperform::exact::Exact;
/// use tieout_engine::reperform::rating::{Charge, Terms, Usage, rate};
/// let mut terms = Terms::of(Charge::PerUnit { unit_price: Exact::from_scaled(5, 2) });
/// terms.free_units = Some(Exact::integer(100));
/// let rated = rate(&terms, &Usage::Quantity(Exact::integer(150))).unwrap();
/// assert_eq!(rated.net.to_string(), "2.5");
/// assert!(rate(&terms, &Usage::Quantity(Exact::integer(-1))).is_err());
/// ```
pub fn rate(terms: &Terms, usage: &Usage) -> Result<Rated, RatingError> {
    check(terms, usage)?;
    let mut steps: Vec<Step> = Vec::new();
    let mut units = match usage {
        Usage::Quantity(quantity) => quantity.clone(),
        Usage::Samples(_) => Exact::zero(),
    };
    let (mut amount, mut tax, mut drawn) = (Exact::zero(), Exact::zero(), Exact::zero());
    for OrderedStep { operation, rounding } in terms.order.steps() {
        let Some(formula) = formula(terms, usage, *operation, &units, &amount)? else { continue };
        let step = Step::new(*operation, formula, *rounding);
        match operation {
            Operation::FreeUnits => units = step.result.clone(),
            Operation::Tax => tax = step.result.clone(),
            Operation::Commitment => {
                drawn = amount.minus(&step.result);
                amount = step.result.clone();
            }
            Operation::Tiers => {
                if let Formula::Tiers { quantity, .. } = &step.formula {
                    units = quantity.clone();
                }
                amount = step.result.clone();
            }
            _ => amount = step.result.clone(),
        }
        steps.push(step);
    }
    Ok(Rated { net: amount, tax, drawn, trace: Trace { steps } })
}

/// What a change of a period's usage is worth: the charge for `after` less the charge for `before`.
///
/// For corrections, late usage, and bills in the middle of a period.
///
/// # Errors
/// As [`rate`].
pub fn rate_change(terms: &Terms, before: &Usage, after: &Usage) -> Result<Exact, RatingError> {
    Ok(rate(terms, after)?.net.minus(&rate(terms, before)?.net))
}

fn check(terms: &Terms, usage: &Usage) -> Result<(), RatingError> {
    let ordered = |operation| terms.order.steps().iter().any(|step| step.operation == operation);
    if let Some(missing) = Operation::ALL.into_iter().find(|op| terms.has(*op) && !ordered(*op)) {
        return Err(RatingError::NotOrdered(missing));
    }
    if let (Some(minimum), Some(maximum)) = (&terms.minimum, &terms.maximum)
        && minimum > maximum
    {
        return Err(RatingError::Bounds);
    }
    let signs = [
        (Operation::FreeUnits, &terms.free_units),
        (Operation::UnitDiscount, &terms.unit_discount),
        (Operation::PercentageDiscount, &terms.percentage_discount),
        (Operation::Commitment, &terms.commitment),
    ];
    if let Some((operation, _)) =
        signs.iter().find(|(_, v)| v.as_ref().is_some_and(Exact::is_negative))
    {
        return Err(RatingError::Negative(*operation));
    }
    if terms.percentage_discount.as_ref().is_some_and(|share| *share > Exact::integer(1)) {
        return Err(RatingError::Discount);
    }
    match usage {
        // A percentile isn't a number of units.
        Usage::Samples(_) if terms.free_units.is_some() || terms.unit_discount.is_some() => {
            Err(RatingError::UsageKind)
        }
        Usage::Quantity(quantity) if quantity.is_negative() => {
            let whole = [
                Operation::FreeUnits,
                Operation::Bounds,
                Operation::UnitDiscount,
                Operation::Commitment,
            ];
            let needs = whole.into_iter().find(|operation| terms.has(*operation));
            needs.map_or(Ok(()), |operation| Err(RatingError::CorrectionAlone(operation)))
        }
        _ => Ok(()),
    }
}

fn formula(
    terms: &Terms,
    usage: &Usage,
    operation: Operation,
    units: &Exact,
    amount: &Exact,
) -> Result<Option<Formula>, RatingError> {
    let (units, amount) = (units.clone(), amount.clone());
    Ok(match operation {
        Operation::FreeUnits => {
            terms.free_units.clone().map(|free| Formula::FreeUnits { quantity: units, free })
        }
        Operation::Tiers => Some(tiers(&terms.charge, usage, units)?),
        Operation::Bounds if terms.has(Operation::Bounds) => Some(Formula::Bounds {
            amount,
            minimum: terms.minimum.clone(),
            maximum: terms.maximum.clone(),
        }),
        Operation::Bounds => None,
        Operation::UnitDiscount => terms
            .unit_discount
            .clone()
            .map(|discount| Formula::UnitDiscount { amount, units, discount }),
        Operation::PercentageDiscount => {
            terms.percentage_discount.clone().map(|share| Formula::Percentage { amount, share })
        }
        Operation::Commitment => {
            terms.commitment.clone().map(|balance| Formula::Drawdown { amount, balance })
        }
        Operation::Proration => {
            terms.proration.clone().map(|ratio| Formula::Proration { amount, ratio })
        }
        Operation::Tax => terms.tax_rate.clone().map(|rate| Formula::Tax { amount, rate }),
    })
}

fn tiers(charge: &Charge, usage: &Usage, quantity: Exact) -> Result<Formula, RatingError> {
    let (quantity, parts) = match (charge, usage) {
        (Charge::Burst(burst), Usage::Samples(samples)) => {
            let rate = burst.rate(samples)?;
            let parts = burst.parts(&rate);
            (rate, parts)
        }
        (Charge::Burst(_), Usage::Quantity(_)) | (_, Usage::Samples(_)) => {
            return Err(RatingError::UsageKind);
        }
        (charge, Usage::Quantity(_)) => {
            let mirrored = quantity.is_negative();
            let parts = parts(charge, &quantity.magnitude())?;
            let facing = |part: Part| if mirrored { part.mirrored() } else { part };
            (quantity, parts.into_iter().map(facing).collect())
        }
    };
    Ok(Formula::Tiers { quantity, parts })
}

/// What a charge is made of, for a quantity that isn't negative.
fn parts(charge: &Charge, quantity: &Exact) -> Result<Vec<Part>, RatingError> {
    let single = |units: Exact, unit_price: &Exact| {
        vec![Part { tier: 0, units, unit_price: unit_price.clone(), flat_fee: Exact::zero() }]
    };
    Ok(match charge {
        Charge::Flat { amount } => single(Exact::integer(1), amount),
        Charge::PerUnit { unit_price } => single(quantity.clone(), unit_price),
        Charge::Graduated(table) => table.parts(Span::Marginal, quantity)?,
        Charge::Volume(table) => table.parts(Span::Whole, quantity)?,
        Charge::Stairstep(table) => table
            .parts(Span::Whole, quantity)?
            .into_iter()
            .map(|part| Part { units: Exact::zero(), ..part })
            .collect(),
        Charge::Package { size, price, started, minimum_packages } => {
            if size.is_zero() || size.is_negative() {
                return Err(RatingError::PackageSize);
            }
            let packages =
                quantity.over(size).map_err(|_| RatingError::PackageSize)?.whole(*started);
            single(packages.max(Exact::integer(i128::from(*minimum_packages))), price)
        }
        Charge::Burst(_) => return Err(RatingError::UsageKind),
    })
}
