//! What changes are measured by: percentages over tiers, time and the window.

use super::*;
use crate::gate::diff::changes;
use crate::gate::fixture::{day, table};

/// Key, percent, percent over the window and whether anything is dearer, of each change.
fn told(base: &str, head: &str, window: Option<&str>) -> Vec<String> {
    let (base, head, window) = (table(base), table(head), window.map(table));
    let lookups = Lookups::default();
    let measures = Measures {
        as_of: day_of(day(4)).unwrap(),
        lookups: &lookups,
        window: window.as_ref().map(|table| Book::of(&table.rates)),
        rated: None,
        books: [&Book::of(&base.rates), &Book::of(&head.rates)],
        file: "rates.csv",
    };
    let words = |row: &Row| {
        let of = |column| row.get(column).unwrap_or("?").to_owned();
        let columns = ["change_percent", "cumulative_percent", "dearer", "notice_days"].map(of);
        format!("{} {}", row.get("rate_key").unwrap(), columns.join(" "))
    };
    rows(&changes(&base, &head), &[], &measures).iter().map(words).collect()
}

#[test]
fn a_bound_that_moves_has_a_percentage() {
    let tiers = |bound: u32, price: u32, from: u32| {
        format!("A vm {from}.. 9 tier=0..{bound}; B vm {from}.. {price} tier={bound}..")
    };
    let moved = ["vm/-/- 28.5714 28.5714 true ?", "vm/-/- 0 0 false ?"];
    assert_eq!(told(&tiers(100, 7, 0), &tiers(200, 7, 0), None), moved);
    // The tier beside it becomes cheaper later: then the bound makes more of a difference.
    let base = "A vm 0.. 9 tier=0..100; B vm 0..50 7 tier=100..; C vm 50.. 5 tier=100..";
    let head = "A vm 0.. 9 tier=0..200; B vm 0..50 7 tier=200..; C vm 50.. 5 tier=200..";
    assert_eq!(told(base, head, None)[0], "vm/-/- 80 80 true ?");
}

#[test]
fn over_the_window_the_usage_counts_and_not_the_key() {
    let general = "G vm 0.. 109";
    let raised = "G vm 0..10 109; H vm 10.. 118";
    // The first half was made by ending the region's rate, or by beginning one.
    assert_eq!(
        told(general, raised, Some("E vm/eu 0.. 100; G vm 0.. 109")),
        ["vm/-/- 8.2569 18 true ?"]
    );
    let base = "G vm 0.. 100; E vm/eu 0.. 109";
    let head = "G vm 0.. 100; E vm/eu 0..10 109; F vm/eu 10.. 118";
    assert_eq!(told(base, head, Some("G vm 0.. 100")), ["vm/eu/- 8.2569 18 true ?"]);
    let segment = "S vm/-/gold 0.. 100; G vm 0.. 118";
    assert_eq!(told(base, head, Some(segment)), ["vm/eu/- 8.2569 18 true ?"]);
    // And later in the window's table.
    assert_eq!(
        told("G vm 0.. 109", raised, Some("G vm 0..20 109; C vm 20.. 100")),
        ["vm/-/- 8.2569 18 true ?"]
    );
    // What was free when the window began has no percentage, whatever the last step was.
    assert_eq!(told(general, raised, Some("G vm 0.. 0")), ["vm/-/- 8.2569 ? true ?"]);
    assert_eq!(told(general, raised, Some("X db 0.. 1")), ["vm/-/- 8.2569 8.2569 true ?"]);
}

#[test]
fn an_announcement_is_of_what_it_announces() {
    let base = "E vm/eu 0.. 100; G vm 0.. 105 announced=-90";
    let head = |announced: i32| format!("E vm/eu 0..40 100; G vm 0.. 105 announced={announced}");
    assert_eq!(told(base, &head(-90), None), ["vm/eu/- 5 5 true ?"]);
    assert_eq!(told(base, &head(2), None), ["vm/eu/- 5 5 true 38"]);
    // The day asked is the fourth.
    assert_eq!(told(base, &head(4), None), ["vm/eu/- 5 5 true 36"]);
    assert_eq!(told(base, &head(5), None), ["vm/eu/- 5 5 true ?"]);
}
