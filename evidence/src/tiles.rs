//! Tiles: hashes within the trees over records and population, so that one line is proved from its chunk.
//!
//! On level 1 a hash is the root over 256 lines, on level 2 over 65,536, a chunk; the last hash of a level
//! is the root over what is left, if it is fewer. The full ones are those of C2SP tlog-tiles on these
//! levels. As RFC 6962 splits a tree at a power of two, the root over a level's hashes, taken as leaves,
//! is the root of the tree.

use crate::layout::CHUNK_LINES;
use crate::merkle::{Tree, leaf_hash};
use tieout_controls::Digest;

/// Lines below a hash of level 1.
pub(crate) const BLOCK_LINES: u64 = 256;
/// The level of these in the tree.
const BLOCK_LEVEL: u32 = 8;

/// Whether a tree of that many lines has tiles: those of one chunk need none.
pub(crate) fn has_tiles(size: u64) -> bool {
    size > CHUNK_LINES
}

/// The tree over one chunk's lines, and the hashes of level 1 in it.
#[derive(Debug, Default)]
pub(crate) struct ChunkTree {
    tree: Tree,
    blocks: Vec<Digest>,
}

impl ChunkTree {
    pub(crate) fn push(&mut self, line: &[u8]) {
        let blocks = &mut self.blocks;
        self.tree.push_each(leaf_hash(line), |level, root| {
            if level == BLOCK_LEVEL {
                blocks.push(*root);
            }
        });
    }

    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root over the lines: the hash of level 2.
    pub(crate) fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The hashes of level 1.
    pub(crate) fn into_blocks(self) -> Vec<Digest> {
        let rest = self.tree.rest(BLOCK_LEVEL);
        self.blocks.into_iter().chain(rest).collect()
    }
}
