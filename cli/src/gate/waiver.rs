//! Waivers: exceptions that somebody answered for, for a time and up to an amount.
//!
//! A waiver names who asked, who approved and who gains; the one who approved is neither of the
//! others. It always ends, at most a year after it begins, and it covers no more money than it says.

mod apply;
mod inspec;

pub(crate) use apply::{Applied, Exception, Stake, apply, one_person};
pub(crate) use inspec::{import, item};

use super::scope::Scope;
use crate::config::{self, word_at};
use crate::diagnostic::{Diagnostic, Failure, Outcome, Place};
use crate::exit::Exit;
use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeSet;
use tieout_controls::{Decimal, Money, currency};
use tieout_engine::reperform::time::{Span, civil_period};

/// A waiver, checked.
#[derive(Debug, Clone)]
pub(crate) struct Waiver {
    /// Its name.
    pub(crate) id: String,
    /// The control whose exceptions are waived.
    pub(crate) control: String,
    /// Which of them.
    pub(crate) scope: Scope,
    /// Why.
    pub(crate) reason: String,
    /// Where it was asked for.
    pub(crate) ticket: String,
    /// Who asked.
    pub(crate) requester: String,
    /// Who approved.
    pub(crate) approver: String,
    /// Who gains.
    pub(crate) beneficiary: String,
    /// The first day and the first one after it, in [`zone`](Self::zone).
    pub(crate) days: (NaiveDate, NaiveDate),
    /// The zone of the days.
    pub(crate) zone: Tz,
    /// The same as instants.
    pub(crate) valid: Span,
    /// The most that it waives.
    pub(crate) exposure: Money,
    /// Where each of these stands.
    pub(crate) places: Places,
}

/// Where parts of a waiver are written.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Its name.
    pub(crate) id: Place,
    /// Its control.
    pub(crate) control: Place,
    /// Its scope.
    pub(crate) scope: Place,
    /// Its approver.
    pub(crate) approver: Place,
}

/// Whether a waiver holds at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It begins later.
    Pending,
    /// It holds.
    Active,
    /// It has ended.
    Expired,
}

impl Waiver {
    /// Whether it holds at an instant.
    pub(crate) fn state(&self, at: DateTime<Utc>) -> State {
        match () {
            () if at < self.valid.start => State::Pending,
            () if at < self.valid.end => State::Active,
            () => State::Expired,
        }
    }
}

