//! The erasure vault: a key of its own for each data subject and retention class.
//!
//! What a pack discloses of a person is salted from that key and sealed under it, in every copy of the pack.
//! So erasing the person is destroying 32 bytes, here, and nowhere else. The format is in
//! `docs/formats/erasure.md`.
//!
//! * Who a key is for stands nowhere: it is found by an HMAC of the person under the vault's secret, which
//!   goes with the key. Its handle, which receipts name, is random, so that nothing that is left can tell
//!   whose it was.
//! * Keys are wrapped under the key of an epoch, which lies in another folder and in no backup of this one.
//!   [`Vault::rotate`] wraps the living keys anew and destroys the epoch's key: what a backup has of an
//!   erased key can't be unwrapped.
//!
//! INVARIANT: no key is destroyed before the journal says so durably, and opening the vault destroys again
//! whatever the journal says is destroyed. So an interruption leaves a key that is whole, or one that the journal
//! says is none, however it was torn. `crate::seal::crash` tries it.

mod files;
mod slots;
mod state;

pub use state::{KeyEvent, KeyState, Refused};

use crate::files::{Disk, Files};
use crate::salt::{half, mac};
use crate::verify::{Unseal, Unsealing};
use files::{Epoch, Journal, Kept, Note, Place};
use slots::{Slot, Stored};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The pseudonym of a key: random, and no function of whose key it is. 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle(pub(crate) u128);

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Handle {
    /// Reads what [`Handle`] shows; `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let handle = u128::from_str_radix(text, 16).ok().map(Self)?;
        (handle.to_string() == text).then_some(handle)
    }
}

/// Why the vault did not do what was asked. Where it is about destroying, nothing was destroyed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct VaultError {
    /// What is wrong, with the path.
    pub reason: String,
    /// What to do, where known.
    pub help: Option<String>,
}

impl VaultError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |e| Self::new(format!("vault: `{}`: {e}", path.display()))
    }
}

/// The key of some data subjects: of one, or what only their keys together give.
#[derive(Clone)]
pub(crate) struct KeySet {
    /// Whose, ascending.
    pub(crate) handles: Vec<Handle>,
    /// The key.
    pub(crate) key: [u8; 32],
}

/// A vault that is open.
pub struct Vault {
    place: Place,
    secret: [u8; 32],
    inner: Mutex<Inner>,
    /// Held by who may write.
    lock: Option<crate::files::Lock>,
}

struct Inner {
    epoch: Epoch,
    /// By place in the file; `None` for a key that was destroyed.
    slots: Vec<Option<Slot>>,
    /// How many of them are in the file.
    saved: usize,
    by_tag: BTreeMap<[u8; 32], Vec<usize>>,
    states: BTreeMap<Handle, KeyState>,
    /// Whether keys were destroyed in this epoch.
    due: bool,
    /// The retention classes that have keys.
    classes: BTreeSet<String>,
    /// Those of them that are in no file yet.
    new_classes: Vec<String>,
    /// Places in the file where not yet stands what the journal says.
    behind: Vec<usize>,
    /// What went wrong: where it could not be told, or so that nobody knows what the files have now.
    failed: Option<VaultError>,
}

impl Vault {
    /// Opens a vault for writing, and makes it where there is none. Waits while another has it open so.
    /// `epochs` is the folder of the epoch's key: another one than the vault's, and in no backup of it.
    ///
    /// # Errors
    /// A file can't be read or written, is damaged, or the epoch's key is missing.
    pub fn open(folder: &Path, epochs: &Path) -> Result<Self, VaultError> {
        Self::open_with(Box::new(Disk), folder, epochs)
    }

    pub(crate) fn open_with(
        files: Box<dyn Files + Send + Sync>,
        folder: &Path,
        epochs: &Path,
    ) -> Result<Self, VaultError> {
        let place = Place { folder: folder.to_owned(), epochs: epochs.to_owned(), files };
        let lock = place.lock()?;
        if place.exists()? {
            place.settle()?;
        } else {
            place.begin()?;
        }
        place.tidy()?;
        let vault = Self { lock: Some(lock), ..Self::read(place)? };
        vault.do_again()?;
        Ok(vault)
    }

