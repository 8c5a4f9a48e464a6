//! Usage: what counts of it, what is missing, what is estimated; and the charges that it makes.

use super::{Chain, Frac, Row};
use arrow_array::StringArray;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::timestamp_us_to_datetime;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

/// A row of usage.
#[derive(Debug, Clone)]
pub(super) struct Used {
    id: String,
    pub(super) start: String,
    end: String,
    ingest: String,
    pub(super) source: String,
    quality: String,
    method: String,
    of: Vec<String>,
    replaces: String,
    pub(super) unit: String,
    quantity: Frac,
    pub(super) batch: String,
    /// Minutes ahead of UTC, and the civil day that they make.
    pub(super) offset: i64,
    pub(super) day: String,
}

/// What counted of a resource's month at the cut-off of its run, and at that of the next.
pub(super) struct Count {
    pub(super) resource: String,
    pub(super) month: String,
    /// The first metered instant.
    pub(super) start: String,
    pub(super) known: Frac,
    pub(super) later: Frac,
    pub(super) rows: usize,
}

/// Resource and month (as the meter's ids count it) → rows.
type Groups = BTreeMap<(String, String), Vec<Used>>;

/// The usage, and what counts of it.
pub(super) struct Usage {
    pub(super) groups: Groups,
    pub(super) counts: Vec<Count>,
    /// What each resource used in a period and was known: resource, month → quantity.
    known: BTreeMap<(String, String), Frac>,
}

pub(super) fn read(path: &Path) -> Usage {
    let groups = rows(path);
    let count = |(key, rows): (&(String, String), &Vec<Used>)| Count {
        resource: key.0.clone(),
        month: key.1.clone(),
        start: rows[0].start.clone(),
        known: counted(rows, &cut_off(&key.1)),
        later: counted(rows, &cut_off(&next(&key.1))),
        rows: rows.len(),
    };
    let counts: Vec<Count> = groups.iter().map(count).collect();
    let known = groups.keys().cloned().zip(counts.iter().map(|c| c.known)).collect();
    Usage { groups, counts, known }
}

fn rows(path: &Path) -> Groups {
    let mut groups = Groups::new();
    // Few instants are in many rows.
    let mut texts: BTreeMap<i64, String> = BTreeMap::new();
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let texts_of = |name: &str| column(name).as_string::<i32>();
        let instants = |name: &str| column(name).as_primitive::<TimestampMicrosecondType>();
        let [id, source, quality, method, of, replaces, unit, batch_id, resource] = [
            "usage_id",
            "source_system",
            "quality",
            "estimate_method",
            "estimate_of",
            "replaces",
            "unit",
            "batch_id",
            "resource_id",
        ]
        .map(texts_of);
        let [start, end, ingest] = ["interval_start", "interval_end", "ingest_time"].map(instants);
        let offset = column("tz_offset_min").as_primitive::<Int64Type>();
        let quantity = column("quantity").as_primitive::<Decimal128Type>();
        for at in 0..batch.num_rows() {
            // A null reads as an empty text.
            let text = |column: &StringArray| column.value(at).to_owned();
            let mut instant = |micros: i64| {
                let write =
                    || timestamp_us_to_datetime(micros).unwrap().format("%FT%TZ").to_string();
                texts.entry(micros).or_insert_with(write).clone()
            };
            let local = start.value(at) + offset.value(at) * 60_000_000;
            let used = Used {
                id: text(id),
                start: instant(start.value(at)),
                end: instant(end.value(at)),
                ingest: instant(ingest.value(at)),
                source: text(source),
                quality: text(quality),
                method: text(method),
                of: of.value(at).split_whitespace().map(str::to_owned).collect(),
                replaces: text(replaces),
                unit: text(unit),
                quantity: Frac::new(quantity.value(at), 10_000_000_000),
                batch: text(batch_id),
                offset: offset.value(at),
                day: instant(local).get(..10).unwrap().to_owned(),
            };
            let month = used.id.split('-').nth(1).unwrap().to_owned();
            groups.entry((text(resource), month)).or_default().push(used);
        }
    }
    groups
}

