//! What was evaluated of a program, and what it came to: for the coverage of its tests, and to explain
//! a verdict.

use super::outcome::{Obstacles, Outcome, Truth};
use crate::tree::{Expr, ExprKind, Span, Statement};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// How often a part of a program came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) held: u64,
    pub(crate) failed: u64,
    pub(crate) unknown: u64,
}

/// What was seen of each part, by the part's address in the program, which doesn't move.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    seen: RefCell<BTreeMap<usize, Seen>>,
    /// What was evaluated in its order, where that is asked for.
    notes: Option<RefCell<Vec<Note>>>,
}

/// What a part came to for a record.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    /// An expression, and its value as text.
    Value(Span, String),
    /// A statement; what stands in the way of one that can't be told.
    Statement(Span, Result<bool, Obstacles>),
    /// The last one: more was evaluated than is noted.
    Cut,
}

/// A rule that goes through a large collection notes no more than this.
pub(crate) const NOTES: usize = 10_000;

impl Trace {
    /// One that notes each value, too.
    pub(crate) fn with_notes() -> Self {
        Self { notes: Some(RefCell::default()), ..Self::default() }
    }

    /// The notes so far, which are then no more.
    pub(crate) fn take_notes(&self) -> Vec<Note> {
        self.notes.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub(super) fn value(&self, expr: &Expr, outcome: &Outcome<'_>) {
        if !matches!(expr.kind, ExprKind::Literal(_)) {
            self.note(|| Note::Value(expr.span, outcome.told()));
        }
    }

    /// What a statement of a body came to.
    pub(super) fn statement(&self, statement: &Statement, truth: &Truth) {
        self.truth(statement, truth);
        self.note(|| {
            let told = match truth {
                Truth::True => Ok(true),
                Truth::False => Ok(false),
                Truth::Unknown(obstacles) => Err(obstacles.clone()),
            };
            Note::Statement(statement.span(), told)
        });
    }

    fn note(&self, note: impl FnOnce() -> Note) {
        if let Some(notes) = &self.notes {
            let mut notes = notes.borrow_mut();
            match notes.len() {
                NOTES => notes.push(Note::Cut),
                before if before < NOTES => notes.push(note()),
                _ => {}
            }
        }
    }

    /// What was seen of a part.
    pub(crate) fn of<T>(&self, part: &T) -> Seen {
        self.seen.borrow().get(&address(part)).copied().unwrap_or_default()
    }

    pub(super) fn truth<T>(&self, part: &T, truth: &Truth) {
        let mut seen = self.seen.borrow_mut();
        let seen = seen.entry(address(part)).or_default();
        let count = match truth {
            Truth::True => &mut seen.held,
            Truth::False => &mut seen.failed,
            Truth::Unknown(_) => &mut seen.unknown,
        };
        *count = count.saturating_add(1);
    }

    pub(super) fn reached<T>(&self, part: &T) {
        self.truth(part, &Truth::True);
    }
}

fn address<T>(part: &T) -> usize {
    std::ptr::from_ref(part).addr()
}
