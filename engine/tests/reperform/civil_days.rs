//! Day lengths and hour grids of every zone, 2000 to 2037, against the compiled tz database of the
//! machine (`TZDIR`, else `/usr/share/zoneinfo`), read here by RFC 9636 and by nothing else.

use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_engine::reperform::time::{
    Span, TimeError, civil_day, civil_period, database_version, grid, seconds_dated_otherwise,
    utc_grid,
};

const DAY: i64 = 86_400;

/// From this instant on, this offset from UTC in seconds.
type Segment = (i64, i64);

/// The segments of a TZif file up to 2039, the first from the beginning of time.
fn segments(file: &[u8]) -> Vec<Segment> {
    let (old, rest) = (counts(file), &file[44..]);
    // Version 2 and up: the block of 32-bit times is passed over.
    assert!(file[4] >= b'2', "version 1");
    let newer = &rest[block_length(old, 4)..];
    let count = counts(newer);
    let body = &newer[44..];
    let [_, _, _, times, types, _] = count;
    let number = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().unwrap());
    let kinds = &body[times * 8..times * 9];
    let offset = |kind: usize| {
        let at = times * 9 + kind * 6;
        i64::from(i32::from_be_bytes(body[at..at + 4].try_into().unwrap()))
    };
    assert!(types > 0);
    let mut found = vec![(i64::MIN / 4, offset(0))];
    for (time, kind) in body[..times * 8].chunks(8).zip(kinds) {
        found.push((number(time), offset(usize::from(*kind))));
    }
    let footer = std::str::from_utf8(&body[block_length(count, 8)..]).unwrap();
    let last = found.last().unwrap().0;
    found.extend(rule(footer.trim_matches('\n')).into_iter().filter(|(time, _)| *time > last));
    found
}

/// `isutcnt`, `isstdcnt`, `leapcnt`, `timecnt`, `typecnt`, `charcnt`.
fn counts(header: &[u8]) -> [usize; 6] {
    assert_eq!(&header[..4], b"TZif");
    std::array::from_fn(|i| {
        let at = 20 + i * 4;
        usize::try_from(u32::from_be_bytes(header[at..at + 4].try_into().unwrap())).unwrap()
    })
}

fn block_length([utc, standard, leap, times, types, chars]: [usize; 6], size: usize) -> usize {
    times * size + times + types * 6 + chars + leap * (size + 4) + standard + utc
}

/// The transitions of a `TZ` string (POSIX, with the wider hours of RFC 9636) from 1999 to 2039; the
/// first one stands for the standard time that it begins with.
fn rule(text: &str) -> Vec<Segment> {
    let (offsets, rules) = text.split_once(',').unwrap_or((text, ""));
    let (standard, rest) = offset(name(offsets));
    let rest_of_dst = name(rest);
    let saving = if rest_of_dst.is_empty() { standard + 3600 } else { offset(rest_of_dst).0 };
    if rules.is_empty() {
        return Vec::new();
    }
    let (starts, ends) = rules.split_once(',').unwrap();
    let mut found: Vec<Segment> = (1999..2040)
        .flat_map(|year| {
            [(moment(year, starts) - standard, saving), (moment(year, ends) - saving, standard)]
        })
        .collect();
    found.sort_unstable();
    found
}

/// What follows the abbreviation.
fn name(text: &str) -> &str {
    match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').unwrap().1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    }
}

/// Seconds east of UTC (the text says west), and what follows.
fn offset(text: &str) -> (i64, &str) {
    let end = text.find(|c: char| !"+-:0123456789".contains(c)).unwrap_or(text.len());
    (-clock(&text[..end]), &text[end..])
}

fn clock(text: &str) -> i64 {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.trim_start_matches('+')),
    };
    let parts = text.split(':').map(|part| part.parse::<i64>().unwrap());
    sign * parts.zip([3600, 60, 1]).map(|(part, unit)| part * unit).sum::<i64>()
}

/// The civil time of a rule in a year, as if it were UTC.
fn moment(year: i32, rule: &str) -> i64 {
    let (date, time) = rule.split_once('/').unwrap_or((rule, "2"));
    let first = |month| NaiveDate::from_ymd_opt(year, month, 1).unwrap();
    let day = if let Some(rule) = date.strip_prefix('M') {
        let parts: Vec<u32> = rule.split('.').map(|part| part.parse().unwrap()).collect();
        let (month, week, weekday) = (parts[0], parts[1], parts[2]);
        let of_month = |day: &NaiveDate| chrono::Datelike::month(day) == month;
        let on_weekday =
            |day: &NaiveDate| chrono::Datelike::weekday(day).num_days_from_sunday() == weekday;
        let days: Vec<_> =
            first(month).iter_days().take_while(of_month).filter(on_weekday).collect();
        days[usize::try_from(week).unwrap().min(days.len()) - 1]
    } else if let Some(number) = date.strip_prefix('J') {
        // 29 February is never counted.
        let day = NaiveDate::from_yo_opt(2001, number.parse().unwrap()).unwrap();
        chrono::Datelike::with_year(&day, year).unwrap()
    } else {
        first(1).checked_add_days(Days::new(date.parse().unwrap())).unwrap()
    };
    day_number(day) * DAY + clock(time)
}

