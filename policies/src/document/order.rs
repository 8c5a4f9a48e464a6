//! What a comparison means where amounts are texts: it is refused where text order, or the way an
//! amount is written, would decide instead of the amount.

use regorus::Value;
use regorus::unstable::BoolOp;
use regorus::value::Set;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use tieout_controls::Decimal;
use tieout_controls::currency;

/// Why two values aren't compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unlike {
    /// As texts, `"9" > "10"`.
    AmountsAsText,
    /// `"1.50" == "1.5"`, or `"100" == 100`.
    SameAmount,
    /// A number and a text, say: Rego orders them by their types.
    Types(&'static str, &'static str),
}

/// What a comparison gives.
///
/// # Errors
/// It would give something by the writing of an amount, or by the types of values.
pub(super) fn compare(op: &BoolOp, left: &Value, right: &Value) -> Result<bool, Unlike> {
    match op {
        BoolOp::Eq => equal(left, right),
        BoolOp::Ne => equal(left, right).map(|equal| !equal),
        BoolOp::Lt => order(left, right).map(Ordering::is_lt),
        BoolOp::Le => order(left, right).map(Ordering::is_le),
        BoolOp::Gt => order(left, right).map(Ordering::is_gt),
        BoolOp::Ge => order(left, right).map(Ordering::is_ge),
    }
}

fn equal(left: &Value, right: &Value) -> Result<bool, Unlike> {
    if left == right {
        return Ok(true);
    }
    if alike(left, right) { Err(Unlike::SameAmount) } else { Ok(false) }
}

/// Whether two values are the same but for the writing of amounts.
fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let in_b = |(key, value)| b.get(key).is_some_and(|other| alike(value, other));
            a.len() == b.len() && a.iter().all(in_b)
        }
        (Value::Set(a), Value::Set(b)) => {
            let amounts = |set: &Set| set.iter().filter_map(amount).collect();
            let (in_a, in_b): (BTreeSet<_>, BTreeSet<_>) = (amounts(a), amounts(b));
            let others = |a: &Set, b: &Set| {
                a.iter().filter(|item| amount(item).is_none()).all(|item| b.contains(item))
            };
            in_a == in_b && others(a, b) && others(b, a)
        }
        _ => left == right || amount(left).is_some_and(|a| amount(right) == Some(a)),
    }
}

/// The amount that a value states. A text with leading zeros is an identifier.
fn amount(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => {
            let digits = text.trim_start_matches(['-', '+']).as_bytes();
            let identifier = matches!(digits, [b'0', b'0'..=b'9', ..]);
            if identifier { None } else { Decimal::parse(text).ok() }
        }
        Value::Number(_) => Decimal::parse(&value.to_string()).ok(),
        _ => None,
    }
}

