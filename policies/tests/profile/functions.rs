//! The named functions over text, numbers and dates, and what they do with what isn't there.

use crate::harness::{Fields, body};

fn all(cases: &[(&str, &str)], record: Fields<'_>) {
    for (condition, expected) in cases {
        assert_eq!(body(condition, record), *expected, "{condition}");
    }
}

const YES: &str = "violates | x";

#[test]
fn text_is_cut_and_searched_by_characters() {
    let cases = [
        ("trim(\"--a-b--\", \"-\") == \"a-b\"", YES),
        ("trim_left(\"xya\", \"yx\") == \"a\"", YES),
        ("trim_right(\"ayx\", \"xy\") == \"a\"", YES),
        ("trim_prefix(\"aab\", \"a\") == \"ab\"", YES),
        ("trim_suffix(\"abb\", \"b\") == \"ab\"", YES),
        ("trim_suffix(\"abb\", \"x\") == \"abb\"", YES),
        ("replace(\"a.b.c\", \".\", \"--\") == \"a--b--c\"", YES),
        ("replace(\"ab\", \"\", \"-\") == \"-a-b-\"", YES),
        ("substring(\"äöü\", 1, 1) == \"ö\"", YES),
        ("substring(\"äöü\", 1, -1) == \"öü\"", YES),
        ("substring(\"äöü\", 5, 2) == \"\"", YES),
        ("substring(\"äöü\", -1, 2) == \"\"", "undetermined | policy-error"),
        ("not substring(\"äöü\", -1, 2)", "undetermined | policy-error"),
        ("substring(\"äöü\", 0.5, 2) == \"\"", "undetermined | overflow"),
        ("indexof(\"äöü\", \"ü\") == 2", YES),
        ("indexof(\"äöü\", \"x\") == -1", YES),
        ("not indexof(\"a\", \"\")", "undetermined | policy-error"),
        ("strings.reverse(\"aä\") == \"äa\"", YES),
        ("strings.any_prefix_match(\"SKU-1\", [\"A\", \"SKU\"])", YES),
        ("not strings.any_prefix_match([\"B\", \"C\"], [\"A\"])", YES),
        ("strings.any_suffix_match([\"B\", \"xA\"], \"A\")", YES),
        ("not strings.any_suffix_match([\"B\", \"xA\"], \"x\")", YES),
        ("trim(input.sku, \"-\") == \"a\"", "undetermined | null sku"),
        ("not replace(\"a\", input.sku, \"\")", "undetermined | null sku"),
    ];
    all(&cases, &[]);
}

#[test]
fn a_null_item_hides_no_match_and_is_no_miss() {
    let tags: Fields<'_> = &[("tags", "B,")];
    let cases = [
        ("strings.any_prefix_match(input.tags, [\"B\"])", YES),
        ("strings.any_prefix_match(input.tags, [\"A\"])", "undetermined | null tags"),
        ("not strings.any_suffix_match(\"xB\", input.tags)", "conforms"),
        ("not strings.any_suffix_match(\"xA\", input.tags)", "undetermined | null tags"),
    ];
    all(&cases, tags);
}

#[test]
fn sums_and_products_are_exact() {
    let cases = [
        ("sum([input.amount, 0.2]) == 0.3", YES),
        ("sum([]) == 0", YES),
        ("product([input.amount, 3]) == 0.3", YES),
        ("product([]) == 1", YES),
        ("not min([])", YES),
        ("sum([input.amount, input.price]) == 0", "undetermined | null price"),
        ("product([input.big, input.big, 10]) > 0", "undetermined | overflow"),
    ];
    let big = "99999999999999999999999999999999999999";
    all(&cases, &[("amount", "0.1"), ("big", big)]);
}

#[test]
fn dates_are_taken_apart_and_moved() {
    let cases = [
        ("date.month(input.day) == 1", YES),
        ("date.day(input.day) == 31", YES),
        ("date.weekday(input.day) == 5", YES),
        ("date.add_months(input.day, 1) == date.parse(\"2025-02-28\")", YES),
        ("date.add_months(input.day, -2) == date.parse(\"2024-11-30\")", YES),
        ("date.add_days(input.day, 1) == date.parse(\"2025-02-01\")", YES),
        ("date.add_days(input.day, -31) == date.parse(\"2024-12-31\")", YES),
        ("date.days_between(date.parse(\"2024-02-28\"), date.parse(\"2024-03-01\")) == 2", YES),
        ("date.days_between(input.day, date.parse(\"2025-01-01\")) == -30", YES),
        ("date.add_days(input.day, 0.5) == input.day", "undetermined | overflow"),
        ("date.add_months(input.day, 2147483647) == input.day", "undetermined | overflow"),
        ("date.add_days(input.day, 1e12) == input.day", "undetermined | overflow"),
        ("date.day(date.of(input.at)) == 1", "undetermined | null at"),
    ];
    all(&cases, &[("day", "2025-01-31")]);
}

#[test]
fn a_text_that_would_grow_too_long_is_not_built() {
    let long = "x".repeat(150_000);
    let record: Fields<'_> = &[("sku", &long)];
    assert_eq!(body("replace(input.sku, \"\", input.sku) == \"\"", record), "undetermined | limit");
    assert_eq!(
        body("concat(input.sku, [\"a\", \"b\", \"c\"]) == \"\"", record),
        "undetermined | limit"
    );
}
