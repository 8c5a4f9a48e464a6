//! Business calendars: which days and hours count, as versioned data with a digest.
//!
//! A deadline is recomputable from a start, a number, a unit and a calendar; a calendar that is
//! changed later is another one, by its digest, and rewrites no history. Outside the dates for which
//! its holidays were stated a calendar says nothing: that is an error and not a working day. The clocks
//! that run by it are in [`clock`].

pub mod clock;

use super::time::{Span, TimeError, civil_day};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeZone, Utc, Weekday, WeekdaySet};
use chrono_tz::{GapInfo, Tz};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;
use tieout_controls::Digest;

/// What a calendar is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its name, on one line.
    pub name: String,
    /// Its version, on one line.
    pub version: String,
    /// The zone of its days and hours.
    pub zone: Tz,
    /// The first day for which holidays are stated.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
    /// The days of the week that never count.
    pub weekend: WeekdaySet,
    /// The days that don't count, between `first` and `last`.
    pub holidays: BTreeSet<NaiveDate>,
    /// The business hours of every business day: civil times, from opening up to closing, ascending;
    /// closing at 00:00 is the end of the day. An hour that the clocks skip is not worked, one that comes
    /// twice is worked twice.
    pub hours: Vec<(NaiveTime, NaiveTime)>,
}

/// Why a calendar is none, or doesn't say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A name or a version with a line break, or none.
    #[error("the name and the version of a calendar must be one line each")]
    Unnamed,
    /// `last` before `first`.
    #[error("the calendar ends before it starts")]
    Reversed,
    /// A holiday that the calendar doesn't reach.
    #[error("the holiday {0} is outside the days that the calendar covers")]
    HolidayOutside(NaiveDate),
    /// Hours that overlap, or end before they start.
    #[error("the business hours overlap, or one closes before it opens")]
    Hours,
    /// No holidays are stated for that day.
    #[error("the calendar does not cover {0}")]
    NotCovered(NaiveDate),
    /// A deadline in business hours by a calendar without any.
    #[error("the calendar has no business hours")]
    NoHours,
    /// A pause that ends before it starts.
    #[error("a pause ends before it starts")]
    ReversedPause,
    /// An end before the start.
    #[error("the clock stops before it starts")]
    ReversedClock,
    /// The day has no instants.
    #[error(transparent)]
    Time(#[from] TimeError),
}

/// A calendar that says of every day it covers whether it is a business day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    statement: Statement,
    digest: Digest,
}

impl Calendar {
    /// The calendar of a statement.
    ///
    /// # Errors
    /// [`CalendarError`]: a holiday out of reach, hours that overlap.
    pub fn new(statement: Statement) -> Result<Self, CalendarError> {
        let line = |text: &str| !text.is_empty() && !text.contains(['\n', '\r']);
        if !line(&statement.name) || !line(&statement.version) {
            return Err(CalendarError::Unnamed);
        }
        if statement.last < statement.first {
            return Err(CalendarError::Reversed);
        }
        let covered = statement.first..=statement.last;
        if let Some(day) = statement.holidays.iter().find(|day| !covered.contains(day)) {
            return Err(CalendarError::HolidayOutside(*day));
        }
        let hours = &statement.hours;
        let closed = |opens: &(NaiveTime, NaiveTime), next: NaiveTime| {
            opens.1 != NaiveTime::MIN && opens.1 <= next
        };
        let overlap = hours.iter().zip(hours.iter().skip(1)).any(|(a, b)| !closed(a, b.0));
        if overlap || hours.iter().any(|hours| closed(hours, hours.0)) {
            return Err(CalendarError::Hours);
        }
        let digest = Digest(Sha256::digest(canonical(&statement)).into());
        Ok(Self { statement, digest })
    }

    /// What it was made of.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The SHA-256 of its [canonical text](Calendar::canonical_text).
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The text whose digest names the calendar: a line for each fact, in a fixed order.
    pub fn canonical_text(&self) -> String {
        canonical(&self.statement)
    }

    /// Whether the day counts.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`].
    pub fn is_business_day(&self, day: NaiveDate) -> Result<bool, CalendarError> {
        let statement = &self.statement;
        if day < statement.first || day > statement.last {
            return Err(CalendarError::NotCovered(day));
        }
        let weekend = statement.weekend.contains(day.weekday());
        Ok(!weekend && !statement.holidays.contains(&day))
    }

    /// The last business day before `day`.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`] when the calendar begins after it.
    pub fn business_day_before(&self, day: NaiveDate) -> Result<NaiveDate, CalendarError> {
        self.nearest(day, NaiveDate::pred_opt)
    }

    /// The first business day after `day`.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`] when the calendar ends before it.
    pub fn business_day_after(&self, day: NaiveDate) -> Result<NaiveDate, CalendarError> {
        self.nearest(day, NaiveDate::succ_opt)
    }

    fn nearest(
        &self,
        mut day: NaiveDate,
        step: impl Fn(&NaiveDate) -> Option<NaiveDate>,
    ) -> Result<NaiveDate, CalendarError> {
        loop {
            day = step(&day).ok_or(CalendarError::NotCovered(day))?;
            if self.is_business_day(day)? {
                return Ok(day);
            }
        }
    }

    /// The business hours of a day as instants; none on a day that doesn't count, or that the zone
    /// skipped.
    ///
    /// # Errors
    /// [`CalendarError::NotCovered`], [`TimeError`].
    pub fn business_hours(&self, day: NaiveDate) -> Result<Vec<Span>, CalendarError> {
        if !self.is_business_day(day)? {
            return Ok(Vec::new());
        }
        let whole = match civil_day(self.statement.zone, day) {
            Err(TimeError::NoSuchDay(_)) => return Ok(Vec::new()),
            whole => whole?,
        };
        let mut spans = Vec::new();
        for (opens, closes) in &self.statement.hours {
            let start = self.instant(day, *opens, Fold::First)?;
            let end = match *closes {
                NaiveTime::MIN => whole.end,
                closes => self.instant(day, closes, Fold::Second)?,
            };
            let span = Span { start, end };
            spans.extend(span.overlap(whole));
        }
        Ok(spans)
    }

    fn instant(
        &self,
        day: NaiveDate,
        time: NaiveTime,
        fold: Fold,
    ) -> Result<DateTime<Utc>, CalendarError> {
        let (zone, local) = (self.statement.zone, day.and_time(time));
        let found = zone.from_local_datetime(&local);
        let found = match fold {
            Fold::First => found.earliest(),
            Fold::Second => found.latest(),
        };
        let found = found.or_else(|| GapInfo::new(&local, &zone).and_then(|gap| gap.end));
        Ok(found.ok_or(TimeError::Unknown(day))?.with_timezone(&Utc))
    }
}

/// Which of two instants of the same civil time.
enum Fold {
    First,
    Second,
}

fn canonical(statement: &Statement) -> String {
    let mut text = format!(
        "tieout-calendar-1\nname {}\nversion {}\nzone {}\nfirst {}\nlast {}\n",
        statement.name, statement.version, statement.zone, statement.first, statement.last
    );
    // Writing to a string can't fail.
    for day in statement.weekend.iter(Weekday::Mon) {
        let _ = writeln!(text, "weekend {day}");
    }
    for day in &statement.holidays {
        let _ = writeln!(text, "holiday {day}");
    }
    for (opens, closes) in &statement.hours {
        let _ = writeln!(text, "hours {opens}/{closes}");
    }
    text
}
