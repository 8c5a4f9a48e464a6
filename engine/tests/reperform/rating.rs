//! Terms, order of operations, proration, dated rates and reasons.

use crate::oracle::{Q, cases};
use crate::random::Random;
use crate::vectors::x;
use chrono::{DateTime, NaiveDate, Utc};
use std::cmp::Ordering;
use tieout_controls::Rounding;
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::rating::burst::{Burst, RankRule};
use tieout_engine::reperform::rating::proration::{
    Basis, Proration, ProrationError, Thirty360, thirty_360,
};
use tieout_engine::reperform::rating::reason::{Difference, ReasonClass, Reperformed};
use tieout_engine::reperform::rating::tiers::{
    Between, Bounds, Semantics, Tier, TierError, TierTable, ZeroUsage,
};
use tieout_engine::reperform::rating::trace::TraceError;
use tieout_engine::reperform::rating::version::{
    ChargeTimes, Finding, RateTable, Selection, SelectionError, Version,
};
use tieout_engine::reperform::rating::{
    Charge, Formula, Operation, Order, OrderedStep, RatingError, Step, Terms, Usage, rate,
};

fn usage(text: &str) -> Usage {
    Usage::Quantity(x(text))
}

fn per_unit(price: &str) -> Terms {
    Terms::of(Charge::PerUnit { unit_price: x(price) })
}

/// Everything at once, by hand: 1,200 units, 200 free, 0.05 each.
#[test]
fn the_usual_order_of_operations() {
    let mut terms = per_unit("0.05");
    terms.free_units = Some(x("200"));
    terms.minimum = Some(x("60"));
    terms.unit_discount = Some(x("0.01"));
    terms.percentage_discount = Some(x("0.1"));
    terms.commitment = Some(x("20"));
    terms.proration = Some(Exact::ratio(1, 3).unwrap());
    terms.tax_rate = Some(x("0.19"));
    let cent = Increment::digits(2).unwrap();
    terms.order = Order::default()
        .rounding(Operation::Proration, cent, Rounding::HalfEven)
        .rounding(Operation::Tax, cent, Rounding::HalfUp);
    let rated = rate(&terms, &usage("1200")).unwrap();
    assert_eq!((rated.net.to_string(), rated.tax.to_string()), ("8.33".into(), "1.58".into()));
    assert_eq!(rated.drawn, x("20"));
    rated.trace.verify().unwrap();
    let told = "\
free_units: max(0, 1200 - 200) = 1000
tiers: 1000 * 0.05 = 50
bounds: max(60, 50) = 60
unit_discount: max(0, 60 - 1000 * 0.01) = 50
percentage_discount: 50 * (1 - 0.1) = 45
commitment: 45 - min(20, max(0, 45)) = 25
proration: 25 * 1/3 = 8.33 (half_even to 0.01, residual 1/300)
tax: 8.33 * 0.19 = 1.58 (half_up to 0.01, residual 0.0027)
";
    assert_eq!(rated.trace.to_string(), told);
}

