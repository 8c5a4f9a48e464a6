//! The native population `allocation-share`: every part of a pool, and the share that its recipient
//! should have by what was metered.
//!
//! Where the key states something else than the meters, the shares of all its recipients are off, those
//! too of whom it states the right quantity.

use super::Unknown;
use super::allocation::{Allocation, Borne, Dated, Stated};
use super::dividend::{Dividend, shared, weighed};
use super::driver::{Meters, Quantities, Source};
use super::output::{self, Cell, Column, Kind, Output, PLACE, SHARE_SCALE};
use super::usage::QUANTITY_SCALE;
use super::{Native, NativeGrain, Request, exact};
use crate::reperform::allocation::{AllocationKey, Residual};
use crate::reperform::exact::{Exact, Increment};
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "allocation-share",
    grain: NativeGrain::Row,
    roles: &["allocation-result", "cost-pool", "allocation-key", "usage", "resource", "charge"],
    schema: || output::schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    PLACE[0],
    PLACE[1],
    Column("driver", Kind::Text, true),
    Column("known_at", Kind::Instant, true),
    Column("stated", Kind::Quantity, true),
    Column("metered", Kind::Quantity, true),
    Column("share", Kind::Share, false),
    Column("expected_share", Kind::Share, true),
    Column("amount", Kind::Amount("currency"), false),
    Column("expected", Kind::Amount("currency"), true),
    Column("difference", Kind::Amount("currency"), true),
    Column("currency", Kind::Text, false),
    Column("class", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

/// What is right of a recipient.
#[derive(Debug, Clone)]
struct Right {
    stated: Option<i128>,
    metered: i128,
    share: Exact,
    /// The share that the key gives as it stands; none where that can't be said.
    by_key: Option<Exact>,
    amount: Exact,
}

/// A pool divided by what was metered.
struct Divided<'a> {
    driver: &'a str,
    /// When the usage was cut off; none where the key is the statement.
    known: Option<i64>,
    rights: BTreeMap<&'a str, Right>,
    currency: &'a str,
    /// Why the key's shares are off.
    cause: Option<&'static str>,
}

/// Period and cut-off → what was metered.
type Cache<'a> = BTreeMap<(&'a str, i64), Result<Quantities<'a>, Unknown>>;

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let allocation = Allocation::read(request.bound)?;
    let meters = Meters::read(request.bound)?;
    let tolerance = request.parameter("share_tolerance", "a number such as 0.000000001", exact)?;
    let (mut cache, mut pools) = (Cache::new(), BTreeMap::new());
    for (pool, parts) in allocation.divided() {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        pools.insert(pool, divide(&allocation, &meters, &mut cache, pool, &parts));
    }
    let mut output = Output::new(COLUMNS);
    for part in &allocation.parts {
        let divided = pools.get(&part.pool);
        let missing = || RunError::Internal("a part without its pool".to_owned());
        let divided = divided.ok_or_else(missing)?.as_ref().map_err(|unknown| *unknown);
        push(&allocation, part, divided, &tolerance, &mut output)?;
    }
    output.finish()
}

fn divide<'a>(
    allocation: &Allocation<'a>,
    meters: &Meters<'a>,
    cache: &mut Cache<'a>,
    pool: Dated<'a>,
    parts: &[&Borne<'a>],
) -> Result<Divided<'a>, Unknown> {
    let dividend = allocation.dividend(pool, parts)?;
    let driver = driver(&dividend)?;
    let unknown = Unknown("the key's driver is none that is metered or stated");
    let (known, metered) = match Source::of(driver).ok_or(unknown)? {
        Source::Stated => {
            (None, dividend.key.iter().map(|(name, row)| (*name, row.quantity)).collect())
        }
        Source::Metered(unit) => {
            let known = cut_off(meters, parts)?;
            let quantities = cache.entry((pool.1, known));
            let quantities = quantities.or_insert_with(|| meters.quantities(pool.1, known));
            let quantities = quantities.as_ref().map_err(|unknown| *unknown)?;
            let metered = |name: &&'a str| {
                let owner = allocation.meter_of((*name, pool.1))?;
                Ok((*name, Some(quantities.of(owner, unit)?)))
            };
            let metered = dividend.key.keys().map(metered);
            (Some(known), metered.collect::<Result<BTreeMap<_, _>, Unknown>>()?)
        }
    };
    let cause = cause(dividend.key.values(), &metered);
    let rights = rights(&dividend, &metered)?;
    Ok(Divided { driver, known, rights, currency: dividend.currency, cause })
}

/// The one driver of a key.
fn driver<'a>(dividend: &Dividend<'a>) -> Result<&'a str, Unknown> {
    let mut drivers = dividend.key.values().map(|row| row.driver);
    let first =
        drivers.next().ok_or(Unknown("the allocation key has no recipients in the period"))?;
    let same = drivers.all(|driver| driver == first);
    if same { Ok(first) } else { Err(Unknown("the allocation key has several drivers")) }
}

/// When the usage was cut off by which a pool's parts were made.
fn cut_off(meters: &Meters<'_>, parts: &[&Borne<'_>]) -> Result<i64, Unknown> {
    if parts.iter().any(|part| part.kind == "entity") {
        return Err(Unknown("a recipient is an entity, and meters are owned by cost centres"));
    }
    let known = parts.iter().map(|part| meters.cut_off(part.run));
    let mut known = known.collect::<Result<Vec<_>, _>>()?;
    known.dedup();
    match known.as_slice() {
        [one] => Ok(*one),
        _ => Err(Unknown("the pool's parts are of runs with several cut-offs")),
    }
}

