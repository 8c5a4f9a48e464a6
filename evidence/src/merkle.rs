//! Merkle trees of RFC 6962, section 2.1, over SHA-256.
//!
//! A leaf hashes as `SHA-256(0x00 ‖ data)`, a node as `SHA-256(0x01 ‖ left ‖ right)`, so that no
//! node can pass for a leaf, and a tree never repeats its last leaf to fill up. Proofs are
//! verified as RFC 9162, sections 2.1.3.2 and 2.1.4.2, say.

use crate::sha::Midstate;
use tieout_controls::Digest;

/// The hash of a leaf with that data.
pub fn leaf_hash(data: &[u8]) -> Digest {
    Midstate::NEW.finish(&[0], data)
}

/// The hash of the node over two subtrees.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut both = [0; 64];
    for (to, from) in both.as_chunks_mut::<32>().0.iter_mut().zip([left, right]) {
        *to = from.0;
    }
    Midstate::NEW.finish(&[1], &both)
}

/// A tree that grows leaf by leaf and keeps one hash a level.
///
/// ```
/// use tieout_evidence::merkle::{Tree, leaf_hash, node_hash};
/// let mut tree = Tree::default();
/// tree.push(b"a");
/// tree.push(b"b");
/// assert_eq!(tree.root(), node_hash(&leaf_hash(b"a"), &leaf_hash(b"b")));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The roots of the complete subtrees, the largest first: one for each bit set in `size`.
    subtrees: Vec<Digest>,
    size: u64,
}

impl Tree {
    /// Adds a leaf with that data.
    pub fn push(&mut self, data: &[u8]) {
        self.push_hash(leaf_hash(data));
    }

    /// Adds a leaf whose hash is known.
    pub fn push_hash(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.subtrees.pop() else { break };
            hash = node_hash(&left, &hash);
        }
        self.subtrees.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root: of the empty tree the SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let subtrees = self.subtrees.iter().rev().copied();
        let joined = subtrees.reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(|| Midstate::NEW.finish(&[], &[]))
    }
}

/// The root over leaves whose hashes are known.
pub fn root(leaves: &[Digest]) -> Digest {
    let mut tree = Tree::default();
    leaves.iter().for_each(|leaf| tree.push_hash(*leaf));
    tree.root()
}

/// The leaves in two: the largest power of two smaller than their number, and the rest.
fn split(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    let last = leaves.len().checked_sub(1).filter(|last| *last > 0)?;
    leaves.split_at_checked(1 << last.ilog2())
}

/// The hashes that prove the leaf of that index in the tree over `leaves`, from the leaf's
/// sibling up (RFC 6962, section 2.1.1); `None` when there is no such leaf.
pub fn inclusion_proof(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    let Some((left, right)) = split(leaves) else { return (index < leaves.len()).then(Vec::new) };
    let mut proof;
    if index < left.len() {
        proof = inclusion_proof(left, index)?;
        proof.push(root(right));
    } else {
        proof = inclusion_proof(right, index - left.len())?;
        proof.push(root(left));
    }
    Some(proof)
}

/// The hashes that prove that the tree over `leaves` continues the tree over the first `old` of
/// them (RFC 6962, section 2.1.2); `None` unless 0 < `old` ≤ their number.
pub fn consistency_proof(leaves: &[Digest], old: usize) -> Option<Vec<Digest>> {
    (old > 0 && old <= leaves.len()).then(|| subproof(leaves, old, true))
}

fn subproof(leaves: &[Digest], old: usize, known: bool) -> Vec<Digest> {
    let halves = if old == leaves.len() { None } else { split(leaves) };
    let Some((left, right)) = halves else {
        return if known { Vec::new() } else { vec![root(leaves)] };
    };
    let (mut proof, other) = if old <= left.len() {
        (subproof(left, old, known), right)
    } else {
        (subproof(right, old - left.len(), false), left)
    };
    proof.push(root(other));
    proof
}

/// Whether the hashes prove that the tree of that size and root has the leaf at that index.
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the hashes prove that the tree of size `new` and root `new_root` continues the one of
/// size `old` and root `old_root`. Anything continues the empty tree, with an empty proof.
pub fn verify_consistency(
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> bool {
    if old == 0 {
        return proof.is_empty() && *old_root == Tree::default().root();
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old > new {
        return false;
    }
    let mut steps = proof.iter();
    // The old tree is itself a complete subtree of the new one: its root begins the walk.
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let shift = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}
