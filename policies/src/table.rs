//! `table.yaml`: a dated table of a policy bundle.
//!
//! ```yaml
//! columns:
//!   - {name: country, type: string}
//!   - {name: valid_from, type: date}
//!   - {name: valid_to, type: date, nullable: true}
//!   - {name: rate, type: decimal}
//! key: [country]
//! effective: {from: valid_from, to: valid_to}   # half-open; optional
//! rows:
//!   - [EE, "2024-01-01", "2025-07-01", "22"]
//!   - [EE, "2025-07-01", null, "24"]
//! ```
//!
//! Every cell is text or null, so that a rate keeps the digits it was written with. Rows whose
//! keys (and intervals) collide are refused: a lookup never has to choose.

use crate::data::{Column, Schema, Table, TableSchema};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use tieout_controls::control::Effective;
use tieout_controls::{ColumnType, Decimal, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    columns: Vec<ColumnFile>,
    key: Vec<String>,
    effective: Option<Effective>,
    rows: Vec<Vec<Option<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFile {
    name: String,
    #[serde(rename = "type")]
    kind: CellType,
    #[serde(default)]
    nullable: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum CellType {
    String,
    Bool,
    Integer,
    Decimal,
    Date,
    Timestamp,
}

/// Reads a `table.yaml`.
///
/// # Errors
/// Everything that is wrong, a line each: what YAML refuses; a column twice; a key or interval
/// column that isn't there; a cell that isn't of its column's type, or null where it may not be;
/// two rows for one key (for a dated table: on the same day).
pub(crate) fn parse(text: &str) -> Result<Table, String> {
    let file: TableFile = crate::bundle::yaml(text)?;
    let mut errors = schema_errors(&file);
    let rows = cells(&file, &mut errors);
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    let table = Table::new(schema(&file, &rows), rows);
    let errors = collisions(&table);
    if errors.is_empty() { Ok(table) } else { Err(errors.join("\n")) }
}

fn schema_errors(file: &TableFile) -> Vec<String> {
    let mut errors = Vec::new();
    let names: Vec<_> = file.columns.iter().map(|c| c.name.as_str()).collect();
    for (i, name) in names.iter().enumerate() {
        if names.iter().take(i).any(|n| n == name) {
            errors.push(format!("column `{name}` is declared twice"));
        }
    }
    if file.key.is_empty() {
        errors.push("`key` names no column".to_owned());
    }
    for key in &file.key {
        match file.columns.iter().find(|c| c.name == *key) {
            None => errors.push(format!("`key` names `{key}`, which is not a column")),
            Some(c) if c.nullable => errors.push(format!("key column `{key}` may not be nullable")),
            Some(_) => {}
        }
    }
    let kind = |name: &String| file.columns.iter().find(|c| c.name == *name).map(|c| c.kind);
    for bound in file.effective.iter().flat_map(|e| [&e.from, &e.to]) {
        match kind(bound) {
            None => errors.push(format!("`effective` names `{bound}`, which is not a column")),
            Some(CellType::Date | CellType::Timestamp) => {}
            Some(_) => errors.push(format!("`{bound}` must be a date or timestamp column")),
        }
    }
    // A day and an instant: an interval that never ends for a question of the other type.
    if let Some(Effective { from, to }) = &file.effective
        && let (Some(CellType::Date), Some(CellType::Timestamp))
        | (Some(CellType::Timestamp), Some(CellType::Date)) = (kind(from), kind(to))
    {
        errors.push(format!("`{from}` and `{to}` must both be dates or both timestamps"));
    }
    errors
}

fn cells(file: &TableFile, errors: &mut Vec<String>) -> Vec<Vec<Value>> {
    let mut rows = Vec::with_capacity(file.rows.len());
    for (number, cells) in (1..).zip(&file.rows) {
        if cells.len() != file.columns.len() {
            let (has, wants) = (cells.len(), file.columns.len());
            errors.push(format!("row {number} has {has} cells for {wants} columns"));
            continue;
        }
        let mut row = Vec::with_capacity(cells.len());
        for (column, cell) in file.columns.iter().zip(cells) {
            let name = &column.name;
            let value = match cell {
                None if column.nullable => Some(Value::Null),
                None => {
                    errors.push(format!("row {number}: `{name}` is null but not nullable"));
                    None
                }
                Some(text) => {
                    let value = cell_value(column.kind, text);
                    if value.is_none() {
                        let kind = column.kind.word();
                        errors.push(format!("row {number}: `{text}` in `{name}` is not {kind}"));
                    }
                    value
                }
            };
            row.push(value.unwrap_or(Value::Null));
        }
        rows.push(row);
    }
    rows
}

fn cell_value(kind: CellType, text: &str) -> Option<Value> {
    Some(match kind {
        CellType::String => Value::String(text.to_owned()),
        CellType::Bool => Value::Bool(match text {
            "true" => true,
            "false" => false,
            _ => return None,
        }),
        CellType::Integer => Value::Number(Decimal::from(text.parse::<i64>().ok()?)),
        CellType::Decimal => Value::Number(Decimal::parse(text).ok()?),
        CellType::Date => Value::Date(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?),
        CellType::Timestamp => {
            Value::Timestamp(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
        }
    })
}

impl CellType {
    fn word(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Bool => "`true` or `false`",
            Self::Integer => "a whole number",
            Self::Decimal => "a decimal number",
            Self::Date => "a date such as `2025-01-31`",
            Self::Timestamp => "an instant such as `2025-01-31T00:00:00Z`",
        }
    }
}

fn schema(file: &TableFile, rows: &[Vec<Value>]) -> TableSchema {
    let column = |(position, column): (usize, &ColumnFile)| {
        let cells = rows.iter().filter_map(|row| row.get(position));
        Column {
            name: column.name.clone(),
            kind: column_type(column.kind, cells),
            nullable: column.nullable,
        }
    };
    let columns = file.columns.iter().enumerate().map(column).collect();
    let effective = file.effective.clone();
    TableSchema { schema: Schema { columns }, key: file.key.clone(), effective }
}

/// A decimal column has the largest scale of its cells.
fn column_type<'a>(kind: CellType, cells: impl Iterator<Item = &'a Value>) -> ColumnType {
    match kind {
        CellType::String => ColumnType::String,
        CellType::Bool => ColumnType::Bool,
        CellType::Integer => ColumnType::Integer,
        CellType::Date => ColumnType::Date,
        CellType::Timestamp => ColumnType::Timestamp,
        CellType::Decimal => {
            let scale = |v: &Value| match v {
                Value::Number(n) => u8::try_from(n.scale()).unwrap_or(u8::MAX),
                _ => 0,
            };
            ColumnType::Decimal { precision: 38, scale: cells.map(scale).max().unwrap_or(0) }
        }
    }
}

/// From a day or instant until before another, as text; open without the other.
type Interval = (String, Option<String>);

/// Pairs of rows between which a lookup would have to choose, and intervals that are empty.
fn collisions(table: &Table) -> Vec<String> {
    let schema = &table.schema.schema;
    // Dates and instants in UTC have one width, so their texts are in order.
    let cell = |row: &[Value], name: &str| {
        schema.index_of(name).and_then(|c| row.get(c)).and_then(Value::to_text)
    };
    let interval = |row: &[Value]| -> Interval {
        match &table.schema.effective {
            Some(effective) => {
                (cell(row, &effective.from).unwrap_or_default(), cell(row, &effective.to))
            }
            None => (String::new(), None),
        }
    };
    let mut errors = Vec::new();
    let mut by_key: BTreeMap<Vec<_>, Vec<(usize, Interval)>> = BTreeMap::new();
    for (number, row) in (1..).zip(table.rows()) {
        let (from, to) = interval(row);
        if to.as_ref().is_some_and(|to| *to <= from) {
            errors.push(format!("row {number} is in force on no day"));
        }
        let key = table.schema.key.iter().map(|k| cell(row, k)).collect();
        let same = by_key.entry(key).or_default();
        for (other, (other_from, other_to)) in same.iter() {
            let before =
                |to: &Option<String>, from: &String| to.as_ref().is_some_and(|t| t <= from);
            if !before(&to, other_from) && !before(other_to, &from) {
                errors.push(format!("rows {other} and {number} have the same key"));
            }
        }
        same.push((number, (from, to)));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "columns:
  - {name: c, type: string}
  - {name: f, type: date}
  - {name: t, type: date, nullable: true}
  - {name: rate, type: decimal}
key: [c]
effective: {from: f, to: t}
rows:
";

    #[test]
    fn reads_cells_as_written() {
        let table =
            parse(&format!("{HEAD}  - [NO, \"2024-01-01\", \"2025-07-01\", \"22.50\"]\n")).unwrap();
        let row: Vec<_> = table.rows()[0].iter().map(|v| v.to_text().unwrap()).collect();
        assert_eq!(row, ["NO", "2024-01-01", "2025-07-01", "22.50"]);
        let scale = ColumnType::Decimal { precision: 38, scale: 2 };
        assert_eq!(table.schema.schema.columns[3].kind, scale);
    }

    #[test]
    fn refuses_everything_wrong_at_once() {
        let rows = "  - [null, \"2024-13-01\", null, \"1,5\"]\n  - [a]\n";
        let error = parse(&format!("{HEAD}{rows}")).unwrap_err();
        let expected = "row 1: `c` is null but not nullable
row 1: `2024-13-01` in `f` is not a date such as `2025-01-31`
row 1: `1,5` in `rate` is not a decimal number
row 2 has 1 cells for 4 columns";
        assert_eq!(error, expected);
        assert!(parse("columns: []\nkey: []\nrows: []\nrow: []\n").unwrap_err().contains("row"));
        assert!(parse("columns: []\nkey: []\nkey: [a]\nrows: []\n").unwrap_err().contains("dup"));
    }

    #[test]
    fn refuses_overlaps_and_takes_neighbours() {
        let from = |first: &str, second: &str| {
            parse(&format!("{HEAD}  - [a, {first}, \"1\"]\n  - [a, {second}, \"2\"]\n"))
        };
        from("\"2024-01-01\", \"2025-01-01\"", "\"2025-01-01\", null").unwrap();
        let overlap = from("\"2024-01-01\", \"2025-01-02\"", "\"2025-01-01\", null");
        assert_eq!(overlap.unwrap_err(), "rows 1 and 2 have the same key");
        let open = from("\"2024-01-01\", null", "\"2025-01-01\", null");
        assert_eq!(open.unwrap_err(), "rows 1 and 2 have the same key");
        let empty = from("\"2024-01-01\", \"2024-01-01\"", "\"2025-01-01\", null");
        assert_eq!(empty.unwrap_err(), "row 1 is in force on no day");
    }

    #[test]
    fn refuses_an_interval_of_a_day_and_an_instant() {
        let head = HEAD.replace("{name: t, type: date", "{name: t, type: timestamp");
        let row = "  - [a, \"2024-01-01\", \"2025-01-01T00:00:00Z\", \"1\"]\n";
        let error = parse(&format!("{head}{row}")).unwrap_err();
        assert_eq!(error, "`f` and `t` must both be dates or both timestamps");
    }
}
