//! Deciding records by columns: the second backend of the record profile.
//!
//! A policy's tree becomes a graph of operations over Arrow arrays. What depends on nothing is
//! computed once, what depends on one dictionary column once for each of its values, equal
//! sub-expressions of all rules once together; lookups in tables go over hash tables, dated ones
//! over sorted intervals. The graph only tells, of each rule and record, whether it holds, doesn't
//! hold, or can't be told. Facts and causes of the records that don't conform are built by the
//! reference evaluator, so that there is one place which says what is stated about a record.
//!
//! Not for Cedar, and not for a rule that goes through a long table for each record: those are the
//! reference evaluator's, and [`Vectorised::backends`] says so.

mod call;
mod collect;
mod columns;
mod cost;
mod execute;
mod lower;
mod number;
mod operation;
mod plan;
mod tables;
mod text;
mod texts;
mod vector;

use arrow_array::{BooleanArray, RecordBatch};
use cost::Steps;
use datafusion::arrow::compute::filter_record_batch;
use execute::Execution;
use lower::Lowered;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tables::Indexed;
use tieout_controls::Decision;
use tieout_controls::decision::RuleRef;
use tieout_policies::compile::Compiled;
use tieout_policies::data::Data;
use tieout_policies::evaluate::{Bound, EvaluateError, Evaluator, Reference, STEPS, Verdict};
use vector::{FALSE, TRUE, Truth};

/// A policy made ready to decide batches by columns.
#[derive(Debug)]
pub struct Vectorised<'a> {
    policy: &'a Compiled,
    data: &'a Data,
    /// None where all of it is the reference evaluator's, with the reason.
    lowered: Result<Lowered, String>,
    /// The steps that a record can take at most in the rules that are vectorised.
    steps: u64,
    tables: Vec<Indexed>,
}

/// Which backend decides a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The rule, where the policy is one of rules with places.
    pub rule: Option<RuleRef>,
    /// The code of its fact.
    pub code: Option<String>,
    /// Why it is decided row by row by the reference evaluator; `None` where it is vectorised.
    pub by_rows: Option<String>,
}

/// How many records each rule found, and how many it could not decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records seen.
    pub records: u64,
    /// Records of which the policy doesn't speak.
    pub not_applicable: u64,
    /// For each rule: records that violate it, and records for which it can't be told.
    pub rules: Vec<(u64, u64)>,
}

impl<'a> Vectorised<'a> {
    /// Binds a policy to its tables and parameters.
    ///
    /// # Errors
    /// A table is missing or has another shape than when the policy was checked.
    pub fn new(policy: &'a Compiled, data: &'a Data) -> Result<Self, EvaluateError> {
        let Some(program) = policy.program() else {
            let lowered = Err("Cedar policies are decided row by row".to_owned());
            return Ok(Self { policy, data, lowered, steps: 0, tables: Vec::new() });
        };
        let bound = Bound::new(program, data)?;
        let tables: Vec<Indexed> = bound.tables.iter().map(Indexed::new).collect();
        let mut lowered = lower::lower(&bound);
        let most = Steps::of(&bound, &tables);
        let steps = lowered.as_mut().map_or(0, |lowered| within_budget(lowered, &most));
        if most.applicable > STEPS {
            lowered = Err(over_budget(most.applicable));
        }
        Ok(Self { policy, data, lowered, steps, tables })
    }

    /// For each rule, which backend decides it and why.
    pub fn backends(&self) -> Vec<Backend> {
        let Some(program) = self.policy.program() else {
            let by_rows = self.lowered.as_ref().err().cloned();
            return vec![Backend { rule: None, code: None, by_rows }];
        };
        let rules = program.violations.iter().enumerate();
        let backend = |(at, violation): (usize, &tieout_policies::tree::Violation)| Backend {
            rule: Some(violation.rule.clone()),
            code: Some(violation.fact.code.clone()),
            by_rows: match &self.lowered {
                Err(why) => Some(why.clone()),
                Ok(lowered) => lowered.rules.get(at).and_then(|rule| rule.as_ref().err().cloned()),
            },
        };
        rules.map(backend).collect()
    }

