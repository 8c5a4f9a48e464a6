//! `tieout key`.

use crate::args::{Algorithm, Global, Role};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output::{self, Access, Existing};
use crate::workspace::Workspace;
use std::path::Path;
use tieout_evidence::cosignature::Cosigner;
use tieout_evidence::key::{CosigningKey, KeyError, SigningKey};
use tieout_evidence::mldsa::MlDsaSigningKey;
use tieout_evidence::note::is_key_name;

/// Makes a key: the private one encrypted, the public one beside it.
pub(super) fn new(
    global: &Global,
    (role, algorithm): (Role, Algorithm),
    (origin, name): (Option<String>, Option<String>),
    file: &Path,
    passphrase_file: Option<&Path>,
) -> Outcome<Exit> {
    let unused = |message: &str, help: &str| {
        Err(Failure::usage(Diagnostic::new("key-unused", message).help(help)))
    };
    if algorithm == Algorithm::MlDsa44 && role != Role::Witness {
        let help = "leave `--algorithm` out, or make a witness's key: `--role witness`";
        return unused("with ML-DSA-44 only witnesses sign", help);
    }
    let name = match (role, origin, name) {
        (Role::Log, Some(origin), None) => Some(origin),
        (Role::Log, None, None) => Some(workspace_origin(global)?),
        (Role::Witness, None, Some(name)) => Some(name),
        (Role::Witness, None, None) => {
            let message = "a witness's verifier key holds the name under which it signs";
            let help = "give `--name`, such as `--name auditor.example/w1`";
            return Err(Failure::usage(Diagnostic::new("origin-missing", message).help(help)));
        }
        (_, None, None) => None,
        (_, Some(_), _) => {
            let help = "leave it out, or make the log's key: `--role log`";
            return unused("`--origin` is the log's, and other keys have none", help);
        }
        (_, None, Some(_)) => {
            let help = "leave it out, or make a witness's key: `--role witness`";
            return unused("`--name` is a witness's, and other keys have none", help);
        }
    };
    if let Some(name) = name.as_deref().filter(|name| !is_key_name(name)) {
        let whose = if role == Role::Witness { "a witness's name" } else { "a log's origin" };
        let message = format!("`{name}` can't be {whose}");
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
    let vkey = match algorithm {
        Algorithm::Ed25519 => {
            let key = SigningKey::from_seed(seed, false);
            let vkey = name.as_deref().and_then(|name| match role {
                Role::Witness => Cosigner::new(name, key.public_key()).map(|key| key.to_string()),
                _ => key.vkey(name),
            });
            write(&key, file, &passphrase, vkey.as_deref())?;
            vkey
        }
        Algorithm::MlDsa44 => {
            let key = MlDsaSigningKey::from_seed(seed).map(CosigningKey::from).map_err(|e| {
                let help = "`cargo install --path cli --features pq` builds it so";
                Failure::usage(Diagnostic::new("feature-missing", e.to_string()).help(help))
            })?;
            let vkey = name.as_deref().and_then(|name| Cosigner::new(name, key.public_key()));
            let vkey = vkey.map(|vkey| vkey.to_string());
            let public = key.public_pem().ok_or("a public key can't be encoded");
            let public = public.map_err(Failure::internal)?;
            let save = || key.write(file, &passphrase);
            write_files(file, save, &public, vkey.as_deref())?;
            vkey
        }
    };
    let mut told = format!("{}\n", output::shown(&keys::public_file(file)));
    if vkey.is_some() {
        told.push_str(&format!("{}\n", output::shown(&keys::vkey_file(file))));
    }
    output::print(&told)?;
    if role == Role::Approver {
        let text = "have the public key listed in the base revision, under `gate: approvers:`; keep a \
                    backup of the private one apart from its passphrase";
        super::remark(global.quiet, text);
        return Ok(Exit::Success);
    }
    if role == Role::Witness {
        let text = "give the verifier key to the log's operator and to whoever verifies; keep the private \
                    one where the operator can't reach it";
        super::remark(global.quiet, text);
        return Ok(Exit::Success);
    }
    if matches!(role, Role::Reviewer | Role::PrivacyOfficer) {
        let text = "have the authority enrol the public key: `tieout key enrol`; keep a backup of the private \
                    one apart from its passphrase";
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

/// Writes a key, its public key, and the verifier key where there is one.
///
/// # Errors
/// A file exists or can't be written.
pub(super) fn write(
    key: &SigningKey,
    file: &Path,
    passphrase: &str,
    vkey: Option<&str>,
) -> Outcome<()> {
    write_files(file, || key.write(file, passphrase), &key.public_pem(), vkey)
}

fn write_files(
    file: &Path,
    save: impl FnOnce() -> Result<(), KeyError>,
    public: &str,
    vkey: Option<&str>,
) -> Outcome<()> {
    if let Some(folder) = file.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
    }
    save().map_err(|e| Failure::usage(Diagnostic::new("key-not-written", e.to_string())))?;
    let beside = |path: &Path, text: &str| {
        output::write_beside(path, text.as_bytes(), Existing::Keep, Access::Usual)
    };
    beside(&keys::public_file(file), public)?;
    if let Some(vkey) = vkey {
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
