//! `tieout dataset`.

use super::printed;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::proposal;
use crate::text::{counted, table};
use std::path::Path;
use tieout_engine::dataset::{Reading, SourceFile};
use tieout_engine::inspect::{self, Inspection};
use tieout_engine::run::RunError;

/// What a file seems to hold: the entry to paste on standard output, remarks on standard error.
pub(super) fn inspect(file: &Path) -> Outcome<Exit> {
    let inspection = look(file)?;
    output::tell(&remarks(&inspection));
    let profile = proposal::fitting(&inspection);
    let stem = || file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name = profile.map_or_else(stem, |p| p.role.to_owned());
    let files = [file.display().to_string()];
    let entry = proposal::entry(&name, &files, profile.map(|p| p.name), &inspection.proposal);
    printed(&format!("datasets:\n{entry}{}", proposal::EXPECTED))
}

/// Looks at a file with default settings.
///
/// # Errors
/// It can't be read at all.
pub(super) fn look(file: &Path) -> Outcome<Inspection> {
    if !file.is_file() {
        return Err(Failure::file(file, &std::io::ErrorKind::NotFound.into()));
    }
    let source = SourceFile { shown: file.display().to_string(), path: file.to_path_buf() };
    inspect::inspect(&source, &Reading::default()).map_err(|error| match error {
        RunError::Input { code, message, help } => {
            Failure::usage(Diagnostic::new(code, message).maybe_help(help))
        }
        RunError::Internal(what) => Failure::internal(what),
        other => Failure::usage(Diagnostic::new("outside", other.to_string())),
    })
}

fn remarks(inspection: &Inspection) -> String {
    let columns = counted(inspection.columns.len(), "column");
    let mut out = format!("{} rows, {columns}\n", inspection.rows);
    let rows = inspection.columns.iter().map(|column| {
        let nulls = format!("{} null", column.nulls);
        vec![format!("  {}", column.name), nulls, column.looks_like.clone()]
    });
    out.push_str(&table(&rows.collect::<Vec<_>>()));
    for fit in inspection.profiles.iter().take(3) {
        out.push_str(&format!("profile `{}`:", fit.profile.name));
        let told = |what: &str, names: &[String]| format!(" {what} {}", names.join(", "));
        match (fit.missing.as_slice(), fit.unknown.as_slice()) {
            ([], []) => out.push_str(" fits"),
            (missing, unknown) => {
                if !missing.is_empty() {
                    out.push_str(&told("lacks", missing));
                }
                if !unknown.is_empty() {
                    let join =
                        if missing.is_empty() { "fits; doesn't know" } else { "; doesn't know" };
                    out.push_str(&told(join, unknown));
                }
            }
        }
        out.push('\n');
    }
    out
}
