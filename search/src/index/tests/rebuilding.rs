//! Rebuilding, opening, and what an index says of itself.

use super::fixture::{Built, built, conforming, digest, pack, violation};
use super::random::{Random, line, population};
use crate::index::Index;
use crate::query::parse;
use tieout_evidence::verify::VerifiedPack;

fn corpus(seed: u64) -> Vec<VerifiedPack> {
    let mut random = Random(seed);
    let lines = |random: &mut Random| (0..40).map(|_| line(random)).collect();
    let passed = |random: &mut Random| (0..40).map(|_| population(random)).collect();
    [9, 4, 6].map(|log| pack(log, lines(&mut random), passed(&mut random))).to_vec()
}

#[test]
fn the_order_is_that_of_the_log_whatever_the_order_of_the_packs() {
    let mut packs = corpus(1);
    let first = built(&packs);
    packs.reverse();
    let second = built(&packs);
    for query in ["storage", "amount>=1", "NOT storage", "kind:population OR dispute"] {
        let hits = first.found(query);
        assert!(!hits.is_empty(), "{query}");
        assert_eq!(hits, second.found(query), "{query}");
        let whole = |index: &Built| index.search(query).hits;
        assert_eq!(whole(&first), whole(&second), "{query}");
    }
    let all = first.search("NOT kind:refused").hits;
    let rank =
        |kind: &str| ["result", "record", "refused", "population"].iter().position(|k| *k == kind);
    let order: Vec<_> = all.iter().map(|h| (h.log_index, rank(&h.kind), h.number)).collect();
    assert!(order.is_sorted());
    assert_eq!(order.len(), 3 * 81);
}

#[test]
fn an_index_names_its_packs_in_the_order_of_the_log() {
    let index = built(&corpus(2));
    assert_eq!(index.index.packs().unwrap(), [4, 6, 9].map(|log| (log, digest(log))));
    let empty = built(&[]);
    assert_eq!(empty.index.packs().unwrap(), []);
    assert_eq!(empty.search("anything").total, 0);
    assert_eq!(empty.search("NOT anything").total, 0);
}

#[test]
fn a_rebuild_replaces_and_leaves_one_generation() {
    let index = built(&[pack(0, vec![violation("INV-1", "1", "EUR", "")], Vec::new())]);
    let folder = index.folder.path();
    let packs = [pack(0, Vec::new(), vec![conforming("GL-01", "INV-2")])];
    let rebuilt = Index::rebuild(folder, &packs).unwrap();
    // The old index still answers from what it opened.
    assert_eq!(index.search("INV-1").total, 1);
    let total = |index: &Index, text: &str| index.search(&parse(text).unwrap(), 9).unwrap().total;
    assert_eq!((total(&rebuilt, "INV-1"), total(&rebuilt, "INV-2")), (0, 1));
    let opened = Index::open(folder).unwrap();
    assert_eq!((total(&opened, "INV-1"), total(&opened, "INV-2")), (0, 1));
    let names = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(folder).iter().filter(|name| name.starts_with("generation-")).count(), 1);
}

#[test]
fn two_packs_at_one_place_of_the_log_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(1, Vec::new(), Vec::new());
    let Err(error) = Index::rebuild(folder.path(), &[pack.clone(), pack]) else {
        panic!("should be refused")
    };
    assert_eq!(error.to_string(), "two packs have the log index 1");
}

#[test]
fn a_damaged_absent_or_foreign_index_is_an_error() {
    let index = built(&corpus(3));
    let folder = index.folder.path().to_owned();
    let error = |folder: &std::path::Path| match Index::open(folder) {
        Ok(_) => panic!("should not open"),
        Err(error) => error.to_string(),
    };
    assert!(error(&folder.join("elsewhere")).contains("there is no index"));
    let generation = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let file = std::fs::read_dir(&generation)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "term"))
        .unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    let middle = bytes.len() / 3;
    flipped[middle] ^= 1;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, flipped).unwrap();
    assert!(error(&folder).contains("damaged"), "{}", error(&folder));
    std::fs::write(&file, bytes).unwrap();
    assert!(Index::open(&folder).is_ok());
    let pointer = std::fs::read_to_string(folder.join("index.json")).unwrap();
    std::fs::write(folder.join("index.json"), pointer.replace("\"1\"", "\"0\"")).unwrap();
    assert!(error(&folder).contains("rebuild it"));
}
