//! The scope of a waiver: which exceptions of a control it is about.
//!
//! A conjunction of comparisons of the record's columns with values, `service_id = 'S-1' and delta <
//! 100.00 and kind in ('added', 'ended')`. Text stands in single quotes (two are one), numbers, dates,
//! instants, `true` and `false` stand bare. Numbers are compared exactly. A value of another type than
//! the column's is an error, and so is a column that the record doesn't have: a scope that can't be
//! read of a record must not be guessed. An absent value is in no scope, whatever the comparison.

use chrono::{DateTime, NaiveDate, Utc};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use tieout_controls::{Decimal, Value};

/// A scope, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    text: String,
    terms: Vec<Term>,
}

/// What is wrong in a scope, and where in its text: characters from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScopeError {
    /// Where.
    pub(crate) at: usize,
    /// What.
    pub(crate) message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    column: String,
    op: Op,
    values: Vec<Literal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Literal {
    Text(String),
    Flag(bool),
    Number(Decimal),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Scope {
    /// Reads a scope.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub(crate) fn parse(text: &str) -> Result<Self, ScopeError> {
        let mut tokens = Tokens { all: tokens(text)?, next: 0, end: text.chars().count() };
        let mut terms = vec![tokens.term()?];
        while let Some((at, token)) = tokens.take() {
            match token {
                Token::Word(word) if word == "and" => terms.push(tokens.term()?),
                _ => return Err(wrong(at, "`and` is expected between two comparisons")),
            }
        }
        Ok(Self { text: text.to_owned(), terms })
    }

    /// The columns that it reads, in its order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.column.as_str())
    }

    /// Whether a record is in it.
    ///
    /// # Errors
    /// The record has no such column, or one of another type.
    pub(crate) fn contains(&self, record: &BTreeMap<String, Value>) -> Result<bool, String> {
        let mut all = true;
        // To the end even where one is false: an error must not depend on the values.
        for term in &self.terms {
            let column = &term.column;
            let value =
                record.get(column).ok_or_else(|| format!("there is no column `{column}`"))?;
            all &= term.holds(value).ok_or_else(|| {
                format!("the column `{column}` can't be compared with a value of that type")
            })?;
        }
        Ok(all)
    }
}

impl Term {
    /// `None` where the types differ.
    fn holds(&self, value: &Value) -> Option<bool> {
        if value.is_null() {
            return Some(false);
        }
        let found = self.values.iter().map(|literal| compare(value, literal, self.op));
        let found = found.collect::<Option<Vec<Ordering>>>()?;
        Some(found.into_iter().any(|order| match self.op {
            Op::Equal | Op::In => order.is_eq(),
            Op::Unequal => order.is_ne(),
            Op::Less => order.is_lt(),
            Op::AtMost => order.is_le(),
            Op::More => order.is_gt(),
            Op::AtLeast => order.is_ge(),
        }))
    }
}

