//! From the syntax tree to the typed tree: facts and bodies.

use super::ast::{self, Name};
use super::check::{Checker, Scope, is_place};
use super::report::did_you_mean;
use crate::tree::{Collection, Expr, ExprKind, FactShape, Statement, Type};
use std::collections::BTreeMap;

impl Checker<'_> {
    pub(super) fn fact(&mut self, value: &ast::Expr, scope: &mut Scope) -> Option<FactShape> {
        let ast::ExprKind::Object(pairs) = &value.kind else {
            let help = "write `violation contains {\"code\": \"the-code\", …} if { … }`".to_owned();
            self.error("rego-fact-shape", value.span, "a fact is a literal object", Some(help));
            return None;
        };
        let mut code = None;
        let mut fields: BTreeMap<&str, Expr> = BTreeMap::new();
        for (key, value) in pairs {
            let ast::ExprKind::String(name) = &key.kind else {
                self.error("rego-fact-shape", key.span, "a fact's keys are strings", None);
                continue;
            };
            if name == "code" {
                code = self.code(value);
                continue;
            }
            let known = ["actual", "amount", "expected", "message"].contains(&name.as_str());
            if !known || fields.contains_key(name.as_str()) {
                let message = format!("`{name}` is twice in the fact or not a field of facts");
                let help = did_you_mean(name, FACT_FIELDS)
                    .unwrap_or_else(|| format!("the fields are {}", FACT_FIELDS.join(", ")));
                self.error("rego-fact-shape", key.span, message, Some(help));
            }
            let typed = self.expression(value, scope);
            let wanted = match name.as_str() {
                "amount" => Type::Number,
                "message" => Type::String,
                _ => Type::Wrong,
            };
            let shown = typed.ty.is_scalar() || typed.ty.items().is_some();
            if !wanted.fits(&typed.ty) || !shown {
                let wanted =
                    if wanted == Type::Wrong { "a value".to_owned() } else { wanted.to_string() };
                let message = format!("`{name}` is {}, not {wanted}", typed.ty);
                self.error("rego-type-mismatch", value.span, message, None);
            }
            fields.insert(name, typed);
        }
        if code.is_none() && !pairs.iter().any(|(k, _)| is_string(k, "code")) {
            self.error("rego-fact-shape", value.span, "the fact has no `code`", None);
        }
        Some(FactShape {
            code: code?,
            expected: fields.remove("expected"),
            actual: fields.remove("actual"),
            amount: fields.remove("amount"),
            message: fields.remove("message"),
        })
    }

    fn code(&mut self, value: &ast::Expr) -> Option<String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        match &value.kind {
            ast::ExprKind::String(code) if !code.is_empty() && code.bytes().all(fits) => {
                Some(code.clone())
            }
            _ => {
                let help = "lower-case letters, digits and hyphens in quotes".to_owned();
                let message = "`code` is a literal such as \"rate-differs\"";
                self.error("rego-fact-shape", value.span, message, Some(help));
                None
            }
        }
    }

    pub(super) fn bind(&mut self, name: &Name, ty: Type, scope: &mut Scope) -> usize {
        let known = scope.find(&name.text).is_some() || self.rules.contains_key(&*name.text);
        if name.text != "_" && (known || matches!(&*name.text, "input" | "data")) {
            let message = format!("`{}` is taken already", name.text);
            self.error("rego-name-taken", name.span, message, None);
        }
        scope.add(&name.text, ty)
    }

    pub(super) fn body(
        &mut self,
        statements: &[ast::Statement],
        scope: &mut Scope,
    ) -> Vec<Statement> {
        statements.iter().map(|statement| self.statement(statement, scope)).collect()
    }

    fn statement(&mut self, statement: &ast::Statement, scope: &mut Scope) -> Statement {
        match statement {
            ast::Statement::Test(expr) => {
                if let Some((name, value)) = self.unified(expr, scope) {
                    let value = self.expression(value, scope);
                    let local = self.bind(&name, value.ty.clone(), scope);
                    scope.unified.push((name, local));
                    return Statement::Bind { local, value, span: expr.span };
                }
                Statement::Test(self.condition(expr, scope))
            }
            ast::Statement::Not { inner, span } => {
                let inner = self.condition(inner, scope);
                Statement::Test(self.node(ExprKind::Not(Box::new(inner)), Type::Bool, *span))
            }
            ast::Statement::Bind { name, value, span } => {
                let value = self.expression(value, scope);
                let local = self.bind(name, value.ty.clone(), scope);
                Statement::Bind { local, value, span: *span }
            }
            ast::Statement::Some { key, item, collection, span } => {
                let (collection, ty) = self.collection(collection, scope);
                let key = key.as_ref().map(|key| self.key_of(key, &collection, scope));
                let local = self.bind(item, ty, scope);
                Statement::Some { key, local, collection, span: *span }
            }
            ast::Statement::Every { key, item, collection, body, span } => {
                let (collection, ty) = self.collection(collection, scope);
                let outer = scope.names.clone();
                let key = key.as_ref().map(|key| self.key_of(key, &collection, scope));
                let local = self.bind(item, ty, scope);
                let body = self.body(body, scope);
                scope.names = outer;
                Statement::Every { key, local, collection, body, span: *span }
            }
        }
    }

    /// The name that `=` binds, and to what: one that nothing has yet.
    fn unified<'e>(&self, expr: &'e ast::Expr, scope: &Scope) -> Option<(Name, &'e ast::Expr)> {
        let ast::ExprKind::Binary { operator: ast::Operator::Unify, left, right } = &expr.kind
        else {
            return None;
        };
        let unbound = |side: &ast::Expr| match &side.kind {
            ast::ExprKind::Variable(name) => {
                let known = name != "_" && scope.find(name).is_some();
                let other = self.rules.contains_key(name.as_str());
                let root = matches!(name.as_str(), "input" | "data");
                (!known && !other && !root).then(|| Name { text: name.clone(), span: side.span })
            }
            _ => None,
        };
        let other_way = || Some((unbound(right)?, left.as_ref()));
        unbound(left).map(|name| (name, right.as_ref())).or_else(other_way)
    }

    /// The name before the item's: a position, in a set the item itself, in an object its key.
    fn key_of(&mut self, key: &Name, collection: &Collection, scope: &mut Scope) -> usize {
        let ty = match collection {
            Collection::List(list) => match &list.ty {
                Type::Set(item) => (**item).clone(),
                Type::Map(_) => Type::String,
                _ => Type::Number,
            },
            Collection::Table(_) => {
                let help = Some("write `some row in …`, one name".to_owned());
                let message = "the rows of a table have no position";
                self.error("rego-unsupported", key.span, message, help);
                Type::Wrong
            }
        };
        self.bind(key, ty, scope)
    }

    fn collection(&mut self, expr: &ast::Expr, scope: &mut Scope) -> (Collection, Type) {
        if let Some(table) = self.table_named(expr) {
            return (Collection::Table(table), Type::Row(table));
        }
        let list = self.expression(expr, scope);
        let item = match &list.ty {
            Type::List(item) | Type::Set(item) | Type::Map(item) => (**item).clone(),
            Type::Wrong => Type::Wrong,
            other => {
                let message = format!("can't go through {other}");
                let help = "write a list, a set, an object, a list column or a table".to_owned();
                self.error("rego-type-mismatch", expr.span, message, Some(help));
                Type::Wrong
            }
        };
        (Collection::List(list), item)
    }

    /// An expression as a statement: true or not. What is no bool asks for presence.
    fn condition(&mut self, expr: &ast::Expr, scope: &mut Scope) -> Expr {
        let typed = self.expression(expr, scope);
        let kind = match (&typed.ty, &typed.kind) {
            (Type::Bool | Type::Wrong, _) => return typed,
            (_, ExprKind::Literal(_) | ExprKind::List(_) | ExprKind::Map(_)) => {
                let message = "a literal is no condition";
                self.error("rego-type-mismatch", expr.span, message, None);
                return typed;
            }
            (_, kind) if is_place(kind) => ExprKind::Present(Box::new(typed)),
            _ => ExprKind::Defined(Box::new(typed)),
        };
        self.node(kind, Type::Bool, expr.span)
    }
}

fn is_string(expr: &ast::Expr, text: &str) -> bool {
    matches!(&expr.kind, ast::ExprKind::String(s) if s == text)
}

const FACT_FIELDS: [&str; 5] = ["code", "expected", "actual", "amount", "message"];
