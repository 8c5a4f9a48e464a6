//! The power fails at every step of what the erasure vault does.
//!
//! On each disk that comes of it the vault opens, each key that was acknowledged is there and the same, in the
//! state before what was interrupted or after it, the journal has every line that was acknowledged, and the
//! next acts work. What was acknowledged as destroyed is looked for in all that the disk has, whether it still has a
//! name or not, without the vault's own code: no epoch's key that is left unwraps as much as a part of it,
//! and no privacy officer opens it.

use super::history::{Change, Image, Step};
use super::recorder::Recorder;
use super::{Acting, Check, Judge, subsets};
use crate::files::Files;
use crate::seal::trial::Loose;
use crate::vault::{Handle, KeyState, Vault, VaultError};
use KeyState::{Active, Destroyed, Restricted};
use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tieout_controls::Digest;

const CLASSES: [&str; 3] = ["journal", "reviews", "payments"];
const PERSONS: [&str; 4] = ["anna", "bruno", "carla", "dora"];
/// Of some length: the lines of one destruction fill several sectors.
const REQUEST: [&str; 10] = ["a request of the person, by its number; "; 10];

/// The privacy officer, and the one after.
static OFFICERS: LazyLock<[Identity; 2]> =
    LazyLock::new(|| [Identity::generate(), Identity::generate()]);

/// What is done to a vault, each time after opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Nothing further: a new one is begun, or what was interrupted is ended.
    Open,
    /// Keys are made for everybody in the class of that number, where there is none to seal under.
    Add(usize),
    /// Anna's first key is sealed to that officer.
    Restrict(usize),
    /// It is given back.
    Lift,
    /// All keys of Anna and of Bruno are destroyed.
    Destroy,
    /// Those that are left are wrapped anew.
    Rotate,
}
use Act::{Add, Destroy, Lift, Open, Restrict, Rotate};

/// A key, and the states in which it may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    class: &'static str,
    person: &'static str,
    key: [u8; 32],
    states: BTreeSet<KeyState>,
}

/// What was acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    /// A function of the vault's secret; none before the vault was begun.
    name: Option<String>,
    journal: Vec<u8>,
    epoch: u64,
    /// What somebody kept of the keys, with the epoch.
    backups: Vec<(u64, Vec<u8>)>,
    keys: BTreeMap<Handle, Key>,
    /// Those who may be the privacy officer, once there is one.
    officers: BTreeSet<usize>,
}

impl Act {
    fn target(self, key: &Key) -> Option<KeyState> {
        let firsts = (key.class, key.person) == (CLASSES[0], PERSONS[0]);
        match self {
            Restrict(_) if firsts => Some(Restricted),
            Lift if firsts => Some(Active),
            Destroy if PERSONS[..2].contains(&key.person) => Some(Destroyed),
            _ => None,
        }
    }
}

impl Known {
    /// While that is done, too.
    fn during(mut self, act: Act) -> Self {
        for key in self.keys.values_mut() {
            let target = act.target(key);
            let gone = key.states == [Destroyed].into();
            key.states.extend(target.filter(|_| !gone));
        }
        if let Restrict(officer) = act {
            self.officers.insert(officer);
        }
        self
    }

    /// The keys of which it is known that they are in one of these states.
    fn keys_in(&self, states: &[KeyState]) -> Vec<[u8; 32]> {
        let within = |key: &&Key| key.states.iter().all(|state| states.contains(state));
        self.keys.values().filter(within).map(|key| key.key).collect()
    }
}

/// A vault in folders that are yet to be made.
struct Trial {
    folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let new = Self { folder };
        for folder in ["a", "b"] {
            std::fs::create_dir(new.path().join(folder)).unwrap();
            std::fs::write(new.path().join(folder).join("other"), "").unwrap();
        }
        new
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn vault(&self) -> PathBuf {
        self.path().join("a/vault")
    }

    fn epochs(&self) -> PathBuf {
        self.path().join("b/epochs")
    }

