//! The pack's folder: which files are there, and which of them the list of digests covers.

use crate::encoding::sha256;
use crate::layout::{
    DATASETS, MANIFEST, MAX_DOCUMENT, MAX_FILES, POLICY, POPULATION, RECORDS, RUN, SUMS, UNCOVERED,
    VERIFY, is_path,
};
use crate::sums::Sums;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;

/// The deepest folder that is looked into.
const MAX_DEPTH: usize = 32;

/// The files of a pack.
pub(super) struct Folder {
    root: PathBuf,
    files: BTreeSet<String>,
}

impl Folder {
    /// Lists a folder. The inner error says what is there that no pack has; the outer one that the
    /// folder itself can't be read.
    pub(super) fn list(root: &Path) -> io::Result<Result<Self, String>> {
        std::fs::read_dir(root)?;
        let mut files = BTreeSet::new();
        let walked = walk(root, "", MAX_DEPTH, &mut files);
        Ok(walked.map(|()| Self { root: root.to_owned(), files }))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Opens a file of the pack.
    pub(super) fn open(&self, path: &str) -> Result<File, String> {
        if !self.has(path) {
            return Err(format!("`{path}` is missing"));
        }
        File::open(self.root.join(path)).map_err(|e| format!("`{path}` can't be read: {e}"))
    }

    /// Reads a file of at most that many bytes.
    pub(super) fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.open(path)?.take(most).read_to_end(&mut bytes);
        read.map_err(|e| format!("`{path}` can't be read: {e}"))?;
        if bytes.len() > limit { Err(format!("`{path}` is too large")) } else { Ok(bytes) }
    }

    /// Reads a short text.
    pub(super) fn read_text(&self, path: &str) -> Result<String, String> {
        let bytes = self.read(path, 1 << 17)?;
        String::from_utf8(bytes).map_err(|_| format!("`{path}` is not UTF-8"))
    }
}

fn walk(
    root: &Path,
    prefix: &str,
    depth: usize,
    files: &mut BTreeSet<String>,
) -> Result<(), String> {
    let shown = |path: &str| path.escape_debug().to_string();
    let unreadable = |e: io::Error| format!("folder `{}` can't be read: {e}", shown(prefix));
    let depth = depth.checked_sub(1).ok_or("folders are nested too deep")?;
    let mut empty = true;
    for entry in std::fs::read_dir(root.join(prefix)).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        empty = false;
        let name = entry.file_name();
        let name = name.to_str().ok_or("a file's name is not UTF-8")?;
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            walk(root, &format!("{path}/"), depth, files)?;
        } else if !kind.is_file() || !is_path(&path) {
            return Err(format!("`{}` is not a plain file", shown(&path)));
        } else if files.len() >= MAX_FILES {
            return Err(format!("more than {MAX_FILES} files"));
        } else {
            files.insert(path);
        }
    }
    if empty { Err(format!("folder `{}` is empty", shown(prefix))) } else { Ok(()) }
}

/// The files that `SHA256SUMS` lists.
pub(super) struct Covered<'a> {
    folder: &'a Folder,
    sums: Sums,
    digest: Digest,
}

impl<'a> Covered<'a> {
    /// Reads `SHA256SUMS` and holds it against the folder: every file is listed or is one of those
    /// that can't be, every listed file is there, and each has a place in the format.
    pub(super) fn read_sums(folder: &'a Folder) -> Result<Self, String> {
        let bytes = folder.read(SUMS, 64 << 20)?;
        let sums = Sums::parse(&bytes).map_err(|e| format!("`{SUMS}`: {e}"))?;
        for path in &folder.files {
            if !sums.0.contains_key(path) && !UNCOVERED.contains(&path.as_str()) {
                return Err(format!("`{path}` is not listed in `{SUMS}`"));
            }
        }
        for path in sums.0.keys() {
            if !folder.has(path) {
                return Err(format!("`{path}` is listed in `{SUMS}` and missing"));
            }
            let folder = path.split('/').next().filter(|folder| folder.len() < path.len());
            let has_place = [POLICY, RECORDS, POPULATION].map(|f| f.trim_end_matches('/'));
            let in_folder = folder.is_some_and(|folder| has_place.contains(&folder));
            if !in_folder && ![RUN, DATASETS, VERIFY].contains(&path.as_str()) {
                return Err(format!("`{path}` is no file of a pack"));
            }
        }
        for path in [RUN, DATASETS, VERIFY, MANIFEST] {
            if !sums.0.contains_key(path) {
                return Err(format!("`{path}` is missing"));
            }
        }
        Ok(Self { folder, sums, digest: sha256(&bytes) })
    }

    /// The digest of `SHA256SUMS`.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// The listed paths that begin so.
    pub(super) fn below(&self, prefix: &str) -> impl Iterator<Item = (&str, &Digest)> {
        let all = self.sums.0.iter().map(|(path, digest)| (path.as_str(), digest));
        all.filter(move |(path, _)| path.starts_with(prefix))
    }

    /// Reads a listed file. It is held against its digest each time: what is used is what was
    /// checked, whatever happens to the file in between.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let listed = self.sums.0.get(path).ok_or_else(|| format!("`{path}` is missing"))?;
        let chunk = path.starts_with(RECORDS) || path.starts_with(POPULATION);
        let limit = if chunk { MAX_DOCUMENT.saturating_mul(64) } else { MAX_DOCUMENT };
        let bytes = self.folder.read(path, usize::try_from(limit).unwrap_or(usize::MAX))?;
        if sha256(&bytes) == *listed {
            Ok(bytes)
        } else {
            Err(format!("`{path}` is not the file that was sealed: its digest differs"))
        }
    }

    /// Holds every listed file against its digest.
    pub(super) fn check_all(&self) -> Result<(), String> {
        self.sums.0.keys().try_for_each(|path| self.read(path).map(drop))
    }
}
