//! Reading datasets: step 1 of the path.
//!
//! A dataset is files under a schema profile. Each row is typed by the profile or refused with its
//! file, line, column and reason; a value is never mended. What can't be told apart row by row (a
//! missing column, a file that is cut short) is an error of the whole run.

mod batch;
mod cell;
mod columns;
mod csv;
mod document;
mod encode;
pub(crate) mod instant;
mod json;
mod measure;
mod memory;
mod ndjson;
mod number;
pub(crate) mod parquet;
mod read;
mod refused;
mod rows;
mod settings;
pub(crate) mod source;
mod stream;
mod typing;
mod yaml;

pub use self::read::{Loaded, read};
pub use self::stream::{Streamed, stream};

pub(crate) use self::cell::{Cell, Refusal, Rows};
pub(crate) use self::columns::{CLASS, CURRENCY, FILE, PERSONAL, ROW};
pub(crate) use self::memory::{Accepted, each_row};
pub(crate) use self::number::{Exact, Sum};
pub(crate) use self::read::read_keeping;
pub(crate) use self::stream::stream_columns;
pub(crate) use self::typing::Typed;

use std::collections::BTreeMap;
use std::path::PathBuf;
use tieout_controls::SchemaProfile;
use tieout_controls::dataset::Expectation;

/// A date in the one form that files and settings have: `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<chrono::NaiveDate> {
    instant::date(text).ok()
}

/// A dataset to read.
#[derive(Debug, Clone)]
pub struct DatasetSpec {
    /// Its name in the workspace.
    pub name: String,
    /// Its schema profile.
    pub profile: &'static SchemaProfile,
    /// The files, in the order of their numbers.
    pub files: Vec<SourceFile>,
    /// How they are read.
    pub reading: Reading,
    /// What someone else says that it holds.
    pub expected: Option<Expectation>,
}

/// A file of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// As the workspace names it: what messages and results show.
    pub shown: String,
    /// Where it is.
    pub path: PathBuf,
}

/// File formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180, plain, gzip or zstd.
    Csv,
    /// One JSON object a line, plain, gzip or zstd.
    Ndjson,
    /// An array of JSON objects, or an object whose one member is such an array; read whole.
    Json,
    /// A YAML 1.2 list of mappings, or a mapping whose one entry is such a list; read whole.
    Yaml,
    /// Apache Parquet.
    Parquet,
}

/// How files are read; nothing here is ever guessed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reading {
    /// The format; by the file's extension where not stated (`.csv`, `.ndjson`, `.jsonl`,
    /// `.json`, `.yaml`, `.yml`, `.parquet`, each text format also with `.gz` or `.zst`).
    pub format: Option<Format>,
    /// The CSV delimiter, one ASCII character.
    pub delimiter: char,
    /// The CSV quote, one ASCII character.
    pub quote: char,
    /// `utf-8` or `latin-1`.
    pub encoding: Encoding,
    /// Whether amounts have a comma for the point.
    pub decimal_comma: bool,
    /// Texts that mean null, beside the unquoted empty field; compared with unquoted fields, and
    /// with quoted ones where `quoted_nulls`.
    pub nulls: Vec<String>,
    /// Whether a quoted field can be a null marker too.
    pub quoted_nulls: bool,
    /// The zone of timestamps without an offset, such as `UTC` or `Europe/Berlin`; they are
    /// refused without it.
    pub zone: Option<String>,
    /// Column of the file → column of the profile.
    pub rename: BTreeMap<String, String>,
    /// Columns of the file to leave out.
    pub ignore: Vec<String>,
    /// Amount column → the number of digits behind the point that the publisher writes.
    pub scale: BTreeMap<String, u32>,
    /// Amount columns to widen to Decimal256(76, 38).
    pub widen: Vec<String>,
    /// How a Parquet DOUBLE in an amount column is read; refused without it.
    pub float: Option<FloatRule>,
}

/// Character encodings of text files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
}

/// Rules for binary floating point numbers in amount columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FloatRule {
    /// The shortest decimal that reads back as the same number.
    Shortest,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            format: None,
            delimiter: ',',
            quote: '"',
            encoding: Encoding::Utf8,
            decimal_comma: false,
            nulls: Vec::new(),
            quoted_nulls: false,
            zone: None,
            rename: BTreeMap::new(),
            ignore: Vec::new(),
            scale: BTreeMap::new(),
            widen: Vec::new(),
            float: None,
        }
    }
}
