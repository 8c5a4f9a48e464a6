//! From text to tokens. Every character is either part of a token, or a space, or an error.

use super::error::{QueryError, Span, quoted};
use super::foreign::{check_word, is_typographic_quote, unknown};

/// A token with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `AND` in any case.
    And,
    /// `OR` in any case.
    Or,
    /// `NOT` in any case.
    Not,
    /// A bare word.
    Word(String),
    /// A text in quotation marks.
    Phrase(String),
    /// A name with an operator and a value.
    Named(Named),
}

/// `name:value`, `name>value`, `name:[low..high]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: Piece,
    pub(super) operator: Operator,
    pub(super) value: Raw,
    /// From the name to the end of the value.
    pub(super) span: Span,
}

/// A piece of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) span: Span,
}

/// How a value relates to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Has,
    Equals,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    /// A word or a text in quotation marks.
    Text(Piece),
    /// The ends of a range in brackets, each as written, perhaps empty.
    Range { low: Piece, high: Piece },
}

/// All tokens of the query.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut scanner = Scanner { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        scanner.skip_spaces();
        let Some(first) = scanner.peek() else { return Ok(tokens) };
        let start = scanner.at;
        let kind = scanner.token(first)?;
        tokens.push(Token { kind, span: Span { start, end: scanner.at } });
    }
}

/// Whether the text can be written without quotation marks.
pub(super) fn is_bare(text: &str) -> bool {
    check_word(text, Span { start: 0, end: text.len() }).is_ok()
        && text.chars().all(is_word_char)
        && operator_word(text).is_none()
}

fn operator_word(text: &str) -> Option<Kind> {
    match text.to_ascii_lowercase().as_str() {
        "and" => Some(Kind::And),
        "or" => Some(Kind::Or),
        "not" => Some(Kind::Not),
        _ => None,
    }
}

/// The characters of a bare word: letters, digits and the punctuation of identifiers, and what is
/// beyond ASCII unless it is a space, a control character or a typographic quotation mark.
fn is_word_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "_-./@#%,'".contains(c);
    }
    !c.is_whitespace() && !c.is_control() && !is_typographic_quote(c)
}

