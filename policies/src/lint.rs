//! What is right by the language and yet not as it should be.
//!
//! - A `not` over an expression that reads a nullable column: where the column is null the rule is
//!   undetermined, which the author may not have meant. A statement before it that asks for the
//!   column itself (`input.x`, `input.x != null`) is a guard.
//! - A rule or function that neither `violation` nor `applicable` needs.
//! - A name that hides a function.
//! - A rule without a `# METADATA` block of title, description, severity and references, or with a
//!   key in it that nobody reads.

use crate::bundle::Rule;
use crate::compile::{Diagnostic, Metadata, compile};
use crate::data::Schema;
use crate::rego;
use crate::rego::ast::{self, Expr, ExprKind, Head, Pattern, Span, Statement};
use crate::rego::function;
use crate::unit_test::Setting;
use std::collections::{BTreeMap, BTreeSet};

/// Looks a rule over; `tests` is its test file, which may say what types its columns have.
///
/// # Errors
/// What is wrong with a rule that can't be compiled.
pub fn lint(
    rule: &Rule,
    setting: &Setting,
    tests: Option<&str>,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let environment = setting.environment_of(&rule.source, tests.unwrap_or_default());
    let compiled = compile(rule, &environment)?;
    let module = rego::module(&rule.source);
    let mut linter = Linter { path: &rule.path, rules: by_name(&module), found: Vec::new() };
    linter.metadata(compiled.metadata());
    linter.unused();
    for rule in &module.rules {
        linter.names(rule);
        for branch in &rule.branches {
            linter.negations(&branch.body, &environment.input, &mut BTreeSet::new());
        }
    }
    let mut found = linter.found;
    found.sort_by(|a, b| (a.line, a.column, a.code).cmp(&(b.line, b.column, b.code)));
    Ok(found)
}

type Rules<'a> = BTreeMap<&'a str, Vec<&'a ast::Rule>>;

fn by_name(module: &ast::Module) -> Rules<'_> {
    let mut rules = Rules::new();
    for rule in &module.rules {
        rules.entry(&rule.name.text).or_default().push(rule);
    }
    rules
}

struct Linter<'a> {
    path: &'a str,
    rules: Rules<'a>,
    found: Vec<Diagnostic>,
}

