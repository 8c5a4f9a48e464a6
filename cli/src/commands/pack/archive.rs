//! `tieout pack export`: a pack as one file.

use crate::diagnostic::{Failure, Outcome};
use crate::output;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes the folder as an archive in the POSIX format, under the pack's name: its files by their paths, owned
/// by nobody, of no time. The same pack gives the same bytes.
pub(super) fn write(pack: &Path, to: &Path) -> Outcome<()> {
    let name = pack.file_name().unwrap_or_else(|| "pack".as_ref());
    let mut paths = Vec::new();
    files(pack, Path::new(""), &mut paths)?;
    paths.sort();
    output::stream_beside(to, |file| {
        let failed = |e: std::io::Error| Failure::file(to, &e);
        let mut archive = tar::Builder::new(BufWriter::new(file));
        for path in &paths {
            let from = pack.join(path);
            let unread = |e: std::io::Error| Failure::file(&from, &e);
            let content = File::open(&from).map_err(unread)?;
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Regular);
            header.set_size(content.metadata().map_err(unread)?.len());
            header.set_mode(0o644);
            let inside = Path::new(name).join(path);
            archive.append_data(&mut header, inside, content).map_err(failed)?;
        }
        let mut file = archive.into_inner().map_err(failed)?;
        file.flush().map_err(failed)?;
        let file = file.into_inner().map_err(|e| failed(e.into_error()))?;
        Ok(((), file))
    })
}

/// The paths of the files in the folder, from it.
pub(super) fn files(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Outcome<()> {
    let folder = root.join(below);
    let unread = |e: std::io::Error| Failure::file(&folder, &e);
    for entry in std::fs::read_dir(&folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let path = below.join(entry.file_name());
        if entry.file_type().map_err(unread)?.is_dir() {
            files(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
