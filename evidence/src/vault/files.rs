//! The vault's files.

use super::slots::{self, SLOT, Slot, Stored};
use super::{Handle, VaultError, random};
use crate::files::{Files, if_there, make_folders, replace, write};
use crate::json;
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
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
    pub(super) slots: Vec<Stored>,
    pub(super) journal: Journal,
}

/// Where a vault is, and what changes its files.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) epochs: PathBuf,
    pub(super) files: Box<dyn Files + Send + Sync>,
}

impl Place {
    /// Makes both folders where they are not, and locks the vault.
    pub(super) fn lock(&self) -> Result<crate::files::Lock, VaultError> {
        if self.folder == self.epochs {
            let error = VaultError::new("the epoch's key would lie among the keys that it wraps");
            return Err(error.help("give it a folder of its own, which no backup of the vault has"));
        }
        for path in [&self.folder, &self.epochs] {
            let made = make_folders(self.files.as_ref(), path).and_then(|()| own(path));
            made.map_err(VaultError::io(path))?;
        }
        let path = self.folder.join(LOCK);
        crate::files::lock(&path).map_err(VaultError::io(&path))
    }

    /// Whether there is a vault.
    pub(super) fn exists(&self) -> Result<bool, VaultError> {
        let path = self.folder.join(HEAD);
        path.try_exists().map_err(VaultError::io(&path))
    }

    /// Begins a vault. The head comes last: without it, nothing is sealed under what is there.
    pub(super) fn begin(&self) -> Result<(), VaultError> {
        let path = self.folder.join(JOURNAL);
        // Its first line comes with the first keys, long after the head.
        let lines = if_there(std::fs::metadata(&path)).map_err(VaultError::io(&path))?;
        if lines.is_some_and(|file| file.len() > 0) {
            let what = format!("vault `{}` lost its `{HEAD}`", self.folder.display());
            return Err(VaultError::new(what).help("restore it from a backup of the same epoch"));
        }
        self.fresh(&self.folder.join(SECRET), format!("{}\n", Digest(random()?)).as_bytes())?;
        self.keep_epoch(&Epoch::new(1)?)?;
        self.empty(&self.keys(1))?;
        self.empty(&path)?;
        self.sync(&self.folder)?;
        self.head(1, 0)
    }

