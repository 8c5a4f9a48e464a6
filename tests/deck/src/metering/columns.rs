//! The columns of usage and charges, and how rows fill them.

use super::group::{cut_off, run_id};
use super::meter::{Kind, Method};
use super::pricing::{QUANTITY_SCALE, days};
use super::summary::batch_kind;
use super::unit::{Unit, quantity, source};
use crate::calendar::Instant;
use crate::money::Dec;
use crate::rng::at;
use arrow_array::ArrayRef;
use arrow_array::builder::{
    Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::errors::ParquetError;
use std::sync::Arc;

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Number,
    Whole,
    Instant,
}

use Type::{Number, Text, Whole};

/// Name, type, whether it may be null.
pub(crate) type Column = (&'static str, Type, bool);

pub(crate) const USAGE: &[Column] = &[
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

pub(crate) const CHARGE: &[Column] = &[
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

pub(crate) fn schema(columns: &[Column]) -> SchemaRef {
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
pub(crate) struct Rows {
    builders: Vec<Builder>,
    at: usize,
}

impl Rows {
    pub(crate) fn new(columns: &[Column]) -> Self {
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

    pub(crate) fn finish(self) -> Result<Vec<ArrayRef>, ParquetError> {
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

/// Adds a resource's month to the usage.
pub(crate) fn push_usage(rows: &mut Rows, unit: &Unit<'_>) {
    let resource = unit.metered_as();
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
        rows.text(unit.metered_in());
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

/// Adds its charges to the charges.
pub(crate) fn push_charges(rows: &mut Rows, unit: &Unit<'_>) {
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
