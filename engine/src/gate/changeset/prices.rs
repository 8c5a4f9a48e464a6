//! By how much a price changes: now, over the window, and against its contract.

use super::{Measures, Row, decimal};
use crate::gate::diff::Change;
use crate::gate::difference::{Difference, difference, of};
use crate::gate::effect::is_tier;
use crate::gate::rerate::Book;
use crate::gate::timeline::{cuts, known_last};
use crate::gate::{Rate, RateKey};
use crate::reperform::exact::{Exact, Increment};
use std::collections::BTreeSet;
use tieout_controls::Rounding;

/// Percentages have so many digits behind the point, half of the last to even.
const PERCENT_SCALE: u32 = 4;

impl Measures<'_> {
    /// By how much the price changes now, and over the window; and its margin on the contract.
    pub(super) fn prices(&self, row: &mut Row, change: &Change) {
        let step = self.step(change);
        let percent_of = |found: &Option<Difference>| percent(found.as_ref()?.largest.as_ref()?);
        row.put("change_percent", percent_of(&step));
        row.put("dearer", step.as_ref().map(|step| step.dearer.to_string()));
        let over = self.window.as_ref().and_then(|book| self.over(book, change));
        row.put("cumulative_percent", percent_of(&over.or(step)));
        let Some(new) = change.new.as_ref() else { return };
        let line = new.terms.contract_line.as_deref();
        row.put("source_contract_line", line.map(ToOwned::to_owned));
        let contract =
            line.and_then(|line| self.lookups.contract(line, &change.key.service_id, change.from));
        if let Some(contract) = contract.filter(|contract| contract.currency == new.currency) {
            row.put("contract_price", decimal(&contract.price));
            let margin =
                of(&contract.price, &new.price).largest.filter(|_| !contract.price.is_zero());
            row.put("margin_percent", margin.as_ref().and_then(percent));
        }
        row.put("cap_price", new.terms.cap_price.as_ref().and_then(decimal));
    }

    /// The largest difference that the change makes to any quantity, at any instant.
    fn step(&self, change: &Change) -> Option<Difference> {
        let [base, head] = self.books;
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        if !old.is_some_and(is_tier) && !new.is_some_and(is_tier) {
            let (old, new) = (old?, new?);
            let alike = old.currency == new.currency && old.unit == new.unit;
            return alike.then(|| of(&old.price, &new.price));
        }
        let key = |rate: Option<&Rate>| rate.map_or(&change.key, |rate| &rate.key).clone();
        let (old_key, new_key) = (key(old), key(new));
        let tier = &new.or(old)?.tier;
        let rates = base.all(&old_key).iter().chain(head.all(&new_key)).copied();
        let found = instants(change, rates).into_iter().filter_map(|at| {
            let was = known_last(&base.rates(&old_key, at));
            let is = known_last(&head.rates(&new_key, at));
            difference(&was, &is, (&tier.0, tier.1.as_ref()))
        });
        found.reduce(|one, other| one.and(&other))
    }

    /// The same against the base's table when the window began: by whatever priced then what the later row
    /// prices now. `None` where that table has nothing to compare.
    fn over(&self, window: &Book<'_>, change: &Change) -> Option<Difference> {
        let [_, head] = self.books;
        let new = change.new.as_ref()?;
        let mut found: Option<Difference> = None;
        for used in used(window, &change.key) {
            let before: Vec<&Rate> =
                Book::candidates(&used).iter().flat_map(|key| window.all(key)).copied().collect();
            let own = head.all(&new.key).iter().copied().filter(|_| is_tier(new));
            for at in instants(change, before.iter().copied().chain(own)) {
                if head.key(&used, at) != Some(&new.key) {
                    continue;
                }
                let Some(key) = window.key(&used, at) else { continue };
                let now = if is_tier(new) { head.rates(&new.key, at) } else { vec![new] };
                let (before, now) = (known_last(&window.rates(key, at)), known_last(&now));
                let more = difference(&before, &now, (&new.tier.0, new.tier.1.as_ref()));
                found = match (found, more) {
                    (Some(found), Some(more)) => Some(found.and(&more)),
                    (found, more) => found.or(more),
                };
            }
        }
        found
    }
}

/// The instants of a change at which what it is compared with may be another.
fn instants<'r>(change: &Change, rates: impl Iterator<Item = &'r Rate>) -> Vec<i64> {
    let mut instants = cuts(rates);
    instants.retain(|at| *at > change.from && change.to.is_none_or(|to| *at < to));
    instants.insert(0, change.from);
    instants
}

/// What may be used by a key, as far as a table distinguishes it.
fn used(book: &Book<'_>, key: &RateKey) -> BTreeSet<RateKey> {
    let mut used = BTreeSet::from([key.clone()]);
    let service = &key.service_id;
    match (&key.region, &key.segment) {
        (Some(_), Some(_)) => {}
        (Some(region), None) => {
            used.extend(book.of_region(service, Some(region)).cloned());
            let everywhere = book.of_region(service, None);
            used.extend(everywhere.map(|k| RateKey { segment: k.segment.clone(), ..key.clone() }));
        }
        (None, segment) => {
            for known in book.of_service(service) {
                let segment = segment.clone().or_else(|| known.segment.clone());
                used.insert(RateKey { segment, ..known.clone() });
            }
        }
    }
    used
}

/// A share in percent, rounded half-even to four digits.
pub(super) fn percent(share: &Exact) -> Option<String> {
    let share = share.times(&Exact::integer(100));
    decimal(&share.rounded(Increment::digits(PERCENT_SCALE)?, Rounding::HalfEven))
}
