//! `tieout policy decide`: what it prints, and its exit code.

#![cfg(test)]

use tieout_tests::{Ran, tieout, write};

const POLICY: &str = "package rates\n\nviolation contains {\"code\": \"dearer\", \"by\": by} if {\n\
    \tby := decimal.sub(input.new, input.old)\n\tdecimal.cmp(by, data.most) > 0\n}\n";

fn decide(policy: &str, document: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("p.rego"), policy);
    write(&folder.path().join("d.json"), document);
    write(&folder.path().join("data.json"), "{\"most\": \"0.10\"}");
    tieout(folder.path(), &["policy", "decide", "p.rego", "d.json", "--data", "data.json"])
}

#[test]
fn none_some_wrong_and_undecided_have_their_exit_codes() {
    let ran = decide(POLICY, r#"{"old": "1.00", "new": "1.10"}"#);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "[]\n", ""));
    let ran = decide(POLICY, r#"{"old": "1.00", "new": "1.101"}"#);
    let facts = "[\n  {\n    \"by\": \"0.101\",\n    \"code\": \"dearer\"\n  }\n]\n";
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (1, facts, ""));
    let ran = decide(POLICY, "{\"old\": \"1.00\",\n \"new\": 1.101}");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("error[document-json]: `/new` is a number"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--> d.json:2:"), "{}", ran.stderr);
    let ran = decide(&POLICY.replace("decimal.sub(input.new, input.old)", "input.new - 1"), "{}");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr.contains("--> p.rego:4:8") && ran.stderr.contains("decimal.sub(a, b)"),
        "{}",
        ran.stderr
    );
    let ran = decide(POLICY, r#"{"old": "1,00", "new": "1.101"}"#);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("error[document-failed]: `decimal.sub`"), "{}", ran.stderr);
    let ran = decide(
        &POLICY.replace("decimal.cmp(by, data.most) > 0", "input.new > input.old"),
        r#"{"old": "9.00", "new": "10.00"}"#,
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    let told = "error[document-comparison]: amounts would be compared as text\n --> p.rego:5:2\n  |\n\
        5 |  input.new > input.old\n  |  ^^^^^^^^^^^^^^^^^^^^^\n  = help: write `decimal.cmp(a, b)`, \
        which gives -1, 0 or 1\n";
    assert_eq!(ran.stderr, told);
}

#[test]
fn a_policy_without_facts_to_give_decides_nothing() {
    let ran = decide("package p\nallow := true\n", "{}");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("document-no-rule"), "{}", ran.stderr);
    let ran = decide("package p\nviolation if input.x\n", "{}");
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("`violation` is no set of facts"), "{}", ran.stderr);
}
