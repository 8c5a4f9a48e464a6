//! Faults of prices that no charge feels: a gap between tiers, and a second rate for the same thing.

use super::{key, places};
use crate::csv::{Table, cell};
use crate::metering::World;
use crate::metering::fault::Class;
use crate::metering::plan::Plan;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::at;
use std::collections::BTreeSet;

/// The services that nothing was metered of.
fn unused(world: &World) -> BTreeSet<String> {
    let used: BTreeSet<usize> = world.resources.iter().map(|r| r.service).collect();
    world.services.iter().filter(|s| !used.contains(&s.number)).map(|s| s.id()).collect()
}

/// Lets a tier begin a unit after the one before it ends, in prices that nothing is charged by.
///
/// # Errors
/// None here: there is always a service of which nothing was metered.
pub(super) fn gap(
    world: &World,
    plan: &Plan,
    table: &mut Table,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let unused = unused(world);
    let from = |table: &Table, row: usize| table.get(row, "from_qty").and_then(Dec::parse);
    let fits = |row: &usize| {
        let begins = from(table, *row).is_some_and(|from| from.parts().0 > 0);
        begins && unused.contains(&table.text(*row, "service_id"))
    };
    for row in plan.choose(world.seed, Class::TierGap, &places(table), fits)? {
        let Some(begins) = from(table, row) else { continue };
        table.set(row, "from_qty", cell(begins.plus(Dec::new(1, 0))));
        let key = key(table, row, ["service_id", "version", "tier_no"]);
        facts.push(Planted::of(Class::TierGap, &key, None));
    }
    Ok(())
}

/// Adds a rate of its own id beside that of a service: the same region, segment and time, another price,
/// and neither a method, a change nor a contract behind it.
///
/// # Errors
/// None here: there is always a service of which nothing was metered.
pub(super) fn second(
    world: &World,
    plan: &Plan,
    table: &mut Table,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let unused = unused(world);
    let fits = |row: &usize| unused.contains(&table.text(*row, "service_id"));
    for row in plan.choose(world.seed, Class::TwoPricesOneService, &places(table), fits)? {
        let price = table.get(row, "unit_price").and_then(Dec::parse);
        let Some(price) = price else { continue };
        let number = table.rows.len();
        table.rows.push(at(&table.rows, row).clone());
        table.set(number, "rate_id", cell(format!("{}-B{row}", table.text(row, "rate_id"))));
        table.set(number, "unit_price", cell(price.times(Dec::new(117, 2))));
        for column in ["method_doc_id", "approved_change_id", "source_contract_line"] {
            table.set(number, column, None);
        }
        let key = key(table, number, ["rate_id", "effective_from"]);
        facts.push(Planted::of(Class::TwoPricesOneService, &key, None));
    }
    Ok(())
}
