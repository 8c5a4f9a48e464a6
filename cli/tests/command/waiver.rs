//! Waivers: written, checked, listed, taken over from InSpec.

use crate::harness::Desk;
use serde_json::Value as Json;

const NEW: [&str; 28] = [
    "waiver",
    "new",
    "--id",
    "W-1",
    "--control",
    "RET-01",
    "--scope",
    "service_id = 'S-1' and delta < 100",
    "--reason",
    "migration: \"phase 2\"",
    "--ticket",
    "CHG-1",
    "--requester",
    "anna",
    "--approver",
    "ben",
    "--beneficiary",
    "BU Retail",
    "--start",
    "2026-01-01",
    "--expiry",
    "2026-07-01",
    "--zone",
    "Europe/Berlin",
    "--amount",
    "1000.00",
    "--currency",
    "EUR",
];

fn changed(changes: &[(&str, &str)]) -> Vec<String> {
    let mut args = NEW.map(str::to_owned).to_vec();
    for (option, value) in changes {
        match args.iter().position(|arg| arg == option) {
            Some(at) => args[at + 1] = (*value).to_owned(),
            None => args.extend([(*option).to_owned(), (*value).to_owned()]),
        }
    }
    args
}

fn run(desk: &Desk, changes: &[(&str, &str)]) -> crate::harness::Ran {
    let args = changed(changes);
    desk.tieout_in(".", &args.iter().map(String::as_str).collect::<Vec<_>>(), &[])
}

#[test]
fn a_new_waiver_is_printed_or_added_and_then_in_order() {
    let desk = Desk::new();
    let printed = run(&desk, &[]);
    printed.exits(0).prints(&["- id: \"W-1\"\n", "  reason: \"migration: \\\"phase 2\\\"\"\n"]);
    let file = [("--file", "gate/waivers.yaml")];
    assert_eq!(run(&desk, &file).exits(0).out, "gate/waivers.yaml\n");
    assert_eq!(std::fs::read_to_string(desk.path("gate/waivers.yaml")).unwrap(), printed.out);
    let second = [file[0], ("--id", "W-2"), ("--start", "2026-06-01"), ("--expiry", "2027-06-01")];
    run(&desk, &second).exits(0);
    let ran = run(&desk, &file);
    ran.exits(2).says(&[
        "error[waiver-incomplete]",
        "two waivers are called `W-1`",
        "nothing was added",
    ]);

    let check = |at: &str| desk.tieout(&format!("waiver check gate/waivers.yaml --at {at}"));
    let ran = check("2026-03-01T00:00:00Z");
    assert_eq!(ran.exits(0).out, "2 waivers: 1 in force, 1 not yet, 0 expired\n");
    let ran = check("2026-06-30T22:00:00Z");
    assert_eq!(ran.exits(1).out, "2 waivers: 1 in force, 0 not yet, 1 expired\nexpired: W-1\n");
    let ran = desk.tieout("waiver list gate/waivers.yaml --at 2026-03-01T00:00:00Z");
    ran.exits(0).prints(&["W-1", "in force", "2026-07-01 Europe/Berlin", "1,000.00 EUR", "ben"]);
    let ran = desk.tieout("waiver list gate/waivers.yaml --format json --at 2026-03-01T00:00:00Z");
    let told: Json = serde_json::from_str(&ran.exits(0).out).unwrap();
    assert_eq!(told[0]["valid_to"], "2026-06-30T22:00:00Z");
    assert_eq!(told[0]["columns"], serde_json::json!(["service_id", "delta"]));
    assert_eq!(told[1]["state"], "pending");
    let ran = desk.tieout("waiver check gate/waivers.yaml --format json --at 2027-06-01T00:00:00Z");
    let told: Json = serde_json::from_str(&ran.exits(1).out).unwrap();
    assert_eq!(told["expired"], serde_json::json!(["W-1", "W-2"]));
}