/// Σ of what counts: each interval once, of what had come in before.
fn counted(rows: &[Used], before: &str) -> Frac {
    let mut best: BTreeMap<&str, (bool, &str, &str, Frac)> = BTreeMap::new();
    let known = || rows.iter().filter(|r| r.ingest.as_str() < before);
    let replaced: BTreeSet<&str> = known().map(|r| r.replaces.as_str()).collect();
    for row in known().filter(|r| !replaced.contains(r.id.as_str())) {
        // `agent` stands before `provider`, and so does its priority.
        let rank = (row.quality == "estimated", row.source.as_str(), row.id.as_str(), row.quantity);
        let place = best.entry(&row.start).or_insert(rank);
        if (rank.0, rank.1) < (place.0, place.1) {
            *place = rank;
        }
    }
    best.values().fold(Frac::ZERO, |sum, (.., q)| sum.add(*q))
}

/// Rows of one interval: what counts of them as it was first read.
pub(super) fn read_first(rows: &[&Used]) -> Frac {
    let first = rows.iter().filter(|r| r.quality != "corrected");
    first.min_by_key(|r| (r.quality == "estimated", r.source.as_str())).unwrap().quantity
}

/// The month after it.
pub(super) fn next(month: &str) -> String {
    format!("{:02}", month.parse::<usize>().unwrap() + 1)
}

/// The instant of a month's cut-off: the fourth of the next.
pub(super) fn cut_off(month: &str) -> String {
    let next = month.parse::<usize>().unwrap() + 1;
    format!("{}-{:02}-04T00:00:00Z", 2024 + next / 12, next % 12 + 1)
}

pub(super) fn period(month: &str) -> String {
    let month = month.parse::<usize>().unwrap();
    format!("{}-{:02}", 2024 + month / 12, month % 12 + 1)
}

impl Chain {
    /// The charges of each resource's month.
    pub(super) fn charges(&self) -> BTreeMap<(String, String), Vec<Row>> {
        let mut charges: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
        for charge in self.rows("charge") {
            let month = charge["charge_id"].split('-').nth(1).unwrap().to_owned();
            charges.entry((charge["resource_id"].clone(), month)).or_default().push(charge.clone());
        }
        charges
    }

    pub(super) fn metering(&mut self) {
        let (charges, usage) = (self.charges(), self.usage());
        for (key, rows) in &usage.groups {
            let known = usage.known[key];
            match charges.get(key) {
                Some(charges) => self.billed(rows, known, charges),
                None => self.unbilled(key, rows, known),
            }
        }
        for (_, charges) in charges.iter().filter(|(key, _)| !usage.groups.contains_key(*key)) {
            let ghost = &charges[0];
            self.found("LN-01", &[&ghost["charge_id"]], Frac::of(ghost, "amount").money());
            self.found("IM-01", &[&ghost["resource_id"], &ghost["period_start"]], "");
        }
    }

    /// Resource, month, unit → what was known; for the drivers of keys.
    pub(super) fn drivers(&self) -> BTreeMap<(String, String, String), Frac> {
        let mut sums = BTreeMap::new();
        let usage = self.usage();
        for ((resource, month), rows) in &usage.groups {
            let start = &rows[0].start;
            let owner = self.rows("resource").find(|r| {
                let ends = r.get("valid_to").is_none_or(|to| start < to);
                r["resource_id"] == *resource && r["valid_from"] <= *start && ends
            });
            let Some(owner) = owner else { continue };
            let known = usage.known[&(resource.clone(), month.clone())];
            let key = (owner["cost_centre"].clone(), period(month), rows[0].unit.clone());
            let sum = sums.entry(key).or_insert(Frac::ZERO);
            *sum = sum.add(known);
        }
        sums
    }

    fn unbilled(&mut self, (resource, month): &(String, String), rows: &[Used], known: Frac) {
        let Some(owner) = self.rows("resource").find(|r| r["resource_id"] == *resource) else {
            // Nobody knows what it is of, and so what it costs.
            self.found("AN-02", &[resource, &rows[0].start], "");
            self.found("LN-04", &[resource, &rows[0].start], "");
            return;
        };
        let service = owner["service_id"].clone();
        // Orphans are planted only where the price isn't prorated.
        let terms = self.terms(&service, &rows[0].start, &cut_off(month), Frac::new(1, 1));
        let lost = Frac::ZERO.sub(terms.amount(known));
        self.found("LN-04", &[resource, &rows[0].start], lost.money());
    }

