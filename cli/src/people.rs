//! What people state: signing it, and reading what lies with a pack or in the workspace's log.

use crate::args::{Signing, TrustFiles};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::keys;
use crate::output;
use crate::packs;
use crate::workspace::Workspace;
use std::path::Path;
use tieout_controls::Digest;
use tieout_evidence::log::{self, LogEntries};
use tieout_evidence::logbook::{self, Statement};
use tieout_evidence::note::NoteKey;
use tieout_evidence::statement::{Stated, signed};
use tieout_evidence::verify::{Anchor, Reviews, Trust, VerifiedPack, reviews};

/// The longest statement that is read, in bytes.
const MAX_STATEMENT: u64 = 2 << 20;

/// Whom the reader of sign-offs trusts, from files.
///
/// # Errors
/// The authority's key can't be read, or is no key.
pub(crate) fn trust(files: &TrustFiles) -> Outcome<Trust> {
    let authority = files.authority_key.as_deref().map(keys::public);
    let mut trust =
        Trust { authority: authority.transpose()?.map(|key| key.to_pem()), ..Trust::default() };
    trust.completion_days = files.completion_days.unwrap_or(trust.completion_days);
    Ok(trust)
}

/// What people stated about a pack, as it lies with it.
///
/// # Errors
/// Something can't be read, or a key has two roles.
pub(crate) fn beside(
    pack: &VerifiedPack,
    anchor: &Anchor,
    trust: &Trust,
) -> Outcome<Option<Reviews>> {
    reviews(pack, anchor, trust).map_err(|e| packs::unverified(&pack.folder, e))
}

/// Signs a statement and hands it over.
///
/// # Errors
/// The key can't be read, the statement is not in its form, or it can't be written.
pub(crate) fn state<S: Stated>(signing: &Signing, subject: Digest, stated: &S) -> Outcome<()> {
    if !stated.is_canonical() {
        return Err(unfit::<S>());
    }
    let key = keys::own(&signing.sign_with, signing.passphrase.passphrase_file.as_deref())?;
    let bytes = signed(subject, stated, &key)
        .ok_or_else(|| Failure::internal("a statement that is no JSON"))?;
    output::hand_over(&signing.output, &bytes)
}

fn unfit<S: Stated>() -> Failure {
    let message = format!("that is no {} in the form of one", S::WHAT);
    let help = "texts are one line without space at its ends, persons are pseudonyms of small letters, \
                digits and `-`, and a risk is accepted until a day";
    Failure::usage(Diagnostic::new("statement-unfit", message).help(help))
}

/// The digest of a file that is kept elsewhere.
///
/// # Errors
/// It can't be read.
pub(crate) fn digest_of(path: &Path) -> Outcome<Digest> {
    let bytes = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
    Ok(packs::digest(&bytes))
}

/// A signed statement's file.
///
/// # Errors
/// It can't be read, or is larger than any statement.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    let size = std::fs::metadata(path).map_err(|e| Failure::file(path, &e))?.len();
    if size > MAX_STATEMENT {
        let message = format!("`{}` is larger than a statement", output::shown(path));
        return Err(Failure::usage(Diagnostic::new("statement-unfit", message)));
    }
    std::fs::read(path).map_err(|e| Failure::file(path, &e))
}

/// The key under which a workspace's log is read.
///
/// # Errors
/// The workspace has none beside its log key.
pub(crate) fn log_key(workspace: &Workspace) -> Outcome<NoteKey> {
    let vkey = keys::own_anchor(workspace)?.log;
    vkey.and_then(|vkey| NoteKey::parse(&vkey).ok()).ok_or_else(|| {
        let message = "the workspace's log has no verifier key here, so it can't be read";
        let help = "it lies beside the log's private key, as `.vkey`; restore it";
        Failure::usage(Diagnostic::new("keys-missing", message).help(help))
    })
}

/// A workspace's log, and the statements in it.
///
/// # Errors
/// The log can't be read.
pub(crate) fn logged(workspace: &Workspace) -> Outcome<(LogEntries, Vec<Statement>)> {
    let (folder, key) = (workspace.log(), log_key(workspace)?);
    let read = log::read(&folder, &key)
        .and_then(|log| logbook::statements_of(&folder, &log).map(|statements| (log, statements)));
    read.map_err(|e| {
        let help = "restore the log's folder from its latest backup";
        Failure::usage(Diagnostic::new("log-unreadable", e.to_string()).help(help))
    })
}
