//! What a changed Cedar rule newly allows.

use tieout_controls::{ColumnType, Decision};
use tieout_policies::allowed::{Allowed, NotKnown, newly_allowed};
use tieout_policies::bundle::{Language, Rule, builtin};
use tieout_policies::compile::compile;
use tieout_policies::data::{Column, Schema};
use tieout_policies::evaluate::{Evaluator, Reference};

const REQUEST: &str = "principal: {type: User, id: approver}
action: approve
resource:
  type: Change
  id: change
  attributes:
    author: {entity: User, column: author}
    deployer: {entity: User, column: deployer, optional: true}
    kind: {column: kind}
    size: {column: size}
    before: {column: before}
    urgent: {column: urgent}
    tags: {column: tags}
    labels: {column: labels}
";

const PERMIT: &str = "permit (principal, action, resource);";

const COLUMNS: [(&str, ColumnType); 10] = [
    ("approver", ColumnType::String),
    ("change", ColumnType::String),
    ("author", ColumnType::String),
    ("deployer", ColumnType::String),
    ("kind", ColumnType::String),
    ("size", ColumnType::Integer),
    ("before", ColumnType::Integer),
    ("urgent", ColumnType::Bool),
    ("tags", ColumnType::StringList),
    ("labels", ColumnType::StringList),
];

/// Only `deployer` may be null.
fn input() -> Schema {
    let column = |(name, kind): &(&str, ColumnType)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        nullable: *name == "deployer",
    };
    Schema { columns: COLUMNS.iter().map(column).collect() }
}

fn rule(source: &str, request: &str) -> Rule {
    Rule {
        name: "t".into(),
        language: Language::Cedar,
        path: "t/t/rule.cedar".into(),
        source: source.into(),
        request: Some(request.into()),
    }
}

fn compared(before: &str, after: &str) -> Result<Allowed, NotKnown> {
    newly_allowed(&rule(before, REQUEST), &rule(after, REQUEST), &input(), &input())
}

fn unless(condition: &str) -> String {
    format!("{PERMIT}\n@code(\"no\") forbid (principal, action, resource) when {{ {condition} }};")
}

/// How many cases the second condition lets pass that the first one stops.
fn between(before: &str, after: &str) -> u64 {
    compared(&unless(before), &unless(after)).unwrap().cases
}

/// Whether anything is allowed by a weaker condition and nothing by the stronger one.
fn weaker(strong: &str, weak: &str) {
    assert!(between(strong, weak) > 0, "{strong} → {weak}");
    assert_eq!(between(weak, strong), 0, "{weak} → {strong}");
}

fn same(one: &str, other: &str) {
    assert_eq!(between(one, other), 0, "{one} → {other}");
    assert_eq!(between(other, one), 0, "{other} → {one}");
}

#[test]
fn permits_added_and_forbids_removed() {
    let of_kind = "permit (principal, action, resource) when { resource.kind == \"small\" };";
    let both =
        format!("{of_kind}\npermit (principal, action, resource) when {{ resource.urgent }};");
    let found = compared(of_kind, &both).unwrap();
    let example = "kind another value, urgent true; before: not-permitted";
    assert_eq!((found.tried, found.cases), (4, 1));
    assert_eq!(found.example.as_deref(), Some(example));
    assert_eq!(compared(&both, of_kind).unwrap().example, None);
    let found = compared(&unless("principal == resource.author"), PERMIT).unwrap();
    assert_eq!((found.tried, found.cases), (2, 1));
    let example = "author another value; before: no";
    assert!(found.example.unwrap().ends_with(example));
    // A scope is a condition, too.
    let ann = "permit (principal == User::\"ann\", action, resource);";
    assert_eq!(compared(ann, PERMIT).unwrap().cases, 1);
    assert_eq!(compared(PERMIT, ann).unwrap().cases, 0);
    let within = "permit (principal is User in User::\"ann\", action, resource);";
    assert_eq!(compared(within, ann).unwrap().cases, 0);
    assert_eq!(compared(ann, within).unwrap().cases, 0);
    let bob = "permit (principal == User::\"bob\", action == Action::\"approve\", resource);";
    let found = compared(ann, bob).unwrap();
    assert_eq!((found.tried, found.cases), (3, 1));
    assert_eq!(found.example.as_deref(), Some("approver \"bob\"; before: not-permitted"));
}