impl Linter<'_> {
    fn add(&mut self, code: &'static str, span: Span, message: String, help: &str) {
        let Span { line, column, length } = span;
        let (path, help) = (self.path.to_owned(), Some(help.to_owned()));
        self.found.push(Diagnostic { code, path, line, column, length, message, help });
    }

    fn metadata(&mut self, blocks: &[Metadata]) {
        let first = Span { line: 1, column: 1, length: 1 };
        let Some(block) = blocks.first() else {
            let help = "begin with `# METADATA`, `# title: …`, `# description: …`, `# custom: …`";
            self.add("lint-metadata", first, "the rule has no metadata block".to_owned(), help);
            return;
        };
        let span = Span { line: block.line, ..first };
        let text = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
        let severity = block.custom.get("severity").and_then(|s| s.as_str());
        let severity = severity.is_some_and(|s| SEVERITIES.contains(&s));
        let references = block.custom.get("references").and_then(|r| r.as_array());
        let references = references.is_some_and(|r| !r.is_empty());
        let wanted = [
            ("title", text(&block.title), "write `# title: …`"),
            ("description", text(&block.description), "write `# description: …`"),
            ("custom.severity", severity, "one of `low`, `medium`, `high`, `critical`"),
            ("custom.references", references, "a list of the sources that the rule rests on"),
        ];
        for (name, there, help) in wanted {
            if !there {
                let message = format!("the metadata block has no `{name}` that can be used");
                self.add("lint-metadata", span, message, help);
            }
        }
        for block in blocks {
            for key in block.custom.keys().filter(|key| !CUSTOM.contains(&key.as_str())) {
                let span = Span { line: block.line, ..first };
                let message = format!("nobody reads `custom.{key}` of a metadata block");
                let help = "the keys are `code`, `references` and `severity`";
                self.add("lint-metadata-key", span, message, help);
            }
        }
    }

    /// Rules that nothing reaches from `violation` and `applicable`.
    fn unused(&mut self) {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec!["violation", "applicable"];
        while let Some(name) = open.pop() {
            if reached.insert(name) {
                let rules = self.rules.get(name).into_iter().flatten();
                rules.for_each(|rule| open.extend(named(rule)));
            }
        }
        let all = self.rules.iter().filter(|(name, _)| !reached.contains(*name));
        let unused: Vec<_> =
            all.filter_map(|(_, rules)| rules.first().map(|rule| rule.name.clone())).collect();
        for name in unused {
            let message = format!("neither `violation` nor `applicable` needs `{}`", name.text);
            self.add("lint-unused-rule", name.span, message, "take it out");
        }
    }

    /// Names that hide a function, or the first word of one.
    fn names(&mut self, rule: &ast::Rule) {
        let mut names: Vec<&ast::Name> = vec![&rule.name];
        if let Head::Function(patterns) = &rule.head {
            names.extend(patterns.iter().filter_map(|pattern| match pattern {
                Pattern::Name(name) => Some(name),
                Pattern::Wildcard | Pattern::Literal(_) => None,
            }));
        }
        rule.branches.iter().for_each(|branch| bound(&branch.body, &mut names));
        for name in names {
            let hides = |function: &str| {
                function == name.text
                    || function.split_once('.').is_some_and(|(first, _)| first == name.text)
            };
            if function::names().any(hides) {
                let message = format!("`{}` hides what functions are called by", name.text);
                self.add("lint-shadowed-name", name.span, message, "choose another name");
            }
        }
    }

    /// `guarded` are the columns that statements before ask for.
    fn negations(&mut self, body: &[Statement], input: &Schema, guarded: &mut BTreeSet<String>) {
        for statement in body {
            match statement {
                Statement::Test(expr) => guarded.extend(guard(expr)),
                Statement::Not { inner, span } => self.negation(inner, *span, input, guarded),
                Statement::Every { body, .. } => {
                    self.negations(body, input, &mut guarded.clone());
                }
                Statement::Bind { .. } | Statement::Some { .. } => {}
            }
        }
    }

    fn negation(&mut self, inner: &Expr, span: Span, input: &Schema, guarded: &BTreeSet<String>) {
        // `not input.x` asks whether it is there, unless it is a truth value.
        let place = inner.column();
        let truth = |name: &str| {
            let kind = input.columns.iter().find(|c| c.name == name).map(|c| c.kind);
            kind == Some(tieout_controls::ColumnType::Bool)
        };
        if place.is_some_and(|name| !truth(name)) {
            return;
        }
        let mut read = BTreeSet::new();
        columns(inner, &mut read);
        for name in read.iter().filter(|name| !guarded.contains(**name)) {
            let nullable = input.columns.iter().any(|c| c.name == **name && c.nullable);
            if nullable {
                let message = format!("`not` is undetermined where `input.{name}` is null");
                let help = format!("say what null means before it, such as `input.{name} != null`");
                self.add("lint-null-under-not", span, message, &help);
            }
        }
    }
}

/// The names that a rule calls or reads.
fn named(rule: &ast::Rule) -> BTreeSet<&str> {
    let mut all = Vec::new();
    for branch in &rule.branches {
        all.extend(&branch.value);
        all.extend(ast::expressions(&branch.body));
    }
    let mut names = BTreeSet::new();
    while let Some(expr) = all.pop() {
        match &expr.kind {
            ExprKind::Variable(name) => drop(names.insert(name.as_str())),
            ExprKind::Call { function, .. } => drop(names.insert(function.text.as_str())),
            _ => {}
        }
        all.extend(expr.children());
    }
    names
}

/// The names that a body binds.
fn bound<'a>(body: &'a [Statement], names: &mut Vec<&'a ast::Name>) {
    for statement in body {
        match statement {
            Statement::Bind { name, .. } => names.push(name),
            Statement::Some { key, item, .. } => names.extend(key.iter().chain([item])),
            Statement::Every { key, item, body, .. } => {
                names.extend(key.iter().chain([item]));
                bound(body, names);
            }
            Statement::Test(_) | Statement::Not { .. } => {}
        }
    }
}

/// The columns that an expression reads.
fn columns<'a>(expr: &'a Expr, read: &mut BTreeSet<&'a str>) {
    match expr.column() {
        Some(name) => drop(read.insert(name)),
        None => expr.children().into_iter().for_each(|child| columns(child, read)),
    }
}

/// The column that a statement asks for: `input.x` or `input.x != null`.
fn guard(expr: &Expr) -> Option<String> {
    let asked = match &expr.kind {
        ExprKind::Binary { operator: ast::Operator::NotEqual, left, right }
            if matches!(right.kind, ExprKind::Null) =>
        {
            left
        }
        _ => expr,
    };
    asked.column().map(str::to_owned)
}

const SEVERITIES: [&str; 4] = ["critical", "high", "low", "medium"];
const CUSTOM: [&str; 3] = ["code", "references", "severity"];
