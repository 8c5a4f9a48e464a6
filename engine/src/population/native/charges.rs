//! Charges, and the chains that they form: an original, what came late, reversals and replacements.

use super::reading::{self, Numbers, Reading, text};
use super::usage::QUANTITY_SCALE;
use crate::dataset::Loaded;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::array::{Array as _, Int64Array, StringArray, TimestampMicrosecondArray};
use std::collections::{BTreeMap, BTreeSet};

/// Why there is a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Original,
    Correction,
    Late,
}

/// A charge. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone)]
pub(crate) struct ChargeRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) why: Why,
    pub(crate) resource: &'a str,
    pub(crate) service: &'a str,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// In 10^-10; none for what doesn't fit 128 bits.
    pub(crate) quantity: Option<i128>,
    pub(crate) version: &'a str,
    pub(crate) amount: Exact,
    pub(crate) currency: &'a str,
    pub(crate) run: &'a str,
    pub(crate) known: i64,
    /// File and row.
    pub(crate) place: (i64, i64),
    /// Which batch of the dataset it is in, and which row of it.
    pub(crate) at: (usize, usize),
    /// The invoice and its line.
    pub(crate) line: Option<(&'a str, i64)>,
}

/// The columns of a batch of charges.
pub(crate) struct ChargeColumns<'a> {
    ids: &'a StringArray,
    reasons: &'a StringArray,
    resources: &'a StringArray,
    services: &'a StringArray,
    starts: &'a TimestampMicrosecondArray,
    ends: &'a TimestampMicrosecondArray,
    quantities: Numbers<'a>,
    versions: &'a StringArray,
    amounts: Numbers<'a>,
    currencies: &'a StringArray,
    runs: &'a StringArray,
    known: &'a TimestampMicrosecondArray,
    place: (&'a Int64Array, &'a Int64Array),
    line: (&'a StringArray, &'a Int64Array),
}

impl<'a> ChargeColumns<'a> {
    /// Those of a batch of the dataset `charge`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn of(batch: Reading<'a>) -> Result<Self, RunError> {
        Ok(Self {
            ids: batch.text("charge_id")?,
            reasons: batch.text("reason")?,
            resources: batch.text("resource_id")?,
            services: batch.text("service_id")?,
            starts: batch.instant("period_start")?,
            ends: batch.instant("period_end")?,
            quantities: batch.number("quantity")?,
            versions: batch.text("price_version")?,
            amounts: batch.number("amount")?,
            currencies: batch.text("currency")?,
            runs: batch.text("billing_run")?,
            known: batch.instant("known_at")?,
            place: batch.place()?,
            line: (batch.text("invoice_no")?, batch.whole("invoice_line")?),
        })
    }

    /// Why there is the charge in a row.
    pub(crate) fn why(&self, row: usize) -> Why {
        match self.reasons.value(row) {
            "late" => Why::Late,
            "correction" => Why::Correction,
            _ => Why::Original,
        }
    }

    /// Its amount in 10^-`scale`; none for what doesn't fit 128 bits.
    pub(crate) fn amount(&self, row: usize, scale: u32) -> Option<i128> {
        self.amounts.scaled(row, scale)
    }

    /// The charge without its amount, which takes longest to read.
    pub(crate) fn unpriced(&self, number: usize, row: usize) -> ChargeRow<'a> {
        ChargeRow {
            id: self.ids.value(row),
            why: self.why(row),
            resource: self.resources.value(row),
            service: self.services.value(row),
            start: self.starts.value(row),
            end: self.ends.value(row),
            quantity: self.quantities.scaled(row, QUANTITY_SCALE),
            version: self.versions.value(row),
            amount: Exact::zero(),
            currency: self.currencies.value(row),
            run: self.runs.value(row),
            known: self.known.value(row),
            place: (self.place.0.value(row), self.place.1.value(row)),
            at: (number, row),
            line: text(self.line.0, row)
                .filter(|_| self.line.1.is_valid(row))
                .map(|invoice| (invoice, self.line.1.value(row))),
        }
    }

    /// The charge in a row of that batch.
    pub(crate) fn charge(&self, number: usize, row: usize) -> ChargeRow<'a> {
        let amount = self.amounts.exact(row).unwrap_or_else(Exact::zero);
        ChargeRow { amount, ..self.unpriced(number, row) }
    }
}

/// A resource and the start of a period.
pub(crate) type PeriodKey<'a> = (&'a str, i64);

/// All charges in the order of the dataset, and the places of those of each resource's period by when
/// they were made, reversals first.
#[derive(Debug, Default)]
pub(crate) struct Charges<'a> {
    pub(crate) rows: Vec<ChargeRow<'a>>,
    pub(crate) chains: BTreeMap<PeriodKey<'a>, Vec<usize>>,
    /// When runs were made.
    pub(crate) cut_offs: BTreeSet<i64>,
}

impl<'a> Charges<'a> {
    /// Reads the dataset `charge`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(loaded: &'a Loaded) -> Result<Self, RunError> {
        let mut charges = Self::default();
        for (number, batch) in reading::batches(loaded).enumerate() {
            charges.read_batch(number, batch)?;
        }
        for (place, charge) in charges.rows.iter().enumerate() {
            charges.chains.entry((charge.resource, charge.start)).or_default().push(place);
        }
        charges.cut_offs = charges.rows.iter().map(|charge| charge.known).collect();
        let rows = &charges.rows;
        let order =
            |place: &usize| rows.get(*place).map(|c| (c.known, c.quantity >= Some(0), c.id));
        for chain in charges.chains.values_mut() {
            chain.sort_by_key(order);
        }
        Ok(charges)
    }

    fn read_batch(&mut self, number: usize, batch: Reading<'a>) -> Result<(), RunError> {
        let columns = ChargeColumns::of(batch)?;
        self.rows.extend((0..batch.rows()).map(|row| columns.charge(number, row)));
        Ok(())
    }

    /// The charges of a resource's period that were made at the same time, in their order.
    pub(crate) fn made(&self, key: PeriodKey<'_>) -> impl Iterator<Item = Vec<&ChargeRow<'a>>> {
        let chain = self.chains.get(&key).map(Vec::as_slice).unwrap_or_default();
        let rows: Vec<&ChargeRow<'a>> = chain.iter().filter_map(|p| self.rows.get(*p)).collect();
        let groups = rows.chunk_by(|a, b| a.known == b.known).map(<[_]>::to_vec);
        groups.collect::<Vec<_>>().into_iter()
    }

    /// Σ of the quantities of the same period's charges that were made before; none on overflow.
    pub(crate) fn before(&self, charge: &ChargeRow<'_>) -> Option<i128> {
        let chain = self.chains.get(&(charge.resource, charge.start))?;
        let rows = chain.iter().filter_map(|place| self.rows.get(*place));
        let mut before = rows.filter(|other| other.known < charge.known);
        before.try_fold(0_i128, |sum, other| sum.checked_add(other.quantity?))
    }
}

/// Σ of quantities; none on overflow.
pub(crate) fn quantity(charges: &[&ChargeRow<'_>]) -> Option<i128> {
    charges.iter().try_fold(0_i128, |sum, charge| sum.checked_add(charge.quantity?))
}
