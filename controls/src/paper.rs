//! The working paper: every evaluated record of a run, in order, as the sealer consumes it.

use crate::control::ControlId;
use crate::decision::Decision;
use crate::digest::Digest;
use crate::money::{Count, Money};
use crate::record::{Field, RecordRef};

/// One record with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatedRecord {
    /// The control that was tested.
    pub control: ControlId,
    /// Which record.
    pub record: RecordRef,
    /// The verdict.
    pub decision: Decision,
    /// The columns that the policy reads (of a native population: all that it computes), with their
    /// values, in the population's column order; empty for a record that conforms.
    pub values: Vec<Field>,
    /// The money at stake in the record, where the population names an exposure column and it is
    /// not null.
    pub exposure: Option<Money>,
}

/// Streams the evaluated records of a run: controls in the order of the run's test results, within
/// a control in the population's order. Implemented by `engine`, consumed by `evidence`.
pub trait WorkingPaper {
    /// Calls `each` for every evaluated record.
    ///
    /// # Errors
    /// What `each` returns stops the stream and comes back.
    fn each_record(
        &self,
        each: &mut dyn FnMut(&EvaluatedRecord) -> Result<(), PaperError>,
    ) -> Result<(), PaperError>;
}

impl WorkingPaper for [EvaluatedRecord] {
    fn each_record(
        &self,
        each: &mut dyn FnMut(&EvaluatedRecord) -> Result<(), PaperError>,
    ) -> Result<(), PaperError> {
        self.iter().try_for_each(each)
    }
}

/// What stopped the stream, in the words of whoever stopped it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PaperError(pub String);

/// Commits to the rows of a dataset without saying what they are. Implemented by `evidence`
/// (salted, so that a row can't be guessed from the commitment), injected by `cli` into `engine`.
pub trait RowCommitment {
    /// Adds the next row: its encoded bytes.
    fn add(&mut self, row: &[u8]);

    /// The number of rows and the root over them.
    fn finish(self: Box<Self>) -> (Count, Digest);
}

/// Makes a [`RowCommitment`] for a dataset of that name.
pub type CommitmentFactory<'a> = dyn Fn(&str) -> Box<dyn RowCommitment> + Sync + 'a;
