//! Packs whose checkpoints witnesses cosigned, under the policy of whoever verifies them.

use crate::workspace::{ORIGIN, Workspace, failures};
use std::path::Path;
use tieout_evidence::key::SigningKey;
use tieout_evidence::log;
use tieout_evidence::merkle;
use tieout_evidence::note::NoteKey;
use tieout_evidence::verify::{Anchor, Verdict, Verification, verify};
use tieout_evidence::witness::{Answer, Witness};

/// The auditor's box and somebody else's.
struct Witnesses {
    folder: tempfile::TempDir,
    keys: [SigningKey; 2],
}

impl Witnesses {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["0", "1"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self {
            folder,
            keys: [SigningKey::from_seed([31; 32], false), SigningKey::from_seed([32; 32], false)],
        }
    }

    fn witness(&self, number: usize, log: NoteKey) -> Witness<'_> {
        let name = format!("w{number}.example");
        let state = self.folder.path().join(number.to_string());
        Witness::new(&name, &self.keys[number], vec![log], &state).unwrap()
    }

    /// A policy of both, of which so many must have cosigned.
    fn policy(&self, workspace: &Workspace, least: &str) -> String {
        let log = key(workspace);
        let vkeys = [0, 1].map(|n| self.witness(n, log.clone()).cosigner().to_string());
        let [first, second] = vkeys;
        format!("log {log}\nwitness a {first}\nwitness b {second}\ngroup g {least} a b\nquorum g\n")
    }

    /// Has the pack's checkpoint cosigned, and puts the lines where they belong.
    fn cosign(&self, workspace: &Workspace, pack: &Path, number: usize, old: usize) -> Answer {
        let entries = log::read(&workspace.path("log"), &key(workspace)).unwrap().entries;
        let path = pack.join("proofs/checkpoint");
        let note = std::fs::read_to_string(&path).unwrap();
        let size: usize = note.lines().nth(1).unwrap().parse().unwrap();
        let leaves: Vec<_> = entries[..size].iter().map(|e| merkle::leaf_hash(&e.0)).collect();
        let proof =
            if old == 0 { Vec::new() } else { merkle::consistency_proof(&leaves, old).unwrap() };
        let hashes: String = proof.iter().map(|hash| base64(&hash.0) + "\n").collect();
        let body = format!("old {old}\n{hashes}\n{note}");
        let answer = self
            .witness(number, key(workspace))
            .add_checkpoint(&body, 1_769_000_000 + u64::try_from(number).unwrap())
            .unwrap();
        if let Answer::Cosigned(line) = &answer {
            std::fs::write(&path, note.clone() + line).unwrap();
            for name in ["statement", "intent"] {
                let path = pack.join(format!("proofs/{name}.tlog-proof"));
                let proof = std::fs::read_to_string(&path).unwrap();
                std::fs::write(&path, proof.replace(&note, &(note.clone() + line))).unwrap();
            }
        }
        answer
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn key(workspace: &Workspace) -> NoteKey {
    NoteKey::parse(&workspace.log_key.vkey(ORIGIN).unwrap()).unwrap()
}

fn under(workspace: &Workspace, pack: &Path, policy: &str) -> Verification {
    let operator = Some(workspace.operator.public_pem());
    verify(pack, &Anchor { operator, log: None, policy: Some(policy.to_owned()) }).unwrap()
}

#[test]
fn a_quorum_of_witnesses_makes_a_pack_valid_and_says_by_when() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let [first, second] = [1, 2].map(|second| workspace.seal(second).folder);
    let (any, all) = (witnesses.policy(&workspace, "any"), witnesses.policy(&workspace, "all"));
    let nobody = under(&workspace, &first, &any);
    assert_eq!(nobody.verdict, Verdict::Invalid);
    assert!(
        failures(&nobody)[0].contains("0 of the policy's 2 witnesses"),
        "{:?}",
        failures(&nobody)
    );
    assert_eq!(witnesses.cosign(&workspace, &first, 0, 0).status(), 200);
    assert_eq!(under(&workspace, &first, &any).verdict, Verdict::Valid);
    assert_eq!(under(&workspace, &first, &all).verdict, Verdict::Invalid);
    assert_eq!(witnesses.cosign(&workspace, &first, 1, 0).status(), 200);
    let both = under(&workspace, &first, &all);
    assert_eq!(both.verdict, Verdict::Valid, "{:?}", failures(&both));
    assert!(
        both.notes.iter().any(|n| n.starts_with("in the log by 2026-01-21T12:53:21Z")),
        "{:?}",
        both.notes
    );
    // Without a policy the lines of others are nobody's business.
    assert_eq!(workspace.verify(&first).verdict, Verdict::Valid);
    // The next pack's checkpoint continues the one that was cosigned.
    assert_eq!(witnesses.cosign(&workspace, &second, 0, 2).status(), 200);
    assert_eq!(under(&workspace, &second, &any).verdict, Verdict::Valid);
}

/// Whoever has the operator's and the log's key can make another log, and no witness cosigns it.
#[test]
fn a_second_history_finds_no_witness() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let shown = workspace.seal(1).folder;
    assert_eq!(witnesses.cosign(&workspace, &shown, 0, 0).status(), 200);
    let other = Workspace::new();
    let hidden = other.seal(9).folder;
    assert_eq!(
        other.verify(&hidden).verdict,
        Verdict::Valid,
        "the keys alone don't tell them apart"
    );
    assert_eq!(witnesses.cosign(&other, &hidden, 0, 0).status(), 409);
    let policy = witnesses.policy(&workspace, "any");
    assert_eq!(under(&other, &hidden, &policy).verdict, Verdict::Invalid);
}

#[test]
fn a_witness_that_is_the_operator_is_no_witness() {
    let (workspace, witnesses) = (Workspace::new(), Witnesses::new());
    let pack = workspace.seal(1).folder;
    let own = Witness::new("own.example", &workspace.operator, Vec::new(), Path::new(".")).unwrap();
    let log = key(&workspace);
    let policy = format!("log {log}\nwitness own {}\nquorum own\n", own.cosigner());
    let told = under(&workspace, &pack, &policy);
    assert!(failures(&told)[0].contains("operator's key"), "{:?}", failures(&told));
    let unreadable = Anchor { policy: Some("quorum\n".to_owned()), ..workspace.anchor() };
    assert!(verify(&pack, &unreadable).is_err(), "a key and a policy");
    let unreadable = Anchor { log: None, ..unreadable };
    assert!(verify(&pack, &unreadable).unwrap_err().to_string().contains("line 1"));
    drop(witnesses);
}
