//! What a search answer rests on: packs that somebody vouches for, all of them, as they are now.

use crate::harness::{Desk, Ran, copy};
use std::path::PathBuf;
use std::sync::LazyLock;

/// A workspace with two packs; each test has a copy of its own.
static COMPANY: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("demo --rows 300 --folder co --quiet").exits(0);
    desk.tieout_in("co", &["run", "--only", "FOC-R03", "--quiet"], &[]);
    desk
});

const KEYS: [&str; 4] =
    ["--operator-key", "keys/operator.pem.pub", "--log-key", "keys/log.pem.vkey"];

fn company() -> Desk {
    COMPANY.copy("co")
}

/// The folders of the packs, the first first.
fn packs(desk: &Desk) -> [PathBuf; 2] {
    let entries = std::fs::read_dir(desk.path("co/out/packs")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found.try_into().unwrap()
}

fn search(desk: &Desk, args: &[&str]) -> Ran {
    desk.tieout_in("co", &[&["search"], args].concat(), &[])
}

/// How many documents a query finds, and the exit code.
fn total(desk: &Desk, query: &str) -> (String, i32) {
    let ran = search(desk, &[query, "--json"]);
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["conclusive"], ran.code == 0, "{found}");
    (found["total"].as_str().unwrap().to_owned(), ran.code)
}

#[test]
fn an_index_that_another_wrote_is_not_read() {
    let desk = company();
    let honest = total(&desk, "control:FOC-R03");
    assert_eq!(honest.1, 0);
    assert_ne!(honest.0, "0");
    // The index of another company in place of ours.
    let forged = Desk::new();
    forged.tieout("demo --rows 300 --folder co --quiet --only GL-01 --clean").exits(0);
    let index = desk.path("co/out/index");
    std::fs::remove_dir_all(&index).unwrap();
    copy(&forged.path("co/out/index"), &index);
    assert_eq!(total(&desk, "control:FOC-R03"), honest);
    // A digest in the index's own file.
    let generation = std::fs::read_dir(&index)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let hit: serde_json::Value =
        serde_json::from_str(&search(&desk, &["control:FOC-R03", "--json"]).out).unwrap();
    let digest = hit["hits"][0]["pack"].as_str().unwrap();
    let meta = std::fs::read_to_string(generation.join("meta.json")).unwrap();
    assert!(meta.contains(digest));
    std::fs::write(generation.join("meta.json"), meta.replace(digest, &"a".repeat(64))).unwrap();
    assert_eq!(total(&desk, &format!("control:FOC-R03 hash:{digest}")).1, 0);
    assert_eq!(total(&desk, "control:FOC-R03"), honest);
}

#[test]
fn packs_that_nobody_vouches_for_are_said_to_be() {
    let desk = company();
    let keys = desk.path("co/keys");
    std::fs::rename(&keys, desk.path("elsewhere")).unwrap();
    let ran = search(&desk, &["FOC-R03"]);
    ran.exits(3).says(&["warning[answer-inconclusive]", "2 packs indexed without a trust anchor"]);
    assert!(ran.out.contains("FOC-R03"), "hits are shown all the same");
    let from_outside = [
        "FOC-R03",
        "--operator-key",
        "../elsewhere/operator.pem.pub",
        "--log-key",
        "../elsewhere/log.pem.vkey",
    ];
    search(&desk, &from_outside).exits(0);
    // One of the two is not enough.
    search(&desk, &from_outside[..3]).exits(3).says(&["without a trust anchor"]);
    // Under other keys there is no pack at all, and that is no answer.
    let other = [("TIEOUT_PASSPHRASE", "x")];
    desk.tieout_in("co", &["key", "new", "--role", "operator", "../other.pem"], &other).exits(0);
    let ran = search(
        &desk,
        &[
            "FOC-R03",
            "--operator-key",
            "../other.pem.pub",
            "--log-key",
            "../elsewhere/log.pem.vkey",
        ],
    );
    ran.exits(3).says(&["does not verify and was left out", "signed by another key"]);
    assert_eq!(ran.out, "");
}

#[test]
fn with_keys_from_outside_nothing_but_packs_and_log_is_read() {
    let desk = company();
    std::fs::remove_dir_all(desk.path("co/out/index")).unwrap();
    std::fs::remove_dir_all(desk.path("co/.tieout")).unwrap();
    search(&desk, &[&["FOC-R03"][..], &KEYS].concat()).exits(0);
    search(&desk, &["FOC-R03"]).exits(0);
    assert!(!desk.path("co/out/index").exists() && !desk.path("co/.tieout").exists());
}

