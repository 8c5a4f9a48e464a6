//! Exchange rates of each month.

use crate::calendar::Date;
use crate::csv::{Table, cell};
use crate::header;
use crate::money::Dec;
use crate::rng::Rng;

/// Monthly rates, invented: pair, month, average, close.
pub(super) struct Exchange(Vec<(&'static str, &'static str, i64, Dec, Dec)>);

impl Exchange {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = Rng::stream(seed, "fx-rates");
        let mut rates = Vec::new();
        for (from, to, low, high) in [
            ("EUR", "CHF", 930_000, 960_000),
            ("CHF", "EUR", 1_042_000, 1_075_000),
            ("EUR", "USD", 1_040_000, 1_180_000),
        ] {
            for month in 1..=12 {
                let mut rate = || Dec::new(i128::from(rng.between(low, high)), 6);
                rates.push((from, to, month, rate(), rate()));
            }
        }
        Self(rates)
    }

    /// The rate of the month's last day.
    pub(super) fn of(&self, from: &str, to: &str, month: i64) -> Dec {
        let found = self.0.iter().find(|r| r.0 == from && r.1 == to && r.2 == month);
        found.map_or(Dec::ZERO, |r| r.4)
    }

    pub(super) fn table(&self) -> Table {
        let mut rows = Vec::new();
        for (from, to, month, average, close) in &self.0 {
            let day = Date::new(2025, month + 1, 1).plus_days(-1);
            for (kind, rate) in [("avg", average), ("close", close)] {
                let source = cell("group treasury");
                rows.push(vec![cell(from), cell(to), cell(day), cell(rate), cell(kind), source]);
            }
        }
        header::FX_RATE.table(rows)
    }
}
