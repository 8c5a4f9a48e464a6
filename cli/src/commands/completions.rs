//! `tieout completions`.

use crate::args::Cli;
use crate::diagnostic::Outcome;
use crate::exit::Exit;
use crate::output;
use clap::CommandFactory as _;

/// The completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Outcome<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tieout", &mut script);
    output::print_bytes(&script)?;
    Ok(Exit::Success)
}
