//! The commands, one file each.

mod approve;
mod charges;
mod completions;
mod control;
mod dataset;
mod deck;
mod demo;
mod dispose;
mod erase;
mod explain;
mod gate;
mod init;
mod key;
mod keyring;
mod log;
mod pack;
mod policy;
mod policy_decide;
mod reperform;
mod report;
mod rows;
mod run;
mod search;
mod sign_off;
mod subject;
mod submit;
mod verify;
mod version;
mod waiver;
mod why;

use crate::args::{
    Cli, Color, Command, Control, Dataset, Deck, Gate, Hold, Key, Log, Pack, Policy, Reperform,
    Subject, Timestamp, Waiver,
};
use crate::diagnostic::Outcome;
use crate::exit::Exit;
use crate::interrupt;
use crate::output;
use clap::Parser as _;
use std::ffi::OsString;

/// Reads the arguments, does what they ask, tells what went wrong.
pub(crate) fn dispatch<I, A>(args: I) -> Exit
where
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match cli.global.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    interrupt::listen();
    do_command(cli).unwrap_or_else(|failure| {
        failure.tell();
        failure.exit
    })
}

/// Help and version are answers; everything else is a usage error, in clap's words.
fn usage(error: &clap::Error) -> Exit {
    // A closed pipe is no error, and there is nowhere else to tell it.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}

fn do_command(cli: Cli) -> Outcome<Exit> {
    let global = &cli.global;
    match cli.command {
        Command::Demo(args) => demo::demo(global, &args),
        Command::Init(args) => init::init(global, &args),
        Command::Run(args) => run::command(global, &args),
        Command::Explain(args) => explain::explain(global, &args),
        Command::Why(args) => why::why(global, &args),
        Command::Verify(args) => verify::verify(global, &args),
        Command::Erase(args) => erase::erase(global, &args),
        Command::Hold(Hold::Place(args)) => erase::place(global, &args),
        Command::Hold(Hold::Release(args)) => erase::release(global, &args),
        Command::Subject(Subject::Report(args)) => subject::report(global, &args),
        Command::Subject(Subject::Restrict(args)) => subject::state(global, &args, true),
        Command::Subject(Subject::Lift(args)) => subject::state(global, &args, false),
        Command::Pack(Pack::Show { pack, anchor, trust }) => {
            pack::show(global, &pack, &anchor, &trust)
        }
        Command::Pack(Pack::Diff { before, after, anchor }) => {
            pack::diff(global, [&before, &after], &anchor)
        }
        Command::Pack(Pack::Redact(args)) => pack::copy(global, &args, pack::Withheld::Named),
        Command::Pack(Pack::Disclose(args)) => pack::copy(global, &args, pack::Withheld::Others),
        Command::Pack(Pack::Export { pack, file, anchor }) => {
            pack::export(global, &pack, &file, &anchor)
        }
        Command::Pack(Pack::Prove { pack, tree, line }) => pack::prove(global, &pack, tree, line),
        Command::Report(args) => report::report(global, &args),
        Command::Search(args) => search::search(global, &args),
        Command::Control(Control::List { json }) => control::list(global, json),
        Command::Control(Control::Show { id }) => control::show(global, &id),
        Command::Policy(Policy::ExplainPlan { only, compare }) => {
            policy::explain_plan(global, only, compare)
        }
        Command::Policy(Policy::Explain(args)) => policy::explain(global, &args),
        Command::Policy(Policy::Diff(args)) => policy::diff(global, &args),
        Command::Policy(Policy::Fmt(args)) => policy::fmt(global, &args),
        Command::Policy(Policy::Lint { rules }) => policy::lint(global, &rules),
        Command::Policy(Policy::Schema { file }) => policy::schema(file),
        Command::Policy(Policy::Mutate(args)) => policy::mutate(global, &args),
        Command::Policy(Policy::Test(args)) => policy::test(global, &args),
        Command::Policy(Policy::Decide(args)) => policy_decide::decide(&args),
        Command::Dataset(Dataset::Inspect { file }) => dataset::inspect(global, &file),
        Command::Reperform(Reperform::Infer(args)) => reperform::infer(global, &args),
        Command::Reperform(Reperform::Charges(args)) => charges::charges(global, &args),
        Command::Gate(Gate::Rates(args)) => gate::rates(global, &args),
        Command::Gate(Gate::Policies(args)) => gate::policies(global, &args),
        Command::Gate(Gate::Verify(args)) => gate::verify(global, &args),
        Command::Gate(Gate::Baseline(args)) => gate::baseline(global, &args),
        Command::Gate(Gate::Usage(args)) => gate::usage(global, &args),
        Command::Approve(args) => approve::approve(global, &args),
        Command::Waiver(Waiver::New(args)) => waiver::new(global, &args),
        Command::Waiver(Waiver::Check { files, told }) => waiver::check(global, &files, &told),
        Command::Waiver(Waiver::List { files, told }) => waiver::list(&files, &told),
        Command::Waiver(Waiver::Import { file, zone, output }) => {
            waiver::import(global, &file, &zone, output.as_deref())
        }
        Command::Key(Key::New { role, algorithm, origin, name, file, passphrase }) => {
            let passphrase = passphrase.passphrase_file.as_deref();
            key::new(global, (role, algorithm), (origin, name), &file, passphrase)
        }
        Command::Log(Log::Init { passphrase }) => log::init(global, &passphrase),
        Command::Log(Log::Checkpoint { cosign }) => log::checkpoint(global, cosign),
        Command::Log(Log::Proof { entry }) => log::proof(global, &entry),
        Command::Log(Log::Fsck(args)) => log::fsck(global, &args),
        Command::Log(Log::Publish { folder }) => log::publish(global, &folder),
        Command::Log(Log::Timestamp(Timestamp::Request { out })) => {
            log::timestamp_request(global, &out)
        }
        Command::Log(Log::Timestamp(Timestamp::Add(args))) => log::timestamp_add(global, &args),
        Command::Log(Log::Witness(args)) => log::witness(&args),
        Command::Key(Key::Enrol(args)) => keyring::enrol(global, &args),
        Command::Key(Key::Rotate(args)) => keyring::rotate(&args),
        Command::Key(Key::Revoke(args)) => keyring::revoke(global, &args),
        Command::Key(Key::List { trust }) => keyring::list(global, &trust),
        Command::SignOff(args) => sign_off::sign_off(global, &args),
        Command::Dispose(args) => dispose::dispose(global, &args),
        Command::Submit(args) => submit::submit(global, &args),
        Command::Deck(Deck::Generate(args)) => deck::generate(global, &args),
        Command::Completions { shell } => completions::completions(shell),
        Command::Version(args) => version::version(global, args.lock),
    }
}

pub(crate) use policy::{Target, looked_over, mutants, record_line, untested};
pub(crate) use run::not_run;

/// A remark on standard error, unless only the answer was asked for.
pub(crate) fn remark(quiet: bool, text: &str) {
    if !quiet {
        output::tell(&format!("{text}\n"));
    }
}

/// Prints and succeeds.
fn printed(text: &str) -> Outcome<Exit> {
    output::print(text)?;
    Ok(Exit::Success)
}
