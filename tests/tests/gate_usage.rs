//! A usage summary has what the charges of a world without faults have charged, which the deck made by its
//! own arithmetic; without a resource in the register it tells what it leaves out; it names no resource.

#![cfg(test)]

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Decimal128Type, TimestampMicrosecondType};
use std::collections::BTreeMap;
use std::path::Path;
use tieout_controls::{Decimal, profile};
use tieout_deck::{MeteringFaults, MeteringOptions, generate_metering};
use tieout_engine::dataset::{DatasetSpec, Reading, SourceFile, stream};
use tieout_engine::progress::Quiet;
use tieout_tests::tieout;

/// Month, service, unit, cost centre → Σ of quantities.
type Sums = BTreeMap<[String; 4], Decimal>;

fn world(faults: MeteringFaults) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = MeteringOptions { seed: 22, usage_rows: 200_000, faults, threads: 2 };
    generate_metering(&options, folder.path()).unwrap();
    folder
}

/// The quantities of a file, by the middle of each row's period.
fn sums(folder: &Path, file: &str, profile: &str) -> Sums {
    let spec = DatasetSpec {
        name: "sums".to_owned(),
        profile: profile::named(profile).unwrap(),
        files: vec![SourceFile { shown: file.to_owned(), path: folder.join(file) }],
        reading: Reading::default(),
        expected: None,
    };
    let commitment = |name: &str| tieout_evidence::commitment::dataset_commitment(&[1; 32], name);
    let mut sums = Sums::new();
    let streamed = stream(&spec, &commitment, &Quiet, &mut |batch| {
        let text = |name: &str, row| {
            batch.column_by_name(name).unwrap().as_string::<i32>().value(row).to_owned()
        };
        let instant = |name: &str, row| {
            let column = batch.column_by_name(name).unwrap();
            column.as_primitive::<TimestampMicrosecondType>().value(row)
        };
        for row in 0..batch.num_rows() {
            let middle = instant("period_start", row) / 2 + instant("period_end", row) / 2;
            let month = chrono::DateTime::from_timestamp_micros(middle).unwrap();
            let month = month.format("%Y-%m").to_string();
            let [service, unit, centre] =
                ["service_id", "unit", "cost_centre"].map(|name| text(name, row));
            let quantity = batch.column_by_name("quantity").unwrap();
            let quantity = quantity.as_primitive::<Decimal128Type>().value(row);
            let sum = sums.entry([month, service, unit, centre]).or_insert_with(Decimal::zero);
            *sum = sum.add(&Decimal::from_scaled(quantity, 10)).unwrap();
        }
        Ok(())
    });
    assert_eq!(streamed.unwrap().refused.len(), 0);
    sums.retain(|_, sum| !sum.is_zero());
    sums
}

#[test]
fn what_was_charged_is_what_is_summed() {
    let world = world(MeteringFaults::None);
    let charged = sums(world.path(), "data/charge.parquet", "charge-1");
    for file in ["out/usage.csv", "out/usage.parquet"] {
        let ran = tieout(world.path(), &["gate", "usage", "-q", "-o", file]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
        assert_eq!(sums(world.path(), file, "usage-summary-1"), charged);
    }
    assert!(charged.len() > 100, "{}", charged.len());
    let text = std::fs::read_to_string(world.path().join("out/usage.csv")).unwrap();
    assert!(!text.contains("R-0"), "a resource is named");
}

#[test]
fn what_is_left_out_is_told() {
    let world = world(MeteringFaults::None);
    let register = world.path().join("data/resource.csv");
    let text = std::fs::read_to_string(&register).unwrap();
    let (first, _) = text.rsplit_once("R-").unwrap();
    std::fs::write(&register, first).unwrap();
    let ran = tieout(world.path(), &["gate", "usage", "-q", "-o", "usage.csv"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let told = "months of resources: the register has no one entry for the resource at that time";
    assert!(ran.stderr.contains("[usage-left-out]"), "{}", ran.stderr);
    assert!(ran.stderr.replace(['\n', '│'], " ").contains(told), "{}", ran.stderr);
    assert!(ran.stderr.contains("`resource` differs"), "{}", ran.stderr);
    assert!(world.path().join("usage.csv").exists());
    println!("{}", ran.stderr);
}

#[test]
fn what_it_needs_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let ran = tieout(folder.path(), &["gate", "usage", "-o", "usage.csv"]);
    assert!(ran.code == 2 && ran.stderr.contains("[no-workspace]"), "{}", ran.stderr);
    let period = "workspace: acme\nperiod: {start: 2025-01-01, end: 2025-02-01}\ndatasets: {}\n";
    std::fs::write(folder.path().join("tieout.yaml"), period).unwrap();
    let ran = tieout(folder.path(), &["gate", "usage", "-o", "usage.csv"]);
    assert!(ran.code == 2 && ran.stderr.contains("[missing-dataset]"), "{}", ran.stderr);
    let ran = tieout(folder.path(), &["gate", "usage", "-o", "usage.txt"]);
    assert!(ran.code == 2 && ran.stderr.contains("[unknown-format]"), "{}", ran.stderr);
}
