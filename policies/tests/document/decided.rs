//! Policies over a document, with what they find.

use super::{decide, limits, source};
use serde_json::json;
use tieout_policies::document::{DocumentPolicy as _, Failure, Source, compile};

/// A change of rates: who may raise what by how much.
const RATES: &str = r#"
package rates

violation contains {"code": "dearer", "sku": change.sku, "by": rise} if {
    some change in input.changes
    rise := decimal.div(decimal.sub(change.new, change.old), change.old, 4, "half_up")
    decimal.cmp(rise, data.limits.rise_max) > 0
}

violation contains {"code": "not-approved"} if {
    count(input.changes) > 1
    not approved
}

approved if input.approver in data.approvers
"#;

#[test]
fn amounts_are_computed_exactly_and_keep_their_digits() {
    let policy = compile(&source(RATES), limits()).unwrap();
    let data = r#"{"limits": {"rise_max": "0.05"}, "approvers": ["ada"]}"#;
    let document = |new: &str, approver: &str| {
        json!({"approver": approver, "changes": [
            {"sku": "A", "old": "0.10", "new": new}, {"sku": "B", "old": "3", "new": 3},
        ]})
        .to_string()
    };
    let found = |document: &str| policy.evaluate("violation", document, Some(data)).unwrap();
    assert_eq!(found(&document("0.105", "ada")), Some(json!([])));
    let dearer = json!({"by": "0.0510", "code": "dearer", "sku": "A"});
    assert_eq!(found(&document("0.1051", "ada")), Some(json!([dearer])));
    assert_eq!(found(&document("0.105", "bob")), Some(json!([{"code": "not-approved"}])));
}

#[test]
fn a_sum_of_thousands_is_the_sum() {
    let text = "package p\nviolation contains total if {\n\
        total := decimal.sum([line.amount | some line in input.lines])\n\
        decimal.cmp(total, input.total) != 0\n}";
    let lines = vec![json!({"amount": "0.10"}); 3000];
    let document = |total: &str| json!({"lines": lines, "total": total}).to_string();
    assert_eq!(decide(text, &document("300")).unwrap(), Some(json!([])));
    assert_eq!(decide(text, &document("300.01")).unwrap(), Some(json!(["300.00"])));
}

#[test]
fn a_document_with_a_number_that_would_be_rounded_is_refused() {
    let text = "package p\nviolation contains 1 if input.x";
    for (document, pointer) in [
        (r#"{"lines": [{"amount": 0.1}]}"#, "/lines/0/amount"),
        (r#"{"x": 12345678901234567890123}"#, "/x"),
    ] {
        let failure = decide(text, document).unwrap_err();
        let Failure::Document(found) = failure else { panic!("{failure:?}") };
        assert_eq!(found.code, "document-json");
        assert!(found.message.contains(&format!("`{pointer}`")), "{}", found.message);
        assert_eq!(found.help.as_deref(), Some("write it as a string"));
    }
}

#[test]
fn what_cannot_be_evaluated_is_a_failure_and_no_verdict() {
    let text = "package p\nviolation contains 1 if decimal.cmp(input.x, \"1\") > 0";
    let failure = decide(text, r#"{"x": "1,50"}"#).unwrap_err();
    let found = failure.diagnostic();
    assert_eq!(found.code, "document-failed");
    assert_eq!(found.message, "`decimal.cmp`: an argument is no decimal number");
    assert_eq!((found.path.as_str(), found.line), ("p.rego", 2));
    let negated = "package p\nviolation contains 1 if not decimal.cmp(input.x, \"1\") > 0";
    assert_eq!(
        decide(negated, r#"{"x": "1,50"}"#).unwrap_err().diagnostic().code,
        "document-failed"
    );
}

#[test]
fn rules_are_found_by_their_path_and_by_their_name() {
    let sources = [
        Source {
            path: "a.rego".into(),
            text: "package a\nimport data.lib\np := lib.twice(2)".into(),
        },
        Source {
            path: "lib.rego".into(),
            text: "package lib\ntwice(x) := [x, x]\nq := 1 if false".into(),
        },
    ];
    let policy = compile(&sources, limits()).unwrap();
    let value = |rule: &str| policy.evaluate(rule, "{}", None);
    assert_eq!(value("p").unwrap(), Some(json!([2, 2])));
    assert_eq!(value("data.a.p").unwrap(), Some(json!([2, 2])));
    assert_eq!(value("data.lib.q").unwrap(), None);
    assert_eq!(value("violation").unwrap_err().diagnostic().code, "document-no-rule");
}
