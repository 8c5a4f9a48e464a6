//! The functions that make lists. Positions are from 0.

use super::call::{Failure, list, number};
use super::text::whole;
use crate::tree::Function;
use tieout_controls::decision::Reason;
use tieout_controls::{Decimal, Value};

pub(super) fn apply(function: &Function, values: &[Value]) -> Result<Value, Failure> {
    Ok(Value::List(match function {
        Function::ArrayConcat => list(values, 0)?.iter().chain(list(values, 1)?).cloned().collect(),
        Function::ArraySlice => slice(list(values, 0)?, whole(values, 1)?, whole(values, 2)?),
        Function::ArrayReverse => list(values, 0)?.iter().rev().cloned().collect(),
        Function::Range | Function::RangeStep => range(values)?,
        Function::ObjectKeys => match values.first() {
            Some(Value::Object(entries)) => entries.keys().cloned().map(Value::String).collect(),
            _ => return Err(Failure::Undefined),
        },
        _ => return Err(Failure::Undefined),
    }))
}

/// The items from a position on, before another. A negative position is the first.
fn slice(items: &[Value], from: i64, to: i64) -> Vec<Value> {
    let position = |at: i64| usize::try_from(at.max(0)).unwrap_or(usize::MAX).min(items.len());
    items.get(position(from)..position(to)).unwrap_or_default().to_vec()
}

/// The first number, the last, and the step from one to the next; a step that isn't above zero is
/// an error of the policy.
fn bounds(values: &[Value]) -> Result<(i128, i128, i128), Failure> {
    let integer = |argument| {
        let integer = number(values, argument)?.to_scaled(0);
        integer.map_err(|_| Failure::Obstacle(Reason::Overflow, Some(argument)))
    };
    let step = if values.len() > 2 { integer(2)? } else { 1 };
    if step < 1 {
        return Err(Failure::Obstacle(Reason::PolicyError, Some(2)));
    }
    Ok((integer(0)?, integer(1)?, step))
}

/// How many numbers a range has, told before it is built.
pub(super) fn length(values: &[Value]) -> u64 {
    bounds(values).map_or(0, |(from, to, step)| {
        let steps = from.abs_diff(to).checked_div(step.unsigned_abs()).unwrap_or(0);
        u64::try_from(steps.saturating_add(1)).unwrap_or(u64::MAX)
    })
}

/// INVARIANT: its [`length`] was charged to the record's budget before.
fn range(values: &[Value]) -> Result<Vec<Value>, Failure> {
    let (from, to, step) = bounds(values)?;
    let by = if to < from { step.saturating_neg() } else { step };
    let numbers = std::iter::successors(Some(from), |number| number.checked_add(by));
    let within = |number: &i128| if by < 0 { *number >= to } else { *number <= to };
    Ok(numbers.take_while(within).map(|n| Value::Number(Decimal::from_scaled(n, 0))).collect())
}
