//! `tieout deck`.

use super::remark;
use crate::args::{DeckGenerate, Global, World};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::keys;
use crate::output;
use crate::progress::Spinner;
use crate::similar;
use crate::text::counted;
use std::path::Path;
use tieout_deck::{
    DeckError, Dose, Faults, MeteringFaults, MeteringOptions, Options, Truth,
    generate as write_deck, generate_metering, metering_classes,
};
use tieout_engine::progress::Progress as _;

/// Cost-and-usage rows of the world `controls`, where none are asked for.
const ROWS: u64 = 5000;
/// Rows of usage of the world `metering`, where none are asked for: room for a fault of each class.
const USAGE_ROWS: u64 = 200_000;

/// Writes a generated company.
pub(super) fn generate(global: &Global, args: &DeckGenerate) -> Outcome<Exit> {
    check_options(args)?;
    let folder = &args.folder;
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        let message = format!("`{}` is not empty", output::shown(folder));
        let help = "name an empty or new folder";
        return Err(Failure::usage(Diagnostic::new("folder-not-empty", message).help(help)));
    }
    let shown = output::shown(folder);
    let written = match args.world {
        World::Controls => controls(args)?,
        World::Metering => metering(global, args)?,
    };
    remark(global.quiet, &format!("{shown}: {written}, told in `truth.json`"));
    remark(global.quiet, &format!("next: cd {}", output::shell_word(&shown)));
    for command in keys::FIRST_RUN {
        remark(global.quiet, &format!("  {command}"));
    }
    Ok(Exit::Success)
}

/// Refuses an option that the world doesn't have: ignored, it would seem to have been heard.
fn check_options(args: &DeckGenerate) -> Outcome<()> {
    let (foreign, home) = match args.world {
        World::Controls => {
            let given = [
                ("--usage-rows", args.usage_rows),
                ("--per-class", args.per_class),
                ("--per-mille", args.per_mille),
            ];
            (given.into_iter().find(|(_, value)| value.is_some()), "metering")
        }
        World::Metering => (args.rows.map(|rows| ("--rows", Some(rows))), "controls"),
    };
    let Some((option, _)) = foreign else { return Ok(()) };
    let message = format!("`{option}` belongs to the world `{home}`");
    let help = match args.world {
        World::Controls => "add `--world metering`, or leave it out",
        World::Metering => "`--usage-rows` says how many rows of usage there are",
    };
    Err(Failure::usage(Diagnostic::new("deck-option", message).help(help)))
}

/// The names in a list with commas.
fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|name| name.trim().to_owned())
}

fn controls(args: &DeckGenerate) -> Outcome<String> {
    let faults = match args.faults.as_str() {
        "none" => Faults::None,
        "all" => Faults::All,
        list => Faults::Only(names(list).collect()),
    };
    let focus_rows = args.rows.unwrap_or(ROWS);
    let truth = write(&Options { seed: args.seed, focus_rows, faults }, &args.folder)?;
    Ok(counted(truth.exceptions.len(), "expected exception"))
}

fn metering(global: &Global, args: &DeckGenerate) -> Outcome<String> {
    let options = MeteringOptions {
        seed: args.seed,
        usage_rows: args.usage_rows.unwrap_or(USAGE_ROWS),
        faults: classes(args)?,
        // The bytes are the same for any number.
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let spinner = Spinner::new(global.quiet);
    spinner.step(&format!("writing at least {} rows of usage", options.usage_rows));
    let truth = generate_metering(&options, &args.folder).map_err(not_written);
    drop(spinner);
    let truth = truth?;
    let (usage, charges) = (truth.usage_rows, truth.charge_rows);
    let facts = counted(truth.facts.len(), "planted fact");
    Ok(format!("{usage} rows of usage, {charges} charges, {facts}"))
}

/// Which classes of faults are asked for, and how often.
fn classes(args: &DeckGenerate) -> Outcome<MeteringFaults> {
    let dose = match (args.per_class, args.per_mille) {
        (_, Some(share)) => Dose::PerMille(share),
        (count, None) => Dose::Count(count.unwrap_or(1)),
    };
    let list = match args.faults.as_str() {
        "none" => return Ok(MeteringFaults::None),
        "all" => return Ok(MeteringFaults::All(dose)),
        list => list,
    };
    let known: Vec<&str> = metering_classes().map(|(name, _)| name).collect();
    let unknown = names(list).filter(|name| !known.contains(&name.as_str()));
    let diagnostics: Vec<Diagnostic> = unknown
        .map(|name| {
            let message = format!("the metering world has no fault `{name}`");
            Diagnostic::new("unknown-fault", message)
                .maybe_help(similar::help(&name, known.clone()))
        })
        .collect();
    if diagnostics.is_empty() {
        return Ok(MeteringFaults::Only(names(list).map(|name| (name, dose)).collect()));
    }
    Err(Failure { exit: Exit::Usage, diagnostics })
}

/// Writes a deck.
///
/// # Errors
/// What the deck says, with the file.
pub(super) fn write(options: &Options, folder: &Path) -> Outcome<Truth> {
    write_deck(options, folder).map_err(not_written)
}

fn not_written(error: DeckError) -> Failure {
    Failure::usage(Diagnostic::new("deck-not-written", error.to_string()))
}
