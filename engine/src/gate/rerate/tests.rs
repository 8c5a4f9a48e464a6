//! What changes of rates come to.

use super::*;
use crate::gate::TierMode;
use crate::gate::usage::tests::{day, january, key, rate};
use tieout_controls::profile;

fn exact(text: &str) -> Exact {
    Exact::try_from(&tieout_controls::Decimal::parse(text).unwrap()).unwrap()
}

fn priced(of: &str, price: &str) -> Rate {
    Rate { price: exact(price), ..rate(of, day(-300), None) }
}

fn tier(of: &str, mode: TierMode, from: &str, to: Option<&str>, price: &str) -> Rate {
    Rate { tier: (exact(from), to.map(exact)), tier_mode: Some(mode), ..priced(of, price) }
}

/// The amounts of the first side, and why there are none.
fn alone(rates: &[Rate], line: &str) -> String {
    let rerated = rerate(rates, &[], &january(&[line]), day(1));
    let side = &rerated.sides[0];
    if side.unrated.groups == Count(1) {
        return "unrated".to_owned();
    }
    if let Some((reason, _)) = side.undetermined.first_key_value() {
        return (*reason).to_owned();
    }
    side.amounts.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect()
}

fn money(old: &str, new: &str) -> Money {
    let (old, new) = (exact(old), exact(new));
    Money { delta: new.minus(&old), old, new }
}

/// What holds whatever the tables and the usage.
fn adds_up(rerated: &Rerated, usage: &Usage) {
    for (at, side) in rerated.sides.iter().enumerate() {
        let portions = [&side.rated, &side.unrated].into_iter().chain(side.undetermined.values());
        let (mut groups, mut rows, mut quantity) = (0, 0, BTreeMap::new());
        for portion in portions {
            groups += portion.groups.0;
            rows += portion.rows.0;
            for (unit, more) in &portion.quantity {
                let sum = quantity.entry(unit.clone()).or_insert(Exact::zero());
                *sum = sum.plus(more);
            }
        }
        assert_eq!((Count(groups), Count(rows)), (rerated.groups, usage.in_month.rows));
        assert_eq!(quantity, usage.in_month.by_unit);
        for (currency, amount) in &side.amounts {
            let compared = rerated.money.get(currency).map(|m| [&m.old, &m.new][at].clone());
            let zero = Exact::zero();
            let apart = rerated.not_compared[at].get(currency).unwrap_or(&zero);
            assert_eq!(*amount, compared.unwrap_or(Exact::zero()).plus(apart), "{currency}");
        }
    }
    let by_key = rerated.by_key.values().flat_map(|e| e.money.iter().map(|(c, m)| (c.clone(), m)));
    sums_to(&rerated.money, by_key);
    for values in rerated.by.values() {
        sums_to(&rerated.money, values.iter().map(|((_, currency), m)| (currency.clone(), m)));
    }
}

fn sums_to<'a>(total: &BTreeMap<String, Money>, parts: impl Iterator<Item = (String, &'a Money)>) {
    let mut sums: BTreeMap<String, Money> = BTreeMap::new();
    for (currency, money) in parts {
        sums.entry(currency).and_modify(|sum| sum.add(money)).or_insert_with(|| money.clone());
    }
    assert_eq!(*total, sums);
}

#[test]
fn a_group_costs_quantity_times_price_rounded_half_up() {
    let of = |quantity: &str, price: &str| {
        alone(&[priced("vm/-/-", price)], &format!("1,32,vm,eu,,h,CC1,CH,,{quantity},"))
    };
    assert_eq!(of("3", "0.335"), "1.01 EUR");
    assert_eq!(of("-3", "0.335"), "-1.01 EUR");
    assert_eq!(of("0.0000000001", "0.1"), "0 EUR");
    // Beyond the integers: digits, and size.
    assert_eq!(of("1", "0.00500000000000000001"), "0.01 EUR");
    assert_eq!(of("-1", "0.00500000000000000001"), "-0.01 EUR");
    let large = "1234567890123456789012345678";
    let product = exact(large).times(&exact("1000000000.01"));
    assert_eq!(of(large, "1000000000.01"), format!("{product} EUR"));
    let yen = Rate { currency: "JPY".into(), ..priced("vm/-/-", "0.5") };
    assert_eq!(alone(&[yen], "1,32,vm,,,h,CC1,CH,,3,"), "2 JPY");
    let none = Rate { currency: "EUX".into(), ..priced("vm/-/-", "0.5") };
    assert_eq!(alone(&[none], "1,32,vm,,,h,CC1,CH,,3,"), CURRENCY);
}

