//! Pools of cost, the keys by which they are divided, and the parts that recipients bear.

use super::Unknown;
use super::reading::{self, Reading, text};
use super::usage::QUANTITY_SCALE;
use crate::binding::Bound;
use crate::reperform::exact::Exact;
use crate::run::RunError;
use datafusion::arrow::array::Array as _;
use std::collections::{BTreeMap, BTreeSet};

/// The roles that are read.
pub(crate) const ROLES: [&str; 3] = ["allocation-result", "cost-pool", "allocation-key"];

/// The name of a pool or a key, and the period.
pub(crate) type Dated<'a> = (&'a str, &'a str);

/// A pool of a period.
#[derive(Debug, Clone)]
pub(crate) struct Pool<'a> {
    pub(crate) amount: Exact,
    pub(crate) currency: &'a str,
    /// The cost centre whose charges are pooled.
    centre: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    pub(crate) step: Option<i64>,
}

/// What a key says of a recipient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated<'a> {
    pub(crate) recipient: &'a str,
    pub(crate) driver: &'a str,
    /// In 10^-10; none for what doesn't fit 128 bits.
    pub(crate) quantity: Option<i128>,
    /// Whether it was recorded after the key was frozen.
    pub(crate) late: bool,
}

/// The part of a pool that a recipient bears.
#[derive(Debug, Clone)]
pub(crate) struct Borne<'a> {
    pub(crate) pool: Dated<'a>,
    pub(crate) recipient: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) key: &'a str,
    pub(crate) share: Exact,
    pub(crate) amount: Exact,
    pub(crate) adjustment: Exact,
    pub(crate) currency: &'a str,
    pub(crate) run: &'a str,
    /// File and row.
    pub(crate) place: (i64, i64),
}

/// Everything that is allocated.
#[derive(Debug, Default)]
pub(crate) struct Allocation<'a> {
    pools: BTreeMap<Dated<'a>, Vec<Pool<'a>>>,
    keys: BTreeMap<Dated<'a>, Vec<Stated<'a>>>,
    /// All parts in the order of the dataset.
    pub(crate) parts: Vec<Borne<'a>>,
    /// The places of each pool's parts, and of the parts that pools bear, by the one that bears.
    given: BTreeMap<Dated<'a>, Vec<usize>>,
    received: BTreeMap<Dated<'a>, Vec<usize>>,
    /// Pools with the recipients that have several parts of them.
    several: BTreeSet<(Dated<'a>, &'a str)>,
}

impl<'a> Allocation<'a> {
    /// Reads the datasets of [`ROLES`].
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(bound: &Bound<'a>) -> Result<Self, RunError> {
        let mut found = Self::default();
        reading::batches(bound.role("cost-pool")?).try_for_each(|b| found.read_pools(b))?;
        reading::batches(bound.role("allocation-key")?).try_for_each(|b| found.read_keys(b))?;
        let results = bound.role("allocation-result")?;
        reading::batches(results).try_for_each(|batch| found.read_parts(batch))?;
        let mut seen = BTreeSet::new();
        for (place, part) in found.parts.iter().enumerate() {
            if !seen.insert((part.pool, part.recipient)) {
                found.several.insert((part.pool, part.recipient));
            }
            found.given.entry(part.pool).or_default().push(place);
            if part.kind == "pool" {
                found.received.entry((part.recipient, part.pool.1)).or_default().push(place);
            }
        }
        Ok(found)
    }

    fn read_pools(&mut self, batch: Reading<'a>) -> Result<(), RunError> {
        let (ids, periods) = (batch.text("pool_id")?, batch.text("period")?);
        let (amounts, currencies) = (batch.number("amount")?, batch.text("currency")?);
        let (centres, keys) = (batch.text("cost_centre")?, batch.text("key_id")?);
        let steps = batch.whole("step")?;
        for row in 0..batch.rows() {
            let key = (ids.value(row), periods.value(row));
            self.pools.entry(key).or_default().push(Pool {
                amount: amounts.exact(row).unwrap_or_else(Exact::zero),
                currency: currencies.value(row),
                centre: text(centres, row),
                key: text(keys, row),
                step: steps.is_valid(row).then(|| steps.value(row)),
            });
        }
        Ok(())
    }

