//! The demo: findings equal the truth that the deck wrote, exactly; and every control is needed
//! for it.

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;
use tieout_tests::tieout;

#[test]
fn findings_equal_the_truth_and_the_run_says_exceptions() {
    let folder = tempfile::tempdir().unwrap();
    let demo =
        tieout(folder.path(), &["demo", "--seed", "11", "--rows", "2000", "--folder", "demo"]);
    assert_eq!(demo.code, 0, "{}{}", demo.stdout, demo.stderr);
    let again = tieout(&folder.path().join("demo"), &["run", "-o", "json=again.json"]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    let compared = tieout(&folder.path().join("demo"), &["policy", "explain-plan", "--compare"]);
    assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
    let lines = |word: &str| compared.stdout.lines().filter(|l| l.contains(word)).count();
    assert_eq!(lines(" records by both, 0 decided differently"), 17, "{}", compared.stdout);
    // Rego by columns, all of it; Cedar is the row evaluator's.
    let by_rows: Vec<_> = compared.stdout.lines().filter(|l| l.contains("by rows:")).collect();
    assert!(by_rows.len() == 1 && by_rows[0].starts_with("CM-02"), "{by_rows:?}");
    assert!(lines("by columns") > 25, "{}", compared.stdout);
}

#[test]
fn a_clean_company_has_no_exceptions() {
    let folder = tempfile::tempdir().unwrap();
    let demo = tieout(
        folder.path(),
        &["demo", "--clean", "--seed", "12", "--rows", "2000", "--folder", "demo"],
    );
    assert_eq!(demo.code, 0, "{}{}", demo.stdout, demo.stderr);
    let again = tieout(&folder.path().join("demo"), &["run"]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
}

/// The outcome of each control, by the report of the only run.
fn outcomes(demo: &Path) -> BTreeMap<String, String> {
    let reports = std::fs::read_dir(demo.join("out/reports")).unwrap();
    let report = reports.map(|entry| entry.unwrap().path().join("report.json")).next().unwrap();
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let tests = report["result"]["tests"].as_array().unwrap().iter().map(|test| {
        let outcome = test["outcome"]["state"].as_str();
        (test["control"]["id"].as_str().unwrap().to_owned(), outcome.unwrap().to_owned())
    });
    tests.collect()
}

/// The controls that the demo's company has the datasets of; the others are of the metering world.
#[test]
fn without_any_one_control_the_equality_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let listed = tieout(folder.path(), &["control", "list", "--json"]);
    let items: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let items = items["controls"].as_array().unwrap_or_else(|| items.as_array().unwrap()).clone();
    let all: Vec<_> = items.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    let demo = |only: &[&String]| {
        let mut arguments = vec!["demo", "--seed", "13", "--rows", "1000", "--folder", "demo"];
        arguments.extend(only.iter().flat_map(|id| ["--only", id.as_str()]));
        tieout(folder.path(), &arguments)
    };
    let whole = demo(&[]);
    assert_eq!(whole.code, 0, "{}{}", whole.stdout, whole.stderr);
    let outcomes = outcomes(&folder.path().join("demo"));
    let not_tested = |id: &String| outcomes[id] == "not-tested";
    let (untested, tested): (Vec<&String>, Vec<_>) = all.iter().partition(|id| not_tested(id));
    assert_eq!(tested.len(), 17, "{outcomes:?}");
    let told = format!("{} controls not tested; the report says why", untested.len());
    assert!(whole.stdout.contains(&told), "{}", whole.stdout);
    for removed in &tested {
        let rest: Vec<_> = tested.iter().filter(|id| *id != removed).copied().collect();
        let demo = demo(&rest);
        assert_eq!(demo.code, 1, "without {removed}:\n{}{}", demo.stdout, demo.stderr);
        let all = format!("{}{}", demo.stdout, demo.stderr);
        assert!(all.contains(removed.as_str()), "{removed} is not named:\n{all}");
    }
}
