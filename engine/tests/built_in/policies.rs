//! The gate's controls over a proposed change of policies.

use super::says;

/// A change of that subject; what `rest` states wins.
fn change(subject: &str, rest: &str) -> String {
    let rest: Vec<_> = rest.split_whitespace().collect();
    let names: Vec<_> = rest.iter().filter_map(|field| Some(field.split_once('=')?.0)).collect();
    let usual = ["kind=changed", "rule=b/r", "language=rego", "rule_changed=true"];
    let usual = usual.into_iter().filter(|field| {
        let name = field.split_once('=').unwrap().0;
        !names.contains(&name)
    });
    let mut fields = vec![format!("subject={subject}")];
    fields.extend(usual.chain(rest.iter().copied()).map(ToOwned::to_owned));
    fields.join(" ")
}

fn of_changes(id: &str, changes: &[(&str, &str)], expected: &[&str]) {
    let records: Vec<_> = changes.iter().map(|(subject, rest)| change(subject, rest)).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    says(id, &[("policy-change-1", &records)], expected);
}

/// Rules in Rego that are added or changed, or whose tests are; once, however many currencies.
#[test]
fn changed_rules_are_tested() {
    let clean = "tests=3 tests_failed=0 parts_not_covered=0 mutants=9 survivors=0 remarks=0";
    let twice = format!("{clean} currency=EUR");
    let other = format!("{clean} currency=CHF");
    let changes = [
        ("a", twice.as_str()),
        ("a", other.as_str()),
        ("b", "tests=3 tests_failed=1 parts_not_covered=2 mutants=9 survivors=1 remarks=4"),
        ("c", "tests=0"),
        ("d", "rule_changed=false tests_changed=true tests=0 survivors=0 remarks=0"),
        ("e", "rule_changed=false kind=added tests=0 survivors=0 remarks=0"),
        ("f", "rule_changed=false definition_changed=true tests=0"),
        ("g", "kind=removed"),
        ("h", "language=cedar"),
        ("i", "rule= language="),
        ("j", "language= tests=1 tests_failed=0 parts_not_covered=0 survivors=0 remarks=0"),
        ("k", ""),
    ];
    of_changes(
        "PG-01",
        &changes,
        &[
            "a: conforms",
            "b: violates test-fails part-not-covered",
            "c: violates untested",
            "d: violates untested",
            "e: violates untested",
            "k: undetermined ?tests ?tests ?tests_failed ?parts_not_covered ?tests",
            "j: undetermined ?language",
        ],
    );
    of_changes(
        "PG-02",
        &changes,
        &[
            "a: conforms",
            "b: violates mutants-survive",
            "c: undetermined ?survivors",
            "d: conforms",
            "e: conforms",
            "k: undetermined ?survivors",
            "j: undetermined ?language",
        ],
    );
    of_changes(
        "PG-03",
        &changes,
        &[
            "a: conforms",
            "b: violates lint-remark",
            "c: undetermined ?remarks",
            "d: conforms",
            "e: conforms",
            "k: undetermined ?remarks",
            "j: undetermined ?language",
        ],
    );
}

/// What moves in one of a subject's currencies moves.
#[test]
fn a_changed_verdict_has_a_version() {
    let raised = "old_version=0.1.0 new_version=0.2.0 version_raised=true comparison=compared";
    let with = |rest: &str| format!("{raised} {rest}");
    let changes = [
        ("a", with("starred=false loosened=0 tightened=0 currency=EUR")),
        ("a", with("starred=false loosened=0 tightened=1 currency=CHF")),
        ("b", with("starred=false loosened=0 tightened=0")),
        ("c", with("starred=true loosened=5 tightened=0").replace("=true compar", "=false compar")),
        ("d", with("starred=false").replace("=compared", "=not-possible")),
        ("e", with("starred=true").replace("=compared", "=not-possible")),
        ("f", with("starred=false").replace("=compared", "=not-asked")),
        ("g", with("starred=false").replace("=compared", "=of-the-gate")),
        ("h", with("kind=removed version_raised=").replace("version_raised=true ", "")),
        ("i", with("rule_changed=false starred= loosened=9 tightened=0")),
        ("j", "kind=added new_version=0.1.0 starred=true comparison=not-asked".to_owned()),
        ("k", "new_version=0.1.0 starred=true comparison=not-asked".to_owned()),
    ];
    let changes: Vec<_> = changes.iter().map(|(subject, rest)| (*subject, rest.as_str())).collect();
    of_changes(
        "PG-04",
        &changes,
        &[
            "a: violates not-starred",
            "b: conforms",
            "c: violates version-not-raised",
            "d: undetermined ?moves",
            "e: conforms",
            "f: violates not-starred",
            "g: violates not-starred",
            "j: conforms",
            "k: undetermined ?version_raised",
        ],
    );
}

