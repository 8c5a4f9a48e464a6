//! The board, the dispute policy, plans, closes, findings, metrics.

use super::books::sum;
use super::time::{business_days, day, month_before, quarter, quarters};
use super::{Chain, Frac, Row};
use std::collections::{BTreeMap, BTreeSet};

const AS_OF: &str = "2026-01-31";

impl Chain {
    pub(super) fn governance(&mut self) {
        self.decisions();
        self.reviews();
        self.policy();
        self.forecasts();
        self.closes();
        self.metrics();
        let findings: Vec<Row> = self.rows("finding").cloned().collect();
        for finding in &findings {
            let by = |c: &str| finding.get(c).cloned();
            assert_ne!(by("closed_by").as_ref(), Some(&finding["owner"]));
            assert!(finding["opened_at"] < finding["responded_at"]);
            match finding.get("remediated_at") {
                Some(at) => {
                    assert!(day(at) <= day(&finding["due"]));
                    assert!(by("retested_at") > by("remediated_at"));
                    assert!(by("closed_at") > by("retested_at"));
                }
                None if finding["due"].as_str() < AS_OF => {
                    self.found("finding-overdue", &[&finding["finding_id"]], "");
                }
                None => {}
            }
        }
    }

    fn decisions(&mut self) {
        let meetings: BTreeMap<String, Row> =
            self.rows("board").map(|m| (m["meeting_id"].clone(), m.clone())).collect();
        let mut members: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for member in self.rows("board_attendee") {
            members.entry(member["meeting_id"].clone()).or_default().push(member.clone());
        }
        assert!(members.keys().eq(meetings.keys()));
        let decisions: Vec<Row> = self.rows("board_decision").cloned().collect();
        let mut decided = BTreeMap::new();
        for decision in &decisions {
            let meeting = decision["meeting_id"].as_str();
            let there = members[meeting].iter().filter(|m| m["present"] == "true");
            let functions: BTreeSet<&str> = there.clone().map(|m| m["function"].as_str()).collect();
            let all = ["it", "finance", "business"].iter().all(|f| functions.contains(f));
            if !all || there.count() * 2 < members[meeting].len() {
                self.found("GV-01", &[&decision["decision_id"]], "");
            }
            let key = (decision["object_id"].clone(), decision.get("object_version").cloned());
            decided.insert(key, meetings[meeting]["held_on"].clone());
        }
        let first = meetings.values().map(|m| m["held_on"].clone()).min().unwrap();
        let before = |object: &str, version: Option<&String>, at: &str| {
            let held = decided.get(&(object.to_owned(), version.cloned()));
            held.is_some_and(|held| held.as_str() < at.get(..10).unwrap())
        };
        for plan in self.rows("price_plan").filter(|p| day(&p["known_from"]) > day(&first)) {
            assert!(before(&plan["service_id"], Some(&plan["version"]), &plan["known_from"]));
        }
        for document in self.rows("document").filter(|d| day(&d["approved_at"]) > day(&first)) {
            assert!(before(
                &document["doc_id"],
                Some(&document["version"]),
                &document["approved_at"]
            ));
        }
        for change in self.rows("change").filter(|c| c["type"] == "policy") {
            assert!(before(&change["change_id"], None, &change["effective_from"]));
        }
    }

    fn reviews(&mut self) {
        for of in quarters() {
            let held = |m: &&Row| {
                let period = m.get("period") == Some(&of) && m["kind"] == "accuracy-review";
                period && m.get("signed_at").is_some_and(|at| *at > m["held_on"])
            };
            let after = |m: &Row| quarter(&format!("{}-01", month_before(&m["held_on"]))) == of;
            if !self.rows("board").filter(held).any(after) {
                self.found("QR-02", &[&of], "");
            }
        }
    }

    /// A version holds on every day, none is reviewed late, and nearly all have read it.
    fn policy(&self) {
        let versions: Vec<&Row> =
            self.rows("document").filter(|d| d["doc_id"] == "DISPUTE-POLICY").collect();
        assert!(versions[0]["effective_from"].as_str() <= "2024-01-01");
        for pair in versions.windows(2) {
            assert!(pair[1]["effective_from"] <= pair[0]["review_due"]);
            assert!(pair[1]["approved_at"] < pair[1]["effective_from"]);
            let version = &pair[1]["version"];
            let read = self.rows("acknowledgement").filter(|a| a["version"] == *version);
            let readers: BTreeSet<&String> = read.map(|a| &a["user_id"]).collect();
            assert!(readers.len() * 100 >= 80 * 95, "{version}");
        }
        assert!(versions.last().unwrap()["review_due"].as_str() > AS_OF);
    }

