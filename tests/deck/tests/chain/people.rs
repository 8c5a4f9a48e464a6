//! Who holds what, who changed prices and who approved it, from the registers.

use super::{Chain, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Days since 1970-01-01 of a date or instant.
pub(super) fn day(text: &str) -> i64 {
    let [y, m, d] = [0..4, 5..7, 8..10].map(|part| text[part].parse::<i64>().unwrap());
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let years: i64 = (1970..y).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let months = [31, if leap(y) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    years + months[..usize::try_from(m - 1).unwrap()].iter().sum::<i64>() + d - 1
}

/// Whether a half-open interval of a row holds the instant.
pub(super) fn within(row: &Row, [from, to]: [&str; 2], when: &str) -> bool {
    row[from].as_str() <= when && row.get(to).is_none_or(|to| when < to.as_str())
}

impl Chain {
    /// The roles and all that they build on.
    fn closure(&self, roles: impl Iterator<Item = String>, when: &str) -> BTreeSet<String> {
        let mut open: Vec<String> = roles.collect();
        let mut all = BTreeSet::new();
        while let Some(role) = open.pop() {
            let edges = self.rows("role").filter(|edge| edge["role"] == role);
            let edges = edges.filter(|edge| within(edge, ["valid_from", "valid_to"], &when[..10]));
            open.extend(edges.filter_map(|edge| edge.get("parent_role").cloned()));
            all.insert(role);
        }
        all
    }

    /// What a user may do at an instant by roles of their own.
    pub(super) fn actions(&self, user: &str, when: &str) -> BTreeSet<String> {
        let grants = self.rows("role_grant").filter(|g| g["user_id"] == user);
        let held = grants.filter(|g| within(g, ["granted_at", "revoked_at"], when));
        let roles = self.closure(held.map(|g| g["role"].clone()), when);
        let permitted = self.rows("permission").filter(|p| roles.contains(&p["role"]));
        permitted.map(|p| p["action"].clone()).collect()
    }

    /// Everybody for whom a user acts at an instant, by one delegation or several.
    fn acts_for(&self, user: &str, action: &str, when: &str) -> BTreeSet<String> {
        let mut open = vec![user.to_owned()];
        let mut all = BTreeSet::new();
        while let Some(deputy) = open.pop() {
            let given = self.rows("delegation").filter(|d| {
                d["to_user"] == deputy
                    && d["scope"] == action
                    && within(d, ["valid_from", "valid_to"], when)
            });
            open.extend(given.map(|d| d["from_user"].clone()).filter(|p| all.insert(p.clone())));
        }
        all
    }

    pub(super) fn people(&mut self) {
        self.prices_and_changes();
        self.approvals();
        self.toxic_pairs();
        self.leavers();
        self.access_reviews();
    }

    /// Each version of a price has its change, and each change of a price its version.
    fn prices_and_changes(&mut self) {
        let rates = || self.rows("change").filter(|c| c["type"] == "rate");
        let changes: BTreeMap<String, Row> =
            rates().map(|c| (c["artefact"].clone(), c.clone())).collect();
        assert_eq!(changes.len(), rates().count());
        let plans: Vec<Row> = self.rows("price_plan").cloned().collect();
        let mut without = 0;
        for plan in &plans {
            let [service, version] = ["service_id", "version"].map(|c| plan[c].as_str());
            let change = changes.get(&format!("price-plan/{service}/{version}"));
            let same = ["effective_from", "known_from"];
            let rate = self.rows("rate_table").find(|r| {
                r["service_id"] == service && same.iter().all(|column| r[*column] == plan[*column])
            });
            if let Some(rate) = rate {
                let stated = rate.get("approved_change_id");
                assert_eq!(stated, change.map(|c| &c["change_id"]), "{service} {version}");
            }
            let Some(change) = change else {
                without += 1;
                self.found("AT-03", &[service, version], "");
                continue;
            };
            assert_eq!(change["effective_from"], plan["effective_from"]);
            assert_eq!(change["deployed_at"], plan["known_from"]);
            assert_ne!(change["author"], change["deployed_by"]);
        }
        assert_eq!(plans.len(), changes.len() + without);
    }

    fn approvals(&mut self) {
        let changes: Vec<Row> = self.rows("change").cloned().collect();
        for change in &changes {
            let id = change["change_id"].as_str();
            let approve = if change["type"] == "rate" { "rate.approve" } else { "rule.approve" };
            let of = |a: &&Row| a["change_id"] == id && a["decision"] == "approved";
            let approvals: Vec<Row> = self.rows("approval").filter(of).cloned().collect();
            let first = approvals.iter().map(|a| a["decided_at"].clone()).min().unwrap();
            assert!(change["created"] < first && first < change["deployed_at"], "{id}");
            if change["emergency"] == "false" && change["effective_from"] < first {
                self.found("VC-04", &[id], "");
                self.found("CM-01", &[id], "");
            }
            if change["emergency"] == "true" {
                let deployed = &change["deployed_at"];
                let in_time = |a: &&Row| {
                    let days = day(&a["decided_at"]) - day(deployed);
                    a["role"] == "post-review" && a["decided_at"] > *deployed && days <= 5
                };
                assert_eq!(approvals.iter().filter(in_time).count(), 1, "{id}");
            }
            let author = change["author"].as_str();
            let shared = self.rows("account_person").any(|a| {
                a["account"] == author
                    && a["kind"] != "personal"
                    && within(a, ["valid_from", "valid_to"], &change["created"])
            });
            if shared {
                self.found("AC-04", &[id], "");
            }
            for approval in &approvals {
                let key = [id, &approval["step"]];
                let (approver, when) = (approval["approver"].as_str(), &approval["decided_at"]);
                let principals = self.acts_for(approver, approve, when);
                let mut hands = principals.iter().map(String::as_str).chain([approver]);
                let may = |user: &str| self.actions(user, when).contains(approve);
                assert!(hands.clone().any(may), "{key:?}: {approver} may not approve");
                let own = hands.any(|user| user == author);
                if approver == author || approver == change["deployed_by"] {
                    self.found("CM-02", &key, "");
                }
                if own {
                    self.found("SOD-03", &key, "");
                }
            }
        }
    }

    /// At the beginning of each grant, which is when somebody comes to hold more.
    fn toxic_pairs(&mut self) {
        let grants: Vec<Row> = self.rows("role_grant").cloned().collect();
        let rules: Vec<Row> = self.rows("sod_rule").cloned().collect();
        for grant in &grants {
            let user = grant["user_id"].as_str();
            let actions = self.actions(user, &grant["granted_at"]);
            let toxic = |rule: &&Row| {
                actions.contains(&rule["action_a"]) && actions.contains(&rule["action_b"])
            };
            for rule in rules.iter().filter(toxic) {
                self.found("SOD-01", &[user, &rule["rule_id"]], "");
            }
        }
    }

    fn leavers(&mut self) {
        let left: BTreeMap<String, String> = self
            .rows("user")
            .filter_map(|u| Some((u["user_id"].clone(), u.get("terminated")?.clone())))
            .collect();
        assert_eq!(left.len(), 12);
        let grants: Vec<Row> = self.rows("role_grant").cloned().collect();
        for grant in &grants {
            let Some(gone) = left.get(&grant["user_id"]) else { continue };
            if grant.get("revoked_at").is_none_or(|at| day(at) > day(gone) + 5) {
                let key = ["user_id", "role", "granted_at"].map(|c| grant[c].as_str());
                self.found("AC-02", &key, "");
            }
        }
    }

    /// Each role that was held on the day of a review was decided about, in time, and by somebody else.
    fn access_reviews(&mut self) {
        let reviews: Vec<Row> = self.rows("access_review").cloned().collect();
        for review in &reviews {
            let id = review["review_id"].as_str();
            match review.get("signed_at") {
                Some(signed) => assert!(day(signed) <= day(&review["due"]), "{id}"),
                None => self.found("AC-03", &[id], ""),
            }
            let start = format!("{}T00:00:00Z", review["as_of"]);
            let open = |g: &&Row| {
                g["scope"] == review["scope"] && within(g, ["granted_at", "revoked_at"], &start)
            };
            let held = self.rows("role_grant").filter(open);
            let held: Vec<[String; 2]> =
                held.map(|g| [g["user_id"].clone(), g["role"].clone()]).collect();
            let of = |d: &&Row| d["review_id"] == id;
            let decided: Vec<&Row> = self.rows("access_decision").filter(of).collect();
            let about: Vec<[String; 2]> =
                decided.iter().map(|d| [d["user_id"].clone(), d["role"].clone()]).collect();
            assert_eq!(
                (&about, about.len().to_string()),
                (&held, review["decisions"].clone()),
                "{id}"
            );
            for decision in decided {
                let at = decision["decided_at"].as_str();
                assert_ne!(decision["user_id"], review["reviewer"], "{id}");
                assert!(self.actions(&review["reviewer"], at).contains("access.review"), "{id}");
                let later = (day(at)..=day(&review["due"]) + 5)
                    .any(|d| self.revoked_on(&decision["user_id"], &decision["role"], d));
                assert!(decision["decision"] == "keep" || later, "{id}: not revoked");
            }
        }
    }

    fn revoked_on(&self, user: &str, role: &str, when: i64) -> bool {
        self.rows("role_grant").any(|g| {
            let on = g.get("revoked_at").is_some_and(|at| day(at) == when);
            on && g["user_id"] == user && g["role"] == role
        })
    }
}
