//! What a record can cost the reference evaluator at most. Columns have no budget for each record;
//! so that both evaluators always agree, only what can never go over the budget is vectorised.

use super::call::{LONGEST_LIST, LONGEST_TEXT, MOST_GROWTH};
use super::tables::Indexed;
use std::collections::BTreeMap;
use tieout_policies::evaluate::Bound;
use tieout_policies::tree::{
    Collection, Expr, ExprKind, FactShape, Function, Helper, Program, Statement, Type,
};

/// The most steps that a record can take in those rules.
pub(super) fn most_steps(
    bound: &Bound<'_>,
    tables: &[Indexed],
    meant: impl Fn(usize) -> bool,
) -> u64 {
    let program = bound.program;
    let mut cost = Cost { program, bound, tables, helpers: BTreeMap::new() };
    let applicable =
        program.applicable.iter().map(|(helper, _)| cost.helper(*helper)).collect::<Vec<_>>();
    let violations = program.violations.iter().enumerate().filter(|(rule, _)| meant(*rule));
    let violations = violations.map(|(_, violation)| {
        let fact = cost.fact(&violation.fact);
        cost.body(&violation.body, fact)
    });
    let violations = violations.collect::<Vec<_>>();
    applicable.into_iter().chain(violations).fold(0, u64::saturating_add)
}

struct Cost<'a> {
    program: &'a Program,
    bound: &'a Bound<'a>,
    tables: &'a [Indexed],
    helpers: BTreeMap<usize, u64>,
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl<'a> Cost<'a> {
    fn fact(&mut self, fact: &'a FactShape) -> u64 {
        let parts = [&fact.expected, &fact.actual, &fact.amount, &fact.message];
        parts.into_iter().flatten().map(|e| self.expr(e)).fold(0, u64::saturating_add)
    }

    /// A body with what is computed for each solution.
    fn body(&mut self, body: &'a [Statement], each: u64) -> u64 {
        let mut total = 0_u64;
        for (position, statement) in body.iter().enumerate() {
            let cost = match statement {
                Statement::Test(expr) => self.expr(expr),
                Statement::Bind { value, .. } => self.expr(value),
                Statement::Every { collection, body, .. } => {
                    let one = self.body(body, 0);
                    self.through(collection, one)
                }
                Statement::Some { collection, .. } => {
                    let rest = body.get(position.saturating_add(1)..).unwrap_or_default();
                    let one = self.body(rest, each);
                    return total.saturating_add(self.through(collection, one));
                }
            };
            total = total.saturating_add(cost);
        }
        total.saturating_add(each)
    }

    fn through(&mut self, collection: &'a Collection, one: u64) -> u64 {
        let (own, items) = match collection {
            Collection::Table(table) => {
                let table = self.bound.tables.get(*table);
                (0, table.map_or(0, |table| table.table.rows().len()))
            }
            Collection::List(list) => (self.expr(list), self.items(list)),
        };
        own.saturating_add(number(items).saturating_mul(one.saturating_add(1)))
    }

    fn items(&self, list: &Expr) -> usize {
        match &list.kind {
            ExprKind::List(items) => items.len(),
            ExprKind::Literal(tieout_controls::Value::List(items)) => items.len(),
            _ => LONGEST_LIST,
        }
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) -> u64 {
        exprs.into_iter().map(|e| self.expr(e)).fold(0, u64::saturating_add)
    }

    fn group(&self, table: usize) -> u64 {
        self.tables.get(table).map_or(0, |table| number(table.largest))
    }

    fn expr(&mut self, expr: &'a Expr) -> u64 {
        let below = match &expr.kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Parameter(_)
            | ExprKind::Run(_)
            | ExprKind::Local(_) => 0,
            ExprKind::Helper { helper, arguments } => {
                self.exprs(arguments).saturating_add(self.helper(*helper))
            }
            ExprKind::Call { function, arguments } => {
                let grows = matches!(function, Function::Replace | Function::Concat);
                let growth = if grows { MOST_GROWTH } else { 0 };
                let work = arguments.iter().map(size).fold(growth, u64::saturating_add);
                self.exprs(arguments).saturating_add(work)
            }
            ExprKind::Lookup { table, key } => self.exprs(key).saturating_add(self.group(*table)),
            ExprKind::EffectiveAt { table, key, when } => {
                let below = self.exprs(key).saturating_add(self.expr(when));
                below.saturating_add(self.group(*table))
            }
            ExprKind::Cell { row: e, .. }
            | ExprKind::Defined(e)
            | ExprKind::OrElse { default: e, .. }
            | ExprKind::Not(e)
            | ExprKind::Negate(e) => self.expr(e),
            // A place is looked at once to see whether it is there, and once more for its value.
            ExprKind::Present(e) => self.expr(e).saturating_mul(2),
            ExprKind::Entry { map: a, key: b }
            | ExprKind::Item { list: a, position: b }
            | ExprKind::Arithmetic { left: a, right: b, .. }
            | ExprKind::Compare { left: a, right: b, .. } => self.exprs([a.as_ref(), b.as_ref()]),
            ExprKind::Member { item, list } => {
                let below = self.exprs([item.as_ref(), list.as_ref()]);
                below.saturating_add(number(self.items(list)))
            }
            ExprKind::List(items) => self.exprs(items),
            ExprKind::Comprehension { item, body } => {
                let each = self.expr(item).saturating_add(size(item));
                self.body(body, each)
            }
            ExprKind::Map(entries) => self.exprs(entries.iter().map(|(_, e)| e)),
        };
        below.saturating_add(1)
    }

    fn helper(&mut self, number: usize) -> u64 {
        if let Some(known) = self.helpers.get(&number) {
            return *known;
        }
        let program = self.program;
        let cost = program.helpers.get(number).map_or(0, |helper| self.definitions(helper));
        self.helpers.insert(number, cost);
        cost
    }

    fn definitions(&mut self, helper: &'a Helper) -> u64 {
        let mut total = self.exprs(&helper.default);
        for definition in &helper.definitions {
            total = total.saturating_add(self.exprs(&definition.guard));
            for (value, body) in &definition.branches {
                let value = self.expr(value);
                total = total.saturating_add(self.body(body, value));
            }
        }
        total
    }
}

/// What an argument costs to go through; what is longer is left to the reference evaluator.
fn size(argument: &Expr) -> u64 {
    match &argument.ty {
        Type::String => number(LONGEST_TEXT),
        Type::List(_) | Type::Set(_) => number(LONGEST_LIST.saturating_mul(LONGEST_TEXT)),
        _ => 1,
    }
}
