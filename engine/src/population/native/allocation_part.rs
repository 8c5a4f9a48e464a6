//! The native population `allocation-part`: every part of a pool, and what its recipient should bear.
//!
//! Parts are amounts, so that one that isn't there has no record of its own. What recipients of the key
//! should bear that have no part stands once for each pool, at its first part: Σ differences less Σ
//! missing is what the parts lack of the pool.

use super::Unknown;
use super::allocation::{Allocation, Borne, Dated, ROLES};
use super::dividend::{Dividend, shared, weighed};
use super::output::{self, Cell, Column, Kind, Output, PLACE};
use super::{Native, NativeGrain, Request};
use crate::reperform::allocation::{AllocationKey, Residual};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Rounding;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "allocation-part",
    grain: NativeGrain::Row,
    roles: &ROLES,
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    PLACE[0],
    PLACE[1],
    Column("key_id", Kind::Text, false),
    Column("pool_key", Kind::Text, true),
    Column("own_cost", Kind::Amount("currency"), true),
    Column("received", Kind::Amount("currency"), true),
    Column("amount", Kind::Amount("currency"), false),
    Column("expected", Kind::Amount("currency"), true),
    Column("difference", Kind::Amount("currency"), true),
    Column("rounding_adj", Kind::Amount("currency"), false),
    Column("expected_adj", Kind::Amount("currency"), true),
    Column("missing", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, false),
    Column("class", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

/// What a recipient should bear: the amount, and the part of it that rounding down left over.
#[derive(Debug, Clone)]
struct Due {
    amount: Exact,
    adjustment: Exact,
}

/// A pool divided again.
struct Reperformed<'a> {
    key_id: &'a str,
    own: Exact,
    received: Exact,
    due: BTreeMap<&'a str, Due>,
    /// Σ of what recipients without a part should bear.
    missing: Exact,
    currency: &'a str,
    /// What single mistakes give the parts that are there.
    mistakes: Vec<&'static str>,
}

type Pools<'a> = BTreeMap<Dated<'a>, Result<Reperformed<'a>, Unknown>>;

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let allocation = Allocation::read(request.bound)?;
    let (mut pools, mut first) = (Pools::new(), BTreeSet::new());
    for (pool, parts) in allocation.divided() {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        first.extend(parts.first().map(|part| part.place));
        pools.insert(pool, reperform(&allocation, pool, &parts));
    }
    let mut output = Output::new(COLUMNS);
    for part in &allocation.parts {
        let done = pools.get(&part.pool);
        let done = done.ok_or_else(|| RunError::Internal("a part without its pool".to_owned()))?;
        let done = done.as_ref().map_err(|unknown| *unknown);
        push(&allocation, part, done, first.contains(&part.place), &mut output)?;
    }
    output.finish()
}

fn reperform<'a>(
    allocation: &Allocation<'a>,
    pool: Dated<'a>,
    parts: &[&Borne<'a>],
) -> Result<Reperformed<'a>, Unknown> {
    let dividend = allocation.dividend(pool, parts)?;
    let key = weighed(dividend.key.iter().map(|(name, stated)| (*name, stated.quantity)))?;
    let money = |units| Exact::from_scaled(units, dividend.digits);
    let divided = shared(&key, dividend.total, Residual::LargestRemainder)?;
    let due: BTreeMap<&str, Due> = divided
        .iter()
        .map(|(name, (share, residual))| {
            let adjustment = money(*residual);
            (*name, Due { amount: money(*share).plus(&adjustment), adjustment })
        })
        .collect();
    let named: BTreeSet<&str> = parts.iter().map(|part| part.recipient).collect();
    let absent = due.iter().filter(|(name, _)| !named.contains(*name));
    let missing = absent.fold(Exact::zero(), |sum, (_, due)| sum.plus(&due.amount));
    let plain =
        |part: &&Borne<'_>| part.currency == dividend.currency && due.contains_key(part.recipient);
    let comparable =
        parts.len() == due.len() && named.len() == due.len() && parts.iter().all(plain);
    let mistakes = if comparable { mistakes(parts, &dividend, &due, &key)? } else { Vec::new() };
    let received = money(dividend.total).minus(&money(dividend.own));
    let Dividend { own, currency, key_id, .. } = dividend;
    Ok(Reperformed { key_id, own: money(own), received, due, missing, currency, mistakes })
}

