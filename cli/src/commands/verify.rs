//! `tieout verify`.

use crate::args::{Global, Verify};
use crate::diagnostic::Outcome;
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::packs;
use crate::people;
use crate::text::visible_line;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use tieout_evidence::verify::{Anchor, Reviews, Verdict, Verification};

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
    let trust = people::trust(&args.trust)?;
    let verification = packs::check(&pack, &anchor)?;
    let content = verification.pack.as_ref();
    let reviews = content.map(|content| people::beside(content, &anchor, &trust)).transpose()?;
    let reviews = reviews.flatten();
    output::print(&told(&output::shown(&pack), &verification, reviews.as_ref(), &anchor))?;
    Ok(Exit::of_verdict(verification.verdict.with(reviews.as_ref())))
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
