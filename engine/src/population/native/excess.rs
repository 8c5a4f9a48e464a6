//! What was counted that should not have been: rows sent twice, and rows of a second meter.

use super::usage::{Counted, Row, replaced};
use std::collections::BTreeSet;

/// Which rows a charge counts too many of, where that explains it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Rows that came twice under one id.
    Duplicates,
    /// Rows that one source sent of the same interval under several ids.
    NearDuplicates,
    /// Rows of a second meter, from this place to that one of [`Doubles::overlaps`].
    Overlap(usize, usize),
}

impl Excess {
    /// The name of the class.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Duplicates => "duplicate-exact",
            Self::NearDuplicates => "near-duplicate-billed",
            Self::Overlap(..) => "duplicate-overlap-billed",
        }
    }
}

/// The rows of a period that do not count beside those that do; places among the period's rows.
#[derive(Debug, Default)]
pub(super) struct Doubles {
    /// Rows of which the source sent one with the same id before.
    pub(super) duplicates: Vec<usize>,
    /// Rows of an interval of which the same source sent another that counts.
    pub(super) near: Vec<usize>,
    /// Rows of an interval that another source's row counts for, by interval.
    pub(super) overlaps: Vec<usize>,
}

/// Looks through a period's rows that were known before an instant; `counted` is what counts of them.
pub(super) fn doubles(rows: &[Row<'_>], before: i64, counted: &Counted) -> Doubles {
    let known = |row: &Row<'_>| row.ingest < before;
    let replaced = replaced(rows, before);
    let mut found = Doubles::default();
    let mut seen = BTreeSet::new();
    let mut counting = counted.rows.iter().peekable();
    let mut counts: Option<&Row<'_>> = None;
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| known(row)) {
        if !seen.insert((row.source, row.id)) {
            found.duplicates.push(place);
            continue;
        }
        let same = |other: &Row<'_>| (other.start, other.end) == (row.start, row.end);
        while let Some(next) = counting.peek().and_then(|place| rows.get(**place)) {
            if (next.start, next.end) > (row.start, row.end) {
                break;
            }
            counts = Some(next);
            counting.next();
        }
        let counts = counts.filter(|other| same(other));
        match counts {
            Some(other) if (other.source, other.id) == (row.source, row.id) => {}
            _ if row.estimated || replaced.contains(&(row.source, row.id)) => {}
            Some(other) if other.source == row.source => found.near.push(place),
            _ => found.overlaps.push(place),
        }
    }
    found
}

/// What explains an excess exactly, if anything does.
pub(super) fn explain(rows: &[Row<'_>], doubles: &Doubles, excess: i128) -> Option<Excess> {
    if excess <= 0 {
        return None;
    }
    let quantity = |place: &usize| rows.get(*place).and_then(|row| row.quantity);
    let sum = |places: &[usize]| {
        places.iter().try_fold(0_i128, |sum, place| sum.checked_add(quantity(place)?))
    };
    if sum(&doubles.duplicates) == Some(excess) {
        return Some(Excess::Duplicates);
    }
    if sum(&doubles.near) == Some(excess) {
        return Some(Excess::NearDuplicates);
    }
    let sizes: Option<Vec<i128>> = doubles.overlaps.iter().map(quantity).collect();
    run_of(&sizes?, excess).map(|(from, to)| Excess::Overlap(from, to))
}

/// The first run of numbers, none of them negative, that sums up to a total: from a place up to
/// another.
fn run_of(numbers: &[i128], total: i128) -> Option<(usize, usize)> {
    let (mut from, mut sum) = (0, 0_i128);
    for (to, number) in numbers.iter().enumerate() {
        sum = sum.checked_add(*number)?;
        while sum > total {
            sum -= numbers.get(from)?;
            from += 1;
        }
        if sum == total && from <= to {
            return Some((from, to + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::run_of;

    #[test]
    fn runs_are_found_and_nothing_else() {
        let numbers = [3, 1, 4, 1, 5, 9, 2, 6];
        assert_eq!(run_of(&numbers, 10), Some((2, 5)));
        assert_eq!(run_of(&numbers, 3), Some((0, 1)));
        assert_eq!(run_of(&numbers, 31), Some((0, 8)));
        assert_eq!(run_of(&numbers, 7), None);
        assert_eq!(run_of(&[], 1), None);
    }
}
