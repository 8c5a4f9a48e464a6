//! The tests of rules.

use crate::shipped;
use tieout_policies::unit_test::Ending;

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
