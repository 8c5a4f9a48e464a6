//! OPA's `# METADATA` blocks.

use super::ast::{MetadataBlock, Span};
use super::report::Report;
use crate::compile::Metadata;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The keys that OPA knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotations {
    title: Option<String>,
    description: Option<String>,
    #[serde(default)]
    custom: BTreeMap<String, serde_json::Value>,
    #[serde(rename = "scope")]
    _scope: Option<IgnoredAny>,
    #[serde(rename = "entrypoint")]
    _entrypoint: Option<IgnoredAny>,
    #[serde(rename = "related_resources")]
    _related_resources: Option<IgnoredAny>,
    #[serde(rename = "authors")]
    _authors: Option<IgnoredAny>,
    #[serde(rename = "organizations")]
    _organizations: Option<IgnoredAny>,
    #[serde(rename = "schemas")]
    _schemas: Option<IgnoredAny>,
}

/// Reads a block; what is wrong is reported at its first line.
pub(super) fn read(block: &MetadataBlock, report: &mut Report) -> Option<Metadata> {
    let read: Result<Annotations, String> = crate::bundle::yaml(&block.yaml);
    match read {
        Ok(Annotations { title, description, custom, .. }) => {
            Some(Metadata { line: block.line, title, description, custom })
        }
        Err(reason) => {
            let span = Span { line: block.line, column: 1, length: 10 };
            let first = reason.lines().next().unwrap_or_default();
            let message = format!("the metadata block can't be read: {first}");
            report.add("rego-metadata", span, message, None);
            None
        }
    }
}
