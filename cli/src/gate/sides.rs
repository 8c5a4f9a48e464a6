//! What is compared, and what judges it: two files, or two revisions of which the base's workspace judges.

mod alone;
mod proposed;

pub(crate) use self::alone::Alone;
pub(crate) use self::proposed::Proposed;

use super::git::{Changes, Commit, Merge, Repository, Tree};
use crate::config::{DatasetFile, WorkspaceFile};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::workspace::{PATTERNS, Workspace};
use serde_saphyr::Spanned;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tieout_controls::profile;
use tieout_engine::dataset::Reading;

const ROLE: &str = "rate-table";

/// A version of the table.
#[derive(Debug)]
pub(crate) struct TableFile {
    /// As it was asked for.
    pub(crate) shown: String,
    /// The commit.
    pub(crate) revision: Option<String>,
    /// Its path, as it is told.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) bytes: Vec<u8>,
}

/// What is compared, and by what it is judged.
pub(crate) struct Sides {
    /// The base's workspace, its datasets where they can be read.
    pub(crate) workspace: Option<Workspace>,
    /// Where keys, log and packs are.
    pub(crate) root: PathBuf,
    /// The dataset that is gated, where a workspace names it.
    pub(crate) dataset: Option<String>,
    /// How the tables are read.
    pub(crate) reading: Reading,
    /// The protected version.
    pub(crate) base: TableFile,
    /// The merge result's.
    pub(crate) head: TableFile,
    /// The two revisions; none where files are compared.
    pub(crate) git: Option<Revisions>,
    /// Where the base's files were written; gone with it.
    _folder: Option<TempDir>,
}

/// Two revisions and what comes of merging one into the other.
pub(crate) struct Revisions {
    pub(crate) repository: Repository,
    pub(crate) base: Commit,
    pub(crate) head: Commit,
    /// What differs between the base and the merge result.
    pub(crate) changes: Changes,
    /// The table's path in the base, from the top of the repository.
    pub(crate) table: String,
    /// The workspace file's, likewise.
    pub(super) file: String,
    /// The workspace's folder from there, empty or ending with a stroke.
    pub(crate) prefix: String,
}

/// What was asked for.
pub(crate) struct Asked<'a> {
    pub(crate) config: Option<&'a Path>,
    pub(crate) base: &'a str,
    pub(crate) head: &'a str,
    pub(crate) table: Option<&'a str>,
}

impl Sides {
    /// Finds both sides.
    ///
    /// # Errors
    /// One isn't there; the revisions can't be merged.
    pub(crate) fn of(asked: &Asked<'_>) -> Outcome<Self> {
        match (Path::new(asked.base).is_file(), Path::new(asked.head).is_file()) {
            (true, true) if is_revision(asked.base) || is_revision(asked.head) => {
                let message =
                    format!("`{}` and `{}` are files, and revisions too", asked.base, asked.head);
                let help = "write files as `./NAME`, and revisions by their whole names";
                Err(Failure::usage(Diagnostic::new("gate-sides", message).help(help)))
            }
            (true, true) => Self::files(asked),
            (false, false) => Self::revisions(asked),
            _ => {
                let message = format!(
                    "`{}` and `{}` are not two files, and not two revisions",
                    asked.base, asked.head
                );
                let help = "give two files, or two revisions of the repository";
                Err(Failure::usage(Diagnostic::new("gate-sides", message).help(help)))
            }
        }
    }

    fn files(asked: &Asked<'_>) -> Outcome<Self> {
        let workspace = Workspace::find(asked.config)?;
        let side = |path: &str| {
            let bytes = std::fs::read(path).map_err(|e| Failure::file(Path::new(path), &e))?;
            let (shown, path) = (path.to_owned(), path.to_owned());
            Ok(TableFile { shown, revision: None, path, bytes })
        };
        let (dataset, reading) = match &workspace {
            Some(workspace) => table(workspace, asked.table)?,
            None => None,
        }
        .map(|(name, _, reading)| (name, reading))
        .unzip();
        let root = workspace.as_ref().map_or_else(|| PathBuf::from("."), |w| w.root.clone());
        Ok(Self {
            workspace,
            root,
            dataset,
            reading: reading.unwrap_or_default(),
            base: side(asked.base)?,
            head: side(asked.head)?,
            git: None,
            _folder: None,
        })
    }