/// The characters of a bare value behind a name: an instant and a digest have colons.
fn is_value_char(c: char) -> bool {
    is_word_char(c) || c == ':' || c == '+'
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn advance(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> Piece {
        let start = self.at;
        while self.peek().is_some_and(&fits) {
            self.advance();
        }
        self.piece(start)
    }

    fn piece(&self, start: usize) -> Piece {
        let text = self.text.get(start..self.at).unwrap_or_default().to_owned();
        Piece { text, span: Span { start, end: self.at } }
    }

    fn here(&self) -> Span {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        Span { start: self.at, end }
    }

    fn token(&mut self, first: char) -> Result<Kind, QueryError> {
        match first {
            '(' => {
                self.advance();
                Ok(Kind::Open)
            }
            ')' => {
                self.advance();
                Ok(Kind::Close)
            }
            '"' => {
                let phrase = self.phrase()?;
                self.must_end("a text in quotation marks")?;
                Ok(Kind::Phrase(phrase.text))
            }
            c if is_word_char(c) => self.word(),
            c => Err(unknown(c, self.here())),
        }
    }

    fn word(&mut self) -> Result<Kind, QueryError> {
        let word = self.take_while(is_word_char);
        if self.peek() == Some(':') {
            self.advance();
            let value = self.value_behind_colon(&word)?;
            return self.named(word, Operator::Has, value);
        }
        let behind = self.at;
        self.skip_spaces();
        if let Some(operator) = self.comparison()? {
            self.skip_spaces();
            let value = self.value(&word)?;
            return self.named(word, operator, value);
        }
        self.at = behind;
        if let Some(operator) = operator_word(&word.text) {
            return Ok(operator);
        }
        self.must_end("a word")?;
        check_word(&word.text, word.span)?;
        Ok(Kind::Word(word.text))
    }

    fn named(&self, name: Piece, operator: Operator, value: Raw) -> Result<Kind, QueryError> {
        self.must_end("a value")?;
        let span = Span { start: name.span.start, end: self.at };
        Ok(Kind::Named(Named { name, operator, value, span }))
    }

    fn comparison(&mut self) -> Result<Option<Operator>, QueryError> {
        let start = self.at;
        let signs = self.take_while(|c| "<>=".contains(c));
        let operator = match signs.text.as_str() {
            "" => return Ok(None),
            "=" => Operator::Equals,
            "<" => Operator::Below,
            "<=" => Operator::AtMost,
            ">" => Operator::Above,
            ">=" => Operator::AtLeast,
            other => {
                let span = Span { start, end: self.at };
                return Err(span
                    .error(format!("{} is not a comparison", quoted(other)))
                    .with_help("the comparisons are =, <, <=, > and >="));
            }
        };
        Ok(Some(operator))
    }

    fn value_behind_colon(&mut self, name: &Piece) -> Result<Raw, QueryError> {
        match self.peek() {
            Some('[') => self.range(),
            Some('(') => {
                let help = format!("write it out: ({0}:a OR {0}:b)", name.text);
                Err(name
                    .span
                    .error(format!("{} can't be given to a group", quoted(&name.text)))
                    .with_help(help))
            }
            Some(c) if c.is_whitespace() => Err(missing(name, "write it without a space")),
            _ => self.value(name),
        }
    }

    fn value(&mut self, name: &Piece) -> Result<Raw, QueryError> {
        match self.peek() {
            Some('"') => Ok(Raw::Text(self.phrase()?)),
            Some('/') => Err(self
                .here()
                .error("regular expressions can't be searched for")
                .with_help("put the value in quotation marks")),
            Some(c) if is_value_char(c) => Ok(Raw::Text(self.take_while(is_value_char))),
            None | Some(')' | '(') => Err(missing(name, "write a value behind it")),
            Some(c) if c.is_whitespace() => Err(missing(name, "write a value behind it")),
            Some(c) => Err(unknown(c, self.here())),
        }
    }

    fn phrase(&mut self) -> Result<Piece, QueryError> {
        let start = self.at;
        self.advance();
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                let span = Span { start, end: start + 1 };
                return Err(span.error("the quotation mark is not closed"));
            };
            let from = self.at;
            self.advance();
            match c {
                '"' => break,
                '\\' => match self.peek() {
                    Some(escaped @ ('"' | '\\')) => {
                        self.advance();
                        text.push(escaped);
                    }
                    _ => {
                        let span = Span { start: from, end: self.at };
                        return Err(span
                            .error("`\\` stands before `\"` or `\\` only")
                            .with_help("write \\\\ for one backslash"));
                    }
                },
                c => text.push(c),
            }
        }
        let span = Span { start, end: self.at };
        if text.trim().is_empty() {
            return Err(span.error("there is nothing between the quotation marks"));
        }
        Ok(Piece { text, span })
    }

    fn range(&mut self) -> Result<Raw, QueryError> {
        let open = self.here();
        self.advance();
        let inside = self.take_while(|c| c != ']');
        if self.peek().is_none() {
            return Err(open.error("the bracket is not closed").with_help("write [low..high]"));
        }
        self.advance();
        let Some((low, high)) = inside.text.split_once("..") else {
            let span = Span { start: open.start, end: self.at };
            return Err(span
                .error("a range has `..` between its ends")
                .with_help("write [low..high], [low..] or [..high]"));
        };
        let middle = inside.span.start + low.len();
        let low = trimmed(low, inside.span.start);
        let high = trimmed(high, middle + 2);
        if low.text.is_empty() && high.text.is_empty() {
            let span = Span { start: open.start, end: self.at };
            return Err(span.error("the range has no ends").with_help("give it one at least"));
        }
        Ok(Raw::Range { low, high })
    }

    /// What follows must not run into what was read: `ab"cd"` is neither one thing nor two.
    fn must_end(&self, what: &str) -> Result<(), QueryError> {
        match self.peek() {
            Some(c) if c == '"' || c == '(' || is_value_char(c) && c != '+' => Err(self
                .here()
                .error(format!("{what} ends here without a space"))
                .with_help("put a space or an operator between them")),
            _ => Ok(()),
        }
    }
}

fn trimmed(text: &str, start: usize) -> Piece {
    let left = text.len() - text.trim_start().len();
    let inner = text.trim();
    let start = start + left;
    Piece { text: inner.to_owned(), span: Span { start, end: start + inner.len() } }
}

fn missing(name: &Piece, help: &str) -> QueryError {
    name.span.error(format!("the value of {} is missing", quoted(&name.text))).with_help(help)
}
