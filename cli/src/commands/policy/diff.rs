//! `tieout policy diff`.

use super::target;
use crate::args::{AuthorFormat, Global, PolicyDiff};
use crate::catalogue::Catalogue;
use crate::commands::run;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::plan::{self, Selection};
use crate::progress::Spinner;
use crate::similar;
use crate::text::{counted, money, table, visible_line};
use crate::workspace::Workspace;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use tieout_controls::compare::{self, Change};
use tieout_controls::conclude;
use tieout_controls::paper::RowCommitment;
use tieout_controls::result::{CodeSummary, Outcome as TestOutcome};
use tieout_controls::{
    ControlId, Count, Digest, EvaluatedRecord, Field, FieldClass, RecordRef, TestResult, Totals,
};
use tieout_engine::plan::Plan;
use tieout_engine::run::{Datasets, RunOutput, read, run_over};
use tieout_policies::bundle::Bundle;

/// So many records of a kind are named in the text.
const NAMED: usize = 3;

/// A version of the policy bundle.
struct Side {
    bundle: Arc<Bundle>,
    /// Where it lies, or that it is built in.
    place: String,
}

/// What is said of a control.
struct Compared<'a> {
    control: &'a ControlId,
    records: usize,
    changes: Vec<Change<'a>>,
    /// For each code of which there are other facts or amounts: before and after.
    codes: BTreeMap<&'a str, [CodeSummary; 2]>,
}

/// Everything there is to tell.
struct Difference<'a> {
    sides: [&'a Side; 2],
    controls: Vec<Compared<'a>>,
    /// What can't be compared: control and why.
    not_compared: Vec<(String, String)>,
}

/// Evaluates two versions of a policy bundle over the workspace's data and tells of which records
/// they say something else.
pub(in crate::commands) fn diff(global: &Global, args: &PolicyDiff) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let mut catalogue = Catalogue::of(Some(&workspace))?;
    let (before, after) = (side(&args.before, &catalogue)?, side(&args.after, &catalogue)?);
    let name = before.bundle.name.clone();
    if after.bundle.name != name {
        let message = format!(
            "`{}` holds the policy bundle `{name}`, `{}` holds `{}`",
            args.before, args.after, after.bundle.name
        );
        let help = "name two versions of one bundle: `name` in `bundle.yaml` is what they share";
        return Err(Failure::usage(Diagnostic::new("other-bundle", message).help(help)));
    }
    // The lock holds what a run uses; a version that is only looked at need not be in it.
    let mut plan = plan::unlocked(&workspace, &catalogue, &Selection::only(args.only.clone()))?;
    plan.controls.retain(|planned| planned.bundle.name == name);
    if plan.controls.is_empty() {
        let message = format!("no control of the workspace is tested by the bundle `{name}`");
        let help = "`tieout control list` shows the controls; `--only` names some of them";
        return Err(Failure::usage(Diagnostic::new("no-control", message).help(help)));
    }
    let mut not_compared = one_sided(&mut plan, &before, &after);
    let spinner = Spinner::new(global.quiet);
    let datasets = read(&plan, &|_| Box::new(Uncommitted), &spinner)
        .map_err(|e| run::not_run(e, &catalogue))?;
    let outputs = [
        run_side(&plan, &before, &datasets, &mut catalogue, &spinner)?,
        run_side(&plan, &after, &datasets, &mut catalogue, &spinner)?,
    ];
    drop(spinner);
    let controls = compared(&outputs, &mut not_compared)?;
    let difference = Difference { sides: [&before, &after], controls, not_compared };
    let text = match args.format {
        AuthorFormat::Text => difference.text()?,
        AuthorFormat::Json => difference.document()?,
    };
    output::print(&text)?;
    Ok(difference.exit())
}