    fn open(&self, files: impl Files + Send + Sync + 'static) -> Result<Vault, VaultError> {
        Vault::open_with(Box::new(files), &self.vault(), &self.epochs())
    }

    fn act(&self, files: impl Files + Send + Sync + 'static, act: Act) -> Result<(), VaultError> {
        done(&self.open(files)?, act)
    }

    /// What there is now, read without the vault's own code as far as keys go. What is gone is as it was.
    fn look(&self, earlier: &Known) -> Result<Known, String> {
        if !self.vault().join("head").exists() {
            return Ok(Known::default());
        }
        let vault = Vault::reading(&self.vault(), &self.epochs()).map_err(|e| e.to_string())?;
        let name = Some(vault.name_in(Handle(1), "pack"));
        let journal = std::fs::read(self.vault().join("journal")).unwrap();
        let contents = contents(&self.vault());
        let contents: Vec<_> = contents.iter().map(Vec::as_slice).collect();
        let text = std::fs::read_to_string(self.epochs().join(format!("epoch.{}", vault.epoch())));
        let epoch = epoch(text.unwrap().as_bytes()).unwrap();
        let mut wrapped = BTreeMap::new();
        for slot in slots(&contents) {
            wrapped.insert(slot.handle, unwrapped(&slot, &epoch));
        }
        let mut backups = earlier.backups.clone();
        backups.push((vault.epoch(), self.kept(vault.epoch())));
        let mut keys = BTreeMap::new();
        for (class, person) in CLASSES.into_iter().flat_map(|c| PERSONS.map(|p| (c, p))) {
            for handle in vault.keys_in(class, person) {
                let state = vault.state(handle).unwrap();
                let file = self.vault().join(format!("restricted/{handle}.age"));
                let key = match state {
                    Restricted => std::fs::read(file).ok().and_then(|file| opened(&file)),
                    _ => wrapped.get(&handle.0).copied(),
                };
                let key = key.ok_or_else(|| format!("the key of {person} in {class} is lost"))?;
                keys.insert(handle, Key { class, person, key, states: [state].into() });
            }
            if !vault.keys_in(class, person).iter().all(|key| vault.keys_of(person).contains(key)) {
                return Err(format!("the class {class} is lost"));
            }
        }
        for handle in vault.destroyed() {
            if let Some(key) = earlier.keys.get(&handle) {
                keys.insert(handle, Key { states: [Destroyed].into(), ..key.clone() });
            }
        }
        let officer = std::fs::read_to_string(self.vault().join("privacy")).unwrap_or_default();
        let officer = OFFICERS.iter().position(|own| officer == format!("{}\n", own.to_public()));
        let (epoch, officers) = (vault.epoch(), officer.into_iter().collect());
        Ok(Known { name, journal, epoch, backups, keys, officers })
    }

    fn kept(&self, epoch: u64) -> Vec<u8> {
        std::fs::read(self.vault().join(format!("keys.{epoch}"))).unwrap()
    }

    /// What must be so after a crash.
    fn aftermath(&self, image: &Image, known: &Known) -> Result<(), String> {
        let mut disk = image.contents();
        // With the epoch's key gone, what a backup has of what is gone is gone too.
        let past = known.backups.iter().filter(|(epoch, _)| *epoch < known.epoch);
        disk.extend(past.map(|(_, keys)| keys.as_slice()));
        found(&disk, &epochs(&disk), known).map_err(|what| format!("on the disk {what}"))?;
        drop(self.open(Loose).map_err(|e| format!("it does not open: {e}"))?);
        let mut now = self.compared(known)?;
        for act in [Add(0), Add(2), Lift, Destroy, Rotate] {
            self.act(Loose, act).map_err(|e| format!("next {act:?}: {e}"))?;
            let next = self
                .compared(&now.clone().during(act))
                .map_err(|what| format!("after the next {act:?} {what}"))?;
            let undone = |(handle, key): (&Handle, &Key)| {
                !key.states.contains(&Destroyed)
                    && act.target(key).is_some_and(|to| !next.keys[handle].states.contains(&to))
            };
            if now.keys.iter().any(undone) {
                return Err(format!("the next {act:?} did nothing"));
            }
            now = next;
        }
        let (left, past) = (contents(&self.epochs()), now.backups.iter());
        let past: Vec<_> = past.map(|(_, keys)| keys.as_slice()).collect();
        let left: Vec<_> = left.iter().map(Vec::as_slice).collect();
        found(&past, &epochs(&left), &now).map_err(|what| format!("in a backup {what}"))
    }

