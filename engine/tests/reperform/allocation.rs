//! Allocation and cost pools against slow rationals written here, and in any order and on any number
//! of threads. `TIEOUT_ALLOCATIONS` sets how many random allocations there are.

use crate::random::Random;
use num_bigint::BigInt;
use std::collections::BTreeMap;
use tieout_controls::{Decimal, Rounding};
use tieout_engine::reperform::allocation::pools::{CostPool, PoolError, reciprocal, step_down};
use tieout_engine::reperform::allocation::{
    AllocationError, AllocationKey, KeyError, Method, Part, Residual, ZeroWeights,
};

const HAMILTON: Method =
    Method { residual: Residual::LargestRemainder, zero_weights: ZeroWeights::Reject };

/// A pool of 2 to 50 recipients; one total in five is a credit, some weights are zero, some pools have
/// many equal weights, so that ties are common, and some are as wide as they come.
fn pool(random: &mut Random) -> (i128, Vec<(u32, i128)>) {
    let count = 2 + random.below(49);
    let (total_bits, weight_bits) = match random.below(8) {
        0 => (62, 62),
        1 => (20, 2),
        2 => (126, 100),
        _ => (40, 30),
    };
    let mut wide = |bits: u32| {
        let value = u128::from(random.next()) << 64 | u128::from(random.next());
        i128::try_from(value >> (128 - bits)).unwrap()
    };
    let total = wide(total_bits);
    let weights: Vec<_> = (0..count).map(|_| wide(weight_bits)).collect();
    let total = if random.below(5) == 0 { -total } else { total };
    let first = u32::try_from(random.below(1 << 30)).unwrap();
    let keys = (0_u32..).map(|n| first + n * 7);
    let mut recipients: Vec<_> = keys.zip(weights).collect();
    recipients[0].1 += 1;
    random.shuffle(&mut recipients);
    (total, recipients)
}

/// Largest remainder as it is written in a textbook, over big integers: one unit after the other to
/// who is first in line.
fn textbook(total: i128, weights: &BTreeMap<u32, i128>) -> BTreeMap<u32, BigInt> {
    let sum: BigInt = weights.values().map(|w| BigInt::from(*w)).sum();
    let magnitude = BigInt::from(total.unsigned_abs());
    let mut line = Vec::new();
    let mut parts = BTreeMap::new();
    for (key, weight) in weights {
        let scaled = &magnitude * weight;
        parts.insert(*key, &scaled / &sum);
        line.push((-(scaled % &sum), *key));
    }
    line.sort();
    let mut given: BigInt = parts.values().sum();
    for (_, key) in line {
        if given == magnitude {
            break;
        }
        *parts.get_mut(&key).unwrap() += 1;
        given += 1;
    }
    assert_eq!(given, magnitude);
    if total < 0 {
        parts.values_mut().for_each(|part| *part = -part.clone());
    }
    parts
}

/// Units lost, and a fingerprint of all parts by key, of one block of allocations.
fn block(number: u64, size: u64, checked_every: u64) -> (BigInt, u64) {
    let mut random = Random(number);
    let (mut lost, mut print) = (BigInt::from(0), 0_u64);
    for at in 0..size {
        let (total, mut recipients) = pool(&mut random);
        let key = AllocationKey::new(recipients.iter().copied()).unwrap();
        let shared = key.allocate(total, HAMILTON).unwrap();
        let mut left = total;
        for (recipient, part) in shared.parts() {
            let amount = part.amount().unwrap();
            left = left.checked_sub(amount).unwrap();
            let low = amount.to_le_bytes().chunks(8).fold(u64::from(*recipient), |low, bytes| {
                low.rotate_left(17) ^ u64::from_le_bytes(bytes.try_into().unwrap())
            });
            print = (print ^ low).wrapping_mul(0x100_0000_01b3);
        }
        lost += left.unsigned_abs();
        random.shuffle(&mut recipients);
        let again = AllocationKey::new(recipients.iter().copied()).unwrap();
        assert_eq!(again.allocate(total, HAMILTON).unwrap(), shared, "another order");
        if at % checked_every == 0 {
            let expected = textbook(total, &recipients.into_iter().collect());
            let ours: BTreeMap<u32, BigInt> =
                shared.parts().map(|(k, p)| (*k, p.amount().unwrap().into())).collect();
            assert_eq!(ours, expected, "block {number}, allocation {at}, total {total}");
        }
    }
    (lost, print)
}

const BLOCK: u64 = 1_000;

