//! The faults of people: changes by the wrong hands, roles that should not be held, and what is not
//! logged. A change carries at most one of them.

use super::super::World;
use super::super::fault::Class;
use super::super::plan::Plan;
use super::super::truth::Planted;
use super::Acts;
use super::changes::{Change, passing};
use super::duties::{APPROVE_DEPLOY, EDIT_APPROVE, GRANT_REVIEW};
use super::grants::{Delegation, GROUP, Grant, moved};
use super::staff::{
    ACCESS_ADMINS, APPROVERS, AUTHORS, DEPLOYERS, IDLE_DEPUTY, LEAVERS, MOVERS, SHARED, user_id,
};
use crate::calendar::{DAY, Date, HOUR};
use crate::rng::at;

/// Plants the faults of changes, grants and break-glass accounts.
///
/// # Errors
/// When no record fits a fault; the text names it.
pub(super) fn spoil(
    world: &World,
    plan: &Plan,
    acts: &mut Acts,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let seed = world.seed;
    let changes = std::mem::take(&mut acts.changes);
    let mut spoiler = Spoiler { world, plan, changes, facts };
    spoiler.edits_after_revocation()?;
    spoiler.retroactive_edits()?;
    spoiler.approvals_of_own_changes(acts)?;
    spoiler.delegation_loops(acts)?;
    spoiler.shared_accounts(acts)?;
    spoiler.edits_without_change()?;
    acts.changes = spoiler.changes;
    toxic_pairs(seed, plan, acts, facts)?;
    leavers(seed, plan, acts, facts)?;
    for place in plan.choose(seed, Class::BreakGlassUnlogged, &acts.checkouts, |_| true)? {
        let Some(checkout) = acts.checkouts.get_mut(place) else { continue };
        checkout.logged = false;
        facts.push(Planted::of(Class::BreakGlassUnlogged, &checkout.key(), None));
    }
    Ok(())
}

struct Spoiler<'a> {
    world: &'a World,
    plan: &'a Plan,
    changes: Vec<Change>,
    facts: &'a mut Vec<Planted>,
}

/// The mover who gave the role back up to ten days before the change was made.
fn revoked_before(change: &Change) -> Option<usize> {
    MOVERS.into_iter().find(|number| {
        let since = moved(*number).until(change.created);
        (12 * HOUR..10 * DAY).contains(&since)
    })
}

/// Whether its author may edit rates all the time.
fn stays(change: &Change) -> bool {
    AUTHORS.into_iter().any(|number| user_id(number) == change.author)
}

