//! Re-performs the whole chain from the files alone, with arithmetic of its own, and gives every link
//! that doesn't tie out as the control that looks there would name it.

mod books;
mod bought;
mod disputes;
mod governance;
mod house;
mod kept;
mod log;
mod metered;
mod people;
mod price;
mod runs;
mod strange;
mod time;
mod transfer;

use crate::reread::{Rows, read};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

pub(crate) type Row = BTreeMap<String, String>;

/// Control, values of the key, amount.
pub(crate) type Break = (String, Vec<String>, String);

/// What was read, and what was found.
pub(crate) struct Chain {
    tables: BTreeMap<String, Table>,
    usage: Table<metered::Usage>,
    pub(crate) breaks: BTreeSet<Break>,
    /// Service, version → charges that the prices known now would change, and the sum of what was more.
    pub(crate) retroactive: BTreeMap<(String, String), (u64, Frac)>,
}

/// A file, what is in it, and whether a check has looked at it.
struct Table<T = Vec<Row>> {
    bytes: Arc<Vec<u8>>,
    content: Arc<T>,
    read: Cell<bool>,
}

/// The bytes of a file, and what is in it.
type Known<T> = (Arc<Vec<u8>>, Arc<T>);

impl<T> Table<T> {
    /// The file as it was read before, if it is the same, or as `read` reads it.
    fn open(path: &Path, before: Option<&Known<T>>, read: impl Fn() -> T) -> Self {
        let bytes = fs::read(path).unwrap();
        let (bytes, content) = match before {
            Some((known, content)) if **known == bytes => (known.clone(), content.clone()),
            _ => (Arc::new(bytes), Arc::new(read())),
        };
        Self { bytes, content, read: Cell::new(false) }
    }

    fn known(&self) -> Known<T> {
        (self.bytes.clone(), self.content.clone())
    }
}

/// A check of the chain, which looks at nothing but the tables of a chain.
type Check = fn(&mut Chain);

const CHECKS: &[Check] = &[
    Chain::prices,
    Chain::metering,
    Chain::runs,
    Chain::allocation,
    Chain::invoices,
    Chain::intercompany,
    Chain::journal,
    Chain::service_levels,
    Chain::purchases,
    Chain::benchmarks,
    Chain::people,
    Chain::everybody_may,
    Chain::log,
    Chain::house,
    Chain::kept,
    Chain::strange,
    Chain::disputes,
    Chain::governance,
];

/// A world that ties out: its files, and which of them each check looks at.
pub(crate) struct Clean {
    tables: BTreeMap<String, Known<Vec<Row>>>,
    usage: Known<metered::Usage>,
    looks: Vec<BTreeSet<String>>,
}

pub(crate) fn chain(folder: &Path) -> Chain {
    let mut chain = Chain::open(folder, None);
    CHECKS.iter().for_each(|check| check(&mut chain));
    chain
}

impl Clean {
    pub(crate) fn of(folder: &Path) -> Self {
        let mut chain = Chain::open(folder, None);
        let mut looks = Vec::new();
        for check in CHECKS {
            check(&mut chain);
            looks.push(chain.looked_at());
        }
        assert_eq!(chain.breaks, BTreeSet::new());
        let tables = chain.tables.iter().map(|(name, table)| (name.clone(), table.known()));
        Self { tables: tables.collect(), usage: chain.usage.known(), looks }
    }

    /// What the chain finds in another world. A check that looked at files which are the same in both
    /// would look at those alone and find nothing again.
    pub(crate) fn compare(&self, folder: &Path) -> BTreeSet<Break> {
        let mut chain = Chain::open(folder, Some(self));
        assert!(chain.tables.keys().eq(self.tables.keys()));
        for (check, looks) in CHECKS.iter().zip(&self.looks) {
            if looks.iter().any(|table| chain.differs(self, table)) {
                check(&mut chain);
            }
        }
        chain.breaks
    }
}

const USAGE: &str = "usage";

impl Chain {
    fn open(folder: &Path, clean: Option<&Clean>) -> Self {
        let mut tables = BTreeMap::new();
        for file in fs::read_dir(folder.join("data")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if name == USAGE {
                continue;
            }
            let before = clean.and_then(|clean| clean.tables.get(&name));
            let table = Table::open(&path, before, || {
                let Rows(rows) = read(folder, &name);
                rows
            });
            tables.insert(name, table);
        }
        let path = folder.join("data/usage.parquet");
        let usage = Table::open(&path, clean.map(|c| &c.usage), || metered::read(&path));
        Self { tables, usage, breaks: BTreeSet::new(), retroactive: BTreeMap::new() }
    }

    fn differs(&self, clean: &Clean, table: &str) -> bool {
        if table == USAGE {
            return !Arc::ptr_eq(&self.usage.content, &clean.usage.1);
        }
        !Arc::ptr_eq(&self.tables[table].content, &clean.tables[table].1)
    }

    /// What was looked at since this was last asked.
    fn looked_at(&self) -> BTreeSet<String> {
        let tables = self.tables.iter().filter(|(_, table)| table.read.replace(false));
        let usage = self.usage.read.replace(false).then(|| USAGE.to_owned());
        tables.map(|(name, _)| name.clone()).chain(usage).collect()
    }

    fn rows(&self, table: &str) -> std::slice::Iter<'_, Row> {
        let table = &self.tables[table];
        table.read.set(true);
        table.content.iter()
    }

    fn usage(&self) -> Arc<metered::Usage> {
        self.usage.read.set(true);
        self.usage.content.clone()
    }

    /// All rows, with the tables that they are of.
    fn everything(&self) -> impl Iterator<Item = (&str, &Row)> {
        let rows = |name| self.rows(name).map(move |row| (name, row));
        self.tables.keys().map(String::as_str).flat_map(rows)
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

    /// With so many digits; it must have no more.
    pub(crate) fn fixed(self, digits: usize) -> String {
        let unit = 10_i128.pow(u32::try_from(digits).unwrap());
        let whole = self.mul(Self::new(unit, 1));
        assert_eq!(whole.d, 1, "{self:?}");
        let (sign, n) = (if whole.n < 0 { "-" } else { "" }, whole.n.abs());
        format!("{sign}{}.{:0width$}", n / unit, n % unit, width = digits)
    }

    /// An amount with two digits.
    pub(crate) fn money(self) -> String {
        self.fixed(2)
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
