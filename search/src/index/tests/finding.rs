//! What is found, case by case.

use super::fixture::{Built, built, conforming, digest, pack, refused, violation};
use crate::index::SearchError;
use crate::query::{QueryError, parse};
use serde_json::json;

/// Four records: A and B, A alone, B alone, neither.
fn four() -> Built {
    let texts = ["dispute storage", "dispute compute", "storage credit", "credit"];
    let records = texts.map(|text| violation("INV-1", "1", "EUR", text)).to_vec();
    built(&[pack(0, records, Vec::new())])
}

/// The answers that tantivy's own query parser gets wrong without a word.
#[test]
fn no_silent_wrong_answers() {
    let index = four();
    let with_not = index.found("dispute AND NOT storage");
    assert_eq!(with_not, ["0/record/1"]);
    for same in ["dispute NOT storage", "dispute and not storage", "dispute AND (NOT storage)"] {
        assert_eq!(index.found(same), with_not, "{same}");
    }
    // The result of the control is a document too, and has none of these words.
    let complement = ["0/result/0", "0/record/2", "0/record/3"];
    assert_eq!(index.found("not dispute"), complement);
    assert_eq!(index.found("NOT NOT not dispute"), complement);
    assert_eq!(index.found("NOT (dispute OR storage OR kind:result)"), ["0/record/3"]);
    for refused in ["disput*", "dispute~1", "d?spute", "dispute -storage", "body:/res-00a.*/"] {
        assert!(parse(refused).is_err(), "{refused}");
    }
}

#[test]
fn a_digest_is_found_wherever_it_stands() {
    let inside = violation("INV-1", "1", "EUR", &format!("approved as {} today", digest(0xabc)));
    let mut column = violation("INV-2", "1", "EUR", "");
    column["values"]["doc_hash"] = json!(format!("sha256:{}", digest(0xdef)));
    let index = built(&[pack(3, vec![inside, column], Vec::new())]);
    assert_eq!(index.found(&digest(0xabc).to_string()), ["3/record/0"]);
    assert_eq!(index.found(&digest(0xabc).to_string().to_uppercase()), ["3/record/0"]);
    assert_eq!(index.found(&format!("hash:sha256:{}", digest(0xdef))), ["3/record/1"]);
    assert_eq!(index.found(&format!("hash:{}", digest(0xdef))), ["3/record/1"]);
    // A pack's own digest names all of its documents.
    assert_eq!(index.search(&format!("hash:{}", digest(3))).total, 3);
}

#[test]
fn everything_about_an_invoice_includes_what_passed() {
    let population = vec![
        conforming("FOC-R01", "INV-0042"),
        conforming("VAT-02", "INV-0043"),
        conforming("GL-01", "inv-0042"),
    ];
    let records = vec![violation("INV-0042", "12.50", "EUR", "list cost differs")];
    let refusal = refused("not-a-decimal", "invoice INV-0042 has no amount");
    let records = [records, vec![refusal]].concat();
    let index = built(&[pack(1, records, population)]);
    let all = ["1/record/0", "1/refused/0", "1/population/0", "1/population/2"];
    assert_eq!(index.found("INV-0042"), all);
    assert_eq!(index.found("\"inv-0042\""), all);
    let of_column = ["1/record/0", "1/population/0", "1/population/2"];
    for query in ["invoice:INV-0042", "key.InvoiceId:\"INV-0042\"", "invoiceid=inv-0042"] {
        assert_eq!(index.found(query), of_column, "{query}");
    }
    assert_eq!(index.found("INV-0042 decision:conforms"), all[2..]);
    let hit = &index.search("INV-0042 control:GL-01").hits[0];
    assert_eq!((hit.log_index, hit.number, hit.pack), (1, 2, digest(1)));
    assert_eq!(hit.control.as_deref(), Some("GL-01"));
    assert_eq!(hit.decision.as_deref(), Some("conforms"));
    assert_eq!(hit.document, conforming("GL-01", "inv-0042"));
}

#[test]
fn a_phrase_does_not_run_from_one_value_into_the_next() {
    let mut record = violation("INV-1", "1", "EUR", "first");
    record["values"] = json!({"a": "one two", "b": "three"});
    let index = built(&[pack(0, vec![record], Vec::new())]);
    assert_eq!(index.search("\"one two\"").total, 1);
    assert_eq!(index.search("\"two three\"").total, 0);
    assert_eq!(index.search("\"two one\"").total, 0);
    assert_eq!(index.search("two three").total, 1);
}

#[test]
fn an_amount_and_its_currency_are_those_of_one_amount() {
    let mut mixed = violation("INV-1", "1000.005", "EUR", "");
    mixed["facts"][0]["fee"] = json!({"amount": "7", "currency": "CHF"});
    let index = built(&[pack(0, vec![mixed], Vec::new())]);
    let count = |query: &str| index.search(&format!("kind:record {query}")).total;
    assert_eq!(count("amount:1000.005 EUR"), 1);
    assert_eq!(count("amount:1000.0050 EUR"), 1);
    assert_eq!(count("amount:1000.005 CHF"), 0);
    assert_eq!(count("amount:[6..8] CHF"), 1);
    assert_eq!(count("amount:[6..8] EUR"), 0);
    assert_eq!(count("amount>1000.005"), 0);
    assert_eq!(count("amount >= 1000.005"), 1);
    assert_eq!(count("amount:[..250] EUR"), 1);
    assert_eq!(count("ListCost<=31.4 EUR"), 1);
    assert_eq!(count("ListCost<=31.4 CHF"), 0);
}

