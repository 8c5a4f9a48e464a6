//! `tieout gate verify`: what is deployed says what was gated and allowed, or the rows that don't are
//! named, with who edited them and what it costs.

use super::result::{GateResult, GateVerdict};
use crate::args::{GateVerify, Global};
use crate::catalogue::Catalogue;
use crate::commands::not_run;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::packs;
use crate::text::visible_line;
use crate::workspace::Workspace;
use std::fmt::Write as _;
use std::path::Path;
use tieout_controls::profile;
use tieout_engine::dataset::Reading;
use tieout_engine::gate::Rate;
use tieout_engine::gate::diff::{self, Change};
use tieout_engine::gate::table;
use tieout_evidence::verify::Verdict;

/// Where the result lies in a pack, below `policy/`.
pub(crate) const RESULT: &str = "gate/result.json";
/// Where the gated table does, one canonical row a line.
pub(crate) const TABLE: &str = "gate/table.ndjson";

/// Verifies the pack, then compares.
///
/// # Errors
/// What can't be read. What differs is told, and the exit says so.
pub(crate) fn verify(global: &Global, args: &GateVerify) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let pack = packs::named(&args.result, workspace.as_ref())?;
    let anchor = packs::anchor(&args.anchor, workspace.as_ref())?;
    let verification = packs::check(&pack, &anchor)?;
    if verification.verdict == Verdict::Invalid {
        return Err(packs::broken(&pack, &verification));
    }
    let folder = pack.join("policy");
    let result: GateResult = serde_json::from_str(&part(&folder, RESULT)?)
        .map_err(|e| refused(&pack, &format!("its gate result can't be read: {e}")))?;
    let catalogue = Catalogue::builtin()?;
    let gated = table::of_canonical(&part(&folder, TABLE)?).map_err(|e| not_run(e, &catalogue))?;
    if gated.digest.to_string() != result.head.digest {
        return Err(refused(&pack, "its table is not the one that its result speaks of"));
    }
    let bytes = std::fs::read(&args.table).map_err(|e| Failure::file(&args.table, &e))?;
    let shown = output::shown(&args.table);
    let deployed = table::read(&shown, &bytes, &reading(workspace.as_ref()))
        .map_err(|e| not_run(e, &catalogue))?;
    let differing = diff::changes(&gated, &deployed);
    let history = args.history.as_deref().map(read_history).transpose()?.unwrap_or_default();
    let mut text = String::new();
    for change in &differing {
        let _ = writeln!(text, "{}", named(change, &shown, &history));
    }
    for row in &deployed.refused {
        let _ =
            writeln!(text, "{shown}: row {} can't be read: {}", row.row, visible_line(&row.reason));
    }
    let same = differing.is_empty() && deployed.refused.is_empty();
    let _ = writeln!(text, "{}", conclusion(same, differing.len(), &result));
    output::print(&text)?;
    if !same {
        return Ok(Exit::Unproven);
    }
    match result.verdict {
        GateVerdict::Allowed => Ok(packs::exit(verification.verdict)),
        GateVerdict::Blocked => Ok(Exit::Exceptions),
        GateVerdict::Inconclusive => Ok(Exit::Inconclusive),
    }
}

fn conclusion(same: bool, differing: usize, result: &GateResult) -> String {
    let gate = format!("gated as of {}, diff {}", result.as_of, result.diff_digest);
    match (same, result.verdict) {
        (true, GateVerdict::Allowed) => format!("the table is the one that was allowed ({gate})"),
        (true, verdict) => {
            format!("the table is the one that was gated, and it was {} ({gate})", verdict.word())
        }
        (false, _) => format!(
            "{} between what is deployed and what was gated ({gate})",
            crate::text::counted(differing, "difference")
        ),
    }
}

fn part(folder: &Path, name: &str) -> Outcome<String> {
    let path = folder.join(name);
    if !path.is_file() {
        return Err(refused(folder, "it is no pack of a gate"));
    }
    output::read_text(&path)
}

fn refused(pack: &Path, why: &str) -> Failure {
    let message = format!("`{}`: {why}", output::shown(pack));
    Failure { exit: Exit::Unproven, diagnostics: vec![Diagnostic::new("gate-result", message)] }
}

/// How the workspace reads its rate table, where it has one.
fn reading(workspace: Option<&Workspace>) -> Reading {
    let datasets = workspace.map(|workspace| &workspace.settings.datasets);
    let of_role = |profile: &str| profile::named(profile).is_some_and(|p| p.role == "rate-table");
    let found = datasets.into_iter().flatten().find(|(_, d)| of_role(&d.profile.value));
    // The deployed export may be of another format than the table in the repository.
    found
        .map(|(_, dataset)| Reading { format: None, ..dataset.reading.clone() })
        .unwrap_or_default()
}

/// An edit that production's history tells of.
struct Edit {
    at: String,
    actor: String,
    object: String,
}

fn read_history(path: &Path) -> Outcome<Vec<Edit>> {
    let failed = |e: csv::Error| {
        let message = format!("`{}` can't be read: {e}", output::shown(path));
        Failure::usage(Diagnostic::new("gate-history", message))
    };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let headers = reader.headers().map_err(failed)?.clone();
    let place = |name: &str| {
        headers.iter().position(|header| header == name).ok_or_else(|| {
            let message = format!("`{}` has no column `{name}`", output::shown(path));
            Failure::usage(Diagnostic::new("gate-history", message))
        })
    };
    let (at, actor, object) = (place("ts")?, place("actor")?, place("object_id")?);
    let mut edits = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let text = |place: usize| record.get(place).unwrap_or_default().to_owned();
        edits.push(Edit { at: text(at), actor: text(actor), object: text(object) });
    }
    Ok(edits)
}

/// A difference with its row, what was gated, and the last edit of that rate in the history.
fn named(change: &Change, file: &str, history: &[Edit]) -> String {
    let price = |rate: &Option<Rate>| {
        rate.as_ref().map_or_else(
            || "none".to_owned(),
            |rate| {
                let price = rate.price.to_decimal().map(|d| d.normalized().to_string());
                format!("{} {}", price.unwrap_or_default(), rate.currency)
            },
        )
    };
    let shown = change.new.as_ref().or(change.old.as_ref());
    let line = change.new.as_ref().and_then(|rate| rate.line);
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    let id = shown.map(|rate| rate.rate_id.clone()).unwrap_or_default();
    let edit = history.iter().filter(|edit| edit.object == id).max_by(|a, b| a.at.cmp(&b.at));
    let by =
        edit.map_or_else(String::new, |edit| format!(", edited by {} at {}", edit.actor, edit.at));
    visible_line(&format!(
        "{file}{line}: {id} {}: {}: {} was gated, {} is there{by}",
        change.key,
        change.kind.word(),
        price(&change.old),
        price(&change.new),
    ))
}
