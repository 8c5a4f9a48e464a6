//! The report for the terminal: plain text, 100 columns, no colours.

mod block;

use super::content::{CodeGroup, Content, Tested, outcome_words};
use super::reviewed::Reviewed;
use super::shown::{self, PERSONAL};
use crate::output::shell_word;
use block::{Align, Column, Lines};
use tieout_controls::dataset::DatasetSummary;
use tieout_controls::{Count, RefusedRow, TieOut};

/// How many exceptions of a code, and refused rows of a dataset, are listed.
const LISTED: usize = 10;

/// Writes the report.
pub(super) fn write(content: &Content<'_>) -> String {
    let mut out = Lines::default();
    head(&mut out, content);
    summary(&mut out, content);
    reviewed(&mut out, content);
    for tested in &content.tests {
        control(&mut out, content, tested);
    }
    datasets(&mut out, content);
    refused(&mut out, content);
    foot(&mut out, content);
    out.finish()
}

fn head(out: &mut Lines, content: &Content<'_>) {
    let run = &content.result.run;
    out.title(&format!("Tieout report: {}", shown::visible(&run.workspace)));
    out.field("Period", &shown::period(run.period_start, run.period_end));
    out.field("As of", &run.as_of.to_string());
    out.field("Pack", &content.pack.digest.to_string());
    let verdict = content.verdict().to_uppercase();
    out.field("Verified", &format!("{verdict}. {}", content.verdict_meaning()));
    if content.tells_personal() {
        out.field("Notice", PERSONAL);
    }
}

fn summary(out: &mut Lines, content: &Content<'_>) {
    out.section("Summary");
    out.paragraph(&format!("{}.", content.tally()));
    out.blank();
    let columns = [
        Column::new("CONTROL", Align::Left),
        Column::flexible("TITLE"),
        Column::new("OUTCOME", Align::Left),
        Column::new("RECORDS", Align::Right),
        Column::new("EXC.", Align::Right),
        Column::new("UNDET.", Align::Right),
        Column::new("AMOUNT", Align::Right),
    ];
    let rows: Vec<_> = content.tests.iter().flat_map(summary_rows).collect();
    out.table(&columns, &rows);
}

/// What people stated about the pack, where they did.
fn reviewed(out: &mut Lines, content: &Content<'_>) {
    let Some(reviewed) = content.reviewed else { return };
    out.section("Sign-offs");
    for line in &reviewed.sign_offs {
        out.paragraph(&shown::visible(line));
    }
    if reviewed.rows.is_empty() {
        return;
    }
    out.section(&reviewed.title());
    let columns = Reviewed::COLUMNS.map(|column| Column::new(column, Align::Left));
    let rows: Vec<_> = reviewed.rows.iter().map(|row| row.to_vec()).collect();
    out.table(&columns, &rows);
}

/// A control's line, and one more for each further currency.
fn summary_rows(tested: &Tested<'_>) -> Vec<Vec<String>> {
    let test = tested.test;
    let mut amounts = shown::totals(&test.exception_amounts).into_iter();
    let outcome = outcome_words(test.outcome.word());
    let mut rows = vec![vec![
        test.control.id.to_string(),
        shown::visible(&test.control.title),
        if outcome == "exceptions" { outcome.to_uppercase() } else { outcome.to_owned() },
        shown::count(test.counts.evaluated()),
        shown::count(test.counts.violates),
        shown::count(test.counts.undetermined),
        amounts.next().unwrap_or_default(),
    ]];
    let further = |amount| {
        let mut row = vec![String::new(); 6];
        row.push(amount);
        row
    };
    rows.extend(amounts.map(further));
    rows
}

fn control(out: &mut Lines, content: &Content<'_>, tested: &Tested<'_>) {
    let control = &tested.test.control;
    let outcome = outcome_words(tested.test.outcome.word()).to_uppercase();
    let name = shown::visible(&format!("{}  {}", tested.name(), control.title));
    out.section(&format!("{name}: {outcome}"));
    let words = [control.kind.word(), control.assertion.word(), control.severity.word()];
    out.field("Kind", &words.join(", "));
    out.field("Owner", &shown::visible(&format!("{}, {}", control.owner, control.frequency)));
    if let Some(policy) = &tested.test.policy {
        let text = format!("{} {}, rule {}", policy.bundle, policy.version, policy.rule);
        out.field("Policy", &shown::visible(&text));
    }
    population(out, content, tested);
    for (at, reason) in tested.reasons().into_iter().enumerate() {
        out.field(if at == 0 { "Because" } else { "" }, &shown::visible(reason));
    }
    for group in tested.groups() {
        code(out, &group);
    }
    undetermined(out, tested);
}

