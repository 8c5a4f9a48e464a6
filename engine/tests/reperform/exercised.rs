//! What the invoices had no occasion to tell is told apart from what they tell, against the brute-force
//! biller's own numbers.

use crate::bills::{Bill, Item, Spec, agrees, bill};
use crate::infer::{Biller, biller, billers, invoices};
use crate::oracle::Q;
use crate::random::Random;
use tieout_engine::reperform::infer::{Grid, Inference, Survivors, infer};
use tieout_engine::reperform::rounding::{RoundingSpec, Stage};

fn rules(spec: &RoundingSpec) -> Spec {
    Stage::ALL.map(|stage| spec.rule(stage).copied())
}

/// All survivors, and those that are left of them.
fn searched(grid: &Grid, biller: &Biller) -> Option<[Survivors; 2]> {
    let invoices = invoices(biller);
    let all = match infer(grid, &invoices).unwrap() {
        Inference::Unique(spec) => Survivors::from(&spec),
        Inference::Equivalent(survivors) => survivors,
        Inference::Contradiction(found) => panic!("{found:?}"),
    };
    let left = all.exercised(&invoices);
    assert_eq!(left.exercised(&invoices), left, "nothing more to leave out");
    (all.count() < 2000).then_some([all, left])
}

/// Every number of an invoice on the way from prices to what is paid.
type Trace = (Vec<(Q, Q)>, Bill);

fn trace(biller: &Biller, spec: &Spec) -> Vec<Trace> {
    let rounded = |value: &Q, at: usize| match &spec[at] {
        Some(rule) => {
            let step = Q::decimal(i128::from(rule.increment.units()), rule.increment.scale());
            value.round(&step, rule.mode)
        }
        None => value.clone(),
    };
    let of = |items: &Vec<Item>| {
        let factors = items.iter().map(|i| (rounded(&i.price, 0), rounded(&i.quantity, 1)));
        (factors.collect(), bill(items, spec))
    };
    biller.bills.iter().map(|(items, _)| of(items)).collect()
}

#[test]
fn nothing_that_makes_a_difference_is_left_out() {
    let mut random = Random(0x7e_57);
    let (mut before, mut after) = (0, 0);
    for _ in 0..billers(150) {
        let mut biller = biller(&mut random);
        biller.shown.line_taxes = true;
        biller.shown.categories = true;
        let grid = biller.grid.clone();
        if Stage::ALL.iter().any(|stage| !grid.options(*stage).contains(&None)) {
            continue;
        }
        let Some([all, left]) = searched(&grid, &biller) else { continue };
        let told: Vec<_> = left.specs().iter().map(|spec| trace(&biller, &rules(spec))).collect();
        for spec in all.specs() {
            let told = told.contains(&trace(&biller, &rules(&spec)));
            assert!(told, "`{spec}` makes other numbers than any that is left");
        }
        let billed = |told: &Vec<Trace>| {
            let pairs = told.iter().zip(&biller.bills);
            pairs.into_iter().all(|((_, told), (_, billed))| agrees(told, billed, biller.shown))
        };
        assert!(told.iter().all(billed));
        (before, after) = (before + all.count(), after + left.count());
    }
    assert!(after < before, "{after} of {before}");
    println!("{after} of {before} candidates differ");
}

/// Where taxes aren't stated, what is told explains every invoice as well.
#[test]
fn what_is_left_explains_what_is_stated() {
    let mut random = Random(0xab5);
    for _ in 0..billers(150) {
        let mut biller = biller(&mut random);
        biller.shown.line_taxes = false;
        biller.shown.categories = random.one_in(2);
        let grid = biller.grid.clone();
        let Some([_, left]) = searched(&grid, &biller) else { continue };
        for spec in left.specs() {
            let spec = rules(&spec);
            for (items, billed) in &biller.bills {
                let given = bill(items, &spec);
                assert_eq!((&given.amounts, &given.net), (&billed.amounts, &billed.net));
                assert_eq!((&given.tax, &given.payable), (&billed.tax, &billed.payable));
                if biller.shown.categories {
                    assert_eq!(given.categories, billed.categories);
                }
            }
        }
    }
}
