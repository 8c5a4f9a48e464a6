//! A JSON document (RFC 8259): an array of objects, or an object whose one member is such an array.
//! Numbers keep their lexeme, as in NDJSON. An element that is no object refuses its row alone; where
//! the text is no JSON, what comes after is unknown, so the file as a whole is refused.

use super::Reading;
use super::cell::Refusal;
use super::document::{self, Collected, DocumentRows};
use super::ndjson::{Cursor, members};
use super::source::Source;
use crate::error::input;
use crate::run::RunError;

const WANTED: &str =
    "a JSON dataset is an array of objects, or an object whose one member is such an array";

/// Reads the document.
pub(super) fn open(file: Source<'_>, reading: &Reading) -> Result<DocumentRows, RunError> {
    let text = document::text(file, reading)?;
    let mut document = Document { cursor: Cursor { rest: &text }, line: 1, file: file.shown };
    let mut rows = Collected::default();
    document.read(&mut rows)?;
    rows.rows(file.shown, WANTED)
}

struct Document<'a> {
    cursor: Cursor<'a>,
    /// The line of what is read next, from 1.
    line: u64,
    file: &'a str,
}

impl<'a> Document<'a> {
    fn read(&mut self, rows: &mut Collected) -> Result<(), RunError> {
        let wrapped = self.passes('{');
        if wrapped {
            self.trim();
            self.advance(Cursor::string).ok_or_else(|| self.malformed())?;
            self.expect(':')?;
        }
        if !self.passes('[') {
            return Err(self.other());
        }
        if !self.passes(']') {
            self.elements(rows)?;
        }
        if wrapped {
            if self.passes(',') {
                self.trim();
                return Err(self.other());
            }
            self.expect('}')?;
        }
        self.trim();
        if self.cursor.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    fn elements(&mut self, rows: &mut Collected) -> Result<(), RunError> {
        loop {
            self.trim();
            let line = self.line;
            let element = self.advance(Cursor::lexeme).ok_or_else(|| self.malformed())?;
            rows.add(line, object(element));
            if self.passes(',') {
                continue;
            }
            return self.expect(']');
        }
    }

    /// Does a step of the cursor and counts the lines that it takes.
    fn advance<T>(&mut self, step: impl FnOnce(&mut Cursor<'a>) -> T) -> T {
        let before = self.cursor.rest;
        let done = step(&mut self.cursor);
        let taken = before.len().saturating_sub(self.cursor.rest.len());
        let lines = before.bytes().take(taken).filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
        done
    }

    fn trim(&mut self) {
        self.advance(Cursor::trim);
    }

    fn passes(&mut self, wanted: char) -> bool {
        self.advance(|cursor| cursor.expect(wanted)).is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), RunError> {
        if self.passes(wanted) { Ok(()) } else { Err(self.malformed()) }
    }

    fn malformed(&self) -> RunError {
        let message = format!("`{}`, line {}: from here on it is not JSON", self.file, self.line);
        let help = "check that the file is complete; a comma, quote or bracket may be missing";
        input("unreadable-file", message, help.to_owned())
    }

    fn other(&self) -> RunError {
        let message = format!("`{}`, line {}: JSON of another shape", self.file, self.line);
        input("unreadable-file", message, WANTED.to_owned())
    }
}

fn object(element: &str) -> document::Members {
    if !element.starts_with('{') {
        return Err(Refusal::row("not-a-json-object", "the element is not a JSON object"));
    }
    members(element)
}
