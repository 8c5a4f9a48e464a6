//! What tells an index of these packs from an index of others.

use crate::diagnostic::{Failure, Outcome};
use crate::workspace::Workspace;
use sha2::{Digest as _, Sha256};
use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;
use tieout_controls::Digest;
use tieout_evidence::verify::Anchor;

/// The deepest folder that is looked into: deeper than a pack's may be.
const MAX_DEPTH: usize = 40;

/// The files of a log.
const LOG: [&str; 2] = ["entries", "checkpoint"];

/// A text that changes whenever a key, a file of a pack (what it discloses included) or the log
/// does. Files are not read: on Unix the time of the last change of the file itself is part of it,
/// which no program can set back.
///
/// # Errors
/// The folder of the packs can't be read.
pub(super) fn of(workspace: &Workspace, anchor: &Anchor) -> Outcome<String> {
    let mut state = Sha256::new();
    // Another version may verify more, or index otherwise.
    add(&mut state, env!("CARGO_PKG_VERSION").as_bytes());
    for key in [&anchor.operator, &anchor.log, &anchor.policy] {
        add(&mut state, &[u8::from(key.is_some())]);
        add(&mut state, key.as_deref().unwrap_or_default().trim().as_bytes());
    }
    let packs = workspace.packs();
    let found = match names(&packs) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        names => names.map_err(|e| Failure::file(&packs, &e))?,
    };
    // Names with a dot in front are packs that are being written.
    for name in found.iter().filter(|name| !name.to_string_lossy().starts_with('.')) {
        entry(&mut state, &packs.join(name), MAX_DEPTH);
    }
    for file in LOG {
        entry(&mut state, &workspace.log().join(file), MAX_DEPTH);
    }
    // Which persons can be read, and which not any more.
    if let Some(journal) = crate::vault::journal(workspace) {
        entry(&mut state, &journal, MAX_DEPTH);
    }
    Ok(Digest(state.finalize().into()).to_string())
}

/// Adds a file or a folder with what is in it. What can't be looked at is a state of its own.
fn entry(state: &mut Sha256, path: &Path, depth: usize) {
    add(state, path.file_name().unwrap_or_default().as_encoded_bytes());
    let Ok(metadata) = path.symlink_metadata() else { return add(state, b"unreadable") };
    if !metadata.is_dir() {
        return add(state, stamp(&metadata).as_bytes());
    }
    let (Some(depth), Ok(names)) = (depth.checked_sub(1), names(path)) else {
        return add(state, b"unreadable");
    };
    add(state, b"folder");
    names.iter().for_each(|name| entry(state, &path.join(name), depth));
    add(state, b"end");
}

fn names(folder: &Path) -> std::io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

fn stamp(metadata: &Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let modified = modified.map_or(0, |at| at.as_nanos());
    let (kind, length) = (metadata.is_file(), metadata.len());
    #[cfg(unix)]
    let inode = {
        use std::os::unix::fs::MetadataExt as _;
        format!("{} {} {}", metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    };
    #[cfg(not(unix))]
    let inode = "";
    format!("{kind} {length} {modified} {inode}")
}

/// Adds a part with its length, so that no two lists of parts run into one.
fn add(state: &mut Sha256, part: &[u8]) {
    state.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
    state.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state of a workspace whose packs and log a test may change.
    struct Desk(tempfile::TempDir, Workspace);

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let text = "workspace: a\nperiod: {start: 2025-01-01, end: 2026-01-01}\n";
            std::fs::write(folder.path().join("tieout.yaml"), text).unwrap();
            let workspace = Workspace::read(folder.path()).unwrap();
            let desk = Self(folder, workspace);
            desk.write("out/packs/x/statement.dsse.json", "e");
            desk.write("out/packs/x/disclosures/population.jsonl", "d");
            desk.write("log/entries", "l");
            desk
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn state(&self) -> String {
            of(&self.1, &Anchor::default()).unwrap()
        }
    }

    #[test]
    fn whatever_could_change_an_answer_changes_the_state() {
        type Change = fn(&Desk);
        let changes: [(&str, Change); 6] = [
            ("a pack's file", |d| d.write("out/packs/x/statement.dsse.json", "other")),
            ("a new pack", |d| d.write("out/packs/y/statement.dsse.json", "e")),
            ("the log", |d| d.write("log/entries", "longer")),
            ("erased disclosures", |d| {
                std::fs::remove_dir_all(d.0.path().join("out/packs/x/disclosures")).unwrap();
            }),
            ("a file too much", |d| d.write("out/packs/x/more", "")),
            ("no packs at all", |d| std::fs::remove_dir_all(d.0.path().join("out")).unwrap()),
        ];
        for (what, change) in changes {
            let desk = Desk::new();
            let before = desk.state();
            assert_eq!(before, desk.state());
            change(&desk);
            assert_ne!(before, desk.state(), "{what}");
        }
        let desk = Desk::new();
        let anchor = Anchor { operator: Some("key".to_owned()), log: None, policy: None };
        assert_ne!(desk.state(), of(&desk.1, &anchor).unwrap());
        let before = desk.state();
        desk.write("out/packs/.y.partial/run.json", "being written");
        assert_eq!(before, desk.state());
    }

    /// A change of the same length whose time is set back.
    #[cfg(unix)]
    #[test]
    fn a_change_that_hides_its_time_is_seen() {
        let desk = Desk::new();
        let path = desk.0.path().join("out/packs/x/statement.dsse.json");
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let at = file.metadata().unwrap().modified().unwrap();
        let before = desk.state();
        std::fs::write(&path, "E").unwrap();
        file.set_modified(at).unwrap();
        assert_eq!(path.metadata().unwrap().modified().unwrap(), at);
        assert_ne!(before, desk.state());
    }
}
