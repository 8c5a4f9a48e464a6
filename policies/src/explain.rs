//! Why a record has its verdict: what each statement of each rule came to, and the values that it read.
//!
//! It is the reference evaluator that is listened to, so that what is told is what was decided.

use crate::compile::{Compiled, Policy};
use crate::data::Data;
use crate::evaluate::{EvaluateError, Note, Noted, Verdict, noted, obstacles_told};
use crate::tree::Span;
use arrow_array::RecordBatch;
use tieout_controls::decision::RuleRef;

/// What a policy's rules say of one record.
#[derive(Debug)]
pub struct Explanation {
    /// What `applicable` came to; empty where the policy has no such rule.
    pub applicable: Steps,
    /// Each rule in the order of the source; `None` where the policy doesn't speak of the record, or
    /// is one of Cedar.
    pub rules: Option<Vec<RuleExplained>>,
}

/// A rule and a record.
#[derive(Debug)]
pub struct RuleExplained {
    /// Where the rule stands.
    pub rule: RuleRef,
    /// The code of what it finds.
    pub code: String,
    /// Whether it finds the record.
    pub verdict: Verdict,
    /// What its statements came to.
    pub steps: Steps,
}

/// Statements in the order of their evaluation, those of the rules that are used included; the first
/// that is false ends a body.
#[derive(Debug, Default)]
pub struct Steps {
    /// One for each evaluation.
    pub steps: Vec<Step>,
    /// Whether more was evaluated, which is not told: a rule that goes through thousands of items.
    pub cut: bool,
}

/// A statement and what it came to.
#[derive(Debug)]
pub struct Step {
    /// Where it stands.
    pub place: Span,
    /// `true`, `false`, or `undetermined` and why.
    pub told: String,
    /// The expressions in it, with their values, each once.
    pub values: Vec<(Span, String)>,
}

/// Explains a row of a batch.
///
/// # Errors
/// As [`Evaluator::decide`](crate::evaluate::Evaluator::decide).
pub fn explain(
    policy: &Compiled,
    batch: &RecordBatch,
    row: usize,
    data: &Data,
) -> Result<Explanation, EvaluateError> {
    let Policy::Rego(program) = &policy.policy else {
        return Ok(Explanation { applicable: Steps::default(), rules: None });
    };
    let Noted { applicable, rules } = noted(program, batch, row, data)?;
    let explained =
        |((verdict, notes), violation): ((Verdict, Vec<Note>), &crate::tree::Violation)| {
            RuleExplained {
                rule: violation.rule.clone(),
                code: violation.fact.code.clone(),
                verdict,
                steps: steps(notes),
            }
        };
    let rules =
        rules.map(|rules| rules.into_iter().zip(&program.violations).map(explained).collect());
    Ok(Explanation { applicable: steps(applicable), rules })
}

/// Values belong to the statement that is told after them.
fn steps(notes: Vec<Note>) -> Steps {
    let (mut all, mut values) = (Steps::default(), Vec::new());
    for note in notes {
        match note {
            Note::Value(place, value) => {
                if !values.contains(&(place, value.clone())) {
                    values.push((place, value));
                }
            }
            Note::Statement(place, told) => {
                let told = match told {
                    Ok(held) => held.to_string(),
                    Err(obstacles) => format!("undetermined: {}", obstacles_told(&obstacles)),
                };
                // The statement's own value is its truth.
                let mut values = std::mem::take(&mut values);
                values.retain(|(of, _)| *of != place);
                all.steps.push(Step { place, told, values });
            }
            Note::Cut => all.cut = true,
        }
    }
    all
}
