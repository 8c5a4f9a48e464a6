//! The answer for people.

use super::{Counterexample, Finding, Found, Nothing, Standing, Told, rounds_nothing, words};
use crate::text::{counted, money_of, visible_line};
use std::fmt::Write as _;
use tieout_controls::Count;
use tieout_engine::bills::{Bills, Flaw};
use tieout_engine::reperform::exact::Exact;
use tieout_engine::reperform::infer::{Nearest, Part, Survivors};

/// So many candidates, invoices and counter-examples of a kind are told.
const NAMED: usize = 8;
const ALL: &str = "`--format json` names all";

/// For each biller what explains its invoices, and what was left out.
pub(super) fn text(bills: &Bills, told: &[Told<'_>]) -> String {
    let mut out = String::new();
    for biller in told {
        for finding in &biller.findings {
            of_finding(&mut out, biller, finding);
        }
        if biller.findings.is_empty() {
            let issuer = visible_line(biller.issuer);
            let _ = writeln!(out, "`{issuer}`: undetermined, no invoice could be used");
        }
        left_out(&mut out, biller);
        stray(&mut out, "may be lines of any invoice of this biller", &biller.biller.stray);
        out.push('\n');
    }
    stray(&mut out, "may be lines of any invoice", &bills.stray);
    let mut counts = Vec::new();
    for standing in
        [Standing::Rule, Standing::Candidates, Standing::Undetermined, Standing::Contradiction]
    {
        let count = told.iter().filter(|told| told.standing == standing).count();
        if count > 0 {
            counts.push(format!("{count} {}", of_billers(standing)));
        }
    }
    let _ = writeln!(out, "{}: {}", counted(told.len(), "biller"), counts.join(", "));
    out
}

fn of_billers(standing: Standing) -> &'static str {
    match standing {
        Standing::Rule => "with one rule",
        Standing::Candidates => "with several candidates",
        Standing::Undetermined => "undetermined",
        Standing::Contradiction => "without a rule",
    }
}

fn of_finding(out: &mut String, told: &Told<'_>, finding: &Finding<'_>) {
    let said = match &finding.found {
        Found::Survivors(survivors) => candidates(survivors),
        Found::Nothing(_) => "no rule".to_owned(),
    };
    let partial = told.standing == Standing::Undetermined && finding.found.tells();
    let undetermined = if partial { "undetermined; of those that could be used: " } else { "" };
    let (issuer, invoices) = (visible_line(told.issuer), counted(finding.invoices, "invoice"));
    let currency = finding.currency;
    let _ = writeln!(out, "`{issuer}`, {invoices} in {currency}: {undetermined}{said}");
    match &finding.found {
        Found::Survivors(survivors) if finding.found.tells() => parts(out, survivors, "  "),
        Found::Survivors(_) => {}
        Found::Nothing(nothing) => contradicted(out, nothing, currency),
    }
}

fn candidates(survivors: &Survivors) -> String {
    match survivors.count() {
        _ if rounds_nothing(survivors) => "undetermined, they round nothing".to_owned(),
        1 => "one rule".to_owned(),
        count => format!("{count} candidates"),
    }
}

/// The candidates of each part under each other.
fn parts(out: &mut String, survivors: &Survivors, indent: &str) {
    for (part, rules) in Part::ALL.into_iter().zip(survivors.parts()) {
        let lines = words::lines(rules);
        for (at, line) in lines.iter().take(NAMED).enumerate() {
            let head = if at == 0 { part.name() } else { "  or" };
            let _ = writeln!(out, "{indent}{head:8} {line}");
        }
        if let Some(more) = lines.len().checked_sub(NAMED).filter(|more| *more > 0) {
            let _ = writeln!(out, "{indent}  and {more} more: {ALL}");
        }
    }
}

