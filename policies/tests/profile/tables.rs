//! Lookups and dated tables.

use crate::harness::{Fields, batch, body, compiled, data, decided};
use tieout_policies::evaluate::{Evaluator, Reference};

#[test]
fn a_dated_lookup_takes_the_row_in_force_and_never_chooses() {
    let rule = "rate := effective.at(data.rates, [input.sku], input.day)\n rate.price != 1.1";
    let on = |sku, day| body(rule, &[("sku", sku), ("day", day)]);
    let cases = [
        ("A", "2024-12-31", "undetermined | effective-gap data.rates"),
        ("A", "2025-01-01", "conforms"),
        ("A", "2025-01-31", "conforms"),
        // Half-open: on the day of the change the new row is in force, and it alone.
        ("A", "2025-02-01", "violates | x"),
        ("A", "2025-02-28", "violates | x"),
        ("A", "2025-03-01", "undetermined | effective-gap data.rates"),
        ("A", "2025-04-01", "violates | x"),
        ("A", "2999-01-01", "violates | x"),
        ("B", "2025-02-01", "undetermined | effective-overlap data.rates"),
        ("Z", "2025-02-01", "undetermined | effective-gap data.rates"),
    ];
    for (sku, day, expected) in cases {
        assert_eq!(on(sku, day), expected, "{sku} on {day}");
    }
    assert_eq!(body(rule, &[("sku", "A")]), "undetermined | null day");
    assert_eq!(body(rule, &[]), "undetermined | null day; null sku");
    let negated = "not effective.at(data.rates, [input.sku], input.day)";
    let gap = body(negated, &[("sku", "Z"), ("day", "2025-01-01")]);
    assert_eq!(gap, "undetermined | effective-gap data.rates");
}

#[test]
fn an_instant_is_looked_up_by_its_utc_day() {
    let rule = "effective.at(data.rates, [input.sku], input.at).price == 1.1";
    let at = |at| body(rule, &[("sku", "A"), ("at", at)]);
    assert_eq!(at("2025-01-31T23:59:59.999999Z"), "violates | x");
    assert_eq!(at("2025-02-01T00:00:00Z"), "conforms");
    assert_eq!(at("2025-02-01T00:30:00+01:00"), "violates | x");
}

