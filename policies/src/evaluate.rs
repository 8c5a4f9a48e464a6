//! Deciding records.
//!
//! Three truth values, after Kleene. A rule's body is a conjunction: false wherever one statement
//! is false; else undetermined, with its causes, if a statement is; else the rule is violated.
//! What is not known:
//! - a null column or cell, unless it is asked for itself (`not input.x` where `x` is no bool,
//!   `input.x`, `input.x == null`, `object.get`), and a null element of a list;
//! - a cell of a row that isn't there. Whether the row is there, `data.t[key]` as a statement or
//!   under `not`, is an answer, unless a part of the key is null;
//! - `effective.at` with no row in force, or with several, under `not` too;
//! - a result of more than 76 digits, a division by zero, a text that can't be read;
//! - a rule with two values or rows at once, an object collected with two values of one key, and
//!   whatever is left when the record's budget is spent.
//!
//! A helper rule without a value is undefined: the statement that uses it is false. A violation
//! stands though a field of its fact is unknown; the field is left out, and an amount that is
//! unknown or has no value is told as a cause beside, since the sum of exceptions is short without
//! it.

mod array;
mod bound;
mod calendar;
mod call;
mod collection;
mod expression;
mod helper;
mod outcome;
mod place;
mod record;
mod text;
mod trace;

use crate::column;
use crate::compile::{Compiled, Policy};
use crate::data::Data;
use crate::tree::{Program, Type};
use arrow_array::{Array, RecordBatch};
pub(crate) use outcome::obstacles_told;
use record::Record;
pub(crate) use trace::{Note, Seen, Trace};

pub use bound::{Bound, BoundTable};
pub use call::{Failure, apply, growth, size};
pub use collection::{distinct, entries, joined, same};
pub use record::STEPS;
use tieout_controls::{Decision, Value};

/// Decides a batch of records by a compiled policy. One decision for each row, in order.
pub trait Evaluator {
    /// # Errors
    /// Only when it can't be done at all (a column that the policy reads isn't in the batch or has
    /// another type); what can't be decided is a [`Decision::Undetermined`].
    fn decide(
        &self,
        policy: &Compiled,
        batch: &RecordBatch,
        data: &Data,
    ) -> Result<Vec<Decision>, EvaluateError>;
}

/// A batch that doesn't fit the policy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EvaluateError(pub String);

/// Whether a rule found a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The record violates the rule.
    Violated,
    /// The record does not violate it.
    Held,
    /// It can't be told.
    Undetermined,
}

/// The verdicts of a record's rules, `None` where the policy doesn't speak of it, and the steps
/// that it took.
pub type Taken = (Option<Vec<Verdict>>, u64);

/// The reference evaluator: row by row, plain and obviously right.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reference;

impl Evaluator for Reference {
    fn decide(
        &self,
        policy: &Compiled,
        batch: &RecordBatch,
        data: &Data,
    ) -> Result<Vec<Decision>, EvaluateError> {
        match &policy.policy {
            Policy::Rego(program) => decide(program, batch, data),
            Policy::Cedar(policies) => policies.decide(batch),
        }
    }
}

impl Reference {
    /// Whether those rules of a policy (by their positions) find each record; `None` for a record
    /// of which the policy doesn't speak. Where that can't be told, no rule can be.
    ///
    /// # Errors
    /// As [`Evaluator::decide`]; a policy without rules by position (Cedar) gives none.
    pub fn verdicts(
        &self,
        policy: &Compiled,
        batch: &RecordBatch,
        data: &Data,
        rules: &[usize],
    ) -> Result<Vec<Option<Vec<Verdict>>>, EvaluateError> {
        let told = self.verdicts_with_steps(policy, batch, data, rules)?;
        Ok(told.into_iter().map(|(verdicts, _)| verdicts).collect())
    }

    /// The same, with the steps that each record took.
    ///
    /// # Errors
    /// As [`Reference::verdicts`].
    pub fn verdicts_with_steps(
        &self,
        policy: &Compiled,
        batch: &RecordBatch,
        data: &Data,
        rules: &[usize],
    ) -> Result<Vec<Taken>, EvaluateError> {
        match &policy.policy {
            Policy::Rego(program) => {
                let told = |record: &mut Record<'_>| (record.verdicts(rules), record.taken());
                each_record(program, batch, data, told)
            }
            Policy::Cedar(_) => Ok(vec![(Some(Vec::new()), 0); batch.num_rows()]),
        }
    }
}

fn decide(
    program: &Program,
    batch: &RecordBatch,
    data: &Data,
) -> Result<Vec<Decision>, EvaluateError> {
    each_record(program, batch, data, |record| record.decide())
}

/// The decision about one record of these cells, one for each column of the program.
pub(crate) fn decide_cells(
    program: &Program,
    cells: &[Value],
    data: &Data,
    trace: &Trace,
) -> Result<Decision, EvaluateError> {
    let bound = Bound::new(program, data)?;
    Ok(Record::new(&bound, cells).traced(trace).decide())
}

/// What was noted of a record.
pub(crate) struct Noted {
    /// Of `applicable`, where there is one.
    pub(crate) applicable: Vec<Note>,
    /// Of each rule, with its verdict; nothing where the policy doesn't speak of the record.
    pub(crate) rules: Option<Vec<(Verdict, Vec<Note>)>>,
}

/// Decides the row of a batch and notes each value.
pub(crate) fn noted(
    program: &Program,
    batch: &RecordBatch,
    row: usize,
    data: &Data,
) -> Result<Noted, EvaluateError> {
    let bound = Bound::new(program, data)?;
    let trace = Trace::with_notes();
    let cells = cells(&bound::columns(program, batch)?, row)?;
    let mut record = Record::new(&bound, &cells).traced(&trace);
    let speaks = record.verdicts(&[]).is_some();
    let first = trace.take_notes();
    let of = |rule: usize| {
        let verdict = record.verdicts(&[rule])?.into_iter().next()?;
        Some((verdict, trace.take_notes()))
    };
    let rules = (0..program.violations.len()).filter_map(of).collect();
    Ok(Noted { applicable: first, rules: speaks.then_some(rules) })
}

fn cells(columns: &[Option<&dyn Array>], row: usize) -> Result<Vec<Value>, EvaluateError> {
    let cell = |column: &Option<&dyn Array>| match column {
        Some(array) => value_at(*array, row),
        None => Ok(Value::Null),
    };
    columns.iter().map(cell).collect()
}

fn each_record<T>(
    program: &Program,
    batch: &RecordBatch,
    data: &Data,
    mut of: impl FnMut(&mut Record<'_>) -> T,
) -> Result<Vec<T>, EvaluateError> {
    let bound = Bound::new(program, data)?;
    let columns = bound::columns(program, batch)?;
    let mut all = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let cells = cells(&columns, row)?;
        all.push(of(&mut Record::new(&bound, &cells)));
    }
    Ok(all)
}

/// A column of a batch, which must be of that type.
pub(crate) fn array<'b>(
    batch: &'b RecordBatch,
    name: &str,
    ty: &Type,
) -> Result<&'b dyn Array, EvaluateError> {
    bound::array(batch, name, ty)
}

/// A cell of a column of a supported type.
pub(crate) fn value_at(array: &dyn Array, row: usize) -> Result<Value, EvaluateError> {
    let failed = |kind| EvaluateError(format!("a value of type {kind} can't be read"));
    column::value_at(array, row).map_err(failed)
}
