//! Disputes: what they contest, how they went, what they came to.

use super::time::{business_days, day, quarter, second};
use super::{Chain, Frac, Row};
use std::collections::{BTreeMap, BTreeSet};

const ALLOWED: &[(&str, &str)] = &[
    ("", "opened"),
    ("opened", "classified"),
    ("classified", "investigating"),
    ("investigating", "investigating"),
    ("investigating", "mediation"),
    ("investigating", "resolved"),
    ("mediation", "resolved"),
    ("resolved", "closed"),
];
const TECHNICAL: &[&str] = &["metering-gap", "duplicate", "late-data", "system-failure"];
const GROUNDLESS: &[&str] = &["policy-misread", "unfounded"];

impl Chain {
    /// What the dispute policy says of a term, the same in all versions.
    pub(super) fn term(&self, term: &str) -> i64 {
        let values: BTreeSet<&String> =
            self.rows("document_term").filter(|t| t["term"] == term).map(|t| &t["value"]).collect();
        assert_eq!(values.len(), 1, "{term}");
        values.first().unwrap().parse().unwrap()
    }

    pub(super) fn disputes(&mut self) {
        let disputes: Vec<Row> = self.rows("dispute").cloned().collect();
        let mut contested = BTreeSet::new();
        for dispute in &disputes {
            assert!(contested.insert(&dispute["charge_ids"]), "a charge is contested once");
            self.contested(dispute);
            self.evidence(dispute);
            self.transitions(dispute);
            self.settlement(dispute);
            self.tickets(dispute);
        }
        for table in ["dispute_event", "dispute_evidence", "ticket", "outbox"] {
            let known: BTreeSet<&String> = disputes.iter().map(|d| &d["dispute_id"]).collect();
            // A ticket may be about something else.
            let mut of = self.rows(table).filter_map(|r| r.get("dispute_id"));
            assert!(of.all(|id| known.contains(id)), "{table}");
        }
        self.postings();
        self.recurrence(&disputes);
        self.contested_most(&disputes);
    }

    fn contested(&mut self, dispute: &Row) {
        let charge = self.of("charge", "charge_id", &dispute["charge_ids"])[0];
        for column in ["invoice_no", "invoice_line", "cost_centre", "currency"] {
            assert_eq!(charge[column], dispute[column], "{dispute:?}");
        }
        assert_eq!(Frac::of(charge, "amount"), Frac::of(dispute, "amount"));
        let resource = self.of("resource", "resource_id", &charge["resource_id"])[0];
        assert_eq!(resource["service_id"], dispute["service_id"]);
        let lines = self.of("invoice", "invoice_no", &dispute["invoice_no"]);
        let line = lines.iter().find(|l| l["line_no"] == dispute["invoice_line"]).unwrap();
        assert_eq!(line["issuer"], dispute["issuer"]);
        let owners = self.of("cost_centre", "cc_id", &dispute["cost_centre"]);
        let month = dispute["opened_at"].get(..7).unwrap();
        let first = format!("{month}-01");
        // A cost centre that has closed meanwhile is spoken for by its last owner.
        let owned = |c: &&&Row| {
            c["valid_from"] <= first
                && c.get("valid_to").is_none_or(|to| first < *to || c["status"] == "closed")
        };
        let owner = owners.iter().find(owned).unwrap();
        assert_eq!(owner["owner_user"], dispute["opened_by"]);
        if day(&dispute["opened_at"]) - day(&line["issue_date"]) > self.term("dispute-window") {
            let amount = Frac::of(dispute, "amount").money();
            self.found("DP-03", &[&dispute["dispute_id"]], amount);
        }
    }

    fn evidence(&mut self, dispute: &Row) {
        let id = dispute["dispute_id"].as_str();
        let objects = self.of("dispute_evidence", "dispute_id", id);
        let ids: Vec<&str> = objects.iter().map(|e| e["evidence_id"].as_str()).collect();
        let named = dispute.get("evidence_ids").map(String::as_str).unwrap_or_default();
        assert_eq!(ids.join(" "), named);
        for object in &objects {
            assert!(object["hash"].len() == 64 && object["submitted_by"] == dispute["opened_by"]);
            assert!(object["submitted_at"] >= dispute["opened_at"]);
        }
        if objects.is_empty() {
            self.found("DS-02", &[id], Frac::of(dispute, "amount").money());
        }
    }

