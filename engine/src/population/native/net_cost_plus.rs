//! The native population `net-cost-plus`: each provider's fiscal year, with what it earned on its costs
//! beside the arm's length range of its comparables.
//!
//! An entry belongs to the year that its period begins with: `2025-03` to `2025`.

use super::output::{AMOUNT_SCALE, Cell, Column, Kind, Output, SHARE_SCALE, fits, schema};
use super::reading::{self, text};
use super::{Native, NativeGrain, Request};
use crate::binding::Bound;
use crate::reperform::exact::{Exact, Increment};
use crate::reperform::rounding::Scale;
use crate::reperform::transfer_pricing::net_cost_plus;
use crate::reperform::transfer_pricing::range::{Position, Range, Rule};
use crate::run::RunError;
use datafusion::arrow::record_batch::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Rounding;

/// The population.
pub(super) const NATIVE: Native = Native {
    name: "net-cost-plus",
    grain: NativeGrain::Group(&["entity", "period"]),
    roles: &["intercompany", "cost-pool", "benchmark"],
    schema: || schema(COLUMNS),
    batches,
};

const COLUMNS: &[Column] = &[
    Column("entity", Kind::Text, false),
    Column("period", Kind::Text, false),
    Column("_records", Kind::Whole, false),
    Column("charges", Kind::Whole, false),
    Column("cost", Kind::Amount("currency"), true),
    Column("net_cost_plus", Kind::Share, true),
    Column("comparables", Kind::Whole, false),
    Column("lower", Kind::Share, true),
    Column("median", Kind::Share, true),
    Column("upper", Kind::Share, true),
    Column("in_range", Kind::Flag, true),
    Column("actual", Kind::Amount("currency"), true),
    Column("expected", Kind::Amount("currency"), true),
    Column("difference", Kind::Amount("currency"), true),
    Column("class", Kind::Text, true),
    Column("currency", Kind::Text, true),
    Column("reason", Kind::Text, true),
];

const OUTSIDE: &str = "ncp-outside-range";
const TOO_LONG: &str = "amounts of more than 38 digits";

/// A pool: its cost and the part passed through, in its currency.
struct Pool<'a> {
    cost: Option<Exact>,
    through: Option<Exact>,
    currency: &'a str,
}

/// What an entity sold in a year.
struct Year<'a> {
    entries: i64,
    charges: i64,
    pools: BTreeSet<(&'a str, &'a str)>,
    /// Those of its charges, and of the pools behind them.
    currencies: BTreeSet<&'a str>,
    /// Σ of charges less what was passed through, and of pools likewise; none for what has more than 38
    /// digits.
    revenue: Option<Exact>,
    cost: Option<Exact>,
    reason: Option<&'static str>,
}

/// The comparables of an entity and year.
#[derive(Default)]
struct Study<'a> {
    ids: BTreeSet<&'a str>,
    names: BTreeSet<&'a str>,
    results: Vec<Option<Exact>>,
}

/// A year beside its range.
struct Found {
    range: Range,
    ratio: Exact,
    inside: bool,
    expected: Exact,
    difference: Exact,
}

type Pools<'a> = BTreeMap<(&'a str, &'a str), Vec<Pool<'a>>>;
type Years<'a> = BTreeMap<(&'a str, &'a str), Year<'a>>;
type Studies<'a> = BTreeMap<(&'a str, &'a str), Study<'a>>;

fn batches(request: &Request<'_>) -> Result<Vec<RecordBatch>, RunError> {
    let category = request.control.parameters.get("category").map(|p| p.value.as_str());
    let years = years(request.bound, category)?;
    let studies = studies(request.bound)?;
    let mut output = Output::new(COLUMNS);
    for ((entity, period), year) in years {
        if request.progress.cancelled() {
            return Err(RunError::Interrupted);
        }
        year.write((entity, period), studies.get(&(entity, period)), &mut output)?;
    }
    output.finish()
}

