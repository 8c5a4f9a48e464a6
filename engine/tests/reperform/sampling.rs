//! Sampling against tables made elsewhere (data/sampling), numbers from Python's `decimal` and
//! `fractions`, and `sha256sum`.

use crate::outside::outside_data;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use tieout_controls::{Decimal, Digest, Rounding};
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::sampling::SamplingError;
use tieout_engine::reperform::sampling::attribute::{
    sample_size, sample_size_of, upper_limit, upper_limit_of,
};
use tieout_engine::reperform::sampling::evaluation::{EvaluationError, evaluate};
use tieout_engine::reperform::sampling::factors::{confidence_factor, confidence_factors};
use tieout_engine::reperform::sampling::monetary_unit::{
    Method, Selection, SelectionError, Unreachable, select,
};
use tieout_engine::reperform::sampling::stream::Stream;

fn exact(text: &str) -> Exact {
    Exact::try_from(&Decimal::parse(text).unwrap()).unwrap()
}

fn percent(units: i128) -> Exact {
    Exact::from_scaled(units, 2)
}

fn rows(test: &str, file: &str) -> Option<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(outside_data(test, file)?).unwrap();
    let row = |line: &str| line.split(',').map(str::to_owned).collect();
    Some(text.lines().skip(1).map(row).collect())
}

#[test]
fn sizes_are_those_of_the_table() {
    let file = "sampling/min_sample_size.csv";
    let Some(rows) = rows("sizes_are_those_of_the_table", file) else { return };
    for row in &rows {
        let [risk, tolerable, allowed, size] = row.as_slice() else { panic!("{row:?}") };
        let ours = sample_size(&exact(risk), &exact(tolerable), allowed.parse().unwrap());
        assert_eq!(ours, Ok(size.parse().unwrap()), "{row:?}");
    }
    assert_eq!(rows.len(), 88);
}

#[test]
fn factors_are_those_of_the_table() {
    let file = "sampling/mus_confidence_factors.csv";
    let Some(rows) = rows("factors_are_those_of_the_table", file) else { return };
    for row in &rows {
        let [risk, errors, factor] = row.as_slice() else { panic!("{row:?}") };
        let ours = confidence_factor(&exact(risk), errors.parse().unwrap(), 12).unwrap();
        // The table has four digits behind the point.
        let rounded = ours.rounded(Increment::digits(4).unwrap(), Rounding::HalfUp);
        assert_eq!(rounded, exact(factor), "{row:?}");
    }
    assert_eq!(rows.len(), 44);
}

/// Risk in per cent, and the factors for 0 to 10 misstatements, by bisection with Python's `decimal` at
/// 60 digits, rounded up to 12 behind the point.
const FACTORS: [(i128, [&str; 11]); 4] = [
    (
        5,
        [
            "2.995732273554",
            "4.743864518391",
            "6.295793621872",
            "7.753656527933",
            "9.153519026638",
            "10.513034908742",
            "11.842395652421",
            "13.148113802433",
            "14.434649715197",
            "15.705216422116",
            "16.962219235722",
        ],
    ),
    (
        10,
        [
            "2.302585092995",
            "3.889720169868",
            "5.322320337835",
            "6.680783068256",
            "7.993589586053",
            "9.274673893352",
            "10.532072106499",
            "11.770914461549",
            "12.994711541319",
            "14.205990292153",
            "15.406641171977",
        ],
    ),
    (
        15,
        [
            "1.897119984886",
            "3.372441543607",
            "4.723051563395",
            "6.013536881069",
            "7.266967997616",
            "8.494653340583",
            "9.703118220425",
            "10.896528735161",
            "12.077735492327",
            "13.248790093890",
            "14.411227134997",
        ],
    ),
    (
        20,
        [
            "1.609437912435",
            "2.994308347003",
            "4.279029860126",
            "5.515045715152",
            "6.720978787487",
            "7.905993110949",
            "9.075385281205",
            "10.232539646894",
            "11.379772910553",
            "12.518752819819",
            "13.650727015870",
        ],
    ),
];

#[test]
fn factors_agree_with_another_computation_to_twelve_digits() {
    for (risk, factors) in FACTORS {
        let ours = confidence_factors(&percent(risk), 10, 12).unwrap();
        let theirs: Vec<_> = factors.iter().map(|factor| exact(factor)).collect();
        assert_eq!(ours, theirs, "{risk} %");
    }
    let far = confidence_factor(&percent(5), 100, 16).unwrap();
    assert_eq!(far, exact("118.0792727820970601"));
    assert_eq!(confidence_factor(&percent(1), 50, 10).unwrap(), exact("69.0672355749"));
    assert_eq!(confidence_factor(&percent(100), 0, 4), Err(SamplingError::NotAProbability));
}

