//! What is missing never conforms.

use crate::harness::{Fields, body, decided};

#[test]
fn a_missing_key_is_undetermined_and_an_unknown_one_a_violation() {
    let rule = "not data.cost_centres[input.cost_centre]";
    assert_eq!(body(rule, &[]), "undetermined | null cost_centre");
    assert_eq!(body(rule, &[("cost_centre", "C9")]), "violates | x");
    assert_eq!(body(rule, &[("cost_centre", "C1")]), "conforms");
}

#[test]
fn reading_a_null_is_undetermined_whatever_stands_around_it() {
    let bodies = [
        "input.amount > 5",
        "not input.amount > 5",
        "not input.amount + 1 > 5",
        "input.region == \"EU\"",
        "input.region != \"EU\"",
        "not input.region in {\"EU\", \"US\"}",
        "input.region in [\"EU\"]",
        "not startswith(input.region, \"E\")",
        "not regex.match(`^E`, input.region)",
        "not input.flag",
        "input.flag",
        "input.flag == false",
        "not \"a\" in input.tags",
        "x := input.region\n x == \"EU\"",
        "x := input.region",
        "every t in input.tags { t != \"a\" }",
        "some t in input.tags\n t == \"a\"",
        "min([input.amount, 1]) == 1",
    ];
    for text in bodies {
        let told = body(text, &[]);
        assert!(told.starts_with("undetermined | null "), "{text}: {told}");
    }
}

#[test]
fn asking_for_absence_is_an_answer() {
    let cases: [(&str, Fields<'_>, &str); 9] = [
        ("not input.region", &[], "violates | x"),
        ("not input.region", &[("region", "")], "conforms"),
        ("input.region", &[], "conforms"),
        ("input.region", &[("region", "EU")], "violates | x"),
        ("input.region == null", &[], "violates | x"),
        ("input.flag == null", &[], "violates | x"),
        ("input.flag != null", &[("flag", "false")], "violates | x"),
        ("object.get(input, \"region\", \"EU\") == \"EU\"", &[], "violates | x"),
        ("object.get(input, \"amount\", 0) == 0", &[("amount", "3")], "conforms"),
    ];
    for (text, record, expected) in cases {
        assert_eq!(body(text, record), expected, "{text} of {record:?}");
    }
}

#[test]
fn conjunctions_follow_kleene() {
    let text = |value: &str| match value {
        "t" => "1 == 1",
        "f" => "1 == 2",
        _ => "input.amount > 5",
    };
    let told = |value: &str| match value {
        "t" => "violates | x",
        "f" => "conforms",
        _ => "undetermined | null amount",
    };
    for (a, b, and, or) in [
        ("t", "t", "t", "t"),
        ("t", "f", "f", "t"),
        ("t", "u", "u", "t"),
        ("f", "f", "f", "f"),
        ("f", "u", "f", "u"),
        ("u", "u", "u", "u"),
    ] {
        for (a, b) in [(a, b), (b, a)] {
            let both = format!("{}\n{}", text(a), text(b));
            assert_eq!(body(&both, &[]), told(and), "{a} and {b}");
            let violation = "violation contains {\"code\": \"x\"} if either";
            let (left, right) = (text(a), text(b));
            let either = format!("{violation}\neither if {{ {left} }}\neither if {{ {right} }}");
            assert_eq!(decided(&either, &[]), told(or), "{a} or {b}");
            // De Morgan: not (a or b) is (not a) and (not b).
            let neither = format!(
                "violation contains {{\"code\": \"x\"}} if {{ not either }}
either if {{ {left} }}\neither if {{ {right} }}"
            );
            let not = match or {
                "t" => "f",
                "f" => "t",
                u => u,
            };
            assert_eq!(decided(&neither, &[]), told(not), "neither {a} nor {b}");
        }
    }
}

#[test]
fn one_rule_may_violate_while_another_is_undetermined() {
    let source = "violation contains {\"code\": \"a\"} if input.region == \"EU\"
violation contains {\"code\": \"b\"} if input.amount > 5
violation contains {\"code\": \"c\"} if { input.price > 5; input.sku == \"A\" }";
    let told = decided(source, &[("region", "EU")]);
    assert_eq!(told, "violates | a | null amount; null price; null sku");
    assert_eq!(
        decided(source, &[("region", "EU"), ("amount", "6"), ("sku", "B")]),
        "violates | a; b"
    );
}

#[test]
fn a_violation_stands_though_its_amount_or_message_is_unknown() {
    let source = "violation contains {
	\"code\": \"a\", \"actual\": input.sku, \"amount\": input.amount,
	\"message\": sprintf(\"%s\", [input.region]),
} if not input.cost_centre";
    // Without its amount the sum of exceptions is short, so that is told.
    assert_eq!(decided(source, &[]), "violates | a | null amount");
    assert_eq!(decided(source, &[("amount", "2")]), "violates | a amount=2.0000000000");
}

#[test]
fn a_violation_whose_amount_no_rule_gives_is_told() {
    let source = "violation contains {\"code\": \"a\", \"amount\": fee} if input.region == \"EU\"
fee := 5 if input.flag";
    let of = |flag| decided(source, &[("region", "EU"), ("flag", flag)]);
    assert_eq!(of("true"), "violates | a amount=5");
    assert_eq!(of("false"), "violates | a | policy-error");
}

#[test]
fn a_null_in_a_list_is_unknown() {
    let cases = [
        ("some t in input.tags\n t == \"a\"", "a,", "violates | x | null tags"),
        ("some t in input.tags\n t == \"a\"", "b,", "undetermined | null tags"),
        ("every t in input.tags { t != \"a\" }", "b,", "undetermined | null tags"),
        ("every t in input.tags { t != \"a\" }", "a,", "conforms"),
        ("\"a\" in input.tags", "a,", "violates | x"),
        ("\"a\" in input.tags", "b,", "undetermined | null tags"),
        ("not \"a\" in input.tags", "b,", "undetermined | null tags"),
        ("input.tags[1] == \"a\"", "b,", "undetermined | null tags"),
        ("input.tags[0] == \"b\"", "b,", "violates | x"),
        ("max(input.tags) == \"b\"", "b,", "undetermined | null tags"),
        ("concat(\"\", input.tags) == \"b\"", "b,", "undetermined | null tags"),
        ("count(input.tags) == 2", "b,", "violates | x"),
    ];
    for (text, tags, expected) in cases {
        assert_eq!(body(text, &[("tags", tags)]), expected, "{text} of {tags}");
    }
}

#[test]
fn applicable_decides_first() {
    let source = "applicable if input.region == \"EU\"
violation contains {\"code\": \"a\"} if input.amount > 5";
    assert_eq!(decided(source, &[("region", "US")]), "not-applicable");
    assert_eq!(decided(source, &[("amount", "6")]), "undetermined | null region");
    assert_eq!(decided(source, &[("region", "EU"), ("amount", "6")]), "violates | a");
}

#[test]
fn an_unknown_definition_is_not_a_default() {
    let source = "violation contains {\"code\": \"a\"} if not exempt
default exempt := false
exempt if input.amount > 5
exempt if input.region == \"EU\"";
    assert_eq!(decided(source, &[("amount", "1"), ("region", "US")]), "violates | a");
    assert_eq!(decided(source, &[("amount", "1")]), "undetermined | null region");
    assert_eq!(decided(source, &[("region", "EU")]), "conforms");
}
