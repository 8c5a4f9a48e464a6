//! The change set as rows of the profile `rate-change-1`: what policies decide over.

mod prices;
#[cfg(test)]
mod tests;

use super::diff::{Change, Kind};
use super::effect::by_key;
use super::integrity::Finding;
use super::lookups::Lookups;
use super::rerate::{Book, Coverage, Rerated, Unrated, rerate};
use super::table::RateTable;
use super::timeline::known_last;
use super::usage::Usage;
use super::{DAY, Rate, RateKey, Terms, day_of, midnight};
use crate::reperform::exact::Exact;
use chrono::{DateTime, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::value::instant_text;

/// Beside the profile's columns, the numbers of the invoices that a change of the past touches.
pub const INVOICES: &str = "invoices";
/// Likewise, `true` for what the base has and a baseline doesn't list.
pub const UNLISTED: &str = "unlisted";

/// What changes are measured against.
pub struct Measures<'a> {
    /// The day on which the question is asked: what holds before it is the past.
    pub as_of: NaiveDate,
    /// Contracts, documents, closed periods.
    pub lookups: &'a Lookups,
    /// The base's table at the beginning of the window over which changes add up, where it is known.
    pub window: Option<Book<'a>>,
    /// The usage, and what it comes to on both sides.
    pub rated: Option<(&'a Usage, &'a Worst)>,
    /// Both tables' rates by key.
    pub books: [&'a Book<'a>; 2],
    /// The head's file.
    pub file: &'a str,
}

/// A row of the change set: a value for each column of the profile, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(BTreeMap<&'static str, String>);

impl Row {
    /// The value of a column; `None` for null.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// Its columns that are not null, by name.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Sets a column; `None` leaves it null.
    pub fn put(&mut self, column: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.0.insert(column, value);
        }
    }
}

/// At which instant the rates of each service are put to the usage of a past month: of those at which a
/// change of one of its rates begins or ends, the one that moves the most, so that no last step hides a
/// larger one, and no rate of the service holds at another time than the others.
pub type Instants = BTreeMap<String, i64>;

/// Usage under both tables at the instants at which the most moves.
#[derive(Debug)]
pub struct Worst {
    /// At which instant the rates of each service that changes were taken.
    pub instants: Instants,
    /// What comes of the usage then.
    pub rerated: Rerated,
    /// What the head has no rate for at any of the instants that were tried, by key and unit.
    pub unrated: Vec<Unrated>,
}

/// Re-rates the usage as often as the service with the most has beginnings and ends of changes, and takes for
/// each service the instant at which the most moves.
pub fn worst(
    base: &RateTable,
    head: &RateTable,
    changes: &[Change],
    (usage, as_of): (&Usage, NaiveDate),
) -> Worst {
    let mut turns: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for change in changes {
        let turns = turns.entry(change.key.service_id.clone()).or_default();
        turns.insert(change.from);
        turns.extend(change.to);
    }
    let at_instants = |instants: &Instants| {
        let (old, new) = snapshots(base, head, instants, as_of);
        rerate(&old, &new, usage, 0)
    };
    let mut chosen: BTreeMap<String, (i64, Exact)> = BTreeMap::new();
    let mut unrated: BTreeMap<(RateKey, String), Unrated> = BTreeMap::new();
    let mut last = None;
    let rounds = turns.values().map(BTreeSet::len).max().unwrap_or(0);
    for round in 0..rounds {
        let at = |all: &BTreeSet<i64>| all.iter().nth(round).or(all.last()).copied();
        let instants: Instants =
            turns.iter().filter_map(|(service, all)| Some((service.clone(), at(all)?))).collect();
        let rerated = at_instants(&instants);
        let mut sizes: BTreeMap<&str, Exact> = BTreeMap::new();
        for (key, effect) in &rerated.by_key {
            let size = sizes.entry(&key.service_id).or_insert_with(Exact::zero);
            for money in effect.money.values() {
                *size = size.plus(&money.delta.magnitude());
            }
        }
        for (service, instant) in &instants {
            let size = sizes.get(service.as_str()).cloned().unwrap_or_else(Exact::zero);
            let best = chosen.entry(service.clone()).or_insert_with(|| (*instant, size.clone()));
            // Of two that move as much, the earlier one.
            if size > best.1 {
                *best = (*instant, size);
            }
        }
        add_unrated(&mut unrated, &rerated);
        last = Some((instants, rerated));
    }
    let instants = chosen.into_iter().map(|(service, (instant, _))| (service, instant)).collect();
    let rerated = match last {
        Some((tried, rerated)) if tried == instants => rerated,
        _ => at_instants(&instants),
    };
    if rounds == 0 {
        add_unrated(&mut unrated, &rerated);
    }
    Worst { instants, rerated, unrated: unrated.into_values().collect() }
}

/// Usage without a rate once is without one; the base's case only where it always is.
fn add_unrated(all: &mut BTreeMap<(RateKey, String), Unrated>, rerated: &Rerated) {
    for usage in &rerated.unrated {
        let place = all.entry((usage.key.clone(), usage.unit.clone()));
        let known = place.or_insert_with(|| usage.clone());
        known.in_base &= usage.in_base;
    }
}

