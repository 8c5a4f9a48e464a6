//! The value of an expression for a record.

use super::collection::set_of;
use super::outcome::{Outcome, Truth};
use super::record::Record;
use crate::tree::{Arithmetic, Comparison, Expr, ExprKind, Type};
use std::borrow::Cow;
use std::cmp::Ordering;
use tieout_controls::Value;
use tieout_controls::decimal::DecimalError;
use tieout_controls::decision::Reason;

impl<'a> Record<'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr, frame: &mut Vec<Outcome<'a>>) -> Outcome<'a> {
        let outcome = self.outcome(expr, frame);
        if let Some(trace) = self.trace {
            trace.value(expr, &outcome);
        }
        outcome
    }

    fn outcome(&mut self, expr: &'a Expr, frame: &mut Vec<Outcome<'a>>) -> Outcome<'a> {
        if let Some(obstacles) = self.step() {
            return Outcome::Unknown(obstacles);
        }
        match &expr.kind {
            ExprKind::Literal(value) => Outcome::Value(Cow::Borrowed(value)),
            ExprKind::Column(column) => self.column(*column),
            ExprKind::Parameter(parameter) => match self.bound.parameters.get(*parameter) {
                Some(value) => Outcome::Value(Cow::Borrowed(value)),
                None => Outcome::Undefined,
            },
            ExprKind::Run(date) => Outcome::owned(Value::Date(self.run_date(*date))),
            ExprKind::Local(local) => {
                let value = frame.get(*local).cloned().unwrap_or(Outcome::Undefined);
                self.carried(value)
            }
            ExprKind::Helper { helper, arguments } => {
                let arguments = arguments.iter().map(|a| self.expr(a, frame)).collect();
                let value = self.helper(*helper, arguments);
                self.carried(value)
            }
            ExprKind::Call { function, arguments } => self.call(function, arguments, frame),
            ExprKind::Lookup { table, key } => self.lookup(*table, key, frame),
            ExprKind::EffectiveAt { table, key, when } => {
                self.effective_at(*table, key, when, frame)
            }
            ExprKind::Cell { row, table, column } => self.cell(row, *table, *column, frame),
            ExprKind::Entry { map, key } => match self.entry(map, key, frame) {
                Outcome::Undefined => Outcome::unknown(Reason::LookupMiss, None),
                found => found,
            },
            ExprKind::EntryOr { map, key, default } => self.entry_or(map, key, default, frame),
            ExprKind::Item { list, position } => self.item(list, position, frame),
            ExprKind::Present(place) => self.present(place, frame).into(),
            ExprKind::Defined(inner) => match self.expr(inner, frame) {
                Outcome::Undefined => Outcome::bool(false),
                Outcome::Unknown(obstacles) => Outcome::Unknown(obstacles),
                Outcome::Value(_) | Outcome::Row(_) => Outcome::bool(true),
            },
            ExprKind::OrElse { column, default } => match self.cells.get(*column) {
                Some(value) if !value.is_null() => Outcome::Value(Cow::Borrowed(value)),
                _ => self.expr(default, frame),
            },
            ExprKind::Not(inner) => self.expr(inner, frame).truth().not().into(),
            ExprKind::Negate(inner) => match self.expr(inner, frame).value() {
                Ok(value) => match value.as_ref() {
                    Value::Number(number) => Outcome::owned(Value::Number(number.neg())),
                    _ => Outcome::Undefined,
                },
                Err(other) => other,
            },
            ExprKind::Arithmetic { operator, left, right } => {
                let (left, right) = (self.expr(left, frame), self.expr(right, frame));
                arithmetic(*operator, left, right)
            }
            ExprKind::Sets { operator, left, right } => self.sets(*operator, left, right, frame),
            ExprKind::Compare { comparison, left, right } if left.ty.is_collection() => {
                let same = self.same_items(left, right, frame);
                match comparison {
                    Comparison::Equal => same,
                    _ => same.truth().not().into(),
                }
            }
            ExprKind::Compare { comparison, left, right } => {
                let (left, right) = (self.expr(left, frame), self.expr(right, frame));
                compare(*comparison, left, right)
            }
            ExprKind::Member { item, list } => self.member(item, list, frame),
            ExprKind::List(items) => match (&expr.ty, self.list(items, frame)) {
                (Type::Set(_), Outcome::Value(items)) => set_of(items.into_owned()),
                (_, list) => list,
            },
            ExprKind::Comprehension { key, item, body } => {
                self.comprehension(&expr.ty, key.as_deref(), item, body, frame)
            }
            ExprKind::Map(pairs) => self.map(pairs, frame),
        }
    }

    /// A value that was kept, which is copied: a long list or object costs as many steps as it has
    /// items.
    fn carried(&mut self, value: Outcome<'a>) -> Outcome<'a> {
        let len = match &value {
            Outcome::Value(Cow::Owned(Value::List(items))) => items.len(),
            Outcome::Value(Cow::Owned(Value::Object(entries))) => entries.len(),
            _ => return value,
        };
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        if len <= SHORT {
            return value;
        }
        self.charge(len).map_or(value, Outcome::Unknown)
    }

    /// The values of several expressions, or what stands in the way of one.
    pub(super) fn values(
        &mut self,
        exprs: &'a [Expr],
        frame: &mut Vec<Outcome<'a>>,
    ) -> Result<Vec<Value>, Outcome<'a>> {
        let mut values = Vec::with_capacity(exprs.len());
        let mut failed: Option<Outcome<'a>> = None;
        for expr in exprs {
            match (self.expr(expr, frame).value(), failed.take()) {
                (Ok(value), None) => values.push(value.into_owned()),
                (Ok(_), before) => failed = before,
                (Err(now), None) => failed = Some(now),
                (Err(Outcome::Unknown(mut now)), Some(Outcome::Unknown(before))) => {
                    now.extend(before);
                    failed = Some(Outcome::Unknown(now));
                }
                (Err(_), Some(_)) => failed = Some(Outcome::Undefined),
            }
        }
        failed.map_or(Ok(values), Err)
    }

    fn list(&mut self, items: &'a [Expr], frame: &mut Vec<Outcome<'a>>) -> Outcome<'a> {
        match self.values(items, frame) {
            Ok(values) => Outcome::owned(Value::List(values)),
            Err(other) => other,
        }
    }

    fn map(&mut self, pairs: &'a [(String, Expr)], frame: &mut Vec<Outcome<'a>>) -> Outcome<'a> {
        let mut entries = std::collections::BTreeMap::new();
        for (name, expr) in pairs {
            match self.expr(expr, frame).value() {
                Ok(value) => entries.insert(name.clone(), value.into_owned()),
                Err(other) => return other,
            };
        }
        Outcome::owned(Value::Object(entries))
    }

    fn member(
        &mut self,
        item: &'a Expr,
        list: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        let item = self.expr(item, frame);
        // The items of a literal list are compared one by one: an unknown one doesn't hide that
        // another is equal.
        if let ExprKind::List(items) = &list.kind {
            let mut found = Truth::False;
            for other in items {
                let other = self.expr(other, frame);
                found = found.or(compare(Comparison::Equal, item.clone(), other).truth());
            }
            return found.into();
        }
        let origin = self.origin(list);
        let (item, list) = match item.both(self.expr(list, frame)) {
            Ok(both) => both,
            Err(other) => return other,
        };
        let (len, found, open) = match list.as_ref() {
            Value::List(items) => {
                let found = items.contains(item.as_ref());
                (items.len(), found, !found && items.iter().any(Value::is_null))
            }
            Value::Object(entries) => {
                (entries.len(), entries.values().any(|value| value == item.as_ref()), false)
            }
            _ => return Outcome::Undefined,
        };
        if let Some(obstacles) = self.charge(u64::try_from(len).unwrap_or(u64::MAX)) {
            return Outcome::Unknown(obstacles);
        }
        if open { Outcome::unknown(Reason::Null, origin) } else { Outcome::bool(found) }
    }
}

