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

/// Writes to standard error. Where that fails, as when the terminal was closed, there is nowhere
/// else to tell it, and what was found stays what it is.
pub(crate) fn tell(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
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
/// way are made. A device or a pipe is written into.
pub(crate) fn write_beside(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    access: Access,
) -> Outcome<()> {
    put(path, existing, access, |mut file| {
        file.write_all(bytes).map_err(|e| Failure::file(path, &e))?;
        Ok(((), file))
    })
}

/// The same for a file of any size, by what `write` puts into it; one that is there is replaced.
pub(crate) fn stream_beside<T>(
    path: &Path,
    write: impl FnOnce(File) -> Outcome<(T, File)>,
) -> Outcome<T> {
    put(path, Existing::Replace, Access::Usual, write)
}

fn put<T>(
    path: &Path,
    existing: Existing,
    access: Access,
    write: impl FnOnce(File) -> Outcome<(T, File)>,
) -> Outcome<T> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    // A link stays a link: what it leads to is replaced.
    let linked = existing == Existing::Replace && path.is_symlink();
    let resolved = if linked { path.canonicalize().ok() } else { None };
    let path = resolved.as_deref().unwrap_or(path);
    if existing == Existing::Replace && is_stream(path) {
        let stream = File::options().write(true).open(path).map_err(failed);
        return stream.and_then(write).map(|(done, _)| done);
    }
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
    let made = create(&temporary, access).map_err(failed);
    let done = made.and_then(write).and_then(|(done, file)| {
        let placed = file.sync_all().and_then(|()| match existing {
            Existing::Replace => std::fs::rename(&temporary, path),
            // A link, unlike a rename, never replaces.
            Existing::Keep => std::fs::hard_link(&temporary, path),
        });
        placed.map(|()| done).map_err(failed)
    });
    // Already gone after a rename; whatever else remains of it is not wanted.
    let _ = std::fs::remove_file(&temporary);
    let done = done?;
    // The name itself reaches the disk with its folder; not every system can sync one.
    let _ = File::open(folder).and_then(|f| f.sync_all());
    Ok(done)
}

/// Hands a signed statement over: to standard output for `-`, else to a file that isn't there yet, whose name
/// is told.
pub(crate) fn hand_over(path: &Path, bytes: &[u8]) -> Outcome<()> {
    if path == Path::new("-") {
        return print_bytes(bytes);
    }
    write_beside(path, bytes, Existing::Keep, Access::Usual)?;
    print(&format!("{}\n", shown(path)))
}

/// Refuses a place where no file can be written: a folder, or one below something that is no
/// folder or may not be written in. What is there stays as it is.
///
/// # Errors
/// What stands in the way.
pub(crate) fn check_writable(path: &Path) -> Outcome<()> {
    let failed = |path: &Path, e: std::io::Error| Err(Failure::file(path, &e));
    if path.is_dir() || path.file_name().is_none() {
        return failed(path, ErrorKind::IsADirectory.into());
    }
    if is_stream(path) {
        return Ok(());
    }
    let path = absolute(path);
    let there = path.ancestors().skip(1).find(|folder| !is_absent(folder));
    let Some(folder) = there else { return Ok(()) };
    if !folder.is_dir() {
        return failed(folder, ErrorKind::NotADirectory.into());
    }
    // Only trying tells what a system lets whom do.
    let probe = folder.join(format!(".tieout-{}.tmp", std::process::id()));
    match File::options().write(true).create_new(true).open(&probe) {
        Ok(_) => drop(std::fs::remove_file(&probe)),
        Err(e) => return failed(folder, e),
    }
    Ok(())
}

/// Whether there is something of that name that is written into, never replaced: a device, a pipe.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn create(path: &Path, access: Access) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
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

/// A word as a shell takes it for one.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
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

    #[test]
    fn a_place_where_no_file_can_be_is_refused_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "x").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        assert!(check_writable(&at("folder")).is_err());
        assert!(check_writable(&at("file/below")).is_err());
        assert!(check_writable(&at("")).is_err());
        for name in ["file", "new", "new/er", "folder/new"] {
            check_writable(&at(name)).unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_into() {
        use std::os::unix::fs::FileTypeExt as _;
        let null = Path::new("/dev/null");
        check_writable(null).unwrap();
        write_beside(null, b"x", Existing::Replace, Access::Usual).unwrap();
        assert!(null.metadata().unwrap().file_type().is_char_device());
    }

    #[test]
    fn what_a_shell_would_cut_is_quoted() {
        assert_eq!(shell_word("out/packs/x-1"), "out/packs/x-1");
        assert_eq!(shell_word("my packs"), "'my packs'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
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
