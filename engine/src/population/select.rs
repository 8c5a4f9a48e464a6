//! The selecting condition, evaluated over every row of the base dataset.

use super::Counts;
use super::session::session;
use super::sql::query_error;
use crate::dataset::{FILE, Loaded, ROW};
use crate::error::input;
use crate::progress::Progress;
use crate::run::RunError;
use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_plan::PhysicalExpr;
use std::sync::Arc;
use tieout_controls::Control;

/// A checked condition.
pub(crate) struct Condition {
    /// As a part of a query.
    pub(super) expr: Expr,
    physical: Arc<dyn PhysicalExpr>,
    /// The columns it reads, in the dataset's order.
    pub(crate) columns: Vec<String>,
}

impl Condition {
    /// Checks a condition against the base dataset.
    pub(super) fn new(control: &Control, text: &str, base: &Loaded) -> Result<Self, RunError> {
        let wrong = |e: &datafusion::error::DataFusionError| {
            query_error(control, "selecting condition", text, e)
        };
        let schema = DFSchema::try_from(Arc::clone(&base.schema)).map_err(|e| wrong(&e))?;
        let context = session();
        let expr = context.parse_sql_expr(text, &schema).map_err(|e| wrong(&e))?;
        super::sql::check_expr(control, text, &expr, &schema)?;
        if expr.get_type(&schema).map_err(|e| wrong(&e))? != DataType::Boolean {
            let message =
                format!("control `{}`: the selecting condition is not true or false", control.id);
            return Err(input("population-condition", message, None));
        }
        let physical =
            context.create_physical_expr(expr.clone(), &schema).map_err(|e| wrong(&e))?;
        let read = expr.column_refs();
        let read = |name: &str| read.iter().any(|column| column.name == name);
        let fields = base.schema.fields().iter().map(|field| field.name());
        let columns = fields.filter(|name| read(name)).cloned().collect();
        Ok(Self { expr, physical, columns })
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, RunError> {
        let wrong = |e: datafusion::error::DataFusionError| {
            RunError::Outside(format!("the selecting condition failed: {}", e.strip_backtrace()))
        };
        let value = self.physical.evaluate(batch).map_err(wrong)?;
        let array = value.into_array(batch.num_rows()).map_err(wrong)?;
        array
            .as_boolean_opt()
            .cloned()
            .ok_or_else(|| RunError::Internal("a condition that is not boolean".to_owned()))
    }
}

/// The rows of a base dataset that were selected, by file and row.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// File, row, batch, row in the batch; in the order of the first two.
    places: Vec<(i64, i64, usize, usize)>,
}

impl Rows {
    /// Where a row stands in the base dataset: batch, and row in it.
    pub(crate) fn place(&self, file: i64, row: i64) -> Option<(usize, usize)> {
        let at = self.places.binary_search_by_key(&(file, row), |(f, r, ..)| (*f, *r)).ok()?;
        self.places.get(at).map(|(_, _, batch, row)| (*batch, *row))
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

/// A row for which the condition is null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unknown {
    pub(crate) batch: usize,
    pub(crate) row: usize,
}

/// The base split by its condition.
pub(super) struct Selection {
    pub(super) rows: Rows,
    pub(super) unknown: Vec<Unknown>,
    pub(super) counts: Counts,
}

/// Evaluates the condition over every row.
pub(super) fn select(
    base: &Loaded,
    condition: Option<&Condition>,
    progress: &dyn Progress,
) -> Result<Selection, RunError> {
    let mut selection =
        Selection { rows: Rows::default(), unknown: Vec::new(), counts: Counts::default() };
    for (number, batch) in base.batches.iter().enumerate() {
        if progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        let (files, rows) = (numbers(batch, FILE)?, numbers(batch, ROW)?);
        let verdicts = match condition {
            Some(condition) => Some(condition.evaluate(batch)?),
            None => None,
        };
        for (at, (file, row)) in files.iter().zip(rows).enumerate() {
            match &verdicts {
                Some(verdicts) if verdicts.is_null(at) => {
                    selection.counts.unknown.increment();
                    selection.unknown.push(Unknown { batch: number, row: at });
                }
                Some(verdicts) if !verdicts.value(at) => selection.counts.excluded.increment(),
                _ => {
                    selection.counts.selected.increment();
                    selection.rows.places.push((*file, *row, number, at));
                }
            }
        }
    }
    Ok(selection)
}

/// The numbers in a column that is never null.
pub(super) fn numbers<'a>(batch: &'a RecordBatch, column: &str) -> Result<&'a [i64], RunError> {
    batch
        .column_by_name(column)
        .filter(|array| array.null_count() == 0)
        .and_then(|array| array.as_primitive_opt::<Int64Type>())
        .map(|array| -> &[i64] { array.values() })
        .ok_or_else(|| RunError::Internal(format!("a batch without row numbers in `{column}`")))
}
