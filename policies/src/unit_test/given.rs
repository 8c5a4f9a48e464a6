//! Between the tests' JSON and what the evaluator takes and says.

use super::setting::Setting;
use crate::data::{Data, RunDates, Table, TableSchema};
use crate::tree::{Program, Type};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::control::ParameterType;
use tieout_controls::{Cause, ColumnType, Decimal, Decision, Fact, Value};

/// What a test gives: each part at most once.
pub(super) struct Given<'a>(pub(super) &'a Json);

impl<'a> Given<'a> {
    fn part(&self, name: &str) -> Option<&'a Json> {
        self.0.get(name)?.as_array()?.first()
    }

    /// The record's value in a column.
    pub(super) fn cell(&self, name: &str, kind: ColumnType) -> Result<Value, String> {
        let cell = self.part("input").and_then(|record| record.get(name));
        read(cell.unwrap_or(&Json::Null), kind).map_err(|e| format!("`input.{name}`: {e}"))
    }

    /// The tables, parameters and dates that a program reads.
    pub(super) fn data(
        &self,
        program: &Program,
        run: &BTreeSet<String>,
        setting: &Setting,
    ) -> Result<Data, String> {
        let mut tables = BTreeMap::new();
        for used in &program.tables {
            let given = self.0.get("tables").and_then(|t| t.get(&used.name)?.as_array()?.first());
            let table = match (given, setting.shipped.get(&used.name)) {
                (Some(given), _) => table(&used.name, &used.schema, given)?,
                (None, Some(shipped)) => shipped.clone(),
                (None, None) => return Err(format!("the test gives no `data.{}`", used.name)),
            };
            tables.insert(used.name.clone(), table);
        }
        let parameters = program
            .parameters
            .iter()
            .map(|(name, kind)| Ok((name.clone(), self.parameter(name, *kind, setting)?)));
        let parameters = parameters.collect::<Result<_, String>>()?;
        let (as_of, period_start, period_end) = (
            self.run_date("as_of", run)?,
            self.run_date("period_start", run)?,
            self.run_date("period_end", run)?,
        );
        Ok(Data { tables, parameters, run: RunDates { as_of, period_start, period_end } })
    }

    fn parameter(
        &self,
        name: &str,
        kind: ParameterType,
        setting: &Setting,
    ) -> Result<Value, String> {
        if let Some(given) = self.part("parameters").and_then(|p| p.get(name)) {
            let kind = match kind {
                ParameterType::String => ColumnType::String,
                ParameterType::Decimal => ColumnType::Decimal { precision: 38, scale: 18 },
                ParameterType::Date => ColumnType::Date,
                ParameterType::Bool => ColumnType::Bool,
            };
            return read(given, kind).map_err(|e| format!("`data.parameters.{name}`: {e}"));
        }
        let default = setting.parameters.get(name).and_then(|(_, value)| value.clone());
        default.ok_or_else(|| format!("the test gives no `data.parameters.{name}`"))
    }

    /// A date of the run; one that the rule doesn't read is any.
    fn run_date(&self, name: &str, read: &BTreeSet<String>) -> Result<NaiveDate, String> {
        if !read.contains(name) {
            return Ok(NaiveDate::default());
        }
        let given = self.part("run").and_then(|run| run.get(name)?.as_str());
        let given = given.ok_or_else(|| format!("the test gives no `data.run.{name}`"))?;
        given.parse().map_err(|_| format!("`data.run.{name}` is not a date such as `2025-01-31`"))
    }
}

/// A table of rows as a list of objects, or as an object of them by a single key.
fn table(name: &str, schema: &TableSchema, given: &Json) -> Result<Table, String> {
    let mut rows = Vec::new();
    match (given, schema.key.as_slice()) {
        (Json::Array(items), _) => {
            for item in items {
                rows.push(row(name, schema, item, None)?);
            }
        }
        (Json::Object(items), [key]) => {
            for (text, item) in items {
                rows.push(row(name, schema, item, Some((key, text)))?);
            }
        }
        _ => {
            return Err(format!(
                "`data.{name}` is not a list of rows, nor an object by its one key"
            ));
        }
    }
    Ok(Table::new(schema.clone(), rows))
}

