//! Benchmarks: what independent companies that provide such services earn on their costs, and where
//! the providers' net cost plus lies in the range of it.

use super::entries::POOLED;
use super::fault::Class;
use super::group::{MONTHS, PROVIDERS};
use super::invoice::Bill;
use super::plan::Plan;
use super::ratio::{Mode, Ratio};
use super::truth::Planted;
use crate::csv::{Format, Table, cell};
use crate::money::Dec;
use crate::rng::{Rng, at};

/// Months of a fiscal year.
const YEAR: i64 = 12;

/// The comparables of a provider and fiscal year: net cost plus in 10^-4, in ascending order.
struct Benchmark {
    provider: usize,
    year: i64,
    results: Vec<i64>,
}

impl Benchmark {
    /// A set whose interquartile range reaches from below five percent to above eight: the agreed
    /// mark-up lies in it, and so does one of eight percent.
    fn draw(seed: u64, provider: usize, year: i64) -> Self {
        let mut rng = Rng::stream(seed, &format!("metering benchmark {provider} {year}"));
        let count = rng.between(8, 13);
        // More than a quarter lies below the range's middle part, more than a quarter above.
        let third = (count + 2) / 3;
        let mut results: Vec<i64> = (0..count)
            .map(|place| match place {
                low if low < third => rng.between(150, 480),
                high if high >= count - third => rng.between(830, 1_600),
                _ => rng.between(490, 820),
            })
            .collect();
        results.sort_unstable();
        Self { provider, year, results }
    }

    fn period(&self) -> String {
        format!("{}", 2024 + self.year)
    }

    fn entity(&self) -> &'static str {
        at(PROVIDERS, self.provider).id()
    }

    fn id(&self) -> String {
        format!("BM-{}-{}", self.entity(), self.period())
    }

    /// The lowest result such that so many percent of the results are at or below it; if exactly so
    /// many are, the mean of it and the next (26 CFR 1.482-1(e)(2)(iii)(C)).
    fn percentile(&self, percent: usize) -> Ratio {
        let share = self.results.len() * percent;
        let result = |place: usize| i128::from(*at(&self.results, place));
        if share.is_multiple_of(100) {
            let place = share / 100;
            return Ratio::new(result(place - 1) + result(place), 20_000);
        }
        Ratio::new(result(share / 100), 10_000)
    }

    /// Revenue from pooled cost in the year, and that cost, in hundredths.
    fn sums(&self, bills: &[Bill]) -> (i128, i128) {
        let own = |b: &&Bill| (b.provider, b.month / YEAR) == (self.provider, self.year);
        let charges = bills.iter().filter(own).flat_map(Bill::charges);
        let pooled = charges.filter(|(what, ..)| *what == POOLED);
        pooled.fold((0, 0), |(revenue, cost), (_, own, net, _)| (revenue + net, cost + own))
    }
}

/// The dataset `benchmark`.
///
/// # Errors
/// When no provider's year fits a fault; the text names it.
pub(crate) fn table(
    seed: u64,
    bills: &[Bill],
    plan: &Plan,
    facts: &mut Vec<Planted>,
) -> Result<Table, String> {
    let mut sets = Vec::new();
    for provider in 0..PROVIDERS.len() {
        sets.extend((0..MONTHS / YEAR).map(|year| Benchmark::draw(seed, provider, year)));
    }
    let costs = |set: &Benchmark| set.sums(bills).1 > 0;
    for place in plan.choose(seed, Class::NcpOutside, &sets, costs)? {
        let Some(set) = sets.get_mut(place) else { continue };
        // The comparables earn seven points more: the lower quartile lies above eight percent.
        set.results.iter_mut().for_each(|result| *result += 700);
        let (revenue, cost) = set.sums(bills);
        let median = Ratio::new(1, 1).plus(set.percentile(50));
        let right = Ratio::of(Dec::new(cost, 2)).times(median).rounded(2, Mode::HalfUp);
        let key = [("entity", set.entity().to_owned()), ("period", set.period())];
        let amount = Dec::new(revenue, 2).minus(right);
        let currency = at(PROVIDERS, set.provider).currency;
        facts.push(Planted::of(Class::NcpOutside, &key, Some((amount, currency))));
    }
    let mut rows = Vec::new();
    for set in &sets {
        for (number, result) in set.results.iter().enumerate() {
            rows.push(vec![
                cell(set.id()),
                cell(set.period()),
                cell(set.entity()),
                cell(format!("Independent {}", number + 1)),
                cell(Dec::new(i128::from(*result), 4)),
                cell(format!("BENCHMARK-{}", set.period())),
            ]);
        }
    }
    Ok(Table {
        role: "benchmark",
        format: Format::Csv,
        columns: &["benchmark_id", "period", "entity", "comparable", "net_cost_plus", "source_doc"],
        money: &[],
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(results: &[i64]) -> Benchmark {
        Benchmark { provider: 0, year: 0, results: results.to_vec() }
    }

    /// With eleven results the quartiles are the third and the ninth; with eight each is the mean of two.
    #[test]
    fn percentiles_by_hand() {
        let eleven = set(&[100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_100]);
        for (percent, result) in [(25, 300), (50, 600), (75, 900)] {
            assert_eq!(eleven.percentile(percent), Ratio::new(result, 10_000), "{percent}");
        }
        let eight = set(&[100, 200, 300, 400, 500, 600, 700, 800]);
        for (percent, result) in [(25, 250), (50, 450), (75, 650)] {
            assert_eq!(eight.percentile(percent), Ratio::new(result, 10_000), "{percent}");
        }
    }

    #[test]
    fn the_range_holds_five_and_eight_percent_until_it_is_raised() {
        for seed in 0..500 {
            let mut drawn = Benchmark::draw(seed, 1, 1);
            assert!((8..=13).contains(&drawn.results.len()));
            let lies = |set: &Benchmark, result: i128| {
                let result = Ratio::new(result, 10_000);
                !set.percentile(25).exceeds(result) && !result.exceeds(set.percentile(75))
            };
            assert!(lies(&drawn, 495) && lies(&drawn, 805), "{seed}");
            drawn.results.iter_mut().for_each(|result| *result += 700);
            assert!(!lies(&drawn, 805), "{seed}");
        }
    }
}
