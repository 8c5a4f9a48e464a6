//! Service credits: what a missed service level is worth by contract.
//!
//! ```text
//! availability = (agreed − unavailable)/agreed, in seconds; excluded time is in neither
//! formula = fee × credit of the band of the availability
//! credit  = min(cap, formula), rounded by the stated rule
//! ```
//!
//! Bands partition 0 to 1: each holds from its lower bound, included, to the next band's lower bound,
//! excluded. The last goes to 1, included. A contract that says "99.0 % or less" has another bound
//! than one that says "less than 99.0 %": the caller writes the table that the contract means.

use super::exact::{Exact, Increment};
use tieout_controls::Rounding;

/// A band of achieved availability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// The least availability of the band, as a ratio: 0.995 is 99.5 %.
    pub from: Exact,
    /// The credit as a ratio of the fee.
    pub credit: Exact,
}

/// The upper limit of a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cap {
    /// A ratio of the fee.
    OfFee(Exact),
    /// An amount in the fee's currency.
    Amount(Exact),
    /// The contract states that there is none.
    None,
}

/// The terms of a service level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    bands: Vec<Band>,
    cap: Cap,
    increment: Increment,
    rounding: Rounding,
}

/// Measured time of a period, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Agreed service time of the period, excluded time taken off already.
    pub agreed_seconds: u64,
    /// The part of it in which the service was not available.
    pub unavailable_seconds: u64,
}

/// Why there is no credit to state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlaError {
    /// The lowest band must begin at zero.
    #[error("the bands leave a gap at the bottom: the lowest does not begin at 0")]
    Gap,
    /// Two bands begin at the same availability.
    #[error("two bands begin at the same availability")]
    Overlap,
    /// A band begins outside 0 to 1.
    #[error("a band begins outside 0 to 1")]
    BoundOutOfRange,
    /// A credit below zero, or one that grows with availability.
    #[error("a credit is negative, or greater than that of a lower band")]
    CreditNotFalling,
    /// A cap below zero.
    #[error("the cap is negative")]
    NegativeCap,
    /// A fee below zero.
    #[error("the fee is negative")]
    NegativeFee,
    /// There was no service time to measure.
    #[error("the agreed service time is zero")]
    NoServiceTime,
    /// More unavailable than agreed.
    #[error("the unavailable time exceeds the agreed service time")]
    MoreThanAgreed,
}

/// A service credit with its working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The availability, exact.
    pub availability: Exact,
    /// The band that applies.
    pub band: Band,
    /// Fee times the band's credit, exact.
    pub formula: Exact,
    /// The cap as an amount.
    pub cap: Option<Exact>,
    /// Whether the cap is less than the formula.
    pub capped: bool,
    /// min(cap, formula), rounded.
    pub credit: Exact,
}

impl Terms {
    /// Terms whose bands partition 0 to 1, in any order.
    ///
    /// # Errors
    /// [`SlaError`]: bands with a gap or an overlap, credits that grow with availability.
    pub fn new(
        mut bands: Vec<Band>,
        cap: Cap,
        increment: Increment,
        rounding: Rounding,
    ) -> Result<Self, SlaError> {
        bands.sort_by(|a, b| a.from.cmp(&b.from));
        if bands.first().is_none_or(|band| band.from > Exact::zero()) {
            return Err(SlaError::Gap);
        }
        let one = Exact::integer(1);
        if bands.iter().any(|band| band.from.is_negative() || band.from > one) {
            return Err(SlaError::BoundOutOfRange);
        }
        for (low, high) in bands.iter().zip(bands.iter().skip(1)) {
            if low.from == high.from {
                return Err(SlaError::Overlap);
            }
            if high.credit > low.credit {
                return Err(SlaError::CreditNotFalling);
            }
        }
        if bands.iter().any(|band| band.credit.is_negative()) {
            return Err(SlaError::CreditNotFalling);
        }
        match &cap {
            Cap::OfFee(limit) | Cap::Amount(limit) if limit.is_negative() => {
                return Err(SlaError::NegativeCap);
            }
            _ => {}
        }
        Ok(Self { bands, cap, increment, rounding })
    }

    /// The credit on the fee of a period.
    ///
    /// # Errors
    /// [`SlaError`]: no service time, more unavailable than agreed, a negative fee.
    ///
    /// ```
    /// use tieout_controls::Rounding;
    /// use tieout_engine::reperform::exact::{Exact, Increment};
    /// use tieout_engine::reperform::sla::{Band, Cap, Measured, Terms};
    /// let ratio = Exact::from_scaled;
    /// let bands = vec![
    ///     Band { from: ratio(0, 0), credit: ratio(25, 2) },
    ///     Band { from: ratio(99, 2), credit: ratio(10, 2) },
    ///     Band { from: ratio(9995, 4), credit: ratio(0, 0) },
    /// ];
    /// let cents = Increment::digits(2).unwrap();
    /// let terms = Terms::new(bands, Cap::OfFee(ratio(20, 2)), cents, Rounding::HalfUp).unwrap();
    /// // A day of thirty: 96.7 %, so 25 % of the fee, but no more than 20 %.
    /// let measured = Measured { agreed_seconds: 30 * 86_400, unavailable_seconds: 86_400 };
    /// let credit = terms.credit(&ratio(1_000_05, 2), measured).unwrap();
    /// assert!(credit.capped);
    /// assert_eq!(credit.credit.to_string(), "200.01");
    /// ```
    pub fn credit(&self, fee: &Exact, measured: Measured) -> Result<Credit, SlaError> {
        let agreed = measured.agreed_seconds;
        let available = agreed.checked_sub(measured.unavailable_seconds);
        let available = available.ok_or(SlaError::MoreThanAgreed)?;
        let availability = Exact::ratio(available.into(), agreed.into());
        let availability = availability.map_err(|_| SlaError::NoServiceTime)?;
        if fee.is_negative() {
            return Err(SlaError::NegativeFee);
        }
        let above = self.bands.partition_point(|band| band.from <= availability);
        let band = above.checked_sub(1).and_then(|at| self.bands.get(at)).ok_or(SlaError::Gap)?;
        let formula = fee.times(&band.credit);
        let cap = match &self.cap {
            Cap::OfFee(ratio) => Some(fee.times(ratio)),
            Cap::Amount(amount) => Some(amount.clone()),
            Cap::None => None,
        };
        let limit = cap.as_ref().filter(|cap| **cap < formula);
        let credit = limit.unwrap_or(&formula).rounded(self.increment, self.rounding);
        let capped = limit.is_some();
        Ok(Credit { availability, band: band.clone(), formula, cap, capped, credit })
    }
}
