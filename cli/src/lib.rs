//! The `tieout` command as a library: the one place where the parts meet.
//!
//! [`main_with`] reads the arguments, does what they ask and gives the exit code. Settings, the
//! clock, randomness, keys and the network live here; the other crates take them as
//! arguments.

mod args;
mod catalogue;
mod clock;
mod commands;
mod config;
mod diagnostic;
mod exit;
mod gate;
mod index;
mod interrupt;
mod keys;
mod lock;
mod output;
mod packs;
mod people;
mod plan;
mod progress;
mod proposal;
mod sealing;
mod secret;
mod similar;
mod text;
mod turn;
mod vault;
mod witnesses;
mod workspace;

pub mod report;

use exit::Exit;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does what the arguments ask (the first is the program's name) and gives the exit code:
/// 0 done and nothing found, 1 exceptions, 2 usage or configuration, 3 inconclusive, 4 a
/// signature, digest or proof failed, 70 internal error, 130 interrupted.
pub fn main_with<I, A>(args: I) -> u8
where
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    std::panic::set_hook(Box::new(|info| {
        // The message of a panic may quote data; its place never does.
        let place = info.location().map_or_else(String::new, |l| format!(" at {l}"));
        let what = format!("internal error{place}; this is a defect of tieout");
        output::tell(&format!("error[internal]: {what}\n"));
    }));
    let done = catch_unwind(AssertUnwindSafe(|| commands::dispatch(args)));
    done.unwrap_or(Exit::Internal).code()
}
