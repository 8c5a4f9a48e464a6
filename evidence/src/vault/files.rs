//! The vault's files.

use super::slots::{self, SLOT, Slot, Stored};
use super::{Handle, VaultError, random};
use crate::files::{Disk, Files, if_there, make_folders, replace, write};
use crate::json;
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

/// The version of a vault's files.
const FORMAT_VERSION: &str = "1";
const LOCK: &str = "lock";
const HEAD: &str = "head";
const SECRET: &str = "secret";
const JOURNAL: &str = "journal";
/// The age recipient of the privacy officer.
const PRIVACY: &str = "privacy";
/// The keys that are sealed to it.
const RESTRICTED: &str = "restricted";
const KEYS: &str = "keys.";
const EPOCH: &str = "epoch.";

/// The key that wraps the others for a time.
pub(super) struct Epoch {
    pub(super) number: u64,
    pub(super) key: [u8; 32],
}

impl Epoch {
    /// A new one.
    pub(super) fn new(number: u64) -> Result<Self, VaultError> {
        Ok(Self { number, key: random()? })
    }
}

/// The first line of the vault, which says what of its files holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// The version.
    vault: String,
    epoch: Count,
    slots: Count,
}

/// A line of the journal. It names no person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Note {
    /// A retention class has keys.
    Class { name: String },
    /// A key was sealed to the privacy officer.
    Restricted { key: String, request: String },
    /// A key was given back.
    Lifted { key: String, request: String },
    /// A key is destroyed: the vault's own receipt.
    Destroyed { key: String, request: String, epoch: Count },
}

impl Note {
    pub(super) fn restricted(key: Handle, request: &str) -> Self {
        Self::Restricted { key: key.to_string(), request: request.to_owned() }
    }

    pub(super) fn lifted(key: Handle, request: &str) -> Self {
        Self::Lifted { key: key.to_string(), request: request.to_owned() }
    }

    pub(super) fn destroyed(key: Handle, request: &str, epoch: u64) -> Self {
        let (key, request) = (key.to_string(), request.to_owned());
        Self::Destroyed { key, request, epoch: Count(epoch) }
    }
}

pub(super) type Journal = Vec<Note>;

/// What the files hold.
pub(super) struct Kept {
    pub(super) secret: [u8; 32],
    pub(super) epoch: Epoch,
    pub(super) slots: Vec<Option<Slot>>,
    pub(super) journal: Journal,
}

/// Makes both folders where they are not, and locks the vault.
pub(super) fn lock(folder: &Path, epochs: &Path) -> Result<crate::files::Lock, VaultError> {
    if folder == epochs {
        let error = VaultError::new("the epoch's key would lie among the keys that it wraps");
        return Err(error.help("give it a folder of its own, which no backup of the vault has"));
    }
    for path in [folder, epochs] {
        make_folders(&Disk, path).and_then(|()| own(path)).map_err(VaultError::io(path))?;
    }
    let path = folder.join(LOCK);
    crate::files::lock(&path).map_err(VaultError::io(&path))
}

/// Only the owner looks into it.
fn own(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    let _ = folder;
    Ok(())
}

/// Whether there is a vault.
pub(super) fn exists(folder: &Path) -> Result<bool, VaultError> {
    let path = folder.join(HEAD);
    path.try_exists().map_err(VaultError::io(&path))
}

/// Begins a vault. The head comes last: without it, nothing is sealed under what is there.
pub(super) fn begin(folder: &Path, epochs: &Path) -> Result<(), VaultError> {
    let path = folder.join(JOURNAL);
    if path.try_exists().map_err(VaultError::io(&path))? {
        let error = VaultError::new(format!("vault `{}` lost its `{HEAD}`", folder.display()));
        return Err(error.help("restore it from a backup of the same epoch"));
    }
    fresh(&folder.join(SECRET), format!("{}\n", Digest(random()?)).as_bytes())?;
    let epoch = Epoch::new(1)?;
    keep_epoch(epochs, &epoch)?;
    fresh(&folder.join(keys(1)), b"")?;
    head(folder, 1, 0)?;
    fresh(&folder.join(JOURNAL), b"")?;
    sync(folder)
}

fn keys(epoch: u64) -> String {
    format!("{KEYS}{epoch}")
}

fn epoch_file(epochs: &Path, epoch: u64) -> PathBuf {
    epochs.join(format!("{EPOCH}{epoch}"))
}

fn keep_epoch(epochs: &Path, epoch: &Epoch) -> Result<(), VaultError> {
    let path = epoch_file(epochs, epoch.number);
    fresh(&path, format!("{}\n", Digest(epoch.key)).as_bytes())?;
    sync(epochs)
}

/// Writes a file durably; one of an interrupted try is replaced.
fn fresh(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    if_there(std::fs::remove_file(path)).map_err(VaultError::io(path))?;
    write(&Disk, path, bytes).map_err(VaultError::io(path))
}

fn sync(folder: &Path) -> Result<(), VaultError> {
    let synced = Disk.open_folder(folder).and_then(|held| held.sync());
    synced.map_err(VaultError::io(folder))
}

