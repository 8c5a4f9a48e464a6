//! What a watcher of a log looks for: that it continues a head that was seen before, that every pack and
//! statement is in it where it says, and that nobody unexpected signed.
//!
//! [`log::read`](crate::log::read) comes first: it holds the entries against the signed head.

use crate::checkpoint::Checkpoint;
use crate::dsse::Envelope;
use crate::layout::{PROOF, TIMESTAMP_PROOF};
use crate::log::{self, LogEntries, PackFolder};
use crate::logbook::{self, Lines, Statement};
use crate::merkle::Tree;
use crate::note::NoteKey;
use crate::proof::LogProof;
use crate::public_key::PublicKey;
use crate::statement::type_of;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use tieout_controls::{Count, Digest};

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// The log's key.
    pub key: &'a NoteKey,
    /// The folder of the packs.
    pub packs: &'a Path,
    /// A head that was kept from before.
    pub seen: Option<&'a Checkpoint>,
    /// Who may have signed what is in the log; of whom nothing is asked where it is empty.
    pub expected: &'a [PublicKey],
}

/// What was found, a sentence each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is wrong.
    pub wrong: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// What came into the log since the head that was kept: who keeps it knows what they did since then, and a
    /// signature of a stolen key is told by nothing else.
    pub since: Vec<String>,
}

/// Whether a log continues a head that was kept from before: it has at least as many entries, and the first of
/// them have that head's root.
///
/// # Errors
/// Why it doesn't.
pub fn continues(log: &LogEntries, kept: &Checkpoint) -> Result<(), String> {
    follows(log, kept, &roots(&log.entries, [kept.size.0].into()))
}

/// As [`continues`], with the root of as many entries as the head has, if there are that many.
fn follows(
    log: &LogEntries,
    kept: &Checkpoint,
    roots: &BTreeMap<u64, Digest>,
) -> Result<(), String> {
    let now = &log.checkpoint;
    if kept.origin != now.origin {
        return Err(format!(
            "the head kept is of the log `{}`, this is `{}`",
            kept.origin, now.origin
        ));
    }
    match roots.get(&kept.size.0) {
        Some(root) if *root == kept.root => Ok(()),
        Some(_) => Err(format!(
            "its first {} entries are others than were seen: the log was rewritten",
            kept.size
        )),
        None => Err(format!(
            "the log had {} entries and has {}: its end was cut off, or an older copy was put back",
            kept.size, now.size
        )),
    }
}

/// The roots of the first so many entries, of each of these sizes that the log has.
fn roots(entries: &[Digest], sizes: BTreeSet<u64>) -> BTreeMap<u64, Digest> {
    let (mut tree, mut entries) = (Tree::default(), entries.iter());
    let mut roots = BTreeMap::new();
    for size in sizes {
        let more = size.saturating_sub(tree.size());
        let more = usize::try_from(more).unwrap_or(usize::MAX);
        entries.by_ref().take(more).for_each(|entry| tree.push(&entry.0));
        if tree.size() == size {
            roots.insert(size, tree.root());
        }
    }
    roots
}

