//! What is read of a usage summary.

use super::*;
use crate::dataset::{Reading, SourceFile};
use crate::gate::rerate::Book;
use crate::gate::{Rate, RateKey, Terms};
use crate::progress::Quiet;
use tieout_controls::paper::RowCommitment;
use tieout_controls::{Digest, profile};

/// Commits to nothing.
struct Nothing;

impl RowCommitment for Nothing {
    fn add(&mut self, _row: &[u8]) {}

    fn finish(self: Box<Self>) -> (Count, Digest) {
        (Count(0), Digest([0; 32]))
    }
}

/// The instant at which a day of January 2025 begins; after it, of February.
pub(in crate::gate) fn day(number: i64) -> i64 {
    (20_089 + number - 1) * 86_400_000_000
}

/// The usage of January 2025; a line is `from day,to day,service,region,segment,unit,centre,entity,
/// account,quantity,invoice`.
pub(in crate::gate) fn january(lines: &[&str]) -> Usage {
    let mut text = "period_start,period_end,service_id,region,customer_segment,unit,cost_centre,\
entity,gl_account,quantity,invoice_no\n"
        .to_owned();
    for line in lines {
        let mut cells = line.splitn(3, ',');
        for day_number in [cells.next().unwrap(), cells.next().unwrap()] {
            let at = chrono::DateTime::from_timestamp_micros(day(day_number.parse().unwrap()));
            text += &format!("{},", at.unwrap().format("%Y-%m-%dT%H:%M:%SZ"));
        }
        text += cells.next().unwrap();
        text.push('\n');
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.csv");
    std::fs::write(&path, text).unwrap();
    let spec = DatasetSpec {
        name: "usage-summary".to_owned(),
        profile: profile::named(PROFILE).unwrap(),
        files: vec![SourceFile { shown: "usage.csv".to_owned(), path }],
        reading: Reading::default(),
        expected: None,
    };
    read(&spec, (day(1), day(32)), &|_| Box::new(Nothing), &Quiet).unwrap()
}

/// `SERVICE/REGION/SEGMENT`, `-` for none.
pub(in crate::gate) fn key(text: &str) -> RateKey {
    let parts: Vec<&str> = text.split('/').collect();
    let part = |at: usize| Some(parts[at].to_owned()).filter(|part| part != "-");
    RateKey { service_id: parts[0].to_owned(), region: part(1), segment: part(2) }
}

/// A rate of a euro.
pub(in crate::gate) fn rate(of: &str, from: i64, to: Option<i64>) -> Rate {
    Rate {
        line: None,
        row: 1,
        rate_id: "R".to_owned(),
        key: key(of),
        unit: None,
        tier: (Exact::zero(), None),
        tier_mode: None,
        price: Exact::integer(1),
        currency: "EUR".to_owned(),
        from,
        to,
        terms: Terms::default(),
    }
}

fn shown(usage: &Usage) -> Vec<String> {
    let groups = usage.groups().map(|g| {
        let account = g.gl_account.unwrap_or("-");
        format!(
            "{} {} {} {} {account} {} {}",
            g.key, g.unit, g.cost_centre, g.entity, g.rows, g.quantity
        )
    });
    groups.collect()
}

const LINES: [&str; 7] = [
    "1,32,vm,eu,,h,CC2,CH,4000,1.5,I1",
    "1,16,vm,eu,,h,CC1,CH,4000,0.1,I1",
    "16,32,vm,eu,,h,CC1,CH,4000,0.2,I2",
    "1,32,vm,eu,,h,CC1,CH,,-3,I2",
    "1,32,db,,gold,GB,CC1,CH,4000,0.0000000001,",
    "1,32,vm,,,h,CC1,DE,4000,7,I3",
    "-30,1,vm,eu,,h,CC1,CH,4000,1000,I0",
];

#[test]
fn rows_of_the_same_columns_add_up() {
    let usage = january(&LINES);
    let wanted = [
        "db/-/gold GB CC1 CH 4000 1 0.0000000001",
        "vm/-/- h CC1 DE 4000 1 7",
        "vm/eu/- h CC1 CH - 1 -3",
        "vm/eu/- h CC1 CH 4000 2 0.3",
        "vm/eu/- h CC2 CH 4000 1 1.5",
    ];
    assert_eq!(shown(&usage), wanted);
    assert_eq!(
        (usage.in_month.rows, usage.outside, usage.summary.rows),
        (Count(6), Count(1), Count(7))
    );
    let by_unit: Vec<String> =
        usage.in_month.by_unit.iter().map(|(u, q)| format!("{q} {u}")).collect();
    assert_eq!(by_unit, ["0.0000000001 GB", "5.8 h"]);
}

#[test]
fn the_order_of_rows_doesnt_matter() {
    let (forth, mut lines) = (january(&LINES), LINES);
    lines.reverse();
    let back = january(&lines);
    assert_eq!(shown(&forth), shown(&back));
    assert_eq!(forth.in_month, back.in_month);
    let rates = [rate("vm/-/-", i64::MIN, None)];
    let books = [Book::of(&rates), Book::of(&[])];
    let of = |usage: &Usage| -> Vec<String> {
        let touched =
            usage.invoices_touched(&key("vm/-/-"), i64::MIN, None, [&books[0], &books[1]]);
        touched.into_iter().map(str::to_owned).collect()
    };
    assert_eq!(
        (of(&forth), of(&back)),
        (["I0", "I1", "I2", "I3"].map(String::from).into(), of(&forth))
    );
}

#[test]
fn a_row_is_of_the_month_or_of_another_or_nobody_can_tell() {
    let row = |from: i64, to: i64| {
        let usage = january(&[&format!("{from},{to},vm,,,h,CC1,CH,,2.5,")]);
        let undetermined: Vec<_> = usage.undetermined.into_iter().collect();
        (usage.in_month.rows.0, usage.outside.0, undetermined)
    };
    let untold = |why| {
        let by_unit = [("h".to_owned(), Exact::from_scaled(25, 1))].into();
        (0, 0, vec![(why, Quantities { rows: Count(1), by_unit })])
    };
    assert_eq!(row(1, 32), (1, 0, vec![]));
    assert_eq!(row(31, 32), (1, 0, vec![]));
    assert_eq!(row(0, 1), (0, 1, vec![]));
    assert_eq!(row(32, 33), (0, 1, vec![]));
    assert_eq!(row(31, 33), untold(CROSSES));
    assert_eq!(row(0, 2), untold(CROSSES));
    assert_eq!(row(-5, 60), untold(CROSSES));
    assert_eq!(row(5, 5), untold(EMPTY));
    assert_eq!(row(6, 5), untold(EMPTY));
    assert_eq!(row(40, 31), untold(EMPTY));
    assert_eq!(row(1, 1), untold(EMPTY));
    assert_eq!(row(32, 32), (0, 1, vec![]));
    assert_eq!(row(50, 40), (0, 1, vec![]));
}

#[test]
fn what_cannot_be_read_is_counted() {
    let usage =
        january(&["1,32,vm,,,h,CC1,CH,,2.5,", "1,32,vm,,,h,,CH,,2.5,", "1,32,vm,,,h,CC1,CH,,x,"]);
    assert_eq!((usage.summary.rows, usage.summary.refused), (Count(3), Count(2)));
    assert_eq!((usage.in_month.rows, usage.refused.len()), (Count(1), 2));
}

#[test]
fn a_retroactive_rate_touches_the_invoices_of_its_time_and_usage() {
    let usage = january(&[
        "1,16,vm,eu,,h,CC1,CH,,1,I1",
        "16,32,vm,eu,,h,CC1,CH,,1,I2",
        "1,16,vm,us,,h,CC1,CH,,1,I3",
        "1,16,db,eu,,h,CC1,CH,,1,I4",
        "32,60,vm,eu,gold,h,CC1,CH,,1,I5",
        "32,60,vm,eu,gold,h,CC1,CH,,1,",
    ]);
    let general = [rate("vm/-/-", day(-900), None)];
    let special = [general[0].clone(), rate("vm/eu/-", day(10), None)];
    let touched = |of: &str, from, to, tables: [&[Rate]; 2]| -> Vec<&str> {
        let books = tables.map(Book::of);
        usage.invoices_touched(&key(of), from, to, [&books[0], &books[1]]).into_iter().collect()
    };
    assert_eq!(touched("vm/-/-", day(1), Some(day(16)), [&general, &general]), ["I1", "I3"]);
    assert_eq!(touched("vm/-/-", day(16), None, [&general, &general]), ["I2", "I5"]);
    // A rate that comes for one region is that region's.
    assert_eq!(touched("vm/eu/-", day(10), None, [&general, &special]), ["I1", "I2", "I5"]);
    // Where both tables have one for the region, the general one prices nothing there.
    assert_eq!(touched("vm/-/-", day(10), None, [&special, &special]), ["I3"]);
    assert_eq!(touched("vm/eu/gold", day(1), None, [&general, &special]), Vec::<&str>::new());
    assert_eq!(touched("db/-/-", day(1), None, [&general, &special]), Vec::<&str>::new());
}
