//! What is kept of meters, invoices and persons, what was destroyed, and what holds forbid to destroy. The
//! classes are those of the shipped schedules.

use super::digest;
use crate::calendar::{Date, HOUR, Instant};
use crate::csv::{Table, cell, maybe};
use crate::header;
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use std::collections::BTreeMap;

const RAW: &str = "raw-meter-log";
const PERSONAL: &str = "usage-log-personal";
/// Where providers are, and a buyer with a data centre of its own.
const PLACES: [&str; 3] = ["DE", "CH", "FR"];
/// Months of logs, from January 2023.
const LOGS: i64 = 36;
/// The day on which retention is judged.
const AS_OF: Date = Date::new(2026, 1, 31);

/// Class, jurisdiction, from, to, matter.
type Hold = (&'static str, &'static str, Date, Option<Date>, &'static str);

const HOLDS: &[Hold] = &[
    (
        RAW,
        "DE",
        Date::new(2025, 5, 20),
        Some(Date::new(2025, 9, 1)),
        "dispute of meters, DE01 and DE03",
    ),
    (PERSONAL, "FR", Date::new(2024, 11, 1), None, "inspection of access to the portal"),
];

/// Whether a record could carry a fault.
type Fits<'a> = &'a dyn Fn(&Record) -> bool;

/// A record or batch of records.
struct Record {
    id: String,
    class: &'static str,
    jurisdiction: &'static str,
    subject: Option<String>,
    trigger: Date,
    deleted: Option<Instant>,
    /// Whether a hold put its deletion off.
    held: bool,
}

impl Record {
    fn certificate(&self) -> Option<String> {
        let (year, month, _) = self.deleted?.date().civil();
        let class: String = self.class.chars().take(3).collect();
        Some(format!("DC-{year}{month:02}-{}-{class}", self.jurisdiction))
    }

    fn fact(&self, class: Class) -> Planted {
        Planted::of(class, &[("record_id", self.id.clone())], None)
    }
}

/// The same day so many years later, of a day that every year has.
fn years_later(day: Date, years: i64) -> Date {
    let (year, month, day) = day.civil();
    Date::new(year + years, month, day)
}

/// The datasets `retention-record`, `hold` and `disposal`.
///
/// # Errors
/// None here: there is always a record that fits.
pub(super) fn tables(
    seed: u64,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<[Table; 3], String> {
    let mut records = records();
    let held = |r: &Record| r.class == RAW && r.held;
    // In Germany the twenty-second month may lie in the hold.
    let due = |r: &Record| r.class == RAW && r.jurisdiction != "DE" && r.deleted.is_some();
    let person = |r: &Record| r.class == PERSONAL && r.jurisdiction != "FR" && r.deleted.is_some();
    let expired = |r: &Record| years_later(r.trigger, 2) < AS_OF && person(r);
    let classes: [(Class, Fits<'_>); 3] = [
        (Class::RawLogDisposedEarly, &due),
        (Class::DisposedUnderHold, &held),
        (Class::PersonKeptTooLong, &expired),
    ];
    for (class, fits) in classes {
        for place in plan.choose(seed, class, &records, fits)? {
            let Some(record) = records.get_mut(place) else { continue };
            let (year, month, day) = record.trigger.civil();
            record.deleted = match class {
                // In the twenty-second of twenty-four months.
                Class::RawLogDisposedEarly => {
                    Some(Date::new(year, month + 22, day).start().plus(7 * HOUR))
                }
                // When it was due, but for the hold.
                Class::DisposedUnderHold => {
                    Some(years_later(record.trigger, 2).plus_days(10).start().plus(9 * HOUR))
                }
                _ => None,
            };
            facts.push(record.fact(class));
        }
    }
    Ok([record_table(&records), hold_table(), disposal_table(&records)])
}

fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for jurisdiction in PLACES {
        for month in 0..LOGS {
            let trigger = Date::new(2023, 2 + month, 1);
            let (year, of_year, _) = Date::new(2023, 1 + month, 1).civil();
            let name = format!("{year}-{of_year:02}-{jurisdiction}");
            records.push(raw(format!("RAW-{name}"), jurisdiction, trigger));
            records.push(personal(format!("LOG-{name}"), jurisdiction, trigger, month));
        }
    }
    for (class, jurisdiction, years) in [
        ("booking-voucher", "DE", 8),
        ("accounting-record", "CH", 10),
        ("accounting-record", "FR", 10),
    ] {
        // Those of before are gone already.
        for year in 2024 - years..2026 {
            let trigger = Date::new(year, 12, 31);
            // After the last day of the year, in the office's first full week.
            let due = Date::new(year + years + 1, 1, 14);
            records.push(Record {
                id: format!("INV-{year}-{jurisdiction}"),
                class,
                jurisdiction,
                subject: None,
                trigger,
                deleted: (due < AS_OF).then(|| due.start().plus(9 * HOUR)),
                held: false,
            });
        }
    }
    records
}

/// Raw logs of a month are destroyed ten days after their two years, or after the hold on them.
fn raw(id: String, jurisdiction: &'static str, trigger: Date) -> Record {
    let due = years_later(trigger, 2).plus_days(10);
    let hold = HOLDS.iter().find(|(class, place, from, to, _)| {
        (*class, *place) == (RAW, jurisdiction) && *from <= due && to.is_none_or(|to| due < to)
    });
    let day = match hold {
        Some((.., to, _)) => to.map(|to| to.plus_days(10)),
        None => Some(due),
    };
    let deleted = day.filter(|day| *day < AS_OF).map(|day| day.start().plus(9 * HOUR));
    Record { id, class: RAW, jurisdiction, subject: None, trigger, deleted, held: hold.is_some() }
}

/// Logs of a person are destroyed twenty days before their two years end, unless a hold keeps them.
fn personal(id: String, jurisdiction: &'static str, trigger: Date, month: i64) -> Record {
    let day = years_later(trigger, 2).plus_days(-20);
    let held = HOLDS.iter().any(|(class, place, from, ..)| {
        (*class, *place) == (PERSONAL, jurisdiction) && *from <= day
    });
    let deleted = (!held && day < AS_OF).then(|| day.start().plus(10 * HOUR));
    let subject = Some(format!("SUBJ-{:04}", 100 + month * 3));
    Record { id, class: PERSONAL, jurisdiction, subject, trigger, deleted, held }
}

fn record_table(records: &[Record]) -> Table {
    let row = |record: &Record| {
        vec![
            cell(&record.id),
            cell(record.class),
            cell(record.jurisdiction),
            maybe(record.subject.as_ref()),
            cell(record.trigger),
            cell(record.trigger.start().plus(8 * HOUR)),
            maybe(record.deleted),
            maybe(record.certificate()),
        ]
    };
    header::RETENTION_RECORD.table(records.iter().map(row).collect())
}

fn hold_table() -> Table {
    let row = |(number, (class, jurisdiction, from, to, matter)): (usize, &Hold)| {
        vec![
            cell(format!("HOLD-{}", number + 1)),
            cell(class),
            cell(jurisdiction),
            cell(from.start()),
            maybe(to.map(Date::start)),
            cell(matter),
        ]
    };
    header::HOLD.table(HOLDS.iter().enumerate().map(row).collect())
}

fn disposal_table(records: &[Record]) -> Table {
    let mut certificates: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in records {
        if let Some(certificate) = record.certificate() {
            certificates.entry(certificate).or_default().push(record);
        }
    }
    let row = |(id, records): (&String, &Vec<&Record>)| {
        let first = records.first()?;
        let last = records.iter().filter_map(|r| r.deleted).max()?;
        let names: Vec<&str> = records.iter().map(|r| r.id.as_str()).collect();
        Some(vec![
            cell(id),
            cell(first.class),
            cell(first.jurisdiction),
            cell(records.len()),
            cell(digest(&names.join(" "))),
            cell(format!("schedule {} {}", first.class, first.jurisdiction)),
            cell("U001"),
            cell("U004"),
            cell(last),
            cell("overwritten"),
        ])
    };
    header::DISPOSAL.table(certificates.iter().filter_map(row).collect())
}
