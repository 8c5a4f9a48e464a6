//! Clocks that run by a calendar: deadlines, and time elapsed, with pauses.
//!
//! | unit | due(start, n) | what a pause does |
//! |---|---|---|
//! | calendar day | the end of the n-th day after the start's day | a day that is paused for any part of it isn't counted |
//! | business day | the end of the n-th business day after the start's day | the same |
//! | business hour | the instant at which n business hours have run since the start | they don't run |
//!
//! Days are those of the calendar's zone. The day of the start never counts, whether a business day or
//! not. A deadline is a half-open bound: what happens *at* `due` is late, what happens before is not.

use super::{Calendar, CalendarError};
use crate::reperform::time::{Span, TimeError, civil_day};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// What a deadline is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Civil days in the calendar's zone.
    CalendarDay,
    /// Days that count.
    BusinessDay,
    /// Hours of business hours, in real time.
    BusinessHour,
}

/// A time in which the clock stands; without an end, it still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant at which the clock runs again.
    pub to: Option<DateTime<Utc>>,
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Late from this instant on.
    At(DateTime<Utc>),
    /// The clock stands, and it isn't known until when.
    Paused,
}

/// Pauses as disjoint spans in ascending order; the open one as the instant from which it lasts.
struct Pauses {
    spans: Vec<Span>,
    open: Option<DateTime<Utc>>,
}

impl Pauses {
    fn of(pauses: &[Pause]) -> Result<Self, CalendarError> {
        let open = pauses.iter().filter(|p| p.to.is_none()).map(|p| p.from).min();
        let mut spans = Vec::new();
        for pause in pauses {
            let Some(end) = pause.to else { continue };
            if end < pause.from {
                return Err(CalendarError::ReversedPause);
            }
            let end = open.map_or(end, |open| end.min(open));
            if pause.from < end {
                spans.push(Span { start: pause.from, end });
            }
        }
        spans.sort();
        let mut union: Vec<Span> = Vec::new();
        for span in spans {
            match union.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => union.push(span),
            }
        }
        Ok(Self { spans: union, open })
    }

    /// What of a span is not paused.
    fn running(&self, span: Span) -> Vec<Span> {
        let mut rest = Some(span);
        let mut running = Vec::new();
        let open = self.open.map(|from| Span { start: from, end: DateTime::<Utc>::MAX_UTC });
        for pause in self.spans.iter().copied().chain(open) {
            let Some(left) = rest else { break };
            let Some(common) = left.overlap(pause) else { continue };
            running.extend(left.overlap(Span { start: left.start, end: common.start }));
            rest = left.overlap(Span { start: common.end, end: left.end });
        }
        running.extend(rest);
        running
    }

    fn touch(&self, span: Span) -> bool {
        self.running(span) != [span]
    }

    fn stands_after(&self, instant: DateTime<Utc>) -> bool {
        self.open.is_some_and(|from| from <= instant)
    }
}

impl Calendar {
    /// The deadline `count` units after `start`.
    ///
    /// # Errors
    /// [`CalendarError`]: the calendar doesn't reach so far, or has no business hours.
    ///
    /// ```
    /// use chrono::{NaiveDate, NaiveTime, Weekday, WeekdaySet};
    /// use tieout_engine::reperform::calendar::{Calendar, Statement};
    /// use tieout_engine::reperform::calendar::clock::{Due, Unit};
    /// let date = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
    /// let calendar = Calendar::new(Statement {
    ///     name: "Berlin office".into(),
    ///     version: "2026.1".into(),
    ///     zone: chrono_tz::Europe::Berlin,
    ///     first: date(1, 1),
    ///     last: date(12, 31),
    ///     weekend: WeekdaySet::from_array([Weekday::Sat, Weekday::Sun]),
    ///     holidays: [date(4, 3), date(4, 6)].into(),
    ///     hours: vec![(NaiveTime::from_hms_opt(9, 0, 0).unwrap(), NaiveTime::from_hms_opt(17, 0, 0).unwrap())],
    /// })
    /// .unwrap();
    /// // Thursday before Easter; Friday and Monday are holidays: Tuesday is the first business day.
    /// let start = "2026-04-02T10:00:00Z".parse().unwrap();
    /// let due = calendar.add(start, 1, Unit::BusinessDay, &[]).unwrap();
    /// assert_eq!(due, Due::At("2026-04-07T22:00:00Z".parse().unwrap()));
    /// // Five hours run until 17:00, that is 15:00 in UTC, and three more on Tuesday.
    /// let due = calendar.add(start, 8, Unit::BusinessHour, &[]).unwrap();
    /// assert_eq!(due, Due::At("2026-04-07T10:00:00Z".parse().unwrap()));
    /// assert!(calendar.add(start, 1_000, Unit::BusinessDay, &[]).is_err());
    /// ```
    pub fn add(
        &self,
        start: DateTime<Utc>,
        count: u32,
        unit: Unit,
        pauses: &[Pause],
    ) -> Result<Due, CalendarError> {
        let pauses = Pauses::of(pauses)?;
        match unit {
            Unit::BusinessHour => self.add_hours(start, count, &pauses),
            Unit::CalendarDay | Unit::BusinessDay => self.add_days(start, count, unit, &pauses),
        }
    }

