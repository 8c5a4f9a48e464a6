//! Usage that goes to the rates of another key, and the same against a naive reading: for whatever may be
//! used, who prices it in both tables.

use super::super::*;
use crate::gate::fixture::{day, key, table};
use proptest::prelude::*;

/// A change in a few words: key, kind, days, rows with the key where it is another.
fn told(base: &str, head: &str) -> Vec<String> {
    let words = |change: &Change| {
        let row = |rate: &Option<Rate>| match rate {
            Some(rate) if rate.key == change.key => rate.rate_id.clone(),
            Some(rate) => format!("{}({})", rate.rate_id, rate.key),
            None => "-".to_owned(),
        };
        let to = change.to.map_or(String::new(), |to| (to / day(1)).to_string());
        let (kind, from) = (change.kind.word(), change.from / day(1));
        format!("{} {kind} {from}..{to} {}>{}", change.key, row(&change.old), row(&change.new))
    };
    changes(&table(base), &table(head)).iter().map(words).collect()
}

#[test]
fn usage_that_goes_to_a_more_general_rate_is_compared() {
    let base = "E vm/eu 0.. 20; G vm 0.. 25";
    assert_eq!(
        told(base, "E vm/eu 0..10 20; G vm 0.. 25"),
        ["vm/eu/- price-raised 10.. E>G(vm/-/-)"]
    );
    // The general one comes with it, and changes later.
    assert_eq!(
        told("E vm/eu 0.. 20", "E vm/eu 0..10 20; G vm 10..20 20; H vm 20.. 40 currency=CHF"),
        [
            "vm/-/- added 10..20 ->G",
            "vm/-/- added 20.. ->H",
            "vm/eu/- ended 10..20 E>-",
            "vm/eu/- currency-changed 20.. E>H(vm/-/-)",
        ]
    );
    assert_eq!(told("E vm/eu 0.. 20", ""), ["vm/eu/- ended 0.. E>-"]);
    assert_eq!(told(base, "E vm/eu 0.. 20"), ["vm/-/- ended 0.. G>-"]);
}

#[test]
fn usage_that_goes_to_a_more_specific_rate_is_compared() {
    let base = "G vm 0..20 20; H vm 20.. 30; S vm/-/gold 0.. 10";
    assert_eq!(
        told(base, &format!("{base}; E vm/eu/gold 5.. 9")),
        ["vm/eu/gold price-cut 5.. S(vm/-/gold)>E"]
    );
    // A region's rate takes that of each segment too, unless the segment has one there.
    assert_eq!(
        told(base, &format!("{base}; E vm/eu 5.. 20")),
        [
            "vm/eu/- added 5..20 ->E",
            "vm/eu/- price-raised 5.. S(vm/-/gold)>E",
            "vm/eu/- price-cut 20.. H(vm/-/-)>E",
        ]
    );
    let own = "X vm/eu/gold 0.. 10";
    assert_eq!(
        told(&format!("{base}; {own}"), &format!("{base}; {own}; E vm/eu 25.. 20")),
        ["vm/eu/- price-cut 25.. H(vm/-/-)>E"]
    );
    let tiers = "A vm/eu 0.. 20 tier=0..100; B vm/eu 0.. 15 tier=100..";
    assert_eq!(
        told("G vm 0.. 20", &format!("G vm 0.. 20; {tiers}")),
        [
            "vm/eu/- tier-boundary-moved 0.. G(vm/-/-)>A",
            "vm/eu/- tier-boundary-moved 0.. G(vm/-/-)>B",
        ]
    );
}

#[test]
fn the_digest_is_also_of_the_rate_that_was_left() {
    let of = |base: &str, head: &str| digest(&changes(&table(base), &table(head)));
    let bound = of("E vm/eu 0.. 20; G vm 0.. 25", "G vm 0.. 25");
    assert_eq!(bound, of("E vm/eu 0.. 20; X vm 0.. 25", "X vm 0.. 25"));
    assert_ne!(bound, of("E vm/eu 0.. 20; G vm 0.. 26", "G vm 0.. 26"));
    assert_ne!(bound, of("E vm/eu 0.. 20", ""));
    // The same price from somebody else's row.
    let special = of("S vm/-/gold 0.. 20", "S vm/-/gold 0.. 20; E vm/eu/gold 0.. 9");
    assert_ne!(special, of("S vm 0.. 20", "S vm 0.. 20; E vm/eu/gold 0.. 9"));
}

const KEYS: [&str; 8] =
    ["vm", "vm/eu", "vm/us", "vm/-/gold", "vm/-/iron", "vm/eu/gold", "vm/eu/iron", "vm/us/gold"];

fn row() -> impl Strategy<Value = String> {
    let what = (0..KEYS.len(), 0..6_i64, prop::option::of(1..4_i64), 1..4_i64);
    what.prop_map(|(key, from, length, price)| {
        let to = length.map_or(String::new(), |length| (from + length).to_string());
        format!("R {} {from}..{to} {price}", KEYS[key])
    })
}

/// The prices of the most specific key that has any for something used.
fn prices(table: &RateTable, used: &RateKey, at: i64) -> Vec<Exact> {
    let mut found: BTreeMap<(bool, bool), BTreeSet<Exact>> = BTreeMap::new();
    for rate in &table.rates {
        let covers = rate.key.region.is_none() || rate.key.region == used.region;
        let covers = covers && (rate.key.segment.is_none() || rate.key.segment == used.segment);
        if covers && rate.from <= at && rate.to.is_none_or(|to| at < to) {
            let rank = (rate.key.region.is_some(), rate.key.segment.is_some());
            found.entry(rank).or_default().insert(rate.price.clone());
        }
    }
    found.pop_last().map_or_else(Vec::new, |(_, prices)| prices.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn whatever_is_used_and_costs_another_price_is_in_a_change(
        kept in prop::collection::vec((row(), 0..3_u8), 0..8),
    ) {
        let side = |gone: u8| {
            let rows = kept.iter().filter(|(_, side)| *side != gone).map(|(row, _)| row.clone());
            table(&rows.collect::<Vec<_>>().join("; "))
        };
        let (base, head) = (side(1), side(2));
        let found = changes(&base, &head);
        let regions = [None, Some("eu"), Some("us"), Some("ap")];
        let segments = [None, Some("gold"), Some("iron"), Some("tin")];
        for (region, segment) in regions.into_iter().flat_map(|r| segments.map(|s| (r, s))) {
            let (region, segment) = (region.map(str::to_owned), segment.map(str::to_owned));
            let used = RateKey { region, segment, ..key("vm") };
            for at in (0..12).map(day) {
                let (old, new) = (prices(&base, &used, at), prices(&head, &used, at));
                // Of several prices at a time each side has its own findings.
                let ([old], [new]) = (old.as_slice(), new.as_slice()) else { continue };
                let price = |rate: &Option<Rate>| rate.as_ref().map(|rate| rate.price.clone());
                let told = |change: &&Change| {
                    change.from <= at
                        && change.to.is_none_or(|to| at < to)
                        && change.key.covers(&used)
                        && price(&change.old).as_ref() == Some(old)
                        && price(&change.new).as_ref() == Some(new)
                };
                prop_assert!(old == new || found.iter().any(|c| told(&c)), "{used} {old} {new}");
            }
        }
    }
}
