//! The readers over mutations of what a sealed pack has.

use super::trial::{Loose, Workspace};
use crate::dsse::Envelope;
use crate::fuzz::TARGETS;
use crate::layout::{
    CHECKPOINT, INTENT, POPULATION_DISCLOSURES, PROOF, RECORD_DISCLOSURES, STATEMENT, SUMS,
};
use crate::line_proof::LineTree;
use crate::prove::prove;
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
    let proofs = [(LineTree::Records, 0), (LineTree::Population, 2)]
        .map(|(t, at)| prove(pack, t, Count(at)));
    BTreeMap::from([
        ("envelope", vec![read(STATEMENT)]),
        ("statement", vec![Envelope::parse(&read(STATEMENT)).unwrap().payload]),
        ("stated", vec![Envelope::parse(&read(INTENT)).unwrap().payload]),
        ("checkpoint", vec![read(CHECKPOINT)]),
        ("proof", vec![read(PROOF)]),
        ("line_proof", proofs.map(|proof| proof.unwrap().to_string().into_bytes()).to_vec()),
        ("tree", vec![vec![9, 4, 0, 0], vec![9, 4, 1, 8], vec![9, 8, 0, 0, 3], vec![0; 4]]),
        ("disclosure", disclosures),
        ("record", lines("records/000000.jsonl")),
        ("sums", vec![read(SUMS), read("policy/MANIFEST")]),
        ("policy", vec![policy]),
    ])
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
