//! The README's tours, followed word for word.

use crate::harness::{Desk, commands};

const README: &str = include_str!("../../../README.md");

/// The commands of a section.
fn tour(section: &str) -> String {
    let (_, section) = README.split_once(&format!("## {section}\n")).unwrap();
    commands(section.split("\n## ").next().unwrap())
}

#[test]
fn the_tours_can_be_followed_word_for_word() {
    let desk = Desk::new();
    desk.tieout("demo -q").exits(0);
    for (section, at_the_end) in [
        ("Five minutes for a compliance officer", "my-audit/out/reports"),
        ("Five minutes for an external auditor", "tieout-demo"),
        ("Five minutes for an engineer", "deck/tieout.sarif"),
    ] {
        // Nothing here builds the auditors' command; its arguments are the same.
        let script = tour(section).replace("tieout-verify ", "tieout verify ");
        let (_, out, said) = desk.shell("-uc", &script);
        for wrong in ["error", "warning", "not found", "usage", "Usage"] {
            assert!(!said.contains(wrong), "{section}:\n{script}\n{said}");
        }
        assert!(desk.path(at_the_end).exists(), "{section}:\n{said}");
        assert!(!out.contains("INDETERMINATE") && !out.contains("FAILED"), "{section}:\n{out}");
    }
}

/// The screen that the README shows is the demo's, but for what differs from run to run.
#[test]
fn the_first_screen_is_the_demos() {
    let (_, screen) = README.split_once("```text\n").unwrap();
    let screen = screen.split("```").next().unwrap();
    let shown = Desk::new().tieout("demo");
    let steady = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.contains("out/"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(steady(&shown.exits(0).out), steady(screen));
}
