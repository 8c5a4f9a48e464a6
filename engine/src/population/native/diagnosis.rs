//! Which single mistake explains a charge that is wrong.
//!
//! Each mistake that billers are known to make is made on purpose; those that give exactly the billed
//! amount are named. Several may, and none: then nobody can say.

use super::charges::ChargeRow;
use super::prices::semantics;
use super::rater::{Rater, Rates, amount, expected};
use super::usage::QUANTITY_SCALE;
use crate::reperform::exact::{Exact, Increment};
use crate::reperform::rating::tiers::{Bounds, TierTable};
use crate::reperform::rating::{Charge, Operation, Order, OrderedStep, Terms};
use tieout_controls::Rounding;

/// The name where no single mistake explains the amount.
pub(crate) const UNEXPLAINED: &str = "unexplained";

/// The names of the mistakes that explain a charge, joined by ` | `.
pub(crate) fn name(
    rates: Rates<'_, '_>,
    charge: &ChargeRow<'_>,
    before: Option<i128>,
    rater: &Rater<'_, '_>,
) -> String {
    let gives = |terms: &Terms, share: &Exact| {
        let made = expected(charge, before, |quantity| {
            amount(terms, share, &Exact::from_scaled(quantity, QUANTITY_SCALE))
        });
        made.is_ok_and(|made| made == charge.amount)
    };
    let mut names: Vec<&str> = Vec::new();
    let terms = &rater.priced.terms;
    for (name, twisted) in mistakes(terms) {
        if !names.contains(&name) && gives(&twisted, &rater.share) {
            names.push(name);
        }
    }
    if rater.priced.plan.prorated {
        let whole = Exact::integer(1);
        if gives(terms, &whole) {
            names.push("proration-ignored");
        }
        let rounded = |(digits, mode)| {
            Increment::digits(digits).map(|increment| rater.share.rounded(increment, mode))
        };
        let ways = (0..=9).flat_map(|digits| Rounding::ALL.map(|mode| (digits, mode)));
        let mut ratios = ways.filter_map(rounded).filter(|ratio| *ratio != rater.share);
        if ratios.any(|ratio| gives(terms, &ratio)) {
            names.push("proration-rounded");
        }
    }
    let others = rates.prices.others(charge.service, &rater.priced);
    if others.into_iter().any(|other| gives(&other.terms, &rater.share)) {
        names.push("wrong-rate-version");
    }
    if names.is_empty() { UNEXPLAINED.to_owned() } else { names.join(" | ") }
}

/// The terms as each mistake has them.
fn mistakes(terms: &Terms) -> Vec<(&'static str, Terms)> {
    let mut found = Vec::new();
    let charge = |charge| Terms { charge, ..terms.clone() };
    match &terms.charge {
        Charge::Graduated(table) => {
            found.push(("volume-for-graduated", charge(Charge::Volume(table.clone()))));
        }
        Charge::Volume(table) => {
            found.push(("graduated-for-volume", charge(Charge::Graduated(table.clone()))));
        }
        _ => {}
    }
    if let Some(other) = other_bound(&terms.charge) {
        found.push(("bound-off-by-one", charge(other)));
    }
    if terms.minimum.is_some() {
        found.push(("minimum-ignored", Terms { minimum: None, ..terms.clone() }));
    }
    if terms.percentage_discount.is_some() {
        found.push(("discount-ignored", Terms { percentage_discount: None, ..terms.clone() }));
        if let Some(order) = swapped(&terms.order) {
            found.push(("discount-order-swapped", Terms { order, ..terms.clone() }));
        }
    }
    if terms.free_units.is_some() {
        found.push(("free-units-ignored", Terms { free_units: None, ..terms.clone() }));
    }
    found.extend(Rounding::ALL.into_iter().filter_map(|mode| {
        let order = rounded_by(&terms.order, mode)?;
        Some(("rounding-mode", Terms { order, ..terms.clone() }))
    }));
    found
}

fn other_bound(charge: &Charge) -> Option<Charge> {
    let other = |table: &TierTable| {
        let upper_inclusive = table.semantics().bounds == Bounds::UpperExclusive;
        TierTable::new(table.tiers().to_vec(), semantics(upper_inclusive)).ok()
    };
    match charge {
        Charge::Graduated(table) => other(table).map(Charge::Graduated),
        Charge::Volume(table) => other(table).map(Charge::Volume),
        Charge::Stairstep(table) => other(table).map(Charge::Stairstep),
        _ => None,
    }
}

/// The order with discount and bounds in each other's place.
fn swapped(order: &Order) -> Option<Order> {
    let step = |step: &OrderedStep| {
        let operation = match step.operation {
            Operation::Bounds => Operation::PercentageDiscount,
            Operation::PercentageDiscount => Operation::Bounds,
            other => other,
        };
        OrderedStep { operation, ..*step }
    };
    Order::new(order.steps().iter().map(step).collect()).ok()
}

/// The order with another mode in its rounding.
fn rounded_by(order: &Order, mode: Rounding) -> Option<Order> {
    let step = |step: &OrderedStep| {
        let rounding = step.rounding.map(|(increment, _)| (increment, mode));
        OrderedStep { rounding, ..*step }
    };
    Order::new(order.steps().iter().map(step).collect()).ok()
}
