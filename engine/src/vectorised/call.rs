//! The named functions over columns. What has no kernel here is computed value by value, by the
//! very function that the reference evaluator uses.

use super::number::{Number, Side};
use super::vector::{
    ASK, ASKED, Cells, FALSE, NOTHING, Slot, State, TRUE, Truth, UNKNOWN, VALUE, Vector, date,
    days, higher, truth_of,
};
use std::sync::Arc;
use tieout_controls::Value;
use tieout_policies::evaluate::{Failure, apply, growth, size};
use tieout_policies::tree::Function;

/// A longer text may cost the reference evaluator its budget: it is asked.
pub(super) const LONGEST_TEXT: usize = 512;
/// So may a longer list, where something is done for each of its items.
pub(super) const LONGEST_LIST: usize = 32;
/// So may a list whose items are so much to go through.
pub(super) const MOST_WORK: u64 = 8192;
/// So may a longer list that is made: it is charged for wherever it is kept.
pub(super) const MOST_ITEMS: usize = 1024;
/// So may a result so much longer than its arguments.
pub(super) const MOST_GROWTH: u64 = 2048;

/// The function's value for each of `len` slots; an argument of one slot stands for all.
pub(super) fn call(function: &Function, arguments: &[Arc<Vector>], len: usize) -> Vector {
    kernel(function, arguments, len).unwrap_or_else(|| one_by_one(function, arguments, len))
}

fn kernel(function: &Function, arguments: &[Arc<Vector>], len: usize) -> Option<Vector> {
    let cells: Vec<_> = arguments.iter().map(|a| &a.data).collect();
    let data = match (function, cells.as_slice()) {
        (Function::Count, [Cells::Lists { .. }]) => {
            return arguments.first().filter(|lists| lists.len() == len).map(|l| lengths(l));
        }
        (Function::Abs, [Cells::Number(number)]) => Cells::Number(number.abs()),
        (Function::DateOf, [Cells::Instant(micros)]) => {
            // All days that 64 bits of microseconds reach have 28 bits.
            let day = |m: &i64| i32::try_from(m.div_euclid(DAY)).unwrap_or_default();
            Cells::Date(micros.iter().map(day).collect())
        }
        (Function::DateOf, [Cells::Date(days)]) => Cells::Date(days.clone()),
        (Function::DateEndOfYear, [Cells::Date(of)]) => {
            let end = |d: &i32| {
                use chrono::Datelike as _;
                let year = date(*d)?.year();
                chrono::NaiveDate::from_ymd_opt(year, 12, 31).map(days)
            };
            Cells::Date(of.iter().map(end).collect::<Option<_>>()?)
        }
        (Function::DateAddYears, [Cells::Date(of), Cells::Number(years)]) => {
            let years = years.whole()?;
            let (of, years) = (Side::of(of, len), Side::of(&years, len));
            let absent = states(arguments, len);
            let moved = super::number::zip(of, years, len, years_later);
            if absent.is_none() && moved.iter().any(Option::is_none) {
                return None;
            }
            Cells::Date(moved.into_iter().map(Option::unwrap_or_default).collect())
        }
        (Function::StartsWith, [Cells::Text(a), Cells::Text(b)]) if b.len() == 1 => {
            return Some(tested(arguments, len, b.at(0).len(), a, |a| a.starts_with(b.at(0))));
        }
        (Function::EndsWith, [Cells::Text(a), Cells::Text(b)]) if b.len() == 1 => {
            return Some(tested(arguments, len, b.at(0).len(), a, |a| a.ends_with(b.at(0))));
        }
        (Function::Contains, [Cells::Text(a), Cells::Text(b)]) if b.len() == 1 => {
            return Some(tested(arguments, len, b.at(0).len(), a, |a| a.contains(b.at(0))));
        }
        (Function::Matches(regex), [_, Cells::Text(a)]) => {
            return Some(tested(arguments, len, 0, a, |a| regex.is_match(a)));
        }
        _ => return None,
    };
    let vector = Vector::with(states(arguments, len), data);
    (vector.len() == len).then_some(vector)
}

/// The length of each list, where it isn't too much to go through.
fn lengths(lists: &Vector) -> Vector {
    let (mut states, mut lengths) = (Vec::new(), Vec::new());
    for slot in 0..lists.len() {
        let items = lists.list(slot).map_or(0..0, |(_, range)| range);
        let state = match lists.state(slot) {
            VALUE if lists.work(slot) > MOST_WORK => ASK,
            state => state,
        };
        states.push(state);
        lengths.push(i128::try_from(items.len()).unwrap_or(i128::MAX));
    }
    Vector::with(Some(states), Cells::Number(Number::small(lengths.into(), 0)))
}

const DAY: i64 = 86_400_000_000;

