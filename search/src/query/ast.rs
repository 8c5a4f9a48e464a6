//! The syntax tree.

use crate::name::{Column, Fixed};
use chrono::{DateTime, NaiveDate, Utc};
use tieout_controls::{Decimal, Digest};

/// A query or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// All of them, at least two, none itself an AND.
    And(Vec<Node>),
    /// Any of them, at least two, none itself an OR.
    Or(Vec<Node>),
    /// Every document that it doesn't find.
    Not(Box<Node>),
    /// A condition.
    Leaf(Leaf),
}

/// A condition on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// Some value is the text, or has its words one behind the other.
    Text(String),
    /// As `Text`, of the values of a column.
    Contains { column: Column, text: String },
    /// A value of the column is the text.
    Is { column: Column, text: String },
    /// The field is the text.
    Field { field: Fixed, text: String },
    /// The digest stands in the document, or is its pack's.
    Hash(Digest),
    /// An amount of the document is between the ends.
    Amount { low: End<Decimal>, high: End<Decimal>, currency: Option<String> },
    /// A number in the column is between the ends.
    Number { column: Column, low: End<Decimal>, high: End<Decimal>, currency: Option<String> },
    /// A day or instant is between the ends; in any column without one.
    Time { column: Option<Column>, low: End<Moment>, high: End<Moment> },
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End<T> {
    /// There is none.
    Open,
    /// The value belongs to the range.
    With(T),
    /// The value doesn't belong to the range.
    Without(T),
}

/// A day or an instant, as a query states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A whole day in UTC.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl Node {
    /// How deep AND, OR and NOT stand in each other; 0 for a condition alone.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Not(inner) => 1 + inner.depth(),
            Self::And(parts) | Self::Or(parts) => {
                1 + parts.iter().map(Self::depth).max().unwrap_or(0)
            }
        }
    }

    /// The conditions, from left to right.
    pub(crate) fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Not(inner) => inner.leaves(),
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// Both, in one list.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::And(mut a), Self::And(b)) => {
                a.extend(b);
                Self::And(a)
            }
            (Self::And(mut a), b) => {
                a.push(b);
                Self::And(a)
            }
            (a, Self::And(mut b)) => {
                b.insert(0, a);
                Self::And(b)
            }
            (a, b) => Self::And(vec![a, b]),
        }
    }

    /// Either, in one list.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Or(mut a), Self::Or(b)) => {
                a.extend(b);
                Self::Or(a)
            }
            (Self::Or(mut a), b) => {
                a.push(b);
                Self::Or(a)
            }
            (a, Self::Or(mut b)) => {
                b.insert(0, a);
                Self::Or(b)
            }
            (a, b) => Self::Or(vec![a, b]),
        }
    }
}

impl Leaf {
    /// The column that it is about, where it names one.
    pub(crate) fn column(&self) -> Option<&Column> {
        match self {
            Self::Contains { column, .. }
            | Self::Is { column, .. }
            | Self::Number { column, .. }
            | Self::Time { column: Some(column), .. } => Some(column),
            _ => None,
        }
    }
}

impl<T> End<T> {
    /// The value, where there is one.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Open => None,
            Self::With(value) | Self::Without(value) => Some(value),
        }
    }
}