/// The bundle of that name in the workspace or built in, or the one in a folder. A word alone is a
/// name first: taken for a folder beside, what is to replace the built-in would be compared with itself.
fn side(name: &str, catalogue: &Catalogue) -> Outcome<Side> {
    let path = output::absolute(Path::new(name));
    if path.is_dir() && !catalogue.bundles.contains_key(name) {
        let bundle = target::load(&path)?;
        return Ok(Side { bundle: Arc::new(bundle), place: output::shown(&path) });
    }
    let Some(bundle) = catalogue.bundles.get(name) else {
        let known = catalogue.bundles.keys().map(String::as_str);
        let near = similar::nearest(name, known).map_or_else(
            || "name a folder with a `bundle.yaml`, or a built-in bundle".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("there is no policy bundle `{name}`");
        return Err(Failure::usage(Diagnostic::new("bundle-not-found", message).help(near)));
    };
    let place = catalogue.folders.get(name).cloned().unwrap_or_else(|| "built in".to_owned());
    Ok(Side { bundle: Arc::clone(bundle), place })
}

/// Takes out of the plan, and tells, the controls whose rule only one side has.
fn one_sided(plan: &mut Plan, before: &Side, after: &Side) -> Vec<(String, String)> {
    let mut told = Vec::new();
    plan.controls.retain(|planned| {
        let rule = &planned.control.policy.rule;
        let lacking = [before, after].into_iter().find(|s| !s.bundle.rules.contains_key(rule));
        if let Some(side) = lacking {
            let why = format!("`{}` ({}) has no rule `{rule}`", side.bundle.name, side.place);
            told.push((planned.control.id.to_string(), why));
        }
        lacking.is_none()
    });
    told
}

fn run_side(
    plan: &Plan,
    side: &Side,
    datasets: &Datasets,
    catalogue: &mut Catalogue,
    spinner: &Spinner,
) -> Outcome<RunOutput> {
    let mut plan = plan.clone();
    for planned in &mut plan.controls {
        planned.bundle = Arc::clone(&side.bundle);
    }
    // What is wrong in a rule is told with its source, which is this side's.
    catalogue.bundles.insert(side.bundle.name.clone(), Arc::clone(&side.bundle));
    catalogue.folders.insert(side.bundle.name.clone(), side.place.clone());
    run_over(&plan, datasets, spinner).map_err(|e| run::not_run(e, catalogue))
}

fn compared<'a>(
    outputs: &'a [RunOutput; 2],
    not_compared: &mut Vec<(String, String)>,
) -> Outcome<Vec<Compared<'a>>> {
    let [before, after] = outputs;
    let mut all = Vec::new();
    for (test, other) in before.result.tests.iter().zip(&after.result.tests) {
        let control = &test.control.id;
        if let Some(why) = untested(test).or_else(|| untested(other)) {
            not_compared.push((control.to_string(), why));
            continue;
        }
        let [records, others] = [before, after].map(|output| output.records_of(control.as_str()));
        let changes = compare::changes(records, others).map_err(Failure::internal)?;
        all.push(Compared { control, records: records.len(), changes, codes: codes(test, other) });
    }
    Ok(all)
}

/// Why nothing follows from a test.
pub(crate) fn untested(test: &TestResult) -> Option<String> {
    if let TestOutcome::NotTested { why } = &test.outcome {
        return Some(why.clone());
    }
    let population = test.population.as_ref()?;
    let untied = population.not_tied_out.iter();
    let untied = untied.map(|why| format!("the population doesn't tie out: {why}"));
    untied.chain(conclude::gaps(population)).next()
}

fn codes<'a>(before: &'a TestResult, after: &'a TestResult) -> BTreeMap<&'a str, [CodeSummary; 2]> {
    let all: BTreeSet<&str> =
        before.by_code.keys().chain(after.by_code.keys()).map(String::as_str).collect();
    let of = |test: &TestResult, code: &str| test.by_code.get(code).cloned().unwrap_or_default();
    let both = all.into_iter().map(|code| (code, [of(before, code), of(after, code)]));
    both.filter(|(_, [before, after])| before != after).collect()
}