    fn revisions(asked: &Asked<'_>) -> Outcome<Self> {
        let found = Merged::of(asked)?;
        let Merged { tree, merged, changes, known, brought, file, prefix, workspace, .. } = &found;
        let (dataset, pattern, reading) =
            table(workspace, asked.table)?.ok_or_else(|| no_table("the base's workspace"))?;
        let pattern = below(prefix, &pattern);
        let path = one(known, &pattern)?;
        let base = found.side(&found.base, tree, &path, asked.base)?;
        let after = changes.after(&path).ok_or_else(|| absent(&path, asked.head))?;
        let head = found.side(&found.head, merged, &after, asked.head)?;
        only_table(brought, &pattern, &head.path)?;
        one_spelling(brought, &path, &head.path)?;
        if changes.paths().contains(&file.as_str()) {
            let brought_file = (&found.repository, merged, file.as_str(), prefix.as_str());
            still_named(brought_file, brought, (workspace, &pattern, &head.path))?;
        }
        Ok(found.judged([base, head], path, (Some(dataset), reading)))
    }
}

/// Two revisions, what comes of merging one into the other, and the base's workspace.
struct Merged {
    repository: Repository,
    base: Commit,
    head: Commit,
    /// The base's tree, and the merge result's.
    tree: Tree,
    merged: Tree,
    /// What differs between them.
    changes: Changes,
    /// The paths of both.
    known: Vec<String>,
    brought: Vec<String>,
    /// The workspace file in the base, the folder that it is in there, and the one on this machine.
    file: String,
    prefix: String,
    root: PathBuf,
    workspace: Workspace,
    /// Where the base's files were written.
    folder: TempDir,
}

impl Merged {
    /// # Errors
    /// A revision isn't there, they can't be merged, or the base's workspace can't be read.
    fn of(asked: &Asked<'_>) -> Outcome<Self> {
        let here = Path::new(".");
        let repository = Repository::discover(asked.config.unwrap_or(here))?;
        let (base, head) = (repository.resolve(asked.base)?, repository.resolve(asked.head)?);
        let tree = repository.tree(&base)?;
        let merged = match repository.merge(&base, &head)? {
            Merge::Clean(tree) => tree,
            Merge::Conflict(paths) => return Err(conflict(asked, &paths)),
        };
        let changes = repository.changed(&tree, &merged)?;
        let (known, brought) = (repository.paths(&tree)?, repository.paths(&merged)?);
        let (file, root) = place(&repository, &known, asked.config)?;
        let prefix = prefix(&file);
        let folder = tempfile::tempdir().map_err(|e| Failure::file(here, &e))?;
        let workspace = of_base(
            (&repository, &tree),
            (&known, &brought),
            (&file, &prefix),
            (&root, folder.path()),
        )?;
        Ok(Self {
            repository,
            base,
            head,
            tree,
            merged,
            changes,
            known,
            brought,
            file,
            prefix,
            root,
            workspace,
            folder,
        })
    }

    /// A file as one of both trees has it.
    fn side(&self, of: &Commit, tree: &Tree, path: &str, shown: &str) -> Outcome<TableFile> {
        let bytes = self.repository.read(tree, path)?.ok_or_else(|| absent(path, shown))?;
        let (shown, path) = (shown.to_owned(), path.to_owned());
        Ok(TableFile { shown, revision: Some(of.to_string()), path, bytes })
    }

