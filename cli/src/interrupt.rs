//! Ctrl-C, and on Unix SIGTERM and SIGHUP, by which supervisors and closing terminals stop a
//! program: the first one is asked about between and within steps, the second one ends at once.

use crate::diagnostic::{Failure, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(crate) fn listen() {
    // `nohup` asks that a closing terminal stops nothing. A listener would undo that; without one
    // the other signals end the command at once, which leaves whole packs or none just as well.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if ignores_hangup(&status) {
        return;
    }
    // A second listener in one process is a test harness; the first one keeps working.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Whether a process ignores SIGHUP, the first signal, as Linux tells it (proc(5), `SigIgn`).
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Whether the user asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Stops here if the user asked to; `left` says what is left behind.
pub(crate) fn check(left: &str) -> Outcome<()> {
    if asked() { Err(Failure::interrupted(left)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_heard() {
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\n"));
        assert!(!ignores_hangup(""));
    }
}
