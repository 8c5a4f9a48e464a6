//! The register of resources: which service and zone each has, and who owns it when.

use super::reading::{self, text};
use crate::dataset::Loaded;
use crate::reperform::exact::Exact;
use crate::reperform::rating::proration::{Basis, Proration};
use crate::reperform::time;
use crate::run::RunError;
use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use datafusion::arrow::array::Array as _;
use std::collections::BTreeMap;

/// A row of the register. Instants are microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) from: i64,
    pub(crate) to: Option<i64>,
    pub(crate) service: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) cost_centre: &'a str,
    zone: Option<&'a str>,
}

/// The entries of each resource, by time.
#[derive(Debug, Default)]
pub(crate) struct Register<'a>(BTreeMap<&'a str, Vec<Entry<'a>>>);

impl<'a> Register<'a> {
    /// Reads the dataset `resource`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(loaded: &'a Loaded) -> Result<Self, RunError> {
        let mut register = Self::default();
        for batch in reading::batches(loaded) {
            let (ids, services) = (batch.text("resource_id")?, batch.text("service_id")?);
            let (centres, zones) = (batch.text("cost_centre")?, batch.text("zone")?);
            let regions = batch.text("region")?;
            let (from, to) = (batch.instant("valid_from")?, batch.instant("valid_to")?);
            for row in 0..batch.rows() {
                register.0.entry(ids.value(row)).or_default().push(Entry {
                    from: from.value(row),
                    to: to.is_valid(row).then(|| to.value(row)),
                    service: services.value(row),
                    region: text(regions, row),
                    cost_centre: centres.value(row),
                    zone: text(zones, row),
                });
            }
        }
        for entries in register.0.values_mut() {
            entries.sort_by_key(|entry| (entry.from, entry.to));
        }
        Ok(register)
    }

    /// All entries of a resource, by time.
    pub(crate) fn entries(&self, resource: &str) -> &[Entry<'a>] {
        self.0.get(resource).map(Vec::as_slice).unwrap_or_default()
    }

    /// The entry of a resource in force at an instant; none without one and where several are.
    pub(crate) fn at(&self, resource: &str, at: i64) -> Option<&Entry<'a>> {
        let entries = self.0.get(resource)?;
        let holds = |e: &&Entry<'_>| e.from <= at && e.to.is_none_or(|to| at < to);
        let mut found = entries.iter().filter(holds);
        found.next().filter(|_| found.next().is_none())
    }

    /// The first instant from which a resource is registered.
    pub(crate) fn begins(&self, resource: &str) -> Option<i64> {
        self.0.get(resource)?.first().map(|entry| entry.from)
    }
}

impl<'a> Entry<'a> {
    /// What its zone is called.
    pub(crate) fn zone_name(&self) -> Option<&'a str> {
        self.zone
    }

    /// Its zone; none where it has none that is known.
    pub(crate) fn zone(&self) -> Option<Tz> {
        self.zone?.parse().ok()
    }
}

/// The instant of so many microseconds since 1970 UTC.
pub(crate) fn instant(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}

/// The civil month in a zone that an instant lies in: its first day, and the first of the next.
fn civil_month(zone: Tz, at: i64) -> Option<(NaiveDate, NaiveDate)> {
    let first = instant(at)?.with_timezone(&zone).date_naive().with_day(1)?;
    Some((first, first.checked_add_months(Months::new(1))?))
}

/// The instants between which that month lies.
pub(crate) fn month_of(zone: Tz, at: i64) -> Option<(i64, i64)> {
    let (first, next) = civil_month(zone, at)?;
    let span = time::civil_period(zone, first, next).ok()?;
    Some((span.start.timestamp_micros(), span.end.timestamp_micros()))
}

/// Civil days from one instant to another over the civil days of the month in which they begin, exact.
pub(crate) fn share_of_month(zone: Tz, start: i64, end: i64) -> Option<Exact> {
    let day = |at| Some(instant(at)?.with_timezone(&zone).date_naive());
    let basis = Basis::Days { used: (day(start)?, day(end)?), period: civil_month(zone, start)? };
    Proration { basis, ratio_rounding: None }.ratio().ok()
}

/// How many civil days lie between two instants that are both the start of a day in the zone; none
/// where one isn't.
pub(crate) fn days_between(zone: Tz, start: i64, end: i64) -> Option<usize> {
    let day = |at: i64| {
        let date = instant(at)?.with_timezone(&zone).date_naive();
        let begins = time::civil_day(zone, date).ok()?.start;
        (begins.timestamp_micros() == at).then_some(date)
    };
    usize::try_from((day(end)? - day(start)?).num_days()).ok()
}