/// A waiver as it is written. All of it is text, so that everything wrong can be told at once, and an
/// amount is what its digits say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a waiver with `id`, `control`, `scope` and the rest")]
struct WaiverFile {
    id: Spanned<String>,
    control: Spanned<String>,
    scope: Spanned<String>,
    reason: Spanned<String>,
    ticket: Spanned<String>,
    requester: Spanned<String>,
    approver: Spanned<String>,
    beneficiary: Spanned<String>,
    start: Spanned<String>,
    expiry: Spanned<String>,
    zone: Spanned<String>,
    exposure: ExposureFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an exposure such as `{amount: 1000.00, currency: EUR}`")]
struct ExposureFile {
    amount: Spanned<String>,
    currency: Spanned<String>,
}

/// Reads a file of waivers.
///
/// # Errors
/// Everything that is wrong in it, with its places.
pub(crate) fn read(file: &str, source: &str) -> Outcome<Vec<Waiver>> {
    let written: Vec<WaiverFile> = config::parse(file, source)?;
    let mut reader = Reader { file, source, found: Vec::new() };
    let mut names = BTreeSet::new();
    let mut waivers = Vec::new();
    for waiver in &written {
        if !names.insert(waiver.id.value.trim()) {
            let message = format!("two waivers are called `{}`", waiver.id.value);
            reader.wrong("waiver-incomplete", &message, &waiver.id, "give each its own name");
        }
        waivers.extend(reader.waiver(waiver));
    }
    match reader.found.is_empty() {
        true => Ok(waivers),
        false => Err(Failure { exit: Exit::Usage, diagnostics: reader.found }),
    }
}

struct Reader<'a> {
    file: &'a str,
    source: &'a str,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn waiver(&mut self, written: &WaiverFile) -> Option<Waiver> {
        self.people(written);
        let [id, control, reason, ticket, requester, approver, beneficiary] = [
            ("id", &written.id),
            ("control", &written.control),
            ("reason", &written.reason),
            ("ticket", &written.ticket),
            ("requester", &written.requester),
            ("approver", &written.approver),
            ("beneficiary", &written.beneficiary),
        ]
        .map(|(name, value)| self.said(name, value));
        let scope = self.scope(&written.scope);
        let valid = self.valid(written);
        let exposure = self.exposure(&written.exposure);
        let places = Places {
            id: self.place(&written.id),
            control: self.place(&written.control),
            scope: self.place(&written.scope),
            approver: self.place(&written.approver),
        };
        let (days, zone, valid) = valid?;
        Some(Waiver {
            id: id?,
            control: control?,
            scope: scope?,
            reason: reason?,
            ticket: ticket?,
            requester: requester?,
            approver: approver?,
            beneficiary: beneficiary?,
            days,
            zone,
            valid,
            exposure: exposure?,
            places,
        })
    }

    /// What is not blank.
    fn said(&mut self, name: &str, value: &Spanned<String>) -> Option<String> {
        let text = value.value.trim();
        if text.is_empty() {
            let message = format!("`{name}` is to be filled in");
            self.wrong("waiver-incomplete", &message, value, "a waiver without it waives nothing");
            return None;
        }
        Some(text.to_owned())
    }

    fn people(&mut self, written: &WaiverFile) {
        let approver = written.approver.value.trim().to_lowercase();
        for (name, who) in
            [("requester", &written.requester), ("beneficiary", &written.beneficiary)]
        {
            if !approver.is_empty() && who.value.trim().to_lowercase() == approver {
                let message = format!("the approver of a waiver is not its {name}");
                let help = "somebody else approves it, who neither asked for it nor gains by it";
                self.wrong("waiver-approver", &message, &written.approver, help);
            }
        }
    }

    fn scope(&mut self, written: &Spanned<String>) -> Option<Scope> {
        self.said("scope", written)?;
        let text = &written.value;
        Scope::parse(text)
            .map_err(|error| {
                let shown = format!("  {text}\n  {:at$}^", "", at = error.at);
                let help =
                    "comparisons joined by `and`, such as `service_id = 'S-1' and delta < 100`";
                let diagnostic = Diagnostic::new("waiver-scope", error.message);
                let diagnostic = diagnostic.at(self.place(written)).help(help);
                self.found.push(diagnostic.showing(crate::text::visible(&shown)));
            })
            .ok()
    }

    fn valid(&mut self, written: &WaiverFile) -> Option<((NaiveDate, NaiveDate), Tz, Span)> {
        let (start, expiry) =
            (self.day("start", &written.start), self.day("expiry", &written.expiry));
        let zone = self.zone(&written.zone);
        let (start, expiry, zone) = (start?, expiry?, zone?);
        let longest = start.checked_add_months(Months::new(12));
        if longest.is_none_or(|longest| expiry > longest) {
            let message = "a waiver ends at most a year after it begins";
            let help = "state an earlier `expiry`; who still needs it then asks anew";
            self.wrong("waiver-dates", message, &written.expiry, help);
            return None;
        }
        match civil_period(zone, start, expiry) {
            Ok(span) => Some(((start, expiry), zone, span)),
            Err(_) => {
                let message = "the waiver ends before it begins";
                let help = "`expiry` is the first day on which it no longer holds";
                self.wrong("waiver-dates", message, &written.expiry, help);
                None
            }
        }
    }

    fn day(&mut self, name: &str, value: &Spanned<String>) -> Option<NaiveDate> {
        let text = self.said(name, value)?;
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        let date = date.filter(|date| date.to_string() == text);
        if date.is_none() {
            let message = format!("`{name}` is no date");
            self.wrong("waiver-dates", &message, value, "a date such as `2026-01-31`");
        }
        date
    }

    fn zone(&mut self, value: &Spanned<String>) -> Option<Tz> {
        let text = self.said("zone", value)?;
        let zone = text.parse().ok();
        if zone.is_none() {
            let message = format!("no time zone is called `{text}`");
            let help = "a name of the tz database, such as `Europe/Berlin` or `UTC`";
            self.wrong("waiver-dates", &message, value, help);
        }
        zone
    }

    fn exposure(&mut self, written: &ExposureFile) -> Option<Money> {
        let (amount, code) =
            (self.said("amount", &written.amount), self.said("currency", &written.currency));
        let (amount, code) = (amount?, code?);
        if currency::minor_units(&code).is_none() {
            let message = format!("`{code}` is no currency of ISO 4217");
            self.wrong("waiver-exposure", &message, &written.currency, "three letters, as `EUR`");
            return None;
        }
        match Decimal::parse(&amount) {
            Ok(amount) if !amount.is_negative() => Some(Money { amount, currency: code }),
            _ => {
                let help = "the most money that is waived: plain digits, as `1000.00`";
                let message = "the exposure is no amount from zero up";
                self.wrong("waiver-exposure", message, &written.amount, help);
                None
            }
        }
    }

    fn place(&self, value: &Spanned<String>) -> Place {
        let location = value.referenced;
        let place = Place::in_text(self.file, self.source, location.line(), location.column(), 1);
        let length = place.text.as_deref().map_or(1, |text| word_at(text, location.column()));
        Place { length, ..place }
    }

    fn wrong(&mut self, code: &'static str, message: &str, value: &Spanned<String>, help: &str) {
        let place = self.place(value);
        self.found.push(Diagnostic::new(code, message).at(place).help(help));
    }
}

#[cfg(test)]
mod tests;
