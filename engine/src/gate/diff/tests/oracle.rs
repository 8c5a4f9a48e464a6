//! The diff against a naive reading of both tables: at every instant at which a row begins or ends, which
//! rows hold, by their text.

use super::super::*;
use crate::gate::fixture::day;
use crate::gate::{Terms, TierMode};
use proptest::prelude::*;

const TIERS: [(i128, Option<i128>); 6] =
    [(0, None), (0, None), (0, Some(100)), (100, None), (0, Some(200)), (200, None)];
const DAYS: i64 = 8;

fn rate() -> impl Strategy<Value = Rate> {
    let what = (0..2_usize, 0..TIERS.len(), 1..4_i128, 0..6_u8, 0..3_u8);
    (what, 0..DAYS, prop::option::weighted(0.7, 1..4_i64), 0..6_i64, any::<bool>()).prop_map(
        |((key, tier, price, other, tax), from, length, known, retroactive)| {
            let (tier_from, tier_to) = TIERS[tier];
            Rate {
                line: None,
                row: 0,
                rate_id: "R".to_owned(),
                key: RateKey {
                    service_id: ["vm", "db"][key].to_owned(),
                    region: None,
                    segment: None,
                },
                unit: (other > 3).then(|| "h".to_owned()),
                tier: (Exact::integer(tier_from), tier_to.map(Exact::integer)),
                tier_mode: (tier > 0).then_some(TierMode::Graduated),
                price: Exact::integer(price),
                currency: if other == 0 { "CHF" } else { "EUR" }.to_owned(),
                from: day(from),
                to: length.map(|length| day(from + length)),
                terms: Terms {
                    tax_code: (tax == 0).then(|| "S".to_owned()),
                    known_from: (known > 4).then(|| day(known)),
                    retroactive,
                    ..Terms::default()
                },
            }
        },
    )
}

/// Two tables that have much in common.
fn tables() -> impl Strategy<Value = (RateTable, RateTable)> {
    let rows = prop::collection::vec((rate(), 0..4_u8), 0..8);
    (rows, prop::collection::vec(rate(), 0..3)).prop_map(|(rows, more)| {
        let base = rows.iter().filter(|(_, side)| *side != 0).map(|(rate, _)| rate.clone());
        let head = rows.iter().filter(|(_, side)| *side != 1).map(|(rate, _)| rate.clone());
        (numbered(base.collect()), numbered(head.chain(more).collect()))
    })
}

fn numbered(mut rates: Vec<Rate>) -> RateTable {
    for (row, rate) in (1..).zip(&mut rates) {
        rate.row = row;
        rate.rate_id = format!("R{row}");
    }
    RateTable::of("rates.csv", rates, Vec::new())
}

/// What a row charges, by its text.
fn text(rate: &Rate) -> String {
    let Rate { tier, tier_mode, price, currency, unit, terms, .. } = rate;
    let Terms { tax_code, method_doc_id, contract_line, cap_price, known_from, .. } = terms;
    let terms = (tax_code, method_doc_id, contract_line, cap_price, known_from);
    format!("{:?}", (tier, tier_mode, price, currency, unit, terms))
}

/// What holds of a key at an instant.
fn holding(table: &RateTable, key: &RateKey, at: i64) -> BTreeSet<String> {
    let now = |rate: &&Rate| rate.from <= at && rate.to.is_none_or(|to| at < to);
    let rows: Vec<&Rate> = table.rates.iter().filter(|r| r.key == *key).filter(now).collect();
    let quantities = [0, 50, 100, 150, 200, 1000].map(Exact::integer);
    let holds = |rate: &Rate, quantity: &Exact| {
        rate.tier.0 <= *quantity && rate.tier.1.as_ref().is_none_or(|to| quantity < to)
    };
    let replaced = |rate: &Rate| {
        let together = |other: &Rate| quantities.iter().any(|q| holds(rate, q) && holds(other, q));
        let later = |other: &Rate| other.terms.known_from > rate.terms.known_from;
        rows.iter().any(|other| later(other) && together(other))
    };
    rows.iter().filter(|rate| !replaced(rate)).map(|rate| text(rate)).collect()
}

