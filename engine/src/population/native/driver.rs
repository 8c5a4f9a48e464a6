//! What was metered by owner and unit: the quantities that allocation keys should state.
//!
//! A row of usage belongs to the cost centre that the register gives its resource at the start of its
//! interval, and to the civil month of the resource's zone. Usage of a resource that the register
//! doesn't know then has no owner, and counts for nobody.

use super::Unknown;
use super::reading;
use super::register::{Entry, Register};
use super::usage::{self, ByResource, Row};
use crate::binding::Bound;
use crate::reperform::time::civil_period;
use crate::run::RunError;
use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeMap;

/// The drivers that are metered, with the units of usage that they are in.
const METERED: [(&str, &str); 2] = [("cpu_hours", "vCPU-Hours"), ("gb", "GB")];
/// The drivers of which the key itself is the statement.
const STATED: [&str; 1] = ["headcount"];

/// Where the quantities of a driver come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// From usage in this unit.
    Metered(&'static str),
    /// From the key.
    Stated,
}

impl Source {
    /// That of a driver.
    pub(crate) fn of(driver: &str) -> Option<Self> {
        let metered = METERED.iter().find(|(name, _)| *name == driver);
        let stated = STATED.contains(&driver).then_some(Self::Stated);
        metered.map(|(_, unit)| Self::Metered(unit)).or(stated)
    }
}

/// Usage, who owns what is metered, and when runs cut it off.
#[derive(Debug)]
pub(crate) struct Meters<'a> {
    usage: ByResource<'a>,
    register: Register<'a>,
    /// Run → the instant before which its usage had come in; none where its charges state several.
    runs: BTreeMap<&'a str, Option<i64>>,
}

/// What was metered in a period and known at a run.
#[derive(Debug, Default)]
pub(crate) struct Quantities<'a> {
    /// Owner and unit → Σ, in 10^-10.
    metered: BTreeMap<(&'a str, &'a str), i128>,
    /// Owners of whom that can't be said, and why.
    unclear: BTreeMap<&'a str, &'static str>,
}

impl<'a> Meters<'a> {
    /// Reads `usage`, `resource` and `charge`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(bound: &Bound<'a>) -> Result<Self, RunError> {
        let usage = usage::read(bound.role("usage")?)?;
        let register = Register::read(bound.role("resource")?)?;
        let mut runs: BTreeMap<&'a str, Option<i64>> = BTreeMap::new();
        for batch in reading::batches(bound.role("charge")?) {
            let (ids, known) = (batch.text("billing_run")?, batch.instant("known_at")?);
            for row in 0..batch.rows() {
                let at = Some(known.value(row));
                let of_run = runs.entry(ids.value(row)).or_insert(at);
                *of_run = of_run.filter(|_| *of_run == at);
            }
        }
        Ok(Self { usage, register, runs })
    }

    /// The instant before which the usage of a run had come in.
    ///
    /// # Errors
    /// Where no charge or several say it.
    pub(crate) fn cut_off(&self, run: &str) -> Result<i64, Unknown> {
        match self.runs.get(run) {
            Some(Some(known)) => Ok(*known),
            Some(None) => Err(Unknown("the charges of the run state several cut-offs")),
            None => Err(Unknown("there is no charge of the run, which would state its cut-off")),
        }
    }

    /// What was metered in a period and had come in before an instant.
    ///
    /// # Errors
    /// For a period that is no month such as `2025-03`.
    pub(crate) fn quantities(&self, period: &str, before: i64) -> Result<Quantities<'a>, Unknown> {
        let month = month(period).ok_or(Unknown("the period is no month such as 2025-03"))?;
        let mut found = Quantities::default();
        for (resource, rows) in &self.usage {
            let entries = self.register.entries(resource);
            for (place, entry) in entries.iter().enumerate() {
                let others = entries.iter().enumerate().filter(|(at, _)| *at != place);
                let shared = others.filter_map(|(_, other)| common(entry, other));
                found.add(entry, rows, shared.collect(), month, before);
            }
        }
        Ok(found)
    }
}

impl<'a> Quantities<'a> {
    /// What an owner's meters counted in a unit; nothing where they counted none.
    ///
    /// # Errors
    /// Where it can't be said.
    pub(crate) fn of(&self, owner: &str, unit: &str) -> Result<i128, Unknown> {
        match self.unclear.get(owner) {
            Some(reason) => Err(Unknown(reason)),
            None => Ok(self.metered.get(&(owner, unit)).copied().unwrap_or(0)),
        }
    }

    /// Adds what a resource's meters counted while an entry of the register was valid; `shared` are the
    /// times in which other entries were valid too.
    fn add(
        &mut self,
        entry: &Entry<'a>,
        rows: &[Row<'a>],
        shared: Vec<(i64, i64)>,
        (first, next): (NaiveDate, NaiveDate),
        before: i64,
    ) {
        let within = |from: i64, to: i64| {
            usage::within(rows, from.max(entry.from), to.min(entry.to.unwrap_or(i64::MAX)))
        };
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        let span = entry.zone().and_then(|zone| civil_period(zone, first, next).ok());
        let Some(span) = span else {
            // No zone is more than a day from UTC.
            let [from, to] = [(first, -1), (next, 1)].map(|(day, days)| {
                micros(day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::days(days))
            });
            if !within(from, to).is_empty() {
                self.unclear.insert(entry.cost_centre, "the zone of a resource isn't known");
            }
            return;
        };
        let (from, to) = (micros(span.start), micros(span.end));
        let doubtful =
            |(start, end): &(i64, i64)| !within(from.max(*start), to.min(*end)).is_empty();
        if shared.iter().any(doubtful) {
            self.unclear.insert(entry.cost_centre, "a resource has several owners at a time");
            return;
        }
        let rows = within(from, to);
        let Some(unit) = rows.first().map(|row| row.unit) else { return };
        match usage::count(rows, before) {
            Ok(counted) => {
                let sum = self.metered.entry((entry.cost_centre, unit)).or_default();
                match sum.checked_add(counted.total) {
                    Some(total) => *sum = total,
                    None => {
                        self.unclear.insert(entry.cost_centre, usage::OVERFLOW.0);
                    }
                }
            }
            Err(Unknown(reason)) => {
                self.unclear.insert(entry.cost_centre, reason);
            }
        }
    }
}

/// The time in which both entries are valid, if there is one.
fn common(one: &Entry<'_>, other: &Entry<'_>) -> Option<(i64, i64)> {
    let end = |entry: &Entry<'_>| entry.to.unwrap_or(i64::MAX);
    let both = (one.from.max(other.from), end(one).min(end(other)));
    (both.0 < both.1).then_some(both)
}

/// The first day of a month such as `2025-03`, and of the next one.
fn month(period: &str) -> Option<(NaiveDate, NaiveDate)> {
    let plain = period.len() == 7;
    let first = NaiveDate::parse_from_str(&format!("{period}-01"), "%Y-%m-%d").ok();
    let first = first.filter(|_| plain)?;
    Some((first, first.checked_add_months(Months::new(1))?))
}
