//! Rows of a dataset as texts, and the digest of a set of them.

use crate::dataset::{CLASS, FILE, Loaded, PERSONAL, ROW};
use crate::record::value;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tieout_controls::{Decimal, Digest, Value};

/// A dataset beside the charges, all of it as texts, its rows found by the values of some columns.
pub(super) struct Table {
    rows: Vec<Row>,
    /// Column → value → places of its rows.
    found: BTreeMap<&'static str, BTreeMap<String, Vec<usize>>>,
}

/// A row: column → text, nulls left out; and where it is.
pub(super) struct Row {
    values: BTreeMap<String, String>,
    pub(super) at: (usize, usize),
}

impl Row {
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.values.get(column).map(String::as_str)
    }

    pub(super) fn number(&self, column: &str) -> Option<Exact> {
        let decimal = Decimal::parse(self.text(column)?).ok()?;
        Exact::try_from(&decimal).ok()
    }
}

impl Table {
    pub(super) fn new(loaded: &Loaded, columns: &[&'static str]) -> Result<Self, RunError> {
        let mut rows: Vec<Row> = Vec::new();
        for (number, batch) in loaded.batches.iter().enumerate() {
            for row in 0..batch.num_rows() {
                let mut values = BTreeMap::new();
                for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
                    if let Some(text) = value(array.as_ref(), row)?.to_text() {
                        values.insert(field.name().clone(), text);
                    }
                }
                rows.push(Row { values, at: (number, row) });
            }
        }
        let mut found: BTreeMap<_, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        for column in columns {
            let of_column = found.entry(*column).or_default();
            for (place, row) in rows.iter().enumerate() {
                if let Some(value) = row.text(column) {
                    of_column.entry(value.to_owned()).or_default().push(place);
                }
            }
        }
        Ok(Self { rows, found })
    }

    /// The rows with that value in one of the columns they are found by, in the order of the dataset;
    /// none without a value.
    pub(super) fn with(&self, column: &str, value: Option<&str>) -> impl Iterator<Item = &Row> {
        let places = self.found.get(column).zip(value).and_then(|(of, value)| of.get(value));
        places.into_iter().flatten().filter_map(|place| self.rows.get(*place))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }
}

/// One digest over rows of a dataset, whatever their order.
pub(super) fn digest(
    loaded: &Loaded,
    rows: impl IntoIterator<Item = (usize, usize)>,
) -> Result<Digest, RunError> {
    let mut digests = Vec::new();
    for at in rows {
        digests.push(row_digest(loaded, at)?);
    }
    digests.sort_unstable();
    let mut all = Sha256::new();
    all.update(b"tieout rows v1\n");
    for digest in digests {
        all.update(digest);
    }
    Ok(Digest(all.finalize().into()))
}

/// A row's columns by name, as JSON strings or null; personal ones and the row's place left out.
fn row_digest(loaded: &Loaded, (batch, row): (usize, usize)) -> Result<[u8; 32], RunError> {
    let lost = || RunError::Internal("a row without a batch".to_owned());
    let batch = loaded.batches.get(batch).ok_or_else(lost)?;
    let schema = batch.schema_ref();
    let shown = |name: &str, personal: bool| !personal && name != FILE && name != ROW;
    let columns: BTreeMap<&str, _> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| {
            let personal = field.metadata().get(CLASS).is_some_and(|class| class == PERSONAL);
            shown(field.name(), personal)
        })
        .map(|(field, array)| (field.name().as_str(), array))
        .collect();
    let mut values = BTreeMap::new();
    for (name, array) in columns {
        let text = match value(array.as_ref(), row)? {
            Value::Null => None,
            value => value.to_text(),
        };
        values.insert(name, text);
    }
    let bytes = serde_json::to_vec(&values).map_err(|e| RunError::Internal(e.to_string()))?;
    Ok(Sha256::digest(bytes).into())
}
