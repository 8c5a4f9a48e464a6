//! Log proofs of <https://c2sp.org/tlog-proof>, without extra data.

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::encoding::{base64, digest_from_base64};
use crate::log::{self, LogEntries};
use crate::merkle::{inclusion_proof, leaf_hash, verify_inclusion};
use crate::note::Note;
use std::fmt;
use tieout_controls::{Count, Digest};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2⁶³ leaves has proofs of that many hashes.
const MAX_HASHES: usize = 63;

/// That an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// The entry's index, from 0.
    pub index: Count,
    /// The inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Digest>,
    /// The signed note with the checkpoint, as the log wrote it.
    pub checkpoint: String,
}

/// A proof that can't be read, or that proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not a log proof.
    #[error("not a log proof: {0}")]
    Syntax(&'static str),
    /// The checkpoint in it can't be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The hashes don't lead from the entry to the checkpoint's root.
    #[error("the entry is not in the log at that index")]
    NotIncluded,
}

impl LogProof {
    /// Reads a proof. Extra data are refused: nothing vouches for them.
    ///
    /// # Errors
    /// [`ProofError::Syntax`].
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(ProofError::Syntax("no empty line"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(ProofError::Syntax("another first line"));
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = Count(index.ok_or(ProofError::Syntax("no index in the second line"))?);
        let hashes: Option<Vec<_>> = lines.map(digest_from_base64).collect();
        let hashes = hashes.ok_or(ProofError::Syntax("a hash is not base64 of 32 bytes"))?;
        if hashes.len() > MAX_HASHES {
            return Err(ProofError::Syntax("more than 63 hashes"));
        }
        Ok(Self { index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// The proof that a log has its entry of that index, under the log's head; `None` when it has no such
    /// entry.
    pub fn of(log: &LogEntries, index: Count) -> Option<Self> {
        Self::under(&log.note, &log::leaves(&log.entries), index)
    }

    /// The same of leaves that were hashed before, under the note of their head.
    pub(crate) fn under(note: &str, leaves: &[Digest], index: Count) -> Option<Self> {
        let hashes = inclusion_proof(leaves, usize::try_from(index.0).ok()?)?;
        Some(Self { index, hashes, checkpoint: note.to_owned() })
    }

    /// Whether the proof leads from the entry to the root of its own checkpoint. That says
    /// nothing until the checkpoint's signature is verified.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn includes(&self, entry: &[u8]) -> Result<Checkpoint, ProofError> {
        let note = Note::parse(&self.checkpoint).map_err(CheckpointError::from)?;
        let head = Checkpoint::of(&note)?;
        let leaf = leaf_hash(entry);
        if verify_inclusion(&leaf, self.index.0, head.size.0, &self.hashes, &head.root) {
            Ok(head)
        } else {
            Err(ProofError::NotIncluded)
        }
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER}\nindex {}\n", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", base64(&hash.0)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_about_form() {
        let hash = base64(&[7; 32]);
        let text = format!("{HEADER}\nindex 10\n{hash}\n\norigin\n");
        let proof = LogProof::parse(&text).unwrap();
        assert_eq!(proof.to_string(), text);
        for wrong in [
            text.replace("@v1", "@v2"),
            text.replace("index 10", "index 010"),
            text.replace("index 10\n", "extra AAAA\nindex 10\n"),
            text.replace(&hash, hash.trim_end_matches('=')),
            text.replace(&hash, &format!("{hash}\n").repeat(64)),
            text.replace("\n\n", "\n"),
        ] {
            assert!(matches!(LogProof::parse(&wrong), Err(ProofError::Syntax(_))), "{wrong:?}");
        }
    }
}
