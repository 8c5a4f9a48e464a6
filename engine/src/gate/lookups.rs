//! What a change of rates is compared with: contracts, documents, closed periods.

use super::DAY;
use crate::dataset::Loaded;
use crate::population::native::reading::{self, text};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::array::Array as _;
use std::collections::BTreeMap;

/// A line of a contract.
#[derive(Debug)]
struct Term {
    service: String,
    /// The half-open interval of days since 1970.
    from: i32,
    to: Option<i32>,
    price: Option<Exact>,
    currency: String,
}

/// The datasets beside the tables, as far as the workspace has them.
#[derive(Debug, Default)]
pub struct Lookups {
    /// `CONTRACT/LINE` → its terms.
    contracts: Option<BTreeMap<String, Vec<Term>>>,
    /// Document → from which day a version of it is in force.
    documents: Option<BTreeMap<String, Vec<i32>>>,
    /// Closed periods in instants.
    closed: Option<Vec<(i64, i64)>>,
}

/// The price of a contract's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractPrice {
    /// The price of a unit.
    pub price: Exact,
    /// Its currency.
    pub currency: String,
}

impl Lookups {
    /// Reads the datasets of the roles `contract`, `document` and `fiscal-calendar`; one of which rows
    /// were refused is not used, because nobody knows what they said.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub fn of(loaded: &[Loaded]) -> Result<Self, RunError> {
        let mut lookups = Self::default();
        for dataset in loaded.iter().filter(|dataset| dataset.refused.is_empty()) {
            match dataset.profile.role {
                "contract" => lookups.contracts = Some(contracts(dataset)?),
                "document" => lookups.documents = Some(documents(dataset)?),
                "fiscal-calendar" => lookups.closed = Some(closed(dataset)?),
                _ => {}
            }
        }
        Ok(lookups)
    }

    /// The price of a contract's line for a service at an instant: none where there is none, several, or
    /// one of another service.
    pub fn contract(&self, line: &str, service: &str, at: i64) -> Option<ContractPrice> {
        let day = i32::try_from(at.div_euclid(DAY)).ok()?;
        let holds = |term: &&Term| term.from <= day && term.to.is_none_or(|to| day < to);
        let mut terms = self.contracts.as_ref()?.get(line)?.iter().filter(holds);
        let term = terms.next()?;
        if terms.next().is_some() || term.service != service {
            return None;
        }
        Some(ContractPrice { price: term.price.clone()?, currency: term.currency.clone() })
    }

    /// Whether a version of the document is in force at an instant; `None` where nobody says.
    pub fn in_force(&self, document: &str, at: i64) -> Option<bool> {
        let days = self.documents.as_ref()?.get(document);
        let day = i32::try_from(at.div_euclid(DAY)).ok()?;
        Some(days.is_some_and(|days| days.iter().any(|from| *from <= day)))
    }

    /// Whether a half-open interval has a part in a closed period; `None` where nobody says.
    pub fn closed(&self, from: i64, to: Option<i64>) -> Option<bool> {
        let meets = |(start, end): &(i64, i64)| from < *end && to.is_none_or(|to| *start < to);
        self.closed.as_ref().map(|closed| closed.iter().any(meets))
    }

    /// The last closed period that ends by an instant.
    pub fn last_closed(&self, by: i64) -> Option<(i64, i64)> {
        let ended = self.closed.as_ref()?.iter().filter(|(_, end)| *end <= by);
        ended.max_by_key(|(start, end)| (*end, *start)).copied()
    }
}

fn contracts(loaded: &Loaded) -> Result<BTreeMap<String, Vec<Term>>, RunError> {
    let mut found: BTreeMap<String, Vec<Term>> = BTreeMap::new();
    for batch in reading::batches(loaded) {
        let (ids, lines) = (batch.text("contract_id")?, batch.whole("line_no")?);
        let (prices, currencies) = (batch.number("unit_price")?, batch.text("currency")?);
        let (starts, ends) = (batch.date("term_start")?, batch.date("term_end")?);
        let (discounts, services) = (batch.number("discount")?, batch.text("service_id")?);
        for row in 0..batch.rows() {
            let line = format!("{}/{}", ids.value(row), lines.value(row));
            // Of a price less a discount nothing says what is left.
            let plain = discounts.exact(row).is_none_or(|discount| discount.is_zero());
            let price = if plain { prices.exact(row) } else { None };
            let to = ends.is_valid(row).then(|| ends.value(row));
            let term = Term {
                service: services.value(row).to_owned(),
                from: starts.value(row),
                to,
                price,
                currency: currencies.value(row).to_owned(),
            };
            found.entry(line).or_default().push(term);
        }
    }
    Ok(found)
}

fn documents(loaded: &Loaded) -> Result<BTreeMap<String, Vec<i32>>, RunError> {
    let mut found: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for batch in reading::batches(loaded) {
        let (ids, from) = (batch.text("doc_id")?, batch.date("effective_from")?);
        for row in 0..batch.rows() {
            if from.is_valid(row) {
                found.entry(ids.value(row).to_owned()).or_default().push(from.value(row));
            }
        }
    }
    Ok(found)
}

fn closed(loaded: &Loaded) -> Result<Vec<(i64, i64)>, RunError> {
    let mut found = Vec::new();
    for batch in reading::batches(loaded) {
        let (states, from, to) =
            (batch.text("status")?, batch.date("period_start")?, batch.date("period_end")?);
        for row in (0..batch.rows()).filter(|row| text(states, *row) == Some("closed")) {
            found.push((i64::from(from.value(row)) * DAY, i64::from(to.value(row)) * DAY));
        }
    }
    Ok(found)
}
