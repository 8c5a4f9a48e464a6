//! The numbers of an invoice over one denominator, as integers as wide as they have to be.

use super::{Nearest, PartRules, Place};
use crate::reperform::exact::{Exact, Increment, least_common_multiple};
use crate::reperform::integer::{Integer, ten_pow};
use crate::reperform::rounding::Rule;
use num_bigint::BigInt;

/// Where a candidate fails, over the invoice's denominator.
#[derive(Debug, Clone)]
pub(super) struct Mismatch<I> {
    pub(super) place: Place,
    pub(super) expected: I,
    pub(super) actual: I,
}

impl<I: Integer> Mismatch<I> {
    /// `None` where both are equal.
    pub(super) fn between(place: impl FnOnce() -> Place, expected: &I, actual: &I) -> Option<Self> {
        (expected != actual).then(|| Self {
            place: place(),
            expected: expected.clone(),
            actual: actual.clone(),
        })
    }
}

impl Mismatch<BigInt> {
    pub(super) fn nearest(self, rules: PartRules, denominator: &BigInt) -> Nearest {
        let exact = |numerator| Exact::of_parts(numerator, denominator.clone());
        let (expected, actual) = (exact(self.expected), exact(self.actual));
        Nearest { rules, place: self.place, expected, actual }
    }
}

/// The least common denominator of numbers, and of the grids on which rules round them.
pub(super) fn denominator<'a>(
    start: BigInt,
    numbers: impl Iterator<Item = &'a Exact>,
    options: &[Option<Rule>],
) -> BigInt {
    let scale = options.iter().flatten().map(|rule| rule.increment.scale()).max();
    let start = least_common_multiple(&start, &ten_pow(scale.unwrap_or(0)));
    numbers.fold(start, |common, number| {
        // Most denominators divide what is there already.
        if (&common % number.denominator()).bits() == 0 {
            return common;
        }
        least_common_multiple(&common, number.denominator())
    })
}

/// The numerator over that denominator, which is a multiple of the number's own.
pub(super) fn over(number: &Exact, denominator: &BigInt) -> BigInt {
    number.numerator() * (denominator / number.denominator())
}

/// The step of a grid over that denominator.
pub(super) fn step(increment: Increment, denominator: &BigInt) -> BigInt {
    BigInt::from(increment.units()) * (denominator / ten_pow::<BigInt>(increment.scale()))
}

/// Leaves the candidates that explain the invoice, each of which has its answer in the same place.
pub(super) fn keep<T>(candidates: &mut Vec<T>, explained: &[bool]) {
    let mut explained = explained.iter();
    candidates.retain(|_| explained.next().copied().unwrap_or(false));
}

/// All in this width, if all fit.
pub(super) fn fitting<I: Integer>(numbers: &[BigInt]) -> Option<Vec<I>> {
    numbers.iter().map(I::fitting).collect()
}

/// The greatest number of bits among them.
pub(super) fn bits<'a>(numbers: impl IntoIterator<Item = &'a BigInt>) -> u64 {
    numbers.into_iter().map(BigInt::bits).max().unwrap_or(0)
}
