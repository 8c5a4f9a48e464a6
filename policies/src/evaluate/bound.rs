//! A program bound to a batch and its data: names become positions once, before any record.

use super::EvaluateError;
use crate::column;
use crate::data::{Data, RunDates, Table};
use crate::tree::{Program, TableUse, Type};
use arrow_array::{Array, RecordBatch};
use tieout_controls::Value;

/// A program with the tables and parameters that it reads, at its positions.
#[derive(Debug)]
pub struct Bound<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its tables.
    pub tables: Vec<BoundTable<'a>>,
    /// The values of its parameters.
    pub parameters: Vec<&'a Value>,
    /// The dates of the run.
    pub run: RunDates,
}

/// A table, and where it has the columns that the program knows.
#[derive(Debug)]
pub struct BoundTable<'a> {
    /// Its name, as in `data.NAME`.
    pub name: &'a str,
    /// Its rows.
    pub table: &'a Table,
    /// The positions in the table of the columns that the program knows.
    pub columns: Vec<usize>,
    /// The positions of the key's columns in the table.
    pub key: Vec<usize>,
    /// The positions of the interval's columns in the table.
    pub interval: Option<(usize, usize)>,
}

impl<'a> Bound<'a> {
    /// Binds a program to its data.
    ///
    /// # Errors
    /// A table or parameter is missing or has another shape than when the rule was compiled.
    pub fn new(program: &'a Program, data: &'a Data) -> Result<Self, EvaluateError> {
        let tables = program.tables.iter().map(|table| bind_table(table, data));
        let parameter = |(name, kind): &(String, _)| {
            let missing = || EvaluateError(format!("there is no parameter `{name}`"));
            let value = data.parameters.get(name).ok_or_else(missing)?;
            if fits(value, &Type::of_parameter(*kind)) {
                Ok(value)
            } else {
                Err(EvaluateError(format!("the parameter `{name}` has another type")))
            }
        };
        Ok(Self {
            program,
            tables: tables.collect::<Result<_, _>>()?,
            parameters: program.parameters.iter().map(parameter).collect::<Result<_, _>>()?,
            run: data.run,
        })
    }
}

fn fits(value: &Value, ty: &Type) -> bool {
    matches!(
        (value, ty),
        (Value::Bool(_), Type::Bool)
            | (Value::Number(_), Type::Number)
            | (Value::String(_), Type::String)
            | (Value::Date(_), Type::Date)
    )
}

fn bind_table<'a>(wanted: &'a TableUse, data: &'a Data) -> Result<BoundTable<'a>, EvaluateError> {
    let name = wanted.name.as_str();
    let missing = || EvaluateError(format!("there is no table `{name}`"));
    let table = data.tables.get(name).ok_or_else(missing)?;
    let position = |column: &str| {
        let missing = || EvaluateError(format!("the table `{name}` has no column `{column}`"));
        table.schema.schema.index_of(column).ok_or_else(missing)
    };
    let mut columns = Vec::new();
    for column in &wanted.schema.schema.columns {
        let found = position(&column.name)?;
        let kind = table.schema.schema.columns.get(found).map(|c| Type::of_column(c.kind));
        if kind != Some(Type::of_column(column.kind)) {
            let column = &column.name;
            let message = format!("the column `{column}` of the table `{name}` has another type");
            return Err(EvaluateError(message));
        }
        columns.push(found);
    }
    if table.schema.key != wanted.schema.key || table.schema.effective != wanted.schema.effective {
        return Err(EvaluateError(format!("the table `{name}` has another key or interval")));
    }
    let interval = match &table.schema.effective {
        Some(effective) => Some((position(&effective.from)?, position(&effective.to)?)),
        None => None,
    };
    let key = wanted.schema.key.iter().map(|column| position(column));
    Ok(BoundTable { name, table, columns, key: key.collect::<Result<_, _>>()?, interval })
}

/// The columns of a batch that the program reads, at the program's positions.
pub(super) fn columns<'b>(
    program: &Program,
    batch: &'b RecordBatch,
) -> Result<Vec<Option<&'b dyn Array>>, EvaluateError> {
    let find = |column: &crate::tree::ColumnUse| {
        if !column.used {
            return Ok(None);
        }
        let array = array(batch, &column.name, &Type::of_column(column.kind))?;
        Ok(Some(array))
    };
    program.columns.iter().map(find).collect()
}

/// A column of a batch, which must be of that type.
pub(super) fn array<'b>(
    batch: &'b RecordBatch,
    name: &str,
    ty: &Type,
) -> Result<&'b dyn Array, EvaluateError> {
    let missing = || EvaluateError(format!("the population has no column `{name}`"));
    let array = batch.column_by_name(name).ok_or_else(missing)?;
    let data_type = array.data_type();
    let found = column::column_type(data_type).map(Type::of_column);
    if found.as_ref() == Some(ty) || *data_type == arrow_schema::DataType::Null {
        return Ok(array.as_ref());
    }
    Err(EvaluateError(format!("the column `{name}` is {data_type}, not {ty}")))
}
