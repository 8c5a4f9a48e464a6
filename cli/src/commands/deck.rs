//! `tieout deck`.

use super::remark;
use crate::args::Global;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::text::counted;
use std::path::Path;
use tieout_deck::{DeckError, Faults, Options, Truth, generate as write_deck};

/// Writes a generated company.
pub(super) fn generate(
    global: &Global,
    folder: &Path,
    seed: u64,
    rows: u64,
    faults: &str,
) -> Outcome<Exit> {
    let faults = match faults {
        "none" => Faults::None,
        "all" => Faults::All,
        list => Faults::Only(list.split(',').map(|id| id.trim().to_owned()).collect()),
    };
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        let message = format!("`{}` is not empty", output::shown(folder));
        let help = "name an empty or new folder";
        return Err(Failure::usage(Diagnostic::new("folder-not-empty", message).help(help)));
    }
    let truth = write(&Options { seed, focus_rows: rows, faults }, folder)?;
    let exceptions = counted(truth.exceptions.len(), "expected exception");
    let shown = output::shown(folder);
    remark(global.quiet, &format!("{shown}: {exceptions}, told in `truth.json`"));
    remark(global.quiet, &format!("next: cd {}", output::shell_word(&shown)));
    for command in keys::FIRST_RUN {
        remark(global.quiet, &format!("  {command}"));
    }
    Ok(Exit::Success)
}

/// Writes a deck.
///
/// # Errors
/// What the deck says, with the file.
pub(super) fn write(options: &Options, folder: &Path) -> Outcome<Truth> {
    write_deck(options, folder)
        .map_err(|e: DeckError| Failure::usage(Diagnostic::new("deck-not-written", e.to_string())))
}
