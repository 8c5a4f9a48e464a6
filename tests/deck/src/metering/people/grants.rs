//! Which roles people hold and when, and whom they let act for them.

use super::super::group::{ENTITIES, centres, entity_of, first_day, handover, owner};
use super::staff::{
    ACCESS_ADMINS, AGENTS, APPROVERS, APPROVES_CREDITS, APPROVES_DOCUMENTS, AUTHORS, BILLING_RUN,
    BOARD, BREAK_GLASS, BUYS, CHIEF_REVIEWER, DEPLOYERS, DEPUTIES, ENGINEERS, FIRST_ACCOUNTANT,
    FOLLOWS_UP, HEADS, IDLE_DEPUTY, JOINED, JOURNAL, LEAVERS, MEDIATES, MOVERS, PEOPLE, RELEASES,
    REVIEWERS, SHARED, SIGN, leaves, one_of, user_id,
};
use crate::calendar::{DAY, Date, HOUR, Instant};
use crate::csv::{Format, Table, cell, maybe};
use crate::header;
use crate::rng::{Rng, at};

/// The scope of what the group's staff hold; what cost centres' owners hold is of their entity, and
/// what those hold who grant and review access has a scope of its own.
pub(super) const GROUP: &str = "group";
pub(super) const ACCESS: &str = "access";

/// A role in somebody's hands.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) user: String,
    pub(super) role: &'static str,
    pub(super) scope: &'static str,
    pub(super) from: Instant,
    pub(super) to: Option<Instant>,
}

impl Grant {
    pub(super) fn key(&self) -> [(&'static str, String); 3] {
        let from = self.from.to_string();
        [("user_id", self.user.clone()), ("role", self.role.to_owned()), ("granted_at", from)]
    }

    pub(super) fn open(&self, when: Instant) -> bool {
        self.from <= when && self.to.is_none_or(|to| when < to)
    }
}

/// The request of the grant at that place.
pub(super) fn request_id(place: usize) -> String {
    format!("REQ-{:04}", place + 1)
}

/// Who grants and revokes it.
pub(super) fn granted_by(place: usize) -> String {
    user_id(one_of(&ACCESS_ADMINS, place))
}

/// When somebody got the first role who joined while the log was kept.
pub(super) fn joined(number: usize) -> Instant {
    let month = i64::try_from(number - JOINED.start()).unwrap_or(0) * 4 + 1;
    first_day(month).plus_days(1).start().plus(8 * HOUR)
}

/// When a mover gave the role back, after a review.
pub(super) fn moved(number: usize) -> Instant {
    let quarter = i64::try_from(number - MOVERS.start()).unwrap_or(0) + 1;
    first_day(quarter * 3).plus_days(13).start().plus(17 * HOUR)
}

pub(super) fn clean(seed: u64) -> Vec<Grant> {
    let mut rng = Rng::stream(seed, "metering role-grants");
    let mut grants = Vec::new();
    for (centre, _) in centres().iter().enumerate() {
        let scope = |month: i64| at(ENTITIES, entity_of(centre, month)).id;
        let mut month = Some(0);
        while let Some(from) = month {
            let Some(user) = owner(centre, from) else { break };
            let ends = (from + 1..25).find(|m| owner(centre, *m) != Some(user));
            let begins = if from == 0 { Date::new(2023, 1, 9) } else { first_day(from) };
            let (from, scope) = (begins.start().plus(8 * HOUR), scope(from));
            let to = ends.map(|month| first_day(month).start());
            grants.push(Grant { user: user_id(user), role: "portal-user", scope, from, to });
            month = ends.filter(|month| handover(centre) == Some(*month));
        }
    }
    let mut grant = |user: String, role, scope, to| {
        let day = Date::new(2023, 1, 9).plus_days(rng.between(0, 60));
        let from = day.start().plus(rng.between(8, 16) * HOUR);
        grants.push(Grant { user, role, scope, from, to });
    };
    for (user, role) in [(JOURNAL, "journal-preparer"), (BILLING_RUN, "billing-operator")] {
        grant(user.to_owned(), role, GROUP, None);
    }
    for user in BREAK_GLASS {
        grant(user.to_owned(), "emergency-operator", GROUP, None);
    }
    grant(SHARED.to_owned(), "reader", GROUP, None);
    for number in (1..=PEOPLE).filter(|number| !JOINED.contains(number)) {
        let scope = if holds_access(number) { ACCESS } else { GROUP };
        let to = match leaves(number) {
            Some(day) => Some(day.start().plus(17 * HOUR)),
            None => MOVERS.contains(&number).then(|| moved(number)),
        };
        for role in posts(number).iter().chain(of_disputes(number)).chain(of_board(number)) {
            grant(user_id(number), *role, scope, to);
        }
    }
    for number in JOINED {
        let (user, from) = (user_id(number), joined(number));
        grants.push(Grant { user, role: "billing-operator", scope: GROUP, from, to: None });
    }
    grants
}

fn holds_access(number: usize) -> bool {
    ACCESS_ADMINS.contains(&number) || REVIEWERS.contains(&number)
}

/// What somebody holds beside the portal; no post offends a rule.
fn posts(number: usize) -> &'static [&'static str] {
    let accountants = FIRST_ACCOUNTANT..FIRST_ACCOUNTANT + ENTITIES.len();
    match number {
        APPROVES_DOCUMENTS => &["document-approver", "purchase-approver"],
        APPROVES_CREDITS => &["credit-approver"],
        BUYS => &["buyer"],
        RELEASES => &["invoice-releaser"],
        CHIEF_REVIEWER => &["access-reviewer"],
        IDLE_DEPUTY => &["reader"],
        n if SIGN.contains(&n) => &["journal-approver", "close-signer"],
        n if accountants.contains(&n) => &["journal-approver"],
        n if AUTHORS.contains(&n) && n % 2 == 1 => &["pricing-analyst"],
        n if AUTHORS.contains(&n) || MOVERS.contains(&n) => &["rate-author"],
        n if APPROVERS.contains(&n) && n % 3 == 0 => &["pricing-board"],
        n if APPROVERS.contains(&n) => &["rate-approver"],
        n if DEPLOYERS.contains(&n) => &["rate-deployer"],
        n if DEPUTIES.contains(&n) => &["reader"],
        n if ACCESS_ADMINS.contains(&n) => &["access-admin"],
        n if REVIEWERS.contains(&n) => &["access-reviewer"],
        n if LEAVERS.contains(&n) => &["billing-operator", "reader"],
        n if n > 91 => &["reader"],
        _ => &[],
    }
}

