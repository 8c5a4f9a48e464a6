//! Evaluation of a monetary-unit sample: projected misstatement and its upper limit.
//!
//! For an item below the interval J with book value B and audit value A: tainting t = (B − A)/B,
//! projected t·J for each unit that hit it. Items taken with certainty count with B − A and are not
//! projected. With the confidence factors CF₀, CF₁, … and the taintings in descending order t₁ ≥ t₂ ≥ …
//!
//! ```text
//! projected     = Σ t·J + known
//! basic         = CF₀·J
//! upper limit   = CF₀·J + Σᵢ (CFᵢ − CFᵢ₋₁)·tᵢ·J + known
//! ```
//!
//! (AICPA Audit Guide "Audit Sampling", chapter 6.) That limit is one of overstatement. Understated
//! items are listed and projected apart, and take nothing off it.

use super::monetary_unit::Selection;
use crate::reperform::exact::Exact;
use std::collections::BTreeMap;

/// One misstated item of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misstatement<K> {
    /// The item.
    pub key: K,
    /// Book value less audit value, in minor units.
    pub known_units: i128,
    /// That over the book value.
    pub tainting: Exact,
    /// What it stands for in the population: t·J times its hits; for a certain item what is known.
    pub projected: Exact,
}

/// A sample evaluated; amounts in minor units, exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation<K> {
    /// Overstated items below the interval, by descending tainting; equal ones by key.
    pub overstated: Vec<Misstatement<K>>,
    /// Overstated items taken with certainty, by key.
    pub certain_overstated: Vec<Misstatement<K>>,
    /// Understated items of both kinds, by key.
    pub understated: Vec<Misstatement<K>>,
    /// Projected overstatement, known ones of certain items included.
    pub projected: Exact,
    /// What the sample leaves open even without a misstatement: CF₀·J; zero when nothing was sampled.
    pub basic_precision: Exact,
    /// Σ (CFᵢ − CFᵢ₋₁ − 1)·tᵢ·J.
    pub incremental_allowance: Exact,
    /// The upper limit of overstatement: the sum of the three.
    pub upper_limit: Exact,
}

/// Why a sample can't be evaluated. The item is in the error and not in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError<K> {
    /// An item was selected and not audited.
    #[error("a selected item has no audit value")]
    NotAudited(K),
    /// An audit value for an item that wasn't selected: a selection mustn't grow by what was found.
    #[error("an item has an audit value and was not selected")]
    NotSelected(K),
    /// An audit value below zero taints by more than 100 %, for which the factors don't hold.
    #[error("an item is overstated by more than its book value")]
    MoreThanTainted(K),
    /// Fewer factors than misstatements ask for, or such that fall.
    #[error("there must be one more confidence factor than overstatements, rising from above zero")]
    Factors,
    /// A difference beyond 128 bits.
    #[error("the amounts do not fit 128 bits")]
    Overflow,
}

/// Evaluates the audit values of exactly the selected items, by the confidence factors for 0, 1, 2, …
/// misstatements.
///
/// # Errors
/// [`EvaluationError`].
pub fn evaluate<K: Ord + Clone>(
    selection: &Selection<K>,
    interval_units: i128,
    audit_units: &BTreeMap<K, i128>,
    factors: &[Exact],
) -> Result<Evaluation<K>, EvaluationError<K>> {
    let rising = factors.iter().zip(factors.iter().skip(1)).all(|(a, b)| a < b);
    let first = factors.first().filter(|f| rising && !f.is_zero() && !f.is_negative());
    let first = first.ok_or(EvaluationError::Factors)?;
    let interval = Exact::integer(interval_units);
    let (mut overstated, mut certain_overstated, mut understated) = Default::default();
    let mut left = audit_units.clone();
    for (key, book) in &selection.certain {
        let audit = left.remove(key).ok_or_else(|| EvaluationError::NotAudited(key.clone()))?;
        let found = misstatement(key, *book, audit, None)?;
        sort_in(found, &mut certain_overstated, &mut understated);
    }
    for hit in &selection.hits {
        let key = &hit.key;
        let audit = left.remove(key).ok_or_else(|| EvaluationError::NotAudited(key.clone()))?;
        let hits = i128::try_from(hit.units.len()).map_err(|_| EvaluationError::Overflow)?;
        let stands_for = interval.times(&Exact::integer(hits));
        let found = misstatement(key, hit.book_units, audit, Some(&stands_for))?;
        sort_in(found, &mut overstated, &mut understated);
    }
    if let Some((key, _)) = left.into_iter().next() {
        return Err(EvaluationError::NotSelected(key));
    }
    understated.sort_by(|a: &Misstatement<K>, b| a.key.cmp(&b.key));
    // Stable: equal taintings stay in the order of the keys.
    overstated.sort_by(|a: &Misstatement<K>, b| b.tainting.cmp(&a.tainting));
    let nothing = Exact::zero();
    let sum = |of: &[Misstatement<K>]| of.iter().fold(nothing.clone(), |s, m| s.plus(&m.projected));
    let projected = sum(&overstated).plus(&sum(&certain_overstated));
    let sampled = selection.sampled_book_units > 0;
    let basic_precision = if sampled { first.times(&interval) } else { nothing.clone() };
    let incremental_allowance = allowance(&overstated, &interval, factors)?;
    let upper_limit = projected.plus(&basic_precision).plus(&incremental_allowance);
    Ok(Evaluation {
        overstated,
        certain_overstated,
        understated,
        projected,
        basic_precision,
        incremental_allowance,
        upper_limit,
    })
}

fn misstatement<K: Clone>(
    key: &K,
    book: i128,
    audit: i128,
    stands_for: Option<&Exact>,
) -> Result<Option<Misstatement<K>>, EvaluationError<K>> {
    if audit < 0 && stands_for.is_some() {
        return Err(EvaluationError::MoreThanTainted(key.clone()));
    }
    let known_units = book.checked_sub(audit).ok_or(EvaluationError::Overflow)?;
    if known_units == 0 {
        return Ok(None);
    }
    let known = Exact::integer(known_units);
    let tainting = known.over(&Exact::integer(book)).map_err(|_| EvaluationError::Overflow)?;
    let projected = stands_for.map_or(known, |units| tainting.times(units));
    Ok(Some(Misstatement { key: key.clone(), known_units, tainting, projected }))
}

fn sort_in<K>(
    found: Option<Misstatement<K>>,
    over: &mut Vec<Misstatement<K>>,
    under: &mut Vec<Misstatement<K>>,
) {
    match found {
        Some(found) if found.known_units > 0 => over.push(found),
        Some(found) => under.push(found),
        None => {}
    }
}

/// Each hit is a misstatement of its own: an item hit twice has two ranks.
fn allowance<K>(
    overstated: &[Misstatement<K>],
    interval: &Exact,
    factors: &[Exact],
) -> Result<Exact, EvaluationError<K>> {
    let mut steps = factors.iter().zip(factors.iter().skip(1));
    let mut sum = Exact::zero();
    for misstatement in overstated {
        let one = misstatement.tainting.times(interval);
        let mut left = misstatement.projected.clone();
        while !left.is_zero() {
            let (before, after) = steps.next().ok_or(EvaluationError::Factors)?;
            let beyond = after.minus(before).minus(&Exact::integer(1));
            sum = sum.plus(&beyond.times(&one));
            left = left.minus(&one);
        }
    }
    Ok(sum)
}
