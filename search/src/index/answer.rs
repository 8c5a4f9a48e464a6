//! Answering: tantivy gives the documents that meet a single condition, sets do the rest.
//!
//! Only term, phrase and range query objects are used, each run alone from its first document to
//! its last. tantivy's query parser answers some queries with an empty set instead of an error; and
//! its boolean scorers move several conditions along each other by shortcuts (`seek_danger`) that a
//! phrase below an exclusion does not survive in 0.27. An AND, OR or NOT of bit sets has no such
//! cases.

use super::set::Set;
use super::{Fields, IndexError, failed, terms};
use crate::order;
use crate::query::{End, Leaf, Moment, Node};
use crate::text::words;
use chrono::{DateTime, NaiveDate, Utc};
use std::ops::Bound;
use tantivy::query::{EnableScoring, InvertedIndexRangeQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};
use tieout_controls::Decimal;

/// What any of which a document has to meet.
type Alternatives = Vec<Box<dyn Query>>;

/// Answers from an index with these fields.
#[derive(Clone, Copy)]
pub(super) struct Answering<'a> {
    pub(super) searcher: &'a Searcher,
    pub(super) fields: Fields,
}

impl Answering<'_> {
    /// The documents that a query finds.
    pub(super) fn node(self, node: &Node) -> Result<Set, IndexError> {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::And(parts) => self.joined(parts, Set::keep),
            Node::Or(parts) => self.joined(parts, Set::add),
            Node::Not(inner) => {
                let mut set = self.node(inner)?;
                set.invert();
                Ok(set)
            }
        }
    }

    fn joined(self, parts: &[Node], join: fn(&mut Set, &Set)) -> Result<Set, IndexError> {
        let Some((first, rest)) = parts.split_first() else { return Ok(self.nothing()) };
        let mut set = self.node(first)?;
        for part in rest {
            join(&mut set, &self.node(part)?);
        }
        Ok(set)
    }

    /// The documents that meet a condition.
    pub(super) fn leaf(self, leaf: &Leaf) -> Result<Set, IndexError> {
        let mut set = self.nothing();
        for query in self.alternatives(leaf) {
            let scoring = EnableScoring::disabled_from_searcher(self.searcher);
            let weight = query.weight(scoring).map_err(failed)?;
            // One segment at most, sorted by ordinal: the segment's numbers are the ordinals.
            for segment in self.searcher.segment_readers() {
                let mut insert = |docs: &[u32]| docs.iter().for_each(|doc| set.insert(*doc));
                weight.for_each_no_score(segment, &mut insert).map_err(failed)?;
            }
        }
        Ok(set)
    }

    fn nothing(self) -> Set {
        Set::empty(u32::try_from(self.searcher.num_docs()).unwrap_or(u32::MAX))
    }

    fn alternatives(self, leaf: &Leaf) -> Alternatives {
        match leaf {
            Leaf::Text(text) => self.contains(terms::ANYWHERE, text),
            Leaf::Contains { column, text } => {
                column.indexed().iter().flat_map(|name| self.contains(name, text)).collect()
            }
            Leaf::Is { column, text } => {
                let is = |name: &String| self.exact(&terms::whole(name, text));
                column.indexed().iter().map(is).collect()
            }
            Leaf::Field { field, text } => vec![self.exact(&terms::field(*field, text))],
            Leaf::Hash(digest) => vec![self.exact(&terms::hash(&digest.to_string()))],
            Leaf::Amount { low, high, currency } => {
                self.numbers(terms::amounts(currency.as_deref()), low, high).into_iter().collect()
            }
            Leaf::Number { column, low, high, currency } => {
                let prefix = |name: &String| terms::numbers(name, currency.as_deref());
                let names = column.indexed();
                names.iter().filter_map(|name| self.numbers(prefix(name), low, high)).collect()
            }
            Leaf::Time { column: None, low, high } => {
                vec![self.times(terms::times(None), low, high)]
            }
            Leaf::Time { column: Some(column), low, high } => {
                let prefix = |name: &String| terms::times(Some(name));
                let names = column.indexed();
                names.iter().map(|name| self.times(prefix(name), low, high)).collect()
            }
        }
    }

    /// The whole value, or its words one behind the other.
    fn contains(self, name: &str, text: &str) -> Alternatives {
        let whole = self.exact(&terms::whole(name, text));
        let word =
            |word: String| Term::from_field_text(self.fields.words, &terms::word(name, &word));
        let mut found: Vec<Term> = words(text).map(word).collect();
        match (found.len(), found.pop()) {
            (_, None) => vec![whole],
            (1, Some(only)) => {
                vec![whole, Box::new(TermQuery::new(only, IndexRecordOption::Basic))]
            }
            (_, Some(last)) => {
                found.push(last);
                vec![whole, Box::new(PhraseQuery::new(found))]
            }
        }
    }

    fn exact(self, term: &[u8]) -> Box<dyn Query> {
        let term = Term::from_field_bytes(self.fields.exact, term);
        Box::new(TermQuery::new(term, IndexRecordOption::Basic))
    }

    /// `None` for numbers out of the order's reach: the grammar takes none of more than 76 digits.
    fn numbers(
        self,
        prefix: Vec<u8>,
        low: &End<Decimal>,
        high: &End<Decimal>,
    ) -> Option<Box<dyn Query>> {
        let bytes = |value: &Decimal| terms::number(prefix.clone(), value);
        let (low, high) = (bound(low, bytes)?, bound(high, bytes)?);
        Some(self.range(prefix, low, high))
    }

    fn times(self, prefix: Vec<u8>, low: &End<Moment>, high: &End<Moment>) -> Box<dyn Query> {
        let bytes = |at: DateTime<Utc>| terms::time(prefix.clone(), at);
        let low = match low {
            End::Open => Bound::Unbounded,
            End::With(Moment::Day(day)) => Bound::Included(bytes(order::midnight(*day))),
            End::Without(Moment::Day(day)) => Bound::Included(bytes(next_midnight(*day))),
            End::With(Moment::Instant(at)) => Bound::Included(bytes(*at)),
            End::Without(Moment::Instant(at)) => Bound::Excluded(bytes(*at)),
        };
        let high = match high {
            End::Open => Bound::Unbounded,
            End::With(Moment::Day(day)) => Bound::Excluded(bytes(next_midnight(*day))),
            End::Without(Moment::Day(day)) => Bound::Excluded(bytes(order::midnight(*day))),
            End::With(Moment::Instant(at)) => Bound::Included(bytes(*at)),
            End::Without(Moment::Instant(at)) => Bound::Excluded(bytes(*at)),
        };
        self.range(prefix, low, high)
    }

    fn range(self, prefix: Vec<u8>, low: Bound<Vec<u8>>, high: Bound<Vec<u8>>) -> Box<dyn Query> {
        let low = match low {
            Bound::Unbounded => Bound::Included(prefix.clone()),
            bound => bound,
        };
        let high = match high {
            Bound::Unbounded => Bound::Excluded(terms::after(prefix)),
            bound => bound,
        };
        let term = |bytes: Vec<u8>| Term::from_field_bytes(self.fields.order, &bytes);
        Box::new(InvertedIndexRangeQuery::new(low.map(term), high.map(term)))
    }
}

fn bound(
    end: &End<Decimal>,
    bytes: impl Fn(&Decimal) -> Option<Vec<u8>>,
) -> Option<Bound<Vec<u8>>> {
    Some(match end {
        End::Open => Bound::Unbounded,
        End::With(value) => Bound::Included(bytes(value)?),
        End::Without(value) => Bound::Excluded(bytes(value)?),
    })
}

fn next_midnight(day: NaiveDate) -> DateTime<Utc> {
    day.succ_opt().map_or(DateTime::<Utc>::MAX_UTC, order::midnight)
}
