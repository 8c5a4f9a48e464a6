//! Usage that is billed as it was metered and yet can't be right.

use super::metered::{Used, read_first};
use super::{Chain, Frac, Row};
use std::collections::BTreeMap;

/// Minutes ahead of UTC by standard time, how many more in summer, and the summers of the two years as the
/// tz database has them.
fn clock(zone: &str) -> (i64, i64, &'static [(&'static str, &'static str)]) {
    const EUROPE: &[(&str, &str)] = &[
        ("2024-03-31T01:00:00Z", "2024-10-27T01:00:00Z"),
        ("2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z"),
    ];
    const AMERICA: &[(&str, &str)] = &[
        ("2024-03-10T07:00:00Z", "2024-11-03T06:00:00Z"),
        ("2025-03-09T07:00:00Z", "2025-11-02T06:00:00Z"),
    ];
    const LORD_HOWE: &[(&str, &str)] = &[
        ("2023-09-30T15:30:00Z", "2024-04-06T15:00:00Z"),
        ("2024-10-05T15:30:00Z", "2025-04-05T15:00:00Z"),
        ("2025-10-04T15:30:00Z", "2026-04-04T15:00:00Z"),
    ];
    match zone {
        "Etc/UTC" => (0, 0, &[]),
        "Europe/Dublin" | "Europe/London" => (0, 60, EUROPE),
        "Europe/Zurich" | "Europe/Berlin" => (60, 60, EUROPE),
        "America/New_York" => (-300, 60, AMERICA),
        "Australia/Lord_Howe" => (630, 30, LORD_HOWE),
        other => panic!("{other}"),
    }
}

fn offset(zone: &str, at: &str) -> i64 {
    let (standard, more, summers) = clock(zone);
    let summer = summers.iter().any(|(from, to)| *from <= at && at < *to);
    standard + if summer { more } else { 0 }
}

impl Chain {
    pub(super) fn strange(&mut self) {
        let zones: BTreeMap<String, String> =
            self.rows("resource").map(|r| (r["resource_id"].clone(), r["zone"].clone())).collect();
        let units: BTreeMap<String, Vec<String>> = self
            .rows("feed_contract")
            .map(|f| {
                let units = f["units"].split(' ').map(str::to_owned).collect();
                (f["source_system"].clone(), units)
            })
            .collect();
        let originals: BTreeMap<(String, String), Row> = self
            .rows("charge")
            .filter(|c| c["reason"] == "original")
            .map(|c| {
                let month = c["charge_id"].split('-').nth(1).unwrap().to_owned();
                ((c["resource_id"].clone(), month), c.clone())
            })
            .collect();
        for (key, rows) in &self.usage().groups {
            for row in rows.iter().filter(|r| !units[&r.source].contains(&r.unit)) {
                self.found("CT-03", &[&row.batch, &row.unit], "");
            }
            let wrong = |r: &&Used| {
                zones.get(&key.0).is_some_and(|zone| r.offset != offset(zone, &r.start))
            };
            if let Some(row) = rows.iter().filter(wrong).min_by_key(|r| &r.start) {
                self.found("TZ-02", &[&key.0, &row.start], "");
            }
            if let Some(charge) = originals.get(key) {
                self.spikes(&key.0, rows, charge);
            }
        }
    }

    /// Days of more than three times what the month's middle day has.
    fn spikes(&mut self, resource: &str, rows: &[Used], charge: &Row) {
        let mut intervals: BTreeMap<&str, Vec<&Used>> = BTreeMap::new();
        rows.iter().for_each(|r| intervals.entry(&r.start).or_default().push(r));
        let mut days: BTreeMap<&str, (&str, Frac)> = BTreeMap::new();
        for (start, interval) in &intervals {
            let sum = days.entry(&interval[0].day).or_insert((start, Frac::ZERO));
            sum.1 = sum.1.add(read_first(interval));
        }
        let mut sums: Vec<Frac> = days.values().map(|(_, sum)| *sum).collect();
        sums.sort_by(|a, b| a.cmp(*b));
        let middle = sums[sums.len() / 2];
        for (start, sum) in days.values() {
            if sum.cmp(middle.mul(Frac::new(3, 1))).is_gt() {
                let terms = self.terms_of(charge);
                let known = Frac::of(charge, "quantity");
                let usual = known.sub(sum.mul(Frac::new(8, 9)));
                let more = terms.amount(known).sub(terms.amount(usual));
                self.found("AN-01", &[resource, start], more.money());
            }
        }
    }
}
