use super::*;
use crate::key::SigningKey;
use crate::note::{Note, NoteSignature};
use std::process::Command;
use tempfile::TempDir;

const ORIGIN: &str = "example.com/log";

/// A log of so many numbered entries, which from the one of that number on tells another history.
fn log_of(size: u32, fork: u32) -> LogEntries {
    let entry = |n: u32| {
        let mut bytes = [u8::from(n >= fork); 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        Digest(bytes)
    };
    let entries: Vec<Digest> = (0..size).map(entry).collect();
    let tree = log::tree(&entries);
    let checkpoint =
        Checkpoint { origin: ORIGIN.to_owned(), size: Count(tree.size()), root: tree.root() };
    let (text, key) = (checkpoint.to_string(), signer());
    let line = NoteSignature {
        name: ORIGIN.to_owned(),
        id: vkey().id(),
        signature: key.sign(text.as_bytes()),
    };
    let note = Note { text, signatures: vec![line] }.to_string();
    LogEntries { checkpoint, note, entries }
}

fn honest(size: u32) -> LogEntries {
    log_of(size, u32::MAX)
}

fn signer() -> SigningKey {
    SigningKey::from_seed([1; 32], false)
}

fn vkey() -> NoteKey {
    NoteKey::parse(&signer().vkey(ORIGIN).unwrap()).unwrap()
}

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn put(log: &LogEntries, folder: &TempDir) -> Result<Published, PublishError> {
    publish(log, &vkey(), folder.path())
}

/// Every file of a folder with its bytes and the time of its last change.
fn state(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(state(&path));
        } else {
            let changed = path.metadata().unwrap().modified().unwrap();
            found.insert(path.clone(), (std::fs::read(&path).unwrap(), changed));
        }
    }
    found
}

/// The specification's own examples.
#[test]
fn paths_are_those_of_the_specification() {
    assert_eq!(path("0", 1_234_067, WIDTH), "tile/0/x001/x234/067");
    assert_eq!(path("entries", 0, 1), "tile/entries/000.p/1");
    let entries = honest(70_000).entries;
    let paths: Vec<String> = files(&entries).into_iter().map(|(path, _)| path).collect();
    let of = |level: &str| {
        let (partial, full): (Vec<_>, Vec<_>) = paths
            .iter()
            .filter(|path| path.starts_with(&format!("tile/{level}/")))
            .partition(|path| path.contains(".p/"));
        (full.len(), partial.iter().map(|p| p.rsplit('/').next().unwrap()).collect::<Vec<_>>())
    };
    assert_eq!(of("0"), (273, vec!["112"]));
    assert_eq!(of("1"), (1, vec!["17"]));
    assert_eq!(of("2"), (0, vec!["1"]));
    assert_eq!(of("entries"), (273, vec!["112"]));
    let full = files(&entries[..256]);
    let paths: Vec<_> = full.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(full[1].1.len(), 8192);
    assert!(files(&[]).is_empty());
}

#[test]
fn what_was_published_is_never_written_anew() {
    let folder = folder();
    let first = put(&honest(300), &folder).unwrap();
    assert_eq!(first, Published { size: Count(300), written: Count(5) });
    let before = state(folder.path());
    assert_eq!(put(&honest(300), &folder).unwrap().written, Count(0));
    assert_eq!(state(folder.path()), before);
    // Two more entries: the partial tiles of both sizes are there, and the full ones untouched.
    assert_eq!(put(&honest(302), &folder).unwrap().written, Count(2));
    let after = state(folder.path());
    for (path, was) in &before {
        assert!(path.ends_with(HEAD) || after.get(path) == Some(was), "{path:?}");
    }
    assert!(folder.path().join("tile/0/001.p/44").is_file());
    assert!(folder.path().join("tile/0/001.p/46").is_file());
}

#[test]
fn another_history_and_an_older_one_are_not_published() {
    let folder = folder();
    put(&honest(300), &folder).unwrap();
    let before = state(folder.path());
    let told = |log| put(&log, &folder).unwrap_err().to_string();
    assert!(told(honest(299)).contains("an older copy was put back"));
    assert!(told(log_of(310, 5)).contains("the log was rewritten"));
    // A head that was lost doesn't make the tiles another's.
    std::fs::remove_file(folder.path().join(HEAD)).unwrap();
    assert!(told(log_of(310, 5)).contains("never written anew"));
    put(&honest(300), &folder).unwrap();
    assert_eq!(
        state(folder.path())
            .into_iter()
            .map(|(path, (bytes, _))| (path, bytes))
            .collect::<Vec<_>>(),
        before.into_iter().map(|(path, (bytes, _))| (path, bytes)).collect::<Vec<_>>()
    );
}

#[test]
fn an_interruption_is_made_good() {
    let folder = folder();
    put(&honest(2), &folder).unwrap();
    std::fs::write(folder.path().join(PARTIAL), "half").unwrap();
    std::fs::remove_file(folder.path().join("tile/entries/000.p/2")).unwrap();
    assert_eq!(put(&honest(2), &folder).unwrap().written, Count(1));
    put(&honest(3), &folder).unwrap();
    assert!(!folder.path().join(PARTIAL).exists());
}

/// Go's checksum database client reads the tiles, and proves records and continuity by them.
#[test]
fn go_proves_records_and_consistency_by_the_tiles() {
    let test = "go_proves_records_and_consistency_by_the_tiles";
    let folder = folder();
    let served = folder.path().join("served");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/packs/tiles.go");
    let program = folder.path().join("peer");
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&program).arg(source);
    build.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "");
    if !build.output().is_ok_and(|output| output.status.success()) {
        let needed = "golang-go with golang-golang-x-mod-dev";
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "{test}: no {needed}");
        eprintln!("skipped: {test}: no {needed} on this machine");
        return;
    }
    let (key, old) = (folder.path().join("key"), folder.path().join("old"));
    std::fs::write(&key, vkey().to_string()).unwrap();
    let go = || {
        let output = Command::new(&program).arg(&key).arg(&served).arg(&old).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // One, a partial tile, a full one, and three levels.
    for (before, size) in [(1, 1), (1, 200), (200, 256), (256, 66_000)] {
        for size in [before, size] {
            publish(&honest(size), &vkey(), &served).unwrap();
        }
        std::fs::write(&old, &honest(before).note).unwrap();
        assert_eq!(go(), format!("accepted {before} {size}\n"));
    }
    // A head of another history, which the log's key signed as well.
    std::fs::write(&old, &log_of(256, 100).note).unwrap();
    assert!(go().starts_with("refused: "), "{}", go());
    std::fs::write(&old, &honest(256).note).unwrap();
    for (file, why) in [("tile/1/000", "a node"), ("tile/entries/256", "an entry")] {
        let path = served.join(file);
        let bytes = std::fs::read(&path).unwrap();
        let mut changed = bytes.clone();
        changed[10] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(go().starts_with("refused: "), "{why}");
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(go().starts_with("accepted "), "as it was");
}