/// The same to everybody who is charged: other names, another order, each row that can be in two.
fn reworded(table: &RateTable) -> RateTable {
    let halves = |rate: &Rate| match rate.to {
        Some(to) if to - rate.from > day(1) => {
            let middle = rate.from + day(1);
            let first = Rate { to: Some(middle), ..rate.clone() };
            vec![Rate { from: middle, ..rate.clone() }, first]
        }
        _ => vec![rate.clone()],
    };
    let mut table = numbered(table.rates.iter().rev().flat_map(halves).collect());
    table.rates.iter_mut().for_each(|rate| rate.rate_id.insert(0, 'X'));
    table
}

fn said(change: &Change) -> (Option<String>, Option<String>, Option<bool>) {
    let row = |rate: &Option<Rate>| rate.as_ref().map(text);
    let retroactive = change.new.as_ref().map(|rate| rate.terms.retroactive);
    (row(&change.old), row(&change.new), retroactive)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_changes_are_what_a_naive_reading_finds((base, head) in tables()) {
        let found = changes(&base, &head);
        let keys: BTreeSet<&RateKey> = base.rates.iter().chain(&head.rates).map(|r| &r.key).collect();
        for key in keys {
            for at in (0..DAYS + 5).map(day) {
                let (old, new) = (holding(&base, key, at), holding(&head, key, at));
                let now: Vec<&Change> = found
                    .iter()
                    .filter(|c| c.key == *key && c.from <= at && c.to.is_none_or(|to| at < to))
                    .collect();
                prop_assert_eq!(now.is_empty(), old == new, "{:?} {:?}", old, new);
                let (olds, news): (BTreeSet<_>, BTreeSet<_>) =
                    now.iter().map(|c| (said(c).0, said(c).1)).unzip();
                let (olds, news): (BTreeSet<_>, BTreeSet<_>) =
                    (olds.into_iter().flatten().collect(), news.into_iter().flatten().collect());
                prop_assert!(olds.is_subset(&old) && news.is_subset(&new));
                prop_assert!(old.difference(&new).all(|gone| olds.contains(gone)));
                prop_assert!(new.difference(&old).all(|come| news.contains(come)));
            }
        }
    }

    #[test]
    fn a_change_is_maximal_and_says_what_it_is((base, head) in tables()) {
        let found = changes(&base, &head);
        for change in &found {
            prop_assert_ne!(said(change).0, said(change).1);
            let next = |other: &&Change| {
                change.to == Some(other.from)
                    && (&other.key, other.kind, said(other)) == (&change.key, change.kind, said(change))
            };
            prop_assert!(!found.iter().any(|other| next(&other)), "{:?}", change);
            if let (Some(old), Some(new)) = (&change.old, &change.new) {
                match change.kind {
                    Kind::PriceRaised => prop_assert!(new.price > old.price),
                    Kind::PriceCut => prop_assert!(new.price < old.price),
                    Kind::TermsChanged => prop_assert_eq!(&new.price, &old.price),
                    Kind::CurrencyChanged => prop_assert_ne!(&new.currency, &old.currency),
                    Kind::TierBoundaryMoved => prop_assert_ne!(&new.tier, &old.tier),
                    Kind::DatesMoved => {
                        let stands = |table: &RateTable, rate: &Rate| {
                            table.rates.iter().any(|r| r.key == rate.key && text(r) == text(rate))
                        };
                        prop_assert!([&base, &head].iter().all(|t| stands(t, old) && stands(t, new)));
                    }
                    other => prop_assert_eq!(other, Kind::UnitChanged),
                }
            }
        }
        let order: Vec<_> = found.iter().map(|c| (&c.key, c.from, &c.tier_from, c.kind)).collect();
        prop_assert!(order.is_sorted());
    }

    #[test]
    fn other_words_change_nothing((base, head) in tables()) {
        prop_assert!(changes(&base, &reworded(&base)).is_empty());
        let said = digest(&changes(&base, &head));
        prop_assert_eq!(said, digest(&changes(&reworded(&base), &reworded(&head))));
        prop_assert_eq!(said, digest(&changes(&reworded(&base), &head)));
    }
}