    /// Decides batches, several at once; the decisions stand in the order of the batches' rows.
    ///
    /// # Errors
    /// As [`Evaluator::decide`].
    pub fn decide(
        &self,
        batches: &[RecordBatch],
        threads: usize,
    ) -> Result<Vec<Vec<Decision>>, EvaluateError> {
        self.each(batches, threads, |session, batch| session.decide(batch))
    }

    /// Counts verdicts without building facts.
    ///
    /// # Errors
    /// As [`Evaluator::decide`].
    pub fn tally(&self, batches: &[RecordBatch], threads: usize) -> Result<Tally, EvaluateError> {
        let tallies = self.each(batches, threads, |session, batch| session.tally(batch))?;
        Ok(tallies.into_iter().fold(Tally::default(), Tally::plus))
    }

    /// A session in one thread, for batches that come one by one.
    pub fn session(&self) -> Session<'_> {
        let execution = match (self.policy.program(), &self.lowered) {
            (Some(program), Ok(lowered)) => {
                Some(Execution::new(program, &lowered.graph, &self.tables))
            }
            _ => None,
        };
        Session { of: self, execution }
    }

    fn each<T: Send>(
        &self,
        batches: &[RecordBatch],
        threads: usize,
        work: impl Fn(&mut Session<'_>, &RecordBatch) -> Result<T, EvaluateError> + Sync,
    ) -> Result<Vec<T>, EvaluateError> {
        let results: Vec<Mutex<Option<Result<T, EvaluateError>>>> =
            batches.iter().map(|_| Mutex::new(None)).collect();
        let next = AtomicUsize::new(0);
        let go = || {
            let mut session = self.session();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((batch, slot)) = batches.get(at).zip(results.get(at)) else { return };
                let result = work(&mut session, batch);
                if let Ok(mut slot) = slot.lock() {
                    *slot = Some(result);
                }
            }
        };
        let others = threads.min(batches.len()).saturating_sub(1);
        std::thread::scope(|scope| {
            for _ in 0..others {
                scope.spawn(go);
            }
            go();
        });
        let lost = || EvaluateError("a batch was not decided".to_owned());
        let result = |slot: Mutex<Option<_>>| slot.into_inner().ok().flatten().ok_or_else(lost)?;
        results.into_iter().map(result).collect()
    }
}

/// Leaves the rules that could take most to the reference evaluator until the others can't go over a
/// record's budget; gives the steps that those can take.
fn within_budget(lowered: &mut Lowered, most: &Steps) -> u64 {
    // Rules by rows take of the same budget: once there are such, the others leave room for them.
    let mut budget = STEPS;
    loop {
        let of_rule = |(rule, steps): (&Result<_, _>, &u64)| rule.as_ref().map_or(0, |_| *steps);
        let steps: Vec<u64> = lowered.rules.iter().zip(&most.rules).map(of_rule).collect();
        let total = steps.iter().copied().fold(most.applicable, u64::saturating_add);
        let costliest = steps.iter().zip(&mut lowered.rules).max_by_key(|(steps, _)| **steps);
        match costliest {
            Some((steps, rule)) if total > budget && *steps > 0 => *rule = Err(over_budget(total)),
            _ => return total,
        }
        budget = STEPS / 2;
    }
}

fn over_budget(steps: u64) -> String {
    format!("a record could take {steps} steps, more than its budget of {STEPS}")
}

/// A policy at work in one thread.
pub struct Session<'a> {
    of: &'a Vectorised<'a>,
    execution: Option<Execution<'a>>,
}

/// The truths of a batch's rows.
struct Truths {
    applicable: Option<Vec<Truth>>,
    rules: Vec<Vec<Truth>>,
}