fn population(out: &mut Lines, content: &Content<'_>, tested: &Tested<'_>) {
    let Some(population) = &tested.test.population else { return };
    let text = format!(
        "{} from {} of {}: {} selected, {} excluded, {} not selectable; {} refused",
        shown::counted(population.records, "record"),
        shown::counted(population.base_rows, "row"),
        shown::visible(&population.base),
        shown::count(population.selected),
        shown::count(population.excluded),
        shown::count(population.unknown),
        shown::count(population.refused),
    );
    out.field("Population", &text);
    if !population.totals.is_empty() {
        out.field("Total", &shown::totals_line(&population.totals));
    }
    // An inconclusive outcome gives these reasons and those below itself.
    let told = !tested.reasons().is_empty();
    if !told && !population.not_reconciled.is_empty() {
        let reasons = population.not_reconciled.join("; ");
        out.field("Not reconciled", &shown::visible(&reasons));
    }
    if !tested.test.control.kind.needs_tie_out() {
        let kind = tested.test.control.kind.word();
        out.field("Tie-out", &format!("not required of a {kind}"));
        return;
    }
    let read = tested.datasets();
    let read = content.result.datasets.iter().filter(|d| read.contains(&d.name.as_str()));
    let mut lines: Vec<_> = read.flat_map(tie_out_lines).collect();
    if !told {
        let reasons = population.not_tied_out.iter();
        lines.extend(reasons.map(|reason| format!("not tied out: {}", shown::visible(reason))));
    }
    for (at, line) in lines.iter().enumerate() {
        out.field(if at == 0 { "Tie-out" } else { "" }, line);
    }
}

/// A dataset's comparison with what someone else says it holds, to the last unit.
fn tie_out_lines(dataset: &DatasetSummary) -> Vec<String> {
    let name = shown::visible(&dataset.name);
    match &dataset.tie_out {
        TieOut::NoExpectation => {
            vec![format!("{name}: nobody has said independently what it should hold")]
        }
        TieOut::Agrees { expected } => {
            let rows = shown::counted(dataset.rows, "row");
            let source = shown::visible(&expected.source);
            vec![format!("{name}: ties out, {rows}, with {source}")]
        }
        TieOut::Differs { differences, .. } => differences
            .iter()
            .map(|d| {
                let figure = |text: &str| shown::compared(&d.what, text);
                let (expected, actual) = (figure(&d.expected), figure(&d.actual));
                let difference = figure(&d.difference);
                let text = format!(
                    "{name}: {} differs by {difference}: expected {expected}, found {actual}",
                    d.what
                );
                shown::visible(&text)
            })
            .collect(),
    }
}

fn code(out: &mut Lines, group: &CodeGroup<'_>) {
    out.blank();
    let number = shown::counted(Count::of(group.exceptions.len()), "exception");
    let sum = group.sum().map_or_else(String::new, |sum| format!(", {sum}"));
    let code = shown::visible(shown::or_nothing(group.code));
    let places = group.places().join(", ");
    out.paragraph(&format!("{code}: {number}{sum}  {places}"));
    for exception in group.exceptions.iter().take(LISTED) {
        let amount = exception.amount.as_ref();
        let amount = amount.map(|amount| shown::money(amount, &exception.currency));
        out.item(&amount.unwrap_or_default(), &exception.statement());
        let record = &exception.record;
        out.item("", &format!("{} ({})", record.key_text(), record.numbered_place()));
    }
    let rest = group.exceptions.len().saturating_sub(LISTED);
    if rest > 0 {
        out.item("", &format!("and {} more", shown::count(Count::of(rest))));
    }
}

fn undetermined(out: &mut Lines, tested: &Tested<'_>) {
    if tested.test.undetermined.is_empty() {
        return;
    }
    out.blank();
    out.paragraph("Undetermined");
    for group in &tested.test.undetermined {
        let number = shown::counted(group.count, "record");
        let rule = &group.cause.rule;
        let exposure = group_exposure(&group.exposure, group.exposure_unknown);
        out.item(&number, &shown::visible(&format!("{exposure}: {}", group.describe())));
        out.item("", &shown::visible(&format!("{}:{}", rule.file, rule.line)));
    }
}

fn group_exposure(exposure: &tieout_controls::Totals, unknown: Count) -> String {
    let unknown = match unknown {
        Count(0) => String::new(),
        number => format!("unknown for {}", shown::counted(number, "record")),
    };
    let known = shown::totals(exposure).join(", ");
    let at_stake: Vec<_> = [known, unknown].into_iter().filter(|s| !s.is_empty()).collect();
    format!("at stake: {}", shown::or_nothing(&at_stake.join("; ")))
}

fn datasets(out: &mut Lines, content: &Content<'_>) {
    out.section("Datasets and tie-out");
    for dataset in &content.result.datasets {
        let counts = format!(
            "{} ({}): {}, {} accepted, {} refused",
            dataset.name,
            dataset.profile,
            shown::counted(dataset.rows, "row"),
            shown::count(dataset.accepted),
            shown::count(dataset.refused),
        );
        out.paragraph(&shown::visible(&counts));
        for (column, totals) in &dataset.totals {
            out.item("", &shown::visible(&format!("{column} {}", shown::totals_line(totals))));
        }
        for line in tie_out_lines(dataset) {
            out.item("", &line);
        }
    }
}

