//! Bad input: each case says what is wrong, where, and what to do, and leaves nothing half-written.

#![cfg(test)]

use std::path::Path;
use tieout_tests::{Ran, tieout, workspace, write};

const HEADER: &str = "country,rate_class,effective_from,effective_to,rate,source";

fn yaml(file: &str, controls: &str) -> String {
    format!(
        "workspace: bad\nperiod: {{start: 2025-01-01, end: 2026-01-01}}\nas_of: 2026-01-31\n\
         datasets:\n  vat_rate:\n    files: [{file}]\n    profile: vat-rate-1\n{controls}\
         keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n"
    )
}

/// Runs a workspace whose only dataset is this CSV.
fn run_csv(folder: &Path, csv: &str) -> Ran {
    write(&folder.join("data/vat.csv"), csv);
    workspace(folder, &yaml("data/vat.csv", ""));
    tieout(folder, &["run"])
}

fn says(ran: &Ran, parts: &[&str]) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    for part in parts {
        assert!(all.contains(part), "no `{part}` in (exit {}):\n{all}", ran.code);
    }
    for leaked in ["panicked", "RunError", "Os {", "unwrap"] {
        assert!(!all.contains(leaked), "`{leaked}` in:\n{all}");
    }
}

#[test]
fn a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path(), &yaml("data/nowhere.csv", ""));
    let ran = tieout(folder.path(), &["run"]);
    assert_eq!(ran.code, 2);
    says(&ran, &["data/nowhere.csv", "vat_rate"]);
}

#[test]
fn a_wrong_header() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_csv(folder.path(), "country,class,effective_from,effective_to,rate,source\n");
    assert_eq!(ran.code, 2);
    says(&ran, &["data/vat.csv", "rate_class", "tieout dataset inspect"]);
}

#[test]
fn a_country_that_is_none_is_a_refused_row() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_csv(folder.path(), &format!("{HEADER}\nEL,standard,2021-01-01,,24,x\n"));
    says(&ran, &["data/vat.csv", "line 2", "country", "not-in-vocabulary", "Greece is `GR`"]);
    assert!(!ran.stdout.contains("EL"), "values stay out of messages");
}

#[test]
fn a_text_where_a_number_belongs_is_a_refused_row() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_csv(folder.path(), &format!("{HEADER}\nDE,standard,2021-01-01,,nineteen,x\n"));
    says(&ran, &["data/vat.csv", "line 2", "rate", "not-a-decimal"]);
    assert!(!ran.stdout.contains("nineteen"), "values stay out of messages");
}

#[test]
fn an_amount_of_forty_digits_is_a_refused_row() {
    let folder = tempfile::tempdir().unwrap();
    let digits = "1".repeat(40);
    let ran = run_csv(folder.path(), &format!("{HEADER}\nDE,standard,2021-01-01,,{digits},x\n"));
    says(&ran, &["line 2", "rate", "too-many-digits"]);
}

#[test]
fn a_naive_timestamp_is_a_refused_row() {
    let folder = tempfile::tempdir().unwrap();
    let csv = "rate_id,effective_from,effective_to,service_id,region,customer_segment,unit_price,\
               currency,method_doc_id,approved_change_id,source_contract_line\n\
               R1,2025-01-01 00:00:00,,S1,,,0.5,EUR,,,\n";
    write(&folder.path().join("data/rates.csv"), csv);
    let text = yaml("data/rates.csv", "")
        .replace("vat_rate", "rates")
        .replace("vat-rate-1", "rate-table-1");
    workspace(folder.path(), &text);
    let ran = tieout(folder.path(), &["run"]);
    says(&ran, &["line 2", "effective_from", "naive-timestamp", "zone"]);
}

#[test]
fn a_truncated_parquet_file() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("data/vat.parquet"), "PAR1 and then nothing that parquet ends with");
    workspace(folder.path(), &yaml("data/vat.parquet", ""));
    let ran = tieout(folder.path(), &["run"]);
    assert_eq!(ran.code, 2);
    says(&ran, &["data/vat.parquet"]);
}

fn own_control(folder: &Path, sql: &str, rego: &str) -> Ran {
    write(&folder.join("data/vat.csv"), &format!("{HEADER}\nDE,standard,2021-01-01,,19,x\n"));
    let control = format!(
        "id: OWN-01\ntitle: Rates are positive\nfamily: own\nkind: data-precondition\nassertion: accuracy\n\
         objective: o\nrisk: r\nseverity: low\nowner: tax\nfrequency: monthly\npopulation:\n  base: vat-rate\n\
         \x20 query:\n    sql: {sql}\npolicy: {{bundle: own, rule: own-01}}\n"
    );
    write(&folder.join("controls/own/own-01/control.yaml"), &control);
    write(&folder.join("controls/own/own-01/README.md"), "# OWN-01\n");
    write(
        &folder.join("policies/own/bundle.yaml"),
        "name: own\nversion: 0.1.0\nsources: [x]\nowner: tax\napprover: cfo\n",
    );
    write(&folder.join("policies/own/own-01/rule.rego"), rego);
    write(&folder.join("policies/own/own-01/README.md"), "# OWN-01\n");
    let own =
        "controls: {include: [OWN-01]}\nown: {catalogue: controls, bundles: [policies/own]}\n";
    workspace(folder, &yaml("data/vat.csv", own));
    tieout(folder, &["run"])
}

const RULE: &str = "package own.own_01\n\nviolation contains {\"code\": \"not-positive\"} if {\n\tinput.rate <= 0\n}\n";

#[test]
fn an_unknown_column_in_sql() {
    let folder = tempfile::tempdir().unwrap();
    let ran = own_control(folder.path(), "SELECT _file, _row, ratio FROM base", RULE);
    assert_eq!(ran.code, 2);
    says(&ran, &["OWN-01", "ratio"]);
}

#[test]
fn a_syntax_error_in_rego() {
    let folder = tempfile::tempdir().unwrap();
    let broken = RULE.replace("<= 0", "<= ");
    let ran = own_control(folder.path(), "SELECT _file, _row, rate FROM base", &broken);
    assert_eq!(ran.code, 2);
    says(&ran, &["own-01/rule.rego:", "^"]);
}

#[test]
fn an_unknown_column_in_rego() {
    let folder = tempfile::tempdir().unwrap();
    let broken = RULE.replace("input.rate", "input.rates");
    let ran = own_control(folder.path(), "SELECT _file, _row, rate FROM base", &broken);
    assert_eq!(ran.code, 2);
    says(&ran, &["own-01/rule.rego:4:", "rates", "`rate`", "^"]);
}

#[test]
fn a_duplicate_key_in_yaml() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("tieout.yaml"), "workspace: a\nworkspace: b\n");
    let ran = tieout(folder.path(), &["run"]);
    assert_eq!(ran.code, 2);
    says(&ran, &["tieout.yaml:2", "workspace", "duplicate"]);
}

#[test]
fn no_permission_to_write() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("data/vat.csv"),
        &format!("{HEADER}\nDE,standard,2021-01-01,,19,x\n"),
    );
    // The output's place is taken by a file: no user, not even root, can make a folder there.
    write(&folder.path().join("out"), "");
    workspace(folder.path(), &yaml("data/vat.csv", ""));
    let ran = tieout(folder.path(), &["run"]);
    assert_ne!(ran.code, 0);
    assert_ne!(ran.code, 70, "{}", ran.stderr);
    says(&ran, &["out"]);
}