fn row(
    name: &str,
    schema: &TableSchema,
    given: &Json,
    key: Option<(&String, &String)>,
) -> Result<Vec<Value>, String> {
    let given = given.as_object().ok_or_else(|| format!("a row of `data.{name}` is no object"))?;
    if let Some(other) = given.keys().find(|column| schema.schema.index_of(column).is_none()) {
        return Err(format!("the table `{name}` has no column `{other}`"));
    }
    let cell = |column: &crate::data::Column| {
        let keyed = key.filter(|(name, _)| **name == column.name);
        let keyed = keyed.map(|(_, text)| Json::String(text.clone()));
        let cell = keyed.as_ref().or(given.get(&column.name)).unwrap_or(&Json::Null);
        read(cell, column.kind).map_err(|e| format!("`data.{name}.{}`: {e}", column.name))
    };
    schema.schema.columns.iter().map(cell).collect()
}

/// A value of that type. Numbers may be texts, so that none is rounded on its way.
fn read(given: &Json, kind: ColumnType) -> Result<Value, String> {
    if given.is_null() {
        return Ok(Value::Null);
    }
    let text = given.as_str();
    let value = match kind {
        ColumnType::String => text.map(|t| Value::String(t.to_owned())),
        ColumnType::Bool => given.as_bool().map(Value::Bool),
        ColumnType::Integer | ColumnType::Decimal { .. } => return number(given),
        ColumnType::Date => text.and_then(|t| t.parse().ok()).map(Value::Date),
        ColumnType::Timestamp => {
            let instant = text.and_then(|t| DateTime::parse_from_rfc3339(t).ok());
            instant.map(|i| Value::Timestamp(i.with_timezone(&Utc)))
        }
        ColumnType::StringList => given.as_array().and_then(|items| {
            let item = |item: &Json| match item {
                Json::Null => Some(Value::Null),
                Json::String(text) => Some(Value::String(text.clone())),
                _ => None,
            };
            items.iter().map(item).collect::<Option<Vec<_>>>().map(Value::List)
        }),
    };
    value.ok_or_else(|| format!("{given} is not {kind}"))
}

fn number(given: &Json) -> Result<Value, String> {
    let text = match given {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        other => return Err(format!("{other} is not a number")),
    };
    let number = Decimal::parse(&text).map_err(|_| format!("`{text}` is not a number"))?;
    if given.is_number() && number.normalized().digits() > EXACT_DIGITS {
        return Err(format!("{text} may have been rounded: write it as a string"));
    }
    Ok(Value::Number(number))
}

/// Numbers of so many digits come through a 64-bit float unchanged.
pub(super) const EXACT_DIGITS: u64 = 15;

/// What the tests see of a decision.
pub(super) fn told(decision: &Decision, program: &Program) -> Json {
    let unknown = match (&program.applicable, decision) {
        (_, Decision::NotApplicable) => true,
        (Some((_, rule)), Decision::Undetermined { causes }) => {
            causes.iter().any(|cause| cause.rule == *rule)
        }
        _ => false,
    };
    let facts: Vec<Json> = decision.facts().iter().map(|fact| fact_json(fact, program)).collect();
    let causes: Vec<Json> = decision.causes().iter().map(cause_json).collect();
    serde_json::json!({"violation": facts, "undetermined": causes, "applicable": !unknown})
}

fn cause_json(cause: &Cause) -> Json {
    serde_json::json!({"column": cause.column, "reason": cause.reason})
}

fn fact_json(fact: &Fact, program: &Program) -> Json {
    let shape = program.violations.iter().find(|v| v.rule == fact.rule).map(|v| &v.fact);
    let ty = |expr: Option<&Option<crate::tree::Expr>>| Some(expr?.as_ref()?.ty.clone());
    let mut object = serde_json::Map::new();
    object.insert("code".to_owned(), fact.code.clone().into());
    let fields = [
        ("expected", &fact.expected, ty(shape.map(|s| &s.expected))),
        ("actual", &fact.actual, ty(shape.map(|s| &s.actual))),
        ("message", &fact.message, None),
    ];
    for (name, text, ty) in fields {
        if let Some(text) = text {
            object.insert(name.to_owned(), typed(text, ty));
        }
    }
    if let Some(amount) = &fact.amount {
        object.insert("amount".to_owned(), typed(&amount.to_string(), Some(Type::Number)));
    }
    Json::Object(object)
}

/// A text as a value of its type: a number that a float would round stays a text.
fn typed(text: &str, ty: Option<Type>) -> Json {
    let parsed = match ty {
        Some(Type::Number) => Decimal::parse(text)
            .ok()
            .map(|n| n.normalized())
            .filter(|n| n.digits() <= EXACT_DIGITS)
            .and_then(|n| serde_json::from_str(&n.to_string()).ok()),
        Some(Type::Bool | Type::List(_)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| Json::String(text.to_owned()))
}
