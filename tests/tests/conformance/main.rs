//! OPA's published conformance cases through both paths: the whole language over a document, and
//! the record profile. What each case gives is listed in `tests/conformance/`; a case that passed
//! and no longer does fails here, and so does any other change until the lists are written anew,
//! with `TIEOUT_CONFORMANCE=write`, which refuses to lose a pass.

#![cfg(test)]

mod case;
mod document;
mod list;
mod page;
mod record;

use case::{Case, Verdict};
use std::collections::BTreeMap;
use tieout_tests::{outside_data, repository};

/// A way to decide a case.
type Path = fn(&Case) -> Verdict;

#[test]
fn each_case_gives_what_is_listed() {
    let test = "each_case_gives_what_is_listed";
    let Some(folder) = outside_data(test, "rego-conformance") else { return };
    let cases = case::read(&folder);
    assert!(cases.len() > 1000, "{} cases", cases.len());
    let paths: [(&str, Path); 2] = [("document", document::verdict), ("record", record::verdict)];
    let verdicts: Vec<BTreeMap<String, Verdict>> = paths
        .iter()
        .map(|(_, of)| cases.iter().map(|case| (case.name.clone(), of(case))).collect())
        .collect();
    for (verdicts, (path, _)) in verdicts.iter().zip(paths) {
        let panicked: Vec<_> =
            verdicts.iter().filter(|(_, v)| **v == Verdict::Panicked).map(|(n, _)| n).collect();
        assert!(panicked.is_empty(), "{path}: {panicked:?}");
        let file = repository().join(format!("tests/conformance/{path}.txt"));
        list::hold(&file, verdicts);
    }
    let page = page::page(&cases, &verdicts[0], &verdicts[1]);
    println!("{page}");
    let file = repository().join("docs/reference/conformance.md");
    if list::writing() {
        std::fs::write(&file, &page).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == page, "{} is not what the cases give", file.display());
}