fn refused(out: &mut Lines, content: &Content<'_>) {
    let refused = content.refused();
    if refused.is_empty() {
        return;
    }
    out.section("Refused rows");
    for (dataset, rows) in refused {
        let number = shown::counted(Count::of(rows.len()), "row");
        out.paragraph(&format!("{}: {number}", shown::visible(dataset)));
        for row in rows.iter().take(LISTED) {
            out.item(&shown::visible(&row.code), &refused_text(row));
        }
        let rest = rows.len().saturating_sub(LISTED);
        if rest > 0 {
            out.item("", &format!("and {} more", shown::count(Count::of(rest))));
        }
    }
}

fn refused_text(row: &RefusedRow) -> String {
    let line = row.line.map_or_else(String::new, |line| format!(" (line {line})"));
    let column = row.column.as_ref().map_or_else(String::new, |c| format!(", column {c}"));
    shown::visible(&format!("{}, row {}{line}{column}: {}", row.file, row.row, row.reason))
}

fn foot(out: &mut Lines, content: &Content<'_>) {
    out.section("Evidence");
    out.field("Pack", &shown::visible(&content.pack_name()));
    out.field("Digest", &content.pack.digest.to_string());
    out.field("Log index", &content.pack.log_index.to_string());
    out.field("Sealed at", &shown::visible(&content.pack.sealed_at));
    out.field("Engine", &shown::visible(&content.result.run.engine));
    out.field("Configuration", &content.result.run.configuration.to_string());
    out.field("Verified", &content.verdict().to_uppercase());
    for note in &content.verification.notes {
        out.field("Note", &shown::visible(note));
    }
    let pack = shown::visible(&shell_word(&content.pack_name()));
    out.field("A record", &format!("tieout explain {pack}#N, with N its number in the pack"));
    out.section("How to verify");
    for (purpose, command) in content.verify_commands() {
        out.paragraph(&format!("{purpose}:"));
        out.command(&shown::visible(&command));
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};

    fn report() -> String {
        let (pack, verification) = fixture::pack();
        String::from_utf8(render(Format::Text, &pack, &verification, None).unwrap()).unwrap()
    }

    #[test]
    fn it_tells_the_difference_to_the_last_unit_and_what_is_at_stake() {
        let report = report();
        for told in [
            "5 controls: 2 with exceptions, 1 inconclusive, 1 not tested, 1 without exceptions.",
            "focus: BilledCost EUR differs by -0.01: expected 123,456.79, found 123,456.78",
            "contracted-cost-differs: 1 exception, -120.00 CHF",
            "at stake: 512.25 EUR; unknown for 1 record",
            "data/focus-2025.csv, row 17 (line 19), column BilledCost",
            "the workspace has no dataset for the role `gl-map`",
            "tieout verify 2026-01-31-meridian",
            "tieout explain 2026-01-31-meridian#N",
            ", pack record 0)",
        ] {
            assert!(report.contains(told), "{told}\n{report}");
        }
    }

    #[test]
    fn what_is_not_reconciled_is_told_of_every_kind_of_control() {
        let (mut pack, verification) = fixture::pack();
        for test in &mut pack.result.tests {
            test.control.kind = tieout_controls::control::ControlKind::Monitoring;
            if let Some(population) = &mut test.population {
                population.not_reconciled = vec!["query returns 7 rows for 8".to_owned()];
            }
        }
        for format in [Format::Text, Format::Html] {
            let report =
                String::from_utf8(render(format, &pack, &verification, None).unwrap()).unwrap();
            assert!(report.contains("Not reconciled"), "{report}");
            assert!(report.contains("query returns 7 rows for 8"), "{report}");
        }
    }

    #[test]
    fn it_is_100_columns_wide_but_for_amounts_that_are_longer() {
        for line in report().lines().filter(|line| !line.contains("12,345,678,901")) {
            // The head of the summary is as wide as its widest amount.
            let head = line.contains("OUTCOME") || line.ends_with("-120.00 CHF");
            assert!(line.chars().count() <= 100 || head, "{line}");
        }
    }

    #[test]
    fn no_record_can_steer_the_terminal() {
        let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!report().contains(steers));
    }

    #[test]
    fn past_ten_it_says_how_many_more_there_are() {
        let (mut pack, verification) = fixture::pack();
        let line = pack.records[0].clone();
        pack.records.extend(std::iter::repeat_n(line, 1234));
        let report =
            String::from_utf8(render(Format::Text, &pack, &verification, None).unwrap()).unwrap();
        assert!(report.contains("list-cost-differs: 1,235 exceptions"), "{report}");
        assert!(report.contains("and 1,225 more"));
    }
}
