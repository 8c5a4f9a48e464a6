//! Rows of files become parts of a dataset: typed or refused, measured, encoded, in batches.

use super::batch::{BATCH_ROWS, Batches};
use super::cell::{Cell, RawRow, Refusal, Rows as FileRows};
use super::columns::{Layout, Target, check_parquet_types};
use super::measure::Measures;
use super::refused::RefusedKeys;
use super::typing::{Rules, Typed};
use super::{DatasetSpec, encode, source};
use crate::error::input;
use crate::progress::Progress;
use crate::run::RunError;
use arrow_array::RecordBatch;
use std::collections::BTreeSet;
use tieout_controls::{Count, RefusedRow};

/// What is read of a dataset.
pub(super) enum Wanted<'a> {
    /// All of it, and of refused rows what can be read in these columns.
    All { kept: &'a BTreeSet<String> },
    /// These columns alone, to which nothing is committed.
    Columns(&'a [&'a str]),
}

/// So many rows of a dataset as one check for Ctrl-C covers, or the rest of a file.
pub(super) struct Part {
    /// The accepted rows that make a whole batch; the last one of a dataset may be smaller.
    pub(super) batch: Option<RecordBatch>,
    /// The canonical bytes of accepted rows, one after the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Part {
    /// The canonical bytes of each accepted row.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).filter_map(|(start, end)| self.bytes.get(*start..*end))
    }
}

/// What the rows of a dataset come to.
pub(super) struct Rows {
    pub(super) layout: Layout,
    pub(super) measures: Measures,
    pub(super) accepted: Count,
    pub(super) refused: Vec<RefusedRow>,
    pub(super) refused_keys: RefusedKeys,
}

/// Gives a part to whoever takes it.
pub(super) type Send<'a> = dyn Fn(Part) -> Result<(), RunError> + 'a;

/// A row that is refused.
pub(super) struct Unfit {
    pub(super) refusal: Refusal,
    /// A value or none for each target, from the first on.
    readable: Vec<Option<Typed>>,
}

/// Reads the files of a dataset, one after the other.
pub(super) struct Reader<'a> {
    spec: &'a DatasetSpec,
    rules: Rules,
    measures: Measures,
    batches: Batches,
    refused: Vec<RefusedRow>,
    refused_keys: RefusedKeys,
    accepted: Count,
    /// The canonical bytes of rows that are not sent yet, and where each ends; none where nothing is
    /// committed to.
    encoded: Option<(Vec<u8>, Vec<usize>)>,
    progress: &'a dyn Progress,
    send: &'a Send<'a>,
}

impl<'a> Reader<'a> {
    /// Reads a dataset and sends its parts.
    ///
    /// # Errors
    /// As [`super::read`], and what `send` says.
    pub(super) fn read(
        spec: &'a DatasetSpec,
        wanted: &Wanted<'_>,
        progress: &'a dyn Progress,
        send: &'a Send<'a>,
    ) -> Result<Rows, RunError> {
        let rules = Rules::new(&spec.reading)?;
        let (mut files, layout) = opened(spec, wanted)?;
        let nothing = BTreeSet::new();
        let (kept, encoded) = match wanted {
            Wanted::All { kept } => (*kept, Some(Default::default())),
            Wanted::Columns(_) => (&nothing, None),
        };
        let mut reader = Self {
            spec,
            rules,
            measures: Measures::new(spec.profile, &layout.targets),
            batches: Batches::new(&layout)?,
            refused: Vec::new(),
            refused_keys: RefusedKeys::new(kept, &layout),
            accepted: Count(0),
            encoded,
            progress,
            send,
        };
        for (number, rows) in files.drain(..).enumerate() {
            reader.file(number, rows, &layout)?;
        }
        let rest = reader.batches.rest()?;
        reader.give(rest)?;
        let Self { measures, accepted, refused, refused_keys, .. } = reader;
        Ok(Rows { layout, measures, accepted, refused, refused_keys })
    }

