//! A first workspace, from nothing and from files.

use crate::harness::Desk;

#[test]
fn init_writes_once() {
    let desk = Desk::new();
    desk.tieout("init").exits(0).says(&["wrote tieout.yaml"]);
    desk.tieout("init").exits(2).says(&["error[workspace-exists]"]);
}

#[test]
fn init_from_a_folder_proposes_what_inspect_sees() {
    let desk = Desk::new();
    desk.tieout("deck generate deck --rows 200 --faults none").exits(0);
    let ran = desk.tieout("init --from deck/data");
    ran.exits(0);
    let text = std::fs::read_to_string(desk.path("tieout.yaml")).unwrap();
    assert!(text.contains("profile: focus-1."), "{text}");
    assert!(text.contains("deck/data/"), "{text}");
    // It is a workspace: the only thing that is missing are keys.
    desk.tieout("run").exits(2).says(&["error[keys-missing]"]);
}

#[test]
fn a_generated_company_is_not_written_over_something() {
    let desk = Desk::new();
    desk.write("deck/mine.txt", "x");
    desk.tieout("deck generate deck").exits(2).says(&["error[folder-not-empty]"]);
    desk.tieout("demo --folder deck").exits(2).says(&["not a previous demo"]);
    assert!(desk.path("deck/mine.txt").exists());
}
