//! `tieout explain`: a control's page and rule, or why a record is an exception.

use super::printed;
use crate::args::{AnchorFiles, Explain, Global};
use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::packs::{self, Opened};
use crate::report::shown;
use crate::text::{counted, money_text, table};
use crate::workspace::Workspace;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use tieout_evidence::verify::{Verdict, VerifiedPack};

/// Explains what is named.
pub(super) fn explain(global: &Global, args: &Explain) -> Outcome<Exit> {
    let workspace = Workspace::find(global.config.as_deref())?;
    match args.what.rsplit_once('#') {
        Some((pack, number)) => exception(workspace.as_ref(), pack, number, &args.anchor),
        None if args.anchor.given() => {
            let message = "keys verify a pack, and a control is none";
            let help = "leave them out, or name a record: PACK#RECORD";
            Err(Failure::usage(Diagnostic::new("key-unused", message).help(help)))
        }
        None => control(&Catalogue::of(workspace.as_ref())?, &args.what),
    }
}

fn control(catalogue: &Catalogue, id: &str) -> Outcome<Exit> {
    let item = catalogue.control(id)?;
    let control = &item.control;
    let mut out = item.page.trim_end().to_owned();
    if out.is_empty() {
        out = format!("# {id} {}\n\n{}\n\n{}", control.title, control.objective, control.risk);
    }
    out.push('\n');
    for (name, parameter) in &control.parameters {
        let (value, about) = (&parameter.value, &parameter.description);
        let _ = writeln!(out, "\nParameter `{name}` = {value}: {about}");
    }
    let policy = &control.policy;
    if let Some(bundle) = catalogue.bundles.get(&policy.bundle)
        && let Some(rule) = bundle.rules.get(&policy.rule)
    {
        let (path, version) = (&rule.path, &bundle.version);
        let _ = writeln!(out, "\n## Rule\n\n{path}, version {version}\n");
        out.push_str(&numbered(&rule.source, 1, u64::MAX));
    }
    printed(&out)
}

fn exception(
    workspace: Option<&Workspace>,
    pack: &str,
    number: &str,
    anchor: &AnchorFiles,
) -> Outcome<Exit> {
    let Opened { pack, verification, .. } = packs::read(Path::new(pack), anchor, workspace)?;
    let verdict = verification.verdict;
    let found = number.parse::<usize>().ok().and_then(|n| pack.records.get(n));
    let record = found.ok_or_else(|| {
        let kept = counted(pack.records.len(), "record");
        let message = format!("pack `{}` has no record `{number}`", output::shown(&pack.folder));
        let help = format!("it keeps {kept}, numbered from 0; `tieout search` finds their numbers");
        Failure::usage(Diagnostic::new("unknown-record", message).help(help))
    })?;
    output::print(&page(&pack, verdict, record, number)?)?;
    Ok(packs::exit(verdict))
}

fn page(pack: &VerifiedPack, verdict: Verdict, record: &Value, number: &str) -> Outcome<String> {
    let control = text(record, "control").unwrap_or_default();
    let test = pack.result.tests.iter().find(|t| t.control.id.as_str() == control);
    let decision = text(record, "decision").unwrap_or("refused");
    let mut rows = vec![row("record", format!("{}#{number}", output::shown(&pack.folder)))];
    rows.push(row("verification", packs::vouched(verdict).to_owned()));
    if let Some(test) = test {
        let title = &test.control.title;
        rows.push(row("control", format!("{control} {title} ({})", test.control.severity.word())));
    }
    rows.push(row("verdict", decision.to_owned()));
    rows.extend(file(pack, record).map(|value| row("file", value)));
    for name in ["dataset", "row", "line", "column", "code", "reason"] {
        rows.extend(text(record, name).map(|value| row(name, value.to_owned())));
    }
    rows.extend(fields(record, "key"));
    let exposure = record.get("exposure");
    let currency = exposure.and_then(|e| text(e, "currency")).unwrap_or_default();
    if let Some(amount) = exposure.and_then(|e| text(e, "amount")) {
        rows.push(row("at stake", money_text(amount, currency)));
    }
    let mut out = table(&rows);
    for fact in objects(record, "facts") {
        out.push_str(&fact_text(pack, fact, currency)?);
    }
    for cause in objects(record, "causes") {
        let (reason, column) = (text(cause, "reason").unwrap_or("unknown"), text(cause, "column"));
        let column = column.map(|c| format!(" of `{c}`")).unwrap_or_default();
        let _ = writeln!(out, "\nundetermined: {reason}{column}");
        out.push_str(&rule_text(pack, cause)?);
    }
    let values = fields(record, "values");
    if !values.is_empty() {
        out.push_str("\nvalues that the rule read\n");
        let rows: Vec<_> = values.into_iter().map(indented).collect();
        out.push_str(&table(&rows));
    }
    if record.get("personal").is_some_and(|p| !p.is_null()) {
        out.push_str("personal fields are withheld; the pack commits to them\n");
    }
    Ok(out)
}

