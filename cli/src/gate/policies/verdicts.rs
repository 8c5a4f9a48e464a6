//! Of which records both policies say something else, and what those come to: each decides over the same
//! data of the last period.

use super::differing::{Differing, Policies};
use super::roles;
use crate::catalogue::Catalogue;
use crate::commands::{record_line, untested};
use crate::diagnostic::{Failure, Outcome};
use crate::gate::judge::Judging;
use crate::gate::rates;
use crate::gate::result::Input;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::record::FieldClass;
use tieout_controls::{ControlId, Decimal, Decision, EvaluatedRecord, RecordRef};
use tieout_engine::plan::Plan;
use tieout_engine::run::{Datasets, RunOutput, read_for, run_over, schemas};
use tieout_evidence::commitment::dataset_commitment;
use tieout_policies::data::Schema;

/// So many records are named of what is no longer found.
const NAMED: usize = 3;

/// What came of comparing.
pub(super) enum Comparison {
    /// Both decided over the same records.
    Compared {
        records: usize,
        /// By currency; without one: what has no amount.
        moved: BTreeMap<Option<String>, Moved>,
        /// The first records of what is no longer found.
        no_longer_found: Vec<String>,
    },
    /// Nobody asked for it, or nothing runs it.
    NotAsked,
    /// It judges requests: no period's data can be put to it.
    OfTheGate,
    /// Why it could not be.
    NotPossible(String),
}

/// Records of which something else is said.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// They were found or undecided, and are no longer, or for less.
    pub(super) loosened: Part,
    /// The opposite.
    pub(super) tightened: Part,
}

/// Records and their money.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) records: usize,
    pub(super) without_amount: usize,
    amount: Option<Decimal>,
    /// Whether the amount is past what can be computed.
    overflown: bool,
}

impl Comparison {
    /// Its word in `policy-change-1`.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Compared { .. } => "compared",
            Self::NotAsked => "not-asked",
            Self::OfTheGate => "of-the-gate",
            Self::NotPossible(_) => "not-possible",
        }
    }

    /// Why nothing was compared.
    pub(super) fn why(&self) -> Option<&str> {
        match self {
            Self::NotPossible(why) => Some(why),
            _ => None,
        }
    }
}

impl Part {
    /// The money, exact; none where it is past what can be computed.
    pub(super) fn amount(&self) -> Option<String> {
        let amount = self.amount.as_ref().map(ToString::to_string);
        (!self.overflown).then(|| amount.unwrap_or_else(|| "0".to_owned()))
    }

    fn put(&mut self, amount: Option<Decimal>) {
        self.records = self.records.saturating_add(1);
        let Some(amount) = amount else {
            self.without_amount = self.without_amount.saturating_add(1);
            return;
        };
        match self.amount.take().unwrap_or_else(Decimal::zero).add(&amount.abs()) {
            Ok(sum) => self.amount = Some(sum),
            Err(_) => self.overflown = true,
        }
    }
}

impl Moved {
    pub(super) fn records(&self) -> usize {
        self.loosened.records.saturating_add(self.tightened.records)
    }

    /// Both together; none past what can be computed.
    pub(super) fn sum(&self) -> Option<Decimal> {
        let of = |part: &Part| {
            (!part.overflown).then(|| part.amount.clone().unwrap_or_else(Decimal::zero))
        };
        of(&self.loosened)?.add(&of(&self.tightened)?).ok()
    }
}

/// What came of it, and the columns of each control's population before and after.
#[derive(Default)]
pub(super) struct Both {
    pub(super) comparisons: BTreeMap<String, Comparison>,
    pub(super) schemas: [BTreeMap<ControlId, Schema>; 2],
    /// The datasets that were decided over.
    pub(super) inputs: Vec<Input>,
}

/// Lets both sides decide over the base's data, and compares, by subject.
///
/// # Errors
/// A query or rule that can't be run, or data that can't be read.
pub(super) fn compared(
    base: &Policies,
    (head, head_catalogue): (&Policies, &Catalogue),
    differing: &[Differing],
    no_data: bool,
    judging: Judging<'_>,
) -> Outcome<Both> {
    let mut both = Both::default();
    let all = &mut both.comparisons;
    let mut wanted = BTreeSet::new();
    for of in differing.iter().filter(|of| of.is_run()) {
        let item = of.new.as_ref().or(of.old.as_ref());
        if item.is_some_and(super::differing::Item::of_the_gate) {
            all.insert(of.subject.clone(), Comparison::OfTheGate);
        } else if !no_data {
            wanted.insert(of.subject.as_str());
        }
    }
    if wanted.is_empty() {
        return Ok(both);
    }
    let (mut before, after) = (side(base, &wanted), side(head, &wanted));
    let roles = roles(&[before.controls.clone(), after.controls.clone()].concat());
    before.datasets = judging.plan.datasets.clone();
    before.datasets.retain(|spec| roles.contains(spec.profile.role));
    let commitments = |name: &str| dataset_commitment(judging.secret, name);
    let datasets = read_for(&[&before, &after], &commitments, judging.progress);
    let datasets = datasets.map_err(|e| judging.failed(e))?;
    judging.progress.step("deciding by both");
    let decide = |plan: &Plan, datasets: &Datasets| match plan.controls.is_empty() {
        true => Ok(None),
        false => run_over(plan, datasets, judging.progress).map(Some),
    };
    // What is wrong in a rule is told with the source that it stands in.
    let (failed, failed_after) =
        (|e| judging.failed(e), |e| Judging { catalogue: head_catalogue, ..judging }.failed(e));
    both.schemas = [
        schemas(&before, &datasets).map_err(failed)?,
        schemas(&after, &datasets).map_err(failed_after)?,
    ];
    let before = decide(&before, &datasets).map_err(failed)?;
    let after = decide(&after, &datasets).map_err(failed_after)?;
    let read = before.iter().chain(&after).next().map(|output| &output.result.datasets);
    both.inputs = read.into_iter().flatten().map(rates::input).collect();
    for subject in wanted {
        let comparison = compare(subject, before.as_ref(), after.as_ref())?;
        all.insert(subject.to_owned(), comparison);
    }
    Ok(both)
}

