//! Comparisons where amounts are texts: what is refused, where, and what goes on as in Rego.

use super::{decide, limits, refusals, source};
use serde_json::json;
use tieout_policies::document::{DocumentPolicy as _, Source, compile};

const CMP: &str = "write `decimal.cmp(a, b)`, which gives -1, 0 or 1";
const TEXT: &str = "amounts would be compared as text";
const SAME: &str = "one amount in two writings is neither equal nor unequal";

fn when(condition: &str) -> String {
    format!("package p\n\nviolation contains 1 if {{\n\t{condition}\n}}\n")
}

#[test]
fn a_comparison_by_the_writing_of_an_amount_has_no_answer() {
    let document = r#"{
        "old": "9", "new": "10", "same": "10.00", "n": 10, "none": null, "word": "n/a",
        "local": "1.000,50", "euros": "EUR 9", "list": ["10"], "lines": [{"a": "2"}, {"a": "x"}]
    }"#;
    let types = "a text and a number have no order";
    let ask = "ask first what it is, such as with `is_number(x)`";
    for (condition, message, help, columns) in [
        ("input.new > input.old", TEXT, CMP, (2, 21)),
        ("not input.new <= input.old", TEXT, CMP, (6, 22)),
        ("x := input.new < input.old", TEXT, CMP, (7, 21)),
        ("input.local >= input.euros", TEXT, CMP, (2, 26)),
        ("input.word > input.new", TEXT, CMP, (2, 22)),
        ("some line in input.lines; line.a < input.word", TEXT, CMP, (28, 19)),
        ("every line in input.lines { line.a < input.word }", TEXT, CMP, (30, 19)),
        ("count([1 | input.lines[_].a < input.word]) == 0", TEXT, CMP, (13, 29)),
        ("input.list < [input.old]", TEXT, CMP, (2, 24)),
        ("input.old > 100", types, CMP, (2, 15)),
        ("1 < input.old", "a number and a text have no order", CMP, (2, 13)),
        ("input.none < input.n", "null and a number have no order", ask, (2, 20)),
        ("{1} <= {1, 2}", "a set has no order", "compare its items, or `count` them", (2, 13)),
        ("input.new == input.same", SAME, CMP, (2, 23)),
        ("input.new != input.same", SAME, CMP, (2, 23)),
        ("input.new == input.n", SAME, CMP, (2, 20)),
        ("input.list == [input.same]", SAME, CMP, (2, 26)),
        ("input.same == \"10\"", SAME, CMP, (2, 18)),
        ("(input.new) == (input.same) # >", SAME, CMP, (2, 27)),
        ("\"é\" != \"\"; input.same == input.new", SAME, CMP, (13, 23)),
    ] {
        let failure = decide(&when(condition), document).expect_err(condition);
        let found = failure.diagnostic();
        assert_eq!(found.code, "document-comparison", "{condition}: {found:?}");
        assert_eq!((found.path.as_str(), found.line), ("p.rego", 4), "{condition}");
        assert_eq!((found.column, found.length), columns, "{condition}");
        assert_eq!(found.message, message, "{condition}");
        assert_eq!(found.help.as_deref(), Some(help), "{condition}");
    }
}

#[test]
fn what_no_writing_can_change_is_compared_as_in_rego() {
    let document = r#"{"n": 10, "id": "007", "day": "2025-01-31", "a": "x", "amount": "1.50",
        "empty": "", "list": [1, "x"], "yes": true}"#;
    for condition in [
        "input.n > 9",
        "input.n >= count(input.list)",
        "input.id == \"007\"; input.id != \"7\"",
        "input.day < \"2025-02-01\"",
        "input.a < \"y\"",
        "input.amount == \"1.50\"",
        "input.amount != \"1.51\"",
        "input.amount != null; input.amount != input.yes; input.empty != input.amount",
        "input.list == [1, \"x\"]; input.list != [1]; input.list < [2]",
        "decimal.cmp(input.amount, \"1.5\") == 0",
        "decimal.cmp(input.amount, input.n) < 0",
        "time.clock(0) < [1, 0, 0]",
        "not input.missing > 3; not input.missing == input.amount",
        "x := input.n > 9; x == true; (1 < 2) == (2 < input.n)",
        "x := {y | some y in [1, 2, 3]; y >= 2}; x == {2, 3}",
        "input.list[_] == input.a",
        "some i; input.list[i] == input.a; i == 1",
        "\"<\" != `>`\n\tinput.n ==\n\t\t10 # ==",
        "data.p.f(3) with input.n as 2",
        "bigger",
    ] {
        let text = format!("{}\nf(x) if x > input.n\n\nbigger := input.n > 3\n", when(condition));
        assert_eq!(decide(&text, document).unwrap(), Some(json!([1])), "{condition}");
    }
}

#[test]
fn what_an_author_calls_things_is_no_matter() {
    let text = "package compared\n\nimport data.lib as compared_\n\ncompared(x) if x > 2\n\n\
        violation contains compared__ if { some compared__ in [1, 3]; compared(compared__) }\n";
    let lib = Source { path: "lib.rego".into(), text: "package lib\nx := 1 < 2\n".into() };
    let sources = [source(text)[0].clone(), lib];
    let policy = compile(&sources, limits()).unwrap();
    assert_eq!(policy.evaluate("violation", "{}", None).unwrap(), Some(json!([3])));
    assert_eq!(policy.evaluate("data.lib.x", "{}", None).unwrap(), Some(json!(true)));
}

/// Places are those of the author's text, behind and within comparisons, after tabs too.
#[test]
fn other_failures_are_told_where_the_author_wrote_them() {
    for (condition, column) in [
        ("input.n > 1; lower(3) == \"x\"", 21),
        ("(input.n > 1) == (lower(3) > input.a)", 26),
        ("\"é\" < \"ü\"; input.n != 2; lower(3) == input.a", 33),
    ] {
        let failure = decide(&when(condition), r#"{"n": 3, "a": "a"}"#).unwrap_err();
        let found = failure.diagnostic();
        assert_eq!(found.code, "document-failed", "{condition}");
        assert_eq!((found.line, found.column), (4, column), "{condition}: {found:?}");
    }
    let found = &refusals(&when("input.a < input.b; y == 1"))[0];
    assert_eq!((found.code, found.line, found.column), ("rego-refused-policy", 4, 21));
}

#[test]
fn many_comparisons_and_long_lines_are_no_more_than_others() {
    let long = vec!["input.n != 2"; 700].join("; ");
    assert_eq!(decide(&when(&long), r#"{"n": 3}"#).unwrap(), Some(json!([1])));
    let many = vec!["\tinput.n<4"; 19_000].join("\n");
    assert_eq!(decide(&when(&many), r#"{"n": 3}"#).unwrap(), Some(json!([1])));
}