    /// Opens a vault that is there, to read what is sealed under its keys.
    ///
    /// # Errors
    /// As [`open`](Self::open), and there is none.
    pub fn reading(folder: &Path, epochs: &Path) -> Result<Self, VaultError> {
        let (folder, epochs) = (folder.to_owned(), epochs.to_owned());
        Self::read(Place { folder, epochs, files: Box::new(Disk) })
    }

    fn read(place: Place) -> Result<Self, VaultError> {
        let Kept { secret, epoch, slots, journal } = place.read()?;
        let mut inner = Inner {
            epoch,
            saved: slots.len(),
            slots: Vec::new(),
            by_tag: BTreeMap::new(),
            states: BTreeMap::new(),
            due: false,
            classes: BTreeSet::new(),
            new_classes: Vec::new(),
            behind: Vec::new(),
            failed: None,
        };
        inner.follow(journal)?;
        for stored in slots {
            inner.place(stored)?;
        }
        Ok(Self { place, secret, inner: Mutex::new(inner), lock: None })
    }

    /// The handles of all living keys of a person, in every retention class.
    pub fn keys_of(&self, subject: &str) -> Vec<Handle> {
        let inner = self.inner();
        let found = inner.classes.iter().flat_map(|class| inner.of(self.tag(class, subject)));
        found.map(|(_, slot)| slot.handle).collect()
    }

    /// The handle of a person's living keys in one retention class.
    pub fn keys_in(&self, class: &str, subject: &str) -> Vec<Handle> {
        let inner = self.inner();
        inner.of(self.tag(class, subject)).map(|(_, slot)| slot.handle).collect()
    }

    /// In which state a key is; `None` for one that never was.
    pub fn state(&self, handle: Handle) -> Option<KeyState> {
        self.inner().states.get(&handle).copied()
    }

    /// The keys that were destroyed, in the order of their handles.
    pub fn destroyed(&self) -> Vec<Handle> {
        let inner = self.inner();
        let destroyed = inner.states.iter().filter(|(_, state)| **state == KeyState::Destroyed);
        destroyed.map(|(handle, _)| *handle).collect()
    }

    /// Whether keys were destroyed since the epoch began: with its key, a backup still has them, until
    /// [`rotate`](Self::rotate).
    pub fn is_due(&self) -> bool {
        self.inner().due
    }

    /// The epoch whose key wraps the others.
    pub fn epoch(&self) -> u64 {
        self.inner().epoch.number
    }

    /// The key of these subjects together; those that have none get one, which is kept with [`save`](Self::save).
    /// `None` of no subjects.
    ///
    /// # Errors
    /// A key would have to be made in a vault that is open for reading, or there is no randomness.
    pub(crate) fn key_set<'a>(
        &self,
        class: &str,
        subjects: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<KeySet>, VaultError> {
        let mut keys = BTreeMap::new();
        for subject in subjects {
            let (handle, key) = self.key(class, subject)?;
            keys.insert(handle, key);
        }
        Ok(together(&keys))
    }

    fn key(&self, class: &str, subject: &str) -> Result<(Handle, [u8; 32]), VaultError> {
        let tag = self.tag(class, subject);
        let mut inner = self.inner();
        // One that is restricted is known until it is saved, and no longer.
        let mut living = inner.of(tag).filter(|(at, slot)| !slot.restricted || *at >= inner.saved);
        if let Some(found) = living.find_map(|(_, slot)| Some((slot.handle, slot.key?))) {
            return Ok(found);
        }
        self.writable()?;
        let key = random()?;
        let handle = Handle(u128::from_be_bytes(half(random()?)));
        // Who is restricted is so in what comes later, too.
        let restricted = inner.of(tag).next().is_some();
        drop(living);
        inner.states.insert(handle, KeyState::Active);
        let at = inner.slots.len();
        inner.slots.push(Some(Slot { tag, handle, key: Some(key), restricted }));
        inner.by_tag.entry(tag).or_default().push(at);
        if inner.classes.insert(class.to_owned()) {
            inner.new_classes.push(class.to_owned());
        }
        Ok((handle, key))
    }