    /// The sides, of which a file of the base is judged.
    fn judged(
        self,
        [base, head]: [TableFile; 2],
        table: String,
        (dataset, reading): (Option<String>, Reading),
    ) -> Sides {
        let Self { repository, changes, file, prefix, .. } = self;
        let git = Revisions {
            repository,
            base: self.base,
            head: self.head,
            changes,
            table,
            file,
            prefix,
        };
        Sides {
            workspace: Some(self.workspace),
            root: self.root,
            dataset,
            reading,
            base,
            head,
            git: Some(git),
            _folder: Some(self.folder),
        }
    }
}

/// The folder of a path in a repository, empty or ending with a stroke.
fn prefix(file: &str) -> String {
    file.rsplit_once('/').map_or_else(String::new, |(at, _)| format!("{at}/"))
}

/// Whether a word that names a file names a revision too.
fn is_revision(word: &str) -> bool {
    let repository = Repository::discover(Path::new("."));
    repository.is_ok_and(|repository| repository.resolve(word).is_ok())
}

impl Revisions {
    /// A path of the workspace from the top of the repository.
    pub(super) fn below(&self, path: &str) -> String {
        below(&self.prefix, path).trim_end_matches('/').to_owned()
    }

    /// Patterns of the workspace from the top of the repository; what they name here may be in folders
    /// below, too.
    ///
    /// # Errors
    /// One is no pattern.
    pub(super) fn patterns(
        &self,
        workspace: &Workspace,
        files: &[Spanned<String>],
    ) -> Outcome<Vec<glob::Pattern>> {
        let pattern = |file: &Spanned<String>| {
            glob::Pattern::new(&self.below(&file.value)).map_err(|e| {
                let message = format!("`{}` is not a pattern: {}", file.value, e.msg);
                workspace.wrong("file-pattern", message, file, None)
            })
        };
        files.iter().map(pattern).collect()
    }

    /// The table as the base has it with a commit of the head merged into it; `None` where that one
    /// conflicts or has no table.
    ///
    /// # Errors
    /// What git can't do.
    pub(crate) fn table_with(&self, commit: &str) -> Outcome<Option<(String, Vec<u8>)>> {
        let Ok(commit) = self.repository.resolve(commit) else { return Ok(None) };
        let Merge::Clean(merged) = self.repository.merge(&self.base, &commit)? else {
            return Ok(None);
        };
        let base = self.repository.tree(&self.base)?;
        let changes = self.repository.changed(&base, &merged)?;
        let Some(path) = changes.after(&self.table) else { return Ok(None) };
        Ok(self.repository.read(&merged, &path)?.map(|bytes| (path, bytes)))
    }
}

/// Refuses a merge result in which the base's pattern names other files than the table that is judged.
fn only_table(brought: &[String], pattern: &str, judged: &str) -> Outcome<()> {
    let others: Vec<&str> = fitting(brought, pattern).filter(|path| *path != judged).collect();
    if others.is_empty() {
        return Ok(());
    }
    let message =
        format!("the request adds what the base reads as its table: {}", others.join(", "));
    let help = "a gated table is one file: leave the others out, or name them otherwise";
    let diagnostic = Diagnostic::new("gate-table", message).help(help);
    Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] })
}

/// Refuses a table whose name differs from another one only in the case of letters: on some machines they
/// are one file, and on others two.
fn one_spelling(brought: &[String], before: &str, judged: &str) -> Outcome<()> {
    let names = brought.iter().map(String::as_str).chain([before]);
    let alike = |name: &&str| *name != judged && name.to_lowercase() == judged.to_lowercase();
    let Some(other) = names.into_iter().find(alike) else { return Ok(()) };
    let message = format!("`{judged}` and `{other}` differ only in the case of letters");
    let help = "on some machines they are one file: give the table a name of its own";
    let diagnostic = Diagnostic::new("gate-table", message).help(help);
    Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] })
}

