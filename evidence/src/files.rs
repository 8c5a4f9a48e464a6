//! The file operations of sealing and of the vault, behind one small layer, so that tests can let each of them fail.
//!
//! Only operations that change something are here. None of them is retried: after a failed `sync`
//! nobody knows what is on the disk, and a second one may succeed without having written it. Sealing
//! ends there, and the next opening of the log finds out.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What changes files and folders.
pub(crate) trait Files {
    /// Makes a folder that does not exist.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file that does not exist.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Out>>;
    /// Opens a file to write at its end.
    fn append(&self, path: &Path) -> io::Result<Box<dyn Out>>;
    /// Opens a file to write over what is in it, from that byte on.
    fn overwrite(&self, path: &Path, at: u64) -> io::Result<Box<dyn Out>>;
    /// Cuts a file to that length; durable with the next `sync` of the file.
    fn cut(&self, path: &Path, len: u64) -> io::Result<()>;
    /// Renames a file or folder; a file of the new name is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder with what is in it.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Opens a folder, to be held while its names are changed and synced after.
    fn open_folder(&self, path: &Path) -> io::Result<Box<dyn Folder>>;
}

/// A folder that is held open. An error of writing its names back is told to who had it open at the
/// time: a folder that is opened for its sync alone may never hear of it.
pub(crate) trait Folder {
    /// Makes durable which names the folder has.
    fn sync(&self) -> io::Result<()>;
}

/// A file that is written.
pub(crate) trait Out: Write {
    /// Makes durable what was written.
    fn sync(&mut self) -> io::Result<()>;
}

/// The file system.
pub(crate) struct Disk;

impl Files for Disk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        Ok(Box::new(File::create_new(path)?))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        Ok(Box::new(OpenOptions::new().append(true).open(path)?))
    }

    fn overwrite(&self, path: &Path, at: u64) -> io::Result<Box<dyn Out>> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Box::new(file))
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.set_len(len)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(path)
    }

    fn open_folder(&self, path: &Path) -> io::Result<Box<dyn Folder>> {
        Ok(Box::new(File::open(path)?))
    }
}

impl Folder for File {
    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Out for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Makes a folder and those above it that don't exist, each durable in the one above before it has
/// anything in it. So one that is empty may be one whose maker was interrupted before that.
pub(crate) fn make_folders(files: &dyn Files, path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    let exists = path.is_dir();
    let done = exists && std::fs::read_dir(path)?.next().transpose()?.is_some();
    if done || path.as_os_str().is_empty() {
        return Ok(());
    }
    if !exists {
        make_folders(files, parent)?;
    }
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let held = files.open_folder(parent)?;
    if !exists {
        files.make_folder(path)?;
    }
    held.sync()
}

/// Writes a file that does not exist, durably; its name is durable once its folder is synced.
pub(crate) fn write(files: &dyn Files, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = files.create(path)?;
    file.write_all(bytes)?;
    file.sync()
}

/// Replaces a file by one written beside it, durably; the folder of both is held open.
pub(crate) fn replace(
    files: &dyn Files,
    held: &dyn Folder,
    (beside, path): (&Path, &Path),
    bytes: &[u8],
) -> io::Result<()> {
    write(files, beside, bytes)?;
    files.rename(beside, path)?;
    held.sync()
}

/// A hidden name beside a folder's own.
pub(crate) fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(folder.file_name().unwrap_or_default());
    name.push(ending);
    folder.with_file_name(name)
}

/// What was done with a file, if there is one.
pub(crate) fn if_there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        done => done.map(Some),
    }
}

/// Opens a file that is there to be locked, and waits until nobody else has locked it.
pub(crate) fn lock(path: &Path) -> io::Result<Lock> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(Lock(file))
}

/// A file that is locked until this value is gone, even where closing it fails.
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}
