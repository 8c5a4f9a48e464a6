//! Users' mistakes: each message says what is wrong, where, and what to do.

use crate::harness::Desk;

const START: &str = "workspace: acme\nperiod: {start: 2025-01-01, end: 2026-01-01}\n";

fn run(rest: &str) -> crate::harness::Ran {
    let desk = Desk::new();
    desk.write("tieout.yaml", &format!("{START}{rest}"));
    desk.tieout("run")
}

#[test]
fn without_a_workspace_it_says_how_to_get_one() {
    let ran = Desk::new().tieout("run");
    ran.exits(2).says(&["error[no-workspace]", "tieout init", "tieout demo"]);
    assert_eq!(ran.out, "");
}

#[test]
fn a_duplicate_key_is_shown_with_its_line() {
    let ran = run("output: a\noutput: b\n");
    ran.exits(2).says(&["error[yaml-duplicate-key]", "tieout.yaml:4:1", "4 | output: b"]);
}

#[test]
fn an_unknown_control_gets_a_suggestion_and_a_caret() {
    let ran = run("controls:\n  include: [FOC-R33]\n");
    ran.exits(2).says(&[
        "error[unknown-control]",
        "tieout.yaml:4:13",
        "^^^^^^^",
        "did you mean `FOC-R",
    ]);
}

#[test]
fn an_unknown_profile_gets_a_suggestion() {
    let ran = run("datasets:\n  f:\n    files: [tieout.yaml]\n    profile: focus-12\n");
    ran.exits(2).says(&["error[unknown-profile]", "tieout.yaml:6:14", "did you mean `focus-1.2`"]);
}

#[test]
fn a_missing_file_is_shown_where_it_is_named() {
    let ran = run("datasets:\n  f:\n    files: [data/*.parquet]\n    profile: focus-1.2\n");
    ran.exits(2).says(&["error[file-not-found]", "tieout.yaml:5:13", "`data/*.parquet`"]);
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let ran =
        run("datasets:\n  f: {files: [no.csv], profile: no-1}\ncontrols: {include: [NO-1]}\n");
    ran.exits(2).says(&["file-not-found", "unknown-profile", "unknown-control"]);
}

#[test]
fn an_unknown_parameter_names_the_known_ones() {
    let rest = "controls:\n  settings:\n    FOC-R03: {parameters: {list_cost_tolerence: \"1\"}}\n";
    run(rest).exits(2).says(&["error[unknown-parameter]", "did you mean `list_cost_tolerance`"]);
}

#[test]
fn a_misspelt_total_gets_a_suggestion_where_it_stands() {
    let dataset = |expected: &str| {
        let expected = format!("{expected}, source: x, obtained_by: x, at: 2026-01-15T09:00:00Z}}");
        run(&format!(
            "datasets:\n  f:\n    files: [tieout.yaml]\n    profile: focus-1.2\n    expected: {expected}\n"
        ))
    };
    let ran = dataset("{rows: \"1\", totals: {BiledCost: {EUR: \"1\"}}");
    ran.exits(2).says(&[
        "error[unknown-column]",
        "tieout.yaml:7:36",
        "^^^^^^^^^",
        "did you mean `BilledCost`?",
    ]);
    let ran = dataset("{rows: \"1\", totals: {InvoiceId: {EUR: \"1\"}}");
    ran.exits(2).says(&["`InvoiceId` is no amount of `focus-1.2`", "`BilledCost`"]);
}

#[test]
fn a_control_that_cant_be_read_is_shown_where_it_is_wrong() {
    let desk = Desk::new();
    desk.write("tieout.yaml", &format!("{START}own: {{catalogue: controls}}\n"));
    desk.write("controls/x/control.yaml", "id: OWN-01\nkind: contrl-test\n");
    let ran = desk.tieout("control list");
    ran.exits(2).says(&["error[control-unreadable]", "controls/x/control.yaml:2:"]);
    assert!(!ran.err.contains("<input>") && !ran.err.contains("error: line"), "{}", ran.err);
}

#[test]
fn a_folder_is_no_dataset_and_says_so() {
    let desk = Desk::new();
    desk.write("my data/x.csv", "a,b\n1,2\n");
    let ran = desk.tieout_in(".", &["dataset", "inspect", "my data"], &[]);
    ran.exits(2).says(&["`my data` is a folder", "tieout init --from 'my data'"]);
}

#[test]
fn usage_errors_are_claps_own() {
    let desk = Desk::new();
    desk.tieout("serch x").exits(2).says(&["serch", "search"]);
    desk.tieout("report x -o pdf").exits(2).says(&["no format is called `pdf`", "sarif"]);
    desk.tieout("run --period 2025-Q9").exits(2).says(&["2025-Q1"]);
    desk.tieout("--help").exits(0).prints(&["Exit codes: 0 done"]);
}

#[test]
fn an_own_control_in_place_of_a_built_in_needs_a_reason() {
    let desk = Desk::new();
    let shown = desk.tieout("control show FOC-R03");
    desk.write("controls/foc-r03/control.yaml", &shown.exits(0).out);
    desk.write("tieout.yaml", &format!("{START}own: {{catalogue: controls}}\n"));
    let ran = desk.tieout("control list");
    ran.exits(2).says(&["error[override-without-reason]", "reasons: {FOC-R03:"]);
    let reason = "own: {catalogue: controls, reasons: {FOC-R03: tighter here}}\n";
    desk.write("tieout.yaml", &format!("{START}{reason}"));
    desk.tieout("control list").exits(0);
}

#[test]
fn no_pack_of_that_name() {
    Desk::new().tieout("verify nowhere").exits(2).says(&["error[unknown-pack]", "`nowhere`"]);
}

#[test]
fn a_workspace_that_cant_be_read_is_told_and_never_passed_over() {
    let desk = Desk::new();
    for command in ["verify x", "pack show x", "report x -o json", "explain x#0", "search x"] {
        let ran = desk.tieout(&format!("--config nowhere.yaml {command}"));
        ran.exits(2).says(&["nowhere.yaml"]);
    }
    desk.write("tieout.yaml", &format!("{START}output: a\noutput: b\n"));
    for command in ["verify x", "pack show x", "report x -o json", "explain x#0", "search x"] {
        desk.tieout(command).exits(2).says(&["error[yaml-duplicate-key]", "tieout.yaml:4:1"]);
    }
}

#[test]
fn a_pack_named_by_its_folder_is_verified_whatever_lies_above() {
    let desk = Desk::new();
    desk.write("tieout.yaml", "workspace: [\n");
    desk.write("pack/README", "no pack");
    desk.tieout("verify pack").exits(2).says(&["error[unknown-pack]", "`pack`: no evidence pack"]);
    desk.write("pack/SHA256SUMS", "");
    desk.tieout("verify pack").exits(4).prints(&["FAILED", "INVALID"]);
}

#[test]
fn colours_come_only_when_asked_for() {
    let desk = Desk::new();
    assert!(!desk.tieout("run").err.contains('\u{1b}'));
    assert!(desk.tieout("--color always run").err.contains('\u{1b}'));
}
