//! The log of what people did, against what they may do and whose data it is.

use super::people::within;
use super::{Chain, Row};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: [&str; 15] = [
    "event_id",
    "sequence_no",
    "ts",
    "actor",
    "action",
    "object_type",
    "object_id",
    "tenant_id",
    "before_hash",
    "after_hash",
    "ip",
    "session",
    "change_id",
    "ticket_ref",
    "prev_event_hash",
];

fn hash(row: &Row) -> String {
    let fields = COLUMNS.map(|column| row.get(column).map_or("", String::as_str));
    Sha256::digest(fields.join("|")).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Chain {
    pub(super) fn log(&mut self) {
        let events: Vec<Row> = self.rows("activity").cloned().collect();
        assert!((2_000..6_000).contains(&events.len()), "{}", events.len());
        self.sequence(&events);
        self.permitted(&events);
        self.edits(&events);
        self.reads(&events);
        self.break_glass(&events);
        self.cases(&events);
    }

    fn sequence(&mut self, events: &[Row]) {
        assert_eq!(events[0]["sequence_no"], "1");
        assert_eq!(events[0].get("prev_event_hash"), None);
        for pair in events.windows(2) {
            let [number, next] =
                [&pair[0], &pair[1]].map(|e| e["sequence_no"].parse::<u64>().unwrap());
            assert!(pair[0]["ts"] <= pair[1]["ts"]);
            let bound = pair[1]["prev_event_hash"] == hash(&pair[0]);
            assert_eq!(bound, number + 1 == next, "the hash and the number tell the same");
            if !bound {
                self.found("AT-01", &[&pair[1]["event_id"]], "");
            }
        }
    }

    fn permitted(&mut self, events: &[Row]) {
        let mut actions: BTreeMap<String, usize> = BTreeMap::new();
        for event in events {
            *actions.entry(event["action"].clone()).or_default() += 1;
            if !self.actions(&event["actor"], &event["ts"]).contains(&event["action"]) {
                self.found("AC-08", &[&event["event_id"]], "");
            }
        }
        assert!(actions.len() >= 7, "{actions:?}");
    }

    /// Each change since the log began has its edit, by its author, and its deployment.
    fn edits(&self, events: &[Row]) {
        let changes: BTreeMap<&str, &Row> =
            self.rows("change").map(|c| (c["change_id"].as_str(), c)).collect();
        for (action, by, at, kind) in [
            ("rate.edit", "author", "created", "rate"),
            ("rate.deploy", "deployed_by", "deployed_at", "rate"),
            ("rule.edit", "author", "created", "policy"),
            ("rule.deploy", "deployed_by", "deployed_at", "policy"),
        ] {
            let since = |c: &&&Row| c["type"] == kind && c["created"].as_str() >= "2024-01-01";
            let logged = changes.values().filter(since).count();
            let before = if kind == "rate" { "price-plan/" } else { "" };
            let of = events.iter().filter(|e| e["action"] == action);
            let told = of.filter_map(|e| Some((e, changes[e.get("change_id")?.as_str()])));
            let told: Vec<(&Row, &Row)> = told.collect();
            for (event, change) in &told {
                assert_eq!((&event["actor"], &event["ts"]), (&change[by], &change[at]));
                assert_eq!(format!("{before}{}", event["object_id"]), change["artefact"]);
                assert_eq!(event.get("before_hash"), change.get("old_hash"));
                assert_eq!(event["after_hash"], change["new_hash"]);
            }
            let ids: BTreeSet<&str> = told.iter().map(|(_, c)| c["change_id"].as_str()).collect();
            assert_eq!((ids.len(), told.len()), (logged, logged), "{action}");
        }
        let grants: BTreeMap<&str, &Row> =
            self.rows("role_grant").map(|g| (g["request_id"].as_str(), g)).collect();
        for (action, at) in [("access.grant", "granted_at"), ("access.revoke", "revoked_at")] {
            let since = |g: &&&Row| g.get(at).is_some_and(|at| at.as_str() >= "2024-01-01");
            let of: Vec<&Row> = events.iter().filter(|e| e["action"] == action).collect();
            assert_eq!(of.len(), grants.values().filter(since).count(), "{action}");
            for event in of {
                let grant = grants[event["object_id"].as_str()];
                assert_eq!((&event["ts"], &event["actor"]), (&grant[at], &grant["granted_by"]));
            }
        }
    }

    /// Whose data was read, and by whom.
    fn reads(&mut self, events: &[Row]) {
        let tenants: BTreeMap<String, String> =
            self.rows("tenant").map(|t| (t["entity"].clone(), t["tenant_id"].clone())).collect();
        let buyers: BTreeMap<String, String> =
            self.rows("invoice").map(|i| (i["invoice_no"].clone(), i["buyer"].clone())).collect();
        let allocated = self.rows("allocation_result");
        let bills: BTreeSet<String> =
            allocated.map(|r| format!("{}/{}", r["recipient"], r["period"])).collect();
        for event in events.iter().filter(|e| e.contains_key("tenant_id")) {
            let object = event["object_id"].as_str();
            let (owner, about) = match event["object_type"].as_str() {
                "bill" => {
                    assert!(bills.contains(object), "{object}");
                    let (centre, month) = object.split_once('/').unwrap();
                    (tenants[&self.entity_of(centre, month)].clone(), Some(centre))
                }
                "invoice" => (tenants[&buyers[object]].clone(), None),
                _ => (object.split_once('/').unwrap().0.to_owned(), None),
            };
            assert_eq!(event["tenant_id"], owner);
            let own: Vec<&Row> = self
                .rows("cost_centre")
                .filter(|c| c["owner_user"] == event["actor"])
                // Whoever owned a cost centre last reads of it when it is closed.
                .filter(|c| {
                    let closed = c["status"] == "closed" && c["valid_from"] <= event["ts"];
                    closed || within(c, ["valid_from", "valid_to"], &event["ts"])
                })
                .collect();
            assert!(!own.is_empty(), "{}", event["actor"]);
            let foreign = own.iter().all(|c| tenants[&c["entity"]] != owner);
            let another = about.is_some_and(|centre| own.iter().all(|c| c["cc_id"] != centre));
            if foreign {
                self.found("MT-03", &[&event["event_id"]], "");
            }
            if another {
                self.found("PO-03", &[&event["event_id"]], "");
            }
        }
    }

    fn break_glass(&mut self, events: &[Row]) {
        let uses: Vec<&Row> = events.iter().filter(|e| e["action"] == "break-glass.use").collect();
        let out = self.rows("account_person").filter(|a| a["kind"] == "break-glass");
        let out: Vec<Row> = out.cloned().collect();
        assert!(uses.iter().all(|e| {
            let of = |a: &&Row| a["account"] == e["actor"];
            out.iter().filter(of).any(|a| within(a, ["valid_from", "valid_to"], &e["ts"]))
        }));
        for row in &out {
            let used = uses.iter().any(|e| {
                e["actor"] == row["account"]
                    && e.contains_key("ticket_ref")
                    && within(row, ["valid_from", "valid_to"], &e["ts"])
            });
            if !used {
                let key = ["account", "person", "valid_from"].map(|c| row[c].as_str());
                self.found("AC-06", &key, "");
            }
        }
    }

    /// Disputes are opened and decided as the log says, and every ticket that it names was open.
    fn cases(&self, events: &[Row]) {
        for (action, table, [id, by, at]) in [
            ("dispute.open", "dispute", ["dispute_id", "opened_by", "opened_at"]),
            ("dispute.resolve", "dispute", ["dispute_id", "owner", "resolved_at"]),
            ("ticket.open", "ticket", ["ticket_id", "opened_by", "opened_at"]),
            ("ticket.analyse", "ticket", ["ticket_id", "analysed_by", "analysed_at"]),
        ] {
            let told = events.iter().filter(|e| e["action"] == action);
            let told: BTreeSet<[&str; 3]> =
                told.map(|e| ["object_id", "actor", "ts"].map(|c| e[c].as_str())).collect();
            // Those about no dispute are opened and analysed outside.
            let done = self.rows(table).filter(|r| r.contains_key("dispute_id"));
            let done = done.filter(|r| r.contains_key(at));
            assert_eq!(
                told,
                done.map(|r| [id, by, at].map(|c| r[c].as_str())).collect(),
                "{action}"
            );
        }
        let tickets: BTreeMap<&str, &str> = self
            .rows("ticket")
            .map(|t| (t["ticket_id"].as_str(), t["opened_at"].as_str()))
            .collect();
        for event in events {
            let Some(ticket) = event.get("ticket_ref") else { continue };
            assert!(tickets[ticket.as_str()] <= event["ts"].as_str(), "{event:?}");
        }
    }
}