#[test]
fn the_most_specific_key_with_a_rate_in_force_is_asked() {
    let line = "1,32,vm,eu,gold,h,CC1,CH,,1,";
    let mut rates = vec![priced("vm/-/-", "1")];
    assert_eq!(alone(&rates, line), "1 EUR");
    for (of, price) in [("vm/-/gold", "2"), ("vm/eu/-", "3"), ("vm/eu/gold", "4")] {
        rates.insert(0, priced(of, price));
        assert_eq!(alone(&rates, line), format!("{price} EUR"));
        // Before it is in force, and from its end on, the next one is.
        rates[0].from = day(1) + 1;
        assert_ne!(alone(&rates, line), format!("{price} EUR"));
        (rates[0].from, rates[0].to) = (day(1) - 1, Some(day(1)));
        assert_ne!(alone(&rates, line), format!("{price} EUR"));
        (rates[0].from, rates[0].to) = (day(1), Some(day(1) + 1));
        assert_eq!(alone(&rates, line), format!("{price} EUR"));
    }
    let others = [priced("vm/us/-", "1"), priced("vm/-/silver", "1"), priced("db/-/-", "1")];
    assert_eq!(alone(&others, line), "unrated");
    assert_eq!(alone(&[priced("vm/eu/-", "1")], "1,32,vm,,gold,h,CC1,CH,,1,"), "unrated");
}

#[test]
fn tiers_count_the_quantity_of_a_group() {
    let rates = |mode| {
        [tier("vm/-/-", mode, "100", None, "1"), tier("vm/-/-", mode, "0", Some("100"), "2")]
    };
    let of =
        |mode, quantity: &str| alone(&rates(mode), &format!("1,32,vm,eu,,h,CC1,CH,,{quantity},"));
    assert_eq!(of(TierMode::Graduated, "150.5"), "250.5 EUR");
    assert_eq!(of(TierMode::Graduated, "-150.5"), "-250.5 EUR");
    assert_eq!(of(TierMode::Volume, "99.99"), "199.98 EUR");
    assert_eq!(of(TierMode::Volume, "100"), "100 EUR");
    assert_eq!(of(TierMode::Volume, "0"), "0 EUR");
    // Two cost centres are two quantities.
    let lines = ["1,32,vm,,,h,CC1,CH,,80,", "1,32,vm,,,h,CC2,CH,,80,", "1,32,vm,,,h,CC2,CH,,40,"];
    let rerated = rerate(&rates(TierMode::Graduated), &[], &january(&lines), day(1));
    assert_eq!(rerated.sides[0].amounts, [("EUR".to_owned(), exact("380"))].into());
}

#[test]
fn what_rates_dont_tell_is_undetermined() {
    use TierMode::{Graduated, Volume};
    let line = "1,32,vm,eu,,h,CC1,CH,,150,";
    let low = tier("vm/-/-", Graduated, "0", Some("100"), "2");
    let high = tier("vm/-/-", Graduated, "100", None, "1");
    let two = |one: &Rate, other: Rate| alone(&[one.clone(), other], line);
    let general = priced("vm/-/-", "1");
    assert_eq!(two(&general, general.clone()), SEVERAL);
    assert_eq!(two(&general, high.clone()), KINDS);
    assert_eq!(two(&low, Rate { tier_mode: Some(Volume), ..high.clone() }), KINDS);
    assert_eq!(two(&low, Rate { currency: "USD".into(), ..high.clone() }), CURRENCIES);
    assert_eq!(two(&low, Rate { unit: Some("h".into()), ..high.clone() }), UNITS);
    assert_eq!(two(&low, Rate { tier: (exact("100.1"), None), ..high.clone() }), HOLE);
    assert_eq!(two(&low, Rate { tier: (exact("99"), None), ..high.clone() }), TIERS);
    assert_eq!(two(&low, low.clone()), TIERS);
    assert_eq!(two(&high, Rate { tier: (exact("0"), None), ..high.clone() }), TIERS);
    assert_eq!(alone(&[high], line), NOT_FROM_ZERO);
    assert_eq!(alone(std::slice::from_ref(&low), line), ABOVE);
    assert_eq!(alone(&[low], "1,32,vm,eu,,h,CC1,CH,,99,"), "198 EUR");
    let days = Rate { unit: Some("d".into()), ..general };
    assert_eq!(alone(&[days], line), UNIT);
}

