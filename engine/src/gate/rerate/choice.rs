//! Which rates price what was used, on both sides.

use super::book::Book;
use super::price::{Price, Reason};
use crate::gate::RateKey;
use crate::gate::usage::Usage;
use std::collections::BTreeMap;

/// The keys in force, and for whatever was used those that price it.
pub(super) struct Choices<'r> {
    /// The keys that have a rate in force on either side, in order.
    pub(super) keys: Vec<&'r RateKey>,
    /// For each of them what its rates come to on each side, where they price anything there.
    prices: [Vec<Option<Result<Price<'r>, Reason>>>; 2],
    /// For each service, region and segment of the usage.
    choices: Vec<Choice>,
}

/// What prices one service, region and segment: places among [`Choices::keys`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Choice {
    /// On each side.
    pub(super) keys: [Option<usize>; 2],
    /// The more specific one.
    pub(super) told_with: Option<usize>,
}

impl<'r> Choices<'r> {
    pub(super) fn of(books: &[Book<'r>; 2], usage: &Usage, at: i64) -> Self {
        let mut places: BTreeMap<&RateKey, usize> =
            books.iter().flat_map(|book| book.keys(at)).map(|key| (key, 0)).collect();
        places.values_mut().zip(0..).for_each(|(place, number)| *place = number);
        let keys: Vec<&RateKey> = places.keys().copied().collect();
        let none = || keys.iter().map(|_| None).collect();
        let mut prices: [Vec<Option<Result<Price<'_>, Reason>>>; 2] = [none(), none()];
        let mut choices = Vec::with_capacity(usage.keys.len());
        for used in &usage.keys {
            let mut choice = Choice::default();
            let mut most = None;
            for ((book, prices), chosen) in books.iter().zip(&mut prices).zip(&mut choice.keys) {
                let Some(key) = book.key(used, at) else { continue };
                let place = places.get(key).copied();
                *chosen = place;
                if most.is_none_or(|most| most < key.rank()) {
                    (most, choice.told_with) = (Some(key.rank()), place);
                }
                if let Some(price) = place.and_then(|place| prices.get_mut(place)) {
                    price.get_or_insert_with(|| Price::of(&book.rates(key, at)));
                }
            }
            choices.push(choice);
        }
        Self { keys, prices, choices }
    }

    /// What prices the usage of that number.
    pub(super) fn choice(&self, used: u32) -> Choice {
        let at = usize::try_from(used).ok();
        at.and_then(|at| self.choices.get(at)).copied().unwrap_or_default()
    }

    /// What a key's rates come to on a side.
    pub(super) fn price(&self, side: usize, key: usize) -> Option<&Result<Price<'r>, Reason>> {
        self.prices.get(side)?.get(key)?.as_ref()
    }
}