fn run(blocks: u64, threads: u64, checked_every: u64) -> (BigInt, Vec<u64>) {
    let mut results: Vec<(u64, (BigInt, u64))> = std::thread::scope(|scope| {
        let work = |first| {
            move || -> Vec<_> {
                let mine = (first..blocks).step_by(usize::try_from(threads).unwrap());
                mine.map(|number| (number, block(number, BLOCK, checked_every))).collect()
            }
        };
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(work(first))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    results.sort();
    let lost = results.iter().map(|(_, (lost, _))| lost).sum();
    (lost, results.into_iter().map(|(_, (_, print))| print).collect())
}

#[test]
fn no_unit_is_lost_in_any_order_and_on_any_number_of_threads() {
    let stated = std::env::var("TIEOUT_ALLOCATIONS").ok();
    let allocations: u64 = stated.map_or(50_000, |n| n.parse().unwrap());
    let blocks = allocations.div_ceil(BLOCK);
    let (lost, alone) = run(blocks, 1, 20);
    assert_eq!(lost, BigInt::from(0));
    for threads in [2, 3] {
        assert_eq!(run(blocks, threads, u64::MAX), (lost.clone(), alone.clone()), "{threads}");
    }
    println!("{} allocations on 1, 2 and 3 threads: {lost} units lost", blocks * BLOCK);
}

fn amounts(
    key: &AllocationKey<&'static str>,
    total: i128,
    residual: Residual,
) -> Vec<(i128, i128)> {
    let method = Method { residual, zero_weights: ZeroWeights::Reject };
    let shared = key.allocate(total, method).unwrap();
    let parts: Vec<Part> = shared.parts().map(|(_, part)| part).collect();
    assert_eq!(parts.iter().map(|p| p.amount().unwrap()).sum::<i128>() + shared.held, total);
    parts.iter().map(|p| (p.amount().unwrap(), p.residual)).collect()
}

#[test]
fn who_gets_the_residual_is_declared() {
    let key = AllocationKey::new([("d", 0), ("c", 1), ("b", 1), ("a", 1)]).unwrap();
    let hamilton = Residual::LargestRemainder;
    // 100/3 = 33⅓ three times: the tie goes to the lower key, in a credit too.
    assert_eq!(amounts(&key, 100, hamilton), [(34, 1), (33, 0), (33, 0), (0, 0)]);
    assert_eq!(amounts(&key, -100, hamilton), [(-34, -1), (-33, 0), (-33, 0), (0, 0)]);
    // Below one unit for each.
    assert_eq!(amounts(&key, 1, hamilton), [(1, 1), (0, 0), (0, 0), (0, 0)]);
    assert_eq!(amounts(&key, 0, hamilton), [(0, 0); 4]);
    let parts = Rounding::HalfUp;
    let largest = Residual::ToLargest { parts };
    assert_eq!(amounts(&key, 200, largest), [(66, -1), (67, 0), (67, 0), (0, 0)]);
    // The last by key has no weight and takes nothing.
    let last = Residual::ToLast { parts };
    assert_eq!(amounts(&key, 200, last), [(67, 0), (67, 0), (66, -1), (0, 0)]);
    assert_eq!(amounts(&key, -200, last), [(-67, 0), (-67, 0), (-66, 1), (0, 0)]);
    let shared = key.allocate(101, HAMILTON).unwrap();
    assert_eq!(shared.residuals().collect::<Vec<_>>(), [(&"a", 1), (&"b", 1)]);
}

#[test]
fn the_widest_totals_are_shared_out_exactly() {
    for total in [i128::MAX, i128::MIN, i128::MIN + 1] {
        let key = AllocationKey::new((0_u32..3).map(|k| (k, i128::MAX / 3))).unwrap();
        let weights = (0_u32..3).map(|k| (k, i128::MAX / 3)).collect();
        let shared = key.allocate(total, HAMILTON).unwrap();
        let ours: BTreeMap<u32, BigInt> =
            shared.parts().map(|(k, p)| (*k, p.amount().unwrap().into())).collect();
        assert_eq!(ours, textbook(total, &weights));
        let alone = AllocationKey::new([(0_u32, 1)]).unwrap();
        let shared = alone.allocate(total, HAMILTON).unwrap();
        assert_eq!(shared.parts().next().unwrap().1.amount(), Ok(total));
        let parts = Rounding::HalfUp;
        for residual in [Residual::ToLargest { parts }, Residual::ToLast { parts }] {
            let shared = key.allocate(total, Method { residual, ..HAMILTON }).unwrap();
            let sum: BigInt = shared.parts().map(|(_, p)| BigInt::from(p.amount().unwrap())).sum();
            assert_eq!(sum, BigInt::from(total));
        }
    }
}

#[test]
fn zero_weights_lose_nothing() {
    let key = AllocationKey::new([("a", 0), ("b", 0), ("c", 0)]).unwrap();
    let with = |zero_weights| Method { zero_weights, ..HAMILTON };
    assert_eq!(key.allocate(10, with(ZeroWeights::Reject)), Err(AllocationError::ZeroWeights));
    let held = key.allocate(10, with(ZeroWeights::HoldAtOwner)).unwrap();
    assert_eq!((held.held, held.parts().count()), (10, 3));
    assert!(held.parts().all(|(_, part)| part == Part::default()));
    let even = key.allocate(-10, with(ZeroWeights::Even)).unwrap();
    let parts: Vec<_> = even.parts().map(|(_, p)| p.amount().unwrap()).collect();
    assert_eq!((parts, even.held), (vec![-4, -3, -3], 0));
    let nobody = AllocationKey::<u8>::new([]).unwrap();
    let nothing = nobody.allocate(10, with(ZeroWeights::Even));
    assert_eq!(nothing, Err(AllocationError::NoRecipient));
    assert_eq!(nobody.allocate(10, with(ZeroWeights::HoldAtOwner)).unwrap().held, 10);
}

#[test]
fn weights_that_mean_nothing_are_refused() {
    let d = |text| Decimal::parse(text).unwrap();
    let negative = AllocationKey::of_decimals([("a", d("0.5")), ("b", d("-0.000001"))]);
    assert_eq!(negative, Err(KeyError::NegativeWeight("b")));
    let twice = AllocationKey::new([("a", 1), ("b", 2), ("a", 3)]);
    assert_eq!(twice, Err(KeyError::DuplicateRecipient("a")));
    let wide = AllocationKey::new((0..3).map(|k| (k, i128::MAX)));
    assert_eq!(wide, Err(KeyError::Overflow));
    let scales = [("a", d("1E30")), ("b", d("1E-30"))];
    assert_eq!(AllocationKey::of_decimals(scales), Err(KeyError::Overflow));
    // The scale in which weights are written says nothing.
    let short = AllocationKey::of_decimals([("a", d("0.5")), ("b", d("1.5"))]);
    assert_eq!(short, AllocationKey::of_decimals([("a", d("0.500")), ("b", d("1.50"))]));
}

/// A rational of two big integers, in no particular terms.
#[derive(Clone, Debug)]
struct Ratio(BigInt, BigInt);

impl Ratio {
    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 * &other.1 + &other.0 * &self.1, &self.1 * &other.1)
    }
    fn share(&self, weight: i128, of: i128) -> Self {
        Self(&self.0 * weight, &self.1 * of)
    }
    fn is(&self, numerator: &BigInt, denominator: &BigInt) -> bool {
        &self.0 * denominator == numerator * &self.1
    }
}

