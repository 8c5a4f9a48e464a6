//! Charges within the group: the pools behind them, their mark-ups, and what comparables earn.

use super::books::month_of;
use super::{Chain, Frac, Row};
use std::collections::BTreeMap;

/// The lowest result such that so many percent are at or below it, or its mean with the next.
fn percentile(results: &[Frac], percent: usize) -> Frac {
    let reaches = |count: usize| count * 100 >= results.len() * percent;
    let count = (1..=results.len()).find(|count| reaches(*count)).unwrap();
    let result = results[count - 1];
    if count * 100 == results.len() * percent {
        return result.add(results[count]).mul(Frac::new(1, 2));
    }
    result
}

impl Chain {
    /// Mark-ups, rates of exchange, and what the pools behind the entries hold.
    pub(super) fn intercompany(&mut self) {
        let costs = self.costs();
        let entries: Vec<Row> = self.rows("intercompany").cloned().collect();
        for entry in &entries {
            let (pool, period) = (entry["pool_id"].as_str(), entry["period"].as_str());
            let of = |p: &&Row| p["pool_id"] == pool && p["period"] == period;
            let row = self.rows("cost_pool").find(of).unwrap().clone();
            let (seller, buyer) = (entry["seller"].clone(), entry["buyer"].clone());
            let cost = costs[&(seller, buyer, period.to_owned(), pool.ends_with("-D"))];
            let beyond = Frac::of(&row, "amount").sub(cost);
            if entry["side"] == "AR" && !beyond.is_zero() {
                assert!(pool.ends_with("-P"), "{pool} {period}");
                self.found("TP-04", &[&entry["entry_id"]], beyond.money());
            }
            let cost = Frac::of(&row, "amount");
            let through = Frac::of(&row, "pass_through");
            let marked = cost.sub(through).mul(Frac::new(105, 100)).add(through);
            let off = Frac::of(entry, "txn_amount").sub(marked.round(2, false));
            if entry["side"] == "AR" && !off.is_zero() {
                self.found("TP-02", &[&entry["entry_id"]], off.money());
            }
            let rate = self.rows("fx_rate").find(|r| {
                r["from_ccy"] == entry["txn_ccy"]
                    && r["to_ccy"] == entry["booked_ccy"]
                    && r["date"] == entry["txn_date"]
            });
            let rate = rate.map_or(Frac::new(1, 1), |r| Frac::of(r, "rate"));
            let booked = Frac::of(entry, "txn_amount").mul(rate).round(2, false);
            let off = Frac::of(entry, "booked_amount").sub(booked);
            if !off.is_zero() {
                self.found("fx-rate-of-wrong-day", &[&entry["entry_id"]], off.money());
            }
        }
    }

    /// What the seller books, the buyer books too.
    pub(super) fn both_sides(&mut self) {
        let mut sides: BTreeMap<[String; 3], Vec<Row>> = BTreeMap::new();
        for entry in self.rows("intercompany") {
            let key = ["seller", "buyer", "ic_ref"].map(|c| entry[c].clone());
            sides.entry(key).or_default().push(entry.clone());
        }
        for (key, entries) in sides {
            let amounts = entries.iter().map(|e| Frac::of(e, "txn_amount"));
            let known: Vec<&str> = entries.iter().map(|e| e["side"].as_str()).collect();
            if known != ["AR", "AP"] {
                let sum = amounts.fold(Frac::ZERO, Frac::add);
                self.found("IC-04", &key.each_ref().map(String::as_str), sum.money());
            } else {
                assert_eq!(
                    Frac::of(&entries[0], "txn_amount"),
                    Frac::of(&entries[1], "txn_amount")
                );
            }
        }
    }

    /// What a provider bore for each entity in a month: direct charges, or pooled cost.
    fn costs(&self) -> BTreeMap<(String, String, String, bool), Frac> {
        let mut owners: BTreeMap<(&str, &str), String> = BTreeMap::new();
        let mut costs = BTreeMap::new();
        let charges = self.rows("charge").map(|c| {
            let seller = if c["currency"] == "EUR" { "DE01" } else { "CH01" };
            (seller, c["cost_centre"].as_str(), month_of(&c["billing_run"]), true, c)
        });
        let pooled =
            self.rows("allocation_result").filter(|r| r["recipient_kind"] == "cost-centre");
        let pooled = pooled.map(|r| {
            let seller = r["pool_id"].split('-').nth(1).unwrap();
            (seller, r["recipient"].as_str(), r["period"].as_str(), false, r)
        });
        for (seller, centre, period, direct, row) in charges.chain(pooled) {
            let entity = owners.entry((centre, period));
            let entity = entity.or_insert_with(|| self.entity_of(centre, period)).clone();
            let key = (seller.to_owned(), entity, period.to_owned(), direct);
            let sum = costs.entry(key).or_insert(Frac::ZERO);
            *sum = sum.add(Frac::of(row, "amount"));
        }
        costs
    }

    /// Net cost plus of the providers' years against the interquartile range of comparables.
    pub(super) fn benchmarks(&mut self) {
        let mut sets: BTreeMap<(String, String), Vec<Frac>> = BTreeMap::new();
        for row in self.rows("benchmark") {
            let key = (row["entity"].clone(), row["period"].clone());
            sets.entry(key).or_default().push(Frac::of(row, "net_cost_plus"));
        }
        assert_eq!(sets.len(), 4);
        for ((entity, year), mut results) in sets {
            assert!((8..=13).contains(&results.len()), "{entity} {year}");
            results.sort_by(|a, b| a.cmp(*b));
            let (mut revenue, mut cost) = (Frac::ZERO, Frac::ZERO);
            for entry in self.rows("intercompany").filter(|e| {
                e["seller"] == entity
                    && e["side"] == "AR"
                    && e["category"] == "it-services"
                    && e["period"].starts_with(&year)
            }) {
                let behind =
                    |p: &&Row| p["pool_id"] == entry["pool_id"] && p["period"] == entry["period"];
                let pool = self.rows("cost_pool").find(behind).unwrap();
                revenue = revenue.add(Frac::of(entry, "txn_amount"));
                cost = cost.add(Frac::of(pool, "amount")).sub(Frac::of(pool, "pass_through"));
            }
            let plus = Frac::new(revenue.n * cost.d, revenue.d * cost.n).sub(Frac::new(1, 1));
            let below = plus.cmp(percentile(&results, 25)).is_lt();
            if below || plus.cmp(percentile(&results, 75)).is_gt() {
                let median = Frac::new(1, 1).add(percentile(&results, 50));
                let off = revenue.sub(cost.mul(median).round(2, false));
                self.found("TP-07", &[&entity, &year], off.money());
            }
        }
    }
}
