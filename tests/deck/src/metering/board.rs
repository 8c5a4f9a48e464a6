//! Who decides and by which rules: the board, the dispute policy, plans, closes, findings, metrics.

mod close;
mod columns;
mod document;
mod finding;
mod meeting;
mod metric;
mod planning;

pub(crate) use document::policies;
pub(crate) use meeting::meeting_after;

use super::World;
use super::disputes::Disputes;
use super::invoice::Bill;
use super::plan::Plan;
use super::summary::Summary;
use super::truth::Planted;
use crate::csv::Table;

/// The datasets of governance, with their faults.
///
/// # Errors
/// When no record fits a fault; the text names it.
pub(crate) fn tables(
    world: &World,
    (summary, bills, disputes): (&Summary, &[Bill], &Disputes),
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let seed = world.seed;
    let mut tables = meeting::tables(world, &disputes.changes, plan, facts)?;
    tables.extend(document::tables());
    tables.extend(planning::tables(seed, summary, plan, facts)?);
    tables.push(metric::table(seed, (&disputes.cases, bills), plan, facts)?);
    tables.push(close::table(seed, bills, plan, facts)?);
    tables.push(finding::table(seed, plan, facts)?);
    Ok(tables)
}
