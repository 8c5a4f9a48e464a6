//! Usage that goes from the rates of one key to those of another, because a key has rates in one of the
//! tables alone.
//!
//! Usage of a key is priced by the most specific key that has a rate ([`Book::key`]). So it moves only where
//! the more specific of two keys comes or goes, and all of it is told with that one.

use super::pairs::{self, Pair};
use crate::gate::effect::alike;
use crate::gate::rerate::Book;
use crate::gate::timeline::{cuts, in_order};
use crate::gate::{Rate, RateKey};
use std::collections::BTreeSet;

/// What a key's usage is priced by where the key itself has no rate.
pub(super) struct Moves<'a, 'r> {
    key: &'a RateKey,
    /// The earlier table and the later one.
    books: [&'a Book<'r>; 2],
}

impl<'a, 'r> Moves<'a, 'r> {
    /// The moves of a key between the earlier table and the later one.
    pub(super) fn of(key: &'a RateKey, books: [&'a Book<'r>; 2]) -> Self {
        Self { key, books }
    }

    /// The usage that the key prices, or that it would if it had a rate: its own, and of a region alone that
    /// of each segment which has rates for all regions.
    fn used(&self) -> Vec<RateKey> {
        let mut used = vec![self.key.clone()];
        if self.key.region.is_some() && self.key.segment.is_none() {
            let service = &self.key.service_id;
            let everywhere = self.books.into_iter().flat_map(|book| book.of_region(service, None));
            let segments: BTreeSet<&Option<String>> =
                everywhere.map(|key| &key.segment).filter(|segment| segment.is_some()).collect();
            let of =
                |segment: &Option<String>| RateKey { segment: segment.clone(), ..self.key.clone() };
            used.extend(segments.into_iter().map(of));
        }
        used
    }

    /// The instants at which what the usage is priced by may change, with the key's own.
    pub(super) fn cuts(&self, own: Vec<i64>) -> Vec<i64> {
        let keys: BTreeSet<RateKey> = self.used().iter().flat_map(Book::candidates).collect();
        let rates = self.books.into_iter().flat_map(|book| keys.iter().flat_map(|k| book.all(k)));
        let mut all = cuts(rates.copied());
        // Before its first rate and after its last there is nothing of the key.
        all.retain(|at| own.first().is_some_and(|first| first <= at));
        all.extend(own);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The pairs that differ of a key's rows in force, of which one of the tables has none, and of those by
    /// which its usage is priced there.
    pub(super) fn differing(&self, at: i64, old: &[&'r Rate], new: &[&'r Rate]) -> Vec<Pair<'r>> {
        let own = pairs::differing(old, new);
        let [base, head] = self.books;
        let (without, with) = if old.is_empty() { (base, head) } else { (head, base) };
        let (mut found, mut alone): (Vec<Pair<'r>>, bool) = (Vec::new(), true);
        for used in &self.used() {
            // What has a rate of its own is told there.
            if with.key(used, at) != Some(self.key) {
                continue;
            }
            let Some(other) = without.key(used, at).filter(|other| self.covers_less(other)) else {
                continue;
            };
            let other = in_order(&without.rates(other, at));
            let pairs = match old.is_empty() {
                true => pairs::differing(&other, new),
                false => pairs::differing(old, &other),
            };
            alone &= *used != *self.key || pairs.is_empty();
            for pair in pairs {
                if !found
                    .iter()
                    .any(|known| alike(known.old, pair.old) && alike(known.new, pair.new))
                {
                    found.push(pair);
                }
            }
        }
        // A rate that comes or goes is told, also where that changes no price yet.
        if alone {
            found.extend(own);
        }
        found
    }

    /// Whether another key is the less specific one: the move is told here.
    fn covers_less(&self, other: &RateKey) -> bool {
        other.rank() < self.key.rank()
    }
}