/// Records of which both versions say the same as of the others in the group.
#[derive(Default)]
struct Group<'a> {
    records: Vec<&'a Change<'a>>,
    at_stake: Totals,
    /// Records without an exposure.
    unknown: usize,
}

impl Compared<'_> {
    /// By what was said and what is said.
    fn groups(&self) -> Outcome<BTreeMap<(&'static str, &'static str), Group<'_>>> {
        let mut groups: BTreeMap<_, Group<'_>> = BTreeMap::new();
        for change in &self.changes {
            let words = (change.before.decision.word(), change.after.decision.word());
            let group = groups.entry(words).or_default();
            match &change.after.exposure {
                Some(money) => {
                    let added = group.at_stake.add(&money.amount, &money.currency);
                    added.map_err(Failure::internal)?;
                }
                None => group.unknown = group.unknown.saturating_add(1),
            }
            group.records.push(change);
        }
        Ok(groups)
    }
}

impl Group<'_> {
    fn money(&self) -> String {
        let known = (!self.at_stake.is_empty()).then(|| money(&self.at_stake));
        let unknown = (self.unknown > 0).then(|| format!("{} without an amount", self.unknown));
        known.into_iter().chain(unknown).collect::<Vec<_>>().join(", ")
    }
}

impl Difference<'_> {
    fn changed(&self) -> bool {
        self.controls.iter().any(|compared| !compared.changes.is_empty())
    }

    /// A verdict that changes needs a version of its own.
    fn unversioned(&self) -> bool {
        let [before, after] = self.sides;
        self.changed() && before.bundle.version == after.bundle.version
    }

    fn exit(&self) -> Exit {
        if !self.not_compared.is_empty() {
            Exit::Inconclusive
        } else if self.changed() {
            Exit::Exceptions
        } else {
            Exit::Success
        }
    }

    fn text(&self) -> Outcome<String> {
        let mut out = String::new();
        for (word, side) in ["before", "after "].into_iter().zip(self.sides) {
            let Bundle { name, version, digest, .. } = &*side.bundle;
            let _ = writeln!(out, "{word} {name} {version} ({}) {digest}", side.place);
        }
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let mut verdicts = vec![row(["CONTROL", "VERDICT", "RECORDS", "AT STAKE"])];
        let mut codes = vec![row(["CONTROL", "CODE", "FACTS", "AMOUNT"])];
        let mut named = String::new();
        for compared in &self.controls {
            let id = compared.control.as_str();
            for ((from, to), group) in compared.groups()? {
                let records = group.records.len();
                let verdict =
                    if from == to { format!("{to}, stated otherwise") } else { arrow(from, to) };
                verdicts.push(row([id, &verdict, &records.to_string(), &group.money()]));
                let _ = writeln!(named, "{id} {verdict}");
                for change in group.records.iter().take(NAMED) {
                    let _ = writeln!(named, "  {}", record_line(&change.after.record, is_clear));
                }
                if let Some(more) = records.checked_sub(NAMED).filter(|more| *more > 0) {
                    let _ = writeln!(named, "  and {more} more: `--format json` names all");
                }
            }
            for (code, [before, after]) in &compared.codes {
                let facts = arrow(before.count, after.count);
                let amount = arrow(amounts(&before.amounts), amounts(&after.amounts));
                codes.push(row([id, code, &facts, &amount]));
            }
            if compared.changes.is_empty() {
                let records = counted(compared.records, "record");
                verdicts.push(row([id, &format!("no change in {records}"), "", ""]));
            }
        }
        for part in [&verdicts, &codes].into_iter().filter(|rows| rows.len() > 1) {
            let _ = write!(out, "\n{}", table(part));
        }
        if !named.is_empty() {
            let _ = write!(out, "\n{named}");
        }
        for (control, why) in &self.not_compared {
            let _ = writeln!(out, "\nnot compared: {control}: {why}");
        }
        if self.unversioned() {
            let Bundle { name, version, .. } = &*self.sides[1].bundle;
            let _ = writeln!(out, "\nverdicts change, and `{name}` is {version} before and after");
        }
        Ok(out)
    }

    fn document(&self) -> Outcome<String> {
        let side = |side: &Side| {
            let Bundle { name, version, digest, .. } = &*side.bundle;
            json!({"bundle": name, "version": version, "digest": digest.to_string(),
                "place": side.place})
        };
        let [before, after] = self.sides;
        let controls = self.controls.iter().map(compared_json).collect::<Outcome<Vec<_>>>()?;
        let not_compared = self.not_compared.iter();
        let not_compared = not_compared.map(|(id, why)| json!({"control": id, "why": why}));
        let whole = json!({
            "schema_version": "1",
            "before": side(before),
            "after": side(after),
            "changed": self.changed(),
            "version_unchanged": self.unversioned(),
            "controls": controls,
            "not_compared": not_compared.collect::<Vec<_>>(),
        });
        let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
        Ok(text + "\n")
    }
}

