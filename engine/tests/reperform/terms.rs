//! Foreign exchange, service credits, calendars and estimates, worked by hand.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday, WeekdaySet};
use std::collections::BTreeMap;
use tieout_controls::{Decimal, Rounding};
use tieout_engine::reperform::calendar::clock::{Due, Pause, Unit};
use tieout_engine::reperform::calendar::{Calendar, CalendarError, Statement};
use tieout_engine::reperform::exact::{Exact, Increment};
use tieout_engine::reperform::fx::{DateRule, FxError, RateTable, Request};
use tieout_engine::reperform::interpolation::{
    Interval, Outcome, Reason, Refusal, Rule, ScalingError, Series, Terms, estimate,
    scaled_to_register,
};
use tieout_engine::reperform::sla;

fn exact(text: &str) -> Exact {
    Exact::try_from(&Decimal::parse(text).unwrap()).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn statement() -> Statement {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    Statement {
        name: "Berlin office".into(),
        version: "2026.1".into(),
        zone: chrono_tz::Europe::Berlin,
        first: date("2026-01-01"),
        last: date("2026-12-31"),
        weekend: WeekdaySet::from_array([Weekday::Sat, Weekday::Sun]),
        holidays: [date("2026-01-01"), date("2026-04-03"), date("2026-04-06")].into(),
        hours: vec![(time(9), time(12)), (time(13), time(17))],
    }
}

fn calendar() -> Calendar {
    Calendar::new(statement()).unwrap()
}

#[test]
fn a_calendar_is_its_statement_and_its_digest() {
    let calendar = calendar();
    let text = "tieout-calendar-1\nname Berlin office\nversion 2026.1\nzone Europe/Berlin\n\
                first 2026-01-01\nlast 2026-12-31\nweekend Sat\nweekend Sun\nholiday 2026-01-01\n\
                holiday 2026-04-03\nholiday 2026-04-06\nhours 09:00:00/12:00:00\nhours 13:00:00/17:00:00\n";
    assert_eq!(calendar.canonical_text(), text);
    // sha256sum of that text
    assert_eq!(
        calendar.digest().to_string(),
        "24a2efde98916c24ec53d52b937d7664923d1fc5b2ae4dc22ec9ba06774d4e63"
    );
    let mut moved = statement();
    moved.holidays.insert(date("2026-05-01"));
    assert_ne!(Calendar::new(moved).unwrap().digest(), calendar.digest());
    let refused = |change: &dyn Fn(&mut Statement)| {
        let mut changed = statement();
        change(&mut changed);
        Calendar::new(changed).unwrap_err()
    };
    assert_eq!(refused(&|s| s.name.clear()), CalendarError::Unnamed);
    assert_eq!(refused(&|s| s.version = "1\nholiday 2026-02-02".into()), CalendarError::Unnamed);
    assert_eq!(refused(&|s| s.last = date("2025-12-31")), CalendarError::Reversed);
    assert_eq!(refused(&|s| s.hours.reverse()), CalendarError::Hours);
    let outside = CalendarError::HolidayOutside(date("2027-01-01"));
    assert_eq!(refused(&|s| s.holidays = [date("2027-01-01")].into()), outside);
}

#[test]
fn deadlines_are_recomputed_from_start_number_unit_and_calendar() {
    let calendar = calendar();
    // Berlin is an hour ahead of UTC until 29 March, then two.
    let cases = [
        // Wednesday; the third business day after it is Monday, which ends at 23:00 UTC.
        ("2026-01-07T09:00:00Z", 3, Unit::BusinessDay, "2026-01-12T23:00:00Z"),
        // Saturday: Monday is the first.
        ("2026-01-10T09:00:00Z", 1, Unit::BusinessDay, "2026-01-12T23:00:00Z"),
        // 23:30 UTC on Thursday is Friday in Berlin: Monday is the first.
        ("2026-01-08T23:30:00Z", 1, Unit::BusinessDay, "2026-01-12T23:00:00Z"),
        ("2026-01-08T22:30:00Z", 1, Unit::BusinessDay, "2026-01-09T23:00:00Z"),
        // Over Easter.
        ("2026-04-02T09:00:00Z", 2, Unit::BusinessDay, "2026-04-08T22:00:00Z"),
        // Over the change of the clocks.
        ("2026-03-27T09:00:00Z", 3, Unit::CalendarDay, "2026-03-30T22:00:00Z"),
        ("2026-03-27T09:00:00Z", 0, Unit::CalendarDay, "2026-03-27T23:00:00Z"),
        // Seven hours a day, an hour's break: from 11:00 in Berlin one hour, then four; two are left.
        ("2026-01-07T10:00:00Z", 7, Unit::BusinessHour, "2026-01-08T10:00:00Z"),
        // A bound at closing is at closing, not at the next opening.
        ("2026-01-07T08:00:00Z", 7, Unit::BusinessHour, "2026-01-07T16:00:00Z"),
        ("2026-03-27T16:00:00Z", 1, Unit::BusinessHour, "2026-03-30T08:00:00Z"),
    ];
    for (start, count, unit, due) in cases {
        let ours = calendar.add(at(start), count, unit, &[]).unwrap();
        assert_eq!(ours, Due::At(at(due)), "{start} {count} {unit:?}");
    }
    let beyond = calendar.add(at("2026-12-30T09:00:00Z"), 2, Unit::BusinessDay, &[]);
    assert_eq!(beyond, Err(CalendarError::NotCovered(date("2027-01-01"))));
    let before = calendar.business_day_before(date("2026-01-02"));
    assert_eq!(before, Err(CalendarError::NotCovered(date("2025-12-31"))));
}

#[test]
fn the_clock_stands_while_it_is_paused() {
    let calendar = calendar();
    let start = at("2026-01-07T08:00:00Z");
    let pause = |from, to: Option<&str>| Pause { from: at(from), to: to.map(at) };
    // Two pauses that overlap are one: 10:00 to 15:00 in Berlin, four business hours.
    let pauses = [
        pause("2026-01-07T09:00:00Z", Some("2026-01-07T13:00:00Z")),
        pause("2026-01-07T12:30:00Z", Some("2026-01-07T14:00:00Z")),
    ];
    let due = calendar.add(start, 7, Unit::BusinessHour, &pauses).unwrap();
    assert_eq!(due, Due::At(at("2026-01-08T13:00:00Z")));
    let seconds = |end| calendar.elapsed(start, at(end), Unit::BusinessHour, &pauses).unwrap();
    assert_eq!(seconds("2026-01-07T08:30:00Z"), 1800);
    assert_eq!(seconds("2026-01-07T13:00:00Z"), 3600);
    assert_eq!(seconds("2026-01-08T13:00:00Z"), 7 * 3600);
    // Thursday is touched by a pause and isn't counted.
    let thursday = [pause("2026-01-08T12:00:00Z", Some("2026-01-08T12:01:00Z"))];
    let due = calendar.add(start, 2, Unit::BusinessDay, &thursday).unwrap();
    assert_eq!(due, Due::At(at("2026-01-12T23:00:00Z")));
    let days = |end| calendar.elapsed(start, at(end), Unit::BusinessDay, &thursday).unwrap();
    assert_eq!((days("2026-01-12T22:59:59Z"), days("2026-01-12T23:00:00Z")), (1, 2));
    let open = [pause("2026-01-08T10:00:00Z", None)];
    for unit in [Unit::BusinessHour, Unit::BusinessDay, Unit::CalendarDay] {
        assert_eq!(calendar.add(start, 20, unit, &open), Ok(Due::Paused), "{unit:?}");
    }
    let before = calendar.add(start, 8, Unit::BusinessHour, &open);
    assert_eq!(before, Ok(Due::At(at("2026-01-08T09:00:00Z"))));
    let reversed = [pause("2026-01-08T10:00:00Z", Some("2026-01-08T09:00:00Z"))];
    let refused = calendar.add(start, 1, Unit::BusinessHour, &reversed);
    assert_eq!(refused, Err(CalendarError::ReversedPause));
    let backward = calendar.elapsed(start, start - TimeDelta::seconds(1), Unit::BusinessDay, &[]);
    assert_eq!(backward, Err(CalendarError::ReversedClock));
}

#[test]
fn business_hours_follow_the_clocks_on_the_wall() {
    let mut night = statement();
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    (night.weekend, night.hours) = (WeekdaySet::EMPTY, vec![(time(0), time(0))]);
    let night = Calendar::new(night).unwrap();
    for (day, hours) in [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)] {
        let spans = night.business_hours(date(day)).unwrap();
        assert_eq!(spans.iter().map(|span| span.seconds()).sum::<i64>(), hours * 3600, "{day}");
    }
}

