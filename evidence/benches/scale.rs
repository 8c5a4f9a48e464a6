//! Packs of a gigabyte, and trees of a hundred million lines: what they cost.
//!
//! `cargo bench --profile release -p tieout-evidence --bench scale -- MODE`, where MODE is
//!
//! * `verify`: full verification of a pack with record lines of some 330 bytes, `MIB` (1024) of them, beside
//!   `sha256sum` and `openssl dgst` over the same files; CPU seconds, speed-up on two cores, memory;
//! * `commit`: the commitment to `ROWS` (10,000,000) rows of 300 bytes;
//! * `row`: proving and verifying lines of a population of `ROWS` (100,000,000);
//! * `mutate`: random changes of the pack of `verify`, `FULL` (1,000) by full verification and `BLOCKS`
//!   (1,000,000) by the hashes of `tiles/records.1`; the number of those that are missed.
//!
//! The capitals are variables of the environment. `DIR` is where the packs are made, else a temporary
//! folder; what stands there of an earlier run is used again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "measures and prints; what goes wrong ends it"
)]

#[path = "../tests/evidence/fixture.rs"]
mod fixture;
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/evidence/forge.rs"]
mod forge;
#[expect(dead_code, reason = "shared with the tests")]
#[path = "../tests/evidence/workspace.rs"]
mod workspace;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fixture::{Fixture, billed, run_of, violates};
use sha2::{Digest as _, Sha256};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tieout_controls::paper::PaperError;
use tieout_controls::{Count, Decimal, Decision, EvaluatedRecord, Value, WorkingPaper};
use tieout_evidence::commitment::dataset_commitment;
use tieout_evidence::key::SigningKey;
use tieout_evidence::line_proof::Tree;
use tieout_evidence::merkle::{self, leaf_hash};
use tieout_evidence::prove::prove;
use tieout_evidence::seal::{IntentInput, SealInput, announce, seal};
use tieout_evidence::verify::{Anchor, Verdict, check, verify_line};
use workspace::ORIGIN;

const CHUNK: u64 = 65_536;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["verify"] => bench_verify(),
        ["commit"] => bench_commit(),
        ["row"] => bench_row(),
        ["mutate"] => mutate::bench(),
        ["child", pack] => child(Path::new(pack)),
        _ => println!("MODE is one of verify, commit, row, mutate"),
    }
}

fn size(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Where packs are made; the guard removes a temporary folder.
fn folder() -> (PathBuf, Option<tempfile::TempDir>) {
    match std::env::var_os("DIR") {
        Some(path) => (path.into(), None),
        None => {
            let temporary = tempfile::tempdir().unwrap();
            (temporary.path().to_owned(), Some(temporary))
        }
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed([seed; 32], false)
}

fn anchor() -> Anchor {
    let (operator, log) = (Some(key(1).public_pem()), key(2).vkey(ORIGIN));
    Anchor { operator, log, policy: None }
}

/// CPU time of this process, and of its children that ended: seconds, in steps of 10 ms.
fn cpu() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / 100.0;
    (ticks(11) + ticks(12), ticks(13) + ticks(14))
}

/// The most memory that this process had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Records that all violate, made while they are sealed.
struct Many {
    fixture: Fixture,
    rows: u64,
}

impl WorkingPaper for Many {
    fn each_record(
        &self,
        each: &mut dyn FnMut(&EvaluatedRecord) -> Result<(), PaperError>,
    ) -> Result<(), PaperError> {
        let mut record = self.fixture.records[0].clone();
        for row in 1..=self.rows {
            record.record.row = Some(Count(row));
            record.record.key[0].value = Value::String(format!("INV-2025-{row:09}"));
            each(&record)?;
        }
        Ok(())
    }
}

/// A run of that many records.
fn many(rows: u64) -> Many {
    let decision = violates("differs", Some("0.05"), None, None);
    let mut record = billed(1, decision);
    // So that a line is short: some 330 bytes.
    record.values.clear();
    record.exposure = None;
    let mut fixture = run_of(Vec::new(), vec![record], Vec::new());
    let number = Count(rows);
    let focus = &mut fixture.result.datasets[1];
    (focus.rows, focus.accepted) = (number, number);
    let test = &mut fixture.result.tests[1];
    let population = test.population.as_mut().unwrap();
    (population.base_rows, population.selected, population.records) = (number, number, number);
    test.counts.violates = number;
    let sum = Decimal::from_scaled(i128::from(rows) * 5, 2);
    test.exception_amounts.0.insert(String::new(), sum.clone());
    let code = test.by_code.get_mut("differs").unwrap();
    code.count = number;
    code.amounts.0.insert(String::new(), sum);
    test.outcome = tieout_controls::conclude::outcome_of(test).unwrap();
    assert!(matches!(fixture.records[0].decision, Decision::Violates { .. }));
    Many { fixture, rows }
}

/// The pack with that many MiB of record lines.
fn pack(folder: &Path) -> PathBuf {
    let mib = size("MIB", 1024);
    let rows = (mib << 20) / 330;
    let packs = folder.join(format!("records-{mib}"));
    if !packs.exists() {
        let many = many(rows);
        let started = (Instant::now(), cpu().0);
        let result = &many.fixture.result;
        let controls = result.tests.iter().map(|test| (test.control.clone(), test.policy.clone()));
        let log = folder.join(format!("log-{mib}"));
        let announced = announce(&IntentInput {
            run: &result.run,
            datasets: &result.datasets,
            controls: &controls.collect::<Vec<_>>(),
            operator: &key(1),
            log_key: &key(2),
            log: &log,
            origin: ORIGIN,
            packs: &packs,
            announced_at: "2026-02-01T09:30:00Z".parse().unwrap(),
        })
        .unwrap();
        seal(&SealInput {
            result,
            announced: &announced,
            paper: &many,
            policies: &many.fixture.policies,
            secret: &[5; 32],
            vault: None,
            operator: &key(1),
            log_key: &key(2),
            log: &log,
            origin: ORIGIN,
            packs: &packs,
            sealed_at: "2026-02-01T09:30:00Z".parse().unwrap(),
        })
        .unwrap();
        let spent = cpu().0 - started.1;
        println!(
            "sealed {rows} records: {spent:.1} s CPU, {:.1} s",
            started.0.elapsed().as_secs_f64()
        );
    }
    let names = std::fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path());
    let pack = names.into_iter().next().unwrap();
    let line = std::fs::read_to_string(pack.join("records/000000.jsonl")).unwrap();
    println!(
        "a line: {} bytes: {}",
        line.lines().next().unwrap().len() + 1,
        line.lines().next().unwrap()
    );
    pack
}

