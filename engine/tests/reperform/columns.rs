//! Rating by columns gives what rationals give, and what rating one row with a trace gives.

use crate::oracle::{Q, cases};
use crate::random::Random;
use arrow_array::{Array, Decimal128Array, UInt32Array};
use num_bigint::BigInt;
use std::cmp::Ordering;
use tieout_controls::Rounding;
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::rating::columns::{ColumnScales, RateColumns, RowReason};
use tieout_engine::reperform::rating::tiers::{
    Between, Bounds, Semantics, Tier, TierTable, ZeroUsage,
};
use tieout_engine::reperform::rating::{
    Charge, Operation, RatingError, Terms, Usage, rate, tiers::TierError,
};

const QUANTITY: u32 = 6;
const PRICE: u32 = 9;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Flat,
    PerUnit,
    Graduated,
    Volume,
    Stairstep,
    Package(Rounding, u32),
}

struct OracleTier {
    up_to: Option<i128>,
    price: i128,
    fee: i128,
}

/// A charge in plain numbers: bounds at scale 6, prices and fees at scale 9.
struct Plan {
    kind: Kind,
    bounds: Bounds,
    zero: ZeroUsage,
    tiers: Vec<OracleTier>,
}

fn plan(random: &mut Random, large: bool) -> Plan {
    let kind = match random.below(8) {
        0 => Kind::Flat,
        1 => Kind::PerUnit,
        2..=4 => Kind::Graduated,
        5 => Kind::Volume,
        6 => Kind::Stairstep,
        _ => Kind::Package(*random.pick(&[Rounding::Up, Rounding::Down, Rounding::HalfUp]), {
            u32::try_from(random.below(2)).unwrap()
        }),
    };
    let bounds = match random.below(5) {
        0 => Bounds::UpperExclusive,
        1 => Bounds::UpperInclusive(Between::Below),
        2 => Bounds::UpperInclusive(Between::RoundUp),
        3 => Bounds::UpperInclusive(Between::RoundDown),
        _ => Bounds::UpperInclusive(Between::Above),
    };
    let zero = *random.pick(&[ZeroUsage::NoFee, ZeroUsage::FirstTierFee]);
    let count = 1 + random.below(4);
    let open = !random.one_in(6);
    let mut bound = 0_i128;
    let price = if large { 900_000_000_000_000_000 } else { 5_000_000_000 };
    let tiers = (0..count)
        .map(|i| {
            // Whole bounds, as price lists have them: then tiers between which something lies differ.
            bound += i128::from(random.between(1, 40)) * 1_000_000;
            let mut price = || match random.below(3) {
                // Half cents, so that whole quantities end in ties.
                0 => i128::from(random.between(-200, 2_000)) * 5_000_000,
                _ => i128::from(random.between(-price / 10, price)),
            };
            let (price, fee) = (price(), price());
            let fee = if random.one_in(2) { 0 } else { fee };
            OracleTier { up_to: (i + 1 < count || !open).then_some(bound), price, fee }
        })
        .collect();
    Plan { kind, bounds, zero, tiers }
}

fn charge(plan: &Plan) -> Charge {
    let first = &plan.tiers[0];
    let price = |unscaled| Exact::from_scaled(unscaled, PRICE);
    let tiers = plan.tiers.iter().map(|tier| Tier {
        up_to: tier.up_to.map(|bound| Exact::from_scaled(bound, QUANTITY)),
        unit_price: price(tier.price),
        flat_fee: price(tier.fee),
        block_size: None,
    });
    let semantics =
        Semantics { bounds: plan.bounds, zero_usage: plan.zero, started_block: Rounding::Up };
    let table = || TierTable::new(tiers.collect(), semantics).unwrap();
    match plan.kind {
        Kind::Flat => Charge::Flat { amount: price(first.price) },
        Kind::PerUnit => Charge::PerUnit { unit_price: price(first.price) },
        Kind::Graduated => Charge::Graduated(table()),
        Kind::Volume => Charge::Volume(table()),
        Kind::Stairstep => Charge::Stairstep(table()),
        Kind::Package(started, minimum_packages) => Charge::Package {
            size: Exact::from_scaled(size(plan), QUANTITY),
            price: price(first.price),
            started,
            minimum_packages,
        },
    }
}

fn size(plan: &Plan) -> i128 {
    plan.tiers[0].up_to.unwrap_or(7_500_000)
}