    fn forecasts(&mut self) {
        let lead = self.term("forecast-lead");
        let mut told = BTreeSet::new();
        for forecast in self.rows("forecast") {
            let period = forecast["period"].clone();
            assert!(day(&format!("{period}-01")) - day(&forecast["published_at"]) >= lead);
            assert!(forecast["made_at"] < forecast["published_at"]);
            told.insert((forecast["cost_centre"].clone(), period));
        }
        let centres: Vec<Row> = self.rows("cost_centre").cloned().collect();
        for month in (0..24).map(|m| format!("{}-{:02}", 2024 + m / 12, m % 12 + 1)) {
            let first = format!("{month}-01");
            let open = |c: &&Row| {
                c["valid_from"] <= first && c.get("valid_to").is_none_or(|to| first < *to)
            };
            for centre in centres.iter().filter(open) {
                if !told.contains(&(centre["cc_id"].clone(), month.clone())) {
                    self.found("TR-01", &[&centre["cc_id"], &month], "");
                }
            }
        }
        for charge in self.rows("charge") {
            let period = charge["billing_run"].strip_prefix("RUN-").unwrap();
            let budgeted = |b: &&Row| {
                b["cost_centre"] == charge["cost_centre"]
                    && b["period"] == period
                    && b["currency"] == charge["currency"]
            };
            // A late charge of a closed cost centre comes after its last budget.
            let late = charge["reason"] != "original";
            assert!(late || self.rows("budget").filter(budgeted).count() == 1, "{charge:?}");
        }
    }

    fn closes(&mut self) {
        let tasks: Vec<Row> = self.rows("close_task").cloned().collect();
        let signed = tasks.iter().filter(|t| t["task"] == "sign-reconciliation");
        assert_eq!(signed.clone().count(), 48);
        for task in signed {
            let issued = |l: &&Row| {
                l["issuer"] == task["entity"] && month_before(&l["issue_date"]) == task["period"]
            };
            let lines: Vec<&Row> = self.rows("invoice").filter(issued).collect();
            let days: BTreeSet<&String> = lines.iter().map(|l| &l["issue_date"]).collect();
            assert_eq!(days.len(), 1);
            if day(&task["done_at"]) >= day(days.first().unwrap()) {
                let key = ["entity", "period", "task"].map(|c| task[c].as_str());
                let net = sum(lines.iter().copied(), "net").money();
                self.found("RC-04", &key, net);
            }
        }
    }

    fn metrics(&mut self) {
        let metrics: Vec<Row> = self.rows("metric").cloned().collect();
        let mut definitions = BTreeMap::new();
        for metric in &metrics {
            let (id, period) = (metric["metric_id"].as_str(), metric["period"].as_str());
            let hash = definitions.entry(id).or_insert(&metric["definition_hash"]);
            assert_eq!(*hash, &metric["definition_hash"]);
            let resolved: Vec<&Row> =
                self.rows("dispute").filter(|d| quarter(&d["resolved_at"]) == period).collect();
            let (right, of) = match id {
                "dispute-on-time" => {
                    let on_time = resolved.iter().filter(|d| d["resolved_at"] <= d["due_at"]);
                    (on_time.count(), resolved.len())
                }
                "dispute-days" => {
                    let took = |d: &&Row| business_days(&d["opened_at"], &d["resolved_at"]);
                    let days: i64 = resolved.iter().map(took).sum();
                    (usize::try_from(days).unwrap(), resolved.len())
                }
                _ => self.accuracy(period),
            };
            let stated = Frac::of(metric, "numerator");
            let whole = Frac::new(i128::try_from(of).unwrap(), 1);
            assert_eq!(Frac::of(metric, "denominator"), whole, "{id} {period}");
            let share = stated.mul(Frac::new(1, whole.floor()));
            assert_eq!(Frac::of(metric, "value"), share.round(4, false));
            if stated != Frac::new(i128::try_from(right).unwrap(), 1) {
                self.found("DM-02", &[id, period], "");
            }
        }
        assert!(definitions.len() == 3 && metrics.len() > 16);
    }

    /// Lines less those of disputes upheld meanwhile, and all.
    fn accuracy(&self, period: &str) -> (usize, usize) {
        let issued = self.rows("invoice").filter(|l| quarter(&l["issue_date"]) == period);
        let lines: BTreeSet<_> = issued.map(|l| (&l["invoice_no"], &l["line_no"])).collect();
        let upheld = self.rows("dispute").filter(|d| d["outcome"] != "denied");
        let upheld = upheld.filter(|d| quarter(&d["resolved_at"]) == period);
        let wrong: BTreeSet<_> = upheld.map(|d| (&d["invoice_no"], &d["invoice_line"])).collect();
        (lines.len() - wrong.len(), lines.len())
    }
}
