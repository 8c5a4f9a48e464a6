//! `decimal.*`: exact arithmetic on amounts, which are strings or integers. Results are strings
//! with all their digits and their scale; `decimal.cmp` gives −1, 0 or 1.

use regorus::Value;
use std::cmp::Ordering;
use tieout_controls::decimal::{Decimal, DecimalError, Rounding};

/// Each function with the number of its arguments.
pub(super) const ARITIES: &[(&str, u8)] = &[
    ("decimal.abs", 1),
    ("decimal.add", 2),
    ("decimal.cmp", 2),
    ("decimal.div", 4),
    ("decimal.max", 1),
    ("decimal.min", 1),
    ("decimal.mul", 2),
    ("decimal.neg", 1),
    ("decimal.parse", 1),
    ("decimal.round", 3),
    ("decimal.sub", 2),
    ("decimal.sum", 1),
];

/// Computes one of them. The error says what is wrong without the argument's value.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let computed = match (name, arguments) {
        ("decimal.abs", [a]) => Ok(number(a)?.abs()),
        ("decimal.neg", [a]) => Ok(number(a)?.neg()),
        ("decimal.parse", [a]) => Ok(number(a)?),
        ("decimal.add", [a, b]) => number(a)?.add(&number(b)?),
        ("decimal.sub", [a, b]) => number(a)?.sub(&number(b)?),
        ("decimal.mul", [a, b]) => number(a)?.mul(&number(b)?),
        ("decimal.div", [a, b, s, m]) => number(a)?.div(&number(b)?, scale(s)?, mode(m)?),
        ("decimal.round", [a, s, m]) => number(a)?.round(scale(s)?, mode(m)?),
        ("decimal.sum", [amounts]) => {
            let mut sum = Decimal::zero();
            for amount in list(amounts)? {
                sum = sum.add(&number(amount)?).map_err(told)?;
            }
            Ok(sum)
        }
        ("decimal.cmp", [a, b]) => {
            return Ok(Value::from(match number(a)?.cmp(&number(b)?) {
                Ordering::Less => -1_i64,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }));
        }
        ("decimal.max", [amounts]) => Ok(extreme(amounts, Ordering::Greater)?),
        ("decimal.min", [amounts]) => Ok(extreme(amounts, Ordering::Less)?),
        _ => return Err("it is called with other arguments".to_owned()),
    };
    computed.map(|result| Value::from(result.to_string())).map_err(told)
}

fn told(error: DecimalError) -> String {
    error.to_string()
}

fn number(value: &Value) -> Result<Decimal, String> {
    let text = match value {
        Value::String(text) => text.to_string(),
        Value::Number(_) => whole(value).ok_or("an argument is a number but no integer")?,
        _ => return Err("an argument is neither a string nor an integer".to_owned()),
    };
    Decimal::parse(&text).map_err(|error| format!("an argument is {}", article(error)))
}

fn article(error: DecimalError) -> String {
    match error {
        DecimalError::Syntax => "no decimal number".to_owned(),
        other => format!("out of range: {other}"),
    }
}

fn whole(value: &Value) -> Option<String> {
    let signed = value.as_i128().ok().map(|n| n.to_string());
    signed.or_else(|| value.as_u128().ok().map(|n| n.to_string()))
}

fn scale(value: &Value) -> Result<u32, String> {
    value.as_u32().map_err(|_| "the scale is no small whole number".to_owned())
}

fn mode(value: &Value) -> Result<Rounding, String> {
    let name = value.as_string().map(|s| s.to_string()).unwrap_or_default();
    Rounding::named(&name).ok_or_else(|| {
        "the rounding mode is none of half_up, half_even, half_down, down, up, floor, ceiling"
            .to_owned()
    })
}

/// The amounts of a list. A set would have dropped those that are equal.
fn list(value: &Value) -> Result<Vec<&Value>, String> {
    match value {
        Value::Array(items) => Ok(items.iter().collect()),
        Value::Set(_) => Err("a set holds equal amounts once; give it an array".to_owned()),
        _ => Err("its argument is no array".to_owned()),
    }
}

fn extreme(value: &Value, wanted: Ordering) -> Result<Decimal, String> {
    let items: Vec<&Value> = match value {
        Value::Set(items) => items.iter_sorted().collect(),
        other => list(other)?,
    };
    let mut found: Option<Decimal> = None;
    for item in items {
        let number = number(item)?;
        if found.as_ref().is_none_or(|f| number.cmp(f) == wanted) {
            found = Some(number);
        }
    }
    found.ok_or_else(|| "the list is empty".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Value {
        Value::from(texts.iter().map(|t| Value::from(*t)).collect::<Vec<_>>())
    }

    fn computed(name: &str, arguments: &[Value]) -> Result<String, String> {
        call(name, arguments).map(|v| v.to_string().trim_matches('"').to_owned())
    }

    #[test]
    fn digits_and_scale_are_kept() {
        let two = |name: &str, a: &str, b: &str| computed(name, &[a.into(), b.into()]).unwrap();
        assert_eq!(two("decimal.add", "0.10", "0.20"), "0.30");
        assert_eq!(
            two("decimal.sub", "12345678901234567890123.45", "0.45"),
            "12345678901234567890123.00"
        );
        assert_eq!(two("decimal.mul", "1.10", "3"), "3.30");
        assert_eq!(two("decimal.cmp", "1.10", "1.1"), "0");
        assert_eq!(two("decimal.cmp", "9", "10"), "-1");
        let rounded =
            |x: &str, mode: &str| computed("decimal.round", &[x.into(), 2_u64.into(), mode.into()]);
        assert_eq!(rounded("2.675", "half_up").unwrap(), "2.68");
        assert_eq!(rounded("2.665", "half_even").unwrap(), "2.66");
        let third = ["1".into(), 3_u64.into(), 4_u64.into(), "half_up".into()];
        assert_eq!(computed("decimal.div", &third).unwrap(), "0.3333");
        assert_eq!(computed("decimal.sum", &[texts(&["0.1", "0.2", "0.30"])]).unwrap(), "0.60");
        assert_eq!(computed("decimal.max", &[texts(&["9", "10.0", "2"])]).unwrap(), "10.0");
        assert_eq!(computed("decimal.min", &[texts(&["9", "10", "2.50"])]).unwrap(), "2.50");
    }

    #[test]
    fn what_has_no_exact_answer_is_an_error() {
        let zero = ["1".into(), "0".into(), 2_u64.into(), "down".into()];
        assert_eq!(computed("decimal.div", &zero).unwrap_err(), "division by zero");
        let float = computed("decimal.abs", &[Value::from(1.5)]).unwrap_err();
        assert_eq!(float, "an argument is a number but no integer");
        assert_eq!(
            computed("decimal.abs", &["1,5".into()]).unwrap_err(),
            "an argument is no decimal number"
        );
        let set = Value::from(std::collections::BTreeSet::from([Value::from("1")]));
        assert!(computed("decimal.sum", &[set]).unwrap_err().contains("equal amounts once"));
        assert_eq!(computed("decimal.max", &[texts(&[])]).unwrap_err(), "the list is empty");
    }
}
