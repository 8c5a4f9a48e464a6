//! Tiles: hashes within the trees over records and population, so that one line is proved from its chunk.
//!
//! On level 1 a hash is the root over 256 lines, on level 2 over 65,536, a chunk; the last hash of a level
//! is the root over what is left, if it is fewer. The full ones are those of C2SP tlog-tiles on these
//! levels. As RFC 6962 splits a tree at a power of two, the root over a level's hashes, taken as leaves,
//! is the root of the tree.

use crate::lanes::{leaf_hashes, node_hashes};
use crate::layout::CHUNK_LINES;
use crate::merkle::{Tree, root};
use tieout_controls::Digest;

/// Lines below a hash of level 1.
pub(crate) const BLOCK_LINES: u64 = 256;

/// Whether a tree of that many lines has tiles: those of one chunk need none.
pub(crate) fn has_tiles(size: u64) -> bool {
    size > CHUNK_LINES
}

/// Lines whose hashes are joined at once: so many that all lanes are full on every level.
const GROUP: usize = 4096;

/// The tree over one chunk's lines, and the hashes of level 1 in it.
#[derive(Debug, Default)]
pub(crate) struct ChunkTree {
    /// The hashes of level 1.
    blocks: Vec<Digest>,
    /// The hashes of the lines behind them: fewer than a group's.
    leaves: Vec<Digest>,
}

impl ChunkTree {
    /// Adds lines, as many as there are.
    pub(crate) fn push(&mut self, mut lines: &[&[u8]]) {
        while !lines.is_empty() {
            let free = GROUP.saturating_sub(self.leaves.len());
            let (now, later) = lines.split_at(lines.len().min(free));
            leaf_hashes(now, &mut self.leaves);
            lines = later;
            if self.leaves.len() == GROUP {
                for _ in 0..BLOCK_LINES.ilog2() {
                    let below = std::mem::take(&mut self.leaves);
                    node_hashes(below.as_chunks().0, &mut self.leaves);
                }
                self.blocks.append(&mut self.leaves);
            }
        }
    }

    /// The root over the lines: the hash of level 2.
    pub(crate) fn root(&self) -> Digest {
        let mut tree = Tree::default();
        self.level_1().for_each(|hash| tree.push_hash(hash));
        tree.root()
    }

    /// The hashes of level 1, the last of what is left.
    fn level_1(&self) -> impl Iterator<Item = Digest> {
        let block = usize::try_from(BLOCK_LINES).unwrap_or(usize::MAX);
        self.blocks.iter().copied().chain(self.leaves.chunks(block).map(root))
    }

    /// The hashes of level 1.
    pub(crate) fn into_blocks(self) -> Vec<Digest> {
        self.level_1().collect()
    }
}
