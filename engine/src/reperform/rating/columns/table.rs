//! A charge as lines: one for each tier, in scaled integers.

use super::{ColumnScales, ColumnsError};
use crate::reperform::exact::Exact;
use crate::reperform::integer::{Integer, divide, ten_pow};
use crate::reperform::rating::tiers::{Between, Bounds, Span, TierTable, ZeroUsage};
use crate::reperform::rating::{Charge, RatingError};
use num_bigint::BigInt;
use std::cmp::Ordering;
use tieout_controls::Rounding;

/// A tier as a line: entered from `enter` on, `start + (q − lower) · price`.
#[derive(Debug, Clone, Copy)]
struct Piece {
    enter: i128,
    lower: i128,
    price: i128,
    start: i128,
}

#[derive(Debug, Clone)]
enum Counting {
    /// As it is.
    Exact,
    /// Whole units, as many behind the point as the scale has.
    Whole(Rounding),
    /// Packages of that size.
    Packages { size: i128, started: Rounding, minimum: i128 },
}

#[derive(Debug, Clone)]
pub(in super::super) struct Table {
    counting: Counting,
    /// What no usage costs, where that isn't what the pieces say.
    zero: Option<i128>,
    /// At least one; the first is entered from zero on.
    pieces: Vec<Piece>,
    /// From there on there is no tier.
    end: Option<i128>,
}

impl Table {
    pub(super) fn largest(&self) -> u128 {
        let pieces = self.pieces.iter().flat_map(|p| [p.enter, p.lower, p.price, p.start]);
        let counting = match self.counting {
            Counting::Packages { size, minimum, .. } => [size, minimum],
            _ => [0, 0],
        };
        pieces.chain(counting).chain(self.end).map(i128::unsigned_abs).max().unwrap_or(0)
    }

    /// The amount of a quantity that isn't negative, at the scale of quantity and price together.
    pub(super) fn amount(&self, quantity: i128, unit: i128) -> Option<i128> {
        let quantity = match self.counting {
            Counting::Exact => quantity,
            Counting::Whole(mode) => divide(&quantity, &unit, mode) * unit,
            Counting::Packages { size, started, minimum } => {
                divide(&quantity, &size, started).max(minimum)
            }
        };
        if let (0, Some(zero)) = (quantity, self.zero) {
            return Some(zero);
        }
        if self.end.is_some_and(|end| quantity >= end) {
            return None;
        }
        let piece = self.pieces.iter().take_while(|piece| piece.enter <= quantity).last()?;
        Some(piece.start + product(quantity - piece.lower, piece.price))
    }

    /// The same for a quantity that nobody has bounded; none too where 128 bits don't hold it.
    pub(in super::super) fn amount_checked(&self, quantity: i128, unit: i128) -> Option<i128> {
        let quantity = match self.counting {
            Counting::Exact => quantity,
            Counting::Whole(mode) => divide(&quantity, &unit, mode).checked_mul(unit)?,
            Counting::Packages { size, started, minimum } => {
                divide(&quantity, &size, started).max(minimum)
            }
        };
        if let (0, Some(zero)) = (quantity, self.zero) {
            return Some(zero);
        }
        if self.end.is_some_and(|end| quantity >= end) {
            return None;
        }
        let piece = self.pieces.iter().take_while(|piece| piece.enter <= quantity).last()?;
        let priced = quantity.checked_sub(piece.lower)?.checked_mul(piece.price)?;
        piece.start.checked_add(priced)
    }

    pub(super) fn amount_big(&self, quantity: BigInt, unit: &BigInt) -> Option<BigInt> {
        let quantity = match self.counting {
            Counting::Exact => quantity,
            Counting::Whole(mode) => divide(&quantity, unit, mode) * unit,
            Counting::Packages { size, started, minimum } => {
                divide(&quantity, &BigInt::from(size), started).max(BigInt::from(minimum))
            }
        };
        if let (Ordering::Equal, Some(zero)) = (Integer::sign(&quantity), self.zero) {
            return Some(BigInt::from(zero));
        }
        if self.end.is_some_and(|end| quantity >= BigInt::from(end)) {
            return None;
        }
        let entered = |piece: &&Piece| BigInt::from(piece.enter) <= quantity;
        let piece = self.pieces.iter().take_while(entered).last()?;
        Some((&quantity - piece.lower) * piece.price + piece.start)
    }
}

