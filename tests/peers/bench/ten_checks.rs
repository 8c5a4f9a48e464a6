//! Ten checks over charges in Parquet, by Tieout, by DuckDB with hand-written SQL, and by a loop
//! written by hand over the same arrays, which is the limit.
//!
//! `cargo bench --profile release -p tieout-tests --bench ten_checks -- ROWS [few|many] [THREADS…]`
//!
//! Each engine runs in a process of its own; time is the best of three. DuckDB is the package
//! `duckdb` for Python.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a program that measures; what fails here, fails loudly"
)]

#[path = "by_hand.rs"]
mod by_hand;
#[path = "by_tieout.rs"]
mod by_tieout;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tieout_deck::checks::{Keys, charges, tables};

/// What an engine found, and what it took.
#[derive(serde::Serialize, serde::Deserialize)]
struct Measured {
    engine: String,
    rows: u64,
    /// For each rule: records that violate it, records for which it can't be told.
    rules: Vec<(u64, u64)>,
    wall: String,
    cpu: String,
    rss_mib: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["engine", engine, folder, threads] => {
            let measured = run(engine, Path::new(folder), threads.parse().unwrap());
            println!("{}", serde_json::to_string(&measured).unwrap());
        }
        [rows, rest @ ..] => {
            let many = rest.first() == Some(&"many");
            let keys = if many { Keys::Many } else { Keys::Few };
            let threads: Vec<usize> = rest.iter().filter_map(|t| t.parse().ok()).collect();
            let threads = if threads.is_empty() { vec![1, 2] } else { threads };
            compare(rows.parse().unwrap(), keys, &threads);
        }
        [] => println!("usage: ten_checks ROWS [few|many] [THREADS…]"),
    }
}

fn compare(rows: u64, keys: Keys, threads: &[usize]) {
    let folder = std::env::temp_dir().join(format!("tieout-ten-checks-{rows}-{keys:?}"));
    if !folder.join("charges.parquet").exists() {
        std::fs::create_dir_all(&folder).unwrap();
        for table in tables(keys) {
            std::fs::write(folder.join(format!("{}.csv", table.name)), table.csv).unwrap();
        }
        charges(&folder, rows, keys, 1).unwrap();
    }
    println!("{rows} rows, {keys:?} keys, {}", folder.display());
    println!(
        "{:24} {:>7} {:>8} {:>8} {:>9} {:>8}",
        "engine", "threads", "wall s", "cpu s", "ns/row", "RSS MiB"
    );
    let mut expected: Option<Vec<(u64, u64)>> = None;
    for threads in threads {
        for engine in ["by hand", "tieout", "duckdb"] {
            let Some(measured) = spawn(engine, &folder, *threads) else {
                println!("{engine:24} skipped: python3 has no package duckdb");
                continue;
            };
            let nanos = milli(&measured.cpu) * 1_000_000 / measured.rows.max(1);
            println!(
                "{:24} {threads:>7} {:>8} {:>8} {nanos:>9} {:>8}",
                measured.engine, measured.wall, measured.cpu, measured.rss_mib
            );
            match &expected {
                None => {
                    println!("  violates, can't be told: {:?}", measured.rules);
                    expected = Some(measured.rules);
                }
                Some(expected) => assert_eq!(*expected, measured.rules, "{engine} differs"),
            }
        }
    }
}

/// Thousandths.
fn milli(text: &str) -> u64 {
    text.replace('.', "").parse().unwrap()
}

fn spawn(engine: &str, folder: &Path, threads: usize) -> Option<Measured> {
    let threads = threads.to_string();
    let output = if engine == "duckdb" {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/bench/duckdb_checks.py");
        let has = Command::new("python3").args(["-c", "import duckdb"]).output().ok()?;
        if !has.status.success() {
            return None;
        }
        Command::new("python3").arg(script).arg(folder).arg(threads).output().unwrap()
    } else {
        let this: PathBuf = std::env::current_exe().unwrap();
        Command::new(this).args(["engine", engine]).arg(folder).arg(threads).output().unwrap()
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{engine}: {error}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn run(engine: &str, folder: &Path, threads: usize) -> Measured {
    let hand = by_hand::Tables::read(folder);
    let checks = by_tieout::Checks::new(folder);
    let vectorised = checks.bind();
    let mut measured: Vec<(u128, u64)> = Vec::new();
    let (mut rows, mut rules) = (0, Vec::new());
    for _ in 0..3 {
        let (begin, cpu) = (Instant::now(), processor_millis());
        (rows, rules) = match engine {
            "tieout" => by_tieout::count(&vectorised, folder, threads),
            _ => by_hand::count(&hand, folder, threads),
        };
        measured.push((begin.elapsed().as_millis(), processor_millis() - cpu));
    }
    let (wall, cpu) = measured.into_iter().min().unwrap();
    let seconds = |millis: u64| format!("{}.{:03}", millis / 1000, millis % 1000);
    let engine = if engine == "tieout" { "Tieout, vectorised" } else { "loop by hand" };
    Measured {
        engine: engine.to_owned(),
        rows,
        rules,
        wall: seconds(u64::try_from(wall).unwrap()),
        cpu: seconds(cpu),
        rss_mib: peak_mib(),
    }
}

/// User and system time of this process, in steps of 10 ms (proc(5), `/proc/self/stat`).
fn processor_millis() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
