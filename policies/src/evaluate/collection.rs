//! Lists, sets and objects: how they are collected, put together and compared. A set's items stand in
//! their order, each once, and none of them is null; nor is a value of an object.

use super::call::size;
use super::expression::{order, sorted};
use super::outcome::{Obstacles, Outcome, Truth};
use super::record::Record;
use crate::tree::{Expr, SetOperator, Statement, Type};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use tieout_controls::Value;
use tieout_controls::decision::Reason;

/// What was collected so far, with the keys of an object's entries.
#[derive(Default)]
struct Collected {
    keys: Vec<String>,
    items: Vec<Value>,
    open: Obstacles,
}

impl<'a> Record<'a> {
    /// The items of all solutions. What isn't known of one makes the whole unknown; an item that is
    /// certainly nothing is left out.
    pub(super) fn comprehension(
        &mut self,
        ty: &Type,
        key: Option<&'a Expr>,
        item: &'a Expr,
        body: &'a [Statement],
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        let mut collected = Collected::default();
        let mut each = |record: &mut Self, frame: &mut Vec<Outcome<'a>>| {
            record.reached(item);
            match key {
                None => {
                    let item = record.expr(item, frame).value();
                    record.collect(None, item, &mut collected);
                }
                Some(key) => {
                    let (key, item) = (record.expr(key, frame), record.expr(item, frame));
                    let (key, item) = match key.both(item) {
                        Ok((key, item)) => (Some(key.into_owned()), Ok(item)),
                        Err(other) => (None, Err(other)),
                    };
                    record.collect(key, item, &mut collected);
                }
            }
        };
        let solutions = self.body(body, frame, Obstacles::new(), &mut each);
        let Collected { keys, items, mut open } = collected;
        open.extend(solutions.unknown);
        match (open.is_empty(), ty) {
            (false, _) => Outcome::Unknown(open),
            (true, Type::Set(_)) => set_of(Value::List(items)),
            (true, Type::Map(_)) => match entries(keys.into_iter().zip(items)) {
                Some(entries) => Outcome::owned(Value::Object(entries)),
                None => Outcome::unknown(Reason::PolicyError, None),
            },
            (true, _) => Outcome::owned(Value::List(items)),
        }
    }

    fn collect(
        &mut self,
        key: Option<Value>,
        item: Result<Cow<'a, Value>, Outcome<'a>>,
        collected: &mut Collected,
    ) {
        let item = match item {
            Ok(item) => item,
            Err(Outcome::Unknown(obstacles)) => return collected.open.extend(obstacles),
            Err(_) => return,
        };
        let work = size(&item).saturating_add(key.as_ref().map_or(0, size));
        if let Some(obstacles) = self.charge(work) {
            return collected.open.extend(obstacles);
        }
        if let Some(Value::String(key)) = key {
            collected.keys.push(key);
        }
        collected.items.push(item.into_owned());
    }

    pub(super) fn sets(
        &mut self,
        operator: SetOperator,
        left: &'a Expr,
        right: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        match self.two(left, right, frame) {
            Ok((Value::List(left), Value::List(right))) => {
                Outcome::owned(Value::List(joined(operator, left, right)))
            }
            Ok(_) => Outcome::Undefined,
            Err(other) => other,
        }
    }

    /// Whether two lists, sets or objects are the same.
    pub(super) fn same_items(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        let names = [self.origin(left), self.origin(right)];
        let (left, right) = match self.two(left, right, frame) {
            Ok(both) => both,
            Err(other) => return other,
        };
        if let Some(same) = same(&left, &right) {
            return Outcome::bool(same);
        }
        let [of_left, of_right] = names.map(|name| Obstacles::from([(Reason::Null, name)]));
        let mut open = if has_null(&left) { of_left } else { Obstacles::new() };
        open.extend(if has_null(&right) { of_right } else { Obstacles::new() });
        Truth::Unknown(open).into()
    }

    /// Both values, charged for.
    fn two(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Result<(Value, Value), Outcome<'a>> {
        let (left, right) = self.expr(left, frame).both(self.expr(right, frame))?;
        match self.charge(size(&left).saturating_add(size(&right))) {
            Some(obstacles) => Err(Outcome::Unknown(obstacles)),
            None => Ok((left.into_owned(), right.into_owned())),
        }
    }
}

fn has_null(value: &Value) -> bool {
    matches!(value, Value::List(items) if items.iter().any(Value::is_null))
}

/// The items of two sets put together.
pub fn joined(operator: SetOperator, left: Vec<Value>, right: Vec<Value>) -> Vec<Value> {
    let has = |items: &[Value], item: &Value| {
        items.binary_search_by(|i| order(i, item).unwrap_or(Ordering::Equal)).is_ok()
    };
    match operator {
        SetOperator::Union => distinct(left.into_iter().chain(right).collect()),
        SetOperator::Intersection => left.into_iter().filter(|i| has(&right, i)).collect(),
        SetOperator::Difference => left.into_iter().filter(|i| !has(&right, i)).collect(),
    }
}

/// Whether two lists, sets or objects are the same; `None` where a null item keeps that from being
/// told. A null item hides no other that differs.
pub fn same(left: &Value, right: &Value) -> Option<bool> {
    let (Value::List(left), Value::List(right)) = (left, right) else {
        return Some(left == right);
    };
    let known = |(a, b): &(&Value, &Value)| !a.is_null() && !b.is_null();
    let differs = |(a, b): (&Value, &Value)| a != b;
    if left.len() != right.len() || left.iter().zip(right).filter(known).any(differs) {
        return Some(false);
    }
    left.iter().zip(right).all(|pair| known(&pair)).then_some(true)
}

/// An object of these entries; none where a key has two values.
pub fn entries(
    pairs: impl IntoIterator<Item = (String, Value)>,
) -> Option<BTreeMap<String, Value>> {
    let mut entries = BTreeMap::new();
    for (key, value) in pairs {
        if *entries.entry(key).or_insert_with(|| value.clone()) != value {
            return None;
        }
    }
    Some(entries)
}

/// The items of a list, in their order and each once.
pub(super) fn set_of<'a>(list: Value) -> Outcome<'a> {
    let Value::List(items) = list else { return Outcome::Undefined };
    Outcome::owned(Value::List(distinct(items)))
}

/// The items of a set: in their order, each once.
pub fn distinct(items: Vec<Value>) -> Vec<Value> {
    let mut items = sorted(items);
    items.dedup();
    items
}