impl Session<'_> {
    /// Decides a batch.
    ///
    /// # Errors
    /// As [`Evaluator::decide`].
    pub fn decide(&mut self, batch: &RecordBatch) -> Result<Vec<Decision>, EvaluateError> {
        let Some(truths) = self.truths(batch)? else {
            return Reference.decide(self.of.policy, batch, self.of.data);
        };
        // Decided already; what is open the reference evaluator decides, in the rows' order.
        let decided = |row| match truths.applies(row) {
            TRUE if truths.conforms(row) => Some(Decision::Conforms),
            truth if truth >= FALSE => Some(Decision::NotApplicable),
            _ => None,
        };
        let decided: Vec<_> = (0..batch.num_rows()).map(decided).collect();
        let open: BooleanArray = decided.iter().map(|d| Some(d.is_none())).collect();
        if open.true_count() == 0 {
            return Ok(decided.into_iter().flatten().collect());
        }
        let taken = filter_record_batch(batch, &open)
            .map_err(|e| EvaluateError(format!("rows can't be taken from a batch: {e}")))?;
        let mut rest = Reference.decide(self.of.policy, &taken, self.of.data)?.into_iter();
        let undecided = || EvaluateError("a record was not decided".to_owned());
        let decisions =
            decided.into_iter().map(|d| d.or_else(|| rest.next()).ok_or_else(undecided));
        decisions.collect()
    }

    /// Counts the verdicts of a batch.
    ///
    /// # Errors
    /// As [`Evaluator::decide`].
    pub fn tally(&mut self, batch: &RecordBatch) -> Result<Tally, EvaluateError> {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let mut tally = Tally { records: count(batch.num_rows()), ..Tally::default() };
        let Some(truths) = self.truths(batch)? else {
            return self.by_rows(batch, tally);
        };
        tally.rules = vec![(0, 0); truths.rules.len()];
        let applicable = truths.applicable.as_deref();
        if let Some(applicable) = applicable {
            tally.not_applicable = count(applicable.iter().filter(|t| **t >= FALSE).count());
        }
        for (truths, (violates, unknown)) in truths.rules.iter().zip(&mut tally.rules) {
            let counted = |wanted: Truth| match applicable {
                None => truths.iter().filter(|t| **t == wanted).count(),
                // Where it can't be told whether the policy speaks of a record, no rule can be.
                Some(applicable) => truths
                    .iter()
                    .zip(applicable)
                    .filter(|(truth, applies)| match **applies {
                        TRUE => **truth == wanted,
                        applies => applies == wanted,
                    })
                    .count(),
            };
            *violates = count(counted(TRUE));
            *unknown = count(counted(vector::MAYBE));
        }
        Ok(tally)
    }

    fn by_rows(&self, batch: &RecordBatch, mut tally: Tally) -> Result<Tally, EvaluateError> {
        let (policy, data) = (self.of.policy, self.of.data);
        let rules = policy.program().map_or(0, |p| p.violations.len());
        let all: Vec<usize> = (0..rules).collect();
        for row in Reference.verdicts(policy, batch, data, &all)? {
            tally.rules.resize(rules, (0, 0));
            let Some(row) = row else {
                tally.not_applicable = tally.not_applicable.saturating_add(1);
                continue;
            };
            for (verdict, (violates, unknown)) in row.into_iter().zip(&mut tally.rules) {
                match verdict {
                    Verdict::Violated => *violates = violates.saturating_add(1),
                    Verdict::Undetermined => *unknown = unknown.saturating_add(1),
                    Verdict::Held => {}
                }
            }
        }
        Ok(tally)
    }

    /// What is true of a batch's rows; `None` where all of it is the reference evaluator's.
    fn truths(&mut self, batch: &RecordBatch) -> Result<Option<Truths>, EvaluateError> {
        let (Some(execution), Ok(lowered)) = (&mut self.execution, &self.of.lowered) else {
            return Ok(None);
        };
        execution.batch(batch)?;
        let applicable = lowered.applicable.map(|id| execution.truths(id));
        let mut rules = Vec::with_capacity(lowered.rules.len());
        let mut steps = vec![self.of.steps; batch.num_rows()];
        for (at, rule) in lowered.rules.iter().enumerate() {
            rules.push(match rule {
                Ok(id) => execution.truths(*id),
                Err(_) => {
                    let (policy, data) = (self.of.policy, self.of.data);
                    let rows = Reference.verdicts_with_steps(policy, batch, data, &[at])?;
                    let mut truths = Vec::with_capacity(rows.len());
                    for ((verdicts, taken), steps) in rows.into_iter().zip(&mut steps) {
                        truths.push(truth_of_row(verdicts));
                        *steps = steps.saturating_add(taken);
                    }
                    truths
                }
            });
        }
        // All rules share a record's budget: where it might not do, they are asked together.
        for (row, _) in steps.iter().enumerate().filter(|(_, steps)| **steps > STEPS) {
            if let Some(slot) = rules.first_mut().and_then(|rule| rule.get_mut(row)) {
                *slot = vector::ASKED;
            }
        }
        let mut truths = Truths { applicable, rules };
        self.of.ask(batch, &mut truths)?;
        Ok(Some(truths))
    }
}

