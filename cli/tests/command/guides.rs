//! The guides for people, followed word for word.

use crate::harness::{Desk, commands};

/// Runs a guide's commands until one fails: where it leads, and what it said.
fn follow(guide: &str) -> (Desk, String) {
    // A run with exceptions ends with 1.
    let script: String = commands(guide)
        .lines()
        .map(|line| match line.split_once("> report.txt") {
            Some((run, _)) => format!("{run} > report.txt || [ $? = 1 ]\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let desk = Desk::new();
    let (done, out, err) = desk.shell("-euc", &script);
    assert!(done, "{script}\n{out}\n{err}");
    (desk, out)
}

#[test]
fn the_guide_to_erasing_can_be_followed_word_for_word() {
    let (desk, out) = follow(include_str!("../../../docs/guide/erasure.md"));
    let held = std::fs::read_to_string(desk.path("company/U011.csv")).unwrap();
    assert!(held.lines().count() > 10, "{held}");
    for told in
        ["a legal hold is active", "at log index 2", "keys destroyed", "VALID: everything holds"]
    {
        assert!(out.contains(told), "no `{told}` in\n{out}");
    }
    assert!(out.ends_with("[]\n"), "{out}");
}

#[test]
fn the_guide_to_signing_off_can_be_followed_word_for_word() {
    let (desk, out) = follow(include_str!("../../../docs/guide/sign-off.md"));
    for told in
        ["p-anna", "Exceptions gross and net on", "2 false positive", "VALID: everything holds"]
    {
        assert!(out.contains(told), "no `{told}` in\n{out}");
    }
    let page = std::fs::read_to_string(desk.path("company/report.html")).unwrap();
    assert!(page.contains("Exceptions gross and net on"));
}
