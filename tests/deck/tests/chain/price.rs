//! Charges by their price plans, and rates by their contracts.

use super::{Chain, Frac, Row};
use std::collections::BTreeMap;

/// The rule, the tiers and the days of a charge.
pub(super) struct Terms {
    plan: Row,
    tiers: Vec<Row>,
    days: Frac,
    /// The rate in force and the contract's.
    rate: Option<Frac>,
    by_contract: Option<Frac>,
}

impl Terms {
    /// The amount of a quantity.
    pub(super) fn amount(&self, quantity: Frac) -> Frac {
        self.at(quantity, self.rate)
    }

    fn at(&self, quantity: Frac, rate: Option<Frac>) -> Frac {
        let plan = &self.plan;
        let units = quantity.sub(Frac::of(plan, "free_units")).max(Frac::ZERO);
        let list = self.list(units, rate);
        let minimum = Frac::of(plan, "minimum");
        let percent = Frac::of(plan, "discount_percent").mul(Frac::new(1, 100));
        let net = if plan["discount_order"] == "before-minimum" {
            list.sub(list.mul(percent)).max(minimum)
        } else {
            let raised = list.max(minimum);
            raised.sub(raised.mul(percent))
        };
        let days = if plan["prorated"] == "true" { self.days } else { Frac::new(1, 1) };
        net.mul(days).round(2, plan["rounding_mode"] == "half-even")
    }

    fn list(&self, units: Frac, rate: Option<Frac>) -> Frac {
        let inclusive = self.plan["bound"] == "upper-inclusive";
        let mode = self.plan["mode"].as_str();
        let first = self.tiers.first();
        let holds = |tier: &&Row| {
            let Some(to) = tier.get("to_qty") else { return true };
            let order = units.cmp(Frac::read(to));
            order.is_lt() || inclusive && order.is_eq()
        };
        match mode {
            "per-unit" => units.mul(rate.unwrap()),
            "flat" => Frac::of(first.unwrap(), "fixed_fee"),
            "stairstep" => Frac::of(self.tiers.iter().find(holds).unwrap(), "fixed_fee"),
            "volume" => units.mul(Frac::of(self.tiers.iter().find(holds).unwrap(), "unit_price")),
            "package" => {
                let size = Frac::of(first.unwrap(), "block_size");
                let blocks = Frac::new(units.n * size.d, units.d * size.n);
                let begun = -Frac::new(-blocks.n, blocks.d).floor();
                Frac::of(first.unwrap(), "unit_price").mul(Frac::new(begun, 1))
            }
            "graduated" | "burst" => {
                let mut sum = Frac::ZERO;
                for (number, tier) in self.tiers.iter().enumerate() {
                    let from = Frac::of(tier, "from_qty");
                    if number > 0 && units.cmp(from).is_le() {
                        break;
                    }
                    let top = tier.get("to_qty").map_or(units, |to| units.min(Frac::read(to)));
                    let burst = tier.get("burst_multiplier").map_or("1", String::as_str);
                    let price = Frac::of(tier, "unit_price").mul(Frac::read(burst));
                    sum = sum.add(top.sub(from).mul(price)).add(Frac::of(tier, "fixed_fee"));
                }
                sum
            }
            other => panic!("{other}"),
        }
    }
}

/// Of the rows that were in force at the start and known, the one known last. The end is not looked at:
/// another row begins where one ends, but for the faults that move the ends of rates.
fn in_force<'a>(rows: impl Iterator<Item = &'a Row>, start: &str, known: &str) -> Option<&'a Row> {
    let order = |r: &&Row| (r["effective_from"].clone(), r["known_from"].clone());
    let known = rows.filter(|r| r["known_from"].as_str() <= known);
    known.filter(|r| r["effective_from"].as_str() <= start).max_by_key(order)
}

/// What the quantity of a charge costs by the terms and a rate; `before` is that of the original.
fn expected(charge: &Row, before: Option<Frac>, terms: &Terms, rate: Option<Frac>) -> Frac {
    let quantity = Frac::of(charge, "quantity");
    match (charge["reason"].as_str(), before) {
        ("late", Some(q)) => terms.at(q.add(quantity), rate).sub(terms.at(q, rate)),
        ("correction", Some(q)) if quantity.n < 0 => {
            assert_eq!(quantity, Frac::ZERO.sub(q));
            Frac::ZERO.sub(terms.at(q, rate))
        }
        _ => terms.at(quantity, rate),
    }
}

