//! What a policy sees beside the record: reference tables, parameters, the run's dates.

use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use tieout_controls::control::Effective;
use tieout_controls::{ColumnType, Decimal, Value};

/// The columns of a population or table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// In their order.
    pub columns: Vec<Column>,
}

/// A column of a [`Schema`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
}

/// What is known of a table when a rule is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    /// All columns.
    pub schema: Schema,
    /// The key columns, in the order in which a policy gives them.
    pub key: Vec<String>,
    /// The validity interval, for `effective.at`.
    pub effective: Option<Effective>,
}

/// A reference table, indexed by its key.
#[derive(Debug, Clone)]
pub struct Table {
    /// What is known of it when a rule is compiled.
    pub schema: TableSchema,
    /// The rows, each with a value for each column.
    rows: Vec<Vec<Value>>,
    /// The rows by their key.
    index: BTreeMap<Key, Vec<usize>>,
}

impl Table {
    /// A table of these rows. A row with a null in a key column can't be found by anyone.
    pub fn new(schema: TableSchema, rows: Vec<Vec<Value>>) -> Self {
        let key_columns: Vec<_> = schema.key.iter().map(|k| schema.schema.index_of(k)).collect();
        let mut index: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            let cells = key_columns.iter().map(|c| c.and_then(|c| row.get(c)));
            if let Some(key) = cells.collect::<Option<Vec<_>>>().and_then(Key::of) {
                index.entry(key).or_default().push(number);
            }
        }
        Self { schema, rows, index }
    }

    /// The rows in their order.
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// The rows with that key (one value for each key column, in their order), in the table's
    /// order.
    pub fn find<'a>(&'a self, key: &[Value]) -> impl Iterator<Item = &'a [Value]> + use<'a> {
        let found = Key::of(key).and_then(|key| self.index.get(&key));
        let numbers = found.map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|n| self.rows.get(*n)).map(Vec::as_slice)
    }
}

impl Schema {
    /// The position of a column.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}

/// A key in an order of its own: equal numbers are equal whatever their scale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key(Vec<KeyPart>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum KeyPart {
    Bool(bool),
    Number(Decimal),
    String(String),
    Date(NaiveDate),
    Timestamp(DateTime<Utc>),
}

impl Key {
    /// `None` when a part is null or can't be a key.
    fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> Option<Self> {
        let part = |value: &Value| match value {
            Value::Bool(b) => Some(KeyPart::Bool(*b)),
            Value::Number(n) => Some(KeyPart::Number(n.clone())),
            Value::String(s) => Some(KeyPart::String(s.clone())),
            Value::Date(d) => Some(KeyPart::Date(*d)),
            Value::Timestamp(t) => Some(KeyPart::Timestamp(*t)),
            Value::Null | Value::List(_) | Value::Object(_) => None,
        };
        values.into_iter().map(part).collect::<Option<_>>().map(Self)
    }
}

/// What an evaluation reads beside the records.
#[derive(Debug, Clone)]
pub struct Data {
    /// `data.<name>`.
    pub tables: BTreeMap<String, Table>,
    /// `data.parameters.<name>`.
    pub parameters: BTreeMap<String, Value>,
    /// `data.run.as_of`, `data.run.period_start`, `data.run.period_end`.
    pub run: RunDates,
}

/// The dates of the run.
#[derive(Debug, Clone, Copy)]
pub struct RunDates {
    /// The date on which the question is asked.
    pub as_of: NaiveDate,
    /// The first day of the period.
    pub period_start: NaiveDate,
    /// The day after its last day.
    pub period_end: NaiveDate,
}