fn day_number(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days()
}

/// What a day is by its zone's segments: first instant, and the pieces of time dated so.
#[derive(Default)]
struct Dated {
    pieces: Vec<(i64, i64)>,
}

/// The days of 2000 to 2037 and those beside them, by number.
fn dated(segments: &[Segment]) -> BTreeMap<i64, Dated> {
    let bounds = |y, m, d| day_number(NaiveDate::from_ymd_opt(y, m, d).unwrap());
    let (low, high) = (bounds(1999, 12, 30) * DAY, bounds(2038, 1, 4) * DAY);
    let mut days: BTreeMap<i64, Dated> = BTreeMap::new();
    for (at, (start, offset)) in segments.iter().enumerate() {
        let end = segments.get(at + 1).map_or(i64::MAX / 4, |next| next.0);
        let (mut from, to) = ((start + offset).max(low), (end + offset).min(high));
        while from < to {
            let day = from.div_euclid(DAY);
            let next = to.min((day + 1) * DAY);
            days.entry(day).or_default().pieces.push((from - offset, next - offset));
            from = next;
        }
    }
    days
}

fn zoneinfo(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TZDIR").map_or("/usr/share/zoneinfo".into(), PathBuf::from);
    if !folder.join("Europe/Berlin").exists() {
        eprintln!("skipped: {test}: no tz database at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The release of the database in a folder, where it says so.
fn release(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("tzdata.zi")).ok()?;
    text.lines().next()?.strip_prefix("# version ").map(str::to_owned)
}

#[test]
fn days_and_hours_are_those_of_the_tz_database() {
    let Some(folder) = zoneinfo("days_and_hours_are_those_of_the_tz_database") else { return };
    let theirs = release(&folder);
    let names = theirs.clone().unwrap_or_else(|| "unnamed".into());
    println!("tz database: ours {}, theirs {names} at {}", database_version(), folder.display());
    let (mut zones, mut missing, mut different) = (0, Vec::new(), Vec::new());
    let mut lengths: BTreeMap<i64, u32> = BTreeMap::new();
    for zone in chrono_tz::TZ_VARIANTS {
        let Ok(file) = std::fs::read(folder.join(zone.name())) else {
            missing.push(zone.name());
            continue;
        };
        zones += 1;
        let wrong = differences(zone, &dated(&segments(&file)), &mut lengths);
        if let Some(first) = wrong.first() {
            different.push(format!("{}: {} days, first {first}", zone.name(), wrong.len()));
        }
    }
    println!(
        "{zones} zones; days by length in seconds: {lengths:?}; not in the folder: {missing:?}"
    );
    assert!(zones > 400, "{missing:?}");
    if theirs.as_deref() == Some(database_version()) {
        assert_eq!(different, [""; 0]);
    } else {
        // Another release: what differs is told by name, and it has to be a few zones.
        println!("{different:#?}");
        assert!(different.len() * 20 < zones, "{different:#?}");
    }
}

fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn differences(
    zone: chrono_tz::Tz,
    days: &BTreeMap<i64, Dated>,
    lengths: &mut BTreeMap<i64, u32>,
) -> Vec<String> {
    let (mut wrong, mut day) = (Vec::new(), NaiveDate::from_ymd_opt(2000, 1, 1).unwrap());
    let start = |dated: &Dated| dated.pieces.iter().map(|piece| piece.0).min().unwrap();
    while day < NaiveDate::from_ymd_opt(2038, 1, 1).unwrap() {
        let number = day_number(day);
        let ours = civil_day(zone, day);
        let theirs = days.get(&number).map(|dated| {
            let next = days.range(number + 1..).next().unwrap().1;
            (Span { start: instant(start(dated)), end: instant(start(next)) }, dated)
        });
        let same = match (&ours, theirs) {
            (Err(TimeError::NoSuchDay(_)), None) => true,
            (Ok(ours), Some((theirs, dated))) => {
                *lengths.entry(ours.seconds()).or_default() += 1;
                let (from, to) = (theirs.start.timestamp(), theirs.end.timestamp());
                let inside = |(a, b): &(i64, i64)| (*b.min(&to) - *a.max(&from)).max(0);
                let dated_so: i64 = dated.pieces.iter().map(inside).sum();
                // One plain day of a zone is as good as another: one in seven is looked at more closely.
                let plain = to - from == DAY && dated_so == DAY && number % 7 != 0;
                *ours == theirs && (plain || closely(zone, day, *ours, to - from - dated_so))
            }
            _ => false,
        };
        if !same {
            wrong.push(format!("{day} {ours:?}"));
        }
        day = day.succ_opt().unwrap();
    }
    wrong
}

fn closely(zone: chrono_tz::Tz, day: NaiveDate, ours: Span, otherwise: i64) -> bool {
    seconds_dated_otherwise(zone, day) == Ok(otherwise) && hourly(ours)
}

/// Whether the hourly grid covers a day without gap or overlap, the last slot alone being short.
fn hourly(day: Span) -> bool {
    let (mut slots, mut at) = (0, day.start);
    for slot in grid(day, 3600).unwrap() {
        let whole = slot.seconds() == 3600 || (slot.end == day.end && slot.seconds() > 0);
        if slot.start != at || !whole {
            return false;
        }
        (slots, at) = (slots + 1, slot.end);
    }
    at == day.end && slots == (day.seconds() + 3599) / 3600
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn days_that_are_not_24_hours_long() {
    let cases = [
        ("Europe/Berlin", "2026-03-29", 23 * 3600, 0),
        ("Europe/Berlin", "2026-10-25", 25 * 3600, 0),
        ("Australia/Lord_Howe", "2026-04-05", 24 * 3600 + 1800, 0),
        ("Australia/Lord_Howe", "2026-10-04", 23 * 3600 + 1800, 0),
        // The clocks go forward at midnight: the day begins at 01:00.
        ("America/Santiago", "2022-09-11", 23 * 3600, 0),
        ("Africa/Cairo", "2026-04-24", 23 * 3600, 0),
        // They go back at 00:01 to 23:01 of the day before, which the new day's interval holds.
        ("America/St_Johns", "2010-11-07", 25 * 3600, 59 * 60),
        ("America/St_Johns", "2010-11-06", 24 * 3600, 0),
        // They go back at midnight itself: the longer day is the one before.
        ("America/Havana", "2010-10-31", 25 * 3600, 0),
        ("America/Santiago", "2022-04-02", 25 * 3600, 0),
        ("Asia/Pyongyang", "2018-05-04", 23 * 3600 + 1800, 0),
    ];
    for (zone, day, seconds, otherwise) in cases {
        let zone: chrono_tz::Tz = zone.parse().unwrap();
        assert_eq!(civil_day(zone, date(day)).unwrap().seconds(), seconds, "{zone} {day}");
        assert_eq!(seconds_dated_otherwise(zone, date(day)), Ok(otherwise), "{zone} {day}");
    }
    let apia = chrono_tz::Pacific::Apia;
    let skipped = date("2011-12-30");
    assert_eq!(civil_day(apia, skipped), Err(TimeError::NoSuchDay(skipped)));
    // December 2011 had 30 days there, whatever bound one writes.
    let month = civil_period(apia, date("2011-12-01"), date("2012-01-01")).unwrap();
    assert_eq!(month.seconds(), 30 * DAY);
    assert_eq!(civil_period(apia, skipped, date("2011-12-31")), Err(TimeError::Reversed));
}

#[test]
fn grids_in_utc_stand_still() {
    let kolkata = civil_day(chrono_tz::Asia::Kolkata, date("2026-01-01")).unwrap();
    let first = utc_grid(kolkata, 3600).unwrap().next().unwrap();
    assert_eq!(first.start, "2025-12-31T19:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!(utc_grid(kolkata, 3600).unwrap().count(), 24);
    assert_eq!(utc_grid(kolkata, 1800).unwrap().next().unwrap().start, kolkata.start);
    assert!(matches!(utc_grid(kolkata, 0), Err(TimeError::NoStep)));
    assert!(matches!(grid(kolkata, 0), Err(TimeError::NoStep)));
    let reversed = Span { start: kolkata.end, end: kolkata.start };
    assert!(matches!(grid(reversed, 60), Err(TimeError::Reversed)));
}

#[test]
fn rules_of_footers_are_read_as_rfc_9636_says() {
    // Paraguay before 2024, Greenland with hours below zero, a rule by the day of the year.
    let utc = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp();
    let nuuk = rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    assert!(nuuk.contains(&(utc("2026-03-29T01:00:00Z"), -3600)));
    assert!(nuuk.contains(&(utc("2026-10-25T01:00:00Z"), -7200)));
    let berlin = rule("CET-1CEST,M3.5.0,M10.5.0/3");
    assert!(berlin.contains(&(utc("2026-03-29T01:00:00Z"), 7200)));
    let day = rule("AAA3BBB,J60/0,364/0");
    assert!(day.contains(&(utc("2024-03-01T03:00:00Z"), -7200)));
    assert!(rule("<+0545>-5:45").is_empty());
}
