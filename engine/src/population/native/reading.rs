//! The columns of a dataset as they are read, typed.

use crate::dataset::{FILE, Loaded, ROW};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Int64Type, TimestampMicrosecondType,
};
use tieout_controls::Decimal;

/// A batch of a dataset.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    batch: &'a RecordBatch,
}

/// The batches of a dataset.
pub(crate) fn batches(loaded: &Loaded) -> impl Iterator<Item = Reading<'_>> {
    loaded.batches.iter().map(|batch| Reading { batch })
}

impl<'a> Reading<'a> {
    /// A batch by itself.
    pub(crate) fn of(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    /// How many rows it has.
    pub(crate) fn rows(self) -> usize {
        self.batch.num_rows()
    }

    fn column<T: ?Sized>(
        self,
        name: &str,
        typed: impl FnOnce(&'a dyn Array) -> Option<&'a T>,
    ) -> Result<&'a T, RunError> {
        let column = self.batch.column_by_name(name).and_then(|array| typed(array.as_ref()));
        column.ok_or_else(|| RunError::Internal(format!("no column `{name}` of the type wanted")))
    }

    /// A column of texts.
    pub(crate) fn text(self, name: &str) -> Result<&'a StringArray, RunError> {
        self.column(name, |array| array.as_string_opt::<i32>())
    }

    /// A column of whole numbers.
    pub(crate) fn whole(self, name: &str) -> Result<&'a Int64Array, RunError> {
        self.column(name, |array| array.as_primitive_opt::<Int64Type>())
    }

    /// A column of truth values.
    pub(crate) fn flag(self, name: &str) -> Result<&'a BooleanArray, RunError> {
        self.column(name, |array| array.as_boolean_opt())
    }

    /// A column of instants, in microseconds since 1970 UTC.
    pub(crate) fn instant(self, name: &str) -> Result<&'a TimestampMicrosecondArray, RunError> {
        self.column(name, |array| array.as_primitive_opt::<TimestampMicrosecondType>())
    }

    /// A column of days, counted from 1970-01-01.
    pub(crate) fn date(self, name: &str) -> Result<&'a Date32Array, RunError> {
        self.column(name, |array| array.as_primitive_opt::<Date32Type>())
    }

    /// A column of decimals.
    pub(crate) fn number(self, name: &str) -> Result<Numbers<'a>, RunError> {
        let array = self.column(name, Some)?;
        match array.data_type() {
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
                Ok(Numbers { array, scale: u32::try_from(*scale).unwrap_or(0) })
            }
            _ => Err(RunError::Internal(format!("`{name}` is not a column of decimals"))),
        }
    }

    /// Where the rows stand: file and row.
    pub(crate) fn place(self) -> Result<(&'a Int64Array, &'a Int64Array), RunError> {
        Ok((self.whole(FILE)?, self.whole(ROW)?))
    }
}

/// A column of decimals, 128 or 256 bits wide.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a> {
    array: &'a dyn Array,
    scale: u32,
}

impl Numbers<'_> {
    /// Whether there is none in a row.
    pub(crate) fn is_null(self, row: usize) -> bool {
        self.array.is_null(row)
    }

    /// The number in a row; none for null.
    pub(crate) fn exact(self, row: usize) -> Option<Exact> {
        if self.array.is_null(row) {
            return None;
        }
        if let Some(narrow) = self.array.as_primitive_opt::<Decimal128Type>() {
            return Some(Exact::from_scaled(narrow.value(row), self.scale));
        }
        let wide = self.array.as_primitive_opt::<Decimal256Type>()?;
        let decimal = Decimal::from_be_bytes(&wide.value(row).to_be_bytes(), self.scale);
        Exact::try_from(&decimal).ok()
    }

    /// The number as a multiple of `10^-scale`; none for null and for what doesn't fit.
    pub(crate) fn scaled(self, row: usize, scale: u32) -> Option<i128> {
        if let Some(narrow) = self.array.as_primitive_opt::<Decimal128Type>()
            && self.scale == scale
        {
            return narrow.is_valid(row).then(|| narrow.value(row));
        }
        self.exact(row)?.to_decimal()?.to_scaled(scale).ok()
    }
}

/// The text in a row; none for null.
pub(crate) fn text(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}
