//! From text to tokens, with the `# METADATA` blocks kept.

use super::ast::{MetadataBlock, Span};
use super::report::Report;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Whether a line break stands between it and the token before.
    pub(crate) new_line: bool,
    /// Whether it follows the token before without any space.
    pub(crate) glued: bool,
    /// Its first byte in the source.
    pub(crate) start: usize,
    /// The byte after its last one.
    pub(crate) end: usize,
}

/// The kinds of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word(String),
    /// The lexeme of a number.
    Number(String),
    /// A string's value, escapes resolved.
    String(String),
    /// An operator or bracket.
    Symbol(&'static str),
    End,
}

/// All tokens of a source, [`Kind::End`] last, and its metadata blocks.
pub(crate) fn lex(source: &str, report: &mut Report) -> (Vec<Token>, Vec<MetadataBlock>) {
    let mut lexer = Lexer { rest: source, line: 1, column: 1, report, metadata: Vec::new() };
    let mut tokens = Vec::new();
    let mut open_block = None;
    loop {
        let (line, offset) = (lexer.line, lexer.rest.len());
        lexer.skip_space(&mut open_block);
        let new_line = lexer.line != line || tokens.is_empty();
        let glued = lexer.rest.len() == offset;
        let (line, column) = (lexer.line, lexer.column);
        let start = source.len().saturating_sub(lexer.rest.len());
        let Some(kind) = lexer.token() else { continue };
        let end = source.len().saturating_sub(lexer.rest.len());
        let length =
            if lexer.line == line { lexer.column.saturating_sub(column).max(1) } else { 1 };
        let done = kind == Kind::End;
        let span = Span { line, column, length };
        tokens.push(Token { kind, span, new_line, glued, start, end });
        if done {
            lexer.close(&mut open_block);
            return (tokens, lexer.metadata);
        }
    }
}

struct Lexer<'a, 'r> {
    rest: &'a str,
    line: u32,
    column: u32,
    report: &'r mut Report,
    metadata: Vec<MetadataBlock>,
}

impl<'a> Lexer<'a, '_> {
    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let (taken, _) = self.rest.split_at(end);
        for _ in taken.chars() {
            self.bump();
        }
        taken
    }

    /// Skips spaces and comments. A comment `# METADATA` opens a block, which the following
    /// comments continue until a line that isn't one.
    fn skip_space(&mut self, block: &mut Option<MetadataBlock>) {
        let mut breaks = 0_u32;
        loop {
            match self.rest.chars().next() {
                Some('\n') => {
                    breaks = breaks.saturating_add(1);
                    self.bump();
                }
                Some(c) if c.is_whitespace() => {
                    self.bump();
                }
                Some('#') => {
                    if breaks > 1 {
                        self.close(block);
                    }
                    breaks = 0;
                    self.comment(block);
                }
                _ => break,
            }
        }
        if self.rest.is_empty() || breaks > 0 {
            self.close(block);
        }
    }

    fn comment(&mut self, block: &mut Option<MetadataBlock>) {
        let line = self.line;
        let text = self.take_while(|c| c != '\n').trim_end();
        let text = text.strip_prefix('#').unwrap_or(text);
        if text.trim() == "METADATA" {
            self.close(block);
            *block = Some(MetadataBlock { line, yaml: String::new() });
        } else if let Some(block) = block {
            block.yaml.push_str(text.strip_prefix(' ').unwrap_or(text));
            block.yaml.push('\n');
        }
    }

    fn close(&mut self, block: &mut Option<MetadataBlock>) {
        self.metadata.extend(block.take());
    }

    /// The next token; `None` after something that is no token and was reported.
    fn token(&mut self) -> Option<Kind> {
        let Some(first) = self.rest.chars().next() else { return Some(Kind::End) };
        if first.is_ascii_alphabetic() || first == '_' {
            let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Some(Kind::Word(word.to_owned()));
        }
        if first.is_ascii_digit() {
            return Some(Kind::Number(self.number()));
        }
        match first {
            '"' => return self.string(),
            '`' => return self.raw_string(),
            _ => {}
        }
        for symbol in SYMBOLS {
            if self.rest.starts_with(symbol) {
                symbol.chars().for_each(|_| {
                    self.bump();
                });
                return Some(Kind::Symbol(symbol));
            }
        }
        let span = self.here();
        self.bump();
        let shown =
            if first.is_control() { first.escape_unicode().to_string() } else { first.into() };
        self.report.add("rego-syntax", span, format!("unexpected character `{shown}`"), None);
        None
    }

    /// Digits, a fraction and an exponent; whatever letters follow, so that `1x` is one wrong
    /// number instead of two tokens.
    fn number(&mut self) -> String {
        let mut text = self.take_while(|c| c.is_ascii_digit()).to_owned();
        let after_point = self.rest.strip_prefix('.').and_then(|r| r.chars().next());
        if after_point.is_some_and(|c| c.is_ascii_digit()) {
            text.extend(self.bump());
            text.push_str(self.take_while(|c| c.is_ascii_digit()));
        }
        if self.rest.starts_with(['e', 'E']) {
            text.extend(self.bump());
            if self.rest.starts_with(['+', '-']) {
                text.extend(self.bump());
            }
        }
        text.push_str(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'));
        text
    }

    fn string(&mut self) -> Option<Kind> {
        let start = self.here();
        self.bump();
        let mut value = String::new();
        loop {
            let span = self.here();
            match self.bump() {
                Some('"') => return Some(Kind::String(value)),
                Some('\\') => match self.escape() {
                    Some(c) => value.push(c),
                    None => {
                        let help = r#"write one of \" \\ \/ \b \f \n \r \t \uXXXX, or a raw string in backticks"#;
                        self.report.add("rego-syntax", span, "unknown escape", Some(help.into()));
                    }
                },
                Some('\n') | None => {
                    self.report.add("rego-syntax", start, "the string has no closing quote", None);
                    return None;
                }
                Some(c) => value.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.bump()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.four_hex()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high);
                }
                if self.bump()? != '\\' || self.bump()? != 'u' {
                    return None;
                }
                let low = self.four_hex()?.checked_sub(0xdc00).filter(|l| *l < 0x400)?;
                return char::from_u32(0x10000 + ((high - 0xd800) << 10) + low);
            }
            _ => return None,
        })
    }

    fn four_hex(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |value, _| Some(value << 4 | self.bump()?.to_digit(16)?))
    }

    fn raw_string(&mut self) -> Option<Kind> {
        let start = self.here();
        self.bump();
        let value = self.take_while(|c| c != '`').to_owned();
        if self.bump().is_none() {
            let message = "the raw string has no closing backtick";
            self.report.add("rego-syntax", start, message, None);
            return None;
        }
        Some(Kind::String(value))
    }

    fn here(&self) -> Span {
        Span { line: self.line, column: self.column, length: 1 }
    }
}

