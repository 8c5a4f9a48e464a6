//! `tieout gate policies`: from two versions of the policies to a verdict.
//!
//! Nothing of the head judges it: the controls of the family `gate` are the base's, over rows that say what
//! changes, what the changed rules' tests are worth, and what would be said otherwise of the last period.

mod allowed;
mod checked;
mod differing;
mod verdicts;

use super::judge::{self, Announce, Decided, Judging, Made};
use super::register;
use super::request::{self, Given, Request};
use super::result::{
    GateResult, GateVerdict, Legacy, Open, POLICIES, PolicyLine, Reconciled, Side,
};
use super::sides::{Proposed, Sides};
use crate::catalogue::Catalogue;
use crate::diagnostic::Outcome;
use crate::text::Period;
use checked::Checked;
use chrono::NaiveDate;
use differing::{Differing, Policies};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Totals;
use tieout_controls::control::Severity;
use tieout_engine::gate::changeset::Row;
use tieout_engine::gate::lookups::Lookups;
use tieout_engine::gate::{day_of, midnight};
use tieout_engine::progress::Progress;
use tieout_engine::run::RunOutput;
use verdicts::{Both, Comparison, Moved};

/// How the gate is asked.
pub(crate) struct Question<'a> {
    pub(crate) as_of: NaiveDate,
    /// The period whose data both policies decide over; else the last closed one, else the workspace's.
    pub(crate) period: Option<Period>,
    /// Whether nothing is put to data.
    pub(crate) no_data: bool,
    /// From which severity a finding blocks.
    pub(crate) fail_on: Severity,
    /// Approvals, releaser, emergency.
    pub(crate) people: Given<'a>,
}

/// What the gate found: the result, the run over what changes, the policies that were gated.
pub(crate) struct Gated {
    pub(crate) result: GateResult,
    pub(crate) output: RunOutput,
    /// Each policy bundle and control with its digest, a line each.
    pub(crate) policies: String,
}

/// A control or rule that changes, with everything that is known of it.
struct Change {
    of: Differing,
    checked: Option<Checked>,
    newly_allowed: Option<allowed::Allowed>,
    comparison: Comparison,
    file: String,
    line: Option<u64>,
}

