//! The named functions.

use super::expression::{order, reason, sorted};
use super::outcome::Outcome;
use super::record::Record;
use super::{array, calendar, text};
use crate::tree::{Expr, Function, Piece};
use chrono::{DateTime, Datelike, NaiveDate};
use tieout_controls::currency;
use tieout_controls::decimal::DecimalError;
use tieout_controls::decision::Reason;
use tieout_controls::{Decimal, Value};

/// Why a function has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// There is nothing, for certain.
    Undefined,
    /// An obstacle, and which argument it is about.
    Obstacle(Reason, Option<usize>),
}

impl<'a> Record<'a> {
    pub(super) fn call(
        &mut self,
        function: &'a Function,
        arguments: &'a [Expr],
        frame: &mut Vec<Outcome<'a>>,
    ) -> Outcome<'a> {
        let values = match self.values(arguments, frame) {
            Ok(values) => values,
            Err(other) => return other,
        };
        let work = values.iter().map(size).fold(growth(function, &values), u64::saturating_add);
        if let Some(obstacles) = self.charge(work) {
            return Outcome::Unknown(obstacles);
        }
        match apply(function, &values) {
            Ok(value) => Outcome::owned(value),
            Err(Failure::Undefined) => Outcome::Undefined,
            Err(Failure::Obstacle(reason, argument)) => {
                let argument = argument.and_then(|a| arguments.get(a));
                Outcome::unknown(reason, argument.and_then(|a| self.origin(a)))
            }
        }
    }
}

