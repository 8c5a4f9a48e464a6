//! The dispute policy: its versions without gaps, what they say in numbers, and who has read them.

use super::columns::{ACKNOWLEDGEMENT, DOCUMENT_TERM};
use crate::calendar::{Date, HOUR};
use crate::csv::{Cell, Table, cell};
use crate::metering::disputes::{PATTERN, digest};

const POLICY: &str = "DISPUTE-POLICY";

/// The versions, each from the first of a July until the next.
const VERSIONS: [(&str, Date); 3] = [
    ("2023", Date::new(2023, 7, 1)),
    ("2024", Date::new(2024, 7, 1)),
    ("2025", Date::new(2025, 7, 1)),
];

/// It is approved so many days before it holds.
const AHEAD: i64 = 14;

/// The documents that the board decides on, and when they were approved.
pub(super) const POLICIES: [(&str, &str, Date); 5] = [
    ("METHOD", "2025", Date::new(2025, 1, 2)),
    ("BENCHMARK-2024", "1", Date::new(2025, 2, 3)),
    ("BENCHMARK-2025", "1", Date::new(2026, 1, 20)),
    (POLICY, "2024", Date::new(2024, 7, 1).plus_days(-AHEAD)),
    (POLICY, "2025", Date::new(2025, 7, 1).plus_days(-AHEAD)),
];

/// Everybody has two people at each of forty cost centres.
const USERS: i64 = 80;

/// The rows that it adds to the dataset `document`.
pub(crate) fn policies() -> Vec<Vec<Cell>> {
    let row = |(version, from): &(&str, Date)| {
        let (year, month, day) = from.civil();
        vec![
            cell(POLICY),
            cell(version),
            cell("Disputes of charges"),
            cell("Group IT controlling"),
            cell("U001"),
            cell(from.plus_days(-AHEAD).start().plus(10 * HOUR)),
            cell(from),
            cell(Date::new(year + 1, month, day)),
            cell(digest(&format!("{POLICY} {version}"))),
        ]
    };
    VERSIONS.iter().map(row).collect()
}

/// The datasets `document-term` and `acknowledgement`.
pub(super) fn tables() -> Vec<Table> {
    let recurrence = PATTERN.to_string();
    let terms = [
        ("dispute-window", "30", "days"),
        ("level-1-limit", "10", "business days"),
        ("level-2-limit", "10", "business days"),
        ("mediation-limit", "20", "business days"),
        ("resolution-due", "15", "business days"),
        ("provisional-credit-limit", "90", "days"),
        ("notice-limit", "5", "minutes"),
        ("recurrence", recurrence.as_str(), "upheld disputes"),
        ("recurrence-period", "12", "months"),
        ("recurrence-change", "60", "days"),
        ("contested-quarters", "3", "quarters"),
        ("forecast-lead", "5", "days"),
    ];
    let said = VERSIONS.iter().flat_map(|(version, _)| {
        let row = |(term, value, unit): &(&str, &str, &str)| {
            vec![cell(POLICY), cell(version), cell(term), cell(value), cell(unit)]
        };
        terms.iter().map(row).collect::<Vec<_>>()
    });
    // Those of 2024 and 2025; a few never did.
    let read = VERSIONS.iter().skip(1).flat_map(|(version, from)| {
        let readers = (1..=USERS).filter(|user| user % 27 != 13);
        let row = |user: i64| {
            let when = from.plus_days(user * 7 % 25 + 1).start().plus(9 * HOUR);
            vec![cell(POLICY), cell(version), cell(format!("U{user:03}")), cell(when)]
        };
        readers.map(row).collect::<Vec<_>>()
    });
    vec![DOCUMENT_TERM.table(said.collect()), ACKNOWLEDGEMENT.table(read.collect())]
}
