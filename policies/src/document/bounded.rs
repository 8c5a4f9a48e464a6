//! Functions of regorus that make much out of little in one call, behind a check of how much: the
//! evaluator's clock is not looked at within a call.

use super::check::rounding_verb;
use super::json;
use regorus::Value;

/// Each with the number of its arguments.
pub(super) const GUARDED: &[(&str, u8)] = &[
    ("array.concat", 2),
    ("bits.lsh", 2),
    ("concat", 2),
    ("json.marshal", 1),
    ("json.marshal_with_options", 2),
    ("json.unmarshal", 1),
    ("numbers.range", 2),
    ("numbers.range_step", 3),
    ("regex.replace", 3),
    ("replace", 3),
    ("sprintf", 2),
    ("strings.count", 2),
    ("strings.replace_n", 2),
];

/// How often a text holds another, counted as OPA does: no character twice, and an empty text
/// before each character and at the end. regorus counts otherwise, and panics of an empty one.
pub(super) fn answer(name: &str, arguments: &[Value]) -> Option<Value> {
    let ("strings.count", [text, wanted]) = (name, arguments) else { return None };
    let (text, wanted) = (text.as_string().ok()?, wanted.as_string().ok()?);
    Some(Value::from(text.matches(wanted.as_ref()).count()))
}

/// Why a call doesn't take place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its result would be too large.
    Limit(String),
    /// Its argument is wrong.
    Argument(String),
}

/// Refuses a call whose result would be too large, or would be rounded.
pub(super) fn check(name: &str, arguments: &[Value]) -> Result<(), Refused> {
    match (name, arguments) {
        ("numbers.range", [from, to]) => within(name, "values", range(from, to, 1), MAX_ITEMS),
        ("numbers.range_step", [from, to, step]) => {
            let step = step.as_i64().unwrap_or(1).unsigned_abs().max(1);
            within(name, "values", range(from, to, step), MAX_ITEMS)
        }
        ("bits.lsh", [_, by]) => within(name, "bits", by.as_u64().unwrap_or(u64::MAX), MAX_SHIFT),
        ("array.concat", [a, b]) => {
            let items = items(a).saturating_add(items(b));
            within(name, "values", items, MAX_ITEMS)
        }
        ("concat", [delimiter, texts]) => {
            let delimiters = items(texts).saturating_mul(length(delimiter));
            within(name, "bytes", size(texts).saturating_add(delimiters), MAX_TEXT)
        }
        ("replace", [text, old, new]) => {
            let found = matches(text, old).saturating_mul(length(new));
            within(name, "bytes", found.saturating_add(length(text)), MAX_TEXT)
        }
        ("strings.replace_n", [patterns, text]) => replaced(name, patterns, text),
        ("regex.replace", [text, _, new]) => {
            let most = length(text).saturating_add(1).saturating_mul(length(new).max(1));
            within(name, "bytes", most, MAX_PRODUCT)
        }
        ("json.marshal", [value]) | ("json.marshal_with_options", [value, _]) => {
            within(name, "bytes", size(value), MAX_TEXT)
        }
        ("json.unmarshal", [Value::String(text)]) => {
            let read = json::read(name, text, usize::MAX);
            read.map(drop).map_err(|found| Refused::Argument(found.message))
        }
        ("sprintf", [format, values]) => {
            within(name, "bytes", size(format).saturating_add(size(values)), MAX_TEXT)?;
            formatted(format.as_string().map_or("", |f| f.as_ref()))
        }
        _ => Ok(()),
    }
}

const MAX_ITEMS: u64 = 1_000_000;
const MAX_TEXT: u64 = 4 * 1024 * 1024;
const MAX_SHIFT: u64 = 4096;
const MAX_PRODUCT: u64 = 64 * 1024 * 1024;
const MAX_WIDTH: u64 = 1000;

fn within(name: &str, what: &str, is: u64, most: u64) -> Result<(), Refused> {
    if is <= most {
        return Ok(());
    }
    Err(Refused::Limit(format!("`{name}` would give more than {most} {what}")))
}

fn range(from: &Value, to: &Value, step: u64) -> u64 {
    // What is no integer is refused by the function itself.
    let (Ok(from), Ok(to)) = (from.as_number(), to.as_number()) else { return 0 };
    let (Some(from), Some(to)) = (from.as_i128(), to.as_i128()) else { return u64::MAX };
    u64::try_from(to.abs_diff(from)).unwrap_or(u64::MAX) / step.max(1)
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn length(value: &Value) -> u64 {
    value.as_string().map_or(0, |text| wide(text.len()))
}

fn items(value: &Value) -> u64 {
    match value {
        Value::Array(items) => wide(items.len()),
        Value::Set(items) => wide(items.len()),
        _ => 0,
    }
}

fn matches(text: &Value, old: &Value) -> u64 {
    let (Ok(text), Ok(old)) = (text.as_string(), old.as_string()) else { return 0 };
    wide(text.matches(old.as_ref()).count())
}

/// The replacements, one after the other as the function makes them.
fn replaced(name: &str, patterns: &Value, text: &Value) -> Result<(), Refused> {
    let (Ok(patterns), Ok(text)) = (patterns.as_object(), text.as_string()) else { return Ok(()) };
    let mut text = text.to_string();
    for (old, new) in patterns.iter_sorted() {
        check("replace", &[text.as_str().into(), old.clone(), new.clone()])?;
        within(name, "bytes", wide(text.len()), MAX_TEXT)?;
        if let (Ok(old), Ok(new)) = (old.as_string(), new.as_string()) {
            text = text.replace(old.as_ref(), new);
        }
    }
    Ok(())
}

/// About the bytes of a value as text, at most a little more than [`MAX_TEXT`]: a value can hold
/// another many times over.
fn size(value: &Value) -> u64 {
    let mut left = MAX_TEXT.saturating_add(1);
    measure(value, &mut left);
    MAX_TEXT.saturating_add(1).saturating_sub(left)
}

fn measure(value: &Value, left: &mut u64) {
    *left = left.saturating_sub(length(value).saturating_add(1));
    match value {
        _ if *left == 0 => {}
        Value::Array(items) => items.iter().for_each(|item| measure(item, left)),
        Value::Set(items) => items.iter().for_each(|item| measure(item, left)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            measure(key, left);
            measure(value, left);
        }),
        _ => {}
    }
}