#[test]
fn conditions_weakened() {
    weaker("resource.size > 5", "resource.size > 6");
    weaker("resource.size >= 6", "resource.size == 9000000");
    weaker("resource.size > -3", "resource.size > -2");
    weaker("resource.size > 9223372036854775806", "resource.size > 9223372036854775807");
    weaker("resource.size >= resource.before", "resource.size > resource.before");
    weaker("resource.kind != \"a\"", "resource.kind == \"b\"");
    weaker("[\"a\", \"b\"].contains(resource.kind)", "resource.kind == \"b\"");
    weaker("resource.kind == \"a\\\"b\\n\"", "resource.kind == \"a\\\"b\"&& false");
    weaker("principal == User::\"a\\\"b\" || resource.urgent", "resource.urgent");
    weaker("[principal, User::\"x\"].contains(resource.author)", "principal == resource.author");
    weaker("principal in [resource.author, User::\"x\"]", "principal in resource.author");
    weaker("resource has deployer", "resource has deployer && principal == resource.deployer");
    weaker("resource.tags.contains(\"x\")", "resource.tags.containsAll([\"x\", \"y\"])");
    weaker("resource.tags.containsAny([\"x\", \"y\"])", "resource.tags.contains(\"y\")");
    weaker("!resource.tags.isEmpty()", "resource.tags.contains(\"x\")");
    weaker("resource.tags.contains(resource.kind)", "resource.tags == [resource.kind]");
    weaker(
        "resource.tags.containsAll(resource.labels)",
        "resource.tags == resource.labels && !resource.tags.isEmpty()",
    );
    weaker(
        "(if resource.urgent then resource.size else 3) > 2",
        "resource.size > 2 && resource.urgent",
    );
    weaker("resource.urgent", "resource.urgent && principal is User && resource.kind == \"\"");
}

/// Three persons who meet only by one another: which two are the same decides.
#[test]
fn equalities_among_columns() {
    let both =
        "resource has deployer && (principal == resource.author || principal == resource.deployer)";
    weaker(both, "resource has deployer && principal == resource.author");
    weaker(
        "resource has deployer && resource.author == resource.deployer",
        "resource has deployer && principal == resource.author && resource.author == resource.deployer",
    );
    weaker(
        "resource has deployer && principal != resource.author && resource.author != resource.deployer \
         && principal != resource.deployer",
        "false",
    );
}

#[test]
fn rewritten_without_effect() {
    same("resource.size > 5", "resource.size >= 6");
    same("resource.size > 5 && resource.size < 7", "resource.size == 6");
    same(
        "!(resource.urgent && resource.kind == \"a\")",
        "!resource.urgent || resource.kind != \"a\"",
    );
    same("principal == resource.author", "principal in resource.author");
    same("resource.tags.contains(\"x\")", "resource.tags.containsAny([\"x\"])");
    same(
        "resource.tags == resource.labels",
        "resource.tags.containsAll(resource.labels) && resource.labels.containsAll(resource.tags)",
    );
    same(
        "if resource.urgent then false else resource.size < 0",
        "!resource.urgent && 0 > resource.size",
    );
}

