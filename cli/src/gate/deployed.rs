//! `tieout gate verify`: what is deployed says what was gated and allowed, or the rows that don't are
//! named, with who edited them and what it costs.

use super::git::Repository;
use super::rates;
use super::render::day;
use super::result::{GateResult, GateVerdict, RATES};
use super::sides::is_rate_table;
use crate::args::{GateVerify, Global};
use crate::catalogue::Catalogue;
use crate::commands::not_run;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::packs;
use crate::progress::Spinner;
use crate::text::visible_line;
use crate::workspace::Workspace;
use chrono::{DateTime, NaiveDate};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use tieout_controls::value;
use tieout_engine::dataset::Reading;
use tieout_engine::gate::changeset::Worst;
use tieout_engine::gate::diff::{self, Change};
use tieout_engine::gate::table::{self, RateTable};
use tieout_engine::gate::{Rate, midnight};
use tieout_engine::progress::Progress;
use tieout_evidence::verify::{Reading as With, Verdict};

/// Where the result lies in a pack, below `policy/`.
pub(crate) const RESULT: &str = "judged/result.json";
/// Where the gated table does, one canonical row a line.
pub(crate) const TABLE: &str = "judged/table.ndjson";

/// Where the gated policies do, each with its digest.
pub(crate) const POLICIES: &str = "judged/policies.txt";

/// Verifies the pack, then compares.
///
/// # Errors
/// What can't be read. What differs is told, and the exit says so.
pub(crate) fn verify(global: &Global, args: &GateVerify) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    let pack = packs::named(&args.result, workspace.as_ref())?;
    let anchor = packs::anchor(&args.anchor, workspace.as_ref())?;
    let verification = packs::check(&pack, &anchor, With::default())?;
    if verification.verdict == Verdict::Invalid {
        return Err(packs::broken(&pack, &verification));
    }
    let folder = pack.join("policy");
    let result: GateResult = serde_json::from_str(&part(&folder, RESULT)?)
        .map_err(|e| refused(&pack, &format!("its gate result can't be read: {e}")))?;
    if result.gate != RATES {
        return Err(refused(
            &pack,
            &format!("it is a result of `gate {}`", visible_line(&result.gate)),
        ));
    }
    if let Some(base) = &args.base {
        against(base, &result, &pack, global.config.as_deref())?;
    }
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
    let tables = (&gated, &deployed, differing.as_slice());
    let spinner = Spinner::new(global.quiet);
    let cost = cost(workspace.as_ref(), &result, tables, (&catalogue, &spinner))?;
    let mut text = String::new();
    for change in &differing {
        let by = money_of(change, cost.as_ref());
        let _ = writeln!(text, "{}{by}", named(change, &shown, &history));
    }
    if differing.is_empty() && gated.digest != deployed.digest {
        text.push_str(&rows_apart(&gated, &deployed, &shown));
    }
    if !differing.is_empty() && cost.is_none() {
        let _ =
            writeln!(text, "what it costs isn't known: the workspace has no usage of the month");
    }
    for row in &deployed.refused {
        let _ =
            writeln!(text, "{shown}: row {} can't be read: {}", row.row, visible_line(&row.reason));
    }
    let same = gated.digest == deployed.digest && deployed.refused.is_empty();
    let _ = writeln!(text, "{}", conclusion(same, differing.len(), &result));
    output::print(&text)?;
    if !same {
        return Ok(Exit::Unproven);
    }
    match result.verdict {
        // What only the gravest findings could stop was not allowed as a release asks it.
        GateVerdict::Allowed if result.fail_on > args.fail_on.severity() => Ok(Exit::Exceptions),
        GateVerdict::Allowed => Ok(packs::exit(verification.verdict)),
        GateVerdict::Blocked => Ok(Exit::Exceptions),
        GateVerdict::Inconclusive => Ok(Exit::Inconclusive),
    }
}