/// Determinant by Laplace expansion along the first row.
fn determinant(matrix: &[Vec<BigInt>]) -> BigInt {
    let Some(first) = matrix.first() else { return BigInt::from(1) };
    let minor = |column: usize| -> Vec<Vec<BigInt>> {
        let without = |row: &Vec<BigInt>| {
            let kept = row.iter().enumerate().filter(|(at, _)| *at != column);
            kept.map(|(_, value)| value.clone()).collect()
        };
        matrix.iter().skip(1).map(without).collect()
    };
    let term = |(at, value): (usize, &BigInt)| {
        let sign = if at % 2 == 0 { 1 } else { -1 };
        value * sign * determinant(&minor(at))
    };
    first.iter().enumerate().map(term).sum()
}

type Network = Vec<(i128, Vec<i128>)>;

/// Pools 0.., with weights for all pools and then for three recipients.
fn network(random: &mut Random) -> Network {
    let pools = 1 + random.below(4);
    let pool = |random: &mut Random| {
        let cost = i128::from(random.below(1_000_000)) - 200_000;
        let mut weights: Vec<i128> =
            (0..pools + 3).map(|_| i128::from(random.below(50)).max(20) - 20).collect();
        *weights.last_mut().unwrap() += 1;
        (cost, weights)
    };
    (0..pools).map(|_| pool(random)).collect()
}

fn as_pools(network: &Network) -> Vec<CostPool<usize>> {
    let pool = |(key, (cost, weights)): (usize, &(i128, Vec<i128>))| CostPool {
        key,
        cost_units: *cost,
        services: AllocationKey::new(weights.iter().copied().enumerate()).unwrap(),
    };
    network.iter().enumerate().map(pool).collect()
}

