//! The workspace's secret, from which salts and pack ids come. Whoever has it and the data can
//! tell what a commitment commits to, so it stays with the workspace and in no pack.

use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::output::{self, Access, Existing};
use std::path::Path;
use tieout_controls::Digest;

const FILE: &str = ".tieout/secret";

/// Reads the secret of a workspace; the first time, makes one.
///
/// # Errors
/// The file can't be read or written, or is not 64 hexadecimal digits.
pub(crate) fn of(root: &Path) -> Outcome<[u8; 32]> {
    if let Some(secret) = existing(root)? {
        return Ok(secret);
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(Failure::internal)?;
    match write(root, secret) {
        Ok(()) => Ok(secret),
        // Another run may have been first: its secret is the workspace's.
        Err(failure) => existing(root)?.ok_or(failure),
    }
}

/// Reads the secret of a workspace that has one.
///
/// # Errors
/// The file can't be read, or is not 64 hexadecimal digits.
pub(crate) fn existing(root: &Path) -> Outcome<Option<[u8; 32]>> {
    let path = root.join(FILE);
    if output::is_absent(&path) {
        return Ok(None);
    }
    let text = output::read_text(&path)?;
    let Digest(secret) = text.trim().parse().map_err(|_| {
        let message =
            format!("`{}` is not a secret of 64 hexadecimal digits", output::shown(&path));
        let help = "restore it from a backup: with another secret the same run gives another pack";
        Failure::usage(Diagnostic::new("secret-unreadable", message).help(help))
    })?;
    Ok(Some(secret))
}

/// Reads the secret of a workspace that has one, if it is this user's to read: it is its owner's
/// alone.
///
/// # Errors
/// As [`existing`].
pub(crate) fn own(root: &Path) -> Outcome<Option<[u8; 32]>> {
    match std::fs::File::open(root.join(FILE)) {
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Ok(None),
        _ => existing(root),
    }
}

/// Gives a workspace a secret.
///
/// # Errors
/// It has one, or it can't be written.
pub(crate) fn write(root: &Path, secret: [u8; 32]) -> Outcome<()> {
    let text = format!("{}\n", Digest(secret));
    output::write_beside(&root.join(FILE), text.as_bytes(), Existing::Keep, Access::Private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = of(folder.path()).unwrap();
        assert_eq!(of(folder.path()).unwrap(), first);
        assert_ne!(first, [0; 32]);
    }

    #[test]
    fn a_broken_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".tieout")).unwrap();
        std::fs::write(folder.path().join(FILE), "short").unwrap();
        assert!(of(folder.path()).is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), "short");
    }
}
