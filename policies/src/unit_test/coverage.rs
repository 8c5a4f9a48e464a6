//! Which parts of a rule its tests evaluate, and to what.

use crate::evaluate::{Seen, Trace};
use crate::rego::{self, ast};
use crate::tree::{Expr, ExprKind, Program, Statement};
use std::collections::BTreeMap;

/// The coverage of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The rules and statements in the order of the source.
    pub parts: Vec<Part>,
}

/// A rule or statement, and how often it came to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// How often it was true; of a rule, how often it gave a value.
    pub held: u64,
    /// How often it was false.
    pub failed: u64,
    /// How often it was undetermined.
    pub undetermined: u64,
}

impl Part {
    /// Whether any test reached it. A rule is reached where it gives a value.
    pub fn covered(&self) -> bool {
        [self.held, self.failed, self.undetermined] != [0; 3]
    }
}

impl Coverage {
    /// How many parts were reached, and how many there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.parts.iter().filter(|p| p.covered()).count(), self.parts.len())
    }
}

/// The coverage of a program that was compiled from that source.
pub(super) fn of(source: &str, program: &Program, trace: &Trace) -> Coverage {
    let module = rego::module(source);
    let mut rules: BTreeMap<&str, Vec<&ast::Rule>> = BTreeMap::new();
    for rule in module.rules.iter().filter(|rule| !matches!(rule.head, ast::Head::Default)) {
        rules.entry(&rule.name.text).or_default().push(rule);
    }
    let mut parts = Parts(BTreeMap::new());
    let violations = rules.remove("violation").unwrap_or_default();
    for (rule, violation) in violations.into_iter().zip(&program.violations) {
        let Some(branch) = rule.branches.first() else { continue };
        parts.add(rule.name.span, trace.of(&violation.fact));
        parts.body(&branch.body, &violation.body, trace);
    }
    for helper in &program.helpers {
        let Some(rules) = rules.get(helper.name.as_str()) else { continue };
        if rules.iter().any(|rule| matches!(rule.head, ast::Head::Contains)) {
            let set = helper.definitions.iter().flat_map(|d| &d.branches).map(|(set, _)| set);
            let collected = set.flat_map(collected);
            for (branch, (item, body)) in rules.iter().flat_map(|r| &r.branches).zip(collected) {
                let place = branch.value.as_ref().map_or(item.span, |value| value.span);
                parts.add(place, trace.of(item));
                parts.body(&branch.body, body, trace);
            }
            continue;
        }
        for (rule, definition) in rules.iter().zip(&helper.definitions) {
            for (branch, (value, body)) in rule.branches.iter().zip(&definition.branches) {
                let place = branch.value.as_ref().map_or(rule.name.span, |value| value.span);
                parts.add(place, trace.of(value));
                parts.body(&branch.body, body, trace);
            }
        }
    }
    let part = |((line, column), seen): ((u32, u32), Seen)| {
        let Seen { held, failed, unknown } = seen;
        Part { line, column, held, failed, undetermined: unknown }
    };
    Coverage { parts: parts.0.into_iter().map(part).collect() }
}

/// The items and bodies of a set's definitions, in their order.
fn collected(set: &Expr) -> Vec<(&Expr, &[Statement])> {
    match &set.kind {
        ExprKind::Comprehension { item, body, .. } => vec![(item, body)],
        ExprKind::Sets { left, right, .. } => {
            collected(left).into_iter().chain(collected(right)).collect()
        }
        _ => Vec::new(),
    }
}

/// What was seen by place: a function has a tree for each list of argument types, and one place.
struct Parts(BTreeMap<(u32, u32), Seen>);

impl Parts {
    fn add(&mut self, place: ast::Span, seen: Seen) {
        let all = self.0.entry((place.line, place.column)).or_default();
        all.held = all.held.saturating_add(seen.held);
        all.failed = all.failed.saturating_add(seen.failed);
        all.unknown = all.unknown.saturating_add(seen.unknown);
    }

    fn body(&mut self, written: &[ast::Statement], checked: &[Statement], trace: &Trace) {
        for (written, checked) in written.iter().zip(checked) {
            self.add(place(written), trace.of(checked));
            if let (ast::Statement::Every { body: written, .. }, Statement::Every { body, .. }) =
                (written, checked)
            {
                self.body(written, body, trace);
            }
        }
    }
}

fn place(statement: &ast::Statement) -> ast::Span {
    match statement {
        ast::Statement::Test(expr) => expr.span,
        ast::Statement::Bind { name, .. } => name.span,
        ast::Statement::Some { item, .. } | ast::Statement::Every { item, .. } => item.span,
        ast::Statement::Not { span, .. } => *span,
    }
}
