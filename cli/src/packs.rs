//! The packs on disk.

use crate::args::AnchorFiles;
use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::vault;
use crate::workspace::Workspace;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_controls::Digest;
use tieout_evidence::log::{self, PackFolder};
use tieout_evidence::vault::Vault;
use tieout_evidence::verify::{
    Anchor, Reading, Unseal, Verdict, Verification, VerifiedPack, VerifyError, check_with,
    verify_with,
};

/// The file that makes a folder a pack.
pub(crate) const ENVELOPE: &str = "statement.dsse.json";

/// The folders in which the workspace's packs are, sorted: all but those with a dot in front, which
/// are being written.
///
/// # Errors
/// The folder can't be read.
pub(crate) fn folders(workspace: &Workspace) -> Outcome<Vec<PathBuf>> {
    let packs = workspace.packs();
    let names = log::pack_folders(&packs).map_err(|e| Failure::file(&packs, &e))?;
    Ok(names.into_iter().map(|name| packs.join(name)).collect())
}

/// What is in these folders: each with its envelope, or why that can't be read.
///
/// # Errors
/// The folder of the packs can't be read.
pub(crate) fn present(workspace: &Workspace) -> Outcome<Vec<PackFolder>> {
    let packs = workspace.packs();
    log::present(&packs).map_err(|e| Failure::file(&packs, &e))
}

/// The pack that a user names: a folder, or the name of a pack of the workspace, or the beginning
/// of only one.
///
/// # Errors
/// There is none, or several begin so.
pub(crate) fn named(name: &Path, workspace: Option<&Workspace>) -> Outcome<PathBuf> {
    if name.is_dir() {
        return Ok(name.to_path_buf());
    }
    let text = name.to_string_lossy();
    let known = workspace.map(folders).transpose()?.unwrap_or_default();
    if let Some(exact) = known.iter().find(|path| path.file_name() == Some(name.as_os_str())) {
        return Ok(exact.clone());
    }
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
/// It is no pack, or something of it can't be read, which says nothing about the pack.
pub(crate) fn check(pack: &Path, anchor: &Anchor, reading: Reading<'_>) -> Outcome<Verification> {
    verify_with(pack, anchor, reading).map_err(|e| unverified(pack, e))
}

/// As [`check`], without any of the pack's lines in memory.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_only(
    pack: &Path,
    anchor: &Anchor,
    reading: Reading<'_>,
) -> Outcome<Verification> {
    check_with(pack, anchor, reading).map_err(|e| unverified(pack, e))
}

/// What is said of a pack that can't be verified, which says nothing about it.
pub(crate) fn unverified(pack: &Path, error: VerifyError) -> Failure {
    match error {
        VerifyError::Unreadable { path, source } => Failure::file(&path, &source),
        VerifyError::NoPack => {
            let message = format!("`{}`: {error}", output::shown(pack));
            let help =
                "name the folder of a pack, such as `out/packs/20260201T093000Z-1b85cbd703da`";
            Failure::usage(Diagnostic::new("unknown-pack", message).help(help))
        }
        VerifyError::Key { .. } => {
            let help = "the operator's key is a PEM file, the log's a line `NAME+ID+KEY`";
            Failure::usage(Diagnostic::new("key-unreadable", error.to_string()).help(help))
        }
    }
}

/// Verifies a pack and gives its content; with the vault, what is sealed of persons as well.
///
/// # Errors
/// Its folder can't be read, or it doesn't verify: then with the first failed check.
pub(crate) fn open(
    pack: &Path,
    anchor: &Anchor,
    vault: Option<&Vault>,
) -> Outcome<(VerifiedPack, Verification)> {
    let reading = Reading { unseal: vault.map(|vault| -> &dyn Unseal { vault }), receipts: None };
    let verification = check(pack, anchor, reading)?;
    match verification.pack.clone() {
        Some(content) if verification.verdict != Verdict::Invalid => Ok((content, verification)),
        _ => Err(broken(pack, &verification)),
    }
}

/// A pack that a user names, under the anchor that was given, else the workspace's own.
pub(crate) struct Opened {
    pub(crate) anchor: Anchor,
    pub(crate) pack: VerifiedPack,
    pub(crate) verification: Verification,
}

/// Opens a pack that a user names, with the workspace's vault where there is one.
///
/// # Errors
/// There is none of that name, keys or vault can't be read, or as [`open`].
pub(crate) fn read(
    name: &Path,
    files: &AnchorFiles,
    workspace: Option<&Workspace>,
) -> Outcome<Opened> {
    let folder = named(name, workspace)?;
    let anchor = anchor(files, workspace)?;
    let vault = vault::reading(workspace)?;
    let (pack, verification) = open(&folder, &anchor, vault.as_ref())?;
    Ok(Opened { anchor, pack, verification })
}

/// What is said of a pack that doesn't verify.
pub(crate) fn broken(pack: &Path, verification: &Verification) -> Failure {
    let first = first_failure(verification);
    let message = format!("pack `{}` does not verify: {first}", output::shown(pack));
    let help = "`tieout verify PACK` shows every check; what it says can't be relied on";
    let diagnostics = vec![Diagnostic::new("pack-invalid", message).help(help)];
    Failure { exit: Exit::Unproven, diagnostics }
}

/// The first check that failed, and why.
pub(crate) fn first_failure(verification: &Verification) -> String {
    let failed = |c: &tieout_evidence::verify::Check| {
        c.failure.as_ref().map(|failure| format!("{}: {failure}", c.what))
    };
    verification.checks.iter().find_map(failed).unwrap_or_else(|| "no check says why".to_owned())
}

/// How a verdict is told in a line.
pub(crate) fn vouched(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Indeterminate => "holds by itself; nothing outside the pack vouches for its keys",
        Verdict::Invalid => "does not hold",
    }
}

/// How a command ends that showed what a pack says; tells when nobody vouches for it.
pub(crate) fn exit(verdict: Verdict) -> Exit {
    if verdict == Verdict::Indeterminate {
        let message = "nothing outside the pack vouches for the keys that it was signed with";
        let help = "get the operator's public key and the log's verifier key by another way than \
                    the pack, and give both: `--operator-key FILE --log-key FILE`";
        warn(&Diagnostic::new("no-trust-anchor", message).help(help));
    }
    Exit::of_verdict(verdict)
}

/// What the user trusts: the files given, else the workspace's own public keys.
///
/// # Errors
/// A file that can't be read.
pub(crate) fn anchor(files: &AnchorFiles, workspace: Option<&Workspace>) -> Outcome<Anchor> {
    if files.given() {
        return keys::anchor(files);
    }
    Ok(workspace.map(keys::own_anchor).transpose()?.unwrap_or_default())
}

/// The packs on disk: the SHA-256 of each envelope, which is the pack's name, with its folder; of
/// copies the first. What can't be read has no name here.
///
/// # Errors
/// Their folder can't be read.
pub(crate) fn envelopes(workspace: &Workspace) -> Outcome<BTreeMap<Digest, PathBuf>> {
    let mut found = BTreeMap::new();
    for pack in present(workspace)? {
        if let Ok((digest, _)) = pack.envelope {
            found.entry(digest).or_insert(pack.path);
        }
    }
    Ok(found)
}

/// The digest of a pack's envelope: its name, and its entry in the log.
pub(crate) fn digest(envelope: &[u8]) -> Digest {
    Digest(Sha256::digest(envelope).into())
}
