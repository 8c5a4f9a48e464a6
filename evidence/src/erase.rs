//! Erasing a person: the keys destroyed, a receipt for each pack, what was sealed taken out of the packs.
//!
//! The order makes an interruption harmless:
//!
//! 1. What the packs have sealed of the person is looked up, and the receipts are signed by both and kept
//!    durably in the vault.
//! 2. The keys are destroyed. From here on nobody reads what was sealed, in no copy.
//! 3. The receipts are logged, and taken out of the vault.
//! 4. What is sealed and can't be read any more is taken out of the packs, as far as they can be written.
//! 5. The living keys are wrapped for a new epoch: a backup of the vault has nothing of the others any more.
//!
//! Between 2 and 3 a pack lacks something without a receipt; so whatever is erased next begins with the
//! receipts that wait. Before 2 they are about nothing, and are dropped. From 2 on the epoch is due, and
//! whatever is erased next begins with 4 and 5.

use crate::claims::FORMAT_VERSION;
use crate::dsse::Envelope;
use crate::erasure::{
    ActiveHold, Affected, DestroyedKey, Erasure, Receipts, Redacted, active_holds,
};
use crate::files::{Disk, Files, beside, if_there, make_folders, replace, write};
use crate::key::SigningKey;
use crate::layout::SEALED_DISCLOSURES;
use crate::log::{self, LogError, pack_folders};
use crate::logbook::statements_of;
use crate::note::NoteKey;
use crate::public_key::PublicKey;
use crate::seal::{Appender, SealError};
use crate::sealed::SealedLine;
use crate::statement::{payload, read};
use crate::subjects;
use crate::vault::{Handle, KeyState, Vault, VaultError};
use crate::verify::{Anchor, Reading, Tree, VerifiedPack, Why, Withheld, check_with};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use tieout_controls::value::instant_text;
use tieout_controls::{Count, Digest};

/// The receipts that are signed and not logged.
const WAITING: &str = "receipts";
/// How many digests stand in one receipt; a pack may need several.
const MOST: usize = 8_192;

/// What is erased, and by whom.
pub struct EraseInput<'a> {
    /// The vault, open for writing.
    pub vault: &'a Vault,
    /// The log's folder.
    pub log: &'a Path,
    /// The log's origin line.
    pub origin: &'a str,
    /// The log's key.
    pub log_key: &'a SigningKey,
    /// The folder of the log's packs.
    pub packs: &'a Path,
    /// The person, as the data name them.
    pub subject: &'a str,
    /// Only in this retention class; in all where there is none.
    pub class: Option<&'a str>,
    /// The number of the request.
    pub request: &'a str,
    /// Why it must be erased.
    pub legal_basis: &'a str,
    /// The clock.
    pub at: DateTime<Utc>,
    /// The operator's key.
    pub operator: &'a SigningKey,
    /// The privacy officer's key; another than the operator's.
    pub privacy: &'a SigningKey,
    /// Who can release holds, beside both.
    pub releasers: &'a [PublicKey],
}

/// What was erased.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    /// The keys that were destroyed; none where all that there was to do is ending an interrupted call.
    pub keys: Vec<Handle>,
    /// Whether an interrupted call was ended first.
    pub ended: bool,
    /// The epoch for which the living keys are wrapped now.
    pub epoch: u64,
    /// The packs that have a receipt now, and how many disclosures of each nobody reads any more.
    pub packs: Vec<(PathBuf, usize)>,
    /// The packs in which what was sealed stays, unreadable, since they could not be written.
    pub kept: Vec<(PathBuf, String)>,
}

