//! Exact sums of many numbers: integers of 128 bits, and beside them what those don't hold.

use crate::reperform::exact::Exact;

/// A sum in units of `10^-SCALE`, exact whatever is added.
#[derive(Debug, Clone, Default)]
pub(in crate::gate) struct Total<const SCALE: u32> {
    small: i128,
    wide: Option<Box<Exact>>,
}

impl<const SCALE: u32> Total<SCALE> {
    /// Adds so many units.
    pub(in crate::gate) fn add(&mut self, units: i128) {
        match self.small.checked_add(units) {
            Some(sum) => self.small = sum,
            None => self.spill(&Exact::from_scaled(units, SCALE)),
        }
    }

    /// Adds a number.
    pub(in crate::gate) fn add_exact(&mut self, number: &Exact) {
        match number.to_decimal().and_then(|decimal| decimal.to_scaled(SCALE).ok()) {
            Some(units) => self.add(units),
            None => self.spill(number),
        }
    }

    /// Adds a sum.
    pub(in crate::gate) fn add_total(&mut self, other: &Self) {
        self.add(other.small);
        if let Some(wide) = &other.wide {
            self.spill(wide);
        }
    }

    /// The sum in units, where 128 bits held it all the way.
    pub(in crate::gate) fn units(&self) -> Option<i128> {
        self.wide.is_none().then_some(self.small)
    }

    /// The sum.
    pub(in crate::gate) fn exact(&self) -> Exact {
        let small = Exact::from_scaled(self.small, SCALE);
        self.wide.as_ref().map_or(small.clone(), |wide| wide.plus(&small))
    }

    fn spill(&mut self, number: &Exact) {
        let sum = self.wide.take().map_or(number.clone(), |wide| wide.plus(number));
        self.wide = Some(Box::new(sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_doesnt_fit_is_summed_all_the_same() {
        let mut total = Total::<2>::default();
        for _ in 0..3 {
            total.add(i128::MAX);
        }
        total.add_exact(&Exact::ratio(1, 3).unwrap());
        assert_eq!(total.units(), None);
        total.add_exact(&Exact::from_scaled(25, 1));
        let three = Exact::from_scaled(i128::MAX, 2).times(&Exact::integer(3));
        let rest = Exact::ratio(1, 3).unwrap().plus(&Exact::from_scaled(25, 1));
        assert_eq!(total.exact(), three.plus(&rest));
        let mut other = Total::default();
        other.add(-250);
        other.add_total(&total);
        assert_eq!(other.exact(), three.plus(&Exact::ratio(1, 3).unwrap()));
    }
}
