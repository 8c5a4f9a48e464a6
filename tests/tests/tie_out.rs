//! What an officer sees when a population does not tie out, or a record can't be decided.

#![cfg(test)]

use std::path::Path;
use tieout_tests::{Ran, tieout, workspace, write};

/// A rate table's worth of charges: three rows, 99.99 EUR by an exact product.
const CHARGES: &str = "\
entry_id,seller,buyer,ic_ref,txn_date,category,service_id,pool_id,txn_amount,txn_ccy,booked_amount,booked_ccy,fx_rate,fx_date,side,period
E1,DE01,FR01,IC-1,2025-03-31,it,SV1,,33.33,EUR,33.33,EUR,,,AR,2025-03
E2,DE01,FR01,IC-1,2025-03-31,it,SV1,,33.33,EUR,33.33,EUR,,,AP,2025-03
E3,DE01,FR01,IC-2,2025-04-30,it,SV1,,33.33,EUR,33.33,EUR,,,AR,2025-04
E4,DE01,FR01,IC-2,2025-04-30,it,SV1,,33.33,EUR,33.33,EUR,,,AP,2025-04
";

fn yaml(expected: &str) -> String {
    format!(
        "workspace: small\nperiod: {{start: 2025-01-01, end: 2026-01-01}}\nas_of: 2026-01-31\n\
         datasets:\n  intercompany:\n    files: [data/ic.csv]\n    profile: intercompany-1\n{expected}\
         controls: {{include: [IC-04]}}\n\
         keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n"
    )
}

fn run(folder: &Path, expected: &str) -> Ran {
    run_over(folder, CHARGES, expected)
}

fn run_over(folder: &Path, charges: &str, expected: &str) -> Ran {
    write(&folder.join("data/ic.csv"), charges);
    workspace(folder, &yaml(expected));
    tieout(folder, &["run"])
}

fn expectation(total: &str) -> String {
    format!(
        "    expected:\n      rows: \"4\"\n      totals: {{txn_amount: {{EUR: \"{total}\"}}}}\n\
         \x20     source: trial balance, account 1600\n      obtained_by: group accounting\n\
         \x20     at: 2026-01-10T09:00:00Z\n"
    )
}

#[test]
fn a_population_that_ties_out_ends_without_exceptions() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &expectation("133.32"));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no exceptions") || ran.stdout.contains("No exceptions"));
}

#[test]
fn one_cent_of_difference_is_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &expectation("133.33"));
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("0.01"), "{}", ran.stdout);
    assert!(ran.stdout.contains("not tied out"), "{}", ran.stdout);
}

/// What would be an exception is taken out before anything is read, so that all that is there conforms.
#[test]
fn rows_taken_out_of_the_dataset_do_not_tie_out() {
    let (whole, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let unmirrored =
        format!("{CHARGES}E5,DE01,FR01,IC-3,2025-05-31,it,SV1,,10.00,EUR,10.00,EUR,,,AR,2025-05\n");
    let booked = expectation("143.32").replace("\"4\"", "\"5\"");
    let ran = run_over(whole.path(), &unmirrored, &booked);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let ran = run(folder.path(), &booked);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("not tied out"), "{}", ran.stdout);
    assert!(ran.stdout.contains("10.00"), "{}", ran.stdout);
}

#[test]
fn no_expectation_is_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "");
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no independent expectation"), "{}", ran.stdout);
}

const OWN_CONTROL: &str = r#"
id: OWN-01
title: Every charge has a known cost centre
family: own
kind: control-test
assertion: classification
objective: Charges reach a cost centre that exists.
risk: Cost stays where nobody answers for it.
severity: high
owner: controller
frequency: monthly
population:
  base: focus
  query:
    sql: |
      SELECT _file, _row, "SubAccountId" AS cost_centre, "BilledCost", "BillingCurrency" FROM base
  exposure: {amount: BilledCost, currency: BillingCurrency}
