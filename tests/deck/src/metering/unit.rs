//! A resource's month: its usage, the charges that come of it, and the fault that it may carry. It is
//! a function of the seed and its number, so that any can be made alone.

use super::World;
use super::catalogue::{Service, Version};
use super::fault::Class;
use super::group::{Centre, MONTHS, cut_off, entity_of, first_day};
use super::meter::{Features, Kind, Reading, Usage, readings, rows};
use super::pricing::{QUANTITY_SCALE, Rated, Tier, Twist, rate};
use super::resource::{Resource, Slot, Window};
use super::strange::change_of_clock;
use super::truth::Planted;
use crate::calendar::Instant;
use crate::money::Dec;
use crate::rng::at;

/// A charge.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    /// What its id has after the resource and the month.
    pub(crate) suffix: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) quantity: i128,
    pub(crate) rated: Rated,
    /// The month of its billing run.
    pub(crate) run: i64,
}

/// A resource's month.
pub(crate) struct Unit<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) service: &'a Service,
    pub(crate) month: i64,
    pub(crate) window: Window,
    pub(crate) version: &'a Version,
    pub(crate) centre: usize,
    pub(crate) slots: Vec<Slot>,
    pub(crate) usage: Vec<Usage>,
    pub(crate) charges: Vec<Charge>,
    /// What usage counts that had come in before the cut-off.
    pub(crate) known: i128,
    /// By how much charges are off the contract's price, where the rate is.
    pub(crate) off_contract: Dec,
    /// How many of the charges cost something else by the prices known now, and by how much more they
    /// were.
    pub(crate) retroactive: (u64, Dec),
    /// Whether usage names a resource that isn't registered.
    pub(crate) unknown: bool,
    /// The unit that usage names in the place of the service's.
    pub(crate) other_unit: Option<&'static str>,
    pub(crate) facts: Vec<Planted>,
}

/// The month of that number, if the resource lives in it.
pub(crate) fn unit(world: &World, number: u64, fault: Option<Class>) -> Option<Unit<'_>> {
    let mut made = Draft::new(world, number, fault)?;
    made.bill();
    Some(made.unit)
}

/// Whether the month could carry the fault.
pub(crate) fn fits(world: &World, number: u64, class: Class) -> bool {
    let (resource, month) = world.place(number);
    let service = at(&world.services, resource.service);
    resource.window(month).is_some_and(|window| {
        let slots = resource.slots(window);
        let features = Features::draw(world.seed, resource, service, month, slots.len());
        // Usage without a charge says nothing of a period that begins within a month.
        let whole = match class {
            Class::OrphanUsage => window.first == first_day(month),
            Class::ResourceUnknown => window.days.0 == window.days.1,
            Class::OffsetOfAnotherDay => change_of_clock(&slots).is_some(),
            _ => true,
        };
        whole && class.fits(resource, service, &features, month)
    })
}

/// A month as it is made.
pub(super) struct Draft<'a> {
    pub(super) unit: Unit<'a>,
    pub(super) readings: Vec<Reading>,
    pub(super) features: Features,
    fault: Option<Class>,
}

impl<'a> Draft<'a> {
    fn new(world: &'a World, number: u64, fault: Option<Class>) -> Option<Self> {
        let (resource, month) = world.place(number);
        let window = resource.window(month)?;
        let service = at(&world.services, resource.service);
        let slots = resource.slots(window);
        let mut features = Features::draw(world.seed, resource, service, month, slots.len());
        if fault == Some(Class::GapOverMaximum) {
            features = features.with_long_gap();
        }
        let seed = world.seed;
        let readings = readings(seed, resource, service, month, &slots, &features, fault);
        let usage = rows(seed, resource, month, &slots, &readings, &features);
        let start = resource.zone.start_of(window.first);
        let unit = Unit {
            resource,
            service,
            month,
            window,
            version: service.version_known(start, cut_off(month)),
            centre: resource.centre(month),
            slots,
            usage,
            charges: Vec::new(),
            known: readings.iter().filter(|r| !r.late).map(Reading::counted).sum(),
            off_contract: Dec::cents(0),
            retroactive: (0, Dec::cents(0)),
            unknown: false,
            other_unit: None,
            facts: Vec::new(),
        };
        Some(Self { unit, readings, features, fault })
    }

    pub(super) fn rated(&self, quantity: i128) -> Rated {
        rate(
            &self.unit.service.plan,
            &self.unit.version.tiers,
            quantity,
            self.unit.window.days,
            Twist::None,
        )
    }

    /// The charges of the month, and the facts of its fault.
    fn bill(&mut self) {
        let known = self.unit.known;
        let settled: i128 = self.readings.iter().map(Reading::settled).sum();
        let first = self.rated(known);
        self.push("", "original", known, first, 0);
        if self.features.late.is_some() {
            let delta = less(self.rated(settled), first);
            self.push("-L1", "late", settled - known, delta, 1);
        } else if self.features.corrected.is_some() {
            self.push("-R1", "correction", -known, negated(first), 1);
            self.push("-N1", "correction", settled, self.rated(settled), 1);
        }
        if let Some(class) = self.fault {
            self.spoil(class, known, settled);
        }
        self.compare_with_contract();
        self.compare_with_revision();
    }

    fn push(
        &mut self,
        suffix: &'static str,
        reason: &'static str,
        quantity: i128,
        rated: Rated,
        later: i64,
    ) {
        let run = (self.unit.month + later).min(MONTHS - 1);
        self.unit.charges.push(Charge { suffix, reason, quantity, rated, run });
    }

