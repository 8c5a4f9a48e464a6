//! `tieout policy fmt`.

use crate::args::{Global, PolicyFmt};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output::{self, Access, Existing};
use crate::workspace::{Workspace, files_below};
use std::path::{Path, PathBuf};
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
            Err(found) => {
                wrong.extend(found.into_iter().map(|d| Diagnostic::of_policy(d, &shown, &source)))
            }
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
            let rego = |file: &Path| file.extension().is_some_and(|extension| extension == "rego");
            found.extend(files_below(&path, DEPTH, &rego)?);
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
