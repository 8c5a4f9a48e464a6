//! Changes of what a rule finds in a column, in every record alike.

use super::{Candidate, Mutant};
use crate::compile::{Compiled, compile};
use crate::data::Schema;
use crate::rego::{self, Kind};
use crate::unit_test::{Alteration, Suite};
use chrono::{DateTime, Days, NaiveDate};
use tieout_controls::{ColumnType, Decimal, Value};

const ALTERATIONS: [(&str, &str, Alteration); 3] = [
    ("column_null", "null", |_| Value::Null),
    ("column_empty", "an empty value", empty),
    ("column_other", "another value", other),
];

/// The mutants of each column that the rule reads.
pub(super) fn mutants(suite: &Suite) -> Vec<Candidate> {
    let Ok(compiled) = compile(suite.rule(), suite.environment()) else { return Vec::new() };
    compiled.columns().iter().flat_map(|name| of_column(suite, name)).collect()
}

fn of_column(suite: &Suite, name: &str) -> Vec<Candidate> {
    let (line, column) = place(&suite.rule().source, name);
    let mutant = |operator: &'static str, after: &str| {
        let (before, after) = (format!("input.{name}"), after.to_owned());
        Mutant { operator, line, column, before, after }
    };
    let mut all = Vec::new();
    for (operator, after, alteration) in ALTERATIONS {
        let compiled = compile(suite.rule(), suite.environment()).ok();
        let subject = compiled.map(|compiled| (compiled, Some((name.to_owned(), alteration))));
        all.push(Candidate { mutant: mutant(operator, after), subject });
    }
    let (retyped, kind) = retyped(suite, name);
    let subject = retyped.map(|compiled| {
        let alteration: Alteration = if kind == ColumnType::String { as_text } else { as_length };
        (compiled, Some((name.to_owned(), alteration)))
    });
    all.push(Candidate { mutant: mutant("column_retyped", &kind.to_string()), subject });
    let subject = without(suite, name).map(|compiled| (compiled, None));
    all.push(Candidate { mutant: mutant("column_dropped", "no such column"), subject });
    all
}

/// Where the column is first named.
fn place(source: &str, name: &str) -> (u32, u32) {
    let tokens = rego::tokens(source);
    let named = tokens.iter().find(|token| match &token.kind {
        Kind::Word(word) | Kind::String(word) => word == name,
        _ => false,
    });
    named.map_or((1, 1), |token| (token.span.line, token.span.column))
}

/// The rule where the column is a text, or a whole number if it was one.
fn retyped(suite: &Suite, name: &str) -> (Option<Compiled>, ColumnType) {
    let mut environment = suite.environment().clone();
    let mut columns = environment.input.columns.iter_mut();
    let Some(column) = columns.find(|c| c.name == name) else { return (None, ColumnType::String) };
    column.kind = match column.kind {
        ColumnType::String => ColumnType::Integer,
        _ => ColumnType::String,
    };
    let kind = column.kind;
    (compile(suite.rule(), &environment).ok(), kind)
}

/// The rule where the column doesn't exist.
fn without(suite: &Suite, name: &str) -> Option<Compiled> {
    let mut environment = suite.environment().clone();
    let columns = environment.input.columns.into_iter().filter(|c| c.name != name);
    environment.input = Schema { columns: columns.collect() };
    compile(suite.rule(), &environment).ok()
}

fn empty(value: Value) -> Value {
    match value {
        Value::Bool(_) => Value::Bool(false),
        Value::Number(_) => Value::Number(Decimal::zero()),
        Value::String(_) => Value::String(String::new()),
        Value::Date(_) => Value::Date(NaiveDate::default()),
        Value::Timestamp(_) => Value::Timestamp(DateTime::UNIX_EPOCH),
        Value::List(_) => Value::List(Vec::new()),
        Value::Null | Value::Object(_) => value,
    }
}

fn other(value: Value) -> Value {
    let day = Days::new(1);
    match value {
        Value::Bool(b) => Value::Bool(!b),
        Value::Number(n) => Value::Number(n.add(&Decimal::from_scaled(1, 0)).unwrap_or(n)),
        Value::String(text) => Value::String(text + "x"),
        Value::Date(date) => Value::Date(date.checked_add_days(day).unwrap_or(date)),
        Value::Timestamp(at) => Value::Timestamp(at.checked_add_days(day).unwrap_or(at)),
        Value::List(mut items) => {
            items.push(Value::String("x".to_owned()));
            Value::List(items)
        }
        Value::Null | Value::Object(_) => value,
    }
}

fn as_text(value: Value) -> Value {
    value.to_text().map_or(Value::Null, Value::String)
}

fn as_length(value: Value) -> Value {
    let length = value.to_text().and_then(|text| i128::try_from(text.chars().count()).ok());
    length.map_or(Value::Null, |length| Value::Number(Decimal::from_scaled(length, 0)))
}
