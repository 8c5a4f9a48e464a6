//! `tieout reperform charges` says of each charge what PT-02 says.

use crate::world::{World, metering_faults};
use std::collections::BTreeMap;
use tieout_controls::Decimal;
use tieout_tests::tieout;

type Found = BTreeMap<String, (Decimal, String)>;

/// Charge → difference and class, of the exceptions in a file of findings.
fn written(world: &World) -> (Found, usize) {
    let text = std::fs::read_to_string(world.path().join("found.ndjson")).unwrap();
    let (mut found, mut undetermined) = (Found::new(), 0);
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if line["expected"].is_null() {
            assert!(line["reason"].is_string() && line["class"].is_null());
            undetermined += 1;
            continue;
        }
        let of = |name: &str| line[name].as_str().unwrap().to_owned();
        let difference = Decimal::parse(&of("difference")).unwrap();
        assert!(found.insert(of("charge_id"), (difference, of("class"))).is_none());
    }
    (found, undetermined)
}

/// The same of the records of PT-02 in the world's pack.
fn tested(world: &World) -> Found {
    let violating = world.records().into_iter().filter(|record| record["decision"] == "violates");
    let found = violating.map(|record| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let amount = text(&record["facts"][0]["amount"]);
        let class = text(&record["values"]["class"]);
        (text(&record["key"]["charge_id"]), (Decimal::parse(&amount).unwrap(), class))
    });
    found.collect()
}

#[test]
fn charges_that_go_by_are_found_as_by_the_control() {
    let world = World::new(22, 200_000, metering_faults(5));
    let ran = tieout(world.path(), &["run", "-q", "--only", "PT-02"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let arguments = ["reperform", "charges", "--format", "json", "-o", "found.ndjson"];
    let ran = tieout(world.path(), &arguments);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stderr, "");
    let (found, undetermined) = written(&world);
    assert_eq!(found, tested(&world));
    assert!(found.len() >= 30, "{}", found.len());
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["exceptions"], found.len().to_string());
    assert_eq!(undetermined, world.undetermined());
    let sealed = world.dataset("charge");
    for same in ["rows", "accepted", "refused", "totals", "commitment", "tie_out"] {
        assert_eq!(told["charges"][same], sealed[same], "{same}");
    }
}
