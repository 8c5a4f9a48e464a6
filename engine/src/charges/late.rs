//! Late charges, and what was charged before each.

use crate::dataset::{DatasetSpec, stream_columns};
use crate::population::native::charges::ChargeRow;
use crate::population::native::reading::Reading;
use crate::population::native::usage::QUANTITY_SCALE;
use crate::progress::Progress;
use crate::run::RunError;
use arrow_array::{RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{DatasetSummary, RefusedRow};

/// The late charges, kept whole: memory grows with them.
#[derive(Default)]
pub(super) struct Late(Vec<RecordBatch>);

/// The charges of a period: when each was made, and its quantity.
type Made = Vec<(i64, Option<i128>)>;

/// The charges of the periods of late charges, by resource and start.
pub(super) struct Before<'a>(BTreeMap<&'a str, BTreeMap<i64, Made>>);

impl Late {
    /// Keeps those rows of a batch.
    pub(super) fn keep(&mut self, batch: &RecordBatch, rows: &[usize]) -> Result<(), RunError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows: Result<Vec<u32>, _> = rows.iter().map(|row| u32::try_from(*row)).collect();
        let rows = rows.map_err(|e| RunError::Internal(e.to_string()))?;
        let kept = take_record_batch(batch, &UInt32Array::from(rows));
        self.0.push(kept.map_err(|e| RunError::Internal(e.to_string()))?);
        Ok(())
    }

    /// In the order of file and row.
    pub(super) fn batches(&self) -> &[RecordBatch] {
        &self.0
    }

    /// Goes through the charges once more, for the periods of the late ones. Rows that were refused the
    /// first time count for nothing here either.
    pub(super) fn before(
        &self,
        charges: &DatasetSpec,
        summary: &DatasetSummary,
        refused: &[RefusedRow],
        progress: &dyn Progress,
    ) -> Result<Before<'_>, RunError> {
        let mut before = Before(BTreeMap::new());
        for batch in self.0.iter().map(Reading::of) {
            let (resources, starts) = (batch.text("resource_id")?, batch.instant("period_start")?);
            for row in 0..batch.rows() {
                let periods = before.0.entry(resources.value(row)).or_default();
                periods.entry(starts.value(row)).or_default();
            }
        }
        if before.0.is_empty() {
            return Ok(before);
        }
        progress.step("looking up what was charged before late charges");
        let refused = places(charges, refused);
        let columns = ["resource_id", "period_start", "quantity", "known_at"];
        let rows = stream_columns(charges, &columns, progress, &mut |batch| {
            before.read(&batch, &refused)
        })?;
        if rows != summary.rows {
            let message = format!("the files of `{}` changed while they were read", charges.name);
            return Err(RunError::Outside(message));
        }
        Ok(before)
    }
}

impl Before<'_> {
    fn read(
        &mut self,
        batch: &RecordBatch,
        refused: &BTreeSet<(i64, i64)>,
    ) -> Result<(), RunError> {
        let batch = Reading::of(batch);
        let (resources, starts) = (batch.text("resource_id")?, batch.instant("period_start")?);
        let (quantities, known) = (batch.number("quantity")?, batch.instant("known_at")?);
        let (files, rows) = batch.place()?;
        for row in 0..batch.rows() {
            let periods = self.0.get_mut(resources.value(row));
            let Some(made) = periods.and_then(|found| found.get_mut(&starts.value(row))) else {
                continue;
            };
            if !refused.contains(&(files.value(row), rows.value(row))) {
                made.push((known.value(row), quantities.scaled(row, QUANTITY_SCALE)));
            }
        }
        Ok(())
    }

    /// Σ of the quantities of the same period's charges that were made before; none on overflow.
    pub(super) fn quantity(&self, charge: &ChargeRow<'_>) -> Option<i128> {
        let made = self.0.get(charge.resource)?.get(&charge.start)?;
        let mut before = made.iter().filter(|(known, _)| *known < charge.known);
        before.try_fold(0_i128, |sum, (_, quantity)| sum.checked_add((*quantity)?))
    }
}

/// Refused rows by the numbers of file and row.
fn places(charges: &DatasetSpec, refused: &[RefusedRow]) -> BTreeSet<(i64, i64)> {
    let place = |row: &RefusedRow| {
        let file = charges.files.iter().position(|file| file.shown == row.file)?;
        i64::try_from(file).ok().zip(i64::try_from(row.row.0).ok())
    };
    refused.iter().filter_map(place).collect()
}
