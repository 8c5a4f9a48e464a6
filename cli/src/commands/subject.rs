//! `tieout subject`: what is held about one person, and restricting it.

use crate::args::{Global, SubjectReport, SubjectState};
use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::exit::Exit;
use crate::output;
use crate::packs;
use crate::vault;
use crate::workspace::Workspace;
use crate::{index, keys};
use serde::Serialize;
use std::collections::BTreeSet;
use tieout_evidence::erase::{About, about};
use tieout_evidence::verify::Withheld;

/// A line of the report.
#[derive(Serialize)]
struct Line {
    pack: String,
    #[serde(flatten)]
    about: About,
}

/// Everything that the packs hold about one person (GDPR, article 15).
pub(super) fn report(global: &Global, args: &SubjectReport) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let own = vault::reading(Some(&workspace))?;
    let known = own.as_ref().map(|own| (own, own.keys_of(&args.subject)));
    let anchor = keys::own_anchor(&workspace)?;
    let mut lines = Vec::new();
    for folder in packs::folders(&workspace)? {
        let (pack, _) = packs::open(&folder, &anchor, own.as_ref())?;
        let shown = output::shown(&folder);
        let names = known.as_ref().map(|(own, keys)| own.names_in(keys, &pack.id));
        incomplete(&shown, &pack.withheld, &names.unwrap_or_default());
        let found = about(&pack, &args.subject).into_iter();
        lines.extend(found.map(|about| Line { pack: shown.clone(), about }));
    }
    if args.csv {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = ["pack", "place", "control", "dataset", "file", "row", "column", "value"];
        let written = writer.write_record(header).and_then(|()| {
            lines.iter().try_for_each(|line| {
                let one = &line.about;
                let value = one.value.as_str().map_or_else(|| one.value.to_string(), str::to_owned);
                writer.write_record([
                    &line.pack,
                    &one.place,
                    &one.control,
                    &one.dataset,
                    &one.file,
                    &one.row,
                    &one.column,
                    &value,
                ])
            })
        });
        written.map_err(Failure::internal)?;
        output::print_bytes(&writer.into_inner().map_err(Failure::internal)?)?;
    } else {
        let text = serde_json::to_string_pretty(&lines).map_err(Failure::internal)?;
        output::print(&format!("{text}\n"))?;
    }
    Ok(Exit::Success)
}

/// Tells what a pack holds, or may hold, of the person that can't be read here.
fn incomplete(pack: &str, withheld: &[Withheld], names: &BTreeSet<String>) {
    let (theirs, others): (Vec<_>, Vec<_>) =
        withheld.iter().partition(|one| one.keys.iter().any(|key| names.contains(key)));
    let tell = |number: usize, what: &str, help: &str| {
        if number > 0 {
            let message = format!("{number} disclosures of `{pack}` {what}");
            warn(&Diagnostic::new("report-incomplete", message).help(help));
        }
    };
    tell(
        theirs.len(),
        "are about the person and can't be read here",
        "they are restricted, or also about somebody who is restricted or erased: lift the restriction",
    );
    tell(
        others.len(),
        "are withheld, and whether they are about the person is not known",
        "they were erased, or the vault's keys are not here: ask who has the vault",
    );
}

/// Restricts what is held about one person (GDPR, article 18), or lifts that.
pub(super) fn state(global: &Global, args: &SubjectState, restrict: bool) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let own = vault::needed(&workspace)?;
    let keys = vault::keys_of(&own, &args.subject)?;
    let text = output::read_text(&args.age)?;
    // As `age-keygen` writes them: the line that is no comment.
    let age = text.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
    let age = age.unwrap_or_default();
    for key in keys {
        let done = if restrict {
            own.restrict(key, &args.request, age)
        } else {
            own.lift(key, &args.request, age)
        };
        done.map_err(|e| vault::refused(&e))?;
        let word = if restrict { "restricted" } else { "lifted" };
        output::print(&format!("key {key}: {word}\n"))?;
    }
    drop(own);
    index::anew(&workspace, &keys::own_anchor(&workspace)?)?;
    Ok(Exit::Success)
}
