//! From the syntax tree to the typed tree: columns, parameters, tables and their cells.

use super::ast::{self, Span};
use super::check::{Checker, Scope, leaf, literal};
use super::check_expression::wrong;
use super::report::did_you_mean;
use crate::tree::{Expr, ExprKind, RunDate, TableUse, Type};
use tieout_controls::Value;

impl Checker<'_> {
    pub(super) fn field(
        &mut self,
        base: &ast::Expr,
        name: &ast::Name,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        match root(base) {
            Root::Input => return self.column(name, span),
            Root::Data => {
                if self.table_of(name).is_some() {
                    let message = format!("`data.{}` is a table", name.text);
                    let help = format!("look a row up: `data.{}[key]`", name.text);
                    self.error("rego-table", span, message, Some(help));
                }
                return wrong();
            }
            Root::Member("parameters") => return self.parameter_named(name, span),
            Root::Member("run") => return self.run_date(name, span),
            Root::Member(_) => {
                let key = ast::Expr {
                    kind: ast::ExprKind::String(name.text.clone()),
                    span: name.span,
                    depth: 1,
                };
                return self.index(base, &key, scope, span);
            }
            Root::Other => {}
        }
        let typed = self.expression(base, scope);
        match typed.ty.clone() {
            Type::Row(table) => self.cell(typed, table, name, span),
            Type::Map(value) => {
                let key = literal(Value::String(name.text.clone()), Type::String, name.span);
                let kind = ExprKind::Entry { map: Box::new(typed), key: Box::new(key) };
                self.node(kind, *value, span)
            }
            Type::Wrong => wrong(),
            other => {
                let message = format!("{other} has no field `{}`", name.text);
                self.error("rego-type-mismatch", name.span, message, None);
                wrong()
            }
        }
    }

    /// `input.NAME`.
    pub(super) fn column(&mut self, name: &ast::Name, span: Span) -> Expr {
        let found = self.program.columns.iter_mut().enumerate().find(|(_, c)| c.name == name.text);
        if let Some((position, column)) = found {
            column.used = true;
            let ty = Type::of_column(column.kind);
            return leaf(ExprKind::Column(position), ty, span);
        }
        let help = did_you_mean(&name.text, self.program.columns.iter().map(|c| c.name.as_str()));
        let message = format!("the population has no column `{}`", name.text);
        self.error("rego-unknown-column", name.span, message, help);
        wrong()
    }

    fn parameter_named(&mut self, name: &ast::Name, span: Span) -> Expr {
        let Some(kind) = self.environment.parameters.get(&name.text).copied() else {
            let names = self.environment.parameters.keys().map(String::as_str);
            let help = did_you_mean(&name.text, names);
            let message = format!("the control has no parameter `{}`", name.text);
            self.error("rego-unknown-parameter", name.span, message, help);
            return wrong();
        };
        let known = self.program.parameters.iter().position(|(n, _)| *n == name.text);
        let position = known.unwrap_or_else(|| {
            self.program.parameters.push((name.text.clone(), kind));
            self.program.parameters.len().saturating_sub(1)
        });
        leaf(ExprKind::Parameter(position), Type::of_parameter(kind), span)
    }

    fn run_date(&mut self, name: &ast::Name, span: Span) -> Expr {
        let date = match name.text.as_str() {
            "as_of" => RunDate::AsOf,
            "period_start" => RunDate::PeriodStart,
            "period_end" => RunDate::PeriodEnd,
            other => {
                let help = did_you_mean(other, ["as_of", "period_start", "period_end"]);
                let message = format!("a run has no `{other}`");
                self.error("rego-unknown-name", name.span, message, help);
                return wrong();
            }
        };
        leaf(ExprKind::Run(date), Type::Date, span)
    }

    /// The table of that name, in the program's numbering.
    fn table_of(&mut self, name: &ast::Name) -> Option<usize> {
        let known = self.program.tables.iter().position(|t| t.name == name.text);
        if known.is_some() {
            return known;
        }
        if let Some(schema) = self.environment.tables.get(&name.text) {
            let table = TableUse { name: name.text.clone(), schema: schema.clone() };
            self.program.tables.push(table);
            return Some(self.program.tables.len().saturating_sub(1));
        }
        let own = ["parameters", "run"];
        let names = self.environment.tables.keys().map(String::as_str);
        let help = did_you_mean(&name.text, names.chain(own));
        let message = format!("there is no table `data.{}`", name.text);
        self.error("rego-unknown-table", name.span, message, help);
        None
    }

    /// The table that `data.NAME` is, if it is one.
    pub(super) fn table_named(&mut self, expr: &ast::Expr) -> Option<usize> {
        let ast::ExprKind::Field { base, name } = &expr.kind else { return None };
        let is_table = !matches!(name.text.as_str(), "parameters" | "run");
        (is_table && matches!(root(base), Root::Data)).then(|| self.table_of(name))?
    }

    fn cell(&mut self, row: Expr, table: usize, name: &ast::Name, span: Span) -> Expr {
        let Some(schema) = self.program.tables.get(table) else { return wrong() };
        let Some(column) = schema.schema.schema.index_of(&name.text) else {
            let names = schema.schema.schema.columns.iter().map(|c| c.name.as_str());
            let help = did_you_mean(&name.text, names);
            let message = format!("`data.{}` has no column `{}`", schema.name, name.text);
            self.error("rego-unknown-column", name.span, message, help);
            return wrong();
        };
        let kind = schema.schema.schema.columns.get(column).map(|c| c.kind);
        let ty = kind.map_or(Type::Wrong, Type::of_column);
        self.node(ExprKind::Cell { row: Box::new(row), table, column }, ty, span)
    }

    pub(super) fn index(
        &mut self,
        base: &ast::Expr,
        key: &ast::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        match root(base) {
            Root::Member("parameters" | "run") | Root::Input | Root::Data => {
                let message = "the name in brackets must be a literal string";
                self.error("rego-unsupported", key.span, message, None);
                return wrong();
            }
            Root::Member(_) => {
                let table = self.table_named(base);
                let key = self.key(table, key, scope);
                let Some(table) = table else { return wrong() };
                self.refuse_dated(table, span);
                return self.node(ExprKind::Lookup { table, key }, Type::Row(table), span);
            }
            Root::Other => {}
        }
        let typed = self.expression(base, scope);
        let key_span = key.span;
        let key = self.expression(key, scope);
        match typed.ty.clone() {
            Type::Map(value) => {
                self.want(&key, &Type::String, key_span);
                let kind = ExprKind::Entry { map: Box::new(typed), key: Box::new(key) };
                self.node(kind, *value, span)
            }
            Type::List(item) => {
                self.want(&key, &Type::Number, key_span);
                let kind = ExprKind::Item { list: Box::new(typed), position: Box::new(key) };
                self.node(kind, *item, span)
            }
            Type::Wrong => wrong(),
            other => {
                let message = format!("nothing can be looked up in {other}");
                let help = matches!(other, Type::Set(_)).then(|| "write `x in …`".to_owned());
                self.error("rego-type-mismatch", span, message, help);
                wrong()
            }
        }
    }

    fn refuse_dated(&mut self, table: usize, span: Span) {
        let dated = self.program.tables.get(table).filter(|t| t.schema.effective.is_some());
        if let Some(name) = dated.map(|t| t.name.clone()) {
            let message = format!("`data.{name}` is dated: a key alone doesn't name a row");
            let help = format!("write `effective.at(data.{name}, [key], date)`");
            self.error("rego-dated-table", span, message, Some(help));
        }
    }

    /// The parts of a key, each of its column's type.
    pub(super) fn key(
        &mut self,
        table: Option<usize>,
        key: &ast::Expr,
        scope: &mut Scope,
    ) -> Vec<Expr> {
        let parts: Vec<_> = match &key.kind {
            ast::ExprKind::Array(items) => items.iter().collect(),
            _ => vec![key],
        };
        let typed: Vec<_> = parts.iter().map(|p| self.expression(p, scope)).collect();
        let Some(table) = table.and_then(|t| self.program.tables.get(t)) else { return typed };
        let (name, schema) = (table.name.clone(), table.schema.clone());
        if typed.len() != schema.key.len() {
            let wanted = schema.key.join(", ");
            let message = format!("the key of `data.{name}` is [{wanted}]");
            self.error("rego-table", key.span, message, None);
            return typed;
        }
        for ((column, part), source) in schema.key.iter().zip(&typed).zip(parts) {
            let kind = schema.schema.index_of(column).and_then(|c| schema.schema.columns.get(c));
            if let Some(kind) = kind {
                self.want(part, &Type::of_column(kind.kind), source.span);
            }
        }
        typed
    }
}

enum Root<'a> {
    /// `input`.
    Input,
    /// `data`.
    Data,
    /// `data.NAME`.
    Member(&'a str),
    Other,
}

fn root(expr: &ast::Expr) -> Root<'_> {
    match &expr.kind {
        ast::ExprKind::Variable(name) if name == "input" => Root::Input,
        ast::ExprKind::Variable(name) if name == "data" => Root::Data,
        ast::ExprKind::Field { base, name } => match root(base) {
            Root::Data => Root::Member(&name.text),
            _ => Root::Other,
        },
        _ => Root::Other,
    }
}
