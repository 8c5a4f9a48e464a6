//! Signing keys and their passphrase; the public keys that lie beside them.

use crate::diagnostic::{Diagnostic, Failure, Outcome, Place};
use crate::output;
use crate::witnesses::Witnesses;
use crate::workspace::Workspace;
use serde_saphyr::Spanned;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use tieout_evidence::key::{CosigningKey, KeyError, SigningKey};
use tieout_evidence::note::NoteKey;
use tieout_evidence::policy::Policy;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::verify::Anchor;

/// The passphrase of demo keys. It protects nothing, and is no secret.
pub(crate) const DEMO_PASSPHRASE: &str = "demo";

/// What a log's origin looks like.
pub(crate) const ORIGIN: &str =
    "one word without spaces and `+`, of at most 255 bytes, such as `tieout.local/NAME`";

const VARIABLE: &str = "TIEOUT_PASSPHRASE";

/// The two keys that seal a run.
pub(crate) struct Keys {
    /// Signs packs.
    pub(crate) operator: SigningKey,
    /// Signs checkpoints.
    pub(crate) log: SigningKey,
}

impl Keys {
    /// What their owner trusts.
    pub(crate) fn anchor(&self, origin: &str) -> Anchor {
        Anchor {
            operator: Some(self.operator.public_pem()),
            log: self.log.vkey(origin),
            policy: None,
        }
    }

    /// The witnesses of a workspace whose keys these are, if it names any, and the log's verifier key.
    ///
    /// # Errors
    /// See [`Witnesses::of`].
    pub(crate) fn witnesses(&self, workspace: &Workspace) -> Outcome<Option<(Witnesses, NoteKey)>> {
        let key = NoteKey::new(&workspace.origin(), self.log.public_key());
        let Some(key) = key else { return Ok(None) };
        Ok(Witnesses::of(workspace, &key)?.map(|witnesses| (witnesses, key)))
    }

    /// The demo's keys: the same everywhere, so that everyone can see that they vouch for nothing.
    pub(crate) fn demo() -> Self {
        let key = |role: &str| {
            let seed =
                Sha256::digest(format!("tieout demo {role} key, not for evidence").as_bytes());
            SigningKey::from_seed(seed.into(), true)
        };
        Self { operator: key("operator"), log: key("log") }
    }

    /// Reads the keys of a workspace.
    ///
    /// # Errors
    /// None are named, one can't be read, there is no passphrase or the wrong one.
    pub(crate) fn of(workspace: &Workspace, passphrase_file: Option<&Path>) -> Outcome<Self> {
        let Some(files) = &workspace.settings.keys else {
            let message = "the workspace names no keys, so the run can't be sealed";
            let diagnostic = Diagnostic::new("keys-missing", message).help(NEW_KEYS);
            return Err(Failure::usage(diagnostic));
        };
        for file in [&files.operator, &files.log] {
            if !workspace.path(&file.value).is_file() {
                let message = format!("there is no key `{}`", file.value);
                let help = Some(NEW_KEYS.to_owned());
                return Err(workspace.wrong("keys-missing", message, file, help));
            }
        }
        check_origin(workspace, &files.log.value)?;
        let given = passphrase(passphrase_file)?;
        let demo = Self::demo();
        let whence = passphrase_file.map_or_else(
            || format!("the one in {VARIABLE}"),
            |file| format!("the one in `{}`", output::shown(file)),
        );
        let read = |file: &str, demo: &SigningKey| {
            read(&workspace.path(file), (given.as_deref(), &whence), demo)
        };
        let operator = read(&files.operator.value, &demo.operator)?;
        let log = read(&files.log.value, &demo.log)?;
        if operator.public_pem() == log.public_pem() {
            let message = "the operator's key and the log's key are the same; they must be two";
            return Err(workspace.wrong(
                "keys-equal",
                message,
                &files.log,
                Some(NEW_KEYS.to_owned()),
            ));
        }
        Ok(Self { operator, log })
    }
}

/// The log's private key alone, of a workspace that names keys.
///
/// # Errors
/// As [`Keys::of`].
pub(crate) fn log(workspace: &Workspace, passphrase_file: Option<&Path>) -> Outcome<SigningKey> {
    let file = log_file(workspace)?;
    check_origin(workspace, &file.value)?;
    let given = passphrase(passphrase_file)?;
    let whence = passphrase_file.map_or_else(
        || format!("the one in {VARIABLE}"),
        |file| format!("the one in `{}`", output::shown(file)),
    );
    read(&workspace.path(&file.value), (given.as_deref(), &whence), &Keys::demo().log)
}

/// Where the workspace says that the log's private key is.
///
/// # Errors
/// It names no keys.
pub(crate) fn log_file(workspace: &Workspace) -> Outcome<&Spanned<String>> {
    workspace.settings.keys.as_ref().map(|files| &files.log).ok_or_else(|| {
        let message = "the workspace names no keys, so it has no log";
        Failure::usage(Diagnostic::new("keys-missing", message).help(NEW_KEYS))
    })
}

