//! Disputes of charges: each contests a charge on an invoice within the window, goes from state to state
//! by business days, has evidence, tells of every transition, and ends with credits that the journal
//! posts.

mod case;
mod change;
mod choice;
mod columns;
mod credit;
pub(crate) mod days;
mod deeds;
mod fault;
mod rows;
mod staff;

pub(crate) use case::{Case, Outcome};
pub(crate) use change::Change;
pub(crate) use columns::{CREDIT, TICKET};
pub(crate) use fault::PATTERN;
pub(crate) use rows::digest;

use super::World;
use super::journal::Posting;
use super::people::Deed;
use super::plan::Plan;
use super::summary::Summary;
use super::truth::Planted;
use crate::csv::Table;

/// What disputes are, and what follows from them.
pub(crate) struct Disputes {
    pub(crate) cases: Vec<Case>,
    /// What their credits post.
    pub(crate) postings: Vec<Posting>,
    /// The changes of rules that they led to.
    pub(crate) changes: Vec<Change>,
    /// What the log has of them.
    pub(crate) deeds: Vec<Deed>,
    /// Their datasets; what is in `credit`, `change` and `approval` joins what others have there.
    pub(crate) tables: Vec<Table>,
}

/// The disputes of a world, with their faults.
///
/// # Errors
/// When no case fits a fault; the text names it.
pub(crate) fn draw(
    world: &World,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Disputes, String> {
    let picks = choice::choose(world, summary).into_iter().enumerate();
    let mut cases: Vec<Case> =
        picks.map(|(number, pick)| Case::draw(world, number, pick)).collect();
    change::link(&mut cases);
    let silent = fault::spoil(world.seed, plan, &mut cases, facts)?;
    let (credits, postings) = credit::credits(&cases);
    let changes = change::changes(&cases);
    let mut tables = rows::tables(&cases, &silent);
    tables.extend(change::tables(&changes));
    tables.push(credits);
    let deeds = deeds::deeds(&cases, &changes);
    Ok(Disputes { postings, changes, deeds, tables, cases })
}
