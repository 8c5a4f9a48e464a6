//! The truth: what each control must find, gathered while the datasets are made.

use crate::money::Dec;
use crate::{Exception, Truth};
use std::collections::BTreeMap;

type Key = Vec<(String, String)>;

/// What was gathered so far; one fact for each control, key and code.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<(String, Key, String), Exception>);

/// A fact about a record.
pub(crate) struct Fact<'a> {
    pub(crate) control: &'a str,
    pub(crate) key: Key,
    pub(crate) code: &'a str,
    /// The amount with its currency.
    pub(crate) amount: Option<(Dec, &'a str)>,
    pub(crate) fault: &'a str,
    pub(crate) consequential: bool,
}

/// A record's key of columns and values.
pub(crate) fn key<const N: usize>(columns: [(&str, &str); N]) -> Key {
    columns.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect()
}

impl Answers {
    /// Adds a fact. One that was planted is never replaced by one that only follows.
    pub(crate) fn add(&mut self, fact: Fact<'_>) {
        let exception = Exception {
            control: fact.control.to_owned(),
            key: fact.key,
            code: fact.code.to_owned(),
            amount: fact.amount.map(|(amount, _)| amount.to_string()),
            currency: fact.amount.map(|(_, currency)| currency.to_owned()),
            fault: fact.fault.to_owned(),
            consequential: fact.consequential,
        };
        let place = (exception.control.clone(), exception.key.clone(), exception.code.clone());
        if !exception.consequential || !self.0.contains_key(&place) {
            self.0.insert(place, exception);
        }
    }

    /// Adds the facts of another part of the company.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn into_truth(self, seed: u64) -> Truth {
        Truth { seed: seed.to_string(), exceptions: self.0.into_values().collect() }
    }
}
