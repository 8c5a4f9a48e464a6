//! The share of a period that a charge is for, as an exact ratio.
//!
//! Periods are half-open: from the first day or instant, up to the end and without it. Rounding the
//! ratio before it is multiplied is a mode that some billers have (Kill Bill: nine digits), not the
//! default. Day counts of 30/360: ISDA 2006 Definitions, section 4.16 (f) and (g).

use crate::reperform::exact::{Exact, Increment};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use tieout_controls::Rounding;

/// How time is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Civil days over civil days. A day counts one, even where it has 23 or 25 hours.
    Days {
        /// The days used.
        used: (NaiveDate, NaiveDate),
        /// The days of the period.
        period: (NaiveDate, NaiveDate),
    },
    /// Seconds over seconds, between instants.
    Seconds {
        /// The time used.
        used: (DateTime<Utc>, DateTime<Utc>),
        /// The period.
        period: (DateTime<Utc>, DateTime<Utc>),
    },
    /// Months of 30 days.
    Thirty360 {
        /// The days used.
        used: (NaiveDate, NaiveDate),
        /// The days of the period.
        period: (NaiveDate, NaiveDate),
        /// Which convention for the 31st.
        convention: Thirty360,
    },
}

/// What the 31st of a month is under 30/360.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thirty360 {
    /// Bond basis, ISDA 4.16 (f): a first day of 31 is 30; an end of 31 is 30 if the first day is 30 or
    /// 31.
    Bond,
    /// Eurobond basis, 30E/360, ISDA 4.16 (g): 31 is 30 at both ends.
    Eurobond,
}

/// A basis, and whether its ratio is rounded first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proration {
    /// How time is counted.
    pub basis: Basis,
    /// The rounding of the ratio; `None` keeps it exact.
    pub ratio_rounding: Option<(Increment, Rounding)>,
}

/// Why there is no ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProrationError {
    /// The period has no length.
    #[error("the period has no length")]
    EmptyPeriod,
    /// The time used ends before it begins.
    #[error("the time used ends before it begins")]
    Backwards,
    /// The time used isn't inside the period.
    #[error("the time used isn't inside the period")]
    OutsidePeriod,
}

impl Proration {
    /// `used / period`.
    ///
    /// # Errors
    /// [`ProrationError`].
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use tieout_engine::reperform::rating::proration::{Basis, Proration};
    /// let day = |d| NaiveDate::from_ymd_opt(2026, 2, d).unwrap();
    /// let march = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
    /// let basis = |used| Basis::Days { used, period: (day(1), march) };
    /// let ratio = |used| Proration { basis: basis(used), ratio_rounding: None }.ratio();
    /// assert_eq!(ratio((day(15), march)).unwrap().to_string(), "0.5");
    /// assert!(ratio((march, day(15))).is_err());
    /// ```
    pub fn ratio(&self) -> Result<Exact, ProrationError> {
        let (used, period) = match &self.basis {
            Basis::Days { used, period } => {
                let days = |(from, to): &(NaiveDate, NaiveDate)| (*to - *from).num_days();
                (inside(*used, *period).map(|()| days(used))?, days(period))
            }
            Basis::Seconds { used, period } => {
                let seconds =
                    |(from, to): &(DateTime<Utc>, DateTime<Utc>)| (*to - *from).num_seconds();
                (inside(*used, *period).map(|()| seconds(used))?, seconds(period))
            }
            Basis::Thirty360 { used, period, convention } => {
                let days =
                    |(from, to): &(NaiveDate, NaiveDate)| thirty_360(*from, *to, *convention);
                (inside(*used, *period).map(|()| days(used))?, days(period))
            }
        };
        let ratio = Exact::ratio(i128::from(used), i128::from(period))
            .map_err(|_| ProrationError::EmptyPeriod)?;
        Ok(match self.ratio_rounding {
            Some((increment, mode)) => ratio.rounded(increment, mode),
            None => ratio,
        })
    }
}

fn inside<T: Ord>(used: (T, T), period: (T, T)) -> Result<(), ProrationError> {
    if period.0 >= period.1 {
        return Err(ProrationError::EmptyPeriod);
    }
    if used.0 > used.1 {
        return Err(ProrationError::Backwards);
    }
    if used.0 < period.0 || used.1 > period.1 {
        return Err(ProrationError::OutsidePeriod);
    }
    Ok(())
}

/// 360·(Y₂−Y₁) + 30·(M₂−M₁) + (D₂−D₁), days of 31 as the convention has them.
pub fn thirty_360(from: NaiveDate, to: NaiveDate, convention: Thirty360) -> i64 {
    let first = i64::from(from.day()).min(30);
    let end = match convention {
        Thirty360::Bond if first < 30 => i64::from(to.day()),
        _ => i64::from(to.day()).min(30),
    };
    let months = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month());
    30 * (months(to) - months(from)) + end - first
}