    /// What there is now, where it is what is known.
    fn compared(&self, known: &Known) -> Result<Known, String> {
        let now = self.look(known)?;
        if known.name.is_some() && now.name != known.name {
            return Err("the vault is another".to_owned());
        }
        if !now.journal.starts_with(&known.journal) {
            return Err("lines of the journal are lost".to_owned());
        }
        if !known.officers.is_empty() && !known.officers.is_superset(&now.officers) {
            return Err("the privacy officer is another".to_owned());
        }
        if known.keys.values().any(|key| key.states == [Restricted].into())
            && now.officers.is_empty()
        {
            return Err("the privacy officer is lost".to_owned());
        }
        let journal = String::from_utf8(now.journal.clone()).unwrap();
        for (handle, key) in &known.keys {
            let Some(found) = now.keys.get(handle) else {
                return Err(format!("the key of {} in {} is lost", key.person, key.class));
            };
            let same = (found.class, found.person, found.key) == (key.class, key.person, key.key);
            if !same || !key.states.is_superset(&found.states) {
                return Err(format!("{} in {}: {:?}", key.person, key.class, found.states));
            }
            let line = format!(r#"{{"event":"destroyed","key":"{handle}","#);
            let lines = journal.lines().filter(|own| own.starts_with(&line)).count();
            if lines != usize::from(found.states.contains(&Destroyed)) {
                return Err(format!("{lines} lines of one destruction"));
            }
        }
        let disk = contents(self.path());
        let disk: Vec<_> = disk.iter().map(Vec::as_slice).collect();
        found(&disk, &epochs(&disk), &now)?;
        Ok(now)
    }
}

fn done(vault: &Vault, act: Act) -> Result<(), VaultError> {
    let firsts = vault.keys_in(CLASSES[0], PERSONS[0]);
    let firsts = |state| firsts.iter().filter(move |key| vault.state(**key) == Some(state));
    let request = REQUEST.concat();
    match act {
        Open => Ok(()),
        Add(class) => {
            for person in PERSONS {
                vault.key_set(CLASSES[class], [person])?;
            }
            vault.save()
        }
        Restrict(officer) => {
            let recipient = OFFICERS[officer].to_public().to_string();
            firsts(Active).try_for_each(|key| vault.restrict(*key, &request, &recipient))
        }
        Lift => firsts(Restricted).try_for_each(|key| {
            let lift = |officer: &Identity| {
                vault.lift(*key, &request, officer.to_string().expose_secret())
            };
            lift(&OFFICERS[0]).or_else(|_| lift(&OFFICERS[1]))
        }),
        Destroy => {
            let keys: Vec<_> = PERSONS[..2].iter().flat_map(|who| vault.keys_of(who)).collect();
            vault.destroy(&keys, &request, false)
        }
        Rotate => vault.rotate().map(drop),
    }
}

/// What is in all files below a folder.
fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let content = |path: PathBuf| {
        if path.is_dir() { contents(&path) } else { vec![std::fs::read(path).unwrap()] }
    };
    entries.flat_map(|entry| content(entry.unwrap().path())).collect()
}

/// The fields of a key, as the format has them.
struct Slot {
    handle: u128,
    nonce: [u8; 12],
    wrapped: [u8; 32],
}

fn slots(contents: &[&[u8]]) -> Vec<Slot> {
    let slots = contents.iter().flat_map(|bytes| bytes.as_chunks::<128>().0);
    let slots = slots.map(|slot| Slot {
        handle: u128::from_be_bytes(slot[32..48].try_into().unwrap()),
        nonce: slot[48..60].try_into().unwrap(),
        wrapped: slot[60..92].try_into().unwrap(),
    });
    slots.filter(|slot| slot.wrapped != [0; 32]).collect()
}