#[test]
fn rates_are_exact_and_their_dates_follow_the_rule() {
    let calendar = calendar();
    let mut table = RateTable::new("ECB euro reference rates", "EUR");
    for (currency, day, quote) in [
        ("USD", "2026-04-02", "1.0845"),
        ("JPY", "2026-04-02", "162.39"),
        ("USD", "2026-04-07", "1.0910"),
    ] {
        table.quote(currency, date(day), &exact(quote)).unwrap();
    }
    table.month_average("USD", date("2026-04-01"), &exact("1.0872")).unwrap();
    let on = Request {
        from: "EUR",
        to: "USD",
        date: date("2026-04-07"),
        rule: DateRule::TransactionDate,
    };
    let rate = |request| table.rate(request).map(|(rate, _)| rate.to_string());
    assert_eq!(rate(on), Ok("1.091".into()));
    // The business day before Easter Tuesday is Thursday.
    let previous = Request { rule: DateRule::PreviousBusinessDay(&calendar), ..on };
    assert_eq!(table.rate(previous), Ok((exact("1.0845"), date("2026-04-02"))));
    assert_eq!(rate(Request { rule: DateRule::MonthAverage, ..on }), Ok("1.0872".into()));
    // Inverse and cross rates are fractions in lowest terms: 1/1.0845 and 162.39/1.0845.
    let inverse = Request { from: "USD", to: "EUR", ..previous };
    assert_eq!(rate(inverse), Ok("2000/2169".into()));
    let cross = Request { from: "USD", to: "JPY", ..previous };
    assert_eq!(rate(cross), Ok("108260/723".into()));
    // There and back is the same amount, which no rounded rate gives.
    let there = table.rate(cross).unwrap().0;
    let back = table.rate(Request { from: "JPY", to: "USD", ..previous }).unwrap().0;
    assert_eq!(there.times(&back), Exact::integer(1));
    let cent = Increment::digits(2).unwrap();
    let converted = table.convert(&exact("100"), inverse, cent, Rounding::HalfEven).unwrap();
    assert_eq!(
        (converted.amount, converted.source.as_str()),
        (exact("92.21"), "ECB euro reference rates")
    );
    let sunday = Request { date: date("2026-04-05"), ..on };
    let missing = FxError::NoQuote { currency: "USD".into(), date: date("2026-04-05") };
    assert_eq!(table.rate(sunday), Err(missing));
    let other = table.quote("USD", date("2026-04-07"), &exact("1.0911"));
    assert!(matches!(other, Err(FxError::Contradicts { .. })));
    assert_eq!(table.quote("USD", date("2026-04-07"), &exact("1.09100")), Ok(()));
    let zero = table.quote("USD", date("2026-04-08"), &exact("0"));
    assert!(matches!(zero, Err(FxError::NotPositive { .. })));
}