fn covered(pack: &Path) -> Vec<PathBuf> {
    let sums = std::fs::read_to_string(pack.join("SHA256SUMS")).unwrap();
    sums.lines().map(|line| pack.join(&line[66..])).collect()
}

fn bytes(files: &[PathBuf]) -> f64 {
    files.iter().map(|path| path.metadata().unwrap().len()).sum::<u64>() as f64
}

/// One verification in a process of its own, on these cores: CPU seconds, seconds, MiB.
fn verified_on(cores: &str, pack: &Path) -> (f64, f64, u64) {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("taskset");
    let output = command.args(["-c", cores]).arg(program).arg("child").arg(pack).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_whitespace();
    let mut next = || numbers.next().unwrap();
    (next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap())
}

fn child(pack: &Path) {
    let started = Instant::now();
    let verification = check(pack, &anchor()).unwrap();
    assert_eq!(verification.verdict, Verdict::Valid, "{:?}", verification.checks.last());
    println!("{} {} {}", cpu().0, started.elapsed().as_secs_f64(), peak());
}

fn bench_verify() {
    const GIB: f64 = (1 << 30) as f64;
    let (folder, _guard) = folder();
    let pack = pack(&folder);
    let disclosures = pack.join("disclosures/population.jsonl");
    let aside = folder.join("population.jsonl");
    if disclosures.exists() {
        std::fs::rename(&disclosures, &aside).unwrap();
    }
    let files = covered(&pack);
    let gib = bytes(&files) / GIB;
    let records: Vec<_> =
        files.iter().filter(|p| p.extension().is_some_and(|e| e == "jsonl")).cloned().collect();
    println!("covered files {gib:.3} GiB, records {:.3} GiB", bytes(&records) / GIB);
    let tool = |program: &str, arguments: &[&str]| {
        let before = cpu().1;
        let output = Command::new(program).args(arguments).args(&files).output().unwrap();
        assert!(output.status.success());
        cpu().1 - before
    };
    let report = |what: &str, gib: f64| {
        let runs = size("RUNS", 3);
        let least = |cores| {
            let runs = (0..runs).map(|_| verified_on(cores, &pack));
            runs.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2))).unwrap()
        };
        let (one, two) = (least("0"), least("0,1"));
        println!(
            "{what}: {:.2} s CPU on one core, {:.2} on two: {:.2} s/GiB",
            one.0,
            two.0,
            one.0 / gib
        );
        println!(
            "  {:.2} s on one core, {:.2} on two: {:.2} times as fast",
            one.1,
            two.1,
            one.1 / two.1
        );
        println!("  {} MiB on one core, {} on two", one.2, two.2);
        one.0
    };
    let own = report("verify, population withheld", gib);
    let (sums, openssl) = (tool("sha256sum", &[]), tool("openssl", &["dgst", "-sha256"]));
    println!(
        "sha256sum: {sums:.2} s CPU, {:.2} s/GiB; verify is {:.2} times that",
        sums / gib,
        own / sums
    );
    println!(
        "openssl dgst: {openssl:.2} s CPU, {:.2} s/GiB; verify is {:.2} times that",
        openssl / gib,
        own / openssl
    );
    if aside.exists() {
        std::fs::rename(&aside, &disclosures).unwrap();
        let gib = gib + bytes(&[disclosures]) / GIB;
        println!("with what is disclosed {gib:.3} GiB");
        report("verify, all disclosed", gib);
    }
}