/// What an epoch's key gives of a slot, whether it is whole or not (RFC 8439: the text begins with block 1).
fn unwrapped(slot: &Slot, epoch: &[u8; 32]) -> [u8; 32] {
    let mut key = slot.wrapped;
    let mut cipher = chacha20::ChaCha20::new(epoch.into(), &slot.nonce.into());
    cipher.seek(64_u64);
    cipher.apply_keystream(&mut key);
    key
}

fn epoch(text: &[u8]) -> Option<[u8; 32]> {
    let key: Digest = std::str::from_utf8(text).ok()?.strip_suffix('\n')?.parse().ok()?;
    Some(key.0)
}

fn epochs(contents: &[&[u8]]) -> Vec<[u8; 32]> {
    contents.iter().filter_map(|text| epoch(text)).collect()
}

/// The key that is sealed to one of the officers.
fn opened(file: &[u8]) -> Option<[u8; 32]> {
    let open = |officer| age::decrypt(officer, file).ok()?.try_into().ok();
    OFFICERS.iter().find_map(open)
}

/// An error where what is destroyed can be had from these files, or with these epochs' keys what is restricted: more
/// of a key than chance has, in its place.
fn found(contents: &[&[u8]], epochs: &[[u8; 32]], known: &Known) -> Result<(), String> {
    let sealed = contents.iter().filter(|file| file.starts_with(b"age-encryption.org"));
    let destroyed = known.keys_in(&[Destroyed]);
    if !destroyed.is_empty()
        && sealed.filter_map(|file| opened(file)).any(|key| destroyed.contains(&key))
    {
        return Err("a destroyed key is sealed to an officer".to_owned());
    }
    let hidden = known.keys_in(&[Restricted, Destroyed]);
    let part = |a: &[u8; 32], b: &[u8; 32]| a.iter().zip(b).filter(|(a, b)| a == b).count() > 7;
    for (slot, epoch) in
        slots(contents).iter().flat_map(|slot| epochs.iter().map(move |e| (slot, e)))
    {
        let had = unwrapped(slot, epoch);
        if hidden.iter().any(|key| part(key, &had)) {
            return Err("a key that is destroyed or restricted is unwrapped".to_owned());
        }
    }
    Ok(())
}

impl Judge<Known> {
    fn of_vault() -> Self {
        let trial = Trial::new();
        let root = trial.path().to_owned();
        let check: Check<_> = Box::new(move |image, known| trial.aftermath(image, known));
        Self { root, check, unnamed: true, seen: BTreeSet::new() }
    }
}

impl Acting<Known> {
    fn of_vault(earlier: &[Act], act: Act) -> Self {
        let trial = Trial::new();
        let before = after(&trial, earlier);
        Self::in_trial(&trial, before, act)
    }

    /// On what is there, of which that is known.
    fn in_trial(trial: &Trial, before: Known, act: Act) -> Self {
        let recorder = Recorder::new(trial.path());
        trial.act(recorder.clone(), act).unwrap();
        let history = recorder.history().clone();
        Self { history, after: trial.look(&before).unwrap(), before: before.during(act) }
    }

    /// After one that was killed after that many operations; see [`Acting::after_killed`].
    fn of_killed_vault(
        earlier: &[Act],
        (killed, act): (Act, Act),
        operations: usize,
    ) -> Option<(Self, usize)> {
        let trial = Trial::new();
        let before = after(&trial, earlier);
        let recorder = Recorder::new(trial.path());
        recorder.live_for(operations);
        if trial.act(recorder.clone(), killed).is_ok() {
            return None;
        }
        recorder.live_for(usize::MAX);
        let steps = recorder.history().steps.len();
        trial.act(recorder.clone(), act).unwrap();
        let history = recorder.history().clone();
        let known = trial.look(&before).unwrap();
        let before = before.during(killed).during(act);
        Some((Self { history, before, after: known }, steps))
    }
}

