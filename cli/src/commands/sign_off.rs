//! `tieout sign-off`: what people conclude about a pack, each as a statement signed with their own key.

use crate::args::{About, Concluded, Global, SignOff, SignOffConclusion, SignOffRole, TrustFiles};
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::packs::{self, Opened};
use crate::people;
use crate::workspace::Workspace;
use chrono::NaiveDate;
use tieout_controls::Count;
use tieout_evidence::people::{
    Addendum, AuditFile, Completion, Conclusion, ExternalSignOff, Review, ReviewRole, Said,
};
use tieout_evidence::statement::Stated;
use tieout_evidence::verify::{Anchor, Verdict, VerifiedPack};

/// Signs a statement about a pack that verifies.
pub(super) fn sign_off(global: &Global, args: &SignOff) -> Outcome<Exit> {
    match args {
        SignOff::Review { about, concluded, scope, comments } => {
            let review = Review {
                role: role(concluded),
                conclusion: conclusion(concluded),
                scope: scope.clone(),
                date: day(about),
                comments: comments.as_deref().map(people::digest_of).transpose()?,
            };
            state(global, about, |_, _| Ok(review))
        }
        SignOff::Complete { about, trust, released } => state(global, about, |pack, anchor| {
            let file = file(pack, anchor, trust)?;
            let mut contents: Vec<_> = file.entries.iter().map(|entry| entry.statement).collect();
            contents.sort();
            Ok(Completion { released: *released, completed: day(about), contents })
        }),
        SignOff::Addendum { about, trust, added, reason } => {
            state(global, about, |pack, anchor| {
                let file = file(pack, anchor, trust)?;
                let last = file.entries.iter().rev().find_map(|entry| match &entry.said {
                    Said::Addendum(addendum) => Some(addendum.number),
                    _ => None,
                });
                Ok(Addendum {
                    number: last.unwrap_or_default() + Count(1),
                    date: day(about),
                    reason: reason.clone(),
                    added: people::digest_of(added)?,
                })
            })
        }
        SignOff::Import { about, concluded, system, record, exported, person } => {
            let record = ExternalSignOff {
                system: system.clone(),
                record: record.clone(),
                exported: people::digest_of(exported)?,
                person: person.clone(),
                role: role(concluded),
                conclusion: conclusion(concluded),
                date: day(about),
            };
            state(global, about, |_, _| Ok(record))
        }
    }
}

/// Verifies the pack, and signs what is stated about it.
pub(super) fn state<S: Stated>(
    global: &Global,
    about: &About,
    stated: impl FnOnce(&VerifiedPack, &Anchor) -> Outcome<S>,
) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let Opened { anchor, pack, verification } =
        packs::read(&about.pack, &about.anchor, workspace.as_ref())?;
    if verification.verdict == Verdict::Indeterminate {
        let message = "nothing outside the pack vouches for it, so nobody can sign it off";
        let help = "give `--operator-key FILE --log-key FILE`, from elsewhere than the pack";
        let diagnostic = Diagnostic::new("no-trust-anchor", message).help(help);
        return Err(Failure { exit: Exit::Inconclusive, diagnostics: vec![diagnostic] });
    }
    people::state(&about.signing, pack.digest, &stated(&pack, &anchor)?)?;
    let text = "it counts once it is in the log: `tieout submit FILE`, by who has the log's key";
    super::remark(global.quiet, text);
    Ok(Exit::Success)
}

pub(super) fn day(about: &About) -> NaiveDate {
    about.date.unwrap_or_else(|| clock::now().date_naive())
}

/// The file of a pack as it is. What is not known of it can't be closed.
fn file(pack: &VerifiedPack, anchor: &Anchor, trust: &TrustFiles) -> Outcome<AuditFile> {
    let reviews = people::beside(pack, anchor, &people::trust(trust)?)?;
    let refused = |message: &str, help: &str, exit| {
        let diagnostics = vec![Diagnostic::new("statement-refused", message).help(help)];
        Err(Failure { exit, diagnostics })
    };
    match reviews {
        None => {
            let help = "submit the sign-offs first: `tieout submit FILE…`";
            refused("no sign-off lies with the pack", help, Exit::Usage)
        }
        Some(reviews) => match reviews.verdict {
            Verdict::Valid => Ok(reviews.file),
            Verdict::Indeterminate => {
                let help = "give `--authority-key FILE`";
                refused("nobody says whose the keys of the sign-offs are", help, Exit::Inconclusive)
            }
            Verdict::Invalid => {
                let help = "`tieout verify PACK --authority-key FILE` shows what is wrong";
                refused("a statement that lies with the pack breaks a rule", help, Exit::Unproven)
            }
        },
    }
}

fn role(concluded: &Concluded) -> ReviewRole {
    match concluded.role {
        SignOffRole::Preparer => ReviewRole::Preparer,
        SignOffRole::Reviewer => ReviewRole::Reviewer,
        SignOffRole::QualityReviewer => ReviewRole::QualityReviewer,
    }
}

fn conclusion(concluded: &Concluded) -> Conclusion {
    match concluded.conclusion {
        SignOffConclusion::Concurs => Conclusion::Concurs,
        SignOffConclusion::Objects => Conclusion::Objects,
    }
}
