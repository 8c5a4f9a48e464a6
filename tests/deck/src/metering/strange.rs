//! Faults of usage that is billed as it was metered, or not at all: a spike, a resource that nobody knows,
//! the offset of another day, another unit.

use super::columns::batch_id;
use super::fault::Class;
use super::meter::{Reading, Usage};
use super::pricing::Rated;
use super::resource::{Resource, Slot};
use super::summary::batch_kind;
use super::truth::Planted;
use super::unit::{Draft, Unit};
use crate::calendar::{Date, Instant};
use crate::rng::at;
use std::collections::BTreeSet;

/// What a day of a spike reads is so many times what it was.
pub(crate) const SPIKE: i128 = 9;

/// The first instant of the day of a spike, and of the day after: the middle one of the month.
pub(crate) fn spike_of(resource: &Resource, slots: &[Slot]) -> (Instant, Instant) {
    let middle = at(slots, slots.len() / 2).start;
    // No zone is more than a day from UTC.
    let mut days = (-1..=1).map(|days| middle.date().plus_days(days));
    let holds = |day: &Date| resource.zone.start_of(*day) <= middle;
    let day = days.rfind(holds).unwrap_or_else(|| middle.date());
    (resource.zone.start_of(day), resource.zone.start_of(day.plus_days(1)))
}

/// The first interval after a change of the clock.
pub(crate) fn change_of_clock(slots: &[Slot]) -> Option<usize> {
    let changes = |pair: &[Slot]| matches!(pair, [a, b] if a.offset != b.offset);
    slots.windows(2).position(changes).map(|place| place + 1)
}

impl Draft<'_> {
    /// A day at nine times what it was, charged as it was metered.
    pub(super) fn spike(&mut self, known: i128, right: Rated) {
        let (from, to) = spike_of(self.unit.resource, &self.unit.slots);
        let inside = |place: usize| {
            let start = at(&self.unit.slots, place).start;
            from <= start && start < to
        };
        let counted = self.readings.iter().enumerate().filter(|(place, _)| inside(*place));
        let counted: i128 = counted.map(|(_, reading)| Reading::counted(reading)).sum();
        let usual = self.rated(known - counted / SPIKE * (SPIKE - 1));
        let amount = self.money(right.amount.minus(usual.amount));
        let usage = self.ids(|u| inside(u.place));
        let key = [("resource_id", self.unit.resource.id()), ("interval_start", from.to_string())];
        self.unit.facts.push(Planted::of(Class::UsageSpike, &key, amount).in_usage(usage));
    }

    /// Usage of a resource that isn't in the register, which nobody can be charged for.
    pub(super) fn unknown(&mut self) {
        self.unit.charges.clear();
        self.unit.known = 0;
        self.unit.unknown = true;
        let start = self.unit.start().to_string();
        let key = [("resource_id", self.unit.metered_as()), ("period_start", start)];
        let fact = Planted::of(Class::ResourceUnknown, &key, None).in_usage(self.ids(|_| true));
        self.unit.facts.push(fact.also("LN-04", "usage", &key));
        self.unit.facts.push(fact);
    }

    /// After a change of the clock the day's intervals bear the offset of the day before.
    pub(super) fn offset(&mut self) {
        let Some(first) = change_of_clock(&self.unit.slots) else { return };
        let before = at(&self.unit.slots, first - 1).offset;
        let begins = at(&self.unit.slots, first).start;
        let zone = self.unit.resource.zone;
        let next = (0..3).map(|days| zone.start_of(begins.date().plus_days(days)));
        let Some(ends) = next.filter(|start| *start > begins).min() else { return };
        let wrong = |start| begins <= start && start < ends;
        for slot in self.unit.slots.iter_mut().filter(|slot| wrong(slot.start)) {
            slot.offset = before;
        }
        let usage = self.ids(|u| wrong(at(&self.unit.slots, u.place).start));
        let key =
            [("resource_id", self.unit.resource.id()), ("interval_start", begins.to_string())];
        let fact = Planted::of(Class::OffsetOfAnotherDay, &key, None);
        self.unit.facts.push(fact.in_usage(usage));
    }

    /// The month's usage names another unit than the feed's contract, with the quantities of the right one.
    pub(super) fn drift(&mut self) {
        const OTHER: &str = "GiB-Hours";
        self.unit.other_unit = Some(OTHER);
        let batch = |u: &Usage| batch_id(u.agent, batch_kind(u.kind, u.late), self.unit.month);
        let batches: BTreeSet<String> = self.unit.usage.iter().map(batch).collect();
        let mut facts = Vec::new();
        for id in batches {
            let usage = self.ids(|u| batch(u) == id);
            let key = [("batch_id", id), ("unit", OTHER.to_owned())];
            let fact = Planted::of(Class::UnitDrift, &key, None).in_usage(usage);
            facts.push(Planted { consequential: !facts.is_empty(), ..fact });
        }
        self.unit.facts.extend(facts);
    }
}

impl Unit<'_> {
    /// The resource that usage names.
    pub(crate) fn metered_as(&self) -> String {
        if self.unknown {
            return format!("X-{:06}", self.resource.number);
        }
        self.resource.id()
    }

    /// The unit that usage names.
    pub(crate) fn metered_in(&self) -> &'static str {
        self.other_unit.unwrap_or_else(|| self.service.unit())
    }
}
