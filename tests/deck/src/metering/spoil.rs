//! The faults of a resource's month: what each does to usage and charges, and the facts of it.

use super::fault::Class;
use super::meter::{Kind, Reading, Usage, formula};
use super::pricing::{Rated, Twist, rate};
use super::truth::Planted;
use super::unit::{Draft, source};
use crate::money::Dec;
use crate::rng::at;

impl Draft<'_> {
    /// Replaces the original charge, and gives by how much it is off.
    fn replace(&mut self, quantity: i128, rated: Rated, right: Rated) -> Dec {
        if let Some(charge) = self.unit.charges.first_mut() {
            charge.quantity = quantity;
            charge.rated = rated;
        }
        rated.amount.minus(right.amount)
    }

    /// Plants the fault. `known` is what usage counts at the cut-off, `settled` what it counts in the
    /// end.
    pub(super) fn spoil(&mut self, class: Class, known: i128, settled: i128) {
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
        places.map(|p| formula(&self.readings, gap, p, a_day)).sum()
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
