//! Reading a dataset from beginning to end.

use super::batch::{BATCH_ROWS, Batches};
use super::cell::{Cell, RawRow, Refusal, Rows};
use super::columns::{Layout, Target, check_parquet_types};
use super::measure::Measures;
use super::refused::RefusedKeys;
use super::typing::{Rules, Typed};
use super::{DatasetSpec, Encoding, FloatRule, Reading, encode, source};
use crate::error::input;
use crate::progress::Progress;
use crate::run::RunError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::dataset::tie_out;
use tieout_controls::paper::{CommitmentFactory, RowCommitment};
use tieout_controls::{ColumnType, Count, DatasetSummary, RefusedRow, SchemaProfile};

/// A dataset as it was read.
#[derive(Debug)]
pub struct Loaded {
    /// Identity, counts, totals, tie-out.
    pub summary: DatasetSummary,
    /// The refused rows in their order.
    pub refused: Vec<RefusedRow>,
    /// By which records they would have been found.
    pub(crate) refused_keys: RefusedKeys,
    /// The profile's columns in their order, then the undeclared ones by name, then `_file` (the
    /// file's number, from 0) and `_row` (the data row's, from 1), both Int64. A column that is
    /// personal has the metadata `tieout.class: personal`.
    pub schema: SchemaRef,
    /// The accepted rows in their order.
    pub batches: Vec<RecordBatch>,
    /// The profile it was read by.
    pub profile: &'static SchemaProfile,
    /// Decimal column → the number of digits behind the point that its publisher writes: the
    /// workspace's, else the column's own scale.
    pub scales: BTreeMap<String, u32>,
}

/// Reads a dataset.
///
/// # Errors
/// [`RunError::Input`] for files that can't be read as what the workspace says they are;
/// [`RunError::Interrupted`]. Rows that don't fit are in the result.
pub fn read(
    spec: &DatasetSpec,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Loaded, RunError> {
    read_keeping(spec, &BTreeSet::new(), commitments, progress)
}

/// Reads a dataset and keeps of its refused rows what can be read in those columns.
pub(crate) fn read_keeping(
    spec: &DatasetSpec,
    kept: &BTreeSet<String>,
    commitments: &CommitmentFactory<'_>,
    progress: &dyn Progress,
) -> Result<Loaded, RunError> {
    if spec.files.is_empty() {
        let message = format!("dataset `{}` has no files", spec.name);
        let help = "check the globs in its `files`; they count from the workspace's folder";
        return Err(input("no-files", message, help.to_owned()));
    }
    let rules = Rules::new(&spec.reading)?;
    let mut files = Vec::new();
    for file in &spec.files {
        files.push(source::open(file, &spec.reading)?);
    }
    let headers: Vec<Vec<String>> = files.iter().map(|rows| rows.columns().to_vec()).collect();
    let layout = Layout::of(spec, &headers)?;
    for (file, sources) in spec.files.iter().zip(&layout.sources) {
        check_parquet_types(file, spec, &layout.targets, sources)?;
    }
    let mut reader = Reader {
        spec,
        rules,
        measures: Measures::new(spec.profile, &layout.targets),
        batches: Batches::new(&layout)?,
        commitment: commitments(&spec.name),
        refused: Vec::new(),
        refused_keys: RefusedKeys::new(kept, &layout),
        accepted: Count(0),
        bytes: Vec::new(),
    };
    for (number, rows) in files.into_iter().enumerate() {
        reader.file(number, rows, &layout, progress)?;
    }
    reader.finish(layout)
}

/// A row that is refused.
struct Unfit {
    refusal: Refusal,
    /// A value or none for each target, from the first on.
    readable: Vec<Option<Typed>>,
}

struct Reader<'a> {
    spec: &'a DatasetSpec,
    rules: Rules,
    measures: Measures,
    batches: Batches,
    commitment: Box<dyn RowCommitment>,
    refused: Vec<RefusedRow>,
    refused_keys: RefusedKeys,
    accepted: Count,
    bytes: Vec<u8>,
}

