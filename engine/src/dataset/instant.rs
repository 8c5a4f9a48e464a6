//! Dates and instants as files write them.

use super::cell::Refusal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Code and reason of a text that is no date or instant.
type Unfit = (&'static str, &'static str);

const NOT_A_TIMESTAMP: Unfit = (
    "not-a-timestamp",
    "not a timestamp; RFC 3339 such as `2025-01-31T23:00:00Z`, or `2025-01-31 23:00:00`",
);

/// A timestamp as written: an instant, or a local time that wants a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stated {
    /// With an offset.
    Instant(DateTime<Utc>),
    /// Without.
    Local(NaiveDateTime),
}

/// Reads `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Result<NaiveDate, Unfit> {
    const NOT_A_DATE: Unfit = ("not-a-date", "not a date; `2025-01-31` is one");
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return Err(NOT_A_DATE);
    };
    let year = number(&[*y1, *y2, *y3, *y4]).and_then(|year| i32::try_from(year).ok());
    let month = number(&[*m1, *m2]);
    let day = number(&[*d1, *d2]);
    let (Some(year @ 1..), Some(month), Some(day)) = (year, month, day) else {
        return Err(NOT_A_DATE);
    };
    NaiveDate::from_ymd_opt(year, month, day).ok_or(NOT_A_DATE)
}

/// Reads `YYYY-MM-DD HH:MM:SS[.f]`, with a `T` or a space between, with or without an offset (`Z`
/// or `±HH:MM`).
pub(crate) fn timestamp(text: &str) -> Result<Stated, Unfit> {
    let (day, rest) = text.split_at_checked(10).ok_or(NOT_A_TIMESTAMP)?;
    let day = date(day).map_err(|_| NOT_A_TIMESTAMP)?;
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(NOT_A_TIMESTAMP)?;
    let (clock, rest) = rest.split_at_checked(8).ok_or(NOT_A_TIMESTAMP)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = clock.as_bytes() else {
        return Err(NOT_A_TIMESTAMP);
    };
    let (fraction, offset) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            match rest.split_at_checked(end) {
                Some((digits, offset)) if !digits.is_empty() => (digits, offset),
                _ => return Err(NOT_A_TIMESTAMP),
            }
        }
    };
    let clock = [number(&[*h1, *h2]), number(&[*m1, *m2]), number(&[*s1, *s2])];
    let [Some(hour), Some(minute), Some(second)] = clock else { return Err(NOT_A_TIMESTAMP) };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros(fraction)?)
        .ok_or(NOT_A_TIMESTAMP)?;
    let local = day.and_time(time);
    match offset_minutes(offset)? {
        None => Ok(Stated::Local(local)),
        Some(minutes) => local
            .checked_sub_signed(TimeDelta::minutes(minutes))
            .map(|utc| Stated::Instant(utc.and_utc()))
            .ok_or(NOT_A_TIMESTAMP),
    }
}

fn micros(fraction: &str) -> Result<u32, Unfit> {
    let (kept, finer) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
    if finer.bytes().any(|digit| digit != b'0') {
        return Err(("finer-than-microseconds", "finer than microseconds"));
    }
    number(format!("{kept:0<6}").as_bytes()).ok_or(NOT_A_TIMESTAMP)
}

fn offset_minutes(text: &str) -> Result<Option<i64>, Unfit> {
    match text.as_bytes() {
        [] => Ok(None),
        [b'Z' | b'z'] => Ok(Some(0)),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            match (number(&[*h1, *h2]), number(&[*m1, *m2])) {
                (Some(hours @ 0..24), Some(minutes @ 0..60)) => {
                    let minutes = i64::from(hours * 60 + minutes);
                    Ok(Some(if *sign == b'-' { -minutes } else { minutes }))
                }
                _ => Err(NOT_A_TIMESTAMP),
            }
        }
        _ => Err(NOT_A_TIMESTAMP),
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, byte| match byte {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u32::from(byte - b'0')),
        _ => None,
    })
}

/// The instant of a local time in the stated zone. A time that the zone's clocks skip or show
/// twice has none.
pub(crate) fn in_zone(local: NaiveDateTime, zone: Option<Tz>) -> Result<DateTime<Utc>, Unfit> {
    let Some(zone) = zone else {
        return Err(("naive-timestamp", "a timestamp without offset; state its `zone`"));
    };
    match zone.from_local_datetime(&local) {
        chrono::LocalResult::Single(instant) => Ok(instant.with_timezone(&Utc)),
        chrono::LocalResult::Ambiguous(..) => Err((
            "ambiguous-local-time",
            "the clocks of the stated zone show this time twice; the source must state the offset",
        )),
        chrono::LocalResult::None => {
            Err(("nonexistent-local-time", "the clocks of the stated zone skip this time"))
        }
    }
}

/// The refusal of a column's value.
pub(crate) fn refusal(column: &str, (code, reason): Unfit) -> Refusal {
    Refusal { column: Some(column.to_owned()), code, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> String {
        match timestamp(text) {
            Ok(Stated::Instant(instant)) => tieout_controls::value::instant_text(instant),
            Ok(Stated::Local(local)) => format!("local {local}"),
            Err((code, _)) => code.to_owned(),
        }
    }

    #[test]
    fn reads_rfc_3339_and_its_sql_sister() {
        assert_eq!(utc("1996-12-19T16:39:57-08:00"), "1996-12-20T00:39:57Z");
        assert_eq!(utc("1985-04-12T23:20:50.52Z"), "1985-04-12T23:20:50.520Z");
        assert_eq!(utc("1937-01-01T12:00:27.87+00:20"), "1937-01-01T11:40:27.870Z");
        assert_eq!(utc("2025-01-31 23:00:00"), "local 2025-01-31 23:00:00");
        assert_eq!(utc("2025-01-31T23:00:00.000001000Z"), "2025-01-31T23:00:00.000001Z");
        assert_eq!(utc("2025-01-31T23:00:00.0000001Z"), "finer-than-microseconds");
        for text in [
            "2025-01-31",
            "2025-02-30T00:00:00Z",
            "2025-01-31T24:00:00Z",
            "2025-01-31T23:00Z",
            "31.01.2025 23:00:00",
            "2025-01-31T23:00:00 Z",
            "2025-01-31T23:00:00.",
            "2025-01-31T23:00:00+24:00",
            "0000-01-01T00:00:00Z",
            "é025-01-31T23:00:00Z",
        ] {
            assert_eq!(utc(text), "not-a-timestamp", "{text}");
        }
    }

    #[test]
    fn local_times_that_do_not_exist_or_exist_twice_are_refused() {
        let berlin = Some(chrono_tz::Europe::Berlin);
        let at = |text: &str| match timestamp(text) {
            Ok(Stated::Local(local)) => in_zone(local, berlin).map_err(|(code, _)| code),
            other => panic!("{other:?}"),
        };
        assert_eq!(at("2026-03-29 01:59:59").unwrap().to_rfc3339(), "2026-03-29T00:59:59+00:00");
        assert_eq!(at("2026-03-29 02:30:00"), Err("nonexistent-local-time"));
        assert_eq!(at("2026-10-25 02:30:00"), Err("ambiguous-local-time"));
        assert_eq!(at("2026-10-25 03:00:00").unwrap().to_rfc3339(), "2026-10-25T02:00:00+00:00");
    }
}
