//! Opening files: format and compression by the extension.

use super::cell::Rows;
use super::csv::CsvRows;
use super::ndjson::NdjsonRows;
use super::parquet::ParquetRows;
use super::{Format, Reading, SourceFile};
use crate::error::input;
use crate::run::RunError;
use std::fs::File;
use std::io::{self, Read};

/// Opens a file and reads what it says of its columns.
pub(crate) fn open(file: &SourceFile, reading: &Reading) -> Result<Box<dyn Rows>, RunError> {
    Ok(match format(file, reading)? {
        Format::Csv => Box::new(CsvRows::open(&file.shown, bytes(file)?, reading)?),
        Format::Ndjson => Box::new(NdjsonRows::open(file, reading)?),
        Format::Parquet => Box::new(ParquetRows::open(&file.shown, opened(file)?)?),
    })
}

/// The format that is stated, else the extension's.
pub(crate) fn format(file: &SourceFile, reading: &Reading) -> Result<Format, RunError> {
    if let Some(format) = reading.format {
        return Ok(format);
    }
    let name = file.shown.to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => Ok(Format::Csv),
        Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
        Some("parquet") => Ok(Format::Parquet),
        _ => {
            let message = format!("`{}`: the extension doesn't tell the format", file.shown);
            let help = "set `format` to `csv`, `ndjson` or `parquet` in the dataset's reading";
            Err(input("unknown-format", message, help.to_owned()))
        }
    }
}

/// The bytes of a text file, decompressed.
pub(crate) fn bytes(file: &SourceFile) -> Result<Box<dyn Read>, RunError> {
    let raw = opened(file)?;
    let name = file.shown.to_lowercase();
    if name.ends_with(".gz") {
        return Ok(Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::new(raw))));
    }
    if name.ends_with(".zst") {
        let decoder = zstd::stream::read::Decoder::new(raw).map_err(|e| broken(&file.shown, &e))?;
        return Ok(Box::new(decoder));
    }
    Ok(Box::new(raw))
}

pub(crate) fn opened(file: &SourceFile) -> Result<File, RunError> {
    let shown = &file.shown;
    let opened = File::open(&file.path).map_err(|error| match error.kind() {
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
