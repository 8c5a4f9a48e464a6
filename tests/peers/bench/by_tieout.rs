//! The ten checks as a policy of the record profile.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use chrono::NaiveDate;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Encoding;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tieout_controls::control::Effective;
use tieout_controls::{ColumnType, Decimal, Value};
use tieout_deck::checks::{Keys, tables};
use tieout_engine::vectorised::{Tally, Vectorised};
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Compiled, Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema, Table, TableSchema};
use tieout_policies::evaluate::{Reference, Verdict};

const BATCH: usize = 16_384;

pub(crate) struct Checks {
    policy: Compiled,
    data: Data,
}

impl Checks {
    pub(crate) fn new(folder: &Path) -> Self {
        let tables = tables(Keys::Few).into_iter().map(|table| {
            let file = folder.join(format!("{}.csv", table.name));
            let csv = std::fs::read_to_string(file).unwrap();
            (table.name.to_owned(), read(&csv, table.key, table.dated))
        });
        let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let run = RunDates {
            as_of: date(2026, 1, 1),
            period_start: date(2024, 1, 1),
            period_end: date(2026, 1, 1),
        };
        let data = Data { tables: tables.collect(), parameters: BTreeMap::new(), run };
        let environment = Environment {
            input: input(&schema_of(folder)),
            tables: data.tables.iter().map(|(n, t)| (n.clone(), t.schema.clone())).collect(),
            parameters: BTreeMap::new(),
            ..Environment::default()
        };
        let rule = Rule {
            name: "checks".to_owned(),
            path: "bench/checks/rule.rego".to_owned(),
            language: Language::Rego,
            source: include_str!("checks.rego").to_owned(),
            request: None,
        };
        let policy = compile(&rule, &environment).unwrap_or_else(|e| panic!("{e:#?}"));
        Self { policy, data }
    }

    pub(crate) fn bind(&self) -> Vectorised<'_> {
        let vectorised = Vectorised::new(&self.policy, &self.data).unwrap();
        for backend in vectorised.backends() {
            assert_eq!(backend.by_rows, None, "{:?}", backend.code);
        }
        vectorised
    }
}

impl Checks {
    /// Counts by the reference evaluator.
    pub(crate) fn count_by_rows(&self, batch: &RecordBatch, rules: &mut [(u64, u64)]) {
        let all: Vec<usize> = (0..rules.len()).collect();
        for row in Reference.verdicts(&self.policy, batch, &self.data, &all).unwrap() {
            for (verdict, (violates, unknown)) in row.unwrap().into_iter().zip(rules.iter_mut()) {
                match verdict {
                    Verdict::Violated => *violates += 1,
                    Verdict::Undetermined => *unknown += 1,
                    Verdict::Held => {}
                }
            }
        }
    }
}

fn read(csv: &str, key: &[&str], dated: bool) -> Table {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let kind = |name: &str| match name {
        "from" | "to" => ColumnType::Date,
        "rate" => ColumnType::Decimal { precision: 5, scale: 2 },
        "unit_price" => ColumnType::Decimal { precision: 18, scale: 6 },
        "years" => ColumnType::Integer,
        _ => ColumnType::String,
    };
    let column =
        |name: &&str| Column { name: (*name).to_owned(), kind: kind(name), nullable: true };
    let schema = Schema { columns: names.iter().map(column).collect() };
    let cell = |(text, name): (&str, &&str)| match kind(name) {
        _ if text.is_empty() => Value::Null,
        ColumnType::Date => Value::Date(text.parse().unwrap()),
        ColumnType::String => Value::String(text.to_owned()),
        _ => Value::Number(Decimal::parse(text).unwrap()),
    };
    let rows = lines.map(|line| line.split(',').zip(&names).map(cell).collect()).collect();
    let effective = dated.then(|| Effective { from: "from".to_owned(), to: "to".to_owned() });
    let key = key.iter().map(|k| (*k).to_owned()).collect();
    Table::new(TableSchema { schema, key, effective }, rows)
}

fn schema_of(folder: &Path) -> Arc<ArrowSchema> {
    Arc::clone(metadata(folder, ArrowReaderOptions::new()).schema())
}

fn metadata(folder: &Path, options: ArrowReaderOptions) -> ArrowReaderMetadata {
    let file = File::open(folder.join("charges.parquet")).unwrap();
    ArrowReaderMetadata::load(&file, options).unwrap()
}