/// Both tables as they hold at those instants, for all time; services without a change as on the day.
fn snapshots(
    base: &RateTable,
    head: &RateTable,
    instants: &Instants,
    as_of: NaiveDate,
) -> (Vec<Rate>, Vec<Rate>) {
    let always = |rate: &Rate| {
        let terms = Terms { known_from: None, ..rate.terms.clone() };
        Rate { from: i64::MIN, to: None, terms, ..rate.clone() }
    };
    let side = |table: &RateTable| {
        let mut held = Vec::new();
        for (key, mut rates) in by_key(&table.rates) {
            let at = instants.get(&key.service_id).copied().unwrap_or_else(|| midnight(as_of));
            rates.retain(|rate| rate.holds(at));
            held.extend(known_last(&rates).into_iter().map(always));
        }
        held
    };
    (side(base), side(head))
}

impl Worst {
    /// Whether a change holds at the instant at which its service's rates were taken.
    pub fn holds(&self, change: &Change) -> bool {
        let instant = self.instants.get(&change.key.service_id);
        instant.is_some_and(|at| change.from <= *at && change.to.is_none_or(|to| *at < to))
    }
}

/// The rows: changes in their order, findings on the table, usage that no rate prices.
pub fn rows(changes: &[Change], findings: &[Finding], measures: &Measures<'_>) -> Vec<Row> {
    let mut told = BTreeSet::new();
    let mut rows = Vec::new();
    for change in changes {
        let mut row = measures.row(change, false);
        // A key's difference stands in one row: sums over the rows are sums of money.
        let told_here = measures.rated.is_some_and(|(_, worst)| worst.holds(change));
        let first = told_here && told.insert(&change.key);
        measures.effect(&mut row, &change.key, first);
        rows.push(row);
    }
    for finding in findings {
        let mut row = measures.row(&finding.change, finding.legacy);
        let unlisted = finding.in_base && !finding.legacy;
        row.put(UNLISTED, unlisted.then(|| true.to_string()));
        row.put("coverage", Some(Coverage::NotRated.name().to_owned()));
        rows.push(row);
    }
    rows.extend(measures.unrated());
    rows
}

