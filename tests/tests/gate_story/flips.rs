//! One bit that is another in the table, the sealed result, an approval or the waivers: none of it leads to
//! a release.
//!
//! A sample of the bits by default, drawn the same in every run, each put to the command; all of them with
//! `TIEOUT_TEST_ALL_BITS=1`, and always of files of up to [`SMALL`] bytes. All bits of a pack are
//! two million: they are put to the verification that `gate verify` begins with, in this process.

use crate::company::{self, RATES, Table};
use crate::release::{Signed, signed, verified};
use crate::repository::{ANNA, Branch, Scratch, git_in};
use crate::review::Approval::{GitHub, Statement};
use crate::{TODAY, gate, judged, pulls};
use serde_json::Value as Json;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use tieout_engine::dataset::Reading;
use tieout_evidence::verify::{Anchor, Verdict, verify};
use tieout_tests::{Random, run, tieout};

/// Files of which every bit is tried.
const SMALL: usize = 16;
/// How many bits of another file are.
const SAMPLE: usize = 40;

fn all_bits() -> bool {
    std::env::var_os("TIEOUT_TEST_ALL_BITS").is_some()
}

/// How many at a time.
fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The bits of a file that are tried.
fn bits(bytes: usize, seed: u64) -> Vec<usize> {
    if all_bits() { (0..bytes * 8).collect() } else { sample(bytes, seed) }
}

fn sample(bytes: usize, seed: u64) -> Vec<usize> {
    let all = bytes * 8;
    if bytes <= SMALL {
        return (0..all).collect();
    }
    let mut random = Random(seed);
    (0..SAMPLE).map(|_| random.below(all)).collect()
}

fn with_flipped(whole: &[u8], bit: usize) -> Vec<u8> {
    let mut changed = whole.to_vec();
    changed[bit / 8] ^= 1 << (bit % 8);
    changed
}

