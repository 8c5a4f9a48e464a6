//! Versioned policies: bundles, the record profile of Rego, Cedar, dated tables.
//!
//! A [`Bundle`](bundle::Bundle) holds rules and dated tables under a name, a version and a digest.
//! A rule is checked against the schema of the population it will see
//! ([`compile`](compile::compile)), and an [`Evaluator`](evaluate::Evaluator) decides a batch of
//! records by it. Whole Rego over one JSON document is [`document`].

pub mod bundle;
mod cedar;
pub mod column;
pub mod compile;
pub mod data;
pub mod document;
pub mod evaluate;
pub mod explain;
pub mod format;
pub mod lint;
pub mod mutate;
mod rego;
mod table;
pub mod tree;
pub mod unit_test;

pub use cedar::allowed;
