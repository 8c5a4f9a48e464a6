use super::*;
use crate::gate::fixture::{day, table};

mod moves;
mod oracle;

/// A change in a few words: kind, tier, days, rows.
fn told(base: &str, head: &str) -> Vec<String> {
    let changes = changes(&table(base), &table(head));
    changes.iter().map(words).collect()
}

fn words(change: &Change) -> String {
    let day_of = |micros: i64| micros / day(1);
    let tier = change.tier_from.as_ref().map_or(String::new(), |from| format!(" @{from}"));
    let to = change.to.map_or(String::new(), |to| day_of(to).to_string());
    let id = |rate: &Option<Rate>| rate.as_ref().map_or("-".to_owned(), |r| r.rate_id.clone());
    let (kind, from) = (change.kind.word(), day_of(change.from));
    format!("{kind}{tier} {from}..{to} {}>{}", id(&change.old), id(&change.new))
}

#[test]
fn what_charges_the_same_at_every_instant_is_no_change() {
    let base = "A vm 0..10 20; B vm 10.. 25; C db 0.. 7 unit=h";
    for head in [
        base,
        "C db 0.. 7 unit=h; B vm 10.. 25; A vm 0..10 20",
        "X vm 0..10 20; Y vm 10.. 25; Z db 0.. 7 unit=h",
        "A vm 0..5 20; A vm 5..10 20; B vm 10.. 25; C db 0.. 7 unit=h",
        "A vm 0..10 20 announced=3 retroactive=true change=CHG-1; B vm 10.. 25; C db 0.. 7 unit=h",
        "A vm 0..10 20; A vm 0..10 20; B vm 10.. 25; C db 0.. 7 unit=h",
    ] {
        assert_eq!(told(base, head), [""; 0], "{head}");
        assert_eq!(told(head, base), [""; 0], "{head}");
    }
}

#[test]
fn each_kind_of_change_has_its_word() {
    let base = "A vm 0.. 20 unit=h";
    for (head, expected) in [
        ("A vm 0..10 20 unit=h; B vm 10.. 25 unit=h", "price-raised 10.. A>B"),
        ("A vm 0.. 19 unit=h", "price-cut 0.. A>A"),
        ("A vm 0.. 19 unit=h currency=CHF", "currency-changed 0.. A>A"),
        ("A vm 0.. 19 unit=min", "unit-changed 0.. A>A"),
        ("A vm 0.. 20", "terms-changed 0.. A>A"),
        ("A vm 0.. 20 unit=h tax=S", "terms-changed 0.. A>A"),
        ("A vm 0.. 20 unit=h mode=volume", "terms-changed @0 0.. A>A"),
        ("", "ended 0.. A>-"),
        ("A vm 0..10 20 unit=h", "ended 10.. A>-"),
        ("A vm 0.. 20 unit=h; B db 5.. 1", "added 5.. ->B"),
    ] {
        assert_eq!(told(base, head), [expected], "{head}");
    }
}

#[test]
fn rows_of_which_only_the_time_moves_have_moved_dates() {
    let base = "A vm 0..10 20; B vm 10.. 25";
    assert_eq!(told(base, "A vm 0..12 20; B vm 12.. 25"), ["dates-moved 10..12 B>A"]);
    assert_eq!(told(base, "A vm 0..7 20; B vm 7.. 25"), ["dates-moved 7..10 A>B"]);
    // The old price comes back: that is no date that moved.
    let back = "A vm 0..10 20; B vm 10..15 25; C vm 15.. 20";
    assert_eq!(told(base, back), ["price-cut 15.. B>C"]);
    // A row that is gone for a time is not in force, whatever else it does.
    assert_eq!(told(base, "A vm 2..10 20; B vm 10.. 25"), ["ended 0..2 A>-"]);
}

#[test]
fn tiers_are_told_by_their_bounds() {
    let base = "A vm 0.. 20 tier=0..100; B vm 0.. 10 tier=100..";
    let moved = "A vm 0.. 20 tier=0..200; B vm 0.. 10 tier=200..";
    assert_eq!(
        told(base, moved),
        ["tier-boundary-moved @0 0.. A>A", "tier-boundary-moved @200 0.. B>B"]
    );
    let cheaper = "A vm 0.. 20 tier=0..100; B vm 0.. 9 tier=100..";
    assert_eq!(told(base, cheaper), ["price-cut @100 0.. B>B"]);
    let third = "A vm 0.. 20 tier=0..100; B vm 0.. 10 tier=100..500; C vm 0.. 5 tier=500..";
    assert_eq!(
        told(base, third),
        ["tier-boundary-moved @100 0.. B>B", "tier-boundary-moved @500 0.. B>C"]
    );
    let one = "A vm 0.. 20";
    assert_eq!(
        told(base, one),
        ["tier-boundary-moved @0 0.. A>A", "tier-boundary-moved @100 0.. B>-"]
    );
    let fewer = "A vm 0.. 20 tier=0..100";
    assert_eq!(told(base, fewer), ["tier-boundary-moved @100 0.. B>-"]);
}

#[test]
fn of_sets_of_rows_those_belong_together_that_have_most_in_common() {
    let base = "E vm 0.. 20; C vm 0.. 22 currency=CHF";
    assert_eq!(told(base, "E vm 0.. 21; C vm 0.. 22 currency=CHF"), ["price-raised 0.. E>E"]);
    let both = "E vm 0.. 21; C vm 0.. 21 currency=CHF";
    assert_eq!(told(base, both), ["price-raised 0.. E>E", "price-cut 0.. C>C"]);
    assert_eq!(told(base, "E vm 0.. 20"), ["ended 0.. C>-"]);
    assert_eq!(told("E vm 0.. 20", base), ["added 0.. ->C"]);
}

#[test]
fn of_rows_at_one_time_the_one_known_last_holds() {
    let base = "A vm 0.. 20";
    let corrected = "A vm 0.. 20; B vm 0..10 18 known=12";
    assert_eq!(told(base, corrected), ["price-cut 0..10 A>B"]);
}

#[test]
fn the_digest_is_of_what_is_charged_and_of_nothing_else() {
    let base = "A vm 0..10 20; B vm 10.. 25; C db 0.. 7";
    let head = "A vm 0..10 20; B vm 10.. 24; C db 0.. 7";
    let of = |base: &str, head: &str| digest(&changes(&table(base), &table(head)));
    let bound = of(base, head);
    for (base, head) in [
        ("C db 0.. 7; B vm 10.. 25; A vm 0..10 20", "X vm 0..10 20; Y vm 10.. 24; Z db 0.. 7"),
        // The table has moved on elsewhere, under both.
        ("A vm 0..10 20; B vm 10.. 25; C db 0.. 9", "A vm 0..10 20; B vm 10.. 24; C db 0.. 9"),
        (base, "A vm 0..10 20; B vm 10..20 24; B vm 20.. 24; C db 0.. 7"),
        (base, "A vm 0..10 20; B vm 10.. 24 change=CHG-7; C db 0.. 7"),
    ] {
        assert_eq!(of(base, head), bound, "{head}");
    }
    for head in [
        "A vm 0..10 20; B vm 10.. 23; C db 0.. 7",
        "A vm 0..11 20; B vm 11.. 24; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24 currency=USD; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24 unit=h; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24 tax=S; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24 tier=0..; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24 retroactive=true; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24 announced=9; C db 0.. 7",
        "A vm 0..10 20; B vm 10.. 24; C db 0.. 6",
        base,
    ] {
        assert_ne!(of(base, head), bound, "{head}");
    }
    assert_eq!(digest(&[]), crate::gate::table::digest(""));
}
