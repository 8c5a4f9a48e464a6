//! Reading a dataset into memory.

use super::DatasetSpec;
use super::refused::RefusedKeys;
use super::stream::{Streamed, stream_keeping};
use crate::progress::Progress;
use crate::run::RunError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::paper::CommitmentFactory;
use tieout_controls::{DatasetSummary, RefusedRow, SchemaProfile};

/// A dataset as it was read.
#[derive(Debug)]
pub struct Loaded {
    /// Identity, counts, totals, tie-out.
    pub summary: DatasetSummary,
    /// The refused rows in their order.
    pub refused: Vec<RefusedRow>,
    /// By which records they would have been found.
    pub(crate) refused_keys: RefusedKeys,
    /// The profile's columns in their order, then the undeclared ones by name, then `_file` (the
    /// file's number, from 0) and `_row` (the data row's, from 1), both Int64. A column that is
    /// personal has the metadata `tieout.class: personal`.
    pub schema: SchemaRef,
    /// The accepted rows in their order.
    pub batches: Vec<RecordBatch>,
    /// The profile it was read by.
    pub profile: &'static SchemaProfile,
    /// Decimal column → the number of digits behind the point that its publisher writes: the
    /// workspace's, else the column's own scale.
    pub scales: BTreeMap<String, u32>,
}

/// Reads a dataset.
///
/// # Errors
/// [`RunError::Input`] for files that can't be read as what the workspace says they are;
/// [`RunError::Interrupted`]. Rows that don't fit are in the result.
pub fn read(
    spec: &DatasetSpec,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Loaded, RunError> {
    read_keeping(spec, &BTreeSet::new(), commitments, progress)
}

/// Reads a dataset and keeps of its refused rows what can be read in those columns.
pub(crate) fn read_keeping(
    spec: &DatasetSpec,
    kept: &BTreeSet<String>,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Loaded, RunError> {
    let mut batches = Vec::new();
    let streamed = stream_keeping(spec, kept, commitments, progress, &mut |batch| {
        batches.push(batch);
        Ok(())
    })?;
    let Streamed { summary, refused, refused_keys, schema, scales } = streamed;
    let profile = spec.profile;
    Ok(Loaded { summary, refused, refused_keys, schema, batches, profile, scales })
}