impl Vectorised<'_> {
    /// Has the reference evaluator tell what only it can.
    fn ask(&self, batch: &RecordBatch, truths: &mut Truths) -> Result<(), EvaluateError> {
        if !truths.applicable.iter().chain(&truths.rules).any(|t| t.contains(&vector::ASKED)) {
            return Ok(());
        }
        let asked = |truths: &[Truth], row: usize| truths.get(row) == Some(&vector::ASKED);
        let rows = (0..batch.num_rows()).filter(|row| {
            truths.applicable.as_ref().is_some_and(|t| asked(t, *row))
                || truths.rules.iter().any(|t| asked(t, *row))
        });
        let rows: Vec<usize> = rows.collect();
        let all: Vec<usize> = (0..truths.rules.len()).collect();
        for row in rows {
            let one = Reference.verdicts(self.policy, &batch.slice(row, 1), self.data, &all)?;
            let one = one.into_iter().next().flatten();
            if let Some(slot) = truths.applicable.as_mut().and_then(|t| t.get_mut(row)) {
                // Undetermined rules of a record that may not be meant come back as such.
                if *slot == vector::ASKED {
                    *slot = if one.is_some() { TRUE } else { FALSE };
                }
            }
            for (at, rule) in truths.rules.iter_mut().enumerate() {
                if let Some(slot) = rule.get_mut(row) {
                    let verdict = one.as_ref().and_then(|one| one.get(at)).copied();
                    *slot = verdict.map_or(FALSE, truth_of_verdict);
                }
            }
        }
        Ok(())
    }
}

fn truth_of_row(row: Option<Vec<Verdict>>) -> Truth {
    row.and_then(|row| row.into_iter().next()).map_or(FALSE, truth_of_verdict)
}

fn truth_of_verdict(verdict: Verdict) -> Truth {
    match verdict {
        Verdict::Violated => TRUE,
        Verdict::Undetermined => vector::MAYBE,
        Verdict::Held => FALSE,
    }
}

impl Truths {
    fn applies(&self, row: usize) -> Truth {
        self.applicable.as_ref().map_or(TRUE, |t| t.get(row).copied().unwrap_or(vector::ASKED))
    }

    fn conforms(&self, row: usize) -> bool {
        self.rules.iter().all(|rule| rule.get(row).is_some_and(|truth| *truth >= FALSE))
    }
}

impl Tally {
    /// Both counts together.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.records = self.records.saturating_add(other.records);
        self.not_applicable = self.not_applicable.saturating_add(other.not_applicable);
        self.rules.resize(self.rules.len().max(other.rules.len()), (0, 0));
        for (sum, (violates, unknown)) in self.rules.iter_mut().zip(other.rules) {
            *sum = (sum.0.saturating_add(violates), sum.1.saturating_add(unknown));
        }
        self
    }
}
