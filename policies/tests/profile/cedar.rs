//! Cedar rules: who approved what.

use crate::harness::{batch, data, environment, told};
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Compiled, Diagnostic, compile};
use tieout_policies::evaluate::{Evaluator, Reference};

/// The approver is `region`, the change `sku`, its author `cost_centre`.
const REQUEST: &str = "principal: {type: User, id: region}
action: approve
resource:
  type: Change
  id: sku
  attributes:
    author: {entity: User, column: cost_centre}
    size: {column: number, optional: true}
    urgent: {column: flag, optional: true}
    tags: {column: tags, optional: true}
";

const PERMIT: &str = "permit (principal, action == Action::\"approve\", resource);\n";

const AUTHOR: &str = "@code(\"author-approves\")
@message(\"the approver wrote the change; a semicolon\")
forbid (principal, action == Action::\"approve\", resource)
when { principal == resource.author }; // done;
";

fn compiled(source: &str, request: &str) -> Result<Compiled, Vec<Diagnostic>> {
    let rule = Rule {
        name: "t".into(),
        language: Language::Cedar,
        path: "t/t/rule.cedar".into(),
        source: source.into(),
        request: Some(request.into()),
    };
    compile(&rule, &environment())
}

fn decided(source: &str, fields: crate::harness::Fields<'_>) -> String {
    let compiled = compiled(source, REQUEST).unwrap();
    told(&Reference.decide(&compiled, &batch(fields), &data()).unwrap()[0])
}

#[test]
fn a_forbid_that_applies_is_a_fact() {
    let policies = format!("{PERMIT}{AUTHOR}");
    let record = |approver| [("sku", "c1"), ("cost_centre", "ann"), ("region", approver)];
    assert_eq!(decided(&policies, &record("bob")), "conforms");
    let expected = "violates | author-approves message=the approver wrote the change; a semicolon";
    assert_eq!(decided(&policies, &record("ann")), expected);
    let compiled = compiled(&policies, REQUEST).unwrap();
    assert_eq!(compiled.columns(), ["number", "flag", "cost_centre", "region", "sku", "tags"]);
    let decisions = Reference.decide(&compiled, &batch(&record("ann")), &data()).unwrap();
    let rule = &decisions[0].facts()[0].rule;
    assert_eq!((rule.line, rule.last_line), (2, 5));
}

#[test]
fn what_nothing_permits_is_denied() {
    let record = [("sku", "c1"), ("cost_centre", "ann"), ("region", "bob")];
    let told = decided(AUTHOR, &record);
    assert_eq!(told, "violates | not-permitted message=no policy permits it");
}

#[test]
fn a_null_that_is_not_optional_is_undetermined() {
    let policies = format!("{PERMIT}{AUTHOR}");
    let told = decided(&policies, &[("sku", "c1")]);
    assert_eq!(told, "undetermined | null cost_centre; null region");
}

#[test]
fn a_policy_that_errs_is_never_passed_over() {
    let errs = "@code(\"too-large\")
forbid (principal, action, resource)
when { resource has size && resource.size * 9223372036854775807 > 5 };\n";
    let policies = format!("{PERMIT}{errs}{AUTHOR}");
    let record = |size, approver| {
        [("sku", "c1"), ("cost_centre", "ann"), ("region", approver), ("number", size)]
    };
    assert_eq!(decided(&policies, &record("1", "bob")), "violates | too-large");
    assert_eq!(decided(&policies, &record("-1", "bob")), "conforms");
    assert_eq!(decided(&policies, &record("2", "bob")), "undetermined | policy-error");
    let both = decided(&policies, &record("2", "ann"));
    assert!(both.starts_with("violates | author-approves"), "{both}");
    assert!(both.ends_with(" | policy-error"), "{both}");
    let absent = [("sku", "c1"), ("cost_centre", "ann"), ("region", "bob")];
    assert_eq!(decided(&policies, &absent), "conforms");
}

#[test]
fn values_of_each_kind() {
    let policies = format!(
        "{PERMIT}@code(\"u\") forbid (principal, action, resource)
when {{ resource has urgent && resource.urgent && resource has tags && resource.tags.contains(\"x\") }};"
    );
    let record = |tags| {
        [("sku", "c"), ("cost_centre", "a"), ("region", "b"), ("flag", "true"), ("tags", tags)]
    };
    assert_eq!(decided(&policies, &record("x,y")), "violates | u");
    assert_eq!(decided(&policies, &record("y")), "conforms");
}

#[test]
fn mistakes_are_told_before_any_record() {
    let told = |source: &str, request: &str| {
        let found = compiled(source, request).unwrap_err();
        let lines: Vec<_> =
            found.iter().map(|d| format!("{}:{} {}", d.path, d.line, d.code)).collect();
        lines.join(", ")
    };
    let unguarded = "@code(\"u\") forbid (principal, action, resource) when { resource.urgent };";
    let cases = [
        (format!("{PERMIT}permit (;"), "t/t/rule.cedar:2 cedar-syntax"),
        ("// nothing".to_owned(), "t/t/rule.cedar:1 cedar-syntax"),
        (
            format!("{PERMIT}\nforbid (principal, action, resource);"),
            "t/t/rule.cedar:3 cedar-missing-code",
        ),
        (format!("{PERMIT}{unguarded}"), "t/t/rule.cedar:2 cedar-validation"),
        (PERMIT.replace("approve", "aprove"), "t/t/rule.cedar:1 cedar-validation"),
        (
            "permit (principal == ?principal, action, resource);".to_owned(),
            "t/t/rule.cedar:1 cedar-syntax",
        ),
    ];
    for (source, expected) in cases {
        assert!(
            told(&source, REQUEST).starts_with(expected),
            "{source}: {}",
            told(&source, REQUEST)
        );
    }
    let requests = [
        REQUEST.replace("id: sku", "id: skew"),
        REQUEST.replace("column: flag", "column: amount"),
        REQUEST.replace("type: Change", "type: User"),
        REQUEST.replace("action: approve", "action: approve\nactor: x"),
        String::new(),
    ];
    for request in requests {
        let told = told(PERMIT, &request);
        assert!(told.starts_with("t/t/request.yaml:1 cedar-request"), "{request}: {told}");
    }
}