#[test]
fn a_pack_that_was_changed_after_indexing_is_left_out() {
    let desk = company();
    let before = total(&desk, "kind:result");
    assert_eq!(before.1, 0);
    let path = packs(&desk)[1].join("run.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("FOC-R03", "FOC-R04")).unwrap();
    let ran = search(&desk, &["kind:result", "--json"]);
    ran.exits(3).prints(&["was left out", "\"conclusive\": false"]);
    let number = |total: &str| total.parse::<u64>().unwrap();
    assert_eq!(number(&total(&desk, "kind:result").0), number(&before.0) - 1);
}

#[test]
fn what_is_erased_is_no_longer_found() {
    let desk = company();
    let before = total(&desk, "kind:population");
    assert_eq!(before.1, 0);
    for pack in packs(&desk) {
        std::fs::remove_dir_all(pack.join("disclosures")).unwrap();
    }
    assert_eq!(total(&desk, "kind:population"), ("0".to_owned(), 0));
    search(&desk, &["kind:population"]).exits(0).says(&["that their packs withhold"]);
}

#[test]
fn nothing_vanishes_without_a_word() {
    let desk = company();
    let [first, second] = packs(&desk);
    std::fs::remove_file(second.join("statement.dsse.json")).unwrap();
    let ran = search(&desk, &["FOC-R03", "--json"]);
    ran.exits(3).prints(&["has no `statement.dsse.json` and was left out", "log entry 1 has no"]);
    std::fs::remove_dir_all(&second).unwrap();
    let ran = search(&desk, &["FOC-R03"]);
    ran.exits(3).says(&["warning[answer-inconclusive]: log entry 1 has no pack and no statement here"]);
    std::fs::rename(desk.path("co/log"), desk.path("log")).unwrap();
    search(&desk, &["FOC-R03"]).exits(3).says(&["nothing tells whether packs are missing"]);
    std::fs::remove_dir_all(&first).unwrap();
    let ran = search(&desk, &["FOC-R03"]);
    ran.exits(0).says(&["nothing was sealed in this workspace yet", "0 hits"]);
}

#[test]
fn a_copy_of_a_pack_counts_once_and_rivals_not_at_all() {
    let desk = company();
    let before = total(&desk, "FOC-R03");
    let [first, second] = packs(&desk);
    let name = first.file_name().unwrap().to_str().unwrap().to_owned();
    copy(&first, &first.with_file_name(format!("{name}.bak")));
    let ran = search(&desk, &["FOC-R03"]);
    ran.exits(0).says(&["is a copy of", &format!("{name}.bak")]);
    assert_eq!(total(&desk, "FOC-R03"), before);
    // The whole name is meant, though another begins with it.
    desk.tieout_in("co", &["pack", "show", &name], &[]).exits(0).prints(&["verification", "valid"]);
    // A run in such a workspace seals, logs and reports.
    let ran = desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[]);
    ran.exits(1).says(&["log index 2"]);
    // A link is no folder, and a pack behind it is not passed over.
    #[cfg(unix)]
    {
        std::fs::remove_dir_all(first.with_file_name(format!("{name}.bak"))).unwrap();
        std::os::unix::fs::symlink(&second, second.with_file_name("link")).unwrap();
        search(&desk, &["FOC-R03"]).exits(3).says(&["is a link and was left out"]);
        std::fs::remove_file(second.with_file_name("link")).unwrap();
    }
    // Another company's first pack, with the same demo keys: two say that they are entry 0.
    let other = Desk::new();
    other.tieout("demo --rows 300 --folder co --quiet --clean").exits(0);
    let [rival] = std::fs::read_dir(other.path("co/out/packs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    copy(&rival, &first.with_file_name("rival"));
    let ran = search(&desk, &["FOC-R03"]);
    ran.exits(3).says(&["rival`", &name, "differ and all say that they are entry 0"]);
    let ran = desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[]);
    ran.exits(2).says(&["error[not-sealed]", "pack `rival`"]);
}

#[test]
fn searches_at_once_make_one_index() {
    let desk = company();
    let honest = total(&desk, "FOC-R03");
    for _ in 0..3 {
        std::fs::remove_dir_all(desk.path("co/out/index")).unwrap();
        let found = std::thread::scope(|scope| {
            let searches: Vec<_> =
                (0..4).map(|_| scope.spawn(|| search(&desk, &["FOC-R03", "--json"]))).collect();
            searches.into_iter().map(|s| s.join().unwrap()).collect::<Vec<_>>()
        });
        for ran in found {
            assert_eq!(ran.exits(0).err, "");
            assert!(ran.out.contains(&format!("\"total\": \"{}\"", honest.0)), "{}", ran.out);
        }
        let entries = std::fs::read_dir(desk.path("co/out/index")).unwrap();
        assert_eq!(entries.count(), 3, "lock, pointer and one generation");
    }
}

#[test]
fn runs_at_once_seal_one_after_the_other() {
    let desk = company();
    let run = || desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[]);
    let ran = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    let said: String = ran.iter().map(|ran| ran.exits(1).err.as_str()).collect();
    for index in [2, 3, 4] {
        assert!(said.contains(&format!("(log index {index})")), "{said}");
    }
    assert!(!said.contains("warning"), "{said}");
    search(&desk, &["FOC-R03"]).exits(0);
}

