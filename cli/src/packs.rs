//! The packs on disk, and the search index over those that verify.

use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::interrupt;
use crate::keys;
use crate::output;
use crate::workspace::Workspace;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tieout_controls::Digest;
use tieout_evidence::verify::{Anchor, Verdict, Verification, VerifiedPack, verify};
use tieout_search::index::{Index, IndexError};

const ENVELOPE: &str = "statement.dsse.json";

/// The folders of the workspace's packs, sorted.
///
/// # Errors
/// The folder can't be read.
pub(crate) fn folders(workspace: &Workspace) -> Outcome<Vec<PathBuf>> {
    let packs = workspace.packs();
    if !packs.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |e: std::io::Error| Failure::file(&packs, &e);
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(&packs).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join(ENVELOPE).is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The pack that a user names: a folder, or the name (or its only beginning) of a pack of the
/// workspace.
///
/// # Errors
/// There is none, or several begin so.
pub(crate) fn named(name: &Path, workspace: Option<&Workspace>) -> Outcome<PathBuf> {
    if name.is_dir() {
        return Ok(name.to_path_buf());
    }
    let text = name.to_string_lossy();
    let known = workspace.map(folders).transpose()?.unwrap_or_default();
    let begins = |path: &&PathBuf| {
        path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(text.as_ref()))
    };
    let found: Vec<_> = known.iter().filter(begins).collect();
    match found.as_slice() {
        [one] if !text.is_empty() => Ok(one.to_path_buf()),
        [] => Err(unknown(format!("there is no pack `{text}`"), &known)),
        several => {
            let message = format!("{} packs begin with `{text}`", several.len());
            Err(unknown(message, &known))
        }
    }
}

fn unknown(message: String, known: &[PathBuf]) -> Failure {
    let names: Vec<_> = known.iter().rev().take(5).map(|p| output::shown(p)).collect();
    let help = if names.is_empty() {
        "name the folder of a pack".to_owned()
    } else {
        format!("packs of this workspace: {}", names.join(", "))
    };
    Failure::usage(Diagnostic::new("unknown-pack", message).help(help))
}

/// Verifies a pack.
///
/// # Errors
/// Its folder can't be read.
pub(crate) fn check(pack: &Path, anchor: &Anchor) -> Outcome<Verification> {
    verify(pack, anchor).map_err(|e| Failure::file(pack, &e))
}

/// Verifies a pack and gives its content.
///
/// # Errors
/// Its folder can't be read, or it doesn't verify: then with the first failed check.
pub(crate) fn open(pack: &Path, anchor: &Anchor) -> Outcome<(VerifiedPack, Verification)> {
    let verification = check(pack, anchor)?;
    match verification.pack.clone() {
        Some(content) if verification.verdict != Verdict::Invalid => Ok((content, verification)),
        _ => Err(broken(pack, &verification)),
    }
}

/// What is said of a pack that doesn't verify.
pub(crate) fn broken(pack: &Path, verification: &Verification) -> Failure {
    let failures = verification
        .checks
        .iter()
        .filter_map(|c| c.failure.as_ref().map(|failure| format!("{}: {failure}", c.what)));
    let first = failures.into_iter().next().unwrap_or_else(|| "it does not verify".to_owned());
    let message = format!("pack `{}` does not verify: {first}", output::shown(pack));
    let help = "`tieout verify PACK` shows every check; what it says can't be relied on";
    let diagnostics = vec![Diagnostic::new("pack-invalid", message).help(help)];
    Failure { exit: crate::exit::Exit::Unproven, diagnostics }
}

/// What the user trusts: the files given, else the workspace's own public keys.
///
/// # Errors
/// A file that can't be read.
pub(crate) fn anchor(
    files: &crate::args::AnchorFiles,
    workspace: Option<&Workspace>,
) -> Outcome<Anchor> {
    let given = keys::anchor(files)?;
    if given.operator.is_some() || given.log.is_some() {
        return Ok(given);
    }
    Ok(workspace.map(keys::own_anchor).unwrap_or_default())
}

/// All packs of the workspace that verify, by log index. The others are warned of.
///
/// # Errors
/// A folder that can't be read.
pub(crate) fn verified(workspace: &Workspace, anchor: &Anchor) -> Outcome<Vec<VerifiedPack>> {
    let mut packs = Vec::new();
    for folder in folders(workspace)? {
        interrupt::check("sealed packs stay, and the next search makes the index anew")?;
        match open(&folder, anchor) {
            Ok((pack, _)) => packs.push(pack),
            Err(failure) if failure.exit == crate::exit::Exit::Unproven => {
                for diagnostic in failure.diagnostics {
                    let help = "it is left out of the index";
                    warn(&Diagnostic { help: Some(help.to_owned()), ..diagnostic });
                }
            }
            Err(other) => return Err(other),
        }
    }
    packs.sort_by_key(|p| p.log_index);
    Ok(packs)
}

/// The index over the workspace's packs, rebuilt when the packs on disk are not the ones in it.
///
/// # Errors
/// Packs or index can't be read or written.
pub(crate) fn index(workspace: &Workspace) -> Outcome<Index> {
    let folder = workspace.index();
    if let Ok(index) = Index::open(&folder) {
        let indexed = index.packs().map_err(unreadable)?;
        let indexed: BTreeSet<Digest> = indexed.into_iter().map(|(_, digest)| digest).collect();
        if indexed.iter().eq(envelopes(workspace)?.keys()) {
            return Ok(index);
        }
    }
    rebuild(workspace, &keys::own_anchor(workspace))
}

/// Makes the index anew.
///
/// # Errors
/// Packs can't be read, or the index can't be written.
pub(crate) fn rebuild(workspace: &Workspace, anchor: &Anchor) -> Outcome<Index> {
    let packs = verified(workspace, anchor)?;
    Index::rebuild(&workspace.index(), &packs).map_err(unreadable)
}

/// The packs on disk: the SHA-256 of each envelope, which is the pack's name, with its folder.
///
/// # Errors
/// They can't be read.
pub(crate) fn envelopes(workspace: &Workspace) -> Outcome<BTreeMap<Digest, PathBuf>> {
    let mut found = BTreeMap::new();
    for folder in folders(workspace)? {
        let path = folder.join(ENVELOPE);
        let bytes = std::fs::read(&path).map_err(|e| Failure::file(&path, &e))?;
        found.insert(Digest(Sha256::digest(&bytes).into()), folder);
    }
    Ok(found)
}

/// What is said of an index that can't be used.
pub(crate) fn unreadable(error: IndexError) -> Failure {
    let help = "the index is only a cache: its folder can be deleted and is made anew";
    Failure::usage(Diagnostic::new("index-unreadable", error.to_string()).help(help))
}
