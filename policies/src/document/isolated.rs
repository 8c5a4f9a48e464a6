//! Foreign code in a thread of its own: a panic there ends the thread and nothing else, and whoever
//! waits for it waits no longer than twice the budget.
//!
//! Nothing can stop a thread from outside, so a call that never asks for the time goes on in the
//! one that is left behind; what is known to run away in one call is therefore refused before it
//! starts ([`super::bounded`]), and a program that gave up waiting should end.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// Why a piece of work gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It was not done at twice the budget.
    Time,
    /// It panicked.
    Panic,
    /// The system gives no thread.
    NoThread,
}

/// What the work gives, in a thread of its own.
pub(super) fn isolated<T: Send + 'static>(
    budget: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stopped> {
    quieten_panics();
    let (done, answer) = sync_channel(1);
    let thread = thread::Builder::new().name(NAME.to_owned()).stack_size(STACK);
    // Whoever asked may have given up.
    let started = thread.spawn(move || drop(done.send(work())));
    let thread = started.map_err(|_| Stopped::NoThread)?;
    match answer.recv_timeout(budget.saturating_mul(2)) {
        Ok(value) => Ok(value),
        Err(RecvTimeoutError::Timeout) => Err(Stopped::Time),
        Err(RecvTimeoutError::Disconnected) => {
            // Its panic is what is reported.
            let _ = thread.join();
            Err(Stopped::Panic)
        }
    }
}

/// Lets panics of these threads pass in silence, and all others to the hook that was there.
fn quieten_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(NAME) {
                before(info);
            }
        }));
    });
}

/// The clock by which regorus, built without the standard library, stops itself. It measures how
/// long something took; no policy sees it.
pub(super) fn give_clock() {
    // Set already is set well.
    let _ = regorus::utils::limits::set_time_source(&Monotonic);
}

struct Monotonic;

impl regorus::utils::limits::TimeSource for Monotonic {
    fn now(&self) -> Option<Duration> {
        static ANCHOR: OnceLock<Instant> = OnceLock::new();
        Some(ANCHOR.get_or_init(Instant::now).elapsed())
    }
}

const NAME: &str = "document policy";
/// Room for the deepest tree and the longest way of calls that are let in. It is an address range:
/// the system gives memory to what is used of it.
const STACK: usize = 256 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_and_an_endless_wait_are_told_apart() {
        assert_eq!(isolated(Duration::from_secs(60), || 1), Ok(1));
        let panicked = isolated(Duration::from_secs(60), || -> u8 { panic!("quiet") });
        assert_eq!(panicked, Err(Stopped::Panic));
        let (_hold, wait) = sync_channel::<u8>(0);
        let waiting = isolated(Duration::from_millis(1), move || wait.recv().is_ok());
        assert_eq!(waiting, Err(Stopped::Time));
    }
}
