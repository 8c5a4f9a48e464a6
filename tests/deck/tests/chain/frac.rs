//! Exact arithmetic of fractions.

use super::Row;

/// A fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frac {
    pub(super) n: i128,
    pub(super) d: i128,
}

impl Default for Frac {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Frac {
    pub(crate) const ZERO: Self = Self { n: 0, d: 1 };

    pub(crate) fn new(n: i128, d: i128) -> Self {
        let (mut a, mut b) = (n.abs(), d.abs());
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let sign = d.signum();
        Self { n: sign * n / a.max(1), d: sign * d / a.max(1) }
    }

    pub(crate) fn read(text: &str) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = u32::try_from(fraction.len()).unwrap();
        Self::new(format!("{whole}{fraction}").parse().unwrap(), 10_i128.pow(digits))
    }

    pub(crate) fn of(row: &Row, column: &str) -> Self {
        row.get(column).map_or(Self::ZERO, |text| Self::read(text))
    }

    pub(crate) fn add(self, o: Self) -> Self {
        Self::new(self.n * o.d + o.n * self.d, self.d * o.d)
    }

    pub(crate) fn sub(self, o: Self) -> Self {
        self.add(Self { n: -o.n, d: o.d })
    }

    pub(crate) fn mul(self, o: Self) -> Self {
        Self::new(self.n * o.n, self.d * o.d)
    }

    pub(crate) fn cmp(self, o: Self) -> std::cmp::Ordering {
        (self.n * o.d).cmp(&(o.n * self.d))
    }

    pub(crate) fn max(self, o: Self) -> Self {
        if self.cmp(o).is_lt() { o } else { self }
    }

    pub(crate) fn min(self, o: Self) -> Self {
        if self.cmp(o).is_gt() { o } else { self }
    }

    pub(crate) fn floor(self) -> i128 {
        self.n.div_euclid(self.d)
    }

    pub(crate) fn is_zero(self) -> bool {
        self.n == 0
    }

    /// Rounded to so many digits; `even` decides ties.
    pub(crate) fn round(self, digits: u32, even: bool) -> Self {
        let unit = 10_i128.pow(digits);
        let twice = Self::new(self.n.abs() * unit * 2, self.d);
        let (half_up, tie) = ((twice.floor() + 1) / 2, twice.d == 1 && twice.n % 2 == 1);
        let whole = if tie && even && half_up % 2 == 1 { half_up - 1 } else { half_up };
        Self::new(whole * self.n.signum(), unit)
    }

    /// In hundredths; it must be a whole number of them.
    pub(crate) fn cents(self) -> i128 {
        let cents = self.mul(Self::new(100, 1));
        assert_eq!(cents.d, 1, "{self:?}");
        cents.n
    }

    /// With so many digits; it must have no more.
    pub(crate) fn fixed(self, digits: usize) -> String {
        let unit = 10_i128.pow(u32::try_from(digits).unwrap());
        let whole = self.mul(Self::new(unit, 1));
        assert_eq!(whole.d, 1, "{self:?}");
        let (sign, n) = (if whole.n < 0 { "-" } else { "" }, whole.n.abs());
        format!("{sign}{}.{:0width$}", n / unit, n % unit, width = digits)
    }

    /// An amount with two digits.
    pub(crate) fn money(self) -> String {
        self.fixed(2)
    }
}

/// Division by largest remainder, the first at a tie.
pub(crate) fn divide(total: i128, weights: &[Frac]) -> Vec<i128> {
    let mut sum = weights.iter().fold(Frac::ZERO, |a, b| a.add(*b));
    let mut weights = weights.to_vec();
    if sum.is_zero() {
        weights.iter_mut().for_each(|w| *w = Frac::new(1, 1));
        sum = Frac::new(i128::try_from(weights.len()).unwrap(), 1);
    }
    let (sign, total) = (total.signum(), total.abs());
    let exact = |w: &Frac| Frac::new(total * w.n * sum.d, w.d * sum.n);
    let mut parts: Vec<i128> = weights.iter().map(|w| exact(w).floor()).collect();
    let mut rest: Vec<usize> = (0..parts.len()).collect();
    let remainder = |at: usize| exact(&weights[at]).sub(Frac::new(parts[at], 1));
    rest.sort_by(|a, b| remainder(*b).cmp(remainder(*a)).then(a.cmp(b)));
    let left = usize::try_from(total - parts.iter().sum::<i128>()).unwrap();
    rest.iter().take(left).for_each(|at| parts[*at] += 1);
    parts.iter().map(|p| p * sign).collect()
}
