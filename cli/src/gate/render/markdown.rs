//! The comment of a pull request, or a job's summary.

use super::super::result::{Finding, GateResult, Moved, POLICIES, RequestSummary, is_nothing};
use super::{cleared, day, invoices, money, step, subject};
use crate::text::{counted, money_text};
use std::fmt::Write as _;

/// How many rows a table has; the rest is counted.
const ROWS: usize = 25;
/// How many movers of a dimension.
const MOVERS: usize = 5;

/// The document.
pub(super) fn write(result: &GateResult) -> String {
    let mut out = String::new();
    let policies = result.gate == POLICIES;
    let (name, items) = if policies { ("Policy", "policies") } else { ("Rate", "rows") };
    let _ = writeln!(out, "## {name} gate: {}\n", result.verdict.word());
    let _ = writeln!(out, "{}\n", cell(&result.headline()));
    findings(&mut out, result);
    open(&mut out, result);
    if policies {
        super::policy::markdown(&mut out, result, cell);
    } else {
        cost(&mut out, result);
        changes(&mut out, result);
    }
    legacy(&mut out, result);
    people(&mut out, result);
    waivers(&mut out, result);
    let (base, head) = (&result.base, &result.head);
    let _ = writeln!(
        out,
        "<sub>`{}` → `{}` · {} {items} → {} · {} unchanged, {} only before, {} only after · as of {} · \
         diff `{}`</sub>",
        cell(&base.shown),
        cell(&head.shown),
        base.rows,
        head.rows,
        result.rows.unchanged,
        result.rows.only_base,
        result.rows.only_head,
        result.as_of,
        result.diff_digest,
    );
    out
}

fn findings(out: &mut String, result: &GateResult) {
    let rows: Vec<&Finding> = result.blocking().collect();
    if !rows.is_empty() {
        let _ = writeln!(out, "### Against it\n");
        finding_table(out, &rows);
    }
    let others: Vec<(&Finding, &str)> = result.others().collect();
    if !others.is_empty() {
        let _ = writeln!(out, "### Told, not blocking\n");
        finding_table(out, &others.iter().map(|(finding, _)| *finding).collect::<Vec<_>>());
    }
}

fn finding_table(out: &mut String, rows: &[&Finding]) {
    let _ = writeln!(out, "| control | where | rate | what | money | waiver |");
    let _ = writeln!(out, "|---|---|---|---|---:|---|");
    for finding in rows.iter().take(ROWS) {
        let at = finding.line.as_ref().map_or_else(String::new, |line| format!(":{line}"));
        let _ = writeln!(
            out,
            "| {} `{}` | `{}{at}` | {} | {} | {} | {} |",
            finding.control,
            finding.code,
            cell(&finding.file),
            cell(&subject(&finding.subject, finding.tier_from.as_deref())),
            cell(&finding.message),
            money(finding.amount.as_deref(), finding.currency.as_deref()),
            finding.waiver.as_deref().map_or_else(String::new, cell),
        );
    }
    rest(out, rows.len(), "finding");
}

fn rest(out: &mut String, all: usize, noun: &str) {
    if let Some(more) = all.checked_sub(ROWS).filter(|more| *more > 0) {
        let _ = writeln!(out, "\nand {} more", counted(more, noun));
    }
    out.push('\n');
}

fn open(out: &mut String, result: &GateResult) {
    if result.open.is_empty() {
        return;
    }
    let _ = writeln!(out, "### Not decided\n");
    for open in result.open.iter().take(ROWS) {
        let at = open.line.as_ref().map_or_else(String::new, |line| format!(" (line {line})"));
        let _ = writeln!(out, "- {}: {}{at}", open.control, cell(&open.why));
    }
    rest(out, result.open.len(), "question");
}

