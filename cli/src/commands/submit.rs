//! `tieout submit`: signed statements of people into the workspace's log, and beside their packs.

use crate::args::{Global, Submit};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys::{self, Keys};
use crate::output;
use crate::packs;
use crate::people;
use crate::sealing::not_sealed;
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tieout_controls::{Count, Digest};
use tieout_evidence::dsse::Envelope;
use tieout_evidence::log::PackFolder;
use tieout_evidence::logbook::Statement;
use tieout_evidence::people::{Entry, Keyring, PackPlace, Said, examine};
use tieout_evidence::seal::{append, attach};
use tieout_evidence::verify::{Trust, outside};

/// Appends statements as one group, unless one of them would break a rule: what is in the log stays there.
pub(super) fn submit(global: &Global, args: &Submit) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let trust = people::trust(&args.trust)?;
    if trust.authority.is_none() {
        let message =
            "without the authority's key nobody says whose the keys of the statements are";
        let help = "give `--authority-key FILE`";
        return Err(Failure::usage(Diagnostic::new("statement-refused", message).help(help)));
    }
    let own = Keys::of(&workspace, args.passphrase.passphrase_file.as_deref())?;
    let envelopes = args.statements.iter().map(|path| people::read(path));
    let envelopes = envelopes.collect::<Outcome<Vec<_>>>()?;
    let packs = packs::present(&workspace)?;
    check(&workspace, &trust, &packs, args, &envelopes)?;
    let (log, folder, origin) = (workspace.log(), workspace.packs(), workspace.origin());
    let logged = append(&log, &folder, &origin, &own.log, &envelopes).map_err(not_sealed)?;
    for (path, logged) in args.statements.iter().zip(&logged) {
        output::print(&format!("{}: log index {}\n", output::shown(path), logged.index))?;
    }
    let (log, statements) = people::logged(&workspace)?;
    for pack in &packs {
        attach(&log, &statements, &pack.path).map_err(not_sealed)?;
    }
    Ok(Exit::Success)
}

/// Holds the statements against the rules, as if they were in the log already.
fn check(
    workspace: &Workspace,
    trust: &Trust,
    packs: &[PackFolder],
    args: &Submit,
    envelopes: &[Vec<u8>],
) -> Outcome<()> {
    let (log, mut statements) = people::logged(workspace)?;
    let mut files = BTreeMap::new();
    let mut next = Count::of(log.entries.len());
    for (path, envelope) in args.statements.iter().zip(envelopes) {
        let digest = packs::digest(envelope);
        files.insert(digest, path);
        if !statements.iter().any(|known| known.digest == digest) {
            statements.push(Statement { index: next, digest, envelope: envelope.clone() });
            next.increment();
        }
    }
    let anchor = keys::own_anchor(workspace)?;
    let outside = outside(&anchor, trust).map_err(|e| packs::unverified(&workspace.log(), e))?;
    let ring = Keyring::of(&outside, &statements);
    let mut wrong: BTreeMap<Digest, String> = BTreeMap::new();
    let mut placed = BTreeSet::new();
    for finding in &ring.findings {
        wrong.insert(finding.statement, finding.broken.to_string());
    }
    for pack in packs {
        let Ok((digest, envelope)) = &pack.envelope else { continue };
        let Some(index) = log.entries.iter().position(|entry| entry == digest) else {
            continue;
        };
        let place =
            PackPlace { digest: *digest, index: Count::of(index), envelope: envelope.clone() };
        let mut file = examine(&place, &statements, ring.clone(), trust.completion_days);
        let disposes = |entry: &Entry| {
            files.contains_key(&entry.statement) && matches!(entry.said, Said::Disposition(_))
        };
        if file.entries.iter().any(disposes) {
            let (content, _) = packs::open(&pack.path, &anchor, None)?;
            file.hold_against(&content.result, &content.records);
        }
        for finding in &file.findings {
            wrong.insert(finding.statement, finding.broken.to_string());
        }
        placed.extend(file.entries.iter().map(|entry| entry.statement));
    }
    let about_keys = |digest: &Digest| {
        let statement = statements.iter().find(|statement| statement.digest == *digest);
        let envelope = statement.and_then(|found| Envelope::parse(&found.envelope).ok());
        let kind = envelope.and_then(|e| tieout_evidence::statement::type_of(&e));
        kind.is_some_and(|kind| tieout_evidence::people::key::is_about_keys(&kind))
    };
    let mut diagnostics = Vec::new();
    for (digest, path) in files {
        let about_nothing = !placed.contains(&digest) && !about_keys(&digest);
        let why = wrong.get(&digest).cloned();
        let why = why.or_else(|| about_nothing.then(|| nowhere(packs)));
        if let Some(why) = why {
            let message = format!("`{}` is not put into the log: {why}", output::shown(path));
            let help = "what is in the log stays there; nothing was appended";
            diagnostics.push(Diagnostic::new("statement-refused", message).help(help));
        }
    }
    match diagnostics.is_empty() {
        true => Ok(()),
        false => Err(Failure { exit: Exit::Unproven, diagnostics }),
    }
}

/// That a statement has no place; with the packs that can't be read, one of which may be its.
fn nowhere(packs: &[PackFolder]) -> String {
    let mut told = "it is about no pack and no disposition of the workspace".to_owned();
    for pack in packs {
        if let Err(why) = &pack.envelope {
            let _ = write!(told, "; pack `{}` can't be read: {why}", output::shown(&pack.path));
        }
    }
    told
}
