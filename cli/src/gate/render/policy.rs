//! What changes of policies, for people: of which records something else is said, what that comes to, and
//! what the changed rules' tests are worth.

use super::super::result::{GateResult, PolicyLine};
use super::money;
use crate::text::counted;
use std::fmt::Write as _;

/// How many lines a list has; the rest is counted.
const LINES: usize = 25;

/// The section of the terminal's output.
pub(super) fn text(out: &mut String, result: &GateResult) {
    if result.policies.is_empty() {
        let _ = writeln!(out, "\nNothing changes of the policies");
        return;
    }
    let _ = writeln!(out, "\n{}", heading(result));
    for line in result.policies.iter().take(LINES) {
        let at = line.line.as_ref().map_or_else(String::new, |line| format!(":{line}"));
        let _ = writeln!(
            out,
            "  {}{at}: {} {}{}: {} [{}]",
            line.file,
            line.subject,
            line.kind,
            what(line),
            said(line),
            with_version(line),
        );
        for record in &line.no_longer_found {
            let _ = writeln!(out, "    no longer found: {record}");
        }
    }
    if let Some(rest) = result.policies.len().checked_sub(LINES).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "  and {rest} more");
    }
}

/// The section of the comment; `cell` makes a value harmless.
pub(super) fn markdown(out: &mut String, result: &GateResult, cell: impl Fn(&str) -> String) {
    let _ = writeln!(out, "### What changes\n");
    if result.policies.is_empty() {
        let _ = writeln!(out, "Nothing of the policies.\n");
        return;
    }
    let _ = writeln!(out, "{}\n", cell(&heading(result)));
    let _ = writeln!(
        out,
        "| control or rule | change | no longer found | newly found | version | tests |"
    );
    let _ = writeln!(out, "|---|---|---:|---:|---|---|");
    for line in result.policies.iter().take(LINES) {
        let (loosened, tightened) = match (loosened(line), tightened(line)) {
            (Some(loosened), Some(tightened)) => (loosened, tightened),
            _ => (not_compared(line), String::new()),
        };
        let _ = writeln!(
            out,
            "| {} | {}{} | {} | {} | {} | {} |",
            cell(&line.subject),
            line.kind,
            cell(&what(line)),
            cell(&loosened),
            cell(&tightened),
            cell(&versions(line)),
            cell(&worth(line)),
        );
    }
    out.push('\n');
    if let Some(rest) = result.policies.len().checked_sub(LINES).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "and {rest} more\n");
    }
    for line in result.policies.iter().take(LINES) {
        for record in &line.no_longer_found {
            let _ = writeln!(out, "- {}: no longer found: {}", cell(&line.subject), cell(record));
        }
    }
    out.push('\n');
}

fn heading(result: &GateResult) -> String {
    let changes = counted(result.policies.len(), "change");
    match &result.period {
        Some(period) => format!("{changes}, decided by both over {period}"),
        None => format!("{changes}, put to no data"),
    }
}

fn what(line: &PolicyLine) -> String {
    if line.what.is_empty() { String::new() } else { format!(" ({})", line.what.join(", ")) }
}

fn said(line: &PolicyLine) -> String {
    match (loosened(line), tightened(line)) {
        (Some(loosened), Some(tightened)) => {
            format!("no longer found {loosened}, newly found {tightened}")
        }
        _ => not_compared(line),
    }
}

fn not_compared(line: &PolicyLine) -> String {
    let why = line.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("{}{why}", line.comparison)
}

fn loosened(line: &PolicyLine) -> Option<String> {
    Some(part(line.loosened.as_deref()?, line.loosened_amount.as_deref(), line))
}

fn tightened(line: &PolicyLine) -> Option<String> {
    Some(part(line.tightened.as_deref()?, line.tightened_amount.as_deref(), line))
}

fn part(records: &str, amount: Option<&str>, line: &PolicyLine) -> String {
    let money = money(amount, line.currency.as_deref());
    match (records, money.as_str()) {
        ("0", _) | (_, "") => records.to_owned(),
        _ => format!("{records} ({money})"),
    }
}

fn versions(line: &PolicyLine) -> String {
    let none = || "none".to_owned();
    let of = |version: &Option<String>| version.clone().unwrap_or_else(none);
    if line.old_version == line.new_version {
        return of(&line.new_version);
    }
    format!("{} → {}", of(&line.old_version), of(&line.new_version))
}

/// On one line there is no column for the version.
fn with_version(line: &PolicyLine) -> String {
    let worth = worth(line);
    if worth.is_empty() { versions(line) } else { format!("{}; {worth}", versions(line)) }
}

fn worth(line: &PolicyLine) -> String {
    let mut told = Vec::new();
    if let (Some(tests), Some(failed)) = (&line.tests, &line.tests_failed) {
        told.push(format!("{tests} tests, {failed} fail"));
    }
    if let (Some(mutants), Some(survivors)) = (&line.mutants, &line.survivors) {
        told.push(format!("{mutants} mutants, {survivors} survive"));
    }
    if let Some(allowed) = &line.newly_allowed {
        told.push(format!("newly allowed: {allowed}"));
    }
    told.join("; ")
}
