//! A month's usage in Parquet and two tables of rates: reading and re-rating, in seconds and memory.
//!
//! `cargo bench --profile release --workspace --bench gate -- ROWS [SERVICES]`
//!
//! Without arguments 5,000,000 rows of usage and 2,200 services, which have some 50,000 rates in each
//! table, and 160,000 services of cost centres, each nearly every day. The rows are committed to as a run does. The measured part is a process of its own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program that measures; what fails here, fails loudly"
)]

#[path = "../../tests/gate_rerating/generate.rs"]
mod generate;

use generate::{MONTH, Size, tables, write_usage};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tieout_controls::profile;
use tieout_engine::dataset::{DatasetSpec, Reading, SourceFile};
use tieout_engine::gate::rerate::rerate;
use tieout_engine::gate::usage;
use tieout_engine::progress::Quiet;

const SEED: u64 = 20_250_131;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["measure", services, file] = words.as_slice() {
        return measure(services.parse().unwrap(), Path::new(file));
    }
    let number = |at: usize, usual: usize| words.get(at).map_or(usual, |n| n.parse().unwrap());
    let (rows, services) = (number(0, 5_000_000), number(1, 2_200));
    let file = std::env::temp_dir().join(format!("tieout-gate-{rows}-{services}.parquet"));
    if !file.exists() {
        let beside = file.with_extension("part");
        write_usage(&beside, Size { rows, ..size(services) }, SEED);
        std::fs::rename(&beside, &file).unwrap();
    }
    let this = std::env::current_exe().unwrap();
    let services = services.to_string();
    let measured = Command::new(this).args(["measure", &services]).arg(file).status().unwrap();
    assert!(measured.success());
}

fn size(services: usize) -> Size {
    Size { services, cost_centres: 2_000, pairs: 160_000, rows: 0 }
}

fn measure(services: usize, file: &Path) {
    let tables = tables(size(services), SEED);
    println!("{} and {} rates, {} MiB", tables[0].len(), tables[1].len(), peak_mib());
    let spec = DatasetSpec {
        name: "usage".to_owned(),
        profile: profile::named(usage::PROFILE).unwrap(),
        files: vec![SourceFile { shown: "usage.parquet".to_owned(), path: file.to_owned() }],
        reading: Reading::default(),
        expected: None,
    };
    let commitment = |name: &str| tieout_evidence::commitment::dataset_commitment(&[1; 32], name);
    if std::env::var("SPLIT").is_ok() {
        struct N;
        impl tieout_controls::paper::RowCommitment for N {
            fn add(&mut self, _: &[u8]) {}
            fn finish(self: Box<Self>) -> (tieout_controls::Count, tieout_controls::Digest) {
                (tieout_controls::Count(0), tieout_controls::Digest([0; 32]))
            }
        }
        let (begin, cpu) = (Instant::now(), processor_millis());
        tieout_engine::dataset::stream(&spec, &|_| Box::new(N), &Quiet, &mut |_| Ok(())).unwrap();
        told("stream alone", begin, cpu);
        let (begin, cpu) = (Instant::now(), processor_millis());
        tieout_engine::dataset::stream(&spec, &commitment, &Quiet, &mut |_| Ok(())).unwrap();
        told("stream and commit", begin, cpu);
        let (begin, cpu) = (Instant::now(), processor_millis());
        usage::read(&spec, MONTH, &|_| Box::new(N), &Quiet).unwrap();
        told("read without commitment", begin, cpu);
    }
    let (begin, cpu) = (Instant::now(), processor_millis());
    let usage = usage::read(&spec, MONTH, &commitment, &Quiet).unwrap();
    let groups = usage.groups().count();
    told(&format!("{} rows read, {groups} groups", usage.summary.rows), begin, cpu);
    let (begin, cpu) = (Instant::now(), processor_millis());
    let rerated = rerate(&tables[0], &tables[1], &usage, MONTH.0);
    told(&format!("{} groups re-rated", rerated.groups), begin, cpu);
    for (currency, money) in &rerated.money {
        println!("  {currency} {} → {}: {}", money.old, money.new, money.delta);
    }
}

fn told(what: &str, begin: Instant, cpu: u64) {
    let (wall, cpu) = (begin.elapsed().as_millis(), processor_millis() - cpu);
    println!("{what}: {wall} ms, {cpu} ms of processors, peak {} MiB", peak_mib());
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
