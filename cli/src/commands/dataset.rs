//! `tieout dataset`.

use super::printed;
use crate::args::Global;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::proposal;
use crate::text::{counted, table, visible};
use std::path::Path;
use tieout_engine::dataset::{Reading, SourceFile};
use tieout_engine::inspect::{self, Inspection};
use tieout_engine::run::RunError;

/// What a file seems to hold: the entry to paste on standard output, remarks on standard error.
pub(super) fn inspect(global: &Global, file: &Path) -> Outcome<Exit> {
    let inspection = look(file)?;
    if !global.quiet {
        output::tell(&visible(&remarks(&inspection)));
    }
    let files = [file.display().to_string()];
    let reading = &inspection.proposal;
    let entry = match proposal::fitting(&inspection) {
        Some(profile) => proposal::entry(profile.role, &files, profile, reading),
        None => {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            proposal::without_profile(&stem, &files, reading)
        }
    };
    printed(&format!("datasets:\n{entry}"))
}

/// Looks at a file with default settings.
///
/// # Errors
/// It can't be read at all.
pub(super) fn look(file: &Path) -> Outcome<Inspection> {
    if file.is_dir() {
        let message = format!("`{}` is a folder", file.display());
        let folder = output::shell_word(&file.display().to_string());
        let help = format!("name a file; `tieout init --from {folder}` looks at all of the folder");
        return Err(Failure::usage(Diagnostic::new("file-access", message).help(help)));
    }
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
    let rows = usize::try_from(inspection.rows).unwrap_or(usize::MAX);
    let mut out = format!("{}, {columns}\n", counted(rows, "row"));
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
    if proposal::fitting(inspection).is_none() {
        out.push_str("no schema profile fits: each lacks a column that it must have\n");
    }
    out
}