    /// What the charges' quantities cost by these tiers.
    fn by_tiers(&self, tiers: &[Tier]) -> Vec<Dec> {
        let unit = &self.unit;
        let by = |q| rate(&unit.service.plan, tiers, q, unit.window.days, Twist::None).amount;
        let mut before = 0;
        let mut amounts = Vec::new();
        for charge in &unit.charges {
            amounts.push(if charge.reason == "late" {
                by(before + charge.quantity).minus(by(before))
            } else if charge.quantity < 0 {
                by(-charge.quantity).negated()
            } else {
                before = charge.quantity;
                by(charge.quantity)
            });
        }
        amounts
    }

    fn compare_with_contract(&mut self) {
        let Some(tiers) = self.unit.version.by_contract() else { return };
        let right = self.by_tiers(&tiers);
        let off = self.unit.charges.iter().zip(right).map(|(c, r)| c.rated.amount.minus(r));
        self.unit.off_contract = off.fold(Dec::cents(0), Dec::plus);
    }

    /// As known at the run against as known now.
    fn compare_with_revision(&mut self) {
        let Unit { service, version, .. } = self.unit;
        let place = service.versions.iter().position(|v| v.label == version.label);
        let Some(revision) = place.and_then(|p| service.revision_of(p)) else { return };
        let (billed, now) = (self.by_tiers(&version.tiers), self.by_tiers(&revision.tiers));
        for off in billed.into_iter().zip(now).map(|(billed, now)| billed.minus(now)) {
            let (count, sum) = self.unit.retroactive;
            let differs = u64::from(off.parts().0 != 0);
            self.unit.retroactive = (count + differs, sum.plus(off));
        }
    }
}

pub(crate) fn source(agent: bool) -> &'static str {
    if agent { "agent" } else { "provider" }
}

fn less(one: Rated, other: Rated) -> Rated {
    Rated {
        list: one.list.minus(other.list),
        discount: one.discount.minus(other.discount),
        amount: one.amount.minus(other.amount),
    }
}

fn negated(rated: Rated) -> Rated {
    let Rated { list, discount, amount } = rated;
    Rated { list: list.negated(), discount: discount.negated(), amount: amount.negated() }
}

impl Unit<'_> {
    /// The first instant that is charged; by it the version of the price is chosen.
    pub(crate) fn start(&self) -> Instant {
        self.resource.zone.start_of(self.window.first)
    }

    pub(crate) fn end(&self) -> Instant {
        self.resource.zone.start_of(self.window.end)
    }

    pub(crate) fn charge_id(&self, suffix: &str) -> String {
        format!("C{:06}-{:02}{suffix}", self.resource.number, self.month)
    }

    pub(crate) fn meter_id(&self, agent: bool) -> String {
        format!("M{:06}-{}", self.resource.number, if agent { 'A' } else { 'P' })
    }

    pub(crate) fn usage_id(&self, row: &Usage) -> String {
        let kind = match row.kind {
            Kind::Measured => "",
            Kind::Estimated(_) => "e",
            Kind::Corrected => "c",
        };
        self.row_id(row.agent, row.place, kind)
    }

    /// The id of the row that a correction takes the place of.
    pub(crate) fn replaced(&self, row: &Usage) -> Option<String> {
        (row.kind == Kind::Corrected).then(|| self.row_id(row.agent, row.place, ""))
    }

    fn row_id(&self, agent: bool, place: usize, kind: &str) -> String {
        let meter = if agent { 'A' } else { 'P' };
        format!("{meter}{:06}-{:02}-{place:04}{kind}", self.resource.number, self.month)
    }

    /// The ids of the rows that an estimate was computed from.
    pub(crate) fn estimated_from(&self, row: &Usage) -> Option<String> {
        let Kind::Estimated(gap) = row.kind else { return None };
        let a_day = self.resource.slots_a_day();
        let places = match gap.method {
            super::meter::Method::Linear => vec![gap.at - 1, gap.at + gap.length],
            super::meter::Method::SameWeekday => {
                (1..=3).map(|week| row.place - 7 * week * a_day).collect()
            }
        };
        let id = |place: usize| {
            let rows = self.usage.iter().filter(|u| u.place == place && u.kind != Kind::Corrected);
            // The agent's row stands before the provider's.
            rows.map(|u| self.usage_id(u)).next()
        };
        let ids: Vec<String> = places.into_iter().filter_map(id).collect();
        Some(ids.join(" "))
    }

    /// The invoice and line that a charge of a run is on; none within the provider and its VAT group.
    pub(crate) fn invoice(&self, run: i64) -> Option<(String, i64)> {
        let buyer = entity_of(self.centre, run);
        let line = line_number(self.centre, self.service.category);
        let number = super::invoice::number(self.service.provider, buyer, run)?;
        Some((number, line))
    }

    pub(crate) fn centre_id(&self) -> String {
        Centre::at(self.centre).id()
    }
}

/// The number of the invoice line of a cost centre and category.
pub(crate) fn line_number(centre: usize, category: usize) -> i64 {
    i64::try_from(centre * 10 + category + 1).unwrap_or(0)
}

/// A quantity as a number.
pub(crate) fn quantity(units: i128) -> Dec {
    Dec::new(units, QUANTITY_SCALE)
}
