//! A case as a policy of records: its input becomes a record, its rule's value a fact.

use crate::case::{Case, Verdict};
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tieout_controls::{ColumnType, Decimal, Decision};
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema};
use tieout_policies::evaluate::{Evaluator, Reference};

pub(crate) fn verdict(case: &Case) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| decided(case))).unwrap_or(Verdict::Panicked)
}

fn decided(case: &Case) -> Verdict {
    let [module] = &case.modules[..] else { return Verdict::NotExpressible("several modules") };
    let rule = case.rule.as_deref().and_then(|path| own_rule(path, module));
    let Some(rule) = rule else { return Verdict::NotExpressible("query") };
    let Some((schema, batch)) = record(case.input.as_ref()) else {
        return Verdict::NotExpressible("input is no record");
    };
    let source = format!("{module}\n{}", fact(rule, case.wanted.as_ref()));
    let policy = Rule {
        name: "t".to_owned(),
        path: "t/t/rule.rego".to_owned(),
        language: Language::Rego,
        source,
        request: None,
    };
    let environment = Environment { input: schema, ..Environment::default() };
    let compiled = match compile(&policy, &environment) {
        Ok(compiled) => compiled,
        Err(found) => {
            // What stands first is what the author meets first.
            return Verdict::Refused(found.first().map(|d| d.code).unwrap_or_default().to_owned());
        }
    };
    if matches!(case.wanted, Some(Value::Object(_) | Value::Null)) {
        return Verdict::NotExpressible("value is no scalar");
    }
    match &Reference.decide(&compiled, &batch, &data()).unwrap()[0] {
        Decision::Undetermined { .. } if case.wants_error => Verdict::Passed,
        Decision::Undetermined { .. } => Verdict::Failed("undetermined"),
        _ if case.wants_error => Verdict::Failed("no-error"),
        Decision::Violates { facts, .. } => {
            let same = facts.len() == 1 && agrees(facts[0].actual.as_deref(), case.wanted.as_ref());
            if same { Verdict::Passed } else { Verdict::Failed("profile-differs") }
        }
        _ if case.wanted.is_none() => Verdict::Passed,
        _ => Verdict::Failed("profile-differs"),
    }
}

/// The name of a rule of that module.
fn own_rule<'a>(path: &'a str, module: &str) -> Option<&'a str> {
    let package = module.lines().find_map(|line| line.trim().strip_prefix("package "))?;
    let own = path.strip_prefix("data.")?.strip_prefix(package.trim())?.strip_prefix('.')?;
    (!own.contains('.')).then_some(own)
}

/// A violation when the rule has the wanted value, or any where none is wanted.
fn fact(rule: &str, wanted: Option<&Value>) -> String {
    match wanted {
        Some(Value::Bool(false)) => {
            format!("violation contains {{\"code\": \"case\"}} if {{ {rule} == false }}\n")
        }
        Some(Value::Bool(true)) | None => {
            format!("violation contains {{\"code\": \"case\"}} if {{ {rule} }}\n")
        }
        Some(_) => format!("violation contains {{\"code\": \"case\", \"actual\": {rule}}}\n"),
    }
}

fn agrees(actual: Option<&str>, wanted: Option<&Value>) -> bool {
    match (actual, wanted) {
        (None, Some(Value::Bool(_))) => true,
        (Some(text), Some(Value::String(wanted))) => text == wanted,
        // The items of a list are told as texts.
        (Some(text), Some(Value::Array(wanted))) => {
            let items: Vec<String> = serde_json::from_str(text).unwrap_or_default();
            let same = |(item, wanted): (&String, &Value)| match wanted {
                Value::Bool(truth) => *item == truth.to_string(),
                wanted => agrees(Some(item), Some(wanted)),
            };
            items.len() == wanted.len() && items.iter().zip(wanted).all(same)
        }
        (Some(text), Some(Value::Number(wanted))) => {
            Decimal::parse(text).is_ok_and(|n| Decimal::parse(&wanted.to_string()) == Ok(n))
        }
        _ => false,
    }
}

/// A record of one column for each member; `None` where a member is neither text, truth nor an
/// integer.
fn record(input: Option<&Value>) -> Option<(Schema, RecordBatch)> {
    let mut columns: Vec<(String, ColumnType, ArrayRef)> = Vec::new();
    let members = match input {
        None => None,
        Some(Value::Object(members)) => Some(members),
        Some(_) => return None,
    };
    for (name, value) in members.into_iter().flatten() {
        let (kind, array): (_, ArrayRef) = match value {
            Value::String(text) => {
                (ColumnType::String, Arc::new(StringArray::from(vec![text.as_str()])))
            }
            Value::Bool(value) => (ColumnType::Bool, Arc::new(BooleanArray::from(vec![*value]))),
            Value::Number(n) => {
                (ColumnType::Integer, Arc::new(Int64Array::from(vec![n.as_i64()?])))
            }
            Value::Null => (ColumnType::String, Arc::new(StringArray::from(vec![None::<&str>]))),
            Value::Array(_) | Value::Object(_) => return None,
        };
        columns.push((name.clone(), kind, array));
    }
    if columns.is_empty() {
        let array = Arc::new(StringArray::from(vec!["only"]));
        columns.push(("record".to_owned(), ColumnType::String, array));
    }
    let column = |(name, kind, _): &(String, ColumnType, ArrayRef)| Column {
        name: name.clone(),
        kind: *kind,
        nullable: true,
    };
    let schema = Schema { columns: columns.iter().map(column).collect() };
    let arrays = columns.into_iter().map(|(name, _, array)| (name, array, true));
    Some((schema, RecordBatch::try_from_iter_with_nullable(arrays).unwrap()))
}

fn data() -> Data {
    let day = |month| chrono::NaiveDate::from_ymd_opt(2025, month, 1).unwrap();
    Data {
        tables: BTreeMap::new(),
        parameters: BTreeMap::new(),
        run: RunDates { as_of: day(7), period_start: day(1), period_end: day(7) },
    }
}
