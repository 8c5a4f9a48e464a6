//! `tieout erase`, and legal holds.

use crate::args::{Erase, Global, HoldPlace, HoldRelease};
use crate::commands::remark;
use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::exit::Exit;
use crate::keys::{self, Keys};
use crate::output;
use crate::sealing::not_sealed;
use crate::workspace::Workspace;
use crate::{clock, index, vault};
use std::path::Path;
use tieout_controls::value::instant_text;
use tieout_evidence::erase::{EraseInput, Erased, erase as erase_person};
use tieout_evidence::erasure::{Hold, Release, Scope};
use tieout_evidence::key::SigningKey;
use tieout_evidence::seal::append;
use tieout_evidence::statement::signed;

/// Erases a person: the keys, what is sealed in the packs, and what the search index has.
pub(super) fn erase(global: &Global, args: &Erase) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let vault = vault::needed(&workspace)?;
    let keys = Keys::of(&workspace, args.passphrase.passphrase_file.as_deref())?;
    let privacy = privacy(args, args.passphrase.passphrase_file.as_deref())?;
    let releasers =
        args.releaser_key.iter().map(|file| keys::public(file)).collect::<Outcome<Vec<_>>>()?;
    // Before the first key goes: what is there stays, should this be interrupted.
    if vault.is_due() || !vault.keys_of(&args.subject).is_empty() {
        index::forget(&workspace)?;
    }
    let erased = erase_person(&EraseInput {
        vault: &vault,
        log: &workspace.log(),
        origin: &workspace.origin(),
        log_key: &keys.log,
        packs: &workspace.packs(),
        subject: &args.subject,
        class: args.dataset.as_deref(),
        request: &args.request,
        legal_basis: &args.legal_basis,
        at: clock::now(),
        operator: &keys.operator,
        privacy: &privacy,
        releasers: &releasers,
    });
    let erased = erased.map_err(|e| vault::refused(&e))?;
    drop(vault);
    let anchor = keys.anchor(&workspace.origin());
    index::anew(&workspace, &anchor)?;
    output::print(&told(&erased))?;
    if erased.keys.is_empty() {
        let message = "the vault has no key for that subject";
        let help = "what an interrupted `tieout erase` began is ended: if it was about the same person, \
                    nothing is left to do";
        warn(&Diagnostic::new("subject-unknown", message).help(help));
    }
    for (pack, why) in &erased.kept {
        let message = format!("what was sealed stays in `{}`: {why}", output::shown(pack));
        let help = "nobody can read it any more; take it out where the pack can be written";
        warn(&Diagnostic::new("sealed-part-kept", message).help(help));
    }
    remark(
        global.quiet,
        "reports, exports and the source data are not packs: erase the person there as well, and tell those \
         who were given copies (GDPR, article 19)",
    );
    Ok(Exit::Success)
}

fn told(erased: &Erased) -> String {
    let mut out = String::new();
    if erased.ended {
        out.push_str("an interrupted erasing was ended: its receipts are in the log\n");
    }
    let (number, epoch) = (erased.keys.len(), erased.epoch);
    out.push_str(&format!("{number} keys destroyed; the others are wrapped for epoch {epoch}\n"));
    for handle in &erased.keys {
        out.push_str(&format!("  key {handle}\n"));
    }
    for (pack, number) in &erased.packs {
        let pack = output::shown(pack);
        out.push_str(&format!("  {pack}: {number} disclosures, with a receipt in the log\n"));
    }
    out
}

fn privacy(args: &Erase, passphrase: Option<&Path>) -> Outcome<SigningKey> {
    keys::own(&args.privacy_key, args.privacy_passphrase_file.as_deref().or(passphrase))
}

/// Places a legal hold.
pub(super) fn place(global: &Global, args: &HoldPlace) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let scope = match (&args.subject, &args.pack, &args.period) {
        (Some(subject), None, None) => {
            let keys = vault::keys_of(&*vault::needed(&workspace)?, subject)?;
            Scope::Keys(keys.iter().map(ToString::to_string).collect())
        }
        (None, Some(pack), None) => Scope::Pack(*pack),
        (None, None, Some(period)) => Scope::Period { start: period.start, end: period.end },
        _ => {
            let message = "a hold covers one of a person, a pack or a period";
            let help = "give one of `--subject`, `--pack` and `--period`";
            return Err(Failure::usage(Diagnostic::new("hold-invalid", message).help(help)));
        }
    };
    let mut hold = Hold::new(scope, &args.reason, &instant_text(clock::now()));
    hold.review = args.review;
    let key = keys::own(&args.key, args.key_passphrase_file.as_deref())?;
    let envelope = signed(hold.subject(), &hold, &key);
    log(&workspace, args.passphrase.passphrase_file.as_deref(), envelope)
}

/// Releases a legal hold.
pub(super) fn release(global: &Global, args: &HoldRelease) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let release = Release::new(&args.reason, &instant_text(clock::now()));
    let key = keys::own(&args.key, args.key_passphrase_file.as_deref())?;
    let envelope = signed(args.hold, &release, &key);
    log(&workspace, args.passphrase.passphrase_file.as_deref(), envelope)
}

/// Logs a statement, and tells its index and digest.
fn log(
    workspace: &Workspace,
    passphrase: Option<&Path>,
    envelope: Option<Vec<u8>>,
) -> Outcome<Exit> {
    let envelope =
        envelope.ok_or_else(|| Failure::internal("a statement that can't be written"))?;
    let keys = Keys::of(workspace, passphrase)?;
    let (folder, packs) = (workspace.log(), workspace.packs());
    let logged = append(&folder, &packs, &workspace.origin(), &keys.log, &[envelope]);
    let logged = logged.map_err(not_sealed)?;
    for one in logged {
        output::print(&format!("log index {}, {}\n", one.index, one.digest))?;
    }
    Ok(Exit::Success)
}
