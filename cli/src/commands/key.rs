//! `tieout key`.

use crate::args::{Global, Role};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output::{self, Access, Existing};
use crate::workspace::Workspace;
use std::path::Path;
use tieout_evidence::key::SigningKey;
use tieout_evidence::note::is_key_name;

/// Makes a key: the private one encrypted, the public one beside it.
pub(super) fn new(
    global: &Global,
    role: Role,
    origin: Option<String>,
    file: &Path,
    passphrase_file: Option<&Path>,
) -> Outcome<Exit> {
    let origin = match (role, origin) {
        (Role::Operator | Role::Approver | Role::Privacy, None) => None,
        (Role::Operator | Role::Approver | Role::Privacy, Some(_)) => {
            let message = "`--origin` is the log's, and other keys have none";
            let help = "leave it out, or make the log's key: `--role log`";
            return Err(Failure::usage(Diagnostic::new("key-unused", message).help(help)));
        }
        (Role::Log, Some(origin)) => Some(origin),
        (Role::Log, None) => Some(workspace_origin(global)?),
    };
    if let Some(origin) = origin.as_deref().filter(|origin| !is_key_name(origin)) {
        let message = format!("`{origin}` can't be a log's origin");
        let diagnostic = Diagnostic::new("origin-invalid", message).help(keys::ORIGIN);
        return Err(Failure::usage(diagnostic));
    }
    for path in [file.to_path_buf(), keys::public_file(file), keys::vkey_file(file)] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::file(&path, &std::io::ErrorKind::AlreadyExists.into()));
        }
    }
    let passphrase = keys::passphrase(passphrase_file)?.ok_or_else(|| {
        let message = "a key is encrypted with a passphrase, and there is none";
        let help = "set TIEOUT_PASSPHRASE, or give `--passphrase-file FILE`";
        Failure::usage(Diagnostic::new("passphrase-missing", message).help(help))
    })?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::internal)?;
    let key = SigningKey::from_seed(seed, false);
    write(&key, file, &passphrase, origin.as_deref())?;
    let mut told = format!("{}\n", output::shown(&keys::public_file(file)));
    if origin.is_some() {
        told.push_str(&format!("{}\n", output::shown(&keys::vkey_file(file))));
    }
    output::print(&told)?;
    if role == Role::Approver {
        let text = "have the public key listed in the base revision, under `gate: approvers:`; keep a \
                    backup of the private one apart from its passphrase";
        super::remark(global.quiet, text);
        return Ok(Exit::Success);
    }
    super::remark(
        global.quiet,
        "give the public key to whoever verifies, by another way than the packs; keep a backup of \
         the private one apart from its passphrase",
    );
    Ok(Exit::Success)
}

/// Writes a key, its public key, and for a log of that origin, which can be one, its verifier key.
///
/// # Errors
/// A file exists or can't be written.
pub(super) fn write(
    key: &SigningKey,
    file: &Path,
    passphrase: &str,
    origin: Option<&str>,
) -> Outcome<()> {
    if let Some(folder) = file.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
    }
    key.write(file, passphrase)
        .map_err(|e| Failure::usage(Diagnostic::new("key-not-written", e.to_string())))?;
    let beside = |path: &Path, text: &str| {
        output::write_beside(path, text.as_bytes(), Existing::Keep, Access::Usual)
    };
    beside(&keys::public_file(file), &key.public_pem())?;
    if let Some(vkey) = origin.and_then(|origin| key.vkey(origin)) {
        beside(&keys::vkey_file(file), &format!("{vkey}\n"))?;
    }
    Ok(())
}

fn workspace_origin(global: &Global) -> Outcome<String> {
    let workspace = Workspace::find(global.config.as_deref())?;
    workspace.map(|w| w.origin()).ok_or_else(|| {
        let message =
            "a log's verifier key holds the log's origin, and there is no workspace to say it";
        let help = "give `--origin tieout.local/NAME`, with the workspace's name";
        Failure::usage(Diagnostic::new("origin-missing", message).help(help))
    })
}