    fn read_keys(&mut self, batch: Reading<'a>) -> Result<(), RunError> {
        let (ids, periods) = (batch.text("key_id")?, batch.text("period")?);
        let (recipients, drivers) = (batch.text("recipient")?, batch.text("driver")?);
        let quantities = batch.number("driver_qty")?;
        let (recorded, frozen) = (batch.instant("recorded_at")?, batch.instant("frozen_at")?);
        for row in 0..batch.rows() {
            let late = frozen.is_valid(row) && recorded.value(row) > frozen.value(row);
            self.keys.entry((ids.value(row), periods.value(row))).or_default().push(Stated {
                recipient: recipients.value(row),
                driver: drivers.value(row),
                quantity: quantities.scaled(row, QUANTITY_SCALE),
                late,
            });
        }
        Ok(())
    }

    fn read_parts(&mut self, batch: Reading<'a>) -> Result<(), RunError> {
        let (pools, periods) = (batch.text("pool_id")?, batch.text("period")?);
        let (recipients, kinds) = (batch.text("recipient")?, batch.text("recipient_kind")?);
        let (keys, runs) = (batch.text("key_id")?, batch.text("run_id")?);
        let (shares, amounts) = (batch.number("share")?, batch.number("amount")?);
        let (adjustments, currencies) = (batch.number("rounding_adj")?, batch.text("currency")?);
        let (files, rows) = batch.place()?;
        for row in 0..batch.rows() {
            self.parts.push(Borne {
                pool: (pools.value(row), periods.value(row)),
                recipient: recipients.value(row),
                kind: kinds.value(row),
                key: keys.value(row),
                share: shares.exact(row).unwrap_or_else(Exact::zero),
                amount: amounts.exact(row).unwrap_or_else(Exact::zero),
                adjustment: adjustments.exact(row).unwrap_or_else(Exact::zero),
                currency: currencies.value(row),
                run: runs.value(row),
                place: (files.value(row), rows.value(row)),
            });
        }
        Ok(())
    }

    /// The pools that have parts, each with its parts in the order of the dataset.
    pub(crate) fn divided(&self) -> impl Iterator<Item = (Dated<'a>, Vec<&Borne<'a>>)> {
        let parts = |places: &Vec<usize>| -> Vec<&Borne<'a>> {
            places.iter().filter_map(|at| self.parts.get(*at)).collect()
        };
        self.given.iter().map(move |(pool, places)| (*pool, parts(places)))
    }

    /// The pool of that name and period.
    ///
    /// # Errors
    /// Where there is none, or several.
    pub(crate) fn pool(&self, pool: Dated<'a>) -> Result<&Pool<'a>, Unknown> {
        match self.pools.get(&pool).map(Vec::as_slice) {
            Some([one]) => Ok(one),
            Some([_, ..]) => Err(Unknown("the cost pool is there twice")),
            _ => Err(Unknown("there is no such cost pool in the period")),
        }
    }

    /// The parts that a pool bears.
    pub(crate) fn received(&self, pool: Dated<'a>) -> impl Iterator<Item = &Borne<'a>> {
        let places = self.received.get(&pool).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|at| self.parts.get(*at))
    }

    /// What a key says, in the order of the dataset.
    pub(crate) fn stated(&self, key: Dated<'a>) -> &[Stated<'a>] {
        self.keys.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The cost centre whose meters count for a recipient: a pool's own, else the recipient itself.
    ///
    /// # Errors
    /// For a pool that has none, or is there twice.
    pub(crate) fn meter_of(&self, recipient: Dated<'a>) -> Result<&'a str, Unknown> {
        if !self.pools.contains_key(&recipient) {
            return Ok(recipient.0);
        }
        let pooled = self.pool(recipient)?.centre;
        pooled.ok_or(Unknown("a pool that bears a part has no cost centre, whose meters count"))
    }

    /// Whether the recipient of a part has several of the pool: nobody can say which is right.
    pub(crate) fn bears_several(&self, part: &Borne<'_>) -> bool {
        self.several.contains(&(part.pool, part.recipient))
    }
}
