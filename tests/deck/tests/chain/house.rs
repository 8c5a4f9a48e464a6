//! The books: who is charged, what may rise, what is accrued, how charges find their account, and prices
//! that nothing was charged by.

use super::books::{month_of, sum};
use super::metered::{cut_off, next, period};
use super::{Chain, Frac, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a half-open interval holds a point of time.
fn holds(row: &Row, from: &str, to: &str, point: &str) -> bool {
    row[from].as_str() <= point && row.get(to).is_none_or(|to| point < to.as_str())
}

impl Chain {
    fn all(&self, table: &str) -> Vec<Row> {
        self.rows(table).cloned().collect()
    }

    pub(super) fn house(&mut self) {
        self.modes();
        self.sites();
        self.maps();
        self.tiers();
        self.twins();
        self.received();
        self.rising();
        self.accrued();
        self.charged_after_close();
    }

    /// Every cost centre has one mode a day, and nothing is posted where it is only shown.
    fn modes(&mut self) {
        let modes = self.all("charge_mode");
        let of = |centre: &str, day: &str| {
            let own = modes.iter().filter(|m| m["cc_id"] == centre);
            let held: Vec<_> =
                own.filter(|m| holds(m, "effective_from", "effective_to", day)).collect();
            assert_eq!(held.len(), 1, "{centre} {day}");
            held[0]["mode"].clone()
        };
        for centre in self.all("cost_centre") {
            of(&centre["cc_id"], "2024-06-30");
        }
        for line in self.all("journal") {
            let Some(centre) = line.get("cost_centre") else { continue };
            if of(centre, &format!("{}-01", line["period"])) == "showback" {
                let posted = Frac::of(&line, "debit").sub(Frac::of(&line, "credit"));
                self.found("CB-02", &[&line["entry_id"], &line["line_no"]], posted.money());
            }
        }
    }

    /// What the vendor charges finds a service and an account, and a pool where it is shared.
    fn sites(&mut self) {
        let (charges, maps) = (self.all("focus"), self.all("service_map"));
        let mut pooled: BTreeMap<(String, String), Frac> = BTreeMap::new();
        for charge in &charges {
            let columns = ["InvoiceId", "ResourceId", "SkuPriceId", "ChargePeriodStart"];
            let key = columns.map(|c| charge[c].as_str());
            let cost = Frac::of(charge, "BilledCost");
            let service = maps.iter().find(|m| {
                m["provider_service"] == charge["ServiceName"]
                    && m["sub_account_id"] == charge["SubAccountId"]
            });
            match service {
                None => self.found("GL-01", &key, cost.money()),
                Some(service) => {
                    let accounts = self.rows("gl_map").filter(|m| {
                        ["service_id", "entity"].iter().all(|c| m[*c] == service[*c])
                            && m["charge_class"] == charge["ChargeCategory"]
                            && holds(m, "effective_from", "effective_to", key[3])
                    });
                    assert_eq!(accounts.count(), 1, "{key:?}");
                }
            }
            let tags: BTreeMap<String, String> = serde_json::from_str(&charge["Tags"]).unwrap();
            match (tags.get("pool"), tags.contains_key("shared")) {
                (Some(pool), _) => {
                    let month = charge["ChargePeriodStart"].get(..7).unwrap().to_owned();
                    let part = pooled.entry((pool.clone(), month)).or_insert(Frac::ZERO);
                    *part = part.add(cost);
                }
                (None, true) => self.found("MT-04", &key, cost.money()),
                (None, false) => assert!(tags["cost-centre"].ends_with("-L")),
            }
        }
        assert_eq!(pooled.len(), 48);
        for ((pool, month), cost) in pooled {
            let of = |p: &&Row| p["pool_id"] == pool && p["period"] == month;
            assert_eq!(Frac::of(self.rows("cost_pool").find(of).unwrap(), "amount"), cost);
        }
    }

    fn maps(&mut self) {
        let mut ranges: BTreeMap<Vec<String>, Vec<Row>> = BTreeMap::new();
        for row in self.all("gl_map") {
            let key = ["service_id", "charge_class", "entity"].map(|c| row[c].clone());
            ranges.entry(key.to_vec()).or_default().push(row);
        }
        for (key, mut rows) in ranges {
            rows.sort_by_key(|r| r["effective_from"].clone());
            for pair in rows.windows(2) {
                let begins = &pair[1]["effective_from"];
                if pair[0].get("effective_to").is_none_or(|to| begins < to) {
                    let key: Vec<&str> = key.iter().chain([begins]).map(String::as_str).collect();
                    self.found("GL-02", &key, "");
                }
            }
        }
    }

    /// Tiers follow one another from nothing to any quantity.
    fn tiers(&mut self) {
        let mut plans: BTreeMap<[String; 2], Vec<Row>> = BTreeMap::new();
        for row in self.all("price_tier") {
            let key = ["service_id", "version"].map(|c| row[c].clone());
            plans.entry(key).or_default().push(row);
        }
        for ([service, version], rows) in plans {
            let ends = rows.iter().map(|r| r.get("to_qty").map(|to| Frac::read(to)));
            let ends: Vec<Option<Frac>> = [Some(Frac::ZERO)].into_iter().chain(ends).collect();
            assert_eq!(ends.last(), Some(&None), "{service} {version}");
            for (row, end) in rows.iter().zip(&ends) {
                if Some(Frac::of(row, "from_qty")) != *end {
                    self.found("PT-01", &[&service, &version, &row["tier_no"]], "");
                }
            }
        }
    }

    /// One price at a time for a service, region and segment; rates of one id take turns.
    fn twins(&mut self) {
        let mut alike: BTreeMap<Vec<Option<String>>, Vec<Row>> = BTreeMap::new();
        for rate in self.all("rate_table") {
            let key = ["service_id", "region", "customer_segment"].map(|c| rate.get(c).cloned());
            alike.entry(key.to_vec()).or_default().push(rate);
        }
        for rates in alike.values() {
            for rate in rates.iter().filter(|r| !r.contains_key("method_doc_id")) {
                let other = rates.iter().any(|o| {
                    o["rate_id"] != rate["rate_id"]
                        && o["unit_price"] != rate["unit_price"]
                        && o.get("effective_to").is_none_or(|to| rate["effective_from"] < *to)
                        && rate.get("effective_to").is_none_or(|to| o["effective_from"] < *to)
                });
                if other {
                    self.found("RM-03", &[&rate["rate_id"], &rate["effective_from"]], "");
                }
            }
        }
    }

    /// What was received is what is invoiced.
    fn received(&mut self) {
        let receipts: BTreeMap<String, Row> =
            self.rows("receipt").map(|r| (r["receipt_id"].clone(), r.clone())).collect();
        for line in self.all("vendor_invoice") {
            let receipt = &receipts[&format!("GR-{}", line["invoice_no"])];
            assert_eq!(receipt["po_number"], line["po_number"]);
            assert_eq!(receipt["unit"], line["unit"]);
            let received = Frac::of(receipt, "quantity");
            if received != Frac::of(&line, "quantity") {
                let cost = received.mul(Frac::of(&line, "unit_price")).round(2, false);
                let key = ["vendor", "invoice_no", "line_no"].map(|c| line[c].as_str());
                self.found("PR-04", &key, Frac::of(&line, "net").sub(cost).money());
            }
        }
    }

    /// A bill that rises by more than fifteen percent was approved by the owner before its invoice.
    fn rising(&mut self) {
        let mut bills: BTreeMap<[String; 3], Frac> = BTreeMap::new();
        let mut add = |key: [&str; 3], row: &Row| {
            let sum = bills.entry(key.map(str::to_owned)).or_insert(Frac::ZERO);
            *sum = sum.add(Frac::of(row, "amount"));
        };
        for c in self.rows("charge") {
            add([&c["cost_centre"], &c["currency"], month_of(&c["billing_run"])], c);
        }
        for r in self.rows("allocation_result").filter(|r| r["recipient_kind"] == "cost-centre") {
            add([&r["recipient"], &r["currency"], &r["period"]], r);
        }
        let mut approvals: BTreeMap<[String; 3], Row> = self
            .rows("bill_increase")
            .map(|r| (["cc_id", "currency", "period"].map(|c| r[c].clone()), r.clone()))
            .collect();
        let centres = self.all("cost_centre");
        for ([centre, currency, month], bill) in &bills {
            let number = (0..24).find(|m| period(&format!("{m:02}")) == *month).unwrap();
            let last = period(&format!("{:02}", i32::max(number - 1, 0)));
            let before = bills.get(&[centre.clone(), currency.clone(), last.clone()]);
            let before = before.copied().filter(|_| last != *month).unwrap_or(Frac::ZERO);
            let above = bill.sub(before.mul(Frac::new(115, 100)));
            if before.cmp(Frac::ZERO).is_le() || above.cmp(Frac::ZERO).is_le() {
                continue;
            }
            let key = [centre.clone(), currency.clone(), month.clone()];
            let Some(approval) = approvals.remove(&key) else {
                self.found("AF-02", &[centre, month, currency], above.fixed(4));
                continue;
            };
            assert_eq!(Frac::of(&approval, "bill"), *bill, "{key:?}");
            assert_eq!(Frac::of(&approval, "bill_before"), before, "{key:?}");
            let at = approval["approved_at"].as_str();
            let cut_off = cut_off(&format!("{number:02}"));
            assert!(cut_off.as_str() < at && at.get(..10) == cut_off.get(..10), "{at}");
            let mut owners = centres.iter().filter(|c| c["cc_id"] == *centre);
            let last = owners.clone().next_back();
            let owner = owners.find(|c| holds(c, "valid_from", "valid_to", at)).or(last);
            assert_eq!(approval["approved_by"], owner.unwrap()["owner_user"], "{key:?}");
        }
        assert_eq!(approvals, BTreeMap::new(), "approvals of what needs none");
    }

    /// What the next run charges of a month is accrued in it, and taken back.
    fn accrued(&mut self) {
        let mut late: BTreeMap<[String; 3], Frac> = BTreeMap::new();
        for charge in self.rows("charge").filter(|c| c["reason"] == "late") {
            let month = charge["charge_id"].split('-').nth(1).unwrap();
            assert_eq!(month_of(&charge["billing_run"]), period(&next(month)));
            let key = [period(month), charge["cost_centre"].clone(), charge["currency"].clone()];
            let sum = late.entry(key).or_insert(Frac::ZERO);
            *sum = sum.add(Frac::of(charge, "amount"));
        }
        late.retain(|_, sum| !sum.is_zero());
        let (mut accrued, mut back) = (BTreeMap::new(), BTreeMap::new());
        for line in self.rows("journal").filter(|l| l["gl_account"] == "629000") {
            let of = line["doc_ref"].strip_prefix("ACC-").unwrap().to_owned();
            let own = of == line["period"];
            let key = [of, line["cost_centre"].clone(), line["txn_currency"].clone()];
            let amount = Frac::of(line, "txn_amount");
            let sums = if own { &mut accrued } else { &mut back };
            assert_eq!(sums.insert(key, amount), None);
        }
        assert_eq!(accrued.len(), back.len());
        for (key, amount) in accrued {
            assert_eq!(late.remove(&key), Some(amount), "{key:?}");
            assert_eq!(back[&key], Frac::ZERO.sub(amount), "{key:?}");
        }
        for ([period, centre, currency], sum) in late {
            let off = Frac::ZERO.sub(sum).money();
            self.found("FC-05", &[&period, &centre, &currency], &off);
            self.found("FC-03", &[&period, &centre, &currency], &off);
        }
        // What buyers owe is what sellers are due.
        let lines = |account| self.rows("journal").filter(move |l| l["gl_account"] == account);
        let months: BTreeSet<&str> = lines("149000").map(|l| l["period"].as_str()).collect();
        for month in months {
            let of = |account| sum(lines(account).filter(|l| l["period"] == month), "txn_amount");
            assert_eq!(of("149000"), Frac::ZERO.sub(of("189000")), "{month}");
        }
    }

    /// No charge is for a time after its cost centre was closed.
    fn charged_after_close(&mut self) {
        let mut closed: BTreeMap<String, String> = BTreeMap::new();
        for centre in self.all("cost_centre") {
            match centre.get("valid_to") {
                // No zone is further than fourteen hours from UTC.
                Some(to) => closed.insert(centre["cc_id"].clone(), format!("{to}T14:00:00Z")),
                None => closed.remove(&centre["cc_id"]),
            };
        }
        for charge in self.all("charge") {
            if closed.get(&charge["cost_centre"]).is_some_and(|end| charge["period_end"] > *end) {
                let amount = Frac::of(&charge, "amount").money();
                self.found("OW-01", &[&charge["charge_id"]], amount);
            }
        }
    }
}
