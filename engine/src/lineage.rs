//! Why a charge is what it is: the derivation of every invoice line and every charge.
//!
//! A derivation is a small tree of [`Node`]s: the line, its charges, the price that was in force, the
//! quantity with what it was counted from, each step of the rating with its formula in numbers, its
//! rounding and what was left of it, tax, allocation, exchange. It says what was read by a
//! [`Source`]: a predicate over a dataset, how many rows it holds for, their sum and one digest over
//! them, so that its size doesn't grow with the rows. Deriving it again from the same files gives the
//! same nodes; where a cell was changed, the node that read it differs, and those that rest on it.
//!
//! What it is not for: deciding. Whether a difference is an exception is a control's word.

mod change;
mod derive;
mod pooled;
mod rows;
mod store;

pub use change::{Change, Effect, Item, change};
pub use store::{Header, Snapshot, Store, StoreError, Writer};

use crate::binding::Bound;
use crate::dataset::Loaded;
use crate::population::native::billing::Billing;
use crate::population::native::charges::ChargeRow;
use crate::run::{Datasets, RunError};
use rows::Table;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::{Count, Digest};

/// The roles that have to be there.
const WANTED: [&str; 5] = ["charge", "price-plan", "price-tier", "rate-table", "resource"];
/// The roles that add to a derivation where they are there.
const WELCOME: [&str; 7] = [
    "usage",
    "invoice",
    "intercompany",
    "ic-agreement",
    "cost-pool",
    "allocation-result",
    "cost-centre",
];

/// Whether derivations read datasets of that role.
pub fn reads(role: &str) -> bool {
    WANTED.contains(&role) || WELCOME.contains(&role)
}

/// What was read: the rows of a dataset for which a predicate holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The dataset's name in the workspace.
    pub dataset: String,
    /// Over its columns, in words of SQL.
    pub predicate: String,
    /// For how many rows it holds.
    pub rows: Count,
    /// Column and exact sum, where the rows add up to something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<(String, String)>,
    /// SHA-256 over the sorted SHA-256 of the rows, personal columns left out: the same for the same
    /// rows in any order.
    pub digest: Digest,
}

/// A step of a computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done, such as `free-units`.
    pub operation: String,
    /// With which numbers.
    pub formula: String,
    /// What comes of it, exact.
    pub result: String,
    /// How it was rounded, such as `half_even to 0.01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<String>,
    /// What the rounding left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<String>,
}

/// A node of a derivation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name in the derivation, such as `quantity C000001-00`.
    pub id: String,
    /// What it states, and its unit or currency.
    pub value: Option<String>,
    /// The unit or currency of it.
    pub unit: Option<String>,
    /// Name and value of what belongs to it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
    /// How it was computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The nodes that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
}

/// The derivation of an invoice line or a charge; its first node is the line or the charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// `INVOICE#LINE` or the charge's id.
    pub key: String,
    /// What was billed less what was derived, exact; none where it can't be derived.
    pub difference: Option<String>,
    /// From the root down.
    pub nodes: Vec<Node>,
}

impl Derivation {
    /// The ids of the nodes that aren't as in another derivation of the same thing, the ones that
    /// others rest on first.
    pub fn differing<'d>(&'d self, other: &'d Self) -> Vec<&'d str> {
        let ours: BTreeSet<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        let gone = self.nodes.iter().filter(|node| !other.nodes.contains(node));
        let strange = other.nodes.iter().filter(|node| !ours.contains(node.id.as_str()));
        gone.chain(strange).map(|node| node.id.as_str()).rev().collect()
    }
}

/// All that derivations are made from.
pub struct Lineage<'a> {
    billing: Billing<'a>,
    roles: BTreeMap<&'static str, &'a Loaded>,
    /// Invoice and line → charges.
    lines: BTreeMap<(&'a str, i64), Vec<usize>>,
    /// Charge id → charge.
    charges: BTreeMap<&'a str, usize>,
    invoice: Option<Table>,
    intercompany: Option<Table>,
    agreements: Option<Table>,
    pools: Option<Table>,
    results: Option<Table>,
    centres: Option<Table>,
}

impl<'a> Lineage<'a> {
    /// Takes the datasets by their roles.
    ///
    /// # Errors
    /// [`RunError::Input`] where a dataset of a role that has to be there is missing, or several have
    /// one role.
    pub fn new(datasets: &'a Datasets) -> Result<Self, RunError> {
        let bound = Bound::of_roles(datasets.all(), &WANTED, &WELCOME)?;
        let billing = if bound.find("usage").is_some() {
            Billing::read(&bound)?
        } else {
            Billing::without_usage(&bound)?
        };
        let (mut lines, mut charges) = (BTreeMap::new(), BTreeMap::new());
        for (place, charge) in billing.charges.rows.iter().enumerate() {
            if let Some(line) = charge.line {
                lines.entry(line).or_insert_with(Vec::new).push(place);
            }
            charges.entry(charge.id).or_insert(place);
        }
        let table = |role, columns: &[&'static str]| {
            bound.find(role).map(|loaded| Table::new(loaded, columns)).transpose()
        };
        let roles = WANTED.iter().chain(&WELCOME);
        let roles = roles.filter_map(|role| Some((*role, bound.find(role)?))).collect();
        Ok(Self {
            invoice: table("invoice", &["invoice_no"])?,
            intercompany: table("intercompany", &["txn_date", "ic_ref"])?,
            agreements: table("ic-agreement", &["seller"])?,
            pools: table("cost-pool", &["pool_id"])?,
            results: table("allocation-result", &["period"])?,
            centres: table("cost-centre", &["cc_id"])?,
            billing,
            roles,
            lines,
            charges,
        })
    }

