//! What the small tables need of usage and charges: sums, few however many rows there are.

use super::meter::Kind;
use super::truth::Planted;
use super::unit::Unit;
use crate::money::{Dec, Totals};
use std::collections::BTreeMap;

/// A batch of usage: whether the agent sent it, what is in it, the month.
pub(crate) type BatchKey = (bool, &'static str, i64);

/// Of a service in a month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metered {
    /// Σ amounts of original charges.
    pub(crate) charged: Dec,
    /// What was metered and known at the cut-off, in 10^-4.
    pub(crate) known: i128,
    /// Rows of usage.
    pub(crate) rows: u64,
}

impl Metered {
    const NONE: Self = Self { charged: Dec::new(0, 2), known: 0, rows: 0 };

    fn plus(self, other: Self) -> Self {
        Self {
            charged: self.charged.plus(other.charged),
            known: self.known + other.known,
            rows: self.rows + other.rows,
        }
    }
}

/// A charge on an invoice, as a dispute names it.
#[derive(Debug, Clone)]
pub(crate) struct Billed {
    pub(crate) charge: String,
    pub(crate) centre: usize,
    pub(crate) invoice: String,
    pub(crate) line: i64,
    pub(crate) amount: Dec,
}

/// Sums over resources' months.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) usage_rows: u64,
    pub(crate) charge_rows: u64,
    pub(crate) totals: Totals,
    /// Run, provider, cost centre, category → Σ amounts.
    pub(crate) direct: BTreeMap<(i64, usize, usize, usize), Dec>,
    /// Month, provider, cost centre → Σ amounts of charges for the month that the next run made.
    pub(crate) late: BTreeMap<(i64, usize, usize), Dec>,
    /// Month, cost centre, unit → what was metered and known at the cut-off, in 10^-4.
    pub(crate) drivers: BTreeMap<(i64, usize, &'static str), i128>,
    /// Month, service → its sums.
    pub(crate) services: BTreeMap<(i64, usize), Metered>,
    /// Service, version → by how much charges are off the contract's price.
    pub(crate) off_contract: BTreeMap<(usize, String), Dec>,
    /// Service, version → charges that cost something else by the prices known now, and by how much they
    /// were more.
    pub(crate) retroactive: BTreeMap<(usize, String), (u64, Dec)>,
    /// Batch → rows, and Σ quantity.
    pub(crate) batches: BTreeMap<BatchKey, (u64, i128)>,
    /// Service, run → the first original charge that is on an invoice and carries no fault.
    pub(crate) billed: BTreeMap<(usize, i64), Billed>,
    pub(crate) facts: Vec<Planted>,
}

/// What a row's batch holds.
pub(crate) fn batch_kind(kind: Kind, late: bool) -> &'static str {
    match (kind, late) {
        (Kind::Corrected, _) => "C",
        (Kind::Estimated(_), _) => "E",
        (Kind::Measured, true) => "L",
        (Kind::Measured, false) => "M",
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Dec>, key: K, amount: Dec) {
    let sum = sums.entry(key).or_insert(Dec::cents(0));
    *sum = sum.plus(amount);
}

impl Summary {
    pub(crate) fn add(&mut self, unit: &mut Unit<'_>) {
        for row in &unit.usage {
            let key = (row.agent, batch_kind(row.kind, row.late), unit.month);
            let (rows, sum) = self.batches.entry(key).or_default();
            (*rows, *sum) = (*rows + 1, *sum + row.quantity);
            self.usage_rows += 1;
        }
        let service = unit.service;
        *self.drivers.entry((unit.month, unit.centre, service.unit())).or_default() += unit.known;
        let originals = unit.charges.iter().filter(|c| c.reason == "original");
        let metered = Metered {
            charged: originals.fold(Dec::cents(0), |sum, c| sum.plus(c.rated.amount)),
            known: unit.known,
            rows: if unit.unknown { 0 } else { u64::try_from(unit.usage.len()).unwrap_or(0) },
        };
        let sums = self.services.entry((unit.month, service.number)).or_insert(Metered::NONE);
        *sums = sums.plus(metered);
        for charge in &unit.charges {
            self.charge_rows += 1;
            let currency = service.currency();
            self.totals.add("amount", currency, charge.rated.amount);
            self.totals.add("list_amount", currency, charge.rated.list);
            self.totals.add("discount", currency, charge.rated.discount);
            if let Some(minimum) = service.plan.minimum {
                self.totals.add("minimum", currency, minimum);
            }
            let key = (charge.run, service.provider, unit.centre, service.category);
            add(&mut self.direct, key, charge.rated.amount);
            if charge.reason == "late" {
                let key = (unit.month, service.provider, unit.centre);
                add(&mut self.late, key, charge.rated.amount);
            }
        }
        if unit.version.contract.is_some() {
            let key = (service.number, unit.version.label.clone());
            add(&mut self.off_contract, key, unit.off_contract);
        }
        if unit.retroactive.0 > 0 {
            let key = (service.number, unit.version.label.clone());
            self.add_retroactive(key, unit.retroactive);
        }
        if unit.facts.is_empty() {
            self.add_billed(unit);
        }
        self.facts.append(&mut unit.facts);
    }

    fn add_billed(&mut self, unit: &Unit<'_>) {
        for charge in unit.charges.iter().filter(|c| c.reason == "original") {
            let Some((invoice, line)) = unit.invoice(charge.run) else { continue };
            self.billed.entry((unit.service.number, charge.run)).or_insert_with(|| Billed {
                charge: unit.charge_id(charge.suffix),
                centre: unit.centre,
                invoice,
                line,
                amount: charge.rated.amount,
            });
        }
    }

    fn add_retroactive(&mut self, key: (usize, String), (count, amount): (u64, Dec)) {
        let sums = self.retroactive.entry(key).or_insert((0, Dec::cents(0)));
        *sums = (sums.0 + count, sums.1.plus(amount));
    }

    /// Adds the sums of other months.
    pub(crate) fn join(&mut self, other: Self) {
        self.usage_rows += other.usage_rows;
        self.charge_rows += other.charge_rows;
        for (column, sums) in other.totals.0 {
            sums.into_iter().for_each(|(currency, sum)| self.totals.add(column, &currency, sum));
        }
        other.direct.into_iter().for_each(|(key, sum)| add(&mut self.direct, key, sum));
        other.off_contract.into_iter().for_each(|(key, sum)| add(&mut self.off_contract, key, sum));
        other.late.into_iter().for_each(|(key, sum)| add(&mut self.late, key, sum));
        for (key, sum) in other.drivers {
            *self.drivers.entry(key).or_default() += sum;
        }
        for (key, metered) in other.services {
            let sums = self.services.entry(key).or_insert(Metered::NONE);
            *sums = sums.plus(metered);
        }
        for (key, (rows, quantity)) in other.batches {
            let sums = self.batches.entry(key).or_default();
            *sums = (sums.0 + rows, sums.1 + quantity);
        }
        other.retroactive.into_iter().for_each(|(key, sums)| self.add_retroactive(key, sums));
        for (key, billed) in other.billed {
            self.billed.entry(key).or_insert(billed);
        }
        self.facts.extend(other.facts);
    }
}
