//! Rating many rows at once.
//!
//! Flat, per-unit, graduated, volume and stairstep charges are all the same thing over one row: find
//! the tier, then `start + (q − lower) · price`. A [`RateColumns`] holds many charges in that form,
//! as scaled integers; packages count first. [`RateColumns::rate`] rates a column of quantities, each
//! by the charge its number names.
//!
//! Bounds instead of checks: the largest magnitude of the column and of the tables tells beforehand
//! whether 127 bits hold every product. Then no operation is checked, else all of it is done in
//! big integers, with the same results. A quantity below zero is a correction: the mirror image of the
//! charge for its magnitude, rounded as the negative amount that it is.
//!
//! Not for blocks, bursts, and tiers that refuse what lies between them: [`super::rate`] does those,
//! one by one, and gives a trace.

mod divisor;
pub(super) mod table;

use super::{Charge, RatingError};
use crate::reperform::exact::Increment;
use crate::reperform::integer::{divide, ten_pow};
use arrow_array::builder::Decimal128Builder;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, Decimal128Array, PrimitiveArray, UInt32Array};
use arrow_schema::DataType;
use divisor::{Divisor, Magnitudes};
use num_bigint::BigInt;
use table::{Table, table};
use tieout_controls::Rounding;

/// Why charges can't be rated by columns, or a column not at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Counted from zero.
    #[error("charge {0} isn't rated by columns: rate it row by row")]
    Kind(usize),
    /// A price or bound has more digits than the scale takes, or doesn't fit 128 bits. Counted from
    /// zero.
    #[error("a number of charge {0} doesn't fit the stated scale")]
    Scale(usize),
    /// See there.
    #[error(transparent)]
    Rating(#[from] RatingError),
    /// The two columns have different lengths.
    #[error("the columns of quantities and of charge numbers differ in length")]
    Length,
}

/// Why a row has no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowReason {
    /// The quantity is null.
    NoQuantity,
    /// The charge number is null.
    NoCharge,
    /// There is no charge of that number.
    UnknownCharge,
    /// The usage is above the last tier.
    AboveLastTier,
    /// The amount has more than 38 digits.
    Overflow,
}

/// The digits behind the point of the inputs, and the rounding of the amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnScales {
    /// Of quantities and tier bounds.
    pub quantity: u32,
    /// Of prices.
    pub price: u32,
    /// The grid of the amounts; the result's scale is its scale.
    pub increment: Increment,
    /// The direction.
    pub mode: Rounding,
}

/// Amounts, and the rows that have none.
#[derive(Debug)]
pub struct RatedColumn {
    /// One amount a row, null where there is none.
    pub amounts: Decimal128Array,
    /// The rows without an amount, ascending.
    pub undetermined: Vec<(usize, RowReason)>,
}

/// Charges in the form in which columns are rated.
#[derive(Debug, Clone)]
pub struct RateColumns {
    tables: Vec<Table>,
    scales: ColumnScales,
    /// No price, start, bound or size is larger.
    largest: u128,
}

impl RateColumns {
    /// Compiles the charges; a row names its charge by position.
    ///
    /// # Errors
    /// [`ColumnsError`] for the first charge that isn't rated by columns.
    pub fn compile(charges: &[Charge], scales: ColumnScales) -> Result<Self, ColumnsError> {
        let tables: Vec<Table> = charges
            .iter()
            .enumerate()
            .map(|(i, charge)| table(i, charge, &scales))
            .collect::<Result<_, _>>()?;
        let largest = tables.iter().map(Table::largest).max().unwrap_or(0);
        Ok(Self { tables, scales, largest })
    }

    /// Rates each quantity (at the scale of the quantities) by the charge of its number.
    ///
    /// # Errors
    /// [`ColumnsError::Length`]. A row that can't be rated isn't an error but has no amount.
    pub fn rate(
        &self,
        quantities: &Decimal128Array,
        charges: &UInt32Array,
    ) -> Result<RatedColumn, ColumnsError> {
        if quantities.len() != charges.len() {
            return Err(ColumnsError::Length);
        }
        if self.bounded(quantities) {
            return Ok(self.rate_bounded(quantities, charges));
        }
        Ok(self.rate_big(quantities, charges))
    }

    /// Whether every intermediate number fits 126 bits: start + q·price, brought to the scale of the
    /// increment. What stands in the place of a null counts too.
    fn bounded(&self, quantities: &Decimal128Array) -> bool {
        let quantity =
            quantities.values().iter().map(|q| q.unsigned_abs()).fold(0, |max, q| max.max(q));
        let factor: BigInt = ten_pow::<BigInt>(self.up()) * 2;
        let product: BigInt = BigInt::from(quantity.max(1)) * self.largest + self.largest;
        BigInt::bits(&(product * factor)) <= 126
            && divisor_fits(self.down(), self.scales.increment.units())
            && ten_pow::<BigInt>(self.scales.quantity).bits() <= 126
    }

