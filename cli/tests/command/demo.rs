//! The demo and what can be done with its workspace afterwards.

use crate::harness::Desk;
use std::path::PathBuf;
use std::sync::LazyLock;

/// One demo for all tests that only look; those that change something make their own.
static DEMO: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    let ran = desk.tieout("demo --rows 1200 --folder co");
    ran.exits(0).prints(&["planted exceptions found, to the last digit, and no other"]);
    ran.prints(&["next: cd co", "tieout explain", "tieout search", "tieout verify"]);
    desk
});

const ANCHOR: [&str; 4] =
    ["--operator-key", "keys/operator.pem.pub", "--log-key", "keys/log.pem.vkey"];

fn pack(desk: &Desk) -> String {
    let mut packs: Vec<PathBuf> = std::fs::read_dir(desk.path("co/out/packs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("statement.dsse.json").is_file())
        .collect();
    packs.sort();
    format!("out/packs/{}", packs.first().unwrap().file_name().unwrap().to_str().unwrap())
}

#[test]
fn the_pack_verifies_under_the_right_keys_only() {
    let pack = pack(&DEMO);
    let with = [&["verify", pack.as_str()][..], &ANCHOR].concat();
    DEMO.tieout_in("co", &with, &[]).exits(0).prints(&["VALID"]);
    let without = DEMO.tieout_in("co", &["verify", &pack], &[]);
    without.exits(3).prints(&["INDETERMINATE", "to go on", "--operator-key"]);
    let ran = DEMO.tieout_in(
        "co",
        &["verify", &pack, "--operator-key", "tieout.yaml", "--log-key", "keys/log.pem.vkey"],
        &[],
    );
    assert!([2, 4].contains(&ran.code), "{}{}", ran.out, ran.err);
}

#[test]
fn an_exception_is_explained_from_the_pack() {
    let what = format!("{}#0", pack(&DEMO));
    let ran = DEMO.tieout_in("co", &["explain", &what], &[]);
    ran.exits(0).prints(&["control", "violates", " | violation contains"]);
}

#[test]
fn a_search_hit_names_its_pack_record_and_log_index() {
    let ran = DEMO.tieout_in("co", &["search", "FOC-R03", "--json", "--limit", "3"], &[]);
    let found: serde_json::Value = serde_json::from_str(&ran.exits(0).out).unwrap();
    let hit = &found["hits"][0];
    assert_eq!(hit["log_index"], "1");
    assert_eq!(hit["pack"].as_str().unwrap().len(), 64);
    assert!(hit["number"].is_string(), "{hit}");
    let wrong = DEMO.tieout_in("co", &["search", "(a OR"], &[]);
    wrong.exits(2).says(&["error[query-invalid]", "^"]);
}

#[test]
fn every_report_format_is_made_from_the_pack() {
    let pack = pack(&DEMO);
    let formats = ["text", "json", "html", "xlsx", "junit", "sarif", "parquet", "openlineage"];
    for format in formats.into_iter().chain(["oscal", "test-result"]) {
        let path = DEMO.path(&format!("report.{format}"));
        let spec = format!("{format}={}", path.display());
        DEMO.tieout_in("co", &["report", &pack, "-o", &spec], &[]).exits(0);
        assert!(std::fs::metadata(&path).unwrap().len() > 100, "{format}");
    }
}

#[test]
fn a_pack_is_shown_by_the_beginning_of_its_name() {
    let pack = pack(&DEMO);
    let name = pack.rsplit('/').next().unwrap();
    let ran = DEMO.tieout_in("co", &["pack", "show", name], &[]);
    ran.exits(0).prints(&["verification", "valid", "ties out", "FOC-R03"]);
}

#[test]
fn a_run_on_the_same_data_says_exceptions() {
    let desk = Desk::new();
    desk.tieout("demo --rows 1200 --folder co --quiet").exits(0);
    let ran = desk.tieout_in("co", &["run", "--only", "FOC-R01,RET-01"], &[]);
    ran.exits(1).prints(&["FOC-R01"]).says(&["log index 3"]);
}

#[test]
fn a_passphrase_for_other_keys_does_not_lock_the_demo_and_a_wrong_one_is_named() {
    let desk = Desk::new();
    desk.tieout("demo --rows 1200 --folder co --quiet").exits(0);
    let wrong = [("TIEOUT_PASSPHRASE", "not it")];
    desk.tieout_in("co", &["run", "--only", "FOC-R01"], &wrong).exits(1);
    let right = [("TIEOUT_PASSPHRASE", "this is it")];
    let new = ["key", "new", "--role", "operator", "keys/own.pem"];
    desk.tieout_in("co", &new, &right).exits(0);
    let settings = desk.path("co/tieout.yaml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("keys/operator.pem", "keys/own.pem")).unwrap();
    let ran = desk.tieout_in("co", &["run"], &wrong);
    let help = "the one in TIEOUT_PASSPHRASE is not the one that the key was made with";
    ran.exits(2).says(&["error[key-unreadable]", "keys/own.pem", help]);
    desk.write("co/pass", "nor this\n");
    let ran = desk.tieout_in("co", &["run", "--passphrase-file", "pass"], &[]);
    ran.exits(2).says(&["the one in `pass` is not the one"]);
    desk.write("co/keys/own.pem", "no key\n");
    let ran = desk.tieout_in("co", &["run"], &[]);
    ran.exits(2).says(&["error[key-unreadable]", "not a PEM file"]);
    assert!(!ran.err.contains("PASSPHRASE"), "{}", ran.err);
}

#[test]
fn a_control_left_out_is_noticed() {
    let ran = Desk::new().tieout("demo --rows 1200 --folder co --only FOC-R03");
    ran.exits(1).prints(&["MISSING", "missing    CM-01"]);
}

#[test]
fn the_clean_company_has_nothing_to_find() {
    let desk = Desk::new();
    let ran = desk.tieout("demo --rows 1200 --clean --folder co");
    ran.exits(0).prints(&["nothing was planted, nothing was found"]);
    desk.tieout("demo --rows 1200 --clean --folder co").exits(0);
    desk.tieout_in("co", &["run"], &[]).exits(0);
}

#[test]
fn a_changed_byte_is_proof_failure() {
    let desk = Desk::new();
    desk.tieout("demo --rows 1200 --folder co --quiet").exits(0);
    let pack = pack(&desk);
    let result = desk.path(&format!("co/{pack}/SHA256SUMS"));
    let text = std::fs::read_to_string(&result).unwrap();
    let changed = if text.starts_with('0') { "1" } else { "0" };
    std::fs::write(&result, format!("{changed}{}", text.get(1..).unwrap())).unwrap();
    let with = [&["verify", pack.as_str()][..], &ANCHOR].concat();
    desk.tieout_in("co", &with, &[]).exits(4).prints(&["FAILED", "was not checked", "INVALID"]);
    let ran = desk.tieout_in("co", &["report", &pack, "-o", "text"], &[]);
    ran.exits(4).says(&["error[pack-invalid]"]);
    assert_eq!(ran.out, "");
}

/// A hold that can't be read could have covered any record: nothing may be concluded.
#[test]
fn a_refused_row_of_a_joined_dataset_stands_in_the_way() {
    let desk = Desk::new();
    desk.tieout("demo --rows 1200 --clean --folder co --quiet").exits(0);
    let holds = std::fs::read_to_string(desk.path("co/data/hold.csv")).unwrap();
    let from = holds.find("T00:00:00Z").unwrap();
    let broken = format!("{}Tnoon{}", &holds[..from], &holds[from + 10..]);
    desk.write("co/data/hold.csv", &broken);
    let ran = desk.tieout_in("co", &["run", "--only", "RET-04"], &[]);
    ran.exits(3).prints(&["RET-04", "INCONCLUSIVE", "1 row refused by its schema profile"]);
}

/// The words of the library that runs the query are not the user's.
#[test]
fn mistakes_in_a_query_are_told_in_the_users_words() {
    let desk = Desk::new();
    desk.tieout("demo --rows 300 --folder co --quiet --clean").exits(0);
    let shown = desk.tieout("control show CM-01").out.replace("CM-01", "OUR-01");
    let yaml = std::fs::read_to_string(desk.path("co/tieout.yaml")).unwrap();
    desk.write("co/tieout.yaml", &format!("{yaml}own: {{catalogue: controls}}\n"));
    for (from, to, said) in [
        (
            "base._file, base._row",
            "base._file base _row",
            ["line 3, column 24: expected end of statement", "found `_row`"],
        ),
        ("FROM approval", "FROM aproval", ["there is no table `aproval`", "mean `approval`?"]),
        ("FROM base", "FROM nosuch", ["line 7, column 6: there is no", "is `base` and `approval`"]),
        ("MIN(", "MINN(", ["line 9, column 44: there is no function `minn`", ""]),
    ] {
        let query = shown.replace(from, to);
        desk.write("co/controls/our-01/control.yaml", &query);
        let ran = desk.tieout_in("co", &["run", "--only", "OUR-01"], &[]);
        ran.exits(2).says(&["error[population-query]", "control `OUR-01`, query"]).says(&said);
        for word in ["ParserError", "datafusion", "planning", "Line:"] {
            assert!(!ran.err.contains(word), "{}", ran.err);
        }
    }
}

/// The user's own rule, with a mistake of each kind: all are shown, each with its line.
#[test]
fn mistakes_in_a_rule_are_shown_in_its_source() {
    let desk = Desk::new();
    desk.tieout("deck generate co --rows 1200 --faults none").exits(0);
    let control = desk.tieout("control show FOC-R01").out.replace("FOC-R01", "OUR-01");
    let control = control.replace("{bundle: billing, rule: foc-r01}", "{bundle: our, rule: r}");
    desk.write("co/controls/our-01/control.yaml", &control);
    desk.write(
        "co/our/bundle.yaml",
        "name: our\nversion: 1.0.0\nsources: [x]\nowner: x\napprover: x\n",
    );
    desk.write(
        "co/our/r/rule.rego",
        "package our.r\n\nviolation contains {\"code\": \"x\"} if {\n\tinput.BiledCost > 0\n\tinput.BilledCost > \"a\"\n}\n",
    );
    let yaml = std::fs::read_to_string(desk.path("co/tieout.yaml")).unwrap();
    desk.write("co/tieout.yaml", &format!("{yaml}own: {{catalogue: controls, bundles: [our]}}\n"));
    let pass = [("TIEOUT_PASSPHRASE", "p")];
    for (role, file) in [("operator", "keys/operator.pem"), ("log", "keys/log.pem")] {
        desk.tieout_in("co", &["key", "new", "--role", role, file], &pass).exits(0);
    }
    let ran = desk.tieout_in("co", &["run", "--only", "OUR-01"], &pass);
    ran.exits(2).says(&[
        "our/r/rule.rego:4:8",
        "did you mean `BilledCost`?",
        "rule.rego:5:2",
        "^^^",
    ]);
    assert!(!desk.path("co/out/packs").exists());
}
