//! The changes by which prices come to be: written, approved and deployed by different people.

use super::super::World;
use super::super::fault::Class;
use super::grants::{Delegation, Grant, moved};
use super::staff::{APPROVERS, AUTHORS, DEPLOYERS, MOVERS, one_of, user_id};
use super::{Acts, change_id};
use crate::calendar::{DAY, HOUR, Instant, MINUTE};
use crate::csv::{Table, cell, maybe};
use crate::header;
use crate::rng::{Rng, at};

/// The change of a version of a service's prices.
pub(super) struct Change {
    pub(super) service: usize,
    pub(super) version: usize,
    pub(super) author: String,
    pub(super) created: Instant,
    pub(super) deployer: String,
    pub(super) deployed: Instant,
    pub(super) effective: Instant,
    /// Prices that are entered late are approved after they took effect, and flagged.
    pub(super) late: bool,
    pub(super) old: Option<String>,
    pub(super) new: String,
    /// Approver, and when.
    pub(super) approvals: Vec<(String, Instant)>,
    /// Whether the register has it.
    pub(super) registered: bool,
    pub(super) fault: Option<Class>,
}

impl Change {
    pub(super) fn id(&self) -> String {
        change_id(self.service, self.version)
    }

    /// The key of the price plan that it is about.
    pub(super) fn plan_key(&self, world: &World) -> [(&'static str, String); 2] {
        let service = at(&world.services, self.service);
        let version = at(&service.versions, self.version);
        [("service_id", service.id()), ("version", version.label.clone())]
    }

    pub(super) fn artefact(&self, world: &World) -> String {
        let [service, version] = self.plan_key(world).map(|(_, value)| value);
        format!("price-plan/{service}/{version}")
    }

    /// Who looks at it afterwards, and when, where it was entered late.
    fn review(&self) -> Option<(String, Instant, &'static str)> {
        let reviewer = user_id(one_of(&APPROVERS, self.service + self.version));
        let days = i64::try_from(self.service % 4).unwrap_or(0) + 1;
        self.late.then(|| (reviewer, self.deployed.plus(days * DAY + HOUR), "post-review"))
    }

    /// Whether it is an ordinary one from the time of the log, and without fault.
    pub(super) fn plain(&self) -> bool {
        self.version > 0 && !self.late && self.fault.is_none()
    }
}

/// One change for each version of each service.
pub(super) fn draw(world: &World, acts: &Acts) -> Vec<Change> {
    let mut rng = Rng::stream(world.seed, "metering changes");
    let mut changes: Vec<Change> = Vec::new();
    for service in &world.services {
        let first = changes.len();
        for (place, version) in service.versions.iter().enumerate() {
            let before = version.revises.or_else(|| place.checked_sub(1));
            let old = before.and_then(|p| changes.get(first + p)).map(|c| c.new.clone());
            let waits = rng.between(5, 20);
            let day = version.known.plus(-waits * DAY).date().start();
            let created = day.plus(rng.between(8, 15) * HOUR + rng.between(0, 59) * MINUTE);
            changes.push(Change {
                service: service.number,
                version: place,
                author: author(&mut rng, created),
                created,
                deployer: user_id(one_of(&DEPLOYERS, place + service.number)),
                deployed: version.known,
                effective: version.from.start(),
                late: version.revises.is_some(),
                old,
                new: (0..4).map(|_| format!("{:016x}", rng.number())).collect(),
                approvals: approvals(&mut rng, created, &acts.delegations),
                registered: true,
                fault: None,
            });
        }
    }
    changes
}

/// One of those who may edit rates at that time.
fn author(rng: &mut Rng, when: Instant) -> String {
    let holders: Vec<usize> =
        AUTHORS.chain(MOVERS.filter(|number| when < moved(*number))).collect();
    user_id(*rng.pick(&holders))
}

/// One approval, or two by different people; who is away is acted for.
fn approvals(rng: &mut Rng, created: Instant, away: &[Delegation]) -> Vec<(String, Instant)> {
    let first = usize::try_from(rng.below(6)).unwrap_or(0);
    let other = first + usize::try_from(rng.between(1, 5)).unwrap_or(1);
    let steps = if rng.below(4) == 0 { 2 } else { 1 };
    let mut decided = created;
    let mut decide = |place: usize| {
        decided = decided.plus(DAY + rng.between(0, 5) * HOUR);
        let approver = user_id(one_of(&APPROVERS, place));
        let for_them =
            |d: &&Delegation| d.principal == approver && d.from <= decided && decided < d.to;
        let deputy = away.iter().find(for_them).map(|d| d.deputy.clone());
        (deputy.unwrap_or(approver), decided)
    };
    [first, other].into_iter().take(steps).map(&mut decide).collect()
}

/// A role that somebody holds for a short time.
pub(super) fn passing(user: &str, role: &'static str, from: Instant, days: i64) -> Grant {
    let to = Some(from.plus(days * DAY));
    Grant { user: user.to_owned(), role, scope: super::grants::GROUP, from, to }
}

/// The datasets `change` and `approval`.
pub(super) fn tables(world: &World, changes: &[Change]) -> [Table; 2] {
    let (mut rows, mut approved) = (Vec::new(), Vec::new());
    for change in changes.iter().filter(|c| c.registered) {
        rows.push(vec![
            cell(change.id()),
            cell("rate"),
            cell(change.artefact(world)),
            maybe(change.old.as_ref()),
            cell(&change.new),
            cell(&change.author),
            cell(change.created),
            cell(&change.deployer),
            cell(change.deployed),
            cell(change.effective),
            cell(change.late && change.fault != Some(Class::RetroactiveEdit)),
            None,
        ]);
        let steps = change.approvals.iter().zip(["owner", "board"]);
        let steps = steps.map(|((approver, decided), role)| (approver.clone(), *decided, role));
        for (step, (approver, decided, role)) in (1..).zip(steps.chain(change.review())) {
            approved.push(vec![
                cell(change.id()),
                cell(step),
                cell(approver),
                cell(role),
                cell("approved"),
                cell(decided),
                cell(format!("minutes of {}", decided.date())),
            ]);
        }
    }
    [header::CHANGE.table(rows), header::APPROVAL.table(approved)]
}
