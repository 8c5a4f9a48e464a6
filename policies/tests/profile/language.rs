//! The language: what can be written, and what it means.

use crate::harness::{Fields, body, compiled, decided, refused};

#[test]
fn helpers_functions_and_else() {
    let source = "import rego.v1

eu := {\"DE\", \"FR\"}

default surcharge := 0
surcharge := 5 if input.flag

class(amount) := \"large\" if amount >= 100
else := \"medium\" if amount >= 10
else := \"small\"

rate(\"EU\", _) := 1
rate(\"US\", size) := 2 if size == \"large\"

violation contains {\"code\": \"a\", \"expected\": class(input.amount)} if {
	input.region in eu
	class(input.amount) != \"small\"
}
violation contains {\"code\": \"b\", \"expected\": surcharge} if surcharge > 0
violation contains {\"code\": \"c\", \"actual\": rate(input.region, class(input.amount))} if {
	rate(input.region, class(input.amount)) > 0
}";
    let cases: [(Fields<'_>, &str); 4] = [
        (&[("region", "DE"), ("amount", "10"), ("flag", "false")], "violates | a expected=medium"),
        (&[("region", "FR"), ("amount", "9.99"), ("flag", "true")], "violates | b expected=5"),
        (&[("region", "US"), ("amount", "100"), ("flag", "false")], "violates | c actual=2"),
        (&[("region", "US"), ("amount", "99"), ("flag", "false")], "conforms"),
    ];
    for (record, expected) in cases {
        assert_eq!(decided(source, record), expected, "{record:?}");
    }
}

#[test]
fn a_function_serves_several_types() {
    let source = "same(a, b) if a == b
violation contains {\"code\": \"a\"} if { same(input.region, \"EU\"); same(input.amount, 1.0) }";
    assert_eq!(decided(source, &[("region", "EU"), ("amount", "1")]), "violates | a");
}

#[test]
fn values_that_contradict_are_not_chosen_from() {
    let source = "kind := \"a\" if input.amount > 1
kind := \"b\" if input.amount > 2
violation contains {\"code\": \"x\"} if kind == \"a\"";
    assert_eq!(decided(source, &[("amount", "2")]), "violates | x");
    assert_eq!(decided(source, &[("amount", "3")]), "undetermined | policy-error");
    assert_eq!(decided(source, &[("amount", "1")]), "conforms");
}

#[test]
fn rows_that_contradict_are_not_chosen_from() {
    let source = "centre := data.cost_centres.C1 if input.amount > 1
centre := data.cost_centres.C3 if input.amount > 2
violation contains {\"code\": \"x\"} if centre.owner == \"lee\"";
    assert_eq!(decided(source, &[("amount", "2")]), "conforms");
    assert_eq!(decided(source, &[("amount", "3")]), "undetermined | policy-error");
    assert_eq!(decided(source, &[]), "undetermined | null amount");
    let same = source.replace("C3", "C1").replace("lee", "kim");
    assert_eq!(decided(&same, &[("amount", "3")]), "violates | x");
}

#[test]
fn some_gives_a_fact_for_each_element_and_each_fact_once() {
    let source = "violation contains {\"code\": \"tag\", \"actual\": t} if {
	some t in input.tags
	startswith(t, \"x\")
}
violation contains {\"code\": \"any\"} if {
	some t in input.tags
	t != \"\"
}";
    let told = decided(source, &[("tags", "x1,y,x2,x1")]);
    assert_eq!(told, "violates | tag actual=x1; tag actual=x2; any");
}

#[test]
fn every_is_a_conjunction() {
    let rule = "every t in input.tags { startswith(t, \"x\") }";
    assert_eq!(body(rule, &[("tags", "x1,x2")]), "violates | x");
    assert_eq!(body(rule, &[("tags", "x1,y")]), "conforms");
    let mixed = "every n in [input.amount, 1] { n > 5 }";
    assert_eq!(body(mixed, &[]), "conforms");
    assert_eq!(body("every n in [input.amount, 6] { n > 5 }", &[]), "undetermined | null amount");
}

#[test]
fn functions_do_what_they_say() {
    let true_ones = [
        "startswith(\"abc\", \"ab\")",
        "endswith(\"abc\", \"bc\")",
        "contains(\"abc\", \"b\")",
        "lower(\"ÄB\") == \"äb\"",
        "upper(\"äb\") == \"ÄB\"",
        "trim_space(\" a \") == \"a\"",
        "concat(\"-\", [\"a\", \"b\"]) == \"a-b\"",
        "sprintf(\"%s/%d %v%%\", [\"a\", 1, 2.50]) == \"a/1 2.50%\"",
        "split(\"a-b\", \"-\")[1] == \"b\"",
        "not split(\"a-b\", \"-\")[2]",
        "count([1, 2]) == 2",
        "count(\"äb\") == 2",
        "regex.match(`^[A-Z]{2}\\d+$`, \"AB12\")",
        "min([3, 1.5, 2]) == 1.5",
        "max([\"a\", \"b\"]) == \"b\"",
        "max([date.parse(\"2025-01-02\"), date.parse(\"2025-01-01\")]) == date.parse(\"2025-01-02\")",
        "date.add_years(date.parse(\"2024-02-29\"), 1) == date.parse(\"2025-02-28\")",
        "date.add_years(date.parse(\"2024-02-29\"), -4) == date.parse(\"2020-02-29\")",
        "date.end_of_year(date.parse(\"2024-02-29\")) == date.parse(\"2024-12-31\")",
        "date.year(date.parse(\"2024-02-29\")) == 2024",
        "money.minor_units(\"JPY\") == 0",
        "money.is_currency(\"EUR\", date.parse(\"2025-01-01\"))",
        "not money.is_currency(\"HRK\", date.parse(\"2025-01-01\"))",
        "not \"c\" in [\"a\", \"b\"]",
        "x := {\"a\": 1, \"b\": 2}\n x.a + x[\"b\"] == 3",
        "a := 1; b := 2; a < b",
        "\"a\" < \"b\"",
        "abs(-1.5) == 1.5",
    ];
    for text in true_ones {
        assert_eq!(body(text, &[]), "violates | x", "{text}");
    }
    let of_record: [(&str, Fields<'_>, &str); 6] = [
        (
            "date.of(input.at) == date.parse(\"2025-01-31\")",
            &[("at", "2025-02-01T00:30:00+01:00")],
            "violates | x",
        ),
        (
            "money.minor_units(input.region) == 2",
            &[("region", "XYZ")],
            "undetermined | lookup-miss region",
        ),
        (
            "decimal.parse(input.region) > 1",
            &[("region", "1,5")],
            "undetermined | unparsable region",
        ),
        (
            "date.parse(input.region) > data.run.as_of",
            &[("region", "2025-1-2")],
            "undetermined | unparsable region",
        ),
        (
            "money.is_currency(input.region, input.at)",
            &[("region", "HRK"), ("at", "2020-01-01T00:00:00Z")],
            "violates | x",
        ),
        (
            "date.add_years(input.day, input.number) > input.day",
            &[("day", "2025-01-01"), ("number", "999999999")],
            "undetermined | overflow number",
        ),
    ];
    for (text, record, expected) in of_record {
        assert_eq!(body(text, record), expected, "{text}");
    }
}

#[test]
fn metadata_and_lines_are_kept() {
    let source = "# METADATA
# title: One
# custom:
#   severity: high

violation contains {\"code\": \"x\"} if {
	input.amount > 1
}";
    let compiled = compiled(source);
    assert_eq!(compiled.metadata().len(), 1);
    let metadata = &compiled.metadata()[0];
    assert_eq!((metadata.line, metadata.title.as_deref()), (2, Some("One")));
    assert_eq!(metadata.custom["severity"], "high");
    let batch = crate::harness::batch(&[("amount", "2")]);
    use tieout_policies::evaluate::{Evaluator, Reference};
    let decisions = Reference.decide(&compiled, &batch, &crate::harness::data()).unwrap();
    let rule = &decisions[0].facts()[0].rule;
    assert_eq!((rule.file.as_str(), rule.line, rule.last_line), ("t/t/rule.rego", 7, 9));
}

#[test]
fn one_equals_sign_binds_a_new_name_and_compares_a_known_one() {
    let cases: [(&str, Fields<'_>, &str); 8] = [
        ("x = input.amount\nx > 5", &[("amount", "6")], "violates | x"),
        ("upper(input.region) = x\nx == \"EU\"", &[("region", "eu")], "violates | x"),
        ("x = input.amount\nx > 5", &[], "undetermined | null amount"),
        ("input.region = \"EU\"", &[("region", "US")], "conforms"),
        ("not input.region = \"EU\"", &[("region", "US")], "violates | x"),
        ("not input.region = \"EU\"", &[], "undetermined | null region"),
        ("x := 1\nx = input.amount", &[("amount", "1.0")], "violates | x"),
        (
            "count([t | some t in input.tags; n = count(t); n > 1]) = 1",
            &[("tags", "a,bb")],
            "violates | x",
        ),
    ];
    for (text, record, expected) in cases {
        assert_eq!(body(text, record), expected, "{text} of {record:?}");
    }
    let source = "default fee = 0
fee = 5 if input.flag
double(x) = 2 * x
violation contains {\"code\": \"a\", \"amount\": double(fee)} if fee = 5";
    assert_eq!(decided(source, &[("flag", "true")]), "violates | a amount=10");
    // In Rego a slip of the pen is a new name; here somebody must read it.
    let slip = "package t\nlimit := 5\nviolation contains {\"code\": \"a\"} if input.amount = limt";
    assert_eq!(
        refused(slip),
        "3:52+4 rego-unknown-name: nothing is named `limt`, and nothing reads what `=` binds (did you mean `limit`?)"
    );
}

#[test]
fn a_rule_can_be_a_set() {
    let source = "bad contains t if {
	some t in input.tags
	startswith(t, \"x\")
}

bad contains upper(input.region) if input.flag

bad contains \"always\"

violation contains {\"code\": \"a\", \"actual\": bad, \"expected\": count(bad)} if count(bad) > 1";
    let record: Fields<'_> = &[("tags", "x1,b,x1"), ("region", "eu"), ("flag", "false")];
    assert_eq!(decided(source, record), "violates | a expected=2 actual=[\"always\",\"x1\"]");
    let record: Fields<'_> = &[("tags", "b"), ("region", "eu"), ("flag", "true")];
    assert_eq!(decided(source, record), "violates | a expected=2 actual=[\"EU\",\"always\"]");
    let record: Fields<'_> = &[("tags", "b"), ("region", "eu"), ("flag", "false")];
    assert_eq!(decided(source, record), "conforms");
    let record: Fields<'_> = &[("tags", "b"), ("region", "eu")];
    assert_eq!(decided(source, record), "undetermined | null flag");
    let mixed =
        "package t\nbad contains \"a\"\nbad := \"b\"\nviolation contains {\"code\": \"a\"} if bad";
    assert!(
        refused(mixed).starts_with("2:1+3 rego-name-taken: `bad` is a set here"),
        "{}",
        refused(mixed)
    );
    let recursive = "package t\nbad contains x if some x in bad\nviolation contains {\"code\": \"a\"} if count(bad) > 0";
    assert!(refused(recursive).contains("rego-recursion"), "{}", refused(recursive));
}
