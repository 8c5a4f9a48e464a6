//! A small sealed pack, as the fuzzer changes it.

#[path = "../../tests/evidence/fixture.rs"]
mod fixture;
#[path = "../../tests/evidence/token.rs"]
mod token;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_evidence::dsse::Envelope;
use tieout_controls::Count;
use tieout_evidence::key::{CosigningKey, SigningKey};
use tieout_evidence::line_proof::Tree;
use tieout_evidence::mldsa::MlDsaSigningKey;
use tieout_evidence::note::NoteKey;
use tieout_evidence::prove::prove;
use tieout_evidence::seal::{IntentInput, SealInput, announce, seal};
use tieout_evidence::verify::{Anchor, Verdict, verify};
use tieout_evidence::witness::{Answer, Witness};

/// A pack that is second in its log, and what vouches for it.
pub struct Pack {
    _folder: tempfile::TempDir,
    path: PathBuf,
    anchor: Anchor,
    files: BTreeMap<String, Vec<u8>>,
}

impl Pack {
    /// Seals one, in memory where there is a file system in memory.
    pub fn seal() -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(root).unwrap();
        let fixture = fixture::fixture();
        let (operator, log_key) =
            (SigningKey::from_seed([1; 32], false), SigningKey::from_seed([2; 32], false));
        let origin = "tieout.local/meridian";
        let mut path = PathBuf::new();
        for second in 0..2 {
            let result = &fixture.result;
            let controls = result.tests.iter();
            let controls = controls.map(|test| (test.control.clone(), test.policy.clone()));
            let (log, packs) = (folder.path().join("log"), folder.path().join("packs"));
            let at = format!("2026-02-01T09:30:{second:02}Z").parse().unwrap();
            let announced = announce(&IntentInput {
                run: &result.run,
                datasets: &result.datasets,
                controls: &controls.collect::<Vec<_>>(),
                operator: &operator,
                log_key: &log_key,
                log: &log,
                origin,
                packs: &packs,
                announced_at: at,
            })
            .unwrap();
            let input = SealInput {
                result,
                announced: &announced,
                paper: &fixture,
                policies: &fixture.policies,
                secret: &[42; 32],
                vault: None,
                operator: &operator,
                log_key: &log_key,
                log: &log,
                origin,
                packs: &packs,
                sealed_at: at,
            };
            path = seal(&input).unwrap().folder;
        }
        let anchor = Anchor {
            operator: Some(operator.public_pem()),
            log: log_key.vkey(origin),
            policy: None,
        };
        let mut files = BTreeMap::new();
        walk(&path, &path, &mut files);
        let pack = Self { _folder: folder, path, anchor, files };
        assert_eq!(pack.verdict(), Verdict::Valid);
        pack
    }

    fn verdict(&self) -> Verdict {
        verify(&self.path, &self.anchor).unwrap().verdict
    }

    /// Verifies the pack with other bytes in one file of it, which the first byte names, or with a file more. It
    /// must be invalid, unless the bytes are what the file had, or a disclosure is withheld.
    pub fn with(&self, data: &[u8]) {
        let [which, rest @ ..] = data else { return };
        let file = self.files.iter().nth(usize::from(*which));
        let (name, before) = match file {
            Some((name, bytes)) => (name.as_str(), Some(bytes)),
            None => ("records/more", None),
        };
        let path = self.path.join(name);
        std::fs::write(&path, rest).unwrap();
        let verdict = self.verdict();
        match before {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let same = before.is_some_and(|bytes| bytes == rest);
        let withheld = before.is_some_and(|bytes| {
            let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
                bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
            };
            let (old, new) = (lines(bytes), lines(rest));
            name.starts_with("disclosures/")
                && old.len() == new.len()
                && old.iter().zip(&new).all(|(old, new)| old == new || new == b"null")
        });
        assert_eq!(verdict == Verdict::Valid, same || withheld, "{name}");
    }

    /// A checkpoint with a line of a witness under ML-DSA-44, and the policy that accepts it.
    fn cosigned(&self, note: &[u8]) -> (String, String) {
        let log = NoteKey::parse(self.anchor.log.as_ref().unwrap()).unwrap();
        let key = CosigningKey::from(MlDsaSigningKey::from_seed([3; 32]).unwrap());
        let state = tempfile::tempdir().unwrap();
        let witness = Witness::new("w.example", &key, vec![log.clone()], state.path()).unwrap();
        let note = std::str::from_utf8(note).unwrap();
        let Answer::Cosigned(line) = witness.add_checkpoint(&format!("old 0\n\n{note}"), 1).unwrap()
        else {
            panic!("a checkpoint that a witness doesn't cosign");
        };
        let policy = format!("log {log}\nwitness w {}\nquorum w\n", witness.cosigner());
        (policy, [note, &line].concat())
    }

    /// What each target begins with: target, name, bytes.
    pub fn seeds(&self) -> Vec<(&'static str, String, Vec<u8>)> {
        let mut seeds = Vec::new();
        let mut add = |target, bytes: &[u8]| {
            let number = seeds.len();
            seeds.push((target, format!("seed-{number}"), bytes.to_vec()));
        };
        for (at, (name, bytes)) in self.files.iter().enumerate() {
            add("pack", &[&[u8::try_from(at).unwrap()], bytes.as_slice()].concat());
            let lines = bytes.split(|byte| *byte == b'\n');
            match name.as_str() {
                "statement.dsse.json" | "intent.dsse.json" => {
                    let target = if name.starts_with("intent") { "stated" } else { "statement" };
                    add("envelope", bytes);
                    add(target, &Envelope::parse(bytes).unwrap().payload);
                }
                "proofs/checkpoint" => {
                    add("checkpoint", bytes);
                    add("policy", &[b"quorum none\n\0", bytes.as_slice()].concat());
                    let (policy, note) = self.cosigned(bytes);
                    add("checkpoint", note.as_bytes());
                    add("policy", [&policy, "\0", &note].concat().as_bytes());
                }
                "SHA256SUMS" | "policy/MANIFEST" => add("sums", bytes),
                name if name.ends_with(".tlog-proof") => add("proof", bytes),
                name if name.starts_with("disclosures/") => {
                    lines.for_each(|line| add("disclosure", line));
                }
                name if name.starts_with("records/") => lines.for_each(|line| add("record", line)),
                _ => {}
            }
        }
        for tree in [Tree::Records, Tree::Population] {
            let proof = prove(&self.path, tree, Count(1)).unwrap();
            add("line_proof", proof.to_string().as_bytes());
        }
        add("timestamp", &token::Response::over([7; 32], &[0x41; 8]).to_der());
        add("tree", &[9, 4, 0, 0]);
        add("tree", &[9, 8, 0, 0, 3]);
        seeds
    }
}

fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}