    /// Makes durable the keys that were made.
    ///
    /// # Errors
    /// They can't be written; nothing may be sealed under them then. Or something could not be written before:
    /// then nothing is, until the vault is opened anew.
    pub fn save(&self) -> Result<(), VaultError> {
        let mut inner = self.inner();
        if let Some(error) = &inner.failed {
            return Err(error.clone());
        }
        if inner.saved == inner.slots.len() {
            return Ok(());
        }
        self.writable()?;
        inner.writing(|inner| {
            let fresh = inner.slots.get(inner.saved..).unwrap_or_default();
            let mut notes: Vec<_> =
                inner.new_classes.iter().map(|name| Note::Class { name: name.clone() }).collect();
            let mut restricted = Vec::new();
            for slot in fresh.iter().flatten().filter(|slot| slot.restricted) {
                self.place.restrict(slot.handle, slot.key, &self.place.privacy()?)?;
                notes.push(Note::restricted(slot.handle, "made while restricted"));
                restricted.push(slot.handle);
            }
            self.place.append(&inner.epoch, fresh)?;
            self.place.note(&notes)?;
            self.place.head(inner.epoch.number, inner.slots.len())?;
            inner.saved = inner.slots.len();
            inner.new_classes.clear();
            for handle in restricted {
                inner.states.insert(handle, KeyState::Restricted);
            }
            for slot in inner.slots.iter_mut().flatten().filter(|slot| slot.restricted) {
                slot.key = None;
            }
            Ok(())
        })
    }

    /// Remembers what went wrong, for who saves.
    pub(crate) fn fail(&self, error: VaultError) {
        self.inner().failed = Some(error);
    }

    /// Restricts a key (GDPR, article 18): it is sealed to the privacy officer's age recipient, and taken out
    /// of the vault, so that the operator reads nothing of the person until it is lifted.
    ///
    /// # Errors
    /// The key's state does not allow it, the recipient is none, or it can't be written.
    pub fn restrict(
        &self,
        handle: Handle,
        request: &str,
        recipient: &str,
    ) -> Result<(), VaultError> {
        let (mut inner, at) = self.step(handle, KeyEvent::Restrict)?;
        slots::sealed_to(recipient, &[0; 32])?;
        inner.writing(|inner| {
            let Some(Some(slot)) = inner.slots.get_mut(at) else { return Err(unknown(handle)) };
            self.place.restrict(handle, slot.key, recipient)?;
            self.place.set_privacy(recipient)?;
            self.place.note(&[Note::restricted(handle, request)])?;
            (slot.key, slot.restricted) = (None, true);
            self.place.put(&inner.epoch, at, slot)?;
            inner.states.insert(handle, KeyState::Restricted);
            Ok(())
        })
    }

    /// Lifts a restriction with the privacy officer's age identity.
    ///
    /// # Errors
    /// The key's state does not allow it, the identity is not the one that it was sealed to, or it can't be
    /// written.
    pub fn lift(&self, handle: Handle, request: &str, identity: &str) -> Result<(), VaultError> {
        let (mut inner, at) = self.step(handle, KeyEvent::Lift)?;
        let key = self.place.lifted(handle, identity)?;
        inner.writing(|inner| {
            let Some(Some(slot)) = inner.slots.get_mut(at) else { return Err(unknown(handle)) };
            (slot.key, slot.restricted) = (Some(key), false);
            self.place.put(&inner.epoch, at, slot)?;
            self.place.note(&[Note::lifted(handle, request)])?;
            self.place.unrestrict(handle)?;
            inner.states.insert(handle, KeyState::Active);
            Ok(())
        })
    }

    /// Destroys keys: each one's 128 bytes are overwritten, and nothing else is touched, however many keys
    /// there are. `held` is whether a legal hold covers any of them.
    ///
    /// # Errors
    /// A hold covers them, or a key's state does not allow it: then none was destroyed. Or it can't be
    /// written: then opening the vault again destroys those of which the journal says it.
    pub fn destroy(&self, handles: &[Handle], request: &str, held: bool) -> Result<(), VaultError> {
        let event = KeyEvent::Destroy { held };
        handles.iter().try_for_each(|handle| self.step(*handle, event).map(drop))?;
        let mut inner = self.inner();
        let epoch = inner.epoch.number;
        let notes: Vec<_> = handles.iter().map(|h| Note::destroyed(*h, request, epoch)).collect();
        inner.writing(|inner| {
            self.place.note(&notes)?;
            inner.due = true;
            for handle in handles {
                inner.states.insert(*handle, KeyState::Destroyed);
                self.wipe(inner, *handle)?;
            }
            self.place.sync_keys(&inner.epoch)
        })
    }