/// The exact amount; `None` above the last tier. Everything by definition, nothing prepared.
fn oracle(plan: &Plan, quantity: i128) -> Option<Q> {
    let price = |unscaled| Q::decimal(unscaled, PRICE);
    let quantity = Q::decimal(quantity, QUANTITY);
    if quantity.sign() == Ordering::Less {
        return positive(plan, &quantity.neg(), &price).map(|amount| amount.neg());
    }
    positive(plan, &quantity, &price)
}

fn positive(plan: &Plan, quantity: &Q, price: &dyn Fn(i128) -> Q) -> Option<Q> {
    let first = &plan.tiers[0];
    let one = Q::int(1);
    match plan.kind {
        Kind::Flat => return Some(price(first.price)),
        Kind::PerUnit => return Some(quantity.mul(&price(first.price))),
        Kind::Package(started, minimum) => {
            let size = Q::decimal(size(plan), QUANTITY);
            let ratio = Q { n: &quantity.n * &size.d, d: &quantity.d * &size.n };
            let packages = ratio.round(&one, started).max(Q::int(i128::from(minimum)));
            return Some(packages.mul(&price(first.price)));
        }
        _ => {}
    }
    let quantity = match plan.bounds {
        Bounds::UpperInclusive(Between::RoundUp) => quantity.round(&one, Rounding::Up),
        Bounds::UpperInclusive(Between::RoundDown) => quantity.round(&one, Rounding::Down),
        _ => quantity.clone(),
    };
    if quantity.sign() == Ordering::Equal && plan.zero == ZeroUsage::NoFee {
        return Some(Q::int(0));
    }
    let mut lower = Q::int(0);
    let mut before = Q::int(0);
    for tier in &plan.tiers {
        let upper = tier.up_to.map(|bound| Q::decimal(bound, QUANTITY));
        let contains = match (&upper, plan.bounds) {
            (None, _) => true,
            (Some(upper), Bounds::UpperExclusive) => quantity < *upper,
            (Some(upper), Bounds::UpperInclusive(Between::Below)) => quantity < upper.add(&one),
            (Some(upper), _) => quantity <= *upper,
        };
        let (unit, fee) = (price(tier.price), price(tier.fee));
        if contains {
            return Some(match plan.kind {
                Kind::Graduated => before.add(&quantity.sub(&lower).mul(&unit)).add(&fee),
                Kind::Volume => quantity.mul(&unit).add(&fee),
                _ => fee,
            });
        }
        let upper = upper.unwrap();
        before = before.add(&upper.sub(&lower).mul(&unit)).add(&fee);
        lower = upper;
    }
    None
}

fn quantity(random: &mut Random, plan: &Plan, large: bool) -> i128 {
    let bound = random.pick(&plan.tiers).up_to.unwrap_or(1_000_000);
    let magnitude = match random.below(10) {
        0 => 0,
        1 | 2 => bound,
        3 => bound + 1,
        4 => bound - 1,
        5 => bound + 500_000,
        6 => i128::from(random.between(0, 60)) * 1_000_000,
        7 if large => i128::from(random.next() >> 1) * i128::from(random.next() >> 40),
        _ => i128::from(random.between(0, 60_000_000)),
    };
    if random.one_in(5) { -magnitude } else { magnitude }
}

