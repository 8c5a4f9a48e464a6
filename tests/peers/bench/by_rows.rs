//! The ten checks row by row over a sample of the same rows: by Tieout's reference evaluator, by
//! regorus, and what OPA needs to do it too.

use super::Measured;
use super::by_tieout::{Checks, Text, columns, reader};
use super::{peak_mib, processor_millis, seconds};
use arrow_array::RecordBatch;
use regorus::{Engine, Value as Document};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use tieout_controls::Value;
use tieout_deck::checks::{Keys, tables};
use tieout_policies::column::value_at;

/// The first rows of the file.
pub(crate) fn sample(folder: &Path, rows: usize) -> Vec<RecordBatch> {
    let metadata = columns(folder, Text::AsStored);
    let mut left = rows;
    let mut batches = Vec::new();
    for batch in reader(folder, &metadata, 0).map(Result::unwrap) {
        let batch = batch.slice(0, batch.num_rows().min(left));
        left -= batch.num_rows();
        batches.push(batch);
        if left == 0 {
            break;
        }
    }
    batches
}

/// The sample and the tables as documents.
pub(crate) fn documents(folder: &Path, rows: usize) {
    let mut lines = String::new();
    for batch in sample(folder, rows) {
        for row in 0..batch.num_rows() {
            let fields = batch.schema().fields().clone();
            let values = fields.iter().zip(batch.columns()).map(|(field, column)| {
                format!("\"{}\":{}", field.name(), json(&value_at(column, row).unwrap()))
            });
            let _ = writeln!(lines, "{{{}}}", values.collect::<Vec<_>>().join(","));
        }
    }
    std::fs::write(folder.join("rows.json"), lines).unwrap();
    std::fs::write(folder.join("tables.json"), table_documents(folder).to_string()).unwrap();
}

/// A number keeps its digits.
fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("\"{text}\""),
        Value::Date(date) => format!("\"{date}\""),
        Value::Timestamp(at) => format!("\"{}\"", at.format("%Y-%m-%dT%H:%M:%SZ")),
        other => panic!("no column has {other:?}"),
    }
}

/// Each table by its key, part by part; under it its rows.
fn table_documents(folder: &Path) -> serde_json::Value {
    let mut all = serde_json::json!({});
    for table in tables(Keys::Few) {
        let csv = std::fs::read_to_string(folder.join(format!("{}.csv", table.name))).unwrap();
        let mut lines = csv.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let mut place = &mut all[table.name];
            for key in &cells[..table.key.len()] {
                place = &mut place[*key];
            }
            let row = names
                .iter()
                .zip(&cells)
                .map(|(name, cell)| ((*name).to_owned(), cell_document(name, cell)));
            let row = serde_json::Value::Object(row.collect());
            match place {
                serde_json::Value::Array(rows) => rows.push(row),
                place => *place = serde_json::json!([row]),
            }
        }
    }
    all
}

fn cell_document(name: &str, cell: &str) -> serde_json::Value {
    match (name, cell) {
        ("to", "") => "9999-12-31".into(),
        (_, "") => serde_json::Value::Null,
        ("rate" | "unit_price" | "years", number) => serde_json::from_str(number).unwrap(),
        (_, text) => text.into(),
    }
}

/// By the reference evaluator.
pub(crate) fn reference(checks: &Checks, folder: &Path, rows: usize) -> Measured {
    let batches = sample(folder, rows);
    measured("Tieout, reference", || {
        let mut rules = vec![(0, 0); 10];
        for batch in &batches {
            checks.count_by_rows(batch, &mut rules);
        }
        (u64::try_from(batches.iter().map(RecordBatch::num_rows).sum::<usize>()).unwrap(), rules)
    })
}

const CODES: [&str; 10] = [
    "currency-unknown",
    "outside-billing-period",
    "list-cost-differs",
    "vat-rate-differs",
    "account-suspense",
    "correction-without-original",
    "negative-cost",
    "rate-differs",
    "cost-centre-without-owner",
    "retention-over",
];

/// By the interpreter of regorus. Records are documents before the clock starts.
pub(crate) fn regorus(folder: &Path) -> Measured {
    let mut engine = Engine::new();
    let policy = include_str!("by_rows.rego").to_owned();
    engine.add_policy("by_rows.rego".to_owned(), policy).unwrap();
    let file = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    engine.add_data(Document::from_json_str(&file("tables.json")).unwrap()).unwrap();
    let rows = file("rows.json");
    let rows: Vec<Document> = rows.lines().map(|l| Document::from_json_str(l).unwrap()).collect();
    measured("regorus, interpreter", || {
        let mut rules = vec![(0, 0); 10];
        for row in &rows {
            engine.set_input(row.clone());
            let found = engine.eval_rule("data.bench.rows.violation".to_owned()).unwrap();
            for code in found.as_set().unwrap() {
                let code = code.as_string().unwrap();
                rules[CODES.iter().position(|known| *known == &**code).unwrap()].0 += 1;
            }
        }
        (u64::try_from(rows.len()).unwrap(), rules)
    })
}

/// The run of three that took the least processor time.
fn measured(engine: &str, mut run: impl FnMut() -> (u64, Vec<(u64, u64)>)) -> Measured {
    let runs = (0..3).map(|_| {
        let (begin, cpu) = (Instant::now(), processor_millis());
        let (rows, rules) = run();
        let cpu = processor_millis() - cpu;
        (cpu, begin.elapsed().as_millis(), rows, rules)
    });
    let (cpu, wall, rows, rules) = runs.min().unwrap();
    let wall = seconds(u64::try_from(wall).unwrap());
    Measured {
        engine: engine.to_owned(),
        rows,
        rules,
        wall,
        cpu: seconds(cpu),
        rss_mib: peak_mib(),
    }
}
