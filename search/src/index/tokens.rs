//! The words of a value as tantivy takes them: each once for everywhere and once for its column,
//! in the same place.

use super::terms;
use crate::text::words;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The tokenizer's name in the schema.
pub(super) const NAME: &str = "column-words";

/// A value of a column, as [`ColumnWords`] takes it apart. Between two values of a document tantivy
/// leaves a position out, so that no phrase runs from one into the next.
pub(super) fn value(column: Option<&str>, text: &str) -> String {
    format!("{}\0{text}", column.unwrap_or(terms::ANYWHERE))
}

/// Splits what [`value`] made.
#[derive(Clone)]
pub(super) struct ColumnWords;

impl Tokenizer for ColumnWords {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, value: &'a str) -> Words {
        let (column, text) = value.split_once('\0').unwrap_or((terms::ANYWHERE, value));
        let named = Some(column).filter(|column| *column != terms::ANYWHERE);
        let mut tokens = Vec::new();
        for (position, word) in words(text).enumerate() {
            for name in [Some(terms::ANYWHERE), named].into_iter().flatten() {
                let text = terms::word(name, &word);
                tokens.push(Token { position, text, ..Token::default() });
            }
        }
        Words { tokens: tokens.into_iter(), token: Token::default() }
    }
}

/// The tokens of a value.
pub(super) struct Words {
    tokens: std::vec::IntoIter<Token>,
    token: Token,
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        match self.tokens.next() {
            Some(token) => {
                self.token = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
