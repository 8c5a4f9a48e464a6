use super::*;
use crate::gate::diff::changes;
use crate::gate::fixture::{day, table};

/// A finding in a few words: kind, tier, days, rows, whether it is of old.
fn told(base: &str, head: &str) -> Vec<String> {
    let found = findings(&table(base), &table(head));
    found.iter().map(words).collect()
}

fn words(finding: &Finding) -> String {
    let change = &finding.change;
    let day_of = |micros: i64| micros / day(1);
    let tier = change.tier_from.as_ref().map_or(String::new(), |from| format!(" @{from}"));
    let to = change.to.map_or(String::new(), |to| day_of(to).to_string());
    let id = |rate: &Option<Rate>| rate.as_ref().map_or("-".to_owned(), |r| r.rate_id.clone());
    let (kind, from) = (change.kind.word(), day_of(change.from));
    let legacy = if finding.in_base { " legacy" } else { "" };
    format!("{kind}{tier} {from}..{to} {}+{}{legacy}", id(&change.new), id(&change.other))
}

#[test]
fn rows_that_follow_each_other_are_sound() {
    for sound in [
        "",
        "A vm 3..10 20; B vm 10.. 25; C db 0..4 7",
        "A vm 0.. 20 tier=0..100; B vm 0.. 10 tier=100..",
        "A vm 0.. 20 tier=0..100; B vm 0.. 10 tier=100..500",
        "A vm 0.. 20; B vm 2..5 18 known=6",
    ] {
        assert_eq!(told("", sound), [""; 0], "{sound}");
    }
}

#[test]
fn two_rows_at_one_time_are_found_once_for_their_time() {
    for (head, expected) in [
        ("A vm 0..10 20; B vm 8.. 20", "overlap 8..10 A+B"),
        ("A vm 0..10 20; B vm 9.. 25", "two-prices 9..10 A+B"),
        ("A vm 0.. 20; B vm 9.. 20 currency=CHF", "two-prices 9.. B+A"),
        ("A vm 0.. 20; B vm 9.. 20 tax=S", "overlap 9.. A+B"),
        ("A vm 0..10 20; B vm 8..9 20; B vm 9.. 20", "overlap 8..10 A+B"),
    ] {
        assert_eq!(told("", head), [expected], "{head}");
    }
}

#[test]
fn gaps_are_between_rates_and_between_tiers() {
    for (head, expected) in [
        ("A vm 0..10 20; B vm 12.. 25", "gap 10..12 A+B"),
        ("A vm 0.. 20 tier=0..100; B vm 0.. 10 tier=150..", "gap @100 0.. A+B"),
        ("B vm 0.. 10 tier=150..", "gap @0 0.. B+-"),
        ("A vm 0.. 20 tier=0..100; B vm 0.. 10 tier=50..", "overlap @50 0.. A+B"),
        ("A vm 0.. 20 tier=0..; B vm 5.. 10 tier=0..", "two-prices @0 5.. B+A"),
        (
            "A vm 0.. 20 tier=0..100; B vm 0..8 10 tier=100..; B vm 9.. 10 tier=100..; C vm 0..9 9 tier=200..",
            "overlap @200 0..8 B+C",
        ),
    ] {
        assert_eq!(told("", head)[0], expected, "{head}");
    }
}

#[test]
fn what_the_earlier_table_has_too_is_legacy_and_hides_nothing_new() {
    let base = "A vm 0..10 20; B vm 12.. 25; C db 0.. 1; D db 5..8 2";
    let gap = "gap 10..12 A+B legacy";
    assert_eq!(told(base, base), ["two-prices 5..8 C+D legacy", gap]);
    let renamed = "X vm 0..10 20; Y vm 12.. 25; C db 0.. 1; D db 5..8 2";
    assert_eq!(told(base, renamed), ["two-prices 5..8 C+D legacy", "gap 10..12 X+Y legacy"]);
    let wider = "A vm 0..10 20; B vm 13.. 25; C db 0.. 1; D db 5..8 2";
    assert_eq!(told(base, wider), ["two-prices 5..8 C+D legacy", "gap 10..13 A+B"]);
    let third = format!("{base}; E db 5..8 2");
    let third = told(base, &third);
    let two = ["two-prices 5..8 C+D legacy", "two-prices 5..8 C+E", gap];
    assert_eq!(third, two);
    assert_eq!(told(base, ""), [""; 0]);
}

#[test]
fn every_row_of_both_tables_is_accounted_for() {
    let base = table("A vm 0..10 20; A vm 0..10 20; B vm 10.. 25; C db 0.. 1");
    let head = table("X vm 0..10 20; B vm 10..20 25; B vm 20.. 25; C db 0.. 2; D db 0.. 2");
    let changes = changes(&base, &head);
    let found = reconcile(&base, &head, &changes);
    let Reconciliation { base_rows, head_rows, unchanged, only_base, only_head, changes } = found;
    assert_eq!((base_rows, head_rows, unchanged, changes), (4, 5, 1, 1));
    assert_eq!((unchanged + only_base, unchanged + only_head), (base_rows, head_rows));
    let same = reconcile(&base, &base, &[]);
    assert_eq!((same.unchanged, same.only_base, same.only_head), (4, 0, 0));
}

#[test]
fn a_baseline_lets_pass_what_it_lists_and_no_more() {
    let old = "A vm 0..10 20; B vm 12.. 25; C db 0.. 7; D db 5.. 7";
    let listed: Vec<Identity> =
        findings(&table(old), &table(old)).iter().map(Finding::identity).collect();
    assert_eq!(listed.len(), 2);
    let told = |base: &str, head: &str, baseline: &[Identity]| {
        let mut found = findings(&table(base), &table(head));
        let cleared = only_listed(&mut found, baseline);
        let passed = found.iter().map(|finding| (finding.in_base, finding.legacy)).collect();
        (passed, cleared.len())
    };
    let of = |flags: &[(bool, bool)], cleared: usize| (flags.to_vec(), cleared);
    assert_eq!(told(old, old, &listed), of(&[(true, true), (true, true)], 0));
    assert_eq!(told(old, old, &[]), of(&[(true, false), (true, false)], 0));
    // What the head alone has is new, listed or not.
    let sound = "A vm 0..12 20; B vm 12.. 25; C db 0.. 7; D db 5.. 7";
    assert_eq!(told(sound, old, &listed), of(&[(true, true), (false, false)], 0));
    assert_eq!(told(old, sound, &listed), of(&[(true, true)], 1));
    // At the same place with another price it is another one, and the listed one no longer stands.
    let dearer = "A vm 0..10 20; B vm 12.. 26; C db 0.. 7; D db 5.. 7";
    assert_eq!(told(dearer, dearer, &listed), of(&[(true, true), (true, false)], 1));
    // Twice the same in the table, once in the baseline.
    let twice = "C db 0.. 7; D db 5.. 7; E db 5.. 7";
    let (passed, cleared) = told(twice, twice, &listed);
    assert!(passed.iter().filter(|(_, legacy)| *legacy).count() <= 1, "{passed:?}");
    assert!(cleared >= 1);
}

#[test]
fn an_entry_says_what_of_what_and_when() {
    let old = "A vm 0..10 20; B vm 12.. 25";
    let found = findings(&table(old), &table(old));
    let entry = found[0].identity();
    assert_eq!(entry.to_string().split(", from").next(), Some("gap vm/-/-"));
    let text = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<Identity>(&text).unwrap(), entry);
}