#[test]
fn upper_limits_agree_with_another_computation() {
    // Risk in per cent, sample, found, limit in millionths: Clopper and Pearson with `fractions`.
    let cases = [
        (10, 25, 0, 87_990),
        (5, 60, 1, 76_640),
        (5, 59, 0, 49_508),
        (10, 45, 0, 49_882),
        (5, 93, 1, 49_994),
        (5, 1, 0, 950_000),
        (10, 10, 9, 989_520),
        (5, 200, 7, 64_733),
        (5, 10, 10, 1_000_000),
    ];
    for (risk, sample, found, limit) in cases {
        let ours = upper_limit(&percent(risk), sample, found, 6).unwrap();
        assert_eq!(ours, Exact::from_scaled(limit, 6), "{risk} {sample} {found}");
    }
    assert_eq!(upper_limit(&percent(5), 0, 0, 6), Err(SamplingError::Inconsistent));
    assert_eq!(upper_limit(&percent(5), 9, 0, 19), Err(SamplingError::TooManyDigits));
}

/// Population, risk and tolerable rate in per cent, allowed, size; 0 where there is none.
const FINITE: [(u64, i128, i128, u64, u64); 63] = [
    (20, 5, 5, 0, 19),
    (20, 5, 5, 1, 0),
    (20, 5, 5, 2, 0),
    (20, 10, 10, 0, 14),
    (20, 10, 10, 1, 19),
    (20, 10, 10, 2, 0),
    (20, 10, 5, 0, 18),
    (20, 10, 5, 1, 0),
    (20, 10, 5, 2, 0),
    (50, 5, 5, 0, 31),
    (50, 5, 5, 1, 43),
    (50, 5, 5, 2, 50),
    (50, 10, 10, 0, 18),
    (50, 10, 10, 1, 29),
    (50, 10, 10, 2, 38),
    (50, 10, 5, 0, 27),
    (50, 10, 5, 1, 40),
    (50, 10, 5, 2, 49),
    (100, 5, 5, 0, 45),
    (100, 5, 5, 1, 65),
    (100, 5, 5, 2, 81),
    (100, 10, 10, 0, 20),
    (100, 10, 10, 1, 33),
    (100, 10, 10, 2, 44),
    (100, 10, 5, 0, 37),
    (100, 10, 5, 1, 58),
    (100, 10, 5, 2, 75),
    (250, 5, 5, 0, 51),
    (250, 5, 5, 1, 78),
    (250, 5, 5, 2, 102),
    (250, 10, 10, 0, 21),
    (250, 10, 10, 1, 36),
    (250, 10, 10, 2, 49),
    (250, 10, 5, 0, 40),
    (250, 10, 5, 1, 66),
    (250, 10, 5, 2, 89),
    (500, 5, 5, 0, 56),
    (500, 5, 5, 1, 87),
    (500, 5, 5, 2, 114),
    (500, 10, 10, 0, 22),
    (500, 10, 10, 1, 37),
    (500, 10, 10, 2, 50),
    (500, 10, 5, 0, 43),
    (500, 10, 5, 1, 73),
    (500, 10, 5, 2, 99),
    (1000, 5, 5, 0, 57),
    (1000, 5, 5, 1, 90),
    (1000, 5, 5, 2, 119),
    (1000, 10, 10, 0, 22),
    (1000, 10, 10, 1, 37),
    (1000, 10, 10, 2, 51),
    (1000, 10, 5, 0, 44),
    (1000, 10, 5, 1, 75),
    (1000, 10, 5, 2, 102),
    (5000, 5, 5, 0, 59),
    (5000, 5, 5, 1, 93),
    (5000, 5, 5, 2, 123),
    (5000, 10, 10, 0, 22),
    (5000, 10, 10, 1, 38),
    (5000, 10, 10, 2, 52),
    (5000, 10, 5, 0, 45),
    (5000, 10, 5, 1, 76),
    (5000, 10, 5, 2, 105),
];

