//! Bytes that sort as the values do: exact decimals, days and instants.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use tieout_controls::Decimal;

const NEGATIVE: u8 = 0x7f;
const ZERO: u8 = 0x80;
const POSITIVE: u8 = 0x81;

/// The bytes of a decimal: of any two decimals the smaller number has the smaller bytes, and
/// equal numbers have equal bytes whatever their scale. `None` when the number is so large or so
/// small that its exponent of ten has no room (beyond ±32,000; a decimal has at most 76 digits).
///
/// Shape: the sign; the exponent `e` of `0.d₁d₂… × 10^e`, biased, in two bytes; the digits in
/// pairs, each pair plus one. For negative numbers everything behind the sign is complemented and
/// closed with 0xff, because there the longer number is the smaller one.
pub(crate) fn decimal(value: &Decimal) -> Option<Vec<u8>> {
    if value.is_zero() {
        return Some(vec![ZERO]);
    }
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let leading = digits.len().checked_sub(significant.len())?;
    let exponent = i32::try_from(whole.len()).ok()? - i32::try_from(leading).ok()?;
    let biased = u16::try_from(exponent.checked_add(0x8000)?).ok()?;
    let mut magnitude = biased.to_be_bytes().to_vec();
    magnitude.extend(digit_pairs(significant.trim_end_matches('0')));
    if !value.is_negative() {
        magnitude.insert(0, POSITIVE);
        return Some(magnitude);
    }
    let mut bytes = vec![NEGATIVE];
    bytes.extend(magnitude.iter().map(|byte| !byte));
    bytes.push(0xff);
    Some(bytes)
}

fn digit_pairs(digits: &str) -> impl Iterator<Item = u8> + '_ {
    let value = |digit: Option<&u8>| digit.map_or(0, |d| d.saturating_sub(b'0'));
    digits.as_bytes().chunks(2).map(move |pair| value(pair.first()) * 10 + value(pair.get(1)) + 1)
}

/// The bytes of an instant: microseconds since 1970 with the sign bit turned.
pub(crate) fn instant(at: DateTime<Utc>) -> [u8; 8] {
    let mut bytes = at.timestamp_micros().to_be_bytes();
    if let Some(first) = bytes.first_mut() {
        *first ^= 0x80;
    }
    bytes
}

/// The first instant of a day in UTC.
pub(crate) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The decimal that a text states, up to the 76 digits of a sum.
pub(crate) fn read_decimal(text: &str) -> Option<Decimal> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if !plain || !text.bytes().any(|b| b.is_ascii_digit()) || text.len() > 200 {
        return None;
    }
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

/// The day that a text states as `YYYY-MM-DD`, and nothing else.
pub(crate) fn read_day(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !shape {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// The instant that a text states with its zone, as RFC 3339 has it.
pub(crate) fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let likely = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T');
    let parsed = likely.then(|| DateTime::parse_from_rfc3339(text).ok()).flatten()?;
    Some(parsed.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        decimal(&read_decimal(text).unwrap()).unwrap()
    }

    #[test]
    fn decimals_sort_as_numbers() {
        let rising = [
            "-1e70",
            "-1000.01",
            "-1000.005",
            "-1000",
            "-999.99",
            "-12.1",
            "-12",
            "-1",
            "-0.12",
            "-0.1",
            "-0.011",
            "-0.01",
            "-1e-38",
            "0",
            "1e-38",
            "0.001",
            "0.01",
            "0.011",
            "0.1",
            "0.12",
            "1",
            "1.0000001",
            "9",
            "9.9",
            "10",
            "12",
            "12.1",
            "999.99",
            "1000",
            "1000.005",
            "1000.01",
            "1e70",
        ];
        for pair in rising.windows(2) {
            assert!(bytes(pair[0]) < bytes(pair[1]), "{} {}", pair[0], pair[1]);
        }
        assert_eq!(bytes("1.10"), bytes("1.1"));
        assert_eq!(bytes("-0.00"), bytes("0"));
        assert_eq!(bytes("1500"), bytes("1.5e3"));
    }

    proptest::proptest! {
        #[test]
        fn any_two_decimals_order_as_their_bytes(
            a in "-?[0-9]{1,40}(\\.[0-9]{1,36})?",
            b in "-?[0-9]{1,40}(\\.[0-9]{1,36})?",
        ) {
            let (x, y) = (read_decimal(&a).unwrap(), read_decimal(&b).unwrap());
            assert_eq!(x.cmp(&y), decimal(&x).unwrap().cmp(&decimal(&y).unwrap()), "{a} {b}");
        }

        #[test]
        fn near_decimals_order_as_their_bytes(a in -99999i64..99999, s in 0u32..6, b in -99999i64..99999, t in 0u32..6) {
            let x = Decimal::from_scaled(a.into(), s);
            let y = Decimal::from_scaled(b.into(), t);
            assert_eq!(x.cmp(&y), decimal(&x).unwrap().cmp(&decimal(&y).unwrap()), "{x} {y}");
        }
    }

    #[test]
    fn instants_sort_through_1970() {
        let at = |text| instant(read_instant(text).unwrap());
        assert!(at("1969-12-31T23:59:59Z") < at("1970-01-01T00:00:00Z"));
        assert!(at("2025-01-31T23:00:00Z") < at("2025-01-31T23:00:00.000001Z"));
        assert_eq!(at("2025-01-31T23:00:00Z"), at("2025-02-01T00:00:00+01:00"));
    }

    #[test]
    fn reads_only_the_full_forms() {
        assert!(read_day("2025-1-31").is_none());
        assert!(read_day("2025-02-30").is_none());
        assert!(read_instant("2025-01-31T23:00:00").is_none());
        assert!(read_instant("2025-01-31").is_none());
        assert!(read_decimal("12,5").is_none());
        assert!(read_decimal("e").is_none());
    }
}
