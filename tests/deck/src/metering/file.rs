//! The files of usage and charges: row groups made and encoded by several threads, each a function of
//! the seed and its number, and written in order. Memory holds two row groups a thread.

use super::World;
use super::books;
use super::columns::{CHARGE, Column, Rows, Type, USAGE, push_charges, push_usage, schema};
use super::fault::Class;
use super::plan::Plan;
use super::summary::Summary;
use super::unit::unit;
use crate::rng::at;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Resources' months in a row group: about 50,000 rows of usage.
const GROUP: u64 = 128;

/// Charges in a row group.
const CHARGE_GROUP: usize = 16_384;

/// A row group of usage, encoded, with the charges of the same months.
struct Group {
    usage: Vec<ArrowColumnChunk>,
    charges: Vec<ArrayRef>,
    summary: Summary,
}

/// Makes and encodes a row group.
fn group(
    world: &World,
    plan: &Plan,
    number: u64,
    schema: &SchemaRef,
    factory: &ArrowRowGroupWriterFactory,
) -> Result<Group, ParquetError> {
    let (mut usage, mut charges) = (Rows::new(USAGE), Rows::new(CHARGE));
    let mut summary = Summary::default();
    for place in number * GROUP..world.units().min((number + 1) * GROUP) {
        let fault: Option<Class> = plan.units.get(&place).copied();
        if let Some(mut unit) = unit(world, place, fault) {
            unit.facts.extend(books::close::facts(world, &unit));
            push_usage(&mut usage, &unit);
            push_charges(&mut charges, &unit);
            summary.add(&mut unit);
        }
    }
    let mut chunks = Vec::new();
    if summary.usage_rows > 0 {
        let writers = factory.create_column_writers(usize::try_from(number).unwrap_or(0))?;
        let columns = usage.finish()?;
        for ((mut writer, array), field) in writers.into_iter().zip(columns).zip(schema.fields()) {
            for leaf in compute_leaves(field, &array)? {
                writer.write(&leaf)?;
            }
            chunks.push(writer.close()?);
        }
    }
    Ok(Group { usage: chunks, charges: charges.finish()?, summary })
}

fn properties(columns: &[Column]) -> Result<WriterProperties, ParquetError> {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        // Of charges; a row group of usage is as long as it was made.
        .set_max_row_group_row_count(Some(CHARGE_GROUP))
        .set_column_dictionary_enabled(ColumnPath::from("usage_id"), false)
        .set_column_dictionary_enabled(ColumnPath::from("charge_id"), false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("tieout-deck".to_owned());
    // The writer keeps the least and greatest value of every row group to the end. Of texts and
    // decimals they are slices of the row group's values, so that memory would grow with the file.
    for (name, ..) in
        columns.iter().filter(|(_, kind, _)| matches!(kind, Type::Text | Type::Number))
    {
        let column = ColumnPath::from(*name);
        builder = builder.set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    Ok(builder.build())
}

/// Writes all usage and all charges, and gives their sums.
pub(crate) fn write(
    world: &World,
    plan: &Plan,
    threads: usize,
    usage: impl Write + Send,
    charges: impl Write + Send,
) -> Result<Summary, ParquetError> {
    let (usage_schema, charge_schema) = (schema(USAGE), schema(CHARGE));
    let writer = ArrowWriter::try_new(usage, Arc::clone(&usage_schema), Some(properties(USAGE)?))?;
    let (mut usage, factory) = writer.into_serialized_writer()?;
    let mut charges =
        ArrowWriter::try_new(charges, Arc::clone(&charge_schema), Some(properties(CHARGE)?))?;
    let groups = world.units().div_ceil(GROUP);
    let mut summary = Summary::default();
    std::thread::scope(|scope| -> Result<(), ParquetError> {
        let mut lanes = Vec::new();
        for lane in 0..threads.max(1) {
            let (sender, receiver) = sync_channel(1);
            let (schema, factory) = (&usage_schema, &factory);
            scope.spawn(move || {
                work(world, plan, (lane, threads.max(1)), groups, schema, factory, &sender)
            });
            lanes.push(receiver);
        }
        for number in 0..groups {
            let lane = at(&lanes, usize::try_from(number).unwrap_or(0));
            let gone = |_| ParquetError::General("a row group could not be made".to_owned());
            let group = lane.recv().map_err(gone)??;
            if !group.usage.is_empty() {
                let mut rows = usage.next_row_group()?;
                for chunk in group.usage {
                    chunk.append_to_row_group(&mut rows)?;
                }
                rows.close()?;
            }
            charges.write(&RecordBatch::try_new(Arc::clone(&charge_schema), group.charges)?)?;
            summary.join(group.summary);
        }
        Ok(())
    })?;
    usage.close()?;
    charges.close()?;
    Ok(summary)
}

/// Makes every row group of a lane: one of so many, in turn.
fn work(
    world: &World,
    plan: &Plan,
    (lane, lanes): (usize, usize),
    groups: u64,
    schema: &SchemaRef,
    factory: &ArrowRowGroupWriterFactory,
    sender: &SyncSender<Result<Group, ParquetError>>,
) {
    for number in (0..groups).skip(lane).step_by(lanes) {
        let made = group(world, plan, number, schema, factory);
        let failed = made.is_err();
        // The other side is gone only after an error, which it reports.
        if sender.send(made).is_err() || failed {
            return;
        }
    }
}
