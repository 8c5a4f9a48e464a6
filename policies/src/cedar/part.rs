//! The policies of a Cedar file, one by one, with their lines.

/// A policy's text in a file, and its lines.
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) line: u32,
    pub(super) last_line: u32,
}

/// Cuts a file at the semicolons that are in no string and no comment. What follows the last one
/// is a part too, unless it is empty.
pub(super) fn parts(source: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut start: Option<(usize, u32)> = None;
    let mut line = 1_u32;
    let (mut in_string, mut in_comment) = (false, false);
    let mut chars = source.char_indices().peekable();
    let mut push = |from: Option<(usize, u32)>, to: usize, last_line: u32| {
        if let Some((from, line)) = from
            && let Some(text) = source.get(from..to)
        {
            parts.push(Part { text, line, last_line });
        }
    };
    while let Some((position, c)) = chars.next() {
        if c == '\n' {
            line = line.saturating_add(1);
            in_comment = false;
            continue;
        }
        if in_comment || c.is_whitespace() {
            continue;
        }
        if in_string {
            match c {
                '\\' => {
                    chars.next();
                }
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        if c == '/' && chars.peek().is_some_and(|(_, next)| *next == '/') {
            in_comment = true;
            continue;
        }
        let begun = start.get_or_insert((position, line));
        match c {
            '"' => in_string = true,
            ';' => {
                push(Some(*begun), position.saturating_add(1), line);
                start = None;
            }
            _ => {}
        }
    }
    push(start, source.len(), line);
    parts
}
