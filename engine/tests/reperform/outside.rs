//! Where data outside the repository are.

use std::path::{Path, PathBuf};

/// A file of the data that live outside the repository (`TIEOUT_TEST_DATA`, else `../shared` beside
/// it), under `data/`. Where they are absent, says so and gives `None`; with `TIEOUT_TEST_DATA` set, a
/// missing file is a failure of the caller's.
pub(crate) fn outside_data(test: &str, path: &str) -> Option<PathBuf> {
    let stated = std::env::var_os("TIEOUT_TEST_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let file = stated.clone().unwrap_or(beside).join("data").join(path);
    if stated.is_none() && !file.exists() {
        eprintln!("skipped: {test}: no data at {}", file.display());
        return None;
    }
    Some(file)
}
