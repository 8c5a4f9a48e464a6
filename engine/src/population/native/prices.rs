//! Prices as they are declared, and which of them rate a charge.
//!
//! A period is rated by the version in force at its start. Of the versions in force that were known at
//! an instant, the one known last holds, so that a price entered afterwards changes nothing of what was
//! billed before; two known at once contradict each other, and rate nothing.

use super::Unknown;
use super::reading::{self, Reading, text};
use crate::binding::Bound;
use crate::reperform::exact::{Exact, Increment};
use crate::reperform::rating::tiers::{Between, Bounds, Semantics, Tier, TierTable, ZeroUsage};
use crate::reperform::rating::{Charge, Operation, Order, OrderedStep, Terms};
use crate::run::RunError;
use std::collections::BTreeMap;
use tieout_controls::Rounding;

/// When something is in force, and since when that is known.
#[derive(Debug, Clone, Copy)]
struct Validity {
    from: i64,
    to: Option<i64>,
    known: i64,
}

/// A tier as it is declared.
#[derive(Debug, Clone)]
struct TierRow<'a> {
    number: i64,
    from: Exact,
    to: Option<Exact>,
    price: Exact,
    fee: Option<Exact>,
    burst: Option<Exact>,
    block: Option<Exact>,
    currency: &'a str,
    mode: &'a str,
    at: (usize, usize),
}

/// A version of a service's price plan.
#[derive(Debug, Clone)]
pub(crate) struct PlanVersion<'a> {
    pub(crate) version: &'a str,
    pub(crate) mode: &'a str,
    pub(crate) currency: &'a str,
    pub(crate) prorated: bool,
    validity: Validity,
    upper_inclusive: bool,
    free: Exact,
    minimum: Option<Exact>,
    discount: Exact,
    discount_first: bool,
    rounding: Option<(Increment, Rounding)>,
    tiers: Vec<TierRow<'a>>,
    /// Which of the service's plans it is.
    number: usize,
}

/// A rate.
#[derive(Debug, Clone)]
pub(crate) struct Rate<'a> {
    pub(crate) price: Exact,
    pub(crate) currency: &'a str,
    pub(crate) contract_line: Option<&'a str>,
    /// The document that says how it was set, and the change that approved it.
    pub(crate) method: Option<&'a str>,
    pub(crate) approval: Option<&'a str>,
    /// File and row.
    pub(crate) place: (i64, i64),
    /// Which batch of the dataset it is in, and which row of it.
    pub(crate) at: (usize, usize),
    validity: Validity,
}

/// All prices, by service.
#[derive(Debug, Default)]
pub(crate) struct PriceBook<'a> {
    plans: BTreeMap<&'a str, Vec<PlanVersion<'a>>>,
    rates: BTreeMap<&'a str, Vec<Rate<'a>>>,
}

/// The version of a service's price that is in force, and the rate where it has one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'b, 'a> {
    service: &'a str,
    pub(crate) plan: &'b PlanVersion<'a>,
    rate: Option<&'b Rate<'a>>,
}

/// Which service's plan is chosen, and where its rate is read.
pub(crate) type ChosenKey<'a> = (&'a str, usize, Option<(usize, usize)>);

/// What rates a charge.
#[derive(Debug, Clone)]
pub(crate) struct Priced<'b, 'a> {
    pub(crate) plan: &'b PlanVersion<'a>,
    pub(crate) rate: Option<&'b Rate<'a>>,
    /// The terms, the share of the period still to be set.
    pub(crate) terms: Terms,
}

