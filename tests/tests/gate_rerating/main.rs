//! A month's usage under two rate tables, re-rated by Tieout and by SQL in DuckDB: the same to the cent by
//! every dimension, side and rate key. The query is written from what the profiles' pages say, not from
//! ours. `TIEOUT_GATE_ROWS` says how many rows.

#![cfg(test)]

mod generate;

use generate::{MONTH, Size, tables, write_usage};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use tieout_controls::{Count, Decimal, profile};
use tieout_engine::dataset::{DatasetSpec, Reading, SourceFile};
use tieout_engine::gate::rerate::{Dimension, Money, Portion, Rerated, rerate};
use tieout_engine::gate::usage::{self, Usage};
use tieout_engine::gate::{Rate, TierMode};
use tieout_engine::progress::Quiet;
use tieout_engine::reperform::exact::Exact;

const TEST: &str = "duckdb_re_rates_to_the_same_cent";

/// A row of the comparison → its numbers, each a decimal.
type Rows = BTreeMap<String, Vec<Exact>>;

#[test]
fn duckdb_re_rates_to_the_same_cent() {
    let rows = std::env::var("TIEOUT_GATE_ROWS").map_or(200_000, |rows| rows.parse().unwrap());
    let size = Size { services: 60, cost_centres: 400, pairs: rows / 8, rows };
    let folder = tempfile::tempdir().unwrap();
    let [base, head] = tables(size, 20_250_131);
    write_table(&folder.path().join("base.csv"), &base);
    write_table(&folder.path().join("head.csv"), &head);
    write_usage(&folder.path().join("usage.parquet"), size, 7);
    let usage = read(folder.path());
    let rerated = rerate(&base, &head, &usage, MONTH.0);
    assert_eq!(usage.summary.accepted, Count::of(rows));
    completeness(&usage, &rerated);
    deltas_add_up(&rerated);
    let Some(theirs) = duckdb(folder.path()) else { return };
    for (name, ours) in told(&usage, &rerated) {
        let theirs = parsed(&theirs[name]);
        let differ = ours.iter().find(|(row, numbers)| theirs.get(*row) != Some(numbers));
        let known = differ.and_then(|(row, _)| theirs.get(row));
        assert!(differ.is_none(), "{name}: {differ:?} against {known:?}");
        assert_eq!(
            ours.len(),
            theirs.len(),
            "{name}: {:?}",
            theirs.keys().find(|k| !ours.contains_key(*k))
        );
        println!("{name}: {} rows of sums, 0 differ", ours.len());
        assert!(!ours.is_empty());
    }
}

fn read(folder: &Path) -> Usage {
    let path = folder.join("usage.parquet");
    let spec = DatasetSpec {
        name: "usage".to_owned(),
        profile: profile::named(usage::PROFILE).unwrap(),
        files: vec![SourceFile { shown: "usage.parquet".to_owned(), path }],
        reading: Reading::default(),
        expected: None,
    };
    let commitment = |name: &str| tieout_evidence::commitment::dataset_commitment(&[1; 32], name);
    usage::read(&spec, MONTH, &commitment, &Quiet).unwrap()
}

/// Both sides have all groups, rows and quantities of the usage, and it all rows of the dataset.
fn completeness(usage: &Usage, rerated: &Rerated) {
    let undetermined: u64 = usage.undetermined.values().map(|sum| sum.rows.0).sum();
    let rows = usage.in_month.rows.0 + usage.outside.0 + undetermined;
    assert_eq!(Count(rows), usage.summary.accepted);
    for side in &rerated.sides {
        let (mut groups, mut rows) = (0, 0);
        let mut quantity: BTreeMap<String, Exact> = BTreeMap::new();
        for portion in portions(side) {
            groups += portion.1.groups.0;
            rows += portion.1.rows.0;
            for (unit, more) in &portion.1.quantity {
                let sum = quantity.entry(unit.clone()).or_insert_with(Exact::zero);
                *sum = sum.plus(more);
            }
        }
        assert_eq!((Count(groups), Count(rows)), (rerated.groups, usage.in_month.rows));
        assert_eq!(quantity, usage.in_month.by_unit);
    }
}

fn deltas_add_up(rerated: &Rerated) {
    for values in rerated.by.values() {
        let mut sums: BTreeMap<&str, Exact> = BTreeMap::new();
        for ((_, currency), money) in values {
            let sum = sums.entry(currency).or_insert_with(Exact::zero);
            *sum = sum.plus(&money.delta);
        }
        let total: BTreeMap<&str, Exact> =
            rerated.money.iter().map(|(c, m)| (c.as_str(), m.delta.clone())).collect();
        assert_eq!(sums, total);
    }
}

