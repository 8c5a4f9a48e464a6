//! The log: events in a sequence without gaps, each bound to the one before by its hash.

use super::super::World;
use super::super::fault::Class;
use super::super::group::{ENTITIES, entity_of, owner};
use super::super::invoice;
use super::super::plan::Plan;
use super::super::truth::Planted;
use super::events::{Event, Object, billed, draw};
use super::staff::user_id;
use super::{Acts, Deed};
use crate::csv::{Cell, Format, Table, cell, maybe};
use crate::rng::Rng;
use sha2::{Digest, Sha256};

/// The dataset `activity`, with the faults of the log.
///
/// # Errors
/// When no event fits a fault; the text names it.
pub(super) fn table(
    world: &World,
    (acts, deeds): (&Acts, &[Deed]),
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let mut events = draw(world, acts, deeds);
    foreign_reads(world.seed, plan, &mut events)?;
    let places: Vec<usize> = (0..events.len()).collect();
    let report = |n: usize| {
        let harmless = |e: &Event| matches!(e.object, Object::Report(..)) && e.fault.is_none();
        events.get(n).is_some_and(harmless)
    };
    // A row beside a deleted one stays, so that each gap is of one row.
    let fits = |n: &usize| n % 2 == 1 && n + 1 < places.len() && report(*n);
    let deleted = plan.choose(world.seed, Class::LogRowDeleted, &places, fits)?;
    let mut rows = chained(world.seed, &events);
    for (place, event) in events.iter().enumerate() {
        let key = [("event_id", event_id(place))];
        let after_gap = place.checked_sub(1).is_some_and(|before| deleted.contains(&before));
        let gap = after_gap.then_some(Class::LogRowDeleted);
        let found = [event.fault, gap].into_iter().flatten();
        facts.extend(found.map(|class| Planted::of(class, &key, None)));
    }
    let mut place = 0..;
    rows.retain(|_| place.next().is_none_or(|place| !deleted.contains(&place)));
    Ok(Table {
        role: "activity",
        format: Format::Csv,
        columns: &[
            "event_id",
            "sequence_no",
            "ts",
            "actor",
            "action",
            "object_type",
            "object_id",
            "tenant_id",
            "before_hash",
            "after_hash",
            "ip",
            "session",
            "change_id",
            "ticket_ref",
            "prev_event_hash",
        ],
        money: &[],
        rows,
    })
}

fn event_id(place: usize) -> String {
    format!("EV-{:06}", place + 1)
}

/// Lets owners of cost centres read what is another tenant's, or another unit's of their own tenant.
fn foreign_reads(seed: u64, plan: &Plan, events: &mut [Event]) -> Result<(), String> {
    for class in [Class::TenantReadForeign, Class::BillOfAnotherUnit] {
        let foreign = |event: &Event| match (class, &event.object) {
            (Class::TenantReadForeign, object) => of_another_tenant(object),
            (_, object) => of_another_unit(&event.actor, object),
        };
        for place in plan.choose(seed, class, events, |e| foreign(e).is_some())? {
            let Some(event) = events.get_mut(place) else { continue };
            if let Some(object) = foreign(event) {
                (event.object, event.fault) = (object, Some(class));
            }
        }
    }
    Ok(())
}

/// The invoice of the provider and month to the next tenant.
fn of_another_tenant(object: &Object) -> Option<Object> {
    let Object::Invoice(provider, buyer, month) = *object else { return None };
    let next = (1..ENTITIES.len()).map(|step| (buyer + step) % ENTITIES.len());
    let mut invoiced = next.filter(|other| invoice::number(provider, *other, month).is_some());
    Some(Object::Invoice(provider, invoiced.next()?, month))
}

/// The month's bill of a cost centre of the same entity that isn't the actor's.
fn of_another_unit(actor: &str, object: &Object) -> Option<Object> {
    let Object::Bill(centre, month) = *object else { return None };
    let others = billed(entity_of(centre, month), month).into_iter();
    let mut others = others.filter(|other| {
        let theirs = owner(*other, month + 1).map(user_id);
        *other != centre && theirs.is_some_and(|user| user != actor)
    });
    Some(Object::Bill(others.next()?, month))
}

/// The rows. A row's hash is SHA-256 over its fields as they are written, joined by `|`.
fn chained(seed: u64, events: &[Event]) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut before: Option<String> = None;
    for (place, event) in events.iter().enumerate() {
        let row = fields(seed, place, event, before.take());
        let text: Vec<&str> = row.iter().map(|field| field.as_deref().unwrap_or("")).collect();
        let digest = Sha256::digest(text.join("|"));
        before = Some(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        rows.push(row);
    }
    rows
}

fn fields(seed: u64, place: usize, event: &Event, before: Option<String>) -> Vec<Cell> {
    let mut desk = Rng::stream(seed, &format!("metering desk {}", event.actor));
    let session = Rng::stream(seed, &format!("{} {}", event.actor, event.at.date())).number();
    let (kind, id) = event.object.name();
    let [old, new] = &event.hashes;
    vec![
        cell(event_id(place)),
        cell(place + 1),
        cell(event.at),
        cell(&event.actor),
        cell(event.action),
        cell(kind),
        cell(id),
        maybe(event.object.tenant()),
        maybe(old.as_ref()),
        maybe(new.as_ref()),
        cell(format!("10.20.{}.{}", desk.below(250), desk.below(250))),
        cell(format!("{session:016x}")),
        maybe(event.change.as_ref()),
        maybe(event.ticket.as_ref()),
        before,
    ]
}