#[test]
fn what_cannot_be_listed_is_not_known() {
    let line = |condition: &str| compared(PERMIT, &unless(condition)).unwrap_err().to_string();
    let cases = [
        ("resource.kind like \"a*\"", "`like`"),
        ("resource.size + 1 > 5", "arithmetic"),
        ("-resource.size > 5", "arithmetic"),
        ("{a: resource.size}.a > 5", "an attribute of an attribute"),
        ("decimal(resource.kind).lessThan(decimal(\"1.0\"))", "`"),
    ];
    for (condition, construct) in cases {
        let told = line(condition);
        assert!(told.contains(construct), "{told}");
        assert!(told.starts_with("`t/t/rule.cedar` line "), "{told}");
    }
    let deep = format!("{}resource.urgent{}", "!(".repeat(90), ")".repeat(90));
    assert!(compared(PERMIT, &unless(&deep)).is_ok());
    let wide = vec!["resource.urgent"; 400].join(" && ");
    assert!(line(&wide).contains("nested"));
    let tags: Vec<_> = (0..20).map(|n| format!("\"{n}\"")).collect();
    let many = format!("resource.tags.containsAll([{}])", tags.join(", "));
    assert_eq!(compared(PERMIT, &unless(&many)), Err(NotKnown::TooMany));
}

#[test]
fn what_cannot_be_run_is_not_known() {
    let told = compared(PERMIT, "permit (;").unwrap_err().to_string();
    assert!(told.starts_with("`t/t/rule.cedar` line 1: "), "{told}");
    let mut other = input();
    other.columns[5].kind = ColumnType::String;
    let text = rule(PERMIT, REQUEST);
    let told = newly_allowed(&text, &text, &input(), &other).unwrap_err().to_string();
    assert_eq!(told, "the column `size` is integer for the old policy and string for the new one");
    let rego = Rule { language: Language::Rego, ..text.clone() };
    let told = newly_allowed(&rego, &text, &input(), &input()).unwrap_err().to_string();
    assert_eq!(told, "`t/t/rule.cedar` is no Cedar policy");
}

/// What a record's request is made of decides as much as the policies do.
#[test]
fn requests_changed() {
    let stops = unless("principal == resource.author");
    let of = |before: &str, after: &str| {
        newly_allowed(&rule(&stops, before), &rule(&stops, after), &input(), &input()).unwrap()
    };
    // The author is read from another column.
    let swapped = REQUEST.replace("column: author}", "column: kind}");
    let found = of(REQUEST, &swapped);
    assert!(found.cases > 0, "{found:?}");
    // A null that left a request undetermined is passed over.
    let required = REQUEST.replace("column: deployer, optional: true", "column: deployer");
    let found = of(&required, REQUEST);
    assert_eq!(found.example.as_deref().map(|e| e.ends_with("; before: undetermined")), Some(true));
    assert_eq!(of(REQUEST, &required).cases, 0);
    // A list with a null in it was undetermined, and is no longer read.
    let unread = REQUEST.replace("    tags: {column: tags}\n", "");
    assert!(of(REQUEST, &unread).example.unwrap().contains("tags [null]"));
    assert_eq!(of(&unread, REQUEST).cases, 0);
}

/// Each policy of the built-in rules is needed, and none of them allows more than itself.
#[test]
fn the_built_in_rules() {
    let columns = [
        (
            "gate",
            "rg-21",
            "approval_id:s person:s account_kind:s author:b acts_for_author:b releaser:b holds_role:b bound_to_diff:b decision:s",
        ),
        ("sod", "cm-02", "change_id:s approver:s author:s deployed_by:s"),
    ];
    for (bundle, name, columns) in columns {
        let rule = &builtin().unwrap()[bundle].rules[name];
        let column = |column: &str| {
            let (name, kind) = column.split_once(':').unwrap();
            let kind = if kind == "b" { ColumnType::Bool } else { ColumnType::String };
            Column { name: name.to_owned(), kind, nullable: true }
        };
        let input = Schema { columns: columns.split(' ').map(column).collect() };
        let found = newly_allowed(rule, rule, &input, &input).unwrap();
        assert_eq!((found.cases, found.example), (0, None), "{name}");
        let parts: Vec<_> = rule.source.split_inclusive(";\n").collect();
        let forbids =
            parts.iter().filter(|part| part.contains("\nforbid ") && part.ends_with(";\n"));
        let mut seen = 0;
        for part in forbids {
            let after = Rule { source: rule.source.replacen(part, "\n", 1), ..rule.clone() };
            let found = newly_allowed(rule, &after, &input, &input).unwrap();
            assert!(found.cases > 0, "{part}");
            assert!(part.contains(found.example.unwrap().rsplit(' ').next().unwrap()), "{part}");
            seen += 1;
        }
        assert!(seen >= 2, "{name}");
    }
}

