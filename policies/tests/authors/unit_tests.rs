//! The tests of rules.

use crate::shipped;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::unit_test::{Ending, Setting, Suite};

/// What the READMEs of the shipped rules promise is what their tests hold.
#[test]
fn the_shipped_rules_pass_their_tests() {
    let mut wrong = Vec::new();
    for shipped in shipped::rules() {
        let mut suite = shipped.suite();
        for test in suite.tests().to_vec() {
            let ending = suite.run(&test);
            if ending != Ending::Passed {
                wrong.push(format!("{}:{} {}: {ending:?}", shipped.tests.0, test.line, test.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tests_reach_every_part_of_the_shipped_rules() {
    let mut missed = Vec::new();
    for shipped in shipped::rules() {
        let mut suite = shipped.suite();
        for test in suite.tests().to_vec() {
            suite.run(&test);
        }
        let coverage = suite.coverage();
        assert!(coverage.counts().1 > 1, "{}", shipped.rule.path);
        for part in coverage.parts.iter().filter(|part| !part.covered()) {
            missed.push(format!("{}:{}:{}", shipped.rule.path, part.line, part.column));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn each_definition_of_a_set_is_covered_for_itself() {
    let source = "package t

bad contains t if {
\tsome t in input.tags
\tt != \"a\"
}

bad contains \"flag\" if input.flag

violation contains {\"code\": \"x\"} if count(bad) > 0
";
    let tests = "package t_test

import data.t

test_bad if {
\tfound := {fact.code | some fact in t.violation} with input as {\"tags\": [\"b\"], \"flag\": false}
\tfound == {\"x\"}
}
";
    let (name, path) = ("t".to_owned(), "t/t/rule.rego".to_owned());
    let source = source.to_owned();
    let rule = Rule { name, path, language: Language::Rego, source, request: None };
    let mut suite = Suite::new(&rule, "rule_test.rego", tests, Setting::default()).unwrap();
    for test in suite.tests().to_vec() {
        assert_eq!(suite.run(&test), Ending::Passed);
    }
    let parts = suite.coverage().parts;
    let told: Vec<_> = parts.iter().map(|p| (p.line, p.column, p.held, p.failed)).collect();
    let expected = [
        (3, 14, 1, 0),
        (4, 7, 1, 0),
        (5, 2, 1, 0),
        (8, 14, 0, 0),
        (8, 24, 0, 1),
        (10, 1, 1, 0),
        (10, 37, 1, 0),
    ];
    assert_eq!(told, expected);
}
