//! `tieout policy fmt`.

use crate::args::{Global, PolicyFmt};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome, Place};
use crate::exit::Exit;
use crate::output::{self, Access, Existing};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use tieout_policies::compile;
use tieout_policies::format::format;

/// How deep the folders of a bundle nest, with one above it.
const DEPTH: usize = 4;

/// Lays Rego sources out: to standard output, in place, or says which are not.
pub(in crate::commands) fn fmt(global: &Global, args: &PolicyFmt) -> Outcome<Exit> {
    let mut changed = Vec::new();
    let mut wrong = Vec::new();
    for path in files(global, &args.paths)? {
        let shown = output::shown(&path);
        let source = output::read_text(&path)?;
        match format(&shown, &source) {
            Err(found) => wrong.extend(found.into_iter().map(|d| told(d, &source))),
            Ok(text) if args.check || args.write => {
                if text != source {
                    changed.push((path, text));
                }
            }
            Ok(text) => output::print(&text)?,
        }
    }
    if !wrong.is_empty() {
        return Err(Failure { exit: Exit::Usage, diagnostics: wrong });
    }
    for (path, text) in &changed {
        if args.write {
            output::write_beside(path, text.as_bytes(), Existing::Replace, Access::Usual)?;
        }
        output::print(&std::format!("{}\n", output::shown(path)))?;
    }
    Ok(if args.check && !changed.is_empty() { Exit::Exceptions } else { Exit::Success })
}

/// The Rego files of these files and folders, or of the workspace's own bundles.
fn files(global: &Global, paths: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let given = if paths.is_empty() { own(global)? } else { paths.to_vec() };
    for path in given {
        if path.is_dir() {
            collect(&path, DEPTH, &mut found)?;
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn own(global: &Global) -> Outcome<Vec<PathBuf>> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    Ok(catalogue.folders.values().map(|folder| workspace.path(folder)).collect())
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Outcome<()> {
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::file(folder, &e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| Failure::file(folder, &e))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() && depth > 1 {
            collect(&path, depth.saturating_sub(1), found)?;
        } else if path.extension().is_some_and(|extension| extension == "rego") {
            found.push(path);
        }
    }
    Ok(())
}

fn told(found: compile::Diagnostic, source: &str) -> Diagnostic {
    let (line, column, length) = (found.line.into(), found.column.into(), found.length.into());
    let place = Place::in_text(&found.path, source, line, column, length);
    Diagnostic::new(found.code, found.message).at(place).maybe_help(found.help)
}
