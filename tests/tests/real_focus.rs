//! The published FOCUS 1.0 sample, untidy as it is: read exactly, tied out against an independent
//! sum, and what the billing controls find in it. The guide explains the findings.

#![cfg(test)]

use serde_json::Value;
use std::path::Path;
use tieout_controls::Decimal;
use tieout_controls::profile::{self, Vocabulary};
use tieout_tests::{outside_data, tieout, workspace};

const SAMPLE: &str = "focus/focus-1.0-sample/focus_sample.csv";

/// The settings that the sample needs, each declared: its null marker, its missing zone, its stray
/// column, and the scale at which most of its publishers round.
fn settings(file: &Path, extra: &str) -> String {
    format!(
        "workspace: focus-sample\n\
         period: {{start: 2024-09-01, end: 2024-10-01}}\n\
         as_of: 2024-10-31\n\
         datasets:\n  focus:\n    files: [{}]\n    profile: focus-1.0\n\
         \x20   reading:\n      nulls: [\"NULL\"]\n      zone: UTC\n      ignore: [Id]\n\
         \x20     scale: {{ListCost: 10, ContractedCost: 10}}\n{extra}\
         controls:\n  include: [FOC-R01, FOC-R02, FOC-R03, FOC-R08]\n\
         keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n",
        file.display()
    )
}

fn json_report(folder: &Path) -> (i32, Value) {
    let ran = tieout(folder, &["run", "-o", "json=result.json"]);
    let text = std::fs::read_to_string(folder.join("result.json"));
    (ran.code, serde_json::from_str(&text.expect(&ran.stderr)).unwrap())
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn rows_refusals_and_totals_equal_an_independent_sum() {
    let test = "rows_refusals_and_totals_equal_an_independent_sum";
    let Some(sample) = outside_data(test, SAMPLE) else { return };
    if !tieout_tests::peer(test, "python3") {
        return;
    }
    let peer = std::process::Command::new("python3")
        .arg(tieout_tests::repository().join("tests/peers/focus_totals.py"))
        .arg(&sample)
        .output()
        .unwrap();
    let theirs: Value = serde_json::from_slice(&peer.stdout).unwrap();
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path(), &settings(&sample, ""));
    let (_, ours) = json_report(folder.path());
    let dataset = &ours["result"]["datasets"][0];
    for count in ["rows", "accepted"] {
        assert_eq!(dataset[count].as_str().unwrap(), theirs[count].to_string(), "{count}");
    }
    assert_eq!(dataset["refused"], "7");
    for (column, by_currency) in theirs["totals"].as_object().unwrap() {
        let total = &dataset["totals"][column]["USD"];
        assert_eq!(decimal(total), decimal(&by_currency["USD"]), "{column}");
    }
}

#[test]
fn the_billing_controls_find_what_the_guide_explains() {
    let test = "the_billing_controls_find_what_the_guide_explains";
    let Some(sample) = outside_data(test, SAMPLE) else { return };
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path(), &settings(&sample, ""));
    let (code, report) = json_report(folder.path());
    assert_eq!(code, 1);
    let mut found = Vec::new();
    for test in report["result"]["tests"].as_array().unwrap() {
        let id = test["control"]["id"].as_str().unwrap();
        let outcome = test["outcome"]["state"].as_str().unwrap();
        let codes = test["by_code"].as_object().unwrap().iter();
        let codes =
            codes.map(|(code, summary)| format!("{code} {}", summary["count"].as_str().unwrap()));
        found.push(format!("{id} {outcome}: {}", codes.collect::<Vec<_>>().join(", ")));
    }
    // Counted by hand with Python's decimal module over the 993 rows that fit the profile:
    // 31 list costs and 17 contracted costs are further than 10⁻¹⁰ from price times quantity.
    let expected = [
        "FOC-R01 inconclusive: ",
        "FOC-R02 inconclusive: ",
        "FOC-R03 exceptions: contracted-cost-differs 17, list-cost-differs 31",
        "FOC-R08 inconclusive: ",
    ];
    assert_eq!(found, expected);
}

/// The allowed values on a column's page of the specification: the first column of the table, but
/// the second where the first is the service category.
fn allowed(page: &str) -> Vec<String> {
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| *line != "Allowed values:")
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let at = rows
        .first()
        .into_iter()
        .flatten()
        .position(|head| *head == "Service Subcategory")
        .unwrap_or(0);
    rows.iter().skip(2).map(|row| row[at].to_owned()).collect()
}

#[test]
fn the_closed_columns_and_their_values_are_those_of_the_specification() {
    let test = "the_closed_columns_and_their_values_are_those_of_the_specification";
    let Some(any) = outside_data(test, "focus/spec-1.2/columns/chargecategory.md") else { return };
    let folder = any.parent().unwrap();
    let mut closed = 0;
    for column in profile::named("focus-1.2").unwrap().columns {
        let name = column.name.to_lowercase();
        // ProviderName's page is called by an older name; it closes nothing.
        let Ok(page) = std::fs::read_to_string(folder.join(format!("{name}.md"))) else { continue };
        let words = match column.vocabulary {
            Some(Vocabulary::Words(words)) => words.to_vec(),
            _ => Vec::new(),
        };
        assert_eq!(words, allowed(&page), "{name}");
        closed += usize::from(!words.is_empty());
        let older = profile::named("focus-1.0").unwrap().column(column.name);
        assert!(older.is_none_or(|older| older.vocabulary == column.vocabulary), "{name}");
    }
    assert_eq!(closed, 9);
}
