//! What a query can't be honoured for, and how it is shown.

use unicode_width::UnicodeWidthChar;

/// A query that can't be honoured: never an empty answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// Where it begins, in bytes of the query.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What to write instead, where known.
    pub help: Option<String>,
}

/// A range of bytes of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn error(self, message: impl Into<String>) -> QueryError {
        let message = message.into();
        QueryError { message, start: self.start, end: self.end, help: None }
    }
}

impl QueryError {
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The columns shown on either side of what is wrong.
const MARGIN: usize = 60;
/// The most carets.
const MAX_CARETS: usize = 80;

impl QueryError {
    /// The query with a caret under what is wrong, for a terminal: two lines, the second of
    /// carets under the columns of the span. A query of several lines shows the line at fault, a
    /// long one the part around it; control characters are shown as `�`.
    ///
    /// ```
    /// let query = "größe:(a OR b)";
    /// let error = tieout_search::query::parse(query).unwrap_err();
    /// assert_eq!(error.render(query), "größe:(a OR b)\n^^^^^");
    /// ```
    pub fn render(&self, query: &str) -> String {
        let start = floor(query, self.start);
        let end = floor(query, self.end.max(start));
        let before = query.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = query.get(line_start..).unwrap_or_default();
        let line_len = rest.find('\n').unwrap_or(rest.len());
        let line = rest.get(..line_len).unwrap_or_default();
        let from = start.saturating_sub(line_start).min(line.len());
        let to = end.saturating_sub(line_start).clamp(from, line.len());
        let (left, rest) = line.split_at(from);
        let (marked, right) = rest.split_at(to.saturating_sub(from));

        let marked = shown(marked);
        let carets = width(&marked).clamp(1, MAX_CARETS);
        let left = tail(&shown(left), MARGIN);
        let right = format!("{marked}{}", shown(right));
        let right = head(&right, carets.saturating_add(MARGIN));
        format!("{left}{right}\n{}{}", " ".repeat(width(&left)), "^".repeat(carets))
    }
}

/// The last character boundary that is not behind `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

/// The text without control characters, and without those that turn the direction of writing:
/// neither can be shown in one place.
pub(crate) fn shown(text: &str) -> String {
    let turning = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turning(c) { '\u{fffd}' } else { c }).collect()
}

/// The user's words for a message: in backticks, without control characters, shortened.
pub(crate) fn quoted(text: &str) -> String {
    let mut short: String = shown(text).chars().take(60).collect();
    if text.chars().count() > 60 {
        short.push('…');
    }
    format!("`{short}`")
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

fn head(text: &str, columns: usize) -> String {
    let mut used = 0_usize;
    let fits = |c: &char| {
        used = used.saturating_add(c.width().unwrap_or(0));
        used <= columns
    };
    let kept: String = text.chars().take_while(fits).collect();
    if kept.len() == text.len() { kept } else { format!("{kept}…") }
}

fn tail(text: &str, columns: usize) -> String {
    let mut used = 0_usize;
    let fits = |c: &char| {
        used = used.saturating_add(c.width().unwrap_or(0));
        used <= columns
    };
    let mut kept: Vec<char> = text.chars().rev().take_while(fits).collect();
    kept.reverse();
    let kept: String = kept.into_iter().collect();
    if kept.len() == text.len() { kept } else { format!("…{kept}") }
}
