//! `tieout version`.

use super::printed;
use crate::args::Global;
use crate::catalogue::Catalogue;
use crate::diagnostic::Outcome;
use crate::exit::Exit;
use crate::lock;
use crate::text::table;
use crate::workspace::Workspace;

/// The engine's version and the policy bundles' with their digests.
pub(super) fn version(global: &Global, as_lock: bool) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let catalogue = Catalogue::of(workspace.as_ref())?;
    if as_lock {
        return printed(&lock::render(catalogue.bundles.values().map(|b| &**b)));
    }
    let mut rows = vec![vec!["tieout".to_owned(), env!("CARGO_PKG_VERSION").to_owned()]];
    for (name, bundle) in &catalogue.bundles {
        let digest = format!("sha256:{}", bundle.digest);
        rows.push(vec![format!("bundle {name}"), bundle.version.clone(), digest]);
    }
    printed(&table(&rows))
}
