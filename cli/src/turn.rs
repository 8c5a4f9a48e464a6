//! Taking turns with other `tieout`s in one workspace.

use crate::clock;
use crate::diagnostic::{Failure, Outcome};
use crate::interrupt;
use chrono::{DateTime, Utc};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

const FILE: &str = ".tieout/lock";
const PAUSE: Duration = Duration::from_millis(50);
/// How often the clock is asked for another second: a clock that stands still is not waited for.
const MOST: usize = 60;

/// Tries until there is something. `waiting` is called once if that takes longer; Ctrl-C ends the
/// wait, and `left` says what it leaves behind.
///
/// # Errors
/// The outer one when the user stopped it, the inner one is that of the attempt.
pub(crate) fn wait<T, E>(
    left: &str,
    waiting: impl FnOnce(),
    mut attempt: impl FnMut() -> Result<Option<T>, E>,
) -> Outcome<Result<T, E>> {
    let mut waiting = Some(waiting);
    loop {
        match attempt() {
            Ok(None) => {}
            Ok(Some(found)) => return Ok(Ok(found)),
            Err(error) => return Ok(Err(error)),
        }
        if let Some(tell) = waiting.take() {
            tell();
        }
        interrupt::check(left)?;
        std::thread::sleep(PAUSE);
    }
}

/// The right to seal in a workspace, until it is dropped.
pub(crate) struct Turn {
    _lock: File,
}

impl Turn {
    /// Waits until nobody else seals in the workspace.
    ///
    /// # Errors
    /// The lock can't be made, or the user stopped it.
    pub(crate) fn to_seal(root: &Path, left: &str, waiting: impl FnOnce()) -> Outcome<Self> {
        let path = root.join(FILE);
        let failed = |e: std::io::Error| Failure::file(&path, &e);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(failed)?;
        let taken = wait(left, waiting, || match file.try_lock() {
            Ok(()) => Ok(Some(())),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        })?;
        taken.map_err(failed)?;
        Ok(Self { _lock: file })
    }

    /// Now, in a second in which no pack of the folder was sealed: a pack's name begins with its
    /// second, and the same run may be sealed twice.
    ///
    /// # Errors
    /// The user stopped it.
    pub(crate) fn second(&self, packs: &Path, left: &str) -> Outcome<DateTime<Utc>> {
        for _ in 0..MOST {
            let now = clock::now();
            let stamp = now.format("%Y%m%dT%H%M%SZ").to_string();
            let mut names = std::fs::read_dir(packs).into_iter().flatten().flatten();
            if !names.any(|entry| entry.file_name().to_string_lossy().starts_with(&stamp)) {
                return Ok(now);
            }
            interrupt::check(left)?;
            std::thread::sleep(PAUSE);
        }
        Ok(clock::now())
    }
}