fn portions(side: &tieout_engine::gate::rerate::Side) -> Vec<(&str, &Portion)> {
    let undetermined = side.undetermined.iter().map(|(why, portion)| (*why, portion));
    [("rated", &side.rated), ("unrated", &side.unrated)].into_iter().chain(undetermined).collect()
}

/// Ours in the form of the query's answer.
fn told(usage: &Usage, rerated: &Rerated) -> BTreeMap<&'static str, Rows> {
    let numbers = |money: &Money| vec![money.old.clone(), money.new.clone(), money.delta.clone()];
    let count = |count: Count| Exact::integer(count.0.into());
    let mut told: BTreeMap<&str, Rows> = BTreeMap::new();
    for of in Dimension::ALL {
        let values = rerated.by[&of].iter();
        let row = |((value, currency), money): (&(String, String), &Money)| {
            (format!("{value}|{currency}"), numbers(money))
        };
        told.insert(of.name(), values.map(row).collect());
    }
    let totals = rerated.money.iter().map(|(currency, m)| (currency.clone(), numbers(m)));
    told.insert("total", totals.collect());
    let keys = rerated.by_key.iter().flat_map(|(key, effect)| {
        effect.money.iter().map(move |(currency, money)| (format!("{key}|{currency}"), money))
    });
    told.insert("key", keys.map(|(row, money)| (row, numbers(money))).collect());
    let coverage = rerated.by_key.iter().map(|(key, effect)| {
        (format!("{key}|{}", effect.coverage.name()), vec![count(effect.groups)])
    });
    told.insert("coverage", coverage.collect());
    let (mut sides, mut amounts, mut apart) = (Rows::new(), Rows::new(), Rows::new());
    for (name, (side, not_compared)) in
        ["base", "head"].into_iter().zip(rerated.sides.iter().zip(&rerated.not_compared))
    {
        for (why, portion) in portions(side) {
            if portion.groups > Count(0) {
                let row = vec![count(portion.groups), count(portion.rows)];
                sides.insert(format!("{name}|{why}"), row);
            }
        }
        let of = |(currency, amount): (&String, &Exact)| {
            (format!("{name}|{currency}"), vec![amount.clone()])
        };
        amounts.extend(side.amounts.iter().map(of));
        apart.extend(not_compared.iter().map(of));
    }
    told.extend([("side", sides), ("amount", amounts), ("not_compared", apart)]);
    let unrated = rerated.unrated.iter().map(|unrated| {
        let row = format!("{}|{}|{}", unrated.key, unrated.unit, unrated.in_base);
        (row, vec![unrated.quantity.clone()])
    });
    told.insert("unrated", unrated.collect());
    let undetermined = usage.undetermined.iter().flat_map(|(why, sum)| {
        sum.by_unit.iter().map(move |(unit, quantity)| (format!("{why}|{unit}"), quantity))
    });
    told.insert("usage", undetermined.map(|(row, sum)| (row, vec![sum.clone()])).collect());
    told
}

fn parsed(rows: &Value) -> Rows {
    let number =
        |text: &Value| Exact::try_from(&Decimal::parse(text.as_str().unwrap()).unwrap()).unwrap();
    let row = |row: &Value| {
        let cells = row.as_array().unwrap();
        (cells[0].as_str().unwrap().to_owned(), cells[1..].iter().map(number).collect())
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

/// A table as a CSV file for somebody else.
fn write_table(path: &Path, rates: &[Rate]) {
    let mut text = String::from(
        "service_id,region,customer_segment,unit,tier_from,tier_to,tier_mode,unit_price,currency,starts,ends\n",
    );
    for rate in rates {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
        let mode = match rate.tier_mode {
            None => "",
            Some(TierMode::Graduated) => "graduated",
            Some(TierMode::Volume) => "volume",
        };
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{mode},{},{},{},{}",
            rate.key.service_id,
            or_none(&rate.key.region),
            or_none(&rate.key.segment),
            or_none(&rate.unit),
            rate.tier.0,
            rate.tier.1.as_ref().map(Exact::to_string).unwrap_or_default(),
            rate.price,
            rate.currency,
            rate.from,
            rate.to.map(|to| to.to_string()).unwrap_or_default(),
        );
    }
    std::fs::write(path, text).unwrap();
}

/// What DuckDB says; none where it is not here.
fn duckdb(folder: &Path) -> Option<Value> {
    if !tieout_tests::peers_wanted() {
        eprintln!("skipped: {TEST}: TIEOUT_TEST_PEERS=1 asks for it");
        return None;
    }
    let script = tieout_tests::repository().join("tests/peers/gate_rerating.py");
    let output = Command::new("python3").arg(script).arg(folder).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "python3 with the package duckdb: {error}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
