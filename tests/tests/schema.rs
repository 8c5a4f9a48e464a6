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

/// OSCAL assessment results are read by two implementations of others, and lead nowhere else than they say.
#[test]
fn the_oscal_report_is_read_by_others() {
    is_read("oscal=results.oscal.json", "TIEOUT_OSCAL", "oscal_results.py");
}

/// The in-toto statement is read by the project's own library, which refuses a spoiled twin.
#[test]
fn the_test_result_is_read_by_the_projects_library() {
    is_read("test-result=result.intoto.json", "TIEOUT_PACK_LIBRARIES", "test_result.py");
}

/// A script reads the report of a demo with the Python packages in the folder that the variable names.
fn is_read(output: &str, variable: &str, script: &str) {
    let Some(libraries) = std::env::var_os(variable) else {
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "{variable} is not set");
        eprintln!("skipped: {script}: {variable} does not name a folder with its Python packages");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let report = demo_report(folder.path(), output);
    let read = Command::new("python3")
        .arg(repository().join("tests/peers").join(script))
        .args([libraries.as_os_str(), report.as_os_str()])
        // One of the packages leaves a cache where it runs.
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&read.stdout) + String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{told}");
}

fn demo_report(folder: &std::path::Path, output: &str) -> std::path::PathBuf {
    let demo = tieout(folder, &["demo", "--seed", "23", "--rows", "1000", "--folder", "demo"]);
    assert_eq!(demo.code, 0, "{}", demo.stderr);
    let run = tieout(&folder.join("demo"), &["run", "-o", output]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    folder.join("demo").join(output.split_once('=').unwrap().1)
}
