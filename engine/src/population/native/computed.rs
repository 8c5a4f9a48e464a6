//! Native populations that were computed once, for all controls that ask the same.

use super::{Request, find};
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What the records of a native population follow from, beside what the datasets hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    population: String,
    /// Role → name of the dataset.
    datasets: BTreeMap<String, String>,
    /// Parameter → its value.
    parameters: BTreeMap<String, String>,
    period: [chrono::NaiveDate; 2],
}

/// The records of the native populations over the same datasets, as far as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Computed(RefCell<BTreeMap<Question, Vec<RecordBatch>>>);

impl Computed {
    /// The records of a native population.
    ///
    /// # Errors
    /// What the population says.
    pub(in crate::population) fn batches(
        &self,
        name: &str,
        request: &Request<'_>,
    ) -> Result<Vec<RecordBatch>, RunError> {
        let parameters = request.control.parameters.iter();
        let question = Question {
            population: name.to_owned(),
            datasets: request.bound.names(),
            parameters: parameters.map(|(name, p)| (name.clone(), p.value.clone())).collect(),
            period: [request.run.period_start, request.run.period_end],
        };
        if let Some(batches) = self.0.borrow().get(&question) {
            return Ok(batches.clone());
        }
        let missing = || RunError::Internal(format!("the native population `{name}` is not there"));
        let batches = (find(name).ok_or_else(missing)?.batches)(request)?;
        self.0.borrow_mut().insert(question, batches.clone());
        Ok(batches)
    }
}