    /// Name, profile and commitment of each dataset that is read.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let snapshot = |(role, loaded): (&&str, &&Loaded)| Snapshot {
            role: (*role).to_owned(),
            dataset: loaded.summary.name.clone(),
            files: loaded.summary.files.clone(),
            rows: loaded.summary.rows,
            commitment: loaded.summary.commitment,
        };
        self.roles.iter().map(snapshot).collect()
    }

    /// The keys of everything that can be derived, in order: all charges and all invoice lines.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.charges.keys().map(|id| (*id).to_owned()).collect();
        keys.extend(self.lines.keys().map(|(invoice, line)| format!("{invoice}#{line}")));
        if let Some(table) = &self.invoice {
            keys.extend(table.rows().filter_map(|row| {
                let (invoice, line) = (row.text("invoice_no")?, row.text("line_no")?);
                Some(format!("{invoice}#{line}"))
            }));
        }
        keys.sort();
        keys.dedup();
        keys
    }

    /// The items of an invoice line or a charge, and what is the same in another civil month (`2025-03`, by
    /// UTC): the line of that number between the same companies whose invoice was issued in it, or the
    /// charges of the same resource whose period's middle lies in it. None where there is no such line
    /// or charge, and where a quantity doesn't fit 128 bits.
    pub fn items(&self, key: &str, month: &str) -> Option<(Vec<Item>, Vec<Item>)> {
        let Some((invoice, number)) = line_key(key) else {
            let charge = self.billing.charges.rows.get(*self.charges.get(key)?)?;
            let rows =
                || self.billing.charges.rows.iter().filter(|c| c.resource == charge.resource);
            let own = rows().filter(|other| other.start == charge.start).map(item);
            let middle = |c: &ChargeRow<'_>| derive::moment(c.start / 2 + c.end / 2);
            let other = rows().filter(|c| middle(c).starts_with(month)).map(item);
            return own.collect::<Option<_>>().zip(other.collect());
        };
        let own = self.lines.get(&(invoice, number))?;
        let table = self.invoice.as_ref()?;
        let line = derive::line_of(table, invoice, number)?;
        let same = |row: &&rows::Row| {
            let equal = |column| row.text(column) == line.text(column);
            let issued = row.text("issue_date").is_some_and(|date| date.starts_with(month));
            issued && ["issuer", "buyer", "line_no"].iter().all(|column| equal(column))
        };
        let others = table.rows().filter(same).filter_map(|row| row.text("invoice_no"));
        let others = others.filter_map(|invoice| self.lines.get(&(invoice, number))).flatten();
        let items = |places: &mut dyn Iterator<Item = &usize>| -> Option<Vec<Item>> {
            places.filter_map(|place| self.billing.charges.rows.get(*place)).map(item).collect()
        };
        items(&mut own.iter()).zip(items(&mut others.into_iter()))
    }

    /// The currency of an invoice line's charges or of a charge.
    pub fn currency(&self, key: &str) -> Option<&'a str> {
        let place = match line_key(key) {
            Some(line) => self.lines.get(&line)?.first()?,
            None => self.charges.get(key)?,
        };
        self.billing.charges.rows.get(*place).map(|charge| charge.currency)
    }

    /// The derivation of `INVOICE#LINE` or of a charge's id; none where there is no such thing.
    ///
    /// # Errors
    /// None that isn't an error of ours.
    pub fn derive(&self, key: &str) -> Result<Option<Derivation>, RunError> {
        if let Some((invoice, number)) = line_key(key) {
            return self.line(key, invoice, number);
        }
        let place = self.charges.get(key).and_then(|p| self.billing.charges.rows.get(*p));
        place.map(|charge| self.charge(key, charge)).transpose()
    }
}

/// The invoice and the line of `INVOICE#LINE`.
fn line_key(key: &str) -> Option<(&str, i64)> {
    let (invoice, line) = key.rsplit_once('#')?;
    Some((invoice, line.parse().ok()?))
}

fn item(charge: &ChargeRow<'_>) -> Option<Item> {
    Some(Item {
        service: charge.service.to_owned(),
        resource: charge.resource.to_owned(),
        quantity: derive::quantity(charge.quantity?),
        amount: charge.amount.clone(),
    })
}