/// What those hold beside who handle disputes, and mend what they show.
fn of_disputes(number: usize) -> &'static [&'static str] {
    match number {
        MEDIATES => &["mediator"],
        FOLLOWS_UP => &["finding-closer"],
        n if AGENTS.contains(&n) => &["dispute-agent", "rule-deployer", "close-operator"],
        n if HEADS.contains(&n) => &["dispute-head", "close-operator"],
        n if ENGINEERS.contains(&n) => &["billing-engineer"],
        _ => &[],
    }
}

fn of_board(number: usize) -> &'static [&'static str] {
    if BOARD.contains(&number) { &["board-member"] } else { &[] }
}

/// The dataset `role-grant`.
pub(super) fn table(grants: &[Grant]) -> Table {
    let row = |(place, grant): (usize, &Grant)| {
        vec![
            cell(&grant.user),
            cell(grant.role),
            cell(grant.scope),
            cell(grant.from),
            maybe(grant.to),
            cell(granted_by(place)),
            cell(request_id(place)),
        ]
    };
    header::ROLE_GRANT.table(grants.iter().enumerate().map(row).collect())
}

/// Somebody acts for somebody else.
pub(super) struct Delegation {
    pub(super) principal: String,
    pub(super) deputy: String,
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) reason: &'static str,
}

/// Each approver is away for two weeks a year, each in another month.
pub(super) fn delegations(seed: u64) -> Vec<Delegation> {
    let mut rng = Rng::stream(seed, "metering delegations");
    let mut away = Vec::new();
    for year in 0..2 {
        for (place, number) in APPROVERS.enumerate() {
            let month = year * 12 + 1 + i64::try_from(place).unwrap_or(0);
            let from = first_day(month).plus_days(rng.between(0, 12)).start();
            away.push(Delegation {
                principal: user_id(number),
                deputy: user_id(one_of(&DEPUTIES, place)),
                from,
                to: from.plus(14 * DAY),
                reason: "annual leave",
            });
        }
    }
    away
}

/// The dataset `delegation`.
pub(super) fn delegation_table(delegations: &[Delegation]) -> Table {
    let row = |d: &Delegation| {
        let (from, to) = (cell(d.from), cell(d.to));
        vec![cell(&d.principal), cell(&d.deputy), cell("rate.approve"), from, to, cell(d.reason)]
    };
    Table {
        role: "delegation",
        format: Format::Csv,
        columns: &["from_user", "to_user", "scope", "valid_from", "valid_to", "reason"],
        money: &[],
        rows: delegations.iter().map(row).collect(),
    }
}