/// The product, by the one instruction that there is for two numbers of 64 bits.
fn product(a: i128, b: i128) -> i128 {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => i128::from(a) * i128::from(b),
        _ => a * b,
    }
}

pub(in super::super) fn table(
    i: usize,
    charge: &Charge,
    scales: &ColumnScales,
) -> Result<Table, ColumnsError> {
    let amount_scale = scales.quantity + scales.price;
    let fit = |value: &Exact, scale| scaled(value, scale).ok_or(ColumnsError::Scale(i));
    let line = |price, start| vec![Piece { enter: 0, lower: 0, price, start }];
    let plain = |pieces| Table { counting: Counting::Exact, zero: None, pieces, end: None };
    match charge {
        Charge::Flat { amount } => Ok(plain(line(0, fit(amount, amount_scale)?))),
        Charge::PerUnit { unit_price } => Ok(plain(line(fit(unit_price, scales.price)?, 0))),
        Charge::Graduated(tiers) => tiered(i, tiers, Some(Span::Marginal), scales),
        Charge::Volume(tiers) => tiered(i, tiers, Some(Span::Whole), scales),
        Charge::Stairstep(tiers) => tiered(i, tiers, None, scales),
        Charge::Package { size, price, started, minimum_packages } => {
            if *size <= Exact::zero() {
                return Err(RatingError::PackageSize.into());
            }
            // Packages are whole numbers: the quantity's digits go to the price.
            let pieces = line(fit(price, amount_scale)?, 0);
            let size = fit(size, scales.quantity)?;
            let minimum = i128::from(*minimum_packages);
            let counting = Counting::Packages { size, started: *started, minimum };
            Ok(Table { counting, ..plain(pieces) })
        }
        Charge::Burst(_) => Err(ColumnsError::Kind(i)),
    }
}

/// The tiers as lines; without a span they are steps of their fees.
fn tiered(
    i: usize,
    tiers: &TierTable,
    span: Option<Span>,
    scales: &ColumnScales,
) -> Result<Table, ColumnsError> {
    let semantics = tiers.semantics();
    let (counting, after) = match semantics.bounds {
        Bounds::UpperExclusive => (Counting::Exact, 0),
        Bounds::UpperInclusive(Between::Above) => (Counting::Exact, 1),
        Bounds::UpperInclusive(Between::RoundUp) => (Counting::Whole(Rounding::Up), 1),
        Bounds::UpperInclusive(Between::RoundDown) => (Counting::Whole(Rounding::Down), 1),
        Bounds::UpperInclusive(Between::Below) => (Counting::Exact, ten_pow(scales.quantity)),
        Bounds::UpperInclusive(Between::Undetermined) => return Err(ColumnsError::Kind(i)),
    };
    let fit = |value: &Exact, scale| scaled(value, scale).ok_or(ColumnsError::Scale(i));
    let (mut pieces, mut enter, mut end) = (Vec::new(), 0, None);
    let (mut lower, mut start) = (Exact::zero(), Exact::zero());
    for tier in tiers.tiers() {
        if tier.block_size.is_some() && span.is_some() {
            return Err(ColumnsError::Kind(i));
        }
        let price = if span.is_some() { tier.unit_price.clone() } else { Exact::zero() };
        let marginal = span == Some(Span::Marginal);
        start = if marginal { start.plus(&tier.flat_fee) } else { tier.flat_fee.clone() };
        pieces.push(Piece {
            enter,
            lower: if marginal { fit(&lower, scales.quantity)? } else { 0 },
            price: fit(&price, scales.price)?,
            start: fit(&start, scales.quantity + scales.price)?,
        });
        if let Some(upper) = &tier.up_to {
            start = start.plus(&upper.minus(&lower).times(&price));
            lower = upper.clone();
            enter =
                fit(upper, scales.quantity)?.checked_add(after).ok_or(ColumnsError::Scale(i))?;
            end = Some(enter);
        } else {
            end = None;
        }
    }
    let zero = (semantics.zero_usage == ZeroUsage::NoFee).then_some(0);
    Ok(Table { counting, zero, pieces, end })
}

/// The unscaled integer, when nothing is lost and 128 bits hold it.
pub(in super::super) fn scaled(value: &Exact, scale: u32) -> Option<i128> {
    let widened = value.times(&Exact::of_parts(ten_pow(scale), BigInt::from(1)));
    if widened.is_whole() { i128::try_from(widened.numerator().clone()).ok() } else { None }
}
