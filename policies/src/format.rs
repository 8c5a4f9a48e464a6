//! The canonical layout of Rego sources.
//!
//! Lines stay where the author broke them, for a line break can end a statement. What is set is the
//! rest: tabs by depth, one space between words and around operators, none inside brackets, no more
//! than one empty line, a line break at the end. Comments stay. The tokens are the same after as
//! before, so that no layout can change what a rule means.

use crate::compile::Diagnostic;
use crate::rego::{self, Kind, Token};

/// A source in the canonical layout. Whole Rego is taken, so that test files can be laid out too.
///
/// # Errors
/// What is no token.
pub fn format(path: &str, source: &str) -> Result<String, Vec<Diagnostic>> {
    let tokens = rego::lexed(path, source)?;
    let mut printer = Printer::default();
    let mut end = 0;
    for (position, token) in tokens.iter().enumerate() {
        let gap = source.get(end..token.start).unwrap_or_default();
        let rest = tokens.get(position..).unwrap_or_default();
        let before = position.checked_sub(1).and_then(|p| tokens.get(p));
        let earlier = position.checked_sub(2).and_then(|p| tokens.get(p));
        printer.gap(gap, before.is_none(), token.kind == Kind::End);
        if token.kind == Kind::End {
            break;
        }
        if token.new_line || before.is_none() {
            printer.new_line(rest, before);
        } else if before.is_some_and(|before| spaced(earlier, before, token)) {
            printer.text.push(' ');
        }
        printer.token(token, source.get(token.start..token.end).unwrap_or_default());
        end = token.end;
    }
    printer.text.push('\n');
    Ok(printer.text)
}

#[derive(Default)]
struct Printer {
    text: String,
    /// For each open bracket, the indentation of the line that opened it.
    open: Vec<usize>,
    indent: usize,
    /// Whether an empty line stands before what comes next.
    apart: bool,
}

impl Printer {
    /// What stands between two tokens: comments and empty lines.
    fn gap(&mut self, gap: &str, first: bool, last: bool) {
        let mut lines: Vec<&str> = gap.split('\n').map(str::trim).collect();
        if !last {
            lines.pop();
        }
        let mut lines = lines.into_iter();
        if !first && let Some(trailing) = lines.next().filter(|line| !line.is_empty()) {
            self.text.push(' ');
            self.text.push_str(trailing);
        }
        for line in lines {
            if line.is_empty() {
                self.apart = true;
            } else {
                self.start(self.open.last().map_or(0, |outer| outer.saturating_add(1)));
                self.text.push_str(line);
            }
        }
    }

    /// A new line of that indentation.
    fn start(&mut self, indent: usize) {
        if !self.text.is_empty() {
            self.text.push('\n');
            if self.apart {
                self.text.push('\n');
            }
        }
        self.apart = false;
        self.text.push_str(&"\t".repeat(indent));
    }

    /// A line that begins with these tokens.
    fn new_line(&mut self, tokens: &[Token], before: Option<&Token>) {
        let closing = tokens
            .iter()
            .enumerate()
            .take_while(|(position, token)| closes(token) && (*position == 0 || !token.new_line));
        let closing = closing.count();
        let inner = self.open.len().checked_sub(closing);
        let opened_by = inner.filter(|_| closing > 0).and_then(|at| self.open.get(at));
        self.indent = match opened_by {
            Some(indent) => *indent,
            None => {
                let depth = self.open.last().map_or(0, |outer| outer.saturating_add(1));
                let goes_on = tokens.first().is_some_and(|first| continues(before, first));
                depth.saturating_add(usize::from(goes_on))
            }
        };
        self.start(self.indent);
    }

    fn token(&mut self, token: &Token, lexeme: &str) {
        self.text.push_str(lexeme);
        if opens(token) {
            self.open.push(self.indent);
        } else if closes(token) {
            self.open.pop();
        }
    }
}

fn symbol(token: &Token) -> &str {
    match token.kind {
        Kind::Symbol(symbol) => symbol,
        _ => "",
    }
}

fn opens(token: &Token) -> bool {
    matches!(symbol(token), "(" | "[" | "{")
}

fn closes(token: &Token) -> bool {
    matches!(symbol(token), ")" | "]" | "}")
}

fn is_operator(token: &Token) -> bool {
    matches!(
        symbol(token),
        ":=" | "=="
            | "!="
            | "<="
            | ">="
            | "<"
            | ">"
            | "="
            | "+"
            | "-"
            | "*"
            | "/"
            | "%"
            | "&"
            | "|"
    )
}

fn is_word(token: &Token, words: &[&str]) -> bool {
    matches!(&token.kind, Kind::Word(word) if words.contains(&word.as_str()))
}

/// Whether a line goes on with the statement of the line before.
fn continues(before: Option<&Token>, first: &Token) -> bool {
    let binary = is_operator(first) && symbol(first) != "-";
    before.is_some_and(is_operator) || binary || is_word(first, &["with"])
}

/// Whether a space stands between two tokens of a line.
fn spaced(earlier: Option<&Token>, before: &Token, token: &Token) -> bool {
    match (symbol(before), symbol(token)) {
        // What follows without a space belongs to what it follows: calls, keys, fields.
        (_, "(" | "[" | ".") | ("." | "{", _) | (_, "}") => !token.glued,
        ("(" | "[", _) | (_, ")" | "]" | "," | ";" | ":") => false,
        ("-", _) => !is_sign(earlier, before),
        ("!", _) => !token.glued,
        _ => true,
    }
}

/// Whether a minus is the sign of what follows it.
fn is_sign(earlier: Option<&Token>, minus: &Token) -> bool {
    let Some(earlier) = earlier.filter(|_| !minus.new_line) else { return true };
    opens(earlier)
        || is_operator(earlier)
        || matches!(symbol(earlier), "," | ";" | ":")
        || is_word(earlier, &["as", "contains", "else", "if", "in", "not", "some"])
}
