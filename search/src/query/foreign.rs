//! The syntax of other search languages, which this one has not: each is refused in words that say
//! what to write instead.

use super::error::{QueryError, Span, quoted};

/// Refuses words that look like syntax of other query languages, and words without a letter or
/// digit.
pub(super) fn check_word(word: &str, span: Span) -> Result<(), QueryError> {
    if let Some(excluded) = word.strip_prefix('-') {
        return Err(Span { start: span.start, end: span.start + 1 }
            .error("a leading `-` does not exclude")
            .with_help(format!("write NOT {excluded}, or \"{word}\" for the text")));
    }
    if word.starts_with('/') {
        return Err(span
            .error("regular expressions can't be searched for")
            .with_help(format!("write \"{word}\" for the text")));
    }
    if let Some((before, after)) = word.split_once('/') {
        let operator = ["near", "pre", "w"].contains(&before.to_ascii_lowercase().as_str());
        if operator && !after.is_empty() && after.bytes().all(|b| b.is_ascii_digit()) {
            return Err(span
                .error(format!("{} is a proximity operator, and there is none", quoted(word)))
                .with_help("use AND, or a phrase in quotation marks"));
        }
    }
    if !word.chars().any(char::is_alphanumeric) {
        return Err(span
            .error(format!("there is no letter or digit to search for in {}", quoted(word)))
            .with_help(format!("write \"{word}\" for values that are exactly this")));
    }
    Ok(())
}

/// The error for a character that begins nothing, by what it means elsewhere.
pub(super) fn unknown(c: char, span: Span) -> QueryError {
    let literally = "put the text in quotation marks if it is meant as it stands";
    match c {
        '*' | '?' => span
            .error(format!("`{c}` is a wildcard, and wildcards can't be searched for"))
            .with_help(format!("write whole words; {literally}")),
        '~' => span
            .error("`~` asks for similar or near words, and there is no such search")
            .with_help("write each spelling, joined by OR"),
        '^' => span
            .error("`^` weighs a term, and hits are not ranked")
            .with_help("hits come in the order of the log"),
        '+' => span
            .error("a `+` is not needed: all terms must be found")
            .with_help("leave it out, or join alternatives by OR"),
        '!' => span.error("`!` does not exclude").with_help("write NOT"),
        '&' => span.error("`&` is not an operator").with_help("write AND"),
        '|' => span.error("`|` is not an operator").with_help("write OR"),
        '{' | '}' => span
            .error(format!("`{c}` is not a bracket of a range"))
            .with_help("write [low..high], or > and < for ends that don't belong to it"),
        '[' | ']' => span
            .error(format!("`{c}` stands only behind a name"))
            .with_help("write amount:[1..2] or date:[2025-01-01..2025-03-31]"),
        '<' | '>' | '=' => {
            span.error(format!("`{c}` has no name on its left")).with_help("write amount>=100")
        }
        ':' => span
            .error("`:` has no name on its left")
            .with_help("write control:FOC-R03, without a space before the colon"),
        c if is_typographic_quote(c) => {
            span.error(format!("`{c}` is not a quotation mark here")).with_help("write \"")
        }
        c => span
            .error(format!("{} can't be searched for", quoted(&c.to_string())))
            .with_help(literally),
    }
}

/// Quotation marks that word processors make of `"`.
pub(super) fn is_typographic_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '‚')
}