/// Looks over a log that was [read](crate::log::read) from a folder.
///
/// # Errors
/// Folders or the log's files can't be read: nothing can be said. A pack that can't be read is found wrong.
pub fn fsck(log: &LogEntries, folder: &Path, watch: &Watch<'_>) -> io::Result<Findings> {
    let mut found = Findings::default();
    let mut present = BTreeMap::new();
    let packs = log::present(watch.packs)?;
    let packs: Vec<_> = packs.iter().map(|pack| (pack.name(), read(pack, watch.key))).collect();
    let heads = packs.iter().flat_map(|(_, pack)| pack).flat_map(|(.., places)| places).flatten();
    let heads = heads.map(|(_, head)| head).chain(watch.seen);
    let roots = roots(&log.entries, heads.map(|head| head.size.0).collect());
    if let Some(Err(why)) = watch.seen.map(|seen| follows(log, seen, &roots)) {
        found.wrong.push(why);
    }
    for (name, pack) in &packs {
        let mut wrong = |why: String| found.wrong.push(format!("pack `{name}`: {why}"));
        match pack {
            Err(why) => wrong((*why).clone()),
            Ok((entry, envelope, places)) => {
                let placed = places.as_ref().map_err(Clone::clone).and_then(|places| {
                    let mut places = places.iter();
                    places.try_for_each(|(at, head)| placed(log, entry, *at, head, &roots))
                });
                placed.unwrap_or_else(&mut wrong);
                signed_by(envelope, watch.expected).unwrap_or_else(&mut wrong);
                present.insert(**entry, format!("pack `{name}`"));
            }
        }
    }
    let lines = logbook::lines(folder, log);
    let Lines { lines, behind } =
        lines.map_err(|(what, e)| io::Error::new(e.kind(), format!("`{what}`: {e}")))?;
    for name in behind {
        let why = "is behind the head, and was never acknowledged: the next run removes it";
        found.notes.push(format!("`{name}` {why}"));
    }
    for line in lines {
        let signed = line.and_then(|Statement { index, digest, envelope }| {
            let envelope = Envelope::parse(&envelope);
            let kind = envelope.as_ref().ok().and_then(type_of);
            present.insert(digest, kind.unwrap_or_else(|| "no statement that can be read".into()));
            if watch.expected.is_empty() {
                return Ok(());
            }
            let envelope =
                envelope.map_err(|e| format!("entry {index} is no signed statement: {e}"))?;
            signed_by(&envelope, watch.expected).map_err(|why| format!("entry {index}: {why}"))
        });
        found.wrong.extend(signed.err());
    }
    let moved = match packs.iter().all(|(_, pack)| pack.is_ok()) {
        true => "has no pack or statement here: it was moved",
        false => "has no pack or statement here that can be read",
    };
    let entries = || (0_u64..).zip(&log.entries);
    if let Some(seen) = watch.seen {
        let what = |entry| present.get(entry).map_or("not here", String::as_str);
        let since = entries().filter(|(index, _)| *index >= seen.size.0);
        found.since = since.map(|(at, entry)| format!("entry {at}: {}", what(entry))).collect();
    }
    for (index, _) in entries().filter(|(_, entry)| !present.contains_key(*entry)) {
        if watch.expected.is_empty() {
            found.notes.push(format!("entry {index} {moved}"));
        } else {
            // Whoever has stolen a key keeps the pack elsewhere.
            let why = "has no pack or statement here, so that nobody can tell who signed it";
            found.wrong.push(format!("entry {index} {why}"));
        }
    }
    Ok(found)
}

type ReadPack<'a> = (&'a Digest, &'a Envelope, Result<Vec<(Count, Checkpoint)>, String>);

/// A pack's entry, its envelope, and its place in the log by its proof, and by that of its timestamp if it has one.
fn read<'a>(pack: &'a PackFolder, key: &NoteKey) -> Result<ReadPack<'a>, &'a String> {
    let (entry, envelope) = pack.envelope.as_ref()?;
    let stamped = pack.path.join(TIMESTAMP_PROOF).symlink_metadata().is_ok();
    let proofs = [PROOF].into_iter().chain(stamped.then_some(TIMESTAMP_PROOF));
    Ok((entry, envelope, proofs.map(|name| proved(&pack.path, name, entry, key)).collect()))
}

/// The index that a proof in a pack says, under a head that the log's key signed.
fn proved(
    pack: &Path,
    name: &str,
    entry: &Digest,
    key: &NoteKey,
) -> Result<(Count, Checkpoint), String> {
    let proof = std::fs::read_to_string(pack.join(name))
        .map_err(|e| format!("`{name}` can't be read: {e}"))?;
    let proof = LogProof::parse(&proof).map_err(|e| e.to_string())?;
    proof.includes(&entry.0).map_err(|e| e.to_string())?;
    let head = Checkpoint::verified(&proof.checkpoint, key).map_err(|e| e.to_string())?;
    Ok((proof.index, head))
}

/// Whether the log has a pack at that index, and continues the head of its proof.
fn placed(
    log: &LogEntries,
    entry: &Digest,
    at: Count,
    head: &Checkpoint,
    roots: &BTreeMap<u64, Digest>,
) -> Result<(), String> {
    follows(log, head, roots)?;
    let own = usize::try_from(at.0).ok().and_then(|at| log.entries.get(at));
    if own == Some(entry) { Ok(()) } else { Err(format!("the log has another entry {at}")) }
}

/// Whether one of these keys signed an envelope; where there are none, whoever did.
fn signed_by(envelope: &Envelope, expected: &[PublicKey]) -> Result<(), String> {
    if expected.is_empty() {
        return Ok(());
    }
    let Some(key) = expected.iter().find(|key| key.id() == envelope.keyid) else {
        return Err(format!("signed by a key that was not expected, of id {}", envelope.keyid));
    };
    if envelope.holds_under(key) {
        Ok(())
    } else {
        Err(format!("its signature does not hold under the key of id {}", envelope.keyid))
    }
}