/// Erases a person.
///
/// # Errors
/// A hold is active, the vault has no key of the person, a pack does not verify, both signers have one key, or
/// the receipt would name the person: then nothing was erased. Or something can't be written: then what was
/// begun is ended with the next erasing.
pub fn erase(input: &EraseInput<'_>) -> Result<Erased, VaultError> {
    check(input)?;
    let vault = input.vault;
    // The log is locked from here to the end: no hold comes in between.
    let log = Appender::open(input.log, input.packs, input.origin, input.log_key).map_err(told)?;
    finish_waiting(vault, &log)?;
    let all = vault.keys_of(input.subject);
    let keys = match input.class {
        Some(class) => vault.keys_in(class, input.subject),
        None => all.clone(),
    };
    let ended = vault.is_due();
    if keys.is_empty() && !ended {
        let error = VaultError::new("the vault has no key for that subject");
        return Err(error.help(
            "name the person as the data do: `tieout subject report --subject ID` shows what is held",
        ));
    }
    let packs = packs(input, &keys)?;
    let mut erased = Erased { ended, ..Erased::default() };
    if ended {
        clean(vault, &packs, &mut erased)?;
    }
    if keys.is_empty() {
        return Ok(erased);
    }
    let held = held(input, &all, &packs)?;
    let held = held.first();
    let receipts = receipts(input, &keys, &packs)?;
    // A hold is told before anything is written; the vault refuses as well.
    if held.is_none() {
        wait(vault, &receipts)?;
    }
    vault.destroy(&keys, input.request, held.is_some()).map_err(|e| match held {
        Some(hold) => {
            let digest = hold.digest;
            let reason = format!("{}: the one at log index {}, {digest}", e.reason, hold.index);
            VaultError { reason, help: e.help }
        }
        None => e,
    })?;
    log_waiting(vault, &log)?;
    let affected = packs.iter().filter(|pack| !pack.redacted.is_empty());
    erased.packs = affected.map(|pack| (pack.folder.clone(), pack.redacted.len())).collect();
    erased.keys = keys;
    clean(vault, &packs, &mut erased)?;
    Ok(erased)
}

/// Takes what nobody can read any more out of the packs, and what backups have of destroyed keys from them.
fn clean(vault: &Vault, packs: &[Pack], erased: &mut Erased) -> Result<(), VaultError> {
    let destroyed = vault.destroyed();
    erased.kept.clear();
    for pack in packs {
        if let Err(e) = take_out(vault, &destroyed, pack) {
            erased.kept.push((pack.folder.clone(), e.to_string()));
        }
    }
    erased.epoch = vault.rotate()?;
    Ok(())
}

/// Something that a pack holds about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// `record` or `population`, and its index there.
    pub place: String,
    /// The control.
    pub control: String,
    /// The dataset.
    pub dataset: String,
    /// The number of the file in it; empty for a group.
    pub file: String,
    /// The row in it; empty for a group.
    pub row: String,
    /// The column, or what of a fact.
    pub column: String,
    /// What it says.
    pub value: Value,
}

/// Everything that a pack holds about a person, as far as it is disclosed: of each record that names the
/// person in a personal column or in the key, everything.
pub fn about(pack: &VerifiedPack, subject: &str) -> Vec<About> {
    let names = |value: Option<&Value>| {
        value.is_some_and(|value| subjects::of_value(value).contains(subject))
    };
    let mut found = Vec::new();
    for (index, record) in pack.records.iter().enumerate() {
        if names(record.get("personal")) {
            let mut add = collector(&mut found, format!("record {index}"), record);
            for part in ["key", "values", "personal"] {
                record.get(part).into_iter().for_each(&mut add);
            }
            record.get("facts").and_then(Value::as_array).into_iter().flatten().for_each(add);
        }
    }
    for (index, record) in pack.population.iter().enumerate() {
        if names(record.get("key")) {
            let mut add = collector(&mut found, format!("population {index}"), record);
            record.get("key").into_iter().for_each(&mut add);
            add(&serde_json::json!({"decision": record.get("decision")}));
        }
    }
    found
}

/// Adds what stands in the fields of an object.
fn collector<'a>(
    found: &'a mut Vec<About>,
    place: String,
    record: &'a Value,
) -> impl FnMut(&Value) + 'a {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (control, dataset) = (text("control"), text("dataset"));
    let (file, row) = (text("file"), text("row"));
    move |fields| {
        for (column, value) in fields.as_object().into_iter().flatten() {
            found.push(About {
                place: place.clone(),
                control: control.clone(),
                dataset: dataset.clone(),
                file: file.clone(),
                row: row.clone(),
                column: column.clone(),
                value: value.clone(),
            });
        }
    }
}

fn check(input: &EraseInput<'_>) -> Result<(), VaultError> {
    if input.operator.public_key() == input.privacy.public_key() {
        let error = VaultError::new("the operator's key and the privacy officer's key are one key");
        return Err(error.help("two must sign: whoever has both could hide anything as erased"));
    }
    let subject = input.subject.to_lowercase();
    let names = |text: &str| text.to_lowercase().contains(&subject);
    if subject.is_empty() || names(input.request) || names(input.legal_basis) {
        let error = VaultError::new("a receipt must not name the person, and it stays for ever");
        return Err(error.help("give the request a number of its own"));
    }
    Ok(())
}

/// A pack that verified.
struct Pack {
    folder: PathBuf,
    id: String,
    digest: Digest,
    period: (NaiveDate, NaiveDate),
    /// What it discloses under the keys.
    redacted: Vec<Withheld>,
}

