//! What re-performance takes on one thread: rated rows a second by columns, and the search for the
//! rounding rule of a biller in lines a second.
//!
//! `cargo bench --profile release --workspace --bench reperform`
//!
//! Quantities of six digits behind the point, prices of nine, four tiers a table, sixty-four tables in
//! random order, amounts rounded to cents, half to even. The best of five rounds counts, of wall time:
//! the machine has to be idle.
#![expect(clippy::unwrap_used, reason = "a program that measures; what fails here, fails loudly")]

use arrow_array::{Decimal128Array, UInt32Array};
use std::time::Instant;
use tieout_controls::Rounding;
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::infer::{BilledInvoice, BilledLine, Grid, Inference, infer};
use tieout_engine::reperform::rating::Charge;
use tieout_engine::reperform::rating::columns::{ColumnScales, RateColumns};
use tieout_engine::reperform::rating::tiers::{
    Between, Bounds, Semantics, Tier, TierTable, ZeroUsage,
};
use tieout_engine::reperform::rounding::invoice::{Line, apply};
use tieout_engine::reperform::rounding::{RoundingSpec, Rule, Stage};

const ROWS: usize = 4_000_000;
const TABLES: u32 = 64;
const INVOICES: usize = 10_000;
const LINES: u32 = 10;

fn main() {
    let (quantities, numbers) = rows();
    println!("{:12} {:>14}", "charge", "rows/s");
    let tables = |charge: fn(TierTable) -> Charge| -> Vec<Charge> {
        (0..TABLES).map(|i| charge(table(i))).collect()
    };
    let price = |i: u32| Exact::from_scaled(i128::from(i) * 7_654_321 + 1, 9);
    let each = |charge: &dyn Fn(u32) -> Charge| (0..TABLES).map(charge).collect::<Vec<_>>();
    let cases = [
        ("graduated", tables(Charge::Graduated)),
        ("volume", tables(Charge::Volume)),
        (
            "package",
            each(&|i| Charge::Package {
                size: Exact::integer(100),
                price: price(i),
                started: Rounding::Up,
                minimum_packages: 0,
            }),
        ),
        ("flat", each(&|i| Charge::Flat { amount: price(i) })),
    ];
    for (name, charges) in cases {
        println!("{name:12} {:>14}", measure(&charges, &quantities, &numbers));
    }
    let grid = Grid::usual("EUR").unwrap();
    let bills = bills();
    let start = Instant::now();
    let found = infer(&grid, &bills).unwrap();
    let elapsed = start.elapsed();
    let Inference::Equivalent(survivors) = found else { unreachable!("a rule that explains them") };
    println!();
    println!("the rule of {INVOICES} invoices of {LINES} lines: {elapsed:.2?}");
    println!("{} of {} specifications are left", survivors.count(), grid.size());
}

/// Line amounts and taxes of categories in cents, half up; prices of three digits.
fn bills() -> Vec<BilledInvoice> {
    let cent = Rule::alone(2, Rounding::HalfUp).unwrap();
    let spec = RoundingSpec::exact().with(Stage::Line, cent).unwrap();
    let spec = spec.with(Stage::TaxCategory, cent).unwrap();
    let mut next = numbers();
    let mut line = |number| Line {
        number,
        quantity: Exact::from_scaled(i128::from(next() % 100_000), 3),
        unit_price: Exact::from_scaled(i128::from(next() % 1_000_000), 3),
        tax_category: "S".into(),
        tax_rate: Exact::from_scaled(if next().is_multiple_of(4) { 7 } else { 19 }, 2),
    };
    let mut bill = |id: usize| {
        let lines: Vec<Line> = (1..=LINES).map(&mut line).collect();
        let rounded = apply(&spec, &lines).unwrap();
        let categories = rounded.categories.into_iter();
        let amounts = rounded.lines.into_iter().map(|line| line.amount);
        let lines = lines.into_iter().zip(amounts);
        BilledInvoice {
            id: format!("{id:06}"),
            lines: lines.map(|(line, amount)| BilledLine { line, amount, tax: None }).collect(),
            rounding_line: rounded.rounding_line,
            net: rounded.net,
            categories: Some(categories.map(|c| ((c.category, c.rate), c.amount)).collect()),
            tax: rounded.tax,
            rounding_amount: rounded.rounding_amount,
            payable: rounded.payable,
        }
    };
    (0..INVOICES).map(&mut bill).collect()
}

fn numbers() -> impl FnMut() -> u64 {
    let mut state = 1_u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

fn rows() -> (Decimal128Array, UInt32Array) {
    let mut next = numbers();
    // Up to 2,147 units where tiers end at 100, 500 and 1,500.
    let quantities: Vec<i128> = (0..ROWS).map(|_| i128::from(next())).collect();
    let numbers: Vec<u32> =
        (0..ROWS).map(|_| u32::try_from(next() % u64::from(TABLES)).unwrap()).collect();
    (Decimal128Array::from(quantities), UInt32Array::from(numbers))
}

fn table(number: u32) -> TierTable {
    let bounds = [Some(100), Some(500), Some(1_500), None];
    let tiers = bounds.iter().zip([987_654_321, 87_654_321, 7_654_321, 654_321]);
    let tiers = tiers.map(|(bound, price)| {
        let unit_price = Exact::from_scaled(price + i128::from(number), 9);
        Tier::per_unit(bound.map(Exact::integer), unit_price)
    });
    let semantics = Semantics {
        bounds: Bounds::UpperInclusive(Between::Above),
        zero_usage: ZeroUsage::NoFee,
        started_block: Rounding::Up,
    };
    TierTable::new(tiers.collect(), semantics).unwrap()
}

fn measure(charges: &[Charge], quantities: &Decimal128Array, numbers: &UInt32Array) -> u128 {
    let scales = ColumnScales {
        quantity: 6,
        price: 9,
        increment: Increment::digits(2).unwrap(),
        mode: Rounding::HalfEven,
    };
    let columns = RateColumns::compile(charges, scales).unwrap();
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        let rated = columns.rate(quantities, numbers).unwrap();
        assert!(rated.undetermined.is_empty());
        start.elapsed().as_nanos()
    });
    let best = rounds.min().unwrap();
    u128::try_from(ROWS).unwrap() * 1_000_000_000 / best
}