    fn transitions(&mut self, dispute: &Row) {
        let id = dispute["dispute_id"].as_str();
        let events: Vec<Row> =
            self.of("dispute_event", "dispute_id", id).into_iter().cloned().collect();
        let mut state = String::new();
        let mut entered = (1, dispute["opened_at"].clone());
        let limits = ["level-1-limit", "level-2-limit", "mediation-limit"].map(|t| self.term(t));
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event["seq"], (place + 1).to_string());
            assert_eq!(event.get("from_state").cloned().unwrap_or_default(), state, "{id}");
            assert!(ALLOWED.contains(&(state.as_str(), event["to_state"].as_str())), "{id}");
            assert!(place == 0 || events[place - 1]["ts"] < event["ts"], "{id}");
            assert_eq!(
                place == 0,
                event["actor"] == dispute["opened_by"],
                "nobody handles his own"
            );
            state.clone_from(&event["to_state"]);
            let level: usize = event["level"].parse().unwrap();
            if level > entered.0 || state == "resolved" {
                assert!(level <= entered.0 + 1);
                if business_days(&entered.1, &event["ts"]) > limits[entered.0 - 1] {
                    self.found("ES-02", &[id, &event["seq"]], "");
                }
                entered = (level, event["ts"].clone());
            }
            self.message(dispute, event);
        }
        let at = |to: &str| &events.iter().find(|e| e["to_state"] == to).unwrap()["ts"];
        assert_eq!((&state, at("opened")), (&dispute["state"], &dispute["opened_at"]));
        assert_eq!(at("resolved"), &dispute["resolved_at"]);
        assert_eq!(events.last().unwrap()["level"], dispute["level"]);
        assert!(at("closed").as_str() < "2026-01-31");
        assert_eq!(
            business_days(&dispute["opened_at"], &dispute["due_at"]),
            self.term("resolution-due")
        );
    }

    fn message(&mut self, dispute: &Row, event: &Row) {
        let of = self.of("outbox", "dispute_id", &event["dispute_id"]);
        let told: Vec<&&Row> = of.iter().filter(|m| m["seq"] == event["seq"]).collect();
        assert!(told.len() < 2);
        let in_time = |m: &&&Row| {
            let waited = second(&m["sent_at"]) - second(&event["ts"]);
            m["recipient"] == dispute["opened_by"]
                && waited > 0
                && waited <= self.term("notice-limit") * 60
        };
        if !told.iter().any(in_time) {
            self.found("NT-01", &[&event["dispute_id"], &event["seq"]], "");
        }
    }

    /// The credits of a dispute against its decision.
    fn settlement(&mut self, dispute: &Row) {
        let id = dispute["dispute_id"].as_str();
        let credits: Vec<Row> = self.of("credit", "dispute_id", id).into_iter().cloned().collect();
        let of =
            |kind: &str| credits.iter().filter(|c| c["kind"] == kind).cloned().collect::<Vec<_>>();
        let sum =
            |kind: &str| of(kind).iter().fold(Frac::ZERO, |s, c| s.add(Frac::of(c, "amount")));
        let (amount, last) = (Frac::of(dispute, "amount"), sum("final"));
        match dispute["outcome"].as_str() {
            "upheld" => assert_eq!(last, amount, "{id}"),
            "denied" => assert!(last.is_zero(), "{id}"),
            _ => assert!(last.cmp(Frac::ZERO).is_gt() && last.cmp(amount).is_lt(), "{id}"),
        }
        assert!(credits.iter().all(|c| c["approved_by"] != dispute["opened_by"]));
        if GROUNDLESS.contains(&dispute["root_cause"].as_str()) && !last.is_zero() {
            self.found("DC-02", &[id], last.money());
        }
        assert!(!last.is_zero() || GROUNDLESS.contains(&dispute["root_cause"].as_str()));
        for credit in of("provisional") {
            assert!(sum("provisional").add(sum("reversal")).sub(last).is_zero(), "{id}");
            let ends = credits.iter().filter(|c| c["kind"] != "provisional");
            let end = ends.map(|c| &c["issued_at"]).max().unwrap();
            if day(end) - day(&credit["issued_at"]) > self.term("provisional-credit-limit") {
                let key = [credit["credit_id"].as_str()];
                self.found("PC-01", &key, Frac::of(&credit, "amount").money());
            }
        }
        for credit in of("reversal") {
            assert_eq!(credit["reverses"], of("provisional")[0]["credit_id"]);
        }
        assert!(credits.iter().all(|c| day(&c["issued_at"]) < day(&self.closed(id))));
    }

    fn closed(&self, id: &str) -> String {
        let events = self.of("dispute_event", "dispute_id", id);
        events.iter().find(|e| e["to_state"] == "closed").unwrap()["ts"].clone()
    }

    fn tickets(&mut self, dispute: &Row) {
        let id = dispute["dispute_id"].as_str();
        let tickets: Vec<Row> = self.of("ticket", "dispute_id", id).into_iter().cloned().collect();
        let technical = TECHNICAL.contains(&dispute["root_cause"].as_str());
        assert!(!technical || tickets.len() == 1, "{id}");
        let closed = self.closed(id);
        let analysed = |t: &Row| {
            t.contains_key("root_cause_analysis")
                && t.get("analysed_at").is_some_and(|at| *at < closed)
        };
        if technical && !tickets.iter().all(analysed) {
            self.found("DT-02", &[id], "");
        }
    }

    /// Every credit against what it posted; provisional ones come to nothing in the end.
    fn postings(&mut self) {
        let credits: Vec<Row> = self.rows("credit").cloned().collect();
        for credit in &credits {
            let lines = self.of("journal", "entry_id", &credit["gl_entry"]);
            assert_eq!(lines.len(), 2);
            assert!(lines.iter().all(|l| l["doc_ref"] == credit["credit_id"]));
            let posted = lines.iter().fold(Frac::ZERO, |s, l| s.add(Frac::of(l, "debit")));
            let amount = Frac::of(credit, "amount");
            let back = credit["kind"] == "reversal";
            let off = if back { amount.add(posted) } else { amount.sub(posted) };
            // A credit below what is due is posted as it is.
            if !off.is_zero() {
                self.found("PC-05", &[&credit["credit_id"]], off.money());
            }
        }
        let open = self
            .of("journal", "gl_account", "486000")
            .iter()
            .fold(Frac::ZERO, |s, l| s.add(Frac::of(l, "debit")).sub(Frac::of(l, "credit")));
        assert!(open.is_zero());
    }

    fn recurrence(&mut self, disputes: &[Row]) {
        let mut groups: BTreeMap<(&String, &String), Vec<&Row>> = BTreeMap::new();
        for dispute in disputes.iter().filter(|d| d["outcome"] != "denied") {
            let key = (&dispute["service_id"], &dispute["root_cause"]);
            groups.entry(key).or_default().push(dispute);
        }
        let often = usize::try_from(self.term("recurrence")).unwrap();
        let period = self.term("recurrence-period") * 30;
        for ((service, cause), mut cases) in groups {
            cases.sort_by_key(|c| &c["opened_at"]);
            let recurs = cases
                .windows(often)
                .any(|of| day(&of[often - 1]["opened_at"]) - day(&of[0]["opened_at"]) <= period);
            let last = cases.iter().map(|c| day(&c["resolved_at"])).max().unwrap();
            let in_time = |c: &&Row| {
                let Some(change) = c.get("change_id") else { return false };
                let created = day(&self.of("change", "change_id", change)[0]["created"]);
                created >= last && created - last <= self.term("recurrence-change")
            };
            if recurs && !cases.iter().any(in_time) {
                self.found("DU-01", &[service, cause], "");
            }
        }
    }

    /// The service of an issuer that more charges are contested of than of any other, by quarter.
    fn contested_most(&mut self, disputes: &[Row]) {
        let mut counts: BTreeMap<(String, String), BTreeMap<&str, Vec<&Row>>> = BTreeMap::new();
        for dispute in disputes {
            let issued = &self.of("invoice", "invoice_no", &dispute["invoice_no"])[0]["issue_date"];
            let services = counts.entry((dispute["issuer"].clone(), quarter(issued))).or_default();
            services.entry(&dispute["service_id"]).or_default().push(dispute);
        }
        let mut row: Vec<(&String, &str, bool)> = Vec::new();
        for ((issuer, quarter), services) in &counts {
            let most = services.values().map(Vec::len).max().unwrap();
            let mut tops = services.iter().filter(|(_, cases)| cases.len() == most);
            let (Some((service, cases)), None) = (tops.next(), tops.next()) else {
                row.clear();
                continue;
            };
            if row.last().is_some_and(|last| last.0 != issuer || last.1 != *service) {
                row.clear();
            }
            row.push((issuer, service, cases.iter().any(|c| c.contains_key("change_id"))));
            let kept = row.len() >= usize::try_from(self.term("contested-quarters")).unwrap();
            if kept && row.iter().all(|(.., changed)| !changed) {
                self.found("RF-01", &[service, quarter], "");
            }
        }
    }
}
