//! From decisions to a conclusion: step 4 of the path, pure.

use crate::control::{Control, ControlKind};
use crate::decimal::DecimalError;
use crate::decision::{Cause, Decision, Reason};
use crate::money::{Count, Totals};
use crate::paper::EvaluatedRecord;
use crate::result::{
    CodeSummary, DecisionCounts, Outcome, PolicyIdentity, PopulationSummary, TestResult,
    UndeterminedGroup,
};
use std::collections::BTreeMap;

/// Concludes on a control from all its evaluated records.
///
/// The outcome is Exceptions if there is any; else Inconclusive if anything was undetermined,
/// refused, not reconciled, or (for control tests and substantive re-performance) not tied out;
/// NotTested if there was no record, or the policy spoke about none; else NoExceptions.
///
/// # Errors
/// [`DecimalError::Overflow`] when a sum of amounts has more than 76 digits.
pub fn conclude(
    control: Control,
    mandatory: bool,
    policy: PolicyIdentity,
    population: PopulationSummary,
    records: &[EvaluatedRecord],
) -> Result<TestResult, DecimalError> {
    let mut counts = DecisionCounts::default();
    let mut exception_amounts = Totals::default();
    let mut by_code: BTreeMap<String, CodeSummary> = BTreeMap::new();
    let mut groups: BTreeMap<Cause, UndeterminedGroup> = BTreeMap::new();
    for record in records {
        count(&mut counts, &record.decision);
        let currency = record.exposure.as_ref().map_or("", |m| m.currency.as_str());
        for fact in record.decision.facts() {
            let code = by_code.entry(fact.code.clone()).or_default();
            code.count.increment();
            if let Some(amount) = &fact.amount {
                code.amounts.add(amount, currency)?;
                exception_amounts.add(amount, currency)?;
            }
        }
        for cause in record.decision.causes() {
            let group = groups.entry(cause.clone()).or_insert_with(|| empty_group(cause));
            group.count.increment();
            match &record.exposure {
                Some(money) => group.exposure.add(&money.amount, &money.currency)?,
                None => group.exposure_unknown.increment(),
            }
        }
    }
    let undetermined: Vec<_> = groups.into_values().collect();
    let outcome = outcome(control.kind, &counts, &population, &undetermined);
    let population = Some(population);
    let policy = Some(policy);
    Ok(TestResult {
        control,
        mandatory,
        policy,
        population,
        counts,
        exception_amounts,
        by_code,
        undetermined,
        outcome,
    })
}

/// The result of a control that could not be prepared, such as for want of a dataset.
pub fn not_tested(control: Control, mandatory: bool, why: String) -> TestResult {
    TestResult {
        control,
        mandatory,
        policy: None,
        population: None,
        counts: DecisionCounts::default(),
        exception_amounts: Totals::default(),
        by_code: BTreeMap::new(),
        undetermined: Vec::new(),
        outcome: Outcome::NotTested { why },
    }
}

/// The outcome that follows from the rest of a result; `None` for a control that could not be
/// prepared, of which nothing follows.
pub fn outcome_of(test: &TestResult) -> Option<Outcome> {
    let population = test.population.as_ref()?;
    Some(outcome(test.control.kind, &test.counts, population, &test.undetermined))
}

/// Why records of a population, whatever kind of control it is for, were not evaluated: they were
/// refused, or lost or multiplied on the way.
pub fn gaps(population: &PopulationSummary) -> Vec<String> {
    let refused = (population.refused > Count(0)).then(|| {
        let refused = records(population.refused);
        format!("{refused} of `{}` refused by its schema profile", population.base)
    });
    let lost = population.not_reconciled.iter().map(|r| format!("population not reconciled: {r}"));
    refused.into_iter().chain(lost).collect()
}

fn empty_group(cause: &Cause) -> UndeterminedGroup {
    UndeterminedGroup {
        cause: cause.clone(),
        count: Count(0),
        exposure: Totals::default(),
        exposure_unknown: Count(0),
    }
}

fn count(counts: &mut DecisionCounts, decision: &Decision) {
    match decision {
        Decision::Conforms => counts.conforms.increment(),
        Decision::Violates { .. } => counts.violates.increment(),
        Decision::Undetermined { .. } => counts.undetermined.increment(),
        Decision::NotApplicable => counts.not_applicable.increment(),
    }
}

fn outcome(
    kind: ControlKind,
    counts: &DecisionCounts,
    population: &PopulationSummary,
    undetermined: &[UndeterminedGroup],
) -> Outcome {
    if counts.violates > Count(0) {
        return Outcome::Exceptions;
    }
    let mut why = Vec::new();
    for group in undetermined {
        why.push(format!("{} undetermined: {}", records(group.count), group.describe()));
    }
    if population.unknown > Count(0)
        && !undetermined.iter().any(|g| g.cause.reason == Reason::SelectionUnknown)
    {
        why.push(format!("{} not selectable", records(population.unknown)));
    }
    why.extend(gaps(population));
    if kind.needs_tie_out() {
        why.extend(population.not_tied_out.iter().map(|r| format!("population not tied out: {r}")));
    }
    if !why.is_empty() {
        return Outcome::Inconclusive { why };
    }
    if counts.evaluated() == Count(0) {
        return Outcome::NotTested { why: "the population is empty".to_owned() };
    }
    if counts.evaluated() == counts.not_applicable {
        return Outcome::NotTested { why: "the policy applies to no record".to_owned() };
    }
    Outcome::NoExceptions
}

fn records(count: Count) -> String {
    if count == Count(1) { "1 record".to_owned() } else { format!("{count} records") }
}
