//! Writing an index.
//!
//! Five fields: `words`, the folded words of every value, once for everywhere and once for their
//! column, with positions; `exact`, the folded whole values, the fixed fields and the digests;
//! `order`, numbers and times as bytes that sort as they do; `ordinal`, the document's place in the
//! one order of hits; `stored`, what is shown. One writer thread and one segment sorted by
//! `ordinal`: the same packs give the same hits in the same order, always.

use super::manifest::{Manifest, Pack, Stored};
use super::{Contents, Fields, IndexError, failed, terms, tokens};
use crate::content::Content;
use crate::document::{self, Document};
use crate::text::words;
use std::collections::{BTreeMap, BTreeSet};
use tantivy::indexer::NoMergePolicy;
use tantivy::schema::{
    BytesOptions, FAST, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{IndexSettings, IndexSortByField, IndexWriter, Order, TantivyDocument, TantivyError};
use tieout_controls::Digest;
use tieout_evidence::verify::{Verdict, VerifiedPack};

/// The field by which hits are ordered.
pub(super) const ORDINAL: &str = "ordinal";
/// What the writer may hold in memory before it writes a segment, in bytes.
const MEMORY: usize = 64 << 20;

fn schema() -> Schema {
    let mut schema = Schema::builder();
    let positions = TextFieldIndexing::default()
        .set_tokenizer(tokens::NAME)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions)
        .set_fieldnorms(false);
    schema.add_text_field("words", TextOptions::default().set_indexing_options(positions));
    schema.add_bytes_field("exact", BytesOptions::default().set_indexed());
    schema.add_bytes_field("order", BytesOptions::default().set_indexed());
    schema.add_u64_field(ORDINAL, FAST);
    schema.add_bytes_field("stored", BytesOptions::default().set_stored());
    schema.build()
}

pub(super) fn fields(schema: &Schema) -> tantivy::Result<Fields> {
    Ok(Fields {
        words: schema.get_field("words")?,
        exact: schema.get_field("exact")?,
        order: schema.get_field("order")?,
        ordinal: schema.get_field(ORDINAL)?,
        stored: schema.get_field("stored")?,
    })
}

/// The settings of an index that has yet to get its place.
pub(super) fn builder() -> tantivy::IndexBuilder {
    let by_ordinal = IndexSortByField { field: ORDINAL.to_owned(), order: Order::Asc };
    let settings = IndexSettings { sort_by_field: Some(by_ordinal), ..IndexSettings::default() };
    tantivy::Index::builder().schema(schema()).settings(settings)
}

/// Fills an empty index; gives what it says of itself.
pub(super) fn fill(
    index: &tantivy::Index,
    contents: &Contents,
    state: &str,
) -> Result<Manifest, IndexError> {
    let mut by_index = BTreeMap::new();
    for (pack, verdict) in &contents.packs {
        if by_index.insert(pack.log_index, (pack, *verdict)).is_some() {
            return Err(IndexError(format!("two packs have the log index {}", pack.log_index)));
        }
    }
    index.tokenizers().register(tokens::NAME, tokens::ColumnWords);
    let mut writer: IndexWriter = index.writer_with_num_threads(1, MEMORY).map_err(failed)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    let manifest = Manifest::of(contents, state);
    let mut build = Build { fields: fields(&index.schema()).map_err(failed)?, manifest };
    for (pack, verdict) in by_index.into_values() {
        build.pack(pack, verdict, &writer)?;
    }
    let payload = serde_json::to_string(&build.manifest).map_err(failed)?;
    let mut commit = writer.prepare_commit().map_err(unwritten)?;
    commit.set_payload(&payload);
    commit.commit().map_err(unwritten)?;
    let segments = index.searchable_segment_ids().map_err(failed)?;
    if segments.len() > 1 {
        writer.merge(&segments).wait().map_err(unwritten)?;
    }
    writer.wait_merging_threads().map_err(failed)?;
    check_order(index)?;
    Ok(build.manifest)
}

/// What is said when the writer fails. Its thread keeps the reason to itself.
fn unwritten(error: TantivyError) -> IndexError {
    match error {
        TantivyError::ErrorInThread(_) => {
            IndexError("its files can't be written; is the disk full?".to_owned())
        }
        other => failed(other),
    }
}