/// Writes the head: from here on the epoch's file holds that many keys.
pub(super) fn head(folder: &Path, epoch: u64, slots: usize) -> Result<(), VaultError> {
    let head =
        Head { vault: FORMAT_VERSION.to_owned(), epoch: Count(epoch), slots: Count::of(slots) };
    let text = serde_json::to_string(&head).map_err(|e| VaultError::new(e.to_string()))?;
    replaced(folder, HEAD, format!("{text}\n").as_bytes())
}

fn replaced(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
    let (path, beside) = (folder.join(name), folder.join(format!("{name}.partial")));
    let replaced = if_there(std::fs::remove_file(&beside))
        .and_then(|_| Disk.open_folder(folder))
        .and_then(|held| replace(&Disk, held.as_ref(), (&beside, &path), bytes));
    replaced.map_err(VaultError::io(&path))
}

fn head_of(folder: &Path) -> Result<Head, VaultError> {
    let path = folder.join(HEAD);
    let bytes = std::fs::read(&path).map_err(VaultError::io(&path))?;
    let head: Head =
        json::document(&bytes).map_err(|e| VaultError::new(format!("vault: `{HEAD}`: {e}")))?;
    if head.vault == FORMAT_VERSION {
        return Ok(head);
    }
    let what = format!("vault `{}` has another format than {FORMAT_VERSION}", folder.display());
    Err(VaultError::new(what).help("open it with the version that wrote it"))
}

/// Reads all of it.
pub(super) fn read(folder: &Path, epochs: &Path) -> Result<Kept, VaultError> {
    let wrong = |name: &str| VaultError::new(format!("vault: `{name}` is not what a vault has"));
    let bytes = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(VaultError::io(&path))
    };
    let first = head_of(folder)?;
    let number = first.epoch.0;
    let Digest(secret) = hex(&bytes(SECRET)?).ok_or_else(|| wrong(SECRET))?;
    let path = epoch_file(epochs, number);
    let key = std::fs::read(&path).map_err(|e| {
        VaultError::new(format!("the key of epoch {number}, `{}`: {e}", path.display())).help(
            "without it nothing that is sealed can be read: put the vault and the key of its latest epoch \
             back together",
        )
    })?;
    let Digest(key) = hex(&key).ok_or_else(|| wrong("epoch"))?;
    let epoch = Epoch { number, key };
    let stored = bytes(&keys(number))?;
    let stored = stored.as_chunks::<SLOT>().0;
    let stored = usize::try_from(first.slots.0).ok().and_then(|slots| stored.get(..slots));
    let mut slots = Vec::new();
    for bytes in stored.ok_or_else(|| wrong(&keys(number)))? {
        slots.push(match slots::parse(bytes, &epoch) {
            Stored::Gone => None,
            Stored::Key(slot) => Some(slot),
            Stored::Unreadable => {
                let what = format!("a key can't be unwrapped with the key of epoch {number}");
                return Err(VaultError::new(what).help(
                    "the file of the keys is damaged, or of another epoch, whose key was destroyed",
                ));
            }
        });
    }
    Ok(Kept { secret, epoch, slots, journal: journal(&bytes(JOURNAL)?)? })
}

fn hex(bytes: &[u8]) -> Option<Digest> {
    std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.parse().ok()
}

/// The lines that end: what comes after them was never finished.
fn journal(bytes: &[u8]) -> Result<Journal, VaultError> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
    let lines = bytes.get(..end).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
    let parse = |line: &[u8]| json::document(line).map_err(|e| format!("vault: `{JOURNAL}`: {e}"));
    lines.map(|line| parse(line).map_err(VaultError::new)).collect()
}

/// Adds lines to the journal, durably.
pub(super) fn note(folder: &Path, notes: &[Note]) -> Result<(), VaultError> {
    let mut text = String::new();
    for note in notes {
        text += &serde_json::to_string(note).map_err(|e| VaultError::new(e.to_string()))?;
        text.push('\n');
    }
    let path = folder.join(JOURNAL);
    let appended = Disk.append(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync()
    });
    if text.is_empty() { Ok(()) } else { appended.map_err(VaultError::io(&path)) }
}

/// Adds keys behind those that the file holds. They count once the head says so.
pub(super) fn append(
    folder: &Path,
    epoch: &Epoch,
    behind: usize,
    slots: &[Option<Slot>],
) -> Result<(), VaultError> {
    let mut bytes = Vec::new();
    for slot in slots {
        bytes.extend(slots::bytes(slot.as_ref(), epoch)?);
    }
    put_bytes(&folder.join(keys(epoch.number)), behind, &bytes)
}

/// Overwrites the place of a key, and nothing else.
pub(super) fn put(
    folder: &Path,
    epoch: &Epoch,
    at: usize,
    slot: Option<&Slot>,
) -> Result<(), VaultError> {
    put_bytes(&folder.join(keys(epoch.number)), at, &slots::bytes(slot, epoch)?)
}

fn put_bytes(path: &Path, at: usize, bytes: &[u8]) -> Result<(), VaultError> {
    let at = Count::of(at).0.saturating_mul(Count::of(SLOT).0);
    let put = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    put().map_err(VaultError::io(path))
}

