//! Rational numbers and rounding, written slowly and obviously: nothing here is shared with the kernel.

use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;
use tieout_controls::Rounding;

/// A fraction, not reduced; the denominator is positive.
#[derive(Debug, Clone)]
pub(crate) struct Q {
    pub(crate) n: BigInt,
    pub(crate) d: BigInt,
}

impl Q {
    pub(crate) fn int(n: i128) -> Self {
        Self { n: n.into(), d: 1.into() }
    }

    pub(crate) fn decimal(unscaled: i128, scale: u32) -> Self {
        Self { n: unscaled.into(), d: BigInt::from(10).pow(scale) }
    }

    pub(crate) fn add(&self, o: &Q) -> Q {
        if self.d == o.d {
            return Q { n: &self.n + &o.n, d: self.d.clone() };
        }
        Q { n: &self.n * &o.d + &o.n * &self.d, d: &self.d * &o.d }
    }

    pub(crate) fn sub(&self, o: &Q) -> Q {
        self.add(&o.neg())
    }

    pub(crate) fn mul(&self, o: &Q) -> Q {
        Q { n: &self.n * &o.n, d: &self.d * &o.d }
    }

    pub(crate) fn neg(&self) -> Q {
        Q { n: -&self.n, d: self.d.clone() }
    }

    pub(crate) fn sign(&self) -> Ordering {
        self.n.cmp(&BigInt::from(0))
    }

    pub(crate) fn floor(&self) -> BigInt {
        let quotient = &self.n / &self.d;
        if self.n.sign() == Sign::Minus && &quotient * &self.d != self.n {
            quotient - 1
        } else {
            quotient
        }
    }

    /// The multiple of `step` on the one or the other side, as the mode has it.
    pub(crate) fn round(&self, step: &Q, mode: Rounding) -> Q {
        let steps = Q { n: &self.n * &step.d, d: &self.d * &step.n };
        let low = steps.floor();
        let into = steps.sub(&Q { n: low.clone(), d: 1.into() });
        if into.sign() == Ordering::Equal {
            return Q { n: low, d: 1.into() }.mul(step);
        }
        let positive = self.sign() == Ordering::Greater;
        let half = (&into.n * 2_u32).cmp(&into.d);
        let high = match (mode, half) {
            (Rounding::Floor, _) => false,
            (Rounding::Ceiling, _) => true,
            (Rounding::Down, _) => !positive,
            (Rounding::Up, _) => positive,
            (_, Ordering::Less) => false,
            (_, Ordering::Greater) => true,
            (Rounding::HalfUp, _) => positive,
            (Rounding::HalfDown, _) => !positive,
            (Rounding::HalfEven, _) => low.bit(0),
        };
        let chosen = if high { low + 1 } else { low };
        Q { n: chosen, d: 1.into() }.mul(step)
    }
}

impl PartialEq for Q {
    fn eq(&self, o: &Q) -> bool {
        self.cmp(o) == Ordering::Equal
    }
}

impl Eq for Q {}

impl PartialOrd for Q {
    fn partial_cmp(&self, o: &Q) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}

impl Ord for Q {
    fn cmp(&self, o: &Q) -> Ordering {
        if self.d == o.d {
            return self.n.cmp(&o.n);
        }
        (&self.n * &o.d).cmp(&(&o.n * &self.d))
    }
}

/// How many cases a test takes: `TIEOUT_CASES`, or a number that takes seconds.
pub(crate) fn cases(few: usize) -> usize {
    std::env::var("TIEOUT_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}
