//! Who stands behind a request: its authors, the approvals that count, what it changes of what judges it.

use super::judge::{self, APPROVALS, Judging, Made};
use super::people::Directory;
use super::result::{ApprovalLine, Open, RequestSummary, is_nothing};
use super::reviews::{self, Context};
use super::sides::{Proposed, Revisions, Sides, is_rate_table, policies};
use super::statement::{Approval, Approver};
use crate::config::{ApproverFile, DatasetFile, GateFile};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::workspace::Workspace;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tieout_controls::control::ControlKind;
use tieout_controls::value::instant_text;
use tieout_controls::{Decision, Digest};
use tieout_engine::dataset::DatasetSpec;
use tieout_engine::gate::changeset::Row;
use tieout_engine::plan::Plan;

/// The ordinary control that asks whether emergencies were reviewed in time.
pub(super) const EMERGENCIES: &str = "CM-04";
/// The versions of a merge request of GitLab: which commit was its head when.
const VERSIONS: &str = "gitlab-versions";
/// Why an emergency isn't let pass that nobody could see unreviewed.
const UNREVIEWED: &str = "an emergency is reviewed after, and the base's workspace has no datasets of the profiles change-1 and \
     approval-1 in which that would be seen";
/// The merge request of GitLab itself: who opened it.
const OPENED: &str = "gitlab-request";
/// The datasets that the control over emergencies reads.
const EMERGENCY_ROLES: [&str; 2] = ["change", "approval"];

/// What was given on the command line.
pub(crate) struct Given<'a> {
    /// Exports of approvals: source and file.
    pub(crate) approvals: &'a [(String, PathBuf)],
    /// What change management calls the request.
    pub(crate) change: Option<&'a str>,
    /// Authors beside those that git names.
    pub(crate) authors: &'a [String],
    /// Who releases it.
    pub(crate) releaser: Option<&'a str>,
    /// The ticket of an emergency.
    pub(crate) emergency: Option<&'a str>,
}

/// What is evaluated.
pub(super) struct Evaluated<'a> {
    /// The digest of the evaluated diff.
    pub(super) digest: Digest,
    /// That of the base with another commit of the head merged into it.
    pub(super) bound: &'a dyn Fn(&str) -> Outcome<Option<Digest>>,
    /// The files that judge it and that it changes.
    pub(super) protected: Vec<String>,
    /// The role that its approvers hold.
    pub(super) role: &'a str,
}

/// Who stands behind a request.
pub(super) struct Request {
    pub(super) summary: RequestSummary,
    pub(super) directory: Directory,
    name: String,
    valid: BTreeSet<String>,
}