/// Any order that makes sense, operation by operation in rationals.
#[test]
fn random_terms_in_random_orders_agree_with_rationals() {
    let mut random = Random(0x0dde);
    let amounts = [
        Operation::Bounds,
        Operation::UnitDiscount,
        Operation::PercentageDiscount,
        Operation::Commitment,
        Operation::Proration,
    ];
    for _ in 0..cases(20_000).min(1_000_000) {
        let number = |random: &mut Random, high| Q::decimal(i128::from(random.between(0, high)), 4);
        let quantity = number(&mut random, 9_999_999);
        let price = number(&mut random, 99_999);
        let (free, minimum) = (number(&mut random, 5_000_000), number(&mut random, 9_000_000));
        let maximum = minimum.add(&number(&mut random, 90_000_000));
        let (discount, balance) = (number(&mut random, 20_000), number(&mut random, 30_000_000));
        let share = number(&mut random, 10_000);
        let ratio = Q { n: random.between(0, 31).into(), d: 31.into() };
        let mut rest = amounts.to_vec();
        let mut order = vec![Operation::FreeUnits, Operation::Tiers];
        while !rest.is_empty() {
            let next = usize::try_from(random.below(u64::try_from(rest.len()).unwrap())).unwrap();
            order.push(rest.remove(next));
        }
        order.push(Operation::Tax);
        let steps: Vec<OrderedStep> = order
            .iter()
            .map(|operation| {
                let mode = *random.pick(&Rounding::ALL);
                let to = Increment::digits(2).unwrap();
                let rounds = random.one_in(3) && *operation != Operation::FreeUnits;
                OrderedStep { operation: *operation, rounding: rounds.then_some((to, mode)) }
            })
            .collect();
        let zero = Q::int(0);
        let (mut units, mut amount, mut tax) = (quantity.clone(), zero.clone(), zero.clone());
        for step in &steps {
            let value = match step.operation {
                Operation::FreeUnits => {
                    units = units.sub(&free).max(zero.clone());
                    continue;
                }
                Operation::Tiers => units.mul(&price),
                Operation::Bounds => amount.clone().max(minimum.clone()).min(maximum.clone()),
                Operation::UnitDiscount => amount.sub(&discount.mul(&units)).max(zero.clone()),
                Operation::PercentageDiscount => amount.mul(&Q::int(1).sub(&share)),
                Operation::Commitment => amount.sub(&balance).max(zero.clone()),
                Operation::Proration => amount.mul(&ratio),
                Operation::Tax => amount.mul(&Q::decimal(19, 2)),
            };
            let value = match step.rounding {
                Some((_, mode)) => value.round(&Q::decimal(1, 2), mode),
                None => value,
            };
            if step.operation == Operation::Tax { tax = value } else { amount = value }
        }
        let e = |q: &Q| {
            let int = |n: &num_bigint::BigInt| i128::try_from(n.clone()).unwrap();
            Exact::ratio(int(&q.n), int(&q.d)).unwrap()
        };
        let mut terms = Terms::of(Charge::PerUnit { unit_price: e(&price) });
        terms.free_units = Some(e(&free));
        terms.minimum = Some(e(&minimum));
        terms.maximum = Some(e(&maximum));
        terms.unit_discount = Some(e(&discount));
        terms.percentage_discount = Some(e(&share));
        terms.commitment = Some(e(&balance));
        terms.proration = Some(e(&ratio));
        terms.tax_rate = Some(x("0.19"));
        terms.order = Order::new(steps).unwrap();
        let rated = rate(&terms, &Usage::Quantity(e(&quantity))).unwrap();
        let q = |v: &Exact| Q { n: v.numerator().clone(), d: v.denominator().clone() };
        assert_eq!(q(&rated.net).cmp(&amount), Ordering::Equal, "{}", rated.trace);
        assert_eq!(q(&rated.tax).cmp(&tax), Ordering::Equal, "{}", rated.trace);
        rated.trace.verify().unwrap();
    }
}

