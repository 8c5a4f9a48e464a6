//! Sets of rows of files, a bit a row: a population may have a hundred million.

use std::collections::BTreeMap;
use tieout_controls::Count;

/// Rows in a page: memory is for the parts of files in which there are any.
const PAGE: u64 = 4096;

#[derive(Default)]
pub(super) struct Rows {
    /// Where each page is, by file and number.
    places: BTreeMap<(u64, u64), usize>,
    pages: Vec<[u64; 64]>,
    /// The page that was looked up last: rows mostly come in their order.
    last: Option<((u64, u64), usize)>,
    size: u64,
}

impl Rows {
    /// Adds a row; whether it was not there before.
    pub(super) fn insert(&mut self, file: Count, row: Count) -> bool {
        let (word, bit) = place(row);
        let key = (file.0, row.0 / PAGE);
        let at = match self.last {
            Some((last, at)) if last == key => at,
            _ => *self.places.entry(key).or_insert_with(|| {
                self.pages.push([0; 64]);
                self.pages.len().saturating_sub(1)
            }),
        };
        self.last = Some((key, at));
        let page = self.pages.get_mut(at);
        let Some(word) = page.and_then(|page| page.get_mut(word)) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        self.size = self.size.saturating_add(u64::from(new));
        new
    }

    /// The number of rows.
    pub(super) fn size(&self) -> Count {
        Count(self.size)
    }

    /// Whether a row is in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.places.keys().any(|key| {
            let pages = self.page(key).zip(other.page(key));
            pages.is_some_and(|(own, other)| own.iter().zip(other).any(|(a, b)| a & b > 0))
        })
    }

    fn page(&self, key: &(u64, u64)) -> Option<&[u64; 64]> {
        self.pages.get(*self.places.get(key)?)
    }
}

fn place(row: Count) -> (usize, u64) {
    let in_page = row.0 % PAGE;
    (usize::try_from(in_page / 64).unwrap_or(usize::MAX), 1 << (in_page % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn as_a_set_of_pairs() {
        let rows = |step: u64| {
            (0..600_u64)
                .map(move |n| (Count(n % 3), Count(n * step % 9000)))
                .chain([(Count(0), Count(u64::MAX))])
        };
        let mut rows_of = Vec::new();
        for step in [7, 11] {
            let (mut own, mut pairs) = (Rows::default(), BTreeSet::new());
            for (file, row) in rows(step) {
                assert_eq!(own.insert(file, row), pairs.insert((file, row)));
            }
            assert_eq!(own.size(), Count::of(pairs.len()));
            rows_of.push(own);
        }
        let (second, first) = (rows_of.pop().unwrap(), rows_of.pop().unwrap());
        assert!(first.meets(&second));
        let mut elsewhere = Rows::default();
        assert!(!first.meets(&elsewhere));
        elsewhere.insert(Count(0), Count(9001));
        assert!(!first.meets(&elsewhere));
        elsewhere.insert(Count(0), Count(u64::MAX));
        assert!(first.meets(&elsewhere));
    }
}
