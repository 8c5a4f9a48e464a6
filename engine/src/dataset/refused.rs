//! What can still be read of refused rows: the columns by which they would have been found.

use super::columns::Layout;
use super::typing::Typed;
use std::collections::BTreeSet;
use std::fmt;
use tieout_controls::{Decimal, Value};

/// The keys of a dataset's refused rows, by a few columns that somebody asked for.
///
/// INVARIANT: their values are never shown, for they may be personal; `Debug` tells how many.
#[derive(Clone, Default)]
pub(crate) struct RefusedKeys {
    /// The columns and their positions in the layout.
    columns: Vec<(String, usize)>,
    rows: Vec<Vec<Option<Value>>>,
}

impl RefusedKeys {
    /// Keeps those columns that the layout has.
    pub(crate) fn new(wanted: &BTreeSet<String>, layout: &Layout) -> Self {
        let targets = layout.targets.iter().enumerate();
        let columns = targets.filter(|(_, target)| wanted.contains(&target.name));
        let columns = columns.map(|(at, target)| (target.name.clone(), at)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row of which that could be read: a value or none for each target, from the first on.
    pub(super) fn push(&mut self, readable: &[Option<Typed>]) {
        if !self.columns.is_empty() {
            let cell = |at: usize| readable.get(at).and_then(Option::as_ref).and_then(value);
            self.rows.push(self.columns.iter().map(|(_, at)| cell(*at)).collect());
        }
    }

    /// For each row the values of these columns; `None` for a row of which one can't be read, or
    /// is null.
    pub(crate) fn of(&self, columns: &[&str]) -> impl Iterator<Item = Option<Vec<Value>>> {
        let position = |name: &&str| self.columns.iter().position(|(column, _)| column == name);
        let positions: Option<Vec<usize>> = columns.iter().map(position).collect();
        self.rows.iter().map(move |row| {
            let cells = positions.as_ref()?.iter().map(|at| row.get(*at).cloned().flatten());
            cells.collect()
        })
    }
}

impl fmt::Debug for RefusedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused rows", self.rows.len())
    }
}

fn value(typed: &Typed) -> Option<Value> {
    Some(match typed {
        Typed::Null => return None,
        Typed::Bool(flag) => Value::Bool(*flag),
        Typed::Integer(number) => Value::Number(Decimal::from(*number)),
        Typed::Number(exact) => Value::Number(exact.decimal()),
        Typed::Date(day) => Value::Date(*day),
        Typed::Instant(instant) => Value::Timestamp(*instant),
        Typed::Text(text) => Value::String(text.clone()),
    })
}
