//! `tieout verify`.

use crate::args::{Global, Verify};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::packs;
use crate::people;
use crate::sealing;
use crate::text::visible_line;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use tieout_evidence::erasure::Receipts;
use tieout_evidence::log::PackFolder;
use tieout_evidence::logbook::statements;
use tieout_evidence::note::NoteKey;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::verify::{
    Anchor, Reading, Reviews, Verdict, Verification, VerifyError, check_with,
};

/// Verifies a pack under the keys given, and only those: an anchor comes from outside. Without a pack,
/// the workspace.
pub(super) fn verify(global: &Global, args: &Verify) -> Outcome<Exit> {
    let Some(pack) = &args.pack else { return whole(global, args) };
    // The workspace only helps to find a pack by its name: a folder is verified by itself, whatever
    // lies above it.
    let workspace = match (&global.config, pack.is_dir()) {
        (None, true) => None,
        (config, _) => Workspace::find(config.as_deref())?,
    };
    let pack = packs::named(pack, workspace.as_ref())?;
    let anchor = keys::anchor(&args.anchor)?;
    let trust = people::trust(&args.trust)?;
    let receipts = receipts(args, &anchor)?;
    let reading = Reading { unseal: None, receipts: receipts.as_ref() };
    let verification = packs::check_only(&pack, &anchor, reading)?;
    let content = verification.pack.as_ref();
    let reviews = content.map(|content| people::beside(content, &anchor, &trust)).transpose()?;
    let reviews = reviews.flatten();
    output::print(&told(&output::shown(&pack), &verification, reviews.as_ref(), &anchor))?;
    Ok(Exit::of_verdict(verification.verdict.with(reviews.as_ref())))
}

/// Verifies a workspace's log and packs: that every entry is explained, every pack valid and logged, and
/// every run that was announced has its one result, or the reason why it has none.
fn whole(global: &Global, args: &Verify) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let anchor = packs::anchor(&args.anchor, Some(&workspace))?;
    let (operator, key) = both(&anchor)?;
    let (mut findings, mut lines) = (Vec::new(), Vec::new());
    let present = packs::present(&workspace)?;
    for pack in &present {
        let shown = output::shown(&pack.path);
        match holds(pack, &anchor)? {
            Ok(()) => lines.push(format!("  ok      {}", visible_line(&shown))),
            Err(why) => findings.push(format!("pack `{shown}`: {why}")),
        }
    }
    let audit = sealing::audit(&workspace.log(), &present, (&operator, &key))?;
    lines.push(format!("  ok      the log, of {} entries", audit.entries));
    findings.extend(audit.unexplained);
    findings.extend(audit.runs.findings.iter().map(ToString::to_string));
    let notes = audit.runs.notes.iter();
    lines.extend(notes.map(|note| format!("  note    {}", visible_line(&note.to_string()))));
    lines.extend(findings.iter().map(|f| format!("  FAILED  {}", visible_line(f))));
    lines.push(match findings.is_empty() {
        true => "VALID: log and packs hold, and explain each other".to_owned(),
        false => "INVALID: something is missing, or does not hold".to_owned(),
    });
    output::print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
    Ok(if findings.is_empty() { Exit::Success } else { Exit::Unproven })
}

/// Whether a pack of the workspace is valid, else why it isn't, or why nobody can tell.
fn holds(pack: &PackFolder, anchor: &Anchor) -> Outcome<Result<(), String>> {
    if let Err(why) = &pack.envelope {
        return Ok(Err(why.clone()));
    }
    Ok(match check_with(&pack.path, anchor, Reading::default()) {
        Ok(verification) if verification.verdict == Verdict::Valid => Ok(()),
        Ok(verification) => Err(packs::first_failure(&verification)),
        Err(error @ VerifyError::Key { .. }) => return Err(packs::unverified(&pack.path, error)),
        Err(unread) => Err(unread.to_string()),
    })
}

/// The operator's and the log's key, without which a log says nothing.
fn both(anchor: &Anchor) -> Outcome<(PublicKey, NoteKey)> {
    let (Some(operator), Some(log)) = (&anchor.operator, &anchor.log) else {
        let message = "a workspace is verified under the operator's and the log's key";
        let help = "give both: `--operator-key FILE --log-key FILE`";
        return Err(Failure::usage(Diagnostic::new("no-trust-anchor", message).help(help)));
    };
    let unread = |what: String| Failure::usage(Diagnostic::new("key-unreadable", what));
    let operator = PublicKey::from_pem(operator).map_err(|e| unread(e.to_string()))?;
    Ok((operator, NoteKey::parse(log).map_err(|e| unread(e.to_string()))?))
}

/// The receipts of a log under the keys given, if it is asked for.
fn receipts(args: &Verify, anchor: &Anchor) -> Outcome<Option<Receipts>> {
    let (Some(log), Some(privacy)) = (&args.receipts, &args.privacy_key) else { return Ok(None) };
    let refused = |e: String| Failure::usage(Diagnostic::new("receipts-unreadable", e));
    let (operator, key) = both(anchor)?;
    let logged = statements(log, &key).map_err(|e| refused(e.to_string()))?;
    let privacy = keys::public(privacy)?;
    Receipts::of(&logged, &operator, &privacy).map(Some).map_err(refused)
}

fn told(
    pack: &str,
    verification: &Verification,
    reviews: Option<&Reviews>,
    anchor: &Anchor,
) -> String {
    let verdict = verification.verdict.with(reviews);
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
    for line in reviews.into_iter().flat_map(Reviews::lines) {
        let _ = writeln!(out, "  {}", visible_line(&line));
    }
    if verdict == Verdict::Indeterminate {
        let unknown = reviews.is_some_and(|reviews| !reviews.file.unknown.is_empty());
        let _ = write!(out, "{}", to_go_on(pack, anchor, unknown));
    }
    // The last line, so that nothing that a pack says can stand behind it.
    let _ = writeln!(
        out,
        "{}",
        match verdict {
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
fn to_go_on(pack: &str, anchor: &Anchor, unknown: bool) -> String {
    let missing = [
        (anchor.operator.is_none(), "--operator-key OPERATOR.pub"),
        (anchor.log.is_none() && anchor.policy.is_none(), "--log-key LOG.vkey"),
        (unknown, "--authority-key AUTHORITY.pub"),
    ];
    let missing: Vec<_> = missing.iter().filter(|(missing, _)| *missing).map(|(_, f)| *f).collect();
    let (pack, flags) = (visible_line(pack), missing.join(" "));
    format!(
        "to go on: get the public keys from the operator, by another way than the pack, then\n  \
         tieout verify {pack} {flags}\n"
    )
}
