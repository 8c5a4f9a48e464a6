//! Lists and sets that a rule collects, and positions.

use crate::harness::{Fields, body, decided, refused};

const YES: &str = "violates | x";

fn all(cases: &[(&str, &str)], record: Fields<'_>) {
    for (condition, expected) in cases {
        assert_eq!(body(condition, record), *expected, "{condition}");
    }
}

#[test]
fn items_of_all_solutions_are_collected() {
    let cases = [
        ("count([t | some t in input.tags]) == 4", YES),
        ("count({t | some t in input.tags}) == 3", YES),
        ("concat(\",\", {upper(t) | some t in input.tags; t != \"b\"}) == \"A,C\"", YES),
        ("concat(\",\", [t | some t in input.tags]) == \"c,a,b,a\"", YES),
        ("concat(\",\", sort([t | some t in input.tags])) == \"a,a,b,c\"", YES),
        ("sum([c.budget | some c in data.cost_centres; c.id != \"C2\"]) == 105.5", YES),
        ("sum([n * m | some n in [1, 2]; some m in {3, 4, 3}]) == 21", YES),
        ("count([t |\n\tsome t in input.tags\n\tt == \"a\"\n]) == 2", YES),
        ("count([t | some t in input.tags; t == \"x\"]) == 0", YES),
        ("\"a\" in {t | some t in input.tags}", YES),
        ("some t in [u | some u in input.tags; u > \"b\"]\n\tt == \"c\"", YES),
        (
            "every n in [count([u | some u in input.tags; u == t]) | some t in input.tags] { n > 1 }",
            "conforms",
        ),
        ("count({1, 1, 1.0, 2}) == 2", YES),
        ("max({n | some n in [1, 3, 2]}) == 3", YES),
    ];
    all(&cases, &[("tags", "c,a,b,a")]);
}

#[test]
fn what_is_not_known_of_one_item_makes_the_whole_unknown() {
    let cases = [
        ("count([t | some t in input.tags]) > 5", "undetermined | null tags"),
        ("not count([t | some t in input.tags]) > 5", "undetermined | null tags"),
        ("count([1 | some t in input.tags; t == \"a\"]) > 5", "undetermined | null tags"),
        ("count([1 | some t in input.tags; false]) == 0", YES),
        ("count([t | some t in [\"a\"]; t == input.sku]) == 0", "undetermined | null sku"),
        ("count([input.amount | some t in [\"a\"]]) == 1", "undetermined | null amount"),
        (
            "count([c.owner | some c in data.cost_centres]) == 3",
            "undetermined | null data.cost_centres.owner",
        ),
        ("count([t | some t in split(input.region, \"-\")]) == 0", "undetermined | null region"),
        ("count({n | some n in {1, input.amount}}) == 1", "undetermined | null amount"),
        ("count([min(xs) | some x in [1]; xs := [y | y := x; y > 1]]) == 0", YES),
    ];
    all(&cases, &[("tags", "a,")]);
}

