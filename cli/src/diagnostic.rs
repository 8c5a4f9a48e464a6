//! What went wrong, told to the user: what, where, what to do.

use crate::exit::Exit;
use crate::output;
use crate::text::visible_line;
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const BLUE: Style = AnsiColor::Blue.on_default().bold();
const BOLD: Style = Style::new().bold();

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// Stable kebab-case code.
    pub(crate) code: &'static str,
    /// What is wrong: lower case, no final stop, no values of records.
    pub(crate) message: String,
    /// Where in a file that the user wrote.
    pub(crate) place: Option<Place>,
    /// What the user gave with a mark under what is wrong, made fit to be shown by its maker.
    pub(crate) shown: Option<String>,
    /// What to do, where known.
    pub(crate) help: Option<String>,
}

/// A span on one line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file as the user knows it.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: u64,
    /// The column in characters, from 1.
    pub(crate) column: u64,
    /// The length in characters, at least 1.
    pub(crate) length: u64,
    /// The text of the line, where it is at hand.
    pub(crate) text: Option<String>,
}

impl Place {
    /// A place in a text that is at hand.
    pub(crate) fn in_text(file: &str, source: &str, line: u64, column: u64, length: u64) -> Self {
        let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let text = source.lines().nth(index).map(str::to_owned);
        Self { file: file.to_owned(), line, column, length: length.max(1), text }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the command ends.
    pub(crate) exit: Exit,
    /// Everything that was found.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// What a fallible step of a command gives.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Diagnostic {
    /// A diagnostic without a place or help.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = without_numbers(message.into());
        Self { code, message, place: None, shown: None, help: None }
    }

    /// What is wrong in a policy, with its source line: `file` is the name that the user knows.
    pub(crate) fn of_policy(
        found: tieout_policies::compile::Diagnostic,
        file: &str,
        source: &str,
    ) -> Self {
        let (line, column, length) = (found.line.into(), found.column.into(), found.length.into());
        let place = Place::in_text(file, source, line, column, length);
        Self::new(found.code, found.message).at(place).maybe_help(found.help)
    }

    /// With a place.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// With what the user gave, marked.
    pub(crate) fn showing(mut self, shown: String) -> Self {
        self.shown = Some(shown);
        self
    }

    /// With what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With what to do, if anything is known.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// As it is shown, with colours; the stream takes them out where they don't belong.
    pub(crate) fn render(&self, level: Level) -> String {
        let (style, word) = match level {
            Level::Error => (RED, "error"),
            Level::Warning => (YELLOW, "warning"),
        };
        let mut out = String::new();
        let (code, message) = (self.code, visible_line(&self.message));
        let _ = writeln!(out, "{style}{word}[{code}]{style:#}{BOLD}: {message}{BOLD:#}");
        for line in self.shown.iter().flat_map(|shown| shown.lines()) {
            let _ = writeln!(out, "{line}");
        }
        let width = self.place.as_ref().map_or(1, |p| p.line.to_string().len());
        if let Some(place) = &self.place {
            place.render(&mut out, width, style);
        }
        for line in self.help.iter().flat_map(|h| h.lines()) {
            let _ = writeln!(out, "{:width$} {BLUE}={BLUE:#} help: {}", "", visible_line(line));
        }
        out
    }
}

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// The command could not do its work.
    Error,
    /// It could, and this should be known.
    Warning,
}

impl Place {
    fn render(&self, out: &mut String, width: usize, style: Style) {
        let Self { file, line, column, .. } = self;
        let _ =
            writeln!(out, "{:width$}{BLUE}-->{BLUE:#} {}:{line}:{column}", "", visible_line(file));
        let Some(text) = &self.text else { return };
        // A tab would put the caret elsewhere; one column each keeps it honest.
        let shown = visible_line(&text.replace('\t', " "));
        let before = usize::try_from(column.saturating_sub(1)).unwrap_or_default();
        let rest = shown.chars().count().saturating_sub(before).max(1);
        let carets = "^".repeat(usize::try_from(self.length).unwrap_or(1).clamp(1, rest));
        let _ = writeln!(out, "{:width$} {BLUE}|{BLUE:#}", "");
        let _ = writeln!(out, "{BLUE}{line:>width$} |{BLUE:#} {shown}");
        let _ =
            writeln!(out, "{:width$} {BLUE}|{BLUE:#} {:before$}{style}{carets}{style:#}", "", "");
    }
}

impl Failure {
    /// A usage or configuration error.
    pub(crate) fn usage(diagnostic: Diagnostic) -> Self {
        Self { exit: Exit::Usage, diagnostics: vec![diagnostic] }
    }

    /// The user stopped it; `left` says what is left behind.
    pub(crate) fn interrupted(left: &str) -> Self {
        let diagnostic = Diagnostic::new("interrupted", format!("interrupted; {left}"));
        Self { exit: Exit::Interrupted, diagnostics: vec![diagnostic] }
    }

