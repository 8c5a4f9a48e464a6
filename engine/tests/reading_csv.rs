//! CSV files as people have them.

#[cfg(test)]
mod support;

use std::io::Write;
use support::{Folder, column, complaint, load, refused, service_map, spec};
use tieout_controls::profile::Vocabulary;
use tieout_engine::dataset::{Encoding, Reading};

const HEADER: &str = "provider_service,sub_account_id,service_id,entity\n";

#[test]
fn an_unquoted_empty_field_is_null_and_a_quoted_one_is_empty() {
    let folder = Folder::new();
    let text = "cc_id,valid_from,valid_to,name,entity,parent,owner_user,status\n\
                a,2025-01-01,,n,e,,\"\",open\n\
                b,2025-01-01,,,e,,,open\n\
                c,2025-01-01,,\"\",e,,,open\n";
    let loaded = load(&spec("cost-centre-1", vec![folder.write("cc.csv", text)])).unwrap();
    assert_eq!(column(&loaded, "owner_user"), ["", "null"]);
    assert_eq!(column(&loaded, "parent"), ["null", "null"]);
    assert_eq!(column(&loaded, "name"), ["n", ""]);
    assert_eq!(refused(&loaded), ["2:3:name:null-not-allowed"]);
}

#[test]
fn quotes_line_ends_and_byte_order_mark() {
    let text = format!(
        "\u{feff}{}\"a \"\"quoted\"\", word\",\"1\r\n2\",s,e\r\nb,2,\"\",e\r\n\r\nc,3,s,e",
        HEADER.replace('\n', "\r\n")
    );
    let loaded = service_map(text);
    assert_eq!(column(&loaded, "provider_service"), ["a \"quoted\", word", "b", "c"]);
    assert_eq!(column(&loaded, "sub_account_id"), ["1\r\n2", "2", "3"]);
    assert_eq!(column(&loaded, "_row"), ["1", "2", "3"]);
    assert_eq!(column(&loaded, "_file"), ["0", "0", "0"]);
}

#[test]
fn a_row_that_does_not_fit_is_refused_alone_with_its_line() {
    let text = format!(
        "{HEADER}a,\"x\ny\",s,e\nb,1,s\nc,1,s,e,f\nd,1\"2,s,e\ne,\"1\"2,s,e\nf,1\r2,s,e\ng,1,s,e\n"
    );
    let loaded = service_map(text);
    assert_eq!(
        refused(&loaded),
        [
            "2:4:-:wrong-field-count",
            "3:5:-:wrong-field-count",
            "4:6:-:invalid-quoting",
            "5:7:-:invalid-quoting",
            "6:8:-:invalid-quoting",
        ]
    );
    assert_eq!(column(&loaded, "provider_service"), ["a", "g"]);
    assert_eq!(column(&loaded, "_row"), ["1", "7"]);
    let summary = &loaded.summary;
    assert_eq!((summary.rows.0, summary.accepted.0, summary.refused.0), (7, 2, 5));
}

