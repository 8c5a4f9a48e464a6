//! Trees of more than one chunk, and proofs of single lines.

use crate::fixture::{Fixture, billed, run_of, violates};
use crate::forge::Forgery;
use crate::workspace::{Workspace, failures};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use tieout_controls::Count;
use tieout_evidence::line_proof::{LineProof, Tree};
use tieout_evidence::prove::{ProveError, prove};
use tieout_evidence::verify::{Anchor, LineVerification, Verdict, check, verify_line};

/// Two chunks, the second with a block and 44 lines.
const LINES: u64 = 65_536 + 300;

fn many() -> Fixture {
    let decision = violates("list-cost-differs", Some("0.01"), None, None);
    run_of(Vec::new(), (1..=LINES).map(|n| billed(n, decision.clone())).collect(), Vec::new())
}

/// The root over lines, written once more after RFC 6962, section 2.1.
fn root(lines: &[&str]) -> Vec<u8> {
    match lines {
        [] => Sha256::digest([]).to_vec(),
        [line] => Sha256::digest([b"\0", line.as_bytes()].concat()).to_vec(),
        lines => {
            let half = lines.len().next_power_of_two() / 2;
            let (left, right) = (root(&lines[..half]), root(&lines[half..]));
            Sha256::digest([vec![1], left, right].concat()).to_vec()
        }
    }
}

fn verified(proof: &str) -> LineVerification {
    verify_line(proof, &Workspace::new().anchor()).unwrap()
}

fn said(verification: &LineVerification) -> String {
    verification.checks.iter().filter_map(|check| check.failure.clone()).collect()
}

#[test]
fn a_large_pack_has_tiles_that_prove_its_lines() {
    let workspace = Workspace::new();
    let pack = workspace.try_seal(&many(), 0).unwrap().folder;
    for (tree, extension) in [("records", "jsonl"), ("population", "txt")] {
        let chunk = |n| std::fs::read_to_string(pack.join(format!("{tree}/00000{n}.{extension}")));
        let text = chunk(0).unwrap() + &chunk(1).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for (level, size) in [(1, 256), (2, 65_536)] {
            let hashes: Vec<u8> = lines.chunks(size).flat_map(root).collect();
            assert_eq!(std::fs::read(pack.join(format!("tiles/{tree}.{level}"))).unwrap(), hashes);
        }
        let kind = if tree == "records" { Tree::Records } else { Tree::Population };
        for at in [0, 255, 256, 65_535, 65_536, 65_791, 65_792, LINES - 1] {
            let proof = prove(&pack, kind, Count(at)).unwrap();
            assert_eq!(proof.line, lines[usize::try_from(at).unwrap()]);
            let text = proof.to_string();
            let beside = text.len() - proof.line.len() - proof.envelope.to_bytes().len();
            let disclosed: usize = proof.disclosures.iter().map(|text| text.len() + 1).sum();
            assert!(beside - disclosed <= 2048, "{beside}");
            let verification = verified(&text);
            assert_eq!(said(&verification), "");
            assert_eq!(verification.verdict, Verdict::Valid);
            assert_eq!(verification.line.unwrap().content["row"], (at + 1).to_string());
        }
        let beyond = prove(&pack, kind, Count(LINES));
        assert!(matches!(beyond, Err(ProveError::NoSuchLine { .. })), "{beyond:?}");
    }
    let verification = check(&pack, &workspace.anchor()).unwrap();
    assert_eq!(failures(&verification), [""; 0]);
    assert_eq!(verification.verdict, Verdict::Valid);
    // Of lines that are not kept nothing is told.
    assert!(verification.pack.unwrap().records.is_empty());
    tiles_that_are_not(&pack);
}

/// Sealed again after the change, so that digests and signatures hold.
fn tiles_that_are_not(pack: &Path) {
    let seen = |words: &str, change: &dyn Fn(&mut Forgery)| {
        let mut forgery = Forgery::of(pack);
        forgery.files.retain(|path, _| !path.starts_with("disclosures/"));
        change(&mut forgery);
        let verification = forgery.verify();
        let said = failures(&verification).concat();
        assert!(said.contains(words), "{said:?} without: {words}");
    };
    seen("", &|_| {});
    seen("`tiles/records.1` does not have the hashes of `records/000001.jsonl`", &|f| {
        *f.files.get_mut("tiles/records.1").unwrap().last_mut().unwrap() ^= 1;
    });
    seen("`tiles/population.2` does not have the hashes of `population/000001.txt`", &|f| {
        f.files.get_mut("tiles/population.2").unwrap().pop();
    });
    seen("`tiles/population.1` has more hashes than there are", &|f| {
        f.files.get_mut("tiles/population.1").unwrap().push(0);
    });
    seen("`tiles/records.2` is missing", &|f| drop(f.files.remove("tiles/records.2")));
    seen("`tiles/records.3` is no file of a pack", &|f| {
        f.files.insert("tiles/records.3".to_owned(), vec![0; 32]);
    });
}

#[test]
fn a_small_pack_has_no_tiles() {
    let mut forgery = crate::forge::fixture_pack();
    assert!(!forgery.files.keys().any(|path| path.starts_with("tiles")));
    forgery.files.insert("tiles/records.1".to_owned(), vec![0; 32]);
    let said = failures(&forgery.verify()).concat();
    assert!(said.contains("`tiles/records.1` is there, of a tree that has none"), "{said}");
}

