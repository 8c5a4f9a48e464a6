//! Proposals for datasets, as YAML to paste.

use serde_json::Value;
use std::fmt::Write as _;
use tieout_controls::SchemaProfile;
use tieout_engine::dataset::Reading;
use tieout_engine::inspect::Inspection;

/// The best profile that fits a file: none of its mandatory columns are missing.
pub(crate) fn fitting(inspection: &Inspection) -> Option<&'static SchemaProfile> {
    inspection.profiles.iter().find(|fit| fit.missing.is_empty()).map(|fit| fit.profile)
}

/// A dataset's entry in the workspace file, under `datasets:`.
pub(crate) fn entry(
    name: &str,
    files: &[String],
    profile: Option<&str>,
    reading: &Reading,
) -> String {
    let mut out = String::new();
    let files: Vec<_> = files.iter().map(|f| scalar(f)).collect();
    let _ = writeln!(out, "  {}:", scalar(name));
    let _ = writeln!(out, "    files: [{}]", files.join(", "));
    let profile = profile.unwrap_or("?  # no schema profile fits: see the remarks");
    let _ = writeln!(out, "    profile: {profile}");
    let settings = stated(reading);
    if !settings.is_empty() {
        out.push_str("    reading:\n");
    }
    for (setting, value) in settings {
        let _ = writeln!(out, "      {setting}: {value}");
    }
    out
}

/// What is still missing in an entry, as a comment.
pub(crate) const EXPECTED: &str = "    # Without an independent expectation no control test concludes:
    # expected: {rows: \"…\", totals: {COLUMN: {EUR: \"…\"}}, source: …, obtained_by: …, at: 2026-01-15T09:00:00Z}
";

/// The settings that differ from the default, in their order.
fn stated(reading: &Reading) -> Vec<(String, Value)> {
    let fields = |r: &Reading| match serde_json::to_value(r) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let default = fields(&Reading::default());
    fields(reading).into_iter().filter(|(name, value)| default.get(name) != Some(value)).collect()
}

/// A string as YAML: as it is where that is safe, else in JSON's quotes, which YAML reads.
pub(crate) fn scalar(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let word = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if starts_well && !word && text.chars().all(safe) {
        return text.to_owned();
    }
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, DatasetFile};
    use std::collections::BTreeMap;

    #[test]
    fn an_entry_reads_back_as_what_it_says() {
        let reading =
            Reading { delimiter: ';', zone: Some("Europe/Berlin".into()), ..Reading::default() };
        let files = ["data/a: b.csv".to_owned(), "data/c.csv".to_owned()];
        let text = entry("focus", &files, Some("focus-1.2"), &reading);
        let text = text.replace("  focus:\n", "focus:\n");
        let read: BTreeMap<String, DatasetFile> = config::parse("tieout.yaml", &text).unwrap();
        let dataset = read.get("focus").unwrap();
        assert_eq!(dataset.reading, reading);
        assert_eq!(dataset.profile.value, "focus-1.2");
        let names: Vec<_> = dataset.files.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(names, ["data/a: b.csv", "data/c.csv"]);
    }

    #[test]
    fn words_that_yaml_takes_for_something_else_are_quoted() {
        for text in ["no", "1.0", "a b", "", "x:", "*a"] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        assert_eq!(scalar("data/x-1.csv"), "data/x-1.csv");
    }
}