fn pools<'a>(bound: &Bound<'a>) -> Result<Pools<'a>, RunError> {
    let mut pools = Pools::new();
    for batch in reading::batches(bound.role("cost-pool")?) {
        let (ids, periods) = (batch.text("pool_id")?, batch.text("period")?);
        let (costs, through) = (batch.number("amount")?, batch.number("pass_through")?);
        let currencies = batch.text("currency")?;
        for row in 0..batch.rows() {
            pools.entry((ids.value(row), periods.value(row))).or_default().push(Pool {
                cost: costs.exact(row),
                through: through.exact(row),
                currency: currencies.value(row),
            });
        }
    }
    Ok(pools)
}

/// The base by seller and year: the sellers' entries of the category are its charges; where none is
/// stated, all of them.
fn years<'a>(bound: &Bound<'a>, category: Option<&str>) -> Result<Years<'a>, RunError> {
    let pools = pools(bound)?;
    let mut years = Years::new();
    for batch in reading::batches(bound.base()?) {
        let (sellers, periods) = (batch.text("seller")?, batch.text("period")?);
        let (sides, categories) = (batch.text("side")?, batch.text("category")?);
        let (ids, amounts) = (batch.text("pool_id")?, batch.number("txn_amount")?);
        let currencies = batch.text("txn_ccy")?;
        for row in 0..batch.rows() {
            let period = periods.value(row);
            let year = period.split('-').next().unwrap_or(period);
            let year: &mut Year<'_> = years.entry((sellers.value(row), year)).or_default();
            year.entries += 1;
            if sides.value(row) != "AR" || category.is_some_and(|c| c != categories.value(row)) {
                continue;
            }
            let pool = text(ids, row).map(|id| (id, period));
            year.charge(amounts.exact(row), currencies.value(row), pool, &pools);
        }
    }
    Ok(years)
}

fn studies<'a>(bound: &Bound<'a>) -> Result<Studies<'a>, RunError> {
    let mut studies = Studies::new();
    for batch in reading::batches(bound.role("benchmark")?) {
        let (ids, names) = (batch.text("benchmark_id")?, batch.text("comparable")?);
        let (entities, periods) = (batch.text("entity")?, batch.text("period")?);
        let results = batch.number("net_cost_plus")?;
        for row in 0..batch.rows() {
            let key = (entities.value(row), periods.value(row));
            let study: &mut Study<'_> = studies.entry(key).or_default();
            study.ids.insert(ids.value(row));
            study.names.insert(names.value(row));
            study.results.push(results.exact(row));
        }
    }
    Ok(studies)
}

impl Default for Year<'_> {
    fn default() -> Self {
        Self {
            entries: 0,
            charges: 0,
            pools: BTreeSet::new(),
            currencies: BTreeSet::new(),
            revenue: Some(Exact::zero()),
            cost: Some(Exact::zero()),
            reason: None,
        }
    }
}

impl<'a> Year<'a> {
    /// Adds a charge with the pool behind it.
    fn charge(
        &mut self,
        amount: Option<Exact>,
        currency: &'a str,
        pool: Option<(&'a str, &'a str)>,
        pools: &Pools<'a>,
    ) {
        self.charges += 1;
        self.currencies.insert(currency);
        let Some(key) = pool else { return self.cannot("a charge names no cost pool") };
        if !self.pools.insert(key) {
            return self.cannot("two charges name one cost pool");
        }
        let pool = match pools.get(&key).map(Vec::as_slice) {
            Some([pool]) => pool,
            Some(_) => return self.cannot("the cost pool of a charge is there twice"),
            None => return self.cannot("the cost pool of a charge isn't there"),
        };
        self.currencies.insert(pool.currency);
        let less = |whole: &Option<Exact>| Some(whole.as_ref()?.minus(pool.through.as_ref()?));
        let add = |sum: Option<Exact>, part: Option<Exact>| Some(sum?.plus(&part?));
        self.revenue = add(self.revenue.take(), less(&amount));
        self.cost = add(self.cost.take(), less(&pool.cost));
    }

    /// Keeps the first reason why the year can't be judged.
    fn cannot(&mut self, reason: &'static str) {
        self.reason.get_or_insert(reason);
    }

