use super::*;
use crate::gate::diff::changes;

const HEADER: &str = "rate_id,effective_from,effective_to,service_id,region,customer_segment,unit_price,\
    currency,method_doc_id,approved_change_id,source_contract_line,tier_from,tier_to,tier_mode,retroactive\n";

const CSV: &str = "A,2025-01-01T00:00:00Z,2025-07-01T00:00:00Z,vm,eu,,0.20,EUR,M-1,,N/1,,,,\n\
    B,2025-07-01T00:00:00Z,,vm,eu,,0.250,EUR,M-1,CHG-2,N/1,0,100,graduated,true\n\
    B,2025-07-01T00:00:00Z,,vm,eu,,0.1,EUR,M-1,CHG-2,N/1,100,,graduated,true\n";

/// The same rows as CSV has, in another order, with other zeros and offsets.
const YAML: &str = r#"# what a unit costs
rates:
  - rate_id: B
    effective_from: "2025-07-01T02:00:00+02:00"
    effective_to:
    service_id: vm
    region: eu
    customer_segment: null
    unit_price: 0.10
    currency: EUR
    method_doc_id: M-1
    approved_change_id: CHG-2
    source_contract_line: N/1
    tier_from: 1e2
    tier_mode: graduated
    retroactive: true

  - {rate_id: A, effective_from: 2025-01-01T00:00:00Z, effective_to: 2025-07-01T00:00:00Z,
     service_id: vm, region: eu, customer_segment: "", unit_price: "0.2", currency: EUR,
     method_doc_id: M-1, approved_change_id: , source_contract_line: N/1, retroactive: False}
  - rate_id: 'B'
    effective_from: 2025-07-01T00:00:00.000Z
    effective_to: ~
    service_id: vm
    region: eu
    unit_price: 0.25
    currency: EUR
    method_doc_id: M-1
    approved_change_id: CHG-2
    source_contract_line: N/1
    tier_from: 0
    tier_to: 100.0
    tier_mode: graduated
    retroactive: true
"#;

fn plainly(shown: &str, text: &str) -> RateTable {
    read(shown, text.as_bytes(), &Reading::default()).unwrap()
}

fn csv(rows: &str) -> RateTable {
    plainly("rates.csv", &format!("{HEADER}{rows}"))
}

fn refused(table: &RateTable) -> Vec<String> {
    let told = table.refused.iter().map(|row| {
        let line = row.line.map_or("-".to_owned(), |line| line.to_string());
        format!("{line}:{}:{}", row.column.as_deref().unwrap_or("-"), row.code)
    });
    told.collect()
}

fn lines(table: &RateTable) -> Vec<u64> {
    table.rates.iter().map(|rate| rate.line.unwrap()).collect()
}

#[test]
fn the_columns_are_those_of_the_profile() {
    let names: Vec<_> = rate_table().unwrap().columns.iter().map(|column| column.name).collect();
    assert_eq!(names, COLUMNS);
}

#[test]
fn every_format_says_the_same_of_the_same_rows() {
    let from_csv = csv(CSV);
    assert_eq!(refused(&from_csv), [""; 0]);
    assert_eq!(lines(&from_csv), [2, 3, 4]);
    let canonical = from_csv.canonical();
    let array = format!("[\n\n{}]\n", canonical.trim_end().replace('\n', ",\n\n"));
    let wrapped = format!("{{\"rates\": {array}}}");
    for (shown, text, expected) in [
        ("rates.yaml", YAML, [3, 18, 21]),
        ("rates.json", array.as_str(), [3, 5, 7]),
        ("rates.json", wrapped.as_str(), [3, 5, 7]),
        ("rates.ndjson", canonical.as_str(), [1, 2, 3]),
    ] {
        let table = plainly(shown, text);
        assert_eq!(refused(&table), [""; 0], "{shown}");
        assert_eq!(lines(&table), expected, "{shown}");
        assert_eq!(table.digest, from_csv.digest, "{shown}\n{}\n{canonical}", table.canonical());
        assert!(changes(&from_csv, &table).is_empty(), "{shown}");
    }
    let tier = &from_csv.rates[1];
    assert_eq!(
        (tier.price.to_string(), tier.tier_mode),
        ("0.25".into(), Some(TierMode::Graduated))
    );
    assert!(tier.terms.retroactive && tier.to.is_none() && tier.key.segment.is_none());
}

#[test]
fn the_canonical_form_is_read_back_and_nothing_but_it() {
    let table = csv(CSV);
    let canonical = table.canonical();
    let back = of_canonical(&canonical).unwrap();
    assert_eq!((back.digest, back.canonical()), (table.digest, canonical.clone()));
    assert!(
        canonical
            .starts_with(r#"{"announced_on":null,"approved_change_id":null,"cap_price":null,"#)
    );
    for altered in [
        canonical.replace("0.25", "0.250"),
        canonical.replace("Z\"", "+00:00\""),
        canonical.replacen('\n', "\n\n", 1),
        canonical.lines().rev().map(|line| format!("{line}\n")).collect(),
        canonical.replace("graduated", "stepped"),
        canonical.trim_end().to_owned(),
    ] {
        assert!(of_canonical(&altered).is_err(), "{altered}");
    }
    assert_ne!(of_canonical(&canonical.replace("0.25", "0.26")).unwrap().digest, table.digest);
}

#[test]
fn a_row_that_does_not_fit_is_refused_where_it_stands() {
    let digits = "1".repeat(40);
    let row = |from: &str, to: &str, price: &str, tier: &str| {
        format!("A,{from},{to},vm,,,{price},EUR,,,,{tier},\n")
    };
    let table = csv(&[
        row("2025-01-01T00:00:00Z", "", "2.5e-1", ",,"),
        row("2025-01-01T00:00:00Z", "", "NaN", ",,"),
        row("2025-01-01T00:00:00Z", "", &digits, ",,"),
        row("2025-01-01", "", "1", ",,"),
        row("2025-02-01T00:00:00Z", "2025-02-01T00:00:00Z", "1", ",,"),
        row("2025-01-01T00:00:00Z", "", "1", "100,100,volume"),
        row("2025-01-01T00:00:00Z", "", "1", "-1,,volume"),
        row("2025-01-01T00:00:00Z", "", "1", "0,100,"),
        row("2025-01-01T00:00:00Z", "", "1", "0,100,stepped"),
    ]
    .concat());
    assert_eq!(table.rates[0].price.to_string(), "0.25");
    assert_eq!(
        refused(&table),
        [
            "3:unit_price:not-a-decimal",
            "4:unit_price:too-many-digits",
            "5:effective_from:not-a-timestamp",
            "6:effective_to:empty-interval",
            "7:tier_to:empty-tier",
            "8:tier_from:empty-tier",
            "9:tier_mode:tier-without-mode",
            "10:tier_mode:not-in-vocabulary",
        ]
    );
    assert_eq!(table.rates.len(), 1);
}
