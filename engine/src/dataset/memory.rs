//! Rows of one file that is at hand, each with the line where it begins, before anything is made of
//! them: for files whose rows somebody points at.

use super::cell::Refusal;
use super::columns::{Layout, check_parquet_types};
use super::rows::{refused, typed};
use super::source::{self, Source};
use super::typing::{Rules, Typed};
use super::{DatasetSpec, Reading, SourceFile};
use crate::run::RunError;
use bytes::Bytes;
use tieout_controls::{RefusedRow, SchemaProfile};

/// A row that fits its profile.
pub(crate) struct Accepted {
    /// The data row, from 1.
    pub(crate) row: u64,
    /// The line where it begins, from 1, in text files.
    pub(crate) line: Option<u64>,
    /// A value for each column of the profile, in its order.
    pub(crate) values: Vec<Typed>,
}

/// Reads a file and gives each row that fits; `each` may refuse it yet. The refused rows are in the
/// result, in their order.
///
/// # Errors
/// As [`super::read`].
pub(crate) fn each_row(
    profile: &'static SchemaProfile,
    (shown, bytes): (&str, &Bytes),
    reading: &Reading,
    each: &mut dyn FnMut(Accepted) -> Result<(), Refusal>,
) -> Result<Vec<RefusedRow>, RunError> {
    let rules = Rules::new(reading)?;
    let file = Source::memory(shown, bytes);
    let mut rows = source::open(file, reading)?;
    let spec = spec(profile, shown, reading);
    let (layout, sources) = layout(&spec, rows.columns())?;
    check_parquet_types(file, &spec, &layout.targets, &sources)?;
    rows.only(&sources.iter().flatten().copied().collect());
    let mut unfit = Vec::new();
    let mut row = 0;
    while let Some(raw) = rows.next_row()? {
        row += 1;
        let line = raw.line;
        let done = typed(&rules, raw, &layout, &sources).map_err(|unfit| unfit.refusal);
        let done = done.and_then(|values| each(Accepted { row, line, values }));
        unfit.extend(done.err().map(|why| refused(&spec.name, shown, (row, line), why)));
    }
    Ok(unfit)
}

/// The profile's columns and their positions in the file.
fn layout(
    spec: &DatasetSpec,
    columns: &[String],
) -> Result<(Layout, Vec<Option<usize>>), RunError> {
    let mut layout = Layout::of(spec, &[columns.to_vec()])?;
    let declared: Vec<&str> = spec.profile.columns.iter().map(|column| column.name).collect();
    layout.narrow(&declared);
    let missing = || RunError::Internal("a file without a layout".to_owned());
    let sources = layout.sources.pop().ok_or_else(missing)?;
    Ok((layout, sources))
}

fn spec(profile: &'static SchemaProfile, shown: &str, reading: &Reading) -> DatasetSpec {
    DatasetSpec {
        name: profile.role.to_owned(),
        profile,
        files: vec![SourceFile { shown: shown.to_owned(), path: shown.into() }],
        reading: reading.clone(),
        expected: None,
    }
}
