//! `tieout policy explain`.

use super::diff::{Uncommitted, record_line};
use crate::args::{AuthorFormat, Global, PolicyExplain};
use crate::catalogue::Catalogue;
use crate::commands::run;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::text::{money_of, visible_line};
use crate::workspace::Workspace;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use tieout_controls::{Count, EvaluatedRecord, RecordRef};
use tieout_engine::run::{Explained, explain_records};
use tieout_policies::evaluate::Verdict;
use tieout_policies::explain::{RuleExplained, Step, Steps};
use tieout_policies::tree::Span;

/// Which record: its row, or values of its key.
enum Wanted {
    Row { file: Option<u64>, row: u64 },
    Key(Vec<(String, String)>),
}

/// Evaluates a control's policy over one record and tells what each statement came to.
pub(in crate::commands) fn explain(global: &Global, args: &PolicyExplain) -> Outcome<Exit> {
    let wanted = Wanted::parse(&args.record)?;
    let workspace = Workspace::discover(global.config.as_deref())?;
    let catalogue = Catalogue::of(Some(&workspace))?;
    let control = catalogue.control(&args.control)?.control.id.clone();
    let plan =
        plan::unlocked(&workspace, &catalogue, &Selection::only(vec![args.control.clone()]))?;
    let spinner = Spinner::new(global.quiet);
    let fits = |record: &RecordRef| wanted.fits(record);
    let found = explain_records(&plan, &control, &fits, &|_| Box::new(Uncommitted), &spinner);
    drop(spinner);
    let found = found.map_err(|e| run::not_run(e, &catalogue))?;
    let [explained] = found.as_slice() else { return Err(not_one(args, &found)) };
    let text = match args.format {
        AuthorFormat::Text => text(explained),
        AuthorFormat::Json => {
            serde_json::to_string_pretty(&document(explained)).map_err(Failure::internal)? + "\n"
        }
    };
    output::print(&text)?;
    Ok(Exit::Success)
}

fn not_one(args: &PolicyExplain, found: &[Explained]) -> Failure {
    let PolicyExplain { control, record, .. } = args;
    let (code, message, help) = match found {
        [] => (
            "unknown-record",
            format!("the population of `{control}` has no record `{record}`"),
            "name its row in the file, from 1 without the header, or its key as COLUMN=VALUE; a row may \
             have been refused, or the control's condition leaves it out"
                .to_owned(),
        ),
        several => {
            let rows = several.iter().take(5).map(|one| place(&one.record.record));
            let rows = rows.collect::<Vec<_>>().join("; ");
            let message = format!("`{record}` names {} records of `{control}`", several.len());
            ("ambiguous-record", message, format!("name one of them: {rows}"))
        }
    };
    Failure::usage(Diagnostic::new(code, message).help(help))
}

impl Wanted {
    fn parse(text: &str) -> Outcome<Self> {
        if text.contains('=') {
            let pairs = text.split(',').map(|pair| pair.split_once('='));
            let pairs: Option<Vec<_>> = pairs.collect();
            let owned = |(column, value): (&str, &str)| (column.to_owned(), value.to_owned());
            return pairs
                .map(|pairs| Self::Key(pairs.into_iter().map(owned).collect()))
                .ok_or_else(|| unreadable(text));
        }
        let (file, row) = text.split_once(':').map_or((None, text), |(f, r)| (Some(f), r));
        let file = file.map(str::parse::<u64>).transpose().map_err(|_| unreadable(text))?;
        let row = row.parse().map_err(|_| unreadable(text))?;
        Ok(Self::Row { file, row })
    }

    fn fits(&self, record: &RecordRef) -> bool {
        match self {
            Self::Row { file, row } => {
                record.row == Some(Count(*row))
                    && file.is_none_or(|f| record.file == Some(Count(f)))
            }
            Self::Key(pairs) => pairs.iter().all(|(column, value)| {
                let field = record.key.iter().find(|field| field.name == *column);
                field.and_then(|field| field.value.to_text()).is_some_and(|text| text == *value)
            }),
        }
    }
}

fn unreadable(text: &str) -> Failure {
    let message = format!("`{text}` names no record");
    let help = "write a row's number such as `12`, `FILE:ROW` with the file's number from 0, or \
                `COLUMN=VALUE,…` of its key";
    Failure::usage(Diagnostic::new("unknown-record", message).help(help))
}

/// Where a record is and what it is called.
fn place(record: &RecordRef) -> String {
    record_line(record, |_| true)
}

