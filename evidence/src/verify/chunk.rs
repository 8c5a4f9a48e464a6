//! The chunks of a tree: each is read once, for its digest, its hashes and its lines.

use super::folder::{Covered, same};
use super::stop::Stop;
use crate::claims::{HASHING, TreeHead};
use crate::layout::{CHUNK_LINES, MAX_CHUNK, MAX_LINE, chunk, tiles};
use crate::merkle::Tree;
use crate::tiles::{ChunkTree, has_tiles};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read};
use tieout_controls::Digest;

/// A chunk that has its digest.
pub(super) struct Chunk {
    pub(super) lines: u64,
    root: Digest,
    blocks: Vec<Digest>,
}

/// Bytes that are read at once: still in the cache when they are hashed a second time, for the tree.
const READ: usize = 1 << 16;

/// Reads the chunk of that number and calls `each` with every line, until it fails.
///
/// The chunk is held against its digest: what was made of the lines must not be used before this
/// succeeds, and what `each` said counts only then. It comes back beside the chunk.
pub(super) fn read(
    covered: &Covered<'_>,
    name: &str,
    number: u64,
    mut each: impl FnMut(&[u8]) -> Result<(), Stop>,
) -> Result<(Chunk, Result<(), Stop>), Stop> {
    let path = chunk(name, number);
    let listed = covered.listed(&path)?;
    let mut file = covered.open(&path)?;
    let (mut hash, mut tree) = (Sha256::new(), ChunkTree::default());
    let mut buffer = vec![0; READ];
    // What is left of a line that goes on in the next bytes is at the buffer's front.
    let (mut held, mut total, mut number, mut said) = (0_usize, 0_u64, 0_u64, Ok(()));
    loop {
        if held.saturating_add(READ / 2) > buffer.len() {
            buffer.resize(buffer.len().saturating_mul(2), 0);
        }
        let free = buffer.get_mut(held..).unwrap_or_default();
        let read = match file.read(free) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(covered.unreadable(&path))?,
        };
        total = total.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if total > MAX_CHUNK {
            return Err(format!("`{path}` is too large").into());
        }
        hash.update(free.get(..read).unwrap_or_default());
        let end = held.saturating_add(read);
        if said.is_err() {
            held = 0;
        } else {
            let bytes = buffer.get(..end).unwrap_or_default();
            let (mut start, mut lines) = (0, Vec::new());
            for at in memchr::memchr_iter(b'\n', bytes.get(held..).unwrap_or_default()) {
                let newline = held.saturating_add(at);
                let line = bytes.get(start..newline).unwrap_or_default();
                let own = number.saturating_add(1);
                said = short(line).and_then(|()| {
                    number = own;
                    lines.push(line);
                    each(line)
                });
                start = newline.saturating_add(1);
                if said.is_err() {
                    said = said.map_err(|e| e.at(|| place(&path, own)));
                    break;
                }
            }
            tree.push(&lines);
            let left = end.saturating_sub(start);
            buffer.copy_within(start..end, 0);
            held = left;
            if said.is_ok() && (left > MAX_LINE || (read == 0 && left > 0)) {
                let number = number.saturating_add(1);
                said = Err(Stop::from(LONG).at(|| place(&path, number)));
            }
        }
        if read == 0 {
            break;
        }
    }
    same(&path, Digest(hash.finalize().into()), listed)?;
    let root = tree.root();
    Ok((Chunk { lines: number, root, blocks: tree.into_blocks() }, said))
}

const LONG: &str = "longer than 1 MiB, or without a newline";

fn short(line: &[u8]) -> Result<(), Stop> {
    if line.len() < MAX_LINE { Ok(()) } else { Err(LONG.into()) }
}

/// A line of a file, from 1.
fn place(path: &str, line: u64) -> String {
    format!("`{path}`, line {line}")
}

/// The place of a tree's line of that index.
pub(super) fn place_of(name: &str, index: u64) -> String {
    place(&chunk(name, index / CHUNK_LINES), (index % CHUNK_LINES).saturating_add(1))
}