/// The packs, and what each discloses under these keys.
fn packs(input: &EraseInput<'_>, keys: &[Handle]) -> Result<Vec<Pack>, VaultError> {
    let anchor = Anchor {
        operator: Some(input.operator.public_pem()),
        log: input.log_key.vkey(input.origin),
        policy: None,
    };
    // With receipts, what is withheld is told one by one; here, which receipts there are does not matter.
    let receipts = Receipts::default();
    let reading = Reading { unseal: None, receipts: Some(&receipts) };
    let mut found = Vec::new();
    for name in pack_folders(input.packs).map_err(|e| unwritten(input.packs, &e))? {
        let folder = input.packs.join(name);
        let shown = folder.display();
        let verification = check_with(&folder, &anchor, reading)
            .map_err(|e| VaultError::new(format!("pack `{shown}`: {e}")))?;
        let pack = verification.pack.ok_or_else(|| {
            VaultError::new(format!("pack `{shown}` does not verify"))
                .help("nothing can be receipted of it; `tieout verify` shows why")
        })?;
        let names = input.vault.names_in(keys, &pack.id);
        let mut redacted = pack.withheld;
        redacted.retain(|withheld| {
            withheld.why == Why::Sealed && withheld.keys.iter().any(|key| names.contains(key))
        });
        let run = &pack.result.run;
        let period = (run.period_start, run.period_end);
        found.push(Pack { folder, id: pack.id, digest: pack.digest, period, redacted });
    }
    Ok(found)
}

/// The holds that forbid it. A hold on one key of a person is one on all.
fn held(
    input: &EraseInput<'_>,
    all: &[Handle],
    packs: &[Pack],
) -> Result<Vec<ActiveHold>, VaultError> {
    let key = NoteKey::new(input.origin, input.log_key.public_key());
    let key = key.ok_or_else(|| VaultError::new("that is no log's origin"))?;
    let unread = |e: LogError| VaultError::new(e.to_string());
    let log = log::read(input.log, &key).map_err(unread)?;
    let logged = statements_of(input.log, &log).map_err(unread)?;
    let present = logged.iter().map(|one| one.digest).chain(packs.iter().map(|pack| pack.digest));
    let present: BTreeSet<_> = present.collect();
    let absent = log.entries.iter().filter(|entry| !present.contains(*entry)).copied().collect();
    let affected = packs.iter().filter(|pack| !pack.redacted.is_empty());
    let affected = Affected {
        handles: all.iter().map(Handle::to_string).collect(),
        packs: affected.map(|pack| (pack.digest, pack.period.0, pack.period.1)).collect(),
        absent,
    };
    let mut releasers = vec![input.operator.public_key(), input.privacy.public_key()];
    releasers.extend(input.releasers.iter().cloned());
    let holds = active_holds(&logged, &releasers);
    Ok(holds.into_iter().filter(|hold| hold.covers(&affected)).collect())
}

/// The envelopes of the receipts, each payload signed by both.
fn receipts(
    input: &EraseInput<'_>,
    keys: &[Handle],
    packs: &[Pack],
) -> Result<Vec<Vec<u8>>, VaultError> {
    let epoch = Count(input.vault.epoch());
    let destroyed: BTreeSet<_> = keys.iter().map(Handle::to_string).collect();
    let destroyed = destroyed.into_iter().map(|handle| DestroyedKey { handle, epoch });
    let destroyed: Vec<_> = destroyed.collect();
    let mut envelopes = Vec::new();
    for pack in packs {
        for some in pack.redacted.chunks(MOST) {
            let erasure = Erasure {
                format_version: FORMAT_VERSION.to_owned(),
                request: input.request.to_owned(),
                legal_basis: input.legal_basis.to_owned(),
                erased_at: instant_text(input.at),
                keys: destroyed.clone(),
                records: leaves(some, Tree::Records),
                population: leaves(some, Tree::Population),
            };
            let payload = payload(pack.digest, &erasure)
                .ok_or_else(|| VaultError::new("the receipt can't be written"))?;
            for signer in [input.operator, input.privacy] {
                envelopes.push(signer.envelope(payload.clone()).to_bytes());
            }
        }
    }
    Ok(envelopes)
}

fn leaves(redacted: &[Withheld], tree: Tree) -> Vec<Redacted> {
    let mut leaves: BTreeMap<Count, Vec<String>> = BTreeMap::new();
    for one in redacted.iter().filter(|one| one.tree == tree) {
        leaves.entry(one.leaf).or_default().push(one.digest.clone());
    }
    leaves.into_iter().map(|(leaf, digests)| Redacted { leaf, digests }).collect()
}

