//! The query language: terms, phrases, AND/OR/NOT, fields, date and amount ranges.
//!
//! A query is honoured as a whole or refused with the place and the remedy: there is no syntax
//! that is accepted and ignored. `docs/reference/search.md` is the reference for its users.

mod ast;
mod clause;
mod error;
mod foreign;
mod lexer;
mod parser;
mod print;

pub(crate) use ast::{End, Leaf, Moment, Node};
pub use error::QueryError;
pub(crate) use error::{Span, quoted};

use crate::name::Column;

/// The largest query, in bytes.
pub const MAX_BYTES: usize = 65_536;
/// The most terms in a query; each word of a phrase counts.
pub const MAX_TERMS: usize = 1024;
/// The deepest nesting: of parentheses as written, and of AND, OR and NOT in each other.
pub const MAX_DEPTH: usize = 64;

/// A parsed query. Two are equal when they ask the same, however they were written.
///
/// Its `Display` is the canonical form: operators in capitals, every AND written out, ranges in
/// brackets. Parsing the canonical form gives an equal query.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) root: Node,
    /// The columns that it names, with their places in the text.
    pub(crate) columns: Vec<(Column, Span)>,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for Query {}

/// Parses a query.
///
/// # Errors
/// The first thing that can't be honoured, with its span.
///
/// ```
/// use tieout_search::query::parse;
/// assert_eq!(parse("a b or not c").unwrap().to_string(), "(a AND b) OR NOT c");
/// assert_eq!(parse("contrl:FOC-R03").unwrap_err().help.unwrap(), "did you mean `control`?");
/// ```
pub fn parse(text: &str) -> Result<Query, QueryError> {
    if text.len() > MAX_BYTES {
        let message = format!("the query has {} bytes, more than {MAX_BYTES}", text.len());
        return Err(QueryError { message, start: 0, end: text.len(), help: None });
    }
    parser::parse(&lexer::tokens(text)?, text.len())
}

#[cfg(test)]
mod tests;
