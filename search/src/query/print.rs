//! The canonical form.

use super::Query;
use super::ast::{End, Leaf, Moment, Node};
use super::lexer;
use std::fmt::{self, Display, Formatter};
use tieout_controls::Decimal;
use tieout_controls::value::instant_text;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(leaf) => leaf.fmt(f),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                operand(inner, f)
            }
            Self::And(parts) => joined(parts, " AND ", f),
            Self::Or(parts) => joined(parts, " OR ", f),
        }
    }
}

fn joined(parts: &[Node], operator: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(operator)?;
        }
        operand(part, f)?;
    }
    Ok(())
}

fn operand(node: &Node, f: &mut Formatter<'_>) -> fmt::Result {
    match node {
        Node::And(_) | Node::Or(_) => write!(f, "({node})"),
        Node::Not(_) | Node::Leaf(_) => node.fmt(f),
    }
}

impl Display for Leaf {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&word(text)),
            Self::Contains { column, text } => write!(f, "{column}:{}", word(text)),
            Self::Is { column, text } => write!(f, "{column}={}", word(text)),
            Self::Field { field, text } => write!(f, "{}:{}", field.word(), word(text)),
            Self::Hash(digest) => write!(f, "hash:sha256:{digest}"),
            Self::Amount { low, high, currency } => {
                range("amount", low, high, plain, f)?;
                suffix(currency.as_deref(), f)
            }
            Self::Number { column, low, high, currency } => {
                range(&column.to_string(), low, high, plain, f)?;
                suffix(currency.as_deref(), f)
            }
            Self::Time { column, low, high } => {
                let name = column.as_ref().map_or("date".to_owned(), ToString::to_string);
                range(&name, low, high, moment, f)
            }
        }
    }
}

/// The text as it can be written: bare where the grammar takes it so, else in quotation marks.
fn word(text: &str) -> String {
    if lexer::is_bare(text) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn range<T>(
    name: &str,
    low: &End<T>,
    high: &End<T>,
    text: fn(&T) -> String,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    match (low, high) {
        (End::Without(value), _) => write!(f, "{name}>{}", text(value)),
        (_, End::Without(value)) => write!(f, "{name}<{}", text(value)),
        _ => {
            let of = |end: &End<T>| end.value().map(text).unwrap_or_default();
            write!(f, "{name}:[{}..{}]", of(low), of(high))
        }
    }
}

fn plain(value: &Decimal) -> String {
    value.normalized().to_string()
}

fn moment(value: &Moment) -> String {
    match value {
        Moment::Day(day) => day.format("%Y-%m-%d").to_string(),
        Moment::Instant(at) => instant_text(*at),
    }
}

fn suffix(currency: Option<&str>, f: &mut Formatter<'_>) -> fmt::Result {
    currency.map_or(Ok(()), |currency| write!(f, " {currency}"))
}