/// Refuses a request whose workspace file names another table than the one that is judged: the next request
/// would be judged by that one, and nobody had compared the two.
fn still_named(
    (repository, merged, file, prefix): (&Repository, &Tree, &str, &str),
    brought: &[String],
    (workspace, pattern, judged): (&Workspace, &str, &str),
) -> Outcome<()> {
    if !brought.iter().any(|path| path == file) {
        return Ok(());
    }
    let refused = |message: String| {
        let help = "what the table says and which file it is are changed by requests of their own: \
                    rename the file and name it so in one, without another price";
        let diagnostic = Diagnostic::new("gate-table", message).help(help);
        Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] })
    };
    let folder = tempfile::tempdir().map_err(|e| Failure::file(Path::new("."), &e))?;
    repository.extract(merged, &[file], folder.path())?;
    let Ok(head) = Workspace::read(&folder.path().join(file)) else {
        return refused(format!("`{file}` of the request can't be read"));
    };
    let patterns = |dataset: &DatasetFile| -> Vec<String> {
        dataset.files.iter().map(|file| below(prefix, &file.value)).collect()
    };
    let names = |dataset: &DatasetFile| {
        let named: Vec<String> = patterns(dataset)
            .iter()
            .flat_map(|pattern| {
                fitting(brought, pattern).map(ToOwned::to_owned).collect::<Vec<_>>()
            })
            .collect();
        named == [judged]
    };
    let tables = || head.settings.datasets.iter().filter(|(_, dataset)| is_rate_table(dataset));
    let of_base = |name: &String| {
        let before = workspace.settings.datasets.get(name);
        before.is_some_and(|dataset| patterns(dataset) == [pattern])
    };
    let renamed = tables().any(|(name, dataset)| of_base(name) && !names(dataset));
    let gone = tables().next().is_some() && !tables().any(|(_, dataset)| names(dataset));
    if renamed || gone {
        return refused(format!(
            "`{file}` of the request makes another file than `{judged}` its table"
        ));
    }
    Ok(())
}

/// A path without what says nothing.
fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let rooted = if path.starts_with('/') { "/" } else { "" };
    format!("{rooted}{}", parts.join("/"))
}

/// A path of the workspace from the top of the repository; `prefix` is the workspace's folder.
fn below(prefix: &str, path: &str) -> String {
    let path = plain(path);
    if path.starts_with('/') { path } else { format!("{prefix}{path}") }
}

/// Whether a dataset is a rate table.
pub(super) fn is_rate_table(dataset: &DatasetFile) -> bool {
    profile::named(&dataset.profile.value).is_some_and(|profile| profile.role == ROLE)
}

/// Where the workspace file is in the repository, and its folder on this machine: the nearest one that
/// the base has.
fn place(
    repository: &Repository,
    known: &[String],
    config: Option<&Path>,
) -> Outcome<(String, PathBuf)> {
    let root = repository.root().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let here = std::env::current_dir().map_err(|e| Failure::file(Path::new("."), &e))?;
    let file = match config {
        Some(path) if path.is_dir() => output::absolute(&path.join("tieout.yaml")),
        Some(path) => output::absolute(path),
        None => here
            .ancestors()
            .map(|folder| folder.join("tieout.yaml"))
            .find(|file| repository.inside(file).is_ok_and(|path| known.contains(&path)))
            .unwrap_or_else(|| root.join("tieout.yaml")),
    };
    let folder = file.parent().map_or_else(|| root.clone(), Path::to_path_buf);
    Ok((repository.inside(&file)?, folder))
}

