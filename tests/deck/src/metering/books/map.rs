//! How the vendor's services find our accounts; and two accounts that are in force on the same day.

use super::{key, places, site};
use crate::csv::{Cell, Format, Table, cell};
use crate::metering::fault::Class;
use crate::metering::group::PROVIDERS;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::rng::at;

/// From when the second account of a fault is in force.
const SECOND_FROM: &str = "2025-03-01T00:00:00Z";

/// Our service for what the vendor sells of sites and sandboxes.
fn service(shared: bool) -> &'static str {
    if shared { "facilities" } else { "sandbox" }
}

/// The dataset `service-map`.
pub(super) fn services() -> Table {
    let rows = PROVIDERS.iter().flat_map(|provider| {
        site::names().map(|(name, shared)| {
            let account = site::account(provider.id(), shared);
            vec![cell(name), cell(account), cell(service(shared)), cell(provider.id())]
        })
    });
    Table {
        role: "service-map",
        format: Format::Csv,
        columns: &["provider_service", "sub_account_id", "service_id", "entity"],
        money: &[],
        rows: rows.collect(),
    }
}

/// The rows of `gl-map` that those services need.
pub(super) fn accounts_of_sites() -> Vec<Vec<Cell>> {
    let row = |entity: &str, shared: bool, account: &str| {
        vec![
            cell(service(shared)),
            cell("Purchase"),
            cell(entity),
            cell("2023-01-01T00:00:00Z"),
            None,
            cell(account),
            None,
            cell("standard"),
        ]
    };
    let both = |id| [row(id, true, "619000"), row(id, false, "618000")];
    PROVIDERS.iter().flat_map(|provider| both(provider.id())).collect()
}

/// Gives a service a second account while the first one goes on.
///
/// # Errors
/// None here: there is always a mapping.
pub(super) fn overlap(
    seed: u64,
    plan: &Plan,
    table: &mut Table,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let usage = |row: &usize| table.get(*row, "charge_class") == Some("Usage");
    for place in plan.choose(seed, Class::MapOverlap, &places(table), usage)? {
        let row = at(&table.rows, place).clone();
        let last = table.rows.len();
        table.rows.push(row);
        table.set(last, "effective_from", cell(SECOND_FROM));
        table.set(last, "gl_account", cell("629900"));
        let columns = ["service_id", "charge_class", "entity", "effective_from"];
        facts.push(Planted::of(Class::MapOverlap, &key(table, last, columns), None));
    }
    Ok(())
}