impl Request {
    /// Finds out who stands behind the head, and what can't be found out.
    ///
    /// # Errors
    /// What can't be read: an export, the directory, a key.
    pub(super) fn of(
        sides: &Sides,
        judging: Judging<'_>,
        (given, as_of): (&Given<'_>, NaiveDate),
        evaluated: Evaluated<'_>,
    ) -> Outcome<(Self, Vec<Open>)> {
        let (directory, mut open) = super::register::directory(judging)?;
        let now = end_of(as_of)?;
        let accounts = authors(sides, given)?;
        let mut persons = BTreeSet::new();
        let mut unknown = 0_usize;
        for account in &accounts {
            match directory.person(account, now).person() {
                Some(person) => drop(persons.insert(person.to_owned())),
                None => unknown = unknown.saturating_add(1),
            }
        }
        let decisions = decisions(sides, given)?;
        let releaser = given.releaser.map(|account| directory.person(account, now));
        if releaser.as_ref().is_some_and(|who| who.person().is_none()) {
            open.push(Open::of_gate("the releaser's account is nobody's for certain"));
        }
        let releasers = releaser.and_then(|who| who.person().map(ToOwned::to_owned)).into_iter();
        if given.emergency.is_some() && ordinary(judging.plan).is_empty() {
            open.push(Open::of_gate(UNREVIEWED));
        }
        let context = Context {
            directory: &directory,
            authors: &persons,
            releasers: &releasers.collect(),
            role: evaluated.role,
            digest: evaluated.digest,
            now,
        };
        let given_rows = reviews::rows(&decisions, &context, evaluated.bound)?;
        let rows: Vec<Row> = given_rows
            .iter()
            .enumerate()
            .map(|(place, row)| record(place, row))
            .collect::<Outcome<_>>()?;
        let approvals = decided(&rows, judging)?;
        // Two approvals of one person are one.
        let counting = given_rows.iter().zip(&approvals).filter(|(_, approval)| approval.counts);
        let valid = counting.filter_map(|(row, _)| row.person.clone()).collect();
        let summary = RequestSummary {
            authors: accounts.len().to_string(),
            unknown_authors: unknown.to_string(),
            approvals,
            protected_changes: evaluated.protected,
            emergency: given.emergency.map(ToOwned::to_owned),
            role: evaluated.role.to_owned(),
        };
        Ok((Self { summary, directory, name: name(sides), valid }, open))
    }

    /// The rows of the profile `gate-request-1`: one for each currency in which something moves. A request
    /// that changes nothing asks for nothing; where nobody knows what moves, no currency is given.
    pub(super) fn rows(
        &self,
        totals: &[(&str, &str)],
        (gate, changes): (&str, usize),
        digest: &Digest,
    ) -> Vec<Row> {
        if changes == 0 && self.summary.protected_changes.is_empty() {
            return Vec::new();
        }
        let row = |delta: Option<(&str, &str)>| {
            let mut row = Row::default();
            row.put("request", Some(self.name.clone()));
            row.put("gate", Some(gate.to_owned()));
            row.put("diff_digest", Some(digest.to_string()));
            row.put("changes", Some(changes.to_string()));
            row.put("delta", delta.map(|(_, delta)| delta.to_owned()));
            row.put("currency", delta.map(|(currency, _)| currency.to_owned()));
            row.put("authors", Some(self.summary.authors.clone()));
            row.put("unknown_authors", Some(self.summary.unknown_authors.clone()));
            row.put("valid_approvals", Some(self.valid.len().to_string()));
            row.put("emergency", Some(self.summary.emergency.is_some().to_string()));
            row.put("protected_changes", Some(self.summary.protected_changes.len().to_string()));
            row
        };
        let moved = totals.iter().filter(|(_, delta)| !is_nothing(delta));
        let rows: Vec<Row> = moved.map(|total| row(Some(*total))).collect();
        // Where nothing moves, one currency says so; where nothing was re-rated, nothing does.
        if rows.is_empty() { vec![row(totals.first().copied())] } else { rows }
    }
}

/// The ordinary control stops requests here and concludes nothing about the books: what the gate's own
/// controls are. Whether the exports that it reads are whole is asked by a run, not by every request, whose
/// base can't know how many changes there are today.
pub(super) fn as_precondition(plan: &mut Plan) {
    for planned in &mut plan.controls {
        if planned.control.id.as_str() == EMERGENCIES {
            planned.control.kind = ControlKind::DataPrecondition;
        }
    }
}

/// The datasets of the ordinary control over emergencies, where the workspace has all of them.
pub(super) fn ordinary(plan: &Plan) -> Vec<DatasetSpec> {
    let of = |spec: &&DatasetSpec| EMERGENCY_ROLES.contains(&spec.profile.role);
    let found: Vec<DatasetSpec> = plan.datasets.iter().filter(of).cloned().collect();
    if found.len() == EMERGENCY_ROLES.len() { found } else { Vec::new() }
}

/// The end of the day: who holds what on that day holds it then.
fn end_of(day: NaiveDate) -> Outcome<DateTime<Utc>> {
    let end = day.and_hms_opt(23, 59, 59).map(|at| at.and_utc());
    end.ok_or_else(|| Failure::internal("a day without an end"))
}

/// The accounts that wrote what is between base and head.
fn authors(sides: &Sides, given: &Given<'_>) -> Outcome<BTreeSet<String>> {
    let mut accounts: BTreeSet<String> = given.authors.iter().cloned().collect();
    for (_, path) in given.approvals.iter().filter(|(source, _)| source == OPENED) {
        let text = crate::output::read_text(path)?;
        accounts.insert(reviews::gitlab_author(&crate::output::shown(path), &text)?);
    }
    if let Some(git) = &sides.git {
        let found = git.repository.authors(&git.base, &git.head)?;
        accounts.extend(found.identities.iter().map(super::git::Identity::account));
    }
    Ok(accounts)
}

/// What the request is called.
fn name(sides: &Sides) -> String {
    format!("{} into {}", sides.head.shown, sides.base.shown)
}

/// The role that approvers of rates hold: the base's word, else the usual one.
pub(super) fn rate_role(workspace: Option<&Workspace>, emergency: bool) -> String {
    role(workspace, emergency, |gate| (&gate.approver_role, "rate-approver"))
}

/// The role that approvers of policies hold, likewise.
pub(super) fn policy_role(workspace: Option<&Workspace>, emergency: bool) -> String {
    role(workspace, emergency, |gate| (&gate.policy_approver_role, "policy-approver"))
}

fn role(
    workspace: Option<&Workspace>,
    emergency: bool,
    ordinary: fn(&GateFile) -> (&Option<String>, &'static str),
) -> String {
    let unset = GateFile::default();
    let gate = workspace.map_or(&unset, |workspace| &workspace.settings.gate);
    let (stated, usual) = match emergency {
        true => (&gate.emergency_role, "emergency-approver"),
        false => ordinary(gate),
    };
    stated.clone().unwrap_or_else(|| usual.to_owned())
}

/// The row of the profile `gate-approval-1`.
fn record(place: usize, row: &reviews::Row) -> Outcome<Row> {
    let mut told = Row::default();
    let source = word(&row.source)?;
    // Where persons are not told, an approval is called by its source and its place.
    told.put("approval_id", Some(format!("{source} {}", place.saturating_add(1))));
    told.put("source", Some(source));
    told.put("account", Some(row.account.clone()));
    told.put("person", row.person.clone());
    told.put("account_kind", Some(word(&row.account_kind)?));
    told.put("author", Some(row.author.to_string()));
    told.put("acts_for_author", Some(row.acts_for_author.to_string()));
    told.put("releaser", Some(row.releaser.to_string()));
    told.put("holds_role", Some(row.holds_role.to_string()));
    told.put("bound_to_diff", Some(row.bound_to_diff.to_string()));
    told.put("decision", Some(word(&row.decision)?));
    told.put("decided_at", Some(instant_text(row.decided_at)));
    Ok(told)
}

/// The word that a value is written with.
fn word(value: &impl serde::Serialize) -> Outcome<String> {
    let value = serde_json::to_value(value).map_err(Failure::internal)?;
    let text = value.as_str().map(ToOwned::to_owned);
    text.ok_or_else(|| Failure::internal("a word that is none"))
}

/// What the policies of the base say of each approval.
fn decided(rows: &[Row], judging: Judging<'_>) -> Outcome<Vec<ApprovalLine>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let made = [Made { profile: "gate-approval-1", rows }];
    let output = judge::run(judging, &made, Vec::new(), &|_| Ok(()))?;
    let mut decisions: BTreeMap<u64, &Decision> = BTreeMap::new();
    for record in output.records.iter().filter(|record| record.control.as_str() == APPROVALS) {
        if let Some(row) = record.record.row {
            decisions.insert(row.0, &record.decision);
        }
    }
    let mut lines = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let number = u64::try_from(place.saturating_add(1)).unwrap_or(u64::MAX);
        let decision = decisions.get(&number);
        let mut why: Vec<String> = match decision {
            Some(Decision::Conforms) => Vec::new(),
            Some(decision) => {
                let facts = decision.facts().iter().map(|fact| fact.code.clone());
                let causes = decision.causes().iter().map(|cause| match &cause.column {
                    Some(column) => format!("{column} isn't known"),
                    None => "not decided".to_owned(),
                });
                facts.chain(causes).collect()
            }
            None => vec!["not decided".to_owned()],
        };
        why.sort();
        why.dedup();
        lines.push(ApprovalLine {
            id: row.get("approval_id").unwrap_or_default().to_owned(),
            source: row.get("source").unwrap_or_default().to_owned(),
            counts: matches!(decision, Some(Decision::Conforms)),
            why,
        });
    }
    Ok(lines)
}

/// The decisions of all exports.
fn decisions(sides: &Sides, given: &Given<'_>) -> Outcome<Vec<reviews::Given>> {
    let approvers = approvers(sides)?;
    let (mut found, mut statements) = (Vec::new(), Vec::new());
    let versions = given.approvals.iter().find(|(source, _)| source == VERSIONS);
    let versions = versions
        .map(|(_, path)| Ok((crate::output::shown(path), crate::output::read_text(path)?)))
        .transpose()?;
    let about = |source: &str| source == VERSIONS || source == OPENED;
    for (source, path) in given.approvals.iter().filter(|(source, _)| !about(source)) {
        let shown = crate::output::shown(path);
        if source == "statement" {
            let bytes = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
            statements.push(Approval::verify(&shown, &bytes, &approvers)?);
            continue;
        }
        let text = crate::output::read_text(path)?;
        found.extend(match source.as_str() {
            "github" => reviews::github(&shown, &text)?,
            "gitlab" => {
                let versions = versions.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
                reviews::gitlab(&shown, &text, versions)?
            }
            _ => {
                let change = given.change.ok_or_else(no_change)?;
                reviews::changes(&shown, &text, "cm", change)?
            }
        });
    }
    found.extend(reviews::statements(&statements, &name(sides)));
    Ok(found)
}

fn no_change() -> Failure {
    let message = "an export of change management is of many changes";
    let help = "say which one this is: `--change ID`";
    Failure::usage(Diagnostic::new("gate-change", message).help(help))
}

/// The approvers whose statements count.
///
/// # Errors
/// A key of the base can't be read.
pub(super) fn approvers(sides: &Sides) -> Outcome<Vec<Approver>> {
    let Some(workspace) = &sides.workspace else { return Ok(Vec::new()) };
    listed(workspace, &workspace.settings.gate.approvers)
}

/// Who may seal usage.
///
/// # Errors
/// A key of the base can't be read.
pub(super) fn usage_signers(sides: &Sides) -> Outcome<Vec<Approver>> {
    let Some(workspace) = &sides.workspace else { return Ok(Vec::new()) };
    listed(workspace, &workspace.settings.gate.usage_signers)
}

fn listed(workspace: &Workspace, listed: &[ApproverFile]) -> Outcome<Vec<Approver>> {
    let read = |listed: &ApproverFile| {
        let pem = crate::output::read_text(&workspace.path(&listed.key.value))?;
        Approver::listed(&listed.account, &listed.key.value, &pem)
    };
    listed.iter().map(read).collect()
}

/// The files that judge requests of rates and that this one changes, by their names in base and head.
///
/// # Errors
/// What is protected is said by no pattern.
pub(super) fn protected_rates(sides: &Sides) -> Outcome<Vec<String>> {
    let (Some(git), Some(workspace)) = (&sides.git, &sides.workspace) else {
        return Ok(Vec::new());
    };
    let exact = [git.file.clone(), git.below("tieout.lock")];
    let folders = policies(&workspace.settings, &git.prefix);
    let folders: Vec<String> = folders.iter().map(|path| format!("{path}/")).collect();
    let own = |path: &str| {
        exact.iter().any(|exact| exact == path)
            || folders.iter().any(|folder| path.starts_with(folder.as_str()))
    };
    protected((git, workspace), |dataset| !is_rate_table(dataset), own)
}

/// The files that judge requests of policies and that this one changes: all but the policies themselves,
/// and of the workspace file what doesn't belong to them. Rates beside policies are blocked by the gate
/// on rates.
///
/// # Errors
/// What is protected is said by no pattern.
pub(super) fn protected_policies(sides: &Sides, proposed: &Proposed) -> Outcome<Vec<String>> {
    let (Some(git), Some(workspace)) = (&sides.git, &sides.workspace) else {
        return Ok(Vec::new());
    };
    let other = proposed.changes_other_settings;
    protected((git, workspace), |dataset| !is_rate_table(dataset), |path| other && path == git.file)
}

/// What differs of what judges every request, of the datasets, and of more.
fn protected(
    (git, workspace): (&Revisions, &Workspace),
    datasets: impl Fn(&DatasetFile) -> bool,
    more: impl Fn(&str) -> bool,
) -> Outcome<Vec<String>> {
    let settings = &workspace.settings;
    let mut exact = vec![".mailmap".to_owned(), ".gitattributes".to_owned()];
    let judging = settings.gate.waivers.iter().chain(&settings.gate.baseline);
    exact.extend(judging.map(|path| git.below(&path.value)));
    let keys = settings.gate.approvers.iter().chain(&settings.gate.usage_signers);
    exact.extend(keys.map(|listed| git.below(&listed.key.value)));
    let mut patterns = git.patterns(workspace, &settings.gate.protected)?;
    for dataset in settings.datasets.values().filter(|dataset| datasets(dataset)) {
        patterns.extend(git.patterns(workspace, &dataset.files)?);
    }
    let judges = |path: &&str| {
        exact.iter().any(|exact| exact == path)
            || more(path)
            || patterns.iter().any(|pattern| pattern.matches(path))
    };
    let found: BTreeSet<&str> = git.changes.paths().into_iter().filter(judges).collect();
    Ok(found.into_iter().map(ToOwned::to_owned).collect())
}