    /// Our bug.
    pub(crate) fn internal(what: impl std::fmt::Display) -> Self {
        let message = format!("internal error: {what}");
        let diagnostic = Diagnostic::new("internal", message)
            .help("this is a defect of tieout: please report it");
        Self { exit: Exit::Internal, diagnostics: vec![diagnostic] }
    }

    /// With a line more of what to do, after what each diagnostic says itself.
    pub(crate) fn with_help(mut self, more: &str) -> Self {
        for diagnostic in &mut self.diagnostics {
            let said = diagnostic.help.take();
            diagnostic.help = Some(said.map_or_else(String::new, |help| help + "\n") + more);
        }
        self
    }

    /// A file that can't be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let (reason, help) = io_words(error);
        let message = format!("`{}`: {reason}", path.display());
        Self::usage(Diagnostic::new("file-access", message).maybe_help(help))
    }

    /// Tells it on standard error.
    pub(crate) fn tell(&self) {
        for diagnostic in &self.diagnostics {
            output::tell(&diagnostic.render(Level::Error));
        }
    }
}

/// What the system says, in plain words, and what can be done about it.
pub(crate) fn io_words(error: &std::io::Error) -> (String, Option<String>) {
    use std::io::ErrorKind as Kind;
    let (reason, help) = match error.kind() {
        Kind::NotFound => ("no such file or folder", None),
        Kind::PermissionDenied => {
            ("permission denied", Some("check who owns it, or name another place"))
        }
        Kind::AlreadyExists => ("exists already", Some("it is never overwritten")),
        Kind::StorageFull => ("no space left on the device", None),
        Kind::FileTooLarge => ("the file grows larger than files may be here", None),
        Kind::IsADirectory => ("is a folder", Some("name a file")),
        Kind::NotADirectory => ("a part of the path is not a folder", None),
        Kind::InvalidData => ("is not UTF-8 text", None),
        _ => {
            let told = error.to_string().to_lowercase();
            return (told.split(OS_ERROR).next().unwrap_or_default().to_owned(), None);
        }
    };
    (reason.to_owned(), help.map(str::to_owned))
}

/// What the standard library writes before a system's error number.
const OS_ERROR: &str = " (os error ";

/// A message in which another crate quotes the system, in the words of [`io_words`].
fn without_numbers(mut message: String) -> String {
    while let Some((before, after)) = message.split_once(OS_ERROR) {
        let Some((number, after)) = after.split_once(')') else { break };
        let Ok(number) = number.parse() else { break };
        let error = std::io::Error::from_raw_os_error(number);
        let said = error.to_string();
        let said = said.split(OS_ERROR).next().unwrap_or_default();
        let told = before.strip_suffix(said).map(|before| before.to_owned() + &io_words(&error).0);
        message = told.unwrap_or_else(|| before.to_owned()) + after;
    }
    message
}

/// Tells a warning on standard error.
pub(crate) fn warn(diagnostic: &Diagnostic) {
    output::tell(&diagnostic.render(Level::Warning));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(diagnostic: &Diagnostic) -> String {
        anstream::adapter::strip_str(&diagnostic.render(Level::Error)).to_string()
    }

    #[test]
    fn a_place_shows_its_line_and_a_caret_under_the_span() {
        let source = "workspace: acme\ncontrols:\n  include: [FOC-R3]\n";
        let shown = plain(
            &Diagnostic::new("unknown-control", "no control is called `FOC-R3`")
                .at(Place::in_text("tieout.yaml", source, 3, 13, 6))
                .help("did you mean `FOC-R03`?"),
        );
        let expected = "\
error[unknown-control]: no control is called `FOC-R3`
 --> tieout.yaml:3:13
  |
3 |   include: [FOC-R3]
  |             ^^^^^^
  = help: did you mean `FOC-R03`?
";
        assert_eq!(shown, expected);
    }

    #[cfg(unix)]
    #[test]
    fn the_systems_errors_have_words_and_no_numbers() {
        for (number, words) in [(13, "permission denied"), (2, "no such file or folder")] {
            let error = std::io::Error::from_raw_os_error(number);
            assert_eq!(io_words(&error).0, words);
            let found = Diagnostic::new("x", format!("`k`: {error}; and `l`: {error}"));
            assert_eq!(found.message, format!("`k`: {words}; and `l`: {words}"));
        }
        let told = io_words(&std::io::Error::from_raw_os_error(40)).0;
        assert!(!told.contains("os error"), "{told}");
        assert_eq!(Diagnostic::new("x", "a (os error b)").message, "a (os error b)");
    }

    #[test]
    fn foreign_text_does_not_steer_the_terminal() {
        let shown = plain(&Diagnostic::new("x", "`a\u{1b}[2Jb`"));
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }

    #[test]
    fn a_caret_past_the_end_of_the_line_is_one_wide() {
        let shown = plain(&Diagnostic::new("x", "y").at(Place::in_text("f", "ab\n", 1, 9, 40)));
        assert!(shown.contains("^\n") && !shown.contains("^^"), "{shown}");
    }
}
