//! Rows of typed values become Arrow record batches.

use super::columns::{Layout, arrow_type};
use super::number::Exact;
use super::typing::Typed;
use crate::run::RunError;
use chrono::{DateTime, Utc};
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder, Int64Builder,
    RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, SchemaRef, i256};
use std::sync::Arc;
use tieout_controls::ColumnType;

/// Rows of a batch: what one decision of a policy, one check for Ctrl-C covers.
pub(crate) const BATCH_ROWS: usize = 8192;

/// Collects rows into batches of [`BATCH_ROWS`].
pub(crate) struct Batches {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    files: Int64Builder,
    rows: Int64Builder,
    pending: usize,
}

impl Batches {
    /// Batches of that layout.
    pub(crate) fn new(layout: &Layout) -> Result<Self, RunError> {
        let columns = layout.targets.iter().map(|t| ColumnBuilder::new(t.kind));
        Ok(Self {
            schema: layout.schema(),
            columns: columns.collect::<Result<_, _>>()?,
            files: Int64Builder::new(),
            rows: Int64Builder::new(),
            pending: 0,
        })
    }

    /// Adds a row, a value for each target, and gives the batch that it fills.
    pub(crate) fn push(
        &mut self,
        values: &[Typed],
        file: usize,
        row: u64,
    ) -> Result<Option<RecordBatch>, RunError> {
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.append(value)?;
        }
        let number = |n: Option<i64>| n.ok_or_else(|| internal("a row number past 64 bits"));
        self.files.append_value(number(i64::try_from(file).ok())?);
        self.rows.append_value(number(i64::try_from(row).ok())?);
        self.pending += 1;
        if self.pending == BATCH_ROWS { self.rest() } else { Ok(None) }
    }

    /// The rows that fill no batch yet.
    pub(crate) fn rest(&mut self) -> Result<Option<RecordBatch>, RunError> {
        if self.pending == 0 {
            return Ok(None);
        }
        let mut arrays: Vec<ArrayRef> =
            self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        arrays.push(Arc::new(self.files.finish()));
        arrays.push(Arc::new(self.rows.finish()));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        self.pending = 0;
        Ok(Some(batch.map_err(|e| internal(&e.to_string()))?))
    }
}

enum ColumnBuilder {
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u32),
    Wide(Decimal256Builder, u32),
    Date(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
}

impl ColumnBuilder {
    fn new(kind: ColumnType) -> Result<Self, RunError> {
        let data_type = arrow_type(kind);
        let decimal = |e: datafusion::arrow::error::ArrowError| internal(&e.to_string());
        Ok(match (kind, &data_type) {
            (ColumnType::String, _) => Self::Text(StringBuilder::new()),
            (ColumnType::Bool, _) => Self::Bool(BooleanBuilder::new()),
            (ColumnType::Integer, _) => Self::Integer(Int64Builder::new()),
            (ColumnType::Date, _) => Self::Date(Date32Builder::new()),
            (ColumnType::Timestamp, _) => {
                Self::Instant(TimestampMicrosecondBuilder::new().with_data_type(data_type))
            }
            (ColumnType::Decimal { scale, .. }, DataType::Decimal128(p, s)) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(*p, *s);
                Self::Decimal(builder.map_err(decimal)?, scale.into())
            }
            (ColumnType::Decimal { scale, .. }, DataType::Decimal256(p, s)) => {
                let builder = Decimal256Builder::new().with_precision_and_scale(*p, *s);
                Self::Wide(builder.map_err(decimal)?, scale.into())
            }
            _ => return Err(internal("a profile has a column of a type that files don't have")),
        })
    }

    fn append(&mut self, value: &Typed) -> Result<(), RunError> {
        match (self, value) {
            (Self::Text(b), Typed::Text(text)) => b.append_value(text),
            (Self::Text(b), Typed::Null) => b.append_null(),
            (Self::Bool(b), Typed::Bool(flag)) => b.append_value(*flag),
            (Self::Bool(b), Typed::Null) => b.append_null(),
            (Self::Integer(b), Typed::Integer(number)) => b.append_value(*number),
            (Self::Integer(b), Typed::Null) => b.append_null(),
            (Self::Decimal(b, scale), Typed::Number(exact)) => {
                b.append_value(exact.at_scale(*scale).map_err(|e| internal(&e.to_string()))?);
            }
            (Self::Decimal(b, _), Typed::Null) => b.append_null(),
            (Self::Wide(b, scale), Typed::Number(exact)) => b.append_value(wide(*exact, *scale)?),
            (Self::Wide(b, _), Typed::Null) => b.append_null(),
            (Self::Date(b), Typed::Date(date)) => {
                let epoch = DateTime::<Utc>::UNIX_EPOCH.date_naive();
                let days = i32::try_from(date.signed_duration_since(epoch).num_days());
                b.append_value(days.map_err(|e| internal(&e.to_string()))?);
            }
            (Self::Date(b), Typed::Null) => b.append_null(),
            (Self::Instant(b), Typed::Instant(instant)) => {
                b.append_value(instant.timestamp_micros());
            }
            (Self::Instant(b), Typed::Null) => b.append_null(),
            _ => return Err(internal("a value of another type than its column")),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(b) => Arc::new(b.finish()),
            Self::Bool(b) => Arc::new(b.finish()),
            Self::Integer(b) => Arc::new(b.finish()),
            Self::Decimal(b, _) => Arc::new(b.finish()),
            Self::Wide(b, _) => Arc::new(b.finish()),
            Self::Date(b) => Arc::new(b.finish()),
            Self::Instant(b) => Arc::new(b.finish()),
        }
    }
}

fn wide(exact: Exact, scale: u32) -> Result<i256, RunError> {
    let bytes = exact.decimal().to_scaled_be_bytes(scale);
    Ok(i256::from_be_bytes(bytes.map_err(|e| internal(&e.to_string()))?))
}

fn internal(what: &str) -> RunError {
    RunError::Internal(what.to_owned())
}
