//! Whatever an author writes is refused with a place, or decides a record: it never panics, hangs
//! or takes the memory. Run in `tests/fuzz`, with the shipped rules as a corpus:
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo fuzz run --sanitizer none front_end corpus ../../policies/bundles
//! ```

#![no_main]

use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use tieout_controls::control::ParameterType;
use tieout_controls::{ColumnType, Decimal, Value};
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{CODES, Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};
use tieout_policies::evaluate::{Evaluator, Reference};

static WORLD: LazyLock<(Environment, Data, RecordBatch)> = LazyLock::new(|| {
    let amount = ColumnType::Decimal { precision: 38, scale: 2 };
    let input = schema(&[("a", amount), ("b", amount), ("s", ColumnType::String)]);
    let rows = [("x", "1.10"), ("y", "-2")].map(|(key, rate)| {
        vec![Value::String(key.to_owned()), Value::Number(Decimal::parse(rate).unwrap())]
    });
    let of = TableSchema {
        schema: schema(&[("k", ColumnType::String), ("rate", amount)]),
        key: vec!["k".to_owned()],
        effective: None,
    };
    let tables = BTreeMap::from([("t".to_owned(), Table::new(of, rows.to_vec()))]);
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let run = RunDates { as_of: day(2026), period_start: day(2025), period_end: day(2026) };
    let limit = Value::Number(Decimal::parse("0.5").unwrap());
    let data =
        Data { tables, parameters: BTreeMap::from([("p".to_owned(), limit)]), run };
    let environment = Environment {
        input,
        tables: data.tables.iter().map(|(n, t)| (n.clone(), t.schema.clone())).collect(),
        parameters: BTreeMap::from([("p".to_owned(), ParameterType::Decimal)]),
        ..Environment::default()
    };
    let amounts = |values: [Option<i128>; 3]| -> ArrayRef {
        Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(38, 2).unwrap())
    };
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), Some(""), None]));
    let batch = RecordBatch::try_from_iter([
        ("a", amounts([Some(110), None, Some(i128::pow(10, 37))])),
        ("b", amounts([Some(-1), Some(0), None])),
        ("s", texts),
    ]);
    (environment, data, batch.unwrap())
});

fn schema(columns: &[(&str, ColumnType)]) -> Schema {
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        nullable: true,
    };
    Schema { columns: columns.iter().map(column).collect() }
}

fuzz_target!(|source: &str| {
    let (environment, data, batch) = &*WORLD;
    let rule = Rule {
        name: "fuzzed".to_owned(),
        path: "fuzzed/rule.rego".to_owned(),
        language: Language::Rego,
        source: source.to_owned(),
        request: None,
    };
    match compile(&rule, environment) {
        Ok(policy) => {
            assert_eq!(Reference.decide(&policy, batch, data).unwrap().len(), 3);
        }
        Err(found) => {
            assert!(!found.is_empty());
            for diagnostic in found {
                assert!(CODES.iter().any(|(code, _)| *code == diagnostic.code));
                assert!(diagnostic.line >= 1 && diagnostic.column >= 1 && diagnostic.length >= 1);
            }
        }
    }
});