#[test]
fn a_waiver_that_would_not_hold_is_not_written() {
    let desk = Desk::new();
    for (change, words) in [
        (
            ("--approver", "Anna"),
            "error[waiver-approver]: the approver of a waiver is not its requester",
        ),
        (("--approver", "BU Retail"), "is not its beneficiary"),
        (("--expiry", "2027-01-02"), "ends at most a year after"),
        (("--expiry", ""), "`expiry` is to be filled in"),
        (("--zone", "CET summer"), "no time zone is called"),
        (("--scope", "delta < EUR"), "error[waiver-scope]"),
        (("--amount", "lots"), "error[waiver-exposure]"),
        (("--currency", "EURO"), "no currency"),
        (("--control", "RET-99"), "error[unknown-control]"),
    ] {
        run(&desk, &[change, ("--file", "w.yaml")]).exits(2).says(&[words]);
        assert!(!desk.path("w.yaml").exists(), "{change:?}");
    }
}

#[test]
fn everything_wrong_in_a_file_is_shown_where_it_is() {
    let desk = Desk::new();
    let good = run(&desk, &[]).out;
    desk.write("w.yaml", &good.replace("\"ben\"", "\"\"").replace("delta <", "delta ~"));
    let ran = desk.tieout("waiver check w.yaml");
    ran.exits(2).says(&["w.yaml:7:13", "`approver` is to be filled in", "w.yaml:3:10"]);
    ran.says(&["  service_id = 'S-1' and delta ~ 100\n                               ^\n"]);
    desk.write("w.yaml", &good.replace("  ticket: \"CHG-1\"\n", "  tikcet: \"CHG-1\"\n"));
    desk.tieout("waiver check w.yaml").exits(2).says(&[
        "error[yaml-invalid]",
        "tikcet",
        "w.yaml:5:3",
    ]);
    desk.write("w.yaml", &good.replace("  expiry: \"2026-07-01\"\n", ""));
    desk.tieout("waiver check w.yaml").exits(2).says(&["expiry"]);
    desk.write("a.yaml", &good);
    desk.write("b.yaml", &good);
    let ran = desk.tieout("waiver check a.yaml b.yaml");
    ran.exits(2).says(&["two waivers are called `W-1`", "b.yaml:1:7"]);
    desk.tieout("waiver check absent.yaml").exits(2).says(&["absent.yaml", "no such file"]);
}

#[test]
fn inspec_says_neither_who_asked_nor_who_approved() {
    let desk = Desk::new();
    desk.write(
        "inspec.yaml",
        "RET-01:\n  expiration_date: 2026-10-15\n  justification: Not needed until Q3. @secteam\n\
         RET-02:\n  run: false\n  justification: might be a bug\n",
    );
    let ran = desk.tieout("waiver import inspec.yaml --zone Europe/Berlin -o w.yaml");
    assert_eq!(ran.exits(0).out, "w.yaml\n");
    ran.says(&["2 waivers read", "1 without an end need one"]);
    let text = std::fs::read_to_string(desk.path("w.yaml")).unwrap();
    assert!(text.contains("reason: \"Not needed until Q3. @secteam\""), "{text}");
    assert!(text.contains("requester: \"\"\n  approver: \"\""), "{text}");
    let ran = desk.tieout("waiver check w.yaml");
    ran.exits(2).says(&["`requester` is to be filled in", "`approver` is to be filled in"]);
    ran.says(&["`expiry` is to be filled in", "`amount` is to be filled in"]);
    let again = desk.tieout("waiver import inspec.yaml --zone Europe/Berlin -o w.yaml");
    again.exits(2).says(&["exists already"]);
    desk.tieout("waiver import inspec.yaml --zone Mars").exits(2).says(&["time zone"]);
    desk.write("inspec.yaml", "RET-01:\n  until: 2026-10-15\n");
    desk.tieout("waiver import inspec.yaml --zone UTC").exits(2).says(&["until", "inspec.yaml:2"]);
}
