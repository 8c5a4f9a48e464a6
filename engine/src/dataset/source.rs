//! Opening files: format and compression by the extension.

use super::cell::Rows;
use super::csv::CsvRows;
use super::ndjson::NdjsonRows;
use super::parquet::{self, ParquetRows};
use super::{Format, Reading, SourceFile, json, yaml};
use crate::error::input;
use crate::run::RunError;
use bytes::{Buf, Bytes};
use datafusion::arrow::datatypes::SchemaRef;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A file and where its bytes are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// As messages show it.
    pub(crate) shown: &'a str,
    place: Place<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    Disk(&'a Path),
    Memory(&'a Bytes),
}

impl<'a> Source<'a> {
    /// A file whose bytes are at hand.
    pub(crate) fn memory(shown: &'a str, bytes: &'a Bytes) -> Self {
        Self { shown, place: Place::Memory(bytes) }
    }
}

impl<'a> From<&'a SourceFile> for Source<'a> {
    fn from(file: &'a SourceFile) -> Self {
        Self { shown: &file.shown, place: Place::Disk(&file.path) }
    }
}

/// Opens a file and reads what it says of its columns.
pub(crate) fn open(file: Source<'_>, reading: &Reading) -> Result<Box<dyn Rows>, RunError> {
    Ok(match format(file.shown, reading)? {
        Format::Csv => Box::new(CsvRows::open(file.shown, bytes(file)?, reading)?),
        Format::Ndjson => Box::new(NdjsonRows::open(file, reading)?),
        Format::Json => Box::new(json::open(file, reading)?),
        Format::Yaml => Box::new(yaml::open(file, reading)?),
        Format::Parquet => match file.place {
            Place::Disk(path) => {
                Box::new(ParquetRows::open(file.shown, opened(file.shown, path)?)?)
            }
            Place::Memory(bytes) => Box::new(ParquetRows::open(file.shown, bytes.clone())?),
        },
    })
}

/// The schema of a Parquet file; `None` for one of another format.
pub(crate) fn parquet_schema(
    file: Source<'_>,
    reading: &Reading,
) -> Result<Option<SchemaRef>, RunError> {
    if format(file.shown, reading)? != Format::Parquet {
        return Ok(None);
    }
    match file.place {
        Place::Disk(path) => parquet::schema(file.shown, opened(file.shown, path)?).map(Some),
        Place::Memory(bytes) => parquet::schema(file.shown, bytes.clone()).map(Some),
    }
}

/// The format that is stated, else the extension's.
pub(crate) fn format(shown: &str, reading: &Reading) -> Result<Format, RunError> {
    if let Some(format) = reading.format {
        return Ok(format);
    }
    let name = shown.to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => Ok(Format::Csv),
        Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
        Some("json") => Ok(Format::Json),
        Some("yaml" | "yml") => Ok(Format::Yaml),
        Some("parquet") => Ok(Format::Parquet),
        _ => {
            let message = format!("`{shown}`: the extension doesn't tell the format");
            let help = "set `format` to `csv`, `ndjson`, `json`, `yaml` or `parquet` in the dataset's reading";
            Err(input("unknown-format", message, help.to_owned()))
        }
    }
}

/// The bytes of a text file, decompressed.
pub(crate) fn bytes(file: Source<'_>) -> Result<Box<dyn Read>, RunError> {
    let raw: Box<dyn Read> = match file.place {
        Place::Disk(path) => Box::new(opened(file.shown, path)?),
        Place::Memory(bytes) => Box::new(bytes.clone().reader()),
    };
    let name = file.shown.to_lowercase();
    if name.ends_with(".gz") {
        return Ok(Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::new(raw))));
    }
    if name.ends_with(".zst") {
        let decoder = zstd::stream::read::Decoder::new(raw).map_err(|e| broken(file.shown, &e))?;
        return Ok(Box::new(decoder));
    }
    Ok(raw)
}

fn opened(shown: &str, path: &Path) -> Result<File, RunError> {
    let opened = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => input(
            "file-not-found",
            format!("`{shown}` does not exist"),
            "paths and globs in `files` count from the workspace's folder".to_owned(),
        ),
        _ => RunError::Outside(format!("`{shown}` can't be opened: {error}")),
    })?;
    let folder = opened.metadata().is_ok_and(|about| about.is_dir());
    if folder {
        let help = format!("name its files, such as `{shown}/*.csv`");
        return Err(input("file-not-found", format!("`{shown}` is a folder"), help));
    }
    Ok(opened)
}

/// The words for a file whose bytes stop or don't decompress.
pub(crate) fn broken(shown: &str, error: &io::Error) -> RunError {
    let help = "compare its size and checksum with the source's, and fetch it again".to_owned();
    match error.kind() {
        io::ErrorKind::UnexpectedEof => input(
            "truncated-file",
            format!("`{shown}` is cut short: its last part is missing"),
            help,
        ),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            input("unreadable-file", format!("`{shown}` can't be decompressed: {error}"), help)
        }
        _ => RunError::Outside(format!("`{shown}` can't be read: {error}")),
    }
}
