//! The order of operations, which is data: contracts and billers differ in it.

use super::{Operation, RatingError};
use crate::reperform::exact::Increment;
use std::collections::BTreeSet;
use tieout_controls::Rounding;

/// An operation and the rounding after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderedStep {
    /// What is done.
    pub operation: Operation,
    /// How its result is rounded; `None` keeps it exact.
    pub rounding: Option<(Increment, Rounding)>,
}

/// The order of operations, as declared by the contract or the biller's documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order(Vec<OrderedStep>);

impl Default for Order {
    /// Free units, tiers, minimum and maximum, unit discount, percentage discount, commitment,
    /// proration, tax; nothing rounded.
    fn default() -> Self {
        let step = |operation| OrderedStep { operation, rounding: None };
        Self(Operation::ALL.map(step).to_vec())
    }
}

impl Order {
    /// An order as stated.
    ///
    /// # Errors
    /// [`RatingError::Order`] when an operation stands twice, tiers are missing, free units come after
    /// them, what works on amounts before them, or anything after tax.
    pub fn new(steps: Vec<OrderedStep>) -> Result<Self, RatingError> {
        let mut seen = BTreeSet::new();
        for step in &steps {
            let wrong = Err(RatingError::Order(step.operation));
            let tiers = seen.contains(&Operation::Tiers);
            let quantity = step.operation == Operation::FreeUnits;
            if step.operation != Operation::Tiers && quantity == tiers {
                return wrong;
            }
            if seen.contains(&Operation::Tax) || !seen.insert(step.operation) {
                return wrong;
            }
        }
        if !seen.contains(&Operation::Tiers) {
            return Err(RatingError::Order(Operation::Tiers));
        }
        Ok(Self(steps))
    }

    /// The same order, the result of one operation rounded.
    #[must_use]
    pub fn rounding(mut self, operation: Operation, to: Increment, mode: Rounding) -> Self {
        for step in self.0.iter_mut().filter(|step| step.operation == operation) {
            step.rounding = Some((to, mode));
        }
        self
    }

    /// The steps.
    pub fn steps(&self) -> &[OrderedStep] {
        &self.0
    }
}
