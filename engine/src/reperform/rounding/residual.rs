//! Rounding the parts of a whole, and what becomes of the difference.
//!
//! Parts x₁…xₙ on a grid of step u; T = round(Σxᵢ) by the mode. With aᵢ = round(xᵢ):
//!
//! | policy | parts | total |
//! |---|---|---|
//! | unassigned | aᵢ | Σaᵢ |
//! | largest remainder | ⌊xᵢ⌋, and one step more for the T − Σ⌊xᵢ⌋ greatest remainders | T |
//! | to largest | aᵢ, and T − Σaᵢ to the part of the greatest magnitude | T |
//! | to last | aᵢ, and T − Σaᵢ to the last part | T |
//! | rounding line | aᵢ, and a line of its own over T − Σaᵢ | T |
//! | keep unrounded | xᵢ | T |
//!
//! Ties go to the lower rank, which the caller takes from a stable key. By largest remainder a group
//! whose Σxᵢ is below zero is shared out as its mirror image, so that a credit note takes back what the
//! invoice charged.

use crate::reperform::integer::{Integer, divide};
use std::cmp::Ordering;
use tieout_controls::Rounding;

/// What becomes of Σ exact − Σ rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Residual {
    /// Each part is rounded on its own, the total is their sum; the difference is stated and given to
    /// nobody.
    Unassigned,
    /// Hamilton's method: the parts with the greatest remainders are rounded up.
    LargestRemainder,
    /// The part of the greatest magnitude takes the difference.
    ToLargest,
    /// The last part takes the difference.
    ToLast,
    /// A line of its own takes the difference.
    RoundingLine,
    /// The parts stay exact, and only their total is rounded.
    KeepUnrounded,
}

impl Residual {
    /// All policies.
    pub const ALL: [Self; 6] = [
        Self::Unassigned,
        Self::LargestRemainder,
        Self::ToLargest,
        Self::ToLast,
        Self::RoundingLine,
        Self::KeepUnrounded,
    ];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unassigned => "unassigned",
            Self::LargestRemainder => "largest_remainder",
            Self::ToLargest => "to_largest",
            Self::ToLast => "to_last",
            Self::RoundingLine => "rounding_line",
            Self::KeepUnrounded => "keep_unrounded",
        }
    }
}

/// Rounded parts. All numbers are in the unit of the parts that were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<I> {
    /// The parts, in the order given.
    pub parts: Vec<I>,
    /// What a rounding line takes; zero under the other policies.
    pub rounding_line: I,
    /// Σ parts + rounding line; under [`Residual::KeepUnrounded`] the rounded total.
    pub total: I,
    /// What each part got beyond its own rounding, where that isn't zero: position and amount.
    pub moved: Vec<(usize, I)>,
}

/// Rounds `parts` to multiples of `step` (positive, in the same unit). `ranks` gives each part's
/// place in the order of the stable keys, and is as long as `parts`.
pub fn round_group<I: Integer>(
    parts: &[I],
    ranks: &[usize],
    step: &I,
    mode: Rounding,
    residual: Residual,
) -> Group<I> {
    let zero = I::of(0);
    let exact = sum(parts);
    let target = divide(&exact, step, mode).times(step);
    let settled = |parts: Vec<I>, moved| Group {
        parts,
        rounding_line: zero.clone(),
        total: target.clone(),
        moved,
    };
    if residual == Residual::KeepUnrounded {
        return settled(parts.to_vec(), Vec::new());
    }
    if residual == Residual::LargestRemainder {
        let (parts, moved) = largest_remainder(parts, ranks, step, &exact, &target);
        return settled(parts, moved);
    }
    let mut rounded: Vec<I> = parts.iter().map(|x| divide(x, step, mode).times(step)).collect();
    let sum = sum(&rounded);
    let difference = target.minus(&sum);
    let heir = match residual {
        Residual::Unassigned => {
            return Group { parts: rounded, rounding_line: zero, total: sum, moved: Vec::new() };
        }
        Residual::RoundingLine => {
            let moved = Vec::new();
            return Group { parts: rounded, rounding_line: difference, total: target, moved };
        }
        Residual::ToLargest => largest(parts, ranks),
        _ => (0..parts.len()).max_by_key(|i| ranks.get(*i)),
    };
    if difference.sign() == Ordering::Equal {
        return settled(rounded, Vec::new());
    }
    let mut moved = Vec::new();
    if let Some((i, part)) = heir.and_then(|i| rounded.get_mut(i).map(|part| (i, part))) {
        *part = part.plus(&difference);
        moved.push((i, difference));
    }
    settled(rounded, moved)
}

fn sum<I: Integer>(parts: &[I]) -> I {
    parts.iter().fold(I::of(0), |sum, part| sum.plus(part))
}

/// The position of the part of the greatest magnitude; of equal ones, that of the lowest rank.
fn largest<I: Integer>(parts: &[I], ranks: &[usize]) -> Option<usize> {
    let magnitude = |x: &I| if x.sign() == Ordering::Less { I::of(0).minus(x) } else { x.clone() };
    let keyed = parts.iter().zip(ranks).enumerate();
    let best =
        keyed.max_by(|(_, (a, ra)), (_, (b, rb))| magnitude(a).cmp(&magnitude(b)).then(rb.cmp(ra)));
    best.map(|(i, _)| i)
}

type Shares<I> = (Vec<I>, Vec<(usize, I)>);

/// qᵢ = ⌊xᵢ⌋; L = T − Σqᵢ steps go to the L greatest remainders. L is never more than the number of
/// parts that have a remainder, since T is Σxᵢ rounded.
fn largest_remainder<I: Integer>(
    parts: &[I],
    ranks: &[usize],
    step: &I,
    exact: &I,
    target: &I,
) -> Shares<I> {
    let zero = I::of(0);
    let mirrored = exact.sign() == Ordering::Less;
    let facing = |x: &I| if mirrored { zero.minus(x) } else { x.clone() };
    let floors: Vec<I> =
        parts.iter().map(|x| divide(&facing(x), step, Rounding::Floor).times(step)).collect();
    let mut order: Vec<(usize, usize, I)> = parts
        .iter()
        .zip(&floors)
        .zip(ranks)
        .enumerate()
        .map(|(i, ((x, floor), rank))| (i, *rank, facing(x).minus(floor)))
        .collect();
    order.sort_by(|(_, rank_a, a), (_, rank_b, b)| b.cmp(a).then(rank_a.cmp(rank_b)));
    let mut left = facing(target).minus(&sum(&floors));
    let mut shares = floors;
    let mut moved = Vec::new();
    for (i, _, _) in order {
        if left.sign() != Ordering::Greater {
            break;
        }
        left = left.minus(step);
        if let Some(share) = shares.get_mut(i) {
            *share = share.plus(step);
            moved.push((i, facing(step)));
        }
    }
    (shares.iter().map(facing).collect(), moved)
}
