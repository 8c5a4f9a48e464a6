//! What both of our evaluators say.

use super::generate::{CENTRES, Record};
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use std::collections::BTreeMap;
use std::sync::Arc;
use tieout_controls::{ColumnType, Decimal, Decision, Value};
use tieout_engine::vectorised::Vectorised;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};
use tieout_policies::evaluate::{Evaluator, Reference};

fn schema(columns: &[(&str, ColumnType)]) -> Schema {
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        nullable: false,
    };
    Schema { columns: columns.iter().map(column).collect() }
}

fn data() -> Data {
    use ColumnType::{Bool, Integer, String};
    let columns = [("id", String), ("owner", String), ("active", Bool), ("budget", Integer)];
    let rows = CENTRES.map(|(id, owner, active, budget)| {
        let text = |text: &str| Value::String(text.to_owned());
        vec![text(id), text(owner), Value::Bool(active), Value::Number(Decimal::from(budget))]
    });
    let of = TableSchema { schema: schema(&columns), key: vec!["id".to_owned()], effective: None };
    let day = |year| chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    Data {
        tables: BTreeMap::from([("centres".to_owned(), Table::new(of, rows.to_vec()))]),
        parameters: BTreeMap::new(),
        run: RunDates { as_of: day(2026), period_start: day(2025), period_end: day(2026) },
    }
}

fn array(of: impl Array + 'static) -> ArrayRef {
    Arc::new(of)
}

fn batch(records: &[Record]) -> RecordBatch {
    let text = |at: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(records.iter().map(|r| r.texts[at])))
    };
    let number = |at: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(records.iter().map(|r| r.numbers[at])))
    };
    let flags: BooleanArray = records.iter().map(|r| Some(r.flag)).collect();
    let mut tags = ListBuilder::new(StringBuilder::new());
    records.iter().for_each(|r| tags.append_value(r.tags.iter().map(|tag| Some(*tag))));
    RecordBatch::try_from_iter([
        ("s", text(0)),
        ("t", text(1)),
        ("u", text(2)),
        ("i", number(0)),
        ("j", number(1)),
        ("flag", array(flags)),
        ("tags", array(tags.finish())),
    ])
    .unwrap()
}

/// Whether each record is violated, by both evaluators.
pub(crate) fn verdicts(source: &str, records: &[Record]) -> Vec<bool> {
    use ColumnType::{Bool, Integer, String, StringList};
    let data = data();
    let environment = Environment {
        input: schema(&[
            ("s", String),
            ("t", String),
            ("u", String),
            ("i", Integer),
            ("j", Integer),
            ("flag", Bool),
            ("tags", StringList),
        ]),
        tables: data.tables.iter().map(|(n, t)| (n.clone(), t.schema.clone())).collect(),
        ..Environment::default()
    };
    let rule = Rule {
        name: "t".to_owned(),
        path: "t/t/rule.rego".to_owned(),
        language: Language::Rego,
        source: source.to_owned(),
        request: None,
    };
    let policy = compile(&rule, &environment).unwrap_or_else(|e| panic!("{e:#?}\n{source}"));
    let batch = batch(records);
    let decided = Reference.decide(&policy, &batch, &data).unwrap();
    let by_columns = Vectorised::new(&policy, &data).unwrap().decide(&[batch], 1).unwrap();
    assert_eq!(by_columns[0], decided, "{source}");
    let violated = |decision: &Decision| match decision {
        Decision::Violates { .. } => true,
        Decision::Conforms => false,
        other => panic!("{other:?}\n{source}"),
    };
    decided.iter().map(violated).collect()
}
