//! `tieout report`, and where reports go.

use crate::args::{Global, OutputSpec, Report, Target};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output::{self, Access, Existing};
use crate::packs;
use crate::report::{self, Format};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use tieout_evidence::verify::{Verification, VerifiedPack};

/// Makes reports from a pack that verifies.
pub(super) fn report(global: &Global, args: &Report) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let folder = packs::named(&args.pack, workspace.as_ref())?;
    let anchor = packs::anchor(&args.anchor, workspace.as_ref())?;
    let (pack, verification) = packs::open(&folder, &anchor)?;
    for spec in &args.output {
        let target = spec.target.clone().unwrap_or(Target::Stdout);
        deliver(spec.format, &target, &pack, &verification)?;
    }
    Ok(packs::exit(verification.verdict))
}

/// Writes the reports of a run: without a path, `text` to standard output and the others into the
/// folder. Gives the files that were written.
///
/// # Errors
/// A report can't be made or written.
pub(super) fn of_run(
    specs: &[OutputSpec],
    folder: &Path,
    pack: &VerifiedPack,
    verification: &Verification,
) -> Outcome<Vec<PathBuf>> {
    let mut written = Vec::new();
    for spec in specs {
        let target = spec.target.clone().unwrap_or_else(|| match spec.format {
            Format::Text => Target::Stdout,
            other => Target::File(folder.join(format!("report.{}", other.extension()))),
        });
        deliver(spec.format, &target, pack, verification)?;
        if let Target::File(path) = target {
            written.push(path);
        }
    }
    Ok(written)
}

fn deliver(
    format: Format,
    target: &Target,
    pack: &VerifiedPack,
    verification: &Verification,
) -> Outcome<()> {
    if format == Format::Xlsx && *target == Target::Stdout && output::to_terminal() {
        let message = "a workbook is not for a terminal";
        let help = "name a file: `-o xlsx=report.xlsx`";
        return Err(Failure::usage(Diagnostic::new("binary-to-terminal", message).help(help)));
    }
    let bytes = report::render(format, pack, verification).map_err(Failure::internal)?;
    match target {
        Target::Stdout => output::print_bytes(&bytes),
        Target::File(path) => output::write_beside(path, &bytes, Existing::Replace, Access::Usual),
    }
}
