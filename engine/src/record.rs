//! Naming records, and telling their fields.

use crate::binding::Bound;
use crate::dataset::{CLASS, FILE, Loaded, PERSONAL, ROW};
use crate::run::RunError;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::Field as ArrowField;
use std::collections::BTreeSet;
use tieout_controls::control::Exposure;
use tieout_controls::record::{Field, FieldClass, RecordRef};
use tieout_controls::{Control, Count, Money, Value};

/// The value in a row of an array; numbers without trailing zeros behind the point, so that a
/// column's scale doesn't show.
pub(crate) fn value(array: &dyn Array, row: usize) -> Result<Value, RunError> {
    match tieout_policies::column::value_at(array, row) {
        Ok(Value::Number(number)) => Ok(Value::Number(number.normalized())),
        Ok(value) => Ok(value),
        Err(kind) => Err(RunError::Internal(format!("a value of type {kind}"))),
    }
}

/// Which columns are personal: by the profiles of the datasets read, by the control.
pub(crate) struct Classes {
    personal: BTreeSet<String>,
}

impl Classes {
    /// The classes of a control's columns.
    /// `derived` are those that the query makes of personal columns under other names.
    pub(crate) fn new(control: &Control, bound: &Bound<'_>, derived: &BTreeSet<String>) -> Self {
        let mut personal = derived.clone();
        personal.extend(control.population.personal.iter().cloned());
        for loaded in bound.datasets() {
            let columns = loaded.profile.columns.iter();
            let columns = columns.filter(|column| column.class == FieldClass::Personal);
            personal.extend(columns.map(|column| column.name.to_owned()));
        }
        Self { personal }
    }

    /// Whether a column of a population is personal.
    pub(crate) fn is_personal(&self, field: &ArrowField) -> bool {
        field.metadata().get(CLASS).is_some_and(|class| class == PERSONAL)
            || self.personal.contains(field.name())
    }

    /// The fields of those columns of a row that the batch has.
    pub(crate) fn fields<'a>(
        &self,
        batch: &RecordBatch,
        row: usize,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Field>, RunError> {
        let mut fields = Vec::new();
        for name in columns {
            let Some((at, field)) = batch.schema_ref().column_with_name(name) else { continue };
            let class =
                if self.is_personal(field) { FieldClass::Personal } else { FieldClass::Clear };
            let value = value(batch.column(at).as_ref(), row)?;
            fields.push(Field { name: name.to_owned(), value, class });
        }
        Ok(fields)
    }

    /// The name of a row of a dataset.
    pub(crate) fn row(
        &self,
        loaded: &Loaded,
        batch: usize,
        row: usize,
    ) -> Result<RecordRef, RunError> {
        let batch = loaded.batches.get(batch);
        let batch = batch.ok_or_else(|| RunError::Internal("a row without a batch".to_owned()))?;
        Ok(RecordRef {
            dataset: loaded.summary.name.clone(),
            file: Some(number(batch, FILE, row)?),
            row: Some(number(batch, ROW, row)?),
            key: self.fields(batch, row, loaded.profile.key.iter().copied())?,
        })
    }
}

/// A row's number in `_file` or `_row`.
pub(crate) fn number(batch: &RecordBatch, column: &str, row: usize) -> Result<Count, RunError> {
    let found = batch.column_by_name(column).map(|array| value(array.as_ref(), row)).transpose()?;
    let number = match found {
        Some(Value::Number(number)) => number.to_scaled(0).ok(),
        _ => None,
    };
    let number = number.and_then(|number| u64::try_from(number).ok());
    number.map(Count).ok_or_else(|| RunError::Internal(format!("a record without `{column}`")))
}

/// The money at stake in a row, where the columns are there and the amount isn't null.
pub(crate) fn exposure(
    exposure: Option<&Exposure>,
    batch: &RecordBatch,
    row: usize,
) -> Result<Option<Money>, RunError> {
    let Some(exposure) = exposure else { return Ok(None) };
    let Some(amount) = batch.column_by_name(&exposure.amount) else { return Ok(None) };
    let Value::Number(amount) = value(amount.as_ref(), row)? else { return Ok(None) };
    let currency = match batch.column_by_name(&exposure.currency) {
        Some(currency) => value(currency.as_ref(), row)?.to_text().unwrap_or_default(),
        None => String::new(),
    };
    Ok(Some(Money { amount, currency }))
}