/// Calls `tried` with the file changed by one bit, for each bit; then the file is as it was.
pub(crate) fn flipped(file: &Path, seed: u64, mut tried: impl FnMut(usize, u8, u8)) {
    let whole = std::fs::read(file).unwrap();
    for bit in bits(whole.len(), seed) {
        let changed = with_flipped(&whole, bit);
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
    let file = scratch.path("ci/release.csv");
    for bit in sample(text.len(), 1) {
        std::fs::write(&file, with_flipped(text.as_bytes(), bit)).unwrap();
        let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
        let refused = [2, 3, 4].contains(&ran.code);
        let same = says_the_same(&text, bit) && ran.code == 0;
        assert!(refused || same, "bit {bit}: {}\n{}", ran.code, ran.stdout);
    }
}

/// Every bit of a table, by what `gate verify` compares: the digest of what it says, and that all of it can
/// be read.
#[test]
fn no_bit_of_a_table_is_another_and_says_the_same() {
    let text = Table::of_the_company().csv();
    let read = |bytes: &[u8]| tieout_engine::gate::table::read(RATES, bytes, &Reading::default());
    let whole = read(text.as_bytes()).unwrap();
    assert!(whole.refused.is_empty());
    let mut held = Vec::new();
    for bit in 0..text.len() * 8 {
        let changed = with_flipped(text.as_bytes(), bit);
        let same = read(&changed).is_ok_and(|t| t.refused.is_empty() && t.digest == whole.digest);
        if same && !says_the_same(&text, bit) {
            let line = String::from_utf8_lossy(&changed[..=bit / 8]).lines().count();
            held.push(format!("bit {bit}, line {line}: {same}"));
        }
    }
    assert!(held.is_empty(), "{} of {}: {held:#?}", held.len(), text.len() * 8);
    eprintln!("{} bits of a table", text.len() * 8);
}

/// Whether the table may say the same with a bit changed: RFC 3339 has `t` and `z` beside `T` and `Z`, and
/// what a column is called that no row has a value in doesn't matter.
fn says_the_same(text: &str, bit: usize) -> bool {
    let (at, is) = (bit / 8, text.as_bytes()[bit / 8]);
    let same_instant = bit % 8 == 5 && matches!(is, b'T' | b'Z') && in_an_instant(text, at);
    same_instant || in_an_empty_column_s_name(text, at)
}

fn in_an_empty_column_s_name(text: &str, at: usize) -> bool {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    if at >= header.len() || header.as_bytes()[at] == b',' {
        return false;
    }
    let column = header[..at].matches(',').count();
    lines.all(|row| row.split(',').nth(column).is_some_and(str::is_empty))
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
    let files = files(&scratch.path(&pack));
    assert!(files.len() > 3, "{files:?}");
    for (seed, file) in (2..).zip(&files) {
        let file = scratch.path(&pack).join(file);
        let whole = std::fs::read(&file).unwrap();
        for bit in sample(whole.len(), seed) {
            std::fs::write(&file, with_flipped(&whole, bit)).unwrap();
            let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
            let told = format!("{}: bit {bit}: {}\n{}", file.display(), ran.code, ran.stdout);
            assert!([2, 3, 4].contains(&ran.code), "{told}");
        }
        std::fs::write(file, whole).unwrap();
    }
    // And as it was, it holds.
    let ran = verified(&scratch, "ci/release.csv", &pack, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Every bit of a pack, by the verification alone: what it calls invalid, or can't read, `gate verify` refuses
/// before it looks at anything else.
#[test]
fn no_bit_of_the_sealed_result_is_another_to_the_verification() {
    let scratch = Scratch::new();
    let Signed { pack, .. } = signed(&scratch, &[GitHub("ben-k", 0)], 0);
    let anchor = Anchor {
        operator: Some(scratch.read("keys/operator.pem.pub")),
        log: Some(scratch.read("keys/log.pem.vkey")),
        policy: None,
    };
    let pack = scratch.path(&pack);
    let files = files(&pack);
    let worker = |number: usize| -> (usize, Vec<String>) {
        let copied = copy(&pack, &files);
        let holds =
            || verify(copied.path(), &anchor).is_ok_and(|told| told.verdict != Verdict::Invalid);
        assert!(holds(), "the pack as it was");
        let (mut tried, mut held) = (0, Vec::new());
        for (seed, name) in (200..).zip(&files) {
            let whole = std::fs::read(copied.path().join(name)).unwrap();
            let mut file = OpenOptions::new().write(true).open(copied.path().join(name)).unwrap();
            let mut put = |at: usize, byte: u8| {
                file.seek(SeekFrom::Start(u64::try_from(at).unwrap())).unwrap();
                file.write_all(&[byte]).unwrap();
            };
            for bit in bits(whole.len(), seed).into_iter().skip(number).step_by(workers()) {
                put(bit / 8, whole[bit / 8] ^ 1 << (bit % 8));
                if holds() {
                    held.push(format!("{}: bit {bit}", name.display()));
                }
                put(bit / 8, whole[bit / 8]);
                tried += 1;
            }
        }
        assert!(holds(), "the pack as it was");
        (tried, held)
    };
    let worker = &worker;
    let (tried, held) = thread::scope(|scope| {
        let all: Vec<_> =
            (0..workers()).map(|number| scope.spawn(move || worker(number))).collect();
        all.into_iter().map(|one| one.join().unwrap()).fold((0, Vec::new()), |mut sum, one| {
            sum.0 += one.0;
            sum.1.extend(one.1);
            sum
        })
    });
    assert!(held.is_empty(), "{} of {tried}: {held:#?}", held.len());
    assert!(tried >= SAMPLE * files.len() / 2);
    eprintln!("{tried} bits of {} files of a pack, none accepted", files.len());
}

/// What a pack says to people of how to verify it.
const TOLD: [&str; 2] = ["VERIFY.md", "verify.py"];

/// The files of a pack, but for those.
fn files(pack: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    below(pack, &mut found);
    let inside = found.iter().map(|file| file.strip_prefix(pack).unwrap().to_path_buf());
    inside.filter(|file| !TOLD.iter().any(|name| file.ends_with(name))).collect()
}

fn copy(pack: &Path, files: &[PathBuf]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files.iter().map(PathBuf::as_path).chain(TOLD.map(Path::new)) {
        let to = folder.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(pack.join(file), to).unwrap();
    }
    folder
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
    let approval = ["--approvals".to_owned(), format!("statement={file}")];
    // Of all bits the money is left out: the approval is read before anything is judged.
    let mut flags = approval.to_vec();
    flags.extend(all_bits().then(|| "--no-usage".to_owned()));
    flipped(&scratch.path(&file), 101, |bit, _, _| {
        let ran = gate(&branch, &flags).ran;
        assert_eq!(ran.code, 4, "bit {bit}: {}", ran.stdout);
    });
    assert_eq!(gate(&branch, &approval).ran.code, 0);
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
    let whole = company::WAIVERS.as_bytes();
    let bits = bits(whole.len(), 102);
    let heads =
        committed(&scratch, "waivers.yaml", bits.iter().map(|bit| with_flipped(whole, *bit)));
    assert_eq!(heads.len(), bits.len());
    let folder = scratch.path("");
    let gated = |head: &str| -> (i32, Json) {
        let sides = ["gate", "rates", "--base", "main", "--head", head, "--as-of", TODAY];
        let ran = tieout(&folder, &[&sides[..], &["-o", "json"]].concat());
        let json = serde_json::from_str(&ran.stdout);
        (ran.code, json.unwrap_or_else(|e| panic!("{e}: {}{}", ran.stdout, ran.stderr)))
    };
    let alone = gated("request").1["waivers"].clone();
    assert_eq!(alone.as_array().unwrap().len(), 3);
    let pairs: Vec<(&usize, &String)> = bits.iter().zip(&heads).collect();
    let (gated, alone) = (&gated, &alone);
    thread::scope(|scope| {
        for pairs in pairs.chunks(pairs.len().div_ceil(workers())) {
            scope.spawn(move || {
                for (bit, head) in pairs {
                    let (code, json) = gated(head);
                    assert_eq!(code, 1, "bit {bit}");
                    assert_eq!(&json["waivers"], alone, "bit {bit}");
                    let found = json["findings"].to_string();
                    assert!(found.contains("protected-files-changed"), "bit {bit}");
                }
            });
        }
    });
}

/// Commits on the request, each of which has a file with another content; gives their ids.
fn committed(
    scratch: &Scratch,
    name: &str,
    contents: impl Iterator<Item = Vec<u8>>,
) -> Vec<String> {
    let request = scratch.git(&["rev-parse", "request"]);
    let mut stream = Vec::new();
    for (mark, content) in (1..).zip(contents) {
        let head = format!(
            "commit refs/heads/flips\nmark :{mark}\ncommitter {} <{}> 1781006400 +0000\ndata 0\n\
             from {request}\nM 100644 inline {name}\ndata {}\n",
            ANNA.0,
            ANNA.1,
            content.len()
        );
        stream.extend_from_slice(head.as_bytes());
        stream.extend_from_slice(&content);
        stream.push(b'\n');
    }
    scratch.write("ci/stream", "");
    std::fs::write(scratch.path("ci/stream"), stream).unwrap();
    let mut import = git_in(&scratch.path(""));
    import.args(["fast-import", "--quiet", "--force", "--export-marks=ci/marks"]);
    import.stdin(File::open(scratch.path("ci/stream")).unwrap());
    let ran = run(&mut import);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let marks = scratch.read("ci/marks");
    let mut found: Vec<(usize, String)> = marks
        .lines()
        .map(|line| line.trim_start_matches(':').split_once(' ').unwrap())
        .map(|(mark, id)| (mark.parse().unwrap(), id.to_owned()))
        .collect();
    found.sort();
    found.into_iter().map(|(_, id)| id).collect()
}