impl Spoiler<'_> {
    /// Gives that fault to as many of the changes that fit as are asked for, and `change`s them.
    fn each(
        &mut self,
        class: Class,
        fits: impl Fn(&Change) -> bool,
        mut change: impl FnMut(&mut Change) -> Vec<Planted>,
    ) -> Result<(), String> {
        for place in self.plan.choose(self.world.seed, class, &self.changes, fits)? {
            let Some(chosen) = self.changes.get_mut(place) else { continue };
            chosen.fault = Some(class);
            self.facts.extend(change(chosen));
        }
        Ok(())
    }

    /// Somebody edits a rate who was no longer allowed to; the log names the fact's event.
    fn edits_after_revocation(&mut self) -> Result<(), String> {
        let fits = |c: &Change| c.version > 0 && revoked_before(c).is_some();
        self.each(Class::EditAfterRevocation, fits, |change| {
            if let Some(mover) = revoked_before(change) {
                change.author = user_id(mover);
            }
            Vec::new()
        })
    }

    /// Prices are entered late, and not flagged.
    fn retroactive_edits(&mut self) -> Result<(), String> {
        let class = Class::RetroactiveEdit;
        self.each(
            class,
            |c| c.late && c.fault.is_none(),
            |change| {
                let key = [("change_id", change.id())];
                let fact = Planted::of(class, &key, None);
                vec![fact.also("CM-01", "change", &key), fact]
            },
        )
    }

    /// The author approves by a group within a group.
    fn approvals_of_own_changes(&mut self, acts: &mut Acts) -> Result<(), String> {
        let class = Class::SelfApprovalNestedGroup;
        self.each(
            class,
            |c| c.plain() && stays(c),
            |change| {
                let author = change.author.clone();
                acts.grants.push(passing(&author, "pricing-circle", change.created.plus(HOUR), 20));
                if let Some((approver, _)) = change.approvals.first_mut() {
                    approver.clone_from(&author);
                }
                let key = [("change_id", change.id()), ("step", "1".to_owned())];
                let fact = Planted::of(class, &key, None);
                let pair = [("user_id", author), ("rule_id", EDIT_APPROVE.to_owned())];
                let also = fact.also("CM-02", "approval", &key);
                vec![also, fact.also("SOD-01", "role-grant", &pair), fact]
            },
        )
    }

    /// The author is let act for an approver, and lets a deputy act, who lets the author act.
    fn delegation_loops(&mut self, acts: &mut Acts) -> Result<(), String> {
        let class = Class::ApprovalByDelegationLoop;
        self.each(
            class,
            |c| c.plain() && stays(c),
            |change| {
                let (author, deputy) = (change.author.clone(), user_id(IDLE_DEPUTY));
                let principal = user_id(*APPROVERS.start());
                let hands = [(&principal, &author), (&author, &deputy), (&deputy, &author)];
                for (from, to) in hands {
                    acts.delegations.push(Delegation {
                        principal: from.clone(),
                        deputy: to.clone(),
                        from: change.created,
                        to: change.created.plus(7 * DAY),
                        reason: "workload",
                    });
                }
                if let Some((approver, _)) = change.approvals.first_mut() {
                    *approver = deputy;
                }
                let key = [("change_id", change.id()), ("step", "1".to_owned())];
                vec![Planted::of(class, &key, None)]
            },
        )
    }

    /// An account that several people share makes the change.
    fn shared_accounts(&mut self, acts: &mut Acts) -> Result<(), String> {
        let class = Class::ChangeBySharedAccount;
        self.each(class, Change::plain, |change| {
            SHARED.clone_into(&mut change.author);
            acts.grants.push(passing(SHARED, "rate-author", change.created.plus(-HOUR), 1));
            vec![Planted::of(class, &[("change_id", change.id())], None)]
        })
    }

    /// The register of changes knows nothing of the version.
    fn edits_without_change(&mut self) -> Result<(), String> {
        let (world, class) = (self.world, Class::RateEditedWithoutChange);
        self.each(class, Change::plain, |change| {
            change.registered = false;
            vec![Planted::of(class, &change.plan_key(world), None)]
        })
    }
}

/// Gives a second duty through groups within groups.
fn toxic_pairs(
    seed: u64,
    plan: &Plan,
    acts: &mut Acts,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let authors = AUTHORS.map(|n| (n, "pricing-circle", EDIT_APPROVE));
    let deployers = DEPLOYERS.map(|n| (n, "pricing-circle", APPROVE_DEPLOY));
    let admins = ACCESS_ADMINS.map(|n| (n, "audit-circle", GRANT_REVIEW));
    let people: Vec<_> = authors.chain(deployers).chain(admins).collect();
    for place in plan.choose(seed, Class::ToxicPairNested, &people, |_| true)? {
        let (number, role, rule) = *at(&people, place);
        let days = i64::try_from(place * 31 % 480).unwrap_or(0);
        let from = Date::new(2024, 2, 5).plus_days(days).start().plus(14 * HOUR);
        acts.grants.push(Grant { user: user_id(number), role, scope: GROUP, from, to: None });
        let key = [("user_id", user_id(number)), ("rule_id", rule.to_owned())];
        facts.push(Planted::of(Class::ToxicPairNested, &key, None));
    }
    Ok(())
}

/// Leaves roles in the hands of those who left.
fn leavers(
    seed: u64,
    plan: &Plan,
    acts: &mut Acts,
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let left = |g: &Grant| LEAVERS.into_iter().any(|number| user_id(number) == g.user);
    for place in plan.choose(seed, Class::LeaverNotRemoved, &acts.grants, left)? {
        let Some(grant) = acts.grants.get_mut(place) else { continue };
        grant.to = grant.to.map(|to| to.plus(30 * DAY));
        facts.push(Planted::of(Class::LeaverNotRemoved, &grant.key(), None));
    }
    Ok(())
}
