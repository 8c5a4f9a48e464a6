//! `tieout reperform charges`: sums, exceptions, findings as files, and what is told where something is
//! amiss.

use crate::harness::Desk;
use serde_json::Value;

const HEADER: &str = "charge_id,reason,corrects,resource_id,service_id,cost_centre,period_start,period_end,\
quantity,unit,price_version,free_units,list_amount,minimum,discount,proration_numerator,\
proration_denominator,amount,currency,billing_run,known_at,invoice_no,invoice_line\n";

/// A charge of February 2025 by the price of 0.05 EUR.
fn charge(
    id: &str,
    reason: &str,
    service: &str,
    quantity: &str,
    amount: &str,
    known: &str,
) -> String {
    format!(
        "{id},{reason},,R-1,{service},CC-1,2025-02-01T00:00:00Z,2025-03-01T00:00:00Z,{quantity},GB,1,0,0,,0,\
         1,1,{amount},EUR,RUN,{known}T00:00:00Z,,\n"
    )
}

const WORKSPACE: &str =
    "workspace: example\nperiod: {start: 2025-01-01, end: 2026-01-01}\ndatasets:\n";

fn dataset(name: &str, file: &str, rows: usize) -> String {
    format!(
        "  {name}:\n    files: [{file}]\n    profile: {name}-1\n    expected: {{rows: \"{rows}\", source: the \
         test, obtained_by: the tester, at: 2026-01-01T00:00:00Z}}\n"
    )
}

/// A workspace with those charges; `skipped` is left out of it.
fn desk(charges: &[String], skipped: &str) -> Desk {
    let desk = Desk::new();
    desk.write("charge.csv", &(HEADER.to_owned() + &charges.concat()));
    desk.write(
        "price-plan.csv",
        "service_id,version,effective_from,effective_to,mode,bound,free_units,minimum,discount_percent,\
         discount_order,prorated,rounding_mode,rounding_scale,currency\n\
         egress,1,2025-01-01T00:00:00Z,,per-unit,upper-inclusive,100,5,10,after-minimum,false,half-up,2,EUR\n",
    );
    desk.write(
        "price-tier.csv",
        "service_id,version,tier_no,from_qty,to_qty,unit_price,currency,mode,fixed_fee,burst_multiplier,\
         block_size\nother,1,1,0,,1,EUR,volume,,,\n",
    );
    desk.write(
        "rate-table.csv",
        "rate_id,effective_from,effective_to,service_id,region,customer_segment,unit_price,currency,\
         method_doc_id,approved_change_id,source_contract_line,known_from\n\
         RATE-1,2025-01-01T00:00:00Z,,egress,,,0.05,EUR,M,,,\n",
    );
    desk.write(
        "resource.csv",
        "resource_id,valid_from,valid_to,provider,account_id,service_id,region,zone,owner_user,cost_centre,\
         environment,lifecycle,decommissioned_at\nR-1,2025-01-01T00:00:00Z,,P,A,egress,,UTC,,CC-1,,live,\n",
    );
    let names = ["charge", "price-plan", "price-tier", "rate-table", "resource"];
    let rows = |name: &&str| if *name == "charge" { charges.len() } else { 1 };
    let entries = names.iter().filter(|name| **name != skipped);
    let entries: String = entries.map(|n| dataset(n, &format!("{n}.csv"), rows(n))).collect();
    desk.write("tieout.yaml", &(WORKSPACE.to_owned() + &entries));
    desk
}

/// (1300 − 100)·0.05 less 10 %, then 20 more, taken back in April; the floor of 5 less 10 % too.
fn right() -> Vec<String> {
    vec![
        charge("late", "late", "egress", "20", "0.90", "2025-04-04"),
        charge("first", "original", "egress", "1300", "54.00", "2025-03-04"),
        charge("small", "original", "egress", "1.5", "4.50", "2025-05-04"),
        charge("back", "correction", "egress", "-1300", "-54.00", "2025-04-04"),
    ]
}

#[test]
fn what_is_right_is_told_as_right() {
    let ran = desk(&right(), "").tieout("reperform charges");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(
        ran.out,
        "`charge`: 4 rows, 0 refused, ties out with the test\n\
         `price-plan`: 1 row, 0 refused, ties out with the test\n\
         `price-tier`: 1 row, 0 refused, ties out with the test\n\
         `rate-table`: 1 row, 0 refused, ties out with the test\n\
         `resource`: 1 row, 0 refused, ties out with the test\n\n\
         4 re-performed, 0 exceptions, 0 undetermined\n  \
         billed    as re-performed  difference\n  5.40 EUR  5.40 EUR         0.00 EUR\n"
    );
}

fn wrong() -> Vec<String> {
    let mut charges = right();
    charges[0] = charge("late", "late", "egress", "20", "0.80", "2025-04-04");
    charges.push(charge("no-minimum", "original", "egress", "130", "1.35", "2025-03-04"));
    charges.push(
        charge("unknown, \"so\"", "original", "nothing", "1", "7", "2025-03-04").replacen(
            "unknown, \"so\"",
            "\"unknown, \"\"so\"\"\"",
            1,
        ),
    );
    charges
}