impl Measures<'_> {
    fn row(&self, change: &Change, in_base: bool) -> Row {
        let mut row = Row::default();
        // Of two prices at one time neither is the earlier one: both are shown.
        let twice = matches!(change.kind, Kind::TwoPrices | Kind::Overlap);
        let old = if twice { change.other.as_ref() } else { change.old.as_ref() };
        let new = change.new.as_ref();
        let shown = new.or(old);
        row.put("rate_key", Some(change.key.to_string()));
        row.put("kind", Some(change.kind.word().to_owned()));
        let key = |rate: &Rate| (rate.key != change.key).then(|| rate.key.to_string());
        row.put("other_rate_key", old.and_then(key).or_else(|| new.and_then(key)));
        row.put("rate_id", shown.map(|rate| rate.rate_id.clone()));
        row.put("service_id", Some(change.key.service_id.clone()));
        row.put("region", change.key.region.clone());
        row.put("customer_segment", change.key.segment.clone());
        row.put("tier_from", change.tier_from.as_ref().and_then(decimal));
        row.put("effective_from", instant(change.from));
        row.put("effective_to", change.to.and_then(instant));
        for (rate, columns) in [
            (old, ["old_price", "old_currency", "old_unit", "old_tax_code"]),
            (new, ["new_price", "new_currency", "new_unit", "new_tax_code"]),
        ] {
            let Some(rate) = rate else { continue };
            let [price, currency, unit, tax] = columns;
            row.put(price, decimal(&rate.price));
            row.put(currency, Some(rate.currency.clone()));
            row.put(unit, rate.unit.clone());
            row.put(tax, rate.terms.tax_code.clone());
        }
        self.prices(&mut row, change);
        self.terms(&mut row, change);
        row.put("in_base", Some(in_base.to_string()));
        let past = change.from < midnight(self.as_of)
            && !matches!(change.kind, Kind::TwoPrices | Kind::Overlap | Kind::Gap);
        row.put("retroactive", Some(past.to_string()));
        let invoices = self.rated.filter(|_| past && !in_base).map(|(usage, _)| {
            usage.invoices_touched(&change.key, change.from, change.to, self.books)
        });
        row.put(
            INVOICES,
            invoices.as_ref().map(|touched| touched.iter().copied().collect::<Vec<_>>().join(", ")),
        );
        let invoices = invoices.map(|touched| touched.len().to_string());
        row.put("invoices_touched", invoices.or_else(|| (!past).then(|| "0".to_owned())));
        row.put("file", Some(self.file.to_owned()));
        row.put("line", new.and_then(|rate| rate.line).map(|line| line.to_string()));
        row.put("old_line", old.and_then(|rate| rate.line).map(|line| line.to_string()));
        row
    }

    fn terms(&self, row: &mut Row, change: &Change) {
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        row.put("old_source_contract_line", old.and_then(|rate| rate.terms.contract_line.clone()));
        row.put(
            "old_cap_price",
            old.and_then(|rate| rate.terms.cap_price.as_ref()).and_then(decimal),
        );
        row.put("old_method_doc_id", old.and_then(|rate| rate.terms.method_doc_id.clone()));
        let method = new.and_then(|rate| rate.terms.method_doc_id.clone());
        let in_force = method.as_ref().and_then(|m| self.lookups.in_force(m, change.from));
        row.put("method_in_force", in_force.map(|flag| flag.to_string()));
        row.put("method_doc_id", method);
        let announced = self.announced(change);
        row.put(
            "announced_on",
            announced.and_then(|day| day_of(i64::from(day) * DAY)).map(|day| day.to_string()),
        );
        // What is announced only after the day asked, nobody has been told.
        let told = announced.filter(|day| i64::from(*day) * DAY <= midnight(self.as_of));
        let notice = told.map(|day| change.from.div_euclid(DAY) - i64::from(day));
        row.put("notice_days", notice.map(|days| days.to_string()));
        let own = |rate: &Option<Rate>| rate.clone().filter(|rate| rate.key == change.key);
        let declared = own(&change.new).or_else(|| own(&change.old));
        let declared = declared.is_some_and(|rate| rate.terms.retroactive);
        row.put("declared_retroactive", Some(declared.to_string()));
        let closed = self.lookups.closed(change.from, change.to);
        row.put("closed_period", closed.map(|flag| flag.to_string()));
    }

    /// When the later row was announced. Usage that goes to a rate which the base has already was not told
    /// so by what announced that rate.
    fn announced(&self, change: &Change) -> Option<i32> {
        let new = change.new.as_ref()?;
        let announced = new.terms.announced_on?;
        let [base, _] = self.books;
        let known = |rate: &&&Rate| rate.terms.announced_on == Some(announced);
        let moved = new.key != change.key;
        (!moved || base.all(&new.key).iter().find(known).is_none()).then_some(announced)
    }

    /// What the key's usage comes to.
    fn effect(&self, row: &mut Row, key: &RateKey, first: bool) {
        let effect = self.rated.and_then(|(_, worst)| worst.rerated.by_key.get(key));
        let coverage = match (self.rated, effect) {
            (None, _) => Coverage::NotRated,
            (Some(_), None) => Coverage::Unpriced,
            (Some(_), Some(effect)) => effect.coverage,
        };
        row.put("coverage", Some(coverage.name().to_owned()));
        let Some(effect) = effect.filter(|_| first) else { return };
        if let Some((quantity, true)) = only(&effect.quantity).map(|(_, q, alone)| (q, alone)) {
            row.put("quantity", decimal(quantity));
        }
        // Two currencies are never netted: the row then has no amount, and the totals have both.
        let Some((currency, money, true)) = only(&effect.money) else { return };
        row.put("old_amount", decimal(&money.old));
        row.put("new_amount", decimal(&money.new));
        row.put("delta", decimal(&money.delta));
        row.put("currency", Some(currency.to_owned()));
    }

    /// A row for each service, region, segment and unit whose usage the head doesn't price.
    fn unrated(&self) -> Vec<Row> {
        let unrated = self.rated.into_iter().flat_map(|(_, worst)| &worst.unrated);
        let row = |usage: &Unrated| {
            let mut row = Row::default();
            row.put("rate_key", Some(usage.key.to_string()));
            row.put("kind", Some(Kind::UsageWithoutRate.word().to_owned()));
            row.put("service_id", Some(usage.key.service_id.clone()));
            row.put("region", usage.key.region.clone());
            row.put("customer_segment", usage.key.segment.clone());
            row.put("effective_from", self.rated.and_then(|(usage, _)| instant(usage.month.0)));
            row.put("new_unit", Some(usage.unit.clone()));
            row.put("quantity", decimal(&usage.quantity));
            row.put("in_base", Some(usage.in_base.to_string()));
            row.put("retroactive", Some("false".to_owned()));
            row.put("declared_retroactive", Some("false".to_owned()));
            row.put("closed_period", Some("false".to_owned()));
            row.put("coverage", Some(Coverage::NotRated.name().to_owned()));
            row.put("file", Some(self.file.to_owned()));
            row
        };
        unrated.map(row).collect()
    }
}

/// The first entry, and whether it is the only one.
fn only<T>(map: &BTreeMap<String, T>) -> Option<(&str, &T, bool)> {
    map.iter().next().map(|(key, value)| (key.as_str(), value, map.len() == 1))
}

fn decimal(exact: &Exact) -> Option<String> {
    exact.to_decimal().map(|decimal| decimal.normalized().to_string())
}

fn instant(micros: i64) -> Option<String> {
    DateTime::from_timestamp_micros(micros).map(instant_text)
}