/// Does all of that.
fn after(trial: &Trial, earlier: &[Act]) -> Known {
    let mut known = Known::default();
    for act in earlier {
        trial.act(Loose, *act).unwrap();
        known = trial.look(&known).unwrap();
    }
    known
}

const ROTATED: &[Act] = &[Add(0), Restrict(0)];

/// What was done, and what is done then.
const CASES: [(&[Act], Act); 11] = [
    (&[], Open),
    (&[], Add(0)),
    (&[Add(0)], Add(1)),
    (&[Add(0), Restrict(0)], Add(0)),
    (&[Add(0)], Restrict(0)),
    (&[Add(0), Restrict(0), Add(1), Lift], Restrict(1)),
    (&[Add(0), Restrict(0)], Lift),
    (&[Add(0), Add(1)], Destroy),
    (&[Add(0), Restrict(0), Add(0)], Destroy),
    (ROTATED, Rotate),
    (&[Add(0), Restrict(0), Destroy], Rotate),
];

#[test]
fn no_crash_of_a_vault_shows() {
    let mut disks = 0;
    for (earlier, act) in CASES {
        let acting = Acting::of_vault(earlier, act);
        let mut judge = Judge::of_vault();
        assert_eq!(judge.every(&acting, 900), Ok(()), "{act:?} after {earlier:?}");
        let steps = acting.history.steps.len();
        println!("{act:?} after {earlier:?}: {steps} steps, {} disks", judge.seen.len());
        disks += judge.seen.len();
    }
    println!("vault: {disks} disks");
    assert!(disks >= 5_000);
}

/// What was done, what is killed, and what comes after it.
const KILLED: [(&[Act], (Act, Act)); 8] = [
    (&[], (Open, Add(0))),
    (&[Add(0)], (Add(1), Add(1))),
    (&[Add(0), Restrict(0)], (Add(0), Destroy)),
    (&[Add(0)], (Restrict(0), Add(0))),
    (&[Add(0), Restrict(0)], (Lift, Destroy)),
    (&[Add(0)], (Destroy, Open)),
    (&[Add(0), Restrict(0)], (Destroy, Rotate)),
    (&[Add(0), Restrict(0)], (Rotate, Add(1))),
];

/// For each place at which an act is killed, the next one, and how many steps the killed one did.
fn killed() -> impl Iterator<Item = (Acting<Known>, usize)> {
    KILLED.into_iter().flat_map(|(earlier, acts)| {
        let mut last = None;
        (0..)
            .map_while(move |operations| Acting::of_killed_vault(earlier, acts, operations))
            .filter(move |(_, steps)| last.replace(*steps) != Some(*steps))
    })
}

/// An act is killed, the next one begins with what it left, durable or not, and the power fails.
#[test]
fn no_crash_after_a_killed_act_of_a_vault_shows() {
    let mut judge = Judge::of_vault();
    for (acting, killed) in killed() {
        assert_eq!(judge.after_kill(&acting, killed), Ok(()));
        assert_eq!(judge.before_syncs(&acting.settled(killed), 10), Ok(()));
    }
    println!("killed: {} disks", judge.seen.len());
    assert!(judge.seen.len() >= 5_000);
}

