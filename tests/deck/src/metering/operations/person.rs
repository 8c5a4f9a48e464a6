//! What is done with data of persons, and what persons asked for.

use crate::calendar::{DAY, Date, HOUR};
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::metering::fault::Class;
use crate::metering::group::ENTITIES;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::rng::{Rng, at};

/// Purpose, legal basis, categories of data and of persons, class of retention.
const ACTIVITIES: &[(&str, &str, &str, &str, &str)] = &[
    (
        "security of the metering service",
        "legitimate-interests",
        "account, address, time",
        "employees",
        "usage-log-personal",
    ),
    (
        "approval of bills and rates",
        "legal-obligation",
        "name, decision, time",
        "employees",
        "booking-voucher",
    ),
    ("answers to disputes", "contract", "name, message", "employees", "accounting-record"),
];

/// The dataset `processing-register`.
pub(super) fn register() -> Table {
    let mut rows = Vec::new();
    for entity in ENTITIES.iter().filter(|e| e.country != "US") {
        for (number, (purpose, basis, data, persons, class)) in ACTIVITIES.iter().enumerate() {
            rows.push(vec![
                cell(format!("PA-{}-{}", entity.id, number + 1)),
                cell(entity.id),
                cell(purpose),
                cell(basis),
                cell(data),
                cell(persons),
                cell(class),
                cell("Group IT"),
                None,
                cell("U001"),
                cell("2025-05-20"),
            ]);
        }
    }
    Table {
        role: "processing-register",
        format: Format::Csv,
        columns: &[
            "processing_id",
            "entity",
            "purpose",
            "legal_basis",
            "data_categories",
            "subject_categories",
            "retention_class",
            "recipients",
            "third_country",
            "owner",
            "reviewed_on",
        ],
        money: &[],
        rows,
    }
}

/// Requests in the two years.
const REQUESTS: i64 = 48;
const KINDS: &[&str] = &["access", "erasure", "access", "rectification", "objection"];

/// The dataset `subject-request`: answered within a month, or within three where it was extended.
///
/// # Errors
/// None here: there is always a request.
pub(super) fn requests(seed: u64, plan: &Plan, facts: &mut Vec<Planted>) -> Result<Table, String> {
    let mut rng = Rng::stream(seed, "metering subject requests");
    let rows = (0..REQUESTS).map(|number| request(&mut rng, number)).collect();
    let mut table = Table {
        role: "subject-request",
        format: Format::Csv,
        columns: &[
            "request_id",
            "subject_ref",
            "kind",
            "entity",
            "received_at",
            "extended_at",
            "extension_reason",
            "answered_at",
            "outcome",
            "reason",
            "handled_by",
        ],
        money: &[],
        rows,
    };
    let rows: Vec<usize> = (0..table.rows.len()).collect();
    let fits = |row: &usize| table.get(*row, "extended_at").is_none();
    for row in plan.choose(seed, Class::SubjectRequestLate, &rows, fits)? {
        let number = i64::try_from(row).unwrap_or(0);
        let answered = received(number).start().plus((35 + number % 9) * DAY + 15 * HOUR);
        table.set(row, "answered_at", cell(answered));
        let key = [("request_id", table.text(row, "request_id"))];
        facts.push(Planted::of(Class::SubjectRequestLate, &key, None));
    }
    Ok(table)
}

/// The day on which a request came in: two a month, in the two years.
fn received(number: i64) -> Date {
    Date::new(2024, 1 + number / 2, 3 + number % 2 * 14)
}

fn request(rng: &mut Rng, number: i64) -> Vec<Cell> {
    let day = received(number);
    let kind = *rng.pick(KINDS);
    let extended = rng.below(8) == 0;
    let taken = if extended { rng.between(40, 85) } else { rng.between(3, 27) };
    // The last requests are answered before the world ends.
    let taken = if number + 4 >= REQUESTS { taken.min(24) } else { taken };
    let extended = extended && taken > 27;
    let answered = day.start().plus(taken * DAY + 15 * HOUR);
    let refused = kind == "erasure" && rng.below(2) == 0;
    let (outcome, reason) = if refused {
        ("refused", Some("art. 17(3)(b): booking voucher, HGB § 257"))
    } else {
        ("granted", None)
    };
    // Of whom everything was erased, nothing is on record.
    let erased = kind == "erasure" && !refused;
    let subject = if erased { 900 + number } else { 100 + number % 36 * 3 };
    let place = usize::try_from(number).unwrap_or(0);
    let entity = at(ENTITIES, place % 10).id;
    vec![
        cell(format!("SR-{:04}", number + 1)),
        cell(format!("SUBJ-{subject:04}")),
        cell(kind),
        cell(entity),
        cell(day.start().plus(9 * HOUR)),
        maybe(extended.then(|| day.start().plus(20 * DAY + 11 * HOUR))),
        maybe(extended.then_some("several systems to be searched")),
        cell(answered),
        cell(outcome),
        maybe(reason),
        cell("U002"),
    ]
}
