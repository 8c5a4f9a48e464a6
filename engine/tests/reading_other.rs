//! NDJSON and Parquet, and looking at a file before it is a dataset.

#[cfg(test)]
mod support;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use std::sync::Arc;
use support::{Folder, column, complaint, load, refused, spec, write};
use tieout_engine::dataset::{FloatRule, Reading, SourceFile};
use tieout_engine::inspect::inspect;

const RATE: &str = r#""to_ccy":"USD","date":"2025-01-31","type":"avg""#;

#[test]
fn json_numbers_are_read_from_their_lexeme() {
    let folder = Folder::new();
    let digits = "1234567890123456789012345678";
    let text = format!(
        "{{\"from_ccy\":\"a\",\"rate\":{digits}.0123456789,{RATE},\"source\":null}}\n\
         {{\"from_ccy\":\"b\",\"rate\":1.5E-3,{RATE}}}\n\n\
         {{\"from_ccy\":\"c\",\"rate\":\"0.10\",{RATE},\"source\":\"NULL\"}}\n\
         {{\"from_ccy\":\"d\",\"rate\":{digits}9,{RATE}}}\n\
         {{\"from_ccy\":\"e\",\"rate\":{digits}0.01234567891,{RATE}}}\n\
         {{\"from_ccy\":\"f\",\"rate\":0.00000000001,{RATE}}}\n\
         {{\"from_ccy\":\"g\",\"rate\":1,\"rate\":2,{RATE}}}\n\
         [1]\n\
         {{\"from_ccy\":\"h\",{RATE}}}\n\
         {{\"from_ccy\":\"i\",\"rate\":true,{RATE}}}\n"
    );
    let mut dataset = spec("fx-rate-1", vec![folder.write("fx.ndjson", text)]);
    let loaded = load(&dataset).unwrap();
    let first = format!("{digits}.0123456789");
    assert_eq!(column(&loaded, "rate"), [first.as_str(), "0.0015000000", "0.1000000000"]);
    assert_eq!(column(&loaded, "source"), ["null", "null", "NULL"]);
    assert_eq!(
        refused(&loaded),
        [
            "4:5:rate:too-many-digits",
            "5:6:rate:too-many-digits",
            "6:7:rate:does-not-fit-scale",
            "7:8:rate:duplicate-key",
            "8:9:-:not-a-json-object",
            "9:10:rate:null-not-allowed",
            "10:11:rate:not-a-decimal",
        ]
    );
    dataset.reading.widen = vec!["rate".into()];
    let loaded = load(&dataset).unwrap();
    assert_eq!(refused(&loaded).len(), 5);
    assert_eq!(column(&loaded, "rate")[3], format!("{digits}9.{}", "0".repeat(38)));
}

fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn fx(rate: ArrayRef) -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("from_ccy", text(&["EUR", "CHF"])),
        ("to_ccy", text(&["USD", "USD"])),
        ("date", Arc::new(Date32Array::from(vec![20119, 20120]))),
        ("rate", rate),
        ("type", text(&["avg", "avg"])),
        ("source", text(&["ecb", "ecb"])),
    ]
}

#[test]
fn parquet_decimals_and_integers_are_rescaled_exactly() {
    let folder = Folder::new();
    let decimal = Decimal128Array::from(vec![Some(123), Some(-5)]);
    let decimal: ArrayRef = Arc::new(decimal.with_precision_and_scale(20, 2).unwrap());
    let files = vec![
        write(&folder, "a.parquet", fx(decimal)),
        write(&folder, "b.parquet", fx(Arc::new(Int32Array::from(vec![7, 8])))),
    ];
    let loaded = load(&spec("fx-rate-1", files)).unwrap();
    assert_eq!(
        column(&loaded, "rate"),
        ["1.2300000000", "-0.0500000000", "7.0000000000", "8.0000000000"]
    );
    assert_eq!(column(&loaded, "date")[..2], ["2025-01-31", "2025-02-01"]);
}

