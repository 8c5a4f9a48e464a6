//! From the syntax tree to the typed tree: rules, helpers and bodies.

use super::ast::{self, Head, Span};
use super::check_helper::body_depth;
use super::function;
use super::refusal;
use super::report::{Report, did_you_mean};
use crate::compile::Environment;
use crate::tree::{ColumnUse, Expr, ExprKind, Program, Type, Violation};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Value;
use tieout_controls::decision::RuleRef;

/// Checks a file; the program is of use only if nothing was reported.
pub(crate) fn check(
    module: &ast::Module,
    path: &str,
    environment: &Environment,
    report: &mut Report,
) -> Program {
    let mut rules: BTreeMap<&str, Vec<&ast::Rule>> = BTreeMap::new();
    for rule in &module.rules {
        rules.entry(&rule.name.text).or_default().push(rule);
    }
    let columns = environment.input.columns.iter();
    let columns = columns.map(|c| ColumnUse { name: c.name.clone(), kind: c.kind, used: false });
    let program = Program { columns: columns.collect(), ..Program::default() };
    let (states, helper_depths) = (BTreeMap::new(), Vec::new());
    let mut checker = Checker { path, environment, rules, states, helper_depths, program, report };
    checker.names();
    checker.violations();
    checker.applicable();
    checker.rest();
    checker.program
}

pub(super) struct Checker<'a> {
    path: &'a str,
    pub(super) environment: &'a Environment,
    pub(super) rules: BTreeMap<&'a str, Vec<&'a ast::Rule>>,
    /// The helpers met, by name and argument types.
    pub(super) states: BTreeMap<(&'a str, Vec<Type>), State>,
    pub(super) helper_depths: Vec<u32>,
    pub(super) program: Program,
    pub(super) report: &'a mut Report,
}

/// How far the check of a helper is.
#[derive(Clone)]
pub(super) enum State {
    Open,
    Done(usize, Type),
    Failed,
}

/// The names that a body binds, and their places.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) names: Vec<(String, usize, Type)>,
    pub(super) frame: usize,
    /// What `=` bound, and what was read so far.
    pub(super) unified: Vec<(ast::Name, usize)>,
    pub(super) read: BTreeSet<usize>,
}

impl Scope {
    pub(super) fn add(&mut self, name: &str, ty: Type) -> usize {
        let local = self.frame;
        self.frame = self.frame.saturating_add(1);
        self.names.push((name.to_owned(), local, ty));
        local
    }

    pub(super) fn find(&self, name: &str) -> Option<&(String, usize, Type)> {
        self.names.iter().find(|(n, _, _)| n == name)
    }
}