#[test]
fn terms_that_contradict_themselves_are_refused() {
    let step = |operation| OrderedStep { operation, rounding: None };
    let order =
        |operations: &[Operation]| Order::new(operations.iter().copied().map(step).collect());
    let wrong: [&[Operation]; 5] = [
        &[],
        &[Operation::Tiers, Operation::Tiers],
        &[Operation::Tiers, Operation::FreeUnits],
        &[Operation::Bounds, Operation::Tiers],
        &[Operation::Tiers, Operation::Tax, Operation::Proration],
    ];
    for operations in wrong {
        assert!(matches!(order(operations), Err(RatingError::Order(_))), "{operations:?}");
    }
    let mut terms = per_unit("1");
    terms.order = order(&[Operation::Tiers]).unwrap();
    terms.maximum = Some(x("5"));
    assert_eq!(rate(&terms, &usage("1")), Err(RatingError::NotOrdered(Operation::Bounds)));
    terms.order = Order::default();
    assert_eq!(rate(&terms, &usage("-1")), Err(RatingError::CorrectionAlone(Operation::Bounds)));
    terms.minimum = Some(x("6"));
    assert_eq!(rate(&terms, &usage("1")), Err(RatingError::Bounds));
    let mut terms = per_unit("1");
    terms.free_units = Some(x("-1"));
    assert_eq!(rate(&terms, &usage("1")), Err(RatingError::Negative(Operation::FreeUnits)));
    let mut terms = per_unit("1");
    terms.percentage_discount = Some(x("1.01"));
    assert_eq!(rate(&terms, &usage("1")), Err(RatingError::Discount));
    let samples = Usage::Samples(vec![x("1")]);
    assert_eq!(rate(&per_unit("1"), &samples), Err(RatingError::UsageKind));
    let mut burst = Terms::of(Charge::Burst(Burst {
        quantile: x("0.95"),
        rank: RankRule::NearestRank,
        committed_rate: x("0"),
        committed_fee: x("0"),
        excess_price: x("1"),
    }));
    assert_eq!(rate(&burst, &samples).unwrap().net, x("1"));
    assert_eq!(rate(&burst, &usage("1")), Err(RatingError::UsageKind));
    burst.free_units = Some(x("1"));
    assert_eq!(rate(&burst, &samples), Err(RatingError::UsageKind));
}

fn two_tiers(bounds: Bounds) -> Result<TierTable, TierError> {
    let tiers = vec![Tier::per_unit(Some(x("10")), x("2")), Tier::per_unit(None, x("1"))];
    let semantics = Semantics { bounds, zero_usage: ZeroUsage::NoFee, started_block: Rounding::Up };
    TierTable::new(tiers, semantics)
}

/// 10.5 units where tiers read 0–10 at 2 and 11 and more at 1.
#[test]
fn usage_between_two_tiers_goes_where_the_terms_say() {
    let cases = [
        (Bounds::UpperInclusive(Between::Above), Ok("20.5"), Ok("10.5")),
        (Bounds::UpperInclusive(Between::Below), Ok("21"), Ok("21")),
        (Bounds::UpperInclusive(Between::RoundUp), Ok("21"), Ok("11")),
        (Bounds::UpperInclusive(Between::RoundDown), Ok("20"), Ok("20")),
        (Bounds::UpperExclusive, Ok("20.5"), Ok("10.5")),
        (
            Bounds::UpperInclusive(Between::Undetermined),
            Err(TierError::BetweenTiers(1)),
            Err(TierError::BetweenTiers(1)),
        ),
    ];
    for (bounds, graduated, volume) in cases {
        let table = two_tiers(bounds).unwrap();
        for (charge, expected) in
            [(Charge::Graduated(table.clone()), graduated), (Charge::Volume(table), volume)]
        {
            let rated = rate(&Terms::of(charge), &usage("10.5")).map(|rated| rated.net);
            assert_eq!(rated, expected.map(x).map_err(RatingError::Tier), "{bounds:?}");
        }
    }
    // Exactly the bound: all at 2, or all at 1.
    for (bounds, total) in
        [(Bounds::UpperInclusive(Between::Above), "20"), (Bounds::UpperExclusive, "10")]
    {
        let charge = Charge::Volume(two_tiers(bounds).unwrap());
        assert_eq!(rate(&Terms::of(charge), &usage("10")).unwrap().net, x(total));
    }
}

