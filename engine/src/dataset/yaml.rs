//! A YAML 1.2 document: a list of mappings, or a mapping whose one entry is such a list. Numbers keep
//! their lexeme. Of YAML only what a table needs: anchors, aliases, tags and further documents are
//! refused with the file, a nested value with its row.
//!
//! Plain scalars are read by the core schema (YAML 1.2.2, 10.3.2): `no` is a text, `012` is twelve.

use super::Reading;
use super::cell::{Cell, Refusal};
use super::document::{self, Collected, DocumentRows, Members};
use super::source::Source;
use crate::error::input;
use crate::run::RunError;
use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use std::collections::BTreeSet;

const WANTED: &str =
    "a YAML dataset is a list of mappings, or a mapping whose one entry is such a list";
const NESTED: Cell =
    Cell::Unfit("column-type", "a list or mapping where a value belongs; quote it if it is a text");

/// Reads the document.
pub(super) fn open(file: Source<'_>, reading: &Reading) -> Result<DocumentRows, RunError> {
    let text = document::text(file, reading)?;
    let mut document = Document { parser: Parser::new_from_str(&text), file: file.shown };
    let mut rows = Collected::default();
    document.read(&mut rows)?;
    rows.rows(file.shown, WANTED)
}

struct Document<'a> {
    parser: Parser<'a, StrInput<'a>>,
    file: &'a str,
}

/// An event and the line where it begins.
type At<'a> = (Event<'a>, u64);

impl<'a> Document<'a> {
    fn read(&mut self, rows: &mut Collected) -> Result<(), RunError> {
        let mut begun = self.next()?;
        while matches!(begun.0, Event::StreamStart | Event::DocumentStart(..)) {
            begun = self.next()?;
        }
        let wrapped = matches!(begun.0, Event::MappingStart(..));
        if wrapped {
            if !matches!(self.next()?.0, Event::Scalar(..)) {
                return Err(self.other(begun.1));
            }
            begun = self.next()?;
        }
        match begun {
            (Event::SequenceStart(..), _) => self.items(rows)?,
            // Nothing but comments, which the reader of rows has words for.
            (Event::StreamEnd, _) => return Ok(()),
            (_, line) => return Err(self.other(line)),
        }
        if wrapped {
            let (event, line) = self.next()?;
            if event != Event::MappingEnd {
                return Err(self.other(line));
            }
        }
        match (self.next()?, self.next()?) {
            ((Event::DocumentEnd, _), (Event::StreamEnd, _)) => Ok(()),
            (_, (_, line)) => Err(self.refused(line, "a second document", WANTED)),
        }
    }

    fn items(&mut self, rows: &mut Collected) -> Result<(), RunError> {
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(()),
                (Event::MappingStart(..), line) => {
                    let members = self.mapping()?;
                    rows.add(line, members);
                }
                (event, line) => {
                    self.skip(&event)?;
                    let reason = "the item of the list is not a mapping";
                    rows.add(line, Err(Refusal::row("not-a-mapping", reason)));
                }
            }
        }
    }

    /// The entries of a mapping that has begun, to its end.
    fn mapping(&mut self) -> Result<Members, RunError> {
        let (mut members, mut names, mut refusal) = (Vec::new(), BTreeSet::new(), None);
        loop {
            let name = match self.next()? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(name, ..), _) => name.into_owned(),
                (_, line) => return Err(self.refused(line, "a name that is no text", WANTED)),
            };
            let cell = match self.next()?.0 {
                Event::Scalar(text, style, ..) => scalar(text.into_owned(), style),
                event => {
                    self.skip(&event)?;
                    NESTED
                }
            };
            if !names.insert(name.clone()) {
                let reason = "the name stands twice in the mapping";
                refusal = refusal.or(Some(document::twice(name, reason)));
                continue;
            }
            members.push((name, cell));
        }
        Ok(match refusal {
            None => Ok(members),
            Some(refusal) => Err(refusal),
        })
    }

    /// Goes to the end of a list or mapping that has begun.
    fn skip(&mut self, begun: &Event<'_>) -> Result<(), RunError> {
        let mut depth = step(begun);
        while depth > 0 {
            depth += step(&self.next()?.0);
        }
        Ok(())
    }

    fn next(&mut self) -> Result<At<'a>, RunError> {
        let Some(next) = self.parser.next_event() else { return Ok((Event::StreamEnd, 0)) };
        let (event, span) = next.map_err(|error| {
            let line = u64::try_from(error.marker().line()).unwrap_or(u64::MAX);
            self.refused(line, &format!("not YAML: {}", error.info()), "mend it there")
        })?;
        let line = begins(&span);
        if event.is_alias() || event.anchor_id().is_some() {
            return Err(self.refused(line, "an anchor or alias", "write the value out"));
        }
        if event.tag().is_some() {
            return Err(self.refused(line, "a tag", "leave it out; the profile says the type"));
        }
        Ok((event, line))
    }

    fn refused(&self, line: u64, what: &str, help: &str) -> RunError {
        let message = format!("`{}`, line {line}: {what}", self.file);
        input("unreadable-file", message, help.to_owned())
    }

    fn other(&self, line: u64) -> RunError {
        self.refused(line, "YAML of another shape", WANTED)
    }
}

fn begins(span: &Span) -> u64 {
    u64::try_from(span.start.line()).unwrap_or(u64::MAX)
}

fn step(event: &Event<'_>) -> i32 {
    match event {
        Event::SequenceStart(..) | Event::MappingStart(..) => 1,
        Event::SequenceEnd | Event::MappingEnd => -1,
        _ => 0,
    }
}

/// A scalar as the core schema has it, undecided where that would cost digits.
fn scalar(text: String, style: ScalarStyle) -> Cell {
    if style != ScalarStyle::Plain {
        return Cell::Text { text, quoted: true };
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Cell::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Cell::Lexeme(text),
        plain if is_number(plain) => Cell::Lexeme(text),
        _ => Cell::Text { text, quoted: false },
    }
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_number(text: &str) -> bool {
    let unsigned = |text: &'_ str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (text, None),
    };
    let mantissa = unsigned(mantissa);
    let (before, behind) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
    let some = !before.is_empty() || !behind.is_empty();
    let exponent = exponent.is_none_or(|exponent| !exponent.is_empty() && digits(&exponent));
    some && digits(before) && digits(behind) && exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_those_of_the_core_schema() {
        let plain = |text: &str| scalar(text.to_owned(), ScalarStyle::Plain);
        for number in ["0", "-1", "+1.50", ".5", "5.", "1e3", "1.25E-7", "012"] {
            assert_eq!(plain(number), Cell::Lexeme(number.to_owned()), "{number}");
        }
        for text in
            ["no", "Yes", ".", "e3", "1e", "-", "1_000", "0x1F", ".nan", "2025-01-01", "1,5"]
        {
            let text = text.to_owned();
            assert_eq!(plain(&text), Cell::Text { text, quoted: false });
        }
        assert_eq!(plain("~"), Cell::Null);
        let quoted = scalar("null".to_owned(), ScalarStyle::SingleQuoted);
        assert_eq!(quoted, Cell::Text { text: "null".to_owned(), quoted: true });
    }
}