impl Chain {
    /// The terms of a service for a period, as they were known.
    pub(super) fn terms(&self, service: &str, start: &str, known: &str, days: Frac) -> Terms {
        let of = |table| self.rows(table).filter(move |r| r["service_id"] == service);
        let plan = in_force(of("price_plan"), start, known).unwrap().clone();
        assert!(plan.get("effective_to").is_none_or(|to| start < to.as_str()));
        let version = plan["version"].clone();
        let tiers: Vec<Row> =
            of("price_tier").filter(|t| t["version"] == version).cloned().collect();
        let rate = in_force(of("rate_table"), start, known);
        Terms {
            plan,
            tiers,
            days,
            rate: rate.map(|r| Frac::of(r, "unit_price")),
            by_contract: rate.map(|r| self.by_contract(r)),
        }
    }

    /// The rate that a rate's contract line asks for.
    fn by_contract(&self, rate: &Row) -> Frac {
        let line = &rate["source_contract_line"];
        let mut lines = self.rows("contract");
        let line =
            lines.find(|c| format!("{}/{}", c["contract_id"], c["line_no"]) == *line).unwrap();
        Frac::of(line, "unit_price").mul(Frac::new(112, 100))
    }

    fn terms_known(&self, charge: &Row, known: &str) -> Terms {
        let days = Frac::new(
            charge["proration_numerator"].parse().unwrap(),
            charge["proration_denominator"].parse().unwrap(),
        );
        self.terms(&charge["service_id"], &charge["period_start"], known, days)
    }

    pub(super) fn terms_of(&self, charge: &Row) -> Terms {
        self.terms_known(charge, &charge["known_at"])
    }

    pub(super) fn prices(&mut self) {
        let charges: Vec<Row> = self.rows("charge").cloned().collect();
        let originals: BTreeMap<&str, &Row> =
            charges.iter().map(|c| (c["charge_id"].as_str(), c)).collect();
        let mut off: BTreeMap<(String, String), Frac> = BTreeMap::new();
        for charge in &charges {
            let terms = self.terms_of(charge);
            assert_eq!(terms.plan["version"], charge["price_version"]);
            let original = charge.get("corrects").map(|id| originals[id.as_str()]);
            let before = original.map(|o| Frac::of(o, "quantity"));
            let amount = Frac::of(charge, "amount");
            let right = expected(charge, before, &terms, terms.rate);
            let difference = amount.sub(right);
            if !difference.is_zero() {
                self.found("PT-02", &[&charge["charge_id"]], difference.money());
            }
            let key = (charge["service_id"].clone(), charge["price_version"].clone());
            if terms.by_contract.is_some() {
                let by_contract = amount.sub(expected(charge, before, &terms, terms.by_contract));
                let sum = off.entry(key.clone()).or_insert(Frac::ZERO);
                *sum = sum.add(by_contract);
            }
            let now = self.terms_known(charge, "9999");
            let late = right.sub(expected(charge, before, &now, now.rate));
            if !late.is_zero() {
                let sums = self.retroactive.entry(key).or_insert((0, Frac::ZERO));
                *sums = (sums.0 + 1, sums.1.add(late));
            }
        }
        self.rates(&off);
    }

    fn rates(&mut self, off: &BTreeMap<(String, String), Frac>) {
        let rates: Vec<Row> = self.rows("rate_table").cloned().collect();
        for rate in &rates {
            let (id, from) = (&rate["rate_id"], &rate["effective_from"]);
            let bought = rate.contains_key("source_contract_line");
            if bought && Frac::of(rate, "unit_price") != self.by_contract(rate) {
                let same = ["service_id", "effective_from", "known_from"];
                let plan = self.rows("price_plan").find(|p| same.iter().all(|c| p[*c] == rate[*c]));
                let key = (rate["service_id"].clone(), plan.unwrap()["version"].clone());
                let sum = off.get(&key).copied().unwrap_or(Frac::ZERO);
                self.found("PR-01", &[id, from], sum.money());
            }
            let later = rates.iter().filter(|r| r["rate_id"] == *id && r["effective_from"] > *from);
            let next = later.map(|r| &r["effective_from"]).min();
            if let (Some(to), Some(next)) = (rate.get("effective_to"), next)
                && to != next
            {
                let what = if to < next { "rate-gap" } else { "rate-overlap" };
                self.found(what, &[id, from], "");
            }
        }
    }
}
