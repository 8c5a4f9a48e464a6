//! Ten checks over charges in Parquet, by Tieout, by DuckDB with hand-written SQL, and by a loop
//! written by hand over the same arrays, which is the limit; then row by row over a sample of the
//! same rows, by Tieout's reference evaluator, by regorus and by OPA.
//!
//! `cargo bench --profile release --workspace --bench ten_checks -- ROWS [few|many] [THREADS…]`
//!
//! `… -- memory ROWS [few|many]` reads the same file ten times over as one population, by one thread
//! and by two, and says what memory that takes at most.
//!
//! Each engine runs in a process of its own; of three runs the one with the least processor time
//! counts. The virtual machine of regorus is measured too with `--features tieout-tests/regorus-vm`,
//! which the product is built without. DuckDB is the package `duckdb` for Python, OPA as
//! `opa_checks.py` says.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a program that measures; what fails here, fails loudly"
)]

#[path = "by_hand.rs"]
mod by_hand;
#[path = "by_rows.rs"]
mod by_rows;
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
    rules: Counts,
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
        ["memory", rows, rest @ ..] => {
            let (keys, rows) = (keys(rest), rows.parse().unwrap());
            let folder = prepare(rows, keys);
            println!("{rows} rows, {keys:?} keys, ten times over");
            heading();
            for threads in [1, 2] {
                line(&spawn("ten times", &folder, threads).unwrap(), threads, None);
            }
        }
        [rows, rest @ ..] => {
            let keys = keys(rest);
            let threads: Vec<usize> = rest.iter().filter_map(|t| t.parse().ok()).collect();
            let threads = if threads.is_empty() { vec![1, 2] } else { threads };
            compare_by_rows(&compare(rows.parse().unwrap(), keys, &threads));
        }
        [] => println!("usage: ten_checks ROWS [few|many] [THREADS…]"),
    }
}

/// For each rule: records that violate it, records for which it can't be told.
type Counts = Vec<(u64, u64)>;

/// Rows of the sample for the engines that go row by row.
const SAMPLE: usize = 20_000;

fn keys(words: &[&str]) -> Keys {
    if words.contains(&"many") { Keys::Many } else { Keys::Few }
}

/// The folder with the charges and the tables, written where they aren't there yet.
fn prepare(rows: u64, keys: Keys) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tieout-ten-checks-{rows}-{keys:?}"));
    if !folder.join("charges.parquet").exists() {
        std::fs::create_dir_all(&folder).unwrap();
        for table in tables(keys) {
            std::fs::write(folder.join(format!("{}.csv", table.name)), table.csv).unwrap();
        }
        charges(&folder, rows, keys, 1).unwrap();
    }
    folder
}

fn heading() {
    println!(
        "{:24} {:>7} {:>8} {:>8} {:>9} {:>8} {:>9}",
        "engine", "threads", "wall s", "cpu s", "ns/row", "RSS MiB", "of first"
    );
}

fn compare(rows: u64, keys: Keys, threads: &[usize]) -> PathBuf {
    let folder = prepare(rows, keys);
    println!("{rows} rows, {keys:?} keys, {}", folder.display());
    for (column, values) in by_tieout::cardinalities(&folder) {
        print!("{column} {values}, ");
    }
    println!("different values");
    heading();
    let mut expected: Option<Counts> = None;
    for threads in threads {
        let mut own = None;
        for engine in ["tieout", "by hand", "duckdb"] {
            let Some(measured) = spawn(engine, &folder, *threads) else {
                println!("{engine:24} skipped: python3 has no package duckdb");
                continue;
            };
            own = own.or(Some(nanos(&measured)));
            line(&measured, *threads, own);
            match &expected {
                None => {
                    println!("  violates, can't be told: {:?}", measured.rules);
                    expected = Some(measured.rules);
                }
                Some(expected) => assert_eq!(*expected, measured.rules, "{engine} differs"),
            }
        }
    }
    folder
}

fn installed(engine: &str) -> &str {
    match engine {
        "regorus-vm" => "built in (`--features tieout-tests/regorus-vm`)",
        _ => "installed",
    }
}

