//! The index: a cache of verified packs, rebuilt from log and packs.
//!
//! A document is a line of `records/`, an evaluated record of the population, or a control's
//! result. Each is kept as it stands in the pack but for its personal fields, which are neither
//! found nor copied, so that erasing them from where they are erases them.
//!
//! The folder holds one generation of tantivy's files and `index.json`, which names it and bears
//! its maker's mark. A rebuild writes the next generation beside the old one and then replaces
//! `index.json`: a reader sees the old index or the new one, and a rebuild that is cut off leaves
//! the old one in place.
//!
//! An index on disk is read only where its maker's mark holds and it was made of just these packs;
//! whoever trusts neither makes one [in memory](Index::in_memory).

mod answer;
mod build;
mod folder;
mod manifest;
mod set;
mod terms;
mod tokens;

use crate::query::{Leaf, Query, QueryError};
use answer::Answering;
use manifest::{Manifest, Stored};
use std::fs::File;
use std::path::{Path, PathBuf};
use tantivy::schema::{Field, Value as _};
use tantivy::{DocAddress, Searcher, TantivyDocument};
use tieout_controls::Digest;
use tieout_evidence::verify::{Anchor, Verdict, VerifiedPack};

/// An index that is open.
pub struct Index {
    searcher: Searcher,
    fields: Fields,
    manifest: Manifest,
}

/// What is indexed.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// The packs, each with its verdict under the anchor: valid or indeterminate.
    pub packs: Vec<(VerifiedPack, Verdict)>,
    /// The keys under which they were verified.
    pub anchor: Anchor,
    /// Why nothing may be concluded from what is not found in them, a sentence each: a pack that
    /// was left out, an entry of the log without its pack.
    pub reservations: Vec<String>,
    /// What else a reader should know.
    pub notes: Vec<String>,
}

/// By whom an index on disk was made, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The key of the maker's mark, from outside the index's folder.
    pub key: &'a [u8; 32],
    /// A text that differs whenever packs, log or anchor do.
    pub state: &'a str,
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
    /// Why nothing may be concluded from the answer: packs that were left out, that nobody vouches
    /// for, or that the log has and that are not there. Empty is as it should be.
    pub reservations: Vec<String>,
    /// What else the reader should know, such as tokens that were not indexed.
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

/// The folder of an index, which nobody else writes or opens as long as this value lives.
pub struct Locked {
    folder: PathBuf,
    _lock: File,
}

impl Locked {
    /// Locks the folder, which is made where there is none; `None` while another process has it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn take(folder: &Path) -> Result<Option<Self>, IndexError> {
        let lock = folder::lock_exclusive(folder)?;
        Ok(lock.map(|lock| Self { folder: folder.to_owned(), _lock: lock }))
    }

    /// As [`Index::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, made: Made<'_>) -> Result<Index, IndexError> {
        open(&self.folder, made)
    }

    /// Makes the index anew, beside and renamed, of exactly these contents.
    ///
    /// # Errors
    /// It can't be written, or two packs have the same log index.
    pub fn rebuild(&self, made: Made<'_>, contents: &Contents) -> Result<Index, IndexError> {
        let generation = folder::next_generation(&self.folder)?;
        let written = build::builder()
            .create_in_dir(&generation)
            .map_err(failed)
            .and_then(|index| build::fill(&index, contents, made.state))
            .map_err(|e| folder::at(&generation, e))
            .and_then(|_| folder::put_in_use(&self.folder, &generation, made.key));
        if written.is_err() {
            // What could not be finished is of no use; that it can't be removed is no news.
            let _ = std::fs::remove_dir_all(&generation);
        }
        written?;
        self.open(made)
    }
}

/// Opens the generation in use. The folder is locked.
fn open(folder: &Path, made: Made<'_>) -> Result<Index, IndexError> {
    let generation = folder::in_use(folder, made.key)?;
    let index = tantivy::Index::open_in_dir(generation).map_err(failed)?;
    let payload = index.load_metas().map_err(failed)?.payload.unwrap_or_default();
    let manifest = Manifest::read(&payload)?;
    if manifest.state != made.state {
        return Err(IndexError("the index is of other packs or keys: rebuild it".to_owned()));
    }
    Index::of(&index, manifest)
}

impl Index {
    /// Makes an index that nobody else can reach, and that is gone with this value.
    ///
    /// # Errors
    /// When two packs have the same log index.
    pub fn in_memory(contents: &Contents) -> Result<Self, IndexError> {
        let index = build::builder().create_in_ram().map_err(failed)?;
        let manifest = build::fill(&index, contents, "")?;
        Self::of(&index, manifest)
    }

    /// Opens an index on disk.
    ///
    /// # Errors
    /// When there is none or it is being made; when it does not bear its maker's mark, be it that
    /// it lost a bit or that another wrote it: it would answer "no hits" with a straight face; and
    /// when it was made of other packs or by another version. It then has to be rebuilt.
    pub fn open(folder: &Path, made: Made<'_>) -> Result<Self, IndexError> {
        match folder::lock_shared(folder)? {
            Some(_lock) => open(folder, made),
            None => Err(IndexError("the index is being made".to_owned())),
        }
    }

    fn of(index: &tantivy::Index, manifest: Manifest) -> Result<Self, IndexError> {
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

    /// The packs in it: log index and digest, by log index.
    pub fn packs(&self) -> Vec<(u64, Digest)> {
        self.manifest.packs.iter().map(|pack| (pack.log_index.0, pack.digest)).collect()
    }

    /// Why nothing may be concluded from any answer; see [`Hits::reservations`].
    pub fn reservations(&self) -> Vec<String> {
        self.manifest.reservations()
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
        Ok(Hits { total, hits, reservations: self.reservations(), notes })
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
