//! From the syntax tree to the typed tree: expressions but for calls.

use super::ast::{self, Operator, Span};
use super::check::{Checker, Scope, is_place, leaf, literal};
use super::check_collection::Head;
use super::report::did_you_mean;
use crate::tree::{Arithmetic, Comparison, Expr, ExprKind, SetOperator, Type};
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
            ast::ExprKind::Comprehension { key, item, body, set } => {
                let head = Head { key: key.as_deref(), item, set: *set };
                self.comprehension(head, body, scope, span)
            }
            ast::ExprKind::Array(items) => self.items(items, false, scope, span),
            ast::ExprKind::Set(items) => self.items(items, true, scope, span),
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

    fn number(&mut self, lexeme: &str, span: Span) -> Expr {
        match Decimal::parse(lexeme) {
            Ok(number) => literal(Value::Number(number), Type::Number, span),
            Err(e) => {
                self.error("rego-number", span, format!("`{lexeme}`: {e}"), None);
                wrong()
            }
        }
    }

    fn variable(&mut self, name: &str, scope: &mut Scope, span: Span) -> Expr {
        if let Some((_, local, ty)) = scope.find(name).cloned()
            && name != "_"
        {
            scope.read.insert(local);
            return leaf(ExprKind::Local(local), ty, span);
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
            Operator::Union => {
                return self.sets(SetOperator::Union, [left, right], scope, span);
            }
            Operator::Intersection => {
                return self.sets(SetOperator::Intersection, [left, right], scope, span);
            }
            Operator::In => return self.membership(left, right, scope, span),
            _ => return self.comparison(operator, left, right, scope, span),
        };
        let (left_span, right_span) = (left.span, right.span);
        let (left, right) = (self.expression(left, scope), self.expression(right, scope));
        if operator == Operator::Subtract && matches!(left.ty, Type::Set(_)) {
            return self.set_operation(SetOperator::Difference, left, right, [right_span, span]);
        }
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
        let fits = match &list.ty {
            Type::List(of) | Type::Set(of) | Type::Map(of) => of.fits(&item.ty),
            other => *other == Type::Wrong,
        };
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
        } else if !ordered && left.ty.is_collection() {
            // Whole lists, sets or objects.
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
