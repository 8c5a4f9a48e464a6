//! How long it takes to read a rate table of 50,000 rows and to compare two.
//!
//! `cargo bench --profile release --workspace --bench gate`
//!
//! The rows are of 25,000 services with two rates each; in the later table every second service has another
//! first price. The best of five rounds counts, of wall time: the machine has to be idle.
#![expect(clippy::unwrap_used, reason = "a program that measures; what fails here, fails loudly")]

use std::time::Instant;
use tieout_engine::dataset::Reading;
use tieout_engine::gate::diff::{changes, digest};
use tieout_engine::gate::integrity::{findings, reconcile};
use tieout_engine::gate::table::{RateTable, of_canonical, read};

const SERVICES: u32 = 25_000;
const COLUMNS: [&str; 11] = [
    "rate_id",
    "effective_from",
    "effective_to",
    "service_id",
    "region",
    "customer_segment",
    "unit_price",
    "currency",
    "method_doc_id",
    "approved_change_id",
    "source_contract_line",
];

fn main() {
    let (base, head) = (rows(0), rows(1));
    let csv = |rows: &[String]| format!("{}\n{}\n", COLUMNS.join(","), rows.join("\n"));
    let (old, new) = (table("base.csv", &csv(&base)), table("head.csv", &csv(&head)));
    let (yaml, json) = (yaml(&head), format!("[{}]", new.canonical().trim().replace('\n', ",\n")));
    assert_eq!(table("head.yaml", &yaml).digest, new.digest);
    let (head_csv, canonical) = (csv(&head), new.canonical());
    let found = changes(&old, &new);
    println!("{} rows, {} changes, milliseconds", new.rates.len(), found.len());
    best("read CSV", || table("head.csv", &head_csv));
    best("read YAML", || table("head.yaml", &yaml));
    best("read JSON", || table("head.json", &json));
    best("read the canonical form", || of_canonical(&canonical).unwrap());
    best("changes", || changes(&old, &new));
    best("digest of the changes", || digest(&found));
    best("findings", || findings(&old, &new));
    best("reconciliation", || reconcile(&old, &new, &found));
}

fn table(shown: &str, text: &str) -> RateTable {
    let table = read(shown, text.as_bytes(), &Reading::default()).unwrap();
    assert!(table.refused.is_empty(), "{:?}", table.refused.first());
    table
}

fn rows(more: u32) -> Vec<String> {
    let service = |n: u32| {
        let price = 7 + n % 90 + more * u32::from(n.is_multiple_of(2));
        let row = |from: &str, to: &str, price: u32| {
            format!("R{n},{from},{to},vm-{n},eu,,0.{price:03},EUR,M-1,,N/1")
        };
        let (first, second) = ("2025-01-01T00:00:00Z", "2025-07-01T00:00:00Z");
        [row(first, second, price), row(second, "", 500)]
    };
    (0..SERVICES).flat_map(service).collect()
}

fn yaml(rows: &[String]) -> String {
    let item = |row: &String| {
        let fields = COLUMNS.iter().zip(row.split(','));
        let fields: String = fields.map(|(name, field)| format!("  {name}: {field}\n")).collect();
        format!("-\n{fields}")
    };
    rows.iter().map(item).collect()
}

fn best<T>(name: &str, mut work: impl FnMut() -> T) {
    let round = |_| {
        let begun = Instant::now();
        let _ = std::hint::black_box(work());
        begun.elapsed().as_millis()
    };
    println!("{name:30} {:>6}", (0..5).map(round).min().unwrap());
}
