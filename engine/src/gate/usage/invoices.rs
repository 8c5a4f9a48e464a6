//! Which invoices bill the usage of which time.

use super::Usage;
use crate::gate::RateKey;
use crate::gate::rerate::Book;
use std::collections::BTreeSet;

/// Intervals that neither overlap nor touch, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Periods(Vec<(i64, i64)>);

impl Periods {
    /// Adds an interval; one without length counts as its instant.
    pub(super) fn cover(&mut self, start: i64, end: i64) {
        let (start, end) = (start.min(end), end.max(start.saturating_add(1)));
        // Rows mostly come in the order of time.
        if let Some((from, to)) = self.0.last_mut()
            && *from <= start
            && start <= *to
        {
            *to = end.max(*to);
            return;
        }
        let first = self.0.partition_point(|(_, to)| *to < start);
        let next = self.0.partition_point(|(from, _)| *from <= end);
        // Those from the first up to the next one touch it.
        match (self.0.get(first).copied(), next.checked_sub(1).and_then(|l| self.0.get(l)).copied())
        {
            (Some((from, _)), Some((_, to))) if first < next => {
                let whole = (start.min(from), end.max(to));
                self.0.drain(first + 1..next);
                self.0.get_mut(first).into_iter().for_each(|period| *period = whole);
            }
            _ => self.0.insert(first, (start, end)),
        }
    }

    /// The first instants of those parts of them that lie in an interval.
    fn within(&self, from: i64, to: i64) -> impl Iterator<Item = i64> {
        let first = self.0.partition_point(|(_, end)| *end <= from);
        let begun = self.0.iter().skip(first).take_while(move |(start, _)| *start < to);
        begun.map(move |(start, _)| (*start).max(from))
    }
}

impl Usage {
    /// The invoices, by their numbers, that billed usage of a half-open interval which a rate of that key
    /// prices in one of the two tables: what a change of it there would make another amount. `to` is none
    /// for an interval without end. Where a more specific rate holds in both tables, the usage is not
    /// this one's. All rows of the dataset count, of whichever month, and the time that an invoice bills
    /// of a service, region and segment is what its rows cover together.
    pub fn invoices_touched(
        &self,
        key: &RateKey,
        from: i64,
        to: Option<i64>,
        books: [&Book<'_>; 2],
    ) -> BTreeSet<&str> {
        let to = to.unwrap_or(i64::MAX);
        let first = self.keys.partition_point(|used| used.service_id < key.service_id);
        let of_service = self.keys.iter().zip(&self.invoices).skip(first);
        let of_service = of_service.take_while(|(used, _)| used.service_id == key.service_id);
        let mut touched = BTreeSet::new();
        for (used, invoices) in of_service.filter(|(used, _)| key.covers(used)) {
            let prices = |at| books.iter().any(|book| book.key(used, at) == Some(key));
            for (invoice, periods) in invoices {
                let number = self.invoice_numbers.known(*invoice);
                if !touched.contains(number) && periods.within(from, to).any(prices) {
                    touched.insert(number);
                }
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_run_together() {
        let mut periods = Periods::default();
        for (start, end) in [(0, 10), (20, 30), (5, 7), (10, 15), (40, 40), (14, 21)] {
            periods.cover(start, end);
        }
        assert_eq!(periods.0, [(0, 30), (40, 41)]);
        let within = |from, to| periods.within(from, to).collect::<Vec<_>>();
        assert_eq!(within(30, 40), Vec::<i64>::new());
        assert_eq!(within(29, 41), [29, 40]);
        assert_eq!(within(-5, 0), Vec::<i64>::new());
    }
}
