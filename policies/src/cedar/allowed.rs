//! What a changed Cedar rule allows that it didn't allow before, found by trying every case.
//!
//! A case is a record, as far as the two versions can tell records apart. Each version makes its
//! request of it by its own `request.yaml` and decides it as it decides any record, so that what
//! is compared is what a run would say. A case is newly allowed where the new version conforms
//! and the old one violates or is undetermined.
//!
//! # Why no case is missed
//! What is accepted is a language in which a value's part is small, and for each part enough
//! values are tried ([`cases`]):
//! - **Text and entities** are only compared for equality (`==`, `!=`, `in`, `contains…`, `is`).
//!   Exchanging one text for another all through a record, where neither stands in a policy,
//!   changes no decision. So each column takes each literal that it can meet, and as many other
//!   texts as there are columns that it can meet, so that they can be equal or differ. Columns
//!   meet where their values come to two sides of one comparison ([`reads`]); those that never
//!   do vary by themselves. Entities have no parents here: `in` is equality.
//! - **Whole numbers** are compared with literals and each other. Each column takes each literal
//!   and as many neighbours on either side as there are columns that it can meet.
//! - **Lists of texts** are sets. Each takes all sets of the literals and texts that it can meet,
//!   and of one more text for each way in which the lists of its group can share one.
//! - **Null** is taken where a schema allows it, unless no version could tell, or the new one can't
//!   conform with it. Lists and integers that only the old version reads also take a value that Cedar can't hold.
//!
//! Anything else (arithmetic, `like`, attributes of attributes, tags, records, extension
//! functions), and more cases than [`LIMIT`], is an error that says so: nothing is known then.
//!
//! # What it doesn't say
//! Columns of one name are taken to mean the same on both sides. Which records a population has,
//! and what its query makes of them, is not looked at.

mod cases;
mod reads;

use super::{Policies, compile};
use crate::bundle::{Language, Rule};
use crate::compile::{Diagnostic, Environment};
use crate::data::Schema;
use cases::{Axis, axes};
use cedar_policy::Authorizer;
use reads::Reads;
use tieout_controls::{ColumnType, Decision, Value};

/// How many cases are tried at most.
pub const LIMIT: u64 = 200_000;

/// What the new version of a rule allows that the old one did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// How many cases were tried: all there are.
    pub tried: u64,
    /// How many of them are newly allowed.
    pub cases: u64,
    /// One that the old version had the least against, in words: the columns that can differ,
    /// with their values, and what it said. `None` where nothing is newly allowed.
    pub example: Option<String>,
}

/// Why it can't be said what is newly allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKnown {
    /// A version is written in another language.
    #[error("`{path}` is no Cedar policy")]
    NotCedar {
        /// The rule.
        path: String,
    },
    /// A version can't be run; the first diagnostic.
    #[error("`{path}` line {line}: {message}")]
    Refused {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A column has two types, so that no record fits both versions.
    #[error("the column `{column}` is {before} for the old policy and {after} for the new one")]
    OtherType {
        /// The column.
        column: String,
        /// Its type in the old population.
        before: ColumnType,
        /// Its type in the new population.
        after: ColumnType,
    },
    /// A policy says something whose cases can't be listed.
    #[error("`{path}` line {line}: not all cases of {construct} can be tried")]
    Construct {
        /// The rule.
        path: String,
        /// The policy's first line, from 1.
        line: u32,
        /// What can't be listed.
        construct: String,
    },
    /// There are more cases than [`LIMIT`].
    #[error("there are more than {LIMIT} cases to try")]
    TooMany,
}

/// Tries every case of what `before` and `after` read, each over its population's columns.
///
/// # Errors
/// Where a case might be missed, or a version can't be run. Nothing may be concluded then.
pub fn newly_allowed(
    before: &Rule,
    after: &Rule,
    before_input: &Schema,
    after_input: &Schema,
) -> Result<Allowed, NotKnown> {
    let old = checked(before, before_input)?;
    let new = checked(after, after_input)?;
    let mut reads = Reads::default();
    reads.add(&old, before)?;
    reads.add(&new, after)?;
    let axes = axes(&old, &new, [before_input, after_input], &reads)?;
    let tried = count(&axes)?;
    let mut allowed = Allowed { tried, cases: 0, example: None };
    let mut least = usize::MAX;
    let authorizer = Authorizer::new();
    for number in 0..tried {
        let chosen = case(&axes, number);
        let cell = |name: &str| {
            let found = axes.iter().zip(&chosen).find(|(axis, _)| axis.column == name);
            found.map_or(Value::Null, |(_, value)| (*value).clone())
        };
        if new.decide_record(&authorizer, &cell) != Decision::Conforms {
            continue;
        }
        let was = old.decide_record(&authorizer, &cell);
        if was == Decision::Conforms {
            continue;
        }
        allowed.cases = allowed.cases.saturating_add(1);
        // What wasn't decided is the poorer example: a null is seldom what was meant.
        let against = if was.facts().is_empty() { usize::MAX - 1 } else { was.facts().len() };
        if against < least {
            least = against;
            allowed.example = Some(told(&axes, &chosen, &reads, &was));
        }
    }
    Ok(allowed)
}

fn checked(rule: &Rule, input: &Schema) -> Result<Policies, NotKnown> {
    if rule.language != Language::Cedar {
        return Err(NotKnown::NotCedar { path: rule.path.clone() });
    }
    let environment = Environment { input: input.clone(), ..Environment::default() };
    compile(rule, &environment).map_err(|found| match found.into_iter().next() {
        Some(Diagnostic { path, line, message, .. }) => NotKnown::Refused { path, line, message },
        None => {
            let message = "it can't be checked".to_owned();
            NotKnown::Refused { path: rule.path.clone(), line: 1, message }
        }
    })
}

fn count(axes: &[Axis]) -> Result<u64, NotKnown> {
    let lengths = axes.iter().map(|axis| u64::try_from(axis.values.len()).ok());
    let product = |product: u64, length: Option<u64>| product.checked_mul(length?);
    let all = lengths.into_iter().try_fold(1_u64, product);
    all.filter(|all| *all <= LIMIT).ok_or(NotKnown::TooMany)
}

/// The values of a case: the digits of its number, to the base of each column's values.
fn case(axes: &[Axis], number: u64) -> Vec<&Value> {
    let mut rest = number;
    let mut values = Vec::with_capacity(axes.len());
    for axis in axes {
        let base = u64::try_from(axis.values.len()).unwrap_or(1).max(1);
        let digit = usize::try_from(rest % base).unwrap_or(usize::MAX);
        values.push(axis.values.get(digit).unwrap_or(&Value::Null));
        rest /= base;
    }
    values
}

fn told(axes: &[Axis], chosen: &[&Value], reads: &Reads, was: &Decision) -> String {
    let pairs = axes.iter().zip(chosen).filter(|(axis, _)| axis.values.len() > 1);
    let pairs = pairs.map(|(axis, value)| format!("{} {}", axis.column, reads.shown(value)));
    let pairs: Vec<_> = pairs.collect();
    let case = if pairs.is_empty() { "every request".to_owned() } else { pairs.join(", ") };
    let codes: Vec<_> = was.facts().iter().map(|fact| fact.code.as_str()).collect();
    let before = if codes.is_empty() { "undetermined".to_owned() } else { codes.join(", ") };
    format!("{case}; before: {before}")
}
