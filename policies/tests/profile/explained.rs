//! What is told of why a record has its verdict.

use crate::harness::{Fields, batch, compiled, data};
use tieout_policies::evaluate::Verdict;
use tieout_policies::explain::{Explanation, explain};

fn explained(body: &str, fields: Fields<'_>) -> Explanation {
    let policy = compiled(&format!("violation contains {{\"code\": \"c\"}} if {{\n\t{body}\n}}\n"));
    explain(&policy, &batch(fields), 0, &data()).unwrap()
}

#[test]
fn each_statement_is_told_with_its_values_until_one_is_false() {
    let told = explained(
        "input.number > 3\n\tinput.sku == \"A\"\n\tinput.flag",
        &[("number", "5"), ("sku", "B")],
    );
    let rule = &told.rules.unwrap()[0];
    assert_eq!(rule.verdict, Verdict::Held);
    let steps: Vec<_> = rule.steps.steps.iter().map(|s| (s.place.line, s.told.as_str())).collect();
    assert_eq!(steps, [(3, "true"), (4, "false")]);
    let values: Vec<_> =
        rule.steps.steps.iter().flat_map(|s| &s.values).map(|(_, v)| v.as_str()).collect();
    assert_eq!(values, ["5", "\"B\""]);
    let told = explained("input.number > 3", &[]);
    assert_eq!(
        told.rules.unwrap()[0].steps.steps[0].told,
        "undetermined: `number`: value is missing"
    );
}

#[test]
fn a_long_evaluation_is_cut_and_says_so() {
    let cut = |last: u32| {
        let told = explained(&format!("some i in numbers.range(1, {last})\n\ti > {last}"), &[]);
        let rule = &told.rules.unwrap()[0];
        assert_eq!(rule.verdict, Verdict::Held, "{last}");
        rule.steps.cut
    };
    assert!(!cut(3));
    assert!(cut(6_000));
}
