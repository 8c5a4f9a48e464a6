//! `verify.py`, which was written from the format's pages, as peers are tested (see `peers`): on the
//! same corpus, and on every change to a small pack.

use crate::fixture::{Fixture, fixture};
use crate::forge::Forgery;
use crate::peers::{Corpus, other_payload, script, works, write_keys};
use crate::workspace::{ORIGIN, Workspace, files};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether Python can run it.
fn there() -> bool {
    let mut import = Command::new("python3");
    works("verify.py", "cryptography", import.args(["-c", "import cryptography"]))
}

#[test]
fn packs_are_verified() {
    if !there() {
        return;
    }
    let corpus = Corpus::new();
    let peer = |packs: &[PathBuf]| {
        let judge = |pack: &PathBuf| {
            // The copy in the pack itself, which isolated Python runs without a look at its folder.
            let program = pack.join("verify.py");
            let mut command = Command::new("python3");
            command.arg("-I").arg(program).arg(pack).arg(corpus.operator()).arg(corpus.log());
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stdout.clone()).unwrap();
            match (output.status.code(), said.as_str()) {
                (Some(0), said) if said.ends_with("\nverdict VALID\n") => "accepted".to_owned(),
                (Some(4), said) if said.ends_with("\nverdict INVALID\n") => {
                    format!("refused: {said}")
                }
                other => panic!("{other:?}: {output:?}"),
            }
        };
        packs.iter().map(judge).collect()
    };
    let twins = corpus.twins("statement.dsse.json", |bytes| other_payload(bytes));
    corpus.hold(&twins, "InvalidSignature", peer);
    let twins = corpus.twins("run.json", |run| run.push(b'\n'));
    corpus.hold(&twins, "SHA256SUMS is not the list of these files", peer);
    let twins = corpus.twins("disclosures/records.jsonl", |shown| shown.extend(b"null\n"));
    corpus.hold(&twins, "disclosures of records: too few or too many", peer);
    let twins = corpus.twins("proofs/extra", |extra| extra.push(b'\n'));
    corpus.hold(&twins, "has no place", peer);
}

#[test]
fn it_is_read_in_one_sitting() {
    let text = std::fs::read_to_string(Workspace::new().seal(0).folder.join("verify.py")).unwrap();
    assert!(text.lines().count() <= 200 && text.lines().all(|line| line.len() <= 100));
}

#[test]
fn it_exits_by_its_verdict() {
    if !there() {
        return;
    }
    let workspace = Workspace::new();
    write_keys(&workspace);
    let pack = workspace.seal(0).folder;
    let (operator, log) = (workspace.path("operator.pub"), workspace.path("log.vkey"));
    let run = |arguments: &[&Path]| {
        let output =
            Command::new("python3").arg("-I").arg(pack.join("verify.py")).args(arguments).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said.lines().last().unwrap_or_default().to_owned())
    };
    let said = |code: i32, verdict: &str| (code, format!("verdict {verdict}"));
    assert_eq!(run(&[&pack, &operator, &log]), said(0, "VALID"));
    assert_eq!(run(&[&pack]), said(3, "INDETERMINATE"));
    assert_eq!(run(&[&pack, &log, &operator]), said(2, "NONE"));
    assert_eq!(run(&[&pack, &operator]), said(2, "NONE"));
    assert_eq!(run(&[]), said(2, "NONE"));
    assert_eq!(run(&[workspace.folder.path(), &operator, &log]), said(2, "NONE"));
    assert_eq!(run(&[&workspace.path("absent"), &operator, &log]), said(2, "NONE"));
    // One key for both roles, and a key of small order.
    let twice = workspace.path("twice.vkey");
    std::fs::write(&twice, workspace.operator.vkey(ORIGIN).unwrap()).unwrap();
    assert_eq!(run(&[&pack, &operator, &twice]), said(2, "NONE"));
    let weak = workspace.path("weak.pub");
    let pem = std::fs::read_to_string(&operator).unwrap();
    let key = pem.lines().nth(1).unwrap();
    let point = format!("{}{}=", &key[..16], "A".repeat(43));
    std::fs::write(&weak, pem.replace(key, &point)).unwrap();
    assert_eq!(run(&[&pack, &weak, &log]), said(2, "NONE"));
    // What people state about the pack comes later, and is verified elsewhere.
    let reviews = pack.join("reviews");
    std::fs::create_dir(&reviews).unwrap();
    std::fs::write(reviews.join(format!("{}.tlog-proof", "a".repeat(64))), "").unwrap();
    assert_eq!(run(&[&pack, &operator, &log]), said(0, "VALID"));
    std::fs::write(reviews.join("notes.txt"), "").unwrap();
    assert_eq!(run(&[&pack, &operator, &log]), said(4, "INVALID"));
    std::fs::remove_dir_all(&reviews).unwrap();
    std::fs::remove_file(pack.join("SHA256SUMS")).unwrap();
    assert_eq!(run(&[&pack, &operator, &log]), said(4, "INVALID"));
}

/// Every bit, file and line of a pack of less than 12 KB with every kind of file: of one control,
/// and without what the format leaves to the sealer.
#[test]
fn any_change_is_seen() {
    if !there() {
        return;
    }
    let workspace = Workspace::new();
    write_keys(&workspace);
    let program = workspace.path("verify.py");
    let sealed = workspace.try_seal(&one_control(), 0).unwrap().folder;
    std::fs::copy(sealed.join("verify.py"), &program).unwrap();
    let pack = workspace.path("small");
    small(&sealed).write(&pack);
    assert!(files(&pack).values().map(Vec::len).sum::<usize>() <= 12 * 1024);
    let sweep = |pack: &Path, only: &str| {
        let keys = [workspace.path("operator.pub"), workspace.path("log.vkey")];
        let mut sweep = Command::new("python3");
        sweep.arg(script("sweep.py")).arg(&program).arg(pack).args(keys).arg(only);
        let output = sweep.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    };
    sweep(&pack, "");
    // The only pack of a log has no hash in its proof.
    sweep(&workspace.seal(1).folder, "proofs/");
}

/// The control with personal columns alone.
fn one_control() -> Fixture {
    let mut fixture = fixture();
    fixture.result.tests.truncate(1);
    fixture.result.datasets.truncate(1);
    fixture.result.refused_rows.clear();
    fixture.records.truncate(2);
    fixture
}

/// The pack with texts as short as the format allows.
fn small(pack: &Path) -> Forgery {
    let mut forgery = Forgery::of(pack);
    for name in ["VERIFY.md", "verify.py"] {
        forgery.files.insert(name.to_owned(), b"\n".to_vec());
    }
    for name in ["run.json", "datasets.json"] {
        let document: serde_json::Value = serde_json::from_slice(&forgery.files[name]).unwrap();
        forgery.files.insert(name.to_owned(), document.to_string().into_bytes());
    }
    forgery
}
