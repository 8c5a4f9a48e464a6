//! Amounts of different currencies don't meet.
//!
//! An amount's column has a column that states its currency. Sums, differences and comparisons of two
//! amounts with different ones are refused, unless the body says that the currencies are equal. What
//! an amount becomes by a product or a quotient is not known, so it may meet anything.

use super::ast::{Branch, Expr, ExprKind, Module, Operator, Statement};
use super::report::Report;
use crate::compile::Environment;
use std::collections::BTreeMap;
use tieout_controls::ColumnType;

/// Reports every meeting.
pub(super) fn check(module: &Module, environment: &Environment, report: &mut Report) {
    let (mut amounts, mut codes) = (BTreeMap::new(), BTreeMap::new());
    for column in &environment.input.columns {
        if let Some(currency) = environment.currencies.get(&column.name) {
            let of = if column.kind == ColumnType::String { &mut codes } else { &mut amounts };
            of.insert(column.name.as_str(), currency.as_str());
        }
    }
    for branch in module.rules.iter().flat_map(|rule| &rule.branches) {
        Body::new(&amounts, &codes).branch(branch, report);
    }
}

/// A body's knowledge.
#[derive(Clone)]
struct Body<'a> {
    /// Columns of amounts, with their currency columns.
    amounts: &'a BTreeMap<&'a str, &'a str>,
    /// Currency columns by the names that they have here.
    codes: &'a BTreeMap<&'a str, &'a str>,
    /// Names that the body binds to amounts, with their currency columns.
    locals: BTreeMap<&'a str, &'a str>,
    /// Currency columns that are equal here, and to which text.
    equal: Vec<(&'a str, &'a str)>,
    fixed: Vec<(&'a str, &'a str)>,
}

impl<'a> Body<'a> {
    fn new(amounts: &'a BTreeMap<&'a str, &'a str>, codes: &'a BTreeMap<&'a str, &'a str>) -> Self {
        let (locals, equal, fixed) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { amounts, codes, locals, equal, fixed }
    }

    fn branch(&mut self, branch: &'a Branch, report: &mut Report) {
        self.body(&branch.body, report);
        if let Some(value) = &branch.value {
            self.expression(value, report);
        }
    }

    fn body(&mut self, body: &'a [Statement], report: &mut Report) {
        for statement in body {
            if let Statement::Test(expr) = statement {
                self.learn(expr);
            }
        }
        for statement in body {
            self.statement(statement, report);
        }
    }

    fn statement(&mut self, statement: &'a Statement, report: &mut Report) {
        match statement {
            Statement::Test(expr) | Statement::Not { inner: expr, .. } => {
                self.expression(expr, report);
                self.unify(expr);
            }
            Statement::Bind { name, value, .. } => {
                self.expression(value, report);
                if let Some(currency) = self.currency(value) {
                    self.locals.insert(&name.text, currency);
                }
            }
            Statement::Some { collection, .. } => self.expression(collection, report),
            Statement::Every { collection, body, .. } => {
                self.expression(collection, report);
                self.clone().body(body, report);
            }
        }
    }

    /// `input.a == input.b` and `input.a == "EUR"`, of currency columns; `name = input.a` binds too.
    fn learn(&mut self, expr: &'a Expr) {
        let ExprKind::Binary { operator: Operator::Equal | Operator::Unify, left, right } =
            &expr.kind
        else {
            return;
        };
        let code = |side: &'a Expr| side.column().and_then(|name| self.codes.get(name)).copied();
        match (code(left), code(right)) {
            (Some(one), Some(other)) => self.equal.push((one, other)),
            (Some(one), None) | (None, Some(one)) => {
                let texts = [left, right].into_iter().filter_map(|side| match &side.kind {
                    ExprKind::String(text) => Some((one, text.as_str())),
                    _ => None,
                });
                self.fixed.extend(texts);
            }
            (None, None) => {}
        }
    }

    /// `name = input.amount`.
    fn unify(&mut self, expr: &'a Expr) {
        let ExprKind::Binary { operator: Operator::Unify, left, right } = &expr.kind else {
            return;
        };
        for (name, value) in [(left, right), (right, left)] {
            if let ExprKind::Variable(name) = &name.kind
                && let Some(currency) = self.currency(value)
            {
                self.locals.entry(name).or_insert(currency);
            }
        }
    }

    /// The currency column of an amount, where it is known.
    fn currency(&self, expr: &Expr) -> Option<&'a str> {
        match &expr.kind {
            ExprKind::Variable(name) => self.locals.get(name.as_str()).copied(),
            ExprKind::Negate(inner) => self.currency(inner),
            ExprKind::Binary { operator: Operator::Add | Operator::Subtract, left, right } => {
                self.currency(left).or_else(|| self.currency(right))
            }
            ExprKind::Call { function, arguments }
                if matches!(function.text.as_str(), "abs" | "decimal.round") =>
            {
                self.currency(arguments.first()?)
            }
            _ => self.amounts.get(expr.column()?).copied(),
        }
    }

    fn same(&self, one: &str, other: &str) -> bool {
        let equal = |(a, b): &(&str, &str)| [*a, *b] == [one, other] || [*b, *a] == [one, other];
        let fixed = |of: &str| self.fixed.iter().find(|(c, _)| *c == of).map(|(_, text)| *text);
        one == other
            || self.equal.iter().any(equal)
            || fixed(one).is_some_and(|text| fixed(other) == Some(text))
    }

    fn expression(&self, expr: &'a Expr, report: &mut Report) {
        if let ExprKind::Comprehension { key, item, body, .. } = &expr.kind {
            let mut inner = self.clone();
            inner.body(body, report);
            let head = key.as_deref().into_iter().chain([item.as_ref()]);
            return head.into_iter().for_each(|expr| inner.expression(expr, report));
        }
        if let ExprKind::Binary { operator, left, right } = &expr.kind
            && !matches!(operator, Operator::Multiply | Operator::In)
            && let (Some(one), Some(other)) = (self.currency(left), self.currency(right))
            && !self.same(one, other)
        {
            let message = format!(
                "an amount in `{one}` meets an amount in `{other}` with `{}`",
                operator.symbol()
            );
            let help = format!(
                "say `input.{one} == input.{other}` in the same body, or convert one of them by a rate"
            );
            report.add("rego-mixed-currency", expr.span, message, Some(help));
        }
        expr.children().into_iter().for_each(|child| self.expression(child, report));
    }
}
