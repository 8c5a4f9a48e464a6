//! The file of all derivations of a workspace.

use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::progress::Spinner;
use crate::workspace::Workspace;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::time::UNIX_EPOCH;
use tieout_controls::Count;
use tieout_engine::lineage::{Derivation, Header, Lineage, Store, StoreError, Writer};
use tieout_engine::plan::Plan;
use tieout_engine::progress::Progress as _;

/// The derivations that a workspace has.
pub(super) struct Derivations {
    store: Store<BufReader<File>>,
    path: std::path::PathBuf,
}

impl Derivations {
    /// Opens them, if there are any.
    pub(super) fn open(workspace: &Workspace) -> Outcome<Option<Self>> {
        let path = workspace.derivations();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Failure::file(&path, &e)),
        };
        let store = Store::open(BufReader::new(file)).map_err(|e| unreadable(&path, e))?;
        Ok(Some(Self { store, path }))
    }

    pub(super) fn header(&self) -> &Header {
        &self.store.header
    }

    pub(super) fn find(&mut self, key: &str) -> Outcome<Option<Derivation>> {
        self.store.find(key).map_err(|e| unreadable(&self.path, e))
    }

    pub(super) fn first_key(&self) -> Option<&str> {
        self.store.first_key()
    }
}

fn unreadable(path: &Path, error: StoreError) -> Failure {
    match error {
        StoreError::Io(e) => Failure::file(path, &e),
        other => {
            let message = format!("`{}`: {other}", output::shown(path));
            let help = "delete it; `tieout why` makes it anew";
            Failure::usage(Diagnostic::new("derivations-unreadable", message).help(help))
        }
    }
}

/// Name, size and time of each file that is read: by these a change is noticed without reading it.
pub(super) fn files(plan: &Plan) -> Outcome<Vec<(String, String)>> {
    let files = plan.datasets.iter().flat_map(|spec| &spec.files);
    let stamp = |file: &tieout_engine::dataset::SourceFile| {
        let failed = |e: std::io::Error| Failure::file(&file.path, &e);
        let found = file.path.metadata().map_err(failed)?;
        let changed = found.modified().map_err(failed)?.duration_since(UNIX_EPOCH);
        let changed = changed.map_or(0, |since| since.as_nanos());
        Ok((file.shown.clone(), format!("{} bytes, {changed}", found.len())))
    };
    files.map(stamp).collect()
}

/// Derives everything: written beside, then renamed.
pub(super) fn prepare(
    workspace: &Workspace,
    lineage: &Lineage<'_>,
    files: Vec<(String, String)>,
    spinner: &Spinner,
) -> Outcome<usize> {
    let path = workspace.derivations();
    let failed = |e: StoreError| unreadable(&path, e);
    output::stream_beside(&path, |file| {
        let mut writer = Writer::new(BufWriter::new(file)).map_err(failed)?;
        let keys = lineage.keys();
        for (place, key) in keys.iter().enumerate() {
            if place.is_multiple_of(1_000) {
                if spinner.cancelled() {
                    return Err(Failure { exit: Exit::Interrupted, diagnostics: Vec::new() });
                }
                spinner.step(&format!("deriving {place} of {}", keys.len()));
            }
            let derived = lineage.derive(key).map_err(Failure::internal)?;
            let derived = derived.ok_or_else(|| Failure::internal("a key without derivation"))?;
            writer.push(&derived).map_err(failed)?;
        }
        let header = Header {
            engine: format!("tieout {}", env!("CARGO_PKG_VERSION")),
            derivations: Count(0),
            snapshots: lineage.snapshots(),
            files,
        };
        let file = writer.finish(header).map_err(failed)?.into_inner();
        Ok((keys.len(), file.map_err(|e| Failure::file(&path, e.error()))?))
    })
}