fn arithmetic<'a>(operator: Arithmetic, left: Outcome<'a>, right: Outcome<'a>) -> Outcome<'a> {
    let (left, right) = match left.both(right) {
        Ok(both) => both,
        Err(other) => return other,
    };
    let (Value::Number(left), Value::Number(right)) = (left.as_ref(), right.as_ref()) else {
        return Outcome::Undefined;
    };
    let result = match operator {
        Arithmetic::Add => left.add(right),
        Arithmetic::Subtract => left.sub(right),
        Arithmetic::Multiply => left.mul(right),
    };
    match result {
        Ok(number) => Outcome::owned(Value::Number(number)),
        Err(error) => Outcome::unknown(reason(error), None),
    }
}

/// The obstacle that a failed computation is.
pub(super) fn reason(error: DecimalError) -> Reason {
    match error {
        DecimalError::DivisionByZero => Reason::DivisionByZero,
        DecimalError::Syntax | DecimalError::TooManyDigits => Reason::Unparsable,
        DecimalError::Overflow | DecimalError::Inexact => Reason::Overflow,
    }
}

fn compare<'a>(comparison: Comparison, left: Outcome<'a>, right: Outcome<'a>) -> Outcome<'a> {
    let (left, right) = match left.both(right) {
        Ok(both) => both,
        Err(other) => return other,
    };
    let Some(order) = order(&left, &right) else { return Outcome::Undefined };
    Outcome::bool(comparison.holds(order))
}

/// Items of one type in their order.
pub(super) fn sorted(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by(|a, b| order(a, b).unwrap_or(Ordering::Equal));
    items
}

/// Lists no longer than that are copied without a charge of their own.
const SHORT: u64 = 1024;

/// The order of two values of one type: text by its code points, false before true.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        _ => return None,
    })
}