    fn add_days(
        &self,
        start: DateTime<Utc>,
        count: u32,
        unit: Unit,
        pauses: &Pauses,
    ) -> Result<Due, CalendarError> {
        let mut day = self.day_of(start);
        let mut span = civil_day(self.statement.zone, day)?;
        let mut counted = 0;
        while counted < count {
            day = day.succ_opt().ok_or(CalendarError::NotCovered(day))?;
            let counts = self.counts(day, unit)?;
            span = match civil_day(self.statement.zone, day) {
                Err(TimeError::NoSuchDay(_)) => continue,
                span => span?,
            };
            if pauses.stands_after(span.start) {
                return Ok(Due::Paused);
            }
            if counts && !pauses.touch(span) {
                counted += 1;
            }
        }
        Ok(Due::At(span.end))
    }

    fn add_hours(
        &self,
        start: DateTime<Utc>,
        count: u32,
        pauses: &Pauses,
    ) -> Result<Due, CalendarError> {
        if self.statement.hours.is_empty() {
            return Err(CalendarError::NoHours);
        }
        let mut left = TimeDelta::hours(i64::from(count));
        let mut day = self.day_of(start);
        let after_start = Span { start, end: DateTime::<Utc>::MAX_UTC };
        if left.is_zero() {
            return Ok(Due::At(start));
        }
        loop {
            let spans = self.business_hours(day)?.into_iter();
            let spans = spans.filter_map(|span| span.overlap(after_start));
            for span in spans.flat_map(|span| pauses.running(span)) {
                let length = span.end - span.start;
                if left <= length {
                    return Ok(Due::At(span.start + left));
                }
                left -= length;
            }
            day = day.succ_opt().ok_or(CalendarError::NotCovered(day))?;
            if pauses.open.is_some_and(|from| self.day_of(from) < day) {
                return Ok(Due::Paused);
            }
        }
    }

    /// How much of a clock's time has run from `start` to `end`: seconds of business hours, or whole
    /// days after the start's day that are over at `end`, each as in [`Calendar::add`].
    ///
    /// # Errors
    /// [`CalendarError`]: an end before the start, days that the calendar doesn't cover.
    pub fn elapsed(
        &self,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        unit: Unit,
        pauses: &[Pause],
    ) -> Result<i64, CalendarError> {
        if end < start {
            return Err(CalendarError::ReversedClock);
        }
        let pauses = Pauses::of(pauses)?;
        let (clock, last) = (Span { start, end }, self.day_of(end));
        let mut elapsed = 0;
        let mut day = self.day_of(start);
        if unit != Unit::BusinessHour {
            day = day.succ_opt().ok_or(CalendarError::NotCovered(day))?;
        }
        while day <= last {
            elapsed += match unit {
                Unit::BusinessHour => {
                    let spans = self.business_hours(day)?.into_iter();
                    let spans = spans.filter_map(|span| span.overlap(clock));
                    spans.flat_map(|span| pauses.running(span)).map(Span::seconds).sum()
                }
                Unit::CalendarDay | Unit::BusinessDay => self.whole_day(day, end, unit, &pauses)?,
            };
            day = day.succ_opt().ok_or(CalendarError::NotCovered(day))?;
        }
        Ok(elapsed)
    }

    /// One when the day counts, is over at `end` and wasn't paused.
    fn whole_day(
        &self,
        day: NaiveDate,
        end: DateTime<Utc>,
        unit: Unit,
        pauses: &Pauses,
    ) -> Result<i64, CalendarError> {
        let span = match civil_day(self.statement.zone, day) {
            Err(TimeError::NoSuchDay(_)) => return Ok(0),
            span => span?,
        };
        let over = span.end <= end;
        Ok(i64::from(over && self.counts(day, unit)? && !pauses.touch(span)))
    }

    fn counts(&self, day: NaiveDate, unit: Unit) -> Result<bool, CalendarError> {
        if unit == Unit::CalendarDay { Ok(true) } else { self.is_business_day(day) }
    }

    fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.statement.zone).date_naive()
    }
}
