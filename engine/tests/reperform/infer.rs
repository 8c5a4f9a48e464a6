//! The rule that a biller has is found, and with it exactly those that can't be told from it.

use crate::bills::{Bill, Item, Shown, Spec, bill, billed, brute_force, items};
use crate::oracle::Q;
use crate::random::Random;
use crate::vectors::x;
use tieout_controls::Rounding;
use tieout_engine::reperform::exact::Increment;
use tieout_engine::reperform::infer::{
    BilledInvoice, BilledLine, Grid, InferError, Inference, Part, Place, infer,
};
use tieout_engine::reperform::rounding::invoice::Line;
use tieout_engine::reperform::rounding::{Residual, RoundingSpec, Rule, Stage};

fn increment(units: u32, scale: u32) -> Increment {
    Increment::new(units, scale).unwrap()
}

/// A random grid, small enough to be searched by brute force.
fn grid(random: &mut Random) -> Grid {
    let mut modes = || -> Vec<Rounding> {
        (0..2 + random.below(2)).map(|_| *random.pick(&Rounding::ALL)).collect()
    };
    let all = [modes(), modes(), modes(), modes(), modes(), modes()];
    let residuals =
        |random: &mut Random| [*random.pick(&Residual::ALL), *random.pick(&Residual::ALL)];
    let (line, tax_line, category) = (residuals(random), residuals(random), residuals(random));
    let amount =
        *random.pick(&[increment(1, 2), increment(1, 2), increment(1, 0), increment(1, 3)]);
    let payable = *random.pick(&[increment(5, 2), increment(1, 1), amount]);
    let price = increment(1, *random.pick(&[2, 3, 4]));
    let quantity = increment(1, *random.pick(&[0, 1, 2]));
    let alone = [Residual::Unassigned];
    let paid = [Residual::Unassigned, Residual::RoundingLine];
    let grid = Grid::exact()
        .or(Stage::UnitPrice, &all[0], &[price], &alone)
        .or(Stage::Quantity, &all[1], &[quantity], &alone)
        .or(Stage::Line, &all[2], &[amount], &line)
        .or(Stage::TaxLine, &all[3], &[amount], &tax_line)
        .or(Stage::TaxCategory, &all[4], &[amount], &category)
        .or(Stage::Invoice, &all[5], &[payable], &paid);
    if random.one_in(2) { grid.rounded(Stage::Line) } else { grid }
}

fn options(grid: &Grid) -> [Vec<Option<Rule>>; 6] {
    Stage::ALL.map(|stage| grid.options(stage).to_vec())
}

fn spec(rules: &Spec) -> RoundingSpec {
    Stage::ALL.into_iter().zip(rules).fold(
        RoundingSpec::exact(),
        |spec, (stage, rule)| match rule {
            Some(rule) => spec.with(stage, *rule).unwrap(),
            None => spec,
        },
    )
}

pub(crate) struct Biller {
    pub(crate) grid: Grid,
    hidden: Spec,
    pub(crate) bills: Vec<(Vec<Item>, Bill)>,
    pub(crate) shown: Shown,
}

pub(crate) fn biller(random: &mut Random) -> Biller {
    let grid = grid(random);
    let hidden = options(&grid).map(|options| *random.pick(&options));
    let wide = random.one_in(5);
    let bills = (0..1 + random.below(12)).map(|_| {
        let items = items(random, wide);
        let bill = bill(&items, &hidden);
        (items, bill)
    });
    let bills = bills.collect();
    let shown = Shown { line_taxes: random.one_in(2), categories: !random.one_in(4) };
    Biller { grid, hidden, bills, shown }
}

pub(crate) fn invoices(biller: &Biller) -> Vec<BilledInvoice> {
    let numbered = biller.bills.iter().enumerate();
    let mut invoices: Vec<BilledInvoice> =
        numbered.map(|(id, (items, bill))| billed(id, items, bill, biller.shown)).collect();
    invoices.reverse();
    invoices
}