    fn billed(&mut self, rows: &[Used], known: Frac, charges: &[Row]) {
        let original = charges.iter().find(|c| c["reason"] == "original").unwrap();
        let terms = self.terms_of(original);
        let id = original["charge_id"].clone();
        let first = Frac::of(original, "quantity");
        let more = |q: Frac| terms.amount(first).sub(terms.amount(q));
        let period = [original["resource_id"].as_str(), original["period_start"].as_str()];
        let distinct: BTreeSet<_> = rows.iter().map(|r| (&r.source, &r.id)).collect();
        if distinct.len() < rows.len() {
            self.found("DD-01", &period, more(known).money());
        }
        if first != known {
            self.found("LN-02", &[&id], more(known).money());
            if distinct.len() == rows.len() {
                // Nothing else is there to be billed twice.
                self.found("DD-02", &period, more(known).money());
            }
        } else {
            let settled = counted(rows, "9999");
            let charged = charges.iter().fold(Frac::ZERO, |s, c| s.add(Frac::of(c, "quantity")));
            let last = charges.last().unwrap();
            if charged != settled && last["reason"] == "correction" {
                self.found("LN-02", &[&last["charge_id"]], Frac::of(original, "amount").money());
            } else if charged != settled {
                let missing = terms.amount(first).sub(terms.amount(settled));
                self.found("LN-04", &period, missing.money());
                self.found("LT-02", &period, missing.money());
            }
        }
        self.estimates(rows, original, known);
    }

    fn estimates(&mut self, rows: &[Used], original: &Row, known: Frac) {
        let mut by_start: BTreeMap<&str, Vec<&Used>> = BTreeMap::new();
        rows.iter().for_each(|r| by_start.entry(&r.start).or_default().push(r));
        let mut reached = original["period_start"].as_str();
        let mut runs: Vec<Vec<&Used>> = vec![vec![]];
        for (start, interval) in &by_start {
            if reached != *start {
                self.found("IM-01", &[&original["resource_id"], reached], "");
            }
            reached = interval[0].end.as_str();
            match interval.iter().find(|r| r.quality == "estimated") {
                Some(row) => runs.last_mut().unwrap().push(row),
                None => runs.push(vec![]),
            }
        }
        assert_eq!(reached, original["period_end"], "{}", original["charge_id"]);
        let terms = self.terms_of(original);
        for run in runs.iter().filter(|r| !r.is_empty()) {
            let total = run.iter().fold(Frac::ZERO, |s, r| s.add(r.quantity));
            let right = run.iter().enumerate().map(|(k, r)| formula(rows, r, k, run.len()));
            let right = right.fold(Frac::ZERO, Frac::add);
            let key = [original["resource_id"].as_str(), run[0].start.as_str()];
            let without = |part: Frac| terms.amount(known).sub(terms.amount(known.sub(part)));
            if run.len() > 6 {
                self.found("IM-04", &key, without(total).money());
            } else if right != total {
                self.found("IM-02", &key, without(total.sub(right)).money());
            }
        }
    }
}

/// What an estimate should be, of the rows that it names.
fn formula(rows: &[Used], estimate: &Used, place: usize, length: usize) -> Frac {
    let value = |id: &String| rows.iter().find(|r| r.id == *id).unwrap().quantity;
    let named: Vec<Frac> = estimate.of.iter().map(value).collect();
    let whole = |n: usize| i128::try_from(n).unwrap();
    let exact = match (estimate.method.as_str(), named.as_slice()) {
        ("linear", [before, after]) => {
            let step = Frac::new(whole(place + 1), whole(length + 1));
            before.add(after.sub(*before).mul(step))
        }
        ("same-weekday-mean", [a, b, c]) => a.add(*b).add(*c).mul(Frac::new(1, 3)),
        other => panic!("{other:?}"),
    };
    exact.round(4, true)
}
