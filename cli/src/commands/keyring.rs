//! `tieout key enrol`, `rotate`, `revoke` and `list`: whose keys they are.

use crate::args::{Enrol, EnrolledRole, Global, Number, Revoke, Rotate, TrustFiles};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::packs;
use crate::people;
use crate::text::{table, visible_line};
use crate::workspace::Workspace;
use tieout_controls::Count;
use tieout_evidence::key::SigningKey;
use tieout_evidence::people::key::spki;
use tieout_evidence::people::{KeyEnrolled, KeyRevoked, KeyRotated, Keyring, Role};
use tieout_evidence::statement::signed;
use tieout_evidence::verify::{Trust, outside};

/// States whose a key is.
pub(super) fn enrol(global: &Global, args: &Enrol) -> Outcome<Exit> {
    let key = keys::public(&args.public)?;
    let stated = KeyEnrolled {
        number: number(global, &args.number, &args.signing.sign_with)?,
        role: match args.role {
            EnrolledRole::Operator => Role::Operator,
            EnrolledRole::Reviewer => Role::Reviewer,
            EnrolledRole::PrivacyOfficer => Role::PrivacyOfficer,
        },
        person: args.person.clone(),
        spki: spki(&key),
    };
    people::state(&args.signing, key.id(), &stated)?;
    super::remark(global.quiet, SUBMIT);
    Ok(Exit::Success)
}

/// States that a key is not to be relied on.
pub(super) fn revoke(global: &Global, args: &Revoke) -> Outcome<Exit> {
    let key = keys::public(&args.public)?;
    let stated = KeyRevoked {
        number: number(global, &args.number, &args.signing.sign_with)?,
        compromised_since: Count(args.compromised_since),
        reason: args.reason.clone(),
    };
    people::state(&args.signing, key.id(), &stated)?;
    super::remark(global.quiet, SUBMIT);
    Ok(Exit::Success)
}

/// States under both keys that one takes the place of the other.
pub(super) fn rotate(args: &Rotate) -> Outcome<Exit> {
    let own = |path| keys::own(path, args.passphrase.passphrase_file.as_deref());
    let (old, new) = (own(&args.old)?, own(&args.new)?);
    let (from, to) = (old.public_key(), new.public_key());
    let stated = KeyRotated { from: spki(&from), to: spki(&to) };
    if from == to {
        let message = "the old and the new key are one key";
        return Err(Failure::usage(Diagnostic::new("statement-unfit", message)));
    }
    let half = |key: &SigningKey| {
        signed(to.id(), &stated, key)
            .ok_or_else(|| Failure::internal("a statement that is no JSON"))
    };
    for (path, key) in args.output.iter().zip([&old, &new]) {
        output::hand_over(path, &half(key)?)?;
    }
    Ok(Exit::Success)
}

/// Lists the keys that the workspace's log knows.
pub(super) fn list(global: &Global, trust: &TrustFiles) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let ring = ring(&workspace, &people::trust(trust)?)?;
    let head = ["key", "role", "person", "speaks", "revoked since"].map(str::to_owned).to_vec();
    let rows = ring.holders().iter().map(|holder| {
        vec![
            holder.key.id().to_string(),
            holder.role.to_string(),
            holder.person.clone().unwrap_or_default(),
            holder.range().to_string(),
            holder.revoked().map(|since| since.to_string()).unwrap_or_default(),
        ]
    });
    let mut out = table(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
    for finding in &ring.findings {
        out.push_str(&format!("FINDING {}\n", visible_line(&finding.to_string())));
    }
    output::print(&out)?;
    Ok(if ring.findings.is_empty() { Exit::Success } else { Exit::Unproven })
}

/// The keys that a workspace's log knows.
fn ring(workspace: &Workspace, trust: &Trust) -> Outcome<Keyring> {
    let outside = outside(&keys::own_anchor(workspace)?, trust)
        .map_err(|e| packs::unverified(&workspace.log(), e))?;
    Ok(Keyring::of(&outside, &people::logged(workspace)?.1))
}

/// The number of an authority's next statement: the one given, else the one after those in the log that
/// the same authority signed.
fn number(global: &Global, given: &Number, authority: &std::path::Path) -> Outcome<Count> {
    if let Some(number) = given.number {
        return Ok(Count(number));
    }
    let missing = || {
        let message = "there is no workspace whose log says which number the statement has";
        let help = "run it in the workspace, or give `--number N`";
        Failure::usage(Diagnostic::new("statement-unfit", message).help(help))
    };
    let workspace = Workspace::find(global.config.as_deref())?.ok_or_else(missing)?;
    let public = keys::public(&keys::public_file(authority))?;
    let trust = Trust { authority: Some(public.to_pem()), ..Trust::default() };
    let numbered = ring(&workspace, &trust)?.numbered;
    Ok(numbered + Count(1))
}

const SUBMIT: &str =
    "it holds once it is in the log: `tieout submit FILE`, by who has the log's key";
