//! Columns of exact numbers: whole coefficients at one scale, as narrow as they can be.
//!
//! A bound on the size of the coefficients says beforehand whether an operation can overflow, so
//! that no single one has to be checked. What is too wide for 256 bits is computed number by number.

use super::vector::{FALSE, State, TRUE, Truth, UNKNOWN, VALUE, gathered, index};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::i256;
use tieout_controls::Decimal;
use tieout_policies::tree::{Arithmetic, Comparison};

/// A number in each slot.
#[derive(Debug, Clone)]
pub(super) struct Number {
    cells: Cells,
    /// Digits behind the point.
    scale: u32,
    /// No coefficient has more bits, its sign not counted.
    bits: u32,
}

#[derive(Debug, Clone)]
enum Cells {
    Small(ScalarBuffer<i128>),
    Wide(Vec<i256>),
    Each(Vec<Decimal>),
}

/// Past it, whether a number has more than 76 digits has to be counted.
const WIDE_BITS: u32 = 249;
const SMALL_BITS: u32 = 126;
const MAX_SCALE: u32 = 76;

impl Number {
    /// The numbers of a Decimal128 column of that precision.
    pub(super) fn column(cells: ScalarBuffer<i128>, precision: u8, scale: u32) -> Self {
        // 10^18 has 60 bits: a narrow column needs no closer look.
        if precision <= 18 {
            return Self { bits: 60, cells: Cells::Small(cells), scale };
        }
        Self::small(cells, scale)
    }

    /// Numbers with 128 bits.
    pub(super) fn small(cells: ScalarBuffer<i128>, scale: u32) -> Self {
        let seen = cells.iter().fold(0_u128, |seen, x| seen | x.unsigned_abs());
        Self { bits: bits(seen), cells: Cells::Small(cells), scale }
    }

    /// The numbers of a Decimal256 column.
    pub(super) fn wide(cells: Vec<i256>, scale: u32) -> Self {
        let small: Option<Vec<i128>> = cells.iter().map(|x| x.to_i128()).collect();
        match small {
            Some(small) => Self::small(small.into(), scale),
            None => Self { cells: Cells::Wide(cells), scale, bits: 255 },
        }
    }

    /// Numbers of any kind; those that aren't there are zero.
    pub(super) fn from_decimals(numbers: Vec<Option<Decimal>>) -> Self {
        let numbers: Vec<Decimal> =
            numbers.into_iter().map(|n| n.unwrap_or_else(Decimal::zero)).collect();
        let scale = numbers.iter().map(Decimal::scale).max().unwrap_or(0);
        let small = numbers.iter().map(|n| n.to_scaled(scale).ok()).collect::<Option<Vec<_>>>();
        if let Some(small) = small {
            return Self::small(small.into(), scale);
        }
        let wide = |n: &Decimal| n.to_scaled_be_bytes(scale).ok().map(i256::from_be_bytes);
        match numbers.iter().map(wide).collect::<Option<Vec<_>>>() {
            Some(wide) => Self { cells: Cells::Wide(wide), scale, bits: 255 },
            None => Self { cells: Cells::Each(numbers), scale: 0, bits: u32::MAX },
        }
    }

    /// The numbers as integers, where all are.
    pub(super) fn whole(&self) -> Option<Vec<i32>> {
        let Cells::Small(cells) = &self.cells else { return None };
        if self.scale == 0 {
            return cells.iter().map(|x| i32::try_from(*x).ok()).collect();
        }
        let one = 10_i128.checked_pow(self.scale)?;
        let whole = |x: &i128| i32::try_from(x / one).ok().filter(|_| x % one == 0);
        cells.iter().map(whole).collect()
    }

    pub(super) fn len(&self) -> usize {
        match &self.cells {
            Cells::Small(cells) => cells.len(),
            Cells::Wide(cells) => cells.len(),
            Cells::Each(cells) => cells.len(),
        }
    }

    pub(super) fn at(&self, slot: usize) -> Option<Decimal> {
        match &self.cells {
            Cells::Small(cells) => cells.get(slot).map(|x| Decimal::from_scaled(*x, self.scale)),
            Cells::Wide(cells) => {
                cells.get(slot).map(|x| Decimal::from_be_bytes(&x.to_be_bytes(), self.scale))
            }
            Cells::Each(cells) => cells.get(slot).cloned(),
        }
    }

    pub(super) fn gather(&self, places: &[u32]) -> Self {
        let cells = match &self.cells {
            Cells::Small(cells) => Cells::Small(gathered(cells, places).into()),
            Cells::Wide(cells) => Cells::Wide(gathered(cells, places)),
            Cells::Each(cells) => {
                let at = |place: &u32| cells.get(index(*place)).cloned();
                Cells::Each(places.iter().map(|p| at(p).unwrap_or_else(Decimal::zero)).collect())
            }
        };
        Self { cells, ..*self }
    }

