//! Reading single tokens, and reporting those that don't fit.

use super::ast::{Name, Span};
use super::lexer::{Kind, Token};
use super::parser::{KEYWORDS, MAX_NESTING, Parser};

impl<'a> Parser<'a> {
    pub(super) fn token(&self) -> Option<&'a Token> {
        self.tokens.get(self.position).or(self.tokens.last())
    }

    pub(super) fn peek(&self) -> &'a Kind {
        self.token().map_or(&Kind::End, |t| &t.kind)
    }

    pub(super) fn span(&self) -> Span {
        self.token().map_or(Span::default(), |t| t.span)
    }

    pub(super) fn previous(&self) -> Span {
        let before = self.position.saturating_sub(1);
        self.tokens.get(before).map_or(Span::default(), |t| t.span)
    }

    /// From a start to the end of the last token read, or to the end of the start's own token
    /// where that is on another line.
    pub(super) fn span_from(&self, start: Span) -> Span {
        let end = self.previous();
        if end.line != start.line {
            return start;
        }
        let length = end.column.saturating_add(end.length).saturating_sub(start.column);
        Span { length: length.max(1), ..start }
    }

    pub(super) fn advance(&mut self) {
        self.position = self.position.saturating_add(1).min(self.tokens.len());
    }

    pub(super) fn at(&self, symbol: &str) -> bool {
        matches!(self.peek(), Kind::Symbol(s) if *s == symbol)
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        matches!(self.peek(), Kind::Word(w) if w == word)
    }

    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let found = self.at(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Option<()> {
        if self.take(symbol) { Some(()) } else { self.unexpected(&format!("`{symbol}`")) }
    }

    /// A word that isn't a keyword.
    pub(super) fn name(&mut self) -> Option<Name> {
        let span = self.span();
        match self.peek() {
            Kind::Word(text) if !KEYWORDS.contains(&text.as_str()) => {
                self.advance();
                Some(Name { text: text.clone(), span })
            }
            _ => self.unexpected("a name"),
        }
    }

    pub(super) fn unexpected<T>(&mut self, wanted: &str) -> Option<T> {
        let found = match self.peek() {
            Kind::Word(word) | Kind::Number(word) => format!("`{word}`"),
            Kind::String(_) => "a string".to_owned(),
            Kind::Symbol(symbol) => format!("`{symbol}`"),
            Kind::End => "the end of the file".to_owned(),
        };
        self.syntax(format!("expected {wanted}, found {found}"))
    }

    pub(super) fn syntax<T>(&mut self, message: impl Into<String>) -> Option<T> {
        self.report.add("rego-syntax", self.span(), message, None);
        None
    }

    pub(super) fn unsupported<T>(&mut self, message: &str, help: &str) -> Option<T> {
        self.report.add("rego-unsupported", self.span(), message, Some(help.to_owned()));
        None
    }

    /// Reads something nested, so deep and no deeper.
    pub(super) fn nest<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.nesting >= MAX_NESTING {
            self.report.add("rego-too-deep", self.span(), "nested too deeply", None);
            return None;
        }
        self.nesting = self.nesting.saturating_add(1);
        let read = read(self);
        self.nesting = self.nesting.saturating_sub(1);
        read
    }
}
