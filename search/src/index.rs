//! The index: a cache of verified packs, rebuilt from log and packs.
//!
//! A document is a line of `records/`, an evaluated record of the population, or a control's
//! result. Each is kept as it stands in the pack but for its personal fields, which are neither
//! found nor copied, so that erasing them from where they are erases them.
//!
//! The folder holds one generation of tantivy's files and `index.json`, which names it. A rebuild
//! writes the next generation beside the old one and then replaces `index.json`: a reader sees the
//! old index or the new one, and a rebuild that is cut off leaves the old one in place.

mod answer;
mod build;
mod manifest;
mod set;
mod terms;
mod tokens;

use crate::query::{Leaf, Query, QueryError};
use answer::Answering;
use manifest::{Manifest, Stored};
use std::path::Path;
use tantivy::schema::{Field, Value as _};
use tantivy::{DocAddress, Searcher, TantivyDocument};
use tieout_controls::Digest;
use tieout_evidence::verify::VerifiedPack;

/// An index on disk.
pub struct Index {
    searcher: Searcher,
    fields: Fields,
    manifest: Manifest,
}

/// An index that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct IndexError(pub String);

impl From<serde_json::Error> for IndexError {
    fn from(error: serde_json::Error) -> Self {
        failed(error)
    }
}

/// A query that can't be answered.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// It names a personal column, or one (`key.NAME` or `value.NAME`) that neither a schema
    /// profile nor any document has.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The index can't be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// The answer to a query.
#[derive(Debug, Clone)]
pub struct Hits {
    /// All hits, counted.
    pub total: u64,
    /// The hits up to the limit: by log index; within a pack the results in the run's order, then
    /// the records, the refused rows and the population, each by its number.
    pub hits: Vec<Hit>,
    /// What the reader should know, such as tokens that were not indexed.
    pub notes: Vec<String>,
}

/// One hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The pack's index in the log.
    pub log_index: u64,
    /// The pack.
    pub pack: Digest,
    /// `record` (of `records/`), `population` (of the population tree), `result` or `refused`.
    pub kind: String,
    /// Its number among its kind in the pack, from 0.
    pub number: u64,
    /// The control, where it has one.
    pub control: Option<String>,
    /// `violates`, `conforms`, …, or the outcome's word.
    pub decision: Option<String>,
    /// The document as it stands in the pack, without its personal fields.
    pub document: serde_json::Value,
}

/// The fields of the schema; see [`build`] for what is in them.
#[derive(Debug, Clone, Copy)]
struct Fields {
    words: Field,
    exact: Field,
    order: Field,
    ordinal: Field,
    stored: Field,
}

impl Index {
    /// Makes the index of exactly these packs, beside and renamed.
    ///
    /// # Errors
    /// When it can't be written, or two packs have the same log index.
    pub fn rebuild(folder: &Path, packs: &[VerifiedPack]) -> Result<Self, IndexError> {
        build::rebuild(folder, packs)?;
        Self::open(folder)
    }

    /// Opens an index. Its files' checksums are compared: an index that lost a bit would answer
    /// "no hits" with a straight face.
    ///
    /// # Errors
    /// When there is none, or it can't be read, is damaged, or was made by another version of the
    /// analysers; it then has to be rebuilt.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let (index, manifest) = manifest::open(folder)?;
        let fields = build::fields(&index.schema()).map_err(failed)?;
        let searcher = index.reader().map_err(failed)?.searcher();
        if searcher.num_docs() != manifest.documents.0 {
            let (has, says) = (searcher.num_docs(), manifest.documents);
            return Err(IndexError(format!(
                "the index has {has} documents where it says {says}: rebuild it"
            )));
        }
        if searcher.segment_readers().len() > 1 {
            return Err(IndexError("the index has several segments: rebuild it".to_owned()));
        }
        Ok(Self { searcher, fields, manifest })
    }

    /// The packs in it: log index and digest, by log index. What differs from the log's packs
    /// means that the index has to be rebuilt.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn packs(&self) -> Result<Vec<(u64, Digest)>, IndexError> {
        Ok(self.manifest.packs.iter().map(|pack| (pack.log_index.0, pack.digest)).collect())
    }

    /// Answers a query with all hits counted and at most `limit` of them returned.
    ///
    /// # Errors
    /// See [`SearchError`].
    pub fn search(&self, query: &Query, limit: usize) -> Result<Hits, SearchError> {
        let mut notes = self.manifest.notes();
        notes.extend(self.manifest.check_columns(query)?);
        notes.extend(punctuation_notes(query));
        let answering = self.answering();
        let found = answering.node(&query.root)?;
        let total = found.count();
        if total == 0 {
            notes.extend(absent_terms(query, answering)?);
        }
        let first = found.iter().take(limit);
        let hits =
            first.map(|ordinal| self.hit(DocAddress::new(0, ordinal))).collect::<Result<_, _>>()?;
        Ok(Hits { total, hits, notes })
    }

    fn answering(&self) -> Answering<'_> {
        Answering { searcher: &self.searcher, fields: self.fields }
    }

    fn hit(&self, address: DocAddress) -> Result<Hit, IndexError> {
        let document: TantivyDocument = self.searcher.doc(address).map_err(failed)?;
        let bytes = document.get_first(self.fields.stored).and_then(|value| value.as_bytes());
        let stored: Stored = serde_json::from_slice(bytes.unwrap_or_default()).map_err(failed)?;
        let pack = self.manifest.digest(stored.log_index)?;
        Ok(Hit {
            log_index: stored.log_index.0,
            pack,
            kind: stored.kind,
            number: stored.number.0,
            control: stored.control,
            decision: stored.decision,
            document: stored.document,
        })
    }
}

/// The conditions that no document meets by itself, so that an empty answer explains itself.
fn absent_terms(query: &Query, answering: Answering<'_>) -> Result<Vec<String>, IndexError> {
    const SHOWN: usize = 20;
    let mut notes = Vec::new();
    for leaf in query.root.leaves().into_iter().take(SHOWN) {
        let note = format!("no document has `{leaf}`");
        if answering.leaf(leaf)?.count() == 0 && !notes.contains(&note) {
            notes.push(note);
        }
    }
    Ok(notes)
}

/// Quotation marks make a wildcard an ordinary character; whoever typed it may think otherwise.
fn punctuation_notes(query: &Query) -> Vec<String> {
    let mut notes = Vec::new();
    for leaf in query.root.leaves() {
        let (Leaf::Text(text) | Leaf::Contains { text, .. } | Leaf::Is { text, .. }) = leaf else {
            continue;
        };
        if text.contains(['*', '?', '~']) {
            notes.push(format!(
                "`{leaf}` has no wildcards: in quotation marks `*`, `?` and `~` are ordinary \
                 punctuation"
            ));
        }
    }
    notes
}

fn failed(error: impl std::fmt::Display) -> IndexError {
    IndexError(format!("the index can't be used: {error}"))
}

#[cfg(test)]
mod tests;
