//! The partial folder of a pack: files are written into it, hashed on the way, and made durable.

use super::SealError;
use crate::files::{Files, Out};
use crate::layout::{CHUNK_LINES, chunk};
use crate::merkle::Tree;
use crate::sums::Sums;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;

/// A partial folder.
pub(super) struct Stage<'a> {
    files: &'a dyn Files,
    root: PathBuf,
    folders: BTreeSet<PathBuf>,
    /// The digests of the covered files.
    pub(super) sums: Sums,
}

/// A file in a partial folder.
pub(super) struct StagedFile {
    out: BufWriter<Box<dyn Out>>,
    hash: Sha256,
    path: String,
}

impl<'a> Stage<'a> {
    /// Makes the folder.
    pub(super) fn new(files: &'a dyn Files, root: PathBuf) -> Result<Self, SealError> {
        files.make_folder(&root).map_err(SealError::io(&root))?;
        let folders = BTreeSet::from([root.clone()]);
        Ok(Self { files, root, folders, sums: Sums::default() })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes a folder in it, and those above.
    pub(super) fn folder(&mut self, path: &Path) -> Result<(), SealError> {
        if self.folders.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        self.files.make_folder(path).map_err(SealError::io(path))?;
        self.folders.insert(path.to_owned());
        Ok(())
    }

    /// Makes a file in it.
    pub(super) fn create(&mut self, path: &str) -> Result<StagedFile, SealError> {
        let full = self.root.join(path);
        if let Some(folder) = full.parent() {
            self.folder(folder)?;
        }
        let out = BufWriter::new(self.files.create(&full).map_err(SealError::io(&full))?);
        Ok(StagedFile { out, hash: Sha256::new(), path: path.to_owned() })
    }

    /// Makes a file durable; its digest goes into the list of covered files if it is covered.
    pub(super) fn close(&mut self, file: StagedFile, covered: Cover) -> Result<Digest, SealError> {
        let StagedFile { mut out, hash, path } = file;
        let synced = out.flush().and_then(|()| out.get_mut().sync());
        synced.map_err(SealError::io(&self.root.join(&path)))?;
        let digest = Digest(hash.finalize().into());
        if covered == Cover::Covered {
            self.sums.0.insert(path, digest);
        }
        Ok(digest)
    }

    /// Writes a whole file.
    pub(super) fn write(
        &mut self,
        path: &str,
        bytes: &[u8],
        covered: Cover,
    ) -> Result<Digest, SealError> {
        let mut file = self.create(path)?;
        file.write_all(bytes).map_err(SealError::io(&self.root.join(path)))?;
        self.close(file, covered)
    }

    /// Makes durable which files the folders have, the inner before the outer, and the folder
    /// itself in the one above it.
    pub(super) fn sync_folders(&self) -> Result<(), SealError> {
        let above = self.root.parent().map(Path::to_owned);
        for folder in self.folders.iter().rev().chain(&above) {
            self.files.sync_folder(folder).map_err(SealError::io(folder))?;
        }
        Ok(())
    }
}

/// Whether a file is in the list of covered files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    Covered,
    Uncovered,
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Lines in files of 65,536, with the tree over them.
pub(super) struct Chunks {
    folder: &'static str,
    file: Option<StagedFile>,
    pub(super) tree: Tree,
}

impl Chunks {
    pub(super) fn new(folder: &'static str) -> Self {
        Self { folder, file: None, tree: Tree::default() }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, stage: &mut Stage<'_>, line: &str) -> Result<(), SealError> {
        if self.tree.size().is_multiple_of(CHUNK_LINES) {
            self.close(stage)?;
            let path = chunk(self.folder, self.tree.size() / CHUNK_LINES);
            self.file = Some(stage.create(&path)?);
        }
        self.tree.push(line.as_bytes());
        write_line(self.file.as_mut(), stage, line)
    }

    /// Makes the last file durable.
    pub(super) fn close(&mut self, stage: &mut Stage<'_>) -> Result<(), SealError> {
        match self.file.take() {
            Some(file) => stage.close(file, Cover::Covered).map(drop),
            None => Ok(()),
        }
    }
}

/// Lines in one file, which is only there if there is a line.
pub(super) struct Lines {
    path: &'static str,
    file: Option<StagedFile>,
}

impl Lines {
    pub(super) fn new(path: &'static str) -> Self {
        Self { path, file: None }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, stage: &mut Stage<'_>, line: &str) -> Result<(), SealError> {
        if self.file.is_none() {
            self.file = Some(stage.create(self.path)?);
        }
        write_line(self.file.as_mut(), stage, line)
    }

    /// Makes the file durable.
    pub(super) fn close(self, stage: &mut Stage<'_>) -> Result<(), SealError> {
        match self.file {
            Some(file) => stage.close(file, Cover::Uncovered).map(drop),
            None => Ok(()),
        }
    }
}

fn write_line(
    file: Option<&mut StagedFile>,
    stage: &Stage<'_>,
    line: &str,
) -> Result<(), SealError> {
    let Some(file) = file else { return Ok(()) };
    let written = file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n"));
    written.map_err(|e| SealError::io(&stage.root.join(&file.path))(e))
}
