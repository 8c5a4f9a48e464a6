//! Every expression of regorus' syntax tree, in the order of the source.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleAssign, RuleHead, WithModifier};

/// Somebody who looks at a tree.
pub(super) trait Visit {
    /// An expression. A reference such as `data.a[x].b` comes once, as a whole, before the
    /// expressions in its brackets; a call comes before its arguments, its function not at all.
    fn expression(&mut self, expression: &Expr);
    /// A `with`, before its expressions.
    fn with(&mut self, _with: &WithModifier) {}
    /// A name that is declared: by `some`, `every`.
    fn declared(&mut self, _name: &str) {}
}

/// Shows a rule to a visitor: head, values, bodies.
pub(super) fn rule(rule: &Rule, to: &mut dyn Visit) {
    match rule {
        Rule::Default { args, value, .. } => {
            args.iter().for_each(|a| expression(a, to));
            expression(value, to);
        }
        Rule::Spec { head: rule_head, bodies, .. } => {
            head(rule_head, to);
            for body in bodies {
                assigned(body.assign.as_ref(), to);
                query(&body.query, to);
            }
        }
    }
}

fn head(head: &RuleHead, to: &mut dyn Visit) {
    match head {
        RuleHead::Compr { refr, assign, .. } => {
            indexes(refr, to);
            assigned(assign.as_ref(), to);
        }
        RuleHead::Set { refr, key, .. } => {
            indexes(refr, to);
            key.iter().for_each(|k| expression(k, to));
        }
        RuleHead::Func { args, assign, .. } => {
            args.iter().for_each(|a| names(a, to));
            args.iter().for_each(|a| expression(a, to));
            assigned(assign.as_ref(), to);
        }
    }
}

fn assigned(assign: Option<&RuleAssign>, to: &mut dyn Visit) {
    assign.iter().for_each(|a| expression(&a.value, to));
}

fn query(query: &Query, to: &mut dyn Visit) {
    for statement in &query.stmts {
        literal(&statement.literal, to);
        for with in &statement.with_mods {
            to.with(with);
            expression(&with.refr, to);
            expression(&with.r#as, to);
        }
    }
}

fn literal(literal: &Literal, to: &mut dyn Visit) {
    match literal {
        Literal::SomeVars { vars, .. } => vars.iter().for_each(|v| to.declared(v.text())),
        Literal::SomeIn { key, value, collection, .. } => {
            for declared in key.iter().chain([value]) {
                names(declared, to);
            }
            key.iter().chain([value, collection]).for_each(|e| expression(e, to));
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => expression(expr, to),
        Literal::Every { key, value, domain, query: body, .. } => {
            key.iter().chain([value]).for_each(|v| to.declared(v.text()));
            expression(domain, to);
            query(body, to);
        }
    }
}

/// The names of a pattern.
fn names(pattern: &Expr, to: &mut dyn Visit) {
    match pattern {
        Expr::Var { span, .. } => to.declared(span.text()),
        Expr::Array { items, .. } => items.iter().for_each(|i| names(i, to)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, v)| names(v, to)),
        _ => {}
    }
}

fn expression(shown: &Expr, to: &mut dyn Visit) {
    to.expression(shown);
    match shown {
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|i| expression(i, to));
        }
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            expression(key, to);
            expression(value, to);
        }),
        Expr::ArrayCompr { term, query: body, .. } | Expr::SetCompr { term, query: body, .. } => {
            expression(term, to);
            query(body, to);
        }
        Expr::ObjectCompr { key, value, query: body, .. } => {
            expression(key, to);
            expression(value, to);
            query(body, to);
        }
        Expr::Call { params, .. } => params.iter().for_each(|p| expression(p, to)),
        Expr::UnaryExpr { expr, .. } => expression(expr, to),
        Expr::RefDot { .. } | Expr::RefBrack { .. } => indexes(shown, to),
        Expr::AssignExpr { op, lhs, rhs, .. } => {
            if *op == regorus::unstable::AssignOp::ColEq {
                names(lhs, to);
            }
            expression(lhs, to);
            expression(rhs, to);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. } => {
            expression(lhs, to);
            expression(rhs, to);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().chain([value, collection]).for_each(|e| expression(e, to));
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
    }
}

/// What stands in the brackets of a reference, and what it begins with when that is no name.
fn indexes(reference: &Expr, to: &mut dyn Visit) {
    match reference {
        Expr::RefDot { refr, .. } => indexes(refr, to),
        Expr::RefBrack { refr, index, .. } => {
            indexes(refr, to);
            expression(index, to);
        }
        Expr::Var { .. } => {}
        other => expression(other, to),
    }
}
