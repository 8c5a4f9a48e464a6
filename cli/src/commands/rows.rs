//! Rows as a file: typed columns in Parquet, or texts in CSV or NDJSON.

use crate::diagnostic::{Diagnostic, Failure, Outcome};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use tieout_controls::Decimal;

/// A file of rows that is not whole yet.
pub(super) struct RowsFile {
    path: PathBuf,
    schema: SchemaRef,
    writer: Writer,
}

enum Writer {
    Parquet(Box<ArrowWriter<File>>),
    Csv(BufWriter<File>),
    Ndjson(BufWriter<File>),
}

impl RowsFile {
    /// Begins a file of those columns, of the format that its extension tells.
    ///
    /// # Errors
    /// The extension tells none, or nothing can be written.
    pub(super) fn new(path: &Path, schema: SchemaRef, file: File) -> Outcome<Self> {
        let writer = match extension(path)?.as_str() {
            "parquet" => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(Default::default()))
                    .build();
                let writer =
                    ArrowWriter::try_new(file, SchemaRef::clone(&schema), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|e| not_written(path, e.into()))?))
            }
            "csv" => {
                let mut file = BufWriter::new(file);
                let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
                writeln!(file, "{}", names.join(",")).map_err(|e| not_written(path, e))?;
                Writer::Csv(file)
            }
            _ => Writer::Ndjson(BufWriter::new(file)),
        };
        Ok(Self { path: path.to_owned(), schema, writer })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// They can't be written.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        let written = match &mut self.writer {
            Writer::Parquet(writer) => writer.write(batch).map_err(std::io::Error::from),
            Writer::Csv(file) => (0..batch.num_rows()).try_for_each(|row| {
                let cells = batch.columns().iter().map(|column| field(cell(column, row)));
                writeln!(file, "{}", cells.collect::<Vec<_>>().join(","))
            }),
            Writer::Ndjson(file) => (0..batch.num_rows()).try_for_each(|row| {
                let names = self.schema.fields().iter().map(|field| field.name().clone());
                let cells = batch.columns().iter().map(|column| cell(column, row).into());
                let object: serde_json::Map<String, serde_json::Value> = names.zip(cells).collect();
                writeln!(file, "{}", serde_json::Value::Object(object))
            }),
        };
        written.map_err(|e| not_written(&self.path, e))
    }

    /// The file, all written.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn finish(self) -> Outcome<File> {
        let file = match self.writer {
            Writer::Parquet(writer) => writer.into_inner().map_err(std::io::Error::from),
            Writer::Csv(file) | Writer::Ndjson(file) => {
                file.into_inner().map_err(std::io::IntoInnerError::into_error)
            }
        };
        file.map_err(|e| not_written(&self.path, e))
    }
}

/// The extension, if it tells a format.
///
/// # Errors
/// It tells none.
pub(super) fn extension(path: &Path) -> Outcome<String> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if ["parquet", "csv", "ndjson", "jsonl"].contains(&extension.as_str()) {
        return Ok(extension);
    }
    let message = format!("`{}`: the extension doesn't tell the format", path.display());
    let help = "end the name in `.parquet`, `.csv` or `.ndjson`";
    Err(Failure::usage(Diagnostic::new("unknown-format", message).help(help)))
}

fn not_written(path: &Path, error: std::io::Error) -> Failure {
    Failure::file(path, &error)
}

/// A value as text: numbers and instants as packs write them; none for null.
fn cell(column: &dyn Array, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string_opt::<i32>()?.value(row).to_owned()),
        DataType::Int64 => Some(column.as_primitive_opt::<Int64Type>()?.value(row).to_string()),
        DataType::Decimal128(_, scale) => {
            let units = column.as_primitive_opt::<Decimal128Type>()?.value(row);
            let scale = u32::try_from(*scale).unwrap_or_default();
            Some(Decimal::from_scaled(units, scale).normalized().to_string())
        }
        _ => {
            let micros = column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row);
            let instant = chrono::DateTime::from_timestamp_micros(micros)?;
            Some(tieout_controls::value::instant_text(instant))
        }
    }
}

/// A field of RFC 4180; null is the empty field without quotes.
fn field(cell: Option<String>) -> String {
    match cell {
        None => String::new(),
        Some(text) if text.is_empty() || text.contains(['"', ',', '\n', '\r']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Some(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_the_empty_text_are_two_fields() {
        assert_eq!(field(None), "");
        assert_eq!(field(Some(String::new())), "\"\"");
        assert_eq!(field(Some("a \"b\", c".into())), "\"a \"\"b\"\", c\"");
    }
}