#[test]
fn every_line_of_a_pack_is_proved_with_what_is_disclosed_of_it() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let whole = workspace.verify(&pack).pack.unwrap();
    for (tree, lines) in [(Tree::Records, &whole.records), (Tree::Population, &whole.population)] {
        for (at, line) in lines.iter().enumerate() {
            let proof = prove(&pack, tree, Count::of(at)).unwrap().to_string();
            assert_eq!(LineProof::parse(&proof).unwrap().to_string(), proof);
            let verification = verified(&proof);
            assert_eq!((said(&verification).as_str(), verification.verdict), ("", Verdict::Valid));
            let proved = verification.line.unwrap();
            assert_eq!((&proved.content, proved.pack), (line, whole.digest));
            let indeterminate = verify_line(&proof, &Anchor::default()).unwrap();
            assert_eq!(indeterminate.verdict, Verdict::Indeterminate);
        }
    }
    // Erased, and proved as before.
    std::fs::remove_dir_all(pack.join("disclosures")).unwrap();
    for tree in [Tree::Records, Tree::Population] {
        let proof = prove(&pack, tree, Count(0)).unwrap();
        assert!(proof.disclosures.is_empty());
        assert_eq!(verified(&proof.to_string()).verdict, Verdict::Valid);
    }
}

#[test]
fn any_change_of_a_line_proof_is_seen() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    for (tree, at) in [(Tree::Records, 0), (Tree::Records, 4), (Tree::Population, 3)] {
        let proof = prove(&pack, tree, Count(at)).unwrap().to_string();
        assert_eq!(verified(&proof).verdict, Verdict::Valid);
        let mut bytes = proof.clone().into_bytes();
        // What follows is the same in each.
        let envelope = proof.find("{\"payloadType\"").unwrap();
        let end = if at == 0 { bytes.len() } else { envelope };
        for bit in 0..end * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                assert_eq!(verified(text).verdict, Verdict::Invalid, "bit {bit}");
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        let lines: Vec<_> = proof.split_inclusive('\n').collect();
        let disclosed = prove(&pack, tree, Count(at)).unwrap().disclosures;
        for (number, line) in lines.iter().enumerate() {
            let (before, after) = (lines[..number].concat(), lines[number + 1..].concat());
            // The only disclosure may be left out: then it was not disclosed.
            let may = disclosed.len() == 1 && line.trim_end() == disclosed[0];
            let expected = if may { Verdict::Valid } else { Verdict::Invalid };
            assert_eq!(
                verified(&(before.clone() + &after)).verdict,
                expected,
                "without line {number}"
            );
            let twice = before + line + line + &after;
            assert_eq!(verified(&twice).verdict, Verdict::Invalid, "line {number} twice");
        }
    }
    // One line's proof with another's disclosure.
    let [one, other] = [0, 1].map(|at| prove(&pack, Tree::Population, Count(at)).unwrap());
    let mixed = LineProof { disclosures: other.disclosures, ..one.clone() };
    assert!(said(&verified(&mixed.to_string())).contains("not what its digest stands for"));
    let mixed = LineProof { line: other.line, ..one.clone() };
    assert!(said(&verified(&mixed.to_string())).contains("it is not, at that index"));
    let shorter = LineProof { size: Count(6), ..one };
    assert!(said(&verified(&shorter.to_string())).contains("it is not, at that index"));
}

/// What is not UTF-8 is never taken for another text: where it stands is told.
#[test]
fn bytes_that_are_not_text_are_told_with_file_and_line() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let record = |tree| prove(&pack, tree, Count(0));
    for (tree, path, lines, told) in [
        (Tree::Records, "disclosures/records.jsonl", 1, "line 2: not UTF-8"),
        (Tree::Population, "disclosures/population.jsonl", 0, "line 1: not UTF-8"),
        (Tree::Records, "proofs/statement.tlog-proof", 0, "it is not UTF-8"),
    ] {
        let path = pack.join(path);
        let whole = std::fs::read(&path).unwrap();
        let start: usize =
            whole.split_inclusive(|b| *b == b'\n').take(lines).map(<[u8]>::len).sum();
        let mut changed = whole.clone();
        changed[start + 3] = 0xff;
        assert!(record(tree).is_ok());
        std::fs::write(&path, changed).unwrap();
        let error = record(tree).unwrap_err().to_string();
        let name = path.strip_prefix(&pack).unwrap().to_str().unwrap();
        assert!(error.contains(name) && error.contains(told), "{error}");
        std::fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_pack_that_is_not_what_was_signed_proves_nothing() {
    let workspace = Workspace::new();
    let pack = workspace.seal(0).folder;
    let path = pack.join("records/000000.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"EUR\"", "\"CHF\"")).unwrap();
    let proof = prove(&pack, Tree::Records, Count(0));
    assert!(matches!(proof, Err(ProveError::Broken(_))), "{proof:?}");
    std::fs::remove_file(&path).unwrap();
    let proof = prove(&pack, Tree::Records, Count(0));
    assert!(matches!(proof, Err(ProveError::Unreadable { .. })), "{proof:?}");
}
