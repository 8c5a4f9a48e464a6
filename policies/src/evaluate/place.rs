//! What stands in a place for a record: columns, rows, cells, entries.

use super::outcome::{Outcome, Truth};
use super::record::Record;
use crate::tree::{Expr, ExprKind, Function, RunDate};
use chrono::{NaiveDate, NaiveTime};
use std::borrow::Cow;
use tieout_controls::Value;
use tieout_controls::decision::Reason;

impl<'a> Record<'a> {
    pub(super) fn column(&self, column: usize) -> Outcome<'a> {
        match self.cells.get(column) {
            Some(value) if !value.is_null() => Outcome::Value(Cow::Borrowed(value)),
            _ => Outcome::unknown(Reason::Null, self.column_name(column)),
        }
    }

    fn column_name(&self, column: usize) -> Option<String> {
        self.bound.program.columns.get(column).map(|c| c.name.clone())
    }

    /// The column that an expression is, for the cause of what can't be read from it.
    pub(super) fn origin(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Column(column) => self.column_name(*column),
            ExprKind::Cell { table, column, .. } => self.cell_name(*table, *column),
            ExprKind::Call {
                function: Function::ArraySlice | Function::ArrayReverse,
                arguments,
            } => self.origin(arguments.first()?),
            ExprKind::Call { function: Function::ArrayConcat, arguments } => {
                let mut origins = arguments.iter().filter_map(|a| self.origin(a));
                origins.next().filter(|_| origins.next().is_none())
            }
            _ => None,
        }
    }

    fn cell_name(&self, table: usize, column: usize) -> Option<String> {
        let table = self.bound.program.tables.get(table)?;
        let column = table.schema.schema.columns.get(column)?;
        Some(format!("data.{}.{}", table.name, column.name))
    }

    pub(super) fn run_date(&self, date: RunDate) -> NaiveDate {
        match date {
            RunDate::AsOf => self.bound.run.as_of,
            RunDate::PeriodStart => self.bound.run.period_start,
            RunDate::PeriodEnd => self.bound.run.period_end,
        }
    }

    /// The entry of an object; undefined when there is none.
    pub(super) fn entry(
        &mut self,
        map: &'a Expr,
        key: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        match self.found(map, key, frame) {
            Ok(entry) => entry.map_or(Outcome::Undefined, Outcome::owned),
            Err(other) => other,
        }
    }

    /// The value under a key of an object, if the object has it.
    fn found(
        &mut self,
        map: &'a Expr,
        key: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Result<Option<Value>, Outcome<'a>> {
        let (map, key) = self.expr(map, frame).both(self.expr(key, frame))?;
        match (map.as_ref(), key.as_ref()) {
            (Value::Object(entries), Value::String(key)) => Ok(entries.get(key).cloned()),
            _ => Err(Outcome::Undefined),
        }
    }

    /// The entry of an object, or another value where there is none.
    pub(super) fn entry_or(
        &mut self,
        map: &'a Expr,
        key: &'a Expr,
        default: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        match self.found(map, key, frame) {
            Ok(Some(value)) => Outcome::owned(value),
            Ok(None) => self.expr(default, frame),
            Err(other) => other,
        }
    }

    /// The item of a list; undefined past its end.
    pub(super) fn item(
        &mut self,
        list: &'a Expr,
        position: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        let origin = self.origin(list);
        let (list, position) = match self.expr(list, frame).both(self.expr(position, frame)) {
            Ok(both) => both,
            Err(other) => return other,
        };
        let (Value::List(items), Value::Number(position)) = (list.as_ref(), position.as_ref())
        else {
            return Outcome::Undefined;
        };
        let position = position.to_scaled(0).ok().and_then(|p| usize::try_from(p).ok());
        let found = position.and_then(|p| items.get(p)).cloned();
        found.map_or(Outcome::Undefined, |item| Outcome::element(item, origin))
    }

    /// Whether a place holds something. Its own absence is an answer; an unknown key is not.
    pub(super) fn present(&mut self, place: &'a Expr, frame: &mut Vec<Outcome<'a>>) -> Truth {
        let found = |found: bool| if found { Truth::True } else { Truth::False };
        let outcome = match &place.kind {
            ExprKind::Column(column) => {
                return found(self.cells.get(*column).is_some_and(|v| !v.is_null()));
            }
            ExprKind::Lookup { table, key } => match self.rows(*table, key, frame) {
                Ok(rows) => return found(!rows.is_empty()),
                Err(other) => other,
            },
            ExprKind::Cell { row, table, column } => {
                let row = match &row.kind {
                    ExprKind::Lookup { .. } => match self.present(row, frame) {
                        Truth::True => self.expr(row, frame),
                        other => return other,
                    },
                    _ => self.expr(row, frame),
                };
                match row {
                    Outcome::Row(row) => {
                        return found(self.cell_of(row, *table, *column).is_some());
                    }
                    other => other,
                }
            }
            ExprKind::Entry { map, key } => self.entry(map, key, frame),
            _ => self.expr(place, frame),
        };
        match outcome {
            Outcome::Undefined => Truth::False,
            Outcome::Unknown(obstacles) => Truth::Unknown(obstacles),
            Outcome::Value(_) | Outcome::Row(_) => Truth::True,
        }
    }

    /// The rows with a key.
    fn rows(
        &mut self,
        table: usize,
        key: &'a [Expr],
        frame: &mut Vec<Outcome<'a>>,
    ) -> Result<Vec<&'a [Value]>, Outcome<'a>> {
        let key = self.values(key, frame)?;
        let bound = self.bound;
        let table = bound.tables.get(table).ok_or(Outcome::Undefined)?;
        let rows: Vec<_> = table.table.find(&key).collect();
        let work = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        match self.charge(work) {
            None => Ok(rows),
            Some(obstacles) => Err(Outcome::Unknown(obstacles)),
        }
    }

    pub(super) fn lookup(
        &mut self,
        table: usize,
        key: &'a [Expr],
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        match self.rows(table, key, frame).as_deref() {
            Ok([row]) => Outcome::Row(row),
            Ok([]) => Outcome::unknown(Reason::LookupMiss, self.table_name(table)),
            Ok(_) => Outcome::unknown(Reason::EffectiveOverlap, self.table_name(table)),
            Err(other) => other.clone(),
        }
    }

    fn table_name(&self, table: usize) -> Option<String> {
        self.bound.tables.get(table).map(|t| format!("data.{}", t.name))
    }

    /// The one row in force: from its first day or instant, until before its `to`.
    pub(super) fn effective_at(
        &mut self,
        table: usize,
        key: &'a [Expr],
        when: &'a Expr,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        let rows = self.rows(table, key, frame);
        let when = self.expr(when, frame).value();
        let (rows, when) = match (rows, when) {
            (Ok(rows), Ok(when)) => (rows, when),
            (Err(Outcome::Unknown(mut a)), Err(Outcome::Unknown(b))) => {
                a.extend(b);
                return Outcome::Unknown(a);
            }
            (Err(Outcome::Unknown(a)), Ok(_)) | (Ok(_), Err(Outcome::Unknown(a))) => {
                return Outcome::Unknown(a);
            }
            _ => return Outcome::Undefined,
        };
        let interval = self.bound.tables.get(table).and_then(|t| t.interval);
        let Some((from, to)) = interval else { return Outcome::Undefined };
        let in_force = |row: &&[Value]| {
            let starts = row.get(from).is_some_and(|from| reached(from, &when));
            let ended = row.get(to).is_some_and(|to| reached(to, &when));
            starts && !ended
        };
        let mut rows = rows.into_iter().filter(in_force);
        match (rows.next(), rows.next()) {
            (Some(row), None) => Outcome::Row(row),
            (None, _) => Outcome::unknown(Reason::EffectiveGap, self.table_name(table)),
            (Some(_), Some(_)) => {
                Outcome::unknown(Reason::EffectiveOverlap, self.table_name(table))
            }
        }
    }

    pub(super) fn cell(
        &mut self,
        row: &'a Expr,
        table: usize,
        column: usize,
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        match self.expr(row, frame) {
            Outcome::Row(row) => match self.cell_of(row, table, column) {
                Some(value) => Outcome::Value(Cow::Borrowed(value)),
                None => Outcome::unknown(Reason::Null, self.cell_name(table, column)),
            },
            Outcome::Value(_) => Outcome::Undefined,
            other => other,
        }
    }

    /// The cell, unless it is null.
    fn cell_of(&self, row: &'a [Value], table: usize, column: usize) -> Option<&'a Value> {
        let position = self.bound.tables.get(table)?.columns.get(column)?;
        row.get(*position).filter(|v| !v.is_null())
    }
}

/// Whether a bound has come at that time; a null bound never comes. An instant counts as its UTC
/// day where the bound is a day.
fn reached(bound: &Value, when: &Value) -> bool {
    match (bound, when) {
        (Value::Date(bound), Value::Date(when)) => bound <= when,
        (Value::Timestamp(bound), Value::Timestamp(when)) => bound <= when,
        (Value::Date(bound), Value::Timestamp(when)) => {
            bound.and_time(NaiveTime::MIN).and_utc() <= *when
        }
        _ => false,
    }
}
