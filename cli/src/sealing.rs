//! Announcing a run in the workspace's log before it decides anything, and sealing what it found.

use crate::clock;
use crate::commands::remark;
use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::exit::Exit;
use crate::keys::Keys;
use crate::output;
use crate::packs;
use crate::progress::Spinner;
use crate::turn::Turn;
use crate::witnesses::Witnesses;
use crate::workspace::Workspace;
use std::path::Path;
use tieout_controls::paper::{EvaluatedRecord, PaperError, WorkingPaper};
use tieout_engine::progress::Progress as _;
use tieout_engine::run::{ReadyRun, RunOutput};
use tieout_evidence::intent::{Runs, open_intents};
use tieout_evidence::log::{self, PackFolder};
use tieout_evidence::logbook;
use tieout_evidence::note::NoteKey;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::seal::{
    Announced, IntentInput, SealError, SealInput, Sealed, abandon, announce, seal,
};
use tieout_evidence::vault::Vault;

pub(crate) const NOT_SEALED: &str = "nothing was sealed";

/// Where runs are announced and sealed, and by whose keys.
#[derive(Clone, Copy)]
pub(crate) struct Sealing<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) keys: &'a Keys,
    pub(crate) spinner: &'a Spinner,
}

impl Sealing<'_> {
    fn turn(&self) -> Outcome<Turn> {
        let waiting =
            || self.spinner.step("waiting for another run, which seals in this workspace");
        Turn::to_seal(&self.workspace.root, NOT_SEALED, waiting)
    }

    /// Announces a run.
    ///
    /// # Errors
    /// It can't be announced, so that it must not be tested.
    pub(crate) fn announce(&self, run: &ReadyRun<'_>) -> Outcome<Announced> {
        let _turn = self.turn()?;
        let (workspace, keys) = (self.workspace, self.keys);
        let announced = announce(&IntentInput {
            run: &run.parameters(),
            datasets: &run.datasets(),
            controls: &run.controls(),
            operator: &keys.operator,
            log_key: &keys.log,
            log: &workspace.log(),
            origin: &workspace.origin(),
            packs: &workspace.packs(),
            announced_at: clock::now(),
        });
        announced.map_err(not_sealed)
    }

    /// Seals what an announced run found and logs it, in its turn; with a vault, what is disclosed of persons
    /// under its keys.
    ///
    /// # Errors
    /// It can't be sealed; what was there is as it was.
    pub(crate) fn seal(
        &self,
        output: &RunOutput,
        announced: &Announced,
        (secret, vault): (&[u8; 32], Option<&Vault>),
    ) -> Outcome<Sealed> {
        let (workspace, keys) = (self.workspace, self.keys);
        let turn = self.turn()?;
        let sealed_at = turn.second(&workspace.packs(), NOT_SEALED)?;
        let sealed = seal(&SealInput {
            result: &output.result,
            paper: &Paper(&output.records),
            announced,
            policies: &output.policies,
            secret,
            vault,
            operator: &keys.operator,
            log_key: &keys.log,
            log: &workspace.log(),
            origin: &workspace.origin(),
            packs: &workspace.packs(),
            sealed_at,
        });
        sealed.map_err(not_sealed)
    }

    /// Where a step after the announcement failed, says so in the log: an announced run without a
    /// result is a finding otherwise. A pack that is logged all the same is the run's result.
    pub(crate) fn or_abandon<T>(&self, announced: &Announced, step: Outcome<T>) -> Outcome<T> {
        step.inspect_err(|failure| {
            // A code tells nothing of the data, as a message might.
            let code = failure.diagnostics.first().map_or("failed", |diagnostic| diagnostic.code);
            let reason = if failure.exit == Exit::Interrupted { "interrupted" } else { code };
            let (workspace, keys) = (self.workspace, self.keys);
            let (log, packs, origin) = (workspace.log(), workspace.packs(), workspace.origin());
            let keys = (&keys.operator, &keys.log);
            let logged = abandon(announced, reason, keys, (&log, &packs, &origin), clock::now());
            if let Err(error) = logged {
                let index = announced.index;
                let message = format!("log entry {index} stays open: {error}");
                warn(&Diagnostic::new("run-without-result", message));
            }
        })
    }

    /// Tells what earlier runs left open.
    pub(crate) fn tell_open(&self, own: &Announced, quiet: bool) -> Outcome<()> {
        let origin = self.workspace.origin();
        let operator = self.keys.operator.public_key();
        let Some(log) = NoteKey::new(&origin, self.keys.log.public_key()) else { return Ok(()) };
        let present = packs::present(self.workspace)?;
        let audit = audit(&self.workspace.log(), &present, (&operator, &log))?;
        for finding in audit.runs.findings.iter().filter(|finding| finding.index() != own.index) {
            self.spinner.aside(|| remark(quiet, &format!("note: {finding}")));
        }
        Ok(())
    }
}

/// Tells of a pack that was sealed, and asks the witnesses to cosign the log's head, if there are any. Who
/// doesn't is told, and changes nothing of what was sealed.
pub(crate) fn tell(
    workspace: &Workspace,
    sealed: &Sealed,
    witnesses: Option<&(Witnesses, NoteKey)>,
    (spinner, quiet): (&Spinner, bool),
) {
    let (pack, at) = (output::shown(&sealed.folder), sealed.log_index);
    spinner.aside(|| remark(quiet, &format!("pack: {pack} (log index {at})")));
    let Some((witnesses, key)) = witnesses else { return };
    spinner.step("asking the witnesses");
    let asked = witnesses.ask(workspace, key);
    spinner.aside(|| match asked {
        Ok(asked) => witnesses.tell(&asked),
        Err(failure) => failure.diagnostics.iter().for_each(warn),
    });
}

/// What a log says beside the packs.
pub(crate) struct Audit {
    /// How many entries it has.
    pub(crate) entries: usize,
    /// Entries without pack and statement, and packs without entry.
    pub(crate) unexplained: Vec<String>,
    /// What became of the runs that were announced.
    pub(crate) runs: Runs,
}

/// Holds a log against the packs that are present. Of those that can't be read the caller tells.
///
/// # Errors
/// The log can't be read, or does not hold.
pub(crate) fn audit(
    folder: &Path,
    packs: &[PackFolder],
    (operator, key): (&PublicKey, &NoteKey),
) -> Outcome<Audit> {
    let read = log::read(folder, key)
        .and_then(|log| Ok((logbook::statements_of(folder, &log)?, log)))
        .map_err(|e| {
            let diagnostics = vec![Diagnostic::new("log-invalid", e.to_string())];
            Failure { exit: Exit::Unproven, diagnostics }
        });
    let (statements, log) = read?;
    let unexplained = log::audit(&log, &statements, packs);
    let runs = open_intents(&log, &statements, operator, packs);
    Ok(Audit { entries: log.entries.len(), unexplained, runs })
}

/// What is said when something can't be put into the log.
pub(crate) fn not_sealed(error: SealError) -> Failure {
    Failure::usage(Diagnostic::new("not-sealed", error.reason).maybe_help(error.help))
}

/// The records of a run as the sealer takes them.
struct Paper<'a>(&'a [EvaluatedRecord]);

impl WorkingPaper for Paper<'_> {
    fn each_record(
        &self,
        each: &mut dyn FnMut(&EvaluatedRecord) -> Result<(), PaperError>,
    ) -> Result<(), PaperError> {
        self.0.each_record(each)
    }
}