    pub(super) fn negate(&self) -> Self {
        let cells = match &self.cells {
            // Below the bound, a coefficient always has an opposite.
            Cells::Small(cells) if self.bits <= SMALL_BITS => {
                Cells::Small(cells.iter().map(|x| x.wrapping_neg()).collect())
            }
            Cells::Small(_) | Cells::Wide(_) => {
                Cells::Wide(self.widened(self.scale).iter().map(|x| x.wrapping_neg()).collect())
            }
            Cells::Each(cells) => Cells::Each(cells.iter().map(Decimal::neg).collect()),
        };
        Self { cells, ..*self }
    }

    pub(super) fn abs(&self) -> Self {
        let cells = match &self.cells {
            Cells::Small(cells) if self.bits <= SMALL_BITS => {
                Cells::Small(cells.iter().map(|x| x.wrapping_abs()).collect())
            }
            Cells::Small(_) | Cells::Wide(_) => {
                Cells::Wide(self.widened(self.scale).iter().map(|x| x.wrapping_abs()).collect())
            }
            Cells::Each(cells) => Cells::Each(cells.iter().map(Decimal::abs).collect()),
        };
        Self { cells, ..*self }
    }

    /// The exact results for `len` slots (an operand of one slot stands for all), and the states
    /// of those that have more than 76 digits.
    pub(super) fn arithmetic(
        operator: Arithmetic,
        left: &Self,
        right: &Self,
        len: usize,
    ) -> (Self, Option<Vec<State>>) {
        let (scale, bits) = match operator {
            Arithmetic::Multiply => {
                (left.scale.saturating_add(right.scale), left.bits.saturating_add(right.bits))
            }
            Arithmetic::Add | Arithmetic::Subtract => {
                let scale = left.scale.max(right.scale);
                let widest = left.bits_at(scale).max(right.bits_at(scale));
                (scale, widest.saturating_add(1))
            }
        };
        if bits <= SMALL_BITS
            && scale <= MAX_SCALE
            && let Some((a, b)) = small_operands(operator, left, right, scale)
        {
            let (a, b) = (Side::of(&a, len), Side::of(&b, len));
            let cells = match operator {
                Arithmetic::Add => zip(a, b, len, i128::wrapping_add),
                Arithmetic::Subtract => zip(a, b, len, i128::wrapping_sub),
                Arithmetic::Multiply => zip(a, b, len, i128::wrapping_mul),
            };
            return (Self { cells: Cells::Small(cells.into()), scale, bits }, None);
        }
        if bits <= WIDE_BITS && scale <= MAX_SCALE {
            let (a, b) = match operator {
                Arithmetic::Multiply => (left.widened(left.scale), right.widened(right.scale)),
                _ => (left.widened(scale), right.widened(scale)),
            };
            let (a, b) = (Side::of(&a, len), Side::of(&b, len));
            let cells = match operator {
                Arithmetic::Add => zip(a, b, len, i256::wrapping_add),
                Arithmetic::Subtract => zip(a, b, len, i256::wrapping_sub),
                Arithmetic::Multiply => zip(a, b, len, i256::wrapping_mul),
            };
            return (Self { cells: Cells::Wide(cells), scale, bits }, None);
        }
        Self::one_by_one(operator, left, right, len)
    }

    fn one_by_one(
        operator: Arithmetic,
        left: &Self,
        right: &Self,
        len: usize,
    ) -> (Self, Option<Vec<State>>) {
        let mut states = Vec::with_capacity(len);
        let mut numbers = Vec::with_capacity(len);
        for slot in 0..len {
            let (a, b) = (left.any(slot), right.any(slot));
            let result = a.zip(b).and_then(|(a, b)| {
                let result = match operator {
                    Arithmetic::Add => a.add(&b),
                    Arithmetic::Subtract => a.sub(&b),
                    Arithmetic::Multiply => a.mul(&b),
                };
                result.ok()
            });
            states.push(if result.is_some() { VALUE } else { UNKNOWN });
            numbers.push(result);
        }
        (Self::from_decimals(numbers), Some(states))
    }

    /// The number of a slot, or of the only one.
    fn any(&self, slot: usize) -> Option<Decimal> {
        self.at(if self.len() == 1 { 0 } else { slot })
    }