fn bands(rows: &[(&str, &str)]) -> Vec<sla::Band> {
    rows.iter()
        .map(|(from, credit)| sla::Band { from: exact(from), credit: exact(credit) })
        .collect()
}

#[test]
fn credits_follow_the_band_and_stop_at_the_cap() {
    let cent = Increment::digits(2).unwrap();
    let table = bands(&[("0.9995", "0"), ("0.99", "0.10"), ("0", "0.25")]);
    let terms = |cap| sla::Terms::new(table.clone(), cap, cent, Rounding::HalfUp).unwrap();
    let credit = |terms: &sla::Terms, unavailable_seconds| {
        let measured = sla::Measured { agreed_seconds: 200_000, unavailable_seconds };
        terms.credit(&exact("333.33"), measured).unwrap()
    };
    let free = terms(sla::Cap::None);
    // 100 of 200,000 seconds are 0.05 %: exactly 99.95 %, which is the upper band's.
    for (seconds, amount) in [
        (0, "0"),
        (100, "0"),
        (101, "33.33"),
        (2_000, "33.33"),
        (2_001, "83.33"),
        (200_000, "83.33"),
    ] {
        assert_eq!(credit(&free, seconds).credit, exact(amount), "{seconds}");
    }
    // 333.33·0.25 = 83.3325.
    let capped = credit(&terms(sla::Cap::Amount(exact("50"))), 2_001);
    assert_eq!(
        (capped.capped, capped.formula, capped.credit),
        (true, exact("83.3325"), exact("50"))
    );
    let of_fee = credit(&terms(sla::Cap::OfFee(exact("0.30"))), 2_001);
    assert_eq!((of_fee.capped, of_fee.credit), (false, exact("83.33")));
    let measured =
        |agreed_seconds, unavailable_seconds| sla::Measured { agreed_seconds, unavailable_seconds };
    let none = free.credit(&exact("1"), measured(0, 0));
    assert_eq!(none, Err(sla::SlaError::NoServiceTime));
    assert_eq!(free.credit(&exact("1"), measured(1, 2)), Err(sla::SlaError::MoreThanAgreed));
    for (rows, error) in [
        (&[("0.5", "0.1")][..], sla::SlaError::Gap),
        (&[("0", "0.1"), ("0", "0.2")][..], sla::SlaError::Overlap),
        (&[("0", "0.1"), ("0.9", "0.2")][..], sla::SlaError::CreditNotFalling),
        (&[("0", "0.1"), ("1.1", "0")][..], sla::SlaError::BoundOutOfRange),
    ] {
        let refused = sla::Terms::new(bands(rows), sla::Cap::None, cent, Rounding::HalfUp);
        assert_eq!(refused, Err(error));
    }
}

