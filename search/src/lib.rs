//! The audit index: a strict query language of our own, and a full-text index over verified packs.
//!
//! The log and the packs are the truth, the index is a cache: it is rebuilt from verified packs
//! and holds nothing that a pack does not. A query is [parsed](query::parse) by a grammar that
//! refuses whatever it can't honour, because in audit work a false "no hits" is worse than an
//! error; the [index](index::Index) then answers with all hits counted, in the order of the log.
//!
//! Nothing here ranks by relevance, guesses, expands or corrects.
//!
//! ```
//! use tieout_search::query;
//!
//! let found = query::parse("everything not INV-0042 amount >= 1000.005 EUR").unwrap();
//! assert_eq!(
//!     found.to_string(),
//!     "everything AND NOT INV-0042 AND amount:[1000.005..] EUR",
//! );
//!
//! let refused = query::parse("disput*").unwrap_err();
//! assert_eq!(refused.message, "`*` is a wildcard, and wildcards can't be searched for");
//! assert_eq!((refused.start, refused.end), (6, 7));
//! ```

pub mod index;
pub mod query;

mod content;
mod document;
mod name;
mod order;
mod text;
