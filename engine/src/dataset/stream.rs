//! Reading a dataset from beginning to end, batch by batch, in memory that doesn't grow with its rows.
//!
//! One thread decodes, types, measures and encodes; the caller's commits to the rows and takes the
//! batches, at most [`WAITING`] behind. What is told of the dataset is the same whoever reads it.

use super::DatasetSpec;
use super::refused::RefusedKeys;
use super::rows::{Part, Reader, Rows, Wanted};
use super::settings::{scales, settings};
use crate::progress::Progress;
use crate::run::RunError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, scope};
use tieout_controls::dataset::tie_out;
use tieout_controls::paper::CommitmentFactory;
use tieout_controls::{Count, DatasetSummary, Digest, RefusedRow};

/// How many batches may wait to be taken.
const WAITING: usize = 4;

/// What is told of a dataset whose rows went by.
#[derive(Debug)]
pub struct Streamed {
    /// Identity, counts, totals, tie-out.
    pub summary: DatasetSummary,
    /// The refused rows in their order.
    pub refused: Vec<RefusedRow>,
    /// By which records they would have been found.
    pub(crate) refused_keys: RefusedKeys,
    /// The columns of the batches, as in [`super::Loaded`].
    pub schema: SchemaRef,
    /// As in [`super::Loaded`].
    pub scales: BTreeMap<String, u32>,
}

/// Takes a batch of accepted rows.
pub(crate) type Each<'a> = dyn FnMut(RecordBatch) -> Result<(), RunError> + 'a;

/// Reads a dataset and gives its accepted rows to `each`, batch by batch and in their order.
///
/// # Errors
/// As [`super::read`], and what `each` says.
pub fn stream(
    spec: &DatasetSpec,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
    each: &mut dyn FnMut(RecordBatch) -> Result<(), RunError>,
) -> Result<Streamed, RunError> {
    stream_keeping(spec, &BTreeSet::new(), commitments, progress, each)
}

/// The same, keeping of refused rows what can be read in those columns.
pub(crate) fn stream_keeping(
    spec: &DatasetSpec,
    kept: &BTreeSet<String>,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
    each: &mut Each<'_>,
) -> Result<Streamed, RunError> {
    let mut commitment = commitments(&spec.name);
    let rows = pass(spec, &Wanted::All { kept }, progress, &mut |part| {
        part.rows().for_each(|row| commitment.add(row));
        part.batch.map_or(Ok(()), &mut *each)
    })?;
    let (_, commitment) = commitment.finish();
    streamed(spec, rows, commitment)
}

/// Goes through some columns of a dataset once more; `each` gets them with `_file` and `_row`. Rows are
/// refused only for those columns: the caller knows the others from the first time.
///
/// # Errors
/// As [`super::read`], and what `each` says.
pub(crate) fn stream_columns(
    spec: &DatasetSpec,
    columns: &[&str],
    progress: &dyn Progress,
    each: &mut Each<'_>,
) -> Result<Count, RunError> {
    let rows = pass(spec, &Wanted::Columns(columns), progress, &mut |part| {
        part.batch.map_or(Ok(()), &mut *each)
    })?;
    Ok(rows.accepted + Count::of(rows.refused.len()))
}

/// Reads in a thread of its own and takes what it sends.
fn pass(
    spec: &DatasetSpec,
    wanted: &Wanted<'_>,
    progress: &dyn Progress,
    take: &mut dyn FnMut(Part) -> Result<(), RunError>,
) -> Result<Rows, RunError> {
    let (sender, receiver) = sync_channel(WAITING);
    scope(|scope| {
        let read = move || read(spec, wanted, progress, &sender);
        let reader = Builder::new().name("reader".to_owned()).spawn_scoped(scope, read);
        let reader = reader.map_err(|e| RunError::Outside(format!("no thread to read: {e}")))?;
        let taken = receive(receiver, take);
        let rows = reader.join();
        taken?;
        rows.map_err(|_| RunError::Internal("the reader of a dataset broke off".to_owned()))?
    })
}

/// Takes all that comes. The receiver is gone afterwards, so that a reader whose parts nobody takes ends.
fn receive(
    receiver: Receiver<Part>,
    take: &mut dyn FnMut(Part) -> Result<(), RunError>,
) -> Result<(), RunError> {
    receiver.into_iter().try_for_each(take)
}

fn read(
    spec: &DatasetSpec,
    wanted: &Wanted<'_>,
    progress: &dyn Progress,
    sender: &SyncSender<Part>,
) -> Result<Rows, RunError> {
    // Nobody takes it any more: the one who took knows why.
    let send = |part| sender.send(part).map_err(|_| RunError::Interrupted);
    Reader::read(spec, wanted, progress, &send)
}

fn streamed(spec: &DatasetSpec, rows: Rows, commitment: Digest) -> Result<Streamed, RunError> {
    let Rows { layout, measures, accepted, refused, refused_keys } = rows;
    let totals = measures.totals()?;
    let refused_rows = Count::of(refused.len());
    let all = accepted + refused_rows;
    let tie_out = tie_out(all, &totals, spec.expected.as_ref());
    let summary = DatasetSummary {
        name: spec.name.clone(),
        profile: spec.profile.name.to_owned(),
        files: spec.files.iter().map(|file| file.shown.clone()).collect(),
        rows: all,
        accepted,
        refused: refused_rows,
        totals,
        null_amounts: measures.null_amounts(),
        period: measures.period(),
        commitment,
        reading: settings(&spec.reading, &layout),
        undeclared_columns: layout.undeclared.clone(),
        absent_columns: layout.absent.clone(),
        tie_out,
    };
    let (schema, scales) = (layout.schema(), scales(spec, &layout));
    Ok(Streamed { summary, refused, refused_keys, schema, scales })
}
