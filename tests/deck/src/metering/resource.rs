//! What is metered: resources, who owns them when, and their months.

use super::catalogue::SERVICES;
use super::group::{Centre, MONTHS, PROVIDERS, first_day, successor};
use super::zone::{ZONES, Zone};
use crate::calendar::{Date, Instant, MINUTE};
use crate::rng::{Rng, at};

/// Which meters a resource has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meters {
    Both,
    Agent,
    Provider,
}

impl Meters {
    pub(crate) fn agent(self) -> bool {
        self != Self::Provider
    }

    pub(crate) fn provider(self) -> bool {
        self != Self::Agent
    }

    fn count(self) -> u64 {
        if self == Self::Both { 2 } else { 1 }
    }
}

/// A resource.
pub(crate) struct Resource {
    pub(crate) number: u64,
    pub(crate) service: usize,
    pub(crate) zone: &'static Zone,
    /// Whether it is read by the hour or half hour; else by the civil day.
    pub(crate) fine: bool,
    pub(crate) meters: Meters,
    /// Its owner, and from which month another one.
    centre: usize,
    then: Option<(i64, usize)>,
    pub(crate) from: Date,
    pub(crate) to: Option<Date>,
    /// What it uses in an hour, in 10^-4.
    pub(crate) hourly: i64,
}

/// The part of a month that a resource lives in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) first: Date,
    pub(crate) end: Date,
    /// Civil days of the part, and of the month.
    pub(crate) days: (i64, i64),
}

/// A metered interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) offset: i64,
}

impl Resource {
    pub(crate) fn draw(seed: u64, number: u64) -> Self {
        let mut rng = Rng::indexed(Rng::stream(seed, "metering resource").number(), number);
        let place = usize::try_from(number).unwrap_or(0);
        // Seven ways of pricing follow one another, so that a small world has all.
        let rows = u64::try_from(SERVICES / 7).unwrap_or(1);
        let service = usize::try_from(rng.below(rows)).unwrap_or(0) * 7 + place % 7;
        let provider = at(PROVIDERS, usize::from(service % 4 == 3));
        let owners: Vec<usize> = provider
            .charged(0)
            .into_iter()
            .chain(provider.pooled())
            .chain(provider.pooled())
            .collect();
        let owner = |rng: &mut Rng| *rng.pick(&owners);
        let centre = owner(&mut rng);
        let then = (number % 9 == 4).then(|| (rng.between(3, MONTHS - 3), owner(&mut rng)));
        let day = |rng: &mut Rng, low, high| {
            let month = first_day(rng.between(low, high));
            month.plus_days(rng.between(1, 26))
        };
        // What has a flat price comes and goes, so that there are parts of months to charge.
        let flat = place % 7 == 5;
        let from = if flat || number % 8 == 3 { day(&mut rng, 1, 9) } else { first_day(0) };
        let to = (flat || number % 12 == 1).then(|| day(&mut rng, 11, 22));
        Self {
            number,
            service,
            zone: at(ZONES, (place % 10).min(ZONES.len() - 1)),
            fine: (number / 10 + number).is_multiple_of(5),
            meters: match number % 5 {
                3 => Meters::Agent,
                4 => Meters::Provider,
                _ => Meters::Both,
            },
            centre,
            then,
            from,
            to,
            hourly: rng.between(1, 24) * 10_000 + rng.between(0, 9_999),
        }
    }

    pub(crate) fn id(&self) -> String {
        format!("R-{:06}", self.number)
    }

    /// The cost centre that owns it in the month.
    pub(crate) fn centre(&self, month: i64) -> usize {
        let owner = match self.then {
            Some((from, owner)) if month >= from => owner,
            _ => self.centre,
        };
        successor(owner, month)
    }

    /// Its owners: from which day, until which, whom.
    pub(crate) fn owners(&self) -> Vec<(Date, Option<Date>, usize)> {
        let end = self.to.unwrap_or_else(|| first_day(MONTHS));
        let mut found: Vec<(Date, Option<Date>, usize)> = Vec::new();
        for month in 0..MONTHS {
            let (from, owner) = (first_day(month).max(self.from), self.centre(month));
            let lives = from < first_day(month + 1) && from < end;
            if !lives || found.last().is_some_and(|(_, _, last)| *last == owner) {
                continue;
            }
            if let Some(last) = found.last_mut() {
                last.1 = Some(from);
            }
            found.push((from, None, owner));
        }
        if let Some(last) = found.last_mut() {
            last.1 = self.to;
        }
        found
    }

    /// The part of the month that it lives in, if any.
    pub(crate) fn window(&self, month: i64) -> Option<Window> {
        let (first, end) = (first_day(month), first_day(month + 1));
        let all = end.days() - first.days();
        let first = first.max(self.from);
        let end = self.to.map_or(end, |to| end.min(to));
        let days = end.days() - first.days();
        (days > 0).then_some(Window { first, end, days: (days, all) })
    }

    /// How many intervals a day of 24 hours has.
    pub(crate) fn slots_a_day(&self) -> usize {
        match (self.fine, self.zone.step) {
            (true, 30) => 48,
            (true, _) => 24,
            (false, _) => 1,
        }
    }

    /// How many rows its meters write in the month, faults and corrections aside.
    pub(crate) fn rows(&self, month: i64) -> u64 {
        let days = self.window(month).map_or(0, |w| w.days.0);
        let days = usize::try_from(days).unwrap_or(0);
        u64::try_from(days * self.slots_a_day()).unwrap_or(0) * self.meters.count()
    }

    /// The intervals of a part of a month. Days follow the zone, hours follow UTC.
    pub(crate) fn slots(&self, window: Window) -> Vec<Slot> {
        let slot = |start, end| Slot { start, end, offset: self.zone.offset_at(start) };
        let mut slots = Vec::new();
        if self.fine {
            let (mut start, end) =
                (self.zone.start_of(window.first), self.zone.start_of(window.end));
            while start < end {
                let next = start.plus(self.zone.step * MINUTE);
                slots.push(slot(start, next));
                start = next;
            }
        } else {
            let mut day = window.first;
            while day < window.end {
                let next = day.plus_days(1);
                slots.push(slot(self.zone.start_of(day), self.zone.start_of(next)));
                day = next;
            }
        }
        slots
    }

    /// The account that the provider keeps it in.
    pub(crate) fn account(&self) -> String {
        let centre = Centre::at(self.centre).id();
        format!("SA-{}", centre.trim_start_matches("CC-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_tile_the_month() {
        for number in 0..60 {
            let resource = Resource::draw(5, number);
            for month in 0..MONTHS {
                let Some(window) = resource.window(month) else { continue };
                let slots = resource.slots(window);
                assert!(slots.windows(2).all(|pair| pair[0].end == pair[1].start));
                let begins = resource.zone.start_of(window.first);
                assert_eq!(slots[0].start, begins);
                assert_eq!(slots.last().unwrap().end, resource.zone.start_of(window.end));
            }
        }
    }

    #[test]
    fn somebody_owns_a_resource_all_its_life() {
        for number in 0..200 {
            let resource = Resource::draw(5, number);
            let owners = resource.owners();
            assert_eq!(owners[0].0, resource.from);
            assert_eq!(owners.last().unwrap().1, resource.to);
            assert!(owners.windows(2).all(|pair| pair[0].1 == Some(pair[1].0)));
        }
    }
}