/// The next number of a sequence that looks like chance (xorshift).
fn next(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap() % below
}

const ATOMS: [&str; 16] = [
    "principal == resource.author",
    "principal == resource.other",
    "resource.other == resource.author",
    "principal == User::\"ann\"",
    "resource.other == User::\"bob\"",
    "resource.urgent",
    "resource.size > 3",
    "resource.size <= 2",
    "resource.size == 5",
    "resource.tags.contains(\"x\")",
    "resource.tags.contains(resource.word)",
    "resource.tags.containsAll([\"x\", \"y\"])",
    "resource.tags.isEmpty()",
    "resource.word == \"x\"",
    "[\"x\", \"z\"].contains(resource.word)",
    "resource.tags == [\"y\", resource.word]",
];

fn condition(state: &mut u64, depth: usize) -> String {
    let atom = ATOMS[next(state, ATOMS.len())].to_owned();
    if depth == 0 {
        return atom;
    }
    let mut part = || condition(state, depth - 1);
    let (one, other) = (part(), part());
    match next(state, 4) {
        0 => format!("!({one})"),
        1 => format!("({one} || {other})"),
        2 => format!("(if {one} then {other} else {atom})"),
        _ => format!("({one} && {other})"),
    }
}

/// Records drawn at random never show what trying every case did not. Cedar itself decides them.
#[test]
fn no_record_at_random_shows_more() {
    let request = "principal: {type: User, id: region}\naction: approve\nresource:\n  type: Change
  id: service\n  attributes:\n    author: {entity: User, column: cost_centre}
    other: {entity: User, column: sku}\n    word: {column: word}\n    size: {column: number}
    urgent: {column: flag}\n    tags: {column: tags}\n";
    let request = request.replace("service", "sku").replace("column: word", "column: cost_centre");
    let environment = crate::harness::environment();
    let data = crate::harness::data();
    let mut state = 0x2545_f491_4f6c_dd1d;
    let (mut alike, mut shown) = (0, 0);
    for _ in 0..60 {
        let (old, more) = (condition(&mut state, 1), condition(&mut state, 1));
        let new = match next(&mut state, 3) {
            0 => format!("{old} || {more}"),
            1 => format!("{old} && {more}"),
            _ => more,
        };
        let [before, after] = [old, new].map(|condition| rule(&unless(&condition), &request));
        let found = newly_allowed(&before, &after, &environment.input, &environment.input);
        let found = match found {
            Ok(found) => found.cases,
            // What the validator finds to be always or never so may be an error of types.
            Err(NotKnown::Refused { .. } | NotKnown::TooMany) => continue,
            Err(other) => panic!("{other}"),
        };
        let compiled = [&before, &after].map(|rule| compile(rule, &environment).unwrap());
        let mut seen = false;
        for _ in 0..200 {
            let mut one = |from: &[&'static str]| from[next(&mut state, from.len())];
            let record = [
                ("region", one(&["ann", "bob", "x", "eve"])),
                ("cost_centre", one(&["ann", "bob", "x", "y", "eve"])),
                ("sku", one(&["ann", "bob", "x", "eve", "dan"])),
                ("number", one(&["-1", "0", "2", "3", "4", "5", "6", "99"])),
                ("flag", one(&["true", "false"])),
                ("tags", one(&["x", "y", "x,y", "x,y,eve", "w", "y,ann", "ann", "y,x,x"])),
            ];
            let record = crate::harness::batch(&record);
            let conforms = |compiled| {
                Reference.decide(compiled, &record, &data).unwrap()[0] == Decision::Conforms
            };
            seen |= conforms(&compiled[1]) && !conforms(&compiled[0]);
        }
        assert!(!seen || found > 0, "{}\n{}", before.source, after.source);
        alike += u32::from(found == 0);
        shown += u32::from(seen);
    }
    assert!(alike > 10 && shown > 10, "{alike} {shown}");
}