fn input(schema: &ArrowSchema) -> Schema {
    let column = |field: &Arc<Field>| Column {
        name: field.name().clone(),
        kind: tieout_policies::column::column_type(field.data_type()).unwrap(),
        nullable: field.is_nullable(),
    };
    Schema { columns: schema.fields().iter().map(column).collect() }
}

/// How columns of text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    Dictionaries,
    /// As dictionaries where all their pages are, else as plain text: of plain pages the reader
    /// would make a new dictionary for each batch, only to have it looked up anew.
    AsStored,
}

/// The file's columns.
pub(crate) fn columns(folder: &Path, text: Text) -> ArrowReaderMetadata {
    let stored = metadata(folder, ArrowReaderOptions::new());
    let plain = |column: usize| {
        let chunks = stored.metadata().row_groups().iter().map(|group| group.column(column));
        text == Text::AsStored
            && chunks.into_iter().any(|chunk| {
                let pages = chunk.page_encoding_stats_mask();
                pages.is_none_or(|pages| pages.is_set(Encoding::PLAIN))
            })
    };
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |(number, field): (usize, &Arc<Field>)| match field.data_type() {
        DataType::Utf8 if !plain(number) => {
            Field::new(field.name(), dictionary.clone(), field.is_nullable())
        }
        _ => field.as_ref().clone(),
    };
    let fields: Vec<Field> = stored.schema().fields().iter().enumerate().map(field).collect();
    let options = ArrowReaderOptions::new()
        .with_schema(Arc::new(ArrowSchema::new(fields)))
        .with_skip_arrow_metadata(true);
    metadata(folder, options)
}

pub(crate) fn reader(
    folder: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
) -> ParquetRecordBatchReader {
    let file = File::open(folder.join("charges.parquet")).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
    builder
        .with_projection(ProjectionMask::all())
        .with_batch_size(BATCH)
        .with_row_groups(vec![group])
        .build()
        .unwrap()
}

/// Runs a piece of work over all row groups, in that many threads; each reader has the row groups
/// that are its turn.
pub(crate) fn over_groups<T: Send>(
    folder: &Path,
    text: Text,
    threads: usize,
    work: impl Fn(&mut dyn Iterator<Item = RecordBatch>) -> T + Sync,
) -> Vec<T> {
    let metadata = columns(folder, text);
    let groups = metadata.metadata().num_row_groups();
    let next = AtomicUsize::new(0);
    let go = || {
        let mut batches = std::iter::from_fn(|| {
            let group = next.fetch_add(1, Ordering::Relaxed);
            (group < groups).then(|| reader(folder, &metadata, group))
        })
        .flatten()
        .map(Result::unwrap);
        work(&mut batches)
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(go)).collect();
        let mut results = vec![go()];
        results.extend(others.into_iter().map(|other| other.join().unwrap()));
        results
    })
}

/// The different values of each column of text in the first row group.
pub(crate) fn cardinalities(folder: &Path) -> Vec<(String, usize)> {
    let metadata = columns(folder, Text::Dictionaries);
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for batch in reader(folder, &metadata, 0).map(Result::unwrap) {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let Some(dictionary) = column.as_any_dictionary_opt() else { continue };
            let values = dictionary.values().as_string::<i32>();
            let of = seen.entry(field.name().clone()).or_default();
            of.extend(values.iter().flatten().map(str::to_owned));
        }
    }
    seen.into_iter().map(|(column, values)| (column, values.len())).collect()
}

/// Counts by columns.
pub(crate) fn count(
    checks: &Vectorised<'_>,
    folder: &Path,
    threads: usize,
) -> (u64, Vec<(u64, u64)>) {
    let tallies = over_groups(folder, Text::AsStored, threads, |batches| {
        let mut session = checks.session();
        batches.fold(Tally::default(), |sum, batch| sum.plus(session.tally(&batch).unwrap()))
    });
    let tally = tallies.into_iter().fold(Tally::default(), Tally::plus);
    (tally.records, tally.rules)
}

/// Counts the same file ten times over.
pub(crate) fn count_ten_times(
    checks: &Vectorised<'_>,
    folder: &Path,
    threads: usize,
) -> (u64, Vec<(u64, u64)>) {
    let mut sum = (0, vec![(0, 0); 10]);
    for _ in 0..10 {
        let (rows, rules) = count(checks, folder, threads);
        sum.0 += rows;
        for (total, (violates, unknown)) in sum.1.iter_mut().zip(rules) {
            *total = (total.0 + violates, total.1 + unknown);
        }
    }
    sum
}
