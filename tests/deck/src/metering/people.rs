//! Who acts: people and their accounts, what they may do, the changes that they make, approve and
//! deploy, and the log of it.
//!
//! Everything here is a function of the seed and of what is sold; nothing grows with usage.

mod activity;
mod changes;
mod duties;
mod events;
mod fault;
mod grants;
mod reviews;
mod staff;

use super::World;
use super::plan::Plan;
use super::truth::Planted;
use crate::calendar::Instant;
use crate::csv::Table;
use std::collections::BTreeSet;

/// The datasets of people, and which prices were entered without a change: service and version.
pub(crate) struct People {
    pub(crate) tables: Vec<Table>,
    pub(crate) unchanged: BTreeSet<(usize, usize)>,
}

/// What somebody did elsewhere, as the log has it.
pub(crate) struct Deed {
    pub(crate) at: Instant,
    pub(crate) actor: String,
    pub(crate) action: &'static str,
    /// Type and id of what it was done to.
    pub(crate) object: (&'static str, String),
    /// What there was before, and after.
    pub(crate) hashes: [Option<String>; 2],
    pub(crate) change: Option<String>,
    pub(crate) ticket: Option<String>,
}

/// The change by which a version of a service's prices came to be.
pub(crate) fn change_id(service: usize, version: usize) -> String {
    format!("CHG-{service:04}-{}", version + 1)
}

/// The datasets `user`, `account-person`, `role`, `role-grant`, `delegation`, `permission`, `sod-rule`,
/// `access-review`, `access-decision`, `tenant`, `change`, `approval` and `activity`, and the tickets of
/// break-glass accounts.
///
/// # Errors
/// When no record fits a fault; the text names it.
pub(crate) fn people(
    world: &World,
    deeds: &[Deed],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<People, String> {
    let mut acts = Acts {
        grants: grants::clean(world.seed),
        delegations: grants::delegations(world.seed),
        checkouts: staff::checkouts(world.seed),
        changes: Vec::new(),
    };
    acts.changes = changes::draw(world, &acts);
    fault::spoil(world, plan, &mut acts, facts)?;
    let mut reviews = reviews::draw(world.seed, &acts.grants);
    reviews::spoil(world.seed, plan, &mut reviews, facts)?;
    let log = activity::table(world, (&acts, deeds), plan, facts)?;
    let [role, permission, rule] = duties::tables();
    let [review, decision] = reviews::tables(&reviews);
    let mut tables = vec![staff::users(world.seed), staff::accounts(&acts.checkouts), role];
    tables.extend([grants::table(&acts.grants), grants::delegation_table(&acts.delegations)]);
    tables.extend([permission, rule, review, decision, staff::tenants()]);
    tables.extend(changes::tables(world, &acts.changes));
    tables.extend([log, staff::tickets(&acts.checkouts)]);
    let removed = acts.changes.iter().filter(|c| !c.registered);
    let unchanged = removed.map(|c| (c.service, c.version)).collect();
    Ok(People { tables, unchanged })
}

/// What people hold and do.
struct Acts {
    grants: Vec<grants::Grant>,
    delegations: Vec<grants::Delegation>,
    checkouts: Vec<staff::Checkout>,
    changes: Vec<changes::Change>,
}