/// INVARIANT: the documents of the one segment are numbered by their ordinals. Answers rely on it.
fn check_order(index: &tantivy::Index) -> Result<(), IndexError> {
    let searcher = index.reader().map_err(failed)?.searcher();
    for segment in searcher.segment_readers() {
        let ordinals = segment.fast_fields().u64(ORDINAL).map_err(failed)?;
        let ordinal = |document| ordinals.first(document);
        if (0..segment.max_doc()).any(|document| ordinal(document) != Some(document.into())) {
            return Err(IndexError("the index lost the order of its documents".to_owned()));
        }
    }
    Ok(())
}

struct Build {
    fields: Fields,
    manifest: Manifest,
}

impl Build {
    fn pack(
        &mut self,
        pack: &VerifiedPack,
        verdict: Verdict,
        writer: &IndexWriter,
    ) -> Result<(), IndexError> {
        document::each_document(pack, |document| {
            let document = self.document(pack, document)?;
            writer.add_document(document).map_err(unwritten).map(drop)
        })?;
        self.manifest.withheld = self.manifest.withheld + document::withheld(pack);
        let (log_index, digest) = (pack.log_index, pack.digest);
        self.manifest.packs.push(Pack { log_index, digest, vouched: verdict.into() });
        Ok(())
    }

    fn document(
        &mut self,
        pack: &VerifiedPack,
        document: Document,
    ) -> Result<TantivyDocument, IndexError> {
        let mut found = TantivyDocument::default();
        found.add_u64(self.fields.ordinal, self.manifest.documents.0);
        self.manifest.documents.increment();
        if document.personal {
            self.manifest.with_personal.increment();
        }
        for (column, text) in &document.content.values {
            found.add_text(self.fields.words, tokens::value(column.as_deref(), text));
            self.count_long_words(column.as_deref(), text);
            if let Some(column) = column
                && !self.manifest.columns.contains(column)
            {
                self.manifest.columns.insert(column.clone());
            }
        }
        for term in self.exact(&document.content, pack.digest) {
            found.add_bytes(self.fields.exact, &term);
        }
        for term in self.order(&document.content) {
            found.add_bytes(self.fields.order, &term);
        }
        let stored = Stored {
            log_index: pack.log_index,
            kind: document.kind.to_owned(),
            number: document.number,
            control: document.control,
            decision: document.decision,
            document: document.body,
        };
        let stored = serde_json::to_vec(&stored).map_err(failed)?;
        found.add_bytes(self.fields.stored, &stored);
        Ok(found)
    }

    /// Counts the words that tantivy would drop without a word.
    fn count_long_words(&mut self, column: Option<&str>, text: &str) {
        // Folding may lengthen a word, though never fourfold.
        if column.map_or(0, str::len).saturating_add(text.len()) < terms::MAX_BYTES / 4 {
            return;
        }
        for word in words(text) {
            for name in [Some(terms::ANYWHERE), column].into_iter().flatten() {
                if terms::word(name, &word).len() > terms::MAX_BYTES {
                    self.manifest.long_words.increment();
                }
            }
        }
    }

    fn exact(&mut self, content: &Content, pack: Digest) -> BTreeSet<Vec<u8>> {
        let mut found = BTreeSet::new();
        let mut add = |term: Vec<u8>| {
            if term.len() > terms::MAX_BYTES {
                self.manifest.long_values.increment();
            } else {
                found.insert(term);
            }
        };
        for (column, text) in &content.values {
            add(terms::whole(terms::ANYWHERE, text));
            if let Some(column) = column {
                add(terms::whole(column, text));
            }
        }
        for (field, text) in &content.fields {
            add(terms::field(*field, text));
        }
        for hex in content.hashes.iter().chain([&pack.to_string()]) {
            add(terms::hash(hex));
        }
        found
    }

    fn order(&mut self, content: &Content) -> BTreeSet<Vec<u8>> {
        let mut found = BTreeSet::new();
        let mut add = |term: Option<Vec<u8>>| match term {
            Some(term) if term.len() <= terms::MAX_BYTES => {
                found.insert(term);
            }
            _ => self.manifest.odd_numbers.increment(),
        };
        for (amount, currency) in &content.amounts {
            add(terms::number(terms::amounts(None), amount));
            if let Some(currency) = currency {
                add(terms::number(terms::amounts(Some(currency)), amount));
            }
        }
        for (column, number, currencies) in &content.numbers {
            add(terms::number(terms::numbers(column, None), number));
            for currency in currencies {
                add(terms::number(terms::numbers(column, Some(currency)), number));
            }
        }
        for (column, at) in &content.times {
            add(Some(terms::time(terms::times(None), *at)));
            if let Some(column) = column {
                add(Some(terms::time(terms::times(Some(column)), *at)));
            }
        }
        found
    }
}
