//! The workspace: a folder with `tieout.yaml`, found and resolved.

use crate::config::{self, WorkspaceFile};
use crate::diagnostic::{Diagnostic, Failure, Outcome, Place};
use crate::keys::ORIGIN;
use crate::output;
use serde_saphyr::Spanned;
use std::path::{Path, PathBuf};
use tieout_engine::dataset::SourceFile;
use tieout_evidence::note::is_key_name;

const FILE: &str = "tieout.yaml";

/// How patterns of files are read: a star stands for no stroke and no point at the beginning of a name.
pub(crate) const PATTERNS: glob::MatchOptions = glob::MatchOptions {
    require_literal_separator: true,
    require_literal_leading_dot: true,
    case_sensitive: true,
};

/// A workspace as found.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The folder to which its paths are relative.
    pub(crate) root: PathBuf,
    /// The settings.
    pub(crate) settings: WorkspaceFile,
    /// The file as it is shown in messages.
    file: String,
    /// Its text.
    source: String,
}

impl Workspace {
    /// The workspace of `--config`, or the nearest upward.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub(crate) fn discover(config: Option<&Path>) -> Outcome<Self> {
        Self::find(config)?.ok_or_else(|| {
            let message = format!("there is no `{FILE}` here, nor above up to the git root");
            let help = "`tieout init --from DIR` writes one for a folder of files; `tieout demo` \
                        makes a company to try";
            Failure::usage(Diagnostic::new("no-workspace", message).help(help))
        })
    }

    /// The workspace, if there is one.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn find(config: Option<&Path>) -> Outcome<Option<Self>> {
        let here = std::env::current_dir().map_err(|e| Failure::file(Path::new("."), &e))?;
        let path = match config {
            Some(path) => Some(output::absolute(path)),
            None => upward(&here),
        };
        path.map(|path| Self::read(&path)).transpose()
    }

    /// Reads a workspace file.
    ///
    /// # Errors
    /// What is wrong in it, with its place.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let path = if path.is_dir() { path.join(FILE) } else { path.to_path_buf() };
        let source = output::read_text(&path)?;
        let file = output::shown(&path);
        let settings: WorkspaceFile = config::parse(&file, &source)?;
        let root = path.parent().unwrap_or(Path::new(".")).to_path_buf();
        let workspace = Self { root, settings, file, source };
        workspace.check()?;
        Ok(workspace)
    }

    fn check(&self) -> Outcome<()> {
        let name = &self.settings.workspace;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.value.is_empty() || !name.value.chars().all(fits) {
            let message = "a workspace's name has letters, digits, hyphens, underscores and points";
            return Err(self.wrong("workspace-name", message, name, None));
        }
        if !is_key_name(&self.origin()) {
            let message = format!("`{}` can't be a log's origin", self.origin());
            let place = self.settings.log.origin.as_ref().unwrap_or(name);
            return Err(self.wrong("origin-invalid", message, place, Some(ORIGIN.to_owned())));
        }
        let period = &self.settings.period;
        if period.value.start >= period.value.end {
            let message = "the period ends before it begins; `end` is the day after its last day";
            return Err(self.wrong("period-inverted", message, period, None));
        }
        Ok(())
    }

    /// A path of the workspace file.
    pub(crate) fn path(&self, text: &str) -> PathBuf {
        self.root.join(text)
    }

    /// The folder of the packs.
    pub(crate) fn packs(&self) -> PathBuf {
        self.path(&self.settings.output).join("packs")
    }

    /// The folder of the search index.
    pub(crate) fn index(&self) -> PathBuf {
        self.path(&self.settings.output).join("index")
    }

    /// The file of the derivations of charges and invoice lines.
    pub(crate) fn derivations(&self) -> PathBuf {
        self.path(&self.settings.output).join("lineage").join("derivations")
    }

    /// The folder of the reports.
    pub(crate) fn reports(&self) -> PathBuf {
        self.path(&self.settings.output).join("reports")
    }

    /// The folder of the log.
    pub(crate) fn log(&self) -> PathBuf {
        self.path(&self.settings.log.folder)
    }

    /// The log's origin line.
    pub(crate) fn origin(&self) -> String {
        let default = || format!("tieout.local/{}", self.settings.workspace.value);
        self.settings.log.origin.as_ref().map_or_else(default, |origin| origin.value.clone())
    }

    /// The files of a dataset, sorted within each pattern, none twice.
    ///
    /// # Errors
    /// A pattern that names no file.
    pub(crate) fn files(
        &self,
        dataset: &str,
        patterns: &[Spanned<String>],
    ) -> Outcome<Vec<SourceFile>> {
        let mut files: Vec<SourceFile> = Vec::new();
        for pattern in patterns {
            let found = self.matching(pattern)?;
            if found.is_empty() {
                let message = format!("dataset `{dataset}`: no file matches `{}`", pattern.value);
                let help = format!(
                    "paths are relative to the folder of the workspace file, `{}`",
                    output::shown(&self.root)
                );
                return Err(self.wrong("file-not-found", message, pattern, Some(help)));
            }
            for file in found {
                if !files.iter().any(|f| f.path == file.path) {
                    files.push(file);
                }
            }
        }
        if files.is_empty() {
            let message = format!("dataset `{dataset}` names no files");
            let place = self.key_place(dataset);
            return Err(Failure::usage(Diagnostic::new("file-not-found", message).at(place)));
        }
        Ok(files)
    }

    fn matching(&self, pattern: &Spanned<String>) -> Outcome<Vec<SourceFile>> {
        // Only what the user wrote is a pattern; a bracket in a folder above is just a letter.
        let root = glob::Pattern::escape(&self.root.to_string_lossy());
        let full = if Path::new(&pattern.value).is_absolute() {
            pattern.value.clone()
        } else {
            format!("{root}/{}", pattern.value)
        };
        let paths = glob::glob_with(&full, PATTERNS).map_err(|e| {
            let message = format!("`{}` is not a pattern: {}", pattern.value, e.msg);
            self.wrong("file-pattern", message, pattern, None)
        })?;
        let mut files = Vec::new();
        for path in paths {
            let path = path.map_err(|e| Failure::file(e.path(), e.error()))?;
            if path.is_file() {
                let below = path.strip_prefix(&self.root).unwrap_or(&path);
                let shown = below.to_string_lossy().replace('\\', "/");
                files.push(SourceFile { shown, path });
            }
        }
        files.sort_by(|a, b| a.shown.cmp(&b.shown));
        Ok(files)
    }

    /// The place of a value in the workspace file.
    pub(crate) fn place<T>(&self, value: &Spanned<T>) -> Place {
        let at = value.referenced;
        let place = Place::in_text(&self.file, &self.source, at.line(), at.column(), 1);
        let length = place.text.as_deref().map_or(1, |t| config::word_at(t, at.column()));
        Place { length, ..place }
    }

    /// The place of a mapping's key in the workspace file: the first line that begins with it.
    pub(crate) fn key_place(&self, key: &str) -> Place {
        let begins = |line: &str| {
            let rest = line.trim_start().strip_prefix(key);
            rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let found = self.source.lines().enumerate().find(|(_, line)| begins(line));
        let (index, line) = found.unwrap_or((0, ""));
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let number = |n: usize| u64::try_from(n.saturating_add(1)).unwrap_or(1);
        let length = u64::try_from(key.chars().count()).unwrap_or(1);
        Place::in_text(&self.file, &self.source, number(index), number(indent), length)
    }

    /// The place of a key within others, given from the outermost on: each is looked for behind the
    /// one before, in block and in flow style.
    pub(crate) fn place_of(&self, keys: &[&str]) -> Place {
        let mut from = 0;
        for key in keys {
            let rest = self.source.get(from..).unwrap_or_default();
            let Some(at) = key_in(rest, key) else { break };
            from = from.saturating_add(at);
        }
        let before = self.source.get(..from).unwrap_or_default();
        let begun = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let column = before.get(begun..).unwrap_or_default().chars().count();
        let number = |n: usize| u64::try_from(n.saturating_add(1)).unwrap_or(1);
        let length = keys.last().map_or(1, |key| key.chars().count());
        let length = u64::try_from(length).unwrap_or(1);
        let line = number(before.matches('\n').count());
        Place::in_text(&self.file, &self.source, line, number(column), length)
    }

    /// Something wrong with a value of the workspace file.
    pub(crate) fn wrong<T>(
        &self,
        code: &'static str,
        message: impl Into<String>,
        value: &Spanned<T>,
        help: Option<String>,
    ) -> Failure {
        Failure::usage(Diagnostic::new(code, message).at(self.place(value)).maybe_help(help))
    }
}