/// Refuses a pack that was judged against another commit: what came in between it doesn't know.
fn against(base: &str, result: &GateResult, pack: &Path, config: Option<&Path>) -> Outcome<()> {
    let repository = Repository::discover(config.unwrap_or(Path::new(".")))?;
    let commit = repository.resolve(base)?.to_string();
    let why = match result.base.revision.as_deref() {
        Some(judged) if judged == commit => return Ok(()),
        Some(judged) => format!("it was judged against {judged}, and `{base}` is {commit}"),
        None => format!("it was judged against a file, and not against `{base}`"),
    };
    let mut failure = refused(pack, &why);
    let help = "a later request may have been released since: gate what is released anew";
    failure.diagnostics = failure.diagnostics.into_iter().map(|d| d.help(help)).collect();
    Err(failure)
}

/// What the differences come to, on the usage that the gate re-rated.
fn cost(
    workspace: Option<&Workspace>,
    result: &GateResult,
    tables: (&RateTable, &RateTable, &[Change]),
    telling: (&Catalogue, &dyn Progress),
) -> Outcome<Option<Worst>> {
    let (Some(workspace), Some(rerating)) = (workspace, &result.rerating) else { return Ok(None) };
    let days: Vec<NaiveDate> =
        rerating.month.split(" to ").filter_map(|day| day.parse().ok()).collect();
    let ([from, last], Ok(as_of)) = (days.as_slice(), result.as_of.parse()) else {
        return Ok(None);
    };
    let month = (midnight(*from), midnight(last.succ_opt().unwrap_or(*last)));
    if tables.2.is_empty() {
        return Ok(None);
    }
    rates::cost(workspace, tables, (month, as_of), telling)
}

/// The money of the change at which its key moves the most.
fn money_of(change: &Change, cost: Option<&Worst>) -> String {
    let Some(cost) = cost.filter(|cost| cost.holds(change)) else { return String::new() };
    let Some(effect) = cost.rerated.by_key.get(&change.key) else { return ", no usage".to_owned() };
    let told = effect.money.iter().filter_map(|(currency, money)| {
        let delta = money.delta.to_decimal()?;
        Some(crate::text::money_of(&delta, currency))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        ", no usage".to_owned()
    } else {
        format!(", {} in the month", told.join(", "))
    }
}

/// Rows that charge the same and say something else.
fn rows_apart(gated: &RateTable, deployed: &RateTable, shown: &str) -> String {
    let (one, other) = (gated.canonical(), deployed.canonical());
    let (one, other): (BTreeSet<&str>, BTreeSet<&str>) =
        (one.lines().collect(), other.lines().collect());
    let mut text = String::new();
    for line in one.difference(&other) {
        let _ = writeln!(text, "gated, and not in {shown}: {}", visible_line(line));
    }
    for line in other.difference(&one) {
        let _ = writeln!(text, "in {shown}, and not gated: {}", visible_line(line));
    }
    text
}

fn conclusion(same: bool, differing: usize, result: &GateResult) -> String {
    let base = result.base.revision.as_deref().unwrap_or(&result.base.shown);
    let gate = format!(
        "gated as of {} against {base}, failing on {}, diff {}",
        result.as_of,
        result.fail_on.word(),
        result.diff_digest
    );
    match (same, result.verdict) {
        (true, GateVerdict::Allowed) => format!("the table is the one that was allowed ({gate})"),
        (true, verdict) => {
            format!("the table is the one that was gated, and it was {} ({gate})", verdict.word())
        }
        (false, _) if differing == 0 => {
            format!("what is deployed charges what was gated, and says something else ({gate})")
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
    let datasets = workspace.into_iter().flat_map(|workspace| workspace.settings.datasets.values());
    let found = datasets.into_iter().find(|dataset| is_rate_table(dataset));
    // The deployed export may be of another format than the table in the repository.
    found.map(|dataset| Reading { format: None, ..dataset.reading.clone() }).unwrap_or_default()
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
    let at = |micros: i64| {
        DateTime::from_timestamp_micros(micros)
            .map_or_else(String::new, |at| day(&value::instant_text(at)).to_owned())
    };
    let until = change.to.map_or_else(String::new, |to| format!(" to {}", at(to)));
    visible_line(&format!(
        "{file}{line}: {id} {}: {} from {}{until}: {} was gated, {} is there{by}",
        change.key,
        change.kind.word(),
        at(change.from),
        price(&change.old),
        price(&change.new),
    ))
}
