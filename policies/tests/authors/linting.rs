//! What the linter finds.

use crate::shipped;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::lint::lint;
use tieout_policies::unit_test::Setting;

const METADATA: &str = "# METADATA
# title: A
# description: B
# custom:
#   severity: low
#   references: [C]
";

/// The remarks on a rule whose tests give a flag, a text and a number: `line:column code`.
fn remarks(source: &str) -> Vec<String> {
    let rule = Rule {
        name: "t".into(),
        language: Language::Rego,
        path: "t/t/rule.rego".into(),
        source: source.into(),
        request: None,
    };
    let tests = r#"record := {"flag": true, "name": "a", "days": 1}"#;
    let found = lint(&rule, &Setting::default(), Some(tests)).unwrap();
    found.iter().map(|d| format!("{}:{} {}", d.line, d.column, d.code)).collect()
}

#[test]
fn the_shipped_rules_are_without_remark() {
    for shipped in shipped::rules() {
        let found = lint(&shipped.rule, &shipped.setting, Some(&shipped.tests.1)).unwrap();
        assert_eq!(found, [], "{}", shipped.rule.path);
    }
}

#[test]
fn a_not_over_a_nullable_column_wants_a_guard() {
    let body = |body: &str| {
        let rule = "package t\nviolation contains {\"code\": \"x\"} if {\n";
        remarks(&format!("{METADATA}{rule}{body}\n}}\n"))
    };
    let null = ["9:1 lint-null-under-not"];
    assert_eq!(body("not startswith(input.name, \"a\")"), null);
    assert_eq!(body("not input.flag"), null);
    assert_eq!(body("not input.days in {1, 2}"), null);
    assert_eq!(body("not input.name"), Vec::<String>::new());
    assert_eq!(body("input.name != null\nnot startswith(input.name, \"a\")"), Vec::<String>::new());
    assert_eq!(body("input.name\nnot startswith(input.name, \"a\")"), Vec::<String>::new());
    let other = body("input.days != null\nnot startswith(input.name, \"a\")");
    assert_eq!(other, ["10:1 lint-null-under-not"]);
}

#[test]
fn everything_is_told_at_once() {
    let source = "# METADATA
# title: A
# custom:
#   severity: grave
#   colour: red
package t

violation contains {\"code\": \"x\"} if {
	date := input.days
	date > limit
}

limit := 3

orphan if input.days > other

other := 4
";
    assert_eq!(
        remarks(source),
        [
            "1:1 lint-metadata",
            "1:1 lint-metadata",
            "1:1 lint-metadata",
            "1:1 lint-metadata-key",
            "9:2 lint-shadowed-name",
            "15:1 lint-unused-rule",
            "17:1 lint-unused-rule",
        ]
    );
    let bare = "package t\nviolation contains {\"code\": \"x\"} if input.days > 3\n";
    assert_eq!(remarks(bare), ["1:1 lint-metadata"]);
}