fn text(explained: &Explained) -> String {
    let EvaluatedRecord { control, record, decision, exposure, .. } = &explained.record;
    let mut out = format!("{control} {}\nverdict: {}\n", place(record), decision.word());
    if let Some(money) = exposure {
        let _ = writeln!(out, "at stake: {}", money_of(&money.amount, &money.currency));
    }
    for cause in decision.causes() {
        let told = cause.reason.of_column(cause.column.as_deref());
        let _ = writeln!(out, "not known: {told}");
    }
    let Some((explanation, rule)) = &explained.explanation else {
        out.push_str("whether it belongs to the population can't be told, so no rule was asked\n");
        return out;
    };
    let source = Source { path: &rule.path, text: &rule.source };
    if !explanation.applicable.steps.is_empty() {
        let _ = writeln!(out, "\n{}: applicable", rule.path);
        source.steps(&explanation.applicable, &mut out);
    }
    match &explanation.rules {
        Some(rules) => {
            for rule in rules {
                let RuleExplained { rule, code, verdict, steps } = rule;
                let _ = writeln!(out, "\n{}:{} {code}: {}", rule.file, rule.line, word(*verdict));
                source.steps(steps, &mut out);
            }
        }
        None if matches!(rule.language, tieout_policies::bundle::Language::Rego) => {
            out.push_str("\nthe policy doesn't speak of this record\n");
        }
        None => out.push_str("\nrules of Cedar are not taken apart: `tieout explain` shows them\n"),
    }
    for fact in decision.facts() {
        let _ = writeln!(out, "\nstated: {}", fact.code);
        let amount = fact.amount.as_ref().map(ToString::to_string);
        for (name, value) in
            [("expected", &fact.expected), ("actual", &fact.actual), ("amount", &amount)]
        {
            if let Some(value) = value {
                let _ = writeln!(out, "  {name} {}", visible_line(value));
            }
        }
    }
    out
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Violated => "violated",
        Verdict::Held => "not violated",
        Verdict::Undetermined => "undetermined",
    }
}

/// A rule's source, of which places are shown.
struct Source<'a> {
    path: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn steps(&self, of: &Steps, out: &mut String) {
        for Step { place, told, values } in &of.steps {
            let line = self.rest_of_line(*place);
            let _ = writeln!(out, "  {}:{} {line}\n    {told}", place.line, place.column);
            for (place, value) in values {
                let _ = writeln!(out, "      {} = {}", self.at(*place), visible_line(value));
            }
        }
        if of.cut {
            out.push_str("  more was evaluated than is told here\n");
        }
    }

    fn line(&self, place: Span) -> &str {
        let before = usize::try_from(place.line.saturating_sub(1)).unwrap_or_default();
        self.text.lines().nth(before).unwrap_or_default()
    }

    fn rest_of_line(&self, place: Span) -> &str {
        let line = self.line(place);
        let skip = usize::try_from(place.column.saturating_sub(1)).unwrap_or_default();
        let start = line.char_indices().nth(skip).map_or(line.len(), |(at, _)| at);
        line.get(start..).unwrap_or_default().trim_end()
    }

    fn at(&self, place: Span) -> String {
        let length = usize::try_from(place.length).unwrap_or_default();
        self.rest_of_line(place).chars().take(length).collect()
    }

    fn steps_json(&self, of: &Steps) -> Vec<Json> {
        let value = |(place, value): &(Span, String)| {
            json!({"expression": self.at(*place), "line": place.line, "column": place.column,
                "value": value})
        };
        let step = |step: &Step| {
            json!({
                "file": self.path,
                "line": step.place.line,
                "column": step.place.column,
                "statement": self.rest_of_line(step.place),
                "truth": step.told,
                "values": step.values.iter().map(value).collect::<Vec<_>>(),
            })
        };
        of.steps.iter().map(step).collect()
    }
}

fn document(explained: &Explained) -> Json {
    let EvaluatedRecord { control, record, decision, exposure, .. } = &explained.record;
    let key = record.key.iter().map(|field| (field.name.clone(), field.value.to_json()));
    let mut whole = json!({
        "schema_version": "1",
        "control": control,
        "record": record,
        "key": key.collect::<serde_json::Map<_, _>>(),
        "verdict": decision.word(),
        "at_stake": exposure,
        "facts": decision.facts(),
        "causes": decision.causes(),
        "applicable": [],
        "applicable_cut": false,
        "rules": Json::Null,
    });
    if let Some((explanation, rule)) = &explained.explanation {
        let source = Source { path: &rule.path, text: &rule.source };
        let of = |rule: &RuleExplained| {
            json!({"rule": rule.rule, "code": rule.code, "verdict": word(rule.verdict),
                "steps": source.steps_json(&rule.steps), "steps_cut": rule.steps.cut})
        };
        let rules =
            explanation.rules.as_ref().map(|rules| rules.iter().map(of).collect::<Vec<_>>());
        if let Some(fields) = whole.as_object_mut() {
            fields
                .insert("applicable".to_owned(), source.steps_json(&explanation.applicable).into());
            fields.insert("rules".to_owned(), rules.into());
        }
    }
    whole
}
