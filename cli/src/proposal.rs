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
    profile: &SchemaProfile,
    reading: &Reading,
) -> String {
    let mut out = settings(name, files, profile.name, reading);
    out.push_str(&expected(profile));
    out
}

/// An entry for a file that no profile fits, as a comment: it is no dataset before a person has
/// named its profile.
pub(crate) fn without_profile(name: &str, files: &[String], reading: &Reading) -> String {
    let told = "  # No schema profile fits: rename columns under `reading`, name the profile, and take the\n  \
                # signs before these lines away.\n";
    let lines = settings(name, files, "…", reading);
    lines.lines().fold(told.to_owned(), |out, line| {
        out + "  # " + line.strip_prefix("  ").unwrap_or(line) + "\n"
    })
}

fn settings(name: &str, files: &[String], profile: &str, reading: &Reading) -> String {
    let mut out = String::new();
    let files: Vec<_> = files.iter().map(|f| scalar(&literal(f))).collect();
    let _ = writeln!(out, "  {}:", scalar(name));
    let _ = writeln!(out, "    files: [{}]", files.join(", "));
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

/// What is still missing in an entry, as a comment that is part of it: without the signs it loads,
/// and differs until somebody fills it in.
fn expected(profile: &SchemaProfile) -> String {
    let money = profile.columns.iter().find(|column| column.currency.is_some());
    let totals =
        money.map(|column| format!("    #   totals: {{{}: {{EUR: \"0.00\"}}}}\n", column.name));
    format!(
        "    # Without an independent expectation no control test concludes. It comes from whoever keeps
    # the books, not from these files:
    # expected:
    #   rows: \"0\"
{}    #   source: which account, register or report states it
    #   obtained_by: who obtained it
    #   at: 2026-01-15T09:00:00Z
",
        totals.unwrap_or_default()
    )
}

/// A file's name as a pattern that matches this file alone.
fn literal(file: &str) -> String {
    let mut pattern = String::new();
    for c in file.chars() {
        match c {
            '*' | '?' | '[' => pattern.extend(['[', c, ']']),
            c => pattern.push(c),
        }
    }
    pattern
}

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
        let focus = tieout_controls::profile::named("focus-1.2").unwrap();
        let text = entry("focus", &files, focus, &reading);
        let text = text.replace("  focus:\n", "focus:\n");
        let read: BTreeMap<String, DatasetFile> = config::parse("tieout.yaml", &text).unwrap();
        let dataset = read.get("focus").unwrap();
        assert_eq!(dataset.reading, reading);
        assert_eq!(dataset.profile.value, "focus-1.2");
        let names: Vec<_> = dataset.files.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(names, ["data/a: b.csv", "data/c.csv"]);
    }

    #[test]
    fn without_the_signs_the_comments_are_the_datasets_expectation() {
        for profile in tieout_controls::profile::all() {
            let text = entry("d", &["a.csv".to_owned()], profile, &Reading::default());
            let begun = text.find("# expected:").unwrap();
            let (kept, comments) = text.split_at(begun);
            let text = format!("{kept}{}", comments.replace("    # ", "    ").replace("# ", ""));
            let text = text.replace("  d:\n", "d:\n");
            let read: BTreeMap<String, DatasetFile> = config::parse("tieout.yaml", &text).unwrap();
            let expected = read["d"].expected.as_ref().unwrap();
            assert!(expected.totals.keys().all(|c| profile.columns.iter().any(|p| p.name == c)));
        }
    }

    #[test]
    fn a_files_name_matches_that_file_alone() {
        for name in ["a[1].csv", "a*.csv", "what?.csv", "[!x].csv", "**.csv"] {
            let pattern = glob::Pattern::new(&literal(name)).unwrap();
            assert!(pattern.matches(name), "{name}");
            assert!(!pattern.matches("a1.csv") && !pattern.matches("whatx.csv"), "{name}");
        }
        assert_eq!(literal("a[1].csv"), "a[[]1].csv");
    }

    #[test]
    fn words_that_yaml_takes_for_something_else_are_quoted() {
        for text in ["no", "1.0", "a b", "", "x:", "*a"] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        assert_eq!(scalar("data/x-1.csv"), "data/x-1.csv");
    }
}