    /// Wraps the living keys under the key of a new epoch and destroys the one before.
    ///
    /// # Errors
    /// Something can't be written: the vault is then as it was before or after, and opening it again ends
    /// what was begun.
    pub fn rotate(&self) -> Result<u64, VaultError> {
        self.save()?;
        self.writable()?;
        let mut inner = self.inner();
        inner.writing(|inner| {
            let next = Epoch::new(inner.epoch.number.saturating_add(1))?;
            inner.slots.retain(Option::is_some);
            self.place.rotate(&next, &inner.slots)?;
            (inner.epoch, inner.due) = (next, false);
            inner.saved = inner.slots.len();
            let mut by_tag: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for (at, slot) in inner.slots.iter().enumerate() {
                slot.iter().for_each(|slot| by_tag.entry(slot.tag).or_default().push(at));
            }
            inner.by_tag = by_tag;
            self.place.tidy()?;
            Ok(inner.epoch.number)
        })
    }

    /// What a key is called in one pack, so that nobody but who has the vault can tell that two packs speak
    /// of the same person: 32 hexadecimal digits.
    pub fn name_in(&self, handle: Handle, pack: &str) -> String {
        let parts = [&handle.0.to_be_bytes()[..], pack.as_bytes()];
        let name = half(mac(&self.secret, "tieout/vault-name/v1", &parts));
        Handle(u128::from_be_bytes(name)).to_string()
    }

    /// What keys are called in one pack.
    pub fn names_in(&self, handles: &[Handle], pack: &str) -> BTreeSet<String> {
        handles.iter().map(|handle| self.name_in(*handle, pack)).collect()
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.place.folder
    }

    /// Seals for these subjects.
    pub(crate) fn seal(keys: &KeySet, text: &[u8]) -> Result<Vec<u8>, VaultError> {
        slots::sealed(&keys.key, text)
    }

    /// The state in which a key would be after an event, and its place; with the vault as it is then.
    fn step(
        &self,
        handle: Handle,
        event: KeyEvent,
    ) -> Result<(MutexGuard<'_, Inner>, usize), VaultError> {
        self.save()?;
        self.writable()?;
        let inner = self.inner();
        let state = inner.states.get(&handle).ok_or_else(|| unknown(handle))?;
        state.after(event).map_err(|refused| {
            VaultError::new(format!("key {handle}: {refused}")).help(refused.help())
        })?;
        let at = inner.at(handle).ok_or_else(|| unknown(handle))?;
        Ok((inner, at))
    }

    fn wipe(&self, inner: &mut Inner, handle: Handle) -> Result<(), VaultError> {
        // First what is not found without the place.
        self.place.unrestrict(handle)?;
        let Some(at) = inner.at(handle) else { return Ok(()) };
        self.place.wipe(&inner.epoch, at, handle)?;
        let slot = inner.slots.get_mut(at).and_then(Option::take);
        if let Some(places) = slot.and_then(|slot| inner.by_tag.get_mut(&slot.tag)) {
            places.retain(|place| *place != at);
        }
        Ok(())
    }

    /// What the journal says is destroyed or restricted, and the file of the keys does not: the last writer
    /// was interrupted, or somebody put the file back.
    fn do_again(&self) -> Result<(), VaultError> {
        let mut inner = self.inner();
        let behind = std::mem::take(&mut inner.behind);
        for at in &behind {
            let Some(Some(slot)) = inner.slots.get(*at) else { continue };
            let handle = slot.handle;
            if inner.states.get(&handle) == Some(&KeyState::Destroyed) {
                self.wipe(&mut inner, handle)?;
            } else {
                self.place.put(&inner.epoch, *at, slot)?;
            }
        }
        if behind.is_empty() { Ok(()) } else { self.place.sync_keys(&inner.epoch) }
    }

