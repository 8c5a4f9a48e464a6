//! Where no decimal, no null and no comparison across types is involved, a rule says here what it
//! says in other engines of Rego: generated policies over generated records, in regorus and in OPA.

#![cfg(test)]

mod generate;
mod ours;
mod theirs;

use generate::{Record, policy, record};
use tieout_tests::Random;

/// Policies and records of one run.
struct Run {
    policies: Vec<String>,
    records: Vec<Record>,
}

fn run(policies: usize, records: usize) -> Run {
    let mut random = Random(2026);
    let policies = (0..policies).map(|_| policy(&mut random)).collect();
    Run { policies, records: (0..records).map(|_| record(&mut random)).collect() }
}

/// Compares what is said of every policy and record; both answers must occur often.
fn compare(run: &Run, theirs: impl Iterator<Item = Vec<bool>>) {
    let (mut pairs, mut violated) = (0, 0);
    let mut answered = 0;
    for (source, theirs) in run.policies.iter().zip(theirs) {
        let ours = ours::verdicts(source, &run.records);
        assert_eq!(ours.len(), theirs.len());
        for (row, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "{source}\nover {}", run.records[row].json());
            pairs += 1;
            violated += usize::from(*ours);
        }
        answered += 1;
    }
    assert_eq!(answered, run.policies.len());
    println!("{pairs} (policy, record) pairs, {violated} violated, 0 differ");
    assert!(violated * 10 > pairs && violated * 10 < pairs * 9, "{violated} of {pairs}");
}

#[test]
fn regorus_says_the_same() {
    let run = run(1_500, 20);
    let theirs = run.policies.iter().map(|source| theirs::regorus(source, &run.records));
    compare(&run, theirs);
}

#[test]
fn opa_says_the_same() {
    let run = run(400, 12);
    let Some(theirs) = theirs::opa(&run.policies, &run.records) else { return };
    compare(&run, theirs.into_iter());
}
