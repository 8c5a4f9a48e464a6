//! `tieout waiver`.

use crate::args::{AuthorFormat, Global, WaiverNew, WaiverTold};
use crate::catalogue::Catalogue;
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::waiver::{self, State, Waiver};
use crate::output::{self, Access, Existing};
use crate::text::{counted, money_of, table, visible_line};
use crate::workspace::Workspace;
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieout_controls::value::instant_text;

/// Prints a waiver, or adds it to a file.
pub(super) fn new(global: &Global, args: &WaiverNew) -> Outcome<Exit> {
    let item = waiver::item(&[
        ("id", &args.id),
        ("control", &args.control),
        ("scope", &args.scope),
        ("reason", &args.reason),
        ("ticket", &args.ticket),
        ("requester", &args.requester),
        ("approver", &args.approver),
        ("beneficiary", &args.beneficiary),
        ("start", &args.start),
        ("expiry", &args.expiry),
        ("zone", &args.zone),
        ("amount", &args.amount),
        ("currency", &args.currency),
    ]);
    known_controls(global, &waiver::read("the waiver", &item)?)?;
    let Some(path) = &args.file else {
        output::print(&item)?;
        return Ok(Exit::Success);
    };
    let mut text = match output::is_absent(path) {
        true => String::new(),
        false => output::read_text(path)?,
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&item);
    // What was there may be wrong, or of another form, or have that name already.
    waiver::read(&output::shown(path), &text)
        .map_err(|failed| failed.with_help("nothing was added to the file"))?;
    output::write_beside(path, text.as_bytes(), Existing::Replace, Access::Usual)?;
    output::print(&format!("{}\n", output::shown(path)))?;
    Ok(Exit::Success)
}

/// Checks files of waivers.
pub(super) fn check(global: &Global, files: &[PathBuf], told: &WaiverTold) -> Outcome<Exit> {
    let waivers = read(files)?;
    known_controls(global, &waivers)?;
    let at = told.at.unwrap_or_else(clock::now);
    let mut by_state: BTreeMap<State, Vec<&str>> = BTreeMap::new();
    for waiver in &waivers {
        by_state.entry(waiver.state(at)).or_default().push(&waiver.id);
    }
    let of = |state| by_state.get(&state).map_or(&[][..], Vec::as_slice);
    let expired = of(State::Expired);
    match told.format {
        AuthorFormat::Json => print_json(&json!({
            "at": instant_text(at),
            "active": of(State::Active),
            "pending": of(State::Pending),
            "expired": expired,
        }))?,
        AuthorFormat::Text => {
            let number = counted(waivers.len(), "waiver");
            let (active, pending) = (of(State::Active).len(), of(State::Pending).len());
            let mut text = format!("{number}: {active} in force, {pending} not yet");
            text.push_str(&format!(", {} expired\n", expired.len()));
            for id in expired {
                text.push_str(&format!("expired: {}\n", visible_line(id)));
            }
            output::print(&text)?;
        }
    }
    Ok(if expired.is_empty() { Exit::Success } else { Exit::Exceptions })
}

/// Lists what is waived.
pub(super) fn list(files: &[PathBuf], told: &WaiverTold) -> Outcome<Exit> {
    let waivers = read(files)?;
    let at = told.at.unwrap_or_else(clock::now);
    match told.format {
        AuthorFormat::Json => {
            print_json(&waivers.iter().map(|waiver| document(waiver, at)).collect())?;
        }
        AuthorFormat::Text => {
            let head = ["waiver", "control", "state", "until", "at most", "approved by", "scope"];
            let head = head.map(str::to_owned).to_vec();
            let row = |waiver: &Waiver| {
                vec![
                    visible_line(&waiver.id),
                    visible_line(&waiver.control),
                    word(waiver.state(at)).to_owned(),
                    format!("{} {}", waiver.days.1, waiver.zone),
                    money_of(&waiver.exposure.amount, &waiver.exposure.currency),
                    visible_line(&waiver.approver),
                    visible_line(&waiver.scope.to_string()),
                ]
            };
            let rows: Vec<_> = std::iter::once(head).chain(waivers.iter().map(row)).collect();
            output::print(&table(&rows))?;
        }
    }
    Ok(Exit::Success)
}

