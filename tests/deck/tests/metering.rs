//! The metering world as its readers find it: it ties out, faults break what they say, and a seed
//! means the same bytes.

#![cfg(test)]

mod chain;
mod reread;
mod touched;

use chain::{Break, Clean, chain};
use reread::{Rows, quintillionths, read, sums};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use tieout_deck::{
    Dose, MeteringFaults, MeteringOptions, MeteringTruth, generate_metering, metering_classes,
};
use touched::touched;

const ROWS: u64 = 200_000;

struct World {
    folder: tempfile::TempDir,
    truth: MeteringTruth,
}

fn world(seed: u64, usage_rows: u64, faults: MeteringFaults, threads: usize) -> World {
    let folder = tempfile::tempdir().unwrap();
    let options = MeteringOptions { seed, usage_rows, faults, threads };
    let truth = generate_metering(&options, folder.path()).unwrap();
    World { folder, truth }
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder.join("data")).unwrap().map(|e| e.unwrap().path());
    let all = files.chain(["tieout.yaml", "truth.json"].map(|name| folder.join(name)));
    all.map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(p).unwrap()))
        .collect()
}

/// Control and key → amount in 10^-18; `None` where no amount is known.
type Found = BTreeMap<(String, Vec<String>), Option<i128>>;

/// The facts of the truth, as the chain would find them: several faults of one record are one finding.
fn expected(truth: &MeteringTruth) -> Found {
    let mut found = Found::new();
    for fact in &truth.facts {
        let control = fact.control.clone().unwrap_or_else(|| fact.fault.clone());
        let amount = fact.amount.as_deref().filter(|_| control != "IM-01").map(quintillionths);
        let key = (control, fact.key.iter().map(|(_, value)| value.clone()).collect());
        let sum = found.entry(key).or_insert(None);
        *sum = sum.map_or(amount, |sum| amount.map(|more| sum + more));
    }
    found
}

/// What the chain found in the folder.
fn broken(folder: &Path) -> Found {
    found(chain(folder).breaks)
}

fn found(breaks: BTreeSet<Break>) -> Found {
    let amount = |text: String| (!text.is_empty()).then(|| quintillionths(&text));
    breaks.into_iter().map(|(control, key, text)| ((control, key), amount(text))).collect()
}

#[test]
fn the_clean_world_ties_out_at_every_link() {
    for seed in [1, 2] {
        let clean = world(seed, ROWS, MeteringFaults::None, 2);
        assert_eq!(clean.truth.facts, []);
        assert_eq!(broken(clean.folder.path()), Found::new(), "{seed}");
    }
}

/// Everything at once, rarely and often: the chain finds exactly what was planted, with its amounts.
#[test]
fn all_faults_together_are_found_one_by_one() {
    for (seed, count) in [(1, 3), (2, 12)] {
        let spoiled = world(seed, ROWS, MeteringFaults::All(Dose::Count(count)), 2);
        let found = broken(spoiled.folder.path());
        let expected = expected(&spoiled.truth);
        let missed: Vec<_> = expected.iter().filter(|(k, v)| found.get(k) != Some(v)).collect();
        let surplus: Vec<_> = found.iter().filter(|(k, v)| expected.get(k) != Some(v)).collect();
        assert!(missed.is_empty() && surplus.is_empty(), "{missed:#?}\nsurplus {surplus:#?}");
        let by = |control: &'static str| {
            let facts = spoiled.truth.facts.iter();
            facts.filter(move |f| f.control.as_deref() == Some(control))
        };
        for fact in by("DD-02") {
            assert!(!fact.usage.is_empty() && fact.usage.iter().all(|id| id.starts_with('P')));
        }
        let keys: BTreeSet<_> = by("RC-01").map(|f| &f.key).collect();
        assert!(count < 12 || keys.len() < by("RC-01").count(), "runs with several faults");
    }
}

/// Prices that became known late: the charges are right as billed, and other by what is known now.
#[test]
fn late_prices_change_what_is_known_now_and_not_what_was_billed() {
    for faults in [MeteringFaults::None, MeteringFaults::All(Dose::Count(2))] {
        let made = world(7, ROWS, faults, 2);
        let stated: BTreeMap<_, _> = made
            .truth
            .retroactive
            .iter()
            .map(|r| ((r.service_id.clone(), r.version.clone()), (r.charges, r.amount.clone())))
            .collect();
        let found = chain(made.folder.path()).retroactive;
        let found = found.into_iter().map(|(key, (count, sum))| (key, (count, sum.money())));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), stated);
        let services: BTreeSet<_> = stated.keys().map(|(service, _)| service).collect();
        assert!(services.len() >= 3, "{stated:?}");
        // Another version holds in the end, but some charges went by it already.
        let Rows(charges) = read(made.folder.path(), "charge");
        assert!(charges.iter().any(|c| c["price_version"].ends_with('r')));
    }
}

