//! A refused row is never taken for an absent one: what looks like a violation for want of it is
//! undetermined, and what is a violation all the same stays one.

#![cfg(test)]

use std::path::Path;
use tieout_tests::{Ran, tieout, workspace, write};

/// A workspace of these datasets (`NAME`, which is the role, and its CSV) that tests one control.
fn run(folder: &Path, control: &str, datasets: &[(&str, &str)]) -> Ran {
    let mut yaml = "workspace: absence\nperiod: {start: 2025-01-01, end: 2026-01-01}\n\
                    as_of: 2026-01-31\ndatasets:\n"
        .to_owned();
    for (name, csv) in datasets {
        write(&folder.join(format!("data/{name}.csv")), csv);
        let rows = csv.lines().count() - 1;
        yaml += &format!(
            "  {name}:\n    files: [data/{name}.csv]\n    profile: {name}-1\n    expected: \
             {{rows: \"{rows}\", source: ERP, obtained_by: audit, at: 2026-01-10T09:00:00Z}}\n"
        );
    }
    yaml += &format!(
        "controls: {{include: [{control}]}}\n\
         keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n"
    );
    workspace(folder, &yaml);
    tieout(folder, &["run", "-o", "json=report.json"])
}

/// The exceptions and undetermined records of the only control, and its reasons for the latter.
fn told(folder: &Path, ran: &Ran) -> (String, String, Vec<String>) {
    let text = std::fs::read_to_string(folder.join("report.json"));
    let text = text.unwrap_or_else(|e| panic!("{e}\n{}{}", ran.stdout, ran.stderr));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let test = &report["result"]["tests"][0];
    let count = |of: &str| test["counts"][of].as_str().unwrap().to_owned();
    let causes = test["undetermined"].as_array().unwrap().iter().map(|group| {
        let part = |name: &str| group["cause"][name].as_str().unwrap_or("").to_owned();
        format!("{} {}", part("reason"), part("column"))
    });
    (count("violates"), count("undetermined"), causes.collect())
}

const CHANGES: &str = "\
change_id,type,artefact,old_hash,new_hash,author,created,deployed_by,deployed_at,effective_from,emergency,tests_ref
c1,rate,table,,,ann,2025-02-01T00:00:00Z,,,2025-02-02T00:00:00Z,false,
c2,rate,table,,,bob,2025-03-01T00:00:00Z,,,2025-03-02T00:00:00Z,false,
c3,code,app,,,cyd,2025-04-01T00:00:00Z,,,2025-04-02T00:00:00Z,false,
";
const APPROVALS: &str = "\
change_id,step,approver,role,decision,decided_at,evidence
c1,1,eve,lead,approved,2025-02-01T10:00:00Z,
";

#[test]
fn a_refused_approval_is_not_a_missing_one() {
    let approved = |rows: &str| {
        let folder = tempfile::tempdir().unwrap();
        let approvals = format!("{APPROVALS}{rows}");
        let ran = run(folder.path(), "CM-01", &[("change", CHANGES), ("approval", &approvals)]);
        assert!(!ran.stdout.contains("secret"), "values stay out of messages:\n{}", ran.stdout);
        (ran.code, told(folder.path(), &ran))
    };
    let told = |violates: &str, undetermined: &str, causes: &[&str]| {
        let causes = causes.iter().map(|cause| (*cause).to_owned()).collect();
        (violates.to_owned(), undetermined.to_owned(), causes)
    };
    let refused = ["row-refused approval"];
    // Nobody approved c2 and c3.
    assert_eq!(approved(""), (1, told("2", "0", &[])));
    // The approval of c2 is there; when it was given can't be read.
    let late = "c2,1,secret,lead,approved,yesterday,\n";
    assert_eq!(approved(late), (1, told("1", "1", &refused)));
    // Which change was approved can't be read.
    assert_eq!(
        approved(",1,secret,lead,approved,2025-03-01T10:00:00Z,\n"),
        (3, told("0", "2", &refused))
    );
    assert_eq!(approved("secret,1\n"), (3, told("0", "2", &refused)));
    // The approval of another change is refused.
    let other = "c9,1,secret,lead,approved,yesterday,\n";
    assert_eq!(approved(other), (1, told("2", "0", &[])));
}

#[test]
fn a_refused_entry_of_the_other_side_is_not_a_missing_one() {
    let entries = "\
entry_id,seller,buyer,ic_ref,txn_date,category,service_id,pool_id,txn_amount,txn_ccy,booked_amount,booked_ccy,fx_rate,fx_date,side,period
E1,DE01,FR01,IC-1,2025-03-31,it,SV1,,33.33,EUR,33.33,EUR,,,AR,2025-03
E2,DE01,FR01,IC-1,2025-03-31,it,SV1,,\"33,33\",EUR,33.33,EUR,,,AP,2025-03
E3,DE01,FR01,IC-2,2025-04-30,it,SV1,,33.33,EUR,33.33,EUR,,,AR,2025-04
";
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "IC-04", &[("intercompany", entries)]);
    let causes = vec!["row-refused intercompany".to_owned()];
    assert_eq!(told(folder.path(), &ran), ("1".into(), "1".into(), causes));
}

/// The charge's seller, buyer and category are not among the query's columns: they are the base
/// row's.
#[test]
fn a_refused_agreement_is_not_a_missing_one() {
    let entries = "\
entry_id,seller,buyer,ic_ref,txn_date,category,service_id,pool_id,txn_amount,txn_ccy,booked_amount,booked_ccy,fx_rate,fx_date,side,period
E1,DE01,FR01,IC-1,2025-03-31,it,SV1,,33.33,EUR,33.33,EUR,,,AR,2025-03
E2,DE01,FR01,IC-2,2025-03-31,rent,SV1,,33.33,EUR,33.33,EUR,,,AR,2025-03
";
    let agreements = "\
agreement_id,seller,buyer,category,method,markup,allocation_key,effective_from,effective_to,doc_hash
A1,DE01,FR01,it,cost-plus,5 %,,2020-01-01,,
";
    let folder = tempfile::tempdir().unwrap();
    let datasets = [("intercompany", entries), ("ic-agreement", agreements)];
    let ran = run(folder.path(), "TP-01", &datasets);
    let causes = vec!["row-refused ic-agreement".to_owned()];
    assert_eq!(told(folder.path(), &ran), ("1".into(), "1".into(), causes));
}

/// A hold without a scope covers everything, so any refused one could be the one that is missing.
#[test]
fn a_refused_hold_is_not_a_missing_one() {
    let records = "\
record_id,class,jurisdiction,subject_ref,trigger_date,created,deleted_at,disposed_by_cert
R1,usage-log-personal,DE,,1990-01-01,1990-01-01T00:00:00Z,,
";
    let holds = "hold_id,scope_class,scope_jurisdiction,valid_from,valid_to,matter\n";
    let of = |holds: &str| {
        let folder = tempfile::tempdir().unwrap();
        let ran = run(folder.path(), "RET-02", &[("retention-record", records), ("hold", holds)]);
        told(folder.path(), &ran)
    };
    let exceptions = of(holds);
    assert_eq!(exceptions, ("1".into(), "0".into(), Vec::new()));
    let causes = vec!["row-refused hold".to_owned()];
    assert_eq!(
        of(&format!("{holds}H1,books,FR,last year,,M1\n")),
        ("0".into(), "1".into(), causes)
    );
}
