//! The erasure vault of a workspace that names one: what is disclosed of persons is sealed under its keys.

use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::output;
use crate::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tieout_controls::paper::RowCommitment;
use tieout_controls::record::FieldClass;
use tieout_engine::plan::Plan;
use tieout_evidence::commitment::{dataset_commitment, personal_commitment};
use tieout_evidence::vault::{Handle, Vault, VaultError};

/// Its folder and that of the epoch's key, where the workspace names them.
fn folders(workspace: &Workspace) -> Option<(PathBuf, PathBuf)> {
    let vault = workspace.settings.vault.as_ref()?;
    Some((workspace.path(&vault.folder), workspace.path(&vault.epochs)))
}

/// The file that changes with every key that is destroyed, restricted or given back.
pub(crate) fn journal(workspace: &Workspace) -> Option<PathBuf> {
    folders(workspace).map(|(folder, _)| folder.join("journal"))
}

/// The vault, open for writing: nobody else writes in it until it is dropped.
///
/// # Errors
/// It can't be opened.
pub(crate) fn open(workspace: &Workspace) -> Outcome<Option<Arc<Vault>>> {
    let opened = folders(workspace).map(|(folder, epochs)| Vault::open(&folder, &epochs));
    opened.transpose().map(|vault| vault.map(Arc::new)).map_err(|e| refused(&e))
}

/// The same, for what can't be done without.
///
/// # Errors
/// The workspace names none.
pub(crate) fn needed(workspace: &Workspace) -> Outcome<Arc<Vault>> {
    open(workspace)?.ok_or_else(|| {
        let message = "the workspace has no vault, so nothing in its packs can be erased by a key";
        let help = "name one before the next run: `vault: {folder: .tieout/vault, epochs: DIR}`, with a \
                    folder for the epoch's key that no backup of the vault has";
        Failure::usage(Diagnostic::new("vault-missing", message).help(help))
    })
}

/// The keys of a person, at least one.
///
/// # Errors
/// The vault has none.
pub(crate) fn keys_of(vault: &Vault, subject: &str) -> Outcome<Vec<Handle>> {
    let keys = vault.keys_of(subject);
    if keys.is_empty() {
        let message = "the vault has no key for that subject";
        return Err(Failure::usage(Diagnostic::new("vault-refuses", message)));
    }
    Ok(keys)
}

/// The vault as readers of the workspace's own packs have it: if there is one, and it is theirs to read.
///
/// # Errors
/// It is there and can't be read.
pub(crate) fn reading(workspace: Option<&Workspace>) -> Outcome<Option<Vault>> {
    let Some((folder, epochs)) = workspace.and_then(folders) else { return Ok(None) };
    if output::is_absent(&folder.join("head")) {
        return Ok(None);
    }
    match std::fs::File::open(folder.join("head")) {
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Ok(None),
        _ => Vault::reading(&folder, &epochs).map(Some).map_err(|e| refused(&e)),
    }
}

/// What is said of a vault that refuses.
pub(crate) fn refused(error: &VaultError) -> Failure {
    let diagnostic = Diagnostic::new("vault-refuses", error.reason.clone());
    Failure::usage(diagnostic.maybe_help(error.help.clone()))
}

/// How the rows of a plan's datasets are committed to: with a vault, those with personal columns under the
/// keys of whom they name.
pub(crate) fn commitments<'a>(
    plan: &Plan,
    secret: &'a [u8; 32],
    vault: Option<&'a Arc<Vault>>,
) -> impl Fn(&str) -> Box<dyn RowCommitment> + Sync + use<'a> {
    let personal: BTreeMap<String, Vec<usize>> = plan
        .datasets
        .iter()
        .map(|spec| {
            let columns = spec.profile.columns.iter().enumerate();
            let personal = columns.filter(|(_, column)| column.class == FieldClass::Personal);
            (spec.name.clone(), personal.map(|(at, _)| at).collect())
        })
        .collect();
    move |dataset| match (vault, personal.get(dataset)) {
        (Some(vault), Some(columns)) if !columns.is_empty() => {
            personal_commitment(secret, dataset, columns.clone(), Arc::clone(vault))
        }
        _ => dataset_commitment(secret, dataset),
    }
}
