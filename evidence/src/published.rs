//! The public side of a log as <https://c2sp.org/tlog-tiles> has it: files that any static server serves.
//!
//! `tile/<L>/<N>` has 256 hashes of a level, `tile/entries/<N>` 256 entries, each with `.p/<W>` behind it while
//! there are only `W`; `checkpoint` is the signed head. What was written once is never written again: a file
//! that is to have other bytes than it has means another history, and is an error.

use crate::checkpoint::Checkpoint;
use crate::files::{Disk, Files, Folder, if_there, lock, make_folders, replace, write};
use crate::fsck::continues;
use crate::log::{self, LogEntries};
use crate::merkle;
use crate::note::NoteKey;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

/// The hashes or entries in a full tile.
const WIDTH: usize = 256;
const HEAD: &str = "checkpoint";
/// A file that is being written, and the lock. No path of the format begins with a dot.
const PARTIAL: &str = ".partial";
const LOCK: &str = ".lock";

/// What was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The entries that the head there covers now.
    pub size: Count,
    /// How many tiles and bundles were not there before.
    pub written: Count,
}

/// A log that wasn't published. What a reader is served is as it was, but for tiles that no head covers yet.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// What was published before is of another history; why.
    #[error("{0}")]
    Other(String),
    /// A file can't be read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Publishes a log into a folder: what is new of tiles and entries first, the head last and in one step.
///
/// # Errors
/// See [`PublishError`].
pub fn publish(log: &LogEntries, key: &NoteKey, folder: &Path) -> Result<Published, PublishError> {
    make_folders(&Disk, folder).map_err(at(folder))?;
    let path = folder.join(LOCK);
    let _lock = lock(&path).map_err(at(&path))?;
    let head = folder.join(HEAD);
    let served = read(&head)?;
    if let Some(note) = &served {
        let wrong = |why: String| PublishError::Other(format!("`{}`: {why}", head.display()));
        let note = String::from_utf8(note.clone()).map_err(|_| wrong("not text".to_owned()))?;
        let before = Checkpoint::verified(&note, key).map_err(|e| wrong(e.to_string()))?;
        continues(log, &before).map_err(wrong)?;
    }
    let written = tiles(log, folder)?;
    if served.as_deref() != Some(log.note.as_bytes()) {
        let held = Disk.open_folder(folder).map_err(at(folder))?;
        clear(folder)?;
        let beside = folder.join(PARTIAL);
        replace(&Disk, held.as_ref(), (&beside, &head), log.note.as_bytes()).map_err(at(&head))?;
    }
    Ok(Published { size: log.checkpoint.size, written })
}

/// Writes what is not there yet, durably.
fn tiles(log: &LogEntries, folder: &Path) -> Result<Count, PublishError> {
    let mut written = Count(0);
    let mut held: BTreeMap<PathBuf, Box<dyn Folder>> = BTreeMap::new();
    for (name, bytes) in files(&log.entries) {
        let path = folder.join(&name);
        match read(&path)? {
            Some(there) if there == bytes => continue,
            Some(_) => {
                let why = "has other bytes than the log gives it, and is never written anew";
                return Err(PublishError::Other(format!("`{}` {why}", path.display())));
            }
            None => {}
        }
        let parent = path.parent().unwrap_or(folder);
        make_folders(&Disk, parent).map_err(at(parent))?;
        if !held.contains_key(parent) {
            held.insert(parent.to_owned(), Disk.open_folder(parent).map_err(at(parent))?);
        }
        clear(folder)?;
        let beside = folder.join(PARTIAL);
        write(&Disk, &beside, &bytes).map_err(at(&beside))?;
        Disk.rename(&beside, &path).map_err(at(&path))?;
        written.increment();
    }
    held.iter().try_for_each(|(path, folder)| folder.sync().map_err(at(path)))?;
    Ok(written)
}

/// Every tile and bundle of a log of these entries, by its path.
fn files(entries: &[Digest]) -> Vec<(String, Vec<u8>)> {
    let bundle = |entries: &[Digest]| -> Vec<u8> {
        entries.iter().flat_map(|entry| [&[0, 32][..], &entry.0].concat()).collect()
    };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .chunks(WIDTH)
        .enumerate()
        .map(|(number, some)| (path("entries", number, some.len()), bundle(some)))
        .collect();
    let mut hashes = log::leaves(entries);
    for level in 0.. {
        if hashes.is_empty() {
            break;
        }
        let tile = |hashes: &[Digest]| hashes.iter().flat_map(|hash| hash.0).collect();
        let tiles = hashes.chunks(WIDTH).enumerate();
        files.extend(
            tiles.map(|(number, some)| {
                (path(&u64::to_string(&level), number, some.len()), tile(some))
            }),
        );
        hashes = hashes.chunks_exact(WIDTH).map(merkle::root).collect();
    }
    files
}

/// `tile/<L>/<N>[.p/<W>]`, the number in groups of three digits, all but the last with an `x` in front.
fn path(level: &str, number: usize, width: usize) -> String {
    let mut groups = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        groups = format!("x{:03}/{groups}", rest % 1000);
        rest /= 1000;
    }
    let partial = if width < WIDTH { format!(".p/{width}") } else { String::new() };
    format!("tile/{level}/{groups}{partial}")
}

/// Removes what an interruption left.
fn clear(folder: &Path) -> Result<(), PublishError> {
    let beside = folder.join(PARTIAL);
    if_there(Disk.remove(&beside)).map_err(at(&beside)).map(drop)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, PublishError> {
    if_there(std::fs::read(path)).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PublishError + '_ {
    |source| PublishError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
