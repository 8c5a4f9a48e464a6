//! From a name, an operator and a value as written to a condition.

use super::ast::{End, Leaf, Moment};
use super::error::{QueryError, Span, quoted};
use super::lexer::{Named, Operator, Piece, Raw};
use crate::name::{Class, Column, Fixed, Scope, closest, known_column};
use crate::order;
use crate::text::fold;
use std::cmp::Ordering;
use tieout_controls::{Decimal, Digest};

/// The condition.
pub(super) fn resolve(named: &Named) -> Result<Leaf, QueryError> {
    let name = fold(&named.name.text);
    if let Some(field) = Fixed::ALL.into_iter().find(|field| field.word() == name) {
        return fixed(field, named);
    }
    match name.as_str() {
        "hash" => hash(named),
        "amount" => {
            let (low, high) = number_ends(named)?;
            Ok(Leaf::Amount { low, high, currency: None })
        }
        "date" => {
            let (low, high) = time_ends(named)?;
            Ok(Leaf::Time { column: None, low, high })
        }
        _ => column(named),
    }
}

/// Whether a currency may stand behind the condition.
pub(super) fn takes_currency(leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Amount { .. } => true,
        Leaf::Number { column, .. } => {
            known_column(&column.name).is_some_and(|(_, class)| class == Class::Money)
        }
        _ => false,
    }
}

fn fixed(field: Fixed, named: &Named) -> Result<Leaf, QueryError> {
    let value = text_value(named)?;
    let text = fold(&value.text);
    if let Some(values) = field.values()
        && !values.contains(&text.as_str())
    {
        let message = format!("{} is not a {}", quoted(&value.text), field.word());
        let help = format!("one of {}", values.join(", "));
        return Err(value.span.error(message).with_help(help));
    }
    // Written as the user wrote it, unless the spelling is ours.
    let text = if field.values().is_some() { text } else { value.text.clone() };
    Ok(Leaf::Field { field, text })
}

fn hash(named: &Named) -> Result<Leaf, QueryError> {
    let value = text_value(named)?;
    let text = fold(&value.text);
    let hex = text.strip_prefix("sha256:").unwrap_or(&text);
    let digest: Digest = hex.parse().map_err(|_| {
        value
            .span
            .error("a sha-256 digest is 64 hexadecimal digits")
            .with_help("write hash:sha256: and all 64 digits")
    })?;
    Ok(Leaf::Hash(digest))
}

fn column(named: &Named) -> Result<Leaf, QueryError> {
    let (column, class) = column_name(&named.name)?;
    let class = match (class, named.operator, &named.value) {
        (Some(class), _, _) => class,
        (None, Operator::Has | Operator::Equals, Raw::Text(_)) => Class::Text,
        // The class of a column that no schema profile knows is that of the ends.
        (None, _, value) if is_number(value) => Class::Number,
        (None, _, _) => Class::Time,
    };
    match class {
        Class::Text => {
            let text = text_value(named)?.text.clone();
            Ok(match named.operator {
                Operator::Equals => Leaf::Is { column, text },
                _ => Leaf::Contains { column, text },
            })
        }
        Class::Number | Class::Money => {
            let (low, high) = number_ends(named)?;
            Ok(Leaf::Number { column, low, high, currency: None })
        }
        Class::Time => {
            let (low, high) = time_ends(named)?;
            Ok(Leaf::Time { column: Some(column), low, high })
        }
    }
}

fn is_number(value: &Raw) -> bool {
    let number = |piece: &Piece| order::read_decimal(&piece.text).is_some();
    match value {
        Raw::Text(piece) => number(piece),
        Raw::Range { low, high } => number(low) || number(high),
    }
}

fn column_name(name: &Piece) -> Result<(Column, Option<Class>), QueryError> {
    let (scope, bare) = match name.text.split_once('.') {
        Some((scope, bare)) if scope.eq_ignore_ascii_case("key") => (Scope::Key, bare),
        Some((scope, bare)) if scope.eq_ignore_ascii_case("value") => (Scope::Value, bare),
        _ => (Scope::Any, name.text.as_str()),
    };
    if let Some((spelling, class)) = known_column(bare) {
        return Ok((Column { scope, name: spelling.to_owned() }, Some(class)));
    }
    let fits = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    if scope != Scope::Any && !bare.is_empty() && bare.chars().all(fits) {
        return Ok((Column { scope, name: bare.to_owned() }, None));
    }
    let help = closest(bare).map_or_else(
        || {
            "put the text in quotation marks if the colon belongs to it; a column of your own is \
             key.NAME or value.NAME"
                .to_owned()
        },
        |near| format!("did you mean `{near}`?"),
    );
    Err(name.span.error(format!("there is no field {}", quoted(&name.text))).with_help(help))
}