/// Each case: profile, column, values that fit, values that don't.
#[test]
fn a_closed_vocabulary_refuses_another_spelling_alone() {
    let cases: [(&str, &str, &[&str], &[&str]); 7] = [
        ("entity-1", "country", &["DE", "GR", "GB", "XK"], &["EL", "UK", "fr", "DEU", "ZZ", "DE "]),
        ("approval-1", "decision", &["approved", "rejected"], &["Approved", "yes", "APPROVED"]),
        ("intercompany-1", "side", &["AR", "AP"], &["ar", "receivable"]),
        ("user-1", "type", &["human", "service"], &["Human", "bot"]),
        ("gl-map-1", "charge_class", &["Usage", "Tax"], &["usage", "Fee"]),
        ("hold-1", "scope_jurisdiction", &["", "DE", "US-CA"], &["Germany", "EL", "US_CA"]),
        ("invoice-1", "vat_category", &["S", "AE", "O"], &["s", "Standard", "RC"]),
    ];
    for (name, column, fit, unfit) in cases {
        let profile = tieout_controls::profile::named(name).unwrap();
        let columns: Vec<&str> = profile.columns.iter().map(|c| c.name).collect();
        let row = |value: &str| {
            let cells = profile.columns.iter().map(|c| match c.kind {
                _ if c.name == column => value,
                _ if c.nullable => "",
                tieout_controls::ColumnType::Date => "2025-01-01",
                tieout_controls::ColumnType::Timestamp => "2025-01-01T00:00:00Z",
                tieout_controls::ColumnType::Bool => "true",
                tieout_controls::ColumnType::String => match c.vocabulary {
                    Some(Vocabulary::Words(words)) => words[0],
                    Some(_) => "DE",
                    None => "x",
                },
                _ => "1",
            });
            cells.collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = fit.iter().chain(unfit).map(|value| row(value)).collect();
        let folder = Folder::new();
        let file = folder.write("a.csv", format!("{}\n{}\n", columns.join(","), rows.join("\n")));
        let loaded = load(&spec(name, vec![file])).unwrap();
        let expected: Vec<String> = (fit.len() + 1..=rows.len())
            .map(|row| format!("{row}:{}:{column}:not-in-vocabulary", row + 1))
            .collect();
        assert_eq!(refused(&loaded), expected, "{name}");
        for (refused, value) in loaded.refused.iter().zip(unfit) {
            assert!(!refused.reason.contains(&format!("`{value}`")), "{}", refused.reason);
        }
    }
}

#[test]
fn a_quote_that_never_closes_stops_the_run() {
    let folder = Folder::new();
    let file = folder.write("map.csv", format!("{HEADER}a,1,s,e\nb,\"1,s,e\nc,1,s,e\n"));
    let (code, message, _) = complaint(load(&spec("service-map-1", vec![file])));
    assert_eq!(code, "unclosed-quote");
    assert_eq!(message, "`map.csv`, line 3: a quote is opened and never closed");
}

#[test]
fn encodings_are_stated_not_guessed() {
    let bytes = b"provider_service,sub_account_id,service_id,entity\nCaf\xe9,1,s,e\n";
    let folder = Folder::new();
    let mut dataset = spec("service-map-1", vec![folder.write("map.csv", bytes)]);
    assert_eq!(refused(&load(&dataset).unwrap()), ["1:2:provider_service:invalid-utf8"]);
    dataset.reading.encoding = Encoding::Latin1;
    let loaded = load(&dataset).unwrap();
    assert_eq!(column(&loaded, "provider_service"), ["Café"]);
    assert_eq!(loaded.summary.reading["encoding"], "latin-1");
}

#[test]
fn gzip_of_several_members_and_zstd_read_as_one_text() {
    let text = format!("{HEADER}a,1,s,e\nb,2,s,e\n");
    let (first, second) = text.as_bytes().split_at(60);
    let gzip = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let folder = Folder::new();
    let mut members = gzip(first);
    members.extend(gzip(second));
    let files = vec![
        folder.write("map.csv.gz", &members),
        folder.write("map.csv.zst", zstd::encode_all(text.as_bytes(), 0).unwrap()),
    ];
    let loaded = load(&spec("service-map-1", files)).unwrap();
    assert_eq!(column(&loaded, "provider_service"), ["a", "b", "a", "b"]);
    assert_eq!(column(&loaded, "_file"), ["0", "0", "1", "1"]);

    for name in ["cut.csv.gz", "cut.csv.zst"] {
        let whole = if name.ends_with("gz") {
            gzip(text.repeat(50).as_bytes())
        } else {
            zstd::encode_all(text.repeat(50).as_bytes(), 0).unwrap()
        };
        let cut = folder.write(name, &whole[..whole.len() - 9]);
        let (code, message, _) = complaint(load(&spec("service-map-1", vec![cut])));
        assert_eq!(code, "truncated-file", "{message}");
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn settings_are_applied_and_told() {
    let folder = Folder::new();
    let text = "from;to;date;rate;type;source;note\nEUR;USD;2025-01-31;1,0393;avg;N/A;x\n\
                EUR;USD;2025-02-28;1.04;avg;'N/A';x\n";
    let mut dataset = spec("fx-rate-1", vec![folder.write("fx.csv", text)]);
    dataset.reading = Reading {
        delimiter: ';',
        quote: '\'',
        decimal_comma: true,
        nulls: vec!["N/A".into()],
        rename: [("from".into(), "from_ccy".into()), ("to".into(), "to_ccy".into())].into(),
        ignore: vec!["note".into()],
        ..Reading::default()
    };
    let loaded = load(&dataset).unwrap();
    assert_eq!(column(&loaded, "rate"), ["1.0393000000"]);
    assert_eq!(column(&loaded, "source"), ["null"]);
    assert_eq!(refused(&loaded), ["2:3:rate:not-a-decimal"]);
    assert!(loaded.summary.undeclared_columns.is_empty());
    let told: Vec<_> = loaded.summary.reading.keys().map(String::as_str).collect();
    assert_eq!(told, ["decimal_comma", "delimiter", "ignore", "nulls", "quote", "rename"]);
    dataset.reading.nulls.clear();
    assert_eq!(column(&load(&dataset).unwrap(), "source"), ["N/A"]);
}

#[test]
fn headers_that_do_not_fit_name_what_is_missing() {
    let folder = Folder::new();
    let try_header = |header: &str, reading: Reading| {
        let mut dataset = spec("service-map-1", vec![folder.write("map.csv", header)]);
        dataset.reading = reading;
        complaint(load(&dataset))
    };
    let (code, message, help) =
        try_header("provider_service,SubAccountId,service_id,entity\n", Reading::default());
    assert_eq!(code, "missing-column");
    assert_eq!(
        message,
        "`map.csv` lacks the column `sub_account_id` of the schema profile `service-map-1`"
    );
    assert_eq!(
        help,
        "did you mean `rename: {SubAccountId: sub_account_id}`? run `tieout dataset inspect map.csv`"
    );
    let (code, message, _) =
        try_header(&HEADER.replace("entity", "entity,entity"), Reading::default());
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("duplicate-column", "`map.csv` has the column `entity` twice")
    );
    let reading = Reading { ignore: vec!["entiti".into()], ..Reading::default() };
    let (code, _, help) = try_header(HEADER, reading);
    assert_eq!((code.as_str(), help.as_str()), ("unknown-column", "did you mean `entity`?"));
    let (code, ..) = try_header("", Reading::default());
    assert_eq!(code, "empty-file");
    let (code, _, help) =
        try_header(HEADER, Reading { zone: Some("Europe/Berln".into()), ..Reading::default() });
    assert_eq!((code.as_str(), help.as_str()), ("unknown-zone", "did you mean `Europe/Berlin`?"));
}

#[test]
fn totals_period_and_nulls_are_exact_and_tie_out_to_the_last_unit() {
    let folder = Folder::new();
    let header = "pool_id,period,service_id,gl_account,amount,currency,behaviour,pass_through,shareholder_activity\n";
    let text = format!(
        "{header}p1,2025-01,s,4400,0.10,EUR,fixed,0,false\np2,2025-01,s,4400,0.20,EUR,fixed,0,TRUE\n\
         p3,2025-01,s,4400,-5,CHF,fixed,0.0000000001,False\np4,2025-01,s,4400,1,EUR,fixed,,no\n"
    );
    let mut dataset = spec("cost-pool-1", vec![folder.write("pool.csv", text)]);
    let mut expected = support::rows(4);
    expected.totals = serde_json::from_str(r#"{"amount":{"EUR":"0.31","CHF":"-5.00"}}"#).unwrap();
    dataset.expected = Some(expected);
    let loaded = load(&dataset).unwrap();
    assert_eq!(refused(&loaded), ["4:5:pass_through:null-not-allowed"]);
    let totals = serde_json::to_string(&loaded.summary.totals).unwrap();
    assert_eq!(
        totals,
        r#"{"amount":{"CHF":"-5","EUR":"0.3"},"pass_through":{"CHF":"0.0000000001","EUR":"0"}}"#
    );
    let tie_out = serde_json::to_value(&loaded.summary.tie_out).unwrap();
    assert_eq!(tie_out["state"], "differs");
    assert_eq!(tie_out["differences"][0]["difference"], "-0.01");
}

/// FOCUS Sample Data 1.0, `focus_sample.csv` (CC BY 4.0): a thousand real anonymised rows.
#[test]
fn the_published_focus_sample_reads() {
    let Some(path) = support::shared("focus/focus-1.0-sample/focus_sample.csv") else { return };
    let file = tieout_engine::dataset::SourceFile { shown: "focus_sample.csv".into(), path };
    let mut dataset = spec("focus-1.0", vec![file]);
    dataset.reading.nulls = vec!["NULL".into()];
    dataset.reading.zone = Some("UTC".into());
    dataset.reading.ignore = vec!["Id".into()];
    let loaded = load(&dataset).unwrap();
    let counts = (loaded.summary.rows.0, loaded.summary.accepted.0);
    assert_eq!(counts, (1000, 993));
    // Oracle's seven rows write `Usage-based` for `Usage-Based`. (They also state no contracted cost,
    // which FOCUS 1.0 says must not be null; the first misfit is told.)
    let why = |r: &String| r.ends_with(":ChargeFrequency:not-in-vocabulary");
    assert!(refused(&loaded).iter().all(why));
    assert_eq!(loaded.summary.totals["BilledCost"].0["USD"].to_string(), "19.98315280426");
}
