//! Mutation testing of the shipped rules.

use crate::shipped::{self, Shipped};
use std::fmt::Write as _;
use tieout_policies::mutate::{Fate, Mutant, Score, mutate};

fn mutated(shipped: &Shipped) -> Vec<(Mutant, Fate)> {
    let path = &shipped.rule.path;
    let equivalents = shipped.equivalents.as_deref();
    mutate(&mut shipped.suite(), equivalents).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The goal for every shipped rule: at least 95 % of the mutants that a test could notice.
#[test]
fn the_shipped_tests_kill_the_mutants() {
    let mut told = String::new();
    let mut all = Vec::new();
    for shipped in shipped::rules() {
        let mutants = mutated(&shipped);
        let score = Score::of(mutants.iter().map(|(_, fate)| fate));
        if score.percent().unwrap() < 95 {
            let _ = writeln!(told, "{}: {score:?}", shipped.rule.path);
            for (mutant, _) in mutants.iter().filter(|(_, fate)| *fate == Fate::Survived) {
                let Mutant { operator, line, column, before, after } = mutant;
                let _ = writeln!(told, "  {line}:{column} {operator}: {before} => {after}");
            }
        }
        all.extend(mutants);
    }
    let score = Score::of(all.iter().map(|(_, fate)| fate));
    println!("{score:?}");
    assert!(told.is_empty(), "{told}");
    assert!(score.killed > 600, "{score:?}");
}
