//! What users of the deck rely on: the same seed gives the same bytes, the workspace says what the
//! files hold, and the truth speaks of each control and of records that exist.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tieout_deck::{Exception, Faults, Options, Truth, generate};

mod reread;
use reread::{Rows, read};

const CONTROLS: [&str; 17] = [
    "CM-01", "CM-02", "FOC-R01", "FOC-R02", "FOC-R03", "FOC-R08", "GL-01", "IC-04", "RET-01",
    "RET-02", "RET-04", "RT-01", "SOD-01", "TP-01", "TP-02", "VAT-01", "VAT-02",
];

struct Deck {
    folder: tempfile::TempDir,
    truth: Truth,
}

fn deck(seed: u64, focus_rows: u64, faults: Faults) -> Deck {
    let folder = tempfile::tempdir().unwrap();
    let truth = generate(&Options { seed, focus_rows, faults }, folder.path()).unwrap();
    Deck { folder, truth }
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let parts = [folder.to_owned(), folder.join("data")];
    for part in parts.into_iter().filter(|p| p.is_dir()) {
        for entry in fs::read_dir(part).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_seed_decides_every_byte() {
    let first = bytes(deck(11, 1_500, Faults::All).folder.path());
    assert_eq!(first.len(), 26, "24 datasets, the workspace, the truth");
    assert!(first == bytes(deck(11, 1_500, Faults::All).folder.path()));
    let other = bytes(deck(12, 1_500, Faults::All).folder.path());
    for name in ["data/focus.parquet", "data/invoice.csv", "data/change.ndjson", "truth.json"] {
        assert_ne!(first.get(name), other.get(name), "{name}");
    }
}

/// What seed 42 gave when the deck was first made: it must be the same company everywhere.
#[test]
fn a_seed_means_the_same_company_everywhere() {
    let deck = deck(42, 5_000, Faults::All);
    let stated = fs::read_to_string(deck.folder.path().join("tieout.yaml")).unwrap();
    let billed = "BilledCost: {CHF: \"3689674.1421815548\", EUR: \"10654847.5506479641\", \
                  EUX: \"1.915411680\", HRK: \"237.45377796\"}";
    assert!(stated.contains(billed), "{stated}");
    assert_eq!(deck.truth.exceptions.len(), 152);
}

#[test]
fn a_deck_is_replaced_and_nothing_else_is() {
    let deck = deck(1, 500, Faults::None);
    let folder = deck.folder.path();
    let again = Options { seed: 2, focus_rows: 1_000, faults: Faults::All };
    let truth = generate(&again, folder).unwrap();
    let text = fs::read_to_string(folder.join("truth.json")).unwrap();
    assert_eq!(truth, serde_json::from_str(&text).unwrap());
    let left: Vec<_> = bytes(folder).into_keys().filter(|n| n.ends_with(".partial")).collect();
    assert!(left.is_empty(), "{left:?}");

    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("letter.txt"), "dear").unwrap();
    let error = generate(&again, foreign.path()).unwrap_err();
    assert!(error.reason.contains("not a deck"), "{error}");
    assert_eq!(bytes(foreign.path()).len(), 1);
}

/// Σ over the files as read again = `expected` of the workspace, for every dataset.
#[test]
fn the_workspace_says_what_the_files_hold() {
    for faults in [Faults::None, Faults::All] {
        let deck = deck(3, 2_000, faults);
        let stated = fs::read_to_string(deck.folder.path().join("tieout.yaml")).unwrap();
        let mut datasets = 0;
        for block in blocks(&stated) {
            let name = block.lines().next().unwrap().trim_end_matches(':');
            let rows = read(deck.folder.path(), name);
            let count = format!("rows: \"{}\"", rows.0.len());
            assert!(block.contains(&count), "{name}: {count}\n{block}");
            assert_eq!(reread::sums(name, &rows), totals(block), "{name}");
            datasets += 1;
        }
        assert_eq!(datasets, 24);
    }
}

/// The part of each dataset.
fn blocks(stated: &str) -> impl Iterator<Item = &str> {
    let (_, datasets) = stated.split_once("\ndatasets:\n  ").unwrap();
    let (datasets, _) = datasets.split_once("\ncontrols:").unwrap();
    let mut starts: Vec<_> = datasets.match_indices("\n  ").map(|(at, _)| at + 3).collect();
    starts.retain(|at| !datasets[*at..].starts_with(' '));
    starts.insert(0, 0);
    let ends: Vec<_> = starts.iter().skip(1).copied().chain([datasets.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &datasets[start..end])
}

/// The lines under `totals`, such as `net: {EUR: "12.50"}`.
fn totals(block: &str) -> BTreeMap<(String, String), i128> {
    let mut totals = BTreeMap::new();
    for line in block.lines().filter(|l| l.starts_with("        ")) {
        let (column, sums) = line.trim().split_once(": {").unwrap();
        for sum in sums.trim_end_matches('}').split(", ") {
            let (currency, amount) = sum.split_once(": ").unwrap();
            let amount = reread::quintillionths(amount.trim_matches('"'));
            totals.insert((column.to_owned(), currency.to_owned()), amount);
        }
    }
    totals
}

#[test]
fn charges_have_unique_keys() {
    for faults in [Faults::None, Faults::All] {
        for seed in 0..4 {
            let deck = deck(seed, 3_000, faults.clone());
            let rows = read(deck.folder.path(), "focus");
            let key = ["InvoiceId", "ResourceId", "SkuPriceId", "ChargePeriodStart"];
            let keys: BTreeSet<_> =
                rows.0.iter().map(|row| key.map(|c| row.get(c).cloned())).collect();
            assert_eq!(keys.len(), 3_000);
        }
    }
}

#[test]
fn the_clean_company_has_no_exception() {
    for focus_rows in [0, 1, 1_000] {
        let deck = deck(5, focus_rows, Faults::None);
        assert_eq!(deck.truth.exceptions, []);
        assert_eq!(u64::try_from(read(deck.folder.path(), "focus").0.len()), Ok(focus_rows));
    }
}

fn planted<'a>(truth: &'a Truth, control: &str) -> Vec<&'a Exception> {
    let own = truth.exceptions.iter().filter(|e| e.control == control);
    own.filter(|e| !e.consequential).collect()
}

