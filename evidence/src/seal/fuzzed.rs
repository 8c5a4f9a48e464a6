//! The readers over mutations of what a sealed pack has.

use super::trial::{Loose, Workspace};
use crate::dsse::Envelope;
use crate::encoding::{base64_url, sha256};
use crate::erasure::{DestroyedKey, Erasure, Hold, Redacted, Release, Scope};
use crate::fuzz::{TARGETS, types};
use crate::layout::{
    CHECKPOINT, INTENT, POPULATION_DISCLOSURES, PROOF, RECORD_DISCLOSURES, STATEMENT, SUMS,
};
use crate::line_proof::Tree;
use crate::prove::prove;
use crate::statement::payload;
use crate::timestamp::token_of::Response;
use std::collections::BTreeMap;
use std::path::Path;
use tieout_controls::Count;

/// What each target reads, from a pack that is second in its log.
fn seeds(pack: &Path) -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let read = |path: &str| std::fs::read(pack.join(path)).unwrap();
    let lines = |path: &str| -> Vec<Vec<u8>> {
        read(path).split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let disclosures = [lines(RECORD_DISCLOSURES), lines(POPULATION_DISCLOSURES)].concat();
    let policy = [b"# who\nquorum none\n\0".to_vec(), read(CHECKPOINT)].concat();
    let proofs =
        [(Tree::Records, 0), (Tree::Population, 2)].map(|(t, at)| prove(pack, t, Count(at)));
    let [checkpoints, policies] = [vec![read(CHECKPOINT)], vec![policy]];
    #[cfg(feature = "pq")]
    let [checkpoints, policies] = {
        let [note, policy] = crate::mldsa::tests::seeds();
        [[checkpoints, vec![note]].concat(), [policies, vec![policy]].concat()]
    };
    BTreeMap::from([
        ("envelope", vec![read(STATEMENT)]),
        ("statement", vec![Envelope::parse(&read(STATEMENT)).unwrap().payload]),
        ("stated", [vec![Envelope::parse(&read(INTENT)).unwrap().payload], erasing()].concat()),
        ("checkpoint", checkpoints),
        ("proof", vec![read(PROOF)]),
        ("line_proof", proofs.map(|proof| proof.unwrap().to_string().into_bytes()).to_vec()),
        ("tree", vec![vec![9, 4, 0, 0], vec![9, 4, 1, 8], vec![9, 8, 0, 0, 3], vec![0; 4]]),
        ("disclosure", disclosures),
        ("record", lines("records/000000.jsonl")),
        ("sums", vec![read(SUMS), read("policy/MANIFEST")]),
        ("policy", policies),
        ("timestamp", vec![Response::over([7; 32], &[0x41; 8]).to_der()]),
    ])
}

/// The payloads of what is stated about erasing.
fn erasing() -> Vec<Vec<u8>> {
    let (at, handle) = ("2026-03-01T08:00:00Z", "0".repeat(32));
    let hold = Hold::new(Scope::Keys(vec![handle.clone()]), "a dispute", at);
    let erasure = Erasure {
        format_version: "1".to_owned(),
        request: "DSR-1".to_owned(),
        legal_basis: "GDPR Art. 17(1)(b)".to_owned(),
        erased_at: at.to_owned(),
        keys: vec![DestroyedKey { handle, epoch: Count(1) }],
        records: vec![Redacted { leaf: Count(3), digests: vec![base64_url(&[7; 32])] }],
        population: Vec::new(),
    };
    let payloads = [
        payload(hold.subject(), &hold),
        payload(sha256(b"hold"), &Release::new("it is settled", at)),
        payload(sha256(b"pack"), &erasure),
    ];
    payloads.map(Option::unwrap).to_vec()
}

/// A target whose seeds are refused at the first byte would prove nothing: most mutations of one bit are refused,
/// and the seeds themselves are read to their end, or the pack would not be valid.
#[test]
fn every_target_takes_mutations_of_what_it_reads() {
    let workspace = Workspace::new();
    workspace.seal(&Loose, 0).unwrap();
    let pack = workspace.seal(&Loose, 1).unwrap().folder;
    workspace.check().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below.max(1)).unwrap()).unwrap()
    };
    let seeds = seeds(&pack);
    assert_eq!(seeds.len(), TARGETS.len());
    assert!(seeds["stated"].iter().all(|seed| types(seed) == 1));
    for (name, target) in TARGETS {
        for seed in &seeds[name] {
            target(seed);
            for _ in 0..2000 {
                let mut data = seed.clone();
                for _ in 0..=random(3) {
                    if data.is_empty() {
                        data.push(b'\n');
                    }
                    let at = random(data.len());
                    match random(5) {
                        0 => data[at] ^= 1 << random(8),
                        1 => data.truncate(at),
                        2 => data.insert(at, data[random(data.len())]),
                        3 => drop(data.remove(at)),
                        _ => data.extend_from_within(at..),
                    }
                }
                target(&data);
            }
        }
    }
}
