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

/// Files with names that are patterns, or no words of YAML, and one that no profile fits.
#[test]
fn what_is_proposed_loads() {
    let desk = Desk::new();
    desk.tieout("deck generate deck --rows 200 --faults none -q").exits(0);
    let hold = std::fs::read_to_string(desk.path("deck/data/hold.csv")).unwrap();
    for name in ["a[1].csv", "b*.csv", "c: d?.csv", "#e.csv", "'f\".csv"] {
        desk.write(&format!("files/{name}"), &hold);
    }
    desk.write("files/odd\nname.csv", "x,y\n1,2\n");
    let ran = desk.tieout("init --from files");
    ran.exits(0).says(&["6 files looked at, 5 fit a schema profile"]);
    // The only thing that is missing are keys.
    desk.tieout("run").exits(2).says(&["error[keys-missing]"]);
    assert!(desk.path("tieout.yaml").exists());
    desk.write("odd.csv", "x,y\n1,2\n");
    for file in ["files/a[1].csv", "odd.csv"] {
        let ran = desk.tieout_in(".", &["dataset", "inspect", file], &[]);
        let start = "workspace: a\nperiod: {start: 2025-01-01, end: 2026-01-01}\n";
        desk.write("tieout.yaml", &format!("{start}{}", ran.exits(0).out));
        desk.tieout("run").exits(2).says(&["error[keys-missing]"]);
        if file == "odd.csv" {
            ran.says(&["1 row, 2 columns", "no schema profile fits"]);
        }
    }
    assert_eq!(desk.tieout("dataset inspect odd.csv -q").exits(0).err, "");
}

/// The commands printed after `next:`, with their line breaks, as a shell takes them.
#[cfg(unix)]
fn follows(desk: &Desk, told: &str) -> std::process::Output {
    let at = told.find("next: ").map(|at| at + 6).or_else(|| Some(told.find("then\n")? + 5));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tieout")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", program.display());
    let mut shell = std::process::Command::new("sh");
    shell.args(["-ec", &told[at.unwrap()..]]).current_dir(desk.path(".")).env_clear();
    shell.env("PATH", path).output().unwrap()
}

#[cfg(unix)]
#[test]
fn the_next_commands_work_as_they_are_printed() {
    let desk = Desk::new();
    let told = desk.tieout_in(".", &["deck", "generate", "my deck", "--rows", "1200"], &[]);
    let ran = follows(&desk, &told.exits(0).says(&["next: cd 'my deck'", "tieout run"]).err);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("log index 1"), "{said}");
    let told = desk.tieout_in(".", &["init", "--from", "my deck/data"], &[]);
    let ran = follows(&desk, &told.exits(0).err);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("log index 1"), "{said}");
    let desk = Desk::new();
    assert_eq!(desk.tieout("deck generate x --rows 1200 -q").exits(0).err, "");
    assert_eq!(desk.tieout("init -q").exits(0).err, "");
}

#[test]
fn a_generated_company_is_not_written_over_something() {
    let desk = Desk::new();
    desk.write("deck/mine.txt", "x");
    desk.tieout("deck generate deck").exits(2).says(&["error[folder-not-empty]"]);
    desk.tieout("demo --folder deck").exits(2).says(&["not a previous demo"]);
    assert!(desk.path("deck/mine.txt").exists());
}