    /// Digits that the amounts lose, before they are counted in increments.
    fn down(&self) -> u32 {
        (self.scales.quantity + self.scales.price).saturating_sub(self.scales.increment.scale())
    }

    /// Digits that they gain, where the increment is finer than the product.
    fn up(&self) -> u32 {
        self.scales.increment.scale().saturating_sub(self.scales.quantity + self.scales.price)
    }

    fn rate_bounded(&self, quantities: &Decimal128Array, charges: &UInt32Array) -> RatedColumn {
        let units = i128::from(self.scales.increment.units());
        let (up, divisor) = (ten_pow::<i128>(self.up()), ten_pow::<i128>(self.down()) * units);
        let mode = Magnitudes::of(self.scales.mode);
        let unit = ten_pow::<i128>(self.scales.quantity);
        let divide = Divisor::new(divisor);
        let mut undetermined = Vec::new();
        let nulls = quantities.null_count() + charges.null_count() > 0;
        let rows = quantities.values().iter().zip(charges.values()).enumerate();
        let amounts = rows.map(|(row, (quantity, charge))| {
            if nulls && (quantities.is_null(row) || charges.is_null(row)) {
                let no_quantity = quantities.is_null(row);
                let reason = if no_quantity { RowReason::NoQuantity } else { RowReason::NoCharge };
                undetermined.push((row, reason));
                return 0;
            }
            let Some(table) = usize::try_from(*charge).ok().and_then(|c| self.tables.get(c)) else {
                undetermined.push((row, RowReason::UnknownCharge));
                return 0;
            };
            let negative = *quantity < 0;
            let Some(amount) = table.amount(quantity.abs(), unit) else {
                undetermined.push((row, RowReason::AboveLastTier));
                return 0;
            };
            divide.rounded(amount * up, negative, mode) * units
        });
        let amounts: PrimitiveArray<Decimal128Type> =
            PrimitiveArray::from_iter_values(amounts.collect::<Vec<_>>());
        if undetermined.is_empty() {
            return RatedColumn { amounts: self.typed(amounts), undetermined };
        }
        let mut missing = undetermined.iter().map(|(row, _)| *row).peekable();
        let with_nulls = amounts.values().iter().enumerate().map(|(row, amount)| {
            if missing.next_if_eq(&row).is_some() { None } else { Some(*amount) }
        });
        let amounts = PrimitiveArray::from_iter(with_nulls.collect::<Vec<_>>());
        RatedColumn { amounts: self.typed(amounts), undetermined }
    }

    fn rate_big(&self, quantities: &Decimal128Array, charges: &UInt32Array) -> RatedColumn {
        let units = BigInt::from(self.scales.increment.units());
        let up = ten_pow::<BigInt>(self.up());
        let divisor = ten_pow::<BigInt>(self.down()) * &units;
        let unit = ten_pow::<BigInt>(self.scales.quantity);
        let mut undetermined = Vec::new();
        let mut amounts = Decimal128Builder::with_capacity(quantities.len());
        for (row, (quantity, charge)) in quantities.iter().zip(charges).enumerate() {
            let amount = self.find(quantity, charge).and_then(|(quantity, table)| {
                let magnitude = BigInt::from(quantity.unsigned_abs());
                let amount = table.amount_big(magnitude, &unit).ok_or(RowReason::AboveLastTier)?;
                let signed = if quantity < 0 { -amount } else { amount };
                let steps = divide(&(signed * &up), &divisor, self.scales.mode);
                let amount = i128::try_from(steps * &units).map_err(|_| RowReason::Overflow)?;
                let fits = amount.unsigned_abs() < 10_u128.pow(38);
                if fits { Ok(amount) } else { Err(RowReason::Overflow) }
            });
            match amount {
                Ok(amount) => amounts.append_value(amount),
                Err(reason) => {
                    undetermined.push((row, reason));
                    amounts.append_null();
                }
            }
        }
        RatedColumn { amounts: self.typed(amounts.finish()), undetermined }
    }

    fn find(
        &self,
        quantity: Option<i128>,
        charge: Option<u32>,
    ) -> Result<(i128, &Table), RowReason> {
        let quantity = quantity.ok_or(RowReason::NoQuantity)?;
        let charge = charge.ok_or(RowReason::NoCharge)?;
        let table = usize::try_from(charge).ok().and_then(|c| self.tables.get(c));
        Ok((quantity, table.ok_or(RowReason::UnknownCharge)?))
    }

    fn typed(&self, amounts: Decimal128Array) -> Decimal128Array {
        let scale = i8::try_from(self.scales.increment.scale()).unwrap_or(38);
        let data_type = DataType::Decimal128(38, scale);
        amounts.with_data_type(data_type)
    }
}

fn divisor_fits(digits: u32, units: u32) -> bool {
    (ten_pow::<BigInt>(digits) * units).bits() <= 126
}