/// Row by row. What Rego doesn't say is not compared: that it can't be told.
fn compare_by_rows(folder: &Path) {
    by_rows::documents(folder, SAMPLE);
    println!("the first {SAMPLE} rows, row by row");
    heading();
    let mut expected: Option<(u64, Counts)> = None;
    for engine in ["reference", "regorus-vm", "regorus", "opa"] {
        let Some(measured) = spawn(engine, folder, 1) else {
            println!("{engine:24} skipped: it is not {}", installed(engine));
            continue;
        };
        let own = expected.as_ref().map_or_else(|| nanos(&measured), |(own, _)| *own);
        line(&measured, 1, Some(own));
        match &expected {
            None => {
                println!("  violates, can't be told: {:?}", measured.rules);
                expected = Some((own, measured.rules));
            }
            Some((_, expected)) => {
                let violates = |counts: &Counts| counts.iter().map(|c| c.0).collect::<Vec<_>>();
                assert_eq!(violates(expected), violates(&measured.rules), "{engine} differs");
            }
        }
    }
}

fn line(measured: &Measured, threads: usize, own: Option<u64>) {
    let nanos = nanos(measured);
    let hundredths = nanos * 100 / own.unwrap_or(nanos).max(1);
    println!(
        "{:24} {threads:>7} {:>8} {:>8} {nanos:>9} {:>8} {:>9}",
        measured.engine,
        measured.wall,
        measured.cpu,
        measured.rss_mib,
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    );
}

fn nanos(measured: &Measured) -> u64 {
    milli(&measured.cpu) * 1_000_000 / measured.rows.max(1)
}

/// Thousandths.
fn milli(text: &str) -> u64 {
    text.replace('.', "").parse().unwrap()
}

/// What a script ends with where the package isn't there.
const NOT_INSTALLED: i32 = 77;

fn spawn(engine: &str, folder: &Path, threads: usize) -> Option<Measured> {
    let threads = threads.to_string();
    let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/bench").join(name);
    let output = match engine {
        "duckdb" | "opa" => {
            let script = script(&format!("{engine}_checks.py"));
            Command::new("python3").arg(script).arg(folder).arg(threads).output().ok()?
        }
        _ => {
            let this: PathBuf = std::env::current_exe().unwrap();
            Command::new(this).args(["engine", engine]).arg(folder).arg(threads).output().unwrap()
        }
    };
    if output.status.code() == Some(NOT_INSTALLED) {
        return None;
    }
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{engine}: {error}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn run(engine: &str, folder: &Path, threads: usize) -> Measured {
    match engine {
        "reference" => {
            return by_rows::reference(&by_tieout::Checks::new(folder), folder, SAMPLE);
        }
        "regorus" => return by_rows::regorus(folder),
        #[cfg(feature = "regorus-vm")]
        "regorus-vm" => return by_rows::regorus_vm(folder),
        #[cfg(not(feature = "regorus-vm"))]
        "regorus-vm" => std::process::exit(NOT_INSTALLED),
        _ => {}
    }
    let hand = by_hand::Tables::read(folder);
    let checks = by_tieout::Checks::new(folder);
    let vectorised = checks.bind();
    let mut measured: Vec<(u64, u128)> = Vec::new();
    let (mut rows, mut rules) = (0, Vec::new());
    let rounds = if engine == "ten times" { 1 } else { 3 };
    for _ in 0..rounds {
        let (begin, cpu) = (Instant::now(), processor_millis());
        (rows, rules) = match engine {
            "ten times" => by_tieout::count_ten_times(&vectorised, folder, threads),
            "tieout" => by_tieout::count(&vectorised, folder, threads),
            _ => by_hand::count(&hand, folder, threads),
        };
        measured.push((processor_millis() - cpu, begin.elapsed().as_millis()));
    }
    let (cpu, wall) = measured.into_iter().min().unwrap();
    let engine = if engine == "by hand" { "loop by hand" } else { "Tieout, vectorised" };
    Measured {
        engine: engine.to_owned(),
        rows,
        rules,
        wall: seconds(u64::try_from(wall).unwrap()),
        cpu: seconds(cpu),
        rss_mib: peak_mib(),
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
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