impl<'a> PriceBook<'a> {
    /// Reads the datasets `price-plan`, `price-tier` and `rate-table`.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub(crate) fn read(bound: &Bound<'a>) -> Result<Self, RunError> {
        let mut book = Self::default();
        let mut tiers: BTreeMap<(&str, &str), Vec<TierRow<'a>>> = BTreeMap::new();
        for (number, batch) in reading::batches(bound.role("price-tier")?).enumerate() {
            read_tiers(number, batch, &mut tiers)?;
        }
        for rows in tiers.values_mut() {
            rows.sort_by_key(|tier| tier.number);
        }
        for batch in reading::batches(bound.role("price-plan")?) {
            book.read_plans(batch, &tiers)?;
        }
        for (number, batch) in reading::batches(bound.role("rate-table")?).enumerate() {
            book.read_rates(number, batch)?;
        }
        Ok(book)
    }

    fn read_plans(
        &mut self,
        batch: Reading<'a>,
        tiers: &BTreeMap<(&str, &str), Vec<TierRow<'a>>>,
    ) -> Result<(), RunError> {
        let (services, versions) = (batch.text("service_id")?, batch.text("version")?);
        let (modes, bounds) = (batch.text("mode")?, batch.text("bound")?);
        let (orders, roundings) = (batch.text("discount_order")?, batch.text("rounding_mode")?);
        let (free, minima) = (batch.number("free_units")?, batch.number("minimum")?);
        let (discounts, scales) =
            (batch.number("discount_percent")?, batch.whole("rounding_scale")?);
        let (prorated, currencies) = (batch.flag("prorated")?, batch.text("currency")?);
        let validity = validities(batch)?;
        for (row, validity) in validity.into_iter().enumerate() {
            let (service, version) = (services.value(row), versions.value(row));
            let scale = u32::try_from(scales.value(row)).ok().and_then(Increment::digits);
            let mode = Rounding::named(&roundings.value(row).replace('-', "_"));
            let plans = self.plans.entry(service).or_default();
            plans.push(PlanVersion {
                number: plans.len(),
                version,
                mode: modes.value(row),
                currency: currencies.value(row),
                prorated: prorated.value(row),
                validity,
                upper_inclusive: bounds.value(row) == "upper-inclusive",
                free: free.exact(row).unwrap_or_else(Exact::zero),
                minimum: minima.exact(row),
                discount: discounts.exact(row).unwrap_or_else(Exact::zero),
                discount_first: orders.value(row) == "before-minimum",
                rounding: scale.zip(mode),
                tiers: tiers.get(&(service, version)).cloned().unwrap_or_default(),
            });
        }
        Ok(())
    }

    fn read_rates(&mut self, number: usize, batch: Reading<'a>) -> Result<(), RunError> {
        let services = batch.text("service_id")?;
        let (prices, currencies) = (batch.number("unit_price")?, batch.text("currency")?);
        let lines = batch.text("source_contract_line")?;
        let (methods, approvals) =
            (batch.text("method_doc_id")?, batch.text("approved_change_id")?);
        let (files, rows) = batch.place()?;
        for (row, validity) in validities(batch)?.into_iter().enumerate() {
            self.rates.entry(services.value(row)).or_default().push(Rate {
                price: prices.exact(row).unwrap_or_else(Exact::zero),
                currency: currencies.value(row),
                contract_line: text(lines, row),
                method: text(methods, row),
                approval: text(approvals, row),
                place: (files.value(row), rows.value(row)),
                at: (number, row),
                validity,
            });
        }
        Ok(())
    }

    /// What rates a service's period that starts at `at`, as known at `known`.
    ///
    /// # Errors
    /// [`Unknown`] for a gap, an overlap, and prices that contradict themselves.
    pub(crate) fn priced(
        &self,
        service: &str,
        at: i64,
        known: i64,
    ) -> Result<Priced<'_, 'a>, Unknown> {
        self.chosen(service, at, known)?.priced()
    }

    /// The same before its terms are put together.
    ///
    /// # Errors
    /// [`Unknown`] for a gap and an overlap.
    pub(crate) fn chosen(
        &self,
        service: &str,
        at: i64,
        known: i64,
    ) -> Result<Chosen<'_, 'a>, Unknown> {
        const NONE: Unknown = Unknown("no price plan is in force");
        let (service, plans) = self.plans.get_key_value(service).ok_or(NONE)?;
        let plan =
            in_force(plans, |plan| plan.validity, at, known).map_err(|found| match found {
                Found::Nothing => NONE,
                Found::Several => Unknown("two price plans are in force"),
            })?;
        self.with_rate(service, plan, at, known)
    }

    fn with_rate<'b>(
        &'b self,
        service: &'a str,
        plan: &'b PlanVersion<'a>,
        at: i64,
        known: i64,
    ) -> Result<Chosen<'b, 'a>, Unknown> {
        let rate = if plan.mode == "per-unit" {
            let rates = self.rates.get(service).map(Vec::as_slice).unwrap_or_default();
            let rate = in_force(rates, |rate| rate.validity, at, known);
            Some(rate.map_err(|found| match found {
                Found::Nothing => Unknown("no rate is in force"),
                Found::Several => Unknown("two rates are in force"),
            })?)
        } else {
            None
        };
        Ok(Chosen { service, plan, rate })
    }

    /// What else could rate the service: its other versions and rates, each with the other.
    pub(crate) fn others<'b>(
        &'b self,
        service: &str,
        than: &Priced<'b, 'a>,
    ) -> Vec<Priced<'b, 'a>> {
        let plans = self.plans.get(service).map(Vec::as_slice).unwrap_or_default();
        let rates = self.rates.get(service).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for plan in plans {
            let per_unit = plan.mode == "per-unit";
            let rates: Vec<Option<&Rate<'a>>> =
                if per_unit { rates.iter().map(Some).collect() } else { vec![None] };
            let same_plan = plan.version == than.plan.version
                && plan.validity.known == than.plan.validity.known;
            for rate in rates {
                let same = same_plan && rate.map(|r| r.place) == than.rate.map(|r| r.place);
                if let (false, Ok(terms)) = (same, plan.terms(rate)) {
                    found.push(Priced { plan, rate, terms });
                }
            }
        }
        found
    }

    /// All rates, with their services.
    pub(crate) fn rates(&self) -> impl Iterator<Item = (&'a str, &Rate<'a>)> {
        self.rates.iter().flat_map(|(service, rates)| rates.iter().map(|rate| (*service, rate)))
    }
}