/// Writes the keys anew under another epoch, and makes it the vault's. What is left of the one before,
/// [`tidy`] destroys.
pub(super) fn rotate(
    folder: &Path,
    epochs: &Path,
    next: &Epoch,
    slots: &[Option<Slot>],
) -> Result<(), VaultError> {
    keep_epoch(epochs, next)?;
    fresh(&folder.join(keys(next.number)), b"")?;
    append(folder, next, 0, slots)?;
    sync(folder)?;
    head(folder, next.number, slots.len())
}

/// Ends what the last writer left: cuts off what no head counts, and destroys the keys of other epochs.
pub(super) fn tidy(folder: &Path, epochs: &Path) -> Result<(), VaultError> {
    let head = head_of(folder)?;
    // The key of this epoch must be there before that of another goes.
    let current = epoch_file(epochs, head.epoch.0);
    if !current.try_exists().map_err(VaultError::io(&current))? {
        return Ok(());
    }
    for (folder, prefix) in [(epochs, EPOCH), (folder, KEYS)] {
        let own = format!("{prefix}{}", head.epoch);
        let entries = std::fs::read_dir(folder).map_err(VaultError::io(folder))?;
        for entry in entries {
            let name = entry.map_err(VaultError::io(folder))?.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(prefix) && name != own) {
                shred(&folder.join(name))?;
            }
        }
        sync(folder)?;
    }
    cut(&folder.join(keys(head.epoch.0)), &head)?;
    cut_journal(&folder.join(JOURNAL), &head)
}

fn cut(path: &Path, head: &Head) -> Result<(), VaultError> {
    let length = head.slots.0.saturating_mul(Count::of(SLOT).0);
    match std::fs::metadata(path) {
        Ok(found) if found.len() > length => Disk.cut(path, length).map_err(VaultError::io(path)),
        found => found.map(drop).map_err(VaultError::io(path)),
    }
}

fn cut_journal(path: &Path, head: &Head) -> Result<(), VaultError> {
    // The journal comes right after the first head; later it is never missing.
    if head.slots == Count(0) && !path.try_exists().map_err(VaultError::io(path))? {
        return fresh(path, b"");
    }
    let bytes = std::fs::read(path).map_err(VaultError::io(path))?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
    if end < bytes.len() {
        Disk.cut(path, Count::of(end).0).map_err(VaultError::io(path))?;
    }
    Ok(())
}

/// Overwrites a file and takes its name.
fn shred(path: &Path) -> Result<(), VaultError> {
    let shred = || {
        let length = std::fs::metadata(path)?.len();
        let mut file = OpenOptions::new().write(true).open(path)?;
        io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
        file.sync_data()?;
        std::fs::remove_file(path)
    };
    if_there(shred()).map_err(VaultError::io(path)).map(drop)
}

fn restricted(folder: &Path, handle: Handle) -> PathBuf {
    folder.join(RESTRICTED).join(format!("{handle}.age"))
}

/// Seals a key to the privacy officer.
pub(super) fn restrict(
    folder: &Path,
    handle: Handle,
    key: Option<[u8; 32]>,
    recipient: &str,
) -> Result<(), VaultError> {
    let key = key.ok_or_else(|| VaultError::new(format!("key {handle} is not in the vault")))?;
    let file = slots::sealed_to(recipient, &key)?;
    let path = restricted(folder, handle);
    let below = folder.join(RESTRICTED);
    make_folders(&Disk, &below).map_err(VaultError::io(&below))?;
    fresh(&path, &file)?;
    sync(&below)
}

/// Opens a key that is sealed to the privacy officer.
pub(super) fn lifted(
    folder: &Path,
    handle: Handle,
    identity: &str,
) -> Result<[u8; 32], VaultError> {
    let path = restricted(folder, handle);
    let file = std::fs::read(&path).map_err(VaultError::io(&path))?;
    slots::opened_by(identity, &file).ok_or_else(|| {
        VaultError::new(format!("key {handle} is sealed to another identity"))
            .help("give the identity of the privacy officer to whom it was restricted")
    })
}

/// Destroys what is sealed to the privacy officer.
pub(super) fn unrestrict(folder: &Path, handle: Handle) -> Result<(), VaultError> {
    let path = restricted(folder, handle);
    if !path.try_exists().map_err(VaultError::io(&path))? {
        return Ok(());
    }
    shred(&path)?;
    sync(&folder.join(RESTRICTED))
}

/// The privacy officer's recipient.
pub(super) fn privacy(folder: &Path) -> Result<String, VaultError> {
    let path = folder.join(PRIVACY);
    let text = std::fs::read_to_string(&path).map_err(VaultError::io(&path))?;
    Ok(text.trim_end_matches('\n').to_owned())
}

/// Keeps the privacy officer's recipient, for what is sealed of a restricted person later.
pub(super) fn set_privacy(folder: &Path, recipient: &str) -> Result<(), VaultError> {
    slots::sealed_to(recipient, &[0; 32])?;
    replaced(folder, PRIVACY, format!("{recipient}\n").as_bytes())
}
