//! What a record can cost the reference evaluator at most. Columns have no budget for each record;
//! so that both evaluators always agree, only what can never go over the budget is vectorised.

use super::call::{LONGEST_LIST, LONGEST_TEXT, MOST_GROWTH, MOST_ITEMS, MOST_WORK};
use super::tables::Indexed;
use std::collections::BTreeMap;
use tieout_controls::Value;
use tieout_policies::evaluate::{Bound, growth};
use tieout_policies::tree::{
    Collection, Expr, ExprKind, FactShape, Function, Helper, Program, Statement, Type,
};

/// The most steps that a record can take.
pub(super) struct Steps {
    /// Before any rule.
    pub(super) applicable: u64,
    /// In each rule.
    pub(super) rules: Vec<u64>,
}

impl Steps {
    pub(super) fn of(bound: &Bound<'_>, tables: &[Indexed]) -> Self {
        let program = bound.program;
        let (helpers, locals) = (BTreeMap::new(), BTreeMap::new());
        let mut cost = Cost { program, bound, tables, helpers, locals };
        let applicable = program.applicable.as_ref();
        let applicable = applicable.map_or(0, |(helper, _)| cost.helper(*helper).0);
        let rules = program.violations.iter().map(|violation| {
            cost.locals.clear();
            // A body binds what the fact is made of.
            let body = cost.body(&violation.body);
            let fact = cost.fact(&violation.fact);
            let found = cost.solutions(&violation.body);
            body.saturating_add(fact.saturating_mul(number(found)))
        });
        Self { applicable, rules: rules.collect() }
    }
}

