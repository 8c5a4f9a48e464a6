//! Apache Parquet through its Arrow reader. Only exact types are taken: text, integers, decimals,
//! dates, timestamps, booleans; a binary floating point column is a number only by the rule that
//! the workspace states.

use super::cell::{Cell, RawRow, Rows};
use super::number::Exact;
use crate::error::input;
use crate::run::RunError;
use chrono::{DateTime, Days, NaiveDate, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Schema,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;
use std::collections::BTreeSet;
use std::sync::Arc;
use tieout_controls::Decimal;

const BATCH_ROWS: usize = 8192;

/// A Parquet file after its schema.
pub(crate) struct ParquetRows<T: ChunkReader + 'static> {
    /// Until the first row is asked for.
    builder: Option<ParquetRecordBatchReaderBuilder<T>>,
    reader: Option<ParquetRecordBatchReader>,
    file: String,
    columns: Vec<String>,
    /// The columns that are asked for, and null for the others.
    batch: Vec<ArrayRef>,
    asked: Option<BTreeSet<usize>>,
    batch_rows: usize,
    row: usize,
}

impl<T: ChunkReader + 'static> ParquetRows<T> {
    /// Reads the footer.
    pub(crate) fn open(file: &str, bytes: T) -> Result<Self, RunError> {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| broken(file, &e))?;
        let columns = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
        Ok(Self {
            builder: Some(builder),
            reader: None,
            file: file.to_owned(),
            columns,
            batch: Vec::new(),
            asked: None,
            batch_rows: 0,
            row: 0,
        })
    }

    fn load(&mut self) -> Result<bool, RunError> {
        if let Some(builder) = self.builder.take() {
            let mask = match &self.asked {
                None => ProjectionMask::all(),
                Some(asked) => {
                    ProjectionMask::roots(builder.parquet_schema(), asked.iter().copied())
                }
            };
            let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
            self.reader = Some(reader.map_err(|e| broken(&self.file, &e))?);
        }
        let Some(batch) = self.reader.as_mut().and_then(Iterator::next) else { return Ok(false) };
        let batch: RecordBatch = batch.map_err(|e| broken(&self.file, &e))?;
        self.batch_rows = batch.num_rows();
        self.row = 0;
        let mut found = batch.columns().iter();
        let asked = |at: usize| self.asked.as_ref().is_none_or(|asked| asked.contains(&at));
        let mut columns = Vec::with_capacity(self.columns.len());
        for at in 0..self.columns.len() {
            columns.push(match if asked(at) { found.next() } else { None } {
                Some(column) => plain(column).map_err(|e| broken(&self.file, &e))?,
                None => new_null_array(&DataType::Null, self.batch_rows),
            });
        }
        self.batch = columns;
        Ok(true)
    }
}

impl<T: ChunkReader + 'static> Rows for ParquetRows<T> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn only(&mut self, positions: &BTreeSet<usize>) {
        self.asked = Some(positions.clone());
    }

    fn next_row(&mut self) -> Result<Option<RawRow>, RunError> {
        while self.row >= self.batch_rows {
            if !self.load()? {
                return Ok(None);
            }
        }
        let cells = self.batch.iter().map(|column| cell(column.as_ref(), self.row)).collect();
        self.row += 1;
        Ok(Some(RawRow { line: None, cells: Ok(cells) }))
    }
}

/// The schema of a file, for what has to be known before its rows are read.
pub(crate) fn schema<T>(file: &str, bytes: T) -> Result<Arc<Schema>, RunError>
where
    T: ChunkReader + 'static,
{
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| broken(file, &e))?;
    Ok(Arc::clone(builder.schema()))
}

fn broken(file: &str, error: &dyn std::fmt::Display) -> RunError {
    let message = format!("`{file}` can't be read as Parquet, it may be cut short: {error}");
    let help = "compare its size and checksum with the source's, and fetch it again";
    input("unreadable-file", message, help.to_owned())
}

/// The array in one of the types that [`cell`] knows.
fn plain(array: &ArrayRef) -> Result<ArrayRef, datafusion::arrow::error::ArrowError> {
    let target = match array.data_type() {
        DataType::Dictionary(_, values) => return plain(&cast(array, values)?),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        integer if integer.is_integer() => DataType::Decimal128(20, 0),
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        _ => return Ok(Arc::clone(array)),
    };
    cast(array, &target)
}

fn cell(array: &dyn Array, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    known(array, row).unwrap_or(Cell::Unfit("column-type", "the column's type can't be read"))
}