impl<'a> Checker<'a> {
    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.report.add(code, span, message, help);
    }

    fn rule_ref(&self, rule: &ast::Rule) -> RuleRef {
        let (line, last_line) = (rule.name.span.line, rule.last_line);
        RuleRef { file: self.path.to_owned(), line, last_line }
    }

    /// What can be said of the names alone.
    fn names(&mut self) {
        let rules = std::mem::take(&mut self.rules);
        for (name, definitions) in &rules {
            let kinds = |f: fn(&Head) -> bool| definitions.iter().filter(|r| f(&r.head)).count();
            let sets = kinds(|h| matches!(h, Head::Contains));
            let functions = kinds(|h| matches!(h, Head::Function(_)));
            let Some(first) = definitions.first() else { continue };
            let span = first.name.span;
            let is_function = function::names().any(|f| f == *name);
            if matches!(*name, "input" | "data") || is_function || refusal::refusal(name).is_some()
            {
                let message = format!("`{name}` means something already");
                self.error("rego-name-taken", span, message, None);
            }
            if *name == "violation" && sets < definitions.len() {
                let help = "write `violation contains {\"code\": …} if { … }`".to_owned();
                self.error("rego-fact-shape", span, "`violation` must be a set", Some(help));
            } else if *name != "violation" && (1..definitions.len()).contains(&sets) {
                let message = format!("`{name}` is a set here and something else there");
                self.error("rego-name-taken", span, message, None);
            }
            let all = definitions.len();
            if functions > 0 && functions + kinds(|h| matches!(h, Head::Default)) < all {
                let message = format!("`{name}` is a rule here and a function there");
                self.error("rego-name-taken", span, message, None);
            }
            if kinds(|h| matches!(h, Head::Default)) > 1 {
                self.error("rego-name-taken", span, format!("`{name}` has two defaults"), None);
            }
        }
        self.rules = rules;
    }

    fn violations(&mut self) {
        let rules = self.rules.get("violation").cloned().unwrap_or_default();
        if rules.is_empty() {
            let help = "write `violation contains {\"code\": …} if { … }`".to_owned();
            let span = Span { line: 1, column: 1, length: 1 };
            let message = "the file has no rule `violation`";
            self.error("rego-no-violation", span, message, Some(help));
        }
        for rule in rules {
            let Some(branch) = rule.branches.first() else { continue };
            if rule.branches.len() > 1 {
                let message = "`violation` can't have an `else`";
                self.error("rego-unsupported", rule.name.span, message, None);
            }
            let mut scope = Scope::default();
            let body = self.body(&branch.body, &mut scope);
            let Some(value) = &branch.value else { continue };
            let fact = self.fact(value, &mut scope);
            self.unread(&scope);
            let Some(fact) = fact else { continue };
            let rule = self.rule_ref(rule);
            self.program.violations.push(Violation { rule, frame: scope.frame, body, fact });
        }
    }

    /// A name that `=` binds and nobody reads was meant to be compared with.
    pub(super) fn unread(&mut self, scope: &Scope) {
        let unread =
            |(name, local): &&(ast::Name, usize)| name.text != "_" && !scope.read.contains(local);
        for (name, _) in scope.unified.iter().filter(unread) {
            let message =
                format!("nothing is named `{}`, and nothing reads what `=` binds", name.text);
            let others = scope.names.iter().map(|(n, _, _)| n.as_str()).filter(|n| *n != name.text);
            let help = did_you_mean(&name.text, others.chain(self.rules.keys().copied()));
            self.error("rego-unknown-name", name.span, message, help);
        }
    }

    fn applicable(&mut self) {
        let Some(rule) = self.rules.get("applicable").and_then(|r| r.first()).copied() else {
            return;
        };
        let span = rule.name.span;
        if let Some((helper, ty)) = self.helper("applicable", &[], span) {
            if !ty.fits(&Type::Bool) {
                let message = format!("`applicable` is {ty}, not bool");
                self.error("rego-type-mismatch", span, message, None);
            }
            self.program.applicable = Some((helper, self.rule_ref(rule)));
        }
    }

    /// Rules that no violation needs are checked too; functions that nobody calls can't be.
    fn rest(&mut self) {
        let rules = self.rules.clone();
        for (name, definitions) in rules {
            let Some(first) = definitions.first() else { continue };
            let is_function = definitions.iter().any(|r| matches!(r.head, Head::Function(_)));
            if is_function && !self.states.keys().any(|(n, _)| *n == name) {
                let message = format!("the function `{name}` is never called");
                self.error("rego-unused-function", first.name.span, message, None);
            } else if !is_function && name != "violation" {
                self.helper(name, &[], first.name.span);
            }
        }
    }

    /// A node above its children, which is refused when the tree gets too high.
    pub(super) fn node(&mut self, kind: ExprKind, ty: Type, span: Span) -> Expr {
        let depth = self.depth_below(&kind).saturating_add(1);
        if depth > MAX_DEPTH {
            let message = "the expression is too deep, with the helpers it calls";
            self.error("rego-too-deep", span, message, None);
        }
        Expr { kind, ty, depth, span }
    }

    fn depth_below(&self, kind: &ExprKind) -> u32 {
        let most = |items: &[Expr]| items.iter().map(|e| e.depth).max().unwrap_or(0);
        match kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Parameter(_)
            | ExprKind::Run(_)
            | ExprKind::Local(_) => 0,
            ExprKind::Helper { helper, arguments } => {
                let below = self.helper_depths.get(*helper).copied().unwrap_or(0);
                most(arguments).max(below.saturating_add(2))
            }
            ExprKind::Call { arguments: items, .. }
            | ExprKind::Lookup { key: items, .. }
            | ExprKind::List(items) => most(items),
            ExprKind::Comprehension { key, item, body } => {
                let key = key.as_ref().map_or(0, |key| key.depth);
                item.depth.max(key).max(body_depth(body)).saturating_add(2)
            }
            ExprKind::EntryOr { map, key, default } => map.depth.max(key.depth).max(default.depth),
            ExprKind::EffectiveAt { key, when, .. } => most(key).max(when.depth),
            ExprKind::Map(pairs) => pairs.iter().map(|(_, e)| e.depth).max().unwrap_or(0),
            ExprKind::Cell { row: e, .. }
            | ExprKind::Present(e)
            | ExprKind::Defined(e)
            | ExprKind::Not(e)
            | ExprKind::Negate(e)
            | ExprKind::OrElse { default: e, .. } => e.depth,
            ExprKind::Entry { map: a, key: b }
            | ExprKind::Item { list: a, position: b }
            | ExprKind::Arithmetic { left: a, right: b, .. }
            | ExprKind::Sets { left: a, right: b, .. }
            | ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::Member { item: a, list: b } => a.depth.max(b.depth),
        }
    }
}

/// Whether an expression names a place whose emptiness can be asked for.
pub(super) fn is_place(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Column(_)
            | ExprKind::Lookup { .. }
            | ExprKind::Cell { .. }
            | ExprKind::Entry { .. }
            | ExprKind::Item { .. }
    )
}

pub(super) fn literal(value: Value, ty: Type, span: Span) -> Expr {
    leaf(ExprKind::Literal(value), ty, span)
}

/// An expression without parts.
pub(super) fn leaf(kind: ExprKind, ty: Type, span: Span) -> Expr {
    Expr { kind, ty, depth: 1, span }
}

/// How high a typed tree may be, helpers included: what a small thread's stack takes.
const MAX_DEPTH: u32 = 160;
