//! The faults of a resource's month: what each does to usage and charges, and the facts of it.

use super::fault::Class;
use super::group::run_id;
use super::meter::{Kind, Reading, Usage, formula};
use super::pricing::{Rated, Twist, rate};
use super::truth::Planted;
use super::unit::Draft;
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
                self.period_fact(class, amount, late);
                self.also_untrued();
                self.also_run(class, amount, self.unit.month + 1);
            }
            Class::UsageSpike => self.spike(known, right),
            Class::ResourceUnknown => self.unknown(),
            Class::OffsetOfAnotherDay => self.offset(),
            Class::UnitDrift => self.drift(),
            Class::OrphanUsage => {
                self.unit.charges.clear();
                let usage = self.ids(|_| true);
                self.period_fact(class, right.amount.negated(), usage);
                self.also_run(class, right.amount.negated(), self.unit.month);
            }
            Class::GhostCharge => {
                self.unit.usage.clear();
                self.unit.known = 0;
                self.charge_fact(class, "", right.amount);
                self.also_run(class, right.amount, self.unit.month);
                self.also_missing(class);
            }
            Class::EstimateOff => {
                let sum = estimated - self.formula();
                let amount = right.amount.minus(self.rated(known - sum).amount);
                self.gap_fact(class, amount);
            }
            Class::GapOverMaximum => {
                let amount = right.amount.minus(self.rated(known - estimated).amount);
                self.gap_fact(class, amount);
            }
            Class::GapNotEstimated => {
                let amount = right.amount.minus(self.rated(known + self.formula()).amount);
                self.gap_fact(class, amount);
            }
            Class::CorrectionNotNetted => {
                self.unit.charges.retain(|c| c.suffix != "-R1");
                self.charge_fact(class, "-N1", right.amount);
                self.also_run(class, right.amount, self.unit.month + 1);
            }
            _ => {
                let plan = &self.unit.service.plan;
                let tiers = &self.unit.version.tiers;
                let wrong = rate(plan, tiers, known, self.unit.window.days, class.twist());
                let amount = self.replace(known, wrong, right);
                self.charge_fact(class, "", amount);
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
        self.charge_fact(Class::WrongVersion, "", amount);
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
        let id = self.unit.usage_id(&row);
        self.billed_twice(Class::DuplicateExact, amount, vec![id]);
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
        self.billed_twice(Class::DuplicateOverlap, amount, ids);
    }

    /// The facts of rows that are billed twice: of the period, of its charge, and of its run.
    fn billed_twice(&mut self, class: Class, amount: Dec, usage: Vec<String>) {
        self.period_fact(class, amount, usage);
        let charge = [("charge_id", self.unit.charge_id(""))];
        let of_charge = self.unit.facts.last().map(|fact| fact.also("LN-02", "charge", &charge));
        self.unit.facts.extend(of_charge);
        self.also_run(class, amount, self.unit.month);
    }

    /// The formula's values for the gap.
    fn formula(&self) -> i128 {
        let Some(gap) = self.features.gap else { return 0 };
        let a_day = self.unit.resource.slots_a_day();
        let places = gap.at..gap.at + gap.length;
        places.map(|p| formula(&self.readings, gap, p, a_day)).sum()
    }

    pub(super) fn money(&self, amount: Dec) -> Option<(Dec, &'static str)> {
        Some((amount, self.unit.service.currency()))
    }

    pub(super) fn ids(&self, of: impl Fn(&Usage) -> bool) -> Vec<String> {
        self.unit.usage.iter().filter(|u| of(u)).map(|u| self.unit.usage_id(u)).collect()
    }

    fn charge_fact(&mut self, class: Class, suffix: &str, amount: Dec) {
        let key = [("charge_id", self.unit.charge_id(suffix))];
        self.unit.facts.push(Planted::of(class, &key, self.money(amount)));
    }

    /// A fact about what was metered of the resource in the period that its charge is for.
    pub(super) fn period_fact(&mut self, class: Class, amount: Dec, usage: Vec<String>) {
        let start = self.unit.start().to_string();
        let key = [("resource_id", self.unit.resource.id()), ("period_start", start)];
        self.unit.facts.push(Planted::of(class, &key, self.money(amount)).in_usage(usage));
    }

    /// A fact about a run of missing or estimated intervals; its key is the first of them.
    fn gap_fact(&mut self, class: Class, amount: Dec) {
        let usage = self.ids(|u| matches!(u.kind, Kind::Estimated(_)));
        let first = self.features.gap.map_or(0, |g| g.at);
        let begins = at(&self.unit.slots, first).start.to_string();
        let key = [("resource_id", self.unit.resource.id()), ("interval_start", begins)];
        self.unit.facts.push(Planted::of(class, &key, self.money(amount)).in_usage(usage));
    }

    /// What came in late is neither charged by the next run nor accrued.
    fn also_untrued(&mut self) {
        let start = self.unit.start().to_string();
        let key = [("resource_id", self.unit.resource.id()), ("period_start", start)];
        let of_period = self.unit.facts.last().map(|fact| fact.also("LT-02", "usage", &key));
        self.unit.facts.extend(of_period);
    }

    /// The whole period is a gap, and nobody knows what was used in it.
    fn also_missing(&mut self, class: Class) {
        let start = self.unit.start().to_string();
        let key = [("resource_id", self.unit.resource.id()), ("interval_start", start)];
        self.unit.facts.push(Planted::of(class, &[], None).also("IM-01", "usage", &key));
    }

    /// What the fault makes of a billing run of the service.
    fn also_run(&mut self, class: Class, amount: Dec, run: i64) {
        let key = [("service_id", self.unit.service.id()), ("billing_run", run_id(run))];
        let fact = Planted::of(class, &[], self.money(amount)).also("RC-01", "charge", &key);
        self.unit.facts.push(fact);
    }
}
