//! Persons: what is held about them, restricting, holding and erasing it, from the command line.

use crate::harness::{Desk, Ran};
use std::path::Path;
use std::sync::LazyLock;

const PASSPHRASE: [(&str, &str); 1] = [("TIEOUT_PASSPHRASE", "open sesame")];
const HELD: [&str; 2] = ["U011", "U031"];
/// An age identity, and its recipient, as `age-keygen` made them.
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

/// A company with a vault, and a sealed run that has two people with too many roles.
static COMPANY: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("deck generate deck --seed 7 --rows 300 --faults SOD-01").exits(0);
    let file = desk.path("deck/tieout.yaml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let vault = "vault: {folder: .tieout/vault, epochs: ../epochs}\n";
    std::fs::write(&file, settings + vault).unwrap();
    for (role, file) in [
        ("operator", "keys/operator.pem"),
        ("log", "keys/log.pem"),
        ("privacy-officer", "people/privacy.pem"),
        ("reviewer", "people/counsel.pem"),
    ] {
        tieout(&desk, &["key", "new", "--role", role, file]).exits(0);
    }
    tieout(&desk, &["run", "--only", "SOD-01"]).exits(1).prints(&["user_id U011", "user_id U031"]);
    desk
});

fn tieout(desk: &Desk, args: &[&str]) -> Ran {
    desk.tieout_in("deck", args, &PASSPHRASE)
}

fn erase(desk: &Desk, subject: &str) -> Ran {
    let why = ["--request", "DSR-17", "--legal-basis", "GDPR Art. 17(1)(b)"];
    let who = ["--subject", subject, "--privacy-key", "people/privacy.pem"];
    tieout(desk, &[&["erase"][..], &who, &why].concat())
}

fn release(desk: &Desk, hold: &str, key: &str) {
    tieout(desk, &["hold", "release", hold, "--reason", "settled", "--key", key]).exits(0);
}

/// How many values the packs hold about a person, and how often the report says that it has not everything.
fn held(desk: &Desk, subject: &str) -> (usize, usize) {
    let ran = tieout(desk, &["subject", "report", "--subject", subject]);
    let report: Vec<serde_json::Value> = serde_json::from_str(&ran.exits(0).out).unwrap();
    assert!(report.iter().all(|line| line["control"] == "SOD-01"));
    (report.len(), ran.err.matches("report-incomplete").count())
}

/// The files below a folder that have these bytes.
fn with(folder: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(with(&path, needle));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(needle) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Everything that the workspace made: the data it was made from are erased where they are kept.
fn anywhere(desk: &Desk, needle: &str) -> Vec<String> {
    ["deck/out", "deck/log", "deck/.tieout", "epochs"]
        .iter()
        .flat_map(|folder| with(&desk.path(folder), needle))
        .collect()
}

#[test]
fn a_person_is_held_then_erased_and_nothing_else_is() {
    let desk = COMPANY.copy(".");
    let [(before, 0), (other, 0)] = HELD.map(|subject| held(&desk, subject)) else {
        panic!("the report of a person has gaps");
    };
    assert!(before > 10 && other > 10);
    // Somebody's counsel places a hold; neither they nor anybody unknown can erase or release then.
    let placed = ["hold", "place", "--subject", "U011", "--reason", "matter 7"];
    let by = ["--key", "people/counsel.pem"];
    let placed = tieout(&desk, &[&placed[..], &by].concat());
    let hold = placed.exits(0).out.trim().rsplit(' ').next().unwrap().to_owned();
    erase(&desk, "U011").exits(2).says(&["vault-refuses", "a legal hold is active", &hold]);
    release(&desk, &hold, "people/counsel.pem");
    erase(&desk, "U011").exits(2).says(&["a legal hold is active"]);
    assert_eq!(held(&desk, "U011"), (before, 0));
    release(&desk, &hold, "people/privacy.pem");

    let erased = erase(&desk, "U011");
    erased.exits(0).prints(&[
        "keys destroyed; the others are wrapped for epoch 2",
        "with a receipt in the log",
    ]);
    let (left, gaps) = held(&desk, "U011");
    assert!(left == 0 && gaps == 1);
    // Of the other nothing went, and the report says that some of the pack is not known.
    assert_eq!(held(&desk, "U031"), (other, 1));
    for subject in HELD {
        assert_eq!(anywhere(&desk, subject), [""; 0]);
        let found = tieout(&desk, &["search", subject, "--json"]).exits(0).out.clone();
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["total"], "0", "no personal field is in the index");
    }
    tieout(&desk, &["search", "SOD-R6"]).exits(0).prints(&["SOD-01"]);
    tieout(&desk, &["verify"]).exits(0);
    erase(&desk, "U011").exits(2).says(&["the vault has no key for that subject"]);
}

