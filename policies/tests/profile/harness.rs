//! A small company to try policies on: one population, three tables, four parameters.

use arrow_array::builder::{Decimal128Builder, ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use chrono::{DateTime, NaiveDate};
use std::sync::Arc;
use tieout_controls::control::{Effective, ParameterType};
use tieout_controls::{ColumnType, Decimal, Decision, Value};
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Compiled, Diagnostic, Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};
use tieout_policies::evaluate::{Evaluator, Reference};

/// The population's columns; all nullable.
pub(crate) const COLUMNS: [(&str, ColumnType); 12] = [
    ("amount", ColumnType::Decimal { precision: 38, scale: 10 }),
    ("price", ColumnType::Decimal { precision: 38, scale: 10 }),
    ("quantity", ColumnType::Decimal { precision: 38, scale: 10 }),
    ("big", ColumnType::Decimal { precision: 38, scale: 0 }),
    ("number", ColumnType::Integer),
    ("flag", ColumnType::Bool),
    ("cost_centre", ColumnType::String),
    ("region", ColumnType::String),
    ("sku", ColumnType::String),
    ("day", ColumnType::Date),
    ("at", ColumnType::Timestamp),
    ("tags", ColumnType::StringList),
];

/// A record: columns with their values as text; the others are null.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

fn schema(columns: &[(&str, ColumnType)]) -> Schema {
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        nullable: true,
    };
    Schema { columns: columns.iter().map(column).collect() }
}

pub(crate) fn value(kind: ColumnType, text: &str) -> Value {
    match kind {
        ColumnType::String => Value::String(text.to_owned()),
        ColumnType::Bool => Value::Bool(text.parse().unwrap()),
        ColumnType::Integer | ColumnType::Decimal { .. } => {
            Value::Number(Decimal::parse(text).unwrap())
        }
        ColumnType::Date => Value::Date(date(text)),
        ColumnType::Timestamp => Value::Timestamp(text.parse().unwrap()),
        ColumnType::StringList => {
            Value::List(text.split(',').map(|t| Value::String(t.to_owned())).collect())
        }
    }
}

fn table(
    columns: &[(&str, ColumnType)],
    key: &[&str],
    effective: Option<(&str, &str)>,
    rows: &[&[&str]],
) -> Table {
    let cells = |row: &&[&str]| {
        let cell = |(text, (_, kind)): (&&str, &(&str, ColumnType))| match *text {
            "" => Value::Null,
            text => value(*kind, text),
        };
        row.iter().zip(columns).map(cell).collect()
    };
    let effective =
        effective.map(|(from, to)| Effective { from: from.to_owned(), to: to.to_owned() });
    let key = key.iter().map(|k| (*k).to_owned()).collect();
    let rows = rows.iter().map(cells).collect();
    Table::new(TableSchema { schema: schema(columns), key, effective }, rows)
}

pub(crate) fn data() -> Data {
    use ColumnType::{Bool, Date, String, Timestamp};
    let number = ColumnType::Decimal { precision: 38, scale: 6 };
    let cost_centres = table(
        &[("id", String), ("owner", String), ("active", Bool), ("budget", number)],
        &["id"],
        None,
        &[&["C1", "kim", "true", "100"], &["C2", "", "false", ""], &["C3", "lee", "", "5.50"]],
    );
    let rates = table(
        &[("sku", String), ("from", Date), ("to", Date), ("price", number)],
        &["sku"],
        Some(("from", "to")),
        &[
            &["A", "2025-01-01", "2025-02-01", "1.10"],
            &["A", "2025-02-01", "2025-03-01", "1.20"],
            &["A", "2025-04-01", "", "1.30"],
            &["B", "2025-01-01", "2025-03-01", "2"],
            &["B", "2025-02-01", "", "3"],
        ],
    );
    let limits = table(
        &[("region", String), ("sku", String), ("most", number), ("since", Timestamp)],
        &["region", "sku"],
        None,
        &[&["EU", "A", "10", "2025-01-01T00:00:00Z"], &["EU", "B", "20", ""]],
    );
    let tables = [("cost_centres", cost_centres), ("rates", rates), ("limits", limits)];
    let parameters = [
        ("tolerance", Value::Number(Decimal::parse("0.01").unwrap())),
        ("label", Value::String("EU".into())),
        ("since", Value::Date(date("2025-01-01"))),
        ("strict", Value::Bool(true)),
    ];
    Data {
        tables: tables.into_iter().map(|(n, t)| (n.to_owned(), t)).collect(),
        parameters: parameters.into_iter().map(|(n, v)| (n.to_owned(), v)).collect(),
        run: RunDates {
            as_of: date("2025-06-30"),
            period_start: date("2025-01-01"),
            period_end: date("2025-07-01"),
        },
    }
}

