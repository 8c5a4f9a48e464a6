//! The civil time of the zones that the metering world has, by the rules in force in its years.

use crate::calendar::{Date, HOUR, Instant, MINUTE};

/// When clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Never,
    /// Last Sunday of March to last Sunday of October, 01:00 UTC (Directive 2000/84/EC; the United
    /// Kingdom by the Summer Time Order 2002).
    Europe,
    /// Second Sunday of March to first Sunday of November, 02:00 local (Energy Policy Act of 2005).
    America,
    /// First Sunday of October to first Sunday of April, 02:00 local, by half an hour.
    LordHowe,
}

/// A time zone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Its IANA name.
    pub(crate) name: &'static str,
    pub(crate) region: &'static str,
    /// Minutes ahead of UTC, by standard time and by summer time.
    standard: i64,
    summer: i64,
    rule: Rule,
    /// The minutes between two reads of a meter that doesn't read by the day.
    pub(crate) step: i64,
}

const fn zone(
    [name, region]: [&'static str; 2],
    [standard, summer]: [i64; 2],
    rule: Rule,
    step: i64,
) -> Zone {
    Zone { name, region, standard, summer, rule, step }
}

pub(crate) const ZONES: &[Zone] = &[
    zone(["Australia/Lord_Howe", "pacific"], [630, 660], Rule::LordHowe, 30),
    zone(["America/New_York", "us-east"], [-300, -240], Rule::America, 60),
    zone(["Europe/Dublin", "eu-west"], [0, 60], Rule::Europe, 60),
    zone(["Europe/London", "uk-south"], [0, 60], Rule::Europe, 60),
    zone(["Etc/UTC", "global"], [0, 0], Rule::Never, 60),
    zone(["Europe/Zurich", "eu-alps"], [60, 120], Rule::Europe, 60),
    zone(["Europe/Berlin", "eu-central"], [60, 120], Rule::Europe, 60),
];

/// The Sunday of that month that is the first on or after the day.
fn sunday_from(year: i64, month: i64, day: i64) -> Date {
    let date = Date::new(year, month, day);
    // 1970-01-04 was a Sunday.
    date.plus_days((3 - date.days()).rem_euclid(7))
}

impl Zone {
    /// Minutes ahead of UTC at that instant.
    pub(crate) fn offset_at(&self, at: Instant) -> i64 {
        let year = at.date().year();
        let change = |month, day, seconds| sunday_from(year, month, day).start().plus(seconds);
        let summer = match self.rule {
            Rule::Never => false,
            Rule::Europe => change(3, 25, HOUR) <= at && at < change(10, 25, HOUR),
            Rule::America => change(3, 8, 7 * HOUR) <= at && at < change(11, 1, 6 * HOUR),
            Rule::LordHowe => {
                let begins = change(10, 1, 2 * HOUR - self.standard * MINUTE);
                let ends = change(4, 1, 2 * HOUR - self.summer * MINUTE);
                at < ends || begins <= at
            }
        };
        if summer { self.summer } else { self.standard }
    }

    /// The instant at which the civil day begins.
    pub(crate) fn start_of(&self, day: Date) -> Instant {
        let by = |offset: i64| day.start().plus(-offset * MINUTE);
        let summer = by(self.summer);
        if self.offset_at(summer) == self.summer { summer } else { by(self.standard) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Day lengths in half hours, as the tz database gives them (design of metering checks).
    #[test]
    fn days_have_the_length_that_their_zone_gives_them() {
        let cases = [
            ("Europe/Berlin", [2025, 3, 30], 46),
            ("Europe/Berlin", [2025, 10, 26], 50),
            ("Europe/Dublin", [2024, 3, 31], 46),
            ("Europe/London", [2024, 10, 27], 50),
            ("America/New_York", [2025, 3, 9], 46),
            ("America/New_York", [2025, 11, 2], 50),
            ("Australia/Lord_Howe", [2025, 4, 6], 49),
            ("Australia/Lord_Howe", [2025, 10, 5], 47),
            ("Australia/Lord_Howe", [2024, 4, 7], 49),
            ("Etc/UTC", [2024, 2, 29], 48),
        ];
        for (name, [year, month, day], halves) in cases {
            let zone = ZONES.iter().find(|z| z.name == name).unwrap();
            let date = Date::new(year, month, day);
            let length = zone.start_of(date).until(zone.start_of(date.plus_days(1)));
            assert_eq!(length, halves * HOUR / 2, "{name} {date}");
            let before = zone.start_of(date.plus_days(-2)).until(zone.start_of(date.plus_days(-1)));
            assert_eq!(before, 24 * HOUR, "{name}");
        }
    }

    #[test]
    fn days_begin_where_the_zone_says() {
        let berlin = ZONES.iter().find(|z| z.name == "Europe/Berlin").unwrap();
        let begins = |y, m, d| berlin.start_of(Date::new(y, m, d)).to_string();
        assert_eq!(begins(2025, 1, 1), "2024-12-31T23:00:00Z");
        assert_eq!(begins(2025, 7, 1), "2025-06-30T22:00:00Z");
    }
}
