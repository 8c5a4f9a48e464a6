//! Text from a pack, as it may be shown.

/// The text on one line, with what could forge a line or hide in one escaped: control characters
/// (newlines too), line separators, and characters that turn the direction of writing or have no
/// width (Unicode Technical Report 36, section 2.1 and 2.10). `\u{202e}` shows as `\u{202e}`.
///
/// ```
/// let forged = "unknown\nverdict VALID\u{202e}";
/// assert_eq!(tieout_evidence::verify::visible(forged), "unknown\\u{a}verdict VALID\\u{202e}");
/// ```
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || deceives(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

fn deceives(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}