/// 0.80 for 0.90, 1.35 for 4.50; a service without a price.
#[test]
fn exceptions_are_told_by_class_and_size() {
    let desk = desk(&wrong(), "");
    let ran = desk.tieout("reperform charges --format json --top 1 -o new/found.csv");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let text = |path: &str| told.pointer(path).unwrap().as_str().unwrap().to_owned();
    assert_eq!(text("/exceptions"), "2");
    assert_eq!(text("/evaluated"), "5");
    assert_eq!(text("/undetermined/no price plan is in force"), "1");
    assert_eq!(text("/billed_undetermined/EUR"), "7");
    assert_eq!(text("/billed/EUR"), "6.65");
    assert_eq!(text("/reperformed/EUR"), "9.9");
    assert_eq!(text("/difference/EUR"), "-3.25");
    let classes: Vec<_> = told["classes"].as_array().unwrap().iter().map(|c| &c["class"]).collect();
    assert_eq!(classes, ["minimum-ignored", "unexplained"]);
    assert_eq!(told["largest"].as_array().unwrap().len(), 1);
    assert_eq!(text("/largest/0/charge_id"), "no-minimum");
    assert!(told["charges"].get("commitment").is_none(), "nothing commits without a secret");
    // Late charges stand last.
    let lines = std::fs::read_to_string(desk.path("new/found.csv")).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[1].starts_with("charge.csv,5,no-minimum,R-1,2025-02-01T00:00:00Z,"),
        "{}",
        lines[1]
    );
    assert!(lines[1].ends_with(",130,1.35,4.5,4.5,-3.15,EUR,minimum-ignored,"), "{}", lines[1]);
    assert!(lines[2].contains(",\"unknown, \"\"so\"\"\",R-1,"), "{}", lines[2]);
    assert!(lines[2].ends_with(",,,,EUR,,no price plan is in force"), "{}", lines[2]);
    assert!(
        lines[3].contains(",late,") && lines[3].ends_with(",-0.1,EUR,unexplained,"),
        "{}",
        lines[3]
    );
    let left = std::fs::read_dir(desk.path("new")).unwrap().count();
    assert_eq!(left, 1, "nothing is left beside it");
}

#[test]
fn findings_in_parquet_are_those_in_text() {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let desk = desk(&wrong(), "");
    for name in ["found.parquet", "found.ndjson"] {
        assert_eq!(desk.tieout(&format!("reperform charges -q -o {name}")).code, 1);
    }
    let file = std::fs::File::open(desk.path("found.parquet")).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    let lines = std::fs::read_to_string(desk.path("found.ndjson")).unwrap();
    assert_eq!(batch.num_rows(), lines.lines().count());
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(batch.num_columns(), line.as_object().unwrap().len());
    assert_eq!(line["difference"], "-3.15");
    assert_eq!(line["reason"], Value::Null);
}

#[test]
fn nothing_is_concluded_where_something_is_open() {
    let mut charges = right();
    charges.push(charge("unreadable", "original", "egress", "1,5", "4.50", "2025-05-04"));
    let ran = desk(&charges, "").tieout("reperform charges");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.contains("refused: `charge.csv`, row 5"), "{}", ran.out);
    let untied = desk(&right(), "");
    untied.write("charge.csv", &(HEADER.to_owned() + &right()[1..].concat()));
    let ran = untied.tieout("reperform charges");
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(
        ran.out.contains("doesn't tie out with the test\n  rows: 4 stated, 3 found"),
        "{}",
        ran.out
    );
}

#[test]
fn what_can_not_be_done_is_told_and_leaves_nothing() {
    let ran = desk(&right(), "rate-table").tieout("reperform charges");
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("[missing-dataset]") && ran.err.contains("`rate-table`"),
        "{}",
        ran.err
    );

    let column = desk(&right(), "");
    column.write("charge.csv", &HEADER.replace("known_at", "known"));
    let ran = column.tieout("reperform charges -o found.csv");
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("[missing-column]") && ran.err.contains("known: known_at"),
        "{}",
        ran.err
    );
    assert!(!column.path("found.csv").exists());

    let ran = column.tieout("reperform charges -o found.xlsx");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("[unknown-format]"), "{}", ran.err);

    let cut = desk(&right(), "");
    cut.write("charge.parquet", "PAR1 and nothing after it");
    let yaml = std::fs::read_to_string(cut.path("tieout.yaml")).unwrap();
    cut.write("tieout.yaml", &yaml.replacen("charge.csv", "charge.parquet", 1));
    let ran = cut.tieout("reperform charges -o found.csv");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("[unreadable-file]"), "{}", ran.err);
    let left = std::fs::read_dir(cut.path(".")).unwrap();
    let left = left.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("found"));
    assert_eq!(left.count(), 0);
}
