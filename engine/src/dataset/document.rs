//! Rows that are parts of one document, as JSON and YAML have them: whether it is one shows at its end,
//! so it is read whole.

use super::cell::{Cell, RawRow, Refusal, Rows};
use super::source::{self, Source};
use super::{Encoding, Reading};
use crate::error::input;
use crate::run::RunError;
use std::collections::BTreeMap;
use std::io::Read;

/// What a document may have at most, decompressed: it is held in memory.
const MAX_BYTES: u64 = 512 << 20;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The names and cells of a row, or why there are none.
pub(super) type Members = Result<Vec<(String, Cell)>, Refusal>;

/// The rows of a document that was read.
pub(super) struct DocumentRows {
    columns: Vec<String>,
    rows: std::vec::IntoIter<RawRow>,
}

/// Collects the rows of a document, and its columns in the order of their first appearance.
#[derive(Default)]
pub(super) struct Collected {
    columns: Vec<String>,
    index: BTreeMap<String, usize>,
    rows: Vec<RawRow>,
}

impl Collected {
    /// Adds a row that begins in that line.
    pub(super) fn add(&mut self, line: u64, members: Members) {
        let cells = members.map(|members| self.cells(members));
        self.rows.push(RawRow { line: Some(line), cells });
    }

    fn cells(&mut self, members: Vec<(String, Cell)>) -> Vec<Cell> {
        let mut cells = vec![Cell::Null; self.columns.len()];
        for (name, value) in members {
            let at = match self.index.get(&name) {
                Some(at) => *at,
                None => {
                    let at = self.columns.len();
                    self.index.insert(name.clone(), at);
                    self.columns.push(name);
                    cells.push(Cell::Null);
                    at
                }
            };
            if let Some(cell) = cells.get_mut(at) {
                *cell = value;
            }
        }
        cells
    }

    /// The rows. Those before the first appearance of a column have null in it.
    pub(super) fn rows(self, file: &str, wanted: &str) -> Result<DocumentRows, RunError> {
        let Self { columns, mut rows, .. } = self;
        if columns.is_empty() {
            return Err(input("empty-file", format!("`{file}` holds no rows"), wanted.to_owned()));
        }
        for cells in rows.iter_mut().filter_map(|row| row.cells.as_mut().ok()) {
            cells.resize(columns.len(), Cell::Null);
        }
        Ok(DocumentRows { columns, rows: rows.into_iter() })
    }
}

impl Rows for DocumentRows {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<RawRow>, RunError> {
        Ok(self.rows.next())
    }
}

/// The text of a file.
pub(super) fn text(file: Source<'_>, reading: &Reading) -> Result<String, RunError> {
    let shown = file.shown;
    let mut bytes = Vec::new();
    let read = source::bytes(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e| source::broken(shown, &e))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        let message = format!("`{shown}` has more than 512 MiB, too much for one document");
        let help = "write it as CSV, NDJSON or Parquet, which are read row by row";
        return Err(input("file-too-large", message, help.to_owned()));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let message = format!("`{shown}` is UTF-16");
        return Err(input("encoding", message, "save it as UTF-8".to_owned()));
    }
    if reading.encoding == Encoding::Latin1 {
        return Ok(bytes.into_iter().map(char::from).collect());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = 1 + valid.filter(|byte| **byte == b'\n').count();
        let message = format!("`{shown}`, line {line}: not valid UTF-8");
        let help = "save it as UTF-8, or set `encoding: latin-1`";
        input("encoding", message, help.to_owned())
    })?;
    Ok(match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The refusal of a row that has a name twice.
pub(super) fn twice(name: String, reason: &str) -> Refusal {
    Refusal { column: Some(name), code: "duplicate-key", reason: reason.to_owned() }
}