fn contradicted(out: &mut String, nothing: &Nothing, currency: &str) {
    for one in &nothing.counterexamples {
        counterexample(out, one, currency);
    }
    for (invoice, others) in &nothing.without {
        let said = others.as_ref().map_or_else(|| "no rule either".to_owned(), candidates);
        let _ = writeln!(out, "  all invoices but {}: {said}", visible_line(invoice));
        if let Some(survivors) = others {
            parts(out, survivors, "    ");
        }
    }
}

fn counterexample(out: &mut String, one: &Counterexample, currency: &str) {
    let Counterexample { contradiction, before } = one;
    let part = contradiction.part.name();
    let invoice = visible_line(&contradiction.invoice);
    let _ = match before {
        0 => writeln!(out, "  {part:8} nothing explains invoice {invoice}, the first one"),
        _ => writeln!(
            out,
            "  {part:8} nothing that explains the {} before it explains invoice {invoice}",
            counted(*before, "invoice")
        ),
    };
    let groups = nearest(&contradiction.nearest);
    for (nearest, count) in groups.iter().take(NAMED) {
        let Nearest { rules, place, expected, actual } = nearest;
        let more = match count {
            1 => String::new(),
            _ => format!(", and by {} more", count - 1),
        };
        let money = |amount: &Exact| match amount.to_decimal() {
            Some(amount) => money_of(&amount, currency),
            None => format!("{amount} {currency}"),
        };
        let (place, by) = (visible_line(&words::place(place)), words::candidate(rules));
        let (billed, expected) = (money(actual), money(expected));
        let _ = writeln!(out, "           {place}: {billed} billed, {expected} by: {by}{more}");
    }
    if let Some(more) = groups.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "           and {more} more: {ALL}");
    }
}

/// Of the candidates that give the same number in the same place the simplest, with how many they
/// are; those that come nearest to what is billed first.
pub(super) fn nearest(all: &[Nearest]) -> Vec<(&Nearest, usize)> {
    let mut groups: Vec<(&Nearest, usize)> = Vec::new();
    let rounds = |nearest: &Nearest| nearest.rules.values().flatten().count();
    for one in all {
        let same = |(known, _): &&mut (&Nearest, usize)| {
            known.place == one.place && known.expected == one.expected
        };
        match groups.iter_mut().find(same) {
            Some((known, count)) => {
                *count = count.saturating_add(1);
                if rounds(one) < rounds(known) {
                    *known = one;
                }
            }
            None => groups.push((one, 1)),
        }
    }
    groups
        .sort_by_cached_key(|(one, _)| (one.expected.minus(&one.actual).magnitude(), rounds(one)));
    groups
}

fn left_out(out: &mut String, told: &Told<'_>) {
    let all = &told.biller.left_out;
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "  left out of `{}`: {}",
        visible_line(told.issuer),
        counted(all.len(), "invoice")
    );
    for (invoice, flaws) in all.iter().take(NAMED) {
        let Some(first) = flaws.first() else { continue };
        let more = match flaws.len() {
            1 => String::new(),
            count => format!("; and {} more", count.saturating_sub(1)),
        };
        let _ = writeln!(out, "    {}: {}{more}", visible_line(invoice), flaw(first));
    }
    if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "    and {more} more: {ALL}");
    }
}

fn stray(out: &mut String, what: &str, flaws: &[Flaw]) {
    if flaws.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {} that {what}:", counted(flaws.len(), "refused row"));
    for one in flaws.iter().take(NAMED) {
        let _ = writeln!(out, "    {}", flaw(one));
    }
    if let Some(more) = flaws.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "    and {more} more: {ALL}");
    }
}

fn flaw(flaw: &Flaw) -> String {
    let Flaw { file, row, line, column, code, reason } = flaw;
    let at = match line {
        Some(Count(line)) => format!("{file}:{line}"),
        None => format!("{file} row {row}"),
    };
    let column = column.as_ref().map_or_else(String::new, |column| format!(" `{column}`:"));
    visible_line(&format!("{at}:{column} {reason} [{code}]"))
}