/// A tree that is put together from its chunks, in their order.
pub(super) struct Chunks<'a> {
    covered: &'a Covered<'a>,
    name: &'static str,
    head: &'a TreeHead,
    tree: Tree,
    size: u64,
    tiles: [Option<BufReader<File>>; 2],
}

impl<'a> Chunks<'a> {
    /// Begins with a tree of which all files are there.
    pub(super) fn begin(
        covered: &'a Covered<'a>,
        name: &'static str,
        head: &'a TreeHead,
    ) -> Result<Self, Stop> {
        if head.hashing != HASHING {
            return Err(format!("`{name}` is hashed in a way that is not known").into());
        }
        let number = head.tree_size.0.div_ceil(CHUNK_LINES);
        if u64::try_from(covered.below(&format!("{name}/")).count()) != Ok(number) {
            return Err(format!("`{name}` does not have {number} files").into());
        }
        let has = has_tiles(head.tree_size.0);
        let tile = |level| -> Result<_, Stop> {
            let path = tiles(name, level);
            match (has, covered.listed(&path)) {
                (true, _) => Ok(Some(BufReader::new(covered.open(&path)?))),
                (false, Ok(_)) => Err(format!("`{path}` is there, of a tree that has none").into()),
                (false, Err(_)) => Ok(None),
            }
        };
        let tiles = [tile(1)?, tile(2)?];
        Ok(Self { covered, name, head, tree: Tree::default(), size: 0, tiles })
    }

    /// The number of lines.
    pub(super) fn size(&self) -> u64 {
        self.head.tree_size.0
    }

    /// The number of chunks.
    pub(super) fn number(&self) -> u64 {
        self.size().div_ceil(CHUNK_LINES)
    }

    /// Adds the next chunk.
    pub(super) fn add(&mut self, chunk: &Chunk) -> Result<(), Stop> {
        let path = || crate::layout::chunk(self.name, self.tree.size());
        self.size = self.size.saturating_add(chunk.lines);
        let left = self.head.tree_size.0.saturating_sub(self.size);
        if chunk.lines == 0 || (chunk.lines != CHUNK_LINES && left > 0) {
            return Err(format!("`{}` does not have {CHUNK_LINES} lines", path()).into());
        }
        for (level, hashes) in [(1, chunk.blocks.as_slice()), (2, &[chunk.root])] {
            let Some(file) = level_of(&mut self.tiles, level) else { continue };
            let mut bytes = vec![0; hashes.len().saturating_mul(32)];
            let same = match file.read_exact(&mut bytes) {
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => false,
                read => {
                    read.map_err(self.covered.unreadable(&tiles(self.name, level)))?;
                    hashes.iter().flat_map(|hash| &hash.0).eq(&bytes)
                }
            };
            if !same {
                let tiles = tiles(self.name, level);
                return Err(format!("`{tiles}` does not have the hashes of `{}`", path()).into());
            }
        }
        self.tree.push_hash(chunk.root);
        Ok(())
    }

    /// Holds all chunks against the tree's head.
    pub(super) fn end(mut self) -> Result<(), Stop> {
        for level in [1, 2] {
            let Some(file) = level_of(&mut self.tiles, level) else { continue };
            let path = tiles(self.name, level);
            let read = file.read(&mut [0]).map_err(self.covered.unreadable(&path))?;
            if read > 0 {
                return Err(format!("`{path}` has more hashes than there are").into());
            }
        }
        if self.size == self.head.tree_size.0 && self.tree.root() == self.head.root_hash {
            Ok(())
        } else {
            Err(format!("`{}` does not have the root that the statement says", self.name).into())
        }
    }
}

fn level_of(
    tiles: &mut [Option<BufReader<File>>; 2],
    level: usize,
) -> Option<&mut BufReader<File>> {
    tiles.get_mut(level.saturating_sub(1))?.as_mut()
}