/// The same day of another year; 29 February becomes 28 February where there is none.
///
/// Years are counted from 1 March here, so that a leap day is its year's last: two days of the same
/// name lie as far apart as the beginnings of their years.
fn years_later(day: i32, years: i32) -> Option<i32> {
    // Where the calendar ends, the reference evaluator says so.
    if day.unsigned_abs() > 70_000_000 || years.unsigned_abs() > 200_000 {
        return None;
    }
    let since = day.wrapping_add(EPOCH);
    let (era, of_era) = (since.div_euclid(ERA), since.rem_euclid(ERA));
    let leaps = (of_era / 1460).wrapping_sub(of_era / 36_524).wrapping_add(of_era / 146_096);
    let of_era_year = of_era.wrapping_sub(leaps) / 365;
    let year = era.wrapping_mul(400).wrapping_add(of_era_year);
    let later = year.wrapping_add(years);
    let begin = year_begin(year);
    let leap_day = since.wrapping_sub(begin) == 365;
    let lost = leap_day && year_begin(later.wrapping_add(1)).wrapping_sub(year_begin(later)) == 365;
    let moved = day.wrapping_add(year_begin(later)).wrapping_sub(begin);
    (later.unsigned_abs() < 200_000).then(|| moved.wrapping_sub(i32::from(lost)))
}

/// Days from 1 March of year 0 to 1970-01-01.
const EPOCH: i32 = 719_468;
/// The days of 400 years.
const ERA: i32 = 146_097;

/// The days from 1 March of year 0 to 1 March of that year.
fn year_begin(year: i32) -> i32 {
    let leaps = year.div_euclid(4).wrapping_sub(year.div_euclid(100));
    year.wrapping_mul(365).wrapping_add(leaps).wrapping_add(year.div_euclid(400))
}

/// A test of each text, where none is too long.
fn tested(
    arguments: &[Arc<Vector>],
    len: usize,
    other: usize,
    texts: &super::text::Text,
    test: impl Fn(&str) -> bool,
) -> Vector {
    let truth = |text: &str| match test(text) {
        _ if text.len().max(other) > LONGEST_TEXT => ASKED,
        true => TRUE,
        false => FALSE,
    };
    let truths: Vec<Truth> = texts.map(truth);
    let truths = match Side::of(&truths, len) {
        Side::One(truth) => vec![truth; len],
        Side::Each(_) => truths,
    };
    let Some(states) = states(arguments, len) else { return Vector::of(Cells::Truth(truths)) };
    let combined =
        |(truth, state): (Truth, State)| if state == VALUE { truth } else { truth_of(state) };
    Vector::of(Cells::Truth(truths.into_iter().zip(states).map(combined).collect()))
}

fn states(arguments: &[Arc<Vector>], len: usize) -> Option<Vec<State>> {
    arguments.iter().fold(None, |all, argument| {
        let states = argument.states().map(|states| match Side::of(&states, len) {
            Side::One(state) => vec![state; len],
            Side::Each(_) => states,
        });
        higher(all, states)
    })
}

fn one_by_one(function: &Function, arguments: &[Arc<Vector>], len: usize) -> Vector {
    let slot = |slot| -> Slot {
        let (mut values, mut state) = (Vec::with_capacity(arguments.len()), VALUE);
        for argument in arguments {
            let at = if argument.len() == 1 { 0 } else { slot };
            match argument.slot(at) {
                Ok(value) if too_long(&value) => state = state.max(ASK),
                Ok(value) => values.push(value),
                Err(other) => state = state.max(other),
            }
        }
        if state != VALUE {
            return Err(state);
        }
        if growth(function, &values) > MOST_GROWTH {
            return Err(ASK);
        }
        match apply(function, &values) {
            Ok(Value::List(items)) if items.len() > MOST_ITEMS => Err(ASK),
            Ok(value) => Ok(value),
            Err(Failure::Undefined) => Err(NOTHING),
            Err(Failure::Obstacle(..)) => Err(UNKNOWN),
        }
    };
    Vector::from_slots((0..len).map(slot).collect())
}

/// Whether a value is more to go through than the cost of its type says.
pub(super) fn too_long(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > LONGEST_TEXT,
        other => size(other) > MOST_WORK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike as _, NaiveDate};

    #[test]
    fn years_are_added_as_the_calendar_has_them() {
        for day in (-150_000..150_000).step_by(13).chain(-800..800) {
            for years in [-401, -100, -4, -1, 0, 1, 3, 4, 10, 100, 399] {
                let from = date(day).unwrap();
                let year = from.year() + years;
                let to = from.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28));
                assert_eq!(years_later(day, years), to.map(days), "{from} and {years} years");
            }
        }
    }
}