    fn file(
        &mut self,
        number: usize,
        mut rows: Box<dyn FileRows>,
        layout: &Layout,
    ) -> Result<(), RunError> {
        let missing = || RunError::Internal("a file without a layout".to_owned());
        let sources = layout.sources.get(number).ok_or_else(missing)?;
        let shown = &self.spec.files.get(number).ok_or_else(missing)?.shown;
        let mut ordinal: u64 = 0;
        let batch_rows = u64::try_from(BATCH_ROWS).unwrap_or(1);
        while let Some(raw) = rows.next_row()? {
            if ordinal.is_multiple_of(batch_rows) && self.progress.cancelled() {
                return Err(RunError::Interrupted);
            }
            ordinal += 1;
            let line = raw.line;
            match typed(&self.rules, raw, layout, sources) {
                Ok(values) => self.accept(&values, number, ordinal)?,
                Err(Unfit { refusal, readable }) => {
                    self.refused_keys.push(&readable);
                    self.refused.push(refused(&self.spec.name, shown, (ordinal, line), refusal));
                }
            }
        }
        Ok(())
    }

    fn accept(&mut self, values: &[Typed], file: usize, row: u64) -> Result<(), RunError> {
        self.measures.add(values)?;
        self.accepted.increment();
        if let Some((bytes, ends)) = &mut self.encoded {
            encode::row(values, bytes)?;
            ends.push(bytes.len());
        }
        match self.batches.push(values, file, row)? {
            None => Ok(()),
            batch => self.give(batch),
        }
    }

    fn give(&mut self, batch: Option<RecordBatch>) -> Result<(), RunError> {
        let (bytes, ends) = self.encoded.as_mut().map(std::mem::take).unwrap_or_default();
        (self.send)(Part { batch, bytes, ends })
    }
}

/// A value for each target, or why the row is refused.
pub(super) fn typed(
    rules: &Rules,
    raw: RawRow,
    layout: &Layout,
    sources: &[Option<usize>],
) -> Result<Vec<Typed>, Unfit> {
    let mut cells = raw.cells.map_err(|refusal| Unfit { refusal, readable: Vec::new() })?;
    let mut targets = layout.targets.iter().zip(sources);
    let mut values = Vec::with_capacity(layout.targets.len());
    while let Some((target, at)) = targets.next() {
        match value(rules, &mut cells, *at, target) {
            Ok(value) => values.push(value),
            Err(refusal) => {
                let mut readable: Vec<_> = values.into_iter().map(Some).collect();
                readable.push(None);
                readable
                    .extend(targets.map(|(target, at)| value(rules, &mut cells, *at, target).ok()));
                return Err(Unfit { refusal, readable });
            }
        }
    }
    Ok(values)
}

fn value(
    rules: &Rules,
    cells: &mut [Cell],
    at: Option<usize>,
    target: &Target,
) -> Result<Typed, Refusal> {
    match at.and_then(|at| cells.get_mut(at)).map(std::mem::take) {
        Some(cell) => rules.type_cell(cell, target),
        None => Ok(Typed::Null),
    }
}

/// What is told of a refused row: of its dataset and file, its ordinal and line.
pub(super) fn refused(
    dataset: &str,
    file: &str,
    (row, line): (u64, Option<u64>),
    refusal: Refusal,
) -> RefusedRow {
    RefusedRow {
        dataset: dataset.to_owned(),
        file: file.to_owned(),
        row: Count(row),
        line: line.map(Count),
        column: refusal.column,
        code: refusal.code.to_owned(),
        reason: refusal.reason,
    }
}

/// Opens the files of a dataset and finds its columns in them.
fn opened(
    spec: &DatasetSpec,
    wanted: &Wanted<'_>,
) -> Result<(Vec<Box<dyn FileRows>>, Layout), RunError> {
    if spec.files.is_empty() {
        let message = format!("dataset `{}` has no files", spec.name);
        let help = "check the globs in its `files`; they count from the workspace's folder";
        return Err(input("no-files", message, help.to_owned()));
    }
    let mut files = Vec::new();
    for file in &spec.files {
        files.push(source::open(file.into(), &spec.reading)?);
    }
    let headers: Vec<Vec<String>> = files.iter().map(|rows| rows.columns().to_vec()).collect();
    let mut layout = Layout::of(spec, &headers)?;
    if let Wanted::Columns(columns) = wanted {
        layout.narrow(columns);
    }
    for ((file, rows), sources) in spec.files.iter().zip(&mut files).zip(&layout.sources) {
        check_parquet_types(file.into(), spec, &layout.targets, sources)?;
        rows.only(&sources.iter().flatten().copied().collect());
    }
    Ok((files, layout))
}