/// The single mistakes of which each gives all the parts of a pool as they are, by name.
fn mistakes(
    parts: &[&Borne<'_>],
    dividend: &Dividend<'_>,
    due: &BTreeMap<&str, Due>,
    key: &AllocationKey<&str>,
) -> Result<Vec<&'static str>, Unknown> {
    let right = |part: &Borne<'_>| due.get(part.recipient);
    let differing = |part: &&&Borne<'_>| right(part).is_some_and(|due| due.amount != part.amount);
    if !parts.iter().any(|part| differing(&part)) {
        return Ok(Vec::new());
    }
    let unit_less = |part: &&Borne<'_>| {
        right(part).is_some_and(|d| d.amount.minus(&d.adjustment) == part.amount)
    };
    let half_up = Rounding::HalfUp;
    let largest = shared(key, dividend.total, Residual::ToLargest { parts: half_up })?;
    let last = shared(key, dividend.total, Residual::ToLast { parts: half_up })?;
    let own = shared(key, dividend.own, Residual::LargestRemainder)?;
    let alone = largest.iter().map(|(name, (share, _))| (*name, (*share, 0))).collect();
    let gives = |units: &BTreeMap<&str, (i128, i128)>| {
        let units = |name: &str| units.get(name).and_then(|(share, rest)| share.checked_add(*rest));
        let amount = |name: &str| units(name).map(|u| Exact::from_scaled(u, dividend.digits));
        parts.iter().all(|part| amount(part.recipient).as_ref() == Some(&part.amount))
    };
    let tried = [
        ("parts-rounded-alone", gives(&alone)),
        ("received-left-out", gives(&own)),
        ("residual-lost", parts.iter().filter(differing).all(unit_less)),
        ("residual-to-largest", gives(&largest)),
        ("residual-to-last", gives(&last)),
    ];
    Ok(tried.into_iter().filter(|(_, explains)| *explains).map(|(name, _)| name).collect())
}

impl<'a> Reperformed<'a> {
    /// What the recipient of a part should bear; nothing where the key doesn't name it.
    fn due(&self, allocation: &Allocation<'a>, part: &Borne<'a>) -> Result<Due, Unknown> {
        if allocation.bears_several(part) {
            return Err(Unknown("the recipient has several parts of the pool"));
        }
        if part.currency != self.currency {
            return Err(Unknown("the part is in another currency than its pool"));
        }
        if part.kind == "pool" {
            allocation
                .pool((part.recipient, part.pool.1))
                .map_err(|_| Unknown("the recipient is no cost pool of the period, or two"))?;
        }
        let nothing = || Due { amount: Exact::zero(), adjustment: Exact::zero() };
        Ok(self.due.get(part.recipient).cloned().unwrap_or_else(nothing))
    }

    /// What explains that a part differs.
    fn class(&self, part: &Borne<'_>) -> Option<String> {
        if !self.due.contains_key(part.recipient) {
            return Some("recipient-not-in-key".to_owned());
        }
        (!self.mistakes.is_empty()).then(|| self.mistakes.join(" | "))
    }
}

fn push<'a>(
    allocation: &Allocation<'a>,
    part: &Borne<'a>,
    done: Result<&Reperformed<'a>, Unknown>,
    first: bool,
    output: &mut Output,
) -> Result<(), RunError> {
    let due = done.and_then(|done| done.due(allocation, part));
    let reason = due.as_ref().err().map(|Unknown(reason)| *reason);
    let (done, due) = (done.ok(), due.ok());
    let difference = due.as_ref().map(|due| part.amount.minus(&due.amount));
    let differs = difference.as_ref().is_some_and(|difference| !difference.is_zero());
    let class = done.filter(|_| differs).and_then(|done| done.class(part));
    let nothing = Exact::zero();
    let missing = done.map(|done| if first { &done.missing } else { &nothing });
    output.push(&[
        Cell::Whole(Some(part.place.0)),
        Cell::Whole(Some(part.place.1)),
        Cell::Text(Some(part.key)),
        Cell::Text(done.map(|done| done.key_id)),
        Cell::Number(done.map(|done| &done.own)),
        Cell::Number(done.map(|done| &done.received)),
        Cell::Number(Some(&part.amount)),
        Cell::Number(due.as_ref().map(|due| &due.amount)),
        Cell::Number(difference.as_ref()),
        Cell::Number(Some(&part.adjustment)),
        Cell::Number(due.as_ref().map(|due| &due.adjustment)),
        Cell::Number(missing),
        Cell::Text(Some(part.currency)),
        Cell::Text(class.as_deref()),
        Cell::Text(reason),
    ])
}