fn compare(value: &Value, literal: &Literal, op: Op) -> Option<Ordering> {
    let ordered = !matches!(op, Op::Equal | Op::Unequal | Op::In);
    match (value, literal) {
        (Value::Number(a), Literal::Number(b)) => Some(a.cmp(b)),
        (Value::Date(a), Literal::Date(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Literal::Instant(b)) => Some(a.cmp(b)),
        // Text and flags are the same or not; their order would mean nothing.
        (Value::String(a), Literal::Text(b)) if !ordered => Some(a.cmp(b)),
        (Value::Bool(a), Literal::Flag(b)) if !ordered => Some(a.cmp(b)),
        _ => None,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

struct Tokens {
    all: Vec<(usize, Token)>,
    next: usize,
    end: usize,
}

impl Tokens {
    fn take(&mut self) -> Option<(usize, Token)> {
        let token = self.all.get(self.next).cloned();
        self.next = self.next.saturating_add(1);
        token
    }

    fn want(&mut self, what: &str) -> Result<(usize, Token), ScopeError> {
        let end = self.end;
        self.take().ok_or_else(|| wrong(end, &format!("{what} is expected here")))
    }

    fn term(&mut self) -> Result<Term, ScopeError> {
        let column = match self.want("a column")? {
            (_, Token::Word(word)) if is_column(&word) => word,
            (at, _) => return Err(wrong(at, "a column is expected here")),
        };
        let op = match self.want("`=`, `!=`, `<`, `<=`, `>`, `>=` or `in`")? {
            (_, Token::Sign("=")) => Op::Equal,
            (_, Token::Sign("!=")) => Op::Unequal,
            (_, Token::Sign("<")) => Op::Less,
            (_, Token::Sign("<=")) => Op::AtMost,
            (_, Token::Sign(">")) => Op::More,
            (_, Token::Sign(">=")) => Op::AtLeast,
            (_, Token::Word(word)) if word == "in" => Op::In,
            (at, _) => {
                return Err(wrong(at, "`=`, `!=`, `<`, `<=`, `>`, `>=` or `in` is expected here"));
            }
        };
        let values = if op == Op::In { self.list()? } else { vec![self.literal()?] };
        Ok(Term { column, op, values })
    }

    fn list(&mut self) -> Result<Vec<Literal>, ScopeError> {
        match self.want("`(`")? {
            (_, Token::Sign("(")) => {}
            (at, _) => return Err(wrong(at, "`(` is expected after `in`")),
        }
        let mut values = vec![self.literal()?];
        loop {
            match self.want("`,` or `)`")? {
                (_, Token::Sign(",")) => values.push(self.literal()?),
                (_, Token::Sign(")")) => return Ok(values),
                (at, _) => return Err(wrong(at, "`,` or `)` is expected here")),
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, ScopeError> {
        match self.want("a value")? {
            (_, Token::Text(text)) => Ok(Literal::Text(text)),
            (at, Token::Word(word)) => bare(&word).ok_or_else(|| wrong(at, BARE)),
            (at, Token::Sign(_)) => Err(wrong(at, "a value is expected here")),
        }
    }
}

const BARE: &str =
    "this is no number, date, instant, `true` or `false`; text stands in quotes: 'text'";

fn bare(word: &str) -> Option<Literal> {
    match word {
        "true" => return Some(Literal::Flag(true)),
        "false" => return Some(Literal::Flag(false)),
        _ => {}
    }
    let number = || Decimal::parse(word).ok().map(Literal::Number);
    let date = || {
        let date = NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?;
        // The parser takes `2026-1-5` too, which may be meant otherwise.
        (date.to_string() == word).then_some(Literal::Date(date))
    };
    let instant = || DateTime::parse_from_rfc3339(word).ok().map(|i| Literal::Instant(i.to_utc()));
    number().or_else(date).or_else(instant)
}

fn is_column(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(fits)
        && !matches!(word, "and" | "in" | "true" | "false")
}

const SIGNS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ScopeError> {
    let mut found = Vec::new();
    let (mut rest, mut at) = (text, 0_usize);
    while let Some(first) = rest.chars().next() {
        let (length, token) = if first.is_whitespace() {
            (first.len_utf8(), None)
        } else if first == '\'' {
            let (length, text) =
                quoted(rest).ok_or_else(|| wrong(at, "this quote is not closed"))?;
            (length, Some(Token::Text(text)))
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (sign.len(), Some(Token::Sign(sign)))
        } else {
            let bare = |c: char| c.is_ascii_alphanumeric() || "_+-.:".contains(c);
            let length = rest.find(|c| !bare(c)).unwrap_or(rest.len());
            if length == 0 {
                return Err(wrong(at, &format!("`{first}` has no meaning here")));
            }
            (length, Some(Token::Word(rest.get(..length).unwrap_or_default().to_owned())))
        };
        found.extend(token.map(|token| (at, token)));
        let (taken, after) = rest.split_at(length);
        at = at.saturating_add(taken.chars().count());
        rest = after;
    }
    Ok(found)
}

/// The quoted text at the beginning: how many bytes it takes, and what it says.
fn quoted(rest: &str) -> Option<(usize, String)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            text.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return Some((at.saturating_add(1), text));
        }
    }
    None
}

fn wrong(at: usize, message: &str) -> ScopeError {
    ScopeError { at, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> BTreeMap<String, Value> {
        let number = |text: &str| Value::Number(Decimal::parse(text).unwrap());
        let date = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        [
            ("service_id", Value::String("S-1".to_owned())),
            ("note", Value::String("it's".to_owned())),
            ("delta", number("-18420.10")),
            ("big", number("12345678901234567890.000000001")),
            ("day", Value::Date(date)),
            ("from", Value::Timestamp(date.and_hms_opt(0, 0, 0).unwrap().and_utc())),
            ("retroactive", Value::Bool(true)),
            ("region", Value::Null),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    #[test]
    fn a_conjunction_is_compared_exactly() {
        for (text, expected) in [
            ("service_id = 'S-1'", true),
            ("service_id='S-2'", false),
            ("service_id != 'S-2' and delta = -18420.1", true),
            ("delta < -18420.1", false),
            ("delta <= -18420.100", true),
            ("delta > -18421 and delta >= -18420.10 and delta < 0", true),
            ("big = 12345678901234567890.000000001", true),
            ("big = 12345678901234567890", false),
            ("service_id in ('x', 'S-1')", true),
            ("delta in (1, -18420.10)", true),
            ("note = 'it''s'", true),
            ("day >= 2026-01-31 and day < 2026-02-01", true),
            ("from = 2026-01-31T01:00:00+01:00", true),
            ("retroactive = true", true),
            ("retroactive != true", false),
            // What is absent is in no scope.
            ("region = 'eu'", false),
            ("region != 'eu'", false),
            ("region in ('eu')", false),
        ] {
            assert_eq!(Scope::parse(text).unwrap().contains(&record()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_an_error_whatever_the_rest_says() {
        for text in [
            "absent = 1",
            "service_id = 'S-2' and absent = 1",
            "service_id = 1",
            "delta = '1'",
            "service_id < 'S-2'",
            "retroactive < true",
            "day = 2026-01-31T00:00:00Z",
            "from = 2026-01-31",
            "delta in (1, 'a')",
        ] {
            assert!(Scope::parse(text).unwrap().contains(&record()).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_say_where() {
        for (text, at) in [
            ("", 0),
            ("delta", 5),
            ("delta =", 7),
            ("delta = eu", 8),
            ("delta == 1", 7),
            ("delta = 1 or delta = 2", 10),
            ("delta = 1 and", 13),
            ("delta = 1,5", 9),
            ("ü = 1", 0),
            ("note = 'ü' x", 11),
            ("note = 'open", 7),
            ("delta in 1", 9),
            ("delta in ()", 10),
            ("delta in (1", 11),
            ("day = 2026-1-5", 6),
            ("'delta' = 1", 0),
            ("in = 1", 0),
            ("delta = 1; drop", 9),
        ] {
            assert_eq!(Scope::parse(text).unwrap_err().at, at, "{text}");
        }
    }
}