/// The workspace as the base has it, written to a folder: its file, its lock, its own policies, its
/// waivers, its baseline and its data. Data that git doesn't know are taken from the machine, unless the request adds
/// them.
fn of_base(
    (repository, tree): (&Repository, &Tree),
    (known, brought): (&[String], &[String]),
    (file, prefix): (&str, &str),
    (root, folder): (&Path, &Path),
) -> Outcome<Workspace> {
    if !known.iter().any(|path| path == file) {
        let message = format!("the base has no `{file}`");
        let help = "what judges a request comes from its base: put the workspace there first";
        return Err(Failure::usage(Diagnostic::new("no-workspace", message).help(help)));
    }
    repository.extract(tree, &[file], folder)?;
    let mut workspace = Workspace::read(&folder.join(file))?;
    let below = |path: &str| below(prefix, path);
    let settings = &workspace.settings;
    let mut wanted: Vec<String> = vec![below("tieout.lock")];
    let judging = settings.gate.waivers.iter().chain(&settings.gate.baseline);
    wanted.extend(judging.map(|path| below(&path.value)));
    let keys = settings.gate.approvers.iter().chain(&settings.gate.usage_signers);
    wanted.extend(keys.map(|listed| below(&listed.key.value)));
    wanted.extend(policies(settings, prefix));
    let mut elsewhere = Vec::new();
    for (name, dataset) in &settings.datasets {
        for (number, pattern) in dataset.files.iter().enumerate() {
            let path = below(&pattern.value);
            let before = wanted.len();
            for file in fitting(known, &path) {
                // What vouches for a file lies beside it.
                let seal = super::sealed::beside(Path::new(file)).to_string_lossy().into_owned();
                wanted.extend(known.contains(&seal).then_some(seal));
                wanted.push(file.to_owned());
            }
            if wanted.len() > before {
                continue;
            }
            if fitting(brought, &path).next().is_some() {
                let message =
                    format!("dataset `{name}`: `{}` is added by the request", pattern.value);
                let help = Some("what judges a request comes from its base: merge the data first");
                let help = help.map(ToOwned::to_owned);
                return Err(workspace.wrong("gate-added-data", message, pattern, help));
            }
            elsewhere.push((name.clone(), number));
        }
    }
    written((repository, tree, known), wanted, folder)?;
    for (name, number) in elsewhere {
        let files = workspace.settings.datasets.get_mut(&name).map(|dataset| &mut dataset.files);
        if let Some(pattern) = files.and_then(|files| files.get_mut(number)) {
            pattern.value = root.join(plain(&pattern.value)).to_string_lossy().into_owned();
        }
    }
    for (name, dataset) in &workspace.settings.datasets {
        for file in workspace.files(name, &dataset.files)? {
            untouched(repository, brought, (name, &file.path), folder)?;
        }
    }
    Ok(workspace)
}

/// The folders of a workspace's own controls and policy bundles, from the top of the repository.
pub(super) fn policies(settings: &WorkspaceFile, prefix: &str) -> Vec<String> {
    let folders = settings.own.catalogue.iter().chain(&settings.own.bundles);
    folders.map(|path| below(prefix, &path.value)).collect()
}

/// Writes to a folder what a tree has of these files and folders.
fn written(
    (repository, tree, known): (&Repository, &Tree, &[String]),
    mut wanted: Vec<String>,
    folder: &Path,
) -> Outcome<()> {
    wanted.retain(|path| {
        let below = format!("{}/", path.trim_end_matches('/'));
        known.iter().any(|known| known == path || known.starts_with(&below))
    });
    wanted.sort();
    wanted.dedup();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    if !wanted.is_empty() {
        repository.extract(tree, &wanted, folder)?;
    }
    Ok(())
}

