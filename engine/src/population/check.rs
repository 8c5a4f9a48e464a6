//! Whether the records of a population are the selected rows of its base: no more, no fewer.

use super::native::{self, Native, NativeGrain};
use super::select::{Rows, numbers};
use crate::dataset::{FILE, ROW};
use crate::error::{did_you_mean, input, list};
use crate::run::RunError;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use tieout_controls::Control;
use tieout_controls::control::PopulationQuery;

/// The column of a grouped population with the number of base rows in the group.
pub(crate) const RECORDS: &str = "_records";

/// What a record of a population is.
pub(crate) enum Grain<'a> {
    /// A row of the base dataset.
    Row,
    /// A combination of these columns.
    Group(&'a [String]),
    /// A combination of a native population's key columns that groups no rows of the base.
    Key(&'static [&'static str]),
}

impl<'a> Grain<'a> {
    /// The grain of a control's population.
    pub(crate) fn of(control: &'a Control) -> Self {
        let population = &control.population;
        if let PopulationQuery::Native(name) = &population.query
            && let Some(Native { grain: NativeGrain::Key(columns), .. }) = native::find(name)
        {
            return Self::Key(columns);
        }
        match population.group_by.as_slice() {
            [] => Self::Row,
            columns => Self::Group(columns),
        }
    }

    /// The columns that order the records.
    pub(crate) fn order(&self) -> Vec<&'a str> {
        match self {
            Self::Row => vec![FILE, ROW],
            Self::Group(columns) => columns.iter().map(String::as_str).collect(),
            Self::Key(columns) => columns.to_vec(),
        }
    }
}

/// Refuses a query that lacks the columns by which its records are reconciled.
pub(super) fn columns(control: &Control, schema: &SchemaRef) -> Result<(), RunError> {
    let grain = Grain::of(control);
    let mut wanted = grain.order();
    let mut numbers = match grain {
        Grain::Row => vec![FILE, ROW],
        Grain::Group(_) => vec![RECORDS],
        Grain::Key(_) => Vec::new(),
    };
    if let Some(exposure) = &control.population.exposure {
        wanted.extend([exposure.amount.as_str(), exposure.currency.as_str()]);
    }
    wanted.extend(control.population.personal.iter().map(String::as_str));
    wanted.extend(numbers.iter().copied());
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    let missing: Vec<&str> =
        wanted.into_iter().filter(|name| schema.column_with_name(name).is_none()).collect();
    if let [first, ..] = missing.as_slice() {
        let columns = if missing.len() == 1 { "the column" } else { "the columns" };
        let message = format!(
            "control `{}`: the query doesn't give {columns} {}",
            control.id,
            list(&missing)
        );
        let help = match *first {
            FILE | ROW => {
                "a population of single records selects `_file` and `_row` of `base`; a grouped one states `group_by`"
            }
            RECORDS => "a grouped population counts its base rows: `COUNT(*) AS _records`",
            _ => return Err(input("population-columns", message, did_you_mean(first, names()))),
        };
        return Err(input("population-columns", message, help.to_owned()));
    }
    numbers.retain(|name| {
        schema.field_with_name(name).is_ok_and(|field| *field.data_type() != DataType::Int64)
    });
    if let [first, ..] = numbers.as_slice() {
        let message = format!("control `{}`: `{first}` is not a whole number", control.id);
        return Err(input("population-columns", message, "CAST it to BIGINT".to_owned()));
    }
    Ok(())
}

/// Reasons why the records are not the selected rows.
pub(super) fn reconcile(
    control: &Control,
    batches: &[RecordBatch],
    selected: &Rows,
) -> Result<Vec<String>, RunError> {
    match Grain::of(control) {
        Grain::Row => reconcile_rows(batches, selected),
        Grain::Group(columns) => reconcile_groups(batches, columns, selected),
        Grain::Key(_) => Ok(Vec::new()),
    }
}

fn reconcile_rows(batches: &[RecordBatch], selected: &Rows) -> Result<Vec<String>, RunError> {
    let (mut records, mut distinct, mut strangers) = (0_usize, 0_usize, 0_usize);
    let mut last = None;
    for batch in batches {
        let (Ok(files), Ok(rows)) = (numbers(batch, FILE), numbers(batch, ROW)) else {
            return Ok(vec!["query gives records without `_file` or `_row`".to_owned()]);
        };
        // The records are in the order of these two columns.
        for at in files.iter().copied().zip(rows.iter().copied()) {
            records += 1;
            distinct += usize::from(last != Some(at));
            strangers += usize::from(selected.place(at.0, at.1).is_none());
            last = Some(at);
        }
    }
    let (twice, lost) = (records - distinct, selected.len().saturating_sub(distinct));
    let mut reasons = Vec::new();
    if twice > 0 || lost > 0 {
        let mut reason =
            format!("query returns {records} rows for {} selected records", selected.len());
        if twice > 0 {
            reason.push_str(&format!("; a join fans out: {twice} rows too many"));
        }
        if lost > 0 {
            reason.push_str(&format!("; {lost} records are lost, by an inner join or a WHERE"));
        }
        reasons.push(reason);
    }
    if strangers > 0 {
        reasons.push(format!("query returns {strangers} rows that are not selected records"));
    }
    Ok(reasons)
}

fn reconcile_groups(
    batches: &[RecordBatch],
    columns: &[String],
    selected: &Rows,
) -> Result<Vec<String>, RunError> {
    let (mut records, mut repeated) = (0_i128, 0_usize);
    let mut last: Option<Vec<tieout_controls::Value>> = None;
    for batch in batches {
        let counts = batch.column_by_name(RECORDS);
        if counts.is_none_or(|counts| counts.null_count() > 0) {
            return Ok(vec!["query gives groups without `_records`".to_owned()]);
        }
        records += numbers(batch, RECORDS)?.iter().map(|n| i128::from(*n)).sum::<i128>();
        for row in 0..batch.num_rows() {
            let key = columns.iter().filter_map(|column| batch.column_by_name(column));
            let key = key.map(|array| crate::record::value(array.as_ref(), row));
            let key = Some(key.collect::<Result<Vec<_>, _>>()?);
            repeated += usize::from(key == last);
            last = key;
        }
    }
    let mut reasons = Vec::new();
    if i128::try_from(selected.len()).is_ok_and(|selected| selected != records) {
        let selected = selected.len();
        reasons.push(format!("query groups {records} rows for {selected} selected records"));
    }
    if repeated > 0 {
        let columns = list(columns);
        reasons.push(format!("query returns {repeated} groups more than once by {columns}"));
    }
    Ok(reasons)
}