#[test]
fn a_change_is_told_by_every_dimension() {
    let usage = january(&[
        "1,32,vm,eu,,h,CC1,CH,4000,10,",
        "1,32,vm,us,,h,CC1,CH,,10,",
        "1,32,vm,eu,,h,CC2,DE,4000,10,",
        "1,32,db,eu,,GB,CC2,DE,-,10,",
    ]);
    let base = [priced("vm/-/-", "1"), priced("db/-/-", "5")];
    let head = [priced("vm/-/-", "0.92"), priced("db/-/-", "5"), priced("s3/-/-", "1")];
    let rerated = rerate(&base, &head, &usage, day(1));
    adds_up(&rerated, &usage);
    let by = |of, value: &str| rerated.by[&of][&(value.to_owned(), "EUR".to_owned())].clone();
    assert_eq!(rerated.money["EUR"], money("80", "77.6"));
    assert_eq!(by(Dimension::CostCentre, "CC1"), money("20", "18.4"));
    assert_eq!(by(Dimension::Entity, "DE"), money("60", "59.2"));
    assert_eq!(by(Dimension::Service, "vm"), money("30", "27.6"));
    // An account that is called as none is told with it, and nothing is lost.
    assert_eq!(by(Dimension::GlAccount, "-"), money("60", "59.2"));
    assert_eq!(rerated.by_key[&key("vm/-/-")].money["EUR"], money("30", "27.6"));
    assert_eq!(rerated.coverage(&key("vm/-/-")), Coverage::Priced);
    assert_eq!(rerated.coverage(&key("s3/-/-")), Coverage::Unpriced);
    assert_eq!(rerated.coverage(&key("s4/-/-")), Coverage::NotRated);
    assert_eq!(rerated.unpriced, [key("s3/-/-")]);
    assert_eq!(rerated.unrated, []);
}

#[test]
fn a_change_of_currency_is_never_netted() {
    let usage = january(&["1,32,vm,eu,,h,CC1,CH,4000,10,"]);
    let head = [Rate { currency: "USD".into(), ..priced("vm/-/-", "1.1") }];
    let rerated = rerate(&[priced("vm/-/-", "1")], &head, &usage, day(1));
    adds_up(&rerated, &usage);
    let wanted = [("EUR".to_owned(), money("10", "0")), ("USD".to_owned(), money("0", "11"))];
    assert_eq!(rerated.money, wanted.clone().into());
    assert_eq!(rerated.by_key[&key("vm/-/-")].money, wanted.into());
}

#[test]
fn what_is_undetermined_on_one_side_is_in_no_difference() {
    let usage = january(&["1,32,vm,eu,,h,CC1,CH,4000,10,", "1,32,vm,us,,d,CC1,CH,4000,7,"]);
    let head = [Rate { unit: Some("d".into()), ..priced("vm/-/-", "2") }];
    let rerated = rerate(&[priced("vm/-/-", "1")], &head, &usage, day(1));
    adds_up(&rerated, &usage);
    assert_eq!(rerated.money["EUR"], money("7", "14"));
    assert_eq!(rerated.not_compared[0], [("EUR".to_owned(), exact("10"))].into());
    assert_eq!(rerated.not_compared[1], BTreeMap::new());
    assert_eq!(rerated.sides[1].undetermined[UNIT].quantity["h"], exact("10"));
    assert_eq!(rerated.coverage(&key("vm/-/-")), Coverage::Undetermined);
}

