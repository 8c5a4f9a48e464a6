//! What re-performance by columns takes: rated rows a second on one thread.
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
use tieout_engine::reperform::rating::Charge;
use tieout_engine::reperform::rating::columns::{ColumnScales, RateColumns};
use tieout_engine::reperform::rating::tiers::{
    Between, Bounds, Semantics, Tier, TierTable, ZeroUsage,
};

const ROWS: usize = 4_000_000;
const TABLES: u32 = 64;

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
}

fn rows() -> (Decimal128Array, UInt32Array) {
    let mut state = 1_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
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