/// What a value costs to go through.
pub fn size(value: &Value) -> u64 {
    let len = match value {
        Value::String(text) => text.len(),
        Value::List(items) => {
            return items.iter().map(size).fold(1, u64::saturating_add);
        }
        Value::Object(entries) => {
            return entries.values().map(size).fold(1, u64::saturating_add);
        }
        _ => 1,
    };
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// What a result is longer than the arguments at most, told before it is built.
pub fn growth(function: &Function, values: &[Value]) -> u64 {
    match (function, values) {
        (Function::Replace, [text, old, new]) => {
            let most = size(text).saturating_add(1) / size(old).max(1);
            most.saturating_mul(size(new))
        }
        (Function::Concat, [between, Value::List(items)]) => {
            let items = u64::try_from(items.len()).unwrap_or(u64::MAX);
            items.saturating_mul(size(between))
        }
        (Function::Range | Function::RangeStep, _) => array::length(values),
        _ => 0,
    }
}

/// The value of a function for values of the types that it takes.
///
/// # Errors
/// There is no value, for certain or because of an obstacle.
pub fn apply(function: &Function, values: &[Value]) -> Result<Value, Failure> {
    let text = |position: usize| match values.get(position) {
        Some(Value::String(text)) => Ok(text.as_str()),
        _ => Err(Failure::Undefined),
    };
    let date = |position: usize| match values.get(position) {
        Some(Value::Date(date)) => Ok(*date),
        Some(Value::Timestamp(instant)) => Ok(instant.date_naive()),
        _ => Err(Failure::Undefined),
    };
    match function {
        Function::StartsWith => Ok(Value::Bool(text(0)?.starts_with(text(1)?))),
        Function::EndsWith => Ok(Value::Bool(text(0)?.ends_with(text(1)?))),
        Function::Contains => Ok(Value::Bool(text(0)?.contains(text(1)?))),
        Function::Lower => Ok(Value::String(text(0)?.to_lowercase())),
        Function::Upper => Ok(Value::String(text(0)?.to_uppercase())),
        Function::TrimSpace => Ok(Value::String(text(0)?.trim().to_owned())),
        Function::Matches(regex) => Ok(Value::Bool(regex.is_match(text(1)?))),
        Function::Split => {
            let parts: Vec<String> = match text(1)? {
                // Where nothing stands between them, all characters are parts.
                "" => text(0)?.chars().map(String::from).collect(),
                between => text(0)?.split(between).map(str::to_owned).collect(),
            };
            Ok(Value::List(parts.into_iter().map(Value::String).collect()))
        }
        Function::Concat => {
            let parts = list(values, 1)?.iter().map(|item| match item {
                Value::String(text) => Ok(text.as_str()),
                Value::Null => Err(Failure::Obstacle(Reason::Null, Some(1))),
                _ => Err(Failure::Undefined),
            });
            Ok(Value::String(parts.collect::<Result<Vec<_>, _>>()?.join(text(0)?)))
        }
        Function::Format(pieces) => Ok(Value::String(format(pieces, values))),
        Function::Count => Ok(text::count(match values.first() {
            Some(Value::String(text)) => text.chars().count(),
            Some(Value::Object(entries)) => entries.len(),
            _ => list(values, 0)?.len(),
        })),
        Function::Min => extreme(list(values, 0)?, std::cmp::Ordering::Less),
        Function::Max => extreme(list(values, 0)?, std::cmp::Ordering::Greater),
        Function::MinorUnits => {
            let units = currency::minor_units(text(0)?);
            let units = units.ok_or(Failure::Obstacle(Reason::LookupMiss, Some(0)))?;
            Ok(Value::Number(Decimal::from(i64::from(units))))
        }
        Function::IsCurrency => Ok(Value::Bool(currency::valid_on(text(0)?, date(1)?))),
        Function::DateOf => Ok(Value::Date(date(0)?)),
        Function::DateParse => {
            let read = NaiveDate::parse_from_str(text(0)?, "%Y-%m-%d").ok();
            // The library takes `2025-1-2`, which nobody agreed on.
            let read = read.filter(|d| Ok(d.to_string().as_str()) == text(0).map_err(drop));
            Ok(Value::Date(read.ok_or(Failure::Obstacle(Reason::Unparsable, Some(0)))?))
        }
        Function::TimeParse => {
            let instant = DateTime::parse_from_rfc3339(text(0)?).ok();
            let instant = instant.ok_or(Failure::Obstacle(Reason::Unparsable, Some(0)))?;
            Ok(Value::Timestamp(instant.to_utc()))
        }
        Function::DateYear => Ok(Value::Number(Decimal::from(i64::from(date(0)?.year())))),
        Function::DateAddYears => calendar::add_years(date(0)?, number(values, 1)?),
        Function::DateEndOfYear => {
            let end = NaiveDate::from_ymd_opt(date(0)?.year(), 12, 31);
            Ok(Value::Date(end.ok_or(Failure::Obstacle(Reason::Overflow, Some(0)))?))
        }
        Function::DateMonth
        | Function::DateDay
        | Function::DateWeekday
        | Function::DateAddMonths
        | Function::DateAddDays
        | Function::DateDaysBetween => calendar::apply(function, values),
        Function::Trim
        | Function::TrimLeft
        | Function::TrimRight
        | Function::TrimPrefix
        | Function::TrimSuffix
        | Function::Replace
        | Function::Substring
        | Function::IndexOf
        | Function::StringCount
        | Function::Reverse
        | Function::AnyPrefix
        | Function::AnySuffix => text::apply(function, values),
        Function::ArrayConcat
        | Function::ArraySlice
        | Function::ArrayReverse
        | Function::Range
        | Function::RangeStep
        | Function::ObjectKeys => array::apply(function, values),
        Function::Sort => {
            let items = list(values, 0)?;
            if items.iter().any(Value::is_null) {
                return Err(Failure::Obstacle(Reason::Null, Some(0)));
            }
            Ok(Value::List(sorted(items.to_vec())))
        }
        Function::Sum => fold(list(values, 0)?, Decimal::from(0), Decimal::add),
        Function::Product => fold(list(values, 0)?, Decimal::from(1), Decimal::mul),
        Function::Abs
        | Function::DecimalParse
        | Function::DecimalRound(_)
        | Function::DecimalDiv(_) => decimal(function, values),
    }
}

fn decimal(function: &Function, values: &[Value]) -> Result<Value, Failure> {
    let obstacle = |argument| move |e| Failure::Obstacle(reason(e), Some(argument));
    let result = match function {
        Function::DecimalParse => match values.first() {
            Some(Value::String(text)) => Decimal::parse(text).map_err(obstacle(0)),
            _ => Err(Failure::Undefined),
        },
        Function::DecimalRound(mode) => {
            number(values, 0)?.round(scale(values, 1)?, *mode).map_err(obstacle(0))
        }
        Function::DecimalDiv(mode) => {
            let (dividend, divisor) = (number(values, 0)?, number(values, 1)?);
            dividend.div(divisor, scale(values, 2)?, *mode).map_err(obstacle(1))
        }
        _ => Ok(number(values, 0)?.abs()),
    };
    result.map(Value::Number)
}

pub(super) fn number(values: &[Value], position: usize) -> Result<&Decimal, Failure> {
    match values.get(position) {
        Some(Value::Number(number)) => Ok(number),
        _ => Err(Failure::Undefined),
    }
}

pub(super) fn list(values: &[Value], position: usize) -> Result<&[Value], Failure> {
    match values.get(position) {
        Some(Value::List(items)) => Ok(items),
        _ => Err(Failure::Undefined),
    }
}

fn scale(values: &[Value], position: usize) -> Result<u32, Failure> {
    let scale = number(values, position)?.to_scaled(0).ok().and_then(|s| u32::try_from(s).ok());
    scale.ok_or(Failure::Obstacle(reason(DecimalError::Inexact), Some(position)))
}

/// All numbers put together, exactly.
fn fold(
    items: &[Value],
    start: Decimal,
    with: impl Fn(&Decimal, &Decimal) -> Result<Decimal, DecimalError>,
) -> Result<Value, Failure> {
    let mut all = start;
    for item in items {
        all = match item {
            Value::Number(number) => {
                with(&all, number).map_err(|e| Failure::Obstacle(reason(e), Some(0)))?
            }
            Value::Null => return Err(Failure::Obstacle(Reason::Null, Some(0))),
            _ => return Err(Failure::Undefined),
        };
    }
    Ok(Value::Number(all))
}

fn extreme(items: &[Value], wanted: std::cmp::Ordering) -> Result<Value, Failure> {
    if items.iter().any(Value::is_null) {
        return Err(Failure::Obstacle(Reason::Null, Some(0)));
    }
    let mut items = items.iter();
    let mut best = items.next().ok_or(Failure::Undefined)?;
    for item in items {
        if order(item, best) == Some(wanted) {
            best = item;
        }
    }
    Ok(best.clone())
}

fn format(pieces: &[Piece], values: &[Value]) -> String {
    let mut values = values.iter();
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Argument => {
                text.extend(values.next().and_then(Value::to_text));
            }
        }
    }
    text
}
