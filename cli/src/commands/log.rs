//! `tieout log`.

mod http;
mod timestamp;
mod witness;

use super::{key, printed, remark};
use crate::args::{Algorithm, Global, LogFsck, PassphraseSource, Role};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::packs;
use crate::text::visible_line;
use crate::witnesses::Witnesses;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;
use tieout_controls::{Count, Digest};
use tieout_evidence::checkpoint::Checkpoint;
use tieout_evidence::fsck::{Findings, Watch};
use tieout_evidence::log::{self, LogEntries};
use tieout_evidence::note::NoteKey;
use tieout_evidence::proof::LogProof;
use tieout_evidence::published::{self, PublishError};
use tieout_evidence::seal::begin;

pub(super) use timestamp::{add as timestamp_add, request as timestamp_request};
pub(super) use witness::witness;

/// Begins the log. The key is made where there is none, unless there is a log already: another key would not
/// be its.
pub(super) fn init(global: &Global, passphrase: &PassphraseSource) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let file = keys::log_file(&workspace)?;
    let path = workspace.path(&file.value);
    let passphrase = passphrase.passphrase_file.as_deref();
    if output::is_absent(&path) {
        if !output::is_absent(&workspace.log().join("checkpoint")) {
            let message = format!("there is a log, and its key `{}` is gone", file.value);
            let help =
                "restore the key from its backup: no other one can continue the log".to_owned();
            return Err(workspace.wrong("keys-missing", message, file, Some(help)));
        }
        let kind = (Role::Log, Algorithm::Ed25519);
        key::new(global, kind, (Some(workspace.origin()), None), &path, passphrase)?;
    }
    let key = keys::log(&workspace, passphrase)?;
    begin(&workspace.log(), &workspace.packs(), &workspace.origin(), &key).map_err(|e| {
        Failure::usage(Diagnostic::new("log-not-begun", e.reason).maybe_help(e.help))
    })?;
    printed(&format!("{}\n", output::shown(&workspace.log().join("checkpoint"))))
}

/// Prints the head, cosigned before if that is asked for.
pub(super) fn checkpoint(global: &Global, cosign: bool) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let (key, log) = opened(&workspace)?;
    if !cosign {
        return printed(&log.note);
    }
    let Some(witnesses) = Witnesses::of(&workspace, &key)? else {
        let message = "the workspace names no witnesses";
        let help =
            "name a policy file (C2SP tlog-policy) with their keys and URLs: `log: {policy: FILE}`";
        return Err(Failure::usage(Diagnostic::new("witnesses-missing", message).help(help)));
    };
    let asked = witnesses.ask(&workspace, &key)?;
    output::print(&asked.head)?;
    witnesses.tell(&asked);
    Ok(if asked.is_enough() { Exit::Success } else { Exit::Inconclusive })
}

/// Prints the proof of an entry.
pub(super) fn proof(global: &Global, entry: &str) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let (_, log) = opened(&workspace)?;
    let index = match entry.parse() {
        Ok(index) => Some(Count(index)),
        Err(_) => {
            let pack = packs::named(Path::new(entry), Some(&workspace))?;
            let envelope = pack.join(packs::ENVELOPE);
            let bytes = std::fs::read(&envelope).map_err(|e| Failure::file(&envelope, &e))?;
            let digest = packs::digest(&bytes);
            log.entries.iter().position(|own: &Digest| *own == digest).map(Count::of)
        }
    };
    let Some(proof) = index.and_then(|index| LogProof::of(&log, index)) else {
        let message = format!("the log has no entry `{entry}`");
        let help = format!("it has {} entries, counted from 0", log.checkpoint.size);
        return Err(Failure::usage(Diagnostic::new("unknown-entry", message).help(help)));
    };
    printed(&proof.to_string())
}

/// Looks over the log.
pub(super) fn fsck(global: &Global, args: &LogFsck) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let (key, log) = opened(&workspace)?;
    let seen = args.seen.as_deref().map(|path| head(path, &key)).transpose()?;
    let expected =
        args.expect.iter().map(|path| keys::public(path)).collect::<Outcome<Vec<_>>>()?;
    let (folder, packs) = (workspace.log(), workspace.packs());
    let watch = Watch { key: &key, packs: &packs, seen: seen.as_ref(), expected: &expected };
    let found = tieout_evidence::fsck::fsck(&log, &folder, &watch);
    let found = found.map_err(|e| Failure::file(&folder, &e))?;
    output::print(&told(&log, &found))?;
    Ok(if found.wrong.is_empty() { Exit::Success } else { Exit::Unproven })
}

fn told(log: &LogEntries, found: &Findings) -> String {
    let mut out = String::new();
    for wrong in &found.wrong {
        let _ = writeln!(out, "  FAILED  {}", visible_line(wrong));
    }
    for note in &found.notes {
        let _ = writeln!(out, "  note    {}", visible_line(note));
    }
    for entry in &found.since {
        let _ = writeln!(out, "  new     {}", visible_line(entry));
    }
    let _ = match found.wrong.len() {
        0 => writeln!(
            out,
            "HOLDS: entries {}, under a head that the log's key signed",
            log.checkpoint.size
        ),
        _ => writeln!(
            out,
            "BROKEN: something does not hold; keep what you have seen, and ask the operator"
        ),
    };
    out
}

/// Publishes the log.
pub(super) fn publish(global: &Global, folder: &Path) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let (key, log) = opened(&workspace)?;
    let done = published::publish(&log, &key, folder).map_err(|e| match e {
        PublishError::Io { path, source } => Failure::file(&path, &source),
        PublishError::Other(why) => {
            let help = "another history than the one that was published is never published in its place: find out \
                        which is the right one";
            let diagnostics = vec![Diagnostic::new("log-not-published", why).help(help)];
            Failure { exit: Exit::Unproven, diagnostics }
        }
    })?;
    let told = format!("published: entries {}, new files {}", done.size, done.written);
    remark(global.quiet, &told);
    Ok(Exit::Success)
}

/// The workspace's log, verified under its key.
fn opened(workspace: &Workspace) -> Outcome<(NoteKey, LogEntries)> {
    let key = keys::log_vkey(workspace)?;
    let folder = workspace.log();
    // What isn't there or may not be read has no verdict.
    output::read_text(&folder.join("checkpoint"))?;
    let entries = folder.join("entries");
    match std::fs::File::open(&entries) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(Failure::file(&entries, &e)),
        _ => {}
    }
    let log = log::read(&folder, &key).map_err(|e| {
        let help = "restore the log's folder from its latest backup";
        let diagnostics = vec![Diagnostic::new("log-damaged", e.to_string()).help(help)];
        Failure { exit: Exit::Unproven, diagnostics }
    })?;
    Ok((key, log))
}

/// A head that was kept in a file.
fn head(path: &Path, key: &NoteKey) -> Outcome<Checkpoint> {
    let text = output::read_text(path)?;
    Checkpoint::verified(&text, key).map_err(|e| {
        let message = format!("`{}` is no head of this log: {e}", output::shown(path));
        let help = "`tieout log checkpoint > FILE` keeps one";
        Failure::usage(Diagnostic::new("head-unreadable", message).help(help))
    })
}
