//! Records that are kept or deleted, legal holds, and certificates of destruction.

mod fault;

use crate::Faults;
use crate::calendar::{Date, HOUR, Instant, MINUTE};
use crate::csv::{Format, Table, cell, maybe};
use crate::fault::Chosen;
use crate::header;
use crate::rng::{Rng, at};
use crate::truth::Answers;
use std::collections::BTreeMap;

/// The day that retention is judged on.
pub(crate) const AS_OF: Date = Date::new(2026, 1, 31);
const OF_EACH: i64 = 10;
const TWO_YEARS_BEFORE: Date = Date::new(2024, 1, 31);

/// How long a class must or may be kept; the sources are those of the shipped schedules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// So many whole calendar years after the year of the trigger.
    Years(i64),
    /// Two years from the trigger at least.
    TwoYearsLeast,
    /// Two years from the trigger at most.
    TwoYearsMost,
}

type Class = (&'static str, &'static str, Rule);

const CLASSES: &[Class] = &[
    // Since 2025 (BEG IV); ten before.
    ("booking-voucher", "DE", Rule::Years(8)),
    ("accounting-record", "FR", Rule::Years(10)),
    ("accounting-record", "CH", Rule::Years(10)),
    ("accounting-record", "EE", Rule::Years(7)),
    ("raw-meter-log", "DE", Rule::TwoYearsLeast),
    ("raw-meter-log", "FR", Rule::TwoYearsLeast),
    ("raw-meter-log", "EE", Rule::TwoYearsLeast),
    ("raw-meter-log", "CH", Rule::TwoYearsLeast),
    ("usage-log-personal", "DE", Rule::TwoYearsMost),
    ("usage-log-personal", "FR", Rule::TwoYearsMost),
    ("usage-log-personal", "EE", Rule::TwoYearsMost),
    ("usage-log-personal", "CH", Rule::TwoYearsMost),
];

struct Record {
    id: String,
    class: &'static str,
    jurisdiction: &'static str,
    rule: Rule,
    trigger: Date,
    deleted: Option<Instant>,
}

