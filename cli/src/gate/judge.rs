//! Deciding: the change set becomes datasets, the controls of the family `gate` are run over them, and
//! what they say becomes findings at lines of the table.

use super::request::{self, EMERGENCIES, Request};
use super::result::{ControlLine, Finding, Open, WaiverLine, is_nothing};
use super::sides::Sides;
use super::waived;
use crate::catalogue::Catalogue;
use crate::commands::not_run;
use crate::diagnostic::{Failure, Outcome};
use crate::text::visible_line;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tieout_controls::control::Severity;
use tieout_controls::paper::EvaluatedRecord;
use tieout_controls::profile::{self, SchemaProfile};
use tieout_controls::record::FieldClass;
use tieout_controls::{Decision, Fact, Outcome as Concluded, TestResult};
use tieout_engine::dataset::{DatasetSpec, Format, Loaded, Reading, SourceFile};
use tieout_engine::gate::changeset::{Row, UNLISTED};
use tieout_engine::plan::{Plan, PlannedControl};
use tieout_engine::progress::Progress;
use tieout_engine::run::{ReadyRun, RunError, RunOutput, read, ready};
use tieout_evidence::commitment::dataset_commitment;

/// The family of controls that judge proposals.
pub(crate) const FAMILY: &str = "gate";
/// What is said of a finding that the base has and its signed baseline doesn't list.
const NOT_LISTED: &str = "; the base has it, and the signed baseline doesn't list it";
/// The control that decides which approvals count.
pub(crate) const APPROVALS: &str = "RG-21";

/// What a proposal is judged with: the base's plan, and how its datasets are read.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    pub(super) plan: &'a Plan,
    pub(super) catalogue: &'a Catalogue,
    /// What commitments are salted with.
    pub(super) secret: &'a [u8; 32],
    pub(super) progress: &'a dyn Progress,
    /// Announces the run over what changes, which may be sealed.
    pub(super) announce: Announce<'a>,
}

/// What announces a run before it decides; where none is sealed, nothing.
pub(crate) type Announce<'a> = &'a dyn Fn(&ReadyRun<'_>) -> Outcome<()>;

impl<'a> Judging<'a> {
    /// The base's datasets of these roles, by name.
    pub(super) fn of_roles(&self, roles: &'a [&'a str]) -> impl Iterator<Item = &'a DatasetSpec> {
        self.plan.datasets.iter().filter(|spec| roles.contains(&spec.profile.role))
    }

    /// Reads a dataset.
    ///
    /// # Errors
    /// It can't be read.
    pub(super) fn read(&self, spec: &DatasetSpec) -> Outcome<Loaded> {
        let commitments = |name: &str| dataset_commitment(self.secret, name);
        tieout_engine::dataset::read(spec, &commitments, self.progress).map_err(|e| self.failed(e))
    }

    /// What the engine could not do.
    pub(super) fn failed(&self, error: RunError) -> Failure {
        not_run(error, self.catalogue)
    }
}

/// A dataset that the gate makes: name, profile, rows as column → value.
pub(super) struct Made<'a> {
    pub(super) profile: &'static str,
    pub(super) rows: &'a [Row],
}

