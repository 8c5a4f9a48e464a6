//! Policies meant to do harm, in both paths: each ends, and in the words that a user sees.

use super::{codes, decide_within, failure, limits, refusals};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tieout_controls::Decision;
use tieout_controls::decision::Reason;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Compiled, Diagnostic, Environment, compile};
use tieout_policies::data::{Data, RunDates};
use tieout_policies::document::Limits;
use tieout_policies::evaluate::{Evaluator, Reference};

/// The codes with which the record profile refuses a source.
fn record(text: &str) -> Vec<&'static str> {
    compiled(text).err().unwrap_or_default().iter().map(|d| d.code).collect()
}

fn compiled(text: &str) -> Result<Compiled, Vec<Diagnostic>> {
    let rule = Rule {
        name: "t".to_owned(),
        path: "t.rego".to_owned(),
        language: Language::Rego,
        source: text.to_owned(),
        request: None,
    };
    compile(&rule, &Environment::default())
}

/// Why the record profile can't tell about a record, which it says soon.
fn undetermined(text: &str) -> Vec<Reason> {
    let day = |month| chrono::NaiveDate::from_ymd_opt(2025, month, 1).unwrap();
    let run = RunDates { as_of: day(7), period_start: day(1), period_end: day(7) };
    let data = Data { tables: BTreeMap::new(), parameters: BTreeMap::new(), run };
    let column: ArrayRef = Arc::new(StringArray::from(vec!["only"]));
    let batch = RecordBatch::try_from_iter([("record", column)]).unwrap();
    let started = Instant::now();
    let decisions = Reference.decide(&compiled(text).unwrap(), &batch, &data).unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(matches!(decisions[0], Decision::Undetermined { .. }), "{decisions:?}");
    decisions[0].causes().iter().map(|cause| cause.reason).collect()
}

fn rule(body: &str) -> String {
    format!("package p\n\nviolation contains {{\"code\": \"c\"}} if {{\n\t{body}\n}}\n")
}

/// Whether a source is refused with one of these codes and no other.
fn refused(found: &[&str], codes: &[&str]) -> bool {
    !found.is_empty() && found.iter().all(|code| codes.contains(code))
}

#[test]
fn twenty_thousand_parentheses() {
    let text = rule(&format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000)));
    assert_eq!(codes(&text), ["rego-too-deep"]);
    assert_eq!(refusals(&text)[0].message, "nested too deeply");
    assert!(record(&text).contains(&"rego-too-deep"));
    let tall = rule(&format!("x := [1{}]", " | 1".repeat(20_000)));
    assert_eq!(codes(&tall), ["rego-too-deep"]);
}

#[test]
fn a_source_of_ten_megabytes() {
    let text = rule(&"true\n".repeat(2_000_000));
    assert_eq!(codes(&text), ["rego-too-large"]);
    assert_eq!(refusals(&text)[0].message, "the source is larger than 256 KiB");
    assert_eq!(record(&text), ["rego-too-large"]);
}

#[test]
fn deep_recursion() {
    let text = rule("f(20000)") + "f(n) := f(n)\n";
    assert_eq!(codes(&text), ["rego-recursion"]);
    assert_eq!(refusals(&text)[0].message, "`p.f` depends on itself");
    assert_eq!(record(&text), ["rego-recursion"]);
    let functions: String = (0..2000).map(|n| format!("f{n}(x) := f{}(x)\n", n + 1)).collect();
    let way = rule("f0(1)") + &functions + "f2000(x) := x\n";
    assert!(refused(&codes(&way), &["rego-too-deep"]), "{:?}", codes(&way));
    assert!(!record(&way).is_empty());
}

#[test]
fn a_bomb_of_a_range() {
    let text = rule("count(numbers.range(1, 30000000)) > 0");
    let message = "`numbers.range` would give more than 1000000 values".to_owned();
    assert_eq!(failure(&text, "{}"), ("document-limit", message));
    assert_eq!(undetermined(&text), [Reason::Limit]);
    let negated = rule("not numbers.range(1, 30000000)");
    assert_eq!(failure(&negated, "{}").0, "document-limit");
    let step = rule("numbers.range_step(1, 30000000, 2) != []");
    assert_eq!(failure(&step, "{}").0, "document-limit");
}

#[test]
fn a_bomb_of_a_pattern() {
    let text = rule("regex.match(`((a{1000}){1000}){1000}`, input.s)");
    let (code, message) = failure(&text, r#"{"s": "aaa"}"#);
    assert!(["document-limit", "document-failed"].contains(&code), "{code}: {message}");
    let literal = rule("regex.match(`((a{1000}){1000}){1000}`, \"aaa\")");
    assert!(!record(&literal).is_empty());
    let backtracking = rule("regex.match(`^(a+)+$`, input.s)");
    let document = format!("{{\"s\": \"{}b\"}}", "a".repeat(100_000));
    assert_eq!(super::decide(&backtracking, &document).unwrap(), Some(serde_json::json!([])));
}

#[test]
fn an_explosion_of_a_comprehension() {
    let text = rule(
        "xs := numbers.range(1, 1000)\n\tcount([1 | some a in xs; some b in xs; some c in xs; a == b; b == c]) > 0",
    );
    let short = Limits { time: Duration::from_millis(500), ..limits() };
    let failure = decide_within(short, &text, "{}").unwrap_err();
    assert_eq!(failure.diagnostic().code, "document-time");
    assert_eq!(failure.diagnostic().message, "the policy takes more time than it has");
    assert_eq!(undetermined(&text), [Reason::Limit]);
}

#[test]
fn bombs_of_text_and_of_values_within_values() {
    let wide = rule("x := sprintf(\"%1000000000d\", [1])");
    assert_eq!(failure(&wide, "{}").0, "document-limit");
    assert!(!record(&wide).is_empty());
    let double = |step: &str| {
        let steps: String = (1..60)
            .map(|n| format!("x{n} := {}\n\t", step.replace('X', &format!("x{}", n - 1))))
            .collect();
        steps
    };
    let texts = rule(&format!("x0 := \"a\"\n\t{}x59 != \"\"", double("concat(\"\", [X, X])")));
    assert_eq!(failure(&texts, "{}").0, "document-limit");
    assert_eq!(undetermined(&texts), [Reason::Limit]);
    let arrays = rule(&format!("x0 := [1]\n\t{}count(x59) > 0", double("array.concat(X, X)")));
    assert_eq!(failure(&arrays, "{}").0, "document-limit");
    assert_eq!(undetermined(&arrays), [Reason::Limit]);
    let nested = rule(&format!("x0 := [1]\n\t{}json.marshal(x59) != \"\"", double("[X, X]")));
    assert_eq!(failure(&nested, "{}").0, "document-limit");
    let result =
        format!("package p\nviolation := x59 if {{\n\tx0 := [1]\n\t{}}}", double("[X, X]"));
    assert_eq!(failure(&result, "{}").0, "document-limit");
}

/// The evaluator panics of it, in the release that is pinned.
#[test]
fn a_count_of_nothing() {
    let text = rule("strings.count(input.s, \"\") == 4");
    let found = super::decide(&text, r#"{"s": "abc"}"#).unwrap();
    assert_eq!(found, Some(serde_json::json!([{"code": "c"}])));
    let twice = rule("strings.count(\"aaaa\", \"aa\") == 2");
    assert_eq!(super::decide(&twice, "{}").unwrap(), Some(serde_json::json!([{"code": "c"}])));
    assert_eq!(record(&rule("strings.count(\"abc\", \"\") == 4")), [""; 0]);
}