/// Judges the policies of the head.
///
/// # Errors
/// What can't be done at all, such as a rule of the head that can't be read.
pub(crate) fn gate(
    sides: &Sides,
    proposed: &Proposed,
    question: &Question<'_>,
    (secret, announce): (&[u8; 32], Announce<'_>),
    progress: &dyn Progress,
) -> Outcome<Gated> {
    let catalogue = Catalogue::of(sides.workspace.as_ref())?;
    let mut plan = super::rates::planned(sides, &catalogue, (question.as_of, question.period))?;
    request::as_precondition(&mut plan);
    let judging = Judging { plan: &plan, catalogue: &catalogue, secret, progress, announce };
    progress.step("comparing the policies");
    let mut open = Vec::new();
    let period = period(judging, question, &mut open)?;
    let when = (question.as_of, period);
    let base = Policies::of(sides.base_workspace()?, &catalogue, when)?;
    let head_catalogue = proposed.told(Catalogue::of(Some(&proposed.workspace)))?;
    let head = Policies::of(&proposed.workspace, &head_catalogue, when);
    let head = proposed.told(head)?;
    proposed.told(head.locked(&proposed.workspace))?;
    let differing = differing::differing(&base, &head);
    let digest = differing::digest(&base, &head);
    let head_side = (&head, &head_catalogue);
    let compared = verdicts::compared(&base, head_side, &differing, question.no_data, judging);
    let Both { mut comparisons, schemas, inputs } = proposed.told(compared)?;
    progress.step("testing the changed rules");
    let mut changes = Vec::new();
    for of in differing {
        let comparison = comparisons.remove(&of.subject).unwrap_or(Comparison::NotAsked);
        let checked = proposed.told(checked::checked(&of))?;
        let newly_allowed = allowed::newly_allowed(&of, &schemas);
        let (file, line) = place(&of, sides, proposed, &head_catalogue);
        changes.push(Change { of, checked, newly_allowed, comparison, file, line });
    }
    let rows: Vec<Row> = changes.iter().flat_map(Change::rows).collect();
    progress.step("judging");
    let bound = |commit: &str| match sides.proposed(commit)? {
        Some(other) => {
            let catalogue = Catalogue::of(Some(&other.workspace));
            let policies = catalogue.and_then(|all| Policies::of(&other.workspace, &all, when));
            // What can't be read isn't what is evaluated.
            Ok(policies.ok().map(|policies| differing::digest(&base, &policies)))
        }
        None => Ok(None),
    };
    let protected = request::protected_policies(sides, proposed)?;
    let role = request::policy_role(sides.workspace.as_ref(), question.people.emergency.is_some());
    let of = Request::of(
        sides,
        judging,
        (&question.people, question.as_of),
        request::Evaluated { digest, bound: &bound, protected, role: &role },
    );
    let (request, unknown) = of?;
    open.extend(unknown);
    let moved = moved(&changes);
    let moved: Vec<(&str, &str)> = moved.iter().map(|(c, a)| (c.as_str(), a.as_str())).collect();
    let requests = request.rows(&moved, (POLICIES, changes.len()), &digest);
    let made = Made { profile: "policy-change-1", rows: &rows };
    let Decided { output, controls, findings, waivers } =
        judge::decided((sides, judging), (made, &request, &requests), question.as_of, &mut open)?;
    let result = GateResult {
        schema_version: "1".to_owned(),
        gate: POLICIES.to_owned(),
        workspace: plan.parameters.workspace.clone(),
        engine: plan.parameters.engine.clone(),
        as_of: question.as_of.to_string(),
        base: side(&sides.base, &base),
        head: side(&sides.head, &head),
        diff_digest: digest.to_string(),
        inputs,
        rows: reconciled(&base, &head),
        legacy: Legacy {
            baseline: None,
            passed: "0".to_owned(),
            unlisted: "0".to_owned(),
            renewed: false,
            cleared: Vec::new(),
        },
        changes: Vec::new(),
        policies: changes.iter().flat_map(Change::lines).collect(),
        period: (!question.no_data).then(|| shown(period)),
        rerating: None,
        request: request.summary,
        controls,
        findings,
        open,
        waivers,
        verdict: GateVerdict::Inconclusive,
        fail_on: question.fail_on,
    };
    let result = GateResult { verdict: result.concluded(), ..result };
    Ok(Gated { result, output, policies: head.lines() })
}

/// The period whose data are decided over.
fn period(judging: Judging<'_>, question: &Question<'_>, open: &mut Vec<Open>) -> Outcome<Period> {
    if let Some(period) = question.period {
        return Ok(period);
    }
    let own = &judging.plan.parameters;
    let own = Period { start: own.period_start, end: own.period_end };
    if question.no_data {
        return Ok(own);
    }
    let mut loaded = Vec::new();
    for spec in judging.of_roles(&["fiscal-calendar"]) {
        let read = judging.read(spec)?;
        open.extend(register::unreadable(&read));
        loaded.push(read);
    }
    let lookups = Lookups::of(&loaded).map_err(|e| judging.failed(e))?;
    let closed = lookups.last_closed(midnight(question.as_of));
    let days = closed.and_then(|(start, end)| Some((day_of(start)?, day_of(end)?)));
    Ok(days.map_or(own, |(start, end)| Period { start, end }))
}

fn shown(period: Period) -> String {
    format!("{} to {}", period.start, period.end.pred_opt().unwrap_or(period.end))
}

/// Where a change stands: in its rule, else where the workspace sets the control.
fn place(
    of: &Differing,
    sides: &Sides,
    proposed: &Proposed,
    catalogue: &Catalogue,
) -> (String, Option<u64>) {
    let own = of.new.as_ref().and_then(|item| item.rule.as_deref()?.split_once('/'));
    let folder = own.and_then(|(bundle, _)| catalogue.folders.get(bundle));
    if let (Some(folder), Some((_, rule)), Some(git)) = (folder, own, &sides.git)
        && (of.rule_changed || of.tests_changed)
    {
        let file = of.new.as_ref().map_or("rule.rego", |item| item.file());
        return (format!("{}/{rule}/{file}", git.below(folder)), Some(1));
    }
    let place = proposed.workspace.place_of(&["controls", "settings", &of.subject]);
    (sides.head.path.clone(), Some(place.line).filter(|line| *line > 0))
}

/// What the changes move, by currency, up and down without netting; nothing where a part of it isn't known, or
/// there are none: a request that changes only what judges it is judged as if nobody knew how much.
fn moved(changes: &[Change]) -> BTreeMap<String, String> {
    let mut all = Totals::default();
    for change in changes {
        let Comparison::Compared { moved, .. } = &change.comparison else {
            // What isn't run says nothing of any record.
            if change.of.is_run() {
                return BTreeMap::new();
            }
            continue;
        };
        for (currency, moved) in moved {
            let added = match currency {
                Some(currency) => moved.sum().and_then(|sum| all.add(&sum, currency).ok()),
                None => (moved.records() == 0).then_some(()),
            };
            if added.is_none() {
                return BTreeMap::new();
            }
        }
    }
    if all.is_empty() && !changes.is_empty() {
        // ISO 4217's code where no currency is meant: nothing moves.
        return BTreeMap::from([("XXX".to_owned(), "0".to_owned())]);
    }
    all.0.into_iter().map(|(currency, sum)| (currency, sum.to_string())).collect()
}

fn side(file: &super::sides::TableFile, policies: &Policies) -> Side {
    Side {
        shown: file.shown.clone(),
        revision: file.revision.clone(),
        file: file.path.clone(),
        digest: policies.digest().to_string(),
        rows: policies.items.len().to_string(),
    }
}

fn reconciled(base: &Policies, head: &Policies) -> Reconciled {
    let same = base.items.iter().filter(|(name, item)| {
        head.items.get(*name).is_some_and(|other| other.digest == item.digest)
    });
    let same = same.count();
    Reconciled {
        unchanged: same.to_string(),
        only_base: base.items.len().saturating_sub(same).to_string(),
        only_head: head.items.len().saturating_sub(same).to_string(),
    }
}

impl Change {
    /// The rows of the profile `policy-change-1`: one for each currency in which verdicts move.
    fn rows(&self) -> Vec<Row> {
        self.by_currency().into_iter().map(|(currency, moved)| self.row(currency, moved)).collect()
    }

    fn by_currency(&self) -> Vec<(Option<&str>, Option<&Moved>)> {
        match &self.comparison {
            Comparison::Compared { moved, .. } if !moved.is_empty() => {
                moved.iter().map(|(currency, moved)| (currency.as_deref(), Some(moved))).collect()
            }
            _ => vec![(None, None)],
        }
    }

    fn row(&self, currency: Option<&str>, moved: Option<&Moved>) -> Row {
        let mut row = Row::default();
        let of = &self.of;
        let (old, new) = (of.old.as_ref(), of.new.as_ref());
        let flag = |value: bool| Some(value.to_string());
        row.put("subject", Some(of.subject.clone()));
        row.put("kind", Some(of.kind().to_owned()));
        row.put("rule", new.or(old).and_then(|item| item.rule.clone()));
        row.put("language", new.or(old).and_then(|item| item.language()).map(str::to_owned));
        row.put("rule_changed", flag(of.rule_changed));
        row.put("definition_changed", flag(of.definition_changed));
        row.put("tests_changed", flag(of.tests_changed));
        row.put("of_the_gate", flag(new.or(old).is_some_and(|item| item.of_the_gate())));
        row.put("was_mandatory", flag(old.is_some_and(|item| item.mandatory)));
        row.put("mandatory", flag(new.is_some_and(|item| item.mandatory)));
        let severity =
            |item: &differing::Item| Some(item.control.as_ref()?.severity.word().to_owned());
        row.put("old_severity", old.and_then(severity));
        row.put("new_severity", new.and_then(severity));
        row.put("old_version", old.map(|item| item.version().to_owned()));
        row.put("new_version", new.map(|item| item.version().to_owned()));
        row.put("version_raised", of.version_raised().map(|raised| raised.to_string()));
        let starred = new.filter(|_| of.rule_changed).map(|item| item.starred());
        row.put("starred", starred.map(|starred| starred.to_string()));
        if let Some(checked) = &self.checked {
            let Checked { remarks, tests, failed, not_covered, mutants, survivors } = checked;
            for (column, number) in [
                ("remarks", remarks),
                ("tests", tests),
                ("tests_failed", failed),
                ("parts_not_covered", not_covered),
                ("mutants", mutants),
                ("survivors", survivors),
            ] {
                row.put(column, Some(number.to_string()));
            }
        }
        if let Some(allowed) = &self.newly_allowed {
            row.put("newly_allowed", allowed.kinds.map(|kinds| kinds.to_string()));
            row.put("newly_allowed_example", allowed.example.clone());
        }
        row.put("comparison", Some(self.comparison.word().to_owned()));
        if let Comparison::Compared { records, .. } = &self.comparison {
            row.put("records", Some(records.to_string()));
            let nothing = Moved::default();
            let Moved { loosened, tightened } = moved.unwrap_or(&nothing);
            row.put("loosened", Some(loosened.records.to_string()));
            row.put("loosened_without_amount", Some(loosened.without_amount.to_string()));
            row.put("tightened", Some(tightened.records.to_string()));
            row.put("tightened_without_amount", Some(tightened.without_amount.to_string()));
            if let Some(currency) = currency {
                row.put("loosened_amount", loosened.amount());
                row.put("tightened_amount", tightened.amount());
                row.put("currency", Some(currency.to_owned()));
            }
        }
        row.put("file", Some(self.file.clone()));
        row.put("line", self.line.map(|line| line.to_string()));
        row
    }

    /// What is told of it, a line for each currency.
    fn lines(&self) -> Vec<PolicyLine> {
        let of = &self.of;
        let examples = match &self.comparison {
            Comparison::Compared { no_longer_found, .. } => no_longer_found.clone(),
            _ => Vec::new(),
        };
        let line = |(number, (currency, moved)): (usize, (Option<&str>, Option<&Moved>))| {
            let version =
                |item: Option<&differing::Item>| item.map(|item| item.version().to_owned());
            let amount = |part: fn(&Moved) -> &verdicts::Part| {
                moved.filter(|_| currency.is_some()).and_then(|moved| part(moved).amount())
            };
            let records = |part: fn(&Moved) -> &verdicts::Part| {
                matches!(self.comparison, Comparison::Compared { .. })
                    .then(|| moved.map_or(0, |moved| part(moved).records).to_string())
            };
            PolicyLine {
                subject: of.subject.clone(),
                kind: of.kind().to_owned(),
                rule: of.new.as_ref().or(of.old.as_ref()).and_then(|item| item.rule.clone()),
                what: of.what(),
                old_version: version(of.old.as_ref()),
                new_version: version(of.new.as_ref()),
                tests: self.checked.as_ref().map(|c| c.tests.to_string()),
                tests_failed: self.checked.as_ref().map(|c| c.failed.to_string()),
                mutants: self.checked.as_ref().map(|c| c.mutants.to_string()),
                survivors: self.checked.as_ref().map(|c| c.survivors.to_string()),
                newly_allowed: self.newly_allowed.as_ref().map(allowed::Allowed::said),
                comparison: self.comparison.word().to_owned(),
                why: self.comparison.why().map(str::to_owned),
                loosened: records(|moved| &moved.loosened),
                loosened_amount: amount(|moved| &moved.loosened),
                tightened: records(|moved| &moved.tightened),
                tightened_amount: amount(|moved| &moved.tightened),
                currency: currency.map(str::to_owned),
                no_longer_found: if number == 0 { examples.clone() } else { Vec::new() },
                file: self.file.clone(),
                line: self.line.map(|line| line.to_string()),
            }
        };
        self.by_currency().into_iter().enumerate().map(line).collect()
    }
}

/// The roles of the datasets that controls read.
fn roles(controls: &[tieout_engine::plan::PlannedControl]) -> BTreeSet<String> {
    let of = |control: &tieout_controls::Control| {
        let population = &control.population;
        let tables = control.tables.values().map(|table| table.dataset.clone());
        let named = std::iter::once(population.base.clone()).chain(population.joins.clone());
        named.chain(tables).collect::<Vec<_>>()
    };
    controls.iter().flat_map(|planned| of(&planned.control)).collect()
}