/// Reads a waiver file of InSpec.
pub(super) fn import(global: &Global, file: &Path, zone: &str, to: Option<&Path>) -> Outcome<Exit> {
    if zone.parse::<chrono_tz::Tz>().is_err() {
        let message = format!("no time zone is called `{zone}`");
        let help = "a name of the tz database, such as `Europe/Berlin` or `UTC`";
        return Err(Failure::usage(Diagnostic::new("waiver-dates", message).help(help)));
    }
    let (text, number, permanent) =
        waiver::import(&output::shown(file), &output::read_text(file)?, zone)?;
    match to {
        Some(path) => {
            output::write_beside(path, text.as_bytes(), Existing::Keep, Access::Usual)?;
            output::print(&format!("{}\n", output::shown(path)))?;
        }
        None => output::print(&text)?,
    }
    let mut told = format!(
        "{} read; InSpec says neither who asked nor who approved, so none holds before that is \
         filled in",
        counted(number, "waiver")
    );
    if permanent > 0 {
        told.push_str(&format!("; {permanent} without an end need one"));
    }
    super::remark(global.quiet, &told);
    Ok(Exit::Success)
}

/// The waivers of all files; what is wrong in any of them is told at once.
fn read(files: &[PathBuf]) -> Outcome<Vec<Waiver>> {
    let (mut waivers, mut wrong) = (Vec::<Waiver>::new(), Vec::new());
    for file in files {
        match waiver::read(&output::shown(file), &output::read_text(file)?) {
            Ok(read) => waivers.extend(read),
            Err(failed) => wrong.extend(failed.diagnostics),
        }
    }
    waivers.sort_by(|a, b| a.id.cmp(&b.id));
    for (first, second) in waivers.iter().zip(waivers.iter().skip(1)) {
        if first.id == second.id {
            let message = format!("two waivers are called `{}`", first.id);
            let diagnostic = Diagnostic::new("waiver-incomplete", message);
            let help = "give each its own name";
            wrong.push(diagnostic.at(second.places.id.clone()).help(help));
        }
    }
    match wrong.is_empty() {
        true => Ok(waivers),
        false => Err(Failure { exit: Exit::Usage, diagnostics: wrong }),
    }
}

/// Refuses waivers of controls that there are not, here or in the workspace.
fn known_controls(global: &Global, waivers: &[Waiver]) -> Outcome<()> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let catalogue = Catalogue::of(workspace.as_ref())?;
    let unknown = waivers.iter().filter(|w| !catalogue.items.contains_key(&w.control));
    let wrong: Vec<_> =
        unknown.map(|w| catalogue.unknown(&w.control).at(w.places.control.clone())).collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure { exit: Exit::Usage, diagnostics: wrong }),
    }
}

fn document(waiver: &Waiver, at: DateTime<Utc>) -> Json {
    json!({
        "id": waiver.id,
        "control": waiver.control,
        "scope": waiver.scope.to_string(),
        "columns": waiver.scope.columns().collect::<Vec<_>>(),
        "reason": waiver.reason,
        "ticket": waiver.ticket,
        "requester": waiver.requester,
        "approver": waiver.approver,
        "beneficiary": waiver.beneficiary,
        "start": waiver.days.0,
        "expiry": waiver.days.1,
        "zone": waiver.zone.to_string(),
        "valid_from": instant_text(waiver.valid.start),
        "valid_to": instant_text(waiver.valid.end),
        "exposure": waiver.exposure,
        "state": waiver.state(at),
    })
}

fn word(state: State) -> &'static str {
    match state {
        State::Pending => "not yet",
        State::Active => "in force",
        State::Expired => "expired",
    }
}

fn print_json(value: &Json) -> Outcome<()> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
    output::print_bytes(format!("{text}\n").as_bytes())
}
