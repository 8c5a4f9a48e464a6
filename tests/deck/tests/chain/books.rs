//! Allocation, invoices, the journal and credits.

use super::{Chain, Frac, Row, divide};
use std::collections::BTreeMap;

pub(super) fn sum<'a>(rows: impl Iterator<Item = &'a Row>, column: &str) -> Frac {
    rows.fold(Frac::ZERO, |sum, row| sum.add(Frac::of(row, column)))
}

pub(super) fn month_of(run: &str) -> &str {
    run.strip_prefix("RUN-").unwrap()
}

/// The first day of a period, and whether a dated row holds on it.
fn holds(row: &Row, period: &str) -> bool {
    let day = format!("{period}-01");
    row["valid_from"] <= day && row.get("valid_to").is_none_or(|to| day < *to)
}

/// The part of the whole that a weight is; equal parts of a whole of zero.
fn share(weights: &[Frac], place: usize) -> Frac {
    let whole = weights.iter().fold(Frac::ZERO, |sum, w| sum.add(*w));
    if whole.is_zero() {
        return Frac::new(1, i128::try_from(weights.len()).unwrap());
    }
    weights[place].mul(Frac::new(whole.d, whole.n))
}

impl Chain {
    pub(super) fn allocation(&mut self) {
        let drivers = self.drivers();
        let pools: Vec<Row> =
            self.rows("cost_pool").filter(|p| p.contains_key("key_id")).cloned().collect();
        assert_eq!(pools.len(), 144);
        let centre_of: BTreeMap<String, String> = pools
            .iter()
            .filter_map(|p| Some((p["pool_id"].clone(), p.get("cost_centre")?.clone())))
            .collect();
        for pool in &pools {
            let (id, period) = (pool["pool_id"].as_str(), pool["period"].as_str());
            if let Some(centre) = pool.get("cost_centre") {
                let charged = self.rows("charge").filter(|c| {
                    c["cost_centre"] == *centre && month_of(&c["billing_run"]) == period
                });
                assert_eq!(sum(charged, "amount"), Frac::of(pool, "amount"), "{id} {period}");
            }
            let of = |r: &&Row| r["pool_id"] == id && r["period"] == period;
            let results: Vec<Row> = self.rows("allocation_result").filter(of).cloned().collect();
            let got = self
                .rows("allocation_result")
                .filter(|r| r["recipient"] == id && r["period"] == period);
            let total = Frac::of(pool, "amount").add(sum(got, "amount"));
            let lost = sum(results.iter(), "amount").sub(total);
            if !lost.is_zero() {
                self.found("AL-03", &[id, period], lost.money());
                continue;
            }
            let key: Vec<Row> = self
                .rows("allocation_key")
                .filter(|k| k["key_id"] == pool["key_id"] && k["period"] == period)
                .cloned()
                .collect();
            let weights: Vec<Frac> = key.iter().map(|k| Frac::of(k, "driver_qty")).collect();
            let parts = divide(total.cents(), &weights);
            for ((result, part), key) in results.iter().zip(&parts).zip(&key) {
                assert_eq!(result["recipient"], key["recipient"]);
                assert_eq!(Frac::of(result, "amount").cents(), *part, "{id} {period}");
            }
            let unit = match key[0]["driver"].as_str() {
                "headcount" => None,
                "gb" => Some("GB"),
                _ => Some("vCPU-Hours"),
            };
            let right = |k: &Row| {
                let Some(unit) = unit else { return Frac::of(k, "driver_qty") };
                let who = centre_of.get(&k["recipient"]).unwrap_or(&k["recipient"]).clone();
                let metered = drivers.get(&(who, period.to_owned(), unit.to_owned()));
                metered.copied().unwrap_or(Frac::ZERO)
            };
            let right: Vec<Frac> = key.iter().map(right).collect();
            let should = divide(total.cents(), &right);
            for (place, row) in key.iter().enumerate() {
                let amount = Frac::new(parts[place] - should[place], 100);
                let off = Frac::of(&results[place], "share").sub(share(&right, place));
                if off.n.abs() > off.d / 1_000_000_000 {
                    self.found("AL-02", &[id, period, &row["recipient"]], amount.money());
                }
                if weights[place] != right[place] {
                    assert!(row["recorded_at"] > row["frozen_at"]);
                    let key = [row["key_id"].as_str(), period, row["recipient"].as_str()];
                    self.found("AL-06", &key, amount.money());
                }
            }
        }
    }

    pub(super) fn entity_of(&self, centre: &str, period: &str) -> String {
        let mut rows = self.rows("cost_centre").filter(|c| c["cc_id"] == centre);
        // A charge of the last month of a closed cost centre is billed after it closed.
        let last = rows.clone().next_back();
        rows.find(|c| holds(c, period)).or(last).unwrap()["entity"].clone()
    }

