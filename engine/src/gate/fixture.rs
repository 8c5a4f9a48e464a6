//! Rate tables in a few letters, for the tests of this room.

use super::table::RateTable;
use super::{Rate, RateKey, Terms, TierMode};
use crate::reperform::exact::Exact;

/// Microseconds of that day.
pub(super) fn day(day: i64) -> i64 {
    day * 86_400_000_000
}

/// A number of cents.
pub(super) fn cents(cents: i128) -> Exact {
    Exact::from_scaled(cents, 2)
}

/// A table of rows `ID SERVICE[/REGION[/SEGMENT]] FROM..[TO] CENTS [currency=…] [tier=FROM..[TO]] …`, days since 1970 and
/// separated by semicolons.
pub(super) fn table(text: &str) -> RateTable {
    let rows = text.split(';').map(str::trim).filter(|row| !row.is_empty());
    let rates = (1..).zip(rows).map(|(row, text)| rate(row, text)).collect();
    RateTable::of("rates.csv", rates, Vec::new())
}

fn rate(row: u64, text: &str) -> Rate {
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap();
    let (id, service, time, price) = (next(), next(), next(), next());
    let (from, to) = bounds(time);
    let mut rate = Rate {
        line: Some(row + 1),
        row,
        rate_id: id.to_owned(),
        key: key(service),
        unit: None,
        tier: (Exact::zero(), None),
        tier_mode: None,
        price: cents(price.parse().unwrap()),
        currency: "EUR".to_owned(),
        from: day(from),
        to: to.map(day),
        terms: Terms::default(),
    };
    words.for_each(|word| set(&mut rate, word));
    rate
}

/// `SERVICE[/REGION[/SEGMENT]]`, `-` for none.
pub(super) fn key(text: &str) -> RateKey {
    let mut parts = text.split('/').map(|part| (part != "-").then(|| part.to_owned()));
    let service_id = parts.next().flatten().unwrap();
    let (region, segment) = (parts.next().flatten(), parts.next().flatten());
    RateKey { service_id, region, segment }
}

fn set(rate: &mut Rate, word: &str) {
    let (name, value) = word.split_once('=').unwrap();
    let text = Some(value.to_owned());
    match name {
        "currency" => rate.currency = value.to_owned(),
        "unit" => rate.unit = text,
        "tax" => rate.terms.tax_code = text,
        "change" => rate.terms.approved_change_id = text,
        "known" => rate.terms.known_from = Some(day(value.parse().unwrap())),
        "announced" => rate.terms.announced_on = Some(value.parse().unwrap()),
        "retroactive" => rate.terms.retroactive = value == "true",
        "mode" => rate.tier_mode = Some(TierMode::Volume),
        "tier" => {
            let (from, to) = bounds(value);
            let whole = |bound: i64| Exact::integer(bound.into());
            rate.tier = (whole(from), to.map(whole));
            rate.tier_mode = Some(TierMode::Graduated);
        }
        _ => panic!("{word}"),
    }
}

fn bounds(text: &str) -> (i64, Option<i64>) {
    let (from, to) = text.split_once("..").unwrap();
    (from.parse().unwrap(), (!to.is_empty()).then(|| to.parse().unwrap()))
}
