//! GitHub's workflow commands: `::error file=…,line=…,title=…::…`.

use super::super::result::{Finding, GateResult};
use std::fmt::Write as _;

/// A line for each finding, the gravest first as they stand; nothing in a value can end it early.
pub(super) fn write(result: &GateResult) -> String {
    let mut out = String::new();
    for finding in result.blocking() {
        line(&mut out, "error", finding, "");
    }
    for (finding, waiver) in result.others() {
        let note = if waiver.is_empty() { String::new() } else { format!(" (waived: {waiver})") };
        line(&mut out, if waiver.is_empty() { "warning" } else { "notice" }, finding, &note);
    }
    for open in &result.open {
        let title = property(&format!("{}: not decided", open.control));
        let _ = writeln!(out, "::error title={title}::{}", data(&open.why));
    }
    let _ = writeln!(out, "::notice title=tieout gate::{}", data(&result.headline()));
    out
}

fn line(out: &mut String, level: &str, finding: &Finding, note: &str) {
    let title = property(&format!("{} {}", finding.control, finding.code));
    let file = property(&finding.file);
    let at = finding.line.as_ref().map_or_else(String::new, |line| format!(",line={line}"));
    let text = data(&format!("{}: {}{note}", finding.subject, finding.message));
    let _ = writeln!(out, "::{level} file={file}{at},title={title}::{text}");
}

/// A message: what ends a line is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: what ends a property, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    #[test]
    fn a_value_cannot_begin_another_command() {
        let mut result = fixture::result();
        result.findings[0].message = "x\n::error::forged".to_owned();
        result.findings[0].file = "a,b:c.csv".to_owned();
        let text = write(&result);
        assert!(!text.lines().any(|line| line.starts_with("::error::forged")), "{text}");
        assert!(text.contains("file=a%2Cb%3Ac.csv"), "{text}");
    }
}