/// Refuses a file of this machine that leads into what the request brings: through a link of its tree, or
/// in a folder that is one.
fn untouched(
    repository: &Repository,
    brought: &[String],
    (dataset, file): (&str, &Path),
    folder: &Path,
) -> Outcome<()> {
    if file.starts_with(folder) {
        return Ok(());
    }
    let real = file.canonicalize().map_err(|e| Failure::file(file, &e))?;
    let is_brought = |path: &Path| {
        let inside = repository.inside(path).ok();
        inside.is_some_and(|inside| {
            brought.iter().any(|known| {
                // Of a tracked folder, link or submodule the file would be below.
                *known == inside
                    || inside.strip_prefix(known.as_str()).is_some_and(|r| r.starts_with('/'))
            })
        })
    };
    let linked = file.ancestors().any(|part| part.is_symlink() && is_brought(part));
    if !linked && !is_brought(&real) && !is_brought(file) {
        return Ok(());
    }
    let message = format!(
        "dataset `{dataset}`: `{}` leads into what the request brings",
        output::shown(file)
    );
    let help = "what judges a request comes from its base, or from outside of the repository";
    let diagnostic = Diagnostic::new("gate-added-data", message).help(help);
    Err(Failure { exit: Exit::Usage, diagnostics: vec![diagnostic] })
}

/// The paths that a pattern names, as the workspace's own patterns do.
fn fitting<'a>(paths: &'a [String], pattern: &str) -> impl Iterator<Item = &'a str> {
    let pattern = glob::Pattern::new(pattern).ok();
    let fits = move |path: &&str| {
        pattern.as_ref().is_some_and(|pattern| pattern.matches_with(path, PATTERNS))
    };
    paths.iter().map(String::as_str).filter(fits)
}

fn no_table(whose: &str) -> Failure {
    let message = format!("{whose} has no dataset of the role `rate-table`");
    let help = "add one with the profile `rate-table-1` and the table's file";
    Failure::usage(Diagnostic::new("missing-dataset", message).help(help))
}

/// The dataset of the gated table, its file and how it is read: the dataset asked for, or the only one.
fn table(
    workspace: &Workspace,
    wanted: Option<&str>,
) -> Outcome<Option<(String, String, Reading)>> {
    let tables: Vec<_> = workspace
        .settings
        .datasets
        .iter()
        .filter(|(name, dataset)| {
            is_rate_table(dataset) && wanted.is_none_or(|wanted| wanted == *name)
        })
        .collect();
    match (tables.as_slice(), wanted) {
        ([], None) => Ok(None),
        ([], Some(wanted)) => {
            let message = format!("the workspace has no rate table `{wanted}`");
            Err(Failure::usage(Diagnostic::new("unknown-dataset", message)))
        }
        ([(name, only)], _) => match only.files.as_slice() {
            [file] => Ok(Some(((*name).clone(), file.value.clone(), only.reading.clone()))),
            _ => {
                let message = "a gated table is one file";
                Err(Failure::usage(Diagnostic::new("gate-table", message)))
            }
        },
        (several, _) => {
            let names: Vec<_> = several.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("several rate tables: {}", names.join(", "));
            let help = "say which one: `--table NAME`";
            Err(Failure::usage(Diagnostic::new("ambiguous-dataset", message).help(help)))
        }
    }
}

/// The only file that a pattern names.
fn one(known: &[String], pattern: &str) -> Outcome<String> {
    let mut found = fitting(known, pattern);
    match (found.next(), found.next()) {
        (Some(path), None) => Ok(path.to_owned()),
        (None, _) => Err(absent(pattern, "the base")),
        (Some(_), Some(_)) => {
            let message = format!("`{pattern}` names several files; a gated table is one");
            Err(Failure::usage(Diagnostic::new("gate-table", message)))
        }
    }
}

fn absent(path: &str, side: &str) -> Failure {
    let message = format!("`{path}` is not in {side}");
    let help = "the gate compares two versions of one table; a table that goes is removed from the \
                workspace first";
    Failure::usage(Diagnostic::new("gate-table", message).help(help))
}

fn conflict(asked: &Asked<'_>, paths: &[String]) -> Failure {
    let message = format!(
        "`{}` can't be merged into `{}`: {} conflict{}",
        asked.head,
        asked.base,
        paths.join(", "),
        if paths.len() == 1 { "s" } else { "" },
    );
    let help = "what is judged is the merge result: resolve the conflict in the head";
    let diagnostic = Diagnostic::new("gate-conflict", message).help(help);
    Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] }
}
