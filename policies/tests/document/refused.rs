//! Policies that don't load, by the name of what is wrong.

use super::{codes, refusals};

fn rule(body: &str) -> String {
    format!("package p\n\nviolation contains 1 if {{\n\t{body}\n}}\n")
}

#[test]
fn clock_chance_network_and_logs_are_refused_by_name_and_place() {
    for call in [
        "time.now_ns() > 1",
        "http.send({})",
        "rand.intn(\"x\", 5) == 1",
        "uuid.rfc4122(\"x\")",
        "opa.runtime()",
        "net.lookup_ip_addr(\"x\")",
        "trace(\"x\")",
        "print(\"x\")",
        "input.x with input.x as time.now_ns()",
        "lower(\"x\") with lower as http.send",
    ] {
        let found = refusals(&rule(call));
        let found: Vec<_> = found.iter().filter(|f| f.code == "rego-not-reproducible").collect();
        assert_eq!(found.len(), 1, "{call}");
        assert_eq!((found[0].path.as_str(), found[0].line), ("p.rego", 4), "{call}");
    }
    let found = &refusals(&rule("x := 1; time.now_ns() > x"))[0];
    assert_eq!((found.column, found.length), (10, 11));
}

#[test]
fn arithmetic_on_what_may_be_money_is_refused_with_the_exact_function() {
    for (expression, function) in [
        ("input.a + input.b", "decimal.add"),
        ("input.a - 1", "decimal.sub"),
        ("2 * input.a", "decimal.mul"),
        ("4 / 2", "decimal.div"),
        ("input.a % 2", "decimal.div"),
        ("-input.a", "decimal.neg"),
        ("sum(input.xs)", "decimal.sum"),
        ("product(input.xs)", "decimal.mul"),
        ("round(input.a)", "decimal.round"),
        ("ceil(input.a)", "decimal.round"),
        ("floor(input.a)", "decimal.round"),
        ("abs(input.a)", "decimal.abs"),
        ("max(input.xs)", "decimal.max"),
        ("to_number(input.a)", "decimal.parse"),
        ("format_int(input.a, 10)", "sprintf"),
        ("sprintf(\"%.2f\", [input.a])", "decimal.round"),
        ("input.a > \"100\"", "decimal.cmp"),
        ("decimal.add(input.a, input.b) == input.c", "decimal.cmp"),
    ] {
        let found = refusals(&rule(&format!("x := [{expression}]")));
        assert_eq!(found.len(), 1, "{expression}: {found:?}");
        assert_eq!(found[0].code, "rego-inexact", "{expression}");
        let help = found[0].help.as_deref().unwrap_or_default();
        assert!(help.contains(function), "{expression}: {help}");
    }
    let found = refusals(&rule("x := 1.5"));
    assert_eq!((found[0].code, found[0].column), ("rego-number", 7));
}

#[test]
fn integers_that_are_counted_or_written_may_be_computed_with() {
    for expression in [
        "count(input.xs) + 1 > 2 * count(input.ys)",
        "{x | some x in input.xs} - {\"a\"} == set()",
        "count(input.xs) % 2 == -1",
        "input.date < \"2025-01-01\"",
        "input.id == \"1001\"",
    ] {
        assert_eq!(codes(&rule(expression)), [""; 0], "{expression}");
    }
}

#[test]
fn what_the_evaluator_does_not_have_is_refused_before_it_runs() {
    assert_eq!(codes(&rule("graphql.is_valid(\"a\", \"b\")")), ["rego-refused-function"]);
    assert_eq!(codes(&rule("graph.reachable_paths({}, [])")), ["rego-refused-function"]);
    let found = refusals(&rule("startwith(input.a, \"b\")"));
    assert_eq!(found[0].code, "rego-unknown-function");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `startswith`?"));
    assert_eq!(codes(&rule("x == 1")), ["rego-refused-policy"]);
    assert_eq!(codes("package p\nviolation contains 1 {true}"), ["rego-syntax"]);
}

#[test]
fn recursion_is_refused_however_long_the_way_round() {
    assert_eq!(codes("package p\nf(x) := f(x)"), ["rego-recursion"]);
    assert_eq!(codes("package p\nf(x) := g(x)\ng(x) := h\nh := f(1)"), ["rego-recursion"]);
    assert_eq!(codes("package p\na if data.p[x]\nx := 1"), ["rego-recursion"]);
    assert_eq!(
        codes("package p\nf(x) := x\ng(x) := [y | y := f(x)]\nviolation contains g(1)"),
        [""; 0]
    );
}
