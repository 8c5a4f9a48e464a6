//! The audit vocabulary of Tieout, and the catalogue of controls.
//!
//! What crosses a crate's wall lives here and nowhere else: exact [`Decimal`]s and [`Money`],
//! [`Value`]s and [schema profiles](profile), the [`Control`] catalogue item, the [`Decision`]
//! about a record, the [`TestResult`] of a control and the [`RunResult`] of a run. The producer
//! (`engine`) and the sealer (`evidence`) share these values and no code.
//!
//! The values move one way: dataset → population → decisions → test result → pack → log → index
//! → report. Everything here is plain data and pure functions: no clock, no files, no randomness.

pub mod compare;
pub mod conclude;
pub mod control;
pub mod currency;
pub mod dataset;
pub mod decimal;
pub mod decision;
pub mod digest;
pub mod money;
pub mod paper;
pub mod profile;
pub mod record;
pub mod result;
pub mod value;

#[cfg(feature = "catalogue")]
pub mod catalogue;

pub use control::{Control, ControlId};
pub use dataset::{DatasetSummary, RefusedRow, TieOut};
pub use decimal::{Decimal, Rounding};
pub use decision::{Cause, Decision, Fact, Reason};
pub use digest::Digest;
pub use money::{Count, Money, Totals};
pub use paper::{EvaluatedRecord, RowCommitment, WorkingPaper};
pub use profile::SchemaProfile;
pub use record::{Field, FieldClass, RecordRef};
pub use result::{Outcome, RunResult, TestResult};
pub use value::{ColumnType, Value};