#[test]
fn the_same_rows_have_the_same_commitment_in_every_format() {
    let folder = Folder::new();
    let decimal = Decimal128Array::from(vec![Some(103_930_000), Some(1_000_000)]);
    let decimal: ArrayRef = Arc::new(decimal.with_precision_and_scale(20, 8).unwrap());
    let row = |from: &str, date: &str, rate: &str| {
        format!(
            "{{\"from_ccy\":\"{from}\",\"to_ccy\":\"USD\",\"date\":\"{date}\",\"rate\":{rate},\"type\":\"avg\",\"source\":\"ecb\"}}\n"
        )
    };
    let files = [
        write(&folder, "a.parquet", fx(decimal)),
        folder.write("a.csv", "type,source,from_ccy,to_ccy,date,rate\navg,ecb,EUR,USD,2025-01-31,1.0393\navg,ecb,CHF,USD,2025-02-01,1e-2\n"),
        folder.write("a.ndjson", row("EUR", "2025-01-31", "1.03930") + &row("CHF", "2025-02-01", "0.01")),
    ];
    let commitments =
        files.map(|file| load(&spec("fx-rate-1", vec![file])).unwrap().summary.commitment);
    assert_eq!(commitments[0], commitments[1]);
    assert_eq!(commitments[1], commitments[2]);
}

#[test]
fn binary_floating_point_is_refused_unless_the_workspace_says_how() {
    let folder = Folder::new();
    let file = write(&folder, "fx.parquet", fx(Arc::new(Float64Array::from(vec![0.1, 1e-7]))));
    let mut dataset = spec("fx-rate-1", vec![file]);
    let (code, message, help) = complaint(load(&dataset));
    assert_eq!(code, "float-not-allowed");
    assert_eq!(
        message,
        "`fx.parquet`, column `rate`: binary floating point (Float64) can't hold decimal amounts exactly"
    );
    assert!(help.contains("float: shortest"), "{help}");
    dataset.reading.float = Some(FloatRule::Shortest);
    let loaded = load(&dataset).unwrap();
    assert_eq!(column(&loaded, "rate"), ["0.1000000000", "0.0000001000"]);
    assert_eq!(loaded.summary.reading["float"], "shortest");
}

#[test]
fn a_parquet_file_of_other_types_or_cut_short_is_an_error() {
    let folder = Folder::new();
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let (code, message, _) =
        complaint(load(&spec("fx-rate-1", vec![write(&folder, "fx.parquet", fx(flags))])));
    assert_eq!(code, "column-type");
    assert_eq!(
        message,
        "`fx.parquet`, column `rate`: Boolean where `fx-rate-1` wants decimal(38,10)"
    );
    let whole = write(&folder, "x.parquet", fx(Arc::new(Int64Array::from(vec![1, 2]))));
    let bytes = std::fs::read(whole.path).unwrap();
    let cut = folder.write("cut.parquet", &bytes[..bytes.len() / 2]);
    let (code, message, _) = complaint(load(&spec("fx-rate-1", vec![cut])));
    assert_eq!(code, "unreadable-file");
    assert!(message.contains("`cut.parquet`"), "{message}");
    let missing = SourceFile { shown: "no.csv".into(), path: folder.path().join("no.csv") };
    assert_eq!(complaint(load(&spec("fx-rate-1", vec![missing]))).0, "file-not-found");
}

#[test]
fn parquet_timestamps_are_instants_or_want_a_zone() {
    let folder = Folder::new();
    let micros = TimestampMicrosecondArray::from(vec![1_735_689_600_000_000; 2]);
    let nanos =
        TimestampNanosecondArray::from(vec![1_735_689_600_000_001_000, 1_735_689_600_000_000_001]);
    let file = write(
        &folder,
        "grant.parquet",
        vec![
            ("user_id", text(&["u", "v"])),
            ("role", text(&["r", "r"])),
            ("scope", text(&["s", "s"])),
            ("granted_at", Arc::new(micros)),
            ("revoked_at", Arc::new(nanos.with_timezone("UTC"))),
            ("granted_by", text(&["w", "w"])),
            ("request_id", text(&["q", "q"])),
        ],
    );
    let mut dataset = spec("role-grant-1", vec![file]);
    assert_eq!(
        refused(&load(&dataset).unwrap()),
        ["1:-:granted_at:naive-timestamp", "2:-:granted_at:naive-timestamp"]
    );
    dataset.reading.zone = Some("Europe/Berlin".into());
    let loaded = load(&dataset).unwrap();
    assert_eq!(refused(&loaded), ["2:-:revoked_at:finer-than-microseconds"]);
    assert_eq!(column(&loaded, "granted_at"), ["2024-12-31T23:00:00Z"]);
    assert_eq!(column(&loaded, "revoked_at"), ["2025-01-01T00:00:00.000001Z"]);
}