impl Reader<'_> {
    fn file(
        &mut self,
        number: usize,
        mut rows: Box<dyn Rows>,
        layout: &Layout,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let missing = || RunError::Internal("a file without a layout".to_owned());
        let sources = layout.sources.get(number).ok_or_else(missing)?;
        let shown = &self.spec.files.get(number).ok_or_else(missing)?.shown;
        let mut ordinal: u64 = 0;
        let batch_rows = u64::try_from(BATCH_ROWS).unwrap_or(1);
        while let Some(raw) = rows.next_row()? {
            if ordinal.is_multiple_of(batch_rows) && progress.cancelled() {
                return Err(RunError::Interrupted);
            }
            ordinal += 1;
            let line = raw.line;
            match self.typed(raw, layout, sources) {
                Ok(values) => self.accept(&values, number, ordinal)?,
                Err(Unfit { refusal, readable }) => {
                    self.refused_keys.push(&readable);
                    self.refused.push(RefusedRow {
                        dataset: self.spec.name.clone(),
                        file: shown.clone(),
                        row: Count(ordinal),
                        line: line.map(Count),
                        column: refusal.column,
                        code: refusal.code.to_owned(),
                        reason: refusal.reason,
                    });
                }
            }
        }
        Ok(())
    }

    fn typed(
        &self,
        raw: RawRow,
        layout: &Layout,
        sources: &[Option<usize>],
    ) -> Result<Vec<Typed>, Unfit> {
        let mut cells = raw.cells.map_err(|refusal| Unfit { refusal, readable: Vec::new() })?;
        let mut targets = layout.targets.iter().zip(sources);
        let mut values = Vec::with_capacity(layout.targets.len());
        while let Some((target, at)) = targets.next() {
            match self.value(&mut cells, *at, target) {
                Ok(value) => values.push(value),
                Err(refusal) => {
                    let mut readable: Vec<_> = values.into_iter().map(Some).collect();
                    readable.push(None);
                    let rest = targets.map(|(target, at)| self.value(&mut cells, *at, target).ok());
                    readable.extend(rest);
                    return Err(Unfit { refusal, readable });
                }
            }
        }
        Ok(values)
    }

    fn value(
        &self,
        cells: &mut [Cell],
        at: Option<usize>,
        target: &Target,
    ) -> Result<Typed, Refusal> {
        match at.and_then(|at| cells.get_mut(at)).map(std::mem::take) {
            Some(cell) => self.rules.type_cell(cell, target),
            None => Ok(Typed::Null),
        }
    }

    fn accept(&mut self, values: &[Typed], file: usize, row: u64) -> Result<(), RunError> {
        self.measures.add(values)?;
        self.batches.push(values, file, row)?;
        encode::row(values, &mut self.bytes)?;
        self.commitment.add(&self.bytes);
        self.accepted.increment();
        Ok(())
    }

    fn finish(self, layout: Layout) -> Result<Loaded, RunError> {
        let spec = self.spec;
        let totals = self.measures.totals()?;
        let refused = Count::of(self.refused.len());
        let rows = self.accepted + refused;
        let (_, commitment) = self.commitment.finish();
        let tie_out = tie_out(rows, &totals, spec.expected.as_ref());
        let summary = DatasetSummary {
            name: spec.name.clone(),
            profile: spec.profile.name.to_owned(),
            files: spec.files.iter().map(|file| file.shown.clone()).collect(),
            rows,
            accepted: self.accepted,
            refused,
            totals,
            null_amounts: self.measures.null_amounts(),
            period: self.measures.period(),
            commitment,
            reading: settings(&spec.reading, &layout),
            undeclared_columns: layout.undeclared.clone(),
            absent_columns: layout.absent.clone(),
            tie_out,
        };
        Ok(Loaded {
            summary,
            refused: self.refused,
            refused_keys: self.refused_keys,
            schema: layout.schema(),
            batches: self.batches.finish()?,
            profile: spec.profile,
            scales: scales(spec, &layout),
        })
    }
}

fn scales(spec: &DatasetSpec, layout: &Layout) -> BTreeMap<String, u32> {
    let decimals = layout.targets.iter().filter_map(|target| match target.kind {
        ColumnType::Decimal { scale, .. } => Some((target.name.clone(), u32::from(scale))),
        _ => None,
    });
    decimals.chain(spec.reading.scale.clone()).collect()
}

/// The settings that differ from their defaults, as text.
fn settings(reading: &Reading, layout: &Layout) -> BTreeMap<String, String> {
    let plain = Reading::default();
    let pairs = |map: &BTreeMap<String, String>| {
        map.iter().map(|(from, to)| format!("{from}: {to}")).collect::<Vec<_>>().join(", ")
    };
    let mut said: Vec<(&str, String)> = Vec::new();
    if let Some(format) = reading.format {
        said.push(("format", format!("{format:?}").to_lowercase()));
    }
    if reading.delimiter != plain.delimiter {
        said.push(("delimiter", reading.delimiter.to_string()));
    }
    if reading.quote != plain.quote {
        said.push(("quote", reading.quote.to_string()));
    }
    if reading.encoding == Encoding::Latin1 {
        said.push(("encoding", "latin-1".to_owned()));
    }
    if reading.decimal_comma {
        said.push(("decimal_comma", "true".to_owned()));
    }
    if !reading.nulls.is_empty() {
        said.push(("nulls", reading.nulls.join(", ")));
    }
    if reading.quoted_nulls {
        said.push(("quoted_nulls", "true".to_owned()));
    }
    if let Some(zone) = &reading.zone {
        let database = chrono_tz::IANA_TZDB_VERSION;
        said.push(("zone", format!("{zone} (tz database {database})")));
    }
    if !reading.rename.is_empty() {
        said.push(("rename", pairs(&reading.rename)));
    }
    if !reading.ignore.is_empty() {
        said.push(("ignore", reading.ignore.join(", ")));
    }
    if !reading.scale.is_empty() {
        let scale = reading.scale.iter().map(|(column, s)| (column.clone(), s.to_string()));
        said.push(("scale", pairs(&scale.collect())));
    }
    if !reading.widen.is_empty() {
        said.push(("widen", reading.widen.join(", ")));
    }
    if reading.float == Some(FloatRule::Shortest) {
        said.push(("float", "shortest".to_owned()));
    }
    let said = said.into_iter().map(|(setting, value)| (setting.to_owned(), value));
    let partly = layout
        .partly
        .iter()
        .map(|(file, columns)| (format!("columns absent in {file}"), columns.join(", ")));
    said.chain(partly).collect()
}
