//! The functions over dates.

use super::call::{Failure, number};
use crate::tree::Function;
use chrono::{Datelike, Days, Months, NaiveDate};
use tieout_controls::decision::Reason;
use tieout_controls::{Decimal, Value};

pub(super) fn apply(function: &Function, values: &[Value]) -> Result<Value, Failure> {
    let date = |position: usize| match values.get(position) {
        Some(Value::Date(date)) => Ok(*date),
        _ => Err(Failure::Undefined),
    };
    let whole = |n: u32| Ok(Value::Number(Decimal::from(i64::from(n))));
    match function {
        Function::DateMonth => whole(date(0)?.month()),
        Function::DateDay => whole(date(0)?.day()),
        Function::DateWeekday => whole(date(0)?.weekday().number_from_monday()),
        Function::DateAddMonths => add_months(date(0)?, number(values, 1)?),
        Function::DateAddDays => add_days(date(0)?, number(values, 1)?),
        Function::DateDaysBetween => {
            let days = date(1)?.signed_duration_since(date(0)?).num_days();
            Ok(Value::Number(Decimal::from(days)))
        }
        _ => Err(Failure::Undefined),
    }
}

const OVERFLOW: Failure = Failure::Obstacle(Reason::Overflow, Some(1));

/// A whole number of years, months or days.
fn whole(number: &Decimal) -> Result<i32, Failure> {
    number.to_scaled(0).ok().and_then(|n| i32::try_from(n).ok()).ok_or(OVERFLOW)
}

/// The same day of another year; 29 February becomes 28 February where there is none.
pub(super) fn add_years(date: NaiveDate, years: &Decimal) -> Result<Value, Failure> {
    let years = whole(years)?;
    let months = Months::new(years.unsigned_abs().saturating_mul(12));
    moved(date, years < 0, months)
}

/// The same day of another month; its last one where there is none.
fn add_months(date: NaiveDate, months: &Decimal) -> Result<Value, Failure> {
    let months = whole(months)?;
    moved(date, months < 0, Months::new(months.unsigned_abs()))
}

fn moved(date: NaiveDate, back: bool, months: Months) -> Result<Value, Failure> {
    let moved =
        if back { date.checked_sub_months(months) } else { date.checked_add_months(months) };
    Ok(Value::Date(moved.ok_or(OVERFLOW)?))
}

fn add_days(date: NaiveDate, days: &Decimal) -> Result<Value, Failure> {
    let days = whole(days)?;
    let by = Days::new(u64::from(days.unsigned_abs()));
    let moved = if days < 0 { date.checked_sub_days(by) } else { date.checked_add_days(by) };
    Ok(Value::Date(moved.ok_or(OVERFLOW)?))
}
