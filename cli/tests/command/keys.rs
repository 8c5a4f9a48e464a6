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