fn bench_commit() {
    let rows = size("ROWS", 10_000_000);
    let mut commitment = dataset_commitment(&[5; 32], "focus");
    let mut row = [b'x'; 300];
    let before = cpu().0;
    for number in 0..rows {
        row[..8].copy_from_slice(&number.to_be_bytes());
        commitment.add(&row);
    }
    let (count, root) = commitment.finish();
    println!("{count} rows of 300 bytes: {:.2} s CPU (root {root})", cpu().0 - before);
}

/// A pack whose population has that many lines; what else is in it is a small run's.
fn large_population(folder: &Path) -> (PathBuf, u64) {
    let rows = size("ROWS", 100_000_000);
    let pack = folder.join(format!("population-{rows}"));
    if pack.exists() {
        return (pack, rows);
    }
    let making = folder.join("making");
    let _ = std::fs::remove_dir_all(&making);
    let mut forgery = forge::fixture_pack();
    forgery
        .files
        .retain(|path, _| !path.starts_with("population/") && !path.starts_with("disclosures/"));
    forgery.in_step = false;
    std::fs::create_dir_all(making.join("population")).unwrap();
    std::fs::create_dir_all(making.join("tiles")).unwrap();
    let create = |path: String| BufWriter::new(std::fs::File::create(making.join(path)).unwrap());
    let mut levels = [1, 2].map(|level| create(format!("tiles/population.{level}")));
    let mut roots = Vec::new();
    for chunk in 0..rows.div_ceil(CHUNK) {
        let mut file = create(format!("population/{chunk:06}.txt"));
        let (mut leaves, mut blocks) = (Vec::new(), Vec::new());
        let end = ((chunk + 1) * CHUNK).min(rows);
        for row in chunk * CHUNK..end {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&row.to_be_bytes());
            let line = URL_SAFE_NO_PAD.encode(digest);
            writeln!(file, "{line}").unwrap();
            leaves.push(leaf_hash(line.as_bytes()));
            if leaves.len() == 256 || row + 1 == end {
                blocks.push(merkle::root(&leaves));
                leaves.clear();
            }
        }
        file.flush().unwrap();
        blocks.iter().for_each(|hash| levels[0].write_all(&hash.0).unwrap());
        roots.push(merkle::root(&blocks));
    }
    roots.iter().for_each(|hash| levels[1].write_all(&hash.0).unwrap());
    levels.iter_mut().for_each(|level| level.flush().unwrap());
    forgery.predicate(|predicate| {
        predicate["population"]["treeSize"] = rows.to_string().into();
        predicate["population"]["rootHash"] = merkle::root(&roots).to_string().into();
    });
    forgery.write(&making);
    std::fs::rename(&making, &pack).unwrap();
    (pack, rows)
}

fn bench_row() {
    let (folder, _guard) = folder();
    let (pack, rows) = large_population(&folder);
    let (proofs, mut longest, mut worst) = (1000, 0, [Duration::ZERO; 2]);
    let before = cpu().0;
    for number in 0..proofs {
        // The first, the last, and some between.
        let at = (number * (rows - 1) / (proofs - 1)).min(rows - 1);
        let started = Instant::now();
        let proof = prove(&pack, Tree::Population, Count(at)).unwrap();
        let text = proof.to_string();
        let proved = started.elapsed();
        let verification = verify_line(&text, &anchor()).unwrap();
        let verified = started.elapsed() - proved;
        assert_eq!(verification.verdict, Verdict::Valid, "{:?}", verification.checks.last());
        worst = [worst[0].max(proved), worst[1].max(verified)];
        longest = longest.max(text.len() - proof.line.len() - proof.envelope.to_bytes().len());
    }
    let mean = (cpu().0 - before) * 1000.0 / proofs as f64;
    let [proved, verified] = worst.map(|time| time.as_secs_f64() * 1000.0);
    println!("{proofs} of {rows} lines proved and verified: {mean:.2} ms CPU each");
    println!("the worst by the clock: {proved:.2} ms proved, {verified:.2} ms verified");
    println!("a proof has up to {longest} bytes beside line and envelope");
}

