//! The guides for people, followed word for word.

use crate::harness::Desk;
use std::process::{Command, Stdio};

/// Runs a guide's commands until one fails: where it leads, and what it said.
fn follow(guide: &str) -> (Desk, String) {
    let blocks = guide.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let script: String = blocks.collect();
    // A run with exceptions ends with 1.
    let script: String = script
        .lines()
        .map(|line| match line.split_once("> report.txt") {
            Some((run, _)) => format!("{run} > report.txt || [ $? = 1 ]\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let desk = Desk::new();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tieout")).parent().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-euc", &script]).current_dir(desk.path(".")).env_clear();
    shell.env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    let done = shell.stdin(Stdio::null()).output().unwrap();
    let (out, err) =
        (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert!(done.status.success(), "{script}\n{out}\n{err}");
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
