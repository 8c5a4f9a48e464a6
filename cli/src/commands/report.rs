//! `tieout report`, and where reports go.

use crate::args::{Global, OutputSpec, Report, Target};
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output::{self, Access, Existing};
use crate::packs::{self, Opened};
use crate::people;
use crate::report::reviewed::Reviewed;
use crate::report::{self, Format};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use tieout_evidence::verify::{Verification, VerifiedPack};

/// Makes reports from a pack that verifies.
pub(super) fn report(global: &Global, args: &Report) -> Outcome<Exit> {
    check(&args.output)?;
    let workspace = Workspace::find(global.config.as_deref())?;
    let Opened { anchor, pack, verification } =
        packs::read(&args.pack, &args.anchor, workspace.as_ref())?;
    let reviews = people::beside(&pack, &anchor, &people::trust(&args.trust)?)?;
    let today = clock::now().date_naive();
    let reviewed = reviews.as_ref().map(|reviews| Reviewed::of(&pack, reviews, today));
    let reviewed = reviewed.transpose().map_err(Failure::internal)?;
    for spec in &args.output {
        let target = spec.target.clone().unwrap_or(Target::Stdout);
        deliver(spec.format, &target, (&pack, &verification, reviewed.as_ref()))?;
    }
    packs::exit(verification.verdict);
    Ok(Exit::of_verdict(verification.verdict.with(reviews.as_ref())))
}

/// Refuses what could not be delivered, before there is anything to deliver.
///
/// # Errors
/// Two reports of one file, of which only the last would stay; a workbook for a terminal.
pub(super) fn check(specs: &[OutputSpec]) -> Outcome<()> {
    let mut places = Vec::new();
    for spec in specs {
        let place = match &spec.target {
            Some(Target::Stdout) => {
                refuse_terminal(spec.format)?;
                continue;
            }
            Some(Target::File(path)) => place(path),
            // Without a path each format has a place of its own.
            None => PathBuf::from(spec.format.extension()),
        };
        if places.contains(&place) {
            let message = match &spec.target {
                Some(Target::File(path)) => {
                    format!("two reports go to `{}`, and only one would stay", path.display())
                }
                _ => "a report is asked for twice".to_owned(),
            };
            let help = "give each report a path of its own";
            return Err(Failure::usage(Diagnostic::new("output-twice", message).help(help)));
        }
        places.push(place);
    }
    Ok(())
}

/// Where a path leads, whatever way it takes.
fn place(path: &Path) -> PathBuf {
    let path = output::absolute(path);
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

fn refuse_terminal(format: Format) -> Outcome<()> {
    if matches!(format, Format::Xlsx | Format::Parquet) && output::to_terminal() {
        let message = "a workbook or Parquet file is not for a terminal";
        let help = "name a file: `-o xlsx=report.xlsx`, `-o parquet=exceptions.parquet`";
        return Err(Failure::usage(Diagnostic::new("binary-to-terminal", message).help(help)));
    }
    Ok(())
}

/// Refuses places where no report could be written, before a run seals anything.
///
/// # Errors
/// A place is a folder, or below something that is none or can't be written in.
pub(super) fn check_places(specs: &[OutputSpec], reports: &Path) -> Outcome<()> {
    for spec in specs {
        match target(spec, reports) {
            Target::Stdout => {}
            Target::File(path) => output::check_writable(&path)?,
        }
    }
    Ok(())
}

/// What became of the reports of a run.
pub(super) struct Reports {
    /// The files that were written.
    pub(super) written: Vec<PathBuf>,
    /// Whether the text report went to standard output.
    pub(super) told: bool,
    /// What could not be made or written.
    pub(super) failure: Option<Failure>,
}

/// Writes the reports of a run: without a path, `text` to standard output and the others into the
/// folder. One that fails doesn't stop the others.
pub(super) fn of_run(
    specs: &[OutputSpec],
    folder: &Path,
    pack: &VerifiedPack,
    verification: &Verification,
) -> Reports {
    let mut reports = Reports { written: Vec::new(), told: false, failure: None };
    for spec in specs {
        let target = target(spec, folder);
        match (deliver(spec.format, &target, (pack, verification, None)), target) {
            (Ok(()), Target::File(path)) => reports.written.push(path),
            (Ok(()), Target::Stdout) => reports.told |= spec.format == Format::Text,
            (Err(failure), _) => match &mut reports.failure {
                None => reports.failure = Some(failure),
                Some(first) => first.diagnostics.extend(failure.diagnostics),
            },
        }
    }
    reports
}

/// Where a report of a run goes.
fn target(spec: &OutputSpec, folder: &Path) -> Target {
    spec.target.clone().unwrap_or_else(|| match spec.format {
        Format::Text => Target::Stdout,
        other => Target::File(folder.join(format!("report.{}", other.extension()))),
    })
}

fn deliver(
    format: Format,
    target: &Target,
    (pack, verification, reviewed): (&VerifiedPack, &Verification, Option<&Reviewed>),
) -> Outcome<()> {
    if *target == Target::Stdout {
        refuse_terminal(format)?;
    }
    let bytes = report::render(format, pack, verification, reviewed).map_err(Failure::internal)?;
    match target {
        Target::Stdout => output::print_bytes(&bytes),
        Target::File(path) => output::write_beside(path, &bytes, Existing::Replace, Access::Usual),
    }
}