/// Class, jurisdiction, from, to, matter; no class or jurisdiction means all.
type Hold = (Option<&'static str>, Option<&'static str>, Date, Option<Date>, &'static str);

const HOLDS: &[Hold] = &[
    (
        Some("usage-log-personal"),
        Some("FR"),
        Date::new(2025, 2, 1),
        None,
        "Doubs Énergie ./. Meridian,\r\nstage 2",
    ),
    (
        Some("booking-voucher"),
        Some("DE"),
        Date::new(2025, 3, 1),
        Some(Date::new(2025, 5, 1)),
        "tax audit 2019–2022",
    ),
    (None, Some("CH"), Date::new(2025, 9, 1), Some(Date::new(2025, 10, 1)), "\"Aare\" arbitration"),
    (
        Some("raw-meter-log"),
        None,
        Date::new(2025, 6, 1),
        Some(Date::new(2025, 6, 15)),
        "meter dispute",
    ),
    (
        Some("accounting-record"),
        Some("EE"),
        Date::new(2023, 5, 1),
        Some(Date::new(2024, 11, 1)),
        "supplier fraud",
    ),
];

/// The datasets `retention-record`, `hold` and `disposal`.
///
/// # Errors
/// When no record fits a fault; the text names it.
pub(crate) fn tables(
    seed: u64,
    faults: &Faults,
    answers: &mut Answers,
) -> Result<Vec<Table>, String> {
    let mut rng = Rng::stream(seed, "retention-records");
    let mut records = Vec::new();
    for class in CLASSES {
        for number in 0..OF_EACH {
            let id = format!("REC-{:04}", records.len() + 1);
            records.push(clean(&mut rng, id, *class, number));
        }
    }
    let mut chosen = Chosen::default();
    for control in ["RET-01", "RET-02", "RET-04"] {
        if faults.include(control) {
            let mut rng = Rng::stream(seed, &format!("fault {control}"));
            for fault in fault::FAULTS.iter().filter(|f| f.control == control) {
                fault.plant(&mut rng, &mut records, &mut chosen, answers)?;
            }
        }
    }
    Ok(vec![record_table(&records), hold_table(), disposal_table(&records)])
}

/// The first half of a class is deleted, the second kept.
fn clean(rng: &mut Rng, id: String, class: Class, number: i64) -> Record {
    let (class, jurisdiction, rule) = class;
    let (trigger, deleted) = if number * 2 < OF_EACH {
        let mut day = a_day_of_2025(rng);
        while held(class, jurisdiction, day.start()) {
            day = a_day_of_2025(rng);
        }
        let trigger = trigger_of_deleted(rng, rule, number, day);
        (trigger, Some(day.start().plus(rng.between(30, 1_400) * MINUTE)))
    } else {
        (trigger_of_kept(rng, class, jurisdiction, number), None)
    };
    let mut record = Record { id, class, jurisdiction, rule, trigger, deleted };
    if class == "booking-voucher" && number == 1 {
        // Deleted under the law of before 2025: ten years.
        record.trigger = Date::new(2013, 3, 20);
        record.deleted = Some(Date::new(2024, 10, 15).start().plus(8 * HOUR));
    }
    record
}

fn a_day_of_2025(rng: &mut Rng) -> Date {
    Date::new(2025, 1, 1).plus_days(rng.between(0, 364))
}

fn trigger_of_deleted(rng: &mut Rng, rule: Rule, number: i64, deleted: Date) -> Date {
    let (year, month, day) = deleted.civil();
    match rule {
        Rule::Years(years) => {
            // The first record is deleted in the first year that allows it.
            let more = if number == 0 { 0 } else { rng.between(0, 3) };
            Date::new(year - years - 1 - more, 1, 1).plus_days(rng.between(0, 364))
        }
        Rule::TwoYearsLeast if number == 0 => Date::new(year - 2, month, day),
        Rule::TwoYearsLeast => deleted.plus_days(-rng.between(760, 1_200)),
        Rule::TwoYearsMost => deleted.plus_days(-rng.between(30, 700)),
    }
}

fn trigger_of_kept(rng: &mut Rng, class: &str, jurisdiction: &str, number: i64) -> Date {
    match (class, number) {
        // The last day that is not too long.
        ("usage-log-personal", 5) => TWO_YEARS_BEFORE,
        // A hold is a reason to keep longer.
        ("usage-log-personal", 6) if jurisdiction == "FR" => Date::new(2022, 5, 10),
        ("usage-log-personal", _) => TWO_YEARS_BEFORE.plus_days(rng.between(1, 690)),
        _ => Date::new(2023, 2, 1).plus_days(rng.between(0, 1_000)),
    }
}

/// Whether a hold forbids the deletion at that moment.
fn held(class: &str, jurisdiction: &str, when: Instant) -> bool {
    HOLDS.iter().any(|(of_class, of_jurisdiction, from, to, _)| {
        of_class.is_none_or(|c| c == class)
            && of_jurisdiction.is_none_or(|j| j == jurisdiction)
            && from.start() <= when
            && to.is_none_or(|to| when < to.start())
    })
}

impl Record {
    /// The certificate that covers the deletion: one for each class, jurisdiction and month.
    fn certificate(&self) -> Option<String> {
        let (year, month, _) = self.deleted?.date().civil();
        let class: String = self.class.chars().take(3).collect();
        Some(format!("DC-{year}{month:02}-{}-{class}", self.jurisdiction))
    }
}

fn record_table(records: &[Record]) -> Table {
    let row = |(number, record): (usize, &Record)| {
        let subject = (record.class == "usage-log-personal").then(|| format!("SUBJ-{number:04}"));
        vec![
            cell(&record.id),
            cell(record.class),
            cell(record.jurisdiction),
            maybe(subject),
            cell(record.trigger),
            cell(record.trigger.start().plus(8 * HOUR)),
            maybe(record.deleted),
            maybe(record.certificate()),
        ]
    };
    Table {
        format: Format::Ndjson,
        ..header::RETENTION_RECORD.table(records.iter().enumerate().map(row).collect())
    }
}

fn hold_table() -> Table {
    let row = |(number, (class, jurisdiction, from, to, matter)): (usize, &Hold)| {
        vec![
            cell(format!("HOLD-{}", number + 1)),
            maybe(*class),
            maybe(*jurisdiction),
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
    let row = |(number, (id, records)): (usize, (&String, &Vec<&Record>))| {
        let first = records.first()?;
        let digest = Rng::stream(0, id).number();
        let last = records.iter().filter_map(|r| r.deleted).max()?;
        Some(vec![
            cell(id),
            cell(first.class),
            cell(first.jurisdiction),
            cell(records.len()),
            cell(format!("{digest:016x}")),
            cell(format!("schedule {} {}", first.class, first.jurisdiction)),
            cell(at(&["U014", "U016"], number)),
            cell(at(&["U021", "U022", "U023"], number)),
            cell(last),
            cell("overwritten"),
        ])
    };
    header::DISPOSAL.table(certificates.iter().enumerate().filter_map(row).collect())
}
