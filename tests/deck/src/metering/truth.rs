//! The truth of the metering world: which record carries which fault, and what it costs.

use super::World;
use super::fault::Class;
use super::summary::Summary;
use crate::money::Dec;
use crate::rng::at;

/// The controls that ship and look for one of the faults.
const SHIPPED: [&str; 33] = [
    "AL-02", "AL-03", "AL-06", "CM-01", "CM-02", "DD-01", "DD-02", "GL-01", "IC-04", "IM-01",
    "IM-02", "IM-04", "LN-01", "LN-02", "LN-04", "PR-01", "PR-03", "PT-02", "RC-01", "RC-02",
    "RC-03", "RET-01", "RET-02", "RET-04", "SL-02", "SL-03", "SOD-01", "TP-02", "TP-04", "TP-07",
    "VAT-01", "VAT-02", "VAT-03",
];

/// What was planted, and what follows from it. Written as `truth.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MeteringTruth {
    /// The seed.
    pub seed: String,
    /// How many rows of usage there are.
    pub usage_rows: u64,
    /// How many charges.
    pub charge_rows: u64,
    /// The facts, by fault, control and key.
    pub facts: Vec<Planted>,
    /// What prices that became known late would change, by service and version. No fault: the charges
    /// are right as billed, and none is corrected.
    pub retroactive: Vec<Retroactive>,
}

/// Charges that were billed by a version which another one has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Retroactive {
    /// The service.
    pub service_id: String,
    /// The version that was known at the charges' runs.
    pub version: String,
    /// How many charges have another amount by the version that is known now.
    pub charges: u64,
    /// Their re-performed amounts as known at the run less those as known now.
    pub amount: String,
    /// Its currency.
    pub currency: String,
}

/// The sums of a summary, service by service.
pub(crate) fn retroactive(world: &World, summary: &Summary) -> Vec<Retroactive> {
    let of = |((service, version), (charges, amount)): (&(usize, String), &(u64, Dec))| {
        let service = at(&world.services, *service);
        Retroactive {
            service_id: service.id(),
            version: version.clone(),
            charges: *charges,
            amount: amount.to_string(),
            currency: service.currency().to_owned(),
        }
    };
    summary.retroactive.iter().map(of).collect()
}

/// A fact about a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Planted {
    /// The class of the fault, such as `rounding-mode`.
    pub fault: String,
    /// The control that has to find it; none where no control of the plan looks for it.
    pub control: Option<String>,
    /// Whether that control ships.
    pub shipped: bool,
    /// The role of the dataset that the key is of.
    pub dataset: String,
    /// The record's key: column → value as text.
    pub key: Vec<(String, String)>,
    /// The rows of usage that carry the fault, by `usage_id`, where it is in usage.
    pub usage: Vec<String>,
    /// What is there less what should be, exact: positive is too much.
    pub amount: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// Whether it follows from a fault whose own fact is another one.
    pub consequential: bool,
}

/// Columns and values of a key.
pub(crate) type Key<'a> = &'a [(&'a str, String)];

impl Planted {
    /// The fact that the class is about.
    pub(crate) fn of(class: Class, key: Key<'_>, amount: Option<(Dec, &str)>) -> Self {
        let (fault, control, dataset) = class.about();
        Self {
            fault: fault.to_owned(),
            control: control.map(str::to_owned),
            shipped: control.is_some_and(|c| SHIPPED.contains(&c)),
            dataset: dataset.to_owned(),
            key: key.iter().map(|(column, value)| ((*column).to_owned(), value.clone())).collect(),
            usage: Vec::new(),
            amount: amount.map(|(amount, _)| amount.to_string()),
            currency: amount.map(|(_, currency)| currency.to_owned()),
            consequential: false,
        }
    }

    pub(crate) fn in_usage(mut self, rows: Vec<String>) -> Self {
        self.usage = rows;
        self
    }

    /// The same fault as another control sees it, in another dataset.
    pub(crate) fn also(&self, control: &str, dataset: &str, key: Key<'_>) -> Self {
        Self {
            control: Some(control.to_owned()),
            shipped: SHIPPED.contains(&control),
            dataset: dataset.to_owned(),
            key: key.iter().map(|(column, value)| ((*column).to_owned(), value.clone())).collect(),
            consequential: true,
            ..self.clone()
        }
    }
}