/// Runs the controls that read the datasets made, and no others.
///
/// # Errors
/// What the engine can't do.
pub(super) fn run(
    judging: Judging<'_>,
    made: &[Made<'_>],
    others: Vec<DatasetSpec>,
    announce: Announce<'_>,
) -> Outcome<RunOutput> {
    let folder = tempfile::tempdir().map_err(|e| Failure::file(Path::new("."), &e))?;
    let mut datasets = others;
    for dataset in made {
        datasets.push(written(dataset, folder.path())?);
    }
    let roles: BTreeSet<&str> = datasets.iter().map(|spec| spec.profile.role).collect();
    let reads = |planned: &&PlannedControl| {
        let population = &planned.control.population;
        roles.contains(population.base.as_str())
    };
    let controls = judging.plan.controls.iter().filter(reads).cloned().collect();
    let plan = Plan { parameters: judging.plan.parameters.clone(), datasets, controls };
    let commitments = |name: &str| dataset_commitment(judging.secret, name);
    let failed = |e| judging.failed(e);
    let datasets = read(&plan, &commitments, judging.progress).map_err(failed)?;
    let run = ready(&plan, &datasets).map_err(failed)?;
    announce(&run)?;
    run.test(judging.progress).map_err(failed)
}

/// Writes a dataset where the engine reads it.
fn written(made: &Made<'_>, folder: &Path) -> Outcome<DatasetSpec> {
    let profile: &'static SchemaProfile = profile::named(made.profile)
        .ok_or_else(|| Failure::internal(format!("no profile `{}`", made.profile)))?;
    let shown = format!("{}.csv", profile.role);
    let path = folder.join(&shown);
    std::fs::write(&path, csv(profile, made.rows)).map_err(|e| Failure::file(&path, &e))?;
    let reading = Reading { format: Some(Format::Csv), ..Reading::default() };
    let files = vec![SourceFile { shown, path }];
    Ok(DatasetSpec { name: profile.role.to_owned(), profile, files, reading, expected: None })
}

/// RFC 4180; null is a field without quotes, every value stands in quotes.
fn csv(profile: &SchemaProfile, rows: &[Row]) -> String {
    let names: Vec<&str> = profile.columns.iter().map(|column| column.name).collect();
    let mut text = names.join(",");
    text.push_str("\r\n");
    for row in rows {
        for (place, name) in names.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            if let Some(value) = row.get(name) {
                text.push('"');
                text.push_str(&value.replace('"', "\"\""));
                text.push('"');
            }
        }
        text.push_str("\r\n");
    }
    text
}

/// What the base says of a proposal.
pub(super) struct Decided {
    pub(super) output: RunOutput,
    pub(super) controls: Vec<ControlLine>,
    pub(super) findings: Vec<Finding>,
    pub(super) waivers: Vec<WaiverLine>,
}

/// Lets the base's controls and waivers decide over the changes and the request; what they can't decide goes
/// to what is open.
///
/// # Errors
/// What the engine can't do, and waivers that can't be read.
pub(super) fn decided(
    (sides, judging): (&Sides, Judging<'_>),
    (changes, request, requests): (Made<'_>, &Request, &[Row]),
    as_of: NaiveDate,
    open: &mut Vec<Open>,
) -> Outcome<Decided> {
    let rows = changes.rows;
    let made = [changes, Made { profile: "gate-request-1", rows: requests }];
    let output = run(judging, &made, request::ordinary(judging.plan), judging.announce)?;
    let Judged { controls, mut findings, open: undecided, records } =
        judged(&output, rows, requests, &sides.head.path);
    open.extend(undecided);
    let waivers = waived::apply(sides, &request.directory, as_of, &mut findings, &records)?;
    Ok(Decided { output, controls, findings, waivers })
}

/// What a run over the change set found, at the lines of the table.
struct Judged<'a> {
    controls: Vec<ControlLine>,
    findings: Vec<Finding>,
    open: Vec<Open>,
    /// For each finding the row of the datasets made that it is of; none of another dataset or of several.
    records: Vec<Option<&'a Row>>,
}

/// Reads what was decided. `file` is told for what stands in no row of the table.
fn judged<'a>(
    output: &RunOutput,
    changes: &'a [Row],
    requests: &'a [Row],
    file: &str,
) -> Judged<'a> {
    let result = &output.result;
    let line = |test: &TestResult| ControlLine {
        id: test.control.id.to_string(),
        title: test.control.title.clone(),
        severity: test.control.severity,
        outcome: test.outcome.word().to_owned(),
        records: test.counts.evaluated().to_string(),
    };
    let mut judged = Judged {
        controls: result.tests.iter().map(line).collect(),
        findings: Vec::new(),
        open: Vec::new(),
        records: Vec::new(),
    };
    let severities: BTreeMap<&str, Severity> =
        result.tests.iter().map(|t| (t.control.id.as_str(), t.control.severity)).collect();
    let mut undetermined: BTreeMap<&str, (usize, Option<String>)> = BTreeMap::new();
    for record in &output.records {
        let row = source(record, changes, requests);
        let at = row.and_then(|row| row.get("line").or_else(|| row.get("old_line")));
        if !record.decision.causes().is_empty() {
            let entry = undetermined.entry(record.control.as_str()).or_default();
            entry.0 += 1;
            if entry.1.is_none() {
                entry.1 = at.map(ToOwned::to_owned);
            }
        }
        let Decision::Violates { facts, .. } = &record.decision else { continue };
        let severity = severities.get(record.control.as_str()).copied();
        let unlisted = row.filter(|row| row.get(UNLISTED).is_some()).map_or("", |_| NOT_LISTED);
        for fact in facts {
            let text = |column: &str| row.and_then(|row| row.get(column)).map(ToOwned::to_owned);
            let money = fact
                .amount
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| text("delta"))
                .or_else(|| loosened(record, row));
            judged.findings.push(Finding {
                control: record.control.to_string(),
                severity: if looked_at(record, fact) {
                    Severity::Low
                } else {
                    severity.unwrap_or(Severity::Critical)
                },
                code: fact.code.clone(),
                subject: text("rate_key")
                    .or_else(|| text("subject"))
                    .or_else(|| text("request"))
                    .unwrap_or_else(|| named(record)),
                effective_from: text("effective_from"),
                tier_from: text("tier_from"),
                message: visible_line(&format!("{}{unlisted}", said(fact))),
                currency: money.as_ref().and_then(|_| text("currency")),
                amount: money,
                file: text("file").unwrap_or_else(|| file.to_owned()),
                line: at.map(ToOwned::to_owned),
                waiver: None,
            });
            judged.records.push(row);
        }
    }
    judged.open = open(result.tests.iter(), &undetermined);
    judged
}

