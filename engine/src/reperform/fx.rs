//! Currency conversion: a stated rate source, a stated date rule, exact rates, one rounding.
//!
//! A source quotes 1 unit of its base currency as so many units of others (the ECB: 1 EUR = 1.0845
//! USD). The rate from A to B is quote(B)/quote(A), the base's own quote being one. So inverse and cross
//! rates are exact rationals, and nothing is rounded before the amount.

use super::calendar::{Calendar, CalendarError};
use super::exact::{Exact, Increment};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// Which quote a date selects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DateRule<'a> {
    /// That of the transaction's own date; a date without one is an error.
    TransactionDate,
    /// That of the last business day before the transaction's date, by a calendar.
    PreviousBusinessDay(&'a Calendar),
    /// The source's own average of the transaction's month. It is stated, not computed here: which
    /// days enter an average and how it is rounded is the source's.
    MonthAverage,
}

/// The quotes of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateTable {
    source: String,
    base: String,
    daily: BTreeMap<(String, NaiveDate), Exact>,
    monthly: BTreeMap<(String, i32, u32), Exact>,
}

/// Why there is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FxError {
    /// A quote that is zero or negative.
    #[error("the quote of `{currency}` for {date} is not above zero")]
    NotPositive {
        /// The quoted currency.
        currency: String,
        /// The date, or the first of the month.
        date: NaiveDate,
    },
    /// A second quote for the same currency and date that says something else, or one of the base.
    #[error("the quote of `{currency}` for {date} is stated twice")]
    Contradicts {
        /// The quoted currency.
        currency: String,
        /// The date, or the first of the month.
        date: NaiveDate,
    },
    /// The source has no quote for the date that the rule selects.
    #[error("the rate source has no quote of `{currency}` for {date}")]
    NoQuote {
        /// The currency.
        currency: String,
        /// The date that the rule selected, or the first of the month.
        date: NaiveDate,
    },
    /// The calendar doesn't say which day the previous business day is.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// An amount converted, with its working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// Rounded.
    pub amount: Exact,
    /// Before rounding.
    pub exact: Exact,
    /// Units of the target currency for one of the amount's.
    pub rate: Exact,
    /// The date of the quotes; for a month's average its first day.
    pub quoted_for: NaiveDate,
    /// The rate source.
    pub source: String,
}

/// What is asked: from one currency to another, at a date, by a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request<'a> {
    /// The currency of the amount.
    pub from: &'a str,
    /// The currency wanted.
    pub to: &'a str,
    /// The transaction's date.
    pub date: NaiveDate,
    /// Which quote that selects.
    pub rule: DateRule<'a>,
}

impl RateTable {
    /// An empty table of a source that quotes one unit of `base`.
    pub fn new(source: &str, base: &str) -> Self {
        let (source, base) = (source.to_owned(), base.to_owned());
        Self { source, base, ..Self::default() }
    }

    /// Adds that one unit of the base was `quote` units of `currency` on a day.
    ///
    /// # Errors
    /// [`FxError::NotPositive`]; [`FxError::Contradicts`] for another quote than one already there.
    pub fn quote(&mut self, currency: &str, date: NaiveDate, quote: &Exact) -> Result<(), FxError> {
        let quote = self.checked(currency, date, quote)?;
        let held = self.daily.entry((currency.to_owned(), date)).or_insert(quote.clone());
        same(held, &quote, currency, date)
    }

    /// Adds that one unit of the base was `quote` units of `currency` on the average of the month of
    /// that day.
    ///
    /// # Errors
    /// As [`RateTable::quote`].
    pub fn month_average(
        &mut self,
        currency: &str,
        month: NaiveDate,
        quote: &Exact,
    ) -> Result<(), FxError> {
        let quote = self.checked(currency, month, quote)?;
        let key = (currency.to_owned(), month.year(), month.month());
        let held = self.monthly.entry(key).or_insert(quote.clone());
        same(held, &quote, currency, month)
    }

    fn checked(&self, currency: &str, date: NaiveDate, quote: &Exact) -> Result<Exact, FxError> {
        let currency = currency.to_owned();
        if quote.is_zero() || quote.is_negative() {
            return Err(FxError::NotPositive { currency, date });
        }
        if currency == self.base && *quote != Exact::integer(1) {
            return Err(FxError::Contradicts { currency, date });
        }
        Ok(quote.clone())
    }

    /// Units of `to` for one unit of `from`, exactly, and the date of the quotes.
    ///
    /// # Errors
    /// [`FxError::NoQuote`]; [`FxError::Calendar`].
    pub fn rate(&self, request: Request<'_>) -> Result<(Exact, NaiveDate), FxError> {
        let date = match request.rule {
            DateRule::TransactionDate => request.date,
            DateRule::PreviousBusinessDay(calendar) => {
                calendar.business_day_before(request.date)?
            }
            DateRule::MonthAverage => request.date.with_day(1).unwrap_or(request.date),
        };
        if request.from == request.to {
            return Ok((Exact::integer(1), date));
        }
        let quote = |currency: &str| self.selected(currency, date, request.rule);
        let (to, from) = (quote(request.to)?, quote(request.from)?);
        let no_quote = || FxError::NoQuote { currency: request.from.to_owned(), date };
        Ok((to.over(&from).map_err(|_| no_quote())?, date))
    }

    fn selected(
        &self,
        currency: &str,
        date: NaiveDate,
        rule: DateRule<'_>,
    ) -> Result<Exact, FxError> {
        let no_quote = || FxError::NoQuote { currency: currency.to_owned(), date };
        if currency == self.base {
            return Ok(Exact::integer(1));
        }
        let quote = match rule {
            DateRule::MonthAverage => {
                self.monthly.get(&(currency.to_owned(), date.year(), date.month()))
            }
            _ => self.daily.get(&(currency.to_owned(), date)),
        };
        quote.cloned().ok_or_else(no_quote)
    }

    /// Converts an amount and rounds it once.
    ///
    /// # Errors
    /// As [`RateTable::rate`].
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use tieout_controls::Rounding;
    /// use tieout_engine::reperform::exact::{Exact, Increment};
    /// use tieout_engine::reperform::fx::{DateRule, RateTable, Request};
    /// let date = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    /// let mut table = RateTable::new("ECB euro reference rates", "EUR");
    /// table.quote("USD", date, &Exact::from_scaled(125, 2)).unwrap();
    /// table.quote("JPY", date, &Exact::integer(160)).unwrap();
    /// let request = Request { from: "USD", to: "JPY", date, rule: DateRule::TransactionDate };
    /// let yen = Increment::digits(0).unwrap();
    /// let converted =
    ///     table.convert(&Exact::from_scaled(10_05, 2), request, yen, Rounding::HalfUp).unwrap();
    /// assert_eq!((converted.rate.to_string(), converted.amount.to_string()), ("128".into(), "1286".into()));
    /// let unknown = Request { to: "GBP", ..request };
    /// assert!(table.rate(unknown).is_err());
    /// ```
    pub fn convert(
        &self,
        amount: &Exact,
        request: Request<'_>,
        increment: Increment,
        mode: Rounding,
    ) -> Result<Conversion, FxError> {
        let (rate, quoted_for) = self.rate(request)?;
        let exact = amount.times(&rate);
        let amount = exact.rounded(increment, mode);
        Ok(Conversion { amount, exact, rate, quoted_for, source: self.source.clone() })
    }
}

fn same(held: &Exact, stated: &Exact, currency: &str, date: NaiveDate) -> Result<(), FxError> {
    if held == stated {
        return Ok(());
    }
    Err(FxError::Contradicts { currency: currency.to_owned(), date })
}
