//! What the books need beside charges: which cost centres are charged and which are only shown their cost,
//! what of a month is accrued, whose bill may rise, what the sites cost, and how all that finds its
//! account.

mod accrual;
pub(crate) mod close;
mod increase;
mod map;
mod mode;
mod price;
mod receipt;
mod site;

pub(crate) use mode::{lab, sandbox};

use super::World;
use super::allocation::Pool;
use super::plan::Plan;
use super::summary::Summary;
use super::truth::Planted;
use crate::csv::Table;

/// Adds the datasets of the books to the others, and rows of theirs to those.
///
/// # Errors
/// When no record fits a fault; the text names it.
pub(crate) fn keep(
    world: &World,
    (summary, pools): (&Summary, &[Pool]),
    plan: &Plan,
    tables: &mut Vec<Table>,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let seed = world.seed;
    let sites = site::sites(seed, pools, plan, facts)?;
    let increases = increase::table(seed, summary, pools, plan, facts)?;
    let shown = mode::shown(seed, plan, facts)?;
    let accrued = accrual::entries(seed, summary, plan, facts)?;
    for table in tables.iter_mut() {
        match table.role {
            "cost-centre" => {
                table.rows.extend(mode::labs());
                close::close(world, table);
            }
            "journal" => {
                table.rows.extend(accrued.iter().flat_map(|t| t.rows.iter().cloned()));
                table.rows.extend(shown.iter().flat_map(|t| t.rows.iter().cloned()));
            }
            "gl-map" => {
                table.rows.extend(map::accounts_of_sites());
                map::overlap(seed, plan, table, facts)?;
            }
            "price-tier" => price::gap(world, plan, table, facts)?,
            "rate-table" => price::second(world, plan, table, facts)?,
            _ => {}
        }
    }
    receipt::short(seed, plan, tables, facts)?;
    tables.push(mode::table());
    tables.push(increases);
    tables.push(sites);
    tables.push(map::services());
    Ok(())
}

/// So many different columns of a row, as a fact's key.
fn key<const N: usize>(
    table: &Table,
    row: usize,
    columns: [&'static str; N],
) -> [(&'static str, String); N] {
    columns.map(|column| (column, table.text(row, column)))
}

/// The places of all rows.
fn places(table: &Table) -> Vec<usize> {
    (0..table.rows.len()).collect()
}
