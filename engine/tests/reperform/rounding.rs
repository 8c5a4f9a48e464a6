//! A specification gives what the oracle's biller gives, and loses nothing.

use crate::bills::{Spec, bill, items, line};
use crate::oracle::{Q, cases};
use crate::random::Random;
use crate::vectors::x;
use std::collections::BTreeMap;
use tieout_controls::Rounding;
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::rounding::invoice::{Destination, Line, apply};
use tieout_engine::reperform::rounding::{Residual, RoundingSpec, Rule, Scale, SpecError, Stage};

fn q(value: &Exact) -> Q {
    Q { n: value.numerator().clone(), d: value.denominator().clone() }
}

fn random_spec(random: &mut Random) -> Spec {
    Stage::ALL.map(|stage| {
        if random.one_in(3) {
            return None;
        }
        let admitted: Vec<Residual> =
            Residual::ALL.into_iter().filter(|residual| stage.admits(*residual)).collect();
        let (units, scale) = *random.pick(&[(1, 2), (1, 2), (1, 0), (5, 2), (1, 3), (10, 2)]);
        Some(Rule {
            increment: Increment::new(units, scale).unwrap(),
            mode: *random.pick(&Rounding::ALL),
            residual: *random.pick(&admitted),
        })
    })
}

#[test]
fn random_specifications_agree_with_rationals_and_conserve() {
    let mut random = Random(0xab_cd);
    for _ in 0..cases(20_000).min(1_000_000) {
        let rules = random_spec(&mut random);
        let items = items(&mut random, true);
        let expected = bill(&items, &rules);
        let spec =
            Stage::ALL.into_iter().zip(rules).fold(
                RoundingSpec::exact(),
                |spec, pair| match pair {
                    (stage, Some(rule)) => spec.with(stage, rule).unwrap(),
                    (_, None) => spec,
                },
            );
        let mut lines: Vec<Line> = items.iter().map(line).collect();
        let rounded = apply(&spec, &lines).unwrap();
        assert!(rounded.conserves(&lines), "{spec}");
        let amounts: Vec<Q> = rounded.lines.iter().map(|l| q(&l.amount)).collect();
        let taxes: Vec<Q> = rounded.lines.iter().map(|l| q(&l.tax)).collect();
        assert_eq!(amounts, expected.amounts, "{spec}\n{lines:?}");
        assert_eq!(taxes, expected.line_taxes, "{spec}\n{lines:?}");
        let categories: BTreeMap<(&str, Q), Q> = rounded
            .categories
            .iter()
            .map(|c| ((c.category.as_str(), q(&c.rate)), q(&c.amount)))
            .collect();
        assert_eq!(categories, expected.categories, "{spec}\n{lines:?}");
        for (kernel, oracle) in [
            (&rounded.rounding_line, &expected.rounding_line),
            (&rounded.net, &expected.net),
            (&rounded.tax, &expected.tax),
            (&rounded.rounding_amount, &expected.rounding_amount),
            (&rounded.payable, &expected.payable),
        ] {
            assert_eq!(q(kernel), *oracle, "{spec}\n{lines:?}");
        }
        // In whatever order the lines come.
        lines.reverse();
        assert_eq!(apply(&spec, &lines).unwrap(), rounded);
    }
}

fn thirds(count: u32) -> Vec<Line> {
    let third = Exact::ratio(1, 3).unwrap();
    (1..=count)
        .map(|number| Line {
            number,
            quantity: third.clone(),
            unit_price: x("10"),
            tax_category: "S".into(),
            tax_rate: x("0"),
        })
        .collect()
}

/// 3 × 3.333… is 10.00; each line alone is 3.33, a cent less in all.
#[test]
fn a_cent_that_is_left_goes_where_the_policy_says() {
    let amounts = |residual| {
        let increment = Increment::digits(2).unwrap();
        let rule = Rule { increment, mode: Rounding::HalfUp, residual };
        let spec = RoundingSpec::exact().with(Stage::Line, rule).unwrap();
        let rounded = apply(&spec, &thirds(3)).unwrap();
        let lines: Vec<String> = rounded.lines.iter().map(|l| l.amount.to_string()).collect();
        let stage = rounded.residuals[0].clone();
        (lines.join(" "), rounded.net.to_string(), stage.lost.to_string(), stage.moved)
    };
    let cent = || x("0.01");
    let cases = [
        (Residual::Unassigned, "3.33 3.33 3.33", "9.99", "0.01", vec![]),
        (
            Residual::LargestRemainder,
            "3.34 3.33 3.33",
            "10",
            "0",
            vec![(Destination::Line(1), cent())],
        ),
        (Residual::ToLargest, "3.34 3.33 3.33", "10", "0", vec![(Destination::Line(1), cent())]),
        (Residual::ToLast, "3.33 3.33 3.34", "10", "0", vec![(Destination::Line(3), cent())]),
        (
            Residual::RoundingLine,
            "3.33 3.33 3.33",
            "10",
            "0",
            vec![(Destination::RoundingLine, cent())],
        ),
        (Residual::KeepUnrounded, "10/3 10/3 10/3", "10", "0", vec![]),
    ];
    for (residual, lines, net, lost, moved) in cases {
        let expected = (lines.to_owned(), net.to_owned(), lost.to_owned(), moved);
        assert_eq!(amounts(residual), expected, "{residual:?}");
    }
}

#[test]
fn the_scale_comes_from_the_currency() {
    let step = |scale: Scale, currency| scale.increment(currency).map(|i| i.to_string());
    assert_eq!(step(Scale::MinorUnit, "EUR").unwrap(), "0.01");
    assert_eq!(step(Scale::MinorUnit, "JPY").unwrap(), "1");
    assert_eq!(step(Scale::MinorUnit, "KWD").unwrap(), "0.001");
    assert_eq!(step(Scale::Cash, "CHF").unwrap(), "0.05");
    assert_eq!(step(Scale::Cash, "EUR"), Err(SpecError::NoCashIncrement("EUR".into())));
    assert_eq!(step(Scale::MinorUnit, "XYZ"), Err(SpecError::UnknownCurrency("XYZ".into())));
}

/// A payable amount in Swiss cash, with and without the rounding amount stated.
#[test]
fn cash_is_rounded_to_the_smallest_coin() {
    let line = Line { quantity: x("1"), unit_price: x("12.34"), ..thirds(1).remove(0) };
    for (residual, stated) in [(Residual::RoundingLine, "0.01"), (Residual::Unassigned, "0")] {
        let increment = Scale::Cash.increment("CHF").unwrap();
        let rule = Rule { increment, mode: Rounding::HalfUp, residual };
        let spec = RoundingSpec::exact().with(Stage::Invoice, rule).unwrap();
        let rounded = apply(&spec, std::slice::from_ref(&line)).unwrap();
        assert_eq!(rounded.payable, x("12.35"));
        assert_eq!(rounded.rounding_amount, x(stated));
        assert_eq!(rounded.residuals[0].lost, x("-0.01"));
    }
    let twice = [line.clone(), line];
    assert_eq!(apply(&RoundingSpec::exact(), &twice), Err(SpecError::LineTwice(1)));
}
