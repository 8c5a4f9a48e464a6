//! Why a billed amount differs from the re-performed one: late, retroactive, or an error.
//!
//! A charge is re-performed as billed (what was known at the cut-off) and as known now. With u usage
//! and r rates, b as billed and n as known now:
//!
//! ```text
//! billed − amount(uₙ, rₙ) = (billed − amount(u_b, r_b))                error
//!                         + (amount(u_b, r_b) − amount(uₙ, r_b))       late usage
//!                         + (amount(uₙ, r_b) − amount(uₙ, rₙ))         retroactive rate
//! ```
//!
//! The three add up to the difference exactly; only the first is the biller's mistake.

use crate::reperform::exact::Exact;

/// A class of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonClass {
    /// Billed otherwise than what was known gives.
    Error,
    /// Usage became known after the cut-off.
    Late,
    /// A rate was changed after the cut-off, with effect before it.
    Retroactive,
}

impl ReasonClass {
    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Late => "late",
            Self::Retroactive => "retroactive",
        }
    }
}

/// The re-performed amounts of one charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reperformed {
    /// Usage and rates as billed.
    pub as_billed: Exact,
    /// Usage as known now, rates as billed.
    pub usage_now: Exact,
    /// Usage and rates as known now.
    pub as_known_now: Exact,
}

/// A difference in its three parts. Positive is overcharged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The biller's mistake.
    pub error: Exact,
    /// Usage that came late.
    pub late: Exact,
    /// Rates changed afterwards.
    pub retroactive: Exact,
}

impl Difference {
    /// The parts of `billed − as known now`.
    pub fn of(billed: &Exact, reperformed: &Reperformed) -> Self {
        let Reperformed { as_billed, usage_now, as_known_now } = reperformed;
        Self {
            error: billed.minus(as_billed),
            late: as_billed.minus(usage_now),
            retroactive: usage_now.minus(as_known_now),
        }
    }

    /// The whole difference.
    pub fn total(&self) -> Exact {
        self.error.plus(&self.late).plus(&self.retroactive)
    }

    /// The classes whose part isn't zero; empty when the bill is right in every respect. Parts that
    /// cancel each other are both named.
    pub fn classes(&self) -> Vec<ReasonClass> {
        let parts = [
            (ReasonClass::Error, &self.error),
            (ReasonClass::Late, &self.late),
            (ReasonClass::Retroactive, &self.retroactive),
        ];
        parts.into_iter().filter(|(_, part)| !part.is_zero()).map(|(class, _)| class).collect()
    }
}
