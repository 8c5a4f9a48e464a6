//! Interquartile ranges worked by hand from the text of 26 CFR 1.482-1(e)(2)(iii)(C), mark-ups, and
//! adjustments.

use tieout_controls::Decimal;
use tieout_engine::reperform::exact::Exact;
use tieout_engine::reperform::transfer_pricing::range::{Position, Range, Rule};
use tieout_engine::reperform::transfer_pricing::{
    CostError, ServiceCharge, basis_point, lvaigs_markup, net_cost_plus, pool_charge,
};

fn exact(text: &str) -> Exact {
    Exact::try_from(&Decimal::parse(text).unwrap()).unwrap()
}

fn set(text: &str) -> Vec<Exact> {
    text.split(' ').map(exact).collect()
}

/// Results, 25th percentile, median, 75th percentile. The comment gives the share of the results at or
/// below those that decide; "=" marks an exact share, which takes the average with the next higher.
const SETS: [(&str, &str, &str, &str); 28] = [
    // 1.482-1(e)(5), example 3: the range from $43 to $46.25, median $44.50.
    ("42.00 44.00 45.00 47.50", "43", "44.5", "46.25"),
    // n=1: 5 has 100 %.
    ("5", "5", "5", "5"),
    // n=2: 3 has 50 %= (median (3+7)/2); 25 is passed at 3, 75 at 7.
    ("3 7", "3", "5", "7"),
    // n=3: 2 has 33.3, 4 has 66.7, 9 has 100.
    ("2 4 9", "2", "4", "9"),
    // n=4, given unsorted and below zero: −8.5 has 25=, −3 has 50=, 0 has 75=.
    ("0 -8.5 2.25 -3", "-5.75", "-1.5", "1.125"),
    // n=5: 20, 40 | 60 | 80.
    ("1 2 4 7 11", "2", "4", "7"),
    // n=6: 16.7, 33.3 | 50= (5+7)/2 | 66.7, 83.3.
    ("1 3 5 7 9 11", "3", "6", "9"),
    // n=7: 14.3, 28.6 | 42.9, 57.1 | 71.4, 85.7.
    ("1 4 9 16 25 36 49", "4", "16", "36"),
    // n=8: the 2nd has 25=, the 4th 50=, the 6th 75=.
    ("2 4 6 8 10 12 14 16", "5", "9", "13"),
    // n=9: 22.2, 33.3 | 55.6 | 66.7, 77.8.
    ("1 2 3 5 8 13 21 34 55", "3", "8", "21"),
    // n=10: 20, 30 | 50= | 70, 80.
    ("1 2 3 4 5 6 7 8 9 10", "3", "5.5", "8"),
    // n=11: 18.2, 27.3 (3rd) | 45.5, 54.5 (6th) | 72.7, 81.8 (9th).
    ("-2 0 1 3 4 6 7 9 12 15 20", "1", "6", "12"),
    // n=12: 3rd 25=, 6th 50=, 9th 75=.
    ("1 2 3 4 5 6 7 8 9 10 11 12", "3.5", "6.5", "9.5"),
    // n=13: 4th 30.8 | 7th 53.8 | 10th 76.9.
    ("10 11 12 13 14 15 16 17 18 19 20 21 22", "13", "16", "19"),
    // n=14: 3rd 21.4, 4th 28.6 | 7th 50= | 10th 71.4, 11th 78.6.
    ("1 2 3 4 5 6 7 8 9 10 11 12 13 14", "4", "7.5", "11"),
    // n=15: 4th 26.7 | 8th 53.3 | 11th 73.3, 12th 80.
    ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "4", "8", "12"),
    // n=16: 4th 25=, 8th 50=, 12th 75=.
    ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "4.5", "8.5", "12.5"),
    // Ties, n=4: both 5 have 50 % at or below: not exactly 25, so 5; median 50= (5+6)/2; 6 has 75=.
    ("5 5 6 8", "5", "5.5", "7"),
    // All equal.
    ("7 7 7 7", "7", "7", "7"),
    // 1 has 25= with 2 the next higher; every 2 has 100.
    ("1 2 2 2", "1.5", "2", "2"),
    // The middle two equal: 3 has 75 % at or below, so it is the median and 75= with 9.
    ("1 3 3 9", "2", "3", "6"),
    // n=5: 2 has 60 | 60 | 3 has 100.
    ("2 2 2 3 3", "2", "2", "3"),
    // n=6: 0 has 50 | 50= (0+1)/2 | 1 has 100.
    ("0 0 0 1 1 1", "0", "0.5", "1"),
    // n=8: 1 has 12.5, 2 has 37.5 | 3 has 75, more than 50 | 75= (3+4)/2.
    ("1 2 2 3 3 3 4 9", "2", "3", "3.5"),
    // n=8: 1 has 25= (1+5)/2 | 5 has 75 | 75= (5+8)/2.
    ("1 1 5 5 5 5 8 8", "3", "5", "6.5"),
    // n=11: 1 has 36.4 | 2 has 63.6 | 3 has 100.
    ("1 1 1 1 2 2 2 3 3 3 3", "1", "2", "3"),
    // n=12, ties across the cuts: 2 has 16.7, 3 has 41.7 | 6 has 58.3 | 8 has 66.7, 9 has 91.7.
    ("1 2 3 3 3 6 6 8 9 9 9 12", "3", "6", "9"),
    // Mark-ups in per cent, n=9: the 3rd, 5th and 7th.
    ("4.85 6.20 3.10 5.00 7.75 2.95 5.45 4.10 9.30", "4.10", "5.00", "6.20"),
];