/// A format that asks for no width beyond reason and rounds nothing.
fn formatted(format: &str) -> Result<(), Refused> {
    let digits = format.split(|c: char| !c.is_ascii_digit()).filter(|d| !d.is_empty());
    let widest = digits.map(|d| d.parse().unwrap_or(u64::MAX)).max().unwrap_or(0);
    if format.contains('%') && widest > MAX_WIDTH && widths(format) > MAX_WIDTH {
        let message = format!("`sprintf` would fill more than {MAX_WIDTH} places");
        return Err(Refused::Limit(message));
    }
    rounding_verb(format).map_or(Ok(()), |verb| {
        Err(Refused::Argument(format!("`%{verb}` is not exact for amounts")))
    })
}

/// The widest width of a verb.
fn widths(format: &str) -> u64 {
    let verbs = format.split('%').skip(1);
    let width = |verb: &str| {
        let flags = verb.trim_start_matches(|c: char| !c.is_numeric() && !c.is_alphabetic());
        let end = flags.find(|c: char| !c.is_numeric()).unwrap_or(flags.len());
        let (digits, _) = flags.split_at(end);
        if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) }
    };
    verbs.map(width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(name: &str, arguments: &[Value]) -> bool {
        matches!(check(name, arguments), Err(Refused::Limit(_)))
    }

    #[test]
    fn what_is_too_much_is_refused_before_it_is_made() {
        let text = |n: usize| Value::from("a".repeat(n));
        assert!(limit("numbers.range", &[1_u64.into(), 30_000_000_u64.into()]));
        assert!(limit("numbers.range", &[30_000_000_u64.into(), (-1_i64).into()]));
        assert!(!limit("numbers.range", &[1_u64.into(), 1_000_u64.into()]));
        assert!(limit("numbers.range_step", &[1_u64.into(), 30_000_000_u64.into(), 2_u64.into()]));
        assert!(!limit(
            "numbers.range_step",
            &[1_u64.into(), 30_000_000_u64.into(), 1000_u64.into()]
        ));
        assert!(limit("bits.lsh", &[1_u64.into(), 4_000_000_000_u64.into()]));
        assert!(limit("replace", &[text(10_000), "a".into(), text(10_000)]));
        assert!(!limit("replace", &[text(10_000), "b".into(), text(10_000)]));
        let patterns =
            Value::from_json_str(r#"{"a": "bbbbbbbbbbbb", "b": "cccccccccccc"}"#).unwrap();
        assert!(limit("strings.replace_n", &[patterns.clone(), text(100_000)]));
        assert!(!limit("strings.replace_n", &[patterns, text(100)]));
        assert!(limit("regex.replace", &[text(100_000), "a".into(), text(1000)]));
        let many = Value::from(vec![text(3_000_000), text(3_000_000)]);
        assert!(limit("concat", &["".into(), many.clone()]) && limit("json.marshal", &[many]));
    }

    #[test]
    fn a_value_within_values_is_measured_as_often_as_it_stands_there() {
        let mut value = Value::from("x");
        for _ in 0..60 {
            value = Value::from(vec![value.clone(), value]);
        }
        assert!(limit("json.marshal", &[value]));
    }

    #[test]
    fn a_format_neither_fills_nor_rounds() {
        let of = |format: &str| check("sprintf", &[format.into(), Value::new_array()]);
        assert!(matches!(of("%1000000000d"), Err(Refused::Limit(_))));
        assert!(matches!(of("%01000000000d"), Err(Refused::Limit(_))));
        assert!(matches!(of("%99999999999999999999999d"), Err(Refused::Limit(_))));
        assert!(matches!(of("%v of %.2f"), Err(Refused::Argument(_))));
        assert_eq!(of("in 2025001 100%% %v %s %4d 5%%f"), Ok(()));
    }

    #[test]
    fn text_that_would_become_a_rounded_number_is_refused() {
        let read = check("json.unmarshal", &[r#"{"a": 1.10}"#.into()]);
        assert!(matches!(read, Err(Refused::Argument(m)) if m.starts_with("`/a` is a number")));
    }
}