fn arrow(before: impl std::fmt::Display, after: impl std::fmt::Display) -> String {
    format!("{before} → {after}")
}

fn amounts(totals: &Totals) -> String {
    if totals.is_empty() {
        return "none".to_owned();
    }
    money(totals)
}

/// A record's place, and the columns of its key that are meant.
pub(crate) fn record_line(record: &RecordRef, meant: impl Fn(&Field) -> bool) -> String {
    let RecordRef { dataset, file, row, key } = record;
    let mut line = format!("`{dataset}`");
    for (word, number) in [("file", file), ("row", row)] {
        if let Some(number) = number {
            let _ = write!(line, " {word} {number}");
        }
    }
    for field in key.iter().filter(|field| meant(field)) {
        if let Some(value) = field.value.to_text() {
            let _ = write!(line, " {}={}", field.name, visible_line(&value));
        }
    }
    line
}

/// Names no person: what is told of many records goes further than an answer about one.
fn is_clear(field: &Field) -> bool {
    field.class == FieldClass::Clear
}

fn compared_json(compared: &Compared<'_>) -> Outcome<Json> {
    let verdict = |((from, to), group): ((&str, &str), Group<'_>)| {
        json!({
            "from": from,
            "to": to,
            "records": Count::of(group.records.len()),
            "at_stake": group.at_stake,
            "without_amount": Count::of(group.unknown),
        })
    };
    let code = |(code, [before, after]): (&&str, &[CodeSummary; 2])| json!({"code": code, "before": before, "after": after});
    let changed = |change: &Change<'_>| {
        let codes = |record: &EvaluatedRecord| {
            record.decision.facts().iter().map(|fact| fact.code.clone()).collect::<Vec<_>>()
        };
        let Change { before, after } = change;
        let key = after.record.key.iter().filter(|field| is_clear(field));
        let text = |field: &Field| Some((field.name.clone(), field.value.to_text()?));
        json!({
            "record": after.record,
            "key": key.filter_map(text).collect::<BTreeMap<_, _>>(),
            "from": before.decision.word(),
            "to": after.decision.word(),
            "codes_before": codes(before),
            "codes_after": codes(after),
            "at_stake": after.exposure,
        })
    };
    Ok(json!({
        "control": compared.control,
        "records": Count::of(compared.records),
        "verdicts": compared.groups()?.into_iter().map(verdict).collect::<Vec<_>>(),
        "codes": compared.codes.iter().map(code).collect::<Vec<_>>(),
        "changed": compared.changes.iter().map(changed).collect::<Vec<_>>(),
    }))
}

/// Nothing is claimed of the rows, so nothing is committed to.
pub(in crate::commands) struct Uncommitted;

impl RowCommitment for Uncommitted {
    fn add(&mut self, _row: &[u8]) {}

    fn finish(self: Box<Self>) -> (Count, Digest) {
        (Count(0), Digest([0; 32]))
    }
}
