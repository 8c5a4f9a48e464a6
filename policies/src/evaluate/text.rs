//! The functions over text. Positions and lengths are in characters, from 0.

use super::call::{Failure, number};
use crate::tree::Function;
use tieout_controls::decision::Reason;
use tieout_controls::{Decimal, Value};

pub(super) fn apply(function: &Function, values: &[Value]) -> Result<Value, Failure> {
    let text = |position: usize| match values.get(position) {
        Some(Value::String(text)) => Ok(text.as_str()),
        _ => Err(Failure::Undefined),
    };
    let any_of = |c: char| text(1).is_ok_and(|cut| cut.contains(c));
    let string = |text: &str| Ok(Value::String(text.to_owned()));
    match function {
        Function::Trim => string(text(0)?.trim_matches(any_of)),
        Function::TrimLeft => string(text(0)?.trim_start_matches(any_of)),
        Function::TrimRight => string(text(0)?.trim_end_matches(any_of)),
        Function::TrimPrefix => string(text(0)?.strip_prefix(text(1)?).unwrap_or(text(0)?)),
        Function::TrimSuffix => string(text(0)?.strip_suffix(text(1)?).unwrap_or(text(0)?)),
        Function::Replace => Ok(Value::String(text(0)?.replace(text(1)?, text(2)?))),
        Function::Substring => substring(text(0)?, whole(values, 1)?, whole(values, 2)?),
        Function::StringCount => Ok(count(text(0)?.matches(text(1)?).count())),
        Function::IndexOf => index_of(text(0)?, text(1)?),
        Function::Reverse => Ok(Value::String(text(0)?.chars().rev().collect())),
        Function::AnyPrefix => any_match(values, |text, part| text.starts_with(part)),
        Function::AnySuffix => any_match(values, |text, part| text.ends_with(part)),
        _ => Err(Failure::Undefined),
    }
}

const MISUSED: Failure = Failure::Obstacle(Reason::PolicyError, Some(1));

/// A count as a value.
pub(super) fn count(count: usize) -> Value {
    Value::Number(Decimal::from(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// The whole number that an argument must be.
pub(super) fn whole(values: &[Value], argument: usize) -> Result<i64, Failure> {
    let scaled = number(values, argument)?.to_scaled(0).ok();
    let whole = scaled.and_then(|n| i64::try_from(n).ok());
    whole.ok_or(Failure::Obstacle(Reason::Overflow, Some(argument)))
}

/// From a position on; a negative one is an error of the policy.
fn substring(text: &str, from: i64, length: i64) -> Result<Value, Failure> {
    let from = usize::try_from(from).map_err(|_| MISUSED)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    Ok(Value::String(text.chars().skip(from).take(length).collect()))
}

/// To look for an empty text is an error of the policy.
fn index_of(text: &str, part: &str) -> Result<Value, Failure> {
    if part.is_empty() {
        return Err(MISUSED);
    }
    let before = text.find(part).and_then(|at| text.get(..at));
    let position = before.map(|before| i64::try_from(before.chars().count()).unwrap_or(i64::MAX));
    Ok(Value::Number(Decimal::from(position.unwrap_or(-1))))
}

/// Whether one of some texts and one of others fit. A null item can't be told, unless others fit.
fn any_match(values: &[Value], fits: impl Fn(&str, &str) -> bool) -> Result<Value, Failure> {
    let items = |position: usize| match values.get(position) {
        Some(Value::List(items)) => Ok(items.as_slice()),
        Some(one) => Ok(std::slice::from_ref(one)),
        None => Err(Failure::Undefined),
    };
    let (texts, parts) = (items(0)?, items(1)?);
    let fit = |text: &Value| {
        parts.iter().any(|part| match (text, part) {
            (Value::String(text), Value::String(part)) => fits(text, part),
            _ => false,
        })
    };
    if texts.iter().any(fit) {
        return Ok(Value::Bool(true));
    }
    for (position, (items, others)) in [(texts, parts), (parts, texts)].into_iter().enumerate() {
        if !others.is_empty() && items.iter().any(Value::is_null) {
            return Err(Failure::Obstacle(Reason::Null, Some(position)));
        }
    }
    Ok(Value::Bool(false))
}