/// The file's name: a refused row states it, a record its number in the dataset.
fn file(pack: &VerifiedPack, record: &Value) -> Option<String> {
    let stated = text(record, "file")?;
    let dataset =
        pack.result.datasets.iter().find(|d| Some(d.name.as_str()) == text(record, "dataset"));
    let number = stated.parse::<usize>().ok();
    let named = number.zip(dataset).and_then(|(number, dataset)| dataset.files.get(number));
    Some(named.map_or_else(|| stated.to_owned(), String::clone))
}

fn fact_text(pack: &VerifiedPack, fact: &Value, currency: &str) -> Outcome<String> {
    let mut out = format!("\n{}\n", text(fact, "code").unwrap_or("violated"));
    let mut rows = Vec::new();
    for name in ["expected", "actual"] {
        rows.extend(text(fact, name).map(|value| row(name, shown::stated(value))));
    }
    rows.extend(text(fact, "message").map(|value| row("message", value.to_owned())));
    rows.extend(text(fact, "amount").map(|amount| row("amount", money_text(amount, currency))));
    out.push_str(&table(&rows.into_iter().map(indented).collect::<Vec<_>>()));
    out.push_str(&rule_text(pack, fact)?);
    Ok(out)
}

/// The rule's lines, from the policy as it was run and sealed.
fn rule_text(pack: &VerifiedPack, of: &Value) -> Outcome<String> {
    let Some(rule) = of.get("rule") else { return Ok(String::new()) };
    let file = text(rule, "file").unwrap_or_default();
    let number = |name: &str| text(rule, name).and_then(|t| t.parse::<u64>().ok());
    let first = number("line").unwrap_or(1);
    let last = number("last_line").unwrap_or(first);
    // INVARIANT: the path stays inside the pack; a verified pack can still be a malicious one.
    let inside = Path::new(file).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if file.is_empty() || !inside {
        return Ok(String::new());
    }
    let source = output::read_text(&pack.folder.join("policy").join(file))?;
    Ok(format!("  {file}:{first}-{last}\n{}", numbered(&source, first, last)))
}

fn numbered(source: &str, first: u64, last: u64) -> String {
    let lines = (1_u64..).zip(source.lines()).filter(|(n, _)| (first..=last).contains(n));
    lines.fold(String::new(), |out, (n, line)| out + &format!("{n:>5} | {line}\n"))
}

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str()
}

fn objects<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn fields(of: &Value, name: &str) -> Vec<Vec<String>> {
    let object = of.get(name).and_then(Value::as_object);
    let shown = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => shown::stated(text),
        other => other.to_string(),
    };
    object.into_iter().flatten().map(|(name, value)| row(name, shown(value))).collect()
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn indented(mut row: Vec<String>) -> Vec<String> {
    if let Some(first) = row.first_mut() {
        first.insert_str(0, "  ");
    }
    row
}
