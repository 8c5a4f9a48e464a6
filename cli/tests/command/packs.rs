//! Packs that nobody vouches for, and logs that were lost.

use crate::harness::{Desk, copy};
use std::sync::LazyLock;

/// A company whose log and keys a test may take away; each test has a copy of its own.
static COMPANY: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("demo --rows 300 --folder co --quiet").exits(0);
    desk
});

/// A copy, and the path of its pack.
fn company() -> (Desk, String) {
    let desk = COMPANY.copy("co");
    let mut packs = std::fs::read_dir(desk.path("co/out/packs")).unwrap();
    let name = packs.next().unwrap().unwrap().file_name().into_string().unwrap();
    (desk, format!("out/packs/{name}"))
}

#[test]
fn what_nobody_vouches_for_is_shown_and_is_inconclusive() {
    let (desk, pack) = company();
    std::fs::rename(desk.path("co/keys"), desk.path("elsewhere")).unwrap();
    let record = format!("{pack}#0");
    let keys = [
        "--operator-key",
        "../elsewhere/operator.pem.pub",
        "--log-key",
        "../elsewhere/log.pem.vkey",
    ];
    let commands: [&[&str]; 3] =
        [&["report", &pack, "-o", "json"], &["pack", "show", &pack], &["explain", &record]];
    for command in commands {
        let ran = desk.tieout_in("co", command, &[]);
        ran.exits(3).says(&["warning[no-trust-anchor]", "--operator-key FILE --log-key FILE"]);
        assert!(!ran.out.is_empty(), "{command:?}");
        let ran = desk.tieout_in("co", &[command, &keys].concat(), &[]);
        assert_eq!(ran.exits(0).err, "", "{command:?}");
    }
    let explained = desk.tieout_in("co", &["explain", &record], &[]);
    explained.prints(&["verification", "nothing outside the pack vouches"]);
    let control = desk.tieout_in("co", &[&["explain", "FOC-R03"][..], &keys].concat(), &[]);
    control.exits(2).says(&["error[key-unused]"]);
}

#[test]
fn a_key_file_that_is_none_is_named() {
    let (desk, pack) = company();
    desk.write("co/keys/log.pem.vkey", "no key\n");
    for command in [&["report", &pack, "-o", "json"][..], &["search", "x"]] {
        let ran = desk.tieout_in("co", command, &[]);
        ran.exits(2).says(&["error[key-unreadable]", "`keys/log.pem.vkey` is not the log's"]);
    }
    let ran = desk.tieout_in("co", &["verify", &pack, "--operator-key", "tieout.yaml"], &[]);
    ran.exits(2).says(&["error[key-unreadable]", "`tieout.yaml` is not the operator's public key"]);
}

#[test]
fn a_lost_or_older_log_is_not_forked() {
    let (desk, _) = company();
    let copy = |from: &str, to: &str| copy(&desk.path(from), &desk.path(to));
    copy("co/log", "older");
    let run = || desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[]);
    run().exits(1).says(&["log index 3"]);
    std::fs::rename(desk.path("co/log"), desk.path("latest")).unwrap();
    run().exits(2).says(&["error[not-sealed]", "latest backup", "start a new workspace"]);
    std::fs::remove_dir_all(desk.path("co/log")).unwrap();
    copy("older", "co/log");
    run().exits(2).says(&["error[not-sealed]", "does not have pack", "latest backup"]);
    assert_eq!(std::fs::read_dir(desk.path("co/out/packs")).unwrap().count(), 2);
    std::fs::remove_dir_all(desk.path("co/log")).unwrap();
    copy("latest", "co/log");
    run().exits(1).says(&["log index 5"]);
}

#[test]
fn two_reports_of_one_file_are_refused_before_anything_is_done() {
    let (desk, pack) = company();
    let twice = ["-o", "json=r", "-o", "html=./out/../r"];
    for command in [&["report", &pack][..], &["run"]] {
        let ran = desk.tieout_in("co", &[command, &twice].concat(), &[]);
        ran.exits(2).says(&["error[output-twice]", "`./out/../r`"]);
    }
    assert!(!desk.path("co/r").exists());
    assert_eq!(std::fs::read_dir(desk.path("co/out/packs")).unwrap().count(), 1);
    desk.tieout_in("co", &["run", "-o", "html", "-o", "html"], &[]).exits(2);
}

/// A place where no report can be is found out while there is nothing to lose.
#[test]
fn a_report_that_has_no_place_is_refused_before_anything_is_sealed() {
    let (desk, _) = company();
    let run = |place: &str| {
        let spec = format!("json={place}");
        desk.tieout_in("co", &["run", "--only", "FOC-R03", "-o", &spec], &[])
    };
    run("data").exits(2).says(&["error[file-access]", "`data`: is a folder"]);
    run("tieout.yaml/r").exits(2).says(&["error[file-access]", "tieout.yaml`", "not a folder"]);
    desk.write("co/out/reports.txt", "");
    std::fs::remove_dir_all(desk.path("co/out/reports")).unwrap();
    std::fs::rename(desk.path("co/out/reports.txt"), desk.path("co/out/reports")).unwrap();
    let ran = desk.tieout_in("co", &["run", "--only", "FOC-R03", "-o", "html"], &[]);
    ran.exits(2).says(&["error[file-access]", "out/reports"]);
    assert_eq!(std::fs::read_dir(desk.path("co/out/packs")).unwrap().count(), 1);
    let ran = run("new/folder/r.json");
    ran.exits(1).says(&["log index 3", "1 control: 1 with exceptions"]);
    assert_eq!(ran.err.matches("1 control").count(), 1);
    let shown = desk.tieout_in("co", &["run", "--only", "FOC-R03"], &[]);
    shown.exits(1).prints(&["1 control: 1 with exceptions."]);
    assert!(!shown.err.contains("with exceptions"), "{}", shown.err);
}

/// A lock that can't be read pins something, and nobody knows what.
#[cfg(unix)]
#[test]
fn a_lock_file_that_cant_be_read_is_not_passed_over() {
    let (desk, _) = company();
    let lock = desk.path("co/tieout.lock");
    std::fs::create_dir(&lock).unwrap();
    let run = || desk.tieout_in("co", &["run"], &[]);
    run().exits(2).says(&["error[file-access]", "tieout.lock"]);
    std::fs::remove_dir(&lock).unwrap();
    std::os::unix::fs::symlink("nowhere", &lock).unwrap();
    run().exits(2).says(&["error[file-access]", "tieout.lock"]);
}