#[test]
fn a_rate_that_comes_or_goes_is_told_with_its_own_key() {
    let usage = january(&["1,32,vm,eu,,h,CC1,CH,4000,10,", "1,32,vm,us,,h,CC1,CH,4000,10,"]);
    let general = [priced("vm/-/-", "1")];
    let special = [priced("vm/-/-", "1"), priced("vm/eu/-", "0.5")];
    let told = |base: &[Rate], head: &[Rate], of: &str| {
        let rerated = rerate(base, head, &usage, day(1));
        adds_up(&rerated, &usage);
        rerated.by_key.get(&key(of)).map(|effect| effect.money["EUR"].clone())
    };
    assert_eq!(told(&general, &special, "vm/eu/-"), Some(money("10", "5")));
    assert_eq!(told(&special, &general, "vm/eu/-"), Some(money("5", "10")));
    assert_eq!(told(&general, &special, "vm/-/-"), Some(money("10", "10")));
    // What has no rate any more, and what never had one.
    let rerated = rerate(&special, &[priced("vm/eu/-", "0.5")], &usage, day(1));
    adds_up(&rerated, &usage);
    let unrated = |in_base| {
        let (key, unit) = (key("vm/us/-"), "h".to_owned());
        [Unrated { key, unit, quantity: exact("10"), in_base }]
    };
    assert_eq!(
        (&rerated.unrated[..], &rerated.money["EUR"]),
        (&unrated(false)[..], &money("15", "5"))
    );
    let never = [priced("vm/eu/-", "0.5")];
    let rerated = rerate(&never, &never, &usage, day(1));
    assert_eq!(
        (&rerated.unrated[..], &rerated.money["EUR"]),
        (&unrated(true)[..], &money("5", "5"))
    );
    assert_eq!(rerate(&never, &special, &usage, day(1)).money["EUR"], money("5", "15"));
}

#[test]
fn usage_of_which_the_month_is_unknown_makes_its_rate_undetermined() {
    let usage = january(&["1,32,vm,us,,h,CC1,CH,4000,10,", "30,40,vm,eu,,h,CC1,CH,4000,10,"]);
    let rates = [priced("vm/us/-", "1"), priced("vm/eu/-", "1")];
    let rerated = rerate(&rates, &rates, &usage, day(1));
    adds_up(&rerated, &usage);
    assert_eq!(rerated.coverage(&key("vm/us/-")), Coverage::Priced);
    assert_eq!(rerated.coverage(&key("vm/eu/-")), Coverage::Undetermined);
    assert_eq!(rerated.unpriced, []);
}

#[test]
fn the_order_of_rates_and_rows_doesnt_matter() {
    let mut lines = vec![
        "1,32,vm,eu,,h,CC1,CH,4000,10.005,",
        "1,32,vm,us,gold,h,CC1,CH,,120,",
        "1,32,vm,us,gold,h,CC3,DE,,99999999999999999999999999,",
        "1,32,db,eu,,GB,CC2,DE,4010,10,",
    ];
    let mut rates = vec![
        priced("vm/-/-", "1"),
        tier("vm/us/-", TierMode::Graduated, "0", Some("100"), "999999999999999"),
        tier("vm/us/-", TierMode::Graduated, "100", None, "123456789012345.678"),
        Rate { currency: "JPY".into(), ..priced("db/-/-", "3.33") },
    ];
    let head = [priced("vm/-/-", "2")];
    let one = rerate(&rates, &head, &january(&lines), day(1));
    adds_up(&one, &january(&lines));
    lines.reverse();
    rates.reverse();
    assert_eq!(one, rerate(&rates, &head, &january(&lines), day(1)));
}

#[test]
fn coverage_has_the_words_of_the_profile() {
    let column = profile::named("rate-change-1").unwrap().column("coverage").unwrap();
    let of = [Coverage::Priced, Coverage::Unpriced, Coverage::Undetermined, Coverage::NotRated];
    for coverage in of {
        assert!(column.vocabulary.unwrap().contains(coverage.name()), "{coverage:?}");
    }
    let usage = profile::named(crate::gate::usage::PROFILE).unwrap();
    for dimension in Dimension::ALL {
        assert!(usage.column(dimension.name()).is_some(), "{dimension:?}");
    }
}
