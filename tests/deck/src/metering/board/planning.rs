//! Forecasts, published before the period to each cost centre, and budgets.

use super::columns::{BUDGET, FORECAST};
use crate::calendar::{Date, HOUR};
use crate::csv::{Cell, Table, cell};
use crate::metering::books::{lab, sandbox};
use crate::metering::fault::Class;
use crate::metering::group::{Centre, MONTHS, PROVIDERS, first_day, owner_id, period};
use crate::metering::plan::Plan;
use crate::metering::summary::Summary;
use crate::metering::truth::Planted;
use crate::money::Dec;
use crate::rng::{Rng, at};
use std::collections::BTreeMap;

/// What a provider tells a cost centre, or its laboratory, of a month.
struct Place {
    provider: usize,
    centre: Option<usize>,
    month: i64,
}

impl Place {
    fn id(&self) -> String {
        let charged = self.centre.map(|centre| Centre::at(centre).id());
        charged.unwrap_or_else(|| lab(at(PROVIDERS, self.provider)))
    }

    /// What the month comes to, in hundredths.
    fn cost(&self, seed: u64, sums: &Sums) -> i128 {
        let Some(centre) = self.centre else { return sandbox(seed, self.provider, self.month) };
        sums.get(&(self.provider, centre, self.month)).copied().unwrap_or(0)
    }

    fn row(&self, version: &str, units: i128) -> Vec<Cell> {
        let who = at(PROVIDERS, self.provider);
        vec![
            cell(self.id()),
            cell(who.id()),
            cell(period(self.month)),
            cell(version),
            cell(Dec::new(units, 2)),
            cell(who.currency),
        ]
    }
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for month in 0..MONTHS {
        for (provider, who) in PROVIDERS.iter().enumerate() {
            let mut told = who.charged(month);
            told.extend(who.pooled());
            told.sort_unstable();
            let told = told.into_iter().map(Some).chain([None]);
            places.extend(told.map(|centre| Place { provider, centre, month }));
        }
    }
    places
}

/// Provider, cost centre, month → hundredths charged.
type Sums = BTreeMap<(usize, usize, i64), i128>;

fn charged(summary: &Summary) -> Sums {
    let mut sums = Sums::new();
    for ((run, provider, centre, _), sum) in &summary.direct {
        *sums.entry((*provider, *centre, *run)).or_insert(0) += sum.units_at(2);
    }
    sums
}

/// The datasets `forecast` and `budget`.
///
/// # Errors
/// When no cost centre fits a fault; the text names it.
pub(super) fn tables(
    seed: u64,
    summary: &Summary,
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Vec<Table>, String> {
    let (places, sums) = (places(), charged(summary));
    let mut told: Vec<(i64, String)> = places.iter().map(|p| (p.month, p.id())).collect();
    told.sort_unstable();
    told.dedup();
    let mut untold = Vec::new();
    for place in plan.choose(seed, Class::ForecastMissing, &told, |_| true)? {
        let (month, centre) = at(&told, place);
        let key = [("cost_centre", centre.clone()), ("period", period(*month))];
        facts.push(Planted::of(Class::ForecastMissing, &key, None));
        untold.push((*month, centre));
    }
    let base = Rng::stream(seed, "metering forecasts").number();
    let (mut forecasts, mut budgets) = (Vec::new(), Vec::new());
    for (index, place) in (0..).zip(&places) {
        let percent = i128::from(Rng::indexed(base, index).between(93, 107));
        let expected = place.cost(seed, &sums) * percent / 10_000 * 100;
        if !untold.contains(&(place.month, &place.id())) {
            let first = first_day(place.month);
            let mut row = place.row("1", expected);
            row.push(cell(first.plus_days(-20).start().plus(9 * HOUR)));
            row.push(cell(first.plus_days(-10).start().plus(9 * HOUR)));
            forecasts.push(row);
        }
        budgets.push(budget(seed, place, &sums));
    }
    Ok(vec![FORECAST.table(forecasts), BUDGET.table(budgets)])
}

/// A twelfth of the year and five percent, as its owner approved it in the December before.
fn budget(seed: u64, place: &Place, sums: &Sums) -> Vec<Cell> {
    let january = place.month / 12 * 12;
    let months = (january..january + 12).map(|month| Place { month, ..*place });
    let units = months.map(|p| p.cost(seed, sums)).sum::<i128>() * 105 / 120_000 * 100;
    let (number, ..) = first_day(place.month).civil();
    let mut row = place.row(&number.to_string(), units);
    let [first, _] = at(PROVIDERS, place.provider).pooled();
    row.push(cell(owner_id(place.centre.unwrap_or(first), (january - 1).max(0))));
    row.push(cell(Date::new(number - 1, 12, 11).start().plus(9 * HOUR)));
    row
}