fn order(left: &Value, right: &Value) -> Result<Ordering, Unlike> {
    match (left, right) {
        (Value::String(a), Value::String(b)) if is_amount(a) || is_amount(b) => {
            Err(Unlike::AmountsAsText)
        }
        (Value::Array(a), Value::Array(b)) => {
            let differing = a.iter().zip(b.iter()).find(|(a, b)| a != b);
            differing.map_or(Ok(a.len().cmp(&b.len())), |(a, b)| order(a, b))
        }
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => Ok(left.cmp(right)),
        _ => Err(Unlike::Types(kind(left), kind(right))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "nothing",
    }
}

/// Whether a text is a number as people write amounts: with a sign, separators, an exponent, a per
/// cent sign, a currency. A day, an instant, a name with digits is none.
pub(super) fn is_amount(text: &str) -> bool {
    let wrapping = |c: char| c.is_whitespace() || "+-−()'%‰".contains(c) || is_currency_sign(c);
    let bare = without_code(text.trim_matches(wrapping)).trim_matches(wrapping);
    let (digits, exponent) = bare.split_once(['e', 'E']).unwrap_or((bare, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let separator = |c: char| c.is_whitespace() || ".,'’_".contains(c);
    digits.chars().any(|c| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || separator(c))
        && !exponent.is_empty()
        && exponent.bytes().all(|b| b.is_ascii_digit())
}

fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '£' | '¤' | '¥' | '₠'..='⃏')
}

/// A text without the currency code before or behind it.
fn without_code(text: &str) -> &str {
    let code = |code: Option<&str>| code.is_some_and(|c| currency::minor_units(c).is_some());
    let end = text.len().saturating_sub(3);
    if code(text.get(..3)) {
        text.get(3..).unwrap_or(text)
    } else if code(text.get(end..)) {
        text.get(..end).unwrap_or(text)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BoolOp::{Eq, Ge, Gt, Le, Lt, Ne};

    fn of(left: &str, op: BoolOp, right: &str) -> Result<bool, Unlike> {
        let read = |text: &str| Value::from_json_str(text).unwrap();
        compare(&op, &read(left), &read(right))
    }

    #[test]
    fn amounts_as_people_write_them_are_told_from_other_texts() {
        for text in [
            "9",
            "-1.50",
            "+1",
            "1e5",
            "1.5E-3",
            "1,50",
            "1.000,00",
            "1 000",
            "1'000",
            "1_000",
            "10 %",
            "€ 10",
            "10.00 EUR",
            "EUR10",
            "USD -5",
            "-USD 5",
            "(5.00)",
            ".5",
            " 7 ",
            "−3",
            "$1",
            "1 000",
            "01.02.2025",
            "20250101",
            "1.10.0",
        ] {
            assert!(is_amount(text), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "n/a",
            "EUR",
            "2025-01-31",
            "2025-01-31T00:00:00Z",
            "12:30",
            "INV-001",
            "A1",
            "1e",
            "0x1f",
            "1e5f",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "10 apples",
            "2nd",
        ] {
            assert!(!is_amount(text), "{text}");
        }
    }

    #[test]
    fn an_order_is_of_one_type_and_never_of_amounts_as_texts() {
        assert_eq!(of("9", Lt, "10"), Ok(true));
        assert_eq!(of("10", Ge, "10"), Ok(true));
        assert_eq!(of("\"2025-01-31\"", Le, "\"2025-02-01\""), Ok(true));
        assert_eq!(of("\"a\"", Gt, "\"b\""), Ok(false));
        assert_eq!(of("[2025, 1]", Lt, "[2025, 2]"), Ok(true));
        assert_eq!(of("[1]", Lt, "[1, 1]"), Ok(true));
        assert_eq!(of("false", Lt, "true"), Ok(true));
        for (left, right) in [("\"9\"", "\"10\""), ("\"n/a\"", "\"10\""), ("\"10\"", "\"\"")] {
            assert_eq!(of(left, Gt, right), Err(Unlike::AmountsAsText), "{left} {right}");
        }
        assert_eq!(of("[\"x\", \"9\"]", Gt, "[\"x\", \"10\"]"), Err(Unlike::AmountsAsText));
        assert_eq!(of("\"9\"", Gt, "100"), Err(Unlike::Types("a text", "a number")));
        assert_eq!(of("null", Lt, "1"), Err(Unlike::Types("null", "a number")));
        assert_eq!(of("{}", Lt, "{\"a\": 1}"), Err(Unlike::Types("an object", "an object")));
    }

    #[test]
    fn what_differs_in_the_writing_of_an_amount_is_neither_equal_nor_unequal() {
        assert_eq!(of("\"1.50\"", Eq, "\"1.50\""), Ok(true));
        assert_eq!(of("\"1.50\"", Eq, "\"1.51\""), Ok(false));
        assert_eq!(of("\"1.50\"", Ne, "null"), Ok(true));
        assert_eq!(of("\"007\"", Eq, "\"7\""), Ok(false));
        assert_eq!(of("[\"1.5\", 1]", Eq, "[\"1.50\", 2]"), Ok(false));
        for (left, right) in [
            ("\"1.50\"", "\"1.5\""),
            ("100", "\"100\""),
            ("\"0.0\"", "\"-0\""),
            ("[\"1.50\", \"a\"]", "[\"1.5\", \"a\"]"),
            ("{\"a\": {\"b\": \"1E2\"}}", "{\"a\": {\"b\": \"100\"}}"),
        ] {
            assert_eq!(of(left, Eq, right), Err(Unlike::SameAmount), "{left} {right}");
            assert_eq!(of(left, Ne, right), Err(Unlike::SameAmount), "{left} {right}");
        }
        let set = |items: &[&str]| {
            Value::from(items.iter().map(|i| Value::from(*i)).collect::<BTreeSet<_>>())
        };
        let of = |a: &[&str], b: &[&str]| compare(&Eq, &set(a), &set(b));
        assert_eq!(of(&["1.50", "x"], &["1.5", "x"]), Err(Unlike::SameAmount));
        assert_eq!(of(&["1.50", "x"], &["1.5", "y"]), Ok(false));
        assert_eq!(of(&["1.50", "2"], &["1.5"]), Ok(false));
    }
}
