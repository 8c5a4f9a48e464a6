//! Charges, and the chains that they form: an original, what came late, reversals and replacements.

use super::reading::{self, Reading};
use super::usage::QUANTITY_SCALE;
use crate::dataset::Loaded;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use std::collections::BTreeMap;

/// Why there is a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::population) enum Why {
    Original,
    Correction,
    Late,
}

/// A charge. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone)]
pub(in crate::population) struct ChargeRow<'a> {
    pub(in crate::population) id: &'a str,
    pub(in crate::population) why: Why,
    pub(in crate::population) resource: &'a str,
    pub(in crate::population) service: &'a str,
    pub(in crate::population) start: i64,
    pub(in crate::population) end: i64,
    /// In 10^-10; none for what doesn't fit 128 bits.
    pub(in crate::population) quantity: Option<i128>,
    pub(in crate::population) version: &'a str,
    pub(in crate::population) amount: Exact,
    pub(in crate::population) currency: &'a str,
    pub(in crate::population) run: &'a str,
    pub(in crate::population) known: i64,
    /// File and row.
    pub(in crate::population) place: (i64, i64),
}

/// A resource and the start of a period.
pub(in crate::population) type PeriodKey<'a> = (&'a str, i64);

/// All charges in the order of the dataset, and the places of those of each resource's period by when
/// they were made, reversals first.
#[derive(Debug, Default)]
pub(in crate::population) struct Charges<'a> {
    pub(in crate::population) rows: Vec<ChargeRow<'a>>,
    pub(in crate::population) chains: BTreeMap<PeriodKey<'a>, Vec<usize>>,
}

impl<'a> Charges<'a> {
    /// Reads the dataset `charge`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(in crate::population) fn read(loaded: &'a Loaded) -> Result<Self, RunError> {
        let mut charges = Self::default();
        for batch in reading::batches(loaded) {
            charges.read_batch(batch)?;
        }
        for (place, charge) in charges.rows.iter().enumerate() {
            charges.chains.entry((charge.resource, charge.start)).or_default().push(place);
        }
        let rows = &charges.rows;
        let order =
            |place: &usize| rows.get(*place).map(|c| (c.known, c.quantity >= Some(0), c.id));
        for chain in charges.chains.values_mut() {
            chain.sort_by_key(order);
        }
        Ok(charges)
    }

    fn read_batch(&mut self, batch: Reading<'a>) -> Result<(), RunError> {
        let (ids, reasons) = (batch.text("charge_id")?, batch.text("reason")?);
        let (resources, services) = (batch.text("resource_id")?, batch.text("service_id")?);
        let (starts, ends) = (batch.instant("period_start")?, batch.instant("period_end")?);
        let (quantities, amounts) = (batch.number("quantity")?, batch.number("amount")?);
        let (versions, currencies) = (batch.text("price_version")?, batch.text("currency")?);
        let (runs, known) = (batch.text("billing_run")?, batch.instant("known_at")?);
        let (files, numbers) = batch.place()?;
        for row in 0..batch.rows() {
            self.rows.push(ChargeRow {
                id: ids.value(row),
                why: match reasons.value(row) {
                    "late" => Why::Late,
                    "correction" => Why::Correction,
                    _ => Why::Original,
                },
                resource: resources.value(row),
                service: services.value(row),
                start: starts.value(row),
                end: ends.value(row),
                quantity: quantities.scaled(row, QUANTITY_SCALE),
                version: versions.value(row),
                amount: amounts.exact(row).unwrap_or_else(Exact::zero),
                currency: currencies.value(row),
                run: runs.value(row),
                known: known.value(row),
                place: (files.value(row), numbers.value(row)),
            });
        }
        Ok(())
    }

    /// The charges of a resource's period that were made at the same time, in their order.
    pub(in crate::population) fn made(
        &self,
        key: PeriodKey<'_>,
    ) -> impl Iterator<Item = Vec<&ChargeRow<'a>>> {
        let chain = self.chains.get(&key).map(Vec::as_slice).unwrap_or_default();
        let rows: Vec<&ChargeRow<'a>> = chain.iter().filter_map(|p| self.rows.get(*p)).collect();
        let groups = rows.chunk_by(|a, b| a.known == b.known).map(<[_]>::to_vec);
        groups.collect::<Vec<_>>().into_iter()
    }

    /// Σ of the quantities of the same period's charges that were made before; none on overflow.
    pub(in crate::population) fn before(&self, charge: &ChargeRow<'_>) -> Option<i128> {
        let chain = self.chains.get(&(charge.resource, charge.start))?;
        let rows = chain.iter().filter_map(|place| self.rows.get(*place));
        let mut before = rows.filter(|other| other.known < charge.known);
        before.try_fold(0_i128, |sum, other| sum.checked_add(other.quantity?))
    }
}

/// Σ of quantities; none on overflow.
pub(in crate::population) fn quantity(charges: &[&ChargeRow<'_>]) -> Option<i128> {
    charges.iter().try_fold(0_i128, |sum, charge| sum.checked_add(charge.quantity?))
}
