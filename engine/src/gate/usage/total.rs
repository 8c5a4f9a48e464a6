//! Exact sums of many numbers: integers of 128 bits at one scale, and beside them what those don't hold.

use crate::reperform::exact::Exact;

/// A sum, exact whatever is added.
#[derive(Debug, Clone)]
pub(in crate::gate) struct Total {
    small: i128,
    scale: u32,
    wide: Option<Box<Exact>>,
}

impl Total {
    /// Nothing summed yet, in units of `10^-scale`.
    pub(in crate::gate) fn new(scale: u32) -> Self {
        Self { small: 0, scale, wide: None }
    }

    /// Adds so many units.
    pub(in crate::gate) fn add(&mut self, units: i128) {
        match self.small.checked_add(units) {
            Some(sum) => self.small = sum,
            None => self.spill(&Exact::from_scaled(units, self.scale)),
        }
    }

    /// Adds a number.
    pub(in crate::gate) fn add_exact(&mut self, number: &Exact) {
        match units(number, self.scale) {
            Some(units) => self.add(units),
            None => self.spill(number),
        }
    }

    /// Adds a sum of the same scale.
    pub(in crate::gate) fn add_total(&mut self, other: &Self) {
        self.add(other.small);
        if let Some(wide) = &other.wide {
            self.spill(wide);
        }
    }

    /// The sum in units, where 128 bits hold it; what doesn't is none or [`Total::exact`].
    pub(in crate::gate) fn units(&self) -> Option<i128> {
        self.wide.is_none().then_some(self.small)
    }

    /// The sum.
    pub(in crate::gate) fn exact(&self) -> Exact {
        let small = Exact::from_scaled(self.small, self.scale);
        self.wide.as_ref().map_or(small.clone(), |wide| wide.plus(&small))
    }

    fn spill(&mut self, number: &Exact) {
        let sum = self.wide.take().map_or(number.clone(), |wide| wide.plus(number));
        self.wide = Some(Box::new(sum));
    }
}

/// The number in units of `10^-scale`, where it is a whole number of them that 128 bits hold.
fn units(number: &Exact, scale: u32) -> Option<i128> {
    number.to_decimal()?.to_scaled(scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_doesnt_fit_is_summed_all_the_same() {
        let mut total = Total::new(2);
        for _ in 0..3 {
            total.add(i128::MAX);
        }
        total.add_exact(&Exact::ratio(1, 3).unwrap());
        assert_eq!(total.units(), None);
        total.add_exact(&Exact::from_scaled(25, 1));
        let three = Exact::from_scaled(i128::MAX, 2).times(&Exact::integer(3));
        let rest = Exact::ratio(1, 3).unwrap().plus(&Exact::from_scaled(25, 1));
        assert_eq!(total.exact(), three.plus(&rest));
        let mut other = Total::new(2);
        other.add(-250);
        other.add_total(&total);
        assert_eq!(other.exact(), three.plus(&Exact::ratio(1, 3).unwrap()));
    }
}
