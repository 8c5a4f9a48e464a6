//! What vendors invoice, and the contracts behind it.

use super::reading::{self, text};
use crate::dataset::Loaded;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use chrono::{Datelike as _, NaiveDate, TimeDelta};
use datafusion::arrow::array::Array as _;
use std::collections::BTreeMap;

/// A line of a vendor's invoice.
pub(crate) struct Line<'a> {
    /// File and row.
    pub(crate) place: (i64, i64),
    contract: Option<(&'a str, &'a str)>,
    contract_line: Option<i64>,
    pub(crate) service: &'a str,
    /// The first day of service, and the day after the last.
    pub(crate) start: NaiveDate,
    pub(crate) end: NaiveDate,
    pub(crate) unit: &'a str,
    pub(crate) currency: &'a str,
    net: Option<Exact>,
    quantity: Option<Exact>,
    price: Option<Exact>,
}

impl Line<'_> {
    /// Whether two lines have days in common.
    pub(crate) fn overlaps(&self, other: &Line<'_>) -> bool {
        self.start < other.end.max(other.start.succ_opt().unwrap_or(other.end))
            && other.start < self.end.max(self.start.succ_opt().unwrap_or(self.end))
    }

    /// Net amount, quantity and unit price; none where one has more than 38 digits.
    pub(crate) fn amounts(&self) -> Option<(&Exact, &Exact, &Exact)> {
        Some((self.net.as_ref()?, self.quantity.as_ref()?, self.price.as_ref()?))
    }
}

/// The day so many days after 1970-01-01.
fn day(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::days(days.into()))
}

/// Reads the dataset `vendor-invoice`, in the order of file and row.
///
/// # Errors
/// None that isn't an error of ours.
pub(crate) fn lines(loaded: &Loaded) -> Result<Vec<Line<'_>>, RunError> {
    let mut lines = Vec::new();
    for batch in reading::batches(loaded) {
        let (files, rows) = batch.place()?;
        let (vendors, contracts) = (batch.text("vendor")?, batch.text("contract_id")?);
        let (numbers, services) = (batch.whole("contract_line")?, batch.text("service_id")?);
        let (starts, ends) = (batch.date("service_start")?, batch.date("service_end")?);
        let (units, currencies) = (batch.text("unit")?, batch.text("currency")?);
        let (nets, quantities, prices) =
            (batch.number("net")?, batch.number("quantity")?, batch.number("unit_price")?);
        for row in 0..batch.rows() {
            let days = day(starts.value(row)).zip(day(ends.value(row)));
            let (start, end) =
                days.ok_or_else(|| RunError::Internal("a date out of the calendar".to_owned()))?;
            lines.push(Line {
                place: (files.value(row), rows.value(row)),
                contract: text(contracts, row).map(|contract| (vendors.value(row), contract)),
                contract_line: numbers.is_valid(row).then(|| numbers.value(row)),
                service: services.value(row),
                start,
                end,
                unit: units.value(row),
                currency: currencies.value(row),
                net: nets.exact(row),
                quantity: quantities.exact(row),
                price: prices.exact(row),
            });
        }
    }
    Ok(lines)
}

/// A line of a contract.
struct Term<'a> {
    number: i64,
    price: Option<Exact>,
    discounted: bool,
    currency: &'a str,
    start: Option<NaiveDate>,
    /// The day after the last; none where it is open.
    end: Option<NaiveDate>,
}

impl Term<'_> {
    fn holds(&self, day: NaiveDate) -> bool {
        self.start.is_some_and(|start| start <= day) && self.end.is_none_or(|end| day < end)
    }

    /// Its price.
    ///
    /// # Errors
    /// Why it isn't known.
    fn stated(&self) -> Result<&Exact, &'static str> {
        if self.discounted {
            return Err("the contract bears a discount of which nothing says what is left");
        }
        self.price.as_ref().ok_or("the contract's price has more than 38 digits")
    }
}

/// The lines of contracts.
#[derive(Default)]
pub(crate) struct Contracts<'a> {
    terms: Vec<Term<'a>>,
    /// Their places by vendor, contract and service.
    of_service: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    /// Their places by `CONTRACT/LINE`.
    of_line: BTreeMap<String, Vec<usize>>,
}

impl<'a> Contracts<'a> {
    /// Reads the dataset `contract`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(loaded: &'a Loaded) -> Result<Self, RunError> {
        let mut found = Self::default();
        for batch in reading::batches(loaded) {
            let (vendors, ids) = (batch.text("vendor")?, batch.text("contract_id")?);
            let (services, numbers) = (batch.text("service_id")?, batch.whole("line_no")?);
            let (prices, discounts) = (batch.number("unit_price")?, batch.number("discount")?);
            let (starts, ends) = (batch.date("term_start")?, batch.date("term_end")?);
            let currencies = batch.text("currency")?;
            for row in 0..batch.rows() {
                let key = (vendors.value(row), ids.value(row), services.value(row));
                let name = format!("{}/{}", ids.value(row), numbers.value(row));
                found.of_service.entry(key).or_default().push(found.terms.len());
                found.of_line.entry(name).or_default().push(found.terms.len());
                found.terms.push(Term {
                    number: numbers.value(row),
                    price: prices.exact(row),
                    discounted: !discounts.is_null(row),
                    currency: currencies.value(row),
                    start: day(starts.value(row)),
                    end: ends.is_valid(row).then(|| ends.value(row)).and_then(day),
                });
            }
        }
        Ok(found)
    }

    fn held(&self, places: Option<&Vec<usize>>, day: NaiveDate) -> Vec<&Term<'a>> {
        let terms = places.into_iter().flatten().filter_map(|place| self.terms.get(*place));
        terms.filter(|term| term.holds(day)).collect()
    }

    /// The price of the line `CONTRACT/LINE` on the day on which a rate begins.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn behind_rate(
        &self,
        line: &str,
        begins: NaiveDate,
        currency: &str,
    ) -> Result<&Exact, &'static str> {
        let places = self.of_line.get(line).ok_or("the contract's line isn't there")?;
        match self.held(Some(places), begins).as_slice() {
            [] => Err("the contract isn't in force when the rate begins"),
            [term] if term.currency == currency => term.stated(),
            [_] => Err("the contract is in another currency than the rate"),
            _ => Err("two lines of the contract are in force"),
        }
    }

    /// The price in force on the first of the month in which a line's service begins; of several the one
    /// that the line names.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn price<'s>(&'s self, line: &Line<'s>) -> Result<&'s Exact, &'static str> {
        let (vendor, contract) = line.contract.ok_or("the line names no contract")?;
        let first = line.start.with_day(1).unwrap_or(line.start);
        let held = self.held(self.of_service.get(&(vendor, contract, line.service)), first);
        let term = match held.as_slice() {
            [] => return Err("no line of the contract is in force"),
            [term] => term,
            several => {
                let mut named = several.iter().filter(|t| Some(t.number) == line.contract_line);
                let one = named.next().filter(|_| named.next().is_none());
                one.ok_or("several lines of the contract are in force")?
            }
        };
        if term.currency != line.currency {
            return Err("the contract is in another currency than the invoice");
        }
        term.stated()
    }
}
