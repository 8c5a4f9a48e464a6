//! Rating in scaled integers gives what rationals give, or nothing.

use crate::random::Random;
use tieout_controls::Rounding;
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::rating::scaled::ScaledTerms;
use tieout_engine::reperform::rating::tiers::{
    Between, Bounds, Semantics, Tier, TierTable, ZeroUsage,
};
use tieout_engine::reperform::rating::{Charge, Operation, Order, OrderedStep, Terms, Usage, rate};

const QUANTITY: u32 = 10;
const MODES: [Rounding; 7] = [
    Rounding::HalfUp,
    Rounding::HalfEven,
    Rounding::HalfDown,
    Rounding::Up,
    Rounding::Down,
    Rounding::Floor,
    Rounding::Ceiling,
];

fn money(random: &mut Random, large: bool) -> Exact {
    let most = if large { i64::MAX / 4 } else { 500_000 };
    let digits = u32::try_from(random.below(if large { 2 } else { 7 })).unwrap();
    Exact::from_scaled(i128::from(random.between(-most / 20, most)), digits)
}

fn table(random: &mut Random, large: bool) -> TierTable {
    let bounds = *random.pick(&[
        Bounds::UpperExclusive,
        Bounds::UpperInclusive(Between::Above),
        Bounds::UpperInclusive(Between::Below),
        Bounds::UpperInclusive(Between::RoundUp),
        Bounds::UpperInclusive(Between::RoundDown),
        Bounds::UpperInclusive(Between::Undetermined),
    ]);
    let zero_usage = *random.pick(&[ZeroUsage::NoFee, ZeroUsage::FirstTierFee]);
    let (count, open) = (1 + random.below(4), !random.one_in(5));
    let mut upper = 0;
    let tiers = (1..=count).map(|number| {
        upper += random.between(1, 60);
        Tier {
            up_to: (number < count || !open).then(|| Exact::integer(i128::from(upper))),
            unit_price: money(random, large),
            flat_fee: if random.one_in(2) { Exact::zero() } else { money(random, large) },
            block_size: random.one_in(12).then(|| Exact::integer(7)),
        }
    });
    let semantics = Semantics { bounds, zero_usage, started_block: Rounding::Up };
    TierTable::new(tiers.collect(), semantics).unwrap()
}

fn charge(random: &mut Random, large: bool) -> Charge {
    match random.below(7) {
        0 => Charge::Flat { amount: money(random, large) },
        1 => Charge::PerUnit { unit_price: money(random, large) },
        2 | 3 => Charge::Graduated(table(random, large)),
        4 => Charge::Volume(table(random, large)),
        5 => Charge::Stairstep(table(random, large)),
        _ => Charge::Package {
            size: Exact::from_scaled(i128::from(random.between(1, 3_000)), 2),
            price: money(random, large),
            started: *random.pick(&MODES),
            minimum_packages: u32::try_from(random.below(3)).unwrap(),
        },
    }
}

fn terms(random: &mut Random, large: bool) -> Terms {
    let mut terms = Terms::of(charge(random, large));
    let some = |random: &mut Random, n| random.one_in(n);
    if some(random, 3) {
        terms.free_units = Some(Exact::from_scaled(i128::from(random.between(0, 4_000)), 2));
    }
    if some(random, 3) {
        terms.minimum = Some(money(random, large));
    }
    if some(random, 6) {
        terms.maximum = Some(money(random, large));
    }
    if some(random, 2) {
        terms.percentage_discount =
            Some(Exact::from_scaled(i128::from(random.between(0, 1_000)), 3));
    }
    if some(random, 2) {
        let under = i128::from(random.between(1, 31));
        terms.proration = Some(Exact::ratio(i128::from(random.between(0, 31)), under).unwrap());
    }
    if some(random, 40) {
        terms.tax_rate = Some(Exact::from_scaled(19, 2));
    }
    let mut amounts = [Operation::Bounds, Operation::PercentageDiscount, Operation::Proration];
    random.shuffle(&mut amounts);
    let mut steps = vec![Operation::FreeUnits, Operation::Tiers];
    steps.extend(amounts);
    steps.push(Operation::Tax);
    let step = |operation| OrderedStep {
        operation,
        rounding: random.one_in(3).then(|| {
            let units = *random.pick(&[1, 5]);
            (
                Increment::new(units, u32::try_from(random.below(5)).unwrap()).unwrap(),
                *random.pick(&MODES),
            )
        }),
    };
    terms.order = Order::new(steps.into_iter().map(step).collect()).unwrap();
    terms
}

/// Every answer is the kernel's; with usual numbers there is one nearly always.
#[test]
fn answers_are_those_of_rationals() {
    let (mut asked, mut answered) = ([0_u32; 2], [0_u32; 2]);
    let mut random = Random(20_250_131);
    for round in 0..6_000 {
        let large = round % 4 == 0;
        let terms = terms(&mut random, large);
        let Some(scaled) = ScaledTerms::of(&terms, QUANTITY) else { continue };
        let share = terms.proration.clone().unwrap_or_else(|| Exact::integer(1));
        let whole = |number: &num_bigint::BigInt| i128::try_from(number).unwrap();
        let share = (whole(share.numerator()), whole(share.denominator()));
        for _ in 0..12 {
            let quantity = match random.below(4) {
                0 => i128::from(random.between(0, 200)) * 10_i128.pow(QUANTITY),
                1 if large => i128::from(i64::MAX) * i128::from(random.between(1, i64::MAX)),
                _ => i128::from(random.between(0, 2_000_000_000_000)),
            };
            let exact = Exact::from_scaled(quantity, QUANTITY);
            let kernel = rate(&terms, &Usage::Quantity(exact)).map(|rated| rated.net);
            asked[usize::from(large)] += u32::from(kernel.is_ok());
            if let Some(amount) = scaled.rate(quantity, share) {
                answered[usize::from(large)] += 1;
                let amount = Exact::from_scaled(amount, scaled.scale());
                assert_eq!(kernel, Ok(amount), "{quantity} {terms:?}");
            }
        }
    }
    let [usual, large] = answered;
    assert!(large > 1_000 && large < asked[1], "{large} of {asked:?}");
    // What is left ends in no decimal.
    assert!(usual * 10 > asked[0] * 7, "{usual} of {asked:?}");
}

#[test]
fn there_is_no_answer_where_there_is_no_amount() {
    let scaled = |terms: &Terms| ScaledTerms::of(terms, QUANTITY);
    let unit = || Terms::of(Charge::PerUnit { unit_price: Exact::from_scaled(5, 2) });
    let plain = scaled(&unit()).unwrap();
    assert_eq!(plain.rate(-1, (1, 1)), None);
    assert_eq!(plain.rate(1, (1, 0)), None);
    assert_eq!(plain.rate(i128::MAX, (1, 1)), None);
    assert!(scaled(&Terms { commitment: Some(Exact::integer(1)), ..unit() }).is_none());
    // Contradictions, which the kernel refuses whatever the usage.
    let minimum = Some(Exact::integer(2));
    assert!(scaled(&Terms { minimum, maximum: Some(Exact::integer(1)), ..unit() }).is_none());
    assert!(scaled(&Terms { percentage_discount: Some(Exact::integer(2)), ..unit() }).is_none());
}
