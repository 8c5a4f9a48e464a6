//! Mutation testing: whether the tests of a rule notice when the rule is changed.
//!
//! A mutant is the rule with one small change, or the rule as it is over records in which one column
//! is not what it was. It is killed when a test no longer passes. The operators are listed in
//! `docs/reference/mutation.md`. A mutant that can't be compiled is refused before any record is
//! decided; it is counted apart, since it says nothing of the tests. One that nobody could notice is
//! named with the reason in `equivalent.yaml` beside the rule; every other survivor is a gap.

mod column;
mod equivalent;
mod source;

use crate::compile::{Compiled, compile};
use crate::unit_test::{Alteration, Ending, Suite};

/// A change of a rule or of its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// By which operator, such as `comparison_boundary`.
    pub operator: &'static str,
    /// Its line in the rule, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// What stands there.
    pub before: String,
    /// What the mutant has instead.
    pub after: String,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A test noticed it: the first one.
    Killed(String),
    /// No test noticed it.
    Survived,
    /// It can't be compiled.
    Refused,
    /// Nobody could notice it, and why.
    Equivalent(String),
}

/// Why the mutants of a rule can't be judged.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MutateError(String);

/// The counts by which the tests are judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// The mutants that a test noticed.
    pub killed: usize,
    /// Those that none did.
    pub survived: usize,
    /// Those that could not be compiled.
    pub refused: usize,
    /// Those that nobody could notice.
    pub equivalent: usize,
}

impl Score {
    /// The score of these mutants.
    pub fn of<'a>(fates: impl IntoIterator<Item = &'a Fate>) -> Self {
        let mut score = Self::default();
        for fate in fates {
            let count = match fate {
                Fate::Killed(_) => &mut score.killed,
                Fate::Survived => &mut score.survived,
                Fate::Refused => &mut score.refused,
                Fate::Equivalent(_) => &mut score.equivalent,
            };
            *count = count.saturating_add(1);
        }
        score
    }

    /// The share of killed mutants among those that tests could notice, in whole percent, rounded
    /// down; `None` without any.
    pub fn percent(&self) -> Option<usize> {
        let all = self.killed.saturating_add(self.survived);
        self.killed.saturating_mul(100).checked_div(all)
    }
}

/// Makes all mutants of a suite's rule and runs the tests against each, in the order of the source.
/// `equivalents` is the text of `equivalent.yaml`.
///
/// # Errors
/// A test doesn't pass on the rule as it is; `equivalents` can't be read, or names a mutant that
/// there isn't, or that a test notices.
pub fn mutate(
    suite: &mut Suite,
    equivalents: Option<&str>,
) -> Result<Vec<(Mutant, Fate)>, MutateError> {
    for test in suite.tests().to_vec() {
        if suite.run(&test) != Ending::Passed {
            let name = test.name;
            return Err(MutateError(format!("`{name}` doesn't pass on the rule as it is")));
        }
    }
    let mut equivalents = equivalent::read(equivalents).map_err(MutateError)?;
    let mut all = Vec::new();
    for candidate in candidates(suite) {
        let fate = match candidate.subject {
            None => Fate::Refused,
            Some((compiled, altered)) => {
                suite.killer(compiled, altered).map_or(Fate::Survived, Fate::Killed)
            }
        };
        let mutant = candidate.mutant;
        let fate = equivalents.judge(&mutant, fate).map_err(MutateError)?;
        all.push((mutant, fate));
    }
    equivalents.finish().map_err(MutateError)?;
    all.sort_by(|(a, _), (b, _)| {
        (a.line, a.column, a.operator).cmp(&(b.line, b.column, b.operator))
    });
    Ok(all)
}

/// A mutant, and what stands in the rule's place; nothing where it can't be compiled.
struct Candidate {
    mutant: Mutant,
    subject: Option<(Compiled, Option<(String, Alteration)>)>,
}

fn candidates(suite: &Suite) -> Vec<Candidate> {
    let rule = suite.rule();
    let of_source = source::mutants(&rule.source).into_iter().map(|(mutant, source)| {
        let mutated = crate::bundle::Rule { source, ..rule.clone() };
        let compiled = compile(&mutated, suite.environment()).ok();
        Candidate { mutant, subject: compiled.map(|compiled| (compiled, None)) }
    });
    of_source.chain(column::mutants(suite)).collect()
}