#[test]
fn finite_populations_agree_with_another_computation() {
    for (population, risk, tolerable, allowed, size) in FINITE {
        let ours = sample_size_of(population, &percent(risk), &percent(tolerable), allowed);
        let theirs = if size == 0 { Err(SamplingError::Unreachable) } else { Ok(size) };
        assert_eq!(ours, theirs, "{population} {risk} {tolerable} {allowed}");
    }
    let limits = [
        (100, 25, 0, 9),
        (100, 25, 1, 15),
        (300, 60, 0, 13),
        (300, 60, 2, 28),
        (1000, 59, 0, 48),
        (50, 50, 4, 4),
        (50, 49, 4, 5),
        (10, 1, 1, 10),
        (10, 1, 0, 9),
    ];
    for (population, sample, found, limit) in limits {
        let ours = upper_limit_of(population, &percent(5), sample, found);
        assert_eq!(ours, Ok(limit), "{population} {sample} {found}");
    }
    // A large population is as good as an infinite one.
    assert_eq!(sample_size_of(50_000_000, &percent(5), &percent(5), 1), Ok(93));
}

fn stream(nonce: &str) -> Stream {
    Stream::new(Digest([0xab; 32]), nonce).unwrap()
}

/// What the documented shell commands give.
fn sha256sum(input: &str) -> Option<String> {
    let program = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = program.ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    Some(output.split(' ').next().unwrap().to_owned())
}

#[test]
fn an_auditor_can_repeat_the_numbers_with_sha256sum() {
    let digest = "ab".repeat(32);
    let Some(seed) = sha256sum(&format!("tieout-sampling-1\n{digest}\nnonce of 31 January\n"))
    else {
        eprintln!("skipped: an_auditor_can_repeat_the_numbers_with_sha256sum: no sha256sum");
        return;
    };
    let mut stream = stream("nonce of 31 January");
    assert_eq!(stream.seed().to_string(), seed);
    for counter in 0..20 {
        let block = sha256sum(&format!("{seed}\n{counter}\n")).unwrap();
        // Modulo 65536 a number is its last four hexadecimal digits.
        let last = u128::from_str_radix(&block[60..], 16).unwrap();
        assert_eq!(stream.below(65_536), last);
        assert_eq!(stream.used(), counter + 1);
    }
    assert_eq!((stream.below(1), stream.used()), (0, 20));
    for nonce in ["", "two\nlines", "ümlaut", &"x".repeat(257)] {
        assert!(Stream::new(Digest([0; 32]), nonce).is_err(), "{nonce}");
    }
}

/// 300 items, a few of them large, zero or negative.
fn population() -> Vec<(u32, i128)> {
    let amount = |n: u32| match n % 50 {
        7 => 0,
        8 => -i128::from(n),
        9 => 40_000 + i128::from(n),
        _ => i128::from(n * 7919 % 3000) + 1,
    };
    (0..300).map(|n| (n * 37 % 300, amount(n))).collect()
}

#[test]
fn selection_takes_one_unit_of_each_interval_and_names_what_it_cannot_reach() {
    let (items, interval) = (population(), 5_000_i128);
    let sorted: BTreeMap<u32, i128> = items.iter().copied().collect();
    for method in [Method::Systematic, Method::Cell] {
        let mut starts = std::collections::BTreeSet::new();
        for nonce in 0..40 {
            let nonce = format!("{nonce}");
            let selection = select(items.clone(), interval, method, &mut stream(&nonce)).unwrap();
            let mut reversed = items.clone();
            reversed.reverse();
            let again = select(reversed, interval, method, &mut stream(&nonce)).unwrap();
            assert_eq!(selection, again, "another order");
            assert_eq!(selection.certain.len(), 6);
            assert!(selection.certain.iter().all(|(key, units)| sorted[key] == *units));
            let zero = selection.unreachable.iter().filter(|(_, _, why)| *why == Unreachable::Zero);
            assert_eq!((zero.count(), selection.unreachable.len()), (6, 12));
            starts.insert(units_lie_in_their_items(&selection, &sorted, interval, method));
        }
        assert!(starts.len() > 30, "the nonce decides: {starts:?}");
    }
}

/// Lays all units below the interval in one line, by key, and looks who has the selected ones. Gives
/// the first.
fn units_lie_in_their_items(
    selection: &Selection<u32>,
    sorted: &BTreeMap<u32, i128>,
    interval: i128,
    method: Method,
) -> i128 {
    let mut line = Vec::new();
    for (key, units) in sorted.iter().filter(|(_, units)| (1..interval).contains(*units)) {
        line.extend(std::iter::repeat_n(*key, usize::try_from(*units).unwrap()));
    }
    assert_eq!(i128::try_from(line.len()).unwrap(), selection.sampled_book_units);
    let mut units = Vec::new();
    for hit in &selection.hits {
        assert_eq!(hit.book_units, sorted[&hit.key]);
        units.extend(&hit.units);
        for unit in &hit.units {
            assert_eq!(line[usize::try_from(*unit).unwrap()], hit.key);
        }
    }
    let cells: Vec<i128> = units.iter().map(|unit| unit / interval).collect();
    let last = (selection.sampled_book_units - 1) / interval;
    // Only the last cell, which is not whole, may have none.
    let whole: Vec<i128> = (0..last).collect();
    assert_eq!(cells[..cells.len().min(whole.len())], whole);
    assert!(cells.len() <= whole.len() + 1);
    if method == Method::Systematic {
        assert!(units.iter().zip(&units[1..]).all(|(a, b)| b - a == interval));
    }
    units[0]
}

