//! The policies that a request proposes: the merge result's settings, controls and bundles, over the data of
//! the base.

use super::{Asked, Revisions, Sides, TableFile, absent, below, conflict, of_base, place, plain};
use crate::config;
use crate::diagnostic::{Failure, Outcome};
use crate::gate::git::{Merge, Repository, Tree};
use crate::output;
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;
use tieout_engine::dataset::Reading;

/// The sections of the workspace file that say which policies are run and how.
const POLICIES: [&str; 2] = ["controls", "own"];

/// What the head's policies would be, merged.
pub(crate) struct Proposed {
    /// The merge result's workspace; its datasets are the base's.
    pub(crate) workspace: Workspace,
    /// Whether the workspace file differs in more than which policies are run.
    pub(crate) changes_other_settings: bool,
    folder: TempDir,
}

impl Proposed {
    /// Failures that name the folder into which it was written name its files instead.
    pub(crate) fn told<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        outcome.map_err(|failure| without(failure, self.folder.path()))
    }
}

/// Takes a folder that is gone afterwards out of what is told.
fn without(mut failure: Failure, folder: &Path) -> Failure {
    let names = [output::shown(folder), folder.display().to_string()];
    let clean = |text: &mut String| {
        for name in &names {
            *text = text.replace(&format!("{name}/"), "");
        }
    };
    for diagnostic in &mut failure.diagnostics {
        clean(&mut diagnostic.message);
        if let Some(place) = &mut diagnostic.place {
            clean(&mut place.file);
        }
    }
    failure
}

impl Sides {
    /// Finds both versions of the policies: the workspace file stands for them.
    ///
    /// # Errors
    /// A side isn't there, the revisions can't be merged, or the head's settings can't be read.
    pub(crate) fn policies(asked: &Asked<'_>) -> Outcome<(Self, Proposed)> {
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
        let prefix = file.rsplit_once('/').map_or_else(String::new, |(at, _)| format!("{at}/"));
        let folder = tempfile::tempdir().map_err(|e| Failure::file(here, &e))?;
        let workspace = of_base(
            (&repository, &tree),
            (&known, &brought),
            (&file, &prefix),
            (&root, folder.path()),
        )?;
        let side = |tree: &Tree, shown: &str, revision: String| {
            let bytes = repository.read(tree, &file)?.ok_or_else(|| absent(&file, shown))?;
            Ok(TableFile {
                shown: shown.to_owned(),
                revision: Some(revision),
                path: file.clone(),
                bytes,
            })
        };
        let sides = Self {
            root,
            reading: Reading::default(),
            dataset: None,
            base: side(&tree, asked.base, base.to_string())?,
            head: side(&merged, asked.head, head.to_string())?,
            workspace: Some(workspace),
            git: Some(Revisions { repository, base, head, changes, table: file, prefix }),
            _folder: Some(folder),
        };
        let proposed = sides.merged(&merged)?;
        Ok((sides, proposed))
    }

    /// The base's workspace.
    ///
    /// # Errors
    /// Our bug: policies are compared within one.
    pub(crate) fn base_workspace(&self) -> Outcome<&Workspace> {
        self.workspace.as_ref().ok_or_else(|| Failure::internal("policies without a workspace"))
    }

    /// What the base would have with a commit of the head merged into it; `None` where that one conflicts
    /// or its settings can't be read.
    ///
    /// # Errors
    /// What git can't do.
    pub(crate) fn proposed(&self, commit: &str) -> Outcome<Option<Proposed>> {
        let Some(git) = &self.git else { return Ok(None) };
        let Ok(commit) = git.repository.resolve(commit) else { return Ok(None) };
        match git.repository.merge(&git.base, &commit)? {
            Merge::Clean(tree) => Ok(self.merged(&tree).ok()),
            Merge::Conflict(_) => Ok(None),
        }
    }

    /// The workspace of a merge result, written to a folder of its own.
    fn merged(&self, tree: &Tree) -> Outcome<Proposed> {
        let (Some(git), base) = (&self.git, self.base_workspace()?) else {
            return Err(Failure::internal("a merge without git"));
        };
        let folder = tempfile::tempdir().map_err(|e| Failure::file(Path::new("."), &e))?;
        let file = git.below("tieout.yaml");
        let brought = git.repository.paths(tree)?;
        if !brought.contains(&file) {
            return Err(absent(&file, &self.head.shown));
        }
        git.repository.extract(tree, &[&file], folder.path())?;
        let read = || -> Outcome<Workspace> {
            let mut workspace = Workspace::read(&folder.path().join(&file))?;
            let own = &workspace.settings.own;
            let folders = own.catalogue.iter().chain(&own.bundles);
            let mut wanted: Vec<String> =
                folders.map(|path| below(&git.prefix, &path.value)).collect();
            wanted.push(git.below("tieout.lock"));
            let inside = |path: &String| {
                let folder = format!("{}/", path.trim_end_matches('/'));
                brought.iter().any(|known| known == path || known.starts_with(&folder))
            };
            wanted.retain(inside);
            wanted.sort();
            wanted.dedup();
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            if !wanted.is_empty() {
                git.repository.extract(tree, &wanted, folder.path())?;
            }
            // Data are evidence of the base: what a request brings of them judges nothing.
            let mut datasets = Workspace::read(&base.root)?.settings.datasets;
            for (name, dataset) in &mut datasets {
                let known = base.settings.datasets.get(name);
                let known = known.into_iter().flat_map(|dataset| &dataset.files);
                for (pattern, known) in dataset.files.iter_mut().zip(known) {
                    let path = base.path(&plain(&known.value));
                    pattern.value = path.to_string_lossy().into_owned();
                }
            }
            workspace.settings.datasets = datasets;
            Ok(workspace)
        };
        let workspace = read().map_err(|failure| without(failure, folder.path()))?;
        let bytes = git.repository.read(tree, &file)?.unwrap_or_default();
        let changes_other_settings = other_settings(&self.base.bytes)? != other_settings(&bytes)?;
        Ok(Proposed { workspace, changes_other_settings, folder })
    }
}

/// What a workspace file says of anything but policies.
fn other_settings(bytes: &[u8]) -> Outcome<BTreeMap<String, serde_json::Value>> {
    let text = String::from_utf8_lossy(bytes);
    let mut all: BTreeMap<String, serde_json::Value> = config::parse("tieout.yaml", &text)?;
    all.retain(|name, _| !POLICIES.contains(&name.as_str()));
    Ok(all)
}