const TERMS: Terms =
    Terms { linear_max: 2, gap_max: 4, reach_days: 28, rounding: Rounding::HalfEven };

fn interval(day: NaiveDate, slot: u32) -> Interval {
    Interval { day, slot }
}

/// Six weeks of four slots a day; a Monday's quantities are its week's number times ten plus the slot.
fn series() -> Series {
    let first = date("2026-01-05");
    let mut series = Series::default();
    for day in first.iter_days().take(42) {
        let week = i128::from((day - first).num_days() / 7);
        for slot in 0..4 {
            series.intervals.insert(interval(day, slot), Some(week * 10 + i128::from(slot)));
        }
    }
    series
}

#[test]
fn estimates_say_where_they_come_from() {
    let (mut series, day) = (series(), date("2026-01-26"));
    for slot in 0..3 {
        series.intervals.insert(interval(day, slot), None);
    }
    // Week 3, and weeks 2, 4 and 1: of 1 and 5, as far away, the earlier.
    let like = |slot, units| Outcome::Estimated {
        units,
        rule: Rule::LikeDays,
        neighbours: ["2026-01-19", "2026-02-02", "2026-01-12"]
            .map(|d| interval(date(d), slot))
            .to_vec(),
        reason: Reason::LongGap,
    };
    let outcomes = estimate(&series, TERMS);
    // (20 + 40 + 10)/3 = 23⅓, and one more for each slot.
    let expected: BTreeMap<_, _> =
        [(0, 23), (1, 24), (2, 25)].map(|(s, u)| (interval(day, s), like(s, u))).into();
    assert_eq!(outcomes, expected);
    // A day with an outage is no model.
    series.not_eligible.insert(date("2026-01-19"));
    let first = &estimate(&series, TERMS)[&interval(day, 0)];
    // 40, 10 and 50: weeks 4, 1 and 5.
    assert!(matches!(first, Outcome::Estimated { units: 33, .. }), "{first:?}");
    for week in [date("2026-01-12"), date("2026-02-02"), date("2026-02-09")] {
        series.not_eligible.insert(week);
    }
    let refused = &estimate(&series, TERMS)[&interval(day, 0)];
    assert_eq!(*refused, Outcome::NotEstimated(Refusal::TooFewLikeDays));
}

