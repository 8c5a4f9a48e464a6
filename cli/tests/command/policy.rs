//! The author's tools: what they print and how they end.

use crate::harness::Desk;

const RULE: &str = "package own.late

violation contains {\"code\": \"late\", \"actual\": input.days} if {
	input.days > 30
}
";

const TESTS: &str = "package own.late_test

import data.own.late

test_late if {
	{fact.code | some fact in late.violation} == {\"late\"} with input as {\"days\": 31}
}

test_missing if {
	late.undetermined == {{\"column\": \"days\", \"reason\": \"null\"}} with input as {}
}
";

fn desk(rule: &str, tests: &str) -> Desk {
    let desk = Desk::new();
    let bundle = "name: own\nversion: 1.0.0\nsources: []\nowner: a\napprover: b\n";
    desk.write("own/bundle.yaml", bundle);
    desk.write("own/late/rule.rego", rule);
    desk.write("own/late/rule_test.rego", tests);
    desk
}

#[test]
fn the_tests_of_a_folder_pass_or_are_named() {
    let desk = desk(RULE, TESTS);
    let ran = desk.tieout("policy test own --coverage");
    assert_eq!(
        ran.exits(0).out,
        "own/late/rule.rego: 2 of 2 parts covered\n2 tests passed, 0 failed\n100 % covered\n"
    );
    desk.write("own/late/rule.rego", &RULE.replace("> 30", "> 31"));
    let ran = desk.tieout("policy test own/late");
    let failed = "own/late/rule_test.rego:5 test_late: failed\n1 test passed, 1 failed\n";
    assert_eq!(ran.exits(1).out, failed);
    desk.tieout("policy test own -r missing").exits(0).prints(&["1 test passed"]);
}

#[test]
fn what_the_tests_never_reach_is_told_and_held_by_the_threshold() {
    let desk = desk(RULE, TESTS);
    let ran = desk.tieout("policy test own -r missing --coverage --threshold 51 --format json");
    let told: serde_json::Value = serde_json::from_str(&ran.exits(1).out).unwrap();
    assert_eq!(told["coverage_percent"], 50);
    let parts = &told["rules"][0]["coverage"];
    assert_eq!((&parts[0]["line"], &parts[0]["true"]), (&3.into(), &0.into()));
    assert_eq!((&parts[1]["line"], &parts[1]["undetermined"]), (&4.into(), &1.into()));
    desk.tieout("policy test own -r missing --threshold 50").exits(0);
}

#[test]
fn a_number_that_would_be_rounded_is_refused_with_its_place() {
    let tests = TESTS.replace("31", "31.00000000000000001");
    let ran = desk(RULE, &tests).tieout("policy test own");
    ran.exits(2).says(&[
        "error[test-number]",
        "own/late/rule_test.rego:6:",
        "write it as a string",
    ]);
}

#[test]
fn a_rule_without_tests_is_found() {
    let desk = desk(RULE, TESTS);
    std::fs::remove_file(desk.path("own/late/rule_test.rego")).unwrap();
    desk.tieout("policy test own").exits(1).prints(&["own/late/rule.rego: no tests"]);
    desk.tieout("policy test vat-10").exits(2).says(&["error[rule-not-found]", "did you mean"]);
}

#[test]
fn a_change_that_no_test_notices_is_listed() {
    let ran = desk(RULE, TESTS).tieout("policy mutate own");
    let out = &ran.exits(1).out;
    for told in [
        "own/late/rule.rego:4:13 comparison_boundary survived\n  input.days > 30\n  → input.days >= 30\n",
        "own/late/rule.rego:3:37 field_removed survived\n",
    ] {
        assert!(out.contains(told), "{out}");
    }
    let tests = format!(
        "{TESTS}
test_facts if {{
	late.violation == {{{{\"code\": \"late\", \"actual\": 31}}}} with input as {{\"days\": 31}}
	late.violation == set() with input as {{\"days\": 30}}
}}
"
    );
    let desk = desk(RULE, &tests);
    let ran = desk.tieout("policy mutate own --format json");
    let told: serde_json::Value = serde_json::from_str(&ran.exits(0).out).unwrap();
    assert_eq!((&told["percent"], &told["survived"]), (&100.into(), &0.into()));
    let entry = "- {operator: number_changed, before: input.days > 30, after: input.days > 31, reason: a}\n";
    desk.write("own/late/equivalent.yaml", entry);
    desk.tieout("policy mutate own").exits(2).says(&["error[not-mutated]", "notices"]);
}

#[test]
fn a_rule_is_looked_over() {
    let ran = desk(RULE, TESTS).tieout("policy lint own");
    ran.exits(1).says(&["warning[lint-metadata]", "own/late/rule.rego:1:1", "# title"]);
    let ran = Desk::new().tieout("policy lint billing");
    assert_eq!(ran.exits(0).out, "6 rules looked over, 0 remarks\n");
}

#[test]
fn sources_are_laid_out_in_place() {
    let desk = desk(&RULE.replace("\tinput.days", "  input.days  "), TESTS);
    let ran = desk.tieout("policy fmt --check own");
    assert_eq!(ran.exits(1).out, "own/late/rule.rego\n");
    assert_eq!(desk.tieout("policy fmt own/late/rule.rego").exits(0).out, RULE);
    desk.tieout("policy fmt --write own").exits(0).prints(&["own/late/rule.rego"]);
    assert_eq!(desk.tieout("policy fmt --check own").exits(0).out, "");
    desk.write("own/late/rule.rego", "x := 1 ~ 2\n");
    desk.tieout("policy fmt own").exits(2).says(&["error[rego-syntax]", "rule.rego:1:8"]);
}