fn validities(batch: Reading<'_>) -> Result<Vec<Validity>, RunError> {
    use datafusion::arrow::array::Array as _;
    let (from, to) = (batch.instant("effective_from")?, batch.instant("effective_to")?);
    let known = batch.instant("known_from")?;
    let validity = |row| Validity {
        from: from.value(row),
        to: to.is_valid(row).then(|| to.value(row)),
        known: if known.is_valid(row) { known.value(row) } else { i64::MIN },
    };
    Ok((0..batch.rows()).map(validity).collect())
}

fn read_tiers<'a>(
    number: usize,
    batch: Reading<'a>,
    found: &mut BTreeMap<(&'a str, &'a str), Vec<TierRow<'a>>>,
) -> Result<(), RunError> {
    let (services, versions) = (batch.text("service_id")?, batch.text("version")?);
    let (numbers, modes) = (batch.whole("tier_no")?, batch.text("mode")?);
    let (from, to) = (batch.number("from_qty")?, batch.number("to_qty")?);
    let (prices, fees) = (batch.number("unit_price")?, batch.number("fixed_fee")?);
    let (bursts, blocks) = (batch.number("burst_multiplier")?, batch.number("block_size")?);
    let currencies = batch.text("currency")?;
    for row in 0..batch.rows() {
        let tier = TierRow {
            number: numbers.value(row),
            from: from.exact(row).unwrap_or_else(Exact::zero),
            to: to.exact(row),
            price: prices.exact(row).unwrap_or_else(Exact::zero),
            fee: fees.exact(row),
            burst: bursts.exact(row),
            block: blocks.exact(row),
            currency: currencies.value(row),
            mode: modes.value(row),
            at: (number, row),
        };
        found.entry((services.value(row), versions.value(row))).or_default().push(tier);
    }
    Ok(())
}

enum Found {
    Nothing,
    Several,
}

fn in_force<T>(
    all: &[T],
    validity: impl Fn(&T) -> Validity,
    at: i64,
    known: i64,
) -> Result<&T, Found> {
    let holds = |one: &&T| {
        let Validity { from, to, known: since } = validity(one);
        since <= known && from <= at && to.is_none_or(|to| at < to)
    };
    let last = all.iter().filter(holds).map(|one| validity(one).known).max();
    let mut found = all.iter().filter(holds).filter(|one| Some(validity(one).known) == last);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Found::Several),
        (None, _) => Err(Found::Nothing),
    }
}

impl<'b, 'a> Chosen<'b, 'a> {
    /// What two that are the same choice have in common.
    pub(crate) fn key(&self) -> ChosenKey<'a> {
        (self.service, self.plan.number, self.rate.map(|rate| rate.at))
    }

    /// With its terms.
    ///
    /// # Errors
    /// [`Unknown`] for prices that contradict themselves.
    pub(crate) fn priced(self) -> Result<Priced<'b, 'a>, Unknown> {
        let Self { plan, rate, .. } = self;
        Ok(Priced { plan, rate, terms: plan.terms(rate)? })
    }
}

impl Rate<'_> {
    /// The first instant at which it is in force.
    pub(crate) fn from(&self) -> i64 {
        self.validity.from
    }

    /// From when to when it is in force, and since when that is known.
    pub(crate) fn validity(&self) -> (i64, Option<i64>, i64) {
        (self.validity.from, self.validity.to, self.validity.known)
    }
}

