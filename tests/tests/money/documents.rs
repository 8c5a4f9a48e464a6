//! Policies over documents: amounts are texts, and `decimal.*` computes with them.

use super::amounts::{self, AMOUNTS, Amount, text};
use num_bigint::BigInt;
use std::time::Duration;
use tieout_policies::document::{DocumentPolicy as _, Limits, Source, compile};
use tieout_tests::Random;

/// Amounts of a document, few enough that an evaluation stays within any budget.
const EACH: usize = 10_000;

fn results(function: &str, right: impl Fn(Amount, Amount) -> (BigInt, u32), most: (usize, usize)) {
    let source = Source {
        path: "money.rego".to_owned(),
        text: format!(
            "package money\n\nresults := [decimal.{function}(a, b) | some [a, b] in input.pairs]\n"
        ),
    };
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    let policy = compile(&[source], limits).unwrap_or_else(|e| panic!("{e:#?}"));
    let mut random = Random(4);
    for _ in 0..AMOUNTS / EACH {
        let mut amount = |digits: usize| {
            let digits = 1 + random.below(digits);
            let scale = u32::try_from(2 + random.below(11)).unwrap();
            Amount { unscaled: amounts::digits(&mut random, digits), scale }
        };
        let pairs: Vec<(Amount, Amount)> =
            (0..EACH).map(|_| (amount(most.0), amount(most.1))).collect();
        let texts: Vec<_> = pairs.iter().map(|(a, b)| [a.text(), b.text()]).collect();
        let document = serde_json::json!({ "pairs": texts }).to_string();
        let told = policy.evaluate("data.money.results", &document, None).unwrap().unwrap();
        let told = told.as_array().unwrap();
        assert_eq!(told.len(), EACH);
        for ((a, b), told) in pairs.iter().zip(told) {
            let (unscaled, scale) = right(*a, *b);
            assert_eq!(told.as_str(), Some(&*text(&unscaled, scale)), "{} {}", a.text(), b.text());
        }
    }
}

#[test]
fn a_million_sums_are_exact_in_documents() {
    results("add", |a, b| (a.plus(b), a.scale.max(b.scale)), (38, 38));
}

#[test]
fn a_million_products_are_exact_in_documents() {
    results("mul", |a, b| (a.times(b), a.scale + b.scale), (19, 19));
}
