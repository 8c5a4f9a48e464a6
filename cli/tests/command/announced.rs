//! Runs that were announced, and the log of a workspace as `tieout verify` tells it.

use crate::harness::Desk;
use std::sync::LazyLock;

static COMPANY: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("demo --rows 1200 --folder co --quiet").exits(0);
    desk
});

#[test]
fn a_workspace_explains_every_entry_of_its_log() {
    let desk = COMPANY.copy("co");
    let verify = || desk.tieout_in("co", &["verify"], &[]);
    verify().exits(0).prints(&["ok      the log, of 2 entries", "VALID: log and packs hold"]);
    // The only pack is moved away: its entry and its announcement stay.
    std::fs::rename(desk.path("co/out/packs"), desk.path("moved")).unwrap();
    verify().exits(4).prints(&[
        "FAILED  log entry 1 has no pack and no statement here",
        "FAILED  the run announced at log entry 0",
        "INVALID: something is missing",
    ]);
    std::fs::rename(desk.path("moved"), desk.path("co/out/packs")).unwrap();
    verify().exits(0);
    let checkpoint = desk.path("co/log/checkpoint");
    let text = std::fs::read_to_string(&checkpoint).unwrap();
    std::fs::write(&checkpoint, text.replacen("\n2\n", "\n1\n", 1)).unwrap();
    verify().exits(4).says(&["error[log-invalid]"]);
}

/// What can't be read is told as that, and is not taken for a pack that is not there.
#[test]
fn a_pack_that_cant_be_read_is_no_pack_that_is_missing() {
    let desk = COMPANY.copy("co");
    let mut packs = std::fs::read_dir(desk.path("co/out/packs")).unwrap();
    let pack = packs.next().unwrap().unwrap().path();
    let envelope = pack.join("statement.dsse.json");
    std::fs::rename(&envelope, desk.path("kept")).unwrap();
    std::fs::create_dir(&envelope).unwrap();
    let name = pack.file_name().unwrap().to_str().unwrap();
    let told = format!(
        "FAILED  pack `out/packs/{name}`: `statement.dsse.json` can't be read: Is a directory"
    );
    let ran = desk.tieout_in("co", &["verify"], &[]);
    ran.exits(4).prints(&[&told, "has a result can't be told", "INVALID: something"]);
    assert!(!ran.out.contains("has no result"), "{}", ran.out);
    std::fs::remove_dir(&envelope).unwrap();
    std::fs::rename(desk.path("kept"), &envelope).unwrap();
    desk.tieout_in("co", &["verify"], &[]).exits(0);
}
