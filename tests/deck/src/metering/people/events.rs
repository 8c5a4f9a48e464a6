//! What happened: prices edited and deployed, roles granted and revoked, bills, invoices and reports
//! read in the portal, break-glass accounts used, disputes opened and decided.

use super::super::World;
use super::super::fault::Class;
use super::super::group::{
    Centre, ENTITIES, MONTHS, PROVIDERS, centres, entity_of, first_day, invoice_day, owner, period,
};
use super::super::invoice;
use super::grants::{granted_by, request_id};
use super::staff::{tenant, ticket_id, user_id};
use super::{Acts, Deed};
use crate::calendar::{HOUR, Instant, MINUTE};
use crate::rng::{Rng, at};

/// An event of the log.
pub(super) struct Event {
    pub(super) at: Instant,
    pub(super) actor: String,
    pub(super) action: &'static str,
    pub(super) object: Object,
    /// What there was before, and after.
    pub(super) hashes: [Option<String>; 2],
    pub(super) change: Option<String>,
    pub(super) ticket: Option<String>,
    pub(super) fault: Option<Class>,
}

/// What it was done to.
#[derive(Clone)]
pub(super) enum Object {
    /// A cost centre's bill of a month.
    Bill(usize, i64),
    /// An invoice: provider, buyer, month.
    Invoice(usize, usize, i64),
    /// A tenant's report of a month.
    Report(usize, i64),
    /// Type and id of something that is no tenant's.
    Other(&'static str, String),
}

impl Object {
    /// Type and id.
    pub(super) fn name(&self) -> (&'static str, String) {
        match self {
            Self::Bill(centre, month) => {
                ("bill", format!("{}/{}", Centre::at(*centre).id(), period(*month)))
            }
            Self::Invoice(provider, buyer, month) => {
                ("invoice", invoice::number(*provider, *buyer, *month).unwrap_or_default())
            }
            Self::Report(entity, month) => {
                ("tenant-report", format!("{}/{}", tenant(*entity), period(*month)))
            }
            Self::Other(kind, id) => (kind, id.clone()),
        }
    }

    /// The tenant whose data it is.
    pub(super) fn tenant(&self) -> Option<String> {
        match self {
            Self::Bill(centre, month) => Some(tenant(entity_of(*centre, *month))),
            Self::Invoice(_, buyer, _) => Some(tenant(*buyer)),
            Self::Report(entity, _) => Some(tenant(*entity)),
            Self::Other(..) => None,
        }
    }
}

/// An event without more.
fn event(at: Instant, actor: String, action: &'static str, object: Object) -> Event {
    let (hashes, change, ticket, fault) = ([None, None], None, None, None);
    Event { at, actor, action, object, hashes, change, ticket, fault }
}

/// All events, by time.
pub(super) fn draw(world: &World, acts: &Acts, deeds: &[Deed]) -> Vec<Event> {
    let mut events = portal(world.seed);
    events.extend(deeds.iter().map(of_deed));
    events.extend(of_changes(world, acts));
    events.extend(of_grants(acts));
    events.extend(of_break_glass(world.seed, acts));
    events.retain(|event| event.at >= first_day(0).start());
    events.sort_by_key(|event| event.at);
    events
}

fn of_changes(world: &World, acts: &Acts) -> Vec<Event> {
    let mut events = Vec::new();
    for change in &acts.changes {
        let [(_, service), (_, version)] = change.plan_key(world);
        let object = Object::Other("price-plan", format!("{service}/{version}"));
        let with = |at, actor: &String, action| Event {
            hashes: [change.old.clone(), Some(change.new.clone())],
            change: change.registered.then(|| change.id()),
            ..event(at, actor.clone(), action, object.clone())
        };
        let fault = change.fault.filter(|f| *f == Class::EditAfterRevocation);
        events.push(Event { fault, ..with(change.created, &change.author, "rate.edit") });
        events.push(with(change.deployed, &change.deployer, "rate.deploy"));
    }
    events
}

fn of_deed(deed: &Deed) -> Event {
    let (kind, id) = &deed.object;
    Event {
        hashes: deed.hashes.clone(),
        change: deed.change.clone(),
        ticket: deed.ticket.clone(),
        ..event(deed.at, deed.actor.clone(), deed.action, Object::Other(kind, id.clone()))
    }
}

fn of_grants(acts: &Acts) -> Vec<Event> {
    let mut events = Vec::new();
    for (place, grant) in acts.grants.iter().enumerate() {
        let object = Object::Other("role-grant", request_id(place));
        let by = granted_by(place);
        events.push(event(grant.from, by.clone(), "access.grant", object.clone()));
        events.extend(grant.to.map(|to| event(to, by, "access.revoke", object)));
    }
    events
}

fn of_break_glass(seed: u64, acts: &Acts) -> Vec<Event> {
    let mut rng = Rng::stream(seed, "metering break-glass use");
    let mut events = Vec::new();
    for (place, checkout) in acts.checkouts.iter().enumerate() {
        let at = checkout.from.plus(rng.between(1, 15) * MINUTE);
        let object = Object::Other("system", "rating-engine".to_owned());
        let used = event(at, checkout.account.to_owned(), "break-glass.use", object);
        if checkout.logged {
            events.push(Event { ticket: Some(ticket_id(place)), ..used });
        }
    }
    events
}

/// Who owned one of the entity's cost centres both in the month and in the next one's beginning.
fn owners(entity: usize, month: i64) -> Vec<(usize, usize)> {
    let held = |centre: &usize| {
        entity_of(*centre, month) == entity && entity_of(*centre, month + 1) == entity
    };
    let all = (0..centres().len()).filter(held);
    all.filter_map(|centre| Some((centre, owner(centre, month + 1)?))).collect()
}

/// The cost centres of the entity that get a bill for the month.
pub(super) fn billed(entity: usize, month: i64) -> Vec<usize> {
    let charged: Vec<usize> = PROVIDERS.iter().flat_map(|p| p.charged(month)).collect();
    let own = |centre: &usize| entity_of(*centre, month) == entity && charged.contains(centre);
    (0..centres().len()).filter(own).collect()
}

/// What the owners of cost centres read of a month in the days after its run.
fn portal(seed: u64) -> Vec<Event> {
    let mut rng = Rng::stream(seed, "metering portal");
    let mut events = Vec::new();
    for month in 0..MONTHS {
        let mut read = |user: usize, action, object| {
            let day = invoice_day(month).plus_days(rng.between(0, 14)).start();
            let at = day.plus(rng.between(7, 18) * HOUR + rng.between(0, 3_599));
            events.push(event(at, user_id(user), action, object));
        };
        for entity in 0..ENTITIES.len() {
            let owners = owners(entity, month);
            let bills = billed(entity, month);
            for (centre, user) in owners.iter().filter(|(centre, _)| bills.contains(centre)) {
                read(*user, "bill.open", Object::Bill(*centre, month));
            }
            let turn = usize::try_from(month).unwrap_or(0);
            let (_, user) = *at(&owners, turn);
            read(user, "report.read", Object::Report(entity, month));
            for provider in 0..PROVIDERS.len() {
                if invoice::number(provider, entity, month).is_some() {
                    let (_, user) = *at(&owners, turn + provider);
                    read(user, "invoice.read", Object::Invoice(provider, entity, month));
                }
            }
        }
    }
    events
}
