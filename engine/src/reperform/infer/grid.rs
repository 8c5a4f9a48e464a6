//! The specifications that are searched: options for each stage.

use super::InferError;
use crate::reperform::exact::Increment;
use crate::reperform::rounding::{Residual, Rule, Scale, SpecError, Stage};
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// Options for each stage; the specifications searched are all combinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// For each stage.
    options: BTreeMap<Stage, Vec<Option<Rule>>>,
}

impl Grid {
    /// A grid that rounds nothing anywhere, to be widened by [`Grid::or`].
    pub fn exact() -> Self {
        Self { options: Stage::ALL.map(|stage| (stage, vec![None])).into() }
    }

    /// The grid with more options at a stage: every mode with every increment and residual policy
    /// that the stage admits. An option that is there already isn't there twice.
    #[must_use]
    pub fn or(
        mut self,
        stage: Stage,
        modes: &[Rounding],
        increments: &[Increment],
        residuals: &[Residual],
    ) -> Self {
        let admitted = residuals.iter().filter(|residual| stage.admits(**residual));
        let rules = admitted.flat_map(|residual| {
            let rule = move |increment: &Increment, mode: &Rounding| Rule {
                increment: *increment,
                mode: *mode,
                residual: *residual,
            };
            increments.iter().flat_map(move |i| modes.iter().map(move |m| rule(i, m)))
        });
        let options = self.options.entry(stage).or_default();
        for rule in rules {
            if !options.contains(&Some(rule)) {
                options.push(Some(rule));
            }
        }
        self
    }

    /// The grid without the option of rounding nothing at a stage.
    #[must_use]
    pub fn rounded(mut self, stage: Stage) -> Self {
        self.options.entry(stage).or_default().retain(Option::is_some);
        self
    }

    /// What billers do with amounts in a currency: all modes and residual policies; prices and
    /// quantities of up to six digits, amounts of its minor unit, the payable amount also of its
    /// smallest coin where that is known; or not rounded at all.
    ///
    /// # Errors
    /// [`SpecError::UnknownCurrency`].
    pub fn usual(currency: &str) -> Result<Self, SpecError> {
        let minor = Scale::MinorUnit.increment(currency)?;
        let digits = |scales: &[u32]| -> Vec<Increment> {
            scales.iter().filter_map(|scale| Increment::digits(*scale)).collect()
        };
        let prices = digits(&[minor.scale(), 4, 6]);
        let quantities = digits(&[0, 2, 3]);
        // The currency is known; only its smallest coin may not be.
        let payable: Vec<Increment> =
            std::iter::once(minor).chain(Scale::Cash.increment(currency).ok()).collect();
        let alone = [Residual::Unassigned];
        Ok(Self::exact()
            .or(Stage::UnitPrice, &Rounding::ALL, &prices, &alone)
            .or(Stage::Quantity, &Rounding::ALL, &quantities, &alone)
            .or(Stage::Line, &Rounding::ALL, &[minor], &Residual::ALL)
            .or(Stage::TaxLine, &Rounding::ALL, &[minor], &Residual::ALL)
            .or(Stage::TaxCategory, &Rounding::ALL, &[minor], &Residual::ALL)
            .or(Stage::Invoice, &Rounding::ALL, &payable, &Residual::ALL))
    }

    /// The options of a stage.
    pub fn options(&self, stage: Stage) -> &[Option<Rule>] {
        self.options.get(&stage).map_or(&[], Vec::as_slice)
    }

    /// How many specifications it holds.
    pub fn size(&self) -> usize {
        self.options.values().map(Vec::len).product()
    }

    pub(super) fn check(&self) -> Result<(), InferError> {
        let empty = Stage::ALL.into_iter().find(|stage| self.options(*stage).is_empty());
        empty.map_or(Ok(()), |stage| Err(InferError::NoOption(stage)))
    }
}
