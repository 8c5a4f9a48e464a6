//! Where results go: standard output, or a file written beside and renamed.

use crate::diagnostic::{Diagnostic, Failure, Outcome, io_words};
use crate::text::visible;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// Writes text to standard output. It may quote values of records, which are not to steer the
/// terminal.
pub(crate) fn print(text: &str) -> Outcome<()> {
    print_bytes(visible(text).as_bytes())
}

/// Writes bytes to standard output, as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> Outcome<()> {
    let mut stdout = std::io::stdout().lock();
    finish(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Whether standard output is a terminal.
pub(crate) fn to_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// A reader that has seen enough (`tieout … | head`) is no error, and doesn't change what was
/// found: the command goes on to its exit code.
fn finish(written: std::io::Result<()>) -> Outcome<()> {
    match written {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            let (reason, help) = io_words(&e);
            let message = format!("standard output: {reason}");
            Err(Failure::usage(Diagnostic::new("file-access", message).maybe_help(help)))
        }
        _ => Ok(()),
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// As the user's umask says.
    Usual,
    /// The owner alone.
    Private,
}

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is replaced.
    Replace,
    /// It stays, and the write fails.
    Keep,
}

/// Writes a file whole or not at all: beside it, flushed to the disk, then renamed. Folders on the
/// way are made.
pub(crate) fn write_beside(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    access: Access,
) -> Outcome<()> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
    let name = path.file_name().ok_or_else(|| failed(ErrorKind::IsADirectory.into()))?;
    if path.is_dir() {
        return Err(failed(ErrorKind::IsADirectory.into()));
    }
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(temporary);
    let written = write_new(&temporary, bytes, access).and_then(|()| match existing {
        Existing::Replace => std::fs::rename(&temporary, path),
        // A link, unlike a rename, never replaces.
        Existing::Keep => std::fs::hard_link(&temporary, path),
    });
    // Already gone after a rename; whatever else remains of it is not wanted.
    let _ = std::fs::remove_file(&temporary);
    written.map_err(failed)?;
    // The name itself reaches the disk with its folder; not every system can sync one.
    let _ = File::open(folder).and_then(|f| f.sync_all());
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8], access: Access) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Whether there is nothing of that name. A link to nowhere is something, and so is what can't be
/// looked at.
pub(crate) fn is_absent(path: &Path) -> bool {
    matches!(path.symlink_metadata(), Err(e) if e.kind() == ErrorKind::NotFound)
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))
}

/// A path as it is shown: relative to where the user stands, when it is below.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).map_or(path, |p| p);
    let below = if below.as_os_str().is_empty() { Path::new(".") } else { below };
    below.display().to_string()
}

/// The path made absolute without resolving links.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_where_that_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file");
        let write =
            |text: &str, existing| write_beside(&path, text.as_bytes(), existing, Access::Usual);
        write("one", Existing::Keep).unwrap();
        assert!(write("two", Existing::Keep).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        write("three", Existing::Replace).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three");
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_beside(&path, b"x", Existing::Keep, Access::Private).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
