//! What re-performed charges come to.

use super::conforming::AMOUNT_SCALE;
use crate::dataset::{Exact as Scaled, Loaded, Streamed, Sum};
use crate::population::native::charge_amount::{RETROACTIVE, Reperformed};
use crate::population::native::charges::ChargeRow;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use tieout_controls::{Count, DatasetSummary, Decimal, RefusedRow, Totals};

/// Charges, re-performed.
#[derive(Debug)]
pub struct Reperformance {
    /// The dataset of the charges.
    pub charges: DatasetSummary,
    /// The datasets that they are re-performed from.
    pub others: Vec<DatasetSummary>,
    /// The refused rows of all of them.
    pub refused: Vec<RefusedRow>,
    /// The charges for which it can be told what they should have been.
    pub evaluated: Count,
    /// Those that are something else.
    pub exceptions: Count,
    /// Those that are right and that prices entered after their run would change: no exceptions.
    pub retroactive: Count,
    /// Why it can't be told of others → how many.
    pub undetermined: BTreeMap<String, Count>,
    /// What was billed by the charges that are evaluated, by currency.
    pub billed: Totals,
    /// What they should have been.
    pub reperformed: Totals,
    /// The one less the other.
    pub difference: Totals,
    /// What was billed by the others.
    pub billed_undetermined: Totals,
    /// The classes of the exceptions; one charge may have several names, joined by ` | `.
    pub classes: BTreeMap<String, Class>,
    /// The largest exceptions of each currency, by the magnitude of their difference.
    pub largest: BTreeMap<String, Vec<Exception>>,
}

/// Exceptions of one class.
#[derive(Debug, Default)]
pub struct Class {
    /// How many.
    pub count: Count,
    /// Σ of their differences.
    pub difference: Totals,
}

/// A charge that is not what it should have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The file as the workspace names it.
    pub file: String,
    /// The data row's ordinal in it, from 1.
    pub row: Count,
    /// Its id.
    pub charge: String,
    /// Its service.
    pub service: String,
    /// What was billed.
    pub amount: Decimal,
    /// What it should have been.
    pub expected: Decimal,
    /// The one less the other.
    pub difference: Decimal,
    /// What explains it.
    pub class: String,
}

/// What is found of a charge.
pub(super) enum Found {
    Conforms,
    Exception,
    Undetermined,
}

/// The order of the largest: by magnitude, then as they were found.
type Rank = (Reverse<Exact>, u64);

pub(super) struct Tally {
    top: usize,
    evaluated: u64,
    exceptions: u64,
    retroactive: u64,
    undetermined: BTreeMap<&'static str, Count>,
    billed: Sums,
    reperformed: Sums,
    difference: Sums,
    billed_undetermined: Sums,
    classes: BTreeMap<String, (Count, Sums)>,
    largest: BTreeMap<String, BTreeMap<Rank, Exception>>,
}

impl Tally {
    pub(super) fn new(top: usize) -> Self {
        Self {
            top,
            evaluated: 0,
            exceptions: 0,
            retroactive: 0,
            undetermined: BTreeMap::new(),
            billed: Sums::default(),
            reperformed: Sums::default(),
            difference: Sums::default(),
            billed_undetermined: Sums::default(),
            classes: BTreeMap::new(),
            largest: BTreeMap::new(),
        }
    }

    /// How many charges went by.
    pub(super) fn charges(&self) -> u64 {
        self.undetermined.values().fold(self.evaluated, |sum, count| sum + count.0)
    }

    /// Adds a charge of that amount, which is right.
    pub(super) fn conforms(&mut self, amount: i128, currency: &str) -> Result<(), RunError> {
        self.evaluated += 1;
        self.billed.add(amount, currency)?;
        self.reperformed.add(amount, currency)
    }

