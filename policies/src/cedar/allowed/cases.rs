//! Enough values of each column that no two records which the policies tell apart are taken for
//! one.

use super::reads::{Literal, Reads, Term};
use super::{LIMIT, NotKnown};
use crate::cedar::Policies;
use crate::cedar::request::RequestShape;
use crate::data::{Column, Schema};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{ColumnType, Decimal, Value};

/// A column and the values that it takes.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) column: String,
    pub(super) values: Vec<Value>,
}

/// The columns that either version makes a request of, by name, with their values.
///
/// # Errors
/// A column of two types; more values of one than cases may be tried.
pub(super) fn axes(
    old: &Policies,
    new: &Policies,
    inputs: [&Schema; 2],
    reads: &Reads,
) -> Result<Vec<Axis>, NotKnown> {
    let shapes = [&old.request, &new.request];
    let names: BTreeSet<&str> = shapes.iter().flat_map(|shape| shape.columns()).collect();
    let mut columns = BTreeMap::new();
    for name in names {
        if let Some(column) = joined(name, inputs)? {
            columns.insert(name, column);
        }
    }
    let mut axes = Vec::new();
    for (name, column) in &columns {
        let mut values = present(name, column.kind, &columns, &reads.group(name))?;
        let read = reads.columns.contains(*name);
        if !read {
            // Any value is as good as another.
            values.truncate(1);
        }
        let tells = read || needs(&old.request, name);
        if column.nullable && tells && !needs(&new.request, name) {
            values.push(Value::Null);
        }
        if !new.request.columns().any(|read| read == *name) {
            values.extend(unheld(column.kind));
        }
        axes.push(Axis { column: (*name).to_owned(), values });
    }
    Ok(axes)
}

/// The column in both populations: null where it may be in one.
fn joined(name: &str, [before, after]: [&Schema; 2]) -> Result<Option<Column>, NotKnown> {
    let find = |schema: &Schema| schema.columns.iter().find(|c| c.name == name).cloned();
    match (find(before), find(after)) {
        (Some(before), Some(after)) if before.kind != after.kind => Err(NotKnown::OtherType {
            column: name.to_owned(),
            before: before.kind,
            after: after.kind,
        }),
        (Some(before), Some(after)) => {
            let nullable = before.nullable || after.nullable;
            Ok(Some(Column { nullable, ..after }))
        }
        (before, after) => Ok(after.or(before)),
    }
}

/// Whether a null in the column leaves every record undetermined.
fn needs(shape: &RequestShape, column: &str) -> bool {
    [&shape.principal, &shape.resource].into_iter().any(|entity| {
        let mut attributes = entity.attributes.values();
        entity.id == column || attributes.any(|a| a.column == column && !a.optional)
    })
}

/// A value of the type that no request can hold: a version that reads it is undetermined.
fn unheld(kind: ColumnType) -> Option<Value> {
    match kind {
        ColumnType::Integer => {
            let past = i128::from(i64::MAX).saturating_add(1);
            Some(Value::Number(Decimal::from_scaled(past, 0)))
        }
        ColumnType::StringList => Some(Value::List(vec![Value::Null])),
        _ => None,
    }
}

/// The values other than null.
fn present(
    name: &str,
    kind: ColumnType,
    columns: &BTreeMap<&str, Column>,
    group: &Term,
) -> Result<Vec<Value>, NotKnown> {
    let of_kind = |kind: ColumnType| -> Vec<&str> {
        let members = group.columns.iter().map(String::as_str);
        members.filter(|c| columns.get(c).is_some_and(|c| c.kind == kind)).collect()
    };
    match kind {
        ColumnType::Bool => Ok(vec![Value::Bool(true), Value::Bool(false)]),
        ColumnType::Integer => Ok(whole(of_kind(kind).len(), group)),
        ColumnType::StringList => {
            let (texts, lists) = (of_kind(ColumnType::String).len(), of_kind(kind).len());
            sets(texts, lists, group)
        }
        _ => {
            // The first column names the first other text, the second one that or another, …
            let before = of_kind(kind).iter().take_while(|c| **c != name).count();
            let texts = others(before.saturating_add(1), group);
            Ok(texts.into_iter().chain(stated(group)).map(Value::String).collect())
        }
    }
}

/// The texts among the literals.
fn stated(group: &Term) -> Vec<String> {
    let text = |literal: &Literal| match literal {
        Literal::Text(text) => Some(text.clone()),
        Literal::Whole(_) => None,
    };
    group.literals.iter().filter_map(text).collect()
}

/// The first so many texts that are no literals.
fn others(count: usize, group: &Term) -> Vec<String> {
    let stated = stated(group);
    let name = |number: usize| match number {
        0 => "another value".to_owned(),
        number => format!("another value ({})", number.saturating_add(1)),
    };
    (0..).map(name).filter(|name| !stated.contains(name)).take(count).collect()
}

/// Each literal and `count` neighbours on either side: between two literals all there are, or as
/// many as differ.
fn whole(count: usize, group: &Term) -> Vec<Value> {
    let literal = |literal: &Literal| match literal {
        Literal::Whole(number) => Some(*number),
        Literal::Text(_) => None,
    };
    let mut literals: Vec<i64> = group.literals.iter().filter_map(literal).collect();
    if literals.is_empty() {
        literals.push(0);
    }
    let width = i64::try_from(count).unwrap_or(i64::MAX).min(1_000);
    let near = |number: i64| number.saturating_sub(width)..=number.saturating_add(width);
    let values: BTreeSet<i64> = literals.into_iter().flat_map(near).collect();
    values.into_iter().map(|n| Value::Number(Decimal::from(n))).collect()
}

/// All sets of what `texts` columns and `lists` lists of the group can have in common.
fn sets(texts: usize, lists: usize, group: &Term) -> Result<Vec<Value>, NotKnown> {
    let shared = u32::try_from(lists).ok().and_then(|lists| 2_usize.checked_pow(lists));
    let shared = shared.ok_or(NotKnown::TooMany)?.saturating_sub(1);
    let mut texts = others(texts.saturating_add(shared).min(64), group);
    texts.extend(stated(group));
    let sets = u32::try_from(texts.len()).ok().and_then(|items| 2_u64.checked_pow(items));
    let sets = sets.filter(|sets| *sets <= LIMIT).ok_or(NotKnown::TooMany)?;
    let chosen = |set: u64| {
        let mut rest = set;
        let mut items = Vec::new();
        for text in &texts {
            if rest & 1 == 1 {
                items.push(Value::String(text.clone()));
            }
            rest >>= 1;
        }
        Value::List(items)
    };
    Ok((0..sets).map(chosen).collect())
}