/// Where a key stands in YAML: a whole word, perhaps in quotes, with a colon after it, and not in a
/// comment that takes a line.
fn key_in(source: &str, key: &str) -> Option<usize> {
    source.match_indices(key).map(|(at, _)| at).find(|at| {
        let (before, after) = (source.get(..*at), source.get(at.saturating_add(key.len())..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let line = before.rsplit('\n').next().unwrap_or_default();
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let after = after.strip_prefix(['"', '\'']).unwrap_or(after).trim_start_matches(' ');
        begins && after.starts_with(':') && !line.trim_start().starts_with('#')
    })
}

fn upward(here: &Path) -> Option<PathBuf> {
    for folder in here.ancestors() {
        let candidate = folder.join(FILE);
        if candidate.is_file() {
            return Some(candidate);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The files that are wanted, in the order of their names, in folders nested so deep at most.
///
/// # Errors
/// A folder that can't be read.
pub(crate) fn files_below(
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&Path) -> bool,
) -> Outcome<Vec<PathBuf>> {
    let failed = |e: std::io::Error| Failure::file(folder, &e);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>();
    let mut paths = paths.map_err(failed)?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() && depth > 1 {
            found.extend(files_below(&path, depth.saturating_sub(1), wanted)?);
        } else if wanted(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(rest: &str, files: &[&str]) -> (tempfile::TempDir, Outcome<Workspace>) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let text =
            format!("workspace: acme\nperiod: {{start: 2025-01-01, end: 2026-01-01}}\n{rest}");
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let read = Workspace::read(&folder.path().join(FILE));
        (folder, read)
    }

    #[test]
    fn globs_are_sorted_and_relative_to_the_workspace() {
        let rest = "datasets: {f: {files: ['d/b.csv', 'd/*.csv'], profile: focus-1.2}}\n";
        let (_folder, read) = workspace(rest, &["d/c.csv", "d/a.csv", "d/b.csv", "d/.x.csv"]);
        let workspace = read.unwrap();
        let dataset = workspace.settings.datasets.get("f").unwrap();
        let files = workspace.files("f", &dataset.files).unwrap();
        let shown: Vec<_> = files.iter().map(|f| f.shown.as_str()).collect();
        assert_eq!(shown, ["d/b.csv", "d/a.csv", "d/c.csv"]);
    }

    #[test]
    fn a_pattern_without_files_says_where_it_stands() {
        let rest = "datasets:\n  f:\n    files: [d/*.csv]\n    profile: focus-1.2\n";
        let (_folder, read) = workspace(rest, &[]);
        let workspace = read.unwrap();
        let dataset = workspace.settings.datasets.get("f").unwrap();
        let failure = workspace.files("f", &dataset.files).unwrap_err();
        let found = failure.diagnostics.first().unwrap();
        let place = found.place.as_ref().unwrap();
        assert_eq!((found.code, place.line, place.column), ("file-not-found", 5, 13));
        assert_eq!(place.length, 7);
    }

    #[test]
    fn a_key_is_found_within_others_in_any_style() {
        let rest = "# totals: {Cost: 1}\ndatasets:\n  other: {files: [a], expected: {totals: {Cost: 1}}}\n  \
                    f:\n    expected: {totals: {\"Cost\": 2}}\n";
        let text = format!("workspace: a\nperiod: {{start: 2025-01-01, end: 2026-01-01}}\n{rest}");
        let keys = ["datasets", "f", "expected", "totals", "Cost"];
        let at = keys.iter().fold(0, |from, key| from + key_in(&text[from..], key).unwrap());
        assert!(text[at..].starts_with("Cost\": 2"), "{}", &text[at..]);
        assert_eq!(key_in("xf: 1, -f: 2", "f"), None);
    }

    #[test]
    fn an_origin_that_no_log_can_have_is_shown_where_it_stands() {
        let (_folder, read) = workspace("log:\n  origin: my log\n", &[]);
        let failure = read.unwrap_err();
        let found = failure.diagnostics.first().unwrap();
        let place = found.place.as_ref().unwrap();
        assert_eq!((found.code, place.line, place.column), ("origin-invalid", 4, 11));
    }

    #[test]
    fn an_inverted_period_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        std::fs::write(&file, "workspace: a\nperiod: {start: 2026-01-01, end: 2025-01-01}\n")
            .unwrap();
        let failure = Workspace::read(&file).unwrap_err();
        assert_eq!(failure.diagnostics.first().unwrap().code, "period-inverted");
    }
}
