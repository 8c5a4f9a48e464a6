//! Days and moments of texts, by counting.

const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn number(text: &str, at: std::ops::Range<usize>) -> i64 {
    text.get(at).unwrap().parse().unwrap()
}

/// Days since 2023-01-01, a Sunday, of `2024-03-01…`.
pub(super) fn day(text: &str) -> i64 {
    let (year, month) = (number(text, 0..4), number(text, 5..7));
    let years: i64 = (2023..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let before = MONTHS.iter().take(usize::try_from(month - 1).unwrap());
    let months: i64 = before.sum::<i64>() + i64::from(month > 2 && leap(year));
    years + months + number(text, 8..10) - 1
}

/// Seconds since then, of `2024-03-01T10:00:00Z`.
pub(super) fn second(text: &str) -> i64 {
    let clock = number(text, 11..13) * 3_600 + number(text, 14..16) * 60 + number(text, 17..19);
    day(text) * 86_400 + clock
}

/// Business days after the first day and up to the second.
pub(super) fn business_days(from: &str, to: &str) -> i64 {
    let free: Vec<i64> = (2023..2027)
        .flat_map(|y| ["01-01", "12-25", "12-26"].map(|d| day(&format!("{y}-{d}"))))
        .collect();
    let counts = |d: &i64| !matches!(d % 7, 0 | 6) && !free.contains(d);
    i64::try_from((day(from) + 1..=day(to)).filter(counts).count()).unwrap()
}

pub(super) fn quarter(text: &str) -> String {
    format!("{}-Q{}", text.get(..4).unwrap(), (number(text, 5..7) + 2) / 3)
}

/// The quarters of the two years.
pub(super) fn quarters() -> Vec<String> {
    (2024..2026).flat_map(|y| (1..5).map(move |q| format!("{y}-Q{q}"))).collect()
}

/// The month before that of a day, such as `2024-12`.
pub(super) fn month_before(text: &str) -> String {
    let (year, month) = (number(text, 0..4), number(text, 5..7));
    if month == 1 { format!("{}-12", year - 1) } else { format!("{year}-{:02}", month - 1) }
}
