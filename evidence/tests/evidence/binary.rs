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
        text.contains("FAILED  every listed document has its digest\n        `run.json`"),
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
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8(help.stdout).unwrap();
    for code in ["0 valid", "2 wrong usage", "3 indeterminate", "4 invalid"] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn a_folder_that_is_no_pack_is_no_forgery() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("README"), "no pack").unwrap();
    let path = folder.path().to_str().unwrap();
    let output = run(&[path]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        format!(
            "error: `{path}`: no evidence pack: \
             it has neither `SHA256SUMS` nor `statement.dsse.json`\n"
        )
    );
    std::fs::write(folder.path().join("SHA256SUMS"), "").unwrap();
    assert_eq!(run(&[path]).status.code(), Some(4));
}

/// Names and texts that look like lines of the verdict come out escaped, each on its line.
#[test]
fn what_a_pack_says_forges_no_line() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let folder = pack.to_str().unwrap();
    let lines = || String::from_utf8(run(&[folder]).stdout).unwrap();
    let only_verdict = |text: &str| {
        let verdicts = text.lines().filter(|line| line.starts_with("verdict")).count();
        assert_eq!((verdicts, text.lines().last()), (1, Some("verdict INVALID")), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text:?}");
    };
    for name in ["x\nverdict VALID\nnote", "x\u{1b}[2J\u{202e}y", "x\r\u{2028}verdict VALID"] {
        std::fs::write(pack.join(name), "").unwrap();
        only_verdict(&lines());
        std::fs::remove_file(pack.join(name)).unwrap();
    }
    let path = pack.join("statement.dsse.json");
    let envelope = std::fs::read_to_string(&path).unwrap();
    for field in ["x\\nverdict VALID", "x\u{202e}y", "anna@example.com"] {
        let forged = envelope.replacen('{', &format!("{{\"{field}\":\"1\","), 1);
        std::fs::write(&path, forged).unwrap();
        let text = lines();
        only_verdict(&text);
        assert!(text.contains("a field of another name") && !text.contains("anna"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_a_path_like_any_other() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"no\xffpack");
    let command = || Command::new(env!("CARGO_BIN_EXE_tieout-verify"));
    let said = |output: Output| {
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let missing = said(command().arg(name).output().unwrap());
    assert!(missing.starts_with("error: `no\u{fffd}pack`: "), "{missing}");
    said(command().arg("--log-key").arg(name).output().unwrap());
    said(command().args(["a", "b"]).arg(name).output().unwrap());
    let workspace = Workspace::new();
    let pack = workspace.path("packs").join(name);
    std::fs::rename(workspace.seal(0).folder, &pack).unwrap();
    assert_eq!(command().arg(&pack).output().unwrap().status.code(), Some(3));
}

/// What the system keeps from the verifier says nothing about the pack. Root may read everything,
/// so there the command runs as somebody else.
#[cfg(unix)]
#[test]
fn what_cant_be_read_is_no_forgery() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let probe = workspace.path("probe");
    std::fs::write(&probe, "").unwrap();
    mode(&probe, 0);
    let root = std::fs::read(&probe).is_ok();
    mode(workspace.folder.path(), 0o755);
    // A copy that everybody may run. Another process makes it: while this one had it open, a test
    // beside could fork, and a program that somebody writes can't be run.
    let program = workspace.path("tieout-verify");
    let copied =
        Command::new("cp").args([env!("CARGO_BIN_EXE_tieout-verify")]).arg(&program).status();
    assert!(copied.unwrap().success());
    let run = || {
        let mut command = Command::new(&program);
        if root {
            command.uid(65_534);
        }
        command.arg(&pack).output().unwrap()
    };
    for name in [
        "SHA256SUMS",
        "run.json",
        "records/000000.jsonl",
        "proofs/checkpoint",
        "disclosures/population.jsonl",
        "policy",
        "",
    ] {
        let path = pack.join(name);
        let open = if path.is_dir() { 0o755 } else { 0o644 };
        mode(&path, 0);
        let output = run();
        mode(&path, open);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains("can't be read: Permission denied"), "{said}");
        assert_eq!(output.stdout, b"");
    }
    assert_eq!(run().status.code(), Some(3));
}
