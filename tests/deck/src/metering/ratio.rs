//! Exact fractions, their rounding, and the division of a sum by largest remainder: by the book, and
//! slow.

use crate::money::Dec;
use std::cmp::Reverse;

/// How a fraction is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Ties away from zero.
    HalfUp,
    /// Ties to the even neighbour.
    HalfEven,
    /// Toward zero.
    Down,
}

/// A fraction in lowest terms, its denominator positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    pub(crate) const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// The fraction; a denominator of zero ends the program.
    pub(crate) fn new(numerator: i128, denominator: i128) -> Self {
        let (mut a, mut b) = (numerator.abs(), denominator.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a * denominator.signum();
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    pub(crate) fn of(number: Dec) -> Self {
        let (units, scale) = number.parts();
        Self::new(units, 10_i128.pow(scale))
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self::new(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(Self { numerator: -other.numerator, ..other })
    }

    pub(crate) fn times(self, other: Self) -> Self {
        Self::new(self.numerator * other.numerator, self.denominator * other.denominator)
    }

    /// The part of it that so many percent are.
    pub(crate) fn percent(self, percent: i128) -> Self {
        self.times(Self::new(percent, 100))
    }

    pub(crate) fn at_least(self, least: Self) -> Self {
        if self.numerator * least.denominator < least.numerator * self.denominator {
            least
        } else {
            self
        }
    }

    pub(crate) fn magnitude(self) -> Self {
        Self { numerator: self.numerator.abs(), ..self }
    }

    pub(crate) fn exceeds(self, other: Self) -> bool {
        self.numerator * other.denominator > other.numerator * self.denominator
    }

    /// The smallest whole number that isn't less.
    pub(crate) fn ceiling(self) -> i128 {
        -(-self.numerator).div_euclid(self.denominator)
    }

    /// The number with `scale` digits behind the point.
    pub(crate) fn rounded(self, scale: u32, mode: Mode) -> Dec {
        let scaled = self.numerator.abs() * 10_i128.pow(scale);
        let (whole, rest) = (scaled / self.denominator, scaled % self.denominator);
        let up = match mode {
            Mode::Down => false,
            Mode::HalfUp => rest * 2 >= self.denominator,
            Mode::HalfEven => {
                rest * 2 > self.denominator || (rest * 2 == self.denominator && whole % 2 == 1)
            }
        };
        Dec::new((whole + i128::from(up)) * self.numerator.signum(), scale)
    }
}

/// A part of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) units: i128,
    /// The unit that it got of what rounding down left over.
    pub(crate) extra: i128,
}

/// Divides whole units by weights: each part rounded down, then one unit more for the greatest
/// remainders, the earlier first at a tie. A negative total is divided as its magnitude. Weights that
/// sum to zero divide evenly.
pub(crate) fn shares(total: i128, weights: &[i128]) -> Vec<Part> {
    if total < 0 {
        let turned = |p: Part| Part { units: -p.units, extra: -p.extra };
        return shares(-total, weights).into_iter().map(turned).collect();
    }
    let mut whole: i128 = weights.iter().sum();
    let even = vec![1; weights.len()];
    let weights = if whole == 0 { even.as_slice() } else { weights };
    if whole == 0 {
        whole = weights.iter().sum();
    }
    if whole == 0 {
        return Vec::new();
    }
    let exact = |weight: &i128| total * weight * whole.signum();
    let below: Vec<i128> = weights.iter().map(|w| exact(w).div_euclid(whole.abs())).collect();
    let mut order: Vec<(Reverse<i128>, usize)> = weights
        .iter()
        .enumerate()
        .map(|(place, w)| (Reverse(exact(w).rem_euclid(whole.abs())), place))
        .collect();
    order.sort_unstable();
    let left = usize::try_from(total - below.iter().sum::<i128>()).unwrap_or(0);
    let lucky: std::collections::BTreeSet<usize> =
        order.into_iter().take(left).map(|(_, place)| place).collect();
    let part = |(place, units): (usize, i128)| {
        let extra = i128::from(lucky.contains(&place));
        Part { units: units + extra, extra }
    };
    below.into_iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_and_signs() {
        let cases = [
            (Mode::HalfUp, 25, "3"),
            (Mode::HalfEven, 25, "2"),
            (Mode::HalfEven, 35, "4"),
            (Mode::Down, 29, "2"),
            (Mode::HalfUp, -25, "-3"),
            (Mode::HalfEven, -25, "-2"),
            (Mode::Down, -29, "-2"),
        ];
        for (mode, tenths, rounded) in cases {
            assert_eq!(Ratio::new(tenths, 10).rounded(0, mode).to_string(), rounded, "{mode:?}");
        }
        assert_eq!(Ratio::new(1, 3).plus(Ratio::new(1, 6)), Ratio::new(-1, -2));
        assert_eq!(Ratio::new(-7, 2).ceiling(), -3);
    }

    #[test]
    fn parts_make_the_whole() {
        let units = |total, weights: &[i128]| -> Vec<i128> {
            shares(total, weights).iter().map(|p| p.units).collect()
        };
        assert_eq!(units(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(units(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(units(7, &[0, 0]), [4, 3]);
        assert_eq!(units(5, &[]), [0; 0]);
        let mut rng = crate::rng::Rng::stream(3, "shares");
        for _ in 0..2_000 {
            let weights: Vec<i128> =
                (0..rng.between(1, 9)).map(|_| i128::from(rng.between(-20, 90))).collect();
            let total = i128::from(rng.between(-1_000, 1_000));
            assert_eq!(units(total, &weights).iter().sum::<i128>(), total, "{weights:?}");
        }
    }
}
