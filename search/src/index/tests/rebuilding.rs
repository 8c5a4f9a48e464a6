//! Rebuilding, opening, and what an index says of itself.

use super::fixture::{Built, MADE, built, conforming, contents, digest, pack, violation};
use super::random::{Random, line, population};
use crate::index::{Contents, Index, Locked, Made};
use crate::query::parse;
use std::path::{Path, PathBuf};
use tieout_evidence::verify::{Verdict, VerifiedPack};

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
    assert_eq!(index.index.packs(), [4, 6, 9].map(|log| (log, digest(log))));
    let empty = built(&[]);
    assert_eq!(empty.index.packs(), []);
    assert_eq!(empty.search("anything").total, 0);
    assert_eq!(empty.search("NOT anything").total, 0);
}

#[test]
fn a_rebuild_replaces_and_leaves_one_generation() {
    let index = built(&[pack(0, vec![violation("INV-1", "1", "EUR", "")], Vec::new())]);
    let folder = index.folder.path();
    let packs = [pack(0, Vec::new(), vec![conforming("GL-01", "INV-2")])];
    let locked = Locked::take(folder).unwrap().unwrap();
    let rebuilt = locked.rebuild(MADE, &contents(&packs)).unwrap();
    drop(locked);
    // The old index still answers from what it opened.
    assert_eq!(index.search("INV-1").total, 1);
    let total = |index: &Index, text: &str| index.search(&parse(text).unwrap(), 9).unwrap().total;
    assert_eq!((total(&rebuilt, "INV-1"), total(&rebuilt, "INV-2")), (0, 1));
    let opened = Index::open(folder, MADE).unwrap();
    assert_eq!((total(&opened, "INV-1"), total(&opened, "INV-2")), (0, 1));
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(folder).iter().filter(|name| name.starts_with("generation-")).count(), 1);
}

#[test]
fn two_packs_at_one_place_of_the_log_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let locked = Locked::take(folder.path()).unwrap().unwrap();
    let pack = pack(1, Vec::new(), Vec::new());
    let twice = contents(&[pack.clone(), pack]);
    for refused in [locked.rebuild(MADE, &twice), Index::in_memory(&twice)] {
        let Err(error) = refused else { panic!("should be refused") };
        assert!(error.to_string().ends_with("two packs have the log index 1"), "{error}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but the lock: {left:?}");
}

fn error(folder: &Path, made: Made<'_>) -> String {
    match Index::open(folder, made) {
        Ok(_) => panic!("should not open"),
        Err(error) => error.to_string(),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The folder of the one generation.
fn generation(folder: &Path) -> PathBuf {
    files(folder).into_iter().find(|path| path.is_dir()).unwrap()
}

#[test]
fn a_change_to_any_file_of_the_index_is_seen() {
    let index = built(&corpus(3));
    let folder = index.folder.path();
    let generation = generation(folder);
    let kept: Vec<_> = files(&generation)
        .into_iter()
        .filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'))
        .collect();
    assert!(kept.len() > 5, "{kept:?}");
    for file in &kept {
        let bytes = std::fs::read(file).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 3] ^= 1;
        // A file of tantivy's is mapped into memory: it is replaced, not written into.
        std::fs::remove_file(file).unwrap();
        std::fs::write(file, flipped).unwrap();
        assert!(error(folder, MADE).contains("damaged"), "{file:?}: {}", error(folder, MADE));
        std::fs::remove_file(file).unwrap();
        assert!(error(folder, MADE).contains("damaged"), "{file:?}: {}", error(folder, MADE));
        std::fs::write(file, bytes).unwrap();
        assert!(Index::open(folder, MADE).is_ok());
    }
    std::fs::write(generation.join("more"), "").unwrap();
    assert!(error(folder, MADE).contains("damaged"));
}

#[test]
fn only_its_makers_index_of_these_packs_is_opened() {
    let index = built(&corpus(3));
    let folder = index.folder.path();
    assert!(error(&folder.join("elsewhere"), MADE).contains("there is no index"));
    let other = Made { key: &[4; 32], ..MADE };
    assert!(error(folder, other).contains("not as this workspace wrote it"));
    let later = Made { state: "one pack more", ..MADE };
    assert!(error(folder, later).contains("of other packs"));
    let pointer = std::fs::read_to_string(folder.join("index.json")).unwrap();
    std::fs::write(folder.join("index.json"), pointer.replace("\"2\"", "\"1\"")).unwrap();
    assert!(error(folder, MADE).contains("version `1`"), "{}", error(folder, MADE));
    std::fs::write(folder.join("index.json"), pointer.replace("generation-1", "../x")).unwrap();
    assert!(error(folder, MADE).contains("not the name of a generation"));
}

#[test]
fn a_folder_has_one_writer_and_readers_wait_for_it() {
    let index = built(&corpus(4));
    let folder = index.folder.path();
    let locked = Locked::take(folder).unwrap().unwrap();
    assert!(Locked::take(folder).unwrap().is_none());
    assert!(error(folder, MADE).contains("is being made"));
    assert!(locked.open(MADE).is_ok());
    drop(locked);
    assert!(Index::open(folder, MADE).is_ok());
}

#[test]
fn what_nobody_vouches_for_is_said_with_every_answer() {
    let packs = corpus(5);
    let verdicts = [Verdict::Valid, Verdict::Indeterminate, Verdict::Indeterminate];
    let mut contents = Contents {
        packs: packs.into_iter().zip(verdicts).collect(),
        reservations: vec!["a pack was left out".to_owned()],
        notes: vec!["a pack is there twice".to_owned()],
        ..Contents::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let locked = Locked::take(folder.path()).unwrap().unwrap();
    let indexes = [locked.rebuild(MADE, &contents), Index::in_memory(&contents)];
    for index in indexes {
        let hits = index.unwrap().search(&parse("storage").unwrap(), 1).unwrap();
        let alone = "2 packs indexed without a trust anchor: nothing outside vouches for them";
        assert_eq!(hits.reservations, ["a pack was left out", alone]);
        assert!(hits.notes.contains(&"a pack is there twice".to_owned()));
    }
    contents.packs.truncate(1);
    contents.reservations.clear();
    assert_eq!(Index::in_memory(&contents).unwrap().reservations(), [""; 0]);
}
