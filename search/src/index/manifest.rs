//! What an index says of itself: its packs and under whose keys they were verified, its versions,
//! and what could not be indexed.

use super::folder::other_version;
use super::{Contents, IndexError, failed};
use crate::name::{Column, Scope, is_personal, known_column};
use crate::query::{Query, QueryError, quoted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tieout_controls::{Count, Digest};
use tieout_evidence::verify::Verdict;

/// The version of the schema and the analysers: an index made by another one is rebuilt.
pub(super) const VERSION: &str = "2";
/// How many columns a message names.
const SHOWN: usize = 20;

/// What the index says of itself; the payload of its commit, so that it can't be apart from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`VERSION`] as of making.
    pub(super) version: String,
    /// What the packs were when they were indexed, in the words of who had it made.
    pub(super) state: String,
    /// The operator's key under which the packs were verified.
    pub(super) operator: Option<String>,
    /// The log's key under which the packs were verified.
    pub(super) log: Option<String>,
    /// Why no answer is whole.
    pub(super) reservations: Vec<String>,
    /// What else a reader should know.
    pub(super) notes: Vec<String>,
    /// The packs, by log index.
    pub(super) packs: Vec<Pack>,
    /// All documents.
    pub(super) documents: Count,
    /// The documents that have personal fields.
    pub(super) with_personal: Count,
    /// The evaluated records that the packs no longer disclose.
    pub(super) withheld: Count,
    /// Values that are too long to be found as a whole.
    pub(super) long_values: Count,
    /// Words that are too long to be found.
    pub(super) long_words: Count,
    /// Numbers and amounts that ranges can't find.
    pub(super) odd_numbers: Count,
    /// The columns, by the index's names.
    pub(super) columns: BTreeSet<String>,
}

/// A pack of the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pack {
    pub(super) log_index: Count,
    pub(super) digest: Digest,
    pub(super) vouched: Vouched,
}

/// Who vouches for a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Vouched {
    /// The keys of the manifest.
    Valid,
    /// Nobody outside the pack.
    Indeterminate,
}

/// What is stored of a document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) log_index: Count,
    pub(super) kind: String,
    pub(super) number: Count,
    pub(super) control: Option<String>,
    pub(super) decision: Option<String>,
    pub(super) document: serde_json::Value,
}

impl Manifest {
    /// Of an index without documents.
    pub(super) fn of(contents: &Contents, state: &str) -> Self {
        Self {
            version: VERSION.to_owned(),
            state: state.to_owned(),
            operator: contents.anchor.operator.clone(),
            log: contents.anchor.log.clone(),
            reservations: contents.reservations.clone(),
            notes: contents.notes.clone(),
            packs: Vec::new(),
            documents: Count(0),
            with_personal: Count(0),
            withheld: Count(0),
            long_values: Count(0),
            long_words: Count(0),
            odd_numbers: Count(0),
            columns: BTreeSet::new(),
        }
    }

    /// Reads the payload of a commit.
    pub(super) fn read(payload: &str) -> Result<Self, IndexError> {
        let manifest: Self = serde_json::from_str(payload).map_err(failed)?;
        if manifest.version == VERSION {
            Ok(manifest)
        } else {
            Err(other_version(&manifest.version))
        }
    }

    /// Why nothing may be concluded from an answer.
    pub(super) fn reservations(&self) -> Vec<String> {
        let alone = |pack: &&Pack| pack.vouched == Vouched::Indeterminate;
        let alone = self.packs.iter().filter(alone).count();
        let (packs, them) = if alone == 1 { ("pack", "it") } else { ("packs", "them") };
        let unanchored = (alone > 0).then(|| {
            format!(
                "{alone} {packs} indexed without a trust anchor: nothing outside vouches for {them}"
            )
        });
        self.reservations.iter().cloned().chain(unanchored).collect()
    }

    /// What a reader of any answer should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let counted = [
            (self.with_personal, "documents with personal fields, which are not searched"),
            (
                self.withheld,
                "evaluated records that their packs withhold, and which are not searched",
            ),
            (self.long_values, "values too long to be found as a whole (over 65,000 bytes)"),
            (self.long_words, "words too long to be found (over 65,000 bytes)"),
            (self.odd_numbers, "numbers out of the reach of ranges"),
        ];
        let some = counted.iter().filter(|(count, _)| *count > Count(0));
        let counted = some.map(|(count, what)| format!("{what}: {count}"));
        counted.chain(self.notes.iter().cloned()).collect()
    }

    pub(super) fn digest(&self, log_index: Count) -> Result<Digest, IndexError> {
        let found = self.packs.binary_search_by(|pack| pack.log_index.cmp(&log_index));
        let pack = found.ok().and_then(|at| self.packs.get(at));
        let missing = || failed(format!("it has a document of the unknown pack {log_index}"));
        pack.map(|pack| pack.digest).ok_or_else(missing)
    }

    /// Refuses columns that nothing has, and personal ones; notes those of the schema profiles that
    /// no document has.
    pub(super) fn check_columns(&self, query: &Query) -> Result<Vec<String>, QueryError> {
        let mut notes = Vec::new();
        for (column, span) in &query.columns {
            if column.indexed().iter().any(|name| self.columns.contains(name)) {
                continue;
            }
            let name = quoted(&column.to_string());
            if is_personal(&column.name) {
                let message =
                    format!("{name} is personal, and personal columns are not in the index");
                return Err(span.error(message).with_help(self.known(column)));
            }
            let note = format!("no document has a column {name}");
            let unknown = column.scope != Scope::Any && known_column(&column.name).is_none();
            if unknown && !self.columns.is_empty() {
                return Err(span.error(note).with_help(self.known(column)));
            }
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Ok(notes)
    }

    /// The columns that there are, in the column's scope.
    fn known(&self, column: &Column) -> String {
        let prefix = match column.scope {
            Scope::Any => "",
            Scope::Key => "key.",
            Scope::Value => "value.",
        };
        let known: Vec<_> = self.columns.iter().filter(|name| name.starts_with(prefix)).collect();
        let shown: Vec<_> = known.iter().take(SHOWN).map(|name| name.as_str()).collect();
        let more = known.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("there are: {}{more}", shown.join(", "))
    }
}

impl From<Verdict> for Vouched {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid => Self::Valid,
            Verdict::Indeterminate | Verdict::Invalid => Self::Indeterminate,
        }
    }
}
