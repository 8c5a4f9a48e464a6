//! A line of `disclosures/sealed.jsonl`: disclosures of the same persons, sealed under their keys.

use crate::json;
use serde::{Deserialize, Serialize};
use tieout_controls::Count;

/// The format of the lines.
pub(crate) const SEALED_VERSION: &str = "1";

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SealedLine {
    pub(crate) v: String,
    /// What the keys are called in this pack, ascending: it opens with all of them together.
    pub(crate) keys: Vec<String>,
    /// Which lines of `disclosures/records.jsonl` are in it, from 0, ascending.
    pub(crate) records: Vec<Count>,
    /// Which lines of `disclosures/population.jsonl` are in it.
    pub(crate) population: Vec<Count>,
    /// An age file in base64, of these lines, each with its end: first the records', then the population's.
    pub(crate) age: String,
}

impl SealedLine {
    /// Reads a line, which must be laid out as the format says.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let line: Self = json::document(text.as_bytes())?;
        let ascending = |numbers: &[Count]| numbers.is_sorted_by(|a, b| a < b);
        let one_form = line.v == SEALED_VERSION
            && !line.keys.is_empty()
            && line.keys.iter().all(|key| is_name(key))
            && line.keys.is_sorted_by(|a, b| a < b)
            && ascending(&line.records)
            && ascending(&line.population)
            && serde_json::to_string(&line).is_ok_and(|own| own == text);
        if one_form { Ok(line) } else { Err("not laid out as the format says".to_owned()) }
    }
}

/// Whether it may be the name of a key: 32 hexadecimal digits, lower case.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
