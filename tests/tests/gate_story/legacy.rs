//! A table that was there before its gate: what is wrong with it is let pass as far as somebody signed for it,
//! and what is new is not.

use crate::company::{self, RATES, Rate, Table, midnight};
use crate::flips::flipped;
use crate::repository::{Branch, Scratch};
use crate::review::Approval::{self, GitHub};
use crate::{Gated, TODAY, gate, review};
use tieout_tests::Ran;

/// A rate that nobody has in February.
fn without_february(table: &mut Table, id: &str) {
    let at = table.0.iter().position(|rate| rate.id == id).expect(id);
    let later = Rate { from: midnight("2026-03-01"), ..table.0[at].clone() };
    table.0[at].to = midnight("2026-02-01");
    table.0.insert(at + 1, later);
}

/// The company's table with gaps of old.
fn table(gaps: &[&str]) -> Table {
    let mut table = Table::of_the_company();
    gaps.iter().for_each(|id| without_february(&mut table, id));
    table
}

const SUPPORT: &str = "SUP-EU-R";
const BACKUP: &str = "BAK-US-R";
const BASELINE: &str = "baseline.json";

/// `tieout gate baseline` over the table on disk.
fn sign(scratch: &Scratch, key: &str, day: &str, output: &str) -> Ran {
    let reason = "from before the gate";
    scratch.tieout(&[
        "gate",
        "baseline",
        "--table",
        RATES,
        "--account",
        "key:fin",
        "--key",
        key,
        "--as-of",
        day,
        "--reason",
        reason,
        "-o",
        output,
    ])
}

/// The workspace that names the baseline.
fn workspace() -> String {
    company::WORKSPACE.replace("gate:\n", "gate:\n  baseline: baseline.json\n")
}

/// A repository whose baseline was signed of a table with some gaps, and whose base has others.
fn repository(signed: &[&str], base: &[&str]) -> Scratch {
    Scratch::with(|scratch| {
        scratch.write("tieout.yaml", &workspace());
        scratch.write(RATES, &table(signed).csv());
        let ran = sign(scratch, "keys/fin.pem", "2026-01-05", BASELINE);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "baseline.json\n"), "{}", ran.stderr);
        scratch.write(RATES, &table(base).csv());
    })
}

