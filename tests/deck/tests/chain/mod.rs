//! Re-performs the whole chain from the files alone, with arithmetic of its own, and gives every link
//! that doesn't tie out as the control that looks there would name it.

mod books;
mod bought;
mod disputes;
mod governance;
mod metered;
mod price;
mod runs;
mod time;
mod transfer;

use crate::reread::{Rows, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(crate) type Row = BTreeMap<String, String>;

/// Control, values of the key, amount.
pub(crate) type Break = (String, Vec<String>, String);

/// What was read, and what was found.
pub(crate) struct Chain {
    tables: BTreeMap<&'static str, Vec<Row>>,
    usage: metered::Groups,
    /// What each resource used in a period and was known: resource, month → quantity.
    known: BTreeMap<(String, String), Frac>,
    counts: Vec<metered::Count>,
    pub(crate) breaks: BTreeSet<Break>,
    /// Service, version → charges that the prices known now would change, and the sum of what was more.
    pub(crate) retroactive: BTreeMap<(String, String), (u64, Frac)>,
}

const TABLES: &[&str] = &[
    "charge",
    "price_plan",
    "price_tier",
    "rate_table",
    "contract",
    "resource",
    "cost_centre",
    "service",
    "cost_pool",
    "allocation_key",
    "allocation_result",
    "invoice",
    "intercompany",
    "fx_rate",
    "journal",
    "sla",
    "sla_measure",
    "credit",
    "vendor_invoice",
    "benchmark",
    "dispute",
    "dispute_event",
    "dispute_evidence",
    "ticket",
    "outbox",
    "change",
    "approval",
    "board",
    "board_attendee",
    "board_decision",
    "document",
    "document_term",
    "acknowledgement",
    "forecast",
    "budget",
    "close_task",
    "metric",
    "finding",
];

pub(crate) fn chain(folder: &Path) -> Chain {
    let table = |name: &&'static str| {
        let Rows(rows) = read(folder, name);
        (*name, rows)
    };
    let mut chain = Chain {
        tables: TABLES.iter().map(table).collect(),
        usage: metered::read(&folder.join("data/usage.parquet")),
        known: BTreeMap::new(),
        counts: Vec::new(),
        breaks: BTreeSet::new(),
        retroactive: BTreeMap::new(),
    };
    chain.prices();
    chain.metering();
    chain.allocation();
    chain.invoices();
    chain.journal();
    chain.service_levels();
    chain.purchases();
    chain.benchmarks();
    chain.disputes();
    chain.governance();
    chain
}

impl Chain {
    fn rows(&self, table: &str) -> std::slice::Iter<'_, Row> {
        self.tables[table].iter()
    }

    fn found(&mut self, control: &str, key: &[&str], amount: impl ToString) {
        let key = key.iter().map(|k| (*k).to_owned()).collect();
        self.breaks.insert((control.to_owned(), key, amount.to_string()));
    }
}

/// A fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frac {
    n: i128,
    d: i128,
}

impl Default for Frac {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Frac {
    pub(crate) const ZERO: Self = Self { n: 0, d: 1 };

    pub(crate) fn new(n: i128, d: i128) -> Self {
        let (mut a, mut b) = (n.abs(), d.abs());
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let sign = d.signum();
        Self { n: sign * n / a.max(1), d: sign * d / a.max(1) }
    }

    pub(crate) fn read(text: &str) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = u32::try_from(fraction.len()).unwrap();
        Self::new(format!("{whole}{fraction}").parse().unwrap(), 10_i128.pow(digits))
    }

    pub(crate) fn of(row: &Row, column: &str) -> Self {
        row.get(column).map_or(Self::ZERO, |text| Self::read(text))
    }

    pub(crate) fn add(self, o: Self) -> Self {
        Self::new(self.n * o.d + o.n * self.d, self.d * o.d)
    }

    pub(crate) fn sub(self, o: Self) -> Self {
        self.add(Self { n: -o.n, d: o.d })
    }

    pub(crate) fn mul(self, o: Self) -> Self {
        Self::new(self.n * o.n, self.d * o.d)
    }

    pub(crate) fn cmp(self, o: Self) -> std::cmp::Ordering {
        (self.n * o.d).cmp(&(o.n * self.d))
    }

    pub(crate) fn max(self, o: Self) -> Self {
        if self.cmp(o).is_lt() { o } else { self }
    }

    pub(crate) fn min(self, o: Self) -> Self {
        if self.cmp(o).is_gt() { o } else { self }
    }

    pub(crate) fn floor(self) -> i128 {
        self.n.div_euclid(self.d)
    }

    pub(crate) fn is_zero(self) -> bool {
        self.n == 0
    }

    /// Rounded to so many digits; `even` decides ties.
    pub(crate) fn round(self, digits: u32, even: bool) -> Self {
        let unit = 10_i128.pow(digits);
        let twice = Self::new(self.n.abs() * unit * 2, self.d);
        let (half_up, tie) = ((twice.floor() + 1) / 2, twice.d == 1 && twice.n % 2 == 1);
        let whole = if tie && even && half_up % 2 == 1 { half_up - 1 } else { half_up };
        Self::new(whole * self.n.signum(), unit)
    }

    /// In hundredths; it must be a whole number of them.
    pub(crate) fn cents(self) -> i128 {
        let cents = self.mul(Self::new(100, 1));
        assert_eq!(cents.d, 1, "{self:?}");
        cents.n
    }

    /// An amount with two digits.
    pub(crate) fn money(self) -> String {
        let cents = self.cents();
        let sign = if cents < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
    }
}

/// Division by largest remainder, the first at a tie.
pub(crate) fn divide(total: i128, weights: &[Frac]) -> Vec<i128> {
    let mut sum = weights.iter().fold(Frac::ZERO, |a, b| a.add(*b));
    let mut weights = weights.to_vec();
    if sum.is_zero() {
        weights.iter_mut().for_each(|w| *w = Frac::new(1, 1));
        sum = Frac::new(i128::try_from(weights.len()).unwrap(), 1);
    }
    let (sign, total) = (total.signum(), total.abs());
    let exact = |w: &Frac| Frac::new(total * w.n * sum.d, w.d * sum.n);
    let mut parts: Vec<i128> = weights.iter().map(|w| exact(w).floor()).collect();
    let mut rest: Vec<usize> = (0..parts.len()).collect();
    let remainder = |at: usize| exact(&weights[at]).sub(Frac::new(parts[at], 1));
    rest.sort_by(|a, b| remainder(*b).cmp(remainder(*a)).then(a.cmp(b)));
    let left = usize::try_from(total - parts.iter().sum::<i128>()).unwrap();
    rest.iter().take(left).for_each(|at| parts[*at] += 1);
    parts.iter().map(|p| p * sign).collect()
}
