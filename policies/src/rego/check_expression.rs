//! From the syntax tree to the typed tree: expressions but for calls.

use super::ast::{self, Operator, Span};
use super::check::{Checker, Scope, is_place, leaf, literal};
use super::report::did_you_mean;
use crate::tree::{Arithmetic, Comparison, Expr, ExprKind, Type};
use tieout_controls::{Decimal, Value};

impl Checker<'_> {
    pub(super) fn expression(&mut self, expr: &ast::Expr, scope: &mut Scope) -> Expr {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Null => {
                let help = "`null` stands only beside `==` and `!=`".to_owned();
                self.error("rego-null-test", span, "`null` is no value here", Some(help));
                wrong()
            }
            ast::ExprKind::Bool(b) => literal(Value::Bool(*b), Type::Bool, span),
            ast::ExprKind::String(s) => literal(Value::String(s.clone()), Type::String, span),
            ast::ExprKind::Number(lexeme) => self.number(lexeme, span),
            ast::ExprKind::Comprehension { item, body, set } => {
                self.comprehension(item, body, *set, scope, span)
            }
            ast::ExprKind::Array(items) | ast::ExprKind::Set(items) => {
                let set = matches!(expr.kind, ast::ExprKind::Set(_));
                let items: Vec<_> =
                    items.iter().map(|i| (self.expression(i, scope), i.span)).collect();
                let ty = self.one_type(&items);
                let items = items.into_iter().map(|(item, _)| item).collect();
                self.node(ExprKind::List(items), collected(ty, set), span)
            }
            ast::ExprKind::Object(pairs) => self.object(pairs, scope, span),
            ast::ExprKind::Variable(name) => self.variable(name, scope, span),
            ast::ExprKind::Field { base, name } => self.field(base, name, scope, span),
            ast::ExprKind::Index { base, key } => self.index(base, key, scope, span),
            ast::ExprKind::Call { function, arguments } => {
                self.call(function, arguments, scope, span)
            }
            ast::ExprKind::Negate(inner) => {
                let typed = self.expression(inner, scope);
                self.want(&typed, &Type::Number, inner.span);
                self.node(ExprKind::Negate(Box::new(typed)), Type::Number, span)
            }
            ast::ExprKind::Binary { operator, left, right } => {
                self.binary(*operator, left, right, scope, span)
            }
        }
    }

    /// The names of the body are its own.
    fn comprehension(
        &mut self,
        item: &ast::Expr,
        body: &[ast::Statement],
        set: bool,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let outer = scope.names.clone();
        let body = self.body(body, scope);
        let typed = self.expression(item, scope);
        scope.names = outer;
        if !typed.ty.is_scalar() {
            let message = format!("items can't be of type {}", typed.ty);
            self.error("rego-type-mismatch", item.span, message, None);
        }
        let ty = collected(typed.ty.clone(), set);
        self.node(ExprKind::Comprehension { item: Box::new(typed), body }, ty, span)
    }

    fn number(&mut self, lexeme: &str, span: Span) -> Expr {
        match Decimal::parse(lexeme) {
            Ok(number) => literal(Value::Number(number), Type::Number, span),
            Err(e) => {
                self.error("rego-number", span, format!("`{lexeme}`: {e}"), None);
                wrong()
            }
        }
    }

    /// The one type of all items.
    fn one_type(&mut self, items: &[(Expr, Span)]) -> Type {
        let mut ty = Type::Wrong;
        for (item, span) in items {
            if !ty.fits(&item.ty) || !item.ty.is_scalar() {
                let message = format!("{} among items of {ty}", item.ty);
                self.error("rego-type-mismatch", *span, message, None);
            }
            if ty == Type::Wrong {
                ty = item.ty.clone();
            }
        }
        ty
    }

    fn object(&mut self, pairs: &[(ast::Expr, ast::Expr)], scope: &mut Scope, span: Span) -> Expr {
        let mut entries: Vec<(String, Expr)> = Vec::new();
        let mut values = Vec::new();
        for (key, value) in pairs {
            match &key.kind {
                ast::ExprKind::String(name) if !entries.iter().any(|(n, _)| n == name) => {
                    let typed = self.expression(value, scope);
                    let (ty, span) = (typed.ty.clone(), value.span);
                    values.push((literal(Value::Null, ty, span), span));
                    entries.push((name.clone(), typed));
                }
                _ => {
                    let message = "an object's keys are distinct literal strings";
                    self.error("rego-unsupported", key.span, message, None);
                }
            }
        }
        let ty = self.one_type(&values);
        self.node(ExprKind::Map(entries), Type::Map(Box::new(ty)), span)
    }

    fn variable(&mut self, name: &str, scope: &Scope, span: Span) -> Expr {
        if let Some((_, local, ty)) = scope.find(name)
            && name != "_"
        {
            return leaf(ExprKind::Local(*local), ty.clone(), span);
        }
        if name == "input" || name == "data" {
            let help = format!("write `{name}.NAME`");
            let message = format!("`{name}` as a whole can't be used");
            self.error("rego-unsupported", span, message, Some(help));
            return wrong();
        }
        if name == "violation" {
            let message = "`violation` can't be read by a rule";
            self.error("rego-unsupported", span, message, None);
            return wrong();
        }
        if self.rules.contains_key(name) {
            let Some((helper, ty)) = self.helper(name, &[], span) else { return wrong() };
            return self.node(ExprKind::Helper { helper, arguments: Vec::new() }, ty, span);
        }
        let names = scope.names.iter().map(|(n, _, _)| n.as_str());
        let help = did_you_mean(name, names.chain(self.rules.keys().copied()));
        self.error("rego-unknown-name", span, format!("nothing is named `{name}`"), help);
        wrong()
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &ast::Expr,
        right: &ast::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let arithmetic = match operator {
            Operator::Add => Arithmetic::Add,
            Operator::Subtract => Arithmetic::Subtract,
            Operator::Multiply => Arithmetic::Multiply,
            Operator::In => return self.membership(left, right, scope, span),
            _ => return self.comparison(operator, left, right, scope, span),
        };
        let (left_span, right_span) = (left.span, right.span);
        let (left, right) = (self.expression(left, scope), self.expression(right, scope));
        self.want(&left, &Type::Number, left_span);
        self.want(&right, &Type::Number, right_span);
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = ExprKind::Arithmetic { operator: arithmetic, left, right };
        self.node(kind, Type::Number, span)
    }

    fn membership(
        &mut self,
        item: &ast::Expr,
        list: &ast::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let item = self.expression(item, scope);
        let list_span = list.span;
        let list = self.expression(list, scope);
        let fits = list.ty == Type::Wrong || list.ty.items().is_some_and(|i| i.fits(&item.ty));
        if !fits {
            let message = format!("can't look for {} in {}", item.ty, list.ty);
            self.error("rego-type-mismatch", list_span, message, None);
        }
        let kind = ExprKind::Member { item: Box::new(item), list: Box::new(list) };
        self.node(kind, Type::Bool, span)
    }

    fn comparison(
        &mut self,
        operator: Operator,
        left: &ast::Expr,
        right: &ast::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let comparison = match operator {
            Operator::NotEqual => Comparison::NotEqual,
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
            _ => Comparison::Equal,
        };
        let is_null = |e: &ast::Expr| matches!(e.kind, ast::ExprKind::Null);
        match (is_null(left), is_null(right)) {
            (false, true) => return self.null_test(comparison, left, scope, span),
            (true, false) => return self.null_test(comparison, right, scope, span),
            _ => {}
        }
        let (left, right) = (self.expression(left, scope), self.expression(right, scope));
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if !left.ty.fits(&right.ty) {
            let message = format!("{} is compared with {}", left.ty, right.ty);
            let help = comparable(&left.ty, &right.ty).map(ToOwned::to_owned);
            self.error("rego-type-mismatch", span, message, help);
        } else if !left.ty.is_scalar() || ordered && left.ty == Type::Bool {
            let message = format!("values of type {} can't be compared so", left.ty);
            self.error("rego-type-mismatch", span, message, None);
        }
        let (left, right) = (Box::new(left), Box::new(right));
        self.node(ExprKind::Compare { comparison, left, right }, Type::Bool, span)
    }

    /// `place == null` and `place != null`.
    fn null_test(
        &mut self,
        comparison: Comparison,
        place: &ast::Expr,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let typed = self.expression(place, scope);
        if typed.ty == Type::Wrong {
            return typed;
        }
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if !equality || !is_place(&typed.kind) {
            let help = "ask the column itself: `input.x == null`".to_owned();
            let message = "only a column or looked-up cell can be compared with `null`";
            self.error("rego-null-test", place.span, message, Some(help));
        }
        let present = self.node(ExprKind::Present(Box::new(typed)), Type::Bool, span);
        if comparison == Comparison::NotEqual {
            return present;
        }
        self.node(ExprKind::Not(Box::new(present)), Type::Bool, span)
    }

    /// Reports an expression that isn't of that type.
    pub(super) fn want(&mut self, expr: &Expr, ty: &Type, span: Span) {
        if !expr.ty.fits(ty) {
            let help = comparable(&expr.ty, ty).map(ToOwned::to_owned);
            let message = format!("this is {}, not {ty}", expr.ty);
            self.error("rego-type-mismatch", span, message, help);
        }
    }
}

fn collected(item: Type, set: bool) -> Type {
    if set { Type::Set(Box::new(item)) } else { Type::List(Box::new(item)) }
}

pub(super) fn wrong() -> Expr {
    literal(Value::Null, Type::Wrong, Span::default())
}

/// What to write instead of a comparison across types.
fn comparable(a: &Type, b: &Type) -> Option<&'static str> {
    let pair = |x: &Type, y: &Type| (a == x && b == y) || (a == y && b == x);
    if pair(&Type::Number, &Type::String) {
        return Some("write the number without quotes, or read the text with `decimal.parse(…)`");
    }
    if pair(&Type::Date, &Type::String) {
        return Some("read the text with `date.parse(…)`");
    }
    if pair(&Type::Timestamp, &Type::String) || pair(&Type::Timestamp, &Type::Date) {
        return Some("take the instant's UTC day with `date.of(…)` and compare dates");
    }
    if pair(&Type::Bool, &Type::String) {
        return Some("write `true` or `false` without quotes");
    }
    let row = |t: &Type| matches!(t, Type::Row(_));
    (row(a) || row(b)).then_some("name a column: `row.column`")
}