#[test]
fn ranges_worked_from_the_regulations_text() {
    for (results, lower, median, upper) in SETS {
        let range = Range::of(&set(results)).unwrap();
        let ours = (range.lower, range.median, range.upper);
        assert_eq!(ours, (exact(lower), exact(median), exact(upper)), "{results}");
        let mut reversed = set(results);
        reversed.reverse();
        assert_eq!(Range::of(&reversed).unwrap().median, exact(median), "another order");
    }
    assert!(Range::of(&[]).is_err());
}

#[test]
fn results_outside_the_range_go_where_the_rule_says() {
    // Interquartile 43 to 46.25, whole range 42 to 47.50.
    let range = Range::of(&set("42.00 44.00 45.00 47.50")).unwrap();
    let median = || exact("44.5");
    let cases = [
        ("43", Rule::UsInterquartile, Position::Inside),
        ("46.25", Rule::UsInterquartile, Position::Inside),
        ("42.99", Rule::UsInterquartile, Position::Below { target: median() }),
        ("46.26", Rule::UsInterquartile, Position::Above { target: median() }),
        ("42.99", Rule::OecdAnyPoint, Position::Inside),
        ("47.50", Rule::OecdAnyPoint, Position::Inside),
        ("41", Rule::OecdAnyPoint, Position::Below { target: exact("42") }),
        ("50", Rule::OecdAnyPoint, Position::Above { target: exact("47.50") }),
        ("41", Rule::OecdCentralTendency, Position::Below { target: median() }),
    ];
    for (result, rule, position) in cases {
        assert_eq!(range.position(&exact(result), rule), position, "{result} {rule:?}");
    }
}

#[test]
fn a_true_up_brings_net_cost_plus_to_the_median() {
    let range = Range::of(&set("0.03 0.05 0.06 0.09")).unwrap();
    // (102 − 100)/100 = 2 % is below 4 %; the median is 5.5 %.
    let us = Rule::UsInterquartile;
    let adjusted = range.revenue_adjustment(&exact("102"), &exact("100"), us).unwrap();
    assert_eq!(adjusted, exact("3.5"));
    let inside = range.revenue_adjustment(&exact("105"), &exact("100"), us).unwrap();
    assert!(inside.is_zero());
    let above = range.revenue_adjustment(&exact("110"), &exact("100"), us).unwrap();
    assert_eq!(above, exact("-4.5"));
    let no_cost = range.revenue_adjustment(&exact("1"), &exact("0"), us);
    assert_eq!(no_cost, Err(CostError::NoCost));
    assert_eq!(net_cost_plus(&exact("1"), &exact("-2")), Err(CostError::NegativeCost));
}

#[test]
fn mark_ups_agree_within_a_basis_point_and_not_beyond() {
    let charge = |charge: &str| ServiceCharge {
        charge: exact(charge),
        pass_through: exact("200"),
        cost: exact("1000"),
    };
    let check = |text: &str| charge(text).check(&lvaigs_markup(), &basis_point()).unwrap();
    assert!(check("1250").agrees && check("1250").deviation.is_zero());
    // 5.01 % and 4.99 % are within, the bound included.
    assert!(check("1250.10").agrees && check("1249.90").agrees);
    assert!(!check("1250.11").agrees && !check("1249.89").agrees);
    // A mark-up on the pass-through costs too: 1,200·1.05 = 1,260 is 6 % on the service.
    let marked = check("1260");
    assert_eq!((marked.agrees, marked.actual), (false, exact("0.06")));
}

#[test]
fn pools_bear_the_mark_up_on_their_own_costs_alone() {
    let third = Exact::ratio(1, 3).unwrap();
    // (1,200 − 200)·1.05 + 200 = 1,250, a third of it.
    let charge = |pass: &str, share: &Exact| {
        pool_charge(&exact("1200"), &exact(pass), &lvaigs_markup(), share)
    };
    assert_eq!(charge("200", &third).unwrap().to_string(), "1250/3");
    assert_eq!(charge("1201", &third), Err(CostError::PassThroughExceedsPool));
    assert_eq!(charge("200", &exact("1.01")), Err(CostError::ShareOutOfBounds));
}
