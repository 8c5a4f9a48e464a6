//! `tieout search`.

use super::remark;
use crate::args::{AnchorFiles, Global, Search};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::index;
use crate::output;
use crate::packs;
use crate::text::{counted, money_text};
use crate::vault;
use crate::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tieout_controls::Digest;
use tieout_search::index::{Hit, Hits, Index, SearchError};
use tieout_search::query::{self, Query, QueryError};

/// Searches all packs of the workspace that verify, or packs that are named. An answer from which nothing may be concluded,
/// such as one from packs that nobody vouches for, is given and ends as inconclusive.
pub(super) fn search(global: &Global, args: &Search) -> Outcome<Exit> {
    let query = parse(&args.query)?;
    let (index, names) = searched(global, args)?;
    let hits = answered(&index, (&args.query, &query), args.limit)?;
    index::doubtful(&hits.reservations);
    let exit = if hits.reservations.is_empty() { Exit::Success } else { Exit::Inconclusive };
    if args.json {
        let notes = [&hits.reservations[..], &hits.notes].concat();
        let whole = json!({
            "schema_version": "1",
            "query": args.query,
            "total": hits.total.to_string(),
            "hits": hits.hits.iter().map(hit_json).collect::<Vec<_>>(),
            "conclusive": hits.reservations.is_empty(),
            "notes": notes,
        });
        let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
        output::print(&format!("{text}\n"))?;
        return Ok(exit);
    }
    output::print(&hits.hits.iter().map(|h| hit_text(h, &names)).collect::<String>())?;
    for note in &hits.notes {
        remark(global.quiet, &format!("note: {note}"));
    }
    let total = usize::try_from(hits.total).unwrap_or(usize::MAX);
    let shown = if hits.hits.len() < total {
        format!(", {} shown (`--limit N` shows more)", hits.hits.len())
    } else {
        String::new()
    };
    remark(global.quiet, &format!("{}{shown}", counted(total, "hit")));
    Ok(exit)
}

/// The index of what is searched, and the folders of its packs as they are shown.
fn searched(global: &Global, args: &Search) -> Outcome<(Index, BTreeMap<Digest, String>)> {
    if args.pack.is_empty() {
        let workspace = Workspace::discover(global.config.as_deref()).map_err(|failure| {
            failure.with_help("`tieout search QUERY --pack PACK` searches packs without one")
        })?;
        return Ok((index::of(&workspace, &args.anchor)?, pack_names(&workspace)?));
    }
    // As for `verify`: a folder is a pack by itself, whatever lies above it.
    let folders = args.pack.iter().all(|pack| pack.is_dir());
    let workspace = match (&global.config, folders && args.anchor.given()) {
        (None, true) => None,
        (config, _) => Workspace::find(config.as_deref())?,
    };
    let anchor = packs::anchor(&args.anchor, workspace.as_ref())?;
    let vault = vault::reading(workspace.as_ref())?;
    let mut found = Vec::new();
    for pack in &args.pack {
        let (pack, verification) =
            packs::open(&packs::named(pack, workspace.as_ref())?, &anchor, vault.as_ref())?;
        found.push((pack, verification.verdict));
    }
    let names = found.iter().map(|(pack, _)| (pack.digest, output::shown(&pack.folder))).collect();
    Ok((index::of_packs(found, anchor)?, names))
}

/// Reads a query.
///
/// # Errors
/// What can't be honoured, with a caret under it.
pub(super) fn parse(text: &str) -> Outcome<Query> {
    query::parse(text).map_err(|e| refused(text, e))
}

fn refused(text: &str, error: QueryError) -> Failure {
    let shown = error.render(text);
    let diagnostic = Diagnostic::new("query-invalid", error.message);
    Failure::usage(diagnostic.showing(shown).maybe_help(error.help))
}

/// Answers a query, given with its text, over the workspace's packs under these keys.
///
/// # Errors
/// Keys, packs or index can't be read, or the query names a column that can't be searched.
pub(super) fn find(
    workspace: &Workspace,
    anchor: &AnchorFiles,
    (text, query): (&str, &Query),
    limit: usize,
) -> Outcome<Hits> {
    answered(&index::of(workspace, anchor)?, (text, query), limit)
}

fn answered(index: &Index, (text, query): (&str, &Query), limit: usize) -> Outcome<Hits> {
    index.search(query, limit).map_err(|e| match e {
        SearchError::Query(error) => refused(text, error),
        SearchError::Index(error) => index::unreadable(&error),
    })
}

/// The folders of the packs as they are shown, by digest.
///
/// # Errors
/// They can't be read.
fn pack_names(workspace: &Workspace) -> Outcome<BTreeMap<Digest, String>> {
    let named = packs::envelopes(workspace)?;
    Ok(named.into_iter().map(|(digest, folder)| (digest, output::shown(&folder))).collect())
}

/// A hit in two lines: where it stands with its proof, and what it is.
fn hit_text(hit: &Hit, names: &BTreeMap<Digest, String>) -> String {
    let Hit { log_index, kind, number, .. } = hit;
    let pack = names.get(&hit.pack).cloned().unwrap_or_else(|| hit.pack.to_string());
    let control = hit.control.as_deref().unwrap_or_default();
    let decision = hit.decision.as_deref().unwrap_or_default();
    let mut out = String::new();
    let what = format!("{control} {decision}");
    // What `explain` takes is written as it takes it.
    let place = match kind.as_str() {
        "record" => format!("{pack}#{number}"),
        _ => format!("{pack} {kind} {number}"),
    };
    let _ = writeln!(out, "{place}  {}  (log index {log_index})", what.trim());
    let told = told(&hit.document);
    if !told.is_empty() {
        let _ = writeln!(out, "    {told}");
    }
    out
}

/// The key, the codes and the amounts of a document, in a line.
fn told(document: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(key) = document.get("key").and_then(Value::as_object) {
        let fields = key.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or("null")));
        parts.push(fields.collect::<Vec<_>>().join(" "));
    }
    let exposure = document.get("exposure").and_then(|e| e.get("currency"));
    let currency = exposure.and_then(Value::as_str).unwrap_or_default();
    for fact in document.get("facts").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| fact.get(name).and_then(Value::as_str);
        let amount = text("amount").map(|a| format!(" {}", money_text(a, currency)));
        let amount = amount.unwrap_or_default();
        parts.push(format!("{}{amount}", text("code").unwrap_or_default()));
    }
    parts.retain(|p| !p.is_empty());
    parts.join(" · ")
}

fn hit_json(hit: &Hit) -> Value {
    json!({
        "pack": hit.pack.to_string(),
        "log_index": hit.log_index.to_string(),
        "kind": hit.kind,
        "number": hit.number.to_string(),
        "control": hit.control,
        "decision": hit.decision,
        "document": hit.document,
    })
}
