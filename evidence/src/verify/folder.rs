//! The pack's folder: which files are there, and which of them the list of digests covers.

use super::stop::{Stop, VerifyError};
use crate::encoding::sha256;
use crate::layout::{
    DATASETS, DISCLOSURES, INTENT, MANIFEST, MAX_CHUNK, MAX_DOCUMENT, MAX_FILES, POLICY,
    POPULATION, RECORDS, RUN, STATEMENT, SUMS, TILES, UNCOVERED, VERIFY, VERIFY_PY, is_path,
    is_tiles, review,
};
use crate::sums::Sums;
use sha2::{Digest as _, Sha256};
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

/// Whether the folder is a pack at all, be it a broken one.
pub(super) fn is_pack(root: &Path) -> Result<(), VerifyError> {
    let unreadable =
        |path: &Path, source| VerifyError::Unreadable { path: path.to_owned(), source };
    std::fs::read_dir(root).map_err(|e| unreadable(root, e))?;
    for name in [SUMS, STATEMENT] {
        let path = root.join(name);
        match path.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(unreadable(&path, e)),
            Ok(_) => return Ok(()),
        }
    }
    Err(VerifyError::NoPack)
}

impl Folder {
    /// Lists a folder, in which there may be nothing but plain files in folders.
    pub(super) fn list(root: &Path) -> Result<Self, Stop> {
        let mut files = BTreeSet::new();
        walk(root, "", MAX_DEPTH, &mut files)?;
        Ok(Self { root: root.to_owned(), files })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// The digests that files of `reviews/` are named by.
    pub(super) fn reviews(&self) -> BTreeSet<Digest> {
        self.files.iter().filter_map(|path| review(path)).collect()
    }

    /// Opens a file of the pack.
    pub(super) fn open(&self, path: &str) -> Result<File, Stop> {
        if !self.has(path) {
            return Err(format!("`{path}` is missing").into());
        }
        let full = self.root.join(path);
        File::open(&full).map_err(Stop::unreadable(&full))
    }

    /// Reads a file of at most that many bytes.
    pub(super) fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        let read = self.open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        let read = read.map_err(self.unreadable(path))?;
        if u64::try_from(read).is_ok_and(|read| read <= limit) {
            Ok(bytes)
        } else {
            Err(format!("`{path}` is too large").into())
        }
    }

    /// Reads a short text.
    pub(super) fn read_text(&self, path: &str) -> Result<String, Stop> {
        let bytes = self.read(path, 1 << 17)?;
        String::from_utf8(bytes).map_err(|_| format!("`{path}` is not UTF-8").into())
    }

    /// What is said when the system does not let a file be read.
    pub(super) fn unreadable(&self, path: &str) -> impl FnOnce(io::Error) -> Stop {
        let path = self.root.join(path);
        move |source| Stop::unreadable(&path)(source)
    }
}

fn walk(root: &Path, prefix: &str, depth: usize, files: &mut BTreeSet<String>) -> Result<(), Stop> {
    let depth = depth.checked_sub(1).ok_or("folders are nested too deep")?;
    let folder = root.join(prefix);
    let mut empty = true;
    for entry in std::fs::read_dir(&folder).map_err(Stop::unreadable(&folder))? {
        let entry = entry.map_err(Stop::unreadable(&folder))?;
        empty = false;
        let name = entry.file_name();
        let name = name.to_str().ok_or("a file's name is not UTF-8")?;
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(Stop::unreadable(&entry.path()))?;
        if kind.is_dir() {
            walk(root, &format!("{path}/"), depth, files)?;
        } else if !kind.is_file() || !is_path(&path) {
            return Err(format!("`{path}` is not a plain file").into());
        } else if files.len() >= MAX_FILES {
            return Err(format!("more than {MAX_FILES} files").into());
        } else {
            files.insert(path);
        }
    }
    // Whoever deletes the disclosures may leave their folder.
    if empty && prefix != DISCLOSURES {
        return Err(format!("folder `{prefix}` is empty").into());
    }
    Ok(())
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
    pub(super) fn read_sums(folder: &'a Folder) -> Result<Self, Stop> {
        let bytes = folder.read(SUMS, MAX_DOCUMENT)?;
        let sums = Sums::parse(&bytes).map_err(|e| format!("`{SUMS}`: {e}"))?;
        for path in &folder.files {
            let uncovered = UNCOVERED.contains(&path.as_str()) || review(path).is_some();
            if !sums.0.contains_key(path) && !uncovered {
                return Err(format!("`{path}` is not listed in `{SUMS}`").into());
            }
        }
        for path in sums.0.keys() {
            if !folder.has(path) {
                return Err(format!("`{path}` is listed in `{SUMS}` and missing").into());
            }
            let folder = path.split('/').next().filter(|folder| folder.len() < path.len());
            let has_place = [POLICY, RECORDS, POPULATION].map(|f| f.trim_end_matches('/'));
            let in_folder = folder.is_some_and(|folder| has_place.contains(&folder));
            if !in_folder
                && ![RUN, DATASETS, INTENT, VERIFY, VERIFY_PY].contains(&path.as_str())
                && !is_tiles(path)
            {
                return Err(format!("`{path}` is no file of a pack").into());
            }
        }
        for path in [RUN, DATASETS, INTENT, VERIFY, VERIFY_PY, MANIFEST] {
            if !sums.0.contains_key(path) {
                return Err(format!("`{path}` is missing").into());
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

    /// Reads a listed document. It is held against its digest each time: what is used is what was
    /// checked, whatever happens to the file in between.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, Stop> {
        let listed = self.listed(path)?;
        let bytes = self.folder.read(path, MAX_DOCUMENT)?;
        same(path, sha256(&bytes), listed).map(|()| bytes)
    }

    pub(super) fn open(&self, path: &str) -> Result<File, Stop> {
        self.folder.open(path)
    }

    pub(super) fn unreadable(&self, path: &str) -> impl FnOnce(io::Error) -> Stop {
        self.folder.unreadable(path)
    }

    /// Holds every listed file but the chunks against its digest, none of them whole in memory. The
    /// chunks are held against theirs when their lines are read.
    pub(super) fn check_all(&self) -> Result<(), Stop> {
        let chunk = |path: &str| path.starts_with("records/") || path.starts_with("population/");
        let others = self.sums.0.iter().filter(|(path, _)| !chunk(path));
        others.into_iter().try_for_each(|(path, listed)| same(path, self.hash(path)?, listed))
    }

    fn hash(&self, path: &str) -> Result<Digest, Stop> {
        let mut left = if path.starts_with(TILES) { MAX_CHUNK } else { MAX_DOCUMENT };
        let mut file = self.folder.open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match file.read(&mut buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(self.folder.unreadable(path))?,
            };
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return Ok(Digest(hash.finalize().into()));
            };
            let more = u64::try_from(read).ok().and_then(|read| left.checked_sub(read));
            left = more.ok_or_else(|| format!("`{path}` is too large"))?;
            hash.update(bytes);
        }
    }

    pub(super) fn listed(&self, path: &str) -> Result<&Digest, Stop> {
        self.sums.0.get(path).ok_or_else(|| format!("`{path}` is missing").into())
    }
}

pub(super) fn same(path: &str, found: Digest, listed: &Digest) -> Result<(), Stop> {
    if found == *listed {
        Ok(())
    } else {
        Err(format!("`{path}` is not the file that was sealed: its digest differs").into())
    }
}