#[test]
fn a_column_that_cant_be_searched_is_a_mistake_in_the_query() {
    let desk = company();
    let ran = search(&desk, &["NOT key.nosuch:x"]);
    ran.exits(2).says(&[
        "error[query-invalid]",
        "NOT key.nosuch:x\n    ^^^^^^^^^^",
        "there are: key.",
    ]);
    let ran = search(&desk, &["user_id:x"]);
    ran.exits(2).says(&["error[query-invalid]", "user_id:x\n^^^^^^^", "personal", "there are:"]);
}

/// The index is a cache: where it can't be kept, the answer is the same.
#[test]
fn an_index_that_cant_be_written_stops_nobody() {
    let desk = company();
    let honest = total(&desk, "FOC-R03");
    std::fs::remove_dir_all(desk.path("co/out/index")).unwrap();
    desk.write("co/out/index", "in the way");
    assert_eq!(total(&desk, "FOC-R03"), honest);
    search(&desk, &["FOC-R03"]).exits(0).says(&["warning[index-unreadable]", "made in memory"]);
    let ran = desk.tieout_in("co", &["run", "--only", "FOC-R03", "-o", "json=r.json"], &[]);
    ran.exits(1).says(&["log index 2", "report: r.json", "warning[index-unreadable]"]);
}

/// What an auditor has: a pack and public keys, and no workspace.
#[test]
fn packs_can_be_searched_without_a_workspace() {
    let (desk, auditor) = (company(), Desk::new());
    let [first, second] = packs(&desk);
    copy(&first, &auditor.path("one"));
    copy(&second, &auditor.path("two"));
    copy(&desk.path("co/keys/operator.pem.pub"), &auditor.path("operator.pem.pub"));
    copy(&desk.path("co/keys/log.pem.vkey"), &auditor.path("log.pem.vkey"));
    let search = |args: &[&str]| {
        auditor.tieout_in(".", &[&["search", "control:FOC-R03"], args].concat(), &[])
    };
    let keys = ["--operator-key", "operator.pem.pub", "--log-key", "log.pem.vkey"];
    search(&keys).exits(2).says(&["error[no-workspace]", "--pack PACK"]);
    let ran = search(&[&["--limit", "1", "--pack", "one"][..], &keys].concat());
    ran.exits(0).prints(&["one "]).says(&["only the packs named were searched"]);
    let both = search(&[&["--json", "--pack", "one", "two"][..], &keys].concat());
    let found: serde_json::Value = serde_json::from_str(&both.exits(0).out).unwrap();
    assert_eq!(found["total"], total(&desk, "control:FOC-R03").0);
    let nobody = search(&["--pack", "one"]);
    nobody.exits(3).says(&["warning[answer-inconclusive]", "without a trust anchor"]);
    assert!(nobody.out.contains("FOC-R03"), "hits are shown all the same");
    // A pack that was named and does not verify answers nothing.
    auditor.write("two/SHA256SUMS", "");
    let ran = search(&[&["--pack", "one", "two"][..], &keys].concat());
    assert_eq!(ran.exits(4).says(&["error[pack-invalid]", "`two`"]).out, "");
    assert_eq!(std::fs::read_dir(auditor.path(".")).unwrap().count(), 5, "nothing is written");
}