    /// Whether a comparison holds in each of `len` slots.
    pub(super) fn compare(
        comparison: Comparison,
        left: &Self,
        right: &Self,
        len: usize,
    ) -> Vec<Truth> {
        let scale = left.scale.max(right.scale);
        let bits = left.bits_at(scale).max(right.bits_at(scale));
        if bits <= SMALL_BITS
            && let (Some(a), Some(b)) = (left.small_at(scale), right.small_at(scale))
        {
            return compared(comparison, Side::of(&a, len), Side::of(&b, len), len);
        }
        if bits <= 254 {
            let (a, b) = (left.widened(scale), right.widened(scale));
            return compared(comparison, Side::of(&a, len), Side::of(&b, len), len);
        }
        let order = |slot| left.any(slot).zip(right.any(slot)).map(|(a, b)| a.cmp(&b));
        let holds = |slot| order(slot).is_some_and(|order| comparison.holds(order));
        (0..len).map(|slot| if holds(slot) { TRUE } else { FALSE }).collect()
    }

    /// The bound at another scale.
    fn bits_at(&self, scale: u32) -> u32 {
        let more = scale.saturating_sub(self.scale);
        // log2(10) is below 3322 / 1000.
        let factor = more.saturating_mul(3322).div_ceil(1000);
        self.bits.saturating_add(factor)
    }

    /// The coefficients at a scale not below its own, where they have 128 bits now.
    fn small_at(&self, scale: u32) -> Option<ScalarBuffer<i128>> {
        let Cells::Small(cells) = &self.cells else { return None };
        let more = scale.checked_sub(self.scale)?;
        if more == 0 {
            return Some(cells.clone());
        }
        let factor = 10_i128.checked_pow(more)?;
        Some(cells.iter().map(|x| x.wrapping_mul(factor)).collect())
    }

    /// The coefficients at a scale not below its own, in 256 bits.
    fn widened(&self, scale: u32) -> Vec<i256> {
        let factor = i256::from_i128(10).wrapping_pow(scale.saturating_sub(self.scale));
        let scaled = |x: i256| if factor == i256::ONE { x } else { x.wrapping_mul(factor) };
        match &self.cells {
            Cells::Small(cells) => cells.iter().map(|x| scaled(i256::from_i128(*x))).collect(),
            Cells::Wide(cells) => cells.iter().map(|x| scaled(*x)).collect(),
            Cells::Each(_) => Vec::new(),
        }
    }
}

fn small_operands(
    operator: Arithmetic,
    left: &Number,
    right: &Number,
    scale: u32,
) -> Option<(ScalarBuffer<i128>, ScalarBuffer<i128>)> {
    match operator {
        Arithmetic::Multiply => Some((left.small_at(left.scale)?, right.small_at(right.scale)?)),
        _ => Some((left.small_at(scale)?, right.small_at(scale)?)),
    }
}

/// The bits that hold any of the numbers whose bits were gathered.
fn bits(seen: u128) -> u32 {
    u128::BITS.saturating_sub(seen.leading_zeros())
}

/// An operand: one for each slot, or one for all.
#[derive(Clone, Copy)]
pub(super) enum Side<'a, T> {
    Each(&'a [T]),
    One(T),
}

impl<'a, T: Copy> Side<'a, T> {
    pub(super) fn of(cells: &'a [T], len: usize) -> Self {
        match cells {
            [one] if len != 1 => Self::One(*one),
            cells => Self::Each(cells),
        }
    }
}

/// A result for each slot.
pub(super) fn zip<T: Copy, U: Copy, R>(
    left: Side<'_, T>,
    right: Side<'_, U>,
    len: usize,
    f: impl Fn(T, U) -> R,
) -> Vec<R> {
    match (left, right) {
        (Side::Each(a), Side::Each(b)) => a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect(),
        (Side::Each(a), Side::One(b)) => a.iter().map(|a| f(*a, b)).collect(),
        (Side::One(a), Side::Each(b)) => b.iter().map(|b| f(a, *b)).collect(),
        (Side::One(a), Side::One(b)) => (0..len).map(|_| f(a, b)).collect(),
    }
}

/// Whether a comparison holds in each slot.
pub(super) fn compared<T: Copy + Ord>(
    comparison: Comparison,
    left: Side<'_, T>,
    right: Side<'_, T>,
    len: usize,
) -> Vec<Truth> {
    let truth = |holds: bool| if holds { TRUE } else { FALSE };
    match comparison {
        Comparison::Equal => zip(left, right, len, |a, b| truth(a == b)),
        Comparison::NotEqual => zip(left, right, len, |a, b| truth(a != b)),
        Comparison::Less => zip(left, right, len, |a, b| truth(a < b)),
        Comparison::LessOrEqual => zip(left, right, len, |a, b| truth(a <= b)),
        Comparison::Greater => zip(left, right, len, |a, b| truth(a > b)),
        Comparison::GreaterOrEqual => zip(left, right, len, |a, b| truth(a >= b)),
    }
}
