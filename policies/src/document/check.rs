//! What a document policy may not contain: calls outside the list, arithmetic on what may be
//! money, recursion.

use super::graph::{self, Tangle};
use super::names::{Names, Scope, prefix};
use super::walk::{self, Visit};
use super::{Source, capability, foreign, guard, order};
use crate::compile::Diagnostic;
use crate::rego::report::did_you_mean;
use regorus::unstable::{ArithOp, BoolOp, Expr, Module, Ref, Span, WithModifier};

/// Everything that is refused, in the order of the sources.
pub(super) fn check(modules: &[Ref<Module>], names: &Names, sources: &[Source]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for module in modules {
        let scope = Scope::of(module);
        let mut checker = Checker { scope: &scope, names, sources, found: Vec::new() };
        module.policy.iter().for_each(|rule| walk::rule(rule, &mut checker));
        found.append(&mut checker.found);
    }
    for (span, tangle) in graph::tangles(modules, names) {
        let (code, message, help) = match tangle {
            Tangle::Recursion(path) => {
                ("rego-recursion", format!("`{path}` depends on itself"), "unroll it")
            }
            Tangle::Depth => {
                let message = "too many rules and functions stand one on another".to_owned();
                ("rego-too-deep", message, "let fewer rules go through others")
            }
        };
        found.push(foreign::at(sources, &span, code, message, Some(help.to_owned())));
    }
    found.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    found.dedup();
    found
}

struct Checker<'a> {
    scope: &'a Scope,
    names: &'a Names,
    sources: &'a [Source],
    found: Vec<Diagnostic>,
}

impl Visit for Checker<'_> {
    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Call { fcn, params, .. } => {
                self.callable(fcn, Whether::Called);
                self.format(fcn, params.first().map(AsRef::as_ref));
            }
            Expr::Number { span, .. } if !is_whole(span.text()) => {
                let message = format!("`{}` would be rounded", span.text());
                self.add(span, "rego-number", message, "write it as a string, for `decimal.*`");
            }
            Expr::ArithExpr { span, op, lhs, rhs, .. } => self.arithmetic(span, op, lhs, rhs),
            Expr::UnaryExpr { span, expr, .. } if !is_integer(expr) => {
                let message = "`-` is not exact for amounts";
                self.add(span, "rego-inexact", message, "write `decimal.neg(x)`");
            }
            Expr::BoolExpr { span, op, lhs, rhs, .. } => self.comparison(span, op, lhs, rhs),
            _ => {}
        }
    }

    /// A `with` can put one function in the place of another.
    fn with(&mut self, with: &WithModifier) {
        if matches!(*with.r#as, Expr::Var { .. } | Expr::RefDot { .. }) {
            self.callable(&with.r#as, Whether::Named);
        }
    }
}

/// How a function is met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whether {
    Called,
    /// Where it could be any other value.
    Named,
}