/// Longer ones first.
const SYMBOLS: [&str; 26] = [
    ":=", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "&", "|", "(", ")", "[",
    "]", "{", "}", ",", ";", ":", ".", "!",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Kind> {
        let mut report = Report::new("t.rego");
        let (tokens, _) = lex(source, &mut report);
        assert!(report.is_empty());
        tokens.into_iter().map(|t| t.kind).collect()
    }

    #[test]
    fn numbers_keep_their_lexeme() {
        let source = "1.10 1e-7 12345678901234567890123.5 1x";
        let texts: Vec<_> = ["1.10", "1e-7", "12345678901234567890123.5", "1x"]
            .into_iter()
            .map(|n| Kind::Number(n.into()))
            .chain([Kind::End])
            .collect();
        assert_eq!(kinds(source), texts);
    }

    #[test]
    fn strings_resolve_their_escapes() {
        assert_eq!(kinds(r#""a\"\u00e9\ud83d\ude00\n""#)[0], Kind::String("a\"é😀\n".into()));
        assert_eq!(kinds(r"`^\d+$`")[0], Kind::String(r"^\d+$".into()));
    }

    #[test]
    fn columns_count_characters() {
        let mut report = Report::new("t.rego");
        let (tokens, _) = lex("\"é\" x\n  y", &mut report);
        let spans: Vec<_> =
            tokens.iter().map(|t| (t.span.line, t.span.column, t.span.length)).collect();
        assert_eq!(spans, [(1, 1, 3), (1, 5, 1), (2, 3, 1), (2, 4, 1)]);
    }

    #[test]
    fn metadata_is_the_comment_block_that_follows_the_word() {
        let mut report = Report::new("t.rego");
        let source = "# hello\n# METADATA\n# title: A\n# custom:\n#   x: 1\npackage a\n# b\nx := 1";
        let (_, metadata) = lex(source, &mut report);
        assert_eq!(metadata.len(), 1);
        assert_eq!(
            (metadata[0].line, metadata[0].yaml.as_str()),
            (2, "title: A\ncustom:\n  x: 1\n")
        );
    }
}