impl PlanVersion<'_> {
    /// From when to when it is in force, and since when that is known.
    pub(crate) fn validity(&self) -> (i64, Option<i64>, i64) {
        (self.validity.from, self.validity.to, self.validity.known)
    }

    /// Where its tiers are in their dataset.
    pub(crate) fn tiers_at(&self) -> Vec<(usize, usize)> {
        self.tiers.iter().map(|tier| tier.at).collect()
    }

    /// How amounts are rounded, such as `half_even to 0.01`.
    pub(crate) fn rounding_words(&self) -> String {
        self.rounding.map_or_else(
            || "not known".to_owned(),
            |(increment, mode)| format!("{} to {increment}", mode.name()),
        )
    }

    fn terms(&self, rate: Option<&Rate<'_>>) -> Result<Terms, Unknown> {
        let rounding = self.rounding.ok_or(Unknown("the price plan's rounding isn't known"))?;
        let foreign = |currency: &str| currency != self.currency;
        if rate.is_some_and(|rate| foreign(rate.currency))
            || self.tiers.iter().any(|tier| foreign(tier.currency))
        {
            return Err(Unknown("the price plan and its prices are in several currencies"));
        }
        let mut terms = Terms::of(self.charge(rate)?);
        terms.free_units = (!self.free.is_zero()).then(|| self.free.clone());
        terms.minimum.clone_from(&self.minimum);
        let hundredth = Exact::from_scaled(1, 2);
        terms.percentage_discount =
            (!self.discount.is_zero()).then(|| self.discount.times(&hundredth));
        terms.proration = Some(Exact::integer(1));
        terms.order = order(self.discount_first, rounding)?;
        Ok(terms)
    }

    fn charge(&self, rate: Option<&Rate<'_>>) -> Result<Charge, Unknown> {
        if self.tiers.iter().any(|tier| tier.mode != self.mode) {
            return Err(Unknown("the tiers are of another mode than their plan"));
        }
        let first = self.tiers.first().ok_or(Unknown("the price plan has no tiers"));
        Ok(match (self.mode, rate) {
            ("per-unit", Some(rate)) => Charge::PerUnit { unit_price: rate.price.clone() },
            ("graduated" | "burst", _) => Charge::Graduated(self.table()?),
            ("volume", _) => Charge::Volume(self.table()?),
            ("stairstep", _) => Charge::Stairstep(self.table()?),
            ("flat", _) => {
                let fee = first?.fee.clone();
                Charge::Flat { amount: fee.ok_or(Unknown("the flat price has no fee"))? }
            }
            ("package", _) => {
                let tier = first?;
                let size = tier.block.clone().ok_or(Unknown("the package has no size"))?;
                let price = tier.price.clone();
                Charge::Package { size, price, started: Rounding::Up, minimum_packages: 0 }
            }
            _ => return Err(Unknown("the price plan's mode isn't known")),
        })
    }

    fn table(&self) -> Result<TierTable, Unknown> {
        let mut reached = Exact::zero();
        for tier in &self.tiers {
            if tier.from != reached {
                return Err(Unknown("the tiers have a gap or an overlap"));
            }
            reached = tier.to.clone().unwrap_or_else(Exact::zero);
        }
        let tier = |tier: &TierRow<'_>| Tier {
            up_to: tier.to.clone(),
            unit_price: match &tier.burst {
                Some(factor) => tier.price.times(factor),
                None => tier.price.clone(),
            },
            flat_fee: tier.fee.clone().unwrap_or_else(Exact::zero),
            block_size: None,
        };
        TierTable::new(self.tiers.iter().map(tier).collect(), semantics(self.upper_inclusive))
            .map_err(|_| Unknown("the tiers have a gap or an overlap"))
    }
}

/// What bounds mean; the first tier is entered without usage.
pub(crate) fn semantics(upper_inclusive: bool) -> Semantics {
    let upper = Bounds::UpperInclusive(Between::Above);
    Semantics {
        bounds: if upper_inclusive { upper } else { Bounds::UpperExclusive },
        zero_usage: ZeroUsage::FirstTierFee,
        started_block: Rounding::Up,
    }
}

/// The order of operations of a price plan: one rounding, at the end.
pub(crate) fn order(
    discount_first: bool,
    rounding: (Increment, Rounding),
) -> Result<Order, Unknown> {
    use Operation::{Bounds, FreeUnits, PercentageDiscount, Proration, Tiers};
    let (one, other) =
        if discount_first { (PercentageDiscount, Bounds) } else { (Bounds, PercentageDiscount) };
    let step = |operation| OrderedStep {
        operation,
        rounding: (operation == Proration).then_some(rounding),
    };
    Order::new([FreeUnits, Tiers, one, other, Proration].map(step).to_vec())
        .map_err(|_| Unknown("the order of operations makes no sense"))
}
