//! Operations: feeds, jobs, backups, alerts, what is kept and what persons asked for.

use super::{Chain, Row};
use std::collections::{BTreeMap, BTreeSet};

/// The day's number, of a date or an instant.
fn day(text: &str) -> i64 {
    let number = |from: usize, to: usize| text.get(from..to).unwrap().parse::<i64>().unwrap();
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day
}

/// The date so many months later; the days used are in every month.
fn months_later(date: &str, months: i64) -> String {
    let number = |from: usize, to: usize| date.get(from..to).unwrap().parse::<i64>().unwrap();
    let month = number(0, 4) * 12 + number(5, 7) - 1 + months;
    format!("{:04}-{:02}{}", month / 12, month % 12 + 1, date.get(7..10).unwrap())
}

impl Chain {
    pub(super) fn kept(&mut self) {
        self.feeds();
        self.alerts();
        self.jobs();
        self.backups();
        self.records();
        self.requests();
    }

    fn list(&self, table: &str) -> Vec<Row> {
        self.rows(table).cloned().collect()
    }

    /// Each batch came by the version in force, with its schema.
    fn feeds(&mut self) {
        for batch in self.list("ingest_log") {
            let at = batch["received_at"].as_str();
            let mut versions = self.rows("feed_contract").filter(|f| {
                f["source_system"] == batch["source_system"]
                    && f["effective_from"].as_str() <= at
                    && f.get("effective_to").is_none_or(|to| at < to.as_str())
            });
            let version = versions.next().unwrap();
            assert!(
                versions.next().is_none() && version["announced_on"] < version["effective_from"]
            );
            assert_eq!(batch["contract_version"], version["contract_version"]);
            if batch["schema_digest"] != version["schema_digest"] {
                self.found("CT-01", &[&batch["batch_id"]], "");
            }
        }
    }

    /// Each alert, of a resource that was live, was answered by its owner within four days.
    fn alerts(&mut self) {
        for alert in self.list("alert") {
            let raised = alert["raised_at"].as_str();
            assert!(!alert["model_version"].is_empty() && !alert["seed"].is_empty());
            let at = format!("{}T12:00:00Z", alert["day"]);
            let owner = self.rows("resource").find(|r| {
                r["resource_id"] == alert["resource_id"]
                    && r["valid_from"] <= at
                    && r.get("valid_to").is_none_or(|to| at < *to)
            });
            let centre = owner.unwrap()["cost_centre"].clone();
            let Some(answered) = alert.get("disposed_at") else {
                assert!(!alert.contains_key("disposition"));
                self.found("ML-04", &[&alert["alert_id"]], "");
                continue;
            };
            assert!(raised < answered.as_str() && day(answered) - day(raised) <= 4);
            let owns = self.rows("cost_centre").any(|c| {
                c["cc_id"] == centre && Some(&c["owner_user"]) == alert.get("disposed_by")
            });
            assert!(owns, "{}", alert["alert_id"]);
        }
    }

    /// What failed was run again until it succeeded.
    fn jobs(&mut self) {
        let runs = self.list("job_run");
        let again: BTreeMap<&str, &Row> =
            runs.iter().filter_map(|r| Some((r.get("rerun_of")?.as_str(), r))).collect();
        for run in runs.iter().filter(|r| r["status"] == "failed") {
            match again.get(run["run_id"].as_str()) {
                Some(next) => assert!(next["started_at"] > run["finished_at"]),
                None => self.found("OP-02", &[&run["run_id"]], ""),
            }
        }
        let jobs: BTreeSet<(&str, &str)> =
            runs.iter().map(|r| (r["job"].as_str(), r["period"].as_str())).collect();
        assert_eq!(jobs.len(), 120);
    }

    /// Every system has a backup of every Sunday.
    fn backups(&mut self) {
        let backups = self.list("backup");
        let of = |column: &str| -> BTreeSet<String> {
            backups.iter().map(|b| b[column].clone()).collect()
        };
        let (systems, days) = (of("system"), of("scheduled_for"));
        let numbers: Vec<i64> = days.iter().map(|d| day(d)).collect();
        assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] == 7));
        for system in &systems {
            for scheduled in &days {
                let own = |b: &&Row| b["system"] == *system && b["scheduled_for"] == *scheduled;
                match backups.iter().filter(own).count() {
                    0 => self.found("OP-03", &[system, scheduled], ""),
                    count => assert_eq!(count, 1),
                }
            }
        }
    }

    /// Nothing is destroyed too early or under a hold, and no person kept too long.
    fn records(&mut self) {
        let holds = self.list("hold");
        let certificates: BTreeMap<String, Row> =
            self.rows("disposal").map(|d| (d["cert_id"].clone(), d.clone())).collect();
        let mut destroyed: BTreeMap<&str, usize> = BTreeMap::new();
        let records = self.list("retention_record");
        for record in &records {
            let held = |at: &str| {
                holds.iter().any(|h| {
                    h["scope_class"] == record["class"]
                        && h["scope_jurisdiction"] == record["jurisdiction"]
                        && h["valid_from"].as_str() <= at
                        && h.get("valid_to").is_none_or(|to| at < to.as_str())
                })
            };
            let (class, trigger) = (record["class"].as_str(), record["trigger_date"].as_str());
            let key = [record["record_id"].as_str()];
            let Some(deleted) = record.get("deleted_at") else {
                let personal = class == "usage-log-personal";
                let expired = months_later(trigger, 24).as_str() < "2026-01-31";
                if personal && expired && !held("2026-01-31T00:00:00Z") {
                    self.found("RET-02", &key, "");
                }
                continue;
            };
            let certificate = record["disposed_by_cert"].as_str();
            *destroyed.entry(certificate).or_default() += 1;
            assert_eq!(certificates[certificate]["class"], class);
            assert!(certificates[certificate]["executed_at"] >= *deleted);
            let year = |years: i64| months_later(trigger, years * 12).get(..4).unwrap().to_owned();
            let least = match class {
                "raw-meter-log" => months_later(trigger, 24),
                "booking-voucher" => format!("{}-12-32", year(8)),
                "accounting-record" => format!("{}-12-32", year(10)),
                _ => String::new(),
            };
            if *deleted < least {
                self.found("RET-01", &key, "");
            }
            if held(deleted) {
                self.found("RET-04", &key, "");
            }
        }
        let stated =
            certificates.iter().map(|(id, row)| (id.as_str(), row["record_count"].clone()));
        let counted = destroyed.into_iter().map(|(id, count)| (id, count.to_string()));
        assert_eq!(stated.collect::<Vec<_>>(), counted.collect::<Vec<_>>());
    }

    /// Each request was answered within a month, or within three where that was said in the first.
    fn requests(&mut self) {
        for request in self.list("subject_request") {
            let received = request["received_at"].as_str();
            let extended = request.get("extended_at");
            let months = if extended.is_some() { 3 } else { 1 };
            assert!(extended.is_none_or(|at| at.as_str() < months_later(received, 1).as_str()));
            let due = months_later(received, months);
            if request["answered_at"].get(..10).unwrap() > due.as_str() {
                self.found("GD-02", &[&request["request_id"]], "");
            }
        }
    }
}
