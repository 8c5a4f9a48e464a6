//! Five rules as a compliance officer would write them, each wrong, and what the officer is told.

#![cfg(test)]

use std::path::Path;
use tieout_tests::{Ran, tieout, workspace, write};

const CONTROL: &str = r#"
id: OWN-01
title: Intercompany charges are booked as agreed
family: own
kind: control-test
assertion: accuracy
objective: What is booked is what was charged.
risk: Companies of one group disagree.
severity: high
owner: controller
frequency: monthly
population:
  base: intercompany
  query:
    sql: |
      SELECT _file, _row, category, pool_id, txn_date, seller, txn_amount, txn_ccy, booked_amount, booked_ccy
      FROM base
  exposure: {amount: txn_amount, currency: txn_ccy}
policy: {bundle: own, rule: own-01}
tables:
  vat_rates:
    dataset: vat-rate
    key: [country, rate_class]
    effective: {from: effective_from, to: effective_to}
  cost_centres: {dataset: cost-centre, key: [cc_id]}
"#;

const CHARGES: &str = "\
entry_id,seller,buyer,ic_ref,txn_date,category,service_id,pool_id,txn_amount,txn_ccy,booked_amount,booked_ccy,fx_rate,fx_date,side,period
E1,DE01,FR01,IC-1,2025-03-31,it,SV1,P1,100.00,EUR,92.00,GBP,0.92,2025-03-31,AR,2025-03
E2,DE01,FR01,IC-1,2025-03-31,it,SV1,,33.33,EUR,33.33,EUR,,,AP,2025-03
";

/// Runs a rule with that body over two charges.
fn run(folder: &Path, body: &str) -> Ran {
    write(&folder.join("data/ic.csv"), CHARGES);
    write(
        &folder.join("data/vat.csv"),
        "country,rate_class,rate,effective_from,effective_to,source\nDE,standard,19,2021-01-01,,\n",
    );
    write(
        &folder.join("data/cc.csv"),
        "cc_id,valid_from,valid_to,name,entity,parent,owner_user,status\nP1,2020-01-01,,IT,DE01,,,active\n",
    );
    write(&folder.join("controls/own/own-01/control.yaml"), CONTROL);
    let page = ["Objective", "Risk", "Population", "Test", "What an exception means", "Evidence"];
    let page: String = page.map(|heading| format!("## {heading}\n\nx\n\n")).concat();
    write(
        &folder.join("controls/own/own-01/README.md"),
        &format!("# OWN-01\n\n{page}## References\n\nx\n"),
    );
    write(
        &folder.join("policies/own/bundle.yaml"),
        "name: own\nversion: 0.1.0\nsources: [our manual]\nowner: controller\napprover: cfo\n",
    );
    write(
        &folder.join("policies/own/own-01/rule.rego"),
        &format!(
            "package own.own_01\n\nviolation contains {{\"code\": \"wrong\"}} if {{\n\t{body}\n}}\n"
        ),
    );
    write(&folder.join("policies/own/own-01/README.md"), "# OWN-01\n");
    let dataset = |name: &str, file: &str, profile: &str, rows: u8, totals: &str| {
        format!(
            "  {name}:\n    files: [data/{file}.csv]\n    profile: {profile}\n    expected: {{rows: \"{rows}\", \
             totals: {totals}, source: ERP, obtained_by: audit, at: 2026-01-10T09:00:00Z}}\n"
        )
    };
    let totals = "{txn_amount: {EUR: \"133.33\"}}";
    let yaml = format!(
        "workspace: own\nperiod: {{start: 2025-01-01, end: 2026-01-01}}\nas_of: 2026-01-31\ndatasets:\n{}{}{}\
         controls: {{include: [OWN-01]}}\nown: {{catalogue: controls, bundles: [policies/own]}}\n\
         keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n",
        dataset("intercompany", "ic", "intercompany-1", 2, totals),
        dataset("vat_rate", "vat", "vat-rate-1", 1, "{}"),
        dataset("cost_centre", "cc", "cost-centre-1", 1, "{}"),
    );
    workspace(folder, &yaml);
    tieout(folder, &["run"])
}

#[test]
fn a_number_in_quotes() {
    refused(
        "input.txn_amount > \"10000\"",
        "rego-type-mismatch",
        "number is compared with string",
        "write the number without quotes",
    );
}

#[test]
fn a_misspelt_column() {
    refused(
        "input.txn_amuont > 10000",
        "rego-unknown-column",
        "the population has no column `txn_amuont`",
        "did you mean `txn_amount`?",
    );
}

#[test]
fn two_currencies_in_one_comparison() {
    refused(
        "input.txn_amount != input.booked_amount",
        "rego-mixed-currency",
        "an amount in `txn_ccy` meets an amount in `booked_ccy` with `!=`",
        "say `input.txn_ccy == input.booked_ccy` in the same body",
    );
}

#[test]
fn a_rate_without_a_date() {
    refused(
        "data.vat_rates[[\"DE\", \"standard\"]].rate != 19",
        "rego-dated-table",
        "`data.vat_rates` is dated: a key alone doesn't name a row",
        "write `effective.at(data.vat_rates, [key], date)`",
    );
}

/// The rule can be read two ways for a charge without a pool; it is told, and nothing conforms.
#[test]
fn a_missing_guard() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "not data.cost_centres[input.pool_id]");
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let told = "1 record  at stake: 33.33 EUR: `pool_id` is missing";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

/// Amounts of two currencies may meet where the rule says that they are one.
#[test]
fn a_guarded_comparison_of_amounts() {
    let folder = tempfile::tempdir().unwrap();
    let body = "input.txn_ccy == input.booked_ccy\n\tinput.txn_amount != input.booked_amount";
    let ran = run(folder.path(), body);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// The rule is refused before anything runs: the code, the place, what is wrong, what to write.
fn refused(body: &str, code: &str, message: &str, help: &str) {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), body);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.is_empty() && ran.stderr.contains("own/own-01/rule.rego:4:"),
        "{}",
        ran.stderr
    );
    for expected in [&format!("error[{code}]"), message, help] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert!(!folder.path().join("out").exists(), "nothing was run");
}
