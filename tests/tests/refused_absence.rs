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

const USAGE: &str = "usage_id,meter_id,resource_id,interval_start,interval_end,tz_offset_min,quantity,unit,\
source_system,source_priority,ingest_time,quality,estimate_method,estimate_of,replaces,sequence_no,batch_id,\
payload_hash
";
const CHARGES: &str =
    "charge_id,reason,corrects,resource_id,service_id,cost_centre,period_start,period_end,\
quantity,unit,price_version,free_units,list_amount,minimum,discount,proration_numerator,\
proration_denominator,amount,currency,billing_run,known_at,invoice_no,invoice_line
";
const PLANS: &str = "service_id,version,effective_from,effective_to,mode,bound,free_units,minimum,\
discount_percent,discount_order,prorated,rounding_mode,rounding_scale,currency
vm,1,2025-01-01T00:00:00Z,,per-unit,upper-inclusive,0,,0,after-minimum,false,half-even,2,EUR
";
const TIERS: &str =
    "service_id,version,tier_no,from_qty,to_qty,unit_price,currency,mode,fixed_fee,\
burst_multiplier
";
const RATES: &str =
    "rate_id,effective_from,effective_to,service_id,region,customer_segment,unit_price,\
currency,method_doc_id,approved_change_id,source_contract_line
R,2025-01-01T00:00:00Z,,vm,,,0.2,EUR,,,
";
const RESOURCES: &str =
    "resource_id,valid_from,valid_to,provider,account_id,service_id,region,zone,\
owner_user,cost_centre,environment,lifecycle,decommissioned_at
A,2024-01-01T00:00:00Z,,p,a,vm,,Etc/UTC,,CC,,live,
B,2024-01-01T00:00:00Z,,p,a,vm,,Etc/UTC,,CC,,live,
";

/// A day of March that was metered.
fn metered(resource: &str, day: u8, quantity: &str) -> String {
    let next = day + 1;
    format!(
        "{resource}{day},m,{resource},2025-03-{day:02}T00:00:00Z,2025-03-{next:02}T00:00:00Z,0,{quantity},GB,\
         agent,1,2025-03-{next:02}T06:00:00Z,measured,,,,,,\n"
    )
}

/// A charge of the first three days of March.
fn charged(id: &str, resource: &str, quantity: &str, amount: &str) -> String {
    format!(
        "{id},original,,{resource},vm,CC,2025-03-01T00:00:00Z,2025-03-04T00:00:00Z,{quantity},GB,1,0,0,,0,1,1,\
         {amount},EUR,RUN-2025-03,2025-04-04T00:00:00Z,,\n"
    )
}

/// What a control says of A and B, whose last day nobody metered, where a row of one dataset is there
/// that its profile refuses.
fn of_metering(control: &str, usage: &str, charges: &str) -> (String, String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let usage = format!("{USAGE}{usage}");
    let charges = format!("{CHARGES}{charges}");
    let datasets = [
        ("usage", usage.as_str()),
        ("charge", charges.as_str()),
        ("price-plan", PLANS),
        ("price-tier", TIERS),
        ("rate-table", RATES),
        ("resource", RESOURCES),
    ];
    let ran = run(folder.path(), control, &datasets);
    told(folder.path(), &ran)
}

/// The violations and undetermined records of a control without and with a refused row.
fn refused_in(
    dataset: &str,
    control: &str,
    (usage, charges): (&str, &str),
    row: &str,
) -> [(String, String); 2] {
    let before = of_metering(control, usage, charges);
    assert!(before.2.is_empty(), "{control}: {before:?}");
    let with = |text: &str, name: &str| format!("{text}{}", if name == dataset { row } else { "" });
    let after = of_metering(control, &with(usage, "usage"), &with(charges, "charge"));
    let cause = format!("row-refused {dataset}");
    assert!(after.2.iter().all(|found| *found == cause), "{control}: {after:?}");
    [(before.0, before.1), (after.0, after.1)]
}

fn counts(before: (&str, &str), after: (&str, &str)) -> [(String, String); 2] {
    [before, after].map(|(violates, undetermined)| (violates.to_owned(), undetermined.to_owned()))
}

#[test]
fn refused_usage_is_not_missing_usage() {
    let charges = charged("1", "A", "94", "18.80") + &charged("2", "B", "94", "18.80");
    let refused = metered("A", 2, "forty-six");
    // Both are charged, neither is used.
    let ghosts = refused_in("usage", "LN-01", ("", &charges), &refused);
    assert_eq!(ghosts, counts(("2", "0"), ("1", "1")));
    let unreadable = refused_in("usage", "LN-01", ("", &charges), "secret,1\n");
    assert_eq!(unreadable, counts(("2", "0"), ("0", "2")));
    // Two days are charged, one is used.
    let usage = metered("A", 1, "48") + &metered("B", 1, "48");
    let quantity = refused_in("usage", "LN-02", (&usage, &charges), &refused);
    assert_eq!(quantity, counts(("2", "0"), ("1", "1")));
    // The second day is a gap.
    let usage = usage + &metered("A", 3, "50") + &metered("B", 3, "50");
    let gaps = refused_in("usage", "IM-01", (&usage, &charges), &refused);
    assert_eq!(gaps, counts(("2", "0"), ("1", "1")));
    // Usage names no service: both resources' run is open.
    let run = refused_in("usage", "RC-01", (&usage, &charges), &refused);
    assert_eq!(run, counts(("1", "0"), ("0", "1")));
}

#[test]
fn a_refused_neighbour_of_an_estimate_is_not_a_missing_one() {
    let estimate = |resource: &str| {
        metered(resource, 2, "60")
            .replace("measured,,", "estimated,linear,")
            .replace("2025-03-03T06:00:00Z", "2025-03-20T00:00:00Z")
    };
    let usage: String = ["A", "B"]
        .iter()
        .map(|resource| {
            metered(resource, 1, "48") + &estimate(resource) + &metered(resource, 3, "50")
        })
        .collect();
    // A correction of the third day, of which the quantity can't be read.
    let refused = metered("A", 3, "seventy-two").replace("A3,m", "A3c,m");
    let found = refused_in("usage", "IM-02", (&usage, ""), &refused);
    assert_eq!(found, counts(("2", "0"), ("1", "1")));
}

#[test]
fn a_refused_charge_is_not_a_missing_one() {
    let usage: String = ["A", "B"].iter().map(|resource| metered(resource, 1, "48")).collect();
    // Neither is charged in March; there was a run, of another resource.
    let charges = charged("3", "C", "0", "0");
    let refused = charged("1", "A", "forty-eight", "9.60");
    let unbilled = refused_in("charge", "LN-04", (&usage, &charges), &refused);
    assert_eq!(unbilled, counts(("2", "0"), ("1", "1")));
    let run = refused_in("charge", "RC-01", (&usage, &charges), &refused);
    assert_eq!(run, counts(("1", "0"), ("0", "1")));
    // What came late is priced on top of what was charged before.
    let late = |id: &str, resource: &str| {
        charged(id, resource, "48", "9.60")
            .replace("original", "late")
            .replace("9.60", "9.61")
            .replace("2025-04-04", "2025-05-04")
    };
    let charges = late("1L", "A") + &late("2L", "B");
    let priced = refused_in("charge", "PT-02", (&usage, &charges), &refused);
    assert_eq!(priced, counts(("2", "0"), ("1", "1")));
}
