//! What single steps of the vectorised backend take, in nanoseconds a row: arithmetic of decimals by
//! their width, lookups by the kind of key, patterns over dictionaries and over plain text.
//!
//! `cargo bench --profile release --workspace --bench kernels`
//!
//! Each policy has one rule. The best of five rounds counts, of wall time: the machine has to be idle.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a program that measures; what fails here, fails loudly"
)]

use arrow_array::TimestampMicrosecondArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Decimal128Array, DictionaryArray, RecordBatch, StringArray};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tieout_controls::control::Effective;
use tieout_controls::{ColumnType, Value};
use tieout_engine::vectorised::Vectorised;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::column::column_type;
use tieout_policies::compile::{Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};

const ROWS: i64 = 8192;
const BATCHES: u32 = 200;
const KEYS: i64 = 50_000;
const DAY: i64 = 86_400_000_000;

/// A case and the body of its rule.
const CASES: [(&str, &str); 9] = [
    ("compare, 18 digits", "input.narrow > 0.5"),
    ("multiply and subtract, 128 bits", "input.narrow - (input.narrow * input.narrow) > 0.5"),
    ("multiply, 256 bits", "input.wide * input.wide > 0.5"),
    (
        "dated lookup, dictionary key",
        "effective.at(data.names, [input.word], input.at).ok == \"n\"",
    ),
    ("dated lookup, plain key", "effective.at(data.names, [input.text], input.at).ok == \"n\""),
    ("lookup, dictionary key", "not data.list[input.word]"),
    ("lookup, plain key", "not data.list[input.text]"),
    ("pattern over a dictionary", "regex.match(\"^K[0-9]+7$\", input.word)"),
    ("pattern over plain text", "regex.match(\"^K[0-9]+7$\", input.text)"),
];

fn main() {
    let (batch, data) = (batch(), data());
    println!("{:34} {:>8} {:>10}", "step", "ns/row", "violates");
    for (name, body) in CASES {
        let (nanos, violates) = measure(body, &batch, &data);
        println!("{name:34} {:>6}.{} {violates:>10}", nanos / 10, nanos % 10);
    }
}

/// Tenths of nanoseconds for a row, and how many rows of a batch violate the rule.
fn measure(body: &str, batch: &RecordBatch, data: &Data) -> (u128, u64) {
    let rule = Rule {
        name: "one".to_owned(),
        path: "bench/one/rule.rego".to_owned(),
        language: Language::Rego,
        source: format!(
            "package bench.one\n\nviolation contains {{\"code\": \"one\"}} if {{\n\t{body}\n}}\n"
        ),
        request: None,
    };
    let column = |field: &Arc<arrow_schema::Field>| Column {
        name: field.name().clone(),
        kind: column_type(field.data_type()).unwrap(),
        nullable: true,
    };
    let environment = Environment {
        input: Schema { columns: batch.schema().fields().iter().map(column).collect() },
        tables: data.tables.iter().map(|(n, t)| (n.clone(), t.schema.clone())).collect(),
        parameters: BTreeMap::new(),
        ..Environment::default()
    };
    let policy = compile(&rule, &environment).unwrap_or_else(|e| panic!("{body}: {e:#?}"));
    let vectorised = Vectorised::new(&policy, data).unwrap();
    for backend in vectorised.backends() {
        assert_eq!(backend.by_rows, None, "{body}");
    }
    let mut session = vectorised.session();
    let violates = session.tally(batch).unwrap().rules.first().unwrap().0;
    let rounds = (0..5).map(|_| {
        let begin = Instant::now();
        for _ in 0..BATCHES {
            std::hint::black_box(session.tally(std::hint::black_box(batch)).unwrap());
        }
        begin.elapsed().as_nanos()
    });
    let rows = u128::try_from(ROWS).unwrap() * u128::from(BATCHES);
    (rounds.min().unwrap() * 10 / rows, violates)
}

/// Rows in no order.
fn scattered(of: i64) -> impl Iterator<Item = i64> {
    (0..ROWS).map(move |row| (row * 7_919 + row * row % 31) % of)
}

fn batch() -> RecordBatch {
    let narrow = scattered(2_000_000).map(|n| Some(i128::from(n)));
    let narrow: Decimal128Array = narrow.collect();
    let wide = scattered(1_000_000).map(|n| Some(i128::from(n) * 10_i128.pow(30)));
    let wide: Decimal128Array = wide.collect();
    let text: StringArray = scattered(KEYS).map(|n| Some(key(n))).collect();
    let words: Vec<String> = scattered(500).map(key).collect();
    let word: DictionaryArray<Int32Type> = words.iter().map(String::as_str).collect();
    let at = scattered(700).map(|day| (19_723 + day) * DAY);
    let at = TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 5] = [
        ("narrow", Arc::new(narrow.with_precision_and_scale(18, 6).unwrap())),
        ("wide", Arc::new(wide.with_precision_and_scale(38, 10).unwrap())),
        ("text", Arc::new(text)),
        ("word", Arc::new(word)),
        ("at", Arc::new(at)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn key(number: i64) -> String {
    format!("K{number:09}")
}

fn data() -> Data {
    let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    let change = Value::Date(date(2024, 9, 1));
    let text = |text: &str| Value::String(text.to_owned());
    let names = (0..KEYS).flat_map(|n| {
        let (key, ok) = (Value::String(key(n)), if n % 10 == 3 { "n" } else { "y" });
        let first = [key.clone(), Value::Date(date(2024, 1, 1)), change.clone(), text(ok)];
        [first.to_vec(), vec![key, change.clone(), Value::Null, text("y")]]
    });
    // One in ten is missing.
    let list = (0..KEYS).filter(|n| n % 10 != 3).map(|n| vec![Value::String(key(n))]);
    let tables = [
        ("names".to_owned(), table(&["key", "from", "to", "ok"], names.collect())),
        ("list".to_owned(), table(&["key"], list.collect())),
    ];
    let run = RunDates {
        as_of: date(2026, 1, 1),
        period_start: date(2024, 1, 1),
        period_end: date(2026, 1, 1),
    };
    Data { tables: BTreeMap::from(tables), parameters: BTreeMap::new(), run }
}

fn table(columns: &[&str], rows: Vec<Vec<Value>>) -> Table {
    let kind = |name: &str| match name {
        "from" | "to" => ColumnType::Date,
        _ => ColumnType::String,
    };
    let column =
        |name: &&str| Column { name: (*name).to_owned(), kind: kind(name), nullable: true };
    let effective = columns
        .contains(&"from")
        .then(|| Effective { from: "from".to_owned(), to: "to".to_owned() });
    let schema = Schema { columns: columns.iter().map(column).collect() };
    Table::new(TableSchema { schema, key: vec!["key".to_owned()], effective }, rows)
}
