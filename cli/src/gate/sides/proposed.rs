//! The policies that a request proposes: the merge result's settings, controls and bundles, over the data of
//! the base.

use super::{Asked, Merged, Sides, absent, plain, policies, written};
use crate::config;
use crate::diagnostic::{Failure, Outcome};
use crate::gate::git::{Merge, Tree};
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
        let found = Merged::of(asked)?;
        let file = found.file.clone();
        let base = found.side(&found.base, &found.tree, &file, asked.base)?;
        let head = found.side(&found.head, &found.merged, &file, asked.head)?;
        let (merged, brought) = (found.merged.clone(), found.brought.clone());
        let sides = found.judged([base, head], file, (None, Reading::default()));
        let proposed = sides.merged(&merged, &brought)?;
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
            Merge::Clean(tree) => {
                let brought = git.repository.paths(&tree)?;
                Ok(self.merged(&tree, &brought).ok())
            }
            Merge::Conflict(_) => Ok(None),
        }
    }

    /// The workspace of a merge result, of which these are the paths, written to a folder of its own.
    fn merged(&self, tree: &Tree, brought: &[String]) -> Outcome<Proposed> {
        let (Some(git), base) = (&self.git, self.base_workspace()?) else {
            return Err(Failure::internal("a merge without git"));
        };
        let folder = tempfile::tempdir().map_err(|e| Failure::file(Path::new("."), &e))?;
        let bytes = git.repository.read(tree, &git.file)?;
        let bytes = bytes.ok_or_else(|| absent(&git.file, &self.head.shown))?;
        git.repository.extract(tree, &[&git.file], folder.path())?;
        let read = || -> Outcome<Workspace> {
            let mut workspace = Workspace::read(&folder.path().join(&git.file))?;
            let mut wanted = policies(&workspace.settings, &git.prefix);
            wanted.push(git.below("tieout.lock"));
            written((&git.repository, tree, brought), wanted, folder.path())?;
            // Data are evidence of the base: what a request brings of them judges nothing.
            let name = git.file.strip_prefix(&git.prefix).unwrap_or(&git.file);
            let mut datasets = Workspace::read(&base.root.join(name))?.settings.datasets;
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
