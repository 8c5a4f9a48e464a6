//! VAT by both strategies: published quarrels, and the bound on their difference tried out.

use std::cmp::Ordering;
use tieout_controls::{Decimal, Rounding};
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::tax::{
    RateNotAllowed, Strategy, TaxRounding, TaxedLine, VatCategory, bound_steps, document_tax,
    strategy_difference,
};

fn exact(text: &str) -> Exact {
    Exact::try_from(&Decimal::parse(text).unwrap()).unwrap()
}

fn line(category: &str, rate: &str, net: &str) -> TaxedLine {
    let category = VatCategory::of_code(category).unwrap();
    TaxedLine { category, rate_percent: exact(rate), net: exact(net) }
}

fn cents(mode: Rounding) -> TaxRounding {
    TaxRounding { increment: Increment::digits(2).unwrap(), mode }
}

#[test]
fn a_document_has_one_amount_for_each_category_and_rate() {
    // Two rates, a document allowance, an exempt line. Standard 25 %: (100.10 − 10.05)·0.25 = 22.5125;
    // 12 %: 33.33·0.12 = 3.9996.
    let lines = [
        line("S", "25", "100.10"),
        line("S", "12.0", "33.33"),
        line("S", "25.00", "-10.05"),
        line("E", "0", "50"),
    ];
    let tax = document_tax(&lines, Strategy::PerCategory, cents(Rounding::HalfUp)).unwrap();
    let amounts: Vec<_> =
        tax.categories.iter().map(|((c, r), t)| (*c, r.to_string(), t.tax.to_string())).collect();
    let standard = VatCategory::Standard;
    let expected =
        [(standard, "12", "4"), (standard, "25", "22.51"), (VatCategory::Exempt, "0", "0")];
    assert_eq!(amounts, expected.map(|(c, r, t)| (c, r.to_owned(), t.to_owned())));
    // BR-CO-14
    assert_eq!((tax.tax, tax.net), (exact("26.51"), exact("173.38")));
    let by_line = document_tax(&lines, Strategy::PerLine, cents(Rounding::HalfUp)).unwrap();
    // 25.025 and −2.5125 are 25.03 and −2.51.
    assert_eq!(by_line.tax, exact("26.52"));
    let difference = strategy_difference(&lines, cents(Rounding::HalfUp)).unwrap();
    assert_eq!((difference.difference, difference.bound), (exact("0.01"), exact("0.01")));
}

#[test]
fn the_mode_decides_ties() {
    // 163.725 of one published quarrel, as a tax of 15 % on 1,091.50.
    let lines = [line("S", "15", "1091.50")];
    for (mode, tax) in [
        (Rounding::HalfUp, "163.73"),
        (Rounding::HalfEven, "163.72"),
        (Rounding::HalfDown, "163.72"),
        (Rounding::Up, "163.73"),
        (Rounding::Down, "163.72"),
    ] {
        let ours = document_tax(&lines, Strategy::PerCategory, cents(mode)).unwrap();
        assert_eq!(ours.tax, exact(tax), "{mode:?}");
    }
    // A credit note takes back what the invoice charged, half up being away from zero.
    let credit = [line("S", "15", "-1091.50")];
    let ours = document_tax(&credit, Strategy::PerLine, cents(Rounding::HalfUp)).unwrap();
    assert_eq!(ours.tax, exact("-163.73"));
}

#[test]
fn rates_that_a_category_does_not_allow_are_refused() {
    for (category, rate) in
        [("S", "0"), ("S", "-1"), ("Z", "1"), ("AE", "19"), ("O", "7"), ("L", "-1")]
    {
        let lines = [line("S", "19", "1"), line(category, rate, "1")];
        let refused = document_tax(&lines, Strategy::PerLine, cents(Rounding::HalfUp));
        assert_eq!(refused, Err(RateNotAllowed { line: 2 }), "{category} {rate}");
    }
    let island = [line("L", "0", "1"), line("M", "4", "25")];
    assert_eq!(
        document_tax(&island, Strategy::PerLine, cents(Rounding::Up)).unwrap().tax,
        exact("1")
    );
    assert_eq!(VatCategory::of_code("X"), None);
}

/// Σ round(xᵢ) − round(Σ xᵢ) of tenths, rounded to whole numbers.
fn difference(tenths: &[i64], mode: Rounding) -> i64 {
    tenths.iter().map(|x| rounded(*x, mode)).sum::<i64>() - rounded(tenths.iter().sum(), mode)
}

/// Tenths to whole numbers, from the definitions of the modes.
fn rounded(tenths: i64, mode: Rounding) -> i64 {
    let below = tenths.div_euclid(10);
    let above = if below * 10 == tenths { below } else { below + 1 };
    let (inner, outer) = if tenths < 0 { (above, below) } else { (below, above) };
    let nearest = match (tenths - below * 10).cmp(&(above * 10 - tenths)) {
        Ordering::Less => Some(below),
        Ordering::Equal => None,
        Ordering::Greater => Some(above),
    };
    match mode {
        Rounding::Floor => below,
        Rounding::Ceiling => above,
        Rounding::Down => inner,
        Rounding::Up => outer,
        Rounding::HalfUp => nearest.unwrap_or(outer),
        Rounding::HalfDown => nearest.unwrap_or(inner),
        Rounding::HalfEven => nearest.unwrap_or(if below % 2 == 0 { below } else { above }),
    }
}

#[test]
fn no_document_exceeds_the_bound_and_some_reach_it() {
    let modes = [
        (Rounding::HalfUp, 2),
        (Rounding::HalfDown, 2),
        (Rounding::HalfEven, 2),
        (Rounding::Floor, 3),
        (Rounding::Ceiling, 3),
        (Rounding::Down, 3),
        (Rounding::Up, 3),
    ];
    // All sets of up to four amounts from −1.5 to 1.5 in tenths, in ascending order.
    for (mode, least_of_four) in modes {
        let mut greatest = [0; 5];
        let mut try_out = |tenths: &[i64]| {
            let off = difference(tenths, mode).unsigned_abs();
            let bound = u64::try_from(bound_steps(tenths.len(), mode)).unwrap();
            assert!(off <= bound, "{tenths:?} {mode:?} {off} {bound}");
            greatest[tenths.len()] = off.max(greatest[tenths.len()]);
        };
        for a in -15..=15 {
            try_out(&[a]);
            for b in a..=15 {
                try_out(&[a, b]);
                for c in b..=15 {
                    try_out(&[a, b, c]);
                    (c..=15).for_each(|d| try_out(&[a, b, c, d]));
                }
            }
        }
        assert!(greatest[4] >= least_of_four, "{mode:?} {greatest:?}");
    }
}
