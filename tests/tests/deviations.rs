//! The page of deviations from OPA says what is so, of both.

#![cfg(test)]

use arrow_array::{ArrayRef, BooleanArray, Decimal128Array, RecordBatch, StringArray};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tieout_controls::{ColumnType, Decimal, Value};
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};
use tieout_policies::evaluate::{Evaluator, Reference};

/// A rule over a record, with what the page says of both engines.
struct Case {
    rule: String,
    record: String,
    opa: String,
    tieout: String,
}

fn cases() -> Vec<Case> {
    let path = tieout_tests::repository().join("docs/reference/opa-deviations.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (mut cases, mut rule, mut inside) = (Vec::new(), String::new(), false);
    for line in page.lines() {
        match line {
            "```rego" => (rule, inside) = (String::new(), true),
            "```" => inside = false,
            line if inside => rule.push_str(line),
            line if line.starts_with("| `") => {
                let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
                let [record, opa, tieout] = cells[..] else { panic!("{line}") };
                cases.push(Case {
                    rule: rule.clone(),
                    record: record.trim_matches('`').to_owned(),
                    opa: opa.to_owned(),
                    tieout: tieout.to_owned(),
                });
            }
            _ => {}
        }
    }
    cases
}

const NUMBER: ColumnType = ColumnType::Decimal { precision: 38, scale: 10 };
const COLUMNS: [(&str, ColumnType); 7] = [
    ("a", NUMBER),
    ("b", NUMBER),
    ("c", NUMBER),
    ("sku", ColumnType::String),
    ("region", ColumnType::String),
    ("cost_centre", ColumnType::String),
    ("flag", ColumnType::Bool),
];

fn schema(columns: &[(&str, ColumnType)]) -> Schema {
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        nullable: true,
    };
    Schema { columns: columns.iter().map(column).collect() }
}

fn data() -> Data {
    let schema = TableSchema {
        schema: schema(&[("id", ColumnType::String)]),
        key: vec!["id".to_owned()],
        effective: None,
    };
    let centres = Table::new(schema, vec![vec![Value::String("C1".to_owned())]]);
    let day = |month| chrono::NaiveDate::from_ymd_opt(2025, month, 1).unwrap();
    Data {
        tables: BTreeMap::from([("centres".to_owned(), centres)]),
        parameters: BTreeMap::new(),
        run: RunDates { as_of: day(7), period_start: day(1), period_end: day(7) },
    }
}

/// The record as a batch of one row. Numbers are read from the page's own characters.
fn batch(record: &str) -> RecordBatch {
    let members = record.trim_matches(['{', '}']).split(", ").filter_map(|m| m.split_once(": "));
    let members: BTreeMap<&str, &str> =
        members.map(|(name, value)| (name.trim_matches('"'), value)).collect();
    let array = |(name, kind): &(&str, ColumnType)| -> (String, ArrayRef) {
        let cell = members.get(name).copied().filter(|value| *value != "null");
        let array: ArrayRef = match kind {
            ColumnType::String => {
                Arc::new(StringArray::from(vec![cell.map(|c| c.trim_matches('"'))]))
            }
            ColumnType::Bool => Arc::new(BooleanArray::from(vec![cell.map(|c| c == "true")])),
            _ => {
                let scaled = |c: &str| Decimal::parse(c).unwrap().to_scaled(10).unwrap();
                let numbers = Decimal128Array::from(vec![cell.map(scaled)]);
                Arc::new(numbers.with_precision_and_scale(38, 10).unwrap())
            }
        };
        ((*name).to_owned(), array)
    };
    RecordBatch::try_from_iter_with_nullable(
        COLUMNS.iter().map(array).map(|(name, array)| (name, array, true)),
    )
    .unwrap()
}

fn verdict(case: &Case) -> String {
    let data = data();
    let rule = Rule {
        name: "t".to_owned(),
        path: "t/t/rule.rego".to_owned(),
        language: Language::Rego,
        source: format!(
            "package t\n\nviolation contains {{\"code\": \"c\"}} if {{\n\t{}\n}}\n",
            case.rule
        ),
        request: None,
    };
    let environment = Environment {
        input: schema(&COLUMNS),
        tables: data.tables.iter().map(|(n, t)| (n.clone(), t.schema.clone())).collect(),
        parameters: BTreeMap::new(),
        ..Environment::default()
    };
    match compile(&rule, &environment) {
        Ok(policy) => {
            let decided = Reference.decide(&policy, &batch(&case.record), &data).unwrap();
            decided[0].word().to_owned()
        }
        Err(found) => format!("refused: {}", found[0].code),
    }
}

#[test]
fn tieout_says_what_the_page_says() {
    let cases = cases();
    assert!(cases.len() > 30, "{} records", cases.len());
    for case in &cases {
        assert_eq!(verdict(case), case.tieout, "{} over {}", case.rule, case.record);
    }
}

#[test]
fn opa_says_what_the_page_says() {
    let script = tieout_tests::repository().join("tests/peers/opa_verdicts.py");
    let mut command = Command::new("python3");
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut opa) = command.spawn() else {
        assert!(!tieout_tests::peers_wanted(), "python3 is not installed");
        println!("skipped: opa_says_what_the_page_says: no python3 on this machine");
        return;
    };
    let cases = cases();
    let mut input = opa.stdin.take().unwrap();
    for case in &cases {
        let line = serde_json::json!({"rule": case.rule, "record": case.record});
        // Without OPA the script has ended already.
        let _ = writeln!(input, "{line}");
    }
    drop(input);
    let output = opa.wait_with_output().unwrap();
    if output.status.code() == Some(77) && !tieout_tests::peers_wanted() {
        println!("skipped: opa_says_what_the_page_says: no opa-golib-python-bindings here");
        return;
    }
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = text.lines().collect();
    assert_eq!(said.len(), cases.len());
    for (case, said) in cases.iter().zip(said) {
        assert_eq!(said, case.opa, "{} over {}", case.rule, case.record);
    }
}