fn cost(out: &mut String, result: &GateResult) {
    let Some(rerating) = &result.rerating else {
        let _ = writeln!(out, "Usage was not re-rated.\n");
        return;
    };
    let _ = writeln!(out, "### What it costs whom: {} re-rated\n", rerating.month);
    let _ = writeln!(out, "| | before | after | difference |\n|---|---:|---:|---:|");
    for (currency, total) in &rerating.totals {
        row(out, "**total**", currency, [&total.old, &total.new, &total.delta]);
    }
    for (dimension, values) in &rerating.by {
        let moved: Vec<&Moved> = values.iter().filter(|m| !is_nothing(&m.money.delta)).collect();
        for mover in moved.iter().take(MOVERS) {
            let name = format!("{}: {}", dimension.replace('_', " "), cell(&mover.value));
            let money = &mover.money;
            row(out, &name, &mover.currency, [&money.old, &money.new, &money.delta]);
        }
        if let Some(more) = moved.len().checked_sub(MOVERS).filter(|more| *more > 0) {
            let _ = writeln!(out, "| {} more by {} | | | |", more, dimension.replace('_', " "));
        }
    }
    out.push('\n');
    let groups: Vec<String> = rerating
        .groups
        .iter()
        .map(|(state, [old, new])| format!("{state} {old} → {new}"))
        .collect();
    let _ = writeln!(out, "{} rows of usage; groups: {}.\n", rerating.rows, groups.join(", "));
    for (what, list) in [
        ("Usage without a rate", &rerating.unrated),
        ("Rates without usage (unpriced)", &rerating.unpriced),
    ] {
        if !list.is_empty() {
            let shown: Vec<String> = list.iter().take(ROWS).map(|item| cell(item)).collect();
            let more = list.len().saturating_sub(ROWS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _ = writeln!(out, "{what}: {}{more}.\n", shown.join(", "));
        }
    }
}

fn row(out: &mut String, name: &str, currency: &str, amounts: [&String; 3]) {
    let [old, new, delta] = amounts.map(|amount| money_text(amount, currency));
    let _ = writeln!(out, "| {name} | {old} | {new} | {delta} |");
}

fn changes(out: &mut String, result: &GateResult) {
    let _ = writeln!(out, "### What changes\n");
    if result.changes.is_empty() {
        let _ = writeln!(out, "Nothing that the table says.\n");
        return;
    }
    let _ = writeln!(out, "| rate | change | from | price | month's difference | line |");
    let _ = writeln!(out, "|---|---|---|---|---:|---:|");
    for change in result.changes.iter().take(ROWS) {
        let until = change
            .effective_to
            .as_deref()
            .map_or_else(String::new, |to| format!(" to {}", day(to)));
        let past = match (change.retroactive, change.legacy) {
            (true, _) => ", for the past",
            (false, true) => ", legacy",
            (false, false) => "",
        };
        let invoices =
            invoices(change).map_or_else(String::new, |told| format!(", {}", cell(&told)));
        let delta = match change.coverage.as_str() {
            "priced" => money(change.delta.as_deref(), change.currency.as_deref()),
            other => other.to_owned(),
        };
        let _ = writeln!(
            out,
            "| {} | {}{past}{invoices} | {}{until} | {} | {delta} | {} |",
            cell(&subject(&change.rate_key, change.tier_from.as_deref())),
            change.kind,
            day(&change.effective_from),
            cell(&step(change)),
            change.line.as_deref().unwrap_or_default(),
        );
    }
    rest(out, result.changes.len(), "change");
}

fn legacy(out: &mut String, result: &GateResult) {
    let Some(sentence) = result.legacy.sentence() else { return };
    let _ = writeln!(out, "{}.\n", cell(&sentence));
    let entries = &result.legacy.cleared;
    if entries.is_empty() {
        return;
    }
    for entry in entries.iter().take(ROWS) {
        let _ = writeln!(out, "- cleared: {}", cell(&cleared(entry)));
    }
    rest(out, entries.len(), "entry");
}

fn people(out: &mut String, result: &GateResult) {
    let request = &result.request;
    let counting = request.approvals.iter().filter(|approval| approval.counts).count();
    let _ = writeln!(out, "### Who stands behind it\n");
    let _ = writeln!(
        out,
        "{}, {} unknown; {} of {} count{}.\n",
        authors(request),
        request.unknown_authors,
        counting,
        counted(request.approvals.len(), "approval"),
        request
            .emergency
            .as_deref()
            .map_or_else(String::new, |t| format!("; emergency {}", cell(t))),
    );
    for approval in request.approvals.iter().filter(|approval| !approval.counts) {
        let _ = writeln!(
            out,
            "- {} `{}` doesn't count: {}",
            approval.source,
            cell(&approval.id),
            approval.why.join(", "),
        );
    }
    if let Some(role) = result.role_missing() {
        let _ = writeln!(out, "- approvals count by who holds the role `{}`", cell(role));
    }
    if !request.protected_changes.is_empty() {
        let files: Vec<String> =
            request.protected_changes.iter().map(|f| format!("`{}`", cell(f))).collect();
        let _ = writeln!(
            out,
            "\nIt also changes what judges it ({}): the base's versions judged, and these don't help it.",
            files.join(", "),
        );
    }
    out.push('\n');
}

fn waivers(out: &mut String, result: &GateResult) {
    if result.waivers.is_empty() {
        return;
    }
    let _ = writeln!(out, "### Waivers\n");
    for waiver in &result.waivers {
        let _ = writeln!(out, "- {}: {}: {}", cell(&waiver.id), waiver.state, cell(&waiver.about));
    }
    out.push('\n');
}

fn authors(request: &RequestSummary) -> String {
    let plural = if request.authors == "1" { "" } else { "s" };
    format!("{} author{plural}", request.authors)
}

/// A value within Markdown: nothing in it begins markup, a link, a mention or another cell.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '\\' | '*' | '_' | '[' | ']' | '#' | '~' | '`' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Not a mention: a zero-width character stands behind it.
            '@' => out.push_str("@\u{200b}"),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture;
    use super::*;

    #[test]
    fn a_comment_tells_line_money_and_who_is_missing() {
        let text = write(&fixture::result());
        for told in [
            "## Rate gate: blocked",
            "`rates.csv:7`",
            "-18,420.00 EUR",
            "3 issued invoices",
            "unpriced",
            "author-approves",
            "unused",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
    }

    #[test]
    fn a_value_is_no_markup() {
        let mut result = fixture::result();
        result.findings[0].message = "a|b <img src=x> @team [x](y)\n# z".to_owned();
        let text = write(&result);
        assert!(text.contains(r"a\|b &lt;img src=x&gt; @"), "{text}");
        assert!(!text.contains("@team") && !text.contains("\n# z"), "{text}");
    }
}