#[test]
fn reciprocal_costs_are_those_of_cramers_rule() {
    let mut random = Random(7);
    for _ in 0..2_000 {
        let network = network(&mut random);
        let size = network.len();
        let sum = |i: usize| network[i].1.iter().sum::<i128>();
        // xⱼ·∏W − Σᵢ xᵢ·wᵢⱼ·∏W/Wᵢ = dⱼ·∏W, solved by determinants.
        let product: BigInt = (0..size).map(|i| BigInt::from(sum(i))).product();
        let entry = |j: usize, i: usize| {
            let own = if i == j { product.clone() } else { BigInt::from(0) };
            own - &product / sum(i) * network[i].1[j]
        };
        let matrix: Vec<Vec<BigInt>> =
            (0..size).map(|j| (0..size).map(|i| entry(j, i)).collect()).collect();
        let whole = determinant(&matrix);
        let mut pools = as_pools(&network);
        random.shuffle(&mut pools);
        let costs = reciprocal(&pools).unwrap();
        for i in 0..size {
            let mut replaced = matrix.clone();
            for (j, row) in replaced.iter_mut().enumerate() {
                row[i] = &product * network[j].0;
            }
            let x = Ratio(determinant(&replaced), whole.clone());
            let ours = &costs.pools[&i];
            assert!(x.is(ours.numerator(), ours.denominator()), "{network:?}");
        }
        conserved(&costs, &network);
    }
}

fn conserved(
    costs: &tieout_engine::reperform::allocation::pools::Distribution<usize>,
    network: &Network,
) {
    let total: i128 = network.iter().map(|(cost, _)| cost).sum();
    let zero = Ratio(BigInt::from(0), BigInt::from(1));
    let exact = costs
        .recipients
        .values()
        .fold(zero, |sum, x| sum.plus(&Ratio(x.numerator().clone(), x.denominator().clone())));
    assert!(exact.is(&BigInt::from(total), &BigInt::from(1)));
    let rounded = costs.rounded().unwrap();
    assert_eq!(rounded.values().map(|p| p.amount().unwrap()).sum::<i128>(), total);
    assert_eq!(rounded.len(), 3);
    for (key, part) in rounded {
        // No part is a whole unit or more away from the exact one.
        let exact = &costs.recipients[&key];
        let off = BigInt::from(part.amount().unwrap()) * exact.denominator() - exact.numerator();
        assert!(BigInt::from(off.magnitude().clone()) < *exact.denominator());
    }
}

#[test]
fn step_down_closes_pools_in_the_order_given() {
    let mut random = Random(11);
    for _ in 0..2_000 {
        let network = network(&mut random);
        let size = network.len();
        let one = |n: i128| Ratio(BigInt::from(n), BigInt::from(1));
        let mut held: Vec<Ratio> = network.iter().map(|(cost, _)| one(*cost)).collect();
        held.extend((0..3).map(|_| one(0)));
        for (i, (_, weights)) in network.iter().enumerate() {
            let cost = std::mem::replace(&mut held[i], one(0));
            let sum: i128 = weights[i + 1..].iter().sum();
            for (j, weight) in weights.iter().enumerate().skip(i + 1) {
                held[j] = held[j].plus(&cost.share(*weight, sum));
            }
        }
        let costs = step_down(&as_pools(&network)).unwrap();
        for (key, ours) in &costs.recipients {
            assert!(held[*key].is(ours.numerator(), ours.denominator()), "{network:?}");
        }
        assert_eq!(
            costs.recipients.keys().copied().collect::<Vec<_>>(),
            [size, size + 1, size + 2]
        );
        conserved(&costs, &network);
    }
}

#[test]
fn costs_that_reach_nobody_are_refused() {
    let pool = |key, weights: &[(&'static str, i128)]| CostPool {
        key,
        cost_units: 100,
        services: AllocationKey::new(weights.iter().copied()).unwrap(),
    };
    let it = pool("it", &[("hr", 1), ("sales", 0)]);
    let hr = pool("hr", &[("it", 1)]);
    let rent = pool("rent", &[("it", 1), ("sales", 1)]);
    let closed = reciprocal(&[rent.clone(), hr.clone(), it.clone()]);
    assert_eq!(closed, Err(PoolError::ClosedLoop(vec!["hr", "it"])));
    let own = pool("own", &[("own", 5)]);
    assert_eq!(reciprocal(std::slice::from_ref(&own)), Err(PoolError::ClosedLoop(vec!["own"])));
    assert_eq!(step_down(&[own]), Err(PoolError::ServesNobody("own")));
    let idle = pool("idle", &[("sales", 0)]);
    assert_eq!(reciprocal(&[idle]), Err(PoolError::ServesNobody("idle")));
    // Step-down in this order: hr is closed last and may give to nobody.
    assert_eq!(step_down(&[it, hr]), Err(PoolError::ServesNobody("hr")));
    let twice = reciprocal(&[rent.clone(), rent]);
    assert_eq!(twice, Err(PoolError::DuplicatePool("rent")));
}