    fn currency(&self) -> Option<&'a str> {
        self.currencies.first().copied().filter(|_| self.currencies.len() == 1)
    }

    /// The year beside its range.
    ///
    /// # Errors
    /// Why it can't be told.
    fn found(&self, study: Option<&Study<'_>>) -> Result<Found, String> {
        if let Some(reason) = self.reason {
            return Err(reason.to_owned());
        }
        let currency = self.currency().ok_or("charges and pools in several currencies")?;
        let (revenue, cost) = self.revenue.as_ref().zip(self.cost.as_ref()).ok_or(TOO_LONG)?;
        let range = study.ok_or("there is no benchmark for the year")?.range()?;
        let increment = Scale::MinorUnit.increment(currency).map_err(|e| e.to_string())?;
        let ratio = net_cost_plus(revenue, cost).map_err(|e| e.to_string())?;
        let inside = range.position(&ratio, Rule::UsInterquartile) == Position::Inside;
        let due = range.revenue_adjustment(revenue, cost, Rule::UsInterquartile);
        let due = revenue.plus(&due.map_err(|e| e.to_string())?);
        let expected = if inside { due } else { due.rounded(increment, Rounding::HalfUp) };
        let ratio = shown(&ratio).ok_or(TOO_LONG)?;
        let difference = revenue.minus(&expected);
        let amounts = [cost, revenue, &expected, &difference];
        let shares = [&range.lower, &range.median, &range.upper, &ratio];
        let fit = amounts.iter().all(|n| fits(n, AMOUNT_SCALE))
            && shares.iter().all(|n| fits(n, SHARE_SCALE));
        if fit {
            Ok(Found { range, ratio, inside, expected, difference })
        } else {
            Err(TOO_LONG.to_owned())
        }
    }

    fn write(
        &self,
        (entity, period): (&str, &str),
        study: Option<&Study<'_>>,
        output: &mut Output,
    ) -> Result<(), RunError> {
        let found = self.found(study);
        let known = found.as_ref().ok();
        let outside = known.is_some_and(|f| !f.inside);
        let reason = found.as_ref().err().map(String::as_str);
        output.push(&[
            Cell::Text(Some(entity)),
            Cell::Text(Some(period)),
            Cell::Whole(Some(self.entries)),
            Cell::Whole(Some(self.charges)),
            Cell::Number(self.cost.as_ref().filter(|_| known.is_some())),
            Cell::Number(known.map(|f| &f.ratio)),
            Cell::Whole(i64::try_from(study.map_or(0, |s| s.results.len())).ok()),
            Cell::Number(known.map(|f| &f.range.lower)),
            Cell::Number(known.map(|f| &f.range.median)),
            Cell::Number(known.map(|f| &f.range.upper)),
            Cell::Flag(known.map(|f| f.inside)),
            Cell::Number(self.revenue.as_ref().filter(|_| known.is_some())),
            Cell::Number(known.map(|f| &f.expected)),
            Cell::Number(known.map(|f| &f.difference)),
            Cell::Text(outside.then_some(OUTSIDE)),
            Cell::Text(self.currency()),
            Cell::Text(reason.filter(|_| self.charges > 0)),
        ])
    }
}

impl Study<'_> {
    /// The range of its results.
    ///
    /// # Errors
    /// Why there is none.
    fn range(&self) -> Result<Range, String> {
        if self.ids.len() > 1 {
            return Err("there are two benchmarks for the year".to_owned());
        }
        if self.names.len() < self.results.len() {
            return Err("a comparable is in the benchmark twice".to_owned());
        }
        let results: Option<Vec<Exact>> = self.results.iter().cloned().collect();
        Range::of(&results.ok_or(TOO_LONG)?).map_err(|e| e.to_string())
    }
}

/// A ratio as it is shown, to 18 digits behind the point; what is decided is decided of the exact one.
fn shown(ratio: &Exact) -> Option<Exact> {
    Some(ratio.rounded(Increment::digits(SHARE_SCALE)?, Rounding::HalfEven))
}