    /// Adds a charge.
    pub(super) fn add(
        &mut self,
        charge: &ChargeRow<'_>,
        done: &Reperformed<'_, '_>,
        file: &str,
    ) -> Result<Found, RunError> {
        let billed = scaled(&charge.amount)?;
        let (Some(expected), Some(difference)) = (&done.expected, &done.difference) else {
            self.undetermined.entry(done.reason.unwrap_or_default()).or_default().increment();
            self.billed_undetermined.add(billed, charge.currency)?;
            return Ok(Found::Undetermined);
        };
        self.evaluated += 1;
        self.billed.add(billed, charge.currency)?;
        self.reperformed.add(scaled(expected)?, charge.currency)?;
        if difference.is_zero() {
            self.retroactive += u64::from(done.class.as_deref() == Some(RETROACTIVE));
            return Ok(Found::Conforms);
        }
        self.exceptions += 1;
        let class = done.class.clone().unwrap_or_default();
        let (count, sums) = self.classes.entry(class.clone()).or_default();
        count.increment();
        sums.add(scaled(difference)?, charge.currency)?;
        self.difference.add(scaled(difference)?, charge.currency)?;
        let exception = Exception {
            file: file.to_owned(),
            row: Count(u64::try_from(charge.place.1).unwrap_or_default()),
            charge: charge.id.to_owned(),
            service: charge.service.to_owned(),
            amount: decimal(&charge.amount)?,
            expected: decimal(expected)?,
            difference: decimal(difference)?,
            class,
        };
        let largest = self.largest.entry(charge.currency.to_owned()).or_default();
        largest.insert((Reverse(difference.magnitude()), self.exceptions), exception);
        if largest.len() > self.top {
            largest.pop_last();
        }
        Ok(Found::Exception)
    }

    pub(super) fn conclude(
        self,
        charges: Streamed,
        others: impl Iterator<Item = Loaded>,
    ) -> Result<Reperformance, RunError> {
        let (mut summaries, mut refused) = (Vec::new(), charges.refused);
        for other in others {
            summaries.push(other.summary);
            refused.extend(other.refused);
        }
        let classes = self
            .classes
            .into_iter()
            .map(|(name, (count, sums))| Ok((name, Class { count, difference: sums.totals()? })));
        let largest = self.largest.into_iter();
        Ok(Reperformance {
            charges: charges.summary,
            others: summaries,
            refused,
            evaluated: Count(self.evaluated),
            exceptions: Count(self.exceptions),
            retroactive: Count(self.retroactive),
            undetermined: self
                .undetermined
                .into_iter()
                .map(|(why, n)| (why.to_owned(), n))
                .collect(),
            billed: self.billed.totals()?,
            reperformed: self.reperformed.totals()?,
            difference: self.difference.totals()?,
            billed_undetermined: self.billed_undetermined.totals()?,
            classes: classes.collect::<Result<_, RunError>>()?,
            largest: largest.map(|(code, top)| (code, top.into_values().collect())).collect(),
        })
    }
}

/// Sums by currency.
#[derive(Default)]
struct Sums(BTreeMap<String, Sum>);

impl Sums {
    fn add(&mut self, amount: i128, currency: &str) -> Result<(), RunError> {
        if !self.0.contains_key(currency) {
            self.0.insert(currency.to_owned(), Sum::new(AMOUNT_SCALE));
        }
        let Some(sum) = self.0.get_mut(currency) else { return Ok(()) };
        sum.add(Scaled { unscaled: amount, scale: AMOUNT_SCALE }).map_err(|e| overflow(&e))
    }

    fn totals(&self) -> Result<Totals, RunError> {
        let totals = self
            .0
            .iter()
            .map(|(code, sum)| Ok((code.clone(), sum.total().map_err(|e| overflow(&e))?)));
        Ok(Totals(totals.collect::<Result<_, RunError>>()?))
    }
}

fn overflow(error: &dyn std::fmt::Display) -> RunError {
    RunError::Internal(format!("a total of charges can't be held: {error}"))
}

fn decimal(amount: &Exact) -> Result<Decimal, RunError> {
    amount.to_decimal().ok_or_else(|| overflow(&"it is not a decimal"))
}

fn scaled(amount: &Exact) -> Result<i128, RunError> {
    decimal(amount)?.to_scaled(AMOUNT_SCALE).map_err(|e| overflow(&e))
}
