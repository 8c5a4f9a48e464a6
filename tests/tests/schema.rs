//! The JSON report is what its published schema says, by someone else's validator.

#![cfg(test)]

use std::process::Command;
use tieout_tests::{repository, tieout};

#[test]
fn the_json_report_is_valid_and_spoiled_twins_are_not() {
    let there = Command::new("python3").args(["-c", "import jsonschema"]).output();
    if !there.is_ok_and(|o| o.status.success()) {
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "pip install jsonschema");
        eprintln!("skipped: schema: no Python package jsonschema on this machine");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let demo =
        tieout(folder.path(), &["demo", "--seed", "21", "--rows", "1000", "--folder", "demo"]);
    assert_eq!(demo.code, 0, "{}", demo.stderr);
    let run = tieout(&folder.path().join("demo"), &["run", "-o", "json=report.json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let validated = Command::new("python3")
        .arg(repository().join("tests/peers/validate_schema.py"))
        .arg(repository().join("docs/reference/run-result.schema.json"))
        .arg(folder.path().join("demo/report.json"))
        .output()
        .unwrap();
    assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stdout));
}

/// The OpenLineage events are what that project's own client makes of them.
#[test]
fn the_openlineage_report_is_read_by_the_projects_client() {
    let client = "import jsonschema, openlineage.client";
    let there = Command::new("python3").args(["-c", client]).output();
    if !there.is_ok_and(|o| o.status.success()) {
        let install = "pip install jsonschema openlineage-python==1.54.0";
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "{install}");
        eprintln!("skipped: openlineage: no Python package openlineage-python on this machine");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let demo =
        tieout(folder.path(), &["demo", "--seed", "22", "--rows", "1000", "--folder", "demo"]);
    assert_eq!(demo.code, 0, "{}", demo.stderr);
    let run = tieout(&folder.path().join("demo"), &["run", "-o", "openlineage=events.ndjson"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let read = Command::new("python3")
        .arg(repository().join("tests/peers/openlineage_events.py"))
        .arg(repository().join("docs/reference/openlineage-facets.schema.json"))
        .arg(folder.path().join("demo/events.ndjson"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&read.stdout) + String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{told}");
}
