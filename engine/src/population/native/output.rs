//! The records of a native population as they are written, row by row.

use crate::dataset::{CURRENCY, FILE, ROW};
use crate::error::input;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Decimal128Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// The digits behind the point of amounts and quantities.
pub(crate) const AMOUNT_SCALE: u32 = 10;
/// The digits behind the point of shares.
pub(crate) const SHARE_SCALE: u32 = 18;

const BATCH_ROWS: usize = 8192;

/// The type of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Whole,
    Flag,
    Instant,
    /// Decimal128(38, 10).
    Quantity,
    /// The same, in the currency that this column states.
    Amount(&'static str),
    /// Decimal128(38, 18).
    Share,
}

/// A column: name, type, whether it may be null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column(pub(crate) &'static str, pub(crate) Kind, pub(crate) bool);

/// The columns that name a row of the base; they come first.
pub(crate) const PLACE: [Column; 2] =
    [Column(FILE, Kind::Whole, false), Column(ROW, Kind::Whole, false)];

/// A cell, in the type of its column.
pub(crate) enum Cell<'a> {
    Text(Option<&'a str>),
    Whole(Option<i64>),
    Flag(Option<bool>),
    /// Microseconds since 1970 UTC.
    Instant(Option<i64>),
    Number(Option<&'a Exact>),
}

/// The Arrow schema of these columns.
pub(crate) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |Column(name, kind, nullable): &Column| {
        let kind_of = match kind {
            Kind::Text => DataType::Utf8,
            Kind::Whole => DataType::Int64,
            Kind::Flag => DataType::Boolean,
            Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Quantity | Kind::Amount(_) => DataType::Decimal128(38, 10),
            Kind::Share => DataType::Decimal128(38, 18),
        };
        let metadata = match kind {
            Kind::Amount(currency) => [(CURRENCY.to_owned(), (*currency).to_owned())].into(),
            _ => Default::default(),
        };
        Field::new(*name, kind_of, *nullable).with_metadata(metadata)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

enum Builder {
    Text(StringBuilder),
    Whole(Int64Builder),
    Flag(BooleanBuilder),
    Instant(TimestampMicrosecondBuilder),
    Number(Decimal128Builder, u32),
}

/// Records in batches.
pub(crate) struct Output {
    columns: &'static [Column],
    builders: Vec<Builder>,
    rows: usize,
    done: Vec<RecordBatch>,
}

impl Output {
    /// Nothing yet.
    pub(crate) fn new(columns: &'static [Column]) -> Self {
        Self { columns, builders: builders(columns), rows: 0, done: Vec::new() }
    }

    /// Adds a record: a cell for each column, in their order.
    ///
    /// # Errors
    /// For a number that doesn't fit its column, and for cells that aren't the columns'.
    pub(crate) fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), RunError> {
        let foreign = || RunError::Internal("a record of other columns".to_owned());
        if cells.len() != self.builders.len() {
            return Err(foreign());
        }
        for ((builder, cell), Column(name, ..)) in
            self.builders.iter_mut().zip(cells).zip(self.columns)
        {
            match (builder, cell) {
                (Builder::Text(b), Cell::Text(text)) => b.append_option(*text),
                (Builder::Whole(b), Cell::Whole(number)) => b.append_option(*number),
                (Builder::Flag(b), Cell::Flag(flag)) => b.append_option(*flag),
                (Builder::Instant(b), Cell::Instant(at)) => b.append_option(*at),
                (Builder::Number(b, scale), Cell::Number(number)) => {
                    b.append_option(number.map(|n| scaled(n, *scale, name)).transpose()?);
                }
                _ => return Err(foreign()),
            }
        }
        self.rows += 1;
        if self.rows < BATCH_ROWS { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), RunError> {
        let failed = |e: datafusion::arrow::error::ArrowError| RunError::Internal(e.to_string());
        let builders = std::mem::replace(&mut self.builders, builders(self.columns));
        let array = |builder| -> Result<ArrayRef, datafusion::arrow::error::ArrowError> {
            Ok(match builder {
                Builder::Text(mut b) => Arc::new(b.finish()),
                Builder::Whole(mut b) => Arc::new(b.finish()),
                Builder::Flag(mut b) => Arc::new(b.finish()),
                Builder::Instant(mut b) => Arc::new(b.finish().with_timezone("UTC")),
                Builder::Number(mut b, scale) => {
                    let scale = i8::try_from(scale).unwrap_or(0);
                    Arc::new(b.finish().with_precision_and_scale(38, scale)?)
                }
            })
        };
        let arrays = builders.into_iter().map(array).collect::<Result<Vec<_>, _>>();
        let batch = RecordBatch::try_new(schema(self.columns), arrays.map_err(failed)?);
        self.done.push(batch.map_err(failed)?);
        self.rows = 0;
        Ok(())
    }

    /// The batches that are whole, which it then forgets.
    pub(crate) fn taken(&mut self) -> Vec<RecordBatch> {
        std::mem::take(&mut self.done)
    }

    /// The batches.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn finish(mut self) -> Result<Vec<RecordBatch>, RunError> {
        if self.rows > 0 {
            self.flush()?;
        }
        Ok(self.done)
    }
}

fn builders(columns: &[Column]) -> Vec<Builder> {
    let builder = |Column(_, kind, _): &Column| match kind {
        Kind::Text => Builder::Text(StringBuilder::new()),
        Kind::Whole => Builder::Whole(Int64Builder::new()),
        Kind::Flag => Builder::Flag(BooleanBuilder::new()),
        Kind::Instant => Builder::Instant(TimestampMicrosecondBuilder::new()),
        Kind::Quantity | Kind::Amount(_) => Builder::Number(Decimal128Builder::new(), AMOUNT_SCALE),
        Kind::Share => Builder::Number(Decimal128Builder::new(), SHARE_SCALE),
    };
    columns.iter().map(builder).collect()
}

/// Whether a column with so many digits behind the point, 38 in all, can hold the number.
pub(crate) fn fits(number: &Exact, scale: u32) -> bool {
    units(number, scale).is_some()
}

fn units(number: &Exact, scale: u32) -> Option<i128> {
    let units = number.to_decimal()?.to_scaled(scale).ok()?;
    (units.unsigned_abs() < 10_u128.pow(38)).then_some(units)
}

fn scaled(number: &Exact, scale: u32, column: &str) -> Result<i128, RunError> {
    units(number, scale).ok_or_else(|| {
        let message = format!(
            "a record's `{column}` has more than 38 digits, {scale} of them behind the point"
        );
        let help =
            "round it in the source; `widen` doesn't help where the engine computes".to_owned();
        input("population-number", message, help)
    })
}