/// The side's plan, for the subjects alone.
fn side(policies: &Policies, wanted: &BTreeSet<&str>) -> Plan {
    let mut plan = policies.plan.clone();
    plan.controls.retain(|planned| wanted.contains(planned.control.id.as_str()));
    plan
}

fn compare(
    subject: &str,
    before: Option<&RunOutput>,
    after: Option<&RunOutput>,
) -> Outcome<Comparison> {
    let outputs = [before, after];
    let tests = outputs.map(|output| {
        let mut tests = output.into_iter().flat_map(|output| &output.result.tests);
        tests.find(|test| test.control.id.as_str() == subject)
    });
    if let Some(why) = tests.into_iter().flatten().find_map(untested) {
        return Ok(Comparison::NotPossible(why));
    }
    let [old, new] =
        outputs.map(|output| output.map_or(&[][..], |output| output.records_of(subject)));
    let keyed = |records: &[EvaluatedRecord]| -> Outcome<Vec<String>> {
        records.iter().map(|record| key(&record.record)).collect()
    };
    let (old_keys, new_keys) = (keyed(old)?, keyed(new)?);
    let mut pairs: BTreeMap<&str, [Option<&EvaluatedRecord>; 2]> = BTreeMap::new();
    for (key, record) in old_keys.iter().zip(old) {
        pairs.insert(key, [Some(record), None]);
    }
    for (key, record) in new_keys.iter().zip(new) {
        pairs.entry(key).or_default()[1] = Some(record);
    }
    let mut moved: BTreeMap<Option<String>, Moved> = BTreeMap::new();
    let mut no_longer_found = Vec::new();
    for [old, new] in pairs.values() {
        let Some((way, amount)) = step(*old, *new) else { continue };
        let Some(record) = old.or(*new) else { continue };
        let exposure = old.and_then(|r| r.exposure.as_ref());
        let exposure = exposure.or_else(|| new.and_then(|r| r.exposure.as_ref()));
        let amount = amount.or_else(|| exposure.map(|money| money.amount.clone()));
        let currency = exposure.map(|money| money.currency.clone());
        let amount = currency.as_ref().and(amount);
        let entry = moved.entry(currency).or_default();
        match way {
            Way::Loosened => {
                entry.loosened.put(amount);
                if no_longer_found.len() < NAMED {
                    let clear = |field: &tieout_controls::Field| field.class == FieldClass::Clear;
                    no_longer_found.push(record_line(&record.record, clear));
                }
            }
            Way::Tightened => entry.tightened.put(amount),
        }
    }
    Ok(Comparison::Compared { records: pairs.len(), moved, no_longer_found })
}

fn key(record: &RecordRef) -> Outcome<String> {
    serde_json::to_string(record).map_err(Failure::internal)
}

#[derive(Debug, PartialEq, Eq)]
enum Way {
    Loosened,
    Tightened,
}

/// Which way a record's verdict moves; for one found by both, by how much less or more.
fn step(
    old: Option<&EvaluatedRecord>,
    new: Option<&EvaluatedRecord>,
) -> Option<(Way, Option<Decimal>)> {
    let (before, after) = (standing(old), standing(new));
    if after != before {
        return Some((if after < before { Way::Loosened } else { Way::Tightened }, None));
    }
    if before != Standing::Found {
        return None;
    }
    let (old, new) = (old?, new?);
    let (was, is) = (codes(&old.decision), codes(&new.decision));
    if was != is {
        let lost = was.difference(&is).next().is_some();
        return Some((if lost { Way::Loosened } else { Way::Tightened }, None));
    }
    let difference = stated(&new.decision)?.sub(&stated(&old.decision)?).ok()?;
    match (difference.is_zero(), difference.is_negative()) {
        (true, _) => None,
        (_, true) => Some((Way::Loosened, Some(difference.abs()))),
        (_, false) => Some((Way::Tightened, Some(difference))),
    }
}

/// How a record stands, from what passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Passes,
    Undecided,
    Found,
}

fn standing(record: Option<&EvaluatedRecord>) -> Standing {
    match record.map(|record| &record.decision) {
        Some(Decision::Violates { .. }) => Standing::Found,
        Some(Decision::Undetermined { .. }) => Standing::Undecided,
        _ => Standing::Passes,
    }
}

fn codes(decision: &Decision) -> BTreeSet<&str> {
    decision.facts().iter().map(|fact| fact.code.as_str()).collect()
}

/// The sum of what is stated, without signs.
fn stated(decision: &Decision) -> Option<Decimal> {
    let amounts = decision.facts().iter().filter_map(|fact| fact.amount.as_ref());
    amounts.map(Decimal::abs).try_fold(Decimal::zero(), |sum, amount| sum.add(&amount)).ok()
}