impl Checker<'_> {
    fn add(&mut self, span: &Span, code: &'static str, message: impl Into<String>, help: &str) {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.found.push(foreign::at(self.sources, span, code, message.into(), help));
    }

    fn callable(&mut self, function: &Expr, how: Whether) {
        let path = prefix(function);
        let defined = self.scope.resolve(&path).is_some_and(|path| self.names.is_function(&path));
        if defined {
            return;
        }
        let name = path.join(".");
        match capability::judge(&name) {
            Some(Ok(())) => {}
            Some(Err(refused)) => {
                let message = format!("`{name}` can't be called: {}", refused.reason);
                self.add(function.span(), refused.code, message, refused.help.unwrap_or_default());
            }
            None if how == Whether::Called => {
                let own = self.names.functions().filter_map(|path| path.last());
                let known = own.map(String::as_str).chain(capability::names());
                let help = did_you_mean(&name, known).unwrap_or_default();
                let message = format!("no function is called `{name}`");
                self.add(function.span(), "rego-unknown-function", message, &help);
            }
            None => {}
        }
    }

    fn arithmetic(&mut self, span: &Span, op: &ArithOp, left: &Expr, right: &Expr) {
        let (symbol, help) = match op {
            ArithOp::Add => ("+", "write `decimal.add(a, b)`"),
            ArithOp::Sub if is_set(left) || is_set(right) => return,
            ArithOp::Sub => ("-", "write `decimal.sub(a, b)`"),
            ArithOp::Mul => ("*", "write `decimal.mul(a, b)`"),
            ArithOp::Div => ("/", "write `decimal.div(a, b, scale, mode)`"),
            ArithOp::Mod => {
                ("%", "write `decimal.sub(a, decimal.mul(b, decimal.div(a, b, 0, \"down\")))`")
            }
        };
        if *op == ArithOp::Div || !is_integer(left) || !is_integer(right) {
            let message = format!("`{symbol}` is not exact for amounts");
            self.add(span, "rego-inexact", message, help);
        }
    }

    /// Amounts are texts, and as texts `"9" > "10"` and `"1.0" != "1.00"`. What can be seen of it in
    /// the source is refused here, the rest when it happens ([`guard`]).
    fn comparison(&mut self, span: &Span, op: &BoolOp, left: &Expr, right: &Expr) {
        let order = !matches!(op, BoolOp::Eq | BoolOp::Ne);
        let text = |side: &Expr| is_amount(side) || (order && is_number_text(side));
        if text(left) || text(right) {
            let message = "amounts would be compared as text";
            self.add(span, "rego-inexact", message, guard::DECIMALS);
        }
    }

    fn format(&mut self, function: &Expr, format: Option<&Expr>) {
        let Some(text) = format.and_then(text).filter(|_| function.span().text() == "sprintf")
        else {
            return;
        };
        if let Some(verb) = rounding_verb(&text) {
            let message = format!("`%{verb}` is not exact for amounts");
            let help = "write `decimal.round(x, scale, mode)`, and `%v` for the result";
            self.add(function.span(), "rego-inexact", message, help);
        }
    }
}

/// The first verb of a format that prints a float.
pub(super) fn rounding_verb(format: &str) -> Option<char> {
    let mut parts = format.split('%');
    parts.next();
    let mut escaped = false;
    for part in parts {
        if escaped || part.is_empty() {
            escaped = !escaped && part.is_empty();
            continue;
        }
        let verb = part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().next();
        if let Some(verb) = verb.filter(|v| "eEfFgG".contains(*v)) {
            return Some(verb);
        }
    }
    None
}

fn text(literal: &Expr) -> Option<String> {
    match literal {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(|s| s.to_string())
        }
        _ => None,
    }
}

fn is_number_text(side: &Expr) -> bool {
    text(side).is_some_and(|text| order::is_amount(&text))
}

/// Whether it is the result of a function of decimals.
fn is_amount(side: &Expr) -> bool {
    let Expr::Call { fcn, .. } = side else { return false };
    let name = fcn.span().text();
    name.starts_with("decimal.") && name != "decimal.cmp"
}

fn is_set(operand: &Expr) -> bool {
    matches!(operand, Expr::Set { .. } | Expr::SetCompr { .. })
}

/// Whether an operand can be nothing but an integer.
pub(super) fn is_integer(operand: &Expr) -> bool {
    match operand {
        Expr::Number { .. } => true,
        Expr::Call { fcn, .. } => INTEGER.contains(&fcn.span().text()),
        Expr::UnaryExpr { expr, .. } => is_integer(expr),
        Expr::ArithExpr { op, lhs, rhs, .. } => {
            *op != ArithOp::Div && is_integer(lhs) && is_integer(rhs)
        }
        _ => false,
    }
}

/// Functions that give integers.
const INTEGER: &[&str] = &[
    "count",
    "decimal.cmp",
    "indexof",
    "strings.count",
    "time.add_date",
    "time.parse_duration_ns",
    "time.parse_ns",
    "time.parse_rfc3339_ns",
];

fn is_whole(lexeme: &str) -> bool {
    lexeme.strip_prefix('-').unwrap_or(lexeme).bytes().all(|b| b.is_ascii_digit())
}