/// What stands in the way of a control, beside its findings.
fn open<'a>(
    tests: impl Iterator<Item = &'a TestResult>,
    undetermined: &BTreeMap<&str, (usize, Option<String>)>,
) -> Vec<Open> {
    let mut open = Vec::new();
    for test in tests {
        let id = test.control.id.as_str();
        let line = undetermined.get(id).and_then(|(_, line)| line.clone());
        let mut say = |why: String| {
            open.push(Open { control: id.to_owned(), why: visible_line(&why), line: line.clone() });
        };
        match &test.outcome {
            Concluded::Inconclusive { why } => why.iter().cloned().for_each(&mut say),
            Concluded::Exceptions => {
                for group in &test.undetermined {
                    say(format!("{} records: {}", group.count, group.describe()));
                }
            }
            Concluded::NoExceptions | Concluded::NotTested { .. } => {}
        }
    }
    open
}

/// Whether it is an emergency that was reviewed too late: that stays a finding of a run, and nobody can mend
/// it any more, so that it stops no request.
fn looked_at(record: &EvaluatedRecord, fact: &Fact) -> bool {
    record.control.as_str() == EMERGENCIES && fact.actual.is_some()
}

/// The row that a record is of; of a record of several rows of one subject the first.
fn source<'a>(
    record: &EvaluatedRecord,
    changes: &'a [Row],
    requests: &'a [Row],
) -> Option<&'a Row> {
    let rows = match record.record.dataset.as_str() {
        "rate-change" | "policy-change" => changes,
        "gate-request" => requests,
        _ => return None,
    };
    let Some(row) = record.record.row else {
        let subject = record.record.key.iter().find(|field| field.name == "subject")?;
        let subject = subject.value.to_text()?;
        return rows.iter().find(|row| row.get("subject") == Some(subject.as_str()));
    };
    let place = usize::try_from(row.0).ok()?.checked_sub(1)?;
    rows.get(place)
}

/// What is no longer found by a changed policy, in the currency that the record is of.
fn loosened(record: &EvaluatedRecord, row: Option<&Row>) -> Option<String> {
    let amount = row.filter(|_| record.record.row.is_some())?.get("loosened_amount")?;
    (!is_nothing(amount)).then(|| amount.to_owned())
}

/// A record of another dataset, or of several rows, by its key; what is personal in it isn't told.
fn named(record: &EvaluatedRecord) -> String {
    let clear = record.record.key.iter().filter(|field| field.class == FieldClass::Clear);
    let values: Vec<String> = clear.filter_map(|field| field.value.to_text()).collect();
    values.join("/")
}

/// A fact in words.
fn said(fact: &Fact) -> String {
    match (&fact.message, &fact.expected, &fact.actual) {
        (Some(message), _, _) => message.clone(),
        (None, Some(expected), Some(actual)) => format!("{actual} instead of {expected}"),
        (None, None, Some(actual)) => actual.clone(),
        _ => fact.code.replace('-', " "),
    }
}
