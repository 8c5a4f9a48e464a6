//! The index's folder: its lock, the generation in use, and the mark of its maker.
//!
//! Whoever can write here could make the index say anything, "no hits" above all. So its maker
//! marks what it wrote with an HMAC under a key that lies elsewhere, and what doesn't bear that mark
//! is not read.
//!
//! INVARIANT: generations are made, put in use and removed under the exclusive lock, and opened
//! under the lock of either kind. So none is removed while it is written or opened.

use super::manifest::VERSION;
use super::{IndexError, failed};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;

/// The file that names the generation in use.
const POINTER: &str = "index.json";
/// The file that is locked.
const LOCK: &str = "lock";
/// What the mark's HMAC begins with, so that no other use of the key can meet it.
const LABEL: &[u8] = b"tieout/search-index/v1\0";
/// What the name of a generation begins with.
const GENERATION: &str = "generation-";

#[derive(Serialize, Deserialize)]
struct Pointer {
    version: String,
    generation: String,
    mark: Digest,
}

/// Locks the folder against writers; `None` while there is one.
pub(super) fn lock_shared(folder: &Path) -> Result<Option<File>, IndexError> {
    let path = folder.join(LOCK);
    match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(absent(folder)),
        Err(error) => Err(at(&path, error)),
        Ok(file) => {
            let locked = file.try_lock_shared();
            taken(&path, file, locked)
        }
    }
}

/// Locks the folder, which is made where there is none, against everyone; `None` while another
/// has a lock.
pub(super) fn lock_exclusive(folder: &Path) -> Result<Option<File>, IndexError> {
    std::fs::create_dir_all(folder).map_err(|e| at(folder, e))?;
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| at(&path, e))?;
    let locked = file.try_lock();
    taken(&path, file, locked)
}

fn taken(
    path: &Path,
    file: File,
    locked: Result<(), TryLockError>,
) -> Result<Option<File>, IndexError> {
    match locked {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(at(path, error)),
    }
}

/// The folder of the generation in use, which bears the mark of that key.
pub(super) fn in_use(folder: &Path, key: &[u8; 32]) -> Result<PathBuf, IndexError> {
    let path = folder.join(POINTER);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(absent(folder)),
        other => other.map_err(|e| at(&path, e))?,
    };
    let versioned: serde_json::Value = serde_json::from_str(&text).map_err(|e| at(&path, e))?;
    let version = versioned.get("version").and_then(|v| v.as_str()).unwrap_or_default();
    if version != VERSION {
        return Err(other_version(version));
    }
    let pointer: Pointer = serde_json::from_value(versioned).map_err(|e| at(&path, e))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if !pointer.generation.bytes().all(plain) || pointer.generation.is_empty() {
        return Err(at(&path, "not the name of a generation"));
    }
    let generation = folder.join(&pointer.generation);
    if mark(&generation, key)? != pointer.mark {
        return Err(IndexError(
            "the index is damaged, or not as this workspace wrote it: rebuild it".to_owned(),
        ));
    }
    Ok(generation)
}

fn absent(folder: &Path) -> IndexError {
    IndexError(format!("there is no index in `{}`: rebuild it", folder.display()))
}

pub(super) fn other_version(version: &str) -> IndexError {
    IndexError(format!("the index has version `{version}`, not `{VERSION}`: rebuild it"))
}

/// Makes the folder of the next generation.
pub(super) fn next_generation(folder: &Path) -> Result<PathBuf, IndexError> {
    for number in 1..1_000_000_u32 {
        let path = folder.join(format!("{GENERATION}{number}"));
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|()| path.clone()).map_err(|e| at(&path, e)),
        }
    }
    Err(at(folder, "too many generations"))
}

/// Marks a generation, puts it in use and removes the others.
pub(super) fn put_in_use(
    folder: &Path,
    generation: &Path,
    key: &[u8; 32],
) -> Result<(), IndexError> {
    let name = generation.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mark = mark(generation, key)?;
    let pointer = Pointer { version: VERSION.to_owned(), generation: name.clone(), mark };
    let text = serde_json::to_string(&pointer).map_err(failed)?;
    let (path, beside) = (folder.join(POINTER), folder.join("index.json.new"));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()
    });
    if let Err(error) = written {
        // What is half-written is of no use; that it can't be removed either is no news.
        let _ = std::fs::remove_file(&beside);
        return Err(at(&beside, error));
    }
    std::fs::rename(&beside, &path).map_err(|e| at(&path, e))?;
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| at(folder, e))?;
    for entry in std::fs::read_dir(folder).map_err(|e| at(folder, e))? {
        let entry = entry.map_err(|e| at(folder, e))?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.starts_with(GENERATION) && other != name {
            std::fs::remove_dir_all(entry.path()).map_err(|e| at(&entry.path(), e))?;
        }
    }
    Ok(())
}

/// The HMAC over the names, lengths and bytes of a generation's files. Files with a dot in front
/// are tantivy's locks and its list of files to remove: no answer is read from them.
fn mark(generation: &Path, key: &[u8; 32]) -> Result<Digest, IndexError> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(generation).map_err(|e| at(generation, e))? {
        let entry = entry.map_err(|e| at(generation, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            files.insert(name, entry.path());
        }
    }
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).map_err(failed)?;
    hmac.update(LABEL);
    let mut buffer = vec![0; 1 << 16];
    for (name, path) in files {
        let mut file = File::open(&path).map_err(|e| at(&path, e))?;
        let length = file.metadata().map_err(|e| at(&path, e))?.len();
        hmac.update(name.as_bytes());
        hmac.update(&[0]);
        hmac.update(&length.to_be_bytes());
        loop {
            let read = file.read(&mut buffer).map_err(|e| at(&path, e))?;
            if read == 0 {
                break;
            }
            hmac.update(buffer.get(..read).unwrap_or_default());
        }
    }
    Ok(Digest(hmac.finalize().into_bytes().into()))
}

pub(super) fn at(path: &Path, error: impl std::fmt::Display) -> IndexError {
    IndexError(format!("`{}`: {error}", path.display()))
}