/// The value of a name that takes a text.
fn text_value(named: &Named) -> Result<&Piece, QueryError> {
    let name = quoted(&named.name.text);
    match (&named.value, named.operator) {
        (Raw::Text(piece), Operator::Has | Operator::Equals) => Ok(piece),
        (Raw::Range { low, high }, _) => {
            let span = Span { start: low.span.start, end: high.span.end };
            Err(span.error(format!("{name} is text and has no ranges")))
        }
        (Raw::Text(_), _) => Err(named
            .span
            .error(format!("{name} is text and can't be compared"))
            .with_help("write `:` or `=`")),
    }
}

type Ends<T> = (End<T>, End<T>);

fn number_ends(named: &Named) -> Result<Ends<Decimal>, QueryError> {
    ends(
        named,
        |piece| {
            order::read_decimal(&piece.text).ok_or_else(|| {
                piece
                    .span
                    .error(format!("{} is not a number", quoted(&piece.text)))
                    .with_help("write digits with a point and no separators, such as 1000.005")
            })
        },
        Decimal::cmp,
    )
}

fn time_ends(named: &Named) -> Result<Ends<Moment>, QueryError> {
    ends(named, moment, compare_moments)
}

fn moment(piece: &Piece) -> Result<Moment, QueryError> {
    if let Some(day) = order::read_day(&piece.text) {
        return Ok(Moment::Day(day));
    }
    let wrong = |message: String| {
        let help = "write a day as 2025-01-31, or an instant as 2025-01-31T23:00:00Z";
        piece.span.error(message).with_help(help)
    };
    let instant = order::read_instant(&piece.text);
    let instant = instant.ok_or_else(|| wrong(format!("{} is not a date", quoted(&piece.text))))?;
    if instant.timestamp_subsec_nanos() % 1000 != 0 {
        return Err(wrong("an instant is exact to the microsecond".to_owned()));
    }
    Ok(Moment::Instant(instant))
}

fn compare_moments(a: &Moment, b: &Moment) -> Ordering {
    match (a, b) {
        (Moment::Day(a), Moment::Day(b)) => a.cmp(b),
        (Moment::Instant(a), Moment::Instant(b)) => a.cmp(b),
        // The day of the instant is inside the day.
        (Moment::Day(a), Moment::Instant(b)) => a.cmp(&b.date_naive()),
        (Moment::Instant(a), Moment::Day(b)) => a.date_naive().cmp(b),
    }
}

fn ends<T: Clone>(
    named: &Named,
    read: impl Fn(&Piece) -> Result<T, QueryError>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Result<Ends<T>, QueryError> {
    let (low, high) = match (&named.value, named.operator) {
        (Raw::Text(piece), operator) => {
            let value = read(piece)?;
            return Ok(match operator {
                Operator::Has | Operator::Equals => (End::With(value.clone()), End::With(value)),
                Operator::Below => (End::Open, End::Without(value)),
                Operator::AtMost => (End::Open, End::With(value)),
                Operator::Above => (End::Without(value), End::Open),
                Operator::AtLeast => (End::With(value), End::Open),
            });
        }
        (Raw::Range { low, high }, _) => (low, high),
    };
    for piece in [low, high] {
        refuse_to(piece)?;
    }
    let end = |piece: &Piece| {
        if piece.text.is_empty() { Ok(End::Open) } else { read(piece).map(End::With) }
    };
    let (from, to) = (end(low)?, end(high)?);
    if let (Some(a), Some(b)) = (from.value(), to.value())
        && compare(a, b) == Ordering::Greater
    {
        let span = Span { start: low.span.start, end: high.span.end };
        return Err(span
            .error("the range ends before it begins")
            .with_help(format!("write [{}..{}]", high.text, low.text)));
    }
    Ok((from, to))
}

fn refuse_to(piece: &Piece) -> Result<(), QueryError> {
    match piece.text.chars().find(|c| c.is_whitespace() || *c == '*') {
        Some('*') => {
            Err(piece.span.error("an open end is left empty").with_help("write [..5] or [5..]"))
        }
        Some(_) => Err(piece.span.error("an end of a range is one value")),
        None => Ok(()),
    }
}