#[test]
fn gaps_that_are_too_long_or_at_an_end_get_no_estimate() {
    let (mut series, day) = (series(), date("2026-01-26"));
    let next = day.succ_opt().unwrap();
    for (day, slot) in [(day, 0), (day, 1), (day, 2), (day, 3), (next, 0)] {
        series.intervals.insert(interval(day, slot), None);
    }
    series.intervals.insert(interval(date("2026-01-05"), 0), None);
    let outcomes = estimate(&series, TERMS);
    let too_long = Outcome::NotEstimated(Refusal::GapTooLong);
    assert_eq!(outcomes.values().filter(|o| **o == too_long).count(), 5);
    let first = &outcomes[&interval(date("2026-01-05"), 0)];
    assert_eq!(*first, Outcome::NotEstimated(Refusal::NoNeighbour));
    let scaled = scaled_to_register(&series, &outcomes, 10_000);
    assert_eq!(scaled, Err(ScalingError::NotEstimated));
}

#[test]
fn scaling_conserves_what_the_register_counted() {
    let day = date("2026-03-02");
    let mut series = Series::default();
    for (slot, units) in [(0, Some(100)), (1, None), (2, None), (3, Some(109))] {
        series.intervals.insert(interval(day, slot), units);
    }
    let outcomes = estimate(&series, TERMS);
    let linear = |units| Outcome::Estimated {
        units,
        rule: Rule::Linear,
        neighbours: vec![interval(day, 0), interval(day, 3)],
        reason: Reason::ShortGap,
    };
    assert_eq!(outcomes[&interval(day, 1)], linear(103));
    assert_eq!(outcomes[&interval(day, 2)], linear(106));
    // 300 were counted, 209 measured: 91·103/209 = 44 and 177/209, 91·106/209 = 46 and 32/209.
    let scaled = scaled_to_register(&series, &outcomes, 300).unwrap();
    assert_eq!(scaled.into_values().collect::<Vec<_>>(), [45, 46]);
    let nothing = scaled_to_register(&series, &outcomes, 209).unwrap();
    assert_eq!(nothing.into_values().collect::<Vec<_>>(), [0, 0]);
    let less = scaled_to_register(&series, &outcomes, 208);
    assert_eq!(less, Err(ScalingError::MoreThanRegister));
    for units in series.intervals.values_mut() {
        *units = units.map(|_| 0);
    }
    let flat = scaled_to_register(&series, &estimate(&series, TERMS), 3).unwrap();
    assert_eq!(flat.into_values().collect::<Vec<_>>(), [2, 1]);
    let whole = Series { intervals: [(interval(day, 0), Some(5))].into(), ..Series::default() };
    assert_eq!(scaled_to_register(&whole, &BTreeMap::new(), 5), Ok(BTreeMap::new()));
    let off = scaled_to_register(&whole, &BTreeMap::new(), 6);
    assert_eq!(off, Err(ScalingError::NothingMissing));
}
