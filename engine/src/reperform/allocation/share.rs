//! The arithmetic of one allocation, in the narrowest integers that hold it.

use super::{AllocationError, Part, Residual};
use crate::reperform::integer::divide;
use num_bigint::{BigInt, BigUint};
use std::cmp::Ordering;
use tieout_controls::Rounding;

/// `total` shared out by `weights`, in their order; `sum` is theirs, and zero only without weights.
pub(super) fn shared(
    total: i128,
    weights: impl Iterator<Item = u128> + Clone,
    sum: u128,
    residual: Residual,
) -> Result<Vec<Part>, AllocationError> {
    if sum == 0 {
        return Err(AllocationError::NoRecipient);
    }
    match residual {
        Residual::LargestRemainder => largest_remainder(total, weights, sum),
        Residual::ToLargest { parts } => {
            let numbered = weights.clone().enumerate();
            let largest = numbered.max_by_key(|(at, w)| (*w, std::cmp::Reverse(*at)));
            one_takes_all(total, weights, sum, parts, largest.map(|(at, _)| at))
        }
        Residual::ToLast { parts } => {
            let last = weights.clone().enumerate().filter(|(_, w)| *w > 0).last();
            one_takes_all(total, weights, sum, parts, last.map(|(at, _)| at))
        }
    }
}

/// INVARIANT: wᵢ ≤ W, so that nothing is wider than T·W; that product chooses the width.
fn largest_remainder(
    total: i128,
    weights: impl Iterator<Item = u128>,
    sum: u128,
) -> Result<Vec<Part>, AllocationError> {
    let magnitude = total.unsigned_abs();
    let product = magnitude.checked_mul(sum);
    if let (Ok(t), Ok(w), Some(Ok(_))) =
        (u64::try_from(magnitude), u64::try_from(sum), product.map(u64::try_from))
    {
        let split = |weight: u128| {
            let scaled = t * u64::try_from(weight).unwrap_or(0);
            (u128::from(scaled / w), scaled % w)
        };
        return hand_out(total, weights.map(split));
    }
    if product.is_some() {
        let split = |weight: u128| divided(magnitude * weight, sum);
        return hand_out(total, weights.map(split));
    }
    let split = |weight: u128| {
        let scaled = BigUint::from(magnitude) * weight;
        // qᵢ ≤ |T|, which fits.
        (u128::try_from(&scaled / sum).unwrap_or(magnitude), scaled % sum)
    };
    hand_out(total, weights.map(split))
}

/// Division that the processor does at once where both numbers are narrow.
fn divided(a: u128, b: u128) -> (u128, u128) {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => (u128::from(a / b), u128::from(a % b)),
        _ => {
            let quotient = a / b;
            (quotient, a - quotient * b)
        }
    }
}

/// Quotients with the sign of the total, and one unit for each of the greatest remainders.
fn hand_out<R: Ord>(
    total: i128,
    splits: impl Iterator<Item = (u128, R)>,
) -> Result<Vec<Part>, AllocationError> {
    let negative = total < 0;
    let signed = |magnitude: u128| match negative {
        true => 0_i128.checked_sub_unsigned(magnitude),
        false => 0_i128.checked_add_unsigned(magnitude),
    };
    let mut left = total.unsigned_abs();
    let mut parts = Vec::with_capacity(splits.size_hint().0);
    let mut remainders = Vec::with_capacity(splits.size_hint().0);
    for (at, (quotient, remainder)) in splits.enumerate() {
        // Σqᵢ ≤ |T|
        left -= quotient;
        let share = signed(quotient).ok_or(AllocationError::Overflow)?;
        parts.push(Part { share, residual: 0 });
        remainders.push((remainder, at));
    }
    let unit = if negative { -1 } else { 1 };
    for at in greatest(remainders, usize::try_from(left).unwrap_or(usize::MAX)) {
        if let Some(part) = parts.get_mut(at) {
            part.residual = unit;
        }
    }
    Ok(parts)
}

/// Where the `count` greatest remainders stand. Of equal ones the earlier, that is the lower key,
/// comes first, so that the order is total and the selection unique. INVARIANT: `count` is below
/// their number, because every remainder is below W and they add up to `count`·W.
fn greatest<R: Ord>(mut remainders: Vec<(R, usize)>, count: usize) -> impl Iterator<Item = usize> {
    let greater = |(a, x): &(R, usize), (b, y): &(R, usize)| match b.cmp(a) {
        Ordering::Equal => x.cmp(y),
        unequal => unequal,
    };
    if count > 0 && count < remainders.len() {
        remainders.select_nth_unstable_by(count, greater);
    }
    remainders.into_iter().take(count).map(|(_, at)| at)
}

fn one_takes_all(
    total: i128,
    weights: impl Iterator<Item = u128>,
    sum: u128,
    mode: Rounding,
    taker: Option<usize>,
) -> Result<Vec<Part>, AllocationError> {
    let (whole, divisor) = (BigInt::from(total), BigInt::from(sum));
    // The same bound as above; the last bit is the sign's.
    let narrow = total
        .checked_mul(i128::try_from(sum).unwrap_or(i128::MAX))
        .and_then(|_| i128::try_from(sum).ok());
    let rounded = |weight: u128| match narrow {
        Some(sum) => Some(divide(&(total * i128::try_from(weight).ok()?), &sum, mode)),
        None => i128::try_from(divide(&(&whole * BigInt::from(weight)), &divisor, mode)).ok(),
    };
    let mut parts = Vec::with_capacity(weights.size_hint().0);
    let mut left = total;
    for weight in weights {
        let share = rounded(weight).ok_or(AllocationError::Overflow)?;
        left = left.checked_sub(share).ok_or(AllocationError::Overflow)?;
        parts.push(Part { share, residual: 0 });
    }
    if let Some(part) = taker.and_then(|at| parts.get_mut(at)) {
        part.residual = left;
        part.amount()?;
    }
    Ok(parts)
}