#[test]
fn days_hold_their_instants() {
    let index = built(&[pack(0, vec![violation("INV-1", "1", "EUR", "")], Vec::new())]);
    let count = |query: &str| index.search(&format!("kind:record {query}")).total;
    assert_eq!(count("date:2025-01-31"), 1);
    assert_eq!(count("date:[2025-01-01..2025-01-31]"), 1);
    assert_eq!(count("date>2025-01-31"), 0);
    assert_eq!(count("ChargePeriodStart>=2025-02-01T00:00:00+01:00"), 1);
    assert_eq!(count("ChargePeriodStart>2025-01-31T23:00:00Z"), 0);
    assert_eq!(index.found("kind:result date:2026-01-31"), ["0/result/0"]);
}

#[test]
fn results_are_found_by_control_code_text_and_outcome() {
    let index = built(&[pack(0, Vec::new(), Vec::new())]);
    for query in [
        "control:foc-r03",
        "control:BIL-07",
        "code:list-cost-differs",
        "decision:exceptions",
        "\"agreed prices\"",
        "dataset:focus NOT x OR amount:12.5 EUR",
    ] {
        assert_eq!(index.found(query), ["0/result/0"], "{query}");
    }
}

#[test]
fn personal_fields_are_neither_found_nor_kept() {
    let mut record = violation("INV-1", "1", "EUR", "");
    record["personal"] = json!({"clerk": "mallory.secret", "_sd": ["abcdef"]});
    record["facts"][0]["actual"] = json!("mallory.secret");
    record["facts"][0]["expected"] = json!("not mallory.secret");
    record["facts"][0]["message"] = json!("mallory.secret can do both");
    // The population's keys are disclosed whole: `user_id` is personal by a schema profile, `clerk`
    // by the record above.
    let mut passed = conforming("SOD-01", "INV-2");
    passed["key"] = json!({"user_id": "mallory.secret", "clerk": "mallory", "rule_id": "R-9"});
    let mut clear = violation("INV-3", "1", "EUR", "");
    clear["facts"][0]["actual"] = json!("31.39");
    let index = built(&[pack(0, vec![record, clear], vec![passed])]);
    let hits = index.search("mallory");
    assert_eq!(hits.total, 0);
    assert_eq!(hits.notes[0], "documents with personal fields, which are not searched: 2");
    assert!(index.search("INV-1").hits[0].document.get("personal").is_none());
    assert_eq!(index.search("R-9").hits[0].document["key"], json!({"rule_id": "R-9"}));
    assert_eq!(index.found("31.39"), ["0/record/1"]);
    let query = "NOT user_id:x";
    let error = refusal(&index, query);
    let message = "`user_id` is personal, and personal columns are not in the index";
    assert_eq!((error.message.as_str(), &query[error.start..error.end]), (message, "user_id"));
    assert!(error.help.unwrap().starts_with("there are: key."));
    let mut folders = vec![index.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(7).any(|w| w == b"mallory"), "{}", path.display());
        }
    }
}

#[test]
fn withheld_records_keep_their_numbers_and_are_counted() {
    let population = vec![json!(null), conforming("GL-01", "INV-2"), json!(null)];
    let mut pack = pack(0, Vec::new(), population);
    pack.result.tests[0].counts.conforms = tieout_controls::Count(3);
    let index = built(&[pack]);
    assert_eq!(index.found("INV-2"), ["0/population/1"]);
    let notes = index.search("INV-2").notes;
    assert_eq!(
        notes,
        ["evaluated records that their packs withhold, and which are not searched: 2"]
    );
}

#[test]
fn what_is_too_long_is_counted() {
    let long = "x".repeat(70_000);
    let record = violation("INV-1", "1", "EUR", &format!("before {long} after"));
    let index = built(&[pack(0, vec![record], Vec::new())]);
    let hits = index.search("\"before\" after");
    assert_eq!(hits.total, 1);
    let notes = hits.notes.join("\n");
    assert!(notes.contains("too long to be found as a whole (over 65,000 bytes): 1"), "{notes}");
    assert!(notes.contains("words too long to be found (over 65,000 bytes): 1"), "{notes}");
    // The long word keeps its place: its neighbours are no phrase.
    assert_eq!(index.search("\"before after\"").total, 0);
    let quoted = "q".repeat(60_000);
    let record = violation("INV-1", "1", "EUR", &quoted);
    let index = built(&[pack(0, vec![record], Vec::new())]);
    assert_eq!(index.search(&quoted).total, 1);
}

#[test]
fn an_empty_answer_explains_itself() {
    let index = four();
    let hits = index.search("dispute nowhere");
    assert_eq!(
        (hits.total, hits.notes.as_slice()),
        (0, &["no document has `nowhere`".to_owned()][..])
    );
    let hits = index.search("\"disput*\"");
    assert!(hits.notes[0].contains("ordinary punctuation"), "{:?}", hits.notes);
    let hits = index.search("tax_point:2025-01-31");
    assert!(hits.notes.contains(&"no document has a column `tax_point`".to_owned()));
    let query = "storage key.Nonsense:x";
    let error = refusal(&index, query);
    assert_eq!(&query[error.start..error.end], "key.Nonsense");
    assert_eq!(error.message, "no document has a column `key.Nonsense`");
    assert_eq!(error.help.unwrap(), "there are: key.chargeperiodstart, key.invoiceid");
}

#[test]
fn the_limit_cuts_the_hits_and_not_the_count() {
    let index = four();
    let query = parse("kind:record").unwrap();
    for (limit, returned) in [(0, 0), (1, 1), (3, 3), (usize::MAX, 4)] {
        let hits = index.index.search(&query, limit).unwrap();
        assert_eq!((hits.total, hits.hits.len()), (4, returned));
    }
}

fn refusal(index: &Built, text: &str) -> QueryError {
    match index.index.search(&parse(text).unwrap(), 1) {
        Err(SearchError::Query(error)) => error,
        other => panic!("{text}: {other:?}"),
    }
}