#[test]
fn what_differs_from_opa_differs_as_its_page_says() {
    let collected = "count([x | x := input.sku; x != \"A\"]) == 0";
    let records: [(Fields<'_>, &str); 3] =
        [(&[("sku", "A")], YES), (&[("sku", "B")], "conforms"), (&[], "undetermined | null sku")];
    for (record, expected) in records {
        assert_eq!(body(collected, record), expected, "{record:?}");
    }
    let cases = [
        ("not substring(input.sku, -1, 2) == \"A\"", "undetermined | policy-error"),
        ("indexof(input.sku, \"\") == 0", "undetermined | policy-error"),
    ];
    all(&cases, &[("sku", "AB")]);
    let numbers: Fields<'_> = &[("amount", "1.15"), ("price", "2.30"), ("quantity", "3.45")];
    let sum = "sum([input.amount, input.price]) != input.quantity";
    assert_eq!(body(sum, numbers), "conforms");
}

#[test]
fn sets_are_joined_cut_and_compared() {
    let cases = [
        ("{\"a\", \"b\"} | {\"c\"} == {t | some t in input.tags}", YES),
        ("{t | some t in input.tags} & {\"a\", \"x\"} == {\"a\"}", YES),
        ("{t | some t in input.tags} - {\"a\"} == {\"c\", \"b\"}", YES),
        ("{1, 2} | {3} & {3, 4} == {1, 2, 3}", YES),
        ("{1} - {1} == set()", YES),
        ("set() | {1} == {1.0}", YES),
        ("{1, 2} != {2, 1}", "conforms"),
        ("[1, 2] != [2, 1]", YES),
        ("count([x | some x in {1, 2} | {3}]) == 3", YES),
        ("count([({1} | {2}) == {2, 1} | some x in [1, 2]]) == 2", YES),
        ("input.tags == [\"c\", \"a\", \"b\", \"a\"]", YES),
        ("{input.sku} | {\"a\"} == {\"a\"}", "undetermined | null sku"),
    ];
    all(&cases, &[("tags", "c,a,b,a")]);
    let nulls = [
        ("input.tags == [\"a\", \"b\"]", "undetermined | null tags"),
        ("input.tags == [\"b\", \"b\"]", "conforms"),
        ("input.tags != [\"a\"]", YES),
    ];
    all(&nulls, &[("tags", "a,")]);
}

#[test]
fn positions_are_counted_from_0_and_a_set_gives_its_items() {
    let cases = [
        ("some i, t in input.tags\n\ti == 1\n\tt == \"a\"", YES),
        ("some i, t in input.tags\n\ti == 0\n\tt == \"a\"", "conforms"),
        ("some _, t in [\"x\", \"a\"]\n\tt == \"a\"", YES),
        ("every i, t in input.tags { input.tags[i] == t }", YES),
        ("some k, v in {\"a\"}\n\tk == v", YES),
        ("some i, t in [\"a\", input.sku]\n\ti == 1\n\tt != \"a\"", "undetermined | null sku"),
    ];
    all(&cases, &[("tags", "c,a")]);
}

#[test]
fn a_helper_can_collect_and_default_to_what_is_collected() {
    let source = "
default wanted := [t | some t in [\"none\"]]
wanted := [t | some t in input.tags; startswith(t, \"a\")] if input.flag
violation contains {\"code\": \"x\", \"actual\": wanted} if count(wanted) == 1";
    let record: Fields<'_> = &[("tags", "ab,c"), ("flag", "true")];
    assert_eq!(decided(source, record), "violates | x actual=[\"ab\"]");
    let record: Fields<'_> = &[("tags", "ab,c"), ("flag", "false")];
    assert_eq!(decided(source, record), "violates | x actual=[\"none\"]");
}

#[test]
fn names_of_a_comprehension_are_its_own_and_its_items_scalars() {
    let wrap = |body: &str| {
        refused(&format!("package t\nviolation contains {{\"code\": \"x\"}} if {{\n{body}\n}}"))
    };
    assert_eq!(
        wrap("count([t | some t in input.tags]) > 0\nt == \"a\""),
        "4:1+1 rego-unknown-name: nothing is named `t`"
    );
    assert_eq!(
        wrap("count([c | some c in data.cost_centres]) > 0"),
        "3:8+1 rego-type-mismatch: items can't be of type table row"
    );
    assert_eq!(
        wrap("{\"a\"}[0] == \"a\""),
        "3:1+8 rego-type-mismatch: nothing can be looked up in set of string (write `x in …`)"
    );
    assert!(wrap("count([t | ]) > 0").contains("rego-syntax"));
    assert!(wrap("count([t | some t in input.tags) > 0").contains("rego-syntax"));
}

#[test]
fn a_bomb_of_comprehensions_ends_by_the_record_s_budget() {
    let ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let some: Vec<_> = names.iter().map(|name| format!("some {name} in {ten}")).collect();
    let bomb = format!("count([a | {}]) > 0", some.join("; "));
    assert_eq!(body(&bomb, &[]), "undetermined | limit");
    // A list that was collected is copied wherever it is used.
    let three = some.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    let copies = format!(
        "xs := [a | {three}]\n\tys := [x | some x in xs; some y in [1, 2, 3]]\n\tevery y in ys {{ ys[y] >= 0 }}"
    );
    assert_eq!(body(&copies, &[]), "undetermined | limit");
}
