//! The page of the diagnostics and the codes in the sources are one list.
//!
//! A code is found as what it is: a literal in kebab case outside tests, or the word that is given
//! to one of the constructors of diagnostics. A new one without an entry fails here, and so does an
//! entry without a code.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tieout_tests::repository;

/// The rooms whose codes users see.
const ROOMS: [&str; 4] = ["cli/src", "engine/src", "policies/src", "search/src"];

/// Where literals in kebab case are roles, modes of prices, classes of differences, steps of a
/// derivation, kinds of changes, commands of git and names of OSCAL.
const COMPUTED: [&str; 5] = [
    "engine/src/population/native",
    "engine/src/lineage",
    "engine/src/gate",
    "cli/src/gate/git",
    "cli/src/report/oscal",
];
/// Literals in kebab case that are no codes: options, encodings, algorithms, roles, native populations, words
/// for outcomes and decisions, subjects of statements, codes of facts, tokenizers, rules of estimation,
/// operators of Cedar.
const OTHER_WORDS: [&str; 44] = [
    "account-person",
    "bill-line-1",
    "break-glass",
    "change-management",
    "changes-requested",
    "column-words",
    "emergency-approver",
    "evaluated-diff",
    "fiscal-calendar",
    "gate-approval-1",
    "gate-request",
    "gate-request-1",
    "gitlab-request",
    "gitlab-versions",
    "if-then-else",
    "kebab-case",
    "latin-1",
    "like-days-1",
    "linear-1",
    "ml-dsa-44",
    "no-exceptions",
    "no-role",
    "not-applicable",
    "not-asked",
    "not-permitted",
    "not-possible",
    "not-rated",
    "not-tested",
    "not-yet",
    "of-the-gate",
    "policy-approver",
    "policy-change",
    "policy-change-1",
    "rate-approver",
    "rate-change",
    "rate-change-1",
    "rate-table",
    "re-rating",
    "role-grant",
    "sod-rule",
    "test-result",
    "tieout-demo",
    "usage-summary",
    "utf-8",
];

/// What a code of one word follows.
const CONSTRUCTORS: [&str; 5] =
    ["Diagnostic::new(", "input(", "Refusal::row(", "Cell::Unfit(", "code: "];

#[test]
fn every_code_has_its_entry_and_every_entry_its_code() {
    let mut found = BTreeSet::new();
    let mut other = BTreeSet::new();
    for room in ROOMS {
        for file in sources(&repository().join(room)) {
            let place = file.with_extension("");
            let computed = COMPUTED.iter().any(|room| place.starts_with(repository().join(room)));
            for word in codes(&shipped(&read(&file)), computed) {
                let known = OTHER_WORDS.contains(&word.as_str());
                if known { &mut other } else { &mut found }.insert(word);
            }
        }
    }
    let documented: BTreeSet<_> = entries()
        .into_iter()
        .filter(|entry| entry.section != "Undetermined records")
        .map(|entry| entry.code)
        .collect();
    let missing: Vec<_> = found.difference(&documented).collect();
    assert!(
        missing.is_empty(),
        "codes without an entry in docs/reference/diagnostics.md: {missing:?}"
    );
    let stale: Vec<_> = documented.difference(&found).collect();
    assert!(stale.is_empty(), "entries of codes that no source has: {stale:?}");
    let unused: Vec<_> = OTHER_WORDS.iter().filter(|word| !other.contains(**word)).collect();
    assert!(unused.is_empty(), "words that no source has: {unused:?}");
}

#[test]
fn the_codes_of_rules_are_those_that_the_compiler_lists() {
    let sections = ["Rego rules", "Cedar rules"];
    let documented: BTreeSet<_> = entries()
        .into_iter()
        .filter(|entry| sections.contains(&entry.section.as_str()))
        .map(|entry| entry.code)
        .collect();
    let listed = tieout_policies::compile::CODES.iter().map(|(code, _)| (*code).to_owned());
    assert_eq!(documented, listed.collect());
}

#[test]
fn every_reason_for_undetermined_records_is_explained() {
    let source = read(&repository().join("controls/src/decision.rs"));
    let (_, reasons) = source.split_once("pub enum Reason {").unwrap();
    let (reasons, _) = reasons.split_once('}').unwrap();
    let variants = reasons.lines().filter_map(|line| line.trim().strip_suffix(','));
    let documented: BTreeSet<_> = entries()
        .into_iter()
        .filter(|entry| entry.section == "Undetermined records")
        .map(|entry| entry.code)
        .collect();
    assert_eq!(documented, variants.map(kebab).collect());
}

#[test]
fn every_entry_says_the_cause_and_what_to_do() {
    let mut seen = BTreeSet::new();
    for entry in entries() {
        assert!(seen.insert(entry.code.clone()), "{} twice", entry.code);
        let (cause, remedy) = entry.text.split_once("**Remedy.**").unwrap_or_default();
        let sentence = |text: &str| text.trim().len() > 10 && text.trim().ends_with('.');
        assert!(sentence(cause) && sentence(remedy), "{}: {}", entry.code, entry.text);
    }
}

struct Entry {
    section: String,
    code: String,
    text: String,
}

/// The entries of the page, in its order.
fn entries() -> Vec<Entry> {
    let page = read(&repository().join("docs/reference/diagnostics.md"));
    let mut entries = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap();
        for entry in body.split("\n### `").skip(1) {
            let (code, text) = entry.split_once("`\n").unwrap();
            let (section, code, text) = (title.to_owned(), code.to_owned(), text.to_owned());
            entries.push(Entry { section, code, text });
        }
    }
    entries
}

/// The Rust files in a folder and below, but for those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name == "tests" || name == "fixture" {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A source without its comments and the tests at its end.
fn shipped(source: &str) -> String {
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    let code = source[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

/// The codes of a source; of natives only those that a constructor is given.
fn codes(source: &str, computed: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in source.match_indices('"') {
        let Some(word) = literal(&source[at..]) else { continue };
        let before = source[..at].trim_end_matches([' ', '\n', ',']);
        let constructed = CONSTRUCTORS.iter().any(|c| before.ends_with(c.trim_end()));
        if (word.contains('-') && !computed) || constructed {
            found.insert(word.to_owned());
        }
    }
    found
}

/// The literal at the beginning, if it is one in kebab case.
fn literal(source: &str) -> Option<&str> {
    let (word, _) = source.strip_prefix('"')?.split_once('"')?;
    let part = |part: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        !part.is_empty() && part.bytes().all(fits)
    };
    let begins = word.starts_with(|c: char| c.is_ascii_lowercase());
    (begins && word.split('-').all(part)).then_some(word)
}

fn kebab(variant: &str) -> String {
    let mut word = String::new();
    for c in variant.chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
