//! The terminal's output: what stands against it, what it costs whom, what changes, who is behind it.

use super::super::result::{GateResult, Moved, POLICIES, is_nothing};
use super::{cleared, day, invoices, money, step, subject};
use crate::text::{counted, money_text};
use std::fmt::Write as _;

/// How many lines a list has; the rest is counted.
const LINES: usize = 20;
/// How many movers of a dimension.
const MOVERS: usize = 5;

/// The text.
pub(super) fn write(result: &GateResult) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", result.headline());
    let _ = writeln!(
        out,
        "{} ({}) -> {} ({}), as of {}",
        result.base.shown,
        items(result, &result.base.rows),
        result.head.shown,
        items(result, &result.head.rows),
        result.as_of
    );
    let _ = writeln!(out, "evaluated diff {}", result.diff_digest);
    legacy(&mut out, result);
    against(&mut out, result);
    open(&mut out, result);
    if result.gate == POLICIES {
        super::policy::text(&mut out, result);
    } else {
        cost(&mut out, result);
        changes(&mut out, result);
    }
    people(&mut out, result);
    for waiver in &result.waivers {
        let _ = writeln!(out, "waiver {}: {}: {}", waiver.id, waiver.state, waiver.about);
    }
    crate::text::visible(&out)
}

/// How many rows a table has, or how many controls, rules and policy bundles there are.
fn items(result: &GateResult, number: &str) -> String {
    let noun = if result.gate == POLICIES { "policies" } else { "rows" };
    format!("{number} {noun}")
}

fn legacy(out: &mut String, result: &GateResult) {
    let Some(sentence) = result.legacy.sentence() else { return };
    let _ = writeln!(out, "{sentence}");
    for entry in result.legacy.cleared.iter().take(LINES) {
        let _ = writeln!(out, "  cleared: {}", cleared(entry));
    }
    more(out, result.legacy.cleared.len());
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{text}");
}

fn more(out: &mut String, all: usize) {
    if let Some(rest) = all.checked_sub(LINES).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "  and {rest} more");
    }
}

fn against(out: &mut String, result: &GateResult) {
    let waived = |f: &super::Finding| {
        f.waiver.as_ref().map_or_else(|| "told only".to_owned(), |w| format!("waived by {w}"))
    };
    let blocking = result.blocking().map(|finding| (finding, String::new()));
    let others = result.others().map(|(finding, _)| (finding, waived(finding)));
    let all: Vec<_> = blocking.chain(others).collect();
    if all.is_empty() {
        return;
    }
    heading(out, "Findings");
    for (finding, note) in all.iter().take(LINES) {
        let at = finding.line.as_ref().map_or_else(String::new, |line| format!(":{line}"));
        let money = money(finding.amount.as_deref(), finding.currency.as_deref());
        let extras: Vec<&str> =
            [money.as_str(), note.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
        let extras =
            if extras.is_empty() { String::new() } else { format!("  [{}]", extras.join("; ")) };
        let _ = writeln!(
            out,
            "  {}{at}: {} {}: {}: {}{extras}",
            finding.file,
            finding.control,
            finding.code,
            subject(&finding.subject, finding.tier_from.as_deref()),
            finding.message,
        );
    }
    more(out, all.len());
}

fn open(out: &mut String, result: &GateResult) {
    if result.open.is_empty() {
        return;
    }
    heading(out, "Not decided");
    for open in result.open.iter().take(LINES) {
        let at = open.line.as_ref().map_or_else(String::new, |line| format!(" (line {line})"));
        let _ = writeln!(out, "  {}: {}{at}", open.control, open.why);
    }
    more(out, result.open.len());
}

fn cost(out: &mut String, result: &GateResult) {
    let Some(rerating) = &result.rerating else {
        heading(out, "Usage was not re-rated");
        return;
    };
    heading(
        out,
        &format!("What it costs whom: {} re-rated, {} rows", rerating.month, rerating.rows),
    );
    let line =
        |out: &mut String, name: &str, currency: &str, money: &super::super::result::Money| {
            let [old, new, delta] =
                [&money.old, &money.new, &money.delta].map(|amount| money_text(amount, currency));
            let _ = writeln!(out, "  {name:<36} {old:>22} {new:>22} {delta:>20}");
        };
    for (currency, total) in &rerating.totals {
        line(out, "total", currency, total);
    }
    for (dimension, values) in &rerating.by {
        let moved: Vec<&Moved> = values.iter().filter(|m| !is_nothing(&m.money.delta)).collect();
        for mover in moved.iter().take(MOVERS) {
            let name = format!("{} {}", dimension.replace('_', " "), mover.value);
            line(out, &name, &mover.currency, &mover.money);
        }
        if let Some(rest) = moved.len().checked_sub(MOVERS).filter(|rest| *rest > 0) {
            let _ = writeln!(out, "  and {rest} more by {}", dimension.replace('_', " "));
        }
    }
    for (state, [old, new]) in &rerating.groups {
        let _ = writeln!(out, "  groups of usage {state}: {old} -> {new}");
    }
    for (what, list) in [
        ("usage without a rate", &rerating.unrated),
        ("rate without usage (unpriced)", &rerating.unpriced),
    ] {
        for item in list.iter().take(LINES) {
            let _ = writeln!(out, "  {what}: {item}");
        }
        more(out, list.len());
    }
}

fn changes(out: &mut String, result: &GateResult) {
    if result.changes.is_empty() {
        heading(out, "Nothing changes of what the table says");
        return;
    }
    heading(out, &counted(result.changes.len(), "change"));
    for change in result.changes.iter().take(LINES) {
        let mut notes = Vec::new();
        if change.retroactive {
            notes.push("for the past".to_owned());
        }
        if change.legacy {
            notes.push("legacy".to_owned());
        }
        notes.extend(invoices(change));
        match change.coverage.as_str() {
            "priced" => notes.push(money(change.delta.as_deref(), change.currency.as_deref())),
            other => notes.push(other.to_owned()),
        }
        let line = change.line.as_ref().map_or_else(String::new, |line| format!(":{line}"));
        let _ = writeln!(
            out,
            "  {}{line}: {} {} from {}: {} [{}]",
            change.file,
            subject(&change.rate_key, change.tier_from.as_deref()),
            change.kind,
            day(&change.effective_from),
            step(change),
            notes.join("; "),
        );
    }
    more(out, result.changes.len());
}

fn people(out: &mut String, result: &GateResult) {
    let request = &result.request;
    let counting = request.approvals.iter().filter(|approval| approval.counts).count();
    heading(
        out,
        &format!(
            "Authors: {}, unknown: {}; approvals that count: {counting} of {}{}",
            request.authors,
            request.unknown_authors,
            request.approvals.len(),
            request.emergency.as_ref().map_or_else(String::new, |t| format!("; emergency {t}")),
        ),
    );
    for approval in request.approvals.iter().filter(|approval| !approval.counts) {
        let why = approval.why.join(", ");
        let _ = writeln!(out, "  {} {} doesn't count: {why}", approval.source, approval.id);
    }
    if let Some(role) = result.role_missing() {
        let _ = writeln!(out, "  approvals count by who holds the role {role}");
    }
    for file in &request.protected_changes {
        let _ = writeln!(out, "  changes what judges it, and is judged by the base's: {file}");
    }
}
