//! `tieout verify`.

use crate::args::{Global, Verify};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::packs;
use crate::text::visible_line;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use tieout_evidence::erasure::Receipts;
use tieout_evidence::logbook::statements;
use tieout_evidence::note::NoteKey;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::verify::{Anchor, Reading, Verdict, Verification};

/// Verifies a pack under the keys given, and only those: an anchor comes from outside.
pub(super) fn verify(global: &Global, args: &Verify) -> Outcome<Exit> {
    // The workspace only helps to find a pack by its name: a folder is verified by itself, whatever
    // lies above it.
    let workspace = match (&global.config, args.pack.is_dir()) {
        (None, true) => None,
        (config, _) => Workspace::find(config.as_deref())?,
    };
    let pack = packs::named(&args.pack, workspace.as_ref())?;
    let anchor = keys::anchor(&args.anchor)?;
    let receipts = receipts(args, &anchor)?;
    let reading = Reading { unseal: None, receipts: receipts.as_ref() };
    let verification = packs::check(&pack, &anchor, reading)?;
    output::print(&told(&output::shown(&pack), &verification, &anchor))?;
    Ok(Exit::of_verdict(verification.verdict))
}

/// The receipts of a log under the keys given, if it is asked for.
fn receipts(args: &Verify, anchor: &Anchor) -> Outcome<Option<Receipts>> {
    let (Some(log), Some(privacy)) = (&args.receipts, &args.privacy_key) else { return Ok(None) };
    let refused = |e: String| Failure::usage(Diagnostic::new("receipts-unreadable", e));
    let operator = PublicKey::from_pem(anchor.operator.as_deref().unwrap_or_default());
    let operator = operator.map_err(|e| refused(e.to_string()))?;
    let key = NoteKey::parse(anchor.log.as_deref().unwrap_or_default());
    let key = key.map_err(|e| refused(e.to_string()))?;
    let logged = statements(log, &key).map_err(|e| refused(e.to_string()))?;
    let privacy = super::erase::public(privacy)?;
    Receipts::of(&logged, &operator, &privacy).map(Some).map_err(refused)
}

fn told(pack: &str, verification: &Verification, anchor: &Anchor) -> String {
    let mut out = String::new();
    for check in &verification.checks {
        let _ = match &check.failure {
            None => writeln!(out, "  ok      {}", check.what),
            Some(failure) => writeln!(out, "  FAILED  {}: {}", check.what, visible_line(failure)),
        };
    }
    if verification.verdict == Verdict::Invalid {
        let _ = writeln!(out, "  -       what comes after was not checked: it would rest on this");
    }
    for note in &verification.notes {
        let _ = writeln!(out, "  note    {}", visible_line(note));
    }
    if verification.verdict == Verdict::Indeterminate {
        let _ = write!(out, "{}", to_go_on(pack, anchor));
    }
    // The last line, so that nothing that a pack says can stand behind it.
    let _ = writeln!(
        out,
        "{}",
        match verification.verdict {
            Verdict::Valid => "VALID: everything holds under the keys given",
            Verdict::Invalid => "INVALID: something does not hold; rely on none of it",
            Verdict::Indeterminate => {
                "INDETERMINATE: everything holds by itself, but nothing outside the pack vouches for it"
            }
        }
    );
    out
}

/// What to do for a verdict.
fn to_go_on(pack: &str, anchor: &Anchor) -> String {
    let missing = [
        (anchor.operator.is_none(), "--operator-key OPERATOR.pub"),
        (anchor.log.is_none(), "--log-key LOG.vkey"),
    ];
    let missing: Vec<_> = missing.iter().filter(|(missing, _)| *missing).map(|(_, f)| *f).collect();
    let (pack, flags) = (visible_line(pack), missing.join(" "));
    format!(
        "to go on: get the public keys from the operator, by another way than the pack, then\n  \
         tieout verify {pack} {flags}\n"
    )
}