/// And a fault of a table changes that table, and what follows from it, alone.
#[test]
fn each_fault_alone_breaks_what_it_says() {
    let clean = Clean::of(world(2, ROWS, MeteringFaults::None, 2).folder.path());
    let alone = |(name, control): (&'static str, Option<&'static str>)| {
        let only = MeteringFaults::Only(vec![(name.to_owned(), Dose::Count(1))]);
        let spoiled = world(2, ROWS, only, 1);
        assert!(spoiled.truth.facts.iter().all(|f| f.fault == name), "{name}");
        let planted = spoiled.truth.facts.iter().find(|f| !f.consequential).unwrap();
        assert_eq!(planted.control.as_deref(), control, "{name}");
        let (breaks, changed) = clean.compare(spoiled.folder.path());
        assert_eq!(found(breaks), expected(&spoiled.truth), "{name}");
        let tables = touched(name);
        assert!(tables.is_none_or(|tables| changed == tables), "{name}: {changed:?}");
    };
    let classes = Mutex::new(metering_classes());
    let next = || classes.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| std::iter::from_fn(next).for_each(alone));
        }
    });
}

/// The same bytes for any number of threads, and others for another seed.
#[test]
fn a_seed_decides_every_byte() {
    let faults = || MeteringFaults::All(Dose::PerMille(2));
    let one = bytes(world(4, ROWS, faults(), 1).folder.path());
    assert_eq!(one.len(), 74, "72 datasets, the workspace, the truth");
    for threads in [2, 3] {
        assert!(one == bytes(world(4, ROWS, faults(), threads).folder.path()), "{threads}");
    }
    let other = bytes(world(5, ROWS, faults(), 2).folder.path());
    for name in ["usage.parquet", "charge.parquet", "journal.csv", "truth.json"] {
        assert_ne!(one.get(name), other.get(name), "{name}");
    }
}

/// What seed 42 gave when the world was first made: it must be the same everywhere.
#[test]
fn a_seed_means_the_same_world_everywhere() {
    let made = world(42, ROWS, MeteringFaults::All(Dose::Count(1)), 2);
    let stated = fs::read_to_string(made.folder.path().join("tieout.yaml")).unwrap();
    let amounts: Vec<&str> = stated.lines().filter(|l| l.starts_with("        amount:")).collect();
    assert_eq!(amounts[0].trim(), "amount: {CHF: \"124689.86\", EUR: \"573416.51\"}");
    let counts = (made.truth.usage_rows, made.truth.charge_rows, made.truth.facts.len());
    assert_eq!(counts, (211_002, 785, 142));
}

/// Σ over the files as read again = `expected` of the workspace, for every dataset with amounts.
#[test]
fn the_workspace_says_what_the_files_hold() {
    let made = world(6, ROWS, MeteringFaults::All(Dose::Count(2)), 2);
    let stated = fs::read_to_string(made.folder.path().join("tieout.yaml")).unwrap();
    let (mut dataset, mut column_sums) = (String::new(), 0);
    for line in stated.lines() {
        if let Some(name) = line.strip_prefix("  ").filter(|l| !l.starts_with(' ')) {
            dataset = name.trim_end_matches(':').to_owned();
        }
        let Some((column, totals)) =
            line.strip_prefix("        ").and_then(|l| l.split_once(": {"))
        else {
            continue;
        };
        let sums = sums(&dataset, &read(made.folder.path(), &dataset));
        for total in totals.trim_end_matches('}').split(", ") {
            let (currency, amount) = total.split_once(": ").unwrap();
            let sum = sums[&(column.to_owned(), currency.to_owned())];
            assert_eq!(sum, quintillionths(amount.trim_matches('"')), "{dataset} {line}");
            column_sums += 1;
        }
    }
    assert!(column_sums > 30, "{column_sums}");
}

#[test]
fn two_hundred_thousand_rows_have_room_for_one_of_each() {
    for seed in 10..22 {
        let truth = world(seed, ROWS, MeteringFaults::All(Dose::Count(1)), 2).truth;
        let faults: BTreeSet<_> = truth.facts.iter().map(|f| f.fault.as_str()).collect();
        assert_eq!(faults, metering_classes().map(|(name, _)| name).collect(), "{seed}");
        let late: BTreeSet<_> = truth.retroactive.iter().map(|r| &r.service_id).collect();
        assert!(late.len() >= 3, "{seed}: {late:?}");
    }
}

#[test]
fn an_unknown_fault_is_refused_with_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let faults = MeteringFaults::Only(vec![("typo".to_owned(), Dose::Count(1))]);
    let options = MeteringOptions { seed: 1, usage_rows: 1, faults, threads: 1 };
    let error = generate_metering(&options, folder.path()).unwrap_err();
    assert!(error.reason.contains("no fault `typo`"), "{error}");
    assert!(error.reason.contains("rounding-mode"), "{error}");
}
