//! The committed lists: a line for each case, its name and what it comes to.

use crate::case::Verdict;
use std::collections::BTreeMap;
use std::path::Path;

/// Whether the lists are to be written anew.
pub(crate) fn writing() -> bool {
    std::env::var("TIEOUT_CONFORMANCE").is_ok_and(|word| word == "write")
}

/// Holds the verdicts against a list, or writes it.
pub(crate) fn hold(file: &Path, verdicts: &BTreeMap<String, Verdict>) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let listed: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.split_once('\t')).collect();
    let lost = lost(&listed, verdicts);
    assert!(lost.is_empty(), "{}: passed before, and no longer do: {lost:#?}", file.display());
    if writing() {
        let lines = verdicts.iter().map(|(name, verdict)| format!("{name}\t{verdict}\n"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, lines.collect::<String>()).unwrap();
        return;
    }
    let changed = changed(&listed, verdicts);
    assert!(
        changed.is_empty(),
        "{} says otherwise; if that is meant, TIEOUT_CONFORMANCE=write: {changed:#?}",
        file.display()
    );
}

/// The cases that are listed as passed and don't pass. One may be given up where OPA's answer goes
/// by how an amount is written.
fn lost(listed: &BTreeMap<&str, &str>, verdicts: &BTreeMap<String, Verdict>) -> Vec<String> {
    let passed = listed.iter().filter(|(_, verdict)| **verdict == "passed");
    let comparison = Verdict::Refused("document-comparison".to_owned());
    let kept = |verdict: Option<&Verdict>| {
        verdict == Some(&Verdict::Passed) || verdict == Some(&comparison)
    };
    let lost = passed.filter(|(name, _)| !kept(verdicts.get(**name)));
    lost.map(|(name, _)| format!("{name}: {:?}", verdicts.get(*name))).collect()
}

/// The cases that are listed otherwise, or not, or are there no more.
fn changed(listed: &BTreeMap<&str, &str>, verdicts: &BTreeMap<String, Verdict>) -> Vec<String> {
    let told = verdicts.iter().map(|(name, verdict)| (name.as_str(), verdict.to_string()));
    let changed = told.filter(|(name, verdict)| listed.get(name) != Some(&verdict.as_str()));
    let gone = listed.keys().filter(|name| !verdicts.contains_key(**name));
    let gone = gone.map(|name| format!("{name}: no such case"));
    changed.map(|(name, verdict)| format!("{name}: {verdict}")).chain(gone).collect()
}

#[test]
fn a_pass_that_is_lost_a_change_and_an_unlisted_case_are_seen() {
    let verdicts = BTreeMap::from([
        ("a".to_owned(), Verdict::Failed("no-error")),
        ("b".to_owned(), Verdict::Refused("rego-syntax".to_owned())),
        ("c".to_owned(), Verdict::Passed),
    ]);
    let listed = BTreeMap::from([("a", "passed"), ("b", "refused\trego-syntax"), ("d", "passed")]);
    let names = |found: Vec<String>| -> Vec<String> {
        found.iter().map(|f| f.split(':').next().unwrap().to_owned()).collect()
    };
    assert_eq!(names(lost(&listed, &verdicts)), ["a", "d"]);
    assert_eq!(names(changed(&listed, &verdicts)), ["a", "c", "d"]);
}
