//! What every reader gives: rows of cells, before they are typed.

use super::number::Exact;
use crate::run::RunError;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use std::collections::BTreeSet;

/// A value as a file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Absent by the format's own word for it.
    #[default]
    Null,
    /// Text of a CSV field or JSON string.
    Text {
        /// The text.
        text: String,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// A JSON number, boolean, object or array as it is written; never a null marker.
    Lexeme(String),
    /// An exact number of a typed format.
    Number(Exact),
    /// A boolean of a typed format.
    Bool(bool),
    /// A date of a typed format.
    Date(NaiveDate),
    /// An instant of a typed format.
    Instant(DateTime<Utc>),
    /// A time without offset of a typed format.
    Naive(NaiveDateTime),
    /// A value that the format can state and we can't hold: code and reason.
    Unfit(&'static str, &'static str),
}

/// A row of a file.
pub(crate) struct RawRow {
    /// The line where it begins, from 1, in text files.
    pub(crate) line: Option<u64>,
    /// A cell for each column of the file, or why there are none.
    pub(crate) cells: Result<Vec<Cell>, Refusal>,
}

/// Why a row is refused, without its values: they may be personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The column at fault; `None` where the row as a whole is.
    pub(crate) column: Option<String>,
    /// Stable kebab-case code.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) reason: String,
}

impl Refusal {
    /// A refusal of a row as a whole.
    pub(crate) fn row(code: &'static str, reason: impl Into<String>) -> Self {
        Self { column: None, code, reason: reason.into() }
    }
}

/// The rows of a file in their order.
pub(crate) trait Rows {
    /// The columns as the file names them.
    fn columns(&self) -> &[String];

    /// Whoever asks for rows reads only the columns at those positions: the cells of others may be null.
    fn only(&mut self, _positions: &BTreeSet<usize>) {}

    /// The next row.
    fn next_row(&mut self) -> Result<Option<RawRow>, RunError>;
}
