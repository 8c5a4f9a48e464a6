//! Keys: made once, encrypted, with the public one beside.

use crate::harness::Desk;

const PASSPHRASE: (&str, &str) = ("TIEOUT_PASSPHRASE", "correct horse");

#[test]
fn a_new_key_prints_where_the_public_one_is_and_is_never_replaced() {
    let desk = Desk::new();
    let args = ["key", "new", "--role", "log", "--origin", "tieout.local/x", "k/log.pem"];
    let ran = desk.tieout_in(".", &args, &[PASSPHRASE]);
    assert_eq!(ran.exits(0).out, "k/log.pem.pub\nk/log.pem.vkey\n");
    let vkey = std::fs::read_to_string(desk.path("k/log.pem.vkey")).unwrap();
    assert!(vkey.starts_with("tieout.local/x+"), "{vkey}");
    let private = std::fs::read_to_string(desk.path("k/log.pem")).unwrap();
    assert!(private.contains("ENCRYPTED PRIVATE KEY"), "{private}");
    desk.tieout_in(".", &args, &[PASSPHRASE]).exits(2).says(&["k/log.pem", "exists already"]);
}

#[test]
fn a_renamed_workspace_says_how_to_keep_its_log() {
    let desk = Desk::new();
    desk.tieout("deck generate co --rows 1200 --faults none -q");
    let settings = |name: &str, log: &str| {
        let text = std::fs::read_to_string(desk.path("co/tieout.yaml")).unwrap();
        let kept: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("workspace:") && !line.starts_with("log:"))
            .collect();
        desk.write("co/tieout.yaml", &format!("workspace: {name}\n{}\n{log}\n", kept.join("\n")));
    };
    settings("one", "");
    for (role, file) in [("operator", "keys/operator.pem"), ("log", "keys/log.pem")] {
        desk.tieout_in("co", &["key", "new", "--role", role, file], &[PASSPHRASE]).exits(0);
    }
    let run = || desk.tieout_in("co", &["run", "--only", "RET-01"], &[PASSPHRASE]);
    settings("two", "");
    // The key alone tells before there is a log.
    run().exits(2).says(&["error[origin-changed]", "keys/log.pem.vkey", "tieout.yaml:1:12"]);
    settings("one", "");
    run().exits(0);
    settings("two", "");
    let ran = run();
    ran.exits(2)
        .says(&["error[origin-changed]", "`log/checkpoint` is of the log `tieout.local/one`"]);
    ran.says(&["keep its log: `log: {origin: tieout.local/one}`"]);
    settings("two", "log: {origin: tieout.local/one}");
    run().exits(0).says(&["log index 3"]);
}

#[test]
fn a_key_needs_a_passphrase() {
    let desk = Desk::new();
    let ran = desk.tieout("key new --role operator k.pem");
    ran.exits(2).says(&["error[passphrase-missing]", "TIEOUT_PASSPHRASE"]);
    assert!(!desk.path("k.pem").exists());
}

#[test]
fn a_log_key_needs_an_origin() {
    let desk = Desk::new();
    let ran = desk.tieout_in(".", &["key", "new", "--role", "log", "k.pem"], &[PASSPHRASE]);
    ran.exits(2).says(&["error[origin-missing]", "--origin"]);
}

/// A key without its verifier key would be found out by the first who wants to verify.
#[test]
fn an_origin_that_no_log_can_have_makes_no_key() {
    let desk = Desk::new();
    let long = "x".repeat(256);
    for origin in ["my log", "a+b", "", &long] {
        let args = ["key", "new", "--role", "log", "--origin", origin, "k.pem"];
        let ran = desk.tieout_in(".", &args, &[PASSPHRASE]);
        ran.exits(2).says(&["error[origin-invalid]", "tieout.local/NAME"]);
    }
    let args = ["key", "new", "--role", "operator", "--origin", "x", "k.pem"];
    desk.tieout_in(".", &args, &[PASSPHRASE]).exits(2).says(&["error[key-unused]", "--origin"]);
    assert!(!desk.path("k.pem").exists());
}