/// Shares and amounts by what was metered.
fn rights<'a>(
    dividend: &Dividend<'a>,
    metered: &BTreeMap<&'a str, Option<i128>>,
) -> Result<BTreeMap<&'a str, Right>, Unknown> {
    let right = weighed(metered.iter().map(|(name, quantity)| (*name, *quantity)))?;
    let stated = weighed(dividend.key.iter().map(|(name, row)| (*name, row.quantity))).ok();
    let shares = share_of_each(&right);
    let by_key = stated.map(|key| share_of_each(&key)).unwrap_or_default();
    let units = shared(&right, dividend.total, Residual::LargestRemainder)?;
    let wide = Unknown("the allocation key has more than 38 digits");
    let one = |(name, (share, residual)): (&&'a str, &(i128, i128))| {
        let units = share.checked_add(*residual).ok_or(wide)?;
        Ok((
            *name,
            Right {
                stated: dividend.key.get(name).and_then(|row| row.quantity),
                metered: metered.get(name).copied().flatten().ok_or(wide)?,
                share: shares.get(name).cloned().ok_or(wide)?,
                by_key: by_key.get(name).cloned(),
                amount: Exact::from_scaled(units, dividend.digits),
            },
        ))
    };
    units.iter().map(one).collect()
}

/// The share of each recipient, rounded to the digits in which shares are stated; nothing for weights
/// that don't fit. A key of zeros divides evenly.
fn share_of_each<'a>(key: &AllocationKey<&'a str>) -> BTreeMap<&'a str, Exact> {
    let even = key.sum() == 0;
    let sum = if even { u128::try_from(key.recipients().len()).unwrap_or(0) } else { key.sum() };
    let share = |(name, weight): &(&'a str, u128)| {
        let weight = if even { 1 } else { i128::try_from(*weight).ok()? };
        let share = Exact::ratio(weight, i128::try_from(sum).ok()?).ok()?;
        Some((*name, share.rounded(Increment::digits(SHARE_SCALE)?, Rounding::HalfEven)))
    };
    key.recipients().iter().filter_map(share).collect()
}

/// Why a key states something else than the meters.
fn cause<'a>(
    key: impl Iterator<Item = &'a Stated<'a>>,
    metered: &BTreeMap<&str, Option<i128>>,
) -> Option<&'static str> {
    let right = |row: &Stated<'_>| metered.get(row.recipient).copied().flatten();
    let wrong: Vec<_> = key.filter(|row| row.quantity != right(row)).collect();
    if wrong.is_empty() {
        return None;
    }
    if !wrong.iter().all(|row| row.late) {
        return Some("key-off-metering");
    }
    let lower = wrong.iter().filter(|row| row.quantity < right(row)).count();
    Some(match lower {
        0 => "key-raised-after-freeze",
        all if all == wrong.len() => "key-lowered-after-freeze",
        _ => "key-changed-after-freeze",
    })
}

impl Divided<'_> {
    /// What is right of the recipient of a part; nothing where the key doesn't name it.
    fn right(&self, allocation: &Allocation<'_>, part: &Borne<'_>) -> Result<Right, Unknown> {
        if allocation.bears_several(part) {
            return Err(Unknown("the recipient has several parts of the pool"));
        }
        if part.currency != self.currency {
            return Err(Unknown("the part is in another currency than its pool"));
        }
        let zero = Exact::zero;
        let nothing =
            || Right { stated: None, metered: 0, share: zero(), by_key: None, amount: zero() };
        Ok(self.rights.get(part.recipient).cloned().unwrap_or_else(nothing))
    }

    /// What explains that a share is off.
    fn class(&self, part: &Borne<'_>, right: &Right) -> &'static str {
        match self.cause {
            _ if !self.rights.contains_key(part.recipient) => "recipient-not-in-key",
            Some(cause) if right.by_key.as_ref() == Some(&part.share) => cause,
            _ => "share-off-key",
        }
    }
}

fn push(
    allocation: &Allocation<'_>,
    part: &Borne<'_>,
    divided: Result<&Divided<'_>, Unknown>,
    tolerance: &Exact,
    output: &mut Output,
) -> Result<(), RunError> {
    let right = divided.and_then(|divided| divided.right(allocation, part));
    let reason = right.as_ref().err().map(|Unknown(reason)| *reason);
    let (divided, right) = (divided.ok(), right.ok());
    let right = right.as_ref();
    let off = |right: &&Right| part.share.minus(&right.share).magnitude() > *tolerance;
    let class = divided.zip(right.filter(off)).map(|(divided, right)| divided.class(part, right));
    let quantity = |units: i128| Exact::from_scaled(units, QUANTITY_SCALE);
    let stated = right.and_then(|right| right.stated).map(quantity);
    let metered = right.map(|right| quantity(right.metered));
    let difference = right.map(|right| part.amount.minus(&right.amount));
    output.push(&[
        Cell::Whole(Some(part.place.0)),
        Cell::Whole(Some(part.place.1)),
        Cell::Text(divided.map(|divided| divided.driver)),
        Cell::Instant(divided.and_then(|divided| divided.known)),
        Cell::Number(stated.as_ref()),
        Cell::Number(metered.as_ref()),
        Cell::Number(Some(&part.share)),
        Cell::Number(right.map(|right| &right.share)),
        Cell::Number(Some(&part.amount)),
        Cell::Number(right.map(|right| &right.amount)),
        Cell::Number(difference.as_ref()),
        Cell::Text(Some(part.currency)),
        Cell::Text(class),
        Cell::Text(reason),
    ])
}