/// A request on that base, approved by these.
fn request(
    scratch: &Scratch,
    base: &[&str],
    approved: &[Approval],
    made: impl FnOnce(&mut Branch<'_>),
) -> Gated {
    let mut branch = Branch::open(scratch, "request");
    branch.table = table(base);
    made(&mut branch);
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let flags = review::exported(&branch, approved, "");
    gate(&branch, &flags)
}

fn dearer(branch: &mut Branch<'_>) {
    branch.table.step("VMS-EU-R", "0.54", "2026-08-01");
    branch.commit("dearer");
}

const BEN: &[Approval] = &[GitHub("ben-k", 0)];
const THREE: &[Approval] = &[GitHub("ben-k", 0), GitHub("cleo-o", 0), GitHub("dan-w", 0)];

#[track_caller]
fn ends(gated: &Gated, code: i32, words: &[&str]) {
    let said =
        format!("{}{}{}", gated.markdown.replace('\\', ""), gated.ran.stdout, gated.ran.stderr);
    assert_eq!(gated.ran.code, code, "{said}");
    for word in words {
        assert!(said.contains(word), "no `{word}` in:\n{said}");
    }
}

/// Passed, unlisted, cleared.
#[track_caller]
fn counts(gated: &Gated, expected: [&str; 3]) {
    let legacy = &gated.json["legacy"];
    let cleared = legacy["cleared"].as_array().unwrap().len().to_string();
    let found =
        [legacy["passed"].as_str().unwrap(), legacy["unlisted"].as_str().unwrap(), &cleared];
    assert_eq!(found, expected, "{legacy}");
}

#[test]
fn without_a_baseline_what_the_base_has_is_let_pass_and_told() {
    let scratch = Scratch::with(|scratch| scratch.write(RATES, &table(&[SUPPORT, BACKUP]).csv()));
    let gated = request(&scratch, &[SUPPORT, BACKUP], BEN, dearer);
    ends(&gated, 0, &["Legacy, not in a signed baseline: 2 findings of the base let pass"]);
    counts(&gated, ["2", "0", "0"]);
    assert!(gated.json["legacy"]["baseline"].is_null());
    // Where there is nothing to tell, nothing is.
    let sound = request(&Scratch::new(), &[], BEN, dearer);
    assert!(!sound.markdown.contains("egacy"), "{}", sound.markdown);
}

#[test]
fn what_was_signed_for_is_let_pass() {
    let scratch = repository(&[SUPPORT, BACKUP], &[SUPPORT, BACKUP]);
    let gated = request(&scratch, &[SUPPORT, BACKUP], BEN, dearer);
    ends(&gated, 0, &["Legacy by the signed baseline of 2026-01-05: 2 findings let pass"]);
    counts(&gated, ["2", "0", "0"]);
    let baseline = &gated.json["legacy"]["baseline"];
    assert_eq!(baseline["entries"], "2");
    assert_eq!(baseline["reason"], "from before the gate");
    // It names no person: the account is in the file.
    assert!(!gated.json.to_string().contains("key:fin"));
}

#[test]
fn what_is_new_is_held_against_the_request() {
    let scratch = repository(&[SUPPORT], &[SUPPORT]);
    let gated = request(&scratch, &[SUPPORT], BEN, |branch| {
        let like = branch.table.rate("GPU-US-R").clone();
        branch.table.rate("GPU-US-R").to = midnight("2026-09-01");
        branch.table.0.push(Rate { from: midnight("2026-10-01"), ..like });
        branch.commit("no graphics in September");
    });
    ends(&gated, 1, &["RG-12 `gap`", "gpu/us/retail", "1 finding let pass"]);
    assert!(!gated.markdown.contains("doesn't list it"), "{}", gated.markdown);
    counts(&gated, ["1", "0", "0"]);
}

/// It got into the base around the gate: an emergency, a push.
#[test]
fn what_got_into_the_base_later_is_held_against_every_request() {
    let scratch = repository(&[SUPPORT], &[SUPPORT, BACKUP]);
    let gated = request(&scratch, &[SUPPORT, BACKUP], BEN, dearer);
    let mut stepped = table(&[SUPPORT, BACKUP]);
    stepped.step("VMS-EU-R", "0.54", "2026-08-01");
    let line = stepped.line(BACKUP, "2026-01-01");
    ends(
        &gated,
        1,
        &[
            "RG-12 `gap`",
            &format!("`{RATES}:{line}`"),
            "the base has it, and the signed baseline doesn't list it",
            "1 finding let pass; 1 finding of the base not in it",
        ],
    );
    counts(&gated, ["1", "1", "0"]);
}

/// The same place, and another price in it: nobody signed for that.
#[test]
fn a_finding_with_other_rows_is_another_one() {
    let scratch = repository(&[SUPPORT], &[SUPPORT]);
    let mut dear = table(&[SUPPORT]);
    dear.rate(SUPPORT).price = "99".to_owned();
    scratch.write(RATES, &dear.csv());
    scratch.commit(crate::repository::ANNA, "2026-05-01", "around the gate");
    let gated = request(&scratch, &[SUPPORT], BEN, |branch| {
        branch.table = dear;
        dearer(branch);
    });
    ends(&gated, 1, &["doesn't list it", "cleared: gap support/eu/retail"]);
    counts(&gated, ["0", "1", "1"]);
}

#[test]
fn entries_that_no_longer_stand_are_told_so_that_the_baseline_shrinks() {
    let scratch = repository(&[SUPPORT, BACKUP], &[SUPPORT]);
    let gated = request(&scratch, &[SUPPORT], BEN, dearer);
    ends(
        &gated,
        0,
        &[
            "1 entry cleared, to be taken out of it",
            "cleared: gap backup/us/retail from 2026-02-01 until 2026-03-01",
        ],
    );
    counts(&gated, ["1", "0", "1"]);
}

#[test]
fn a_request_does_not_sign_for_itself() {
    let scratch = repository(&[], &[SUPPORT]);
    let gated = request(&scratch, &[SUPPORT], THREE, |branch| {
        std::fs::remove_file(scratch.path(BASELINE)).unwrap();
        assert_eq!(sign(&scratch, "keys/fin.pem", TODAY, BASELINE).code, 0);
        dearer(branch);
    });
    ends(&gated, 1, &["RG-23", BASELINE, "doesn't list it"]);
}

/// A base with something that nobody signed for is not stuck: a request that changes no rate, and only the
/// baseline, is decided by its approvals, as many as the most.
#[test]
fn another_baseline_comes_by_a_request_of_its_own() {
    let scratch = repository(&[], &[SUPPORT]);
    for (approved, code) in [(BEN, 1), (THREE, 0)] {
        let gated = request(&scratch, &[SUPPORT], approved, |branch| {
            std::fs::remove_file(scratch.path(BASELINE)).unwrap();
            assert_eq!(sign(&scratch, "keys/fin.pem", TODAY, BASELINE).code, 0);
            branch.commit("what we found, signed for");
        });
        ends(
            &gated,
            code,
            &["0 only before", "1 finding of the base not in it", "its approvers decide"],
        );
        assert!(!gated.markdown.contains("RG-12"), "{}", gated.markdown);
        scratch.git(&["branch", "-D", "-q", "request"]);
    }
    // Another file that judges doesn't do.
    let gated = request(&scratch, &[SUPPORT], THREE, |branch| {
        branch.write("waivers.yaml", "[]\n").commit("no waivers any more");
    });
    ends(&gated, 1, &["RG-12 `gap`", "doesn't list it"]);
}

#[test]
fn a_baseline_that_nobody_may_sign_or_that_is_gone_ends_the_gate() {
    for (spoil, code, word) in [
        ("other-key", 4, "baseline-unproven"),
        ("approval", 4, "baseline-unproven"),
        ("later", 2, "baseline-later"),
        ("gone", 2, "file-not-found"),
    ] {
        let scratch = repository(&[SUPPORT], &[SUPPORT]);
        std::fs::remove_file(scratch.path(BASELINE)).unwrap();
        let ran = match spoil {
            "other-key" => {
                scratch.tieout(&["key", "new", "--role", "approver", "keys/eve.pem"]);
                sign(&scratch, "keys/eve.pem", "2026-01-05", BASELINE)
            }
            "approval" => scratch.tieout(&[
                "approve",
                &"ab".repeat(32),
                "--account",
                "key:fin",
                "--key",
                "keys/fin.pem",
                "-o",
                BASELINE,
            ]),
            "later" => sign(&scratch, "keys/fin.pem", "2026-06-11", BASELINE),
            _ => sign(&scratch, "keys/fin.pem", "2026-01-05", "ci/elsewhere.json"),
        };
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        scratch.commit(crate::repository::ANNA, "2026-05-01", "around the gate");
        ends(&request(&scratch, &[SUPPORT], BEN, dearer), code, &[word]);
    }
}

/// What is signed is what the table has, of a file or of a revision, and an old one isn't written over.
#[test]
fn who_signs_reads_what() {
    let scratch = repository(&[SUPPORT], &[SUPPORT, BACKUP]);
    let arguments = [
        "gate",
        "baseline",
        "--revision",
        "main",
        "--table",
        "rates",
        "--account",
        "key:fin",
        "--key",
        "keys/fin.pem",
        "--as-of",
        TODAY,
        "--reason",
        "known",
        "-o",
        "ci/new.json",
    ];
    let ran = scratch.tieout(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for word in ["2 findings", "gap support/eu/retail", "gap backup/us/retail", "2026-02-01"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    assert_eq!(scratch.tieout(&arguments).code, 2, "the file is there");
    for (at, value, code, word) in [
        (3, "nowhere", 2, "nowhere"),
        (5, "other", 2, "unknown-dataset"),
        (7, " ", 2, "baseline-invalid"),
        (13, " ", 2, "baseline-invalid"),
        (9, "keys/none.pem", 2, "keys/none.pem"),
    ] {
        let mut other = arguments;
        other[at] = value;
        other[15] = "ci/other.json";
        let ran = scratch.tieout(&other);
        assert_eq!(ran.code, code, "{value}: {}", ran.stderr);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
    scratch.write(RATES, &table(&[]).csv().replacen(",0.50,", ",much,", 1));
    let ran = sign(&scratch, "keys/fin.pem", TODAY, "ci/unread.json");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("baseline-unread") && ran.stderr.contains("unit_price"));
    assert!(!scratch.path("ci/unread.json").exists());
}

#[test]
fn no_bit_of_the_base_s_baseline_is_another() {
    let scratch = repository(&[SUPPORT], &[SUPPORT]);
    scratch.write("ci/dearer.csv", &table(&[SUPPORT]).csv().replacen(",0.50,", ",0.51,", 1));
    let gate = || {
        let (base, head) = ("./rates.csv", "./ci/dearer.csv");
        let files = ["gate", "rates", "--base", base, "--head", head, "--as-of", TODAY];
        scratch.tieout(&files)
    };
    let whole = gate();
    assert!(whole.stdout.contains("1 finding let pass"), "{}{}", whole.stdout, whole.stderr);
    flipped(&scratch.path(BASELINE), 103, |bit, _, _| {
        let ran = gate();
        assert_eq!(ran.code, 4, "bit {bit}: {}{}", ran.stdout, ran.stderr);
    });
}
