//! Mangled sources are refused with a place, or decide: the front end never panics.

use crate::harness::{batch, data, environment, rule};
use std::collections::BTreeSet;
use tieout_policies::bundle::{Language, builtin};
use tieout_policies::compile::{CODES, compile};
use tieout_policies::evaluate::{Evaluator, Reference};

/// A rule over the tests' own columns, beside those that ship.
const OWN: &str = r#"package t

limit := data.limits[[input.region, input.sku]].most

default known := false

known if data.cost_centres[input.cost_centre]

share(x, n) := decimal.div(x, n, 4, "half_up") if n != 0

violation contains {"code": "over", "expected": limit, "amount": input.amount - limit} if {
	known
	abs(input.amount) > limit * 1.10
	every tag in input.tags { startswith(tag, "a") }
}

violation contains {"code": "rate", "message": sprintf("%s is %v", [input.sku, rate.price])} if {
	rate := effective.at(data.rates, [input.sku], input.day)
	share(input.amount, input.quantity) != rate.price
	some tag in input.tags
	not tag in ["x", "y"]
	object.get(input, "region", "EU") == "EU"
}

totals := {c.id: sum([c.budget, 1]) | some c in data.cost_centres; c.active}

violation contains {"code": "set", "actual": array.slice(input.tags, 0, 1)} if {
	{t | some t in input.tags} & ({"a"} | {"b", "c"}) - {"c"} != set()
	object.get(totals, input.cost_centre, 0) < max([i * 2 | some i in numbers.range(1, 3)])
	some id, total in totals
	not id in object.keys({"C9": total})
	array.concat(input.tags, ["x"]) != array.reverse(input.tags)
}
"#;

/// What is put in: tokens, and what belongs nowhere.
const PIECES: [&str; 27] = [
    "{",
    "}",
    "(",
    "[",
    "]",
    ",",
    "|",
    " & ",
    " = ",
    "{x: 1 | ",
    "not ",
    "some x in ",
    "every ",
    "if ",
    "else := ",
    "null",
    "1e400",
    "\"",
    "`",
    "#",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\r",
    "data.",
    "input.amount",
    ":=",
];

#[test]
fn a_hundred_thousand_mangled_sources_never_panic() {
    let mut sources = vec![OWN.to_owned()];
    for bundle in builtin().unwrap().values() {
        let rego = bundle.rules.values().filter(|rule| rule.language == Language::Rego);
        sources.extend(rego.map(|rule| rule.source.clone()));
    }
    let mut state = 7_u64;
    let mut below = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit.max(1)
    };
    assert!(compile(&rule(OWN), &environment()).is_ok());
    let (environment, data, row) = (environment(), data(), batch(&[("amount", "1"), ("sku", "s")]));
    let (mut decided, mut codes) = (0, BTreeSet::new());
    for round in 0..100_000 {
        // Half of them are the tests' own, which the environment fits.
        let source = if round % 2 == 0 { OWN } else { &sources[below(sources.len())] };
        let mut chars: Vec<char> = source.chars().collect();
        for _ in 0..=below(3) {
            let at = below(chars.len());
            let to = (at + below(12)).min(chars.len());
            match below(4) {
                0 => drop(chars.drain(at..to)),
                1 => drop(chars.splice(at..at, PIECES[below(PIECES.len())].chars())),
                2 => drop(chars.splice(at..to, PIECES[below(PIECES.len())].chars())),
                _ => {
                    let copy: Vec<char> = chars[at..to].to_vec();
                    let there = below(chars.len());
                    drop(chars.splice(there..there, copy));
                }
            }
        }
        let source: String = chars.into_iter().collect();
        match compile(&rule(&source), &environment) {
            Ok(policy) => {
                assert_eq!(Reference.decide(&policy, &row, &data).unwrap().len(), 1);
                decided += 1;
            }
            Err(found) => {
                assert!(!found.is_empty(), "{source}");
                for diagnostic in found {
                    let lines = u32::try_from(source.split('\n').count()).unwrap();
                    assert!((1..=lines).contains(&diagnostic.line), "{diagnostic:?}\n{source}");
                    assert!(diagnostic.column >= 1 && diagnostic.length >= 1);
                    codes.insert(diagnostic.code);
                }
            }
        }
    }
    assert!(codes.iter().all(|code| CODES.iter().any(|(known, _)| known == code)));
    // The mangling reaches both sides: many still decide, and most kinds of mistakes are made.
    assert!(decided > 1_000, "{decided}");
    assert!(codes.len() > 12, "{codes:?}");
}