struct Cost<'a> {
    program: &'a Program,
    bound: &'a Bound<'a>,
    tables: &'a [Indexed],
    /// Of each helper its steps, and the most items of what it gives.
    helpers: BTreeMap<usize, (u64, usize)>,
    /// The most items of what each local of the body has.
    locals: BTreeMap<usize, usize>,
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl<'a> Cost<'a> {
    fn fact(&mut self, fact: &'a FactShape) -> u64 {
        let parts = [&fact.expected, &fact.actual, &fact.amount, &fact.message];
        parts.into_iter().flatten().map(|e| self.expr(e)).fold(0, u64::saturating_add)
    }

    /// A body, without what is computed for each solution.
    fn body(&mut self, body: &'a [Statement]) -> u64 {
        let mut total = 0_u64;
        for (position, statement) in body.iter().enumerate() {
            let cost = match statement {
                Statement::Test(expr) => self.expr(expr),
                Statement::Bind { local, value, .. } => {
                    let items = self.items(value);
                    self.locals.insert(*local, items);
                    self.expr(value)
                }
                Statement::Every { collection, body, .. } => {
                    let one = self.body(body);
                    self.through(collection, one)
                }
                Statement::Some { collection, .. } => {
                    let rest = body.get(position.saturating_add(1)..).unwrap_or_default();
                    let one = self.body(rest);
                    return total.saturating_add(self.through(collection, one));
                }
            };
            total = total.saturating_add(cost);
        }
        total
    }

    fn through(&mut self, collection: &'a Collection, one: u64) -> u64 {
        let own = match collection {
            Collection::Table(_) => 0,
            Collection::List(list) => self.expr(list),
        };
        let items = number(self.elements(collection));
        own.saturating_add(items.saturating_mul(one.saturating_add(1)))
    }

    /// The most elements of a collection.
    fn elements(&mut self, collection: &'a Collection) -> usize {
        match collection {
            Collection::Table(table) => {
                self.bound.tables.get(*table).map_or(0, |table| table.table.rows().len())
            }
            Collection::List(list) => self.items(list),
        }
    }

    /// The most solutions of a body.
    fn solutions(&mut self, body: &'a [Statement]) -> usize {
        body.iter().fold(1, |all: usize, statement| match statement {
            Statement::Some { collection, .. } => all.saturating_mul(self.elements(collection)),
            _ => all,
        })
    }

    /// The most items of a list, set or object. One that isn't counted here is left to the reference
    /// evaluator where it is longer than [`LONGEST_LIST`].
    fn items(&mut self, list: &'a Expr) -> usize {
        match &list.kind {
            ExprKind::List(items) => items.len(),
            ExprKind::Map(entries) => entries.len(),
            ExprKind::Local(local) => self.locals.get(local).copied().unwrap_or(LONGEST_LIST),
            ExprKind::Helper { helper, .. } => self.helper(*helper).1,
            ExprKind::Sets { left, right, .. } => {
                self.items(left).saturating_add(self.items(right))
            }
            ExprKind::Comprehension { body, .. } => self.solutions(body),
            ExprKind::Call {
                function: function @ (Function::Range | Function::RangeStep),
                arguments,
            } => {
                let bounds = arguments.iter().map(literal).collect::<Option<Vec<_>>>();
                let most = bounds.map(|bounds| growth(function, &bounds));
                most.and_then(|most| usize::try_from(most).ok()).unwrap_or(MOST_ITEMS)
            }
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
            // What a function is given isn't counted inside.
            ExprKind::Helper { arguments, .. }
                if arguments.iter().any(|a| self.items(a) > LONGEST_LIST) =>
            {
                u64::MAX
            }
            ExprKind::Helper { helper, arguments } => {
                self.exprs(arguments).saturating_add(self.helper(*helper).0)
            }
            ExprKind::Call { function, arguments } => {
                let grows = matches!(
                    function,
                    Function::Replace | Function::Concat | Function::Range | Function::RangeStep
                );
                let growth = if grows { MOST_GROWTH } else { 0 };
                let work = arguments.iter().map(|a| self.size(a)).fold(growth, u64::saturating_add);
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
            ExprKind::Sets { left, right, .. } => self.whole(left, right),
            ExprKind::Compare { left, right, .. } if left.ty.is_collection() => {
                self.whole(left, right)
            }
            ExprKind::EntryOr { map, key, default } => {
                self.exprs([map.as_ref(), key.as_ref(), default.as_ref()])
            }
            ExprKind::Entry { map: a, key: b }
            | ExprKind::Item { list: a, position: b }
            | ExprKind::Arithmetic { left: a, right: b, .. }
            | ExprKind::Compare { left: a, right: b, .. } => self.exprs([a.as_ref(), b.as_ref()]),
            ExprKind::Member { item, list } => {
                let below = self.exprs([item.as_ref(), list.as_ref()]);
                below.saturating_add(number(self.items(list)))
            }
            ExprKind::List(items) => self.exprs(items),
            ExprKind::Comprehension { key, item, body } => {
                // The body binds what the item is made of.
                let own = self.body(body);
                let each = self.exprs(key.as_deref().into_iter().chain([item.as_ref()]));
                let each = each.saturating_mul(number(self.solutions(body)));
                own.saturating_add(each).saturating_add(match (key, &item.ty) {
                    (None, ty) if *ty != Type::String => number(self.solutions(body)),
                    _ => MOST_WORK,
                })
            }
            ExprKind::Map(entries) => self.exprs(entries.iter().map(|(_, e)| e)),
        };
        below.saturating_add(1)
    }

    /// What an argument costs to go through; what is longer is left to the reference evaluator.
    fn size(&mut self, argument: &'a Expr) -> u64 {
        let of = match &argument.ty {
            Type::String => return number(LONGEST_TEXT),
            Type::List(of) | Type::Set(of) | Type::Map(of) => of,
            _ => return 1,
        };
        let size = match &argument.kind {
            ExprKind::List(items) => {
                items.iter().map(|item| self.size(item)).fold(1, u64::saturating_add)
            }
            // All pieces together are no longer than the text.
            ExprKind::Call { function: Function::Split, .. } => {
                number(LONGEST_TEXT).saturating_add(1)
            }
            ExprKind::Call { function: Function::Sort | Function::ArrayReverse, arguments } => {
                arguments.first().map_or(MOST_WORK, |argument| self.size(argument))
            }
            ExprKind::Call { function: Function::Range | Function::RangeStep, .. }
            | ExprKind::Comprehension { .. }
                if **of != Type::String =>
            {
                number(self.items(argument)).saturating_add(1)
            }
            _ => MOST_WORK,
        };
        size.min(MOST_WORK)
    }

    /// Both of two lists, sets or objects, gone through.
    fn whole(&mut self, left: &'a Expr, right: &'a Expr) -> u64 {
        let work = self.size(left).saturating_add(self.size(right));
        self.exprs([left, right]).saturating_add(work)
    }

    fn helper(&mut self, number: usize) -> (u64, usize) {
        if let Some(known) = self.helpers.get(&number) {
            return *known;
        }
        let program = self.program;
        let outer = std::mem::take(&mut self.locals);
        let known = program.helpers.get(number).map_or((0, 0), |h| self.definitions(h));
        self.locals = outer;
        self.helpers.insert(number, known);
        known
    }

    fn definitions(&mut self, helper: &'a Helper) -> (u64, usize) {
        let (mut total, mut items) = (self.exprs(&helper.default), 0);
        items = helper.default.iter().map(|default| self.items(default)).fold(items, usize::max);
        for definition in &helper.definitions {
            total = total.saturating_add(self.exprs(&definition.guard));
            for (value, body) in &definition.branches {
                let own = self.body(body);
                let each = self.expr(value).saturating_mul(number(self.solutions(body)));
                total = total.saturating_add(own).saturating_add(each);
                items = items.max(self.items(value));
            }
        }
        (total, items)
    }
}

/// The number that is written.
fn literal(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value.clone()),
        ExprKind::Negate(inner) => match literal(inner)? {
            Value::Number(number) => Some(Value::Number(number.neg())),
            _ => None,
        },
        _ => None,
    }
}