#[test]
fn a_changed_trace_doesnt_verify() {
    let mut terms =
        Terms::of(Charge::Graduated(two_tiers(Bounds::UpperInclusive(Between::Above)).unwrap()));
    terms.percentage_discount = Some(x("0.5"));
    let trace = rate(&terms, &usage("15")).unwrap().trace;
    trace.verify().unwrap();
    let mut result = trace.clone();
    result.steps[0].result = x("26");
    assert_eq!(result.verify(), Err(TraceError::Result(1)));
    let mut operand = trace.clone();
    if let Formula::Tiers { parts, .. } = &mut operand.steps[0].formula {
        parts[1].units = x("6");
    }
    assert_eq!(operand.verify(), Err(TraceError::Result(1)));
    let mut broken = trace;
    broken.steps.remove(0);
    assert_eq!(broken.verify(), Err(TraceError::Broken(1)));

    // Computed again in itself, and still not what the steps before it say.
    let mut terms = per_unit("2");
    terms.free_units = Some(x("1"));
    terms.unit_discount = Some(x("0.5"));
    let trace = rate(&terms, &usage("4")).unwrap().trace;
    trace.verify().unwrap();
    let unit_discount = |units, amount| {
        let (units, amount, discount) = (x(units), x(amount), x("0.5"));
        let formula = Formula::UnitDiscount { amount, units, discount };
        Step::new(Operation::UnitDiscount, formula, None)
    };
    for (units, amount) in [("2", "6"), ("3", "7")] {
        let mut other = trace.clone();
        other.steps[2] = unit_discount(units, amount);
        assert_eq!(other.verify(), Err(TraceError::Broken(3)));
    }
    let mut other = trace.clone();
    other.steps.remove(0);
    other.verify().unwrap();
    let mut other = trace;
    other.steps[0] = Step::new(
        Operation::FreeUnits,
        Formula::FreeUnits { quantity: x("4"), free: x("2") },
        None,
    );
    assert_eq!(other.verify(), Err(TraceError::Broken(2)));
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[test]
fn proration_is_a_ratio_and_rounded_only_where_declared() {
    let period = (day(2026, 1, 1), day(2026, 2, 1));
    let used = (day(2026, 1, 11), day(2026, 2, 1));
    let exact = Proration { basis: Basis::Days { used, period }, ratio_rounding: None };
    assert_eq!(exact.ratio().unwrap(), Exact::ratio(21, 31).unwrap());
    // Kill Bill rounds the ratio to nine digits first.
    let nine = Increment::digits(9).unwrap();
    let rounded = Proration { ratio_rounding: Some((nine, Rounding::HalfUp)), ..exact };
    assert_eq!(rounded.ratio().unwrap(), x("0.677419355"));
    // A day of 23 hours counts one day, and 82,800 seconds.
    let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let (from, to) = (instant("2026-03-28T23:00:00Z"), instant("2026-03-29T22:00:00Z"));
    let basis =
        Basis::Seconds { used: (from, to), period: (from, instant("2026-03-30T22:00:00Z")) };
    let seconds = Proration { basis, ratio_rounding: None };
    assert_eq!(seconds.ratio().unwrap(), Exact::ratio(23, 47).unwrap());
    let outside = Basis::Days { used: (day(2025, 12, 31), day(2026, 1, 2)), period };
    let outside = Proration { basis: outside, ratio_rounding: None };
    assert_eq!(outside.ratio(), Err(ProrationError::OutsidePeriod));
    let empty = Basis::Days { used: (period.0, period.0), period: (period.0, period.0) };
    let empty = Proration { basis: empty, ratio_rounding: None };
    assert_eq!(empty.ratio(), Err(ProrationError::EmptyPeriod));
}

/// The formulas of ISDA 2006, 4.16 (f) and (g), worked by hand at the ends of months.
#[test]
fn months_of_thirty_days() {
    let cases = [
        ((2026, 1, 1), (2026, 2, 1), 30, 30),
        ((2026, 1, 31), (2026, 2, 28), 28, 28),
        ((2026, 1, 15), (2026, 1, 31), 16, 15),
        ((2026, 1, 30), (2026, 3, 31), 60, 60),
        ((2026, 2, 28), (2026, 3, 31), 33, 32),
        ((2025, 12, 31), (2026, 12, 31), 360, 360),
    ];
    for ((y, m, d), (y2, m2, d2), bond, euro) in cases {
        let (from, to) = (day(y, m, d), day(y2, m2, d2));
        assert_eq!(thirty_360(from, to, Thirty360::Bond), bond, "{from} {to}");
        assert_eq!(thirty_360(from, to, Thirty360::Eurobond), euro, "{from} {to}");
    }
}

fn at(day: u32) -> DateTime<Utc> {
    format!("2026-01-{day:02}T00:00:00Z").parse().unwrap()
}

fn version(id: &str, valid: (u32, Option<u32>), known: (u32, Option<u32>)) -> Version<u32> {
    Version {
        id: id.into(),
        valid_from: at(valid.0),
        valid_to: valid.1.map(at),
        known_from: at(known.0),
        known_to: known.1.map(at),
        rate: valid.0,
    }
}

#[test]
fn gaps_and_overlaps_are_found_before_anything_is_selected() {
    let versions = [
        version("a", (1, Some(10)), (1, None)),
        version("b", (12, Some(20)), (1, None)),
        version("c", (18, None), (1, None)),
        version("d", (5, Some(5)), (1, None)),
    ];
    let findings = RateTable::known_at(&versions, at(1), (at(2), at(31))).unwrap_err();
    let expected = [
        Finding::Gap { from: at(10), to: at(12) },
        Finding::Overlap { from: at(18), to: Some(at(20)), versions: ("b".into(), "c".into()) },
        Finding::Empty { version: "d".into() },
    ];
    assert_eq!(findings, expected);
    // Outside the window that is asked for they don't matter; nothing known is a gap.
    assert!(RateTable::known_at(&versions[..1], at(1), (at(2), at(10))).is_ok());
    let nothing = RateTable::known_at(&versions[..0], at(1), (at(2), at(10))).unwrap_err();
    assert_eq!(nothing, [Finding::Gap { from: at(2), to: at(10) }]);
}

/// The price from the 15th on was changed on the 20th, backdated.
#[test]
fn as_billed_and_as_known_now_are_two_tables() {
    let versions = [
        version("old", (1, None), (1, Some(20))),
        version("old, ended", (1, Some(15)), (20, None)),
        version("new", (15, None), (20, None)),
    ];
    let times = ChargeTimes {
        usage: Some(at(17)),
        period_start: Some(at(1)),
        period_end: Some(at(15)),
        order: None,
    };
    let known = |day| RateTable::known_at(&versions, at(day), (at(1), at(31))).unwrap();
    let id = |day, selection| known(day).select(selection, &times).map(|v| v.id.as_str());
    assert_eq!(id(18, Selection::UsageTime), Ok("old"));
    assert_eq!(id(25, Selection::UsageTime), Ok("new"));
    assert_eq!(id(25, Selection::PeriodStart), Ok("old, ended"));
    // The period ends where the new price begins: it is still the old one's.
    assert_eq!(id(25, Selection::PeriodEnd), Ok("old, ended"));
    assert_eq!(id(25, Selection::OrderTime), Err(SelectionError::NoTime));
    let early = RateTable::known_at(&versions, at(25), (at(18), at(31))).unwrap();
    let outside = early.select(Selection::UsageTime, &times);
    assert_eq!(outside, Err(SelectionError::OutsideWindow));
}

#[test]
fn a_difference_is_late_retroactive_or_an_error_and_adds_up() {
    let reperformed =
        Reperformed { as_billed: x("100"), usage_now: x("120"), as_known_now: x("108") };
    let difference = Difference::of(&x("100"), &reperformed);
    assert_eq!(difference.classes(), [ReasonClass::Late, ReasonClass::Retroactive]);
    assert_eq!(difference.total(), x("-8"));
    let difference = Difference::of(&x("101"), &reperformed);
    assert_eq!(difference.error, x("1"));
    assert_eq!(difference.total(), x("-7"));
    let right = Reperformed { as_billed: x("1"), usage_now: x("1"), as_known_now: x("1") };
    assert!(Difference::of(&x("1"), &right).classes().is_empty());
}
