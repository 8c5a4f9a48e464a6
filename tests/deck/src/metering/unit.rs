//! A resource's month: its usage, the charges that come of it, and the fault that it may carry. It is
//! a function of the seed and its number, so that any can be made alone.

use super::World;
use super::catalogue::{Service, Version};
use super::fault::Class;
use super::group::{MONTHS, centres, entity_of};
use super::meter::{Features, Kind, Reading, Usage, readings, rows};
use super::pricing::{QUANTITY_SCALE, Rated, Tier, Twist, rate};
use super::resource::{Resource, Slot, Window};
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
        let slots = resource.slots(window).len();
        let features = Features::draw(world.seed, resource, service, month, slots);
        class.fits(resource, service, &features, month)
    })
}

struct Draft<'a> {
    unit: Unit<'a>,
    readings: Vec<Reading>,
    features: Features,
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
            version: at(&service.versions, service.version_at(start)),
            centre: resource.centre(month),
            slots,
            usage,
            charges: Vec::new(),
            known: readings.iter().filter(|r| !r.late).map(Reading::counted).sum(),
            off_contract: Dec::cents(0),
            facts: Vec::new(),
        };
        Some(Self { unit, readings, features, fault })
    }

    fn rated(&self, quantity: i128) -> Rated {
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

    fn compare_with_contract(&mut self) {
        let Some(tiers) = self.unit.version.by_contract() else { return };
        let unit = &self.unit;
        let by = |tiers: &[Tier], q| {
            rate(&unit.service.plan, tiers, q, unit.window.days, Twist::None).amount
        };
        let (mut sum, mut before) = (Dec::cents(0), 0);
        for charge in &unit.charges {
            let right = if charge.reason == "late" {
                by(&tiers, before + charge.quantity).minus(by(&tiers, before))
            } else if charge.quantity < 0 {
                by(&tiers, -charge.quantity).negated()
            } else {
                before = charge.quantity;
                by(&tiers, charge.quantity)
            };
            sum = sum.plus(charge.rated.amount.minus(right));
        }
        self.unit.off_contract = sum;
    }

    /// Replaces the original charge, and gives by how much it is off.
    fn replace(&mut self, quantity: i128, rated: Rated, right: Rated) -> Dec {
        if let Some(charge) = self.unit.charges.first_mut() {
            charge.quantity = quantity;
            charge.rated = rated;
        }
        rated.amount.minus(right.amount)
    }

    fn spoil(&mut self, class: Class, known: i128, settled: i128) {
        let right = self.rated(known);
        let counted =
            |sum: &dyn Fn(&Reading) -> i128| -> i128 { self.readings.iter().map(sum).sum() };
        let estimated = counted(&|r| r.estimate.unwrap_or(0));
        match class {
            Class::WrongVersion => self.wrong_version(known, right),
            Class::DuplicateExact => self.duplicate(known, right),
            Class::DuplicateOverlap => self.overlap(known, right),
            Class::LateUnbilled => {
                self.unit.charges.truncate(1);
                let amount = right.amount.minus(self.rated(settled).amount);
                let late = self.ids(|u| u.late);
                self.charge_fact(class, "", amount, late);
            }
            Class::OrphanUsage => {
                self.unit.charges.clear();
                self.month_fact(class, right.amount.negated());
            }
            Class::GhostCharge => {
                self.unit.usage.clear();
                self.unit.known = 0;
                self.charge_fact(class, "", right.amount, Vec::new());
            }
            Class::EstimateOff => {
                let sum = estimated - self.formula();
                let amount = right.amount.minus(self.rated(known - sum).amount);
                self.usage_fact(class, amount);
            }
            Class::GapOverMaximum => {
                let amount = right.amount.minus(self.rated(known - estimated).amount);
                self.usage_fact(class, amount);
            }
            Class::GapNotEstimated => {
                let amount = right.amount.minus(self.rated(known + self.formula()).amount);
                self.gap_fact(class, amount);
            }
            Class::CorrectionNotNetted => {
                self.unit.charges.retain(|c| c.suffix != "-R1");
                self.charge_fact(class, "-N1", right.amount, Vec::new());
            }
            _ => {
                let plan = &self.unit.service.plan;
                let tiers = &self.unit.version.tiers;
                let wrong = rate(plan, tiers, known, self.unit.window.days, class.twist());
                let amount = self.replace(known, wrong, right);
                self.charge_fact(class, "", amount, Vec::new());
            }
        }
    }

    fn wrong_version(&mut self, known: i128, right: Rated) {
        let service = self.unit.service;
        let place = service.versions.iter().position(|v| v.label == self.unit.version.label);
        let other = place.and_then(|p| service.neighbour(p)).and_then(|p| service.versions.get(p));
        let Some(other) = other else { return };
        let wrong = rate(&service.plan, &other.tiers, known, self.unit.window.days, Twist::None);
        let amount = self.replace(known, wrong, right);
        self.charge_fact(Class::WrongVersion, "", amount, Vec::new());
    }

    /// A row in the middle of the month comes twice, and is billed twice.
    fn duplicate(&mut self, known: i128, right: Rated) {
        let middle = self.unit.slots.len() / 2;
        let fits = |u: &Usage| u.place >= middle && u.kind == Kind::Measured && !u.late;
        let of_counted =
            |u: &Usage| self.readings.get(u.place).is_some_and(|r| r.agent.is_some() == u.agent);
        let Some(place) = self.unit.usage.iter().position(|u| fits(u) && of_counted(u)) else {
            return;
        };
        let row = *at(&self.unit.usage, place);
        let again = Usage { ingest: row.ingest.plus(90), ..row };
        self.unit.usage.insert(place + 1, again);
        let quantity = known + row.quantity;
        let amount = self.replace(quantity, self.rated(quantity), right);
        let (source, id) = (source(row.agent), self.unit.usage_id(&row));
        let key = [("source_system", source.to_owned()), ("usage_id", id.clone())];
        let fact = Planted::of(Class::DuplicateExact, &key, self.money(amount)).in_usage(vec![id]);
        self.unit.facts.push(fact.also(
            "LN-02",
            "charge",
            &[("charge_id", self.unit.charge_id(""))],
        ));
        self.unit.facts.push(fact);
    }

    /// A day of the provider's readings is billed beside the agent's.
    fn overlap(&mut self, known: i128, right: Rated) {
        let from = self.unit.slots.len() / 5;
        let length = if self.unit.resource.fine { self.unit.resource.slots_a_day() } else { 3 };
        let span = from..from + length;
        let twice = |u: &&Usage| {
            let both = self.readings.get(u.place).is_some_and(|r| r.agent.is_some());
            span.contains(&u.place) && !u.agent && both && u.kind == Kind::Measured
        };
        let extra: i128 = self.unit.usage.iter().filter(twice).map(|u| u.quantity).sum();
        let ids = self.unit.usage.iter().filter(twice).map(|u| self.unit.usage_id(u)).collect();
        let quantity = known + extra;
        let amount = self.replace(quantity, self.rated(quantity), right);
        self.charge_fact(Class::DuplicateOverlap, "", amount, ids);
        if let Some(fact) = self.unit.facts.last().cloned() {
            let key = [("charge_id", self.unit.charge_id(""))];
            self.unit.facts.push(fact.also("LN-02", "charge", &key));
        }
    }

    /// The formula's values for the gap.
    fn formula(&self) -> i128 {
        let Some(gap) = self.features.gap else { return 0 };
        let a_day = self.unit.resource.slots_a_day();
        let places = gap.at..gap.at + gap.length;
        places.map(|p| super::meter::formula(&self.readings, gap, p, a_day)).sum()
    }

    fn money(&self, amount: Dec) -> Option<(Dec, &'static str)> {
        Some((amount, self.unit.service.currency()))
    }

    fn ids(&self, of: impl Fn(&Usage) -> bool) -> Vec<String> {
        self.unit.usage.iter().filter(|u| of(u)).map(|u| self.unit.usage_id(u)).collect()
    }

    fn charge_fact(&mut self, class: Class, suffix: &str, amount: Dec, usage: Vec<String>) {
        let key = [("charge_id", self.unit.charge_id(suffix))];
        let fact = Planted::of(class, &key, self.money(amount)).in_usage(usage);
        self.unit.facts.push(fact);
    }

    fn month_fact(&mut self, class: Class, amount: Dec) {
        let start = self.unit.start().to_string();
        let key = [("resource_id", self.unit.resource.id()), ("interval_start", start)];
        let usage = self.ids(|_| true);
        let fact = Planted::of(class, &key, self.money(amount)).in_usage(usage);
        self.unit.facts.push(fact);
    }

    /// A fact about the estimated rows; its key is the first.
    fn usage_fact(&mut self, class: Class, amount: Dec) {
        let ids = self.ids(|u| matches!(u.kind, Kind::Estimated(_)));
        let source = source(self.unit.resource.meters.agent());
        let first = ids.first().cloned().unwrap_or_default();
        let key = [("source_system", source.to_owned()), ("usage_id", first)];
        let fact = Planted::of(class, &key, self.money(amount)).in_usage(ids);
        self.unit.facts.push(fact);
    }

    fn gap_fact(&mut self, class: Class, amount: Dec) {
        let place = self.features.gap.map_or(0, |g| g.at);
        let begins = at(&self.unit.slots, place).start.to_string();
        let meter = self.unit.meter_id(self.unit.resource.meters.agent());
        let key = [
            ("meter_id", meter),
            ("resource_id", self.unit.resource.id()),
            ("interval_start", begins),
        ];
        let fact = Planted::of(class, &key, self.money(amount));
        self.unit.facts.push(fact);
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
        at(&centres(), self.centre).id()
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
