//! Objects that a rule collects, and the functions that make lists.

use crate::harness::{Fields, body, decided, refused};

const YES: &str = "violates | x";
const NO: &str = "conforms";

fn all(cases: &[(&str, &str)], record: Fields<'_>) {
    for (condition, expected) in cases {
        assert_eq!(body(condition, record), *expected, "{condition}");
    }
}

#[test]
fn an_object_is_collected_and_looked_up_in() {
    let cases = [
        ("m := {t: count(t) | some t in input.tags}\n\tm[\"bb\"] == 2", YES),
        ("count({t: 1 | some t in input.tags}) == 3", YES),
        ("{t: 1 | some t in input.tags}[\"x\"] == 1", "undetermined | lookup-miss"),
        ("not {t: 1 | some t in input.tags}[\"x\"]", YES),
        ("m := {t: 1 | some t in input.tags}\n\tobject.get(m, \"x\", 7) == 7", YES),
        ("m := {t: 1 | some t in input.tags}\n\tobject.get(m, \"a\", 7) == 1", YES),
        ("object.get({\"a\": 1}, input.sku, 7) == 7", "undetermined | null sku"),
        ("object.get({}, \"a\", 7) == 7", YES),
        ("object.keys({t: 1 | some t in input.tags}) == {\"c\", \"bb\", \"a\"}", YES),
        ("{c.id: c.budget | some c in data.cost_centres; c.id != \"C2\"}.C3 == 5.5", YES),
        ("{t: 1 | some t in input.tags} == {\"c\": 1, \"a\": 1.0, \"bb\": 1}", YES),
        ("{t: 1 | some t in input.tags} != {\"c\": 1, \"a\": 1.0, \"bb\": 2}", YES),
        ("some k, v in {t: count(t) | some t in input.tags}\n\tv == 2\n\tk == \"bb\"", YES),
        ("every k, v in {t: count(t) | some t in input.tags} { count(k) == v }", YES),
        ("some v in {\"a\": 1, \"b\": 2}\n\tv == 2", YES),
        ("2 in {\"a\": 1, \"b\": 2}", YES),
        ("not 3 in {\"a\": 1, \"b\": 2}", YES),
        ("sum([v | some v in {t: count(t) | some t in input.tags}]) == 4", YES),
    ];
    all(&cases, &[("tags", "c,a,bb,a")]);
}

#[test]
fn a_key_with_two_values_is_an_error_of_the_policy() {
    let cases = [
        ("count({t: i | some i, t in input.tags}) == 2", "undetermined | policy-error"),
        ("not count({t: i | some i, t in input.tags}) == 2", "undetermined | policy-error"),
        ("count({t: 1 | some t in input.tags}) == 2", YES),
        ("count({\"k\": n | some n in [1, 1.0, 1.00]}) == 1", YES),
        ("count({t: i | some i, t in input.tags; i < 2}) == 2", YES),
    ];
    all(&cases, &[("tags", "a,b,a")]);
}

#[test]
fn what_is_not_known_of_a_key_or_a_value_makes_the_object_unknown() {
    let cases = [
        ("count({t: 1 | some t in input.tags}) > 5", "undetermined | null tags"),
        ("count({\"k\": input.amount | some t in [1]}) > 5", "undetermined | null amount"),
        ("count({input.sku: 1 | some t in [1]}) > 5", "undetermined | null sku"),
        ("count({t: 1 | some t in [\"a\"]; t == input.sku}) > 5", "undetermined | null sku"),
        ("count({t: 1 | some t in input.tags; false}) == 0", YES),
        ("object.get({t: 1 | some t in input.tags}, \"b\", 7) == 7", "undetermined | null tags"),
        ("object.get({\"a\": 1}, \"b\", input.amount) == 7", "undetermined | null amount"),
        ("object.get({\"a\": 1}, \"a\", input.amount) == 1", YES),
        ("input.amount in {\"a\": 1}", "undetermined | null amount"),
        ("{\"a\": input.amount} == {\"a\": 1}", "undetermined | null amount"),
    ];
    all(&cases, &[("tags", "a,")]);
}

#[test]
fn lists_are_put_together_cut_and_turned() {
    let cases = [
        ("array.concat(input.tags, [\"d\"]) == [\"a\", \"b\", \"c\", \"d\"]", YES),
        ("array.concat([], input.tags) == input.tags", YES),
        ("array.slice(input.tags, 1, 2) == [\"b\"]", YES),
        ("array.slice(input.tags, -5, 2) == [\"a\", \"b\"]", YES),
        ("array.slice(input.tags, 1, 99) == [\"b\", \"c\"]", YES),
        ("count(array.slice(input.tags, 2, 1)) == 0", YES),
        ("array.slice(input.tags, 0.5, 1) == [\"a\"]", "undetermined | overflow"),
        ("array.reverse(input.tags) == [\"c\", \"b\", \"a\"]", YES),
        ("array.reverse(input.tags)[0] == \"c\"", YES),
        ("numbers.range(1, 4) == [1, 2, 3, 4]", YES),
        ("numbers.range(2, -1) == [2, 1, 0, -1]", YES),
        ("numbers.range(3, 3) == [3]", YES),
        ("numbers.range_step(0, 7, 3) == [0, 3, 6]", YES),
        ("numbers.range_step(7, 0, 3) == [7, 4, 1]", YES),
        ("count(numbers.range_step(1, 9, 0)) == 9", "undetermined | policy-error"),
        ("count(numbers.range_step(1, 9, -1)) == 9", "undetermined | policy-error"),
        ("count(numbers.range(0.5, 2)) == 2", "undetermined | overflow"),
        ("sum(numbers.range(1, 100)) == 5050", YES),
        ("count(numbers.range(1, 9)) + min(numbers.range(4, 9)) + max([1]) == 14", YES),
        ("some i in numbers.range(0, 2)\n\tinput.tags[i] == \"c\"", YES),
        ("every i in numbers.range(0, 2) { input.tags[i] < \"d\" }", YES),
        ("count([x | some x in array.concat(input.tags, [\"a\"]); x == \"a\"]) == 2", YES),
        ("strings.count(\"a-b-c\", \"-\") == 2", YES),
        ("strings.count(\"aaaa\", \"aa\") == 2", YES),
        ("strings.count(\"abc\", \"\") == 4", YES),
        ("split(\"aé\", \"\") == [\"a\", \"é\"]", YES),
        ("count(split(\"\", \"\")) == 0", YES),
        ("split(\"\", \"-\") == [\"\"]", YES),
    ];
    all(&cases, &[("tags", "a,b,c")]);
}

