//! The groups of usage as they fill, and what invoices bill of it.

use super::names::NONE;
use super::{Periods, QUANTITY_SCALE, Quantity};
use crate::population::native::reading::Numbers;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::BuildHasher as _;

/// Key, unit, cost centre, entity, account.
pub(super) type GroupKey = [u32; 5];

/// An invoice, and the place of its periods.
type Billed = (u32, usize);

/// No invoice.
pub(super) const NOT_BILLED: Billed = (NONE, 0);

/// Rows, and what they come to.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) rows: u64,
    pub(super) quantity: Quantity,
    /// The last invoice of such a row: mostly it is the next one's too.
    billed: Billed,
}

impl Sum {
    /// Adds a row, and gives the invoice of the one before it.
    pub(super) fn add(&mut self, quantities: Numbers<'_>, row: usize) -> &mut Billed {
        self.rows += 1;
        match quantities.scaled(row, QUANTITY_SCALE) {
            Some(units) => self.quantity.add(units),
            // The profile has no row without one.
            None => quantities.exact(row).iter().for_each(|exact| self.quantity.add_exact(exact)),
        }
        &mut self.billed
    }
}

/// The groups in the order in which they first came, and where each is: later rows mostly come in the same
/// order, so that memory is read forwards.
#[derive(Default)]
pub(super) struct Groups {
    places: HashTable<usize>,
    groups: Vec<(GroupKey, Sum)>,
    hasher: DefaultHashBuilder,
}

impl Groups {
    pub(super) fn of(&mut self, key: GroupKey) -> Option<&mut Sum> {
        let Self { places, groups, hasher } = self;
        let hash = hasher.hash_one(key);
        let is = |place: &usize| groups.get(*place).is_some_and(|(known, _)| *known == key);
        let place = match places.find(hash, is) {
            Some(place) => *place,
            None => {
                let next = groups.len();
                groups.push((key, Sum::default()));
                let hash_of =
                    |place: &usize| hasher.hash_one(groups.get(*place).map_or(key, |g| g.0));
                places.insert_unique(hash, next, hash_of);
                next
            }
        };
        groups.get_mut(place).map(|(_, sum)| sum)
    }

    pub(super) fn all(self) -> impl Iterator<Item = (GroupKey, Sum)> {
        self.groups.into_iter()
    }
}

/// The time that invoices bill, by key and invoice.
#[derive(Default)]
pub(super) struct Billing {
    places: HashMap<(u32, u32), usize>,
    periods: Vec<Periods>,
}

impl Billing {
    /// Adds a row's time to what its invoice bills, if it has one; `last` is the invoice of another row of
    /// that key, and becomes this one's.
    pub(super) fn add(&mut self, last: &mut Billed, of: (u32, u32), (start, end): (i64, i64)) {
        let (_, invoice) = of;
        if invoice == NONE {
            return;
        }
        if last.0 != invoice {
            let next = self.periods.len();
            *last = (invoice, *self.places.entry(of).or_insert(next));
            if last.1 == next {
                self.periods.push(Periods::default());
            }
        }
        self.periods.get_mut(last.1).into_iter().for_each(|periods| periods.cover(start, end));
    }

    pub(super) fn all(&self) -> impl Iterator<Item = ((u32, u32), &Periods)> {
        let periods = |place: &usize| self.periods.get(*place);
        self.places.iter().filter_map(move |(of, place)| Some((*of, periods(place)?)))
    }
}
