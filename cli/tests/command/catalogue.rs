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

/// What they judge exists only within a gate: a run would only say that nothing was tested.
#[test]
fn the_controls_of_the_gate_stand_apart_and_are_tested_by_name() {
    let desk = Desk::new();
    let listed = desk.tieout("control list").exits(0).out.clone();
    let (of_a_run, of_the_gate) = listed.split_once("only by name").unwrap();
    assert!(of_a_run.contains("CM-04 ") && !of_a_run.contains("RG-01 "), "{listed}");
    assert!(of_the_gate.contains("RG-01 ") && !of_the_gate.contains("CM-04 "), "{listed}");
    // The README says how many there are.
    let controls = |text: &str| {
        text.lines().filter(|line| line.split(' ').next().unwrap().contains('-')).count()
    };
    assert_eq!((controls(of_a_run), controls(of_the_gate)), (43, 26), "{listed}");

    let start = "workspace: a\nperiod: {start: 2025-01-01, end: 2026-01-01}\n";
    let tested = |controls: &str, args: &str| {
        desk.write("tieout.yaml", &format!("{start}{controls}"));
        let out = desk.tieout(&format!("policy explain-plan{args}")).exits(0).out.clone();
        let ids = ["CM-04", "RG-01", "RG-02"].into_iter();
        ids.filter(|id| out.contains(&format!("{id} "))).collect::<Vec<_>>()
    };
    assert_eq!(tested("", ""), ["CM-04"]);
    assert_eq!(tested("", " --only RG-01"), ["RG-01"]);
    assert_eq!(tested("controls: {include: [RG-01]}\n", ""), ["RG-01"]);
    assert_eq!(tested("controls: {mandatory: [RG-01]}\n", ""), ["CM-04", "RG-01"]);
}
