//! Exchange rates: one a day for each pair that is booked.

use super::group::{MONTHS, first_day};
use crate::calendar::Date;
use crate::csv::{Table, cell};
use crate::header;
use crate::money::Dec;
use crate::rng::Rng;

/// From, to, and about how many millionths.
const PAIRS: &[(&str, &str, i64)] =
    &[("EUR", "GBP", 850_000), ("CHF", "GBP", 890_000), ("CHF", "USD", 1_130_000)];

/// The price of one unit of a currency on a day, with six digits; 1 between the same.
pub(crate) fn rate(seed: u64, from: &str, to: &str, day: Date) -> Dec {
    let pair = PAIRS.iter().find(|(f, t, _)| (*f, *t) == (from, to));
    let Some((.., about)) = pair else { return Dec::new(1, 0) };
    let base = Rng::stream(seed, &format!("metering fx {from} {to}")).number();
    let mut rng = Rng::indexed(base, day.days().unsigned_abs());
    Dec::new(i128::from(about + rng.between(-20_000, 20_000)), 6)
}

/// The dataset `fx-rate`.
pub(crate) fn table(seed: u64) -> Table {
    let mut rows = Vec::new();
    for (from, to, _) in PAIRS {
        let mut day = first_day(0);
        while day < first_day(MONTHS + 1) {
            let rate = rate(seed, from, to, day);
            let source = cell("central bank, reference rate");
            rows.push(vec![cell(from), cell(to), cell(day), cell(rate), cell("spot"), source]);
            day = day.plus_days(1);
        }
    }
    header::FX_RATE.table(rows)
}