/// All modes of charge and of rounding; zero, corrections, and bounds hit exactly.
#[test]
fn columns_agree_with_rationals() {
    let cases = cases(200_000);
    let mut random = Random(0x7e57_0001);
    let (mut done, mut above, mut ties) = (0, 0, 0);
    while done < cases {
        let large = random.one_in(10);
        let plans: Vec<Plan> = (0..16).map(|_| plan(&mut random, large)).collect();
        let mode = *random.pick(&Rounding::ALL);
        let (units, scale) =
            *random.pick(&[(1, 2), (1, 2), (1, 0), (5, 2), (1, 3), (1, 15), (1, 17)]);
        let scales = ColumnScales {
            quantity: QUANTITY,
            price: PRICE,
            increment: Increment::new(units, scale).unwrap(),
            mode,
        };
        let charges: Vec<Charge> = plans.iter().map(charge).collect();
        let columns = RateColumns::compile(&charges, scales).unwrap();
        let rows = 4096.min(cases - done);
        let numbers: Vec<u32> =
            (0..rows).map(|_| u32::try_from(random.below(16)).unwrap()).collect();
        let quantities: Vec<i128> = numbers
            .iter()
            .map(|n| quantity(&mut random, &plans[usize::try_from(*n).unwrap()], large))
            .collect();
        let rated =
            columns.rate(&column(&quantities), &UInt32Array::from(numbers.clone())).unwrap();
        let step = Q::decimal(i128::from(units), scale);
        let mut undetermined = rated.undetermined.iter().peekable();
        for (row, (quantity, number)) in quantities.iter().zip(&numbers).enumerate() {
            let plan = &plans[usize::try_from(*number).unwrap()];
            let exact = oracle(plan, *quantity);
            ties += usize::from(exact.as_ref().is_some_and(|amount| tie(amount, &step)));
            let expected = exact.map(|amount| amount.round(&step, mode));
            let reason = undetermined.next_if(|(at, _)| *at == row).map(|(_, reason)| *reason);
            match expected {
                None => {
                    assert_eq!(reason, Some(RowReason::AboveLastTier));
                    assert!(rated.amounts.is_null(row));
                    above += 1;
                }
                Some(expected) if reason == Some(RowReason::Overflow) => {
                    let unscaled = expected.mul(&Q::int(10_i128.pow(scale))).floor();
                    assert!(unscaled.magnitude() >= BigInt::from(10).pow(38).magnitude());
                }
                Some(expected) => {
                    assert_eq!(reason, None);
                    let amount = Q::decimal(rated.amounts.value(row), scale);
                    assert_eq!(amount, expected, "{quantity} {mode:?} {charges:?} {number}");
                }
            }
        }
        done += rows;
    }
    assert!(ties > done / 100);
    println!("{done} rows agree: {ties} ties, {above} above the last tier");
}

fn tie(amount: &Q, step: &Q) -> bool {
    let halves = amount.mul(&Q { n: &step.d * 2, d: step.n.clone() });
    let whole = &halves.n % &halves.d == BigInt::from(0);
    whole && (&halves.n / &halves.d).bit(0)
}

fn column(quantities: &[i128]) -> Decimal128Array {
    Decimal128Array::from(quantities.to_vec())
}

/// Row by row, with a trace that verifies.
#[test]
fn a_row_with_its_trace_agrees_with_rationals() {
    let mut random = Random(0x7e57_0002);
    for _ in 0..cases(20_000).min(1_000_000) {
        let plan = plan(&mut random, false);
        let quantity = quantity(&mut random, &plan, false);
        let (mode, cent) = (*random.pick(&Rounding::ALL), Increment::digits(2).unwrap());
        let mut terms = Terms::of(charge(&plan));
        terms.order = terms.order.rounding(Operation::Tiers, cent, mode);
        let rated = rate(&terms, &Usage::Quantity(Exact::from_scaled(quantity, QUANTITY)));
        match oracle(&plan, quantity) {
            None => assert_eq!(rated, Err(RatingError::Tier(TierError::AboveLastTier))),
            Some(exact) => {
                let rated = rated.unwrap();
                let expected = exact.round(&Q::decimal(1, 2), mode);
                let net =
                    Q { n: rated.net.numerator().clone(), d: rated.net.denominator().clone() };
                assert_eq!(net, expected, "{quantity} {mode:?} {terms:?}");
                rated.trace.verify().unwrap();
            }
        }
    }
}

#[test]
fn rows_without_an_amount_say_why() {
    let unit = Charge::PerUnit { unit_price: Exact::integer(1) };
    let scales = ColumnScales {
        quantity: 0,
        price: 0,
        increment: Increment::digits(0).unwrap(),
        mode: Rounding::HalfEven,
    };
    let columns = RateColumns::compile(&[unit], scales).unwrap();
    let quantities = Decimal128Array::from(vec![Some(1), None, Some(3), Some(4)]);
    let numbers = UInt32Array::from(vec![Some(0), Some(0), None, Some(9)]);
    let rated = columns.rate(&quantities, &numbers).unwrap();
    let reasons =
        [(1, RowReason::NoQuantity), (2, RowReason::NoCharge), (3, RowReason::UnknownCharge)];
    assert_eq!(rated.undetermined, reasons);
    assert_eq!(rated.amounts.null_count(), 3);
    assert_eq!(rated.amounts.value(0), 1);
}
