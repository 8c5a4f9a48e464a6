//! What it takes to run the metering and the billing: how feeds are agreed, jobs, backups, alerts of
//! anomalies, what is kept and for how long, and what persons may ask.

mod alert;
mod backup;
mod feed;
mod job;
mod person;
mod retention;

use super::World;
use super::plan::Plan;
use super::truth::Planted;
use crate::csv::Table;
use crate::rng::Rng;

/// Adds the datasets of operations to the others, and what feeds say of themselves to the batches.
///
/// # Errors
/// When no record fits a fault; the text names it.
pub(crate) fn run(
    world: &World,
    plan: &Plan,
    tables: &mut Vec<Table>,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let seed = world.seed;
    if let Some(batches) = tables.iter_mut().find(|t| t.role == "ingest-log") {
        feed::digests(seed, plan, batches, facts)?;
    }
    tables.push(feed::table());
    tables.push(alert::table(world, plan, facts)?);
    tables.push(job::table(seed, plan, facts)?);
    tables.push(backup::table(seed, plan, facts)?);
    tables.extend(retention::tables(seed, plan, facts)?);
    tables.push(person::register());
    tables.push(person::requests(seed, plan, facts)?);
    Ok(())
}

/// 256 bits in hexadecimal that a text decides; no digest of anything that is there.
fn digest(of: &str) -> String {
    let mut rng = Rng::stream(0, of);
    let words: Vec<String> = (0..4).map(|_| format!("{:016x}", rng.number())).collect();
    format!("sha256:{}", words.concat())
}