fn known(array: &dyn Array, row: usize) -> Option<Cell> {
    Some(match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Utf8 => {
            let text = array.as_string_opt::<i32>()?.value(row).to_owned();
            Cell::Text { text, quoted: true }
        }
        DataType::Boolean => Cell::Bool(array.as_boolean_opt()?.value(row)),
        DataType::Decimal128(_, scale) => {
            let unscaled = array.as_primitive_opt::<Decimal128Type>()?.value(row);
            small(unscaled, *scale)?
        }
        DataType::Decimal256(_, scale) => {
            let bytes = array.as_primitive_opt::<Decimal256Type>()?.value(row).to_be_bytes();
            let decimal = Decimal::from_be_bytes(&bytes, u32::try_from(*scale).ok()?);
            Exact::of(&decimal).map_or(TOO_MANY_DIGITS, Cell::Number)
        }
        DataType::Float64 => {
            Cell::Lexeme(array.as_primitive_opt::<Float64Type>()?.value(row).to_string())
        }
        DataType::Float32 => {
            Cell::Lexeme(array.as_primitive_opt::<Float32Type>()?.value(row).to_string())
        }
        DataType::Date32 => Cell::Date(day(array.as_primitive_opt::<Date32Type>()?.value(row))?),
        DataType::Timestamp(unit, zone) => match instant(array, *unit, row)? {
            Ok(instant) if zone.is_some() => Cell::Instant(instant),
            Ok(instant) => Cell::Naive(instant.naive_utc()),
            Err(unfit) => unfit,
        },
        _ => Cell::Lexeme(json(array, row)?.to_string()),
    })
}

const TOO_MANY_DIGITS: Cell = Cell::Unfit("too-many-digits", "more than 38 digits");

fn small(unscaled: i128, scale: i8) -> Option<Cell> {
    match u32::try_from(scale) {
        Ok(scale) => Some(Cell::Number(Exact::scaled(unscaled, scale))),
        Err(_) => {
            let factor = 10_i128.checked_pow(scale.unsigned_abs().into())?;
            let whole = unscaled.checked_mul(factor);
            Some(whole.map_or(TOO_MANY_DIGITS, |whole| Cell::Number(Exact::scaled(whole, 0))))
        }
    }
}

fn day(days: i32) -> Option<NaiveDate> {
    let epoch = DateTime::<Utc>::UNIX_EPOCH.date_naive();
    let distance = Days::new(days.unsigned_abs().into());
    if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
}

fn instant(array: &dyn Array, unit: TimeUnit, row: usize) -> Option<Result<DateTime<Utc>, Cell>> {
    let instant = match unit {
        TimeUnit::Second => {
            DateTime::from_timestamp(array.as_primitive_opt::<TimestampSecondType>()?.value(row), 0)
        }
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(
            array.as_primitive_opt::<TimestampMillisecondType>()?.value(row),
        ),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(
            array.as_primitive_opt::<TimestampMicrosecondType>()?.value(row),
        ),
        TimeUnit::Nanosecond => {
            let nanos = array.as_primitive_opt::<TimestampNanosecondType>()?.value(row);
            if nanos % 1000 != 0 {
                let finer = Cell::Unfit("finer-than-microseconds", "finer than microseconds");
                return Some(Err(finer));
            }
            DateTime::from_timestamp_micros(nanos / 1000)
        }
    };
    instant.map(Ok)
}

/// A nested value as JSON: lists, structs and maps of text, booleans, exact numbers. Tags of cost
/// exports are such.
fn json(array: &dyn Array, row: usize) -> Option<serde_json::Value> {
    use serde_json::Value;
    if array.is_null(row) {
        return Some(Value::Null);
    }
    match array.data_type() {
        DataType::List(_) => list(array.as_list_opt::<i32>()?.value(row).as_ref()),
        DataType::LargeList(_) => list(array.as_list_opt::<i64>()?.value(row).as_ref()),
        DataType::Struct(fields) => {
            let columns = array.as_struct_opt()?.columns();
            let members = fields
                .iter()
                .zip(columns)
                .map(|(field, column)| Some((field.name().clone(), json(column.as_ref(), row)?)));
            members.collect::<Option<_>>().map(Value::Object)
        }
        DataType::Map(..) => {
            let entries = array.as_map_opt()?.value(row);
            let (keys, values) =
                (plain(entries.columns().first()?).ok()?, entries.columns().get(1)?);
            let keys = keys.as_string_opt::<i32>()?;
            let members = (0..entries.len())
                .map(|at| Some((keys.value(at).to_owned(), json(values.as_ref(), at)?)));
            let sorted: std::collections::BTreeMap<_, _> = members.collect::<Option<_>>()?;
            Some(Value::Object(sorted.into_iter().collect()))
        }
        DataType::Boolean => Some(Value::Bool(array.as_boolean_opt()?.value(row))),
        _ => {
            let one = plain(&array.slice(row, 1)).ok()?;
            match known_scalar(one.as_ref())? {
                Cell::Text { text, .. } => Some(Value::String(text)),
                Cell::Number(exact) => Some(Value::String(exact.decimal().to_string())),
                _ => None,
            }
        }
    }
}

fn known_scalar(array: &dyn Array) -> Option<Cell> {
    let scalar = matches!(
        array.data_type(),
        DataType::Utf8 | DataType::Decimal128(..) | DataType::Decimal256(..)
    );
    if scalar { known(array, 0) } else { None }
}

fn list(items: &dyn Array) -> Option<serde_json::Value> {
    (0..items.len()).map(|at| json(items, at)).collect::<Option<_>>().map(serde_json::Value::Array)
}