pub(crate) fn environment() -> Environment {
    let parameters = [
        ("tolerance", ParameterType::Decimal),
        ("label", ParameterType::String),
        ("since", ParameterType::Date),
        ("strict", ParameterType::Bool),
    ];
    Environment {
        input: schema(&COLUMNS),
        tables: data().tables.into_iter().map(|(n, t)| (n, t.schema)).collect(),
        parameters: parameters.into_iter().map(|(n, k)| (n.to_owned(), k)).collect(),
        ..Environment::default()
    }
}

fn array(kind: ColumnType, cell: Option<&str>) -> ArrayRef {
    match kind {
        ColumnType::String => Arc::new(StringArray::from(vec![cell])),
        ColumnType::Bool => Arc::new(BooleanArray::from(vec![cell.map(|c| c.parse().unwrap())])),
        ColumnType::Integer => Arc::new(Int64Array::from(vec![cell.map(|c| c.parse().unwrap())])),
        ColumnType::Decimal { precision, scale } => {
            let scaled = |c| Decimal::parse(c).unwrap().to_scaled(scale.into()).unwrap();
            let mut builder = Decimal128Builder::new();
            builder.append_option(cell.map(scaled));
            let scale = i8::try_from(scale).unwrap();
            Arc::new(builder.finish().with_precision_and_scale(precision, scale).unwrap())
        }
        ColumnType::Date => {
            let days = |c| (date(c) - date("1970-01-01")).num_days();
            let days = cell.map(|c| i32::try_from(days(c)).unwrap());
            Arc::new(Date32Array::from(vec![days]))
        }
        ColumnType::Timestamp => {
            let micros = |c| DateTime::parse_from_rfc3339(c).unwrap().timestamp_micros();
            let array = TimestampMicrosecondArray::from(vec![cell.map(micros)]);
            Arc::new(array.with_timezone("UTC"))
        }
        ColumnType::StringList => {
            let mut builder = ListBuilder::new(StringBuilder::new());
            match cell {
                // An element without text is null.
                Some(text) => {
                    builder.append_value(text.split(',').map(|t| (!t.is_empty()).then_some(t)));
                }
                None => builder.append_null(),
            }
            Arc::new(builder.finish())
        }
    }
}

pub(crate) fn batch(fields: Fields<'_>) -> RecordBatch {
    for (name, _) in fields {
        assert!(COLUMNS.iter().any(|(n, _)| n == name), "no column {name}");
    }
    let cell = |name: &str| fields.iter().find(|(n, _)| *n == name).map(|(_, text)| *text);
    let columns = COLUMNS.iter().map(|(name, kind)| (*name, array(*kind, cell(name)), true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

pub(crate) fn rule(source: &str) -> Rule {
    Rule {
        name: "t".into(),
        language: Language::Rego,
        path: "t/t/rule.rego".into(),
        source: source.into(),
        request: None,
    }
}

/// Compiles a source whose `package` line is left out.
pub(crate) fn compiled(source: &str) -> Compiled {
    let source = format!("package t\n{source}");
    match compile(&rule(&source), &environment()) {
        Ok(compiled) => compiled,
        Err(found) => panic!("{source}\n{}", told_all(&found)),
    }
}

/// What a source (without its `package` line) decides about a record.
pub(crate) fn decided(source: &str, fields: Fields<'_>) -> String {
    let decisions = Reference.decide(&compiled(source), &batch(fields), &data()).unwrap();
    assert_eq!(decisions.len(), 1);
    told(&decisions[0])
}

/// What one rule with that body decides about a record.
pub(crate) fn body(body: &str, fields: Fields<'_>) -> String {
    decided(&format!("violation contains {{\"code\": \"x\"}} if {{\n{body}\n}}"), fields)
}

/// A decision on one line.
pub(crate) fn told(decision: &Decision) -> String {
    let facts: Vec<_> = decision
        .facts()
        .iter()
        .map(|fact| {
            let mut text = fact.code.clone();
            let amount = fact.amount.as_ref().map(ToString::to_string);
            for (name, field) in [
                ("expected", &fact.expected),
                ("actual", &fact.actual),
                ("amount", &amount),
                ("message", &fact.message),
            ] {
                text.extend(field.iter().map(|f| format!(" {name}={f}")));
            }
            text
        })
        .collect();
    let causes: Vec<_> = decision
        .causes()
        .iter()
        .map(|cause| {
            let reason = serde_json::to_value(cause.reason).unwrap();
            let column = cause.column.as_ref().map(|c| format!(" {c}"));
            format!("{}{}", reason.as_str().unwrap(), column.unwrap_or_default())
        })
        .collect();
    let parts = [decision.word().to_owned(), facts.join("; "), causes.join("; ")];
    let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" | ")
}

/// The diagnostics of a source, whole: `line:column+length code: message (help)`.
pub(crate) fn refused(source: &str) -> String {
    match compile(&rule(source), &environment()) {
        Ok(_) => panic!("accepted:\n{source}"),
        Err(found) => told_all(&found),
    }
}

fn told_all(found: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let help = d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{}:{}+{} {}: {}{help}", d.line, d.column, d.length, d.code, d.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}
