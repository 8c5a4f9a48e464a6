//! CSV as RFC 4180 has it, streaming, with what a general reader hides: whether a field stood in
//! quotes (an unquoted empty field is null, a quoted one is the empty string) and the line where a
//! row begins.
//!
//! A row whose quoting is broken is refused alone where its end is certain. A quote that never
//! closes is not: where the rows after it begin is unknown, so the file as a whole is.

use super::cell::{Cell, RawRow, Refusal, Rows};
use super::{Encoding, Reading};
use crate::error::input;
use crate::run::RunError;
use std::io::{self, BufRead, BufReader, Read};

/// A field longer than this is an unclosed quote, not a field.
const MAX_FIELD_BYTES: usize = 16 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A CSV file after its header.
pub(crate) struct CsvRows {
    input: BufReader<Box<dyn Read>>,
    file: String,
    delimiter: u8,
    quote: u8,
    encoding: Encoding,
    /// The line that is being read, from 1.
    line: u64,
    columns: Vec<String>,
}

struct Field {
    bytes: Vec<u8>,
    quoted: bool,
}

enum End {
    Delimiter,
    Line,
    File,
}

/// What stopped the reading of a field.
enum Stop {
    Io(io::Error),
    Row(&'static str),
    Unclosed(u64),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl CsvRows {
    /// Reads the header.
    pub(crate) fn open(
        file: &str,
        bytes: Box<dyn Read>,
        reading: &Reading,
    ) -> Result<Self, RunError> {
        let mut rows = Self {
            input: BufReader::with_capacity(1 << 16, bytes),
            file: file.to_owned(),
            delimiter: ascii("delimiter", reading.delimiter)?,
            quote: ascii("quote", reading.quote)?,
            encoding: reading.encoding,
            line: 1,
            columns: Vec::new(),
        };
        rows.skip_byte_order_mark()?;
        let header = rows.record()?.map(|(_, fields)| fields);
        let Some(header) = header else {
            return Err(input("empty-file", format!("`{file}` is empty: it has no header"), None));
        };
        let fields = header.map_err(|why| {
            input("invalid-header", format!("`{file}`, line 1: {why} in the header"), None)
        })?;
        for field in fields {
            let name = decode(field.bytes, rows.encoding).map_err(|_| {
                input(
                    "invalid-header",
                    format!("`{file}`, line 1: the header is not valid UTF-8"),
                    "if the file is ISO 8859-1, set `encoding: latin-1`".to_owned(),
                )
            })?;
            rows.columns.push(name);
        }
        Ok(rows)
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), RunError> {
        let start = self.input.fill_buf().map_err(|e| super::source::broken(&self.file, &e))?;
        if start.starts_with(BYTE_ORDER_MARK) {
            self.input.consume(BYTE_ORDER_MARK.len());
        } else if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
            let message = format!("`{}` is UTF-16", self.file);
            return Err(input("encoding", message, "save it as UTF-8".to_owned()));
        }
        Ok(())
    }

    /// The next record with the line where it begins: its fields, or why it is refused.
    #[expect(clippy::type_complexity, reason = "read in one place, next to the writer")]
    fn record(&mut self) -> Result<Option<(u64, Result<Vec<Field>, &'static str>)>, RunError> {
        loop {
            if self.peek().map_err(|e| self.broken(&e))?.is_none() {
                return Ok(None);
            }
            let line = self.line;
            let mut fields = Vec::with_capacity(self.columns.len());
            let outcome = loop {
                match self.field() {
                    Ok((field, End::Delimiter)) => fields.push(field),
                    Ok((field, End::Line | End::File)) => {
                        fields.push(field);
                        break Ok(());
                    }
                    Err(Stop::Row(why)) => {
                        self.skip_line().map_err(|e| self.broken(&e))?;
                        break Err(why);
                    }
                    Err(Stop::Io(error)) => return Err(self.broken(&error)),
                    Err(Stop::Unclosed(line)) => return Err(self.unclosed(line)),
                }
            };
            let blank =
                matches!(fields.as_slice(), [only] if only.bytes.is_empty() && !only.quoted);
            // A blank line is no row, unless a row of this file can look like that.
            if outcome.is_ok() && blank && self.columns.len() != 1 {
                continue;
            }
            return Ok(Some((line, outcome.map(|()| fields))));
        }
    }

    fn field(&mut self) -> Result<(Field, End), Stop> {
        if self.peek()? == Some(self.quote) {
            return self.quoted_field();
        }
        let mut bytes = Vec::new();
        loop {
            let Some(byte) = self.take()? else {
                return Ok((Field { bytes, quoted: false }, End::File));
            };
            if byte == self.quote {
                return Err(Stop::Row("a quote inside an unquoted field"));
            }
            if let Some(end) = self.ends(byte)? {
                return Ok((Field { bytes, quoted: false }, end));
            }
            bytes.push(byte);
        }
    }

    fn quoted_field(&mut self) -> Result<(Field, End), Stop> {
        let opened = self.line;
        self.take()?;
        let mut bytes = Vec::new();
        loop {
            let byte = self.take()?.ok_or(Stop::Unclosed(opened))?;
            if byte != self.quote {
                bytes.push(byte);
                if bytes.len() > MAX_FIELD_BYTES {
                    return Err(Stop::Unclosed(opened));
                }
                continue;
            }
            if self.peek()? == Some(self.quote) {
                self.take()?;
                bytes.push(byte);
                continue;
            }
            break;
        }
        let field = Field { bytes, quoted: true };
        let Some(byte) = self.take()? else { return Ok((field, End::File)) };
        match self.ends(byte)? {
            Some(end) => Ok((field, end)),
            None => Err(Stop::Row("text after a closing quote")),
        }
    }

    /// Whether the byte just taken ends a field.
    fn ends(&mut self, byte: u8) -> Result<Option<End>, Stop> {
        if byte == self.delimiter {
            return Ok(Some(End::Delimiter));
        }
        if byte == b'\n' {
            return Ok(Some(End::Line));
        }
        if byte != b'\r' {
            return Ok(None);
        }
        match self.peek()? {
            Some(b'\n') => {
                self.take()?;
                Ok(Some(End::Line))
            }
            None => Ok(Some(End::File)),
            Some(_) => Err(Stop::Row("a carriage return without a line feed")),
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.take()? {
            if byte == b'\n' {
                break;
            }
        }
        Ok(())
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn take(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.input.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    fn broken(&self, error: &io::Error) -> RunError {
        super::source::broken(&self.file, error)
    }

    fn unclosed(&self, line: u64) -> RunError {
        let message = format!("`{}`, line {line}: a quote is opened and never closed", self.file);
        let help = "rows after it can't be told apart; double the quotes inside fields, or set `quote` to the character in use";
        input("unclosed-quote", message, help.to_owned())
    }

    fn cells(&self, fields: Vec<Field>) -> Result<Vec<Cell>, Refusal> {
        if fields.len() != self.columns.len() {
            let reason =
                format!("{} fields where the header has {}", fields.len(), self.columns.len());
            return Err(Refusal::row("wrong-field-count", reason));
        }
        let mut cells = Vec::with_capacity(fields.len());
        for (field, column) in fields.into_iter().zip(&self.columns) {
            let quoted = field.quoted;
            let text = decode(field.bytes, self.encoding).map_err(|_| Refusal {
                column: Some(column.clone()),
                code: "invalid-utf8",
                reason: "not valid UTF-8; `encoding: latin-1` reads ISO 8859-1".to_owned(),
            })?;
            cells.push(Cell::Text { text, quoted });
        }
        Ok(cells)
    }
}

impl Rows for CsvRows {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn next_row(&mut self) -> Result<Option<RawRow>, RunError> {
        let Some((line, fields)) = self.record()? else { return Ok(None) };
        let cells = match fields {
            Ok(fields) => self.cells(fields),
            Err(why) => Err(Refusal::row("invalid-quoting", why)),
        };
        Ok(Some(RawRow { line: Some(line), cells }))
    }
}

fn ascii(setting: &'static str, character: char) -> Result<u8, RunError> {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() && byte != b'\n' && byte != b'\r' => Ok(byte),
        _ => {
            let message = format!("`{setting}` is not one ASCII character");
            Err(input("invalid-setting", message, None))
        }
    }
}

fn decode(bytes: Vec<u8>, encoding: Encoding) -> Result<String, std::string::FromUtf8Error> {
    match encoding {
        Encoding::Utf8 => String::from_utf8(bytes),
        Encoding::Latin1 => Ok(bytes.into_iter().map(char::from).collect()),
    }
}