#[test]
fn inspecting_proposes_what_the_file_needs_and_the_file_then_reads() {
    let folder = Folder::new();
    let csv = "From_Ccy;to_ccy;date;rate;type;source;note\n\
               EUR;USD;2025-01-31;1,0393;avg;;x\nEUR;USD;2025-02-28;1,040;avg;NULL;x\nEUR;USD;\\N;1;avg;ecb;x\n";
    let file = folder.write("fx.csv", csv);
    let found = inspect(&file, &Reading::default()).unwrap();
    assert_eq!(found.rows, 3);
    let looks: Vec<_> = found.columns.iter().map(|c| c.looks_like.as_str()).collect();
    assert_eq!(
        looks,
        [
            "text",
            "text",
            "date",
            "decimal with a comma, 4 digits behind the point",
            "text",
            "text",
            "text"
        ]
    );
    assert_eq!(found.profiles[0].profile.name, "fx-rate-1");
    assert!(found.profiles[0].missing.is_empty());
    assert_eq!(found.profiles[0].unknown, ["note"]);
    let proposal = found.proposal;
    assert_eq!(proposal.delimiter, ';');
    assert!(proposal.decimal_comma);
    assert_eq!(proposal.nulls, ["\\N"]);
    assert_eq!(proposal.ignore, ["note"]);
    assert_eq!(proposal.rename["From_Ccy"], "from_ccy");
    let mut dataset = spec("fx-rate-1", vec![file]);
    dataset.reading = proposal;
    let loaded = load(&dataset).unwrap();
    assert_eq!(column(&loaded, "rate"), ["1.0393000000", "1.0400000000"]);
    assert_eq!(refused(&loaded), ["3:4:date:null-not-allowed"]);
}

/// FOCUS Sample Data 1.0 (CC BY 4.0), and an AWS cost and usage report of focus_converters (MIT).
#[test]
fn published_exports_are_inspected() {
    if let Some(path) = support::shared("focus/focus-1.0-sample/focus_sample.csv") {
        let file = SourceFile { shown: "focus_sample.csv".into(), path };
        let found = inspect(&file, &Reading::default()).unwrap();
        assert_eq!(found.profiles[0].profile.name, "focus-1.0");
        let proposal = &found.proposal;
        assert_eq!(proposal.nulls, ["NULL"]);
        assert_eq!(proposal.zone.as_deref(), Some("UTC"));
        assert_eq!(proposal.ignore, ["Id"]);
        println!("{proposal:?}");
        let mut dataset = spec("focus-1.0", vec![file]);
        dataset.reading = found.proposal;
        assert_eq!(load(&dataset).unwrap().summary.accepted.0, 993);
    }
    if let Some(path) = support::shared("focus/validator-2.2.1/focus-1.0-as-1.2_1000.csv") {
        let file = SourceFile { shown: "focus.csv".into(), path };
        let found = inspect(&file, &Reading::default()).unwrap();
        assert_eq!(found.profiles[0].profile.name, "focus-1.2");
        println!("{:?} {:?}", found.proposal, found.profiles);
    }
    if let Some(path) = support::shared("focus/converters/sample-anonymous-aws-export-dataset.csv")
    {
        let file = SourceFile { shown: "cur.csv".into(), path };
        let found = inspect(&file, &Reading::default()).unwrap();
        assert_eq!(found.rows, 1281);
        assert!(!found.profiles.is_empty());
        assert!(found.profiles.iter().all(|fit| !fit.missing.is_empty()));
        println!(
            "{:?} {:?}",
            found.proposal,
            found.profiles.iter().map(|f| (f.profile.name, f.missing.len())).collect::<Vec<_>>()
        );
    }
}
