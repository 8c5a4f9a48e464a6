//! Packs compared, copied with less in them, and handed over as one file.

use crate::harness::Desk;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// A demo with a second run of fewer controls.
static DEMO: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("demo --rows 1200 --folder co --quiet").exits(0);
    desk.tieout_in("co", &["run", "--only", "CM-02,FOC-R03"], &[]).exits(1);
    desk
});

/// What a rule states of a record beside its columns.
const TEXTS: [&str; 3] = ["expected", "actual", "message"];

const ANCHOR: [&str; 4] =
    ["--operator-key", "keys/operator.pem.pub", "--log-key", "keys/log.pem.vkey"];

/// The packs, the older first, from the workspace.
fn packs() -> [String; 2] {
    let mut names: Vec<_> = std::fs::read_dir(DEMO.path("co/out/packs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let [a, b] = names.try_into().unwrap();
    [a, b].map(|name| format!("out/packs/{name}"))
}

fn pack(args: &[&str]) -> crate::harness::Ran {
    DEMO.tieout_in("co", &[&["pack"], args, &ANCHOR].concat(), &[])
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// The values of the personal columns that the pack discloses of its records, by column.
fn personal(pack: &str) -> BTreeMap<String, BTreeSet<String>> {
    let path = DEMO.path("co").join(pack).join("disclosures/records.jsonl");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let disclosure: serde_json::Value = serde_json::from_str(line).unwrap();
        if let (Some(name), Some(value)) = (disclosure[1].as_str(), disclosure[2].as_str()) {
            found.entry(name.to_owned()).or_default().insert(value.to_owned());
        }
    }
    found
}

#[test]
fn a_pack_is_the_same_as_itself_and_another_is_told_apart() {
    let [first, second] = packs();
    pack(&["diff", &first, &first]).exits(0).prints(&["the results are the same"]);
    let ran = pack(&["diff", &first, &second]);
    ran.exits(1).prints(&["controls", "RET-01", "(not there)"]);
    let back = pack(&["diff", &second, &first]);
    back.exits(1).prints(&["(not there)", "→"]);
}

/// Everything that is covered is as it was, so the copy verifies; nothing personal is in it.
#[test]
fn a_redacted_copy_verifies_and_names_nobody() {
    let [_, second] = packs();
    let values = personal(&second);
    assert!(!values.is_empty());
    pack(&["redact", &second, "redacted"]).exits(0).prints(&["0 disclosures kept", "valid"]);
    let copy = files(&DEMO.path("co/redacted"));
    // What a rule says may stand in the rule's source.
    let columns = values.iter().filter(|(name, _)| !TEXTS.contains(&name.as_str()));
    for value in columns.flat_map(|(_, values)| values).filter(|value| value.len() > 5) {
        for (path, bytes) in &copy {
            let there = bytes.windows(value.len()).any(|part| part == value.as_bytes());
            assert!(!there, "{value} in {}", path.display());
        }
    }
    let before = files(&DEMO.path("co").join(&second));
    let covered = before.iter().filter(|(path, _)| !path.to_str().unwrap().contains("disclosures"));
    for (path, bytes) in covered {
        let inside = path.strip_prefix(DEMO.path("co").join(&second)).unwrap();
        assert_eq!(copy.get(&DEMO.path("co/redacted").join(inside)), Some(bytes));
    }
    pack(&["redact", &second, "redacted"]).exits(2).says(&["error[copy-exists]"]);
}

#[test]
fn a_copy_discloses_what_is_named_and_withholds_what_is_named() {
    let [_, second] = packs();
    let values = personal(&second);
    let column =
        values.keys().find(|name| !["expected", "actual", "message"].contains(&name.as_str()));
    let column = column.unwrap().as_str();
    pack(&["disclose", &second, "one", "--column", column]).exits(0);
    let kept = personal("one");
    assert_eq!(kept.get(column), values.get(column));
    assert!(kept.keys().all(|name| name == column || TEXTS.contains(&name.as_str())), "{kept:?}");
    pack(&["redact", &second, "others", "--column", column]).exits(0);
    let kept = personal("others");
    assert!(!kept.contains_key(column));
    assert!(
        values.keys().filter(|name| !TEXTS.contains(&name.as_str())).count() == 1
            || !kept.is_empty()
    );
    pack(&["disclose", &second, "control", "--control", "CM-02"]).exits(0);
    assert_eq!(personal("control"), values);
    pack(&["disclose", &second, "none", "--control", "FOC-R03"]).exits(0);
    assert!(personal("none").is_empty());
}

/// A name that the pack doesn't have withholds nothing, so it is refused.
#[test]
fn a_misspelt_name_is_refused() {
    let [_, second] = packs();
    let ran = pack(&["redact", &second, "x", "--column", "aprover"]);
    ran.exits(2).says(&["error[personal-column-unknown]", "they have:"]);
    let ran = pack(&["redact", &second, "x", "--control", "CM-99"]);
    ran.exits(2).says(&["error[unknown-control]"]);
    pack(&["disclose", &second, "x"]).exits(2).says(&["error[nothing-to-disclose]"]);
    assert!(!DEMO.path("co/x").exists());
}

#[test]
fn an_archive_is_the_same_for_the_same_pack_and_verifies_where_tar_unpacks_it() {
    let [first, _] = packs();
    pack(&["export", &first, "a.tar"]).exits(0);
    pack(&["export", &first, "b.tar"]).exits(0);
    let [a, b] = ["co/a.tar", "co/b.tar"].map(|path| std::fs::read(DEMO.path(path)).unwrap());
    assert!(a == b);
    let unpacked = DEMO.path("co/unpacked");
    std::fs::create_dir(&unpacked).unwrap();
    let tar = |args: &[&str]| {
        let ran = Command::new("tar").args(args).current_dir(DEMO.path("co")).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let listed = tar(&["--utc", "--full-time", "--numeric-owner", "-tvf", "a.tar"]);
    let names: Vec<_> = listed.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert!(names.is_sorted() && names.len() > 10);
    let plain =
        |line: &str| line.starts_with("-rw-r--r-- 0/0 ") && line.contains(" 1970-01-01 00:00:00");
    assert!(listed.lines().all(plain), "{listed}");
    tar(&["-xf", "a.tar", "-C", "unpacked"]);
    let name = first.rsplit('/').next().unwrap();
    let there = format!("unpacked/{name}");
    let verified = [&["verify", there.as_str()][..], &ANCHOR].concat();
    DEMO.tieout_in("co", &verified, &[]).exits(0).prints(&["VALID"]);
}
