//! Re-performs the whole chain from the files alone, with arithmetic of its own, and gives every link
//! that doesn't tie out as the control that looks there would name it.

mod acts;
mod books;
mod bought;
mod disputes;
mod frac;
mod governance;
mod house;
mod kept;
mod log;
mod metered;
mod people;
mod price;
mod runs;
mod strange;
mod tax;
mod time;
mod transfer;

use crate::reread::{Rows, read};
pub(crate) use frac::Frac;
use frac::divide;
use std::cell::{Cell, RefCell};
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
    /// Column → value → the places of its rows, for the columns that were asked for.
    places: RefCell<BTreeMap<&'static str, Places>>,
}

type Places = BTreeMap<String, Vec<usize>>;

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
        Self { bytes, content, read: Cell::new(false), places: RefCell::default() }
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
    Chain::vat,
    Chain::intercompany,
    Chain::both_sides,
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
    /// With it the names of the files that differ.
    pub(crate) fn compare(&self, folder: &Path) -> (BTreeSet<Break>, Vec<String>) {
        let mut chain = Chain::open(folder, Some(self));
        assert!(chain.tables.keys().eq(self.tables.keys()));
        let names = self.tables.keys().map(String::as_str).chain([USAGE]);
        let changed = names.filter(|name| chain.differs(self, name)).map(str::to_owned);
        let changed: Vec<String> = changed.collect();
        for (check, looks) in CHECKS.iter().zip(&self.looks) {
            if looks.iter().any(|table| changed.contains(table)) {
                check(&mut chain);
            }
        }
        (chain.breaks, changed)
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

    /// The rows with that value in a column.
    fn of(&self, table: &str, column: &'static str, value: &str) -> Vec<&Row> {
        let mut places = self.tables[table].places.borrow_mut();
        let places = places.entry(column).or_insert_with(|| {
            let mut places = Places::new();
            for (place, row) in self.rows(table).enumerate() {
                if let Some(value) = row.get(column) {
                    places.entry(value.clone()).or_default().push(place);
                }
            }
            places
        });
        let table = &self.tables[table];
        table.read.set(true);
        places.get(value).into_iter().flatten().map(|place| &table.content[*place]).collect()
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
