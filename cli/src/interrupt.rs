//! Ctrl-C: the first one is asked about between and within steps, the second one ends at once.

use crate::diagnostic::{Failure, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(crate) fn listen() {
    // A second listener in one process is a test harness; the first one keeps working.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Whether the user asked to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Stops here if the user asked to; `left` says what is left behind.
pub(crate) fn check(left: &str) -> Outcome<()> {
    if asked() { Err(Failure::interrupted(left)) } else { Ok(()) }
}
