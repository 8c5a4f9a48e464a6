//! One version of a table, for what is asked of it alone.

use super::super::git::Repository;
use super::{TableFile, absent, below, no_table, one, place, prefix, table};
use crate::diagnostic::{Failure, Outcome};
use crate::output;
use crate::workspace::Workspace;
use std::path::Path;
use tieout_engine::dataset::Reading;

/// A version of a table of the workspace.
pub(crate) struct Alone {
    /// The dataset's name.
    pub(crate) dataset: String,
    /// How it is read.
    pub(crate) reading: Reading,
    /// The version.
    pub(crate) file: TableFile,
}

impl Alone {
    /// A file, as the workspace reads its only rate table.
    ///
    /// # Errors
    /// There is no workspace, it has no rate table or several, or the file can't be read.
    pub(crate) fn of_file(config: Option<&Path>, path: &Path) -> Outcome<Self> {
        let workspace = Workspace::discover(config)?;
        let (dataset, _, reading) =
            table(&workspace, None)?.ok_or_else(|| no_table("the workspace"))?;
        let bytes = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
        let shown = output::shown(path);
        let file = TableFile { shown: shown.clone(), revision: None, path: shown, bytes };
        Ok(Self { dataset, reading, file })
    }

    /// What a revision has, by its own workspace.
    ///
    /// # Errors
    /// There is no such revision, workspace, dataset or file.
    pub(crate) fn of_revision(
        config: Option<&Path>,
        revision: &str,
        wanted: Option<&str>,
    ) -> Outcome<Self> {
        let here = Path::new(".");
        let repository = Repository::discover(config.unwrap_or(here))?;
        let commit = repository.resolve(revision)?;
        let tree = repository.tree(&commit)?;
        let known = repository.paths(&tree)?;
        let (file, _) = place(&repository, &known, config)?;
        if !known.contains(&file) {
            return Err(absent(&file, revision));
        }
        let folder = tempfile::tempdir().map_err(|e| Failure::file(here, &e))?;
        repository.extract(&tree, &[&file], folder.path())?;
        let workspace = Workspace::read(&folder.path().join(&file))?;
        let (dataset, pattern, reading) =
            table(&workspace, wanted)?.ok_or_else(|| no_table("its workspace"))?;
        let path = one(&known, &below(&prefix(&file), &pattern))?;
        let bytes = repository.read(&tree, &path)?.ok_or_else(|| absent(&path, revision))?;
        let (shown, revision) = (revision.to_owned(), Some(commit.to_string()));
        Ok(Self { dataset, reading, file: TableFile { shown, revision, path, bytes } })
    }
}