/// The disks on which a destruction was torn before its lines were durable, each with what is done next.
fn torn() -> Vec<Acting<Known>> {
    let earlier: &[Act] = &[Add(0), Add(1)];
    let (trial, acting) = (Trial::new(), Acting::of_vault(earlier, Destroy));
    let mut noted = acting.history.syncs();
    noted.retain(|step| acting.synced(*step) == "a/vault/journal");
    let mut seen = BTreeSet::new();
    let mut next = Vec::new();
    for lost in subsets(&acting.history.pending(noted[1], None), 10) {
        let image = acting.history.crashed(noted[1], &lost);
        if !seen.insert(image.digest(false)) {
            continue;
        }
        for entry in std::fs::read_dir(trial.path()).unwrap() {
            std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        image.write(trial.path());
        next.push(Acting::in_trial(&trial, acting.before.clone(), Restrict(1)));
    }
    next
}

/// The power fails, and again while the next act begins with what that left.
#[test]
fn no_second_crash_of_a_vault_shows() {
    let mut judge = Judge::of_vault();
    for acting in torn() {
        assert_eq!(judge.before_syncs(&acting, 10), Ok(()));
    }
    println!("torn: {} disks", judge.seen.len());
    assert!(judge.seen.len() >= 500);
}

#[test]
fn without_any_one_sync_of_a_vault_a_crash_shows() {
    let mut judge = Judge::of_vault();
    let mut needless = Vec::new();
    // What protects what is not tried here:
    let others = [
        // a key that is destroyed after it was given back, and would still be sealed in a file without a name;
        (Lift, "a/vault/restricted/"),
        // where the epoch's key could not be overwritten in place.
        (Rotate, "a/vault/keys.1"),
    ];
    // With nothing destroyed, nothing would come back with the epoch's key.
    for (earlier, act) in CASES.into_iter().filter(|case| *case != (ROTATED, Rotate)) {
        let acting = Acting::of_vault(earlier, act);
        // Opening one that is there begins with what a killed writer left: see below.
        let left = if earlier.is_empty() { 0 } else { 3 };
        for (number, step) in acting.history.syncs().into_iter().enumerate().skip(left) {
            judge.seen.clear();
            let path = acting.synced(step);
            let other = others.iter().any(|(own, begin)| act == *own && path.starts_with(begin));
            if !other && acting.crash_without(&mut judge, step).is_none() {
                needless.push(format!("{act:?} after {earlier:?}: {number}, {}", path));
            }
        }
    }
    assert!(needless.is_empty(), "{needless:#?}");
}

/// The syncs with which opening makes durable what a killed writer left, and the one after the journal is cut.
#[test]
fn without_any_one_sync_of_what_was_left_of_a_vault_a_crash_shows() {
    let mut judge = Judge::of_vault();
    let mut unnoticed = BTreeSet::from(["a/vault", "a/vault/journal", "a/vault/keys.1"]);
    for (acting, killed) in killed() {
        let syncs = acting.history.syncs().into_iter().filter(|step| *step >= killed);
        let syncs: Vec<_> = syncs.collect();
        unnoticed.retain(|path| {
            let first = syncs.iter().find(|step| acting.synced(**step) == *path);
            judge.seen.clear();
            first.is_none_or(|step| acting.crash_without(&mut judge, *step).is_none())
        });
    }
    assert!(unnoticed.is_empty(), "needless: {unnoticed:?}");
    let shows = torn().iter().any(|acting| {
        let steps = &acting.history.steps;
        let cut = steps.iter().position(|step| matches!(step, Step::Change(Change::Cut { .. })));
        judge.seen.clear();
        cut.is_some_and(|cut| acting.crash_without(&mut judge, cut + 1).is_some())
    });
    assert!(shows, "the sync of the cut is needless");
}

/// After a failed write nobody knows what the files have: nothing is destroyed, or said to be, before the vault
/// was opened anew.
#[test]
fn what_failed_ends_the_vault_until_it_is_opened_anew() {
    for (earlier, failing) in [(&[Add(0)][..], Rotate), (&[Add(0)], Destroy), (&[], Add(0))] {
        for operations in 0.. {
            let trial = Trial::new();
            let known = after(&trial, &[&[Open][..], earlier].concat());
            let recorder = Recorder::new(trial.path());
            let vault = trial.open(recorder.clone()).unwrap();
            recorder.live_for(operations);
            if done(&vault, failing).is_ok() {
                break;
            }
            recorder.live_for(usize::MAX);
            let again = done(&vault, Destroy).map_err(|e| e.to_string());
            assert!(again.is_err_and(|e| e.contains("killed")), "{failing:?}: {operations}");
            drop(vault);
            let image = Image::read(trial.path());
            assert_eq!(trial.aftermath(&image, &known.during(failing)), Ok(()));
        }
    }
}
