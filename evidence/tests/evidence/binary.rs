//! The auditor's verifier as a command.

use crate::workspace::{ORIGIN, Workspace};
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tieout-verify")).args(arguments).output().unwrap()
}

#[test]
fn says_the_verdict_and_exits_by_it() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    std::fs::write(workspace.path("operator.pub"), workspace.operator.public_pem()).unwrap();
    std::fs::write(workspace.path("log.vkey"), workspace.log_key.vkey(ORIGIN).unwrap()).unwrap();
    let (folder, operator, log) =
        (pack.clone(), workspace.path("operator.pub"), workspace.path("log.vkey"));
    let (folder, operator, log) =
        (folder.to_str().unwrap(), operator.to_str().unwrap(), log.to_str().unwrap());
    let keys = ["--operator-key", operator, "--log-key", log];

    let output = run(&[&[folder], &keys[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.ends_with("verdict VALID\n"));
    assert!(text.contains("result  FOC-R03 exceptions\n"));

    let output = run(&[folder]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stdout).unwrap().ends_with("verdict INDETERMINATE\n"));

    std::fs::write(pack.join("run.json"), "{}").unwrap();
    let output = run(&[&[folder], &keys[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(
        text.contains("FAILED  every listed file has its digest\n        `run.json`"),
        "{text}"
    );
    assert!(text.ends_with("verdict INVALID\n"));
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [
        &[][..],
        &["a", "b"],
        &["--what"],
        &["no-such-folder"],
        &["a", "--log-key"],
        &["a", "--log-key", "no-such-file"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stderr.starts_with(b"error: "));
    }
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}
