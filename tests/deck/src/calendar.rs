//! Civil dates and instants of the proleptic Gregorian calendar, in UTC.

use std::fmt;

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date(i64);

/// A second, counted from 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

impl Date {
    /// The day; `month` may pass 12 and goes on in the next year.
    pub(crate) const fn new(year: i64, month: i64, day: i64) -> Self {
        // Years begin in March, so that the leap day is the last.
        let months = year * 12 + month - 3;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let days_before_year =
            year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days_before_month = (153 * month + 2) / 5;
        Self(days_before_year + days_before_month + day - 1 - 719_468)
    }

    pub(crate) const fn plus_days(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// Year, month, day.
    pub(crate) fn civil(self) -> (i64, i64, i64) {
        // Never late, and seldom more than two years early: a look at the next finds the year.
        let guess = 1969 + self.0.div_euclid(366);
        let year = (guess..).take_while(|y| Self::new(*y, 1, 1) <= self).last().unwrap_or(guess);
        let month = (1..=12).take_while(|m| Self::new(year, *m, 1) <= self).last().unwrap_or(1);
        (year, month, self.0 - Self::new(year, month, 1).0 + 1)
    }

    pub(crate) fn year(self) -> i64 {
        self.civil().0
    }

    /// Days since 1970-01-01, which was a Thursday.
    pub(crate) const fn days(self) -> i64 {
        self.0
    }

    /// The first second of the day.
    pub(crate) const fn start(self) -> Instant {
        Instant(self.0 * DAY)
    }
}

impl Instant {
    pub(crate) const fn plus(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    pub(crate) const fn date(self) -> Date {
        Date(self.0.div_euclid(DAY))
    }

    pub(crate) const fn micros(self) -> i64 {
        self.0 * 1_000_000
    }

    /// Seconds from this instant to a later one.
    pub(crate) const fn until(self, later: Self) -> i64 {
        later.0 - self.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        let (hour, minute) = (second / HOUR, second % HOUR / MINUTE);
        write!(f, "{}T{hour:02}:{minute:02}:{:02}Z", self.date(), second % MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_without_gap() {
        assert_eq!(Date::new(1970, 1, 1), Date(0));
        assert_eq!(Date::new(2000, 2, 29).plus_days(1), Date::new(2000, 3, 1));
        let mut previous = Date::new(1899, 12, 31).to_string();
        let mut day = Date::new(1900, 1, 1);
        while day < Date::new(2101, 1, 1) {
            let (y, m, d) = day.civil();
            assert_eq!(Date::new(y, m, d), day);
            let text = day.to_string();
            assert!(previous < text, "{previous} {text}");
            (previous, day) = (text, day.plus_days(1));
        }
        assert_eq!(previous, "2100-12-31");
    }

    #[test]
    fn instants_are_rfc_3339() {
        let at = Date::new(2025, 3, 1).start().plus(13 * HOUR + 5 * MINUTE + 9);
        assert_eq!(at.to_string(), "2025-03-01T13:05:09Z");
        assert_eq!(Date::new(2025, 13, 1).to_string(), "2026-01-01");
    }
}
