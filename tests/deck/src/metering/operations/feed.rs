//! How the meters' feeds are agreed: a contract in versions, each with the digest of its schema and the
//! units that it carries.

use super::digest;
use crate::calendar::Date;
use crate::csv::{Format, Table, cell, maybe};
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;

/// Source, version, in force from and until.
const VERSIONS: &[(&str, &str, Date, Option<Date>)] = &[
    ("agent", "1.0", Date::new(2023, 1, 1), None),
    ("provider", "1.0", Date::new(2023, 1, 1), Some(CHANGED)),
    ("provider", "1.1", CHANGED, None),
];
const CHANGED: Date = Date::new(2025, 3, 1);
const UNITS: &str = "GB GB-Hours Instance-Hours vCPU-Hours";

fn schema(source: &str, version: &str) -> String {
    digest(&format!("feed {source} {version}"))
}

/// The dataset `feed-contract`.
pub(super) fn table() -> Table {
    let rows = VERSIONS.iter().map(|(source, version, from, to)| {
        vec![
            cell(source),
            cell(version),
            cell(from.start()),
            maybe(to.map(Date::start)),
            cell(schema(source, version)),
            cell(UNITS),
            cell(from.plus_days(-60)),
        ]
    });
    Table {
        role: "feed-contract",
        format: Format::Csv,
        columns: &[
            "source_system",
            "contract_version",
            "effective_from",
            "effective_to",
            "schema_digest",
            "units",
            "announced_on",
        ],
        money: &[],
        rows: rows.collect(),
    }
}

/// States of each batch by which version it came, and the digest of its schema; of faults another one.
///
/// # Errors
/// None here: there is always a batch.
pub(super) fn digests(
    seed: u64,
    plan: &Plan,
    table: &mut Table,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let rows: Vec<usize> = (0..table.rows.len()).collect();
    for row in &rows {
        let (source, received) =
            (table.text(*row, "source_system"), table.text(*row, "received_at"));
        let holds = |(of, _, from, _): &&(&str, &str, Date, Option<Date>)| {
            *of == source && from.start().to_string() <= received
        };
        if let Some((_, version, ..)) = VERSIONS.iter().rfind(holds) {
            table.set(*row, "contract_version", cell(version));
            table.set(*row, "schema_digest", cell(schema(&source, version)));
        }
    }
    for row in plan.choose(seed, Class::BatchOffContract, &rows, |_| true)? {
        let id = table.text(row, "batch_id");
        table.set(row, "schema_digest", cell(digest(&format!("schema of {id}"))));
        facts.push(Planted::of(Class::BatchOffContract, &[("batch_id", id)], None));
    }
    Ok(())
}
