//! `tieout reperform charges`: every charge of the workspace by its price plan.

mod told;

use super::policy::Uncommitted;
use super::rows::{self, RowsFile};
use super::run;
use crate::args::{AuthorFormat, Global, ReperformCharges};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::secret;
use crate::workspace::Workspace;
use tieout_controls::dataset::TieOut;
use tieout_controls::paper::RowCommitment;
use tieout_engine::charges::{Reperformance, reperform_charges, schema};
use tieout_engine::plan::Plan;
use tieout_engine::run::RunError;
use tieout_evidence::commitment::dataset_commitment;

/// The control that does the same within a run; the workspace binds its datasets.
const CONTROL: &str = "PT-02";

/// Prints what the charges come to, and writes what is wrong with them where that is asked.
pub(super) fn charges(global: &Global, args: &ReperformCharges) -> Outcome<Exit> {
    if let Some(path) = &args.output {
        rows::extension(path)?;
        output::check_writable(path)?;
    }
    let workspace = Workspace::discover(global.config.as_deref())?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    let selection = Selection::only(vec![CONTROL.to_owned()]);
    let plan = plan::unlocked(&workspace, &catalogue, &selection)?;
    let secret = secret::own(&workspace.root)?;
    let spinner = Spinner::new(global.quiet);
    let perform = |findings: Option<&mut RowsFile>| {
        perform(&plan, args.top, secret.as_ref(), &spinner, findings)
            .map_err(|stopped| told_stopped(stopped, &catalogue))
    };
    let done = match &args.output {
        None => perform(None)?,
        Some(path) => output::stream_beside(path, |file| {
            let mut findings = RowsFile::new(path, schema(), file)?;
            let done = perform(Some(&mut findings))?;
            Ok((done, findings.finish()?))
        })?,
    };
    drop(spinner);
    output::print(&match args.format {
        AuthorFormat::Text => told::text(&done),
        AuthorFormat::Json => told::document(&done, secret.is_some())?,
    })?;
    Ok(exit(&done))
}

/// What stopped the re-performance.
enum Stopped {
    /// The findings can't be written.
    Findings(Failure),
    Engine(RunError),
}

fn told_stopped(stopped: Stopped, catalogue: &Catalogue) -> Failure {
    match stopped {
        Stopped::Findings(failure) => failure,
        Stopped::Engine(RunError::Interrupted) => Failure::interrupted("nothing was written"),
        Stopped::Engine(error) => run::not_run(error, catalogue),
    }
}

fn perform(
    plan: &Plan,
    top: usize,
    secret: Option<&[u8; 32]>,
    spinner: &Spinner,
    mut findings: Option<&mut RowsFile>,
) -> Result<Reperformance, Stopped> {
    let commitments = |dataset: &str| -> Box<dyn RowCommitment> {
        match secret {
            Some(secret) => dataset_commitment(secret, dataset),
            None => Box::new(Uncommitted),
        }
    };
    let mut failed = None;
    let done = reperform_charges(plan, top, &commitments, spinner, &mut |batch| {
        let Some(findings) = &mut findings else { return Ok(()) };
        findings.write(batch).map_err(|failure| {
            failed = Some(failure);
            RunError::Interrupted
        })
    });
    failed.map_or(done.map_err(Stopped::Engine), |failure| Err(Stopped::Findings(failure)))
}

fn exit(done: &Reperformance) -> Exit {
    let tied = std::iter::once(&done.charges).chain(&done.others);
    let tied = tied.map(|summary| &summary.tie_out).all(|t| matches!(t, TieOut::Agrees { .. }));
    if done.exceptions.0 > 0 {
        Exit::Exceptions
    } else if done.undetermined.is_empty() && done.refused.is_empty() && tied {
        Exit::Success
    } else {
        Exit::Inconclusive
    }
}