/// Keeps the receipts until they are logged: all of them, or none.
fn wait(vault: &Vault, receipts: &[Vec<u8>]) -> Result<(), VaultError> {
    let folder = vault.folder();
    let (path, partial) = (folder.join(WAITING), folder.join(format!("{WAITING}.partial")));
    let wait = || {
        if_there(std::fs::remove_dir_all(&partial))?;
        make_folders(&Disk, &partial)?;
        let held = Disk.open_folder(&partial)?;
        for (number, receipt) in receipts.iter().enumerate() {
            write(&Disk, &partial.join(format!("{number:06}")), receipt)?;
        }
        held.sync()?;
        let held = Disk.open_folder(folder)?;
        Disk.rename(&partial, &path)?;
        held.sync()
    };
    wait().map_err(|e| unwritten(&path, &e))
}

/// The receipts that wait, in their order.
fn waiting(vault: &Vault) -> Result<Vec<Vec<u8>>, VaultError> {
    let path = vault.folder().join(WAITING);
    let waiting = || {
        let mut names = match std::fs::read_dir(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?,
        };
        names.sort();
        names.iter().map(std::fs::read).collect()
    };
    waiting().map_err(|e: io::Error| unwritten(&path, &e))
}

/// Ends what the last erasing began: the keys that its receipts name are destroyed, or they are all there.
fn finish_waiting(vault: &Vault, log: &Appender) -> Result<(), VaultError> {
    let mut keys = BTreeSet::new();
    for receipt in waiting(vault)? {
        let envelope = Envelope::parse(&receipt).map_err(|e| VaultError::new(e.to_string()))?;
        let (_, erasure) = read::<Erasure>(&envelope).map_err(VaultError::new)?;
        keys.extend(erasure.keys.iter().filter_map(|key| Handle::parse(&key.handle)));
    }
    let is_destroyed = |handle: &Handle| vault.state(*handle) == Some(KeyState::Destroyed);
    let (done, left): (Vec<Handle>, Vec<_>) = keys.into_iter().partition(is_destroyed);
    if done.is_empty() {
        return drop_waiting(vault);
    }
    if !left.is_empty() {
        // The journal was cut in the middle of what was decided.
        vault.destroy(&left, "as those decided on with it", false)?;
    }
    log_waiting(vault, log)
}

fn log_waiting(vault: &Vault, log: &Appender) -> Result<(), VaultError> {
    let receipts = waiting(vault)?;
    if !receipts.is_empty() {
        log.append(receipts).map_err(|e| {
            VaultError::new(format!("the keys are destroyed, and the receipts are not logged: {e}"))
                .help("the next `tieout erase` logs them")
        })?;
    }
    drop_waiting(vault)
}

fn told(error: SealError) -> VaultError {
    VaultError { reason: error.reason, help: error.help }
}

fn drop_waiting(vault: &Vault) -> Result<(), VaultError> {
    let path = vault.folder().join(WAITING);
    let dropped = if_there(std::fs::remove_dir_all(&path))
        .and_then(|_| Disk.open_folder(vault.folder()))
        .and_then(|held| held.sync());
    dropped.map_err(|e| unwritten(&path, &e))
}

fn unwritten(path: &Path, error: &io::Error) -> VaultError {
    VaultError::new(format!("`{}`: {error}", path.display()))
}

/// Takes out of a pack what is sealed under these keys. It is not covered by any digest.
fn take_out(vault: &Vault, keys: &[Handle], pack: &Pack) -> io::Result<()> {
    let names = vault.names_in(keys, &pack.id);
    let path = pack.folder.join(SEALED_DISCLOSURES);
    let Some(text) = if_there(std::fs::read_to_string(&path))? else { return Ok(()) };
    let stays = |line: &&str| {
        let line = SealedLine::parse(line.trim_end_matches('\n'));
        !line.is_ok_and(|line| line.keys.iter().any(|key| names.contains(key)))
    };
    let left: String = text.split_inclusive('\n').filter(stays).collect();
    if left == text {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(&pack.folder);
    let held = Disk.open_folder(folder)?;
    if left.is_empty() {
        std::fs::remove_file(&path)?;
        return held.sync();
    }
    // Beside the pack: in it, a file more would make it invalid.
    let beside = beside(&pack.folder, ".erasing");
    if_there(std::fs::remove_file(&beside))?;
    replace(&Disk, held.as_ref(), (&beside, &path), left.as_bytes())
}
