use super::*;
use crate::gate::fixture::table;

/// The difference from one rate to another, over all quantities: percent and whether any is dearer.
fn told(old: &str, new: &str) -> String {
    let (old, new) = (table(old), table(new));
    let rows = |table: &'_ crate::gate::table::RateTable| table.rates.clone();
    let (old, new) = (rows(&old), rows(&new));
    let (old, new): (Vec<&Rate>, Vec<&Rate>) = (old.iter().collect(), new.iter().collect());
    let Some(found) = difference(&old, &new, (&Exact::zero(), None)) else {
        return "not comparable".to_owned();
    };
    let percent = found.largest.map(|share| share.times(&Exact::integer(100)).to_string());
    let dearer = if found.dearer { " dearer" } else { "" };
    format!("{}{dearer}", percent.unwrap_or_else(|| "unbounded".to_owned()))
}

#[test]
fn prices_of_a_unit() {
    let of = |old: i32, new: i32| told(&format!("A vm 0.. {old}"), &format!("A vm 0.. {new}"));
    assert_eq!(of(200, 210), "5 dearer");
    assert_eq!(of(200, 190), "-5");
    assert_eq!(of(200, 200), "0");
    // Signs: a price becomes a credit, a credit a price, something free costs something.
    assert_eq!(of(100, -100), "-200");
    assert_eq!(of(-100, 100), "200 dearer");
    assert_eq!(of(-100, -50), "50 dearer");
    assert_eq!(of(-100, -150), "-50");
    assert_eq!(of(0, 500), "unbounded dearer");
    assert_eq!(of(0, -500), "unbounded");
    assert_eq!(of(500, 0), "-100");
    assert_eq!(of(0, 0), "0");
}

#[test]
fn what_cannot_be_compared() {
    let one = "A vm 0.. 20 unit=h";
    assert_eq!(told(one, "A vm 0.. 20 unit=h currency=CHF"), "not comparable");
    assert_eq!(told(one, "A vm 0.. 20"), "not comparable");
    assert_eq!(told(one, ""), "not comparable");
    assert_eq!(told(one, &format!("{one}; B vm 0.. 30 unit=h")), "not comparable");
    let low = "A vm 0.. 20 tier=0..100";
    assert_eq!(told(low, "B vm 0.. 20 tier=100.."), "not comparable");
    assert_eq!(told(low, &format!("{low}; B vm 0.. 9 tier=100.. mode=volume")), "not comparable");
}

#[test]
fn a_bound_that_moves_is_as_large_as_the_prices_beside_it_are_apart() {
    let tiers = |bound: u32, mode: &str| {
        format!(
            "A vm 0.. 9 tier=0..{bound}{mode}; B vm 0.. 7 tier={bound}..1000{mode}; C vm 0.. 5 tier=1000..{mode}"
        )
    };
    // Of 100 to 200 a unit costs 9 instead of 7, or 7 instead of 9.
    for mode in ["", " mode=volume"] {
        let (near, far) = (tiers(100, mode), tiers(200, mode));
        assert_eq!(told(&near, &far), "200/7 dearer");
        assert_eq!(told(&far, &near), "-200/9");
        assert_eq!(told(&near, "A vm 0.. 9"), "80 dearer");
        assert_eq!(told("A vm 0.. 9", &near), "-400/9");
    }
    // Beyond what both price nothing is compared.
    assert_eq!(told("A vm 0.. 9 tier=0..100", "A vm 0.. 9 tier=0..200"), "0");
}

#[test]
fn a_mode_that_changes_is_compared_by_what_a_quantity_comes_to() {
    let tiers = |mode: &str| format!("A vm 0.. 10 tier=0..100{mode}; B vm 0.. 5 tier=100..{mode}");
    // 100 units are 10.00 in parts, and 5.00 at the price that they reach; of many it makes no difference.
    assert_eq!(told(&tiers(""), &tiers(" mode=volume")), "-50");
    assert_eq!(told(&tiers(" mode=volume"), &tiers("")), "100 dearer");
    let one = |mode: &str| format!("A vm 0.. 10 tier=0..{mode}");
    assert_eq!(told(&one(""), &one(" mode=volume")), "0");
    assert_eq!(told("A vm 0.. 10", &one(" mode=volume")), "0");
    // What was free up to a bound.
    let free = |mode: &str| format!("A vm 0.. 0 tier=0..100{mode}; B vm 0.. 5 tier=100..{mode}");
    assert_eq!(told(&free(""), &free(" mode=volume")), "unbounded dearer");
    // A credit first: what it comes to passes zero.
    let credit = "A vm 0.. -10 tier=0..100; B vm 0.. 5 tier=100..";
    let volume = "A vm 0.. -10 tier=0..100 mode=volume; B vm 0.. 5 tier=100.. mode=volume";
    assert_eq!(told(credit, volume), "unbounded dearer");
}
