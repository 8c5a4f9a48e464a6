//! The partial folder of a pack: files are written into it, hashed on the way, and made durable.

use super::SealError;
use crate::claims::TreeHead;
use crate::files::{Files, Folder, Out};
use crate::layout::{CHUNK_LINES, chunk, tiles};
use crate::merkle::Tree;
use crate::sums::Sums;
use crate::tiles::{ChunkTree, has_tiles};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;

/// A partial folder.
pub(super) struct Stage<'a> {
    files: &'a dyn Files,
    root: PathBuf,
    /// The folders, each held open until it is durable which names it has.
    folders: BTreeMap<PathBuf, Option<Box<dyn Folder>>>,
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
        let mut stage =
            Self { files, root: root.clone(), folders: BTreeMap::new(), sums: Sums::default() };
        stage.make(&root)?;
        Ok(stage)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes a folder in it, and those above.
    pub(super) fn folder(&mut self, path: &Path) -> Result<(), SealError> {
        if self.folders.contains_key(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        self.make(path)
    }

    /// Makes a folder in a folder of it, in which nothing is put yet: who does will sync it.
    pub(super) fn empty_folder(&self, path: &Path) -> Result<(), SealError> {
        self.files.make_folder(path).map_err(SealError::io(path))
    }

    fn make(&mut self, path: &Path) -> Result<(), SealError> {
        self.empty_folder(path)?;
        let held = self.files.open_folder(path).map_err(SealError::io(path))?;
        self.folders.insert(path.to_owned(), Some(held));
        Ok(())
    }

    /// Makes the folders durable that are below that one and are not above that path in it. When
    /// paths come in their order, nothing is put in them any more, and a process may have a limit
    /// of open folders.
    pub(super) fn leave(&mut self, below: &str, path: &str) -> Result<(), SealError> {
        let below = self.root.join(below);
        let path = below.join(path);
        for (folder, held) in self.folders.iter_mut().rev() {
            if folder.starts_with(&below) && *folder != below && !path.starts_with(folder) {
                sync(folder, held)?;
            }
        }
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

    /// Makes durable which files the folders have, the inner before the outer.
    pub(super) fn sync_folders(&mut self) -> Result<(), SealError> {
        self.folders.iter_mut().rev().try_for_each(|(folder, held)| sync(folder, held))
    }
}

/// Makes a folder durable that is not yet so, and lets it go.
fn sync(path: &Path, held: &mut Option<Box<dyn Folder>>) -> Result<(), SealError> {
    held.take().map_or(Ok(()), |held| held.sync()).map_err(SealError::io(path))
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

/// Lines in files of 65,536, with the tree over them and its tiles.
pub(super) struct Chunks {
    folder: &'static str,
    file: Option<StagedFile>,
    chunk: ChunkTree,
    /// Over the roots of the chunks.
    tree: Tree,
    size: u64,
    tiles: Option<[StagedFile; 2]>,
    /// The hashes of the first chunk, until it is known whether there is a second.
    held: [Vec<Digest>; 2],
}

impl Chunks {
    pub(super) fn new(folder: &'static str) -> Self {
        let (chunk, tree) = (ChunkTree::default(), Tree::default());
        Self { folder, file: None, chunk, tree, size: 0, tiles: None, held: Default::default() }
    }

    /// The number of lines.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a line.
    pub(super) fn line(&mut self, stage: &mut Stage<'_>, line: &str) -> Result<(), SealError> {
        if self.size.is_multiple_of(CHUNK_LINES) {
            self.end_chunk(stage)?;
            if self.size == CHUNK_LINES {
                let file = |level| stage.create(&tiles(self.folder, level));
                let [first, second] = [1, 2].map(file);
                self.tiles = Some([first?, second?]);
            }
            let path = chunk(self.folder, self.size / CHUNK_LINES);
            self.file = Some(stage.create(&path)?);
        }
        self.chunk.push(&[line.as_bytes()]);
        self.size = self.size.saturating_add(1);
        write_line(self.file.as_mut(), stage, line)
    }

    /// Makes the last chunk durable, and its hashes known.
    fn end_chunk(&mut self, stage: &mut Stage<'_>) -> Result<(), SealError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        stage.close(file, Cover::Covered)?;
        let tree = std::mem::take(&mut self.chunk);
        let root = tree.root();
        self.tree.push_hash(root);
        let [blocks, roots] = &mut self.held;
        blocks.extend(tree.into_blocks());
        roots.push(root);
        if has_tiles(self.size) {
            self.write_tiles(stage)?;
        }
        Ok(())
    }

    fn write_tiles(&mut self, stage: &Stage<'_>) -> Result<(), SealError> {
        let tiles = self.tiles.iter_mut().flatten();
        for (file, hashes) in tiles.zip(&mut self.held) {
            let bytes: Vec<u8> = hashes.drain(..).flat_map(|hash| hash.0).collect();
            let written = file.write_all(&bytes);
            written.map_err(|e| SealError::io(&stage.root.join(&file.path))(e))?;
        }
        Ok(())
    }

    /// Makes everything durable; gives the tree's head.
    pub(super) fn close(mut self, stage: &mut Stage<'_>) -> Result<TreeHead, SealError> {
        self.end_chunk(stage)?;
        for file in self.tiles.into_iter().flatten() {
            stage.close(file, Cover::Covered)?;
        }
        Ok(TreeHead::new(self.size, self.tree.root()))
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
