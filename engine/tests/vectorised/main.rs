//! Both backends of the record profile say the same of every record.

#![cfg(test)]

mod company;
mod generate;
mod random;
mod sixteen;

use arrow_array::RecordBatch;
use company::{Shape, batch, data, environment};
use random::Random;
use tieout_controls::Decision;
use tieout_engine::vectorised::Vectorised;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Compiled, Environment, compile};
use tieout_policies::data::Data;
use tieout_policies::evaluate::{Evaluator, Reference, Verdict};

fn compiled(source: &str, environment: &Environment) -> Option<Compiled> {
    let rule = Rule {
        name: "t".into(),
        path: "t/t/rule.rego".into(),
        language: Language::Rego,
        source: source.into(),
        request: None,
    };
    compile(&rule, environment).map_err(|e| println!("refused: {e:?}\n{source}")).ok()
}

/// Whether both backends agree on a batch; gives how many rules are vectorised, and how many are not
/// because they collect items, which is done by rows.
fn agree(source: &str, policy: &Compiled, data: &Data, batch: &RecordBatch) -> (usize, usize) {
    let vectorised = Vectorised::new(policy, data).unwrap();
    let expected = Reference.decide(policy, batch, data).unwrap();
    let decided = vectorised.decide(std::slice::from_ref(batch), 1).unwrap().remove(0);
    for (row, (expected, decided)) in expected.iter().zip(&decided).enumerate() {
        assert_eq!(expected, decided, "row {row}: {:?}\n{source}", batch.slice(row, 1));
    }
    let rules: Vec<usize> = (0..policy.program().unwrap().violations.len()).collect();
    let verdicts = Reference.verdicts(policy, batch, data, &rules).unwrap();
    let mut counts = vec![(0, 0); rules.len()];
    for row in verdicts.iter().flatten() {
        for (verdict, (violated, undetermined)) in row.iter().zip(&mut counts) {
            *violated += u64::from(*verdict == Verdict::Violated);
            *undetermined += u64::from(*verdict == Verdict::Undetermined);
        }
    }
    let tally = vectorised.tally(std::slice::from_ref(batch), 1).unwrap();
    if tally.rules != counts {
        for (row, verdicts) in verdicts.iter().enumerate() {
            let tally = vectorised.tally(&[batch.slice(row, 1)], 1).unwrap();
            println!("row {row}: {verdicts:?}, by columns {:?}", tally.rules);
        }
    }
    assert_eq!(tally.rules, counts, "{source}");
    let skipped = verdicts.iter().filter(|row| row.is_none()).count();
    assert_eq!(tally.not_applicable, u64::try_from(skipped).unwrap(), "{source}");
    let backends = vectorised.backends();
    let why = |wanted: fn(&str) -> bool| {
        backends.iter().filter(|b| b.by_rows.as_deref().is_some_and(wanted)).count()
    };
    let collecting = why(|why| {
        ["it uses a rule that keeps a list", "it makes a set of values that it computes"]
            .contains(&why)
    });
    (backends.iter().filter(|b| b.by_rows.is_none()).count(), collecting)
}

#[test]
fn both_backends_agree_on_generated_policies_and_rows() {
    let (data, rows) = (data(), 60);
    let environment = environment(&data);
    let (mut pairs, mut rules, mut by_columns, mut collecting, mut refused) = (0, 0, 0, 0, 0);
    let (mut conforming, mut violating, mut undetermined, mut skipped) = (0, 0, 0, 0);
    for seed in 0..policies() {
        let mut random = Random(seed);
        let source = generate::policy(&mut random);
        // Now and then types don't meet; the front end says so.
        let Some(policy) = compiled(&source, &environment) else {
            refused += 1;
            continue;
        };
        let shape = Shape {
            nulls: [0, 10, 50][usize::try_from(seed % 3).unwrap()],
            dictionaries: seed % 2 == 0,
        };
        let batch = batch(&mut random, rows, shape);
        let (vectorised, collects) = agree(&source, &policy, &data, &batch);
        (by_columns, collecting) = (by_columns + vectorised, collecting + collects);
        rules += policy.program().unwrap().violations.len();
        pairs += rows;
        for decision in Reference.decide(&policy, &batch, &data).unwrap() {
            match decision {
                Decision::Conforms => conforming += 1,
                Decision::Violates { .. } => violating += 1,
                Decision::Undetermined { .. } => undetermined += 1,
                Decision::NotApplicable => skipped += 1,
            }
        }
    }
    println!(
        "{pairs} (policy, row) pairs: {conforming} conform, {violating} violate, {undetermined} \
         undetermined, {skipped} not applicable; {by_columns} of {rules} rules vectorised"
    );
    assert!(refused * 20 < policies(), "{refused} policies are refused");
    assert!(by_columns * 3 > rules * 2, "{by_columns} of {rules} rules are vectorised");
    let others = rules - collecting;
    assert!(by_columns * 10 > others * 9, "{by_columns} of {others} rules are vectorised");
    for count in [conforming, violating, undetermined, skipped] {
        assert!(count * 50 > pairs, "the generator shows too little: {count} of {pairs}");
    }
}

/// How many policies; `TIEOUT_TEST_POLICIES` asks for more.
fn policies() -> u64 {
    std::env::var("TIEOUT_TEST_POLICIES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000)
}

/// Where all rules together could take more than a record's budget, the costliest are by rows.
#[test]
fn rules_that_share_a_budget_are_not_all_left_to_rows() {
    let data = data();
    let environment = environment(&data);
    let heavy = |number: usize| {
        format!(
            "violation contains {{\"code\": \"h{number}\"}} if count([t | some t in input.tags; count(split(t, \"{number}\")) < 9]) > 1\n"
        )
    };
    let light =
        "violation contains {\"code\": \"light\"} if count({t | some t in input.tags}) > 1\n";
    let all = (0..12).map(heavy).chain([light.to_owned()]).collect::<String>();
    let policy = compiled(&format!("package t\n{all}"), &environment).unwrap();
    let batch = batch(&mut Random(7), 400, Shape { nulls: 10, dictionaries: true });
    let (vectorised, _) = agree(&all, &policy, &data, &batch);
    assert!((1..13).contains(&vectorised), "{vectorised}");
    let backends = Vectorised::new(&policy, &data).unwrap().backends();
    assert_eq!(backends[12].by_rows, None);
    let why = backends.iter().find_map(|b| b.by_rows.clone()).unwrap();
    assert!(why.ends_with("steps, more than its budget of 200000"), "{why}");
}