/// The log's verifier key, which lies beside its private one.
///
/// # Errors
/// There is none, or it can't be read.
pub(crate) fn log_vkey(workspace: &Workspace) -> Outcome<NoteKey> {
    let file = vkey_file(&workspace.path(&log_file(workspace)?.value));
    let text = output::read_text(&file)?;
    NoteKey::parse(text.trim()).map_err(|e| unfit(&file, "the log's verifier key", &e))
}

/// A public key (PEM) whose owner is expected.
///
/// # Errors
/// It can't be read.
pub(crate) fn public(path: &Path) -> Outcome<PublicKey> {
    PublicKey::from_pem(&output::read_text(path)?).map_err(|e| {
        let message = format!("`{}` is not a public key: {e}", output::shown(path));
        let help = "`tieout key new` writes it beside the private one, as `.pub`";
        Failure::usage(Diagnostic::new("key-unreadable", message).help(help))
    })
}

/// Reads a person's own key. A demo key is nobody's.
///
/// # Errors
/// It can't be read, there is no passphrase or the wrong one, or it is a demo key.
pub(crate) fn own(path: &Path, passphrase_file: Option<&Path>) -> Outcome<SigningKey> {
    let given = passphrase(passphrase_file)?;
    let whence = passphrase_file.map_or_else(
        || format!("the one in {VARIABLE}"),
        |file| format!("the one in `{}`", output::shown(file)),
    );
    let demo = Keys::demo();
    let key = read(path, (given.as_deref(), &whence), &demo.operator)?;
    if key.demo || key.public_key() == demo.log.public_key() {
        let message = format!("`{}` is a demo key, which everyone has", output::shown(path));
        let help = "make your own with `tieout key new`";
        return Err(Failure::usage(Diagnostic::new("key-unfit", message).help(help)));
    }
    Ok(key)
}

/// Reads a witness's own key, of either type.
///
/// # Errors
/// As [`own`].
pub(crate) fn witness(path: &Path, passphrase_file: Option<&Path>) -> Outcome<CosigningKey> {
    if let Some(given) = passphrase(passphrase_file)?
        && let Ok(key @ CosigningKey::MlDsa44(_)) = CosigningKey::read(path, &given)
    {
        return Ok(key);
    }
    own(path, passphrase_file).map(CosigningKey::from)
}

const NEW_KEYS: &str = "export TIEOUT_PASSPHRASE='a passphrase of yours'\n\
tieout key new --role operator keys/operator.pem\n\
tieout key new --role log keys/log.pem\n\
and in the workspace file: `keys: {operator: keys/operator.pem, log: keys/log.pem}`";

/// What a new workspace still needs before its first run, as commands in the workspace's folder.
pub(crate) const FIRST_RUN: [&str; 4] = [
    "export TIEOUT_PASSPHRASE='a passphrase of yours'",
    "tieout key new --role operator keys/operator.pem",
    "tieout key new --role log keys/log.pem",
    "tieout run",
];

/// Refuses a log, or a verifier key of one, that has another origin than the workspace says: what is
/// sealed under it could be verified with no key that the company has given away.
fn check_origin(workspace: &Workspace, log_key: &str) -> Outcome<()> {
    let origin = workspace.origin();
    let checkpoint = workspace.log().join("checkpoint");
    let vkey = vkey_file(&workspace.path(log_key));
    let text = |path: &Path| std::fs::read_to_string(path).ok();
    let in_log = text(&checkpoint).and_then(|text| text.lines().next().map(str::to_owned));
    let in_key = text(&vkey).and_then(|text| NoteKey::parse(text.trim()).ok());
    let in_key = in_key.map(|key| key.name().to_owned());
    for (path, found) in [(checkpoint, in_log), (vkey, in_key)] {
        let Some(found) = found.filter(|found| *found != origin) else { continue };
        let file = output::shown(&path);
        let message =
            format!("`{file}` is of the log `{found}`, and this workspace's log is `{origin}`");
        let help = format!(
            "if the workspace was renamed, keep its log: `log: {{origin: {found}}}`; if it is a \
             copy, give it packs, log and log key of its own"
        );
        let settings = &workspace.settings;
        let place = settings.log.origin.as_ref().unwrap_or(&settings.workspace);
        return Err(workspace.wrong("origin-changed", message, place, Some(help)));
    }
    Ok(())
}

