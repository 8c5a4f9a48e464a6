//! Proofs of what packs have in the log, under one head of it.

use super::SealError;
use crate::encoding::sha256;
use crate::files::if_there;
use crate::log::{self, LogEntries};
use crate::proof::LogProof;
use std::collections::BTreeMap;
use std::path::Path;
use tieout_controls::{Count, Digest};

/// The proof of each entry of a log, by what it is the digest of.
pub(super) struct Prover<'a> {
    log: &'a LogEntries,
    leaves: Vec<Digest>,
    indices: BTreeMap<&'a Digest, Count>,
}

impl<'a> Prover<'a> {
    pub(super) fn of(log: &'a LogEntries) -> Self {
        let mut indices = BTreeMap::new();
        for (index, entry) in log.entries.iter().enumerate() {
            indices.entry(entry).or_insert(Count::of(index));
        }
        Self { log, leaves: log::leaves(&log.entries), indices }
    }

    /// The proof of a file of a pack; `None` where the pack has no such file, or the log no such entry.
    pub(super) fn proof(&self, pack: &Path, name: &str) -> Result<Option<LogProof>, SealError> {
        let path = pack.join(name);
        let bytes = if_there(std::fs::read(&path)).map_err(SealError::unread(&path))?;
        let index = bytes.and_then(|bytes| self.indices.get(&sha256(&bytes)).copied());
        Ok(index.and_then(|index| LogProof::under(&self.log.note, &self.leaves, index)))
    }
}
