//! Rates with two times: when a rate is valid, and when it was known.
//!
//! *Valid time* says when a price applies, *transaction time* when the price list said so. "As
//! billed" is what was known at the cut-off of the bill, "as known now" what is known today. A gap or
//! an overlap in what is known is a finding before anything is rated: [`RateTable::known_at`] gives no
//! table to select from then. All intervals are half-open, [from, to).

use chrono::{DateTime, Utc};

/// An instant.
pub type Instant = DateTime<Utc>;

/// One version of a rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<R> {
    /// Its stable id, for findings and traces.
    pub id: String,
    /// The first instant at which it applies.
    pub valid_from: Instant,
    /// The first instant at which it doesn't any more; `None` until further notice.
    pub valid_to: Option<Instant>,
    /// When it was entered.
    pub known_from: Instant,
    /// When it was withdrawn or replaced; `None` if it never was.
    pub known_to: Option<Instant>,
    /// The rate.
    pub rate: R,
}

/// Which time of a charge selects the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// When it was used.
    UsageTime,
    /// When the billing period began.
    PeriodStart,
    /// The last instant before the end of the billing period.
    PeriodEnd,
    /// When it was ordered: the rate is locked.
    OrderTime,
}

/// The times of a charge. A time that isn't known is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChargeTimes {
    /// When it was used.
    pub usage: Option<Instant>,
    /// The first instant of the billing period.
    pub period_start: Option<Instant>,
    /// The first instant after it.
    pub period_end: Option<Instant>,
    /// When it was ordered.
    pub order: Option<Instant>,
}

/// What is wrong with the versions of a rate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// No version applies.
    Gap {
        /// From that instant,
        from: Instant,
        /// until that one.
        to: Instant,
    },
    /// Two versions apply.
    Overlap {
        /// From that instant,
        from: Instant,
        /// until that one; `None` for ever.
        to: Option<Instant>,
        /// The ids of both, in order.
        versions: (String, String),
    },
    /// A version ends before it begins, or at once.
    Empty {
        /// Its id.
        version: String,
    },
}

/// Why no rate is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// The time that selects isn't known.
    #[error("the time that selects the rate isn't known")]
    NoTime,
    /// The time lies outside the window that was checked.
    #[error("the time that selects the rate lies outside the checked window")]
    OutsideWindow,
}

/// The versions known at one instant: for each instant of a window exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateTable<'a, R> {
    versions: Vec<&'a Version<R>>,
    window: (Instant, Instant),
}

impl<'a, R> RateTable<'a, R> {
    /// The versions known at `known_at`, checked over the window [from, to).
    ///
    /// # Errors
    /// Every gap, overlap and empty version, by time and id.
    pub fn known_at(
        versions: &'a [Version<R>],
        known_at: Instant,
        window: (Instant, Instant),
    ) -> Result<Self, Vec<Finding>> {
        let known =
            |v: &&Version<R>| v.known_from <= known_at && v.known_to.is_none_or(|to| known_at < to);
        let mut known: Vec<&Version<R>> = versions.iter().filter(known).collect();
        known.sort_by(|a, b| (a.valid_from, &a.id).cmp(&(b.valid_from, &b.id)));
        let mut findings = empties(&known);
        known.retain(|v| v.valid_to.is_none_or(|to| v.valid_from < to));
        findings.extend(overlaps(&known, window));
        findings.extend(gaps(&known, window));
        findings.sort();
        if findings.is_empty() { Ok(Self { versions: known, window }) } else { Err(findings) }
    }

    /// The version in force for a charge.
    ///
    /// # Errors
    /// [`SelectionError`] when the time isn't known or wasn't checked.
    pub fn select(
        &self,
        selection: Selection,
        times: &ChargeTimes,
    ) -> Result<&'a Version<R>, SelectionError> {
        let time = match selection {
            Selection::UsageTime => times.usage,
            Selection::PeriodStart => times.period_start,
            Selection::PeriodEnd => times.period_end,
            Selection::OrderTime => times.order,
        };
        let time = time.ok_or(SelectionError::NoTime)?;
        let at_end = selection == Selection::PeriodEnd;
        let within = |from: Instant, to: Option<Instant>| {
            if at_end {
                from < time && to.is_none_or(|to| time <= to)
            } else {
                from <= time && to.is_none_or(|to| time < to)
            }
        };
        if !within(self.window.0, Some(self.window.1)) {
            return Err(SelectionError::OutsideWindow);
        }
        let found = self.versions.iter().find(|v| within(v.valid_from, v.valid_to));
        found.copied().ok_or(SelectionError::OutsideWindow)
    }
}

fn empties<R>(versions: &[&Version<R>]) -> Vec<Finding> {
    let empty = versions.iter().filter(|v| v.valid_to.is_some_and(|to| to <= v.valid_from));
    empty.map(|v| Finding::Empty { version: v.id.clone() }).collect()
}

fn overlaps<R>(versions: &[&Version<R>], window: (Instant, Instant)) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, a) in versions.iter().enumerate() {
        let starts_within = |b: &&&Version<R>| a.valid_to.is_none_or(|to| b.valid_from < to);
        for b in versions.iter().skip(i + 1).take_while(starts_within) {
            let from = b.valid_from.max(window.0);
            let ends = [a.valid_to, b.valid_to];
            let to = ends.into_iter().flatten().min();
            if from < window.1 && to.is_none_or(|to| from < to) {
                let versions = (a.id.clone(), b.id.clone());
                findings.push(Finding::Overlap { from, to, versions });
            }
        }
    }
    findings
}

fn gaps<R>(versions: &[&Version<R>], window: (Instant, Instant)) -> Vec<Finding> {
    let (mut covered, end) = window;
    let mut findings = Vec::new();
    for version in versions {
        let from = version.valid_from.min(end);
        if from > covered {
            findings.push(Finding::Gap { from: covered, to: from });
        }
        covered = covered.max(version.valid_to.map_or(end, |to| to.min(end))).max(from);
    }
    if covered < end {
        findings.push(Finding::Gap { from: covered, to: end });
    }
    findings
}
