//! One bit that is another in the table, the sealed result, an approval or the waivers: none of it leads to
//! a release.
//!
//! A sample of the bits by default, drawn the same in every run; all of them with
//! `TIEOUT_TEST_ALL_BITS=1`, which takes hours, and always of files of up to [`SMALL`] bytes.

use crate::company;
use crate::release::{Signed, signed, verified};
use crate::repository::{Branch, Scratch};
use crate::review::Approval::{GitHub, Statement};
use crate::{TODAY, gate, judged, pulls};
use std::path::Path;
use tieout_tests::Random;

/// Files of which every bit is tried.
const SMALL: usize = 16;
/// How many bits of another file are.
const SAMPLE: usize = 40;

/// The bits of a file that are tried.
fn bits(bytes: usize, seed: u64) -> Vec<usize> {
    let all = bytes * 8;
    if bytes <= SMALL || std::env::var_os("TIEOUT_TEST_ALL_BITS").is_some() {
        return (0..all).collect();
    }
    let mut random = Random(seed);
    (0..SAMPLE).map(|_| random.below(all)).collect()
}

/// Calls `tried` with the file changed by one bit, for each bit; then the file is as it was.
pub(crate) fn flipped(file: &Path, seed: u64, mut tried: impl FnMut(usize, u8, u8)) {
    let whole = std::fs::read(file).unwrap();
    for bit in bits(whole.len(), seed) {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(file, &changed).unwrap();
        tried(bit, whole[bit / 8], changed[bit / 8]);
    }
    std::fs::write(file, whole).unwrap();
}

#[test]
fn no_bit_of_the_table_is_another_at_the_release() {
    let scratch = Scratch::new();
    let Signed { table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    let text = table.csv();
    scratch.write("ci/release.csv", &text);
    let mut tried = 0;
    flipped(&scratch.path("ci/release.csv"), 1, |bit, was, is| {
        let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
        // RFC 3339 has `t` and `z` beside `T` and `Z`: the same instant, and the same table.
        let same =
            matches!((was, is), (b'T', b't') | (b'Z', b'z')) && in_an_instant(&text, bit / 8);
        let refused = [2, 3, 4].contains(&ran.code);
        assert!(refused || (same && ran.code == 0), "bit {bit}: {}\n{}", ran.code, ran.stdout);
        tried += 1;
    });
    assert!(tried >= SAMPLE);
}

/// Whether a byte of the table is a letter of a midnight such as `2026-01-01T00:00:00Z`.
fn in_an_instant(text: &str, at: usize) -> bool {
    let begins =
        text.as_bytes()[..at].iter().rposition(|b| b",\n".contains(b)).map_or(0, |b| b + 1);
    let cell = text[begins..].split([',', '\n']).next().unwrap_or_default();
    cell.len() == 20 && cell.ends_with("T00:00:00Z")
}

#[test]
fn no_bit_of_the_sealed_result_is_another() {
    let scratch = Scratch::new();
    let Signed { table, pack } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    scratch.write("ci/release.csv", &table.csv());
    let mut files = Vec::new();
    below(&scratch.path(&pack), &mut files);
    assert!(files.len() > 3, "{files:?}");
    for (seed, file) in (2..).zip(&files) {
        // What it says to people how to verify it is no part of what is verified.
        if file.ends_with("VERIFY.md") {
            continue;
        }
        flipped(file, seed, |bit, _, _| {
            let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
            let told = format!("{}: bit {bit}: {}\n{}", file.display(), ran.code, ran.stdout);
            assert!([2, 3, 4].contains(&ran.code), "{told}");
        });
    }
    // And as it was, it holds.
    let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

fn below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            below(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

#[test]
fn no_bit_of_a_signed_approval_is_another() {
    let scratch = Scratch::new();
    let pull = pulls::Pull {
        title: "a rise",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", "2026-08-01");
            branch.commit("dearer");
        },
        approved: &[Statement("key:fin", "fin")],
        ..pulls::USUAL
    };
    let (branch, gated) = judged(&scratch, "request", &pull);
    assert_eq!(gated.ran.code, 0, "{}{}", gated.ran.stdout, gated.ran.stderr);
    let file = format!("ci/{}-0.json", branch.name);
    let flags = ["--approvals".to_owned(), format!("statement={file}")];
    flipped(&scratch.path(&file), 101, |bit, _, _| {
        let ran = gate(&branch, &flags).ran;
        assert!([2, 3, 4].contains(&ran.code), "bit {bit}: {}\n{}", ran.code, ran.stdout);
    });
}

/// The waivers of the base are the base's: they are changed by requests. A bit that is another in them in
/// the request that needs one is such a change, and doesn't help it.
#[test]
fn no_bit_of_the_waivers_helps_the_request_that_flips_it() {
    let scratch = Scratch::new();
    let mut branch = Branch::open(&scratch, "request");
    branch.table.step("DBL-EU-R", "28", "2026-08-01");
    branch.commit("the licences");
    scratch.git(&["checkout", "-q", "-f", "main"]);
    let alone = gate(&branch, &[]);
    let waived = |of: &crate::Gated| of.json["waivers"].to_string();
    let whole = company::WAIVERS.as_bytes();
    for bit in bits(whole.len(), 102) {
        let mut changed = whole.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        scratch.git(&["checkout", "-q", "-f", "request"]);
        std::fs::write(scratch.path("waivers.yaml"), changed).unwrap();
        scratch.commit(crate::repository::ANNA, "2026-06-09", "and the waivers");
        scratch.git(&["checkout", "-q", "-f", "main"]);
        let gated = gate(&branch, &[]);
        assert_eq!(gated.ran.code, 1, "bit {bit} on {TODAY}: {}", gated.ran.stderr);
        assert_eq!(waived(&gated), waived(&alone), "bit {bit}");
        assert!(gated.markdown.contains("protected-files-changed"), "bit {bit}");
        scratch.git(&["branch", "-q", "-f", "request", "request~1"]);
    }
}
