//! The workspace's packs as they are indexed, and what is missing of them.
//!
//! In audit work "no hits" is a claim. So whatever could hold a hit and is not indexed is said: a
//! pack that doesn't verify, a folder that is none, an entry of the log without its pack.

use crate::diagnostic::{Failure, Outcome};
use crate::interrupt;
use crate::output::{is_absent, shown};
use crate::packs::{self, first_failure};
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};
use tieout_evidence::log::{self, LogError, PackFolder};
use tieout_evidence::logbook;
use tieout_evidence::note::NoteKey;
use tieout_evidence::vault::Vault;
use tieout_evidence::verify::{Anchor, Reading, Unseal, Verdict, VerifiedPack, verify_with};
use tieout_search::index::Contents;

/// All packs of the workspace that verify, and what a reader of answers from them should know.
///
/// # Errors
/// The folder of the packs can't be read, or the user stopped it.
pub(super) fn contents(workspace: &Workspace, anchor: &Anchor) -> Outcome<Contents> {
    let mut contents = Contents { anchor: anchor.clone(), ..Contents::default() };
    let vault = crate::vault::reading(Some(workspace))?;
    contents.reservations = links(&workspace.packs())?;
    let mut found = Vec::new();
    let present = packs::present(workspace)?;
    for pack in &present {
        interrupt::check("sealed packs stay, and the next search makes the index anew")?;
        match examined(&pack.path, anchor, vault.as_ref()) {
            Ok(pack) => found.push(pack),
            Err(reason) => contents.reservations.push(reason),
        }
    }
    let found = once(found, &mut contents.notes);
    contents.packs = undisputed(found, &mut contents.reservations);
    against_log(workspace, anchor, &present, &mut contents)?;
    Ok(contents)
}

/// Packs that were named: each once, and none that another contradicts.
pub(super) fn named(packs: Vec<(VerifiedPack, Verdict)>, anchor: Anchor) -> Contents {
    let mut contents = Contents { anchor, ..Contents::default() };
    let found = once(packs, &mut contents.notes);
    contents.packs = undisputed(found, &mut contents.reservations);
    let asked = "only the packs named were searched; nothing was asked about others";
    contents.notes.push(asked.to_owned());
    contents
}

/// The pack in a folder, or why it is left out.
fn examined(
    folder: &Path,
    anchor: &Anchor,
    vault: Option<&Vault>,
) -> Result<(VerifiedPack, Verdict), String> {
    let name = shown(folder);
    if !folder.join(packs::ENVELOPE).is_file() {
        let envelope = packs::ENVELOPE;
        return Err(format!("folder `{name}` has no `{envelope}` and was left out: it is no pack"));
    }
    let reading = Reading { unseal: vault.map(|vault| -> &dyn Unseal { vault }), receipts: None };
    let verification = verify_with(folder, anchor, reading)
        .map_err(|e| format!("pack `{name}` can't be read and was left out: {e}"))?;
    let (verdict, failure) = (verification.verdict, first_failure(&verification));
    match verification.pack {
        Some(pack) if verdict != Verdict::Invalid => Ok((pack, verdict)),
        _ => Err(format!("pack `{name}` does not verify and was left out: {failure}")),
    }
}

/// What is only a link: a pack is a folder of its own, for the log's audit too.
fn links(folder: &Path) -> Outcome<Vec<String>> {
    let failed = |e: std::io::Error| Failure::file(folder, &e);
    let mut links = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(links),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type().map_err(failed)?.is_symlink() {
            let name = shown(&entry.path());
            links.push(format!("`{name}` is a link and was left out: a pack is a folder"));
        }
    }
    links.sort();
    Ok(links)
}

/// Each pack once: a copy of a folder is the same pack.
fn once(
    found: Vec<(VerifiedPack, Verdict)>,
    notes: &mut Vec<String>,
) -> Vec<(VerifiedPack, Verdict)> {
    let mut seen: BTreeMap<Digest, PathBuf> = BTreeMap::new();
    let mut kept = Vec::new();
    for (pack, verdict) in found {
        if let Some(first) = seen.get(&pack.digest) {
            let (copy, first) = (shown(&pack.folder), shown(first));
            notes.push(format!("pack `{copy}` is a copy of `{first}`: it counts once"));
        } else {
            seen.insert(pack.digest, pack.folder.clone());
            kept.push((pack, verdict));
        }
    }
    kept
}

/// The packs without those that claim one place in the log: which of them is right can't be told.
fn undisputed(
    found: Vec<(VerifiedPack, Verdict)>,
    reservations: &mut Vec<String>,
) -> Vec<(VerifiedPack, Verdict)> {
    let mut by_index: BTreeMap<Count, Vec<_>> = BTreeMap::new();
    for (pack, verdict) in found {
        by_index.entry(pack.log_index).or_default().push((pack, verdict));
    }
    let mut kept = Vec::new();
    for (index, packs) in by_index {
        if packs.len() == 1 {
            kept.extend(packs);
            continue;
        }
        let names: Vec<_> =
            packs.iter().map(|(pack, _)| format!("`{}`", shown(&pack.folder))).collect();
        reservations.push(format!(
            "packs {} differ and all say that they are entry {index} of the log: they were left out",
            names.join(", ")
        ));
    }
    kept
}

/// Holds the packs against the log: what is missing here, and what the log doesn't have.
fn against_log(
    workspace: &Workspace,
    anchor: &Anchor,
    packs: &[PackFolder],
    contents: &mut Contents,
) -> Outcome<()> {
    let folder = workspace.log();
    let absent = is_absent(&folder);
    if absent && contents.packs.is_empty() && contents.reservations.is_empty() {
        contents.notes.push("nothing was sealed in this workspace yet".to_owned());
        return Ok(());
    }
    let why = match &anchor.log {
        None => "there is no key to verify it with".to_owned(),
        Some(_) if absent => format!("there is no `{}`", shown(&folder)),
        Some(text) => {
            let key = NoteKey::parse(text).map_err(|e| e.to_string());
            let read = |key| {
                let entries = log::read(&folder, &key)?;
                let statements = logbook::statements_of(&folder, &entries)?;
                Ok((entries, statements))
            };
            match key.and_then(|key| read(key).map_err(|e: LogError| e.to_string())) {
                Ok((entries, statements)) => {
                    contents.reservations.extend(log::audit(&entries, &statements, packs));
                    return Ok(());
                }
                Err(why) => why,
            }
        }
    };
    contents
        .reservations
        .push(format!("the log was not read, so nothing tells whether packs are missing: {why}"));
    Ok(())
}
