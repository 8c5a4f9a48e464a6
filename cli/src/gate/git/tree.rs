//! Reading the files of a tree, as they were committed: no filter and no line ending changes them.

use super::{Repository, Tree, text_of};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::output::{self, Access, Existing};
use std::path::{Component, Path};

/// A file of a tree.
struct Entry {
    mode: String,
    object: String,
    path: String,
}

impl Repository {
    /// The path of a file from the top of its repository, in which separators are `/`.
    ///
    /// # Errors
    /// It lies elsewhere.
    pub(crate) fn inside(&self, path: &Path) -> Outcome<String> {
        let full = output::absolute(path);
        let root = self.root.as_deref().and_then(|root| root.canonicalize().ok());
        // The folder is resolved, the file itself isn't: it may be there in another revision only.
        let folder = full.parent().and_then(|folder| folder.canonicalize().ok());
        let full = match (folder, full.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => full,
        };
        let below = root.and_then(|root| full.strip_prefix(root).map(Path::to_path_buf).ok());
        let parts = below.as_deref().and_then(plain_parts);
        parts.map(|parts| parts.join("/")).ok_or_else(|| {
            let message = format!("`{}` is not in the repository", output::shown(path));
            Failure::usage(Diagnostic::new("git-file", message))
        })
    }

    /// A file of a tree, or `None` where there is none of that path.
    ///
    /// # Errors
    /// It is a folder, a link, a submodule, or kept by Git LFS.
    pub(crate) fn read(&self, tree: &Tree, path: &str) -> Outcome<Option<Vec<u8>>> {
        let entries = entries(&self.git(&["ls-tree", "-z", "--full-tree", &tree.0, "--", path])?);
        let Some(entry) = entries.into_iter().find(|entry| entry.path == path) else {
            return Ok(None);
        };
        is_file(&entry)?;
        let bytes = self.git(&["cat-file", "blob", &entry.object])?;
        not_elsewhere(path, &bytes)?;
        Ok(Some(bytes))
    }

    /// The paths of all files of a tree, sorted.
    ///
    /// # Errors
    /// As [`git`](Self::git).
    pub(crate) fn paths(&self, tree: &Tree) -> Outcome<Vec<String>> {
        let listed = self.git(&["ls-tree", "-r", "-z", "--name-only", "--full-tree", &tree.0])?;
        let listed = text_of(&listed);
        let mut paths: Vec<String> =
            listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
        paths.sort();
        Ok(paths)
    }

    /// Writes files, and what lies in folders, of a tree into a folder of the machine, by their paths
    /// in the tree; no paths are all. Gives the paths that were written, sorted.
    ///
    /// # Errors
    /// A path is not in the tree; a file is a link, or kept elsewhere; it can't be written.
    pub(crate) fn extract(
        &self,
        tree: &Tree,
        paths: &[&str],
        folder: &Path,
    ) -> Outcome<Vec<String>> {
        let mut args = vec!["ls-tree", "-r", "-z", "--full-tree", &tree.0, "--"];
        args.extend(paths);
        let entries = entries(&self.git(&args)?);
        let has = |path: &str| {
            let folder = format!("{}/", path.trim_end_matches('/'));
            entries.iter().any(|e| e.path == path || e.path.starts_with(&folder))
        };
        if let Some(path) = paths.iter().find(|path| !has(path)) {
            return Err(refused(path, "is not in the revision"));
        }
        let wanted: String = entries.iter().map(|e| format!("{}\n", e.object)).collect();
        let told = self.git_with(&["cat-file", "--batch"], wanted.as_bytes())?;
        let mut rest = told.as_slice();
        let mut written = Vec::new();
        for entry in &entries {
            is_file(entry)?;
            let parts = plain_parts(Path::new(&entry.path))
                .ok_or_else(|| refused(&entry.path, "leads out of its folder"))?;
            let (bytes, after) =
                object(rest).ok_or_else(|| refused(&entry.path, "is missing from the clone"))?;
            not_elsewhere(&entry.path, bytes)?;
            let to = parts.iter().fold(folder.to_path_buf(), |to, part| to.join(part));
            output::write_beside(&to, bytes, Existing::Keep, Access::Usual)?;
            written.push(entry.path.clone());
            rest = after;
        }
        written.sort();
        Ok(written)
    }
}

/// What `ls-tree -z` lists: `MODE TYPE OBJECT<TAB>PATH`.
fn entries(listed: &[u8]) -> Vec<Entry> {
    let listed = text_of(listed);
    let entry = |line: &str| {
        let (about, path) = line.split_once('\t')?;
        let mut words = about.split(' ');
        let (mode, object) = (words.next()?.to_owned(), words.nth(1)?.to_owned());
        Some(Entry { mode, object, path: path.to_owned() })
    };
    listed.split('\0').filter_map(entry).collect()
}

/// The first object of what `cat-file --batch` prints, `OBJECT TYPE SIZE<LF>BYTES<LF>`, and the rest.
fn object(told: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = told.iter().position(|b| *b == b'\n')?;
    let (head, rest) = (told.get(..end)?, told.get(end.checked_add(1)?..)?);
    let size: usize = text_of(head).split(' ').nth(2)?.parse().ok()?;
    Some((rest.get(..size)?, rest.get(size.checked_add(1)?..)?))
}

fn is_file(entry: &Entry) -> Outcome<()> {
    match entry.mode.as_str() {
        "100644" | "100755" => Ok(()),
        "120000" => Err(refused(&entry.path, "is a link, and what it leads to may be anything")),
        "160000" => Err(refused(&entry.path, "is a submodule, which is not fetched")),
        _ => Err(refused(&entry.path, "is a folder")),
    }
}

/// Refuses what only says where the file is.
fn not_elsewhere(path: &str, bytes: &[u8]) -> Outcome<()> {
    match bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        true => Err(refused(path, "is kept by Git LFS, and only its address is in the revision")),
        false => Ok(()),
    }
}

fn refused(path: &str, why: &str) -> Failure {
    Failure::usage(Diagnostic::new("git-file", format!("`{path}` {why}")))
}

/// The names on a relative path that stays below where it begins.
fn plain_parts(path: &Path) -> Option<Vec<String>> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => name.to_str().map(str::to_owned),
        _ => None,
    };
    path.components().map(part).collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty())
}