/// `TIEOUT_BILLERS`, or fewer.
pub(crate) fn billers(few: usize) -> usize {
    std::env::var("TIEOUT_BILLERS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

#[test]
fn the_hidden_rule_is_found_and_nothing_else_that_differs() {
    let mut random = Random(0x1f_2e_3d);
    let (mut unique, mut equivalent) = (0, 0);
    for _ in 0..billers(200) {
        let biller = biller(&mut random);
        let expected = brute_force(&options(&biller.grid), &biller.bills, biller.shown);
        assert!(expected.contains(&biller.hidden));
        match infer(&biller.grid, &invoices(&biller)).unwrap() {
            Inference::Unique(found) => {
                unique += 1;
                assert_eq!(found, spec(&biller.hidden));
                assert_eq!(expected.len(), 1);
            }
            Inference::Equivalent(survivors) => {
                equivalent += 1;
                assert!(survivors.contains(&spec(&biller.hidden)));
                assert_eq!(survivors.count(), expected.len());
                assert!(expected.iter().all(|rules| survivors.contains(&spec(rules))));
                if survivors.count() < 500 {
                    let specs = survivors.specs();
                    assert!(expected.iter().all(|rules| specs.contains(&spec(rules))));
                }
            }
            Inference::Contradiction(found) => panic!("{found:?}"),
        }
    }
    println!("{unique} unique, {equivalent} equivalent");
}

/// A cent off in one invoice, or one by another rule: either another rule explains that too, or the first invoice that nothing
/// explains is named, as brute force finds it.
#[test]
fn a_bill_that_is_off_is_the_counter_example() {
    let mut random = Random(0x5_eed);
    let mut contradictions = 0;
    for _ in 0..billers(200) {
        let mut biller = biller(&mut random);
        let at = usize::try_from(random.below(u64::try_from(biller.bills.len()).unwrap())).unwrap();
        let cent = Q::decimal(1, 2);
        let (items, wrong) = &mut biller.bills[at];
        let shift = |amount: &mut Q| *amount = amount.add(&cent);
        match random.below(8) {
            0 => shift(&mut wrong.amounts[0]),
            1 => shift(&mut wrong.net),
            2 => shift(&mut wrong.tax),
            3 => shift(&mut wrong.payable),
            _ => {
                let other = options(&biller.grid).map(|options| *random.pick(&options));
                *wrong = bill(items, &other);
            }
        }
        let left = |count: usize| {
            brute_force(&options(&biller.grid), &biller.bills[..count], biller.shown).len()
        };
        // Parts are judged apart: a part without candidates is one that has none by itself.
        match infer(&biller.grid, &invoices(&biller)).unwrap() {
            Inference::Contradiction(found) => {
                contradictions += 1;
                assert_eq!(left(biller.bills.len()), 0);
                let first =
                    found.iter().map(|c| c.invoice.parse::<usize>().unwrap()).min().unwrap();
                assert_eq!(left(first + 1), 0);
                assert!(found.iter().all(|c| !c.nearest.is_empty()));
                assert!(found.iter().flat_map(|c| &c.nearest).all(|n| n.expected != n.actual));
                if first > 0 {
                    assert!(left(first) > 0);
                }
            }
            Inference::Unique(_) => assert_eq!(left(biller.bills.len()), 1),
            Inference::Equivalent(survivors) => {
                assert_eq!(left(biller.bills.len()), survivors.count());
            }
        }
    }
    assert!(contradictions > 0);
    println!("{contradictions} contradictions");
}

fn simple(id: &str, lines: &[(&str, &str, &str)], net: &str) -> BilledInvoice {
    let lines = lines.iter().zip(1..).map(|((quantity, unit_price, amount), number)| BilledLine {
        line: Line {
            number,
            quantity: x(quantity),
            unit_price: x(unit_price),
            tax_category: "S".into(),
            tax_rate: x("0"),
        },
        amount: x(amount),
        tax: None,
    });
    BilledInvoice {
        id: id.into(),
        lines: lines.collect(),
        rounding_line: x("0"),
        net: x(net),
        categories: None,
        tax: x("0"),
        rounding_amount: x("0"),
        payable: x(net),
    }
}

fn halves() -> Grid {
    let halves = [Rounding::HalfUp, Rounding::HalfEven, Rounding::HalfDown];
    Grid::exact()
        .or(Stage::Line, &halves, &[increment(1, 2)], &[Residual::Unassigned])
        .rounded(Stage::Line)
}

/// 163.725 was 163.73 in one place of a document and 163.72 in another (ksa_compliance, issue 174).
#[test]
fn one_document_that_rounds_both_ways_has_no_rule() {
    let invoice = simple("1", &[("1", "163.725", "163.73"), ("1", "163.725", "163.72")], "327.45");
    let Inference::Contradiction(found) = infer(&halves(), &[invoice]).unwrap() else {
        panic!("a rule for what has none");
    };
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].part, found[0].invoice.as_str()), (Part::Pricing, "1"));
    let told: Vec<(Place, String, String)> = found[0]
        .nearest
        .iter()
        .map(|n| (n.place.clone(), n.expected.to_string(), n.actual.to_string()))
        .collect();
    let (one, other) = ("163.73".to_owned(), "163.72".to_owned());
    let second = (Place::Line(2), one.clone(), other.clone());
    let first = (Place::Line(1), other, one);
    let text = found[0].to_string();
    assert!(text.starts_with("no rule explains invoice 1\n"), "{text}");
    assert!(text.contains("line 2: 163.73 expected, 163.72 billed\n"), "{text}");
    // Half-up fails at the second line, half-even and half-down at the first.
    assert_eq!(told, [second, first.clone(), first]);
}

