//! `tieout run`: read, test, seal, log, verify, report, index.

use crate::args::{Global, OutputSpec, Run};
use crate::catalogue::Catalogue;
use crate::commands::{remark, report};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::index;
use crate::interrupt;
use crate::keys::Keys;
use crate::output;
use crate::packs;
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::report::{Format, tally};
use crate::sealing::{self, NOT_SEALED, Sealing};
use crate::secret;
use crate::vault;
use crate::workspace::Workspace;
use tieout_engine::plan::Plan;
use tieout_engine::progress::Progress as _;
use tieout_engine::run::{RunError, RunOutput, read, ready};
use tieout_evidence::seal::Sealed;
use tieout_evidence::verify::{Anchor, Verdict, Verification, VerifiedPack};

/// A run that was sealed and verified.
pub(super) struct Done {
    /// What the engine gave.
    pub(super) output: RunOutput,
    /// The pack as it verified.
    pub(super) pack: VerifiedPack,
    /// What its verification said.
    pub(super) verification: Verification,
    /// The keys under which it did.
    anchor: Anchor,
}

/// Runs a workspace. What comes after the sealing changes nothing of what was found: the reports are
/// delivered first, and an index that can't be written is a warning.
pub(super) fn command(global: &Global, args: &Run) -> Outcome<Exit> {
    report::check(&args.output)?;
    let workspace = Workspace::discover(global.config.as_deref())?;
    let text = [OutputSpec { format: Format::Text, target: None }];
    let specs = if args.output.is_empty() { &text[..] } else { &args.output };
    report::check_places(specs, &workspace.reports())?;
    let selection = Selection { only: args.only.clone(), as_of: args.as_of, period: args.period };
    let catalogue = Catalogue::of(Some(&workspace))?;
    let plan = plan::resolve(&workspace, &catalogue, &selection)?;
    let keys = Keys::of(&workspace, args.passphrase.passphrase_file.as_deref())?;
    // A policy that can't be read is told before anything is sealed.
    let witnesses = keys.witnesses(&workspace)?;
    let spinner = Spinner::new(global.quiet);
    // What is sealed is told at once: nothing that comes after may hide it.
    let sealed = |sealed: &Sealed| {
        sealing::tell(&workspace, sealed, witnesses.as_ref(), (&spinner, global.quiet));
    };
    let done = execute(&workspace, &catalogue, &plan, &keys, (&spinner, global.quiet), sealed)?;
    drop(spinner);
    let name = done.pack.folder.file_name().unwrap_or_default();
    let folder = workspace.reports().join(name);
    let reports = report::of_run(specs, &folder, &done.pack, &done.verification);
    for path in &reports.written {
        remark(global.quiet, &format!("report: {}", output::shown(path)));
    }
    // The text report on the screen begins with it.
    if !reports.told {
        remark(global.quiet, &tally(&done.pack, &done.verification));
    }
    index::refresh(&workspace, &done.anchor, &secret::of(&workspace.root)?)?;
    reports.failure.map_or(Ok(Exit::of_result(&done.output.result)), Err)
}

/// Announces a plan's run once its datasets are read and committed to, tests, seals what was found, tells
/// of it, and verifies the pack.
///
/// # Errors
/// What can't be done. Once the pack is sealed it stays, whatever comes after.
pub(super) fn execute(
    workspace: &Workspace,
    catalogue: &Catalogue,
    plan: &Plan,
    keys: &Keys,
    (spinner, quiet): (&Spinner, bool),
    sealed_at_once: impl FnOnce(&Sealed),
) -> Outcome<Done> {
    let secret = secret::of(&workspace.root)?;
    let vault = vault::open(workspace)?;
    let commitments = vault::commitments(plan, &secret, vault.as_ref());
    let failed = |e| not_run(e, catalogue);
    let datasets = read(plan, &commitments, spinner).map_err(failed)?;
    let run = ready(plan, &datasets).map_err(failed)?;
    interrupt::check(NOT_SEALED)?;
    let sealing = Sealing { workspace, keys, spinner };
    let announced = sealing.announce(&run)?;
    let found = || {
        let output = run.test(spinner).map_err(failed)?;
        interrupt::check(NOT_SEALED)?;
        spinner.step("sealing");
        let sealed = sealing.seal(&output, &announced, (&secret, vault.as_deref()))?;
        Ok((output, sealed))
    };
    let (output, sealed) = sealing.or_abandon(&announced, found())?;
    sealed_at_once(&sealed);
    sealing.tell_open(&announced, quiet)?;
    spinner.step("verifying");
    let anchor = keys.anchor(&workspace.origin());
    let (pack, verification) = packs::open(&sealed.folder, &anchor, vault.as_deref())?;
    if verification.verdict != Verdict::Valid {
        return Err(packs::broken(&sealed.folder, &verification));
    }
    Ok(Done { output, pack, verification, anchor })
}

/// What is said when the engine could not run a plan.
pub(crate) fn not_run(error: RunError, catalogue: &Catalogue) -> Failure {
    match error {
        RunError::Input { code, message, help } => {
            Failure::usage(Diagnostic::new(code, message).maybe_help(help))
        }
        RunError::Policy(found) => {
            let diagnostics = found.into_iter().map(|d| policy_diagnostic(d, catalogue)).collect();
            Failure { exit: Exit::Usage, diagnostics }
        }
        RunError::Outside(reason) => Failure::usage(Diagnostic::new("outside", reason)),
        RunError::Interrupted => Failure::interrupted(NOT_SEALED),
        RunError::Internal(what) => Failure::internal(what),
    }
}

/// A rule's diagnostic with its source line; an own bundle's file under the name the user knows.
fn policy_diagnostic(
    found: tieout_policies::compile::Diagnostic,
    catalogue: &Catalogue,
) -> Diagnostic {
    let (bundle, rest) = found.path.split_once('/').unwrap_or(("", &found.path));
    let source = catalogue.bundles.get(bundle).and_then(|b| b.files.get(&found.path));
    let file = match catalogue.folders.get(bundle) {
        Some(folder) => format!("{}/{rest}", folder.trim_end_matches('/')),
        None => found.path.clone(),
    };
    let source = source.map_or("", String::as_str);
    Diagnostic::of_policy(found, &file, source)
}
