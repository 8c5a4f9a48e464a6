//! After the gate: the table that is released is the one that was gated, and what runs in production is
//! still it.

use crate::company::{RATES, Table, midnight};
use crate::repository::{Branch, Scratch};
use crate::review::Approval::{self, GitHub};
use crate::usage::{self, moved};
use crate::{gate, review};
use std::path::PathBuf;
use tieout_tests::Ran;

/// The keys by which the release job trusts a pack: they come from outside it.
const KEYS: [&str; 4] =
    ["--operator-key", "keys/operator.pem.pub", "--log-key", "keys/log.pem.vkey"];

/// A request that was gated and signed: the table that it leads to, and the pack.
pub(crate) struct Signed {
    pub(crate) table: Table,
    pub(crate) pack: String,
}

/// Gates the usual rise with these approvals, and seals the result.
pub(crate) fn signed(scratch: &Scratch, approvals: &[Approval], code: i32) -> Signed {
    let mut branch = Branch::open(scratch, "request");
    branch.table.step("VMS-EU-R", "0.54", "2026-08-01");
    branch.commit("dearer");
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let mut flags = review::exported(&branch, approvals, "");
    flags.push("--sign".to_owned());
    let gated = gate(&branch, &flags);
    assert_eq!(gated.ran.code, code, "{}{}", gated.ran.stdout, gated.ran.stderr);
    let packs = std::fs::read_dir(scratch.path("out/packs")).expect("no pack was written");
    let packs: Vec<PathBuf> = packs.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(packs.len(), 1, "{packs:?}");
    let name = packs[0].file_name().unwrap().to_string_lossy().into_owned();
    Signed { table: branch.table, pack: format!("out/packs/{name}") }
}

/// Runs `gate verify` over a table.
pub(crate) fn verified(scratch: &Scratch, table: &str, pack: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["gate", "verify", "--table", table, "--result", pack];
    arguments.extend(KEYS);
    arguments.extend(more);
    scratch.tieout(&arguments)
}

#[track_caller]
fn says(ran: &Ran, code: i32, words: &[&str]) {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, code, "{said}");
    for word in words {
        assert!(said.contains(word), "no `{word}` in:\n{said}");
    }
}

#[test]
fn what_was_gated_is_released_whoever_wrote_it_down() {
    let scratch = Scratch::new();
    let Signed { table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    scratch.write("ci/release.csv", &table.csv());
    says(&verified(&scratch, "ci/release.csv", &pack, &[]), 0, &[]);
    // An export of the database has other columns in another order, and says the same.
    scratch.write("ci/export.csv", &table.csv_of_another_hand());
    says(&verified(&scratch, "ci/export.csv", &pack, &[]), 0, &[]);
}

#[test]
fn what_was_blocked_is_not_released() {
    let scratch = Scratch::new();
    let Signed { table, pack } = signed(&scratch, &[], 1);
    scratch.write("ci/release.csv", &table.csv());
    says(&verified(&scratch, "ci/release.csv", &pack, &[]), 1, &["blocked"]);
}

#[test]
fn a_table_that_was_never_gated_is_not_released() {
    let scratch = Scratch::new();
    let Signed { pack, .. } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    says(&verified(&scratch, RATES, &pack, &[]), 4, &["VMS-EU-R"]);
}

#[test]
fn a_table_altered_after_the_gate_is_told_by_its_rows() {
    let scratch = Scratch::new();
    let Signed { mut table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    table.rate("GPU-EU-R").price = "41".to_owned();
    table.0.retain(|rate| rate.id != "BAK-US-R");
    scratch.write("ci/release.csv", &table.csv());
    let line = format!("ci/release.csv:{}", table.line("GPU-EU-R", "2026-01-01"));
    let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
    says(&ran, 4, &[&line, "gpu/eu/retail", "40", "41", "backup/us/retail"]);
}

/// Somebody changed a price in production's database at night: the row, who, and what it comes to.
#[test]
fn production_edited_by_hand_names_row_actor_and_money() {
    let scratch = Scratch::new();
    let Signed { mut table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    table.rate("DBL-EU-R").price = "23.75".to_owned();
    scratch.write("ci/production.csv", &table.csv_of_another_hand());
    scratch.write(
        "ci/history.csv",
        "event_id,sequence_no,ts,actor,action,object_type,object_id,before_hash,after_hash,ip,session,change_id,prev_event_hash\n\
         E-1,1,2026-06-10T22:40:00Z,release-job,update,rate,VMS-EU-R,,,,,CHG-9,\n\
         E-2,2,2026-06-11T01:13:00Z,db:zoe,update,rate,DBL-EU-R,,,,,,\n",
    );
    let money = usage::shown(moved(&scratch.usage, "db-large/eu/retail", "25", "23.75"), "EUR");
    let ran = verified(&scratch, "ci/production.csv", &pack, &["--history", "ci/history.csv"]);
    says(&ran, 4, &["db-large/eu/retail", "25", "23.75", "db:zoe", "2026-06-11", &money]);
    assert!(!ran.stdout.contains("release-job"), "{}", ran.stdout);
}

/// A row that was added by hand has no old price, and one that differs in its dates alone is told too.
#[test]
fn rows_added_and_dates_moved_by_hand_are_told() {
    let scratch = Scratch::new();
    let Signed { table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    let mut longer = table.clone();
    let more = crate::company::Rate {
        id: "X-1".to_owned(),
        service: "secret".to_owned(),
        ..table.0[0].clone()
    };
    longer.0.push(more);
    scratch.write("ci/longer.csv", &longer.csv());
    says(&verified(&scratch, "ci/longer.csv", &pack, &[]), 4, &["secret/eu/retail"]);
    let mut moved = table;
    moved.rate("SUP-EU-R").to = midnight("2026-12-01");
    scratch.write("ci/moved.csv", &moved.csv());
    says(&verified(&scratch, "ci/moved.csv", &pack, &[]), 4, &["support/eu/retail", "2026-12-01"]);
}

/// The pack was judged against what the branch was before, and not against something older.
#[test]
fn a_pack_that_was_judged_against_another_base_is_not_released() {
    let scratch = Scratch::new();
    let Signed { table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    scratch.write("ci/release.csv", &table.csv());
    let base = |base: &'static str| verified(&scratch, "ci/release.csv", &pack, &["--base", base]);
    says(&base("main"), 0, &[]);
    says(&base("request^"), 0, &[]);
    says(&base("request"), 4, &["judged against", "`request` is", "gate what is released anew"]);
    says(&base("nowhere"), 2, &["nowhere"]);
    // Somebody else's request was merged in between.
    scratch.write("README.md", "more\n");
    scratch.commit(crate::repository::ANNA, "2026-06-10", "merged meanwhile");
    says(&base("main"), 4, &["judged against"]);
    says(&base("main^1"), 0, &[]);
}
