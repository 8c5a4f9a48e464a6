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