policy: {bundle: own, rule: own-01}
tables:
  cost_centres: {dataset: cost-centre, key: [cc_id]}
"#;

const OWN_RULE: &str = r#"# METADATA
# title: Every charge has a known cost centre
# custom:
#   severity: high
package own.own_01

violation contains {"code": "unknown-cost-centre", "amount": input.BilledCost} if {
	not data.cost_centres[input.cost_centre]
}

violation contains {"code": "arithmetic-is-not-exact"} if not exact

exact if {
	1.15 + 2.30 == 3.45
	33.33 * 3 == 99.99
}
"#;

const FOCUS: &str = "\
BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,PricingQuantity,PricingUnit,ProviderName,PublisherName,ServiceCategory,ServiceName,SubAccountId
10.00,A,A,EUR,2025-02-01T00:00:00Z,2025-01-01T00:00:00Z,Usage,,x,2025-01-02T00:00:00Z,2025-01-01T00:00:00Z,10,10,P,10,1,h,P,P,Compute,VM,CC1
12.34,A,A,EUR,2025-02-01T00:00:00Z,2025-01-01T00:00:00Z,Usage,,x,2025-01-02T00:00:00Z,2025-01-01T00:00:00Z,12.34,12.34,P,12.34,1,h,P,P,Compute,VM,
";

fn own_control(folder: &Path) -> Ran {
    write(&folder.join("data/focus.csv"), FOCUS);
    write(
        &folder.join("data/cc.csv"),
        "cc_id,valid_from,valid_to,name,entity,parent,owner_user,status\nCC1,2020-01-01,,Retail,DE01,,,active\n",
    );
    write(&folder.join("controls/own/own-01/control.yaml"), OWN_CONTROL);
    let page = "Objective Risk Population Test What_an_exception_means Evidence References";
    let page: String =
        page.split(' ').map(|h| format!("## {}\n\nx\n\n", h.replace('_', " "))).collect();
    write(&folder.join("controls/own/own-01/README.md"), &format!("# OWN-01\n\n{page}"));
    write(
        &folder.join("policies/own/bundle.yaml"),
        "name: own\nversion: 0.1.0\nsources: [our manual]\nowner: controller\napprover: cfo\n",
    );
    write(&folder.join("policies/own/own-01/rule.rego"), OWN_RULE);
    write(&folder.join("policies/own/own-01/README.md"), "# OWN-01\n");
    let expected = |rows: u8, totals: &str| {
        format!(
            "    expected: {{rows: \"{rows}\", totals: {totals}, source: ERP, obtained_by: audit, at: 2026-01-10T09:00:00Z}}\n"
        )
    };
    let yaml = format!(
        "workspace: own\nperiod: {{start: 2025-01-01, end: 2026-01-01}}\nas_of: 2026-01-31\ndatasets:\n\
         \x20 focus:\n    files: [data/focus.csv]\n    profile: focus-1.0\n{}\
         \x20 cost_centre:\n    files: [data/cc.csv]\n    profile: cost-centre-1\n{}\
         controls: {{include: [OWN-01]}}\nown: {{catalogue: controls, bundles: [policies/own]}}\n\
         keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n",
        expected(2, "{BilledCost: {EUR: \"22.34\"}}"),
        expected(1, "{}"),
    );
    workspace(folder, &yaml);
    tieout(folder, &["run"])
}

#[test]
fn a_null_cost_centre_is_undetermined_never_conforming() {
    let folder = tempfile::tempdir().unwrap();
    let ran = own_control(folder.path());
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let lines = ran.stdout.lines().filter(|l| l.contains("cost_centre") && l.contains("12.34"));
    assert_eq!(lines.count(), 1, "one line with its exposure:\n{}", ran.stdout);
    assert!(!ran.stdout.contains("arithmetic-is-not-exact"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("unknown-cost-centre"), "{}", ran.stdout);
}
