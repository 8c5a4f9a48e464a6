//! Civil days as instants, and grids of intervals over them.
//!
//! A day in a zone is the half-open interval from its first instant to the first instant of the next
//! day that exists. It has 24 hours, or 23, 23.5, 24.5, 25, or none: Samoa had no 30 December 2011.
//! Where midnight is skipped the day begins when the gap ends; where midnight comes twice it begins at
//! the first. Grids are counted in UTC, so that a day of 23 hours has 23 hourly slots.
//!
//! The zones are those of the tz database in [`database_version`], which belongs to the evidence.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// The release of the tz database that this build has, for instance `2025b`.
pub fn database_version() -> &'static str {
    chrono_tz::IANA_TZDB_VERSION
}

/// A half-open interval of instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first instant.
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
}

impl Span {
    /// Its length in seconds; below zero when it ends before it starts.
    pub fn seconds(self) -> i64 {
        (self.end - self.start).num_seconds()
    }

    /// Whether the instant is in it.
    pub fn contains(self, instant: DateTime<Utc>) -> bool {
        self.start <= instant && instant < self.end
    }

    /// What both have in common, if anything.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let common = Self { start: self.start.max(other.start), end: self.end.min(other.end) };
        (common.start < common.end).then_some(common)
    }
}

/// Why a day or a grid has no instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The zone skipped the day.
    #[error("{0} does not exist in this zone")]
    NoSuchDay(NaiveDate),
    /// Past the ends of the calendar.
    #[error("the date is out of range")]
    OutOfRange,
    /// The database doesn't say when the gap around that midnight ends.
    #[error("the time zone database does not say when {0} begins")]
    Unknown(NaiveDate),
    /// A period whose end isn't after its start.
    #[error("the period ends before it starts")]
    Reversed,
    /// A step of zero seconds or less.
    #[error("the step of a grid must be at least one second")]
    NoStep,
}

/// The first instant whose civil date in the zone is `date` or later.
fn boundary(zone: Tz, date: NaiveDate) -> Result<DateTime<Utc>, TimeError> {
    let midnight = date.and_time(NaiveTime::MIN);
    // Of two midnights the first: `earliest` is the one before the clocks went back.
    if let Some(first) = zone.from_local_datetime(&midnight).earliest() {
        return Ok(first.with_timezone(&Utc));
    }
    let gap = GapInfo::new(&midnight, &zone).and_then(|gap| gap.end);
    gap.map(|end| end.with_timezone(&Utc)).ok_or(TimeError::Unknown(date))
}

/// The instants of a civil day.
///
/// # Errors
/// [`TimeError::NoSuchDay`] for a day that the zone skipped.
///
/// ```
/// use chrono::NaiveDate;
/// use chrono_tz::{Australia::Lord_Howe, Europe::Berlin, Pacific::Apia};
/// use tieout_engine::reperform::time::civil_day;
/// let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
/// assert_eq!(civil_day(Berlin, date(2026, 3, 29)).unwrap().seconds(), 23 * 3600);
/// assert_eq!(civil_day(Lord_Howe, date(2026, 4, 5)).unwrap().seconds(), 24 * 3600 + 1800);
/// assert!(civil_day(Apia, date(2011, 12, 30)).is_err());
/// ```
pub fn civil_day(zone: Tz, date: NaiveDate) -> Result<Span, TimeError> {
    let next = date.checked_add_days(Days::new(1)).ok_or(TimeError::OutOfRange)?;
    let day = Span { start: boundary(zone, date)?, end: boundary(zone, next)? };
    if day.start < day.end { Ok(day) } else { Err(TimeError::NoSuchDay(date)) }
}

/// The instants from the start of the day `first` to the start of the day `end`, which is not in it:
/// a billing period. A bound may be a day that the zone skipped; then the next day is meant.
///
/// # Errors
/// [`TimeError::Reversed`] unless there is an instant in it.
pub fn civil_period(zone: Tz, first: NaiveDate, end: NaiveDate) -> Result<Span, TimeError> {
    let period = Span { start: boundary(zone, first)?, end: boundary(zone, end)? };
    if period.start < period.end { Ok(period) } else { Err(TimeError::Reversed) }
}

