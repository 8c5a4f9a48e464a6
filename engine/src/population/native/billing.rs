//! What charges are re-performed from: usage, charges, prices and the register together.

use super::Unknown;
use super::charges::{ChargeRow, Charges, PeriodKey};
use super::prices::PriceBook;
use super::rater::{Rater, Rates};
use super::register::{Register, month_of};
use super::usage::{self, ByResource, Row};
use crate::binding::Bound;
use crate::run::RunError;
use std::collections::{BTreeMap, BTreeSet};

/// The roles that are read.
pub(crate) const ROLES: [&str; 6] =
    ["usage", "charge", "price-plan", "price-tier", "rate-table", "resource"];

/// All that a charge is made of.
pub(crate) struct Billing<'a> {
    pub(crate) usage: ByResource<'a>,
    pub(crate) charges: Charges<'a>,
    pub(crate) prices: PriceBook<'a>,
    pub(crate) register: Register<'a>,
}

/// A time for which a resource's usage is charged as one: the period of its charges, else the civil
/// month in the resource's zone (UTC where none is known) as far as the resource is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period<'a> {
    pub(crate) resource: &'a str,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// Where its rows of usage stand among the resource's.
    pub(crate) rows: (usize, usize),
}

impl<'a> Billing<'a> {
    /// Reads the datasets of [`ROLES`].
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(bound: &Bound<'a>) -> Result<Self, RunError> {
        let usage = usage::read(bound.role("usage")?)?;
        Ok(Self { usage, ..Self::without_usage(bound)? })
    }

    /// The same where usage isn't asked for.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn without_usage(bound: &Bound<'a>) -> Result<Self, RunError> {
        Ok(Self {
            usage: ByResource::new(),
            charges: Charges::read(bound.role("charge")?)?,
            prices: PriceBook::read(bound)?,
            register: Register::read(bound.role("resource")?)?,
        })
    }

    /// What rates charges.
    pub(crate) fn rates(&self) -> Rates<'_, 'a> {
        Rates { prices: &self.prices, register: &self.register }
    }

    /// The periods of all resources that have usage or charges, by resource and start.
    pub(crate) fn periods(&self) -> Vec<Period<'a>> {
        let mut charged: BTreeMap<&'a str, Vec<(i64, i64)>> = BTreeMap::new();
        for ((resource, start), chain) in &self.charges.chains {
            let ends =
                chain.iter().filter_map(|place| self.charges.rows.get(*place)).map(|c| c.end);
            let span = (*start, ends.max().unwrap_or(*start));
            charged.entry(*resource).or_default().push(span);
        }
        let resources: BTreeSet<&'a str> =
            self.usage.keys().chain(charged.keys()).copied().collect();
        let mut periods = Vec::new();
        for resource in resources {
            let spans = charged.get(resource).map(Vec::as_slice).unwrap_or_default();
            periods.extend(self.periods_of(resource, spans));
        }
        periods
    }

    fn periods_of(&self, resource: &'a str, spans: &[(i64, i64)]) -> Vec<Period<'a>> {
        let rows = self.rows(resource);
        let mut found: BTreeMap<i64, Period<'a>> = BTreeMap::new();
        for (start, end) in spans {
            let rows = (0, 0);
            found.insert(*start, Period { resource, start: *start, end: *end, rows });
        }
        for (place, row) in rows.iter().enumerate() {
            let before = found.range(..=row.start).next_back();
            let start = match before.filter(|(_, period)| row.start < period.end) {
                Some((start, _)) => *start,
                None => {
                    let month = self.uncharged(resource, row.start, spans);
                    found.entry(month.start).or_insert(month).start
                }
            };
            if let Some(period) = found.get_mut(&start) {
                let from = if period.rows.1 == 0 { place } else { period.rows.0 };
                period.rows = (from, place + 1);
            }
        }
        found.into_values().collect()
    }

    /// The civil month of an instant that no charge covers, between what is charged.
    fn uncharged(&self, resource: &'a str, at: i64, spans: &[(i64, i64)]) -> Period<'a> {
        let entry = self.register.at(resource, at);
        let zone = entry.and_then(|entry| entry.zone()).unwrap_or(chrono_tz::UTC);
        let (start, end) = month_of(zone, at).unwrap_or((at, at));
        let begins = self.register.begins(resource).filter(|begins| *begins <= at);
        let before = spans.iter().map(|span| span.1).filter(|end| *end <= at).max();
        let after = spans.iter().map(|span| span.0).filter(|start| *start > at).min();
        let retires = entry
            .and_then(|entry| entry.to)
            .filter(|to| *to > at && self.register.at(resource, *to).is_none());
        let start = [begins, before].into_iter().flatten().fold(start, i64::max);
        let end = [after, retires].into_iter().flatten().fold(end, i64::min);
        Period { resource, start, end, rows: (0, 0) }
    }

    /// What rates a period: its charge as it was billed; without one the service of the register, at the
    /// run that should have charged it.
    ///
    /// # Errors
    /// [`Unknown`].
    pub(crate) fn rater(
        &self,
        period: &Period<'_>,
        charge: Option<&ChargeRow<'_>>,
    ) -> Result<Rater<'_, 'a>, Unknown> {
        if let Some(charge) = charge {
            return self.rates().of(charge, charge.known);
        }
        let entry = self.register.at(period.resource, period.start);
        let entry = entry.ok_or(Unknown("the resource isn't registered at that time"))?;
        let key = (period.resource, entry.service);
        self.rates().rater(key, (period.start, period.end), self.cut_off_after(period.end))
    }

    /// The first cut-off of a run after an instant, else the last there is.
    fn cut_off_after(&self, at: i64) -> i64 {
        let cut_offs = &self.charges.cut_offs;
        let after = cut_offs.range(at..).next().or_else(|| cut_offs.last());
        after.copied().unwrap_or(usage::NOW)
    }

    /// A resource's rows of usage.
    pub(crate) fn rows(&self, resource: &str) -> &[Row<'a>] {
        self.usage.get(resource).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rows of usage of a period.
    pub(crate) fn rows_of(&self, period: &Period<'_>) -> &[Row<'a>] {
        self.rows(period.resource).get(period.rows.0..period.rows.1).unwrap_or_default()
    }
}

impl Period<'_> {
    /// The key of its charges.
    pub(crate) fn key(&self) -> PeriodKey<'_> {
        (self.resource, self.start)
    }
}
