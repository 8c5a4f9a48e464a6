//! How many parts of allocations a core makes in a second, by the width of the numbers.
//!
//! `cargo bench --profile release --workspace --bench allocation`
//!
//! Pools have 2 to 50 recipients; one total in five is a credit. Making the allocation key (sorting by
//! key, looking for recipients named twice) is measured with the first column and not with the second.
//! The best of five rounds counts, of wall time: the machine has to be idle.
#![expect(clippy::unwrap_used, reason = "a program that measures; what fails here, fails loudly")]

use std::time::Instant;
use tieout_engine::reperform::allocation::{AllocationKey, Method, Residual, ZeroWeights};

const POOLS: usize = 20_000;
const HAMILTON: Method =
    Method { residual: Residual::LargestRemainder, zero_weights: ZeroWeights::Reject };

/// A name, and how many bits totals and weights have.
const CASES: [(&str, u32, u32); 4] = [
    ("64 bits: totals of 32, weights of 20", 32, 20),
    ("128 bits: totals of 40, weights of 30", 40, 30),
    ("128 bits: totals of 60, weights of 60", 60, 60),
    ("wider: totals of 120, weights of 60", 120, 60),
];

/// A total and the recipients that share it.
type Pool = (i128, Vec<(u32, i128)>);

fn main() {
    println!("{:40} {:>16} {:>16}", "million parts/s", "with the key", "key made before");
    for (name, total_bits, weight_bits) in CASES {
        let pools = pools(total_bits, weight_bits);
        let parts = pools.iter().map(|(_, recipients)| recipients.len()).sum();
        let key = |pool: &Pool| AllocationKey::new(pool.1.iter().copied()).unwrap();
        let keys: Vec<_> = pools.iter().map(key).collect();
        let whole = best(parts, || pools.iter().map(|p| share(p.0, &key(p))).sum());
        let totals = || pools.iter().map(|(total, _)| *total).zip(&keys);
        let alone = best(parts, || totals().map(|(total, key)| share(total, key)).sum());
        println!("{name:40} {whole:>16} {alone:>16}");
    }
}

/// Units lost, which has to be zero.
fn share(total: i128, key: &AllocationKey<u32>) -> i128 {
    let shared = key.allocate(total, HAMILTON).unwrap();
    let given = shared.parts().fold(0_i128, |sum, (_, part)| sum + part.amount().unwrap());
    (total - given).abs()
}

/// Parts in a second, in millions with one digit.
fn best(parts: usize, mut work: impl FnMut() -> i128) -> String {
    let mut nanos = u128::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(work(), 0, "units were lost");
        nanos = nanos.min(start.elapsed().as_nanos());
    }
    let tenths = u128::try_from(parts).unwrap() * 10_000 / nanos;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn pools(total_bits: u32, weight_bits: u32) -> Vec<Pool> {
    let mut state = 1_u64;
    let mut wide = |bits: u32| {
        let mut half = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            u128::from(state >> 32)
        };
        let value = half() << 96 | half() << 64 | half() << 32 | half();
        i128::try_from(value >> (128 - bits)).unwrap()
    };
    let mut pool = || {
        let total = wide(total_bits);
        let total = if wide(16) % 5 == 0 { -total } else { total };
        let count = 2 + wide(16) % 49;
        let recipient = |n: i128, wide: &mut dyn FnMut(u32) -> i128| {
            // No two keys are equal: the lowest bits count.
            (u32::try_from(wide(24) << 6 | n).unwrap(), wide(weight_bits) + 1)
        };
        (total, (0..count).map(|n| recipient(n, &mut wide)).collect())
    };
    (0..POOLS).map(|_| pool()).collect()
}
