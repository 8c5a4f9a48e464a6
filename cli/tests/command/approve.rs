//! Approvals: signed with the approver's own key, and readable by other people's tools.

use crate::harness::Desk;
use serde_json::Value as Json;
use std::process::Command;

const PASSPHRASE: (&str, &str) = ("TIEOUT_PASSPHRASE", "correct horse");

fn desk() -> Desk {
    let desk = Desk::new();
    let args = ["key", "new", "--role", "approver", "anna.pem"];
    let ran = desk.tieout_in(".", &args, &[PASSPHRASE]);
    assert_eq!(ran.exits(0).out, "anna.pem.pub\n");
    ran.says(&["`gate: approvers:`"]);
    desk
}

#[test]
fn an_approval_is_a_statement_that_openssl_verifies() {
    let desk = desk();
    let digest = "ab".repeat(32);
    let args = [
        "approve",
        &digest,
        "--account",
        "github:anna",
        "--request",
        "PR-1",
        "--key",
        "anna.pem",
        "-o",
        "approvals/anna.json",
    ];
    let ran = desk.tieout_in(".", &args, &[PASSPHRASE]);
    assert_eq!(ran.exits(0).out, "approvals/anna.json\n");
    ran.says(&["`github:anna` approves", &digest]);
    desk.tieout_in(".", &args, &[PASSPHRASE]).exits(2).says(&["exists already"]);

    // By the specification of DSSE alone, with the tools of others.
    let script = r#"
        payload=$(sed 's/.*"payload":"\([^"]*\)".*/\1/' approvals/anna.json | base64 -d)
        sed 's/.*"sig":"\([^"]*\)".*/\1/' approvals/anna.json | base64 -d > sig
        type=application/vnd.in-toto+json
        printf 'DSSEv1 %d %s %d %s' ${#type} "$type" ${#payload} "$payload" > signed
        openssl pkeyutl -verify -pubin -inkey anna.pem.pub -rawin -in signed -sigfile sig >&2
        printf '%s' "$payload"
    "#;
    let done = Command::new("bash").args(["-ec", script]).current_dir(desk.path(".")).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let payload: Json = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(payload["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(payload["predicateType"], "urn:tieout:predicate:gate-approval:v1");
    assert_eq!(payload["subject"][0]["name"], "evaluated-diff");
    assert_eq!(payload["subject"][0]["digest"]["sha256"], digest);
    assert_eq!(payload["predicate"]["account"], "github:anna");
    assert_eq!(payload["predicate"]["request"], "PR-1");
    assert_eq!(payload["predicate"]["decision"], "approved");
}

#[test]
fn an_approval_needs_a_digest_an_account_and_a_key_of_ones_own() {
    let desk = desk();
    let digest = "ab".repeat(32);
    let approve = |digest: &str, account: &str, key: &str, env: &[(&str, &str)]| {
        let args = ["approve", digest, "--account", account, "--key", key, "-o", "a.json"];
        desk.tieout_in(".", &args, env)
    };
    approve("abc", "anna", "anna.pem", &[PASSPHRASE]).exits(2).says(&["64", "hexadecimal"]);
    let ran = approve(&digest, " ", "anna.pem", &[PASSPHRASE]);
    ran.exits(2).says(&["error[approval-invalid]"]);
    let ran = approve(&digest, "anna", "absent.pem", &[PASSPHRASE]);
    ran.exits(2).says(&["absent.pem", "no such file"]);
    approve(&digest, "anna", "anna.pem", &[]).exits(2).says(&["error[passphrase-missing]"]);
    let wrong = [("TIEOUT_PASSPHRASE", "wrong")];
    approve(&digest, "anna", "anna.pem", &wrong).exits(2).says(&["error[key-unreadable]"]);
    desk.tieout("demo --rows 1200 --folder demo -q");
    let ran = approve(&digest, "anna", "demo/keys/operator.pem", &[]);
    ran.exits(2).says(&["error[key-unfit]", "demo key"]);
    assert!(!desk.path("a.json").exists());
    let args = ["key", "new", "--role", "approver", "--origin", "x", "k.pem"];
    desk.tieout_in(".", &args, &[PASSPHRASE]).exits(2).says(&["error[key-unused]"]);
}