/// A sum that isn't of all records is not known; where none has an amount they are counted.
#[test]
fn what_is_no_longer_found_has_limits() {
    let of = "comparison=compared loosened_without_amount=0";
    let changes = [
        ("a", format!("{of} loosened=100 loosened_amount=10000 currency=EUR")),
        ("a", format!("{of} loosened=3 loosened_amount=-10000.01 currency=CHF")),
        ("b", format!("{of} loosened=101 loosened_amount=1 currency=EUR")),
        ("c", format!("{of} loosened=0 loosened_amount=")),
        ("d", "comparison=compared loosened=9 loosened_without_amount=9".to_owned()),
        ("e", "comparison=compared loosened=9 loosened_without_amount=8 loosened_amount=1 currency=EUR".to_owned()),
        ("f", "comparison=not-possible".to_owned()),
        ("g", "comparison=not-asked".to_owned()),
        ("h", "comparison=of-the-gate".to_owned()),
    ];
    let changes: Vec<_> = changes.iter().map(|(subject, rest)| (*subject, rest.as_str())).collect();
    of_changes(
        "PG-05",
        &changes,
        &[
            "a/EUR: conforms",
            "a/CHF: violates loosened-amount",
            "b/EUR: violates loosened-records",
            "c: conforms",
            "d: conforms",
            "e/EUR: undetermined ?all_amount",
            "f: undetermined ?all_amount ?loosened ?loosened_without_amount ?loosened",
        ],
    );
}

#[test]
fn no_control_is_switched_off() {
    let of = "old_severity=high";
    let changes = [
        ("a", format!("{of} new_severity=high was_mandatory=true mandatory=true")),
        ("b", format!("{of} new_severity=medium was_mandatory=true mandatory=false currency=EUR")),
        ("b", format!("{of} new_severity=medium was_mandatory=true mandatory=false currency=CHF")),
        ("c", format!("{of} kind=removed was_mandatory=true")),
        ("d", format!("{of} kind=removed rule= language=")),
        ("e", "kind=added new_severity=low".to_owned()),
        ("b/r", "kind=removed".to_owned()),
        ("f", format!("{of} was_mandatory=false mandatory=false")),
    ];
    let changes: Vec<_> = changes.iter().map(|(subject, rest)| (*subject, rest.as_str())).collect();
    of_changes(
        "PG-06",
        &changes,
        &[
            "a: conforms",
            "b: violates no-longer-mandatory severity-lowered",
            "c: violates control-removed",
            "d: violates control-removed",
            "f: undetermined ?new_severity",
        ],
    );
}

#[test]
fn nothing_becomes_allowed_unseen() {
    let changes = [
        ("a", "language=cedar newly_allowed=0"),
        ("b", "language=cedar newly_allowed=3 newly_allowed_example=any"),
        ("c", "language=cedar"),
        ("d", "language=cedar kind=added"),
        ("e", "language=cedar rule_changed=false"),
        ("f", "language=rego"),
    ];
    of_changes(
        "PG-07",
        &changes,
        &["a: conforms", "b: violates became-allowed", "c: undetermined ?newly_allowed"],
    );
}