/// Without a vault, what a pack discloses stands in it: the search for the bytes can find something.
#[test]
fn without_a_vault_the_person_stands_in_the_pack() {
    let desk = COMPANY.copy(".");
    let file = desk.path("deck/tieout.yaml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let without: Vec<&str> = settings.lines().filter(|line| !line.starts_with("vault:")).collect();
    std::fs::write(&file, without.join("\n")).unwrap();
    assert_eq!(anywhere(&desk, "U011"), [""; 0]);
    tieout(&desk, &["run", "--only", "SOD-01"]).exits(1);
    assert!(anywhere(&desk, "U011").iter().all(|path| path.contains("/disclosures/")));
    assert!(!anywhere(&desk, "U011").is_empty());
    erase(&desk, "U011").exits(2).says(&["vault-missing", "name one before the next run"]);
}

#[test]
fn who_is_restricted_is_read_by_nobody_until_it_is_lifted() {
    let desk = COMPANY.copy(".");
    desk.write("recipient", &format!("# public key\n{RECIPIENT}\n"));
    desk.write("identity", &format!("# created: 2026-01-01\n{IDENTITY}\n"));
    let (before, _) = held(&desk, "U011");
    let state = |word: &str, age: &str| {
        let of = ["subject", word, "--subject", "U011", "--request", "DSR-18", "--age", age];
        tieout(&desk, &of)
    };
    state("restrict", "../recipient").exits(0).prints(&["restricted"]);
    assert_eq!(held(&desk, "U011"), (0, 1));
    let pack = std::fs::read_dir(desk.path("deck/out/packs")).unwrap().next().unwrap().unwrap();
    let record = format!("{}#0", pack.file_name().to_str().unwrap());
    // What a rule says of a record may repeat the person.
    let said = |desk: &Desk| {
        tieout(desk, &["explain", &record]).exits(0).out.contains("human account, policy.edit")
    };
    assert!(!said(&desk) && said(&COMPANY));
    state("restrict", "../recipient").exits(2).says(&["it is restricted"]);
    state("lift", "../recipient").exits(2).says(&["vault-refuses"]);
    state("lift", "../identity").exits(0).prints(&["lifted"]);
    assert_eq!(held(&desk, "U011"), (before, 0));
    assert!(said(&desk));
}

#[test]
fn what_the_report_of_a_person_is_written_as() {
    let desk = &*COMPANY;
    let csv =
        tieout(desk, &["subject", "report", "--subject", "U011", "--csv"]).exits(0).out.clone();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("pack,place,control,dataset,file,row,column,value"));
    assert_eq!(lines.count(), held(desk, "U011").0);
    assert_eq!(held(desk, "u011"), (0, 0), "a person is named as the data do");
}

/// A hold names what it covers, in one way.
#[test]
fn a_hold_covers_one_thing() {
    let desk = COMPANY.copy(".");
    let hold = |args: &[&str]| {
        let common = ["hold", "place", "--reason", "matter 8", "--key", "people/counsel.pem"];
        tieout(&desk, &[&common[..], args].concat())
    };
    hold(&[]).exits(2).says(&["hold-invalid"]);
    hold(&["--subject", "U011", "--period", "2025-01-01..2026-01-01"]).exits(2);
    hold(&["--subject", "U999"]).exits(2).says(&["the vault has no key for that subject"]);
    hold(&["--period", "2025-06-01..2025-07-01"]).exits(0);
    erase(&desk, "U031").exits(2).says(&["a legal hold is active"]);
}
