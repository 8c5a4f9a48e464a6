//! The catalogue, versions and completions: data on standard output, nothing else.

use crate::harness::Desk;

#[test]
fn the_list_is_json_for_programs() {
    let ran = Desk::new().tieout("control list --json");
    let listed: serde_json::Value = serde_json::from_str(&ran.exits(0).out).unwrap();
    assert_eq!(listed["schema_version"], "1");
    let ids: Vec<_> =
        listed["controls"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"FOC-R03") && ids.is_sorted(), "{ids:?}");
}

#[test]
fn a_control_is_explained_with_its_rule_as_it_runs() {
    let ran = Desk::new().tieout("explain FOC-R03");
    ran.exits(0).prints(&["## Objective", "## What an exception means", "package billing.foc_r03"]);
}

#[test]
fn the_lock_file_of_the_bundles_is_accepted_and_a_change_is_not() {
    let desk = Desk::new();
    let lock = desk.tieout("version --lock").exits(0).out.clone();
    let digest = lock.split("digest: \"").nth(1).unwrap().get(..64).unwrap();
    desk.write("tieout.yaml", "workspace: a\nperiod: {start: 2025-01-01, end: 2026-01-01}\n");
    desk.write("tieout.lock", &lock);
    // Past the lock, the next thing that is missing are the keys.
    desk.tieout("run").exits(2).says(&["error[keys-missing]", "tieout key new"]);
    desk.write("tieout.lock", &lock.replace(digest, &"0".repeat(64)));
    desk.tieout("run").exits(2).says(&["error[bundle-not-locked]", "its files differ"]);
}

#[test]
fn completions_are_a_script() {
    Desk::new().tieout("completions bash").exits(0).prints(&["_tieout()"]);
}