/// How much of a day's interval bears another date on its clocks.
///
/// Clocks that go back across midnight after midnight (St. John's went from 00:01 to 23:01 until 2011)
/// repeat an hour of the day before within the interval of the new day. A meter that writes civil dates
/// attributes that hour to the day before; this says how long it is, in seconds.
///
/// # Errors
/// As [`civil_day`].
pub fn seconds_dated_otherwise(zone: Tz, date: NaiveDate) -> Result<i64, TimeError> {
    let day = civil_day(zone, date)?;
    let minute = TimeDelta::minutes(1);
    let dated = |instant: DateTime<Utc>| instant.with_timezone(&zone).date_naive() == date;
    // Only a change of the offset within the day can do it; no offset since 1972 has odd seconds.
    let offset =
        |instant: DateTime<Utc>| instant.with_timezone(&zone).naive_local() - instant.naive_utc();
    if offset(day.start) == offset(day.end - minute) {
        return Ok(0);
    }
    let minutes = grid(day, 60)?.filter(|slot| !dated(slot.start)).count();
    Ok(i64::try_from(minutes).unwrap_or(i64::MAX).saturating_mul(60))
}

/// The slots of `step_seconds` from the start of a span; the last one is shorter where the length is
/// no multiple of the step (an hourly grid over 24.5 hours has 25 slots).
///
/// # Errors
/// [`TimeError::NoStep`], [`TimeError::Reversed`].
///
/// ```
/// use chrono::NaiveDate;
/// use chrono_tz::Europe::Berlin;
/// use tieout_engine::reperform::time::{civil_day, grid};
/// let day = civil_day(Berlin, NaiveDate::from_ymd_opt(2026, 10, 25).unwrap()).unwrap();
/// assert_eq!(grid(day, 900).unwrap().count(), 100);
/// ```
pub fn grid(span: Span, step_seconds: u32) -> Result<impl Iterator<Item = Span>, TimeError> {
    if step_seconds == 0 {
        return Err(TimeError::NoStep);
    }
    if span.end < span.start {
        return Err(TimeError::Reversed);
    }
    let step = TimeDelta::seconds(i64::from(step_seconds));
    let slot = move |start: DateTime<Utc>| {
        let end = start.checked_add_signed(step).unwrap_or(span.end).min(span.end);
        (start < span.end).then_some(Span { start, end })
    };
    Ok(std::iter::successors(slot(span.start), move |before| slot(before.end)))
}

/// The slots of a grid fixed in UTC (multiples of `step_seconds` since 1970) that start in the span:
/// where meters write intervals by UTC, whatever the day is where they stand.
///
/// # Errors
/// As [`grid`].
pub fn utc_grid(span: Span, step_seconds: u32) -> Result<impl Iterator<Item = Span>, TimeError> {
    let step = i64::from(step_seconds);
    let past = span.start.timestamp().checked_rem_euclid(step).ok_or(TimeError::NoStep)?;
    let fraction = i64::from(span.start.timestamp_subsec_nanos() > 0);
    let to_next = if past + fraction == 0 { 0 } else { step - past };
    let whole = DateTime::from_timestamp(span.start.timestamp(), 0).ok_or(TimeError::OutOfRange)?;
    let first =
        whole.checked_add_signed(TimeDelta::seconds(to_next)).ok_or(TimeError::OutOfRange)?;
    if span.end < span.start {
        return Err(TimeError::Reversed);
    }
    let slot = move |start: DateTime<Utc>| {
        let end = start.checked_add_signed(TimeDelta::seconds(step))?;
        (start < span.end).then_some(Span { start, end })
    };
    Ok(std::iter::successors(slot(first), move |before| slot(before.end)))
}
