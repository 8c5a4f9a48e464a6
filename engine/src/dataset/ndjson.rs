//! One JSON object (RFC 8259) a line. Numbers keep their lexeme: they never pass through binary
//! floating point. A key that stands twice in an object refuses the row.
//!
//! A JSON file has no header: its columns are the keys of all its objects, found by reading it
//! once before the rows are read.

use super::cell::{Cell, RawRow, Refusal, Rows};
use super::source::{self, Source};
use super::{Encoding, Reading};
use crate::error::input;
use crate::run::RunError;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// An NDJSON file after its keys were found.
pub(crate) struct NdjsonRows {
    lines: Lines,
    columns: Vec<String>,
    index: BTreeMap<String, usize>,
}

struct Lines {
    input: BufReader<Box<dyn Read>>,
    file: String,
    encoding: Encoding,
    line: u64,
}

impl NdjsonRows {
    /// Finds the keys, in the order of their first appearance.
    pub(crate) fn open(file: Source<'_>, reading: &Reading) -> Result<Self, RunError> {
        let mut rows = Self {
            lines: Lines::open(file, reading)?,
            columns: Vec::new(),
            index: BTreeMap::new(),
        };
        let mut scan = Lines::open(file, reading)?;
        while let Some((_, text)) = scan.next()? {
            let Ok(members) = text.and_then(|text| members(&text)) else { continue };
            for (key, _) in members {
                if !rows.index.contains_key(&key) {
                    rows.index.insert(key.clone(), rows.columns.len());
                    rows.columns.push(key);
                }
            }
        }
        if rows.columns.is_empty() {
            let message = format!("`{}` holds no JSON object", file.shown);
            let help =
                "NDJSON is one JSON object a line; for an array of objects set `format: json`";
            return Err(input("empty-file", message, help.to_owned()));
        }
        Ok(rows)
    }
}

impl Rows for NdjsonRows {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<RawRow>, RunError> {
        let Some((line, text)) = self.lines.next()? else { return Ok(None) };
        let cells = text.and_then(|text| members(&text)).map(|members| {
            let mut cells = vec![Cell::Null; self.columns.len()];
            for (key, value) in members {
                let at = self.index.get(&key).and_then(|at| cells.get_mut(*at));
                if let Some(cell) = at {
                    *cell = value;
                }
            }
            cells
        });
        Ok(Some(RawRow { line: Some(line), cells }))
    }
}

impl Lines {
    fn open(file: Source<'_>, reading: &Reading) -> Result<Self, RunError> {
        let input = BufReader::with_capacity(1 << 16, source::bytes(file)?);
        Ok(Self { input, file: file.shown.to_owned(), encoding: reading.encoding, line: 0 })
    }

    /// The next line that isn't blank, with its number.
    #[expect(clippy::type_complexity, reason = "read in one place, next to the writer")]
    fn next(&mut self) -> Result<Option<(u64, Result<String, Refusal>)>, RunError> {
        loop {
            let mut bytes = Vec::new();
            let read = self.input.read_until(b'\n', &mut bytes);
            if read.map_err(|e| source::broken(&self.file, &e))? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let text = match self.encoding {
                Encoding::Latin1 => Ok(bytes.into_iter().map(char::from).collect()),
                Encoding::Utf8 => String::from_utf8(bytes)
                    .map_err(|_| Refusal::row("invalid-utf8", "the line is not valid UTF-8")),
            };
            let text = text.map(|text| match text.strip_prefix(BYTE_ORDER_MARK) {
                Some(rest) if self.line == 1 => rest.to_owned(),
                _ => text,
            });
            return Ok(Some((self.line, text)));
        }
    }
}

/// The members of the object in a line.
pub(super) fn members(text: &str) -> Result<Vec<(String, Cell)>, Refusal> {
    let malformed = || Refusal::row("not-a-json-object", "the line is not one JSON object");
    let mut cursor = Cursor { rest: text };
    let mut members: Vec<(String, Cell)> = Vec::new();
    let mut keys = std::collections::BTreeSet::new();
    cursor.expect('{').ok_or_else(malformed)?;
    if cursor.expect('}').is_some() {
        return if cursor.at_end() { Ok(members) } else { Err(malformed()) };
    }
    loop {
        let key = cursor.string().ok_or_else(malformed)?;
        cursor.expect(':').ok_or_else(malformed)?;
        let cell = cursor.value().ok_or_else(malformed)?;
        if !keys.insert(key.clone()) {
            return Err(Refusal {
                column: Some(key),
                code: "duplicate-key",
                reason: "the key stands twice in the object".to_owned(),
            });
        }
        members.push((key, cell));
        if cursor.expect(',').is_some() {
            continue;
        }
        cursor.expect('}').ok_or_else(malformed)?;
        return if cursor.at_end() { Ok(members) } else { Err(malformed()) };
    }
}

/// Walks the text of an object; each value is checked by `serde_json` and kept as written.
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn trim(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    pub(super) fn expect(&mut self, wanted: char) -> Option<()> {
        self.trim();
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.trim();
        self.rest.is_empty()
    }

    /// The next JSON value as it is written.
    pub(super) fn lexeme(&mut self) -> Option<&'a str> {
        self.trim();
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let (lexeme, rest) = self.rest.split_at_checked(values.byte_offset())?;
        self.rest = rest;
        Some(lexeme)
    }

    pub(super) fn string(&mut self) -> Option<String> {
        let lexeme = self.lexeme()?;
        if !lexeme.starts_with('"') {
            return None;
        }
        serde_json::from_str(lexeme).ok()
    }

    fn value(&mut self) -> Option<Cell> {
        let lexeme = self.lexeme()?;
        Some(match lexeme.as_bytes().first()? {
            b'n' => Cell::Null,
            b'"' => Cell::Text { text: serde_json::from_str(lexeme).ok()?, quoted: true },
            _ => Cell::Lexeme(lexeme.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        members(text).unwrap_err().code
    }

    #[test]
    fn numbers_keep_their_lexeme() {
        let text =
            r#" {"a": 1.10, "b":12345678901234567890.1E-3 ,"c":"x\"y", "d":null,"e":{"k": [1]}} "#;
        let cells: Vec<_> = members(text).unwrap().into_iter().map(|(_, cell)| cell).collect();
        assert_eq!(
            cells,
            [
                Cell::Lexeme("1.10".into()),
                Cell::Lexeme("12345678901234567890.1E-3".into()),
                Cell::Text { text: "x\"y".into(), quoted: true },
                Cell::Null,
                Cell::Lexeme(r#"{"k": [1]}"#.into()),
            ]
        );
        assert!(members("{}").unwrap().is_empty());
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for text in
            ["[1]", "{\"a\":1", "{\"a\" 1}", "{\"a\":1}{", "{\"a\":01}", "{a:1}", "{\"a\":1,}", "1"]
        {
            assert_eq!(code(text), "not-a-json-object", "{text}");
        }
        assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "duplicate-key");
    }
}
