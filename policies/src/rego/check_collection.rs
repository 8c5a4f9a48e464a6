//! From the syntax tree to the typed tree: lists, sets and objects.

use super::ast::{self, Span};
use super::check::{Checker, Scope, literal};
use super::check_expression::wrong;
use crate::tree::{Expr, ExprKind, Function, SetOperator, Type};
use tieout_controls::Value;

/// What a comprehension collects.
pub(super) struct Head<'a> {
    pub(super) key: Option<&'a ast::Expr>,
    pub(super) item: &'a ast::Expr,
    pub(super) set: bool,
}

impl Checker<'_> {
    /// A literal list or set.
    pub(super) fn items(
        &mut self,
        items: &[ast::Expr],
        set: bool,
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let items: Vec<_> = items.iter().map(|i| (self.expression(i, scope), i.span)).collect();
        let ty = self.one_type(&items);
        let items = items.into_iter().map(|(item, _)| item).collect();
        let ty = if set { Type::Set(Box::new(ty)) } else { Type::List(Box::new(ty)) };
        self.node(ExprKind::List(items), ty, span)
    }

    /// The names of the body are its own.
    pub(super) fn comprehension(
        &mut self,
        head: Head<'_>,
        body: &[ast::Statement],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let outer = scope.names.clone();
        let body = self.body(body, scope);
        let key = head.key.map(|key| {
            let typed = self.expression(key, scope);
            if !typed.ty.fits(&Type::String) {
                let message = format!("a key is text; this is {}", typed.ty);
                let help = "write it as text: `sprintf(\"%v\", [x])`".to_owned();
                self.error("rego-type-mismatch", key.span, message, Some(help));
            }
            Box::new(typed)
        });
        let item = self.expression(head.item, scope);
        scope.names = outer;
        if !item.ty.is_scalar() {
            let message = format!("items can't be of type {}", item.ty);
            self.error("rego-type-mismatch", head.item.span, message, None);
        }
        let of = Box::new(item.ty.clone());
        let ty = match (&key, head.set) {
            (Some(_), _) => Type::Map(of),
            (None, true) => Type::Set(of),
            (None, false) => Type::List(of),
        };
        self.node(ExprKind::Comprehension { key, item: Box::new(item), body }, ty, span)
    }

    /// The one type of all items.
    fn one_type(&mut self, items: &[(Expr, Span)]) -> Type {
        let mut ty = Type::Wrong;
        for (item, span) in items {
            if !ty.fits(&item.ty) || !item.ty.is_scalar() {
                let message = if ty == Type::Wrong {
                    format!("items can't be of type {}", item.ty)
                } else {
                    format!("{} among items of {ty}", item.ty)
                };
                self.error("rego-type-mismatch", *span, message, None);
            }
            ty = ty.settled(&item.ty).clone();
        }
        ty
    }

    pub(super) fn object(
        &mut self,
        pairs: &[(ast::Expr, ast::Expr)],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
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

    /// `a | b` and `a & b`.
    pub(super) fn sets(
        &mut self,
        operator: SetOperator,
        [left, right]: [&ast::Expr; 2],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let spans = [right.span, span];
        let left_span = left.span;
        let (left, right) = (self.expression(left, scope), self.expression(right, scope));
        self.want_set(&left, left_span);
        self.set_operation(operator, left, right, spans)
    }

    /// Two sets put together; the spans are of the second and of the whole.
    pub(super) fn set_operation(
        &mut self,
        operator: SetOperator,
        left: Expr,
        right: Expr,
        [right_span, span]: [Span; 2],
    ) -> Expr {
        self.want_set(&right, right_span);
        let are_sets = |ty: &Type| matches!(ty, Type::Set(_));
        let ty = if are_sets(&left.ty) && are_sets(&right.ty) {
            self.want(&right, &left.ty, right_span);
            left.ty.settled(&right.ty).clone()
        } else {
            Type::Wrong
        };
        let (left, right) = (Box::new(left), Box::new(right));
        self.node(ExprKind::Sets { operator, left, right }, ty, span)
    }

    fn want_set(&mut self, expr: &Expr, span: Span) {
        if !matches!(expr.ty, Type::Set(_) | Type::Wrong) {
            let help = matches!(expr.ty, Type::List(_))
                .then(|| "collect its items: `{x | some x in …}`".to_owned());
            let message = format!("this is {}, not a set", expr.ty);
            self.error("rego-type-mismatch", span, message, help);
        }
    }

    /// `union({a, b})` and `intersection({a, b})`: a set of sets can only be written so.
    pub(super) fn joined(
        &mut self,
        operator: SetOperator,
        arguments: &[ast::Expr],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        let [ast::Expr { kind: ast::ExprKind::Set(sets), .. }] = arguments else {
            let message = "the argument must be a literal set of sets";
            let help = "write `union({a, b})`, or `a | b`".to_owned();
            self.error("rego-literal", span, message, Some(help));
            return wrong();
        };
        let mut all: Option<Expr> = None;
        for set in sets {
            let next = self.expression(set, scope);
            all = Some(match all {
                None => {
                    self.want_set(&next, set.span);
                    next
                }
                Some(before) => self.set_operation(operator, before, next, [set.span, span]),
            });
        }
        all.unwrap_or_else(wrong)
    }

    /// `array.concat(a, b)`.
    pub(super) fn array_concat(
        &mut self,
        arguments: &[ast::Expr],
        scope: &mut Scope,
        span: Span,
    ) -> Expr {
        if !self.arity("array.concat", 2, arguments, span) {
            return wrong();
        }
        let mut typed = Vec::new();
        let mut ty = Type::List(Box::new(Type::Wrong));
        for argument in arguments {
            let list = self.expression(argument, scope);
            self.want_list(&list, argument.span);
            if matches!(list.ty, Type::List(_)) {
                self.want(&list, &ty, argument.span);
                ty = ty.settled(&list.ty).clone();
            }
            typed.push(list);
        }
        let kind = ExprKind::Call { function: Function::ArrayConcat, arguments: typed };
        self.node(kind, ty, span)
    }

    fn want_list(&mut self, expr: &Expr, span: Span) {
        if !matches!(expr.ty, Type::List(_) | Type::Wrong) {
            let message = format!("this is {}, not a list", expr.ty);
            self.error("rego-type-mismatch", span, message, None);
        }
    }
}