#[test]
fn a_null_item_stays_one_where_lists_are_put_together() {
    let cases = [
        ("\"b\" in array.reverse(input.tags)", "undetermined | null tags"),
        ("\"a\" in array.concat(input.tags, [\"c\"])", YES),
        ("\"b\" in array.concat([\"c\"], input.tags)", "undetermined | null tags"),
        ("count(array.concat(input.tags, input.tags)) == 4", YES),
        ("array.concat(input.tags, [])[1] == \"a\"", "undetermined | null tags"),
        ("array.slice(input.tags, 0, 1) == [\"a\"]", YES),
        ("array.slice(input.tags, 0, input.number) == [\"a\"]", "undetermined | null number"),
        ("count(numbers.range(1, input.number)) > 0", "undetermined | null number"),
        ("strings.count(input.sku, \"a\") == 0", "undetermined | null sku"),
        ("some t in array.reverse(input.tags)\n\tt == \"b\"", "undetermined | null tags"),
    ];
    all(&cases, &[("tags", "a,")]);
}

#[test]
fn sets_of_sets_are_joined_where_they_are_written() {
    let cases = [
        ("union({{1}, {2, 3}, {1}}) == {1, 2, 3}", YES),
        ("intersection({{1, 2}, {2, 3}, {2}}) == {2}", YES),
        ("union({set(), {\"a\"}}) == {t | some t in input.tags}", YES),
        ("intersection({{1}, {2}}) == set()", YES),
        ("union({{input.sku}, {\"a\"}}) == {\"a\"}", "undetermined | null sku"),
    ];
    all(&cases, &[("tags", "a,a")]);
}

#[test]
fn a_helper_can_keep_an_object() {
    let source = "
limits := {c.id: c.budget | some c in data.cost_centres; c.budget != null}
default extra := set()
extra := {\"b\"} if input.flag
violation contains {\"code\": \"x\", \"expected\": object.get(limits, input.cost_centre, 0)} if {
	input.amount > object.get(limits, input.cost_centre, 0)
	not input.sku in extra
}";
    let record = [("amount", "60"), ("cost_centre", "C3"), ("sku", "b"), ("flag", "false")];
    assert_eq!(decided(source, &record), "violates | x expected=5.50");
    let record = [("amount", "60"), ("cost_centre", "C1"), ("sku", "b"), ("flag", "false")];
    assert_eq!(decided(source, &record), NO);
    let record = [("amount", "60"), ("cost_centre", "C9"), ("sku", "b"), ("flag", "true")];
    assert_eq!(decided(source, &record), NO);
    // An empty default says nothing of the items' type; the other definition does.
    let told = refused(
        "package t\ndefault extra := set()\nextra := {\"b\"} if input.flag
violation contains {\"code\": \"x\"} if 1 in extra",
    );
    assert!(told.contains("can't look for number in set of string"), "{told}");
}

#[test]
fn lists_without_end_stop_at_the_record_s_budget() {
    let doubled =
        |times| (0..times).fold("[1]".to_owned(), |l, _| format!("array.concat({l}, {l})"));
    let bombs = [
        "count(numbers.range(1, 30000000)) > 0".to_owned(),
        "sum(numbers.range(-9000000000000000000, 9000000000000000000)) == 0".to_owned(),
        "some x in numbers.range(1, 1000)\n\tsome y in numbers.range(1, 1000)\n\tx * y == 7.5".to_owned(),
        "count({sprintf(\"%v-%v\", [x, y]): 1 | some x in numbers.range(1, 900); some y in numbers.range(1, 900)}) > 0"
            .to_owned(),
        "xs := {x | some x in numbers.range(1, 9000)}\n\tevery x in xs { count(xs - {x}) > 0 }".to_owned(),
        "m := {sprintf(\"%v\", [x]): x | some x in numbers.range(1, 9000)}\n\tevery k, v in m { m[k] == v }"
            .to_owned(),
        "xs := numbers.range(1, 9000)\n\tevery x in xs { xs[x - 1] == x }".to_owned(),
    ];
    let started = std::time::Instant::now();
    for bomb in bombs {
        assert_eq!(body(&bomb, &[]), "undetermined | limit", "{bomb}");
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    assert_eq!(body(&format!("count({}) == 1024", doubled(10)), &[]), YES);
}
