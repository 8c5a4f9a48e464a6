//! The scan that the index is held against: it looks at every value of a line, with no code of the
//! product but exact decimals.

use super::fixture::digest;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use tieout_controls::Decimal;

/// A query, apart from the product's own tree.
pub(super) enum Q {
    And(Vec<Q>),
    Or(Vec<Q>),
    Not(Box<Q>),
    Text(String),
    Column(&'static str, &'static str, String),
    Member(&'static str, String),
    Hash(u64),
    Amount(Range<String>, Option<String>),
    Number(&'static str, &'static str, Range<String>, Option<String>),
    Time(Option<&'static str>, Range<String>),
}

/// `op` is one of `:[]`, `>`, `>=`, `<`, `<=`, `:`, and the other end is used by the first.
pub(super) struct Range<T> {
    pub(super) op: &'static str,
    pub(super) a: T,
    pub(super) b: T,
}

/// Whether the line of the pack at that place in the log meets the query.
pub(super) fn matches(query: &Q, line: &Value, log_index: u64) -> bool {
    match query {
        Q::And(parts) => parts.iter().all(|part| matches(part, line, log_index)),
        Q::Or(parts) => parts.iter().any(|part| matches(part, line, log_index)),
        Q::Not(inner) => !matches(inner, line, log_index),
        Q::Text(text) => scan(line, &mut |path, value| !format(path) && contains(value, text)),
        Q::Column(name, op, text) => {
            let name = name.trim_start_matches("key.").to_lowercase();
            scan(line, &mut |path, value| {
                path.last().is_some_and(|last| last.to_lowercase() == name)
                    && if *op == "=" { same(value, text) } else { contains(value, text) }
            })
        }
        Q::Member(name, text) => {
            let name = if *name == "invoice" { "InvoiceId" } else { name };
            scan(line, &mut |path, value| path.last() == Some(&name) && same(value, text))
        }
        Q::Hash(number) => {
            let digest = digest(*number).to_string();
            *number == log_index || scan(line, &mut |_, value| value == digest)
        }
        Q::Amount(range, currency) => amount(line, range, currency.as_deref()),
        Q::Number(_, column, range, currency) => {
            let stated = line["values"]["BillingCurrency"].as_str();
            let value = line["values"][column].as_str();
            value.is_some_and(|value| number_in(value, range))
                && currency.as_ref().is_none_or(|currency| Some(currency.as_str()) == stated)
        }
        Q::Time(column, range) => scan(line, &mut |path, value| {
            ["key", "values"].contains(&path[0])
                && column.is_none_or(|column| path.last() == Some(&column))
                && time_in(value, range)
        }),
    }
}

fn amount(line: &Value, range: &Range<String>, currency: Option<&str>) -> bool {
    let stated = line["exposure"]["currency"].as_str();
    if currency.is_some() && currency != stated {
        return false;
    }
    let facts = line["facts"].as_array().into_iter().flatten();
    let amounts = facts.chain([&line["exposure"]]).filter_map(|fact| fact["amount"].as_str());
    amounts.into_iter().any(|amount| number_in(amount, range))
}

fn number_in(value: &str, range: &Range<String>) -> bool {
    let number = |text: &str| text.parse::<Decimal>().unwrap();
    let (value, a, b) = (number(value), number(&range.a), number(&range.b));
    match range.op {
        ":[]" => a <= value && value <= b,
        ">" => value > a,
        ">=" => value >= a,
        "<" => value < a,
        "<=" => value <= a,
        _ => value == a,
    }
}

/// The first microsecond of a day or instant, and the last.
fn moment(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        let first = day.and_hms_opt(0, 0, 0)?.and_utc();
        return Some((first, first + TimeDelta::days(1) - TimeDelta::microseconds(1)));
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    Some((at, at))
}

fn time_in(value: &str, range: &Range<String>) -> bool {
    let Some((value, _)) = moment(value) else { return false };
    let (first, last) = moment(&range.a).unwrap();
    match range.op {
        ":[]" => first <= value && value <= moment(&range.b).unwrap().1,
        ">" => value > last,
        ">=" => value >= first,
        "<" => value < first,
        "<=" => value <= last,
        _ => first <= value && value <= last,
    }
}

fn format(path: &[&str]) -> bool {
    matches!(path, ["v" | "kind" | "row" | "population"])
}

fn same(value: &str, text: &str) -> bool {
    value.to_lowercase() == text.to_lowercase()
}

fn contains(value: &str, text: &str) -> bool {
    let spaced = |text: &str| {
        let spaced = text.replace(|c: char| !c.is_alphanumeric(), " ").to_lowercase();
        format!(" {} ", spaced.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    spaced(value).contains(&spaced(text))
}

/// Whether the predicate holds for any text in the JSON, given the names that lead to it.
fn scan(value: &Value, holds: &mut dyn FnMut(&[&str], &str) -> bool) -> bool {
    fn walk<'a>(
        value: &'a Value,
        path: &mut Vec<&'a str>,
        holds: &mut dyn FnMut(&[&str], &str) -> bool,
    ) -> bool {
        match value {
            Value::String(text) => holds(path, text),
            Value::Array(items) => items.iter().any(|item| walk(item, path, holds)),
            Value::Object(members) => members.iter().any(|(name, member)| {
                path.push(name);
                let found = walk(member, path, holds);
                path.pop();
                found
            }),
            _ => false,
        }
    }
    walk(value, &mut Vec::new(), holds)
}