#[test]
fn a_tie_tells_the_modes_apart_and_without_one_they_are_equivalent() {
    let no_tie = simple("1", &[("1", "1.231", "1.23")], "1.23");
    let Inference::Equivalent(survivors) = infer(&halves(), std::slice::from_ref(&no_tie)).unwrap()
    else {
        panic!("nothing tells the modes apart");
    };
    assert_eq!(survivors.options()[&Stage::Line].len(), 3);
    let told = "line: half_up to 0.01, residual unassigned | half_even to 0.01, residual unassigned | \
                half_down to 0.01, residual unassigned\n";
    assert!(survivors.to_string().contains(told), "{survivors}");
    let up_or_even = simple("2", &[("1", "1.235", "1.24")], "1.24");
    let up = simple("3", &[("1", "1.225", "1.23")], "1.23");
    let Inference::Unique(spec) = infer(&halves(), &[up, no_tie, up_or_even]).unwrap() else {
        panic!("half-up alone explains all");
    };
    assert_eq!(spec.to_string(), "line: half_up to 0.01, residual unassigned");
}

#[test]
fn what_cant_be_searched_is_refused() {
    let invoice = simple("1", &[("1", "1", "1")], "1");
    assert_eq!(infer(&halves(), &[]), Err(InferError::NoInvoices));
    let twice = [invoice.clone(), invoice.clone()];
    assert_eq!(infer(&halves(), &twice), Err(InferError::InvoiceTwice("1".into())));
    let mut line_twice = invoice.clone();
    line_twice.lines.push(invoice.lines[0].clone());
    let expected = InferError::LineTwice { invoice: "1".into(), line: 1 };
    assert_eq!(infer(&halves(), &[line_twice]), Err(expected));
    let mut categories = invoice.clone();
    categories.categories = Some([(("Z".into(), x("0")), x("0"))].into());
    assert_eq!(infer(&halves(), &[categories]), Err(InferError::Categories("1".into())));
    let nothing = Grid::exact().rounded(Stage::Line);
    assert_eq!(infer(&nothing, &[invoice]), Err(InferError::NoOption(Stage::Line)));
}

/// Numbers that fit 128 bits, products and sums that don't: computed in wider integers, not wrapped.
#[test]
fn what_leaves_128_bits_is_still_exact() {
    let wide = "100000000000000000000";
    let invoice = simple("1", &[(wide, wide, "1")], "1");
    let Inference::Contradiction(found) = infer(&halves(), &[invoice]).unwrap() else {
        panic!("1 isn't 10^40");
    };
    assert_eq!(found[0].nearest[0].expected.to_string(), format!("1{}", "0".repeat(40)));

    let large = "99999999999999999999999999999999999999";
    let mut invoice = simple("1", &[("1", large, large), ("1", large, large)], "0");
    for line in &mut invoice.lines {
        line.line.tax_rate = x("1");
    }
    let Inference::Contradiction(found) = infer(&halves(), &[invoice]).unwrap() else {
        panic!("the taxes aren't zero");
    };
    let taxing = found.iter().find(|found| found.part == Part::Taxing).unwrap();
    let total = "199999999999999999999999999999999999998";
    assert_eq!(
        (&taxing.nearest[0].place, taxing.nearest[0].expected.to_string().as_str()),
        (&Place::Tax, total)
    );
}