/// Reads a key. Without a passphrase only a demo key opens; a demo key needs none, whatever
/// passphrase is set for others.
fn read(
    path: &Path,
    (given, whence): (Option<&str>, &str),
    demo: &SigningKey,
) -> Outcome<SigningKey> {
    // What the system refuses has nothing to do with passphrases.
    output::read_text(path)?;
    let public = std::fs::read_to_string(public_file(path));
    let given = given.filter(|_| !public.is_ok_and(|text| text == demo.public_pem()));
    let locked = |e: &KeyError| e.reason.contains("passphrase is wrong");
    let refused = |e: KeyError| {
        let help = if locked(&e) {
            format!("{whence} is not the one that the key was made with")
        } else {
            "`tieout key new` makes a key; restore this one from its backup".to_owned()
        };
        Failure::usage(Diagnostic::new("key-unreadable", e.to_string()).help(help))
    };
    match given {
        Some(passphrase) => {
            let mut key = SigningKey::read(path, passphrase, false).map_err(refused)?;
            key.demo = key.public_pem() == demo.public_pem();
            Ok(key)
        }
        None => match SigningKey::read(path, DEMO_PASSPHRASE, true) {
            Ok(key) if key.public_pem() == demo.public_pem() => Ok(key),
            Err(e) if !locked(&e) => Err(refused(e)),
            _ => {
                let message = format!("the key `{}` needs its passphrase", output::shown(path));
                let help = format!("set {VARIABLE}, or give `--passphrase-file FILE`");
                Err(Failure::usage(Diagnostic::new("passphrase-missing", message).help(help)))
            }
        },
    }
}

/// The passphrase of the file, or of the environment.
///
/// # Errors
/// The file can't be read or is empty.
pub(crate) fn passphrase(file: Option<&Path>) -> Outcome<Option<String>> {
    let Some(file) = file else {
        return Ok(std::env::var(VARIABLE).ok().filter(|p| !p.is_empty()));
    };
    let text = output::read_text(file)?;
    let passphrase = text.trim_end_matches(['\r', '\n']);
    if passphrase.is_empty() {
        let message = format!("the passphrase file `{}` is empty", output::shown(file));
        return Err(Failure::usage(Diagnostic::new("passphrase-missing", message)));
    }
    Ok(Some(passphrase.to_owned()))
}

/// Where the public key of a private key lies.
pub(crate) fn public_file(private: &Path) -> PathBuf {
    with_suffix(private, ".pub")
}

/// Where the verifier key of a log's private key lies.
pub(crate) fn vkey_file(private: &Path) -> PathBuf {
    with_suffix(private, ".vkey")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What a workspace trusts when it reads its own packs: the public keys that lie beside its
/// private ones, as far as they do.
///
/// # Errors
/// A file is there and can't be read, or is no such key.
pub(crate) fn own_anchor(workspace: &Workspace) -> Outcome<Anchor> {
    let Some(files) = &workspace.settings.keys else { return Ok(Anchor::default()) };
    let operator = public_file(&workspace.path(&files.operator.value));
    let log = vkey_file(&workspace.path(&files.log.value));
    let there = |path: &PathBuf| !output::is_absent(path);
    of_files(Some(operator).filter(there).as_deref(), Some(log).filter(there).as_deref())
}

/// What the user trusts, from files.
///
/// # Errors
/// A file can't be read, or is no such key.
pub(crate) fn anchor(files: &crate::args::AnchorFiles) -> Outcome<Anchor> {
    let anchor = of_files(files.operator_key.as_deref(), files.log_key.as_deref())?;
    let policy = files.policy.as_deref().map(|path| policy(path).map(|(text, _)| text));
    Ok(Anchor { policy: policy.transpose()?, ..anchor })
}

/// A policy file, and what it says.
///
/// # Errors
/// It can't be read, or says nothing that could be.
pub(crate) fn policy(path: &Path) -> Outcome<(String, Policy)> {
    let text = output::read_text(path)?;
    match Policy::parse(&text) {
        Ok(policy) => Ok((text, policy)),
        Err(e) => {
            let file = output::shown(path);
            let message = format!("`{file}` is not a policy: {e}");
            let place = Place::in_text(&file, &text, u64::try_from(e.line).unwrap_or(1), 1, 1);
            Err(Failure::usage(Diagnostic::new("policy-file-unreadable", message).at(place)))
        }
    }
}

fn of_files(operator: Option<&Path>, log: Option<&Path>) -> Outcome<Anchor> {
    let operator = operator.map(|path| {
        let text = output::read_text(path)?;
        let key = PublicKey::from_pem(&text);
        key.map(|key| key.to_pem()).map_err(|e| unfit(path, "the operator's public key", &e))
    });
    let log = log.map(|path| {
        let text = output::read_text(path)?;
        let key = NoteKey::parse(text.trim());
        key.map(|key| key.to_string()).map_err(|e| unfit(path, "the log's verifier key", &e))
    });
    Ok(Anchor { operator: operator.transpose()?, log: log.transpose()?, policy: None })
}

fn unfit(path: &Path, what: &str, why: &dyn std::fmt::Display) -> Failure {
    let message = format!("`{}` is not {what}: {why}", output::shown(path));
    let help = "`tieout key new` writes the operator's as `.pub` and the log's as `.vkey`";
    Failure::usage(Diagnostic::new("key-unreadable", message).help(help))
}
