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
    let mut engine = engine();
    engine.add_data(tables_document(folder)).unwrap();
    count_rows("regorus, interpreter", &rows(folder), |row| {
        engine.set_input(row.clone());
        engine.eval_rule(ENTRY.to_owned()).unwrap()
    })
}

/// By the virtual machine of regorus, over the same documents.
#[cfg(feature = "regorus-vm")]
pub(crate) fn regorus_vm(folder: &Path) -> Measured {
    let policy = engine().compile_with_entrypoint(&ENTRY.into()).unwrap();
    let program =
        regorus::languages::rego::compiler::Compiler::compile_from_policy(&policy, &[ENTRY]);
    let mut machine = regorus::rvm::vm::RegoVM::new_with_policy(policy);
    machine.load_program(program.unwrap());
    machine.set_data(tables_document(folder)).unwrap();
    count_rows("regorus, virtual machine", &rows(folder), |row| {
        machine.set_input(row.clone());
        machine.execute_entry_point_by_name(ENTRY).unwrap()
    })
}

const ENTRY: &str = "data.bench.rows.violation";

fn engine() -> Engine {
    let mut engine = Engine::new();
    let policy = include_str!("by_rows.rego").to_owned();
    engine.add_policy("by_rows.rego".to_owned(), policy).unwrap();
    engine
}

fn tables_document(folder: &Path) -> Document {
    let tables = std::fs::read_to_string(folder.join("tables.json")).unwrap();
    Document::from_json_str(&tables).unwrap()
}

fn rows(folder: &Path) -> Vec<Document> {
    let rows = std::fs::read_to_string(folder.join("rows.json")).unwrap();
    rows.lines().map(|line| Document::from_json_str(line).unwrap()).collect()
}

/// Counts the codes that a row's evaluation gives.
fn count_rows(
    engine: &str,
    rows: &[Document],
    mut evaluate: impl FnMut(&Document) -> Document,
) -> Measured {
    measured(engine, || {
        let mut rules = vec![(0, 0); 10];
        for row in rows {
            for code in evaluate(row).as_set().unwrap() {
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