#[test]
fn cells_are_read_and_their_absence_is_told() {
    let cases: [(&str, Fields<'_>, &str); 11] = [
        (
            "data.cost_centres[input.cost_centre].owner == \"kim\"",
            &[("cost_centre", "C1")],
            "violates | x",
        ),
        ("data.cost_centres.C1.owner == \"kim\"", &[], "violates | x"),
        ("data.cost_centres[\"C1\"].owner == \"kim\"", &[], "violates | x"),
        (
            "data.cost_centres[input.cost_centre].owner == \"kim\"",
            &[("cost_centre", "C2")],
            "undetermined | null data.cost_centres.owner",
        ),
        (
            "data.cost_centres[input.cost_centre].owner == \"kim\"",
            &[("cost_centre", "C9")],
            "undetermined | lookup-miss data.cost_centres",
        ),
        (
            "data.cost_centres[input.cost_centre].owner == \"kim\"",
            &[],
            "undetermined | null cost_centre",
        ),
        (
            "not data.cost_centres[input.cost_centre].owner",
            &[("cost_centre", "C2")],
            "violates | x",
        ),
        (
            "not data.cost_centres[input.cost_centre].owner",
            &[("cost_centre", "C9")],
            "violates | x",
        ),
        (
            "not data.cost_centres[input.cost_centre].active",
            &[("cost_centre", "C2")],
            "violates | x",
        ),
        (
            "not data.cost_centres[input.cost_centre].active",
            &[("cost_centre", "C3")],
            "undetermined | null data.cost_centres.active",
        ),
        (
            "c := data.cost_centres[input.cost_centre]\n c.budget == null",
            &[("cost_centre", "C2")],
            "violates | x",
        ),
    ];
    for (text, record, expected) in cases {
        assert_eq!(body(text, record), expected, "{text} of {record:?}");
    }
}

#[test]
fn an_existence_test_guards_what_follows() {
    let rule = "data.cost_centres[input.cost_centre]\n data.cost_centres[input.cost_centre].owner != \"kim\"";
    assert_eq!(body(rule, &[("cost_centre", "C9")]), "conforms");
    assert_eq!(body(rule, &[("cost_centre", "C3")]), "violates | x");
}

#[test]
fn keys_of_several_columns() {
    let rule = "input.quantity > data.limits[[input.region, input.sku]].most";
    let of = |sku, quantity| body(rule, &[("region", "EU"), ("sku", sku), ("quantity", quantity)]);
    assert_eq!(of("A", "10"), "conforms");
    assert_eq!(of("A", "10.0000000001"), "violates | x");
    assert_eq!(of("B", "11"), "conforms");
    let missing = body(rule, &[("region", "EU"), ("quantity", "1")]);
    assert_eq!(missing, "undetermined | null sku");
}

#[test]
fn tables_can_be_gone_through() {
    let rule = "some c in data.cost_centres\n c.id == input.cost_centre\n c.owner == \"lee\"";
    assert_eq!(body(rule, &[("cost_centre", "C3")]), "violates | x");
    assert_eq!(body(rule, &[("cost_centre", "C1")]), "conforms");
    // C2 has no owner: whether it is lee's can't be told.
    let open = body(rule, &[("cost_centre", "C2")]);
    assert_eq!(open, "undetermined | null data.cost_centres.owner");
}

#[test]
fn parameters_and_run_dates() {
    let cases: [(&str, Fields<'_>, &str); 4] = [
        ("input.amount > data.parameters.tolerance", &[("amount", "0.01")], "conforms"),
        (
            "input.region == data.parameters.label; data.parameters.strict",
            &[("region", "EU")],
            "violates | x",
        ),
        ("input.day < data.parameters.since", &[("day", "2024-12-31")], "violates | x"),
        (
            "input.day >= data.run.period_start; input.day < data.run.period_end; input.day == data.run.as_of",
            &[("day", "2025-06-30")],
            "violates | x",
        ),
    ];
    for (text, record, expected) in cases {
        assert_eq!(body(text, record), expected, "{text} of {record:?}");
    }
}

#[test]
fn a_batch_or_data_that_does_not_fit_is_an_error() {
    let rule = compiled(
        "violation contains {\"code\": \"x\"} if { data.cost_centres[input.sku]; data.parameters.strict }",
    );
    assert_eq!(rule.columns(), ["sku"]);
    let without = batch(&[]).project(&[0, 1]).unwrap();
    let decide = |batch: &arrow_array::RecordBatch, data: &tieout_policies::data::Data| {
        Reference.decide(&rule, batch, data).unwrap_err().to_string()
    };
    assert_eq!(decide(&without, &data()), "the population has no column `sku`");
    let mut missing = data();
    missing.tables.clear();
    assert_eq!(decide(&batch(&[]), &missing), "there is no table `cost_centres`");
    let mut missing = data();
    missing.parameters.clear();
    assert_eq!(decide(&batch(&[]), &missing), "there is no parameter `strict`");
}

#[test]
fn a_record_has_a_budget_of_work() {
    let nested = "some a in data.cost_centres
some b in data.cost_centres
some c in data.cost_centres
some d in data.cost_centres
some e in data.cost_centres
some f in data.cost_centres
some g in data.cost_centres
some h in data.cost_centres
some i in data.cost_centres
some j in data.cost_centres
some k in data.cost_centres
some l in data.cost_centres
a.id == \"none\"
b.id == c.id
d.id == e.id
f.id == g.id
h.id == i.id
j.id == k.id
l.id == \"C1\"";
    let lines = body(nested, &[]);
    assert_eq!(lines, "undetermined | limit");
    // Text that doubles with each step.
    let mut doubling = "s0 := \"0123456789\"\n".to_owned();
    for i in 1..40 {
        doubling.push_str(&format!("s{i} := concat(\"\", [s{0}, s{0}])\n", i - 1));
    }
    doubling.push_str("count(s39) > 0");
    assert_eq!(body(&doubling, &[]), "undetermined | limit");
}

#[test]
fn the_same_row_twice_is_ambiguous() {
    let source = "violation contains {\"code\": \"x\"} if data.cost_centres[input.cost_centre].owner == \"kim\"";
    let mut twice = data();
    let table = twice.tables.get_mut("cost_centres").unwrap();
    let rows = [table.rows(), table.rows()].concat();
    *table = tieout_policies::data::Table::new(table.schema.clone(), rows);
    let decisions =
        Reference.decide(&compiled(source), &batch(&[("cost_centre", "C1")]), &twice).unwrap();
    let told = crate::harness::told(&decisions[0]);
    assert_eq!(told, "undetermined | effective-overlap data.cost_centres");
    assert_eq!(decided(source, &[("cost_centre", "C1")]), "violates | x");
}
