//! What a dataset's accepted rows come to: exact totals by currency, null amounts, the period.

use super::columns::Target;
use super::encode;
use super::number::Sum;
use super::typing::Typed;
use crate::run::RunError;
use std::collections::BTreeMap;
use tieout_controls::{ColumnType, Count, SchemaProfile, Totals};

/// Accumulates while rows are read.
pub(crate) struct Measures {
    amounts: Vec<Amount>,
    period: Vec<usize>,
    first: Option<Typed>,
    last: Option<Typed>,
}

struct Amount {
    column: String,
    at: usize,
    currency: Option<usize>,
    scale: u32,
    sums: BTreeMap<String, Sum>,
    nulls: Count,
}

impl Measures {
    /// What is measured under that profile.
    pub(crate) fn new(profile: &SchemaProfile, targets: &[Target]) -> Self {
        let position = |name: &str| targets.iter().position(|t| t.name == name);
        let amounts = targets.iter().enumerate().filter_map(|(at, target)| {
            let ColumnType::Decimal { scale, .. } = target.kind else { return None };
            Some(Amount {
                column: target.name.clone(),
                at,
                currency: position(target.currency?),
                scale: scale.into(),
                sums: BTreeMap::new(),
                nulls: Count(0),
            })
        });
        let period = profile.period.iter().flat_map(|(from, to)| [*from, *to]);
        Self {
            amounts: amounts.collect(),
            period: period.filter_map(position).collect(),
            first: None,
            last: None,
        }
    }

    /// Adds an accepted row.
    pub(crate) fn add(&mut self, values: &[Typed]) -> Result<(), RunError> {
        for amount in &mut self.amounts {
            let Some(Typed::Number(number)) = values.get(amount.at) else {
                amount.nulls.increment();
                continue;
            };
            let currency = match amount.currency.and_then(|at| values.get(at)) {
                Some(Typed::Text(code)) => code.as_str(),
                _ => "",
            };
            if !amount.sums.contains_key(currency) {
                amount.sums.insert(currency.to_owned(), Sum::new(amount.scale));
            }
            if let Some(sum) = amount.sums.get_mut(currency) {
                sum.add(*number).map_err(|e| overflow(&amount.column, &e))?;
            }
        }
        for value in self.period.iter().filter_map(|at| values.get(*at)) {
            if self.first.as_ref().is_none_or(|first| before(value, first)) {
                self.first = time(value).or_else(|| self.first.take());
            }
            if self.last.as_ref().is_none_or(|last| before(last, value)) {
                self.last = time(value).or_else(|| self.last.take());
            }
        }
        Ok(())
    }

    /// The totals by amount column and currency.
    pub(crate) fn totals(&self) -> Result<BTreeMap<String, Totals>, RunError> {
        let total = |amount: &Amount| {
            let sums = amount.sums.iter().map(|(currency, sum)| {
                let total = sum.total().map_err(|e| overflow(&amount.column, &e))?;
                Ok((currency.clone(), total))
            });
            Ok((amount.column.clone(), Totals(sums.collect::<Result<_, RunError>>()?)))
        };
        self.amounts.iter().map(total).collect()
    }

    /// How often an amount was null.
    pub(crate) fn null_amounts(&self) -> BTreeMap<String, Count> {
        let nulls = self.amounts.iter().filter(|amount| amount.nulls > Count(0));
        nulls.map(|amount| (amount.column.clone(), amount.nulls)).collect()
    }

    /// The earliest and the latest time in the period columns.
    pub(crate) fn period(&self) -> Option<(String, String)> {
        let text = |end: &Option<Typed>| encode::text(end.as_ref()?).map(String::from);
        Some((text(&self.first)?, text(&self.last)?))
    }
}

fn overflow(column: &str, error: &dyn std::fmt::Display) -> RunError {
    RunError::Internal(format!("the total of `{column}` can't be held: {error}"))
}

fn time(value: &Typed) -> Option<Typed> {
    matches!(value, Typed::Date(_) | Typed::Instant(_)).then(|| value.clone())
}

/// Whether one time is before another; a null is before and after nothing.
fn before(one: &Typed, other: &Typed) -> bool {
    match (one, other) {
        (Typed::Date(one), Typed::Date(other)) => one < other,
        (Typed::Instant(one), Typed::Instant(other)) => one < other,
        _ => false,
    }
}