#[test]
fn every_control_has_faults_and_no_record_has_two() {
    for seed in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { seed, focus_rows: 1_000, faults: Faults::All };
        let truth = generate(&options, folder.path()).unwrap();
        let mut records = BTreeSet::new();
        for control in CONTROLS {
            let planted = planted(&truth, control);
            assert!(planted.len() >= 2, "{control}, seed {seed}");
            for exception in planted {
                assert!(records.insert(exception.key.clone()), "{exception:?}, seed {seed}");
            }
        }
        assert!(truth.exceptions.is_sorted());
    }
}

#[test]
fn the_named_controls_get_their_faults() {
    for control in CONTROLS {
        let truth = deck(9, 1_000, Faults::Only(vec![control.to_owned()])).truth;
        assert!(planted(&truth, control).len() >= 2, "{control}");
        let others = truth.exceptions.iter().filter(|e| e.control != control);
        assert!(others.clone().all(|e| e.consequential), "{control}");
    }
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::Only(vec!["FOC-R99".to_owned()]);
    let options = Options { seed: 1, focus_rows: 1_000, faults };
    let error = generate(&options, folder.path()).unwrap_err();
    assert!(error.reason.contains("`FOC-R99`"), "{error}");
    let options = Options { seed: 1, focus_rows: 20, faults: Faults::All };
    let error = generate(&options, folder.path()).unwrap_err();
    assert!(error.reason.contains("no record fits"), "{error}");
}

/// The dataset whose records a control speaks of, where they are records of a file.
fn dataset(control: &str) -> Option<&'static str> {
    Some(match control {
        "CM-01" => "change",
        "CM-02" => "approval",
        "RET-01" | "RET-02" | "RET-04" => "retention_record",
        "VAT-01" | "VAT-02" => "invoice",
        "TP-01" | "TP-02" | "IC-04" => "intercompany",
        "SOD-01" => return None,
        _ => "focus",
    })
}

#[test]
fn the_truth_names_records_that_exist() {
    let deck = deck(21, 2_000, Faults::All);
    let mut read_sets: BTreeMap<&str, Rows> = BTreeMap::new();
    for exception in &deck.truth.exceptions {
        let Some(name) = dataset(&exception.control) else { continue };
        let rows = read_sets.entry(name).or_insert_with(|| read(deck.folder.path(), name));
        let is = |row: &BTreeMap<String, String>| {
            exception.key.iter().all(|(column, value)| row.get(column) == Some(value))
        };
        assert!(rows.0.iter().any(is), "{exception:?}");
    }
}
