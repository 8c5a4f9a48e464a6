//! What a summary says of how a dataset was read.

use super::columns::Layout;
use super::{DatasetSpec, Encoding, FloatRule, Reading};
use std::collections::BTreeMap;
use tieout_controls::ColumnType;

/// Decimal column → the digits behind the point that its publisher writes.
pub(super) fn scales(spec: &DatasetSpec, layout: &Layout) -> BTreeMap<String, u32> {
    let decimals = layout.targets.iter().filter_map(|target| match target.kind {
        ColumnType::Decimal { scale, .. } => Some((target.name.clone(), u32::from(scale))),
        _ => None,
    });
    decimals.chain(spec.reading.scale.clone()).collect()
}

/// The settings that differ from their defaults, as text.
pub(super) fn settings(reading: &Reading, layout: &Layout) -> BTreeMap<String, String> {
    let plain = Reading::default();
    let pairs = |map: &BTreeMap<String, String>| {
        map.iter().map(|(from, to)| format!("{from}: {to}")).collect::<Vec<_>>().join(", ")
    };
    let mut said: Vec<(&str, String)> = Vec::new();
    if let Some(format) = reading.format {
        said.push(("format", format!("{format:?}").to_lowercase()));
    }
    if reading.delimiter != plain.delimiter {
        said.push(("delimiter", reading.delimiter.to_string()));
    }
    if reading.quote != plain.quote {
        said.push(("quote", reading.quote.to_string()));
    }
    if reading.encoding == Encoding::Latin1 {
        said.push(("encoding", "latin-1".to_owned()));
    }
    if reading.decimal_comma {
        said.push(("decimal_comma", "true".to_owned()));
    }
    if !reading.nulls.is_empty() {
        said.push(("nulls", reading.nulls.join(", ")));
    }
    if reading.quoted_nulls {
        said.push(("quoted_nulls", "true".to_owned()));
    }
    if let Some(zone) = &reading.zone {
        let database = chrono_tz::IANA_TZDB_VERSION;
        said.push(("zone", format!("{zone} (tz database {database})")));
    }
    if !reading.rename.is_empty() {
        said.push(("rename", pairs(&reading.rename)));
    }
    if !reading.ignore.is_empty() {
        said.push(("ignore", reading.ignore.join(", ")));
    }
    if !reading.scale.is_empty() {
        let scale = reading.scale.iter().map(|(column, s)| (column.clone(), s.to_string()));
        said.push(("scale", pairs(&scale.collect())));
    }
    if !reading.widen.is_empty() {
        said.push(("widen", reading.widen.join(", ")));
    }
    if reading.float == Some(FloatRule::Shortest) {
        said.push(("float", "shortest".to_owned()));
    }
    let said = said.into_iter().map(|(setting, value)| (setting.to_owned(), value));
    let partly = layout
        .partly
        .iter()
        .map(|(file, columns)| (format!("columns absent in {file}"), columns.join(", ")));
    said.chain(partly).collect()
}