    pub(super) fn invoices(&mut self) {
        let mut charged: BTreeMap<(String, String), Frac> = BTreeMap::new();
        for charge in self.rows("charge") {
            if let (Some(number), Some(line)) =
                (charge.get("invoice_no"), charge.get("invoice_line"))
            {
                let sum = charged.entry((number.clone(), line.clone())).or_insert(Frac::ZERO);
                *sum = sum.add(Frac::of(charge, "amount"));
            }
        }
        let invoices: Vec<Row> = self.rows("invoice").cloned().collect();
        let mut documents: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
        for line in &invoices {
            if line["line_no"] != "900" {
                let key = (line["invoice_no"].clone(), line["line_no"].clone());
                assert_eq!(charged.remove(&key), Some(Frac::of(line, "net")), "{key:?}");
            }
            let gross = Frac::of(line, "net").add(Frac::of(line, "vat_amount"));
            assert_eq!(gross, Frac::of(line, "gross"));
            documents.entry((&line["issuer"], &line["invoice_no"])).or_default().push(line);
        }
        assert_eq!(charged.len(), 0, "charges on lines that no invoice has");
        for ((issuer, number), lines) in documents {
            let rate = Frac::of(lines[0], "vat_rate").mul(Frac::new(1, 100));
            let vat = sum(lines.iter().copied(), "net").mul(rate).round(2, false);
            let off = sum(lines.iter().copied(), "vat_amount").sub(vat);
            if !off.is_zero() {
                self.found("VAT-03", &[issuer, number], off.money());
            }
        }
    }

    pub(super) fn journal(&mut self) {
        let accounts: BTreeMap<String, String> =
            self.rows("service").map(|s| (s["service_id"].clone(), s["gl_code"].clone())).collect();
        let mut charged: BTreeMap<[String; 4], Frac> = BTreeMap::new();
        for c in self.rows("charge") {
            let period = month_of(&c["billing_run"]).to_owned();
            let account = accounts[&c["service_id"]].clone();
            let key = [period, c["cost_centre"].clone(), account, c["currency"].clone()];
            let sum = charged.entry(key).or_insert(Frac::ZERO);
            *sum = sum.add(Frac::of(c, "amount"));
        }
        let lines: Vec<Row> = self.rows("journal").cloned().collect();
        let mut balances: BTreeMap<&str, (Frac, Frac)> = BTreeMap::new();
        for line in &lines {
            let (local, txn) =
                balances.entry(&line["entry_id"]).or_insert((Frac::ZERO, Frac::ZERO));
            let signed = Frac::of(line, "debit").sub(Frac::of(line, "credit"));
            (*local, *txn) = (local.add(signed), txn.add(Frac::of(line, "txn_amount")));
            let account = line["gl_account"].as_str();
            if let (Some(centre), true) = (line.get("cost_centre"), account.starts_with("620")) {
                let key = [
                    line["period"].clone(),
                    centre.clone(),
                    account.to_owned(),
                    line["txn_currency"].clone(),
                ];
                let off = Frac::of(line, "txn_amount").sub(charged.remove(&key).unwrap());
                if !off.is_zero() {
                    self.found("RC-03", &[&line["entry_id"], &line["line_no"]], off.money());
                }
            }
        }
        charged.retain(|_, sum| !sum.is_zero());
        assert_eq!(charged, BTreeMap::new(), "charges that no line of the journal has");
        for (entry, (local, txn)) in balances {
            assert!(local.is_zero() && txn.is_zero(), "{entry}: {local:?} {txn:?}");
        }
    }

    pub(super) fn service_levels(&mut self) {
        let credits: BTreeMap<(String, String), Row> = self
            .rows("credit")
            .filter(|c| c["kind"] == "sla")
            .map(|c| ((c["sla_id"].clone(), c["period"].clone()), c.clone()))
            .collect();
        let measures: Vec<Row> = self.rows("sla_measure").cloned().collect();
        let mut due = 0;
        for measure in &measures {
            let sla = self.rows("sla").find(|s| s["sla_id"] == measure["sla_id"]).unwrap();
            let below = Frac::of(sla, "target").sub(Frac::of(measure, "value"));
            let step = Frac::of(sla, "penalty_step");
            let steps = -Frac::new(-below.n * step.d, below.d * step.n).floor();
            let percent = Frac::of(sla, "penalty_percent").mul(Frac::new(steps.max(0), 1));
            let percent = percent.min(Frac::of(sla, "cap_percent")).mul(Frac::new(1, 100));
            let month = measure["period"].clone();
            let of = |c: &&Row| {
                c["service_id"] == sla["service_id"]
                    && c["reason"] == "original"
                    && month_of(&c["billing_run"]) == month
            };
            let amount = sum(self.rows("charge").filter(of), "amount").mul(percent).round(2, false);
            let credit = credits.get(&(measure["sla_id"].clone(), month));
            let off = credit.map_or(Frac::ZERO, |c| Frac::of(c, "amount")).sub(amount);
            due += usize::from(!amount.is_zero());
            match credit {
                Some(credit) if !off.is_zero() => {
                    self.found("SL-02", &[&credit["credit_id"]], off.money());
                }
                None if !off.is_zero() => {
                    due -= 1;
                    let key = [measure["sla_id"].as_str(), measure["period"].as_str()];
                    self.found("SL-03", &key, off.money());
                }
                _ => {}
            }
        }
        assert_eq!(due, credits.len());
    }
}
