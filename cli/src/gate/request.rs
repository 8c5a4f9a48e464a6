//! Who stands behind a request: its authors, the approvals that count, what it changes of what judges it.

use super::judge::{self, APPROVALS, Judging, Made};
use super::people::Directory;
use super::result::{ApprovalLine, Open, RequestSummary, Rerating, is_nothing};
use super::reviews::{self, Context};
use super::sides::{Revisions, Sides, is_rate_table};
use super::statement::{Approval, Approver};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::workspace::Workspace;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tieout_controls::value::instant_text;
use tieout_controls::{Decision, Digest};
use tieout_engine::dataset::DatasetSpec;
use tieout_engine::gate::changeset::Row;
use tieout_engine::gate::diff;
use tieout_engine::gate::table::{self, RateTable};
use tieout_engine::plan::Plan;

/// The ordinary control that asks whether emergencies were reviewed in time.
pub(super) const EMERGENCIES: &str = "CM-04";
/// The versions of a merge request of GitLab: which commit was its head when.
const VERSIONS: &str = "gitlab-versions";
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
        (base, digest): (&RateTable, &Digest),
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
        let context = Context {
            directory: &directory,
            authors: &persons,
            releasers: &releasers.collect(),
            role: &role(sides.workspace.as_ref(), given.emergency.is_some()),
            digest: *digest,
            now,
        };
        let digest_of = |commit: &str| match &sides.git {
            Some(git) => diff_of(commit, git, sides, judging, base),
            None => Ok(None),
        };
        let given_rows = reviews::rows(&decisions, &context, &digest_of)?;
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
            protected_changes: protected(sides)?,
            emergency: given.emergency.map(ToOwned::to_owned),
        };
        Ok((Self { summary, directory, name: name(sides), valid }, open))
    }

    /// The rows of the profile `gate-request-1`: one for each currency in which something moves. A request
    /// that changes nothing asks for nothing.
    pub(super) fn rows(
        &self,
        rerating: Option<&Rerating>,
        changes: usize,
        digest: &Digest,
    ) -> Vec<Row> {
        if changes == 0 && self.summary.protected_changes.is_empty() {
            return Vec::new();
        }
        let row = |delta: Option<(&str, &str)>| {
            let mut row = Row::default();
            row.put("request", Some(self.name.clone()));
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
        // A request that changes no rate moves no money, and is judged as if nobody knew how much.
        let moved = rerating.into_iter().filter(|_| changes > 0).flat_map(|r| &r.moved);
        let totals: Vec<(&str, &str)> =
            moved.map(|(currency, moved)| (currency.as_str(), moved.as_str())).collect();
        let moved = totals.iter().filter(|(_, delta)| !is_nothing(delta));
        let rows: Vec<Row> = moved.map(|total| row(Some(*total))).collect();
        // Where nothing moves, one currency says so; where nothing was re-rated, nothing does.
        if rows.is_empty() { vec![row(totals.first().copied())] } else { rows }
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

/// The role that approvers hold: the base's word, else the usual one.
fn role(workspace: Option<&Workspace>, emergency: bool) -> String {
    let gate = workspace.map(|workspace| &workspace.settings.gate);
    let (of, usual) = match emergency {
        true => (gate.and_then(|gate| gate.emergency_role.clone()), "emergency-approver"),
        false => (gate.and_then(|gate| gate.approver_role.clone()), "rate-approver"),
    };
    of.unwrap_or_else(|| usual.to_owned())
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
    let output = judge::run(judging, &made, Vec::new())?;
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

/// The evaluated diff of the base with another commit of the head merged into it.
fn diff_of(
    commit: &str,
    git: &Revisions,
    sides: &Sides,
    judging: Judging<'_>,
    base: &RateTable,
) -> Outcome<Option<Digest>> {
    let Some((path, bytes)) = git.table_with(commit)? else { return Ok(None) };
    let table = table::read(&path, &bytes, &sides.reading).map_err(|e| judging.failed(e))?;
    Ok(table.refused.is_empty().then(|| diff::digest(&diff::changes(base, &table))))
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

fn approvers(sides: &Sides) -> Outcome<Vec<Approver>> {
    let Some(workspace) = &sides.workspace else { return Ok(Vec::new()) };
    let listed = workspace.settings.gate.approvers.iter();
    let read = |listed: &crate::config::ApproverFile| {
        let pem = crate::output::read_text(&workspace.path(&listed.key.value))?;
        Approver::listed(&listed.account, &listed.key.value, &pem)
    };
    listed.map(read).collect()
}

/// The files that judge requests and that this one changes, by their names in base and head.
///
/// # Errors
/// What is protected is said by no pattern.
fn protected(sides: &Sides) -> Outcome<Vec<String>> {
    let (Some(git), Some(workspace)) = (&sides.git, &sides.workspace) else {
        return Ok(Vec::new());
    };
    let settings = &workspace.settings;
    let mut exact = vec![".mailmap".to_owned(), ".gitattributes".to_owned()];
    exact.extend(["tieout.yaml", "tieout.lock"].map(|name| git.below(name)));
    exact.extend(settings.gate.waivers.iter().map(|path| git.below(&path.value)));
    exact.extend(settings.gate.approvers.iter().map(|approver| git.below(&approver.key.value)));
    let own = settings.own.catalogue.iter().chain(&settings.own.bundles);
    let folders: Vec<String> = own.map(|path| format!("{}/", git.below(&path.value))).collect();
    let mut patterns = git.patterns(workspace, &settings.gate.protected)?;
    for dataset in settings.datasets.values().filter(|dataset| !is_rate_table(dataset)) {
        patterns.extend(git.patterns(workspace, &dataset.files)?);
    }
    let judges = |path: &&str| {
        exact.iter().any(|exact| exact == path)
            || folders.iter().any(|folder| path.starts_with(folder.as_str()))
            || patterns.iter().any(|pattern| pattern.matches(path))
    };
    let found: BTreeSet<&str> = git.changes.paths().into_iter().filter(judges).collect();
    Ok(found.into_iter().map(ToOwned::to_owned).collect())
}