mod mutate {
    use super::*;

    /// Numbers by a seed.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 += 1;
            let digest = Sha256::digest(self.0.to_be_bytes());
            let number = u64::from_be_bytes(digest[..8].try_into().unwrap());
            usize::try_from(number % u64::try_from(limit).unwrap()).unwrap()
        }
    }

    /// Changes bytes in one of seven ways; never to what they were.
    fn change(bytes: &mut Vec<u8>, random: &mut Random) {
        let (before, length) = (bytes.clone(), bytes.len());
        while *bytes == before {
            let at = random.below(length);
            let line = |at: usize| {
                let start = before[..at].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
                let end =
                    before[at..].iter().position(|b| *b == b'\n').map_or(length, |n| at + n + 1);
                start..end
            };
            match random.below(7) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, u8::try_from(random.below(256)).unwrap()),
                4 => drop(bytes.drain(line(at))),
                5 => drop(bytes.splice(at..at, before[line(at)].to_vec())),
                _ => {
                    let (one, other) = (line(at), line(random.below(length)));
                    if one.end <= other.start {
                        let (first, second) =
                            (before[one.clone()].to_vec(), before[other.clone()].to_vec());
                        bytes.splice(other, first);
                        bytes.splice(one, second);
                    }
                }
            }
        }
    }

    pub(super) fn bench() {
        let (folder, _guard) = folder();
        let pack = pack(&folder);
        let _ = std::fs::remove_file(pack.join("disclosures/population.jsonl"));
        by_block(&pack, size("BLOCKS", 1_000_000));
        by_verification(&pack, size("FULL", 1000));
    }

    /// Each a change of a block of 256 lines, held against its hash in the tiles.
    fn by_block(pack: &Path, number: u64) {
        let tiles = std::fs::read(pack.join("tiles/records.1")).unwrap();
        let (mut random, mut missed, before) = (Random(1 << 32), 0, cpu().0);
        // A few hundred changes for each chunk that is read.
        for part in 0..number.div_ceil(500) {
            let chunks = std::fs::read_dir(pack.join("records")).unwrap().count() - 1;
            let chunk = random.below(chunks);
            let bytes = std::fs::read(pack.join(format!("records/{chunk:06}.jsonl"))).unwrap();
            let ends: Vec<_> =
                (0..bytes.len()).filter(|at| bytes[*at] == b'\n').map(|at| at + 1).collect();
            for _ in 0..500.min(number - part * 500) {
                let block = random.below(256);
                let start = if block == 0 { 0 } else { ends[block * 256 - 1] };
                let mut changed = bytes[start..ends[block * 256 + 255]].to_vec();
                let hash = |bytes: &[u8]| {
                    let lines = bytes.split(|byte| *byte == b'\n').map(leaf_hash);
                    let mut leaves: Vec<_> = lines.collect();
                    let whole = bytes.last() == Some(&b'\n') && leaves.len() == 257;
                    leaves.pop();
                    whole.then(|| merkle::root(&leaves).0)
                };
                let at = (chunk * 256 + block) * 32;
                let known = Some(tiles[at..at + 32].try_into().unwrap());
                assert!(part > 0 || hash(&changed) == known);
                change(&mut changed, &mut random);
                missed += u64::from(hash(&changed) == known);
            }
        }
        println!("{number} changes by block: {missed} missed, {:.0} s CPU", cpu().0 - before);
    }

    /// Each a change of a covered file, and a full verification.
    fn by_verification(pack: &Path, number: u64) {
        let files = covered(pack);
        let (mut random, mut missed, before) = (Random(2 << 32), 0, cpu().0);
        for _ in 0..number {
            // By size: nearly all of it is in the chunks.
            let chunks = files.iter().filter(|path| path.metadata().unwrap().len() > 1 << 20);
            let (chunks, others): (Vec<_>, Vec<_>) = (chunks.collect(), files.iter().collect());
            let from = if random.below(10) == 0 { others } else { chunks };
            let path = from[random.below(from.len())];
            let original = std::fs::read(path).unwrap();
            let mut changed = original.clone();
            change(&mut changed, &mut random);
            std::fs::write(path, changed).unwrap();
            let verdict = check(pack, &anchor()).unwrap().verdict;
            std::fs::write(path, original).unwrap();
            missed += u64::from(verdict != Verdict::Invalid);
        }
        assert_eq!(check(pack, &anchor()).unwrap().verdict, Verdict::Valid);
        println!(
            "{number} changes by verification: {missed} missed, {:.0} s CPU",
            cpu().0 - before
        );
    }
}