#[test]
fn selection_refuses_what_it_cannot_select_from() {
    let twice = select([(1, 10), (1, 20)], 5, Method::Cell, &mut stream("n"));
    assert_eq!(twice, Err(SelectionError::DuplicateItem(1)));
    let all = select([(1, 10)], 1, Method::Cell, &mut stream("n"));
    assert_eq!(all, Err(SelectionError::TooLarge));
    let nothing = select([(1, 0), (2, -5)], 9, Method::Systematic, &mut stream("n")).unwrap();
    assert!(nothing.hits.is_empty() && nothing.sampled_book_units == 0);
}

/// A selection of three items below an interval of 1,000.00 and one above it, in cents.
fn selection() -> Selection<&'static str> {
    let hit = |key, book_units, unit| tieout_engine::reperform::sampling::monetary_unit::Hit {
        key,
        book_units,
        units: vec![unit],
    };
    Selection {
        certain: vec![("c", 500_000)],
        sampled_book_units: 300_000,
        hits: vec![hit("a", 20_000, 1), hit("b", 40_000, 100_001), hit("u", 10_000, 200_001)],
        unreachable: Vec::new(),
    }
}

#[test]
fn an_evaluation_worked_by_hand() {
    // a: taint (200 − 100)/200 = 0.5, projected 500. b: (400 − 380)/400 = 0.05, projected 50.
    // c: 1,000 known. u: understated by a tenth. Projected 500 + 50 + 1,000 = 1,550.
    // Basic 3.00·1,000 = 3,000. Incremental (4.75 − 3.00 − 1)·500 + (6.30 − 4.75 − 1)·50 = 402.50.
    // Limit 4,952.50 = 3,000 + 1.75·0.5·1,000 + 1.55·0.05·1,000 + 1,000.
    let audit = BTreeMap::from([("a", 10_000), ("b", 38_000), ("c", 400_000), ("u", 11_000)]);
    let factors = ["3.00", "4.75", "6.30", "7.76"].map(exact);
    let result = evaluate(&selection(), 100_000, &audit, &factors).unwrap();
    assert_eq!(result.projected, Exact::integer(155_000));
    assert_eq!(result.basic_precision, Exact::integer(300_000));
    assert_eq!(result.incremental_allowance, Exact::integer(40_250));
    assert_eq!(result.upper_limit, Exact::integer(495_250));
    let keys: Vec<_> = result.overstated.iter().map(|m| m.key).collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(result.understated[0].tainting, exact("-0.1"));
    // Without a misstatement the limit is the tolerable misstatement that the plan began with.
    let right = BTreeMap::from([("a", 20_000), ("b", 40_000), ("c", 500_000), ("u", 10_000)]);
    let result = evaluate(&selection(), 100_000, &right, &factors[..1]).unwrap();
    assert_eq!(result.upper_limit, Exact::integer(300_000));
}

#[test]
fn an_evaluation_that_is_not_determined_is_refused() {
    let factors = ["3.00", "4.75"].map(exact);
    let with = |changes: &[(&'static str, Option<i128>)], factors: &[Exact]| {
        let mut audit =
            BTreeMap::from([("a", 20_000), ("b", 40_000), ("c", 500_000), ("u", 10_000)]);
        for (key, value) in changes {
            match value {
                Some(value) => audit.insert(key, *value),
                None => audit.remove(key),
            };
        }
        evaluate(&selection(), 100_000, &audit, factors).map(|_| ())
    };
    assert_eq!(with(&[("b", None)], &factors), Err(EvaluationError::NotAudited("b")));
    assert_eq!(with(&[("z", Some(1))], &factors), Err(EvaluationError::NotSelected("z")));
    assert_eq!(with(&[("a", Some(-1))], &factors), Err(EvaluationError::MoreThanTainted("a")));
    let two = [("a", Some(1)), ("b", Some(1))];
    assert_eq!(with(&two, &factors), Err(EvaluationError::Factors));
    assert_eq!(with(&two[..1], &factors), Ok(()));
    let falling = ["3.00", "2.00"].map(exact);
    assert_eq!(with(&[], &falling), Err(EvaluationError::Factors));
}