    fn keys(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("{KEYS}{epoch}"))
    }

    fn epoch_file(&self, epoch: u64) -> PathBuf {
        self.epochs.join(format!("{EPOCH}{epoch}"))
    }

    fn keep_epoch(&self, epoch: &Epoch) -> Result<(), VaultError> {
        let text = format!("{}\n", Digest(epoch.key));
        self.fresh(&self.epoch_file(epoch.number), text.as_bytes())?;
        self.sync(&self.epochs)
    }

    /// Writes a file durably; one of an interrupted try is destroyed before.
    fn fresh(&self, path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        self.shred(path)?;
        write(self.files.as_ref(), path, bytes).map_err(VaultError::io(path))
    }

    /// Makes an empty file, as [`fresh`](Self::fresh); it is there once its folder is synced.
    fn empty(&self, path: &Path) -> Result<(), VaultError> {
        self.shred(path)?;
        self.files.create(path).map(drop).map_err(VaultError::io(path))
    }

    fn sync(&self, folder: &Path) -> Result<(), VaultError> {
        let synced = self.files.open_folder(folder).and_then(|held| held.sync());
        synced.map_err(VaultError::io(folder))
    }

    /// Writes the head: from here on the epoch's file holds that many keys.
    pub(super) fn head(&self, epoch: u64, slots: usize) -> Result<(), VaultError> {
        let head =
            Head { vault: FORMAT_VERSION.to_owned(), epoch: Count(epoch), slots: Count::of(slots) };
        let text = serde_json::to_string(&head).map_err(|e| VaultError::new(e.to_string()))?;
        self.replaced(HEAD, format!("{text}\n").as_bytes())
    }

    fn replaced(&self, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
        let files = self.files.as_ref();
        let path = self.folder.join(name);
        let beside = self.folder.join(format!("{name}.partial"));
        let replaced = if_there(files.remove(&beside))
            .and_then(|_| files.open_folder(&self.folder))
            .and_then(|held| replace(files, held.as_ref(), (&beside, &path), bytes));
        replaced.map_err(VaultError::io(&path))
    }

    fn head_of(&self) -> Result<Head, VaultError> {
        let path = self.folder.join(HEAD);
        let bytes = std::fs::read(&path).map_err(VaultError::io(&path))?;
        let head: Head =
            json::document(&bytes).map_err(|e| VaultError::new(format!("vault: `{HEAD}`: {e}")))?;
        if head.vault == FORMAT_VERSION {
            return Ok(head);
        }
        let what =
            format!("vault `{}` has another format than {FORMAT_VERSION}", self.folder.display());
        Err(VaultError::new(what).help("open it with the version that wrote it"))
    }

    /// Reads all of it.
    pub(super) fn read(&self) -> Result<Kept, VaultError> {
        let wrong =
            |name: &str| VaultError::new(format!("vault: `{name}` is not what a vault has"));
        let bytes = |path: &Path| std::fs::read(path).map_err(VaultError::io(path));
        let first = self.head_of()?;
        let number = first.epoch.0;
        let Digest(secret) =
            hex(&bytes(&self.folder.join(SECRET))?).ok_or_else(|| wrong(SECRET))?;
        let path = self.epoch_file(number);
        let key = std::fs::read(&path).map_err(|e| {
            VaultError::new(format!("the key of epoch {number}, `{}`: {e}", path.display())).help(
                "without it nothing that is sealed can be read: put the vault and the key of its latest \
                 epoch back together",
            )
        })?;
        let Digest(key) = hex(&key).ok_or_else(|| wrong("epoch"))?;
        let epoch = Epoch { number, key };
        let stored = bytes(&self.keys(number))?;
        let stored = stored.as_chunks::<SLOT>().0;
        let stored = usize::try_from(first.slots.0).ok().and_then(|slots| stored.get(..slots));
        let stored = stored.ok_or_else(|| wrong(&format!("{KEYS}{number}")))?;
        let slots = stored.iter().map(|bytes| slots::parse(bytes, &epoch)).collect();
        let journal = journal(&bytes(&self.folder.join(JOURNAL))?)?;
        Ok(Kept { secret, epoch, slots, journal })
    }

    /// Adds lines to the journal, durably.
    pub(super) fn note(&self, notes: &[Note]) -> Result<(), VaultError> {
        let mut text = String::new();
        for note in notes {
            text += &serde_json::to_string(note).map_err(|e| VaultError::new(e.to_string()))?;
            text.push('\n');
        }
        self.append_to(&self.folder.join(JOURNAL), text.as_bytes())
    }

    /// Adds keys behind those that the file holds. They count once the head says so.
    pub(super) fn append(&self, epoch: &Epoch, slots: &[Option<Slot>]) -> Result<(), VaultError> {
        let mut bytes = Vec::new();
        for slot in slots.iter().flatten() {
            bytes.extend(slots::bytes(slot, epoch)?);
        }
        self.append_to(&self.keys(epoch.number), &bytes)
    }

    fn append_to(&self, path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let appended = self.files.append(path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync()
        });
        appended.map_err(VaultError::io(path))
    }

    /// Overwrites the place of a key, and nothing else, durably.
    pub(super) fn put(&self, epoch: &Epoch, at: usize, slot: &Slot) -> Result<(), VaultError> {
        self.put_bytes(epoch, at, &slots::bytes(slot, epoch)?)?;
        self.sync_keys(epoch)
    }

    /// Makes durable what was overwritten.
    pub(super) fn sync_keys(&self, epoch: &Epoch) -> Result<(), VaultError> {
        self.sync_file(&self.keys(epoch.number))
    }

    /// Destroys the key at a place; durably with [`sync_keys`](Self::sync_keys).
    pub(super) fn wipe(&self, epoch: &Epoch, at: usize, handle: Handle) -> Result<(), VaultError> {
        self.put_bytes(epoch, at, &slots::wiped(handle))
    }

    fn put_bytes(&self, epoch: &Epoch, at: usize, bytes: &[u8]) -> Result<(), VaultError> {
        let path = self.keys(epoch.number);
        let at = Count::of(at).0.saturating_mul(Count::of(SLOT).0);
        let put = self.files.overwrite(&path, at).and_then(|mut file| file.write_all(bytes));
        put.map_err(VaultError::io(&path))
    }

    /// Writes the keys anew under another epoch, and makes it the vault's. What is left of the one before,
    /// [`tidy`](Self::tidy) destroys.
    pub(super) fn rotate(&self, next: &Epoch, slots: &[Option<Slot>]) -> Result<(), VaultError> {
        self.keep_epoch(next)?;
        self.empty(&self.keys(next.number))?;
        self.append(next, slots)?;
        self.sync(&self.folder)?;
        self.head(next.number, slots.len())
    }

    /// Makes durable what the last writer left, if it was killed before its own syncs: nothing may be built on
    /// a head or a journal, and no key be taken for destroyed, that a power failure would take back.
    pub(super) fn settle(&self) -> Result<(), VaultError> {
        let head = self.head_of()?;
        self.sync_file(&self.folder.join(JOURNAL))?;
        self.sync_file(&self.keys(head.epoch.0))?;
        self.sync(&self.folder)
    }

    /// Ends what the last writer left: cuts off what no head counts, and destroys the keys of other epochs.
    pub(super) fn tidy(&self) -> Result<(), VaultError> {
        let head = self.head_of()?;
        // The key of this epoch must be there before that of another goes.
        let current = self.epoch_file(head.epoch.0);
        if !current.try_exists().map_err(VaultError::io(&current))? {
            return Ok(());
        }
        for (folder, prefix) in [(&self.epochs, EPOCH), (&self.folder, KEYS)] {
            let own = format!("{prefix}{}", head.epoch);
            let entries = std::fs::read_dir(folder).map_err(VaultError::io(folder))?;
            for entry in entries {
                let name = entry.map_err(VaultError::io(folder))?.file_name();
                if name.to_str().is_some_and(|name| name.starts_with(prefix) && name != own) {
                    self.shred(&folder.join(name))?;
                }
            }
        }
        let length = head.slots.0.saturating_mul(Count::of(SLOT).0);
        self.cut(&self.keys(head.epoch.0), length)?;
        let journal = self.folder.join(JOURNAL);
        let bytes = std::fs::read(&journal).map_err(VaultError::io(&journal))?;
        // Durably, as no head counts its lines: what is added next may be shorter than what would come back.
        if self.cut(&journal, Count::of(whole(&bytes).len()).0)? {
            self.sync_file(&journal)?;
        }
        Ok(())
    }

    /// Cuts off what is behind that length; gives whether there was something.
    fn cut(&self, path: &Path, length: u64) -> Result<bool, VaultError> {
        let longer = std::fs::metadata(path).map_err(VaultError::io(path))?.len() > length;
        if longer {
            self.files.cut(path, length).map_err(VaultError::io(path))?;
        }
        Ok(longer)
    }

    fn sync_file(&self, path: &Path) -> Result<(), VaultError> {
        let synced = self.files.append(path).and_then(|mut file| file.sync());
        synced.map_err(VaultError::io(path))
    }

    /// Overwrites a file and takes its name, if there is one. A name that comes back has zeros.
    fn shred(&self, path: &Path) -> Result<(), VaultError> {
        let shred = || {
            let length = std::fs::metadata(path)?.len();
            let mut file = self.files.overwrite(path, 0)?;
            io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
            file.sync()?;
            self.files.remove(path)
        };
        if_there(shred()).map_err(VaultError::io(path)).map(drop)
    }

    fn restricted(&self, handle: Handle) -> PathBuf {
        self.folder.join(RESTRICTED).join(format!("{handle}.age"))
    }

    /// Seals a key to the privacy officer.
    pub(super) fn restrict(
        &self,
        handle: Handle,
        key: Option<[u8; 32]>,
        recipient: &str,
    ) -> Result<(), VaultError> {
        let key =
            key.ok_or_else(|| VaultError::new(format!("key {handle} is not in the vault")))?;
        let file = slots::sealed_to(recipient, &key)?;
        let below = self.folder.join(RESTRICTED);
        // Its name is durable with that of the privacy officer's recipient, before the journal says anything.
        if !below.is_dir() {
            self.files.make_folder(&below).map_err(VaultError::io(&below))?;
        }
        self.fresh(&self.restricted(handle), &file)?;
        self.sync(&below)
    }

    /// Opens a key that is sealed to the privacy officer.
    pub(super) fn lifted(&self, handle: Handle, identity: &str) -> Result<[u8; 32], VaultError> {
        let path = self.restricted(handle);
        let file = std::fs::read(&path).map_err(VaultError::io(&path))?;
        slots::opened_by(identity, &file).ok_or_else(|| {
            VaultError::new(format!("key {handle} is sealed to another identity"))
                .help("give the identity of the privacy officer to whom it was restricted")
        })
    }

    /// Destroys what is sealed to the privacy officer.
    pub(super) fn unrestrict(&self, handle: Handle) -> Result<(), VaultError> {
        self.shred(&self.restricted(handle))
    }

    /// The privacy officer's recipient.
    pub(super) fn privacy(&self) -> Result<String, VaultError> {
        let path = self.folder.join(PRIVACY);
        let text = std::fs::read_to_string(&path).map_err(VaultError::io(&path))?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// Keeps the privacy officer's recipient, for what is sealed of a restricted person later.
    pub(super) fn set_privacy(&self, recipient: &str) -> Result<(), VaultError> {
        self.replaced(PRIVACY, format!("{recipient}\n").as_bytes())
    }
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

fn hex(bytes: &[u8]) -> Option<Digest> {
    std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.parse().ok()
}

fn journal(bytes: &[u8]) -> Result<Journal, VaultError> {
    let lines = whole(bytes).split_inclusive(|byte| *byte == b'\n');
    let parse = |line: &[u8]| json::document(line).map_err(|e| format!("vault: `{JOURNAL}`: {e}"));
    lines.map(|line| parse(line).map_err(VaultError::new)).collect()
}

/// The lines of the journal that were finished: those that end, before any zero byte. A line has none; where a
/// power failure took a sector of what was being added, and not the next one, there are zeros in its place.
fn whole(bytes: &[u8]) -> &[u8] {
    let written = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let end = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
    written.get(..end).unwrap_or_default()
}