    fn tag(&self, class: &str, subject: &str) -> [u8; 32] {
        let length = u64::try_from(class.len()).unwrap_or(u64::MAX).to_be_bytes();
        mac(&self.secret, "tieout/vault-tag/v1", &[&length, class.as_bytes(), subject.as_bytes()])
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<(), VaultError> {
        match self.lock {
            Some(_) => Ok(()),
            None => Err(VaultError::new("the vault is open for reading only")),
        }
    }
}

impl Inner {
    /// Takes what stands in the next place. The journal decides what an interruption or a restored file left
    /// undecided.
    fn place(&mut self, stored: Stored) -> Result<(), VaultError> {
        let (mut slot, torn) = match stored {
            Stored::Gone => {
                self.slots.push(None);
                return Ok(());
            }
            Stored::Key(slot) => (slot, false),
            Stored::Torn(slot) => (slot, true),
        };
        let state = self.states.get(&slot.handle).copied().unwrap_or(KeyState::Active);
        if torn && state == KeyState::Active {
            let number = self.epoch.number;
            let what = format!("a key can't be unwrapped with the key of epoch {number}");
            return Err(VaultError::new(what).help(
                "the file of the keys is damaged, or of another epoch, whose key was destroyed",
            ));
        }
        self.states.insert(slot.handle, state);
        let at = self.slots.len();
        slot.restricted = state != KeyState::Active;
        let key = slot.key.take_if(|_| slot.restricted);
        if state == KeyState::Destroyed || torn || key.is_some() {
            self.behind.push(at);
        }
        if state != KeyState::Destroyed {
            self.by_tag.entry(slot.tag).or_default().push(at);
        }
        self.slots.push(Some(slot));
        Ok(())
    }

    /// Writes. After an error nobody knows what the files have: nothing more is written, and opening the vault
    /// anew finds out.
    fn writing<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let written = write(self);
        self.failed = written.as_ref().err().cloned();
        written
    }

    /// The place of a key that is not destroyed.
    fn at(&self, handle: Handle) -> Option<usize> {
        let mut slots = self.slots.iter();
        slots.position(|slot| slot.as_ref().is_some_and(|slot| slot.handle == handle))
    }

    /// The living keys of a tag, with their places.
    fn of(&self, tag: [u8; 32]) -> impl Iterator<Item = (usize, &Slot)> + use<'_> {
        let places = self.by_tag.get(&tag).into_iter().flatten();
        places.filter_map(|at| Some((*at, self.slots.get(*at)?.as_ref()?)))
    }

    fn follow(&mut self, journal: Journal) -> Result<(), VaultError> {
        for note in journal {
            let (handle, event) = match note {
                Note::Class { name } => {
                    self.classes.insert(name);
                    continue;
                }
                Note::Restricted { key, .. } => (key, KeyEvent::Restrict),
                Note::Lifted { key, .. } => (key, KeyEvent::Lift),
                // That there was no hold was decided then.
                Note::Destroyed { key, epoch, .. } => {
                    self.due |= epoch.0 == self.epoch.number;
                    (key, KeyEvent::Destroy { held: false })
                }
            };
            let damaged = || VaultError::new("vault: `journal` contradicts itself");
            let handle = Handle::parse(&handle).ok_or_else(damaged)?;
            let state = self.states.get(&handle).copied().unwrap_or(KeyState::Active);
            let state = state.after(event).map_err(|_| damaged())?;
            self.states.insert(handle, state);
        }
        Ok(())
    }
}

impl Unseal for Vault {
    fn of_pack(&self, pack: &str) -> Unsealing<'_> {
        let inner = self.inner();
        let keys = inner.slots.iter().flatten().filter(|slot| !slot.restricted);
        let keys = keys.filter_map(|slot| Some((slot.handle, slot.key?)));
        let names: BTreeMap<String, (Handle, [u8; 32])> =
            keys.map(|(handle, key)| (self.name_in(handle, pack), (handle, key))).collect();
        Box::new(move |keys, sealed| {
            let found = keys.iter().map(|name| names.get(name).copied());
            slots::unsealed(&together(&found.collect::<Option<_>>()?)?.key, sealed)
        })
    }
}

/// The key that only these keys together give.
fn together(keys: &BTreeMap<Handle, [u8; 32]>) -> Option<KeySet> {
    let handles: Vec<_> = keys.keys().copied().collect();
    let mut keys = keys.values();
    let first = *keys.next()?;
    let rest: Vec<&[u8]> = keys.map(|key| &key[..]).collect();
    let key = if rest.is_empty() { first } else { mac(&first, "tieout/subject-keys/v1", &rest) };
    Some(KeySet { handles, key })
}

fn unknown(handle: Handle) -> VaultError {
    VaultError::new(format!("the vault has no key {handle}"))
}

fn random() -> Result<[u8; 32], VaultError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| VaultError::new(format!("the system gives no random bytes: {e}")))?;
    Ok(bytes)
}
