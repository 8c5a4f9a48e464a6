//! The files of usage and charges: row groups made and encoded by several threads, each a function of
//! the seed and its number, and written in order. Memory holds two row groups a thread.

use super::fault::Class;
use super::group::{cut_off, run_id};
use super::meter::{Kind, Method};
use super::pricing::{QUANTITY_SCALE, days};
use super::summary::{Summary, batch_kind};
use super::unit::{Unit, quantity, source, unit};
use super::{Plan, World};
use crate::calendar::Instant;
use crate::money::Dec;
use crate::rng::at;
use arrow_array::builder::{
    Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
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

enum Type {
    Text,
    Number,
    Whole,
    Instant,
}

use Type::{Number, Text, Whole};

/// Name, type, whether it may be null.
type Column = (&'static str, Type, bool);

const USAGE: &[Column] = &[
    ("usage_id", Text, false),
    ("meter_id", Text, false),
    ("resource_id", Text, false),
    ("interval_start", Type::Instant, false),
    ("interval_end", Type::Instant, false),
    ("tz_offset_min", Whole, false),
    ("quantity", Number, false),
    ("unit", Text, false),
    ("source_system", Text, false),
    ("source_priority", Whole, false),
    ("ingest_time", Type::Instant, false),
    ("quality", Text, false),
    ("estimate_method", Text, true),
    ("estimate_of", Text, true),
    ("replaces", Text, true),
    ("sequence_no", Whole, true),
    ("batch_id", Text, true),
    ("payload_hash", Text, true),
];

const CHARGE: &[Column] = &[
    ("charge_id", Text, false),
    ("reason", Text, false),
    ("corrects", Text, true),
    ("resource_id", Text, false),
    ("service_id", Text, false),
    ("cost_centre", Text, false),
    ("period_start", Type::Instant, false),
    ("period_end", Type::Instant, false),
    ("quantity", Number, false),
    ("unit", Text, false),
    ("price_version", Text, false),
    ("free_units", Number, false),
    ("list_amount", Number, false),
    ("minimum", Number, true),
    ("discount", Number, false),
    ("proration_numerator", Whole, false),
    ("proration_denominator", Whole, false),
    ("amount", Number, false),
    ("currency", Text, false),
    ("billing_run", Text, false),
    ("known_at", Type::Instant, false),
    ("invoice_no", Text, true),
    ("invoice_line", Whole, true),
];

fn schema(columns: &[Column]) -> SchemaRef {
    let field = |(name, kind, nullable): &Column| {
        let kind = match kind {
            Text => DataType::Utf8,
            Number => DataType::Decimal128(38, 10),
            Whole => DataType::Int64,
            Type::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(*name, kind, *nullable)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

enum Builder {
    Text(StringBuilder),
    Number(Decimal128Builder),
    Whole(Int64Builder),
    Instant(TimestampMicrosecondBuilder),
}

/// A row group as it grows. Fields are given in the order of the columns.
struct Rows {
    builders: Vec<Builder>,
    at: usize,
}

impl Rows {
    fn new(columns: &[Column]) -> Self {
        let builder = |(_, kind, _): &Column| match kind {
            Text => Builder::Text(StringBuilder::new()),
            Number => Builder::Number(Decimal128Builder::new()),
            Whole => Builder::Whole(Int64Builder::new()),
            Type::Instant => Builder::Instant(TimestampMicrosecondBuilder::new()),
        };
        Self { builders: columns.iter().map(builder).collect(), at: 0 }
    }

    fn next(&mut self) -> Option<&mut Builder> {
        let at = self.at;
        self.at = (at + 1) % self.builders.len();
        self.builders.get_mut(at)
    }

    fn text(&mut self, value: &str) {
        self.maybe_text(Some(value));
    }

    fn maybe_text(&mut self, value: Option<&str>) {
        if let Some(Builder::Text(builder)) = self.next() {
            builder.append_option(value);
        }
    }

    fn number(&mut self, value: Option<Dec>) {
        if let Some(Builder::Number(builder)) = self.next() {
            builder.append_option(value.map(|v| v.units_at(10)));
        }
    }

    fn whole(&mut self, value: Option<i64>) {
        if let Some(Builder::Whole(builder)) = self.next() {
            builder.append_option(value);
        }
    }

    fn instant(&mut self, value: Instant) {
        if let Some(Builder::Instant(builder)) = self.next() {
            builder.append_value(value.micros());
        }
    }

    fn finish(self) -> Result<Vec<ArrayRef>, ParquetError> {
        let array = |builder: Builder| -> Result<ArrayRef, ParquetError> {
            Ok(match builder {
                Builder::Text(mut b) => Arc::new(b.finish()),
                Builder::Number(mut b) => Arc::new(b.finish().with_precision_and_scale(38, 10)?),
                Builder::Whole(mut b) => Arc::new(b.finish()),
                Builder::Instant(mut b) => Arc::new(b.finish().with_timezone("UTC")),
            })
        };
        self.builders.into_iter().map(array).collect()
    }
}

fn push_usage(rows: &mut Rows, unit: &Unit<'_>) {
    let resource = unit.resource.id();
    for row in &unit.usage {
        let slot = at(&unit.slots, row.place);
        let (quality, method) = match row.kind {
            Kind::Measured => ("measured", None),
            Kind::Corrected => ("corrected", None),
            Kind::Estimated(gap) if gap.method == Method::Linear => ("estimated", Some("linear")),
            Kind::Estimated(_) => ("estimated", Some("same-weekday-mean")),
        };
        rows.text(&unit.usage_id(row));
        rows.text(&unit.meter_id(row.agent));
        rows.text(&resource);
        rows.instant(slot.start);
        rows.instant(slot.end);
        rows.whole(Some(slot.offset));
        rows.number(Some(Dec::new(row.quantity, QUANTITY_SCALE)));
        rows.text(unit.service.unit());
        rows.text(source(row.agent));
        rows.whole(Some(if row.agent { 1 } else { 2 }));
        rows.instant(row.ingest);
        rows.text(quality);
        rows.maybe_text(method);
        rows.maybe_text(unit.estimated_from(row).as_deref());
        rows.maybe_text(unit.replaced(row).as_deref());
        // The meter's own count: a missing interval leaves a gap in it.
        let place = i64::try_from(row.place + 1).unwrap_or(0);
        let measured = row.kind == Kind::Measured;
        rows.whole(measured.then_some(unit.month * 10_000 + place));
        rows.text(&batch_id(row.agent, batch_kind(row.kind, row.late), unit.month));
        rows.maybe_text(None);
    }
}

/// The id of a batch of usage.
pub(crate) fn batch_id(agent: bool, kind: &str, month: i64) -> String {
    format!("B-{}-{}-{kind}", super::group::period(month), source(agent))
}

fn push_charges(rows: &mut Rows, unit: &Unit<'_>) {
    let plan = &unit.service.plan;
    for charge in &unit.charges {
        let (numerator, denominator) = days(plan, unit.window.days);
        let invoice = unit.invoice(charge.run);
        rows.text(&unit.charge_id(charge.suffix));
        rows.text(charge.reason);
        let corrects = (charge.reason != "original").then(|| unit.charge_id(""));
        rows.maybe_text(corrects.as_deref());
        rows.text(&unit.resource.id());
        rows.text(&unit.service.id());
        rows.text(&unit.centre_id());
        rows.instant(unit.start());
        rows.instant(unit.end());
        rows.number(Some(quantity(charge.quantity)));
        rows.text(unit.service.unit());
        rows.text(&unit.version.label);
        rows.number(Some(quantity(plan.free)));
        rows.number(Some(charge.rated.list));
        rows.number(plan.minimum);
        rows.number(Some(charge.rated.discount));
        rows.whole(Some(numerator));
        rows.whole(Some(denominator));
        rows.number(Some(charge.rated.amount));
        rows.text(unit.service.currency());
        rows.text(&run_id(charge.run));
        rows.instant(cut_off(charge.run));
        rows.maybe_text(invoice.as_ref().map(|(number, _)| number.as_str()));
        rows.whole(invoice.as_ref().map(|(_, line)| *line));
    }
}

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
    for (name, ..) in columns.iter().filter(|(_, kind, _)| matches!(kind, Text | Number)) {
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
