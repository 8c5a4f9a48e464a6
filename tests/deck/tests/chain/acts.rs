//! Who acts anywhere in the world: known, and permitted at that time.

use super::Chain;
use std::collections::{BTreeMap, BTreeSet};

/// Table, who acted, when, and what that takes.
const ACTED: &[(&str, &str, &str, &str)] = &[
    ("credit", "approved_by", "issued_at", "credit.approve"),
    ("journal", "preparer", "posted_at", "journal.post"),
    ("journal", "approver", "posted_at", "journal.approve"),
    ("purchase_order", "requester", "ordered_on", "purchase.request"),
    ("purchase_order", "approver", "ordered_on", "purchase.approve"),
    ("receipt", "received_by", "received_on", "purchase.receive"),
    ("document", "approved_by", "approved_at", "document.approve"),
    ("role_grant", "granted_by", "granted_at", "access.grant"),
    ("budget", "approved_by", "approved_at", "budget.approve"),
    ("dispute", "opened_by", "opened_at", "dispute.open"),
    ("dispute", "owner", "resolved_at", "dispute.resolve"),
    ("ticket", "opened_by", "opened_at", "ticket.open"),
    ("ticket", "analysed_by", "analysed_at", "ticket.analyse"),
    ("finding", "closed_by", "closed_at", "finding.close"),
];

/// Whether what a column holds is a user.
fn names_a_user(table: &str, column: &str) -> bool {
    let known = [
        "actor",
        "approver",
        "author",
        "from_user",
        "manager",
        "owner_user",
        "preparer",
        "recipient",
        "requester",
        "reviewer",
        "to_user",
        "user_id",
    ];
    let owner = column == "owner" && ["dispute", "finding", "ticket"].contains(&table);
    let by = column.ends_with("_by") && column != "frozen_by";
    owner
        || by
        || known.contains(&column) && !(table.starts_with("allocation") && column == "recipient")
}

fn looks_like_a_user(value: &str) -> bool {
    let digits = value.strip_prefix('U');
    digits.is_some_and(|d| d.len() == 3 && d.bytes().all(|b| b.is_ascii_digit()))
}

impl Chain {
    /// Who acts elsewhere in the world is known, and held the role at that time.
    pub(super) fn everybody_may(&mut self) {
        let users: BTreeSet<&str> = self.rows("user").map(|u| u["user_id"].as_str()).collect();
        for (table, row) in self.everything() {
            for (column, value) in row.iter().filter(|(column, _)| names_a_user(table, column)) {
                assert!(users.contains(value.as_str()), "{table}: {column} {value}");
            }
            // Nowhere else is anybody named either.
            let unknown =
                |value: &&String| looks_like_a_user(value) && !users.contains(value.as_str());
            assert_eq!(row.values().find(unknown), None, "{table}");
        }
        for (table, column, when, action) in ACTED {
            let who = self.rows(table).filter(|r| r.contains_key(*column));
            let who = who.map(|r| (r[*column].as_str(), r[*when].as_str()));
            for (user, when) in who.collect::<BTreeSet<_>>() {
                let log_begins = *action != "access.grant" || when >= "2024-01-01";
                let may = self.actions(user, when).contains(*action);
                assert!(may || !log_begins, "{table}: {user} on {when}");
            }
        }
        for event in self.rows("dispute_event") {
            let actions = self.actions(&event["actor"], &event["ts"]);
            let action = match event["to_state"].as_str() {
                "opened" => "dispute.open",
                "resolved" => "dispute.resolve",
                _ => "dispute.handle",
            };
            assert!(actions.contains(action), "{event:?}");
        }
        for task in self.rows("close_task") {
            let signs = ["sign-reconciliation", "close-period"].contains(&task["task"].as_str());
            let action = if signs { "close.sign" } else { "close.do" };
            let actions = self.actions(&task["done_by"], &task["done_at"]);
            assert!(actions.contains(action), "{task:?}");
        }
        let held: BTreeMap<&str, &str> = self
            .rows("board")
            .map(|m| (m["meeting_id"].as_str(), m["signed_at"].as_str()))
            .collect();
        for member in self.rows("board_attendee") {
            let actions = self.actions(&member["user_id"], held[member["meeting_id"].as_str()]);
            assert!(actions.contains("board.decide"), "{member:?}");
        }
    }
}
