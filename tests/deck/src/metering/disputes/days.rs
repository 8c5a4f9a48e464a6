//! Business days: Monday to Friday, but for the first of January and the two days of Christmas.

use crate::calendar::Date;

fn business(day: Date) -> bool {
    let (_, month, date) = day.civil();
    // The first day counted, 1970-01-01, was a Thursday.
    let weekend = (day.days() + 3).rem_euclid(7) >= 5;
    !weekend && !matches!((month, date), (1, 1) | (12, 25 | 26))
}

/// The day itself if it is a business day, else the next one.
pub(crate) fn on_or_after(day: Date) -> Date {
    if business(day) { day } else { on_or_after(day.plus_days(1)) }
}

/// The day itself if it is a business day, else the one before.
pub(crate) fn on_or_before(day: Date) -> Date {
    if business(day) { day } else { on_or_before(day.plus_days(-1)) }
}

/// So many business days after the day, which needn't be one.
pub(crate) fn after(day: Date, count: i64) -> Date {
    (0..count).fold(day, |day, _| on_or_after(day.plus_days(1)))
}

/// How many business days lie after one day, up to another and with it.
pub(crate) fn between(from: Date, to: Date) -> i64 {
    let days = (1..=to.days() - from.days()).filter(|n| business(from.plus_days(*n)));
    i64::try_from(days.count()).unwrap_or(0)
}

/// The quarter of a day, such as `2024-Q3`.
pub(crate) fn quarter(day: Date) -> String {
    let (year, month, _) = day.civil();
    format!("{year:04}-Q{}", (month + 2) / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_and_holidays_do_not_count() {
        // 2024-12-24 was a Tuesday.
        let eve = Date::new(2024, 12, 24);
        assert_eq!(after(eve, 1), Date::new(2024, 12, 27));
        assert_eq!(after(eve, 3), Date::new(2024, 12, 31));
        assert_eq!(after(eve, 4), Date::new(2025, 1, 2));
        assert_eq!(between(eve, Date::new(2025, 1, 2)), 4);
        assert_eq!(on_or_before(Date::new(2024, 12, 29)), Date::new(2024, 12, 27));
        assert_eq!(on_or_after(Date::new(2024, 12, 28)), Date::new(2024, 12, 30));
        assert_eq!(quarter(eve), "2024-Q4");
    }
}
